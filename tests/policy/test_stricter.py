"""Several sources as one policy: in whatever order, and never looser than what one of them says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egoi_mcp.guard.facts import Facts
from egoi_mcp.guard.policy import approvals_needed, caps_of, grace_of, rule_on
from egoi_mcp.policy.keys import keys, on_connection, spoken_of, stricter
from egoi_mcp.policy.settings import PolicySettings, StandingRule
from tests.policy.policies import FACTS, MEMBERS, POLICIES, SPARSE

STRICTNESS = {"allow": 0, "confirm": 1, "deny": 2}
COMPLETE = st.fixed_dictionaries(dict(MEMBERS)).map(PolicySettings.model_validate)
"""Policies that say everything, and so leave nothing to another source."""
RULE = StandingRule(name="a", operation="sendSmsMessages", sender="acme", template="Hello", per_day=2)


@given(POLICIES, POLICIES)
def test_the_order_of_two_sources_does_not_count(one: PolicySettings, other: PolicySettings) -> None:
    assert stricter(one, other) == stricter(other, one)
    assert spoken_of(stricter(one, other)) == spoken_of(one) | spoken_of(other)


@given(POLICIES, POLICIES, POLICIES)
def test_the_order_of_three_sources_does_not_count(
    one: PolicySettings, other: PolicySettings, third: PolicySettings
) -> None:
    assert stricter(stricter(one, other), third) == stricter(one, stricter(other, third))


@given(POLICIES)
def test_a_source_read_twice_is_one(policy: PolicySettings) -> None:
    assert stricter(policy, policy) == policy
    assert stricter(policy, PolicySettings()) == policy


@given(POLICIES, POLICIES, st.sampled_from(["egoi", "txtsync"]))
def test_a_connections_own_words_are_joined_first_or_last_alike(
    one: PolicySettings, other: PolicySettings, connection: str
) -> None:
    together = on_connection(stricter(one, other), connection)
    apart = stricter(on_connection(one, connection), on_connection(other, connection))

    assert together.model_copy(update={"connections": {}}) == apart.model_copy(update={"connections": {}})


def looseness(policy: PolicySettings, facts: Facts) -> list[float]:
    """How much each judgement lets pass; a policy is stricter where none of them is larger."""
    caps = caps_of(policy, facts.connection)
    limits = (caps.recipients_per_action, caps.sends_per_day)
    return [
        -STRICTNESS[rule_on(policy, facts).verdict],
        -approvals_needed(policy, facts),
        -grace_of(policy, facts),
        *[float("inf") if limit is None else limit for limit in limits],
    ]


@given(COMPLETE, COMPLETE, FACTS)
@settings(max_examples=200)
def test_two_sources_never_allow_what_one_of_them_does_not(
    one: PolicySettings, other: PolicySettings, facts: Facts
) -> None:
    together = looseness(stricter(one, other), facts)

    for alone in (looseness(one, facts), looseness(other, facts)):
        assert all(both <= each for both, each in zip(together, alone, strict=True))


@given(POLICIES, SPARSE, FACTS)
@settings(max_examples=200)
def test_what_one_source_denies_by_its_own_words_stays_denied(
    one: PolicySettings, other: PolicySettings, facts: Facts
) -> None:
    """A default is nobody's word: only a rule whose key the source states counts as its own.

    Tests that were done are done to whichever seeds there are, and a question that another source does not
    ask needs no channel.
    """
    ruling = rule_on(one, facts)
    key = ruling.rule.lower().removeprefix("egoi_mcp_").removeprefix("policy_").partition(".")[0]
    own = key in one.model_fields_set - {"test_first_above", "approval_channels"}
    if ruling.verdict == "deny" and own:
        assert rule_on(stricter(one, other), facts).verdict == "deny"


EXAMPLES: list[tuple[str, Any, Any, Any]] = [
    ("read_only", True, False, True),
    ("confirm", "auto", "off", "auto"),
    ("confirm", "chat", "off", "chat"),
    ("write_threshold", 5, 10, 5),
    ("max_recipients_per_action", 5, 10, 5),
    ("max_sends_per_day", 5, 10, 5),
    ("max_cost_per_day", Decimal(5), Decimal(10), Decimal(5)),
    ("max_cost_per_month", Decimal(5), Decimal(10), Decimal(5)),
    ("unseen_content", "deny", "confirm", "deny"),
    ("type_count_above", 5, 10, 5),
    ("prices", {"PT": Decimal(1)}, {"PT": Decimal(2)}, {"PT": Decimal(2)}),
    ("prices", {"*": Decimal(3)}, {"PT": Decimal(2)}, {"*": Decimal(3), "PT": Decimal(3)}),
    ("risks", {"send": "deny"}, {"send": "allow", "write": "allow"}, {"send": "deny", "write": "allow"}),
    ("operations", {"createTag": "confirm"}, {"createTag": "allow"}, {"createTag": "confirm"}),
    ("allowed_lists", {1, 2}, {2, 3}, {2}),
    ("denied_lists", {1, 2}, {2, 3}, {1, 2, 3}),
    ("allowed_senders", {"a"}, {"b"}, frozenset()),
    ("denied_senders", {"a"}, {"b"}, {"a", "b"}),
    ("allowed_countries", {"PT", "ES"}, {"ES"}, {"ES"}),
    ("denied_countries", {"PT"}, {"ES"}, {"PT", "ES"}),
    ("allowed_recipients", {"+351*"}, {"+351900000001", "+34*"}, {"+351900000001"}),
    ("denied_recipients", {"+351*"}, {"+351900000001"}, {"+351*", "+351900000001"}),
    ("allowed_hosts", {"*.example.com"}, {"a.example.com"}, {"a.example.com"}),
    ("denied_hosts", {"a.example.com"}, {"b.example.com"}, {"a.example.com", "b.example.com"}),
    ("quiet_hours", {"21:00-09:00"}, {"12:00-13:00"}, {"21:00-09:00", "12:00-13:00"}),
    ("quiet_days", {"sun"}, {"sat"}, {"sun", "sat"}),
    ("holidays", {"12-25"}, {"PT:12-08"}, {"12-25", "PT:12-08"}),
    ("quiet_verdict", "confirm", "deny", "deny"),
    ("quiet_transactional", False, True, True),
    ("seed_recipients", {"+351900000001"}, {"+351900000002"}, frozenset()),
    ("test_first_above", 5, 10, 5),
    ("approvals_required", 2, 3, 3),
    ("approvals_required_above", 5, 10, 5),
    ("approval_channels", {"page", "terminal"}, {"terminal", "chat"}, {"terminal"}),
    ("standing", (RULE,), (), ()),
    ("standing", (RULE,), (RULE.model_copy(update={"per_day": 1}),), ()),
    ("standing", (RULE,), (RULE,), (RULE,)),
    ("remembered_rules", "allow", "deny", "deny"),
    ("grace_above", 5, 10, 5),
    ("grace_seconds", 60.0, 300.0, 300.0),
]


@pytest.mark.parametrize(("key", "one", "other", "both"), EXAMPLES)
def test_where_two_speak_of_a_key_the_stricter_word_counts(key: str, one: Any, other: Any, both: Any) -> None:
    joined = stricter(PolicySettings(**{key: one}), PolicySettings(**{key: other}))

    assert getattr(joined, key) == both
    assert getattr(stricter(PolicySettings(**{key: one}), PolicySettings()), key) == one


def test_every_key_has_such_an_example() -> None:
    assert {key for key, *_ in EXAMPLES} == set(keys()) - {"connections"}


@pytest.mark.parametrize(
    ("said", "loosened", "key", "value"),
    [
        ({"quiet_hours": {"21:00-09:00"}}, {"quiet_verdict": "confirm"}, "quiet_verdict", "deny"),
        ({"quiet_days": {"sun"}}, {"quiet_verdict": "confirm"}, "quiet_verdict", "deny"),
        ({"holidays": {"12-25"}}, {"quiet_verdict": "confirm"}, "quiet_verdict", "deny"),
        ({"approvals_required": 2}, {"approvals_required_above": 1000}, "approvals_required_above", 0),
        ({"grace_above": 10}, {"grace_seconds": 1.0}, "grace_seconds", 300.0),
    ],
)
def test_what_belongs_to_a_key_is_said_with_it(
    said: dict[str, Any], loosened: dict[str, Any], key: str, value: Any
) -> None:
    together = stricter(PolicySettings.model_validate(said), PolicySettings.model_validate(loosened))
    in_one_place = PolicySettings.model_validate({**said, **loosened})

    assert getattr(together, key) == value
    assert getattr(stricter(in_one_place, PolicySettings()), key) == loosened[key]


def test_a_connections_limits_hold_beside_the_others() -> None:
    policy = PolicySettings.model_validate(
        {"max_sends_per_day": 10, "connections": {"txtsync": {"max_sends_per_day": 5, "read_only": True}}}
    )

    assert on_connection(policy, "txtsync").max_sends_per_day == 5
    assert on_connection(policy, "txtsync").read_only
    assert on_connection(policy, "egoi") == policy
    assert caps_of(policy, "txtsync").sends_per_day == 5
    assert caps_of(policy).sends_per_day == 10


def test_a_connection_cannot_loosen_what_holds_everywhere() -> None:
    policy = PolicySettings.model_validate(
        {
            "read_only": True,
            "risks": {"send": "deny"},
            "connections": {"egoi": {"read_only": False, "risks": {"send": "allow"}}},
        }
    )

    assert on_connection(policy, "egoi").read_only
    assert on_connection(policy, "egoi").risks == {"send": "deny"}


@given(COMPLETE, FACTS)
def test_what_a_connections_table_says_holds_on_no_other(policy: PolicySettings, facts: Facts) -> None:
    alone = policy.model_copy(update={"connections": {}})
    elsewhere = replace(facts, connection="intercom")

    assert rule_on(policy, elsewhere) == rule_on(alone, elsewhere)
