"""An undo happens once, and is undone itself only where that restores what was there."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from egoi_mcp.sandbox import Fault, Sandbox
from tests.guard.deeds import (
    account,
    changed,
    contacts,
    deeds,
    detailed,
    tag_plan,
    tagged,
)
from tests.guard.undo_cases import CASES
from tests.support import ERAS, Era, Person

pytestmark = pytest.mark.anyio

UNKNOWN_CONTACT = "0123456789"
TAG = 12


@pytest.mark.parametrize("mode", ERAS)
async def test_the_second_time_it_was_undone_already(tmp_path: Path, mode: Era) -> None:
    sandbox = detailed()
    contact = contacts(sandbox)[0]
    async with deeds(tmp_path, mode=mode, sandbox=sandbox) as session:
        done = await session.do(tag_plan("actionAttachTag", TAG, contact))
        undone = await session.undo(done)
        again = await session.undo(done)

        assert (again.status, again.is_error) == ("succeeded", False)
        assert again.action_id == undone.action_id
        assert f"Action {done.action_id} was undone already; nothing was done again." in again.text
        assert sandbox.effects.mutations.count("actionDetachTag") == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_many_calls_at_once_undo_once(tmp_path: Path, mode: Era) -> None:
    sandbox = Sandbox()
    async with deeds(tmp_path, mode=mode, sandbox=sandbox) as session:
        done = await session.do(tag_plan("actionAttachTag", TAG, contacts(sandbox)[0]))
        told: list[str] = []

        async def undo() -> None:
            told.append((await session.undo(done)).status)

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(undo)

        assert sandbox.effects.mutations.count("actionDetachTag") == 1
        assert "succeeded" in told
        assert set(told) <= {"succeeded", "denied"}


async def test_an_undo_that_was_declined_can_be_asked_for_again_later(tmp_path: Path) -> None:
    sandbox = Sandbox()
    person = Person()
    async with deeds(tmp_path, person=person, sandbox=sandbox) as session:
        done = await session.do(CASES["create a tag"].plan(sandbox))
        person.answer = "decline"
        assert (await session.undo(done)).status == "declined"
        person.answer = "approve"
        at_once = await session.undo(done)
        session.rows.let_pass(601)
        later = await session.undo(done)

        assert at_once.status == "denied"
        assert "A person declined exactly this" in at_once.text
        assert later.status == "succeeded"
        assert (await session.call("check_action", action_id=done.action_id)).text.count("undone by") == 1


async def test_an_undo_of_unknown_outcome_is_not_tried_again(tmp_path: Path) -> None:
    sandbox = detailed()
    contact = contacts(sandbox)[0]
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(CASES["create a tag"].plan(sandbox))
        sandbox.faults.add(Fault(kind="500_after", match="deleteTag"))
        lost = await session.undo(done)
        assert lost.status == "unknown"
        again = await session.undo(done)

        assert (again.status, again.action_id) == ("unknown", lost.action_id)
        assert "is not undone twice" in again.text
        assert sandbox.effects.mutations.count("deleteTag") == 1
        assert contact in sandbox.world.egoi.lists[1].contacts


async def test_an_undo_can_be_undone_where_that_restores_what_it_took_back(tmp_path: Path) -> None:
    sandbox = detailed()
    contact = contacts(sandbox)[0]
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(tag_plan("actionAttachTag", TAG, contact))
        undone = await session.undo(done)
        assert (tagged(sandbox, TAG), undone.data["undo"]) == (
            set(),
            f'undo_action(action_id="{undone.action_id}")',
        )
        redone = await session.undo(undone)
        assert (redone.status, tagged(sandbox, TAG)) == ("succeeded", {contact})
        last = await session.undo(redone)

        assert (last.status, tagged(sandbox, TAG)) == ("succeeded", set())
        assert len(session.rows.states()) == 4


@pytest.mark.parametrize("name", ["schedule an sms campaign", "create a tag", "suppress", "unsubscribe"])
async def test_an_undo_that_restores_nothing_is_not_undone(tmp_path: Path, name: str) -> None:
    sandbox = Sandbox()
    async with deeds(tmp_path, sandbox=sandbox) as session:
        undone = await session.undo(await session.do(CASES[name].plan(sandbox)))
        assert undone.status == "succeeded"
        before = account(sandbox)
        told = await session.undo(undone)

        assert told.status == "denied"
        assert "what was there before that is not kept" in told.text
        assert "undo" not in undone.data
        assert changed(before, account(sandbox)) == {}
