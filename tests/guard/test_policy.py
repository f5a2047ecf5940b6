"""The policy's verdicts: the truth table, and what no setting may ever do."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.policy import (
    Facts,
    Ruling,
    approvals_needed,
    caps_of,
    channels_of,
    grace_of,
    rule_on,
)
from egoi_mcp.guard.reach import NOT_LOOKED_AT, Reach
from egoi_mcp.policy.keys import stricter
from egoi_mcp.policy.settings import Confirm, PolicySettings, RiskName, UnseenContent, Verdict
from tests.policy.policies import FACTS, OPERATIONS, POLICIES, SPARSE, VERDICTS, facts_of

STRICTNESS = {"allow": 0, "confirm": 1, "deny": 2}
CAPS = {"max_recipients_per_action": 10, "max_sends_per_day": 10}
PLAIN = Reach()
"""An action of which everything is known, and that touches nothing the policy has a list of."""


def stricter_than(one: Ruling, other: Ruling) -> bool:
    return STRICTNESS[one.verdict] >= STRICTNESS[other.verdict]


# -- the truth table ----------------------------------------------------------------------------------


def expected(policy: PolicySettings, facts: Facts) -> str:
    """The verdict as the documentation words it and not as the code does, for a plain reach."""
    if facts.risk is Risk.READ:
        return "allow"
    risk = facts.risk.name.lower()
    cap = policy.max_recipients_per_action
    by_risk: dict[str, Verdict] = dict(policy.risks.items())
    stated = [by_risk.get(risk), *(policy.operations.get(name) for name in facts.operations)]
    denied = [
        policy.read_only,
        "deny" in stated,
        facts.risk is Risk.SEND and facts.unseen_content and policy.unseen_content == "deny",
        facts.risk in {Risk.SEND, Risk.DESTROY}
        and cap is not None
        and (facts.recipients is None or facts.recipients > cap),
    ]
    if any(denied):
        return "deny"
    asks = policy.confirm != "off"
    by_operation = bool(facts.operations) and all(
        policy.operations.get(name) == "allow" for name in facts.operations
    )
    allowed = not asks or stated[0] == "allow" or by_operation
    too_many = facts.recipients is None or facts.recipients + facts.recent_writes > policy.write_threshold
    confirmed = [
        facts.risk is Risk.DESTROY,
        facts.duplicate,
        "confirm" in stated,
        facts.risk is Risk.SEND and facts.unseen_content,
        facts.risk in {Risk.CONSENT, Risk.DISCLOSE, Risk.SEND} and not allowed,
        asks and facts.risk is Risk.WRITE and too_many,
    ]
    return "confirm" if any(confirmed) else "allow"


TABLE_POLICIES = st.builds(
    PolicySettings,
    read_only=st.booleans(),
    confirm=st.sampled_from(["auto", "chat", "off"]),
    write_threshold=st.integers(0, 6),
    max_recipients_per_action=st.none() | st.integers(0, 6),
    unseen_content=st.sampled_from(["deny", "confirm"]),
    risks=st.dictionaries(st.sampled_from([risk.name.lower() for risk in Risk][1:]), VERDICTS, max_size=2),
    operations=st.dictionaries(st.sampled_from(OPERATIONS), VERDICTS, max_size=2),
)
TABLE_FACTS = st.builds(
    Facts,
    risk=st.sampled_from(list(Risk)),
    recipients=st.none() | st.integers(0, 8),
    recent_writes=st.integers(0, 8),
    unseen_content=st.booleans(),
    duplicate=st.booleans(),
    operations=st.lists(st.sampled_from([*OPERATIONS, "other"]), min_size=1, max_size=2).map(tuple),
    reach=st.just(PLAIN),
)


@given(TABLE_POLICIES, TABLE_FACTS)
@settings(max_examples=500)
def test_every_ruling_is_the_one_of_the_truth_table(policy: PolicySettings, facts: Facts) -> None:
    assert rule_on(policy, facts).verdict == expected(policy, facts)


SOME_RISKS: list[dict[RiskName, Verdict]] = [{}, {"send": "allow"}, {"write": "confirm"}, {"destroy": "deny"}]
ALL_POLICIES = [
    PolicySettings(
        read_only=read_only,
        confirm=confirm,
        write_threshold=2,
        max_recipients_per_action=cap,
        unseen_content=unseen,
        risks=risks,
    )
    for read_only, confirm, cap, unseen, risks in itertools.product(
        [False, True], get_args(Confirm), [None, 2], get_args(UnseenContent), SOME_RISKS
    )
]
ALL_FACTS = [
    Facts(
        risk=risk,
        recipients=count,
        recent_writes=recent,
        unseen_content=unseen,
        duplicate=duplicate,
        operations=("other",),
        reach=PLAIN,
    )
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


# -- for any policy and any facts ----------------------------------------------------------------------


@given(POLICIES, FACTS)
@settings(max_examples=300)
def test_a_ruling_is_given_of_anything_and_names_its_rule_and_says_why(
    policy: PolicySettings, facts: Facts
) -> None:
    ruling = rule_on(policy, facts)

    assert ruling.rule
    assert ruling.reason.endswith(".")
    assert ruling.verdict in STRICTNESS
    if ruling.verdict == "deny":
        assert "The owner can change that: " in ruling.reason


@given(POLICIES, FACTS, st.sampled_from([float("nan"), float("inf"), -1e18, 1e18, -1.0]))
def test_no_clock_makes_a_ruling_fail(policy: PolicySettings, facts: Facts, now: float) -> None:
    assert rule_on(policy, replace(facts, now=now, reach=replace(facts.reach, at=now))).reason


@given(SPARSE, FACTS)
def test_reading_is_always_allowed_and_nothing_else_is_when_the_server_only_reads(
    policy: PolicySettings, facts: Facts
) -> None:
    ruling = rule_on(policy.model_copy(update={"read_only": True}), facts)

    assert (ruling.verdict == "allow") is (facts.risk is Risk.READ and not facts.reach.risks)
    assert ruling.verdict != "confirm"


@given(POLICIES, FACTS)
def test_what_cannot_be_undone_is_never_done_without_a_person(policy: PolicySettings, facts: Facts) -> None:
    hidden = replace(facts, reach=replace(facts.reach, risks=("destroy",)))

    assert rule_on(policy, replace(facts, risk=Risk.DESTROY)).verdict != "allow"
    assert rule_on(policy, hidden).verdict != "allow"


@given(POLICIES, FACTS)
def test_a_repetition_is_never_done_without_a_person(policy: PolicySettings, facts: Facts) -> None:
    ruling = rule_on(policy, replace(facts, duplicate=True))

    assert ruling.verdict != "allow" or facts.risks <= {"read"}


@given(POLICIES, FACTS)
def test_a_text_that_cannot_be_shown_is_never_sent_without_a_person(
    policy: PolicySettings, facts: Facts
) -> None:
    unseen = replace(facts, risk=Risk.SEND, unseen_content=True)

    assert rule_on(policy, unseen).verdict != "allow"
    denying = stricter(policy, PolicySettings(unseen_content="deny"))
    assert rule_on(denying, unseen).verdict == "deny"


RESTRICTIONS: list[dict[str, Any]] = [
    {"read_only": True},
    {"confirm": "auto"},
    {"write_threshold": 0},
    {"max_recipients_per_action": 0},
    {"max_cost_per_day": 0},
    {"max_cost_per_month": 1},
    {"unseen_content": "deny"},
    {"risks": {"send": "confirm"}},
    {"risks": {"write": "deny"}},
    {"operations": {"sendSmsMessages": "deny"}},
    {"operations": {"actionSendSms": "confirm"}},
    {"connections": {"egoi": {"read_only": True}}},
    {"allowed_lists": [2]},
    {"denied_lists": [1]},
    {"allowed_senders": ["acme"]},
    {"denied_senders": ["acme"]},
    {"allowed_countries": ["PT"]},
    {"denied_countries": ["PT"]},
    {"allowed_recipients": ["+351*"]},
    {"denied_recipients": ["@example.com"]},
    {"allowed_hosts": ["example.com"]},
    {"denied_hosts": ["short.example"]},
    {"quiet_hours": ["17:00-18:00"]},
    {"quiet_days": ["sun"]},
    {"holidays": ["03-17"]},
    {"quiet_verdict": "deny"},
    {"quiet_transactional": True},
    {"seed_recipients": []},
    {"test_first_above": 0},
    {"approval_channels": []},
    {"standing": []},
]


@pytest.mark.parametrize("restriction", RESTRICTIONS, ids=[next(iter(each)) for each in RESTRICTIONS])
@given(policy=SPARSE, facts=FACTS)
def test_adding_a_restriction_never_allows_more(
    restriction: dict[str, Any], policy: PolicySettings, facts: Facts
) -> None:
    if restriction == {"allowed_hosts": ["example.com"]} and policy.allowed_hosts is None:
        # The one list whose absence already lets nothing pass.
        return
    restricted = stricter(policy, PolicySettings.model_validate(restriction))

    assert stricter_than(rule_on(restricted, facts), rule_on(policy, facts))


@given(SPARSE, FACTS)
def test_knowing_less_never_allows_more(policy: PolicySettings, facts: Facts) -> None:
    ruling = rule_on(policy, facts)
    worse = [
        replace(facts, duplicate=True),
        replace(facts, unseen_content=True),
        replace(facts, recipients=None),
        replace(facts, cost_known=False),
        replace(facts, tested=False),
        replace(facts, now=None),
        replace(facts, account_zone=None),
        *(
            replace(facts, reach=replace(facts.reach, unknown=(*facts.reach.unknown, name)))
            for name in NOT_LOOKED_AT.unknown
        ),
    ]

    for each in worse:
        assert stricter_than(rule_on(policy, each), ruling)


# -- single gates, both ways ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "recent", "verdict"),
    [(25, 0, "allow"), (26, 0, "confirm"), (5, 20, "allow"), (6, 20, "confirm"), (0, 25, "allow")],
)
def test_the_threshold_counts_the_hour_and_the_action_together(count: int, recent: int, verdict: str) -> None:
    facts = Facts(risk=Risk.WRITE, recipients=count, recent_writes=recent)

    assert rule_on(PolicySettings(), facts).verdict == verdict


def verdict(said: dict[str, Any], **facts: Any) -> str:
    asked = {"operations": ("sendSmsMessages",)} | facts
    return rule_on(PolicySettings.model_validate(said), facts_of(**asked)).verdict


def test_a_verdict_for_a_risk_holds_for_that_risk_alone() -> None:
    assert verdict({"risks": {"send": "deny"}}) == "deny"
    assert verdict({"risks": {"send": "allow"}, **CAPS}) == "allow"
    assert verdict({"risks": {"consent": "deny"}}) == "confirm"
    assert verdict({"risks": {"write": "confirm"}}, risk=Risk.WRITE) == "confirm"


def test_a_part_of_an_action_is_judged_like_the_whole() -> None:
    said = {"risks": {"disclose": "deny"}, "allowed_hosts": ["example.com"]}
    calls_back = Reach(risks=("disclose", "send"), hosts=("example.com",))

    assert verdict(said, reach=calls_back) == "deny"
    assert verdict({"allowed_hosts": ["example.com"]}, reach=calls_back) == "confirm"
    assert (
        verdict({"risks": {"send": "allow"}, "allowed_hosts": ["example.com"]}, reach=calls_back) == "confirm"
    )


def test_an_operation_is_allowed_only_where_all_of_them_are() -> None:
    said = {"operations": {"sendSmsMessages": "allow"}, **CAPS}

    assert verdict(said) == "allow"
    assert verdict(said, operations=("sendSmsMessages", "SendSMS")) == "confirm"
    assert verdict(said, operations=()) == "confirm"
    assert verdict({"operations": {"SendSMS": "deny"}}) == "confirm"


def test_an_operation_that_nobody_names_may_be_any_that_is_denied() -> None:
    assert verdict({"operations": {"SendSMS": "deny"}}, operations=()) == "deny"


def test_the_stricter_of_two_verdicts_counts() -> None:
    risk, operation = {"send": "allow"}, {"sendSmsMessages": "confirm"}

    assert verdict({"risks": risk, "operations": operation}) == "confirm"
    assert verdict({"risks": {"send": "deny"}, "operations": {"sendSmsMessages": "allow"}}) == "deny"
    assert verdict({"confirm": "off", "operations": operation}) == "confirm"
    assert verdict({"confirm": "off"}) == "allow"


def test_a_connection_has_its_own_verdicts() -> None:
    said = {"connections": {"txtsync": {"risks": {"send": "deny"}}}}

    assert verdict(said, connection="txtsync") == "deny"
    assert verdict(said, connection="egoi") == "confirm"


def test_what_would_be_asked_is_denied_where_no_channel_is_left() -> None:
    assert verdict({"approval_channels": []}) == "deny"
    assert verdict({"approval_channels": ["chat"]}) == "deny"
    assert verdict({"approval_channels": ["chat"], "confirm": "chat"}) == "confirm"
    assert verdict({"approval_channels": ["terminal"]}) == "confirm"
    assert verdict({"approval_channels": []}, risk=Risk.WRITE) == "allow"


def test_chat_is_a_channel_only_where_the_owner_chose_it() -> None:
    assert channels_of(PolicySettings()) == {"elicitation", "terminal", "page"}
    assert channels_of(PolicySettings(confirm="chat")) == {"elicitation", "terminal", "page", "chat"}
    assert channels_of(PolicySettings(confirm="off")) == {"elicitation", "terminal", "page"}


@pytest.mark.parametrize(
    ("said", "recipients", "needed"),
    [
        ({}, 1_000_000, 1),
        ({"approvals_required": 2}, 1, 2),
        ({"approvals_required": 2}, 0, 1),
        ({"approvals_required": 3, "approvals_required_above": 10}, 10, 1),
        ({"approvals_required": 3, "approvals_required_above": 10}, 11, 3),
        ({"approvals_required": 3, "approvals_required_above": 10}, None, 3),
    ],
)
def test_how_many_people_approve(said: dict[str, Any], recipients: int | None, needed: int) -> None:
    facts = Facts(risk=Risk.SEND, recipients=recipients)

    assert approvals_needed(PolicySettings.model_validate(said), facts) == needed


@pytest.mark.parametrize(
    ("said", "risk", "recipients", "seconds"),
    [
        ({}, Risk.SEND, 1_000_000, 0.0),
        ({"grace_above": 10}, Risk.SEND, 10, 0.0),
        ({"grace_above": 10}, Risk.SEND, 11, 300.0),
        ({"grace_above": 10}, Risk.SEND, None, 300.0),
        ({"grace_above": 10, "grace_seconds": 60.0}, Risk.SEND, 11, 60.0),
        ({"grace_above": 10}, Risk.DESTROY, 11, 0.0),
    ],
)
def test_how_long_a_send_is_held(
    said: dict[str, Any], risk: Risk, recipients: int | None, seconds: float
) -> None:
    assert grace_of(PolicySettings.model_validate(said), Facts(risk=risk, recipients=recipients)) == seconds


@given(POLICIES)
def test_the_claim_reserves_the_caps_of_the_policy(policy: PolicySettings) -> None:
    caps = caps_of(policy)

    assert caps.recipients_per_action == policy.max_recipients_per_action
    assert caps.sends_per_day == policy.max_sends_per_day
    assert caps.unconfirmed_writes_per_hour == (None if policy.confirm == "off" else policy.write_threshold)
