"""Decisions on the approval page: what a click does, what it takes, and what it does not do."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import anyio
import pytest

from egoi_mcp.guard import pins as pins_module
from egoi_mcp.guard.action import State
from egoi_mcp.guard.pin_file import Cost
from egoi_mcp.guard.pins import Pins
from egoi_mcp.sandbox import Sandbox
from tests.guard.sessions import TWO, sent
from tests.page.pages import AT_ONCE, form_in, paged, waiting
from tests.support import ERAS, SMS, Called, Era, read, until

pytestmark = pytest.mark.anyio

PIN, OTHER, WRONG = "482915", "739164", "605283"
CHEAP = Cost(n=2, r=1, p=1)


def with_pins(state_dir: Path, monkeypatch: pytest.MonkeyPatch, **approvers: str) -> None:
    """Set PINs in the sandbox's state directory, at a cost that does not count."""
    monkeypatch.setattr(pins_module, "COST", CHEAP)
    monkeypatch.setattr(Pins.__init__, "__kwdefaults__", {"cost": CHEAP})
    folder = state_dir / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    allowed_by = ""
    for name, pin in approvers.items():
        Pins(folder, now=time.time).set(name, pin, allowed_by=allowed_by)
        allowed_by = allowed_by or pin


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    ("decision", "status", "count"), [("approve", "succeeded", 1), ("decline", "declined", 0)]
)
async def test_a_call_waits_with_progress_for_the_click_and_goes_on_by_itself(
    tmp_path: Path, mode: Era, decision: str, status: str, count: int
) -> None:
    async with paged(tmp_path, mode=mode) as (session, owner):
        told: list[Called] = []
        heard: list[tuple[float, str | None]] = []

        async def note(progress: float, total: float | None, message: str | None) -> None:
            heard.append((progress, message))

        async def call() -> None:
            told.append(read(await session.client.call_tool("send_sms", SMS, progress_callback=note)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await until(lambda: bool(owner.opened and heard))
            await owner.enter()
            answer = await owner.decide(await session.proposal(), decision)
            assert (answer.status_code, answer.headers["location"]) == (303, owner.base)

        assert [(each.status, sent(session)) for each in told] == [(status, count)]
        assert session.rows.select("SELECT channel FROM decisions") == [("page",)]
        assert {message for _, message in heard} == {"waiting for a person's decision on the approval page"}
        assert all(done < 1 for done, _ in heard)


async def test_after_the_call_has_returned_the_click_still_sends_once(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        form = await owner.form(action_id)
        assert (await owner.decide(action_id)).status_code == 303
        await until(lambda: session.ended(action_id))
        again = await owner.decide(action_id, form=form)

        assert (again.status_code, sent(session)) == (409, 1)
        assert "it is succeeded. Nothing was decided now." in again.text
        assert session.rows.states() == {action_id: "succeeded"}
        assert "done." in (await owner.look()).text


async def test_a_call_that_is_cancelled_leaves_the_proposal_to_the_page(tmp_path: Path) -> None:
    async with paged(tmp_path) as (session, owner):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(session.call, "send_sms", **SMS))
            await until(lambda: bool(owner.opened))
            tasks.cancel_scope.cancel()
        await owner.enter()
        action_id = await session.proposal()
        assert (await owner.decide(action_id)).status_code == 303
        await until(lambda: session.ended(action_id))

        assert (session.rows.states(), sent(session)) == ({action_id: "succeeded"}, 1)


@pytest.mark.parametrize(
    ("typed", "code", "state"),
    [("2", 303, "approved"), (" 2 ", 303, "approved"), ("1", 422, "proposed"), ("", 422, "proposed")],
)
async def test_above_the_threshold_the_number_of_recipients_is_typed(
    tmp_path: Path, typed: str, code: int, state: str
) -> None:
    environ = {"EGOI_MCP_POLICY_TYPE_COUNT_ABOVE": "1"}
    async with waiting(tmp_path, environ, to=TWO["to"]) as (session, owner, action_id):
        answer = await owner.decide(action_id, recipients=typed)

        assert answer.status_code == code
        assert ("not the number of recipients" in answer.text) == (code == 422)
        if state == "approved":
            await until(lambda: session.ended(action_id))
        assert sent(session) == (2 if state == "approved" else 0)


async def test_with_a_pin_only_the_right_one_approves_and_its_name_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pins(tmp_path, monkeypatch, owner=PIN)
    async with waiting(tmp_path) as (session, owner, action_id):
        for pin in (None, "", WRONG):
            fields = {} if pin is None else {"pin": pin}
            answer = await owner.decide(action_id, **fields)
            assert answer.status_code == 422
            assert ("No PIN was typed" if not pin else "That PIN is not right") in answer.text
        assert (sent(session), session.rows.states()) == (0, {action_id: "proposed"})
        assert (await owner.decide(action_id, pin=PIN)).status_code == 303
        await until(lambda: session.ended(action_id))

        assert sent(session) == 1
        assert session.rows.select("SELECT channel, decided_by FROM decisions") == [("page", "owner")]


async def test_after_too_many_wrong_pins_the_right_one_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pins(tmp_path, monkeypatch, owner=PIN)
    async with waiting(tmp_path) as (session, owner, action_id):
        for _ in range(pins_module.FREE_TRIES):
            await owner.decide(action_id, pin=WRONG)
        answer = await owner.decide(action_id, pin=PIN)

        assert (answer.status_code, sent(session)) == (422, 0)
        assert "Too many wrong PINs were typed" in answer.text


async def test_declining_takes_no_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_pins(tmp_path, monkeypatch, owner=PIN)
    async with waiting(tmp_path) as (session, owner, action_id):
        assert (await owner.decide(action_id, "decline")).status_code == 303
        assert session.rows.states() == {action_id: "declined"}


async def test_two_approvers_each_give_their_own_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_pins(tmp_path, monkeypatch, ana=PIN, rui=OTHER)
    environ = {"EGOI_MCP_POLICY_APPROVALS_REQUIRED": "2"}
    async with waiting(tmp_path, environ) as (session, owner, action_id):
        stale = await owner.form(action_id)
        assert (await owner.decide(action_id, pin=PIN)).status_code == 303
        assert "1 of 2 approvals are given (ana)." in (await owner.look()).text
        # The form of before the first approval is spent, and the same person counts once.
        assert (await owner.decide(action_id, pin=OTHER, form=stale)).status_code == 409
        await owner.decide(action_id, pin=PIN)
        assert (sent(session), session.rows.states()) == (0, {action_id: "proposed"})
        assert (await owner.decide(action_id, pin=OTHER)).status_code == 303
        await until(lambda: session.ended(action_id))

        assert sent(session) == 1


async def test_two_approvers_without_pins_cannot_be_told_apart(tmp_path: Path) -> None:
    environ = {"EGOI_MCP_POLICY_APPROVALS_REQUIRED": "2"}
    async with waiting(tmp_path, environ) as (session, owner, action_id):
        page = (await owner.look()).text

        assert "Policy wants 2 different approvers, each with a PIN" in page
        assert (await owner.form(action_id), sent(session)) == ("", 0)


@pytest.mark.parametrize("elsewhere", [State.DECLINED, State.REVOKED, State.VOID])
async def test_what_was_decided_elsewhere_is_told_and_not_decided_again(
    tmp_path: Path, elsewhere: State
) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        form = await owner.form(action_id)
        await session.decide(action_id, elsewhere)
        answer = await owner.decide(action_id, form=form)

        assert (answer.status_code, sent(session)) == (409, 0)
        assert f"it is {elsewhere.value}. Nothing was decided now." in answer.text
        assert session.rows.states() == {action_id: elsewhere.value}


async def test_what_has_expired_is_told_and_not_sent(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        form = await owner.form(action_id)
        session.rows.let_pass(601)
        answer = await owner.decide(action_id, form=form)

        assert (answer.status_code, sent(session)) == (409, 0)
        assert "nobody approved it in time" in (await owner.look()).text


async def test_a_row_that_was_edited_since_is_neither_shown_as_decidable_nor_approved(
    tmp_path: Path,
) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        form = await owner.form(action_id)
        session.rows.change("UPDATE actions SET preview = replace(preview, 'ready', 'gone')")
        answer = await owner.decide(action_id, form=form)

        assert sent(session) == 0
        assert "This row was changed since the server wrote it" in answer.text
        assert session.rows.states()[action_id] in {"proposed", "void"}


async def test_what_is_held_can_be_revoked_on_the_page(tmp_path: Path) -> None:
    environ = {"EGOI_MCP_POLICY_GRACE_SECONDS": "120", "EGOI_MCP_POLICY_GRACE_ABOVE": "0"}
    async with waiting(tmp_path, environ) as (session, owner, action_id):
        await owner.decide(action_id)
        assert "Approved, and held." in (await owner.look()).text
        assert (await owner.decide(action_id, "revoke")).status_code == 303
        await until(lambda: session.ended(action_id))

        assert (session.rows.states(), sent(session)) == ({action_id: "revoked"}, 0)


async def test_a_decision_that_is_none_decides_nothing(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        for decision in ("", "Approve", "settle", "revoke"):
            assert (await owner.decide(action_id, decision)).status_code == 409
        assert (session.rows.states(), sent(session)) == ({action_id: "proposed"}, 0)


async def test_a_duplicate_is_named_and_a_person_may_send_it_once_more(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        await owner.decide(action_id)
        await until(lambda: session.ended(action_id))
        again = await session.call("send_sms", **SMS)
        assert again.status == "duplicate"
        assert (await owner.decide(again.action_id)).status_code == 303
        await until(lambda: session.ended(again.action_id))

        assert sent(session) == 2


async def test_each_of_two_servers_decides_what_the_other_proposed(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with (
        paged(tmp_path, AT_ONCE, sandbox=sandbox) as (one, first),
        paged(tmp_path, AT_ONCE, sandbox=sandbox) as (two, second),
    ):
        asked = await one.call("send_sms", **SMS)
        other = await two.call("send_sms", **TWO | {"text": "Another text"})
        await first.enter()
        await second.enter()
        assert first.base != second.base
        for each in (asked, other):
            assert each.action_id in (await first.look()).text
            assert each.action_id in (await second.look()).text
        # A cookie of the one opens nothing at the other.
        assert (await second.ask("GET", second.base, headers={"cookie": first.cookie})).status_code == 404
        assert (await first.decide(other.action_id)).status_code == 303
        assert (await second.decide(asked.action_id)).status_code == 303
        for each in (asked, other):
            await until(partial(one.ended, each.action_id))

        assert set(one.rows.states().values()) == {"succeeded"}
        assert sandbox.effects.count("sms") == 3


async def test_pins_that_cannot_be_read_are_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pins(tmp_path, monkeypatch, owner=PIN)
    async with waiting(tmp_path) as (session, owner, action_id):
        form = await owner.form(action_id)
        (session.state_dir / "pins.json").write_text("{")
        page = (await owner.look()).text
        answer = await owner.decide(action_id, form=form, pin=PIN)

        assert (form_in(page, action_id), answer.status_code) == ("", 503)
        assert session.rows.states() == {action_id: "proposed"}
