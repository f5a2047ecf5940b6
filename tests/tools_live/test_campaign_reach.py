"""Whom a campaign reaches, what it costs and when that is for them, as a person is shown it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import Person, Session, connected
from tests.tools_live.live import facts, previewed, queries, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "campaigns", "EGOI_ACCOUNT_TIMEZONE": "Europe/Lisbon"}
WHOLE: dict[str, Any] = {"audience": "whole_list", "when": "now"}


async def drafted(session: Session, channel: str = "sms", list_id: int = 1) -> str:
    words = (
        {"text": "Lunch. Reply STOP"} if channel == "sms" else {"subject": "Lunch", "html": "<p>At 13</p>"}
    )
    sender = "102" if channel == "sms" else "201"
    made = await session.call(
        "create_campaign", channel=channel, list_id=list_id, title="Lunch", sender=sender, **words
    )
    assert made.status == "succeeded", made.text
    return str(made.data["ids"][0])


def priced(tmp_path: Path, prices: str) -> dict[str, str]:
    file = tmp_path / "policy.toml"
    file.write_text(f"prices = {{ {prices} }}", encoding="utf-8")
    file.chmod(0o600)
    return {**TOOLS, "EGOI_MCP_POLICY_FILE": str(file)}


async def shown(session: Session, campaign: str, **audience: object) -> dict[str, Any]:
    preview: dict[str, Any] = (
        await previewed(session, "send_campaign", campaign=campaign, **{**WHOLE, **audience})
    ).data["preview"]
    return preview


def left_out(preview: dict[str, Any]) -> dict[str, int]:
    return {each["reason"]: each["count"] for each in preview["audience"]["excluded"]}


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_everybody_in_the_list_is_reached_or_left_out_with_a_reason_as_the_vendor_does_it(
    tmp_path: Path, channel: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    team = list(sandbox.world.egoi.lists[3].contacts.values())
    team[0].base["status"] = "removed"
    team[1].base["status"] = "unconfirmed"
    team[2].base["cellphone"] = team[2].base["email"] = None
    team[3].base["cellphone_status"] = team[3].base["email_status"] = "inactive"
    team[4].base["cellphone"] = "351-900000666"
    team[5].base["cellphone"] = "34-600000001"
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        campaign = await drafted(session, channel, list_id=3)
        preview = await shown(session, campaign)
        what = "a mobile number" if channel == "sms" else "an e-mail address"
        why = {
            "unsubscribed": 1,
            "unconfirmed": 1,
            f"without {what}": 1,
            f"with {what} that is switched off": 1,
        }
        why |= {"on the suppression list": 1} if channel == "sms" else {}
        assert left_out(preview) == why
        countries = preview["audience"]["by_country"]
        assert countries == ({"PT": 6, "ES": 1} if channel == "sms" else {})
        done = await session.call("send_campaign", campaign=campaign, **WHOLE)
        assert done.status == "succeeded", done.text
        assert sandbox.effects.count() == len(team) - sum(why.values()) == preview["recipients"]


async def test_the_cost_counts_who_is_reached_by_country_against_the_balance(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    team = list(sandbox.world.egoi.lists[3].contacts.values())
    team[5].base["cellphone"] = "34-600000001"
    team[6].base["status"] = "removed"
    async with connected(
        tmp_path / "state", priced(tmp_path, 'PT = "0.045", ES = "0.06"'), sandbox=sandbox
    ) as s:
        preview = await shown(s, await drafted(s, list_id=3))
        assert preview["cost"] == {
            "amount": "0.51",
            "currency": "EUR",
            "basis": "PT 10 x 0.045, ES 1 x 0.06",
            "balance": "250.00",
            "left": "249.49",
        }
        assert preview["when"]["recipients"][1].endswith(" Europe/Madrid (ES)")
        email = await shown(s, await drafted(s, "email", list_id=3))
        assert "cost" not in email
        assert "cost" not in email["facts"]


async def test_a_balance_that_is_too_small_is_warned_about(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.egoi.balance = sandbox.world.egoi.balance * 0 + 1
    async with connected(tmp_path / "state", priced(tmp_path, '"*" = "0.20"'), sandbox=sandbox) as session:
        preview = await shown(session, await drafted(session, list_id=3))
        assert "the balance does not cover it: 1.40 EUR are missing" in preview["warnings"]
        assert preview["cost"]["left"] == "-1.40"


async def test_a_country_without_a_price_is_named_and_costs_are_not_known(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    next(iter(sandbox.world.egoi.lists[3].contacts.values())).base["cellphone"] = "34-600000001"
    async with connected(tmp_path / "state", priced(tmp_path, 'PT = "0.045"'), sandbox=sandbox) as session:
        called = await previewed(
            session, "send_campaign", campaign=await drafted(session, list_id=3), **WHOLE
        )
        assert "cost" not in called.data["preview"]
        assert facts(called)["cost"] == (
            "not known: the owner's policy has no price for ES (1 segments); "
            "the rest 0.495 EUR (PT 11 x 0.045)"
        )
        assert "the cost is not known: no price for ES (1 segments)" in called.data["preview"]["warnings"]


async def test_what_is_not_known_of_many_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("egoi_mcp.tools.listed_people.MOST_LISTED", 100)
    monkeypatch.setattr("egoi_mcp.tools.campaign_audience.MOST_LISTED", 100)
    async with connected(tmp_path / "state", priced(tmp_path, '"*" = "0.10"')) as session:
        preview = await shown(session, await drafted(session))
        assert preview["recipients"] == 153
        assert preview["audience"] == {
            "by_country": {},
            "excluded": [],
            "checks": [
                {
                    "against": "addresses and countries of its contacts",
                    "checked": 0,
                    "unchecked": 153,
                    "why": "only up to 100 contacts are looked at one by one",
                },
                {
                    "against": "suppression list",
                    "checked": 0,
                    "unchecked": 153,
                    "why": "E-goi leaves them out itself when it sends",
                },
            ],
        }
        assert preview["cost"]["basis"] == "country unknown 153 x 0.10"
        assert preview["when"]["recipients"] == ["not known, as the vendor does not tell their countries"]
        assert queries(session, "getAllContacts") == []


async def test_a_contact_on_the_suppression_list_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    first = next(iter(sandbox.world.egoi.lists[3].contacts.values()))
    first.base["cellphone"] = "351-900000666"
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        said = await refused(
            session,
            "send_campaign",
            campaign=await drafted(session, list_id=3),
            audience="contact",
            contact=first.contact_id,
            when="now",
        )
        assert said == "contact: is on the suppression list, so E-goi sends it nothing. Nothing was sent."


async def test_a_sender_that_can_no_longer_send_is_warned_about(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        campaign = await drafted(session, list_id=3)
        assert not any("sender" in each for each in (await shown(session, campaign))["warnings"])
        sandbox.world.egoi.senders[102].status = "rejected"
        preview = await shown(session, campaign)
        assert preview["facts"]["from"] == "ACME (sender 102, rejected)"
        assert "its sender cannot send: it is rejected at the vendor" in preview["warnings"]


async def test_what_is_usual_in_the_recipients_countries_is_warned_of_and_dated(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    team = list(sandbox.world.egoi.lists[3].contacts.values())
    team[5].base["cellphone"] = "34-600000001"
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        campaign = await drafted(session, list_id=3)
        christmas = await shown(session, campaign, when="2095-12-25T11:00")
        said = [each for each in christmas["warnings"] if "no legal advice" in each]
        assert [each.partition(" (table of 20")[0] for each in said] == [
            "ES: a sender's name usually has to be registered there, or messages are blocked",
            "PT: it will be a public holiday, 2095-12-25",
            "ES: it will be a public holiday, 2095-12-25",
        ]
        plain = await shown(session, campaign, when="2095-12-14T11:00")
        assert len([each for each in plain["warnings"] if "no legal advice" in each]) == 1
