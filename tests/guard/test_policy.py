"""The policy's rules, each tried both ways: what it stops, and what it must let through."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.policy import Facts, Ruling, caps_of, rule_on
from egoi_mcp.settings import Confirm, PolicySettings, UnseenContent

COUNTS = st.none() | st.integers(0, 60)
POLICIES = st.builds(
    PolicySettings,
    read_only=st.booleans(),
    confirm=st.sampled_from(["auto", "chat", "off"]),
    write_threshold=st.integers(0, 40),
    max_recipients_per_action=st.none() | st.integers(0, 40),
    max_sends_per_day=st.none() | st.integers(0, 40),
    unseen_content=st.sampled_from(["deny", "confirm"]),
    type_count_above=st.integers(0, 40),
)
FACTS = st.builds(
    Facts,
    risk=st.sampled_from(list(Risk)),
    recipients=COUNTS,
    recent_writes=st.integers(0, 60),
    unseen_content=st.booleans(),
    duplicate=st.booleans(),
)
STRICTNESS = {"allow": 0, "confirm": 1, "deny": 2}


def expected(policy: PolicySettings, facts: Facts) -> str:
    """The truth table, written as the documentation says it and not as the code does."""
    if facts.risk is Risk.READ:
        return "allow"
    cap = policy.max_recipients_per_action
    denied = [
        policy.read_only,
        facts.risk is Risk.SEND and facts.unseen_content and policy.unseen_content == "deny",
        facts.risk in {Risk.SEND, Risk.DESTROY}
        and cap is not None
        and (facts.recipients is None or facts.recipients > cap),
    ]
    if any(denied):
        return "deny"
    asks = policy.confirm != "off"
    too_many = facts.recipients is None or facts.recipients + facts.recent_writes > policy.write_threshold
    confirmed = [
        facts.risk is Risk.DESTROY,
        facts.duplicate,
        asks and facts.risk in {Risk.CONSENT, Risk.DISCLOSE, Risk.SEND},
        asks and facts.risk is Risk.WRITE and too_many,
    ]
    return "confirm" if any(confirmed) else "allow"


@given(POLICIES, FACTS)
def test_every_ruling_is_the_one_of_the_truth_table(policy: PolicySettings, facts: Facts) -> None:
    assert rule_on(policy, facts).verdict == expected(policy, facts)


ALL_POLICIES = [
    PolicySettings(
        read_only=read_only,
        confirm=confirm,
        write_threshold=2,
        max_recipients_per_action=cap,
        unseen_content=unseen,
    )
    for read_only, confirm, cap, unseen in itertools.product(
        [False, True], get_args(Confirm), [None, 2], get_args(UnseenContent)
    )
]
ALL_FACTS = [
    Facts(risk=risk, recipients=count, recent_writes=recent, unseen_content=unseen, duplicate=duplicate)
    for risk, count, recent, unseen, duplicate in itertools.product(
        Risk, [None, 0, 1, 2, 3], [0, 1], [False, True], [False, True]
    )
]


def test_every_combination_of_small_values_is_in_the_truth_table() -> None:
    wrong = [
        (policy, facts)
        for policy in ALL_POLICIES
        for facts in ALL_FACTS
        if rule_on(policy, facts).verdict != expected(policy, facts)
    ]

    assert wrong == []


@given(POLICIES, FACTS)
def test_a_ruling_names_its_rule_and_says_why(policy: PolicySettings, facts: Facts) -> None:
    ruling = rule_on(policy, facts)

    assert ruling.rule
    assert ruling.reason.endswith(".")


@given(POLICIES, FACTS)
def test_reading_is_always_allowed_and_nothing_else_is_when_the_server_only_reads(
    policy: PolicySettings, facts: Facts
) -> None:
    ruling = rule_on(policy.model_copy(update={"read_only": True}), facts)

    assert (ruling.verdict == "allow") is (facts.risk is Risk.READ)
    assert ruling.verdict != "confirm"


@given(POLICIES, FACTS)
def test_what_cannot_be_undone_is_never_done_without_a_person(policy: PolicySettings, facts: Facts) -> None:
    destroying = replace(facts, risk=Risk.DESTROY)

    assert rule_on(policy, destroying).verdict != "allow"


def stricter(one: Ruling, other: Ruling) -> bool:
    return STRICTNESS[one.verdict] >= STRICTNESS[other.verdict]


@given(POLICIES, FACTS)
def test_tightening_a_setting_never_loosens_a_ruling(policy: PolicySettings, facts: Facts) -> None:
    ruling = rule_on(policy, facts)
    tightenings: list[dict[str, object]] = [
        {"read_only": True},
        {"confirm": "auto"},
        {"write_threshold": 0},
        {"max_recipients_per_action": 0},
        {"unseen_content": "deny"},
    ]

    for tightening in tightenings:
        assert stricter(rule_on(policy.model_copy(update=tightening), facts), ruling), tightening


@given(POLICIES, FACTS)
def test_a_duplicate_or_an_unknown_number_never_loosens_a_ruling(
    policy: PolicySettings, facts: Facts
) -> None:
    ruling = rule_on(policy, facts)
    worse = (
        replace(facts, duplicate=True),
        replace(facts, recipients=None),
        replace(facts, recipients=(facts.recipients or 0) + 100),
    )

    for each in worse:
        if facts.recipients is not None or each.recipients is None:
            assert stricter(rule_on(policy, each), ruling)


@pytest.mark.parametrize(
    ("count", "recent", "verdict"),
    [(25, 0, "allow"), (26, 0, "confirm"), (5, 20, "allow"), (6, 20, "confirm"), (0, 25, "allow")],
)
def test_the_threshold_counts_the_hour_and_the_action_together(count: int, recent: int, verdict: str) -> None:
    facts = Facts(risk=Risk.WRITE, recipients=count, recent_writes=recent)

    assert rule_on(PolicySettings(), facts).verdict == verdict


@given(POLICIES)
def test_the_claim_reserves_the_caps_of_the_policy(policy: PolicySettings) -> None:
    caps = caps_of(policy)

    assert caps.recipients_per_action == policy.max_recipients_per_action
    assert caps.sends_per_day == policy.max_sends_per_day
    assert caps.unconfirmed_writes_per_hour == (None if policy.confirm == "off" else policy.write_threshold)
