"""The policy as the model reads it: all that the owner set, briefly, and nobody's number or address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from egoi_mcp.policy.keys import keys, of_table
from egoi_mcp.policy.settings import PolicySettings
from egoi_mcp.settings import Settings
from egoi_mcp.tools.policy_words import policy_in_words
from tests.policy.policies import NUMBERS, POLICIES

ALWAYS = {
    "mode",
    "contacts changed without asking",
    "campaigns not written here",
    "personal data shown to the model",
    "account time zone",
}
MANY: dict[str, Any] = {
    "max_recipients_per_action": 500,
    "max_sends_per_day": 2000,
    "max_cost_per_day": "50.00",
    "max_cost_per_month": "400.00",
    "risks": {"disclose": "deny", "send": "confirm"},
    "operations": {"actionForgetContacts": "deny", "actionAttachTag": "confirm"},
    "connections": {
        "txtsync": {"read_only": True},
        "egoi": {"write_threshold": 5, "risks": {"consent": "deny"}},
    },
    "allowed_lists": list(range(1, 100)),
    "denied_lists": list(range(200, 300)),
    "allowed_senders": [f"Sender {n}" for n in range(50)],
    "denied_senders": [f"Other {n}" for n in range(50)],
    "allowed_countries": ["PT", "ES", "FR", "DE", "IT", "NL", "BE", "LU", "IE", "GB"],
    "denied_countries": ["AO"],
    "allowed_recipients": [f"+3519000000{n:02}" for n in range(50)],
    "denied_recipients": ["ana@example.com"],
    "allowed_hosts": [f"h{n}.example.com" for n in range(50)],
    "denied_hosts": ["short.example"],
    "quiet_hours": ["21:00-09:00"],
    "quiet_days": ["sun"],
    "holidays": [f"12-{day:02}" for day in range(1, 32)],
    "seed_recipients": ["+351900000001"],
    "test_first_above": 100,
    "approvals_required": 2,
    "approvals_required_above": 1000,
    "approval_channels": ["page", "terminal"],
    "grace_above": 200,
    "standing": [
        {
            "name": f"rule {n}",
            "operation": "sendSmsMessages",
            "sender": "ACME",
            "template": "Hello {name}",
            "per_day": n,
        }
        for n in range(1, 30)
    ],
}


def words(policy: PolicySettings) -> dict[str, str]:
    return policy_in_words(Settings(state_dir=Path("/state"), policy=policy))


def test_without_a_word_from_the_owner_it_says_what_always_holds() -> None:
    assert set(words(PolicySettings())) == ALWAYS


@pytest.mark.parametrize(
    ("said", "name", "told"),
    [
        ({"max_cost_per_day": "5"}, "cost per 24 hours", "at most 5"),
        ({"max_cost_per_month": "5"}, "cost per month", "at most 5"),
        ({"risks": {"send": "deny"}, "operations": {"createTag": "deny"}}, "refused", "createTag, send"),
        ({"risks": {"send": "confirm"}}, "always asked about", "send"),
        ({"operations": {"createTag": "allow"}}, "done without asking", "createTag"),
        ({"allowed_lists": [7, 3]}, "only lists", "3, 7"),
        ({"allowed_lists": []}, "only lists", "none"),
        ({"denied_lists": [3]}, "no lists", "3"),
        ({"allowed_senders": ["ACME"]}, "only senders", "acme"),
        ({"denied_countries": ["AO"]}, "no countries", "AO"),
        ({"allowed_hosts": ["hooks.example.com"]}, "only hosts", "hooks.example.com"),
        ({"denied_hosts": ["short.example"]}, "no hosts", "short.example"),
        (
            {"allowed_recipients": ["+351*"]},
            "only recipients",
            "1 named by the owner (numbers, addresses, families)",
        ),
        ({"denied_recipients": ["+351*"]}, "no recipients", "1 named by the owner"),
        (
            {"quiet_hours": ["21:00-09:00"], "quiet_days": ["sun"]},
            "quiet, by the recipients' clock",
            "21:00-09:00, sun: promotional sends refused",
        ),
        (
            {"holidays": ["12-25"], "quiet_verdict": "confirm", "quiet_transactional": True},
            "quiet, by the recipients' clock",
            "12-25: everything asked about",
        ),
        ({"seed_recipients": ["+351900000001"]}, "test recipients", "1, sent to without asking"),
        ({"test_first_above": 9}, "test first", "what goes to more than 9 goes to the test recipients first"),
        ({"approvals_required": 2}, "approvals", "2 people"),
        (
            {"approvals_required": 2, "approvals_required_above": 9},
            "approvals",
            "2 people above 9 recipients",
        ),
        ({"approval_channels": ["page"]}, "approved only by", "page"),
        ({"approval_channels": []}, "approved only by", "no channel: what needs a person is refused"),
        ({"standing": MANY["standing"][:1]}, "routine messages without asking", "rule 1 (1 a day)"),
        ({"grace_above": 9}, "held after approval", "sends to more than 9, 300 seconds"),
        ({"connections": {"egoi": {"read_only": True}}}, "on egoi also", "only reading"),
        (
            {
                "connections": {
                    "egoi": {"write_threshold": 5, "max_sends_per_day": 9, "risks": {"send": "deny"}}
                }
            },
            "on egoi also",
            "contacts changed without asking: 5 an hour; recipients per 24 hours: at most 9; refused: send",
        ),
    ],
)
def test_what_the_owner_set_is_said(said: dict[str, Any], name: str, told: str) -> None:
    found = words(of_table(said))

    assert found[name] == told
    assert set(found) == ALWAYS | {name}


def test_a_policy_with_everything_in_it_stays_short() -> None:
    """Four characters to a token, the usual rule of thumb."""
    assert set(MANY) <= set(keys())
    assert len(json.dumps(words(of_table(MANY)))) / 4 < 600


@given(POLICIES)
def test_nobodys_number_or_address_is_told(policy: PolicySettings) -> None:
    told = json.dumps(words(policy))

    assert not any(each in told for each in NUMBERS)
    assert all(words(policy).values())
