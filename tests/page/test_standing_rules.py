"""Standing rules made with a decision: what they let pass without a click, and all that they do not."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Channel
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.guard.remembered import MOST_PER_DAY, can_be_template, check_template
from egoi_mcp.page.forms import rule_form
from egoi_mcp.page.sessions import Session as Visit
from egoi_mcp.policy.templates import fits
from egoi_mcp.store.sqlite import SqliteStore
from tests.guard.sessions import sent
from tests.page.pages import AT_ONCE, Owner, paged, waiting
from tests.page.test_deciding import PIN, WRONG, with_pins
from tests.support import SMS, Session

pytestmark = pytest.mark.anyio

TEXT = "Your table is booked for 20:30 today"
TEMPLATE = "Your table is booked for {time:5} today"
BOOKED: dict[str, Any] = {**SMS, "text": TEXT}
LATER: dict[str, Any] = {**BOOKED, "text": "Your table is booked for 21:15 today", "to": ["+351900000002"]}


async def remember(session: Session, owner: Owner, *, template: str = TEMPLATE, per_day: str = "20") -> str:
    """Approve the first booking and make a rule of it; the rule's id."""
    asked = await session.call("send_sms", **BOOKED)
    if not owner.cookie:
        await owner.enter()
    answer = await owner.decide(asked.action_id, remember="on", template=template, per_day=per_day)
    assert answer.status_code == 303, answer.text
    ((rule_id,),) = session.rows.select("SELECT id FROM standing_rules WHERE ended_at IS NULL")
    await session.call("check_action", action_id=asked.action_id)
    return str(rule_id)


async def test_what_fits_the_rule_goes_out_without_a_click_and_says_by_which(tmp_path: Path) -> None:
    async with paged(tmp_path, AT_ONCE | {"EGOI_MCP_TOOLSETS": "sms,account"}) as (session, owner):
        rule_id = await remember(session, owner)
        done = await session.call("send_sms", **LATER)

        assert (done.status, sent(session)) == ("succeeded", 2)
        said = session.rows.select(
            "SELECT channel, decided_by FROM decisions WHERE action_id = ?", done.action_id
        )
        assert said == [("policy", f"standing:{rule_id}")]
        assert f"{rule_id} (20 a day)" in (await session.call("get_account")).text


@pytest.mark.parametrize(
    "other",
    [
        {"to": ["+351900000002", "+351900000003"]},
        {"text": "Your table is booked for 21:15 today!"},
        {"text": "Your table is booked for a.example today"},
        {"text": "Your table is booked for 21:15 tomorrow"},
        {"text": TEXT, "to": BOOKED["to"]},
        {"provider": "txtsync", "sender": "ACME"},
        {"registered": True},
        {"purpose": "promotional"},
    ],
    ids=[
        *("two people", "other words", "a link", "another day", "a duplicate", "another account"),
        *("what costs more", "another purpose"),
    ],
)
async def test_what_does_not_fit_it_waits_for_a_person(tmp_path: Path, other: dict[str, Any]) -> None:
    async with paged(tmp_path, AT_ONCE) as (session, owner):
        await remember(session, owner)
        asked = await session.call("send_sms", **{**LATER, **other})

        assert asked.status in {"needs_approval", "duplicate"}, asked.text
        assert sent(session) == 1


async def test_so_many_a_day_and_then_a_person_is_asked(tmp_path: Path) -> None:
    async with paged(tmp_path, AT_ONCE) as (session, owner):
        await remember(session, owner, per_day="2")
        told = [
            await session.call("send_sms", **{**LATER, "to": [f"+35190000001{number}"]})
            for number in range(3)
        ]

        assert [each.status for each in told[:2]] == ["succeeded", "succeeded"]
        assert told[2].status == "void"
        assert "2 in 24 hours" in told[2].text
        assert sent(session) == 3


async def test_from_its_end_on_a_person_is_asked_again(tmp_path: Path) -> None:
    async with paged(tmp_path, AT_ONCE) as (session, owner):
        rule_id = await remember(session, owner)
        (kept,) = await session.ledger.rules.counted()
        assert (kept.rule.name, kept.used) == (rule_id, 0)
        key = load_state_key(session.state_dir)
        secret = owner.cookie.partition("=")[2]
        token = rule_form(key, Visit(sha256(secret.encode()).digest(), 0.0), rule_id)
        forged = await owner.post({"rule": rule_id, "form": "0" * 64}, to="rules")
        assert (forged.status_code, len(await session.ledger.rules.in_force())) == (409, 1)
        ended = await owner.post({"rule": rule_id, "form": token}, to="rules")
        assert ended.status_code == 303

        assert (await session.call("send_sms", **LATER)).status == "needs_approval"
        assert await session.ledger.rules.in_force() == ()
        # What has ended does not come back with an edit of the row.
        session.rows.change("UPDATE standing_rules SET ended_at = NULL, ended_by = NULL")
        again = await session.call("send_sms", **{**LATER, "to": ["+351900000003"]})
        assert (again.status, sent(session)) == ("needs_approval", 1)


@pytest.mark.parametrize(
    "change",
    [
        "rule = replace(rule, 'booked', 'cancelled')",
        "rule = replace(rule, '\"per_day\":20', '\"per_day\":99')",
        "id = 'rule_abcdefgh'",
        "account = 'another'",
        "connection = 'txtsync'",
        "made_by = 'somebody'",
        "made_at = made_at + 1",
        "seal = x'00'",
    ],
)
async def test_a_rule_that_was_edited_in_the_file_is_none(
    tmp_path: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with paged(tmp_path, AT_ONCE) as (session, owner):
        await remember(session, owner)
        session.rows.change(f"UPDATE standing_rules SET {change}")  # noqa: S608 - one of those above
        asked = await session.call("send_sms", **LATER)

        assert (asked.status, sent(session)) == ("needs_approval", 1)
        assert "is no rule" in caplog.text


async def test_a_rule_that_ends_between_ruling_and_claim_lets_nothing_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with paged(tmp_path, AT_ONCE) as (session, owner):
        rule_id = await remember(session, owner)
        propose = SqliteStore.propose

        async def end_and_propose(self: Any, *given: Any, **named: Any) -> Any:
            monkeypatch.setattr(SqliteStore, "propose", propose)
            await session.ledger.rules.end(rule_id, by="owner")
            return await propose(self, *given, **named)

        monkeypatch.setattr(SqliteStore, "propose", end_and_propose)
        told = await session.call("send_sms", **LATER)

        assert (told.status, sent(session)) == ("void", 1)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"template": "{everything:100}", "per_day": "20"}, "no words of its own"),
        ({"template": "{a:20} table {b:90} today", "per_day": "20"}, "leaves too much open"),
        ({"template": "Another text altogether, of {name}", "per_day": "20"}, "is not that of this message"),
        ({"template": TEMPLATE, "per_day": "0"}, f"1 to {MOST_PER_DAY}"),
        ({"template": TEMPLATE, "per_day": str(MOST_PER_DAY + 1)}, f"1 to {MOST_PER_DAY}"),
        ({"template": TEMPLATE, "per_day": "20", "expires": "2020-01-01"}, "has passed"),
        ({"template": TEMPLATE, "per_day": "many"}, "whole number"),
    ],
)
async def test_a_rule_that_cannot_be_leaves_the_decision_open(
    tmp_path: Path, fields: dict[str, str], said: str
) -> None:
    async with waiting(tmp_path, **BOOKED) as (session, owner, action_id):
        answer = await owner.decide(action_id, remember="on", **fields)

        assert (answer.status_code, said in answer.text) == (422, True), answer.text
        assert session.rows.states() == {action_id: "proposed"}
        assert session.rows.select("SELECT count(*) FROM standing_rules") == [(0,)]


async def test_without_the_tick_nothing_is_remembered(tmp_path: Path) -> None:
    async with waiting(tmp_path, **BOOKED) as (session, owner, action_id):
        await owner.decide(action_id, template=TEMPLATE, per_day="20")

        assert session.rows.select("SELECT count(*) FROM standing_rules") == [(0,)]
        assert (await session.call("send_sms", **LATER)).status == "needs_approval"


@pytest.mark.parametrize(
    ("environ", "arguments"),
    [
        ({"EGOI_MCP_POLICY_REMEMBERED_RULES": "deny"}, {}),
        ({}, {"to": ["+351900000001", "+351900000002"]}),
        ({}, {"text": "Your table {number} is booked for today"}),
        ({}, {"text": "Hello"}),
    ],
    ids=["the owner wants none", "two people", "braces", "hardly a text"],
)
async def test_where_no_rule_can_be_made_none_is_offered_and_none_taken(
    tmp_path: Path, environ: dict[str, str], arguments: dict[str, Any]
) -> None:
    given: dict[str, Any] = {**BOOKED, **arguments}
    async with waiting(tmp_path, environ, **given) as (session, owner, action_id):
        assert 'name="remember"' not in (await owner.look()).text
        await owner.decide(action_id, remember="on", template=str(given["text"]), per_day="20")

        assert session.rows.select("SELECT count(*) FROM standing_rules") == [(0,)]


async def test_what_is_denied_later_holds_for_rules_made_before(tmp_path: Path) -> None:
    async with paged(tmp_path, AT_ONCE) as (session, owner):
        await remember(session, owner)
    async with paged(tmp_path, AT_ONCE | {"EGOI_MCP_POLICY_REMEMBERED_RULES": "deny"}) as (session, _):
        assert (await session.call("send_sms", **LATER)).status == "needs_approval"
    async with paged(tmp_path, AT_ONCE) as (session, _):
        assert (await session.call("send_sms", **LATER)).status == "succeeded"


@pytest.mark.parametrize(("pin", "made"), [(PIN, 1), (WRONG, 0)])
async def test_where_a_pin_is_set_a_rule_takes_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pin: str, made: int
) -> None:
    with_pins(tmp_path, monkeypatch, owner=PIN)
    async with waiting(tmp_path, **BOOKED) as (session, owner, action_id):
        await owner.decide(action_id, remember="on", template=TEMPLATE, per_day="20", pin=pin)

        assert session.rows.select("SELECT count(*) FROM standing_rules") == [(made,)]


async def test_the_day_on_which_it_ends_is_kept_with_it(tmp_path: Path) -> None:
    async with waiting(tmp_path, **BOOKED) as (session, owner, action_id):
        today = datetime.now(UTC).date()
        answer = await owner.decide(
            action_id, remember="on", template=TEMPLATE, per_day="20", expires=str(today + timedelta(days=2))
        )
        assert answer.status_code == 303
        ((rule_id,),) = session.rows.select("SELECT id FROM standing_rules")
        kept = await session.ledger.rules.in_force()
        assert [each.rule.expires for each in kept] == [today + timedelta(days=2)]
        assert kept[0].rule.name == rule_id


async def test_erasing_somebody_takes_the_rules_that_name_them(tmp_path: Path) -> None:
    text = "Booked for ana@example.com, table twelve, tonight"
    async with waiting(tmp_path, None, **{**BOOKED, "text": text}) as (session, owner, action_id):
        await owner.decide(action_id, remember="on", template=text, per_day="20")
        assert len(await session.ledger.rules.in_force()) == 1
        await session.ledger.erase(["rui@example.com"], channel=Channel.TERMINAL, by="owner")
        assert len(await session.ledger.rules.in_force()) == 1
        await session.ledger.erase(["ana@example.com"], channel=Channel.TERMINAL, by="owner")
        assert await session.ledger.rules.in_force() == ()


@given(st.text(alphabet=st.sampled_from("abc {}:19."), max_size=40), st.text(alphabet="abc 19", max_size=40))
def test_a_template_that_is_taken_fits_its_message_and_has_words_of_its_own(template: str, text: str) -> None:
    try:
        check_template(template, text)
    except InvalidInput:
        return
    assert fits(template, text)
    assert sum(character.isalnum() for character in template) >= 12


@given(st.text(max_size=80))
def test_a_message_that_is_offered_as_a_template_fits_nothing_but_itself(text: str) -> None:
    if can_be_template(text):
        assert fits(text, text)
        assert not fits(text, text + "a")
