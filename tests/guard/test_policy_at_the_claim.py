"""An approved action is judged again by the policy, the clock and the approvals of the moment it begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Channel, State
from egoi_mcp.guard.facts import Facts
from egoi_mcp.guard.policy import policy_now_forbids
from egoi_mcp.guard.reach import Reach
from egoi_mcp.policy.settings import PolicySettings, StandingRule
from tests.guard.actions import an_action

ANA = "+34600000001"
NOON, NIGHT = 1_899_630_000.0, 1_899_669_600.0
"""12:00 and 23:00 on 2030-03-12 in Madrid."""
RULE = StandingRule(name="hello", operation="sendSmsMessages", sender="acme", template="Hello", per_day=5)
FACTS = Facts(
    risk=Risk.SEND,
    recipients=1,
    operations=("sendSmsMessages",),
    connection="egoi",
    reach=Reach(senders=("acme",), recipients=(ANA,), texts=("Hello",), risks=("send",)),
    now=NOON,
    approvals=("Ana",),
)


def forbidden(
    said: dict[str, Any], channel: Channel | None = Channel.ELICITATION, facts: Facts | None = FACTS
) -> str | None:
    action = an_action(State.APPROVED, channel=channel)
    return policy_now_forbids(PolicySettings.model_validate(said), action, facts=facts)


@pytest.mark.parametrize("channel", [Channel.ELICITATION, Channel.TERMINAL])
def test_what_a_person_approved_begins(channel: Channel) -> None:
    assert forbidden({}, channel) is None
    assert forbidden({}, channel, facts=None) is None


@pytest.mark.parametrize("channel", [None, Channel.POLICY, Channel.CHAT])
def test_what_no_person_approved_does_not(channel: Channel | None) -> None:
    assert forbidden({}, channel) == "It reaches people or costs money."
    assert forbidden({}, channel, facts=None) == "It reaches people or costs money."


def test_an_approval_by_chat_counts_where_the_owner_still_has_it() -> None:
    assert forbidden({"confirm": "chat"}, Channel.CHAT) is None
    assert forbidden({"confirm": "chat", "approval_channels": {"page"}}, Channel.CHAT)


def test_the_channel_must_still_be_one_that_the_owner_takes() -> None:
    assert forbidden({"approval_channels": {"terminal"}}, Channel.TERMINAL) is None
    assert forbidden({"approval_channels": {"terminal"}}, Channel.ELICITATION)


def test_what_is_denied_by_now_does_not_begin() -> None:
    assert "only reads" in (forbidden({"read_only": True}) or "")
    assert forbidden({"denied_recipients": {ANA}})
    assert forbidden({"connections": {"egoi": {"read_only": True}}})
    assert forbidden({"connections": {"txtsync": {"read_only": True}}}) is None


def test_without_the_facts_of_the_moment_a_rule_that_needs_them_denies() -> None:
    assert forbidden({"denied_recipients": {"+351*"}}) is None
    assert forbidden({"denied_recipients": {"+351*"}}, facts=None)
    assert forbidden({"operations": {"sendSmsMessages": "deny"}}, facts=None)
    assert forbidden({"operations": {"SendSMS": "deny"}}, facts=None) is None


def test_quiet_hours_are_those_of_the_moment() -> None:
    said = {"quiet_hours": {"21:00-09:00"}}

    assert forbidden(said) is None
    assert forbidden(said, facts=replace(FACTS, now=NIGHT))


def test_a_quiet_time_that_is_asked_about_begins_as_it_was_approved() -> None:
    said = {"quiet_hours": {"21:00-09:00"}, "quiet_verdict": "confirm"}

    assert forbidden(said, facts=replace(FACTS, now=NIGHT)) is None
    assert forbidden(said, Channel.POLICY, facts=replace(FACTS, now=NIGHT))


@pytest.mark.parametrize(
    ("approvals", "begins"),
    [
        (("Ana", "Rui"), True),
        (("Ana",), False),
        (("Ana", "Ana"), False),
        (("Ana", ""), False),
        (("", ""), False),
        ((), False),
        (("Ana", "Rui", "Eva"), True),
    ],
)
def test_two_approvals_are_of_two_people_by_name(approvals: tuple[str, ...], begins: bool) -> None:
    told = forbidden({"approvals_required": 2}, facts=replace(FACTS, approvals=approvals))

    assert (told is None) is begins


def test_one_approval_is_the_channels_own() -> None:
    few = {"approvals_required": 2, "approvals_required_above": 1}

    assert forbidden({}, facts=replace(FACTS, approvals=())) is None
    assert forbidden(few, facts=replace(FACTS, approvals=())) is None
    assert forbidden({"approvals_required": 2}, facts=None)


def test_a_standing_rule_must_still_be_there_and_fit() -> None:
    said = {"standing": (RULE,)}

    assert forbidden(said, Channel.POLICY) is None
    assert forbidden({}, Channel.POLICY)
    assert forbidden({"standing": (RULE.model_copy(update={"template": "Hi"}),)}, Channel.POLICY)
    assert forbidden(said, Channel.POLICY, facts=replace(FACTS, recipients=2))


def test_what_needs_no_person_any_more_begins_whoever_approved_it() -> None:
    said = {"confirm": "off"}

    assert forbidden(said, Channel.POLICY) is None
    assert forbidden(said, Channel.ELICITATION) is None
    assert (
        forbidden({**said, "approvals_required": 2}, Channel.ELICITATION, facts=replace(FACTS, approvals=()))
        is None
    )
