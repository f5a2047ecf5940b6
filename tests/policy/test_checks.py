"""What a policy must say as a whole before a server starts under it."""

from __future__ import annotations

from typing import Any

import pytest

from egoi_mcp.errors import SettingsError
from egoi_mcp.policy.checks import check
from egoi_mcp.policy.settings import PolicySettings

CAPS = {"max_recipients_per_action": 5, "max_sends_per_day": 10}
UNASKED: list[tuple[dict[str, Any], str]] = [
    ({"confirm": "off"}, "EGOI_MCP_CONFIRM=off"),
    ({"confirm": "chat"}, "EGOI_MCP_CONFIRM=chat"),
    ({"risks": {"send": "allow"}}, "risks.send = allow"),
    ({"risks": {"consent": "allow"}}, "risks.consent = allow"),
    ({"operations": {"sendSmsMessages": "allow"}}, "operations.sendSmsMessages = allow"),
    ({"connections": {"egoi": {"risks": {"send": "allow"}}}}, "connections.egoi.risks.send = allow"),
    (
        {"connections": {"egoi": {"operations": {"SendSMS": "allow"}}}},
        "connections.egoi.operations.SendSMS = allow",
    ),
]
HARMLESS: list[dict[str, Any]] = [
    {},
    {"confirm": "auto"},
    {"risks": {"write": "allow", "send": "confirm", "disclose": "deny"}},
    {"operations": {"sendSmsMessages": "deny", "actionSendSms": "confirm"}},
    {"connections": {"egoi": {"risks": {"write": "allow"}}}},
    {"test_first_above": 5, "seed_recipients": {"+351900000001"}},
    {"seed_recipients": {"+351900000001"}},
]


def checked(**said: Any) -> None:
    check(PolicySettings.model_validate(said), connections={"egoi", "txtsync"})


@pytest.mark.parametrize(("said", "told"), UNASKED)
@pytest.mark.parametrize("missing", [*CAPS, "both"])
def test_what_leaves_without_a_person_needs_both_caps(said: dict[str, Any], told: str, missing: str) -> None:
    with pytest.raises(SettingsError) as refused:
        checked(**said, **{cap: most for cap, most in CAPS.items() if missing not in {cap, "both"}})
    assert str(refused.value).startswith(f"{told} needs EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION and ")

    checked(**said, **CAPS)


@pytest.mark.parametrize("said", HARMLESS)
def test_the_rest_needs_none(said: dict[str, Any]) -> None:
    checked(**said)


def test_a_test_first_needs_somebody_to_test_on() -> None:
    with pytest.raises(SettingsError, match="test_first_above needs seed_recipients"):
        checked(test_first_above=5)


@pytest.mark.parametrize(
    ("name", "told"),
    [("txtsinc", "txtsync is"), ("egoi2", "egoi is"), ("zzzz", "there are egoi, txtsync")],
)
def test_a_connection_that_is_none_is_told(name: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        checked(connections={name: {"read_only": True}})

    assert str(refused.value).startswith(f"connections.{name} is no connection of this server")
    assert told in str(refused.value)
    checked(connections={"txtsync": {"read_only": True}})
