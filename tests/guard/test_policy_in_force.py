"""The owner's policy where it counts: at the tools, through the guard, over the sandbox, both ways."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.guard.action import Channel, State
from egoi_mcp.store.protocol import Decision
from tests.support import SMS, Person, Session, connected, until

pytestmark = pytest.mark.anyio

ANA = "+351900000001"
MADRID = "+34600000001"


def under(
    tmp_path: Path, policy: str, *, person: Person | None = None, **variables: str
) -> AbstractAsyncContextManager[Session]:
    """A session whose owner wrote this `policy.toml`."""
    file = tmp_path / "policy.toml"
    file.write_text(policy, encoding="utf-8")
    file.chmod(0o600)
    environ = {"EGOI_ACCOUNT_TIMEZONE": "Europe/Lisbon", "EGOI_MCP_POLICY_FILE": str(file), **variables}
    return connected(tmp_path / "state", environ, person=person)


def sms(*to: str, **other: object) -> dict[str, Any]:
    return {**SMS, "to": list(to) or [ANA], **other}


def sent(session: Session) -> int:
    return session.sandbox.effects.count("sms")


DENIALS: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "a denied country": ('denied_countries = ["ES"]', sms(MADRID), sms(ANA), "denied_countries"),
    "a country that is not allowed": (
        'allowed_countries = ["PT"]',
        sms(MADRID),
        sms(ANA),
        "allowed_countries",
    ),
    "a denied recipient": (f'denied_recipients = ["{ANA}"]', sms(ANA), sms(MADRID), "denied_recipients"),
    "a recipient outside the family": (
        'allowed_recipients = ["+351*"]',
        sms(MADRID),
        sms(ANA),
        "allowed_recipients",
    ),
    "a denied sender, by its name": (
        'denied_senders = ["ACME"]',
        sms(sender="501"),
        sms(sender="502"),
        "ACME",
    ),
    "too many recipients": (
        "max_recipients_per_action = 1",
        sms(ANA, MADRID),
        sms(ANA),
        "max_recipients_per_action",
    ),
    "a denied operation": (
        '[operations]\nsendSmsMessages = "deny"',
        sms(ANA),
        sms(MADRID, provider="txtsync", sender="ACME"),
        "operations.sendSmsMessages",
    ),
    "a denied connection": (
        '[connections.egoi.risks]\nsend = "deny"',
        sms(ANA),
        sms(MADRID, provider="txtsync", sender="ACME"),
        "risks.send",
    ),
    "what costs more than a day may": (
        'max_cost_per_day = "0.05"\nprices = { PT = "0.03", "*" = "0.06" }',
        sms(MADRID),
        sms(ANA),
        "max_cost_per_day",
    ),
    "what has no price": (
        'max_cost_per_day = "9"\nprices = { PT = "0.03" }',
        sms(MADRID),
        sms(ANA),
        "max_cost_per_day",
    ),
}


@pytest.mark.parametrize("name", DENIALS)
async def test_what_the_owner_denies_is_refused_with_its_rule_and_all_else_goes(
    tmp_path: Path, name: str
) -> None:
    policy, outside, inside, rule = DENIALS[name]
    person = Person()
    async with under(tmp_path, policy, person=person) as session:
        denied = await session.call("send_sms", **outside)
        assert denied.status == "denied", denied.text
        assert rule in denied.text
        assert "The owner can change that" in denied.text
        assert (person.forms, sent(session), session.rows.count()) == ([], 0, 0)
        allowed = await session.call("send_sms", **inside)
        assert allowed.status == "succeeded", allowed.text
        assert sent(session) == 1


async def test_read_only_leaves_reading_and_nothing_else(tmp_path: Path) -> None:
    async with under(tmp_path, "read_only = true", person=Person()) as session:
        assert not (await session.call("list_campaigns")).is_error
        for tool, arguments in (
            ("send_sms", sms()),
            ("create_contact", {"list_id": 3, "email": "new@example.com"}),
            ("update_campaign", {"campaign": "smsdraft02", "sender": "102", "text": "x STOP"}),
        ):
            denied = await session.call(tool, **arguments)
            assert (denied.status, session.sandbox.effects.size) == ("denied", 0), tool


async def test_costs_add_up_over_a_day_and_the_claim_holds_them(tmp_path: Path) -> None:
    policy = 'max_cost_per_day = "0.07"\nprices = { "*" = "0.03" }'
    async with under(tmp_path, policy, person=Person()) as session:
        for number in (1, 2):
            done = await session.call("send_sms", **sms(text=f"Order {number}"))
            assert done.status == "succeeded", done.text
        over = await session.call("send_sms", **sms(text="Order 3"))
        assert over.status == "void", over.text
        assert "a cost of 0.07 in 24 hours, 0.06 are spent and this is 0.03" in over.text
        assert sent(session) == 2


STANDING = """
max_recipients_per_action = 50
max_sends_per_day = 100
[[standing]]
name = "pickup"
operation = "sendSmsMessages"
sender = "501"
template = "Your order {number} is ready"
recipients = 1
per_day = 2
"""


async def test_a_standing_rule_spares_the_click_for_what_fits_so_many_times_a_day(tmp_path: Path) -> None:
    async with under(tmp_path, STANDING) as session:
        for number in (17, 18):
            done = await session.call("send_sms", **sms(text=f"Your order {number} is ready"))
            assert done.status == "succeeded", done.text
        assert (await session.call("send_sms", **sms(text="Your order 19 is ready"))).status == "void"
        for other in (
            sms(text="Your order is late"),
            sms(text="Your order 17 is ready", sender="502"),
            sms(ANA, MADRID, text="Your order 20 is ready"),
            sms(text="Your order http://example.com is ready"),
        ):
            asked = await session.call("send_sms", **other)
            assert asked.status in {"needs_approval", "duplicate"}, asked.text
        assert sent(session) == 2


async def test_seeds_are_tested_freely_and_open_the_way_for_many(tmp_path: Path) -> None:
    policy = (
        f'seed_recipients = ["{ANA}"]\ntest_first_above = 1\n'
        "max_recipients_per_action = 50\nmax_sends_per_day = 100"
    )
    person = Person()
    async with under(tmp_path, policy, person=person) as session:
        many = sms(ANA, MADRID, text="Good news")
        untested = await session.call("send_sms", **many)
        assert untested.status == "denied", untested.text
        assert "test_first_above" in untested.text
        test = await session.call("send_sms", **sms(ANA, text="Good  NEWS"))
        assert (test.status, person.forms) == ("succeeded", []), test.text
        other = await session.call("send_sms", **sms(ANA, MADRID, text="Bad news"))
        assert other.status == "denied"
        done = await session.call("send_sms", **sms(MADRID, "+34600000002", text="Good news"))
        assert done.status == "succeeded", done.text
        assert len(person.forms) == 1


async def test_a_quiet_day_holds_back_what_promotes_and_not_what_was_asked_for(tmp_path: Path) -> None:
    every_day = 'quiet_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'
    async with under(tmp_path, every_day, person=Person()) as session:
        promotion = await session.call("send_sms", **sms(text="Sale. STOP", purpose="promotional"))
        assert promotion.status == "denied", promotion.text
        assert "quiet_days" in promotion.text
        assert (await session.call("send_sms", **sms())).status == "succeeded"


async def test_a_channel_that_the_owner_withdrew_approves_nothing(tmp_path: Path) -> None:
    person = Person()
    async with under(tmp_path, 'approval_channels = ["terminal"]', person=person) as session:
        waits = await session.call("send_sms", **sms())
        assert (waits.status, person.forms) == ("needs_approval", [])
        await session.decide(waits.action_id, channel=Channel.ELICITATION)
        told = await session.call("check_action", action_id=waits.action_id)
        assert told.status == "void", told.text
        again = await session.call("send_sms", **sms())
        await session.decide(again.action_id)
        assert (await session.call("check_action", action_id=again.action_id)).status == "succeeded"
        assert sent(session) == 1


async def test_two_different_people_approve_where_the_owner_wants_two(tmp_path: Path) -> None:
    person = Person()
    async with under(tmp_path, "approvals_required = 2", person=person) as session:
        waits = await session.call("send_sms", **sms())
        assert (waits.status, person.forms) == ("needs_approval", [])

        async def approve(by: str, *, named: bool = True) -> State:
            decision = Decision(state=State.APPROVED, channel=Channel.TERMINAL, by=by, named=named)
            return (await session.ledger.decide(waits.action_id, decision)).state

        with pytest.raises(Exception, match="2 different people"):
            await approve("owner", named=False)
        assert await approve("ana") is State.PROPOSED
        assert await approve("ana") is State.PROPOSED
        assert (await session.call("check_action", action_id=waits.action_id)).status == "needs_approval"
        assert sent(session) == 0
        assert await approve("rui") is State.APPROVED
        told = await session.call("check_action", action_id=waits.action_id)
        assert (told.status, sent(session)) == ("succeeded", 1), told.text


async def test_a_stricter_policy_after_the_approval_keeps_the_action_from_beginning(tmp_path: Path) -> None:
    async with under(tmp_path, "") as session:
        waits = await session.call("send_sms", **sms())
    async with under(tmp_path, 'denied_countries = ["PT"]') as session:
        await session.decide(waits.action_id)
        told = await session.call("check_action", action_id=waits.action_id)
        assert told.status == "void", told.text
        assert "denied_countries" in told.text
        assert sent(session) == 0


async def test_more_than_the_grace_allows_is_held_and_can_be_taken_back(tmp_path: Path) -> None:
    async with under(tmp_path, "grace_above = 1", person=Person()) as session:
        assert (await session.call("send_sms", **sms())).status == "succeeded"
        held = await session.call("send_sms", **sms(ANA, MADRID, text="To both"))
        assert held.status == "approved", held.text
        assert sent(session) == 1
        await session.decide(held.action_id, State.REVOKED)
        assert (await session.call("check_action", action_id=held.action_id)).status == "revoked"
        assert sent(session) == 1


async def test_a_hold_that_is_over_lets_it_go_out_by_itself(tmp_path: Path) -> None:
    async with under(
        tmp_path, "grace_above = 0\ngrace_seconds = 2", person=Person(), EGOI_MCP_CALL_TIMEOUT_SECONDS="9"
    ) as session:
        held = await session.call("send_sms", **sms())
        assert held.status == "approved"

        async def ended() -> bool:
            return await session.ended(held.action_id)

        await until(ended)
        assert (session.rows.states()[held.action_id], sent(session)) == ("succeeded", 1)


async def test_the_account_shows_the_policy_in_force(tmp_path: Path) -> None:
    async with under(tmp_path, 'denied_countries = ["ES"]\ngrace_above = 40') as session:
        shown = await session.call("get_account", provider="txtsync")
        assert "ES" in shown.text
        assert "40" in shown.text
