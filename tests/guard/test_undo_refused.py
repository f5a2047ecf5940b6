"""What is not undone, and why."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from egoi_mcp.guard.action import State
from egoi_mcp.sandbox import Fault, Sandbox
from tests.guard.deeds import (
    contacts,
    deeds,
    detailed,
    tag_plan,
    tagged,
)
from tests.guard.undo_cases import CASES
from tests.support import SMS, Person

pytestmark = pytest.mark.anyio

UNKNOWN_CONTACT = "0123456789"
TAG = 12


async def test_what_cannot_be_undone_says_why(tmp_path: Path) -> None:
    async with deeds(tmp_path) as session:
        done = await session.call("send_sms", **SMS)
        told = await session.undo(done)

        assert (told.status, told.is_error) == ("denied", True)
        assert "this cannot be undone" in told.text
        assert "Messages that left cannot be called back." in told.text
        assert "Nothing was changed." in told.text


async def test_an_action_that_there_is_not_is_no_internal_error(tmp_path: Path) -> None:
    async with deeds(tmp_path) as session:
        told = await session.call("undo_action", action_id="act_nowhere")

        assert told.is_error
        assert told.text.startswith("There is no action 'act_nowhere'. Nothing was undone.")


async def test_what_nobody_knows_happened_is_settled_first(tmp_path: Path) -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault(kind="500_after", match="createTag"))
    async with deeds(tmp_path, sandbox=sandbox) as session:
        lost = await session.do(CASES["create a tag"].plan(sandbox))
        told = await session.undo(lost)

        assert told.status == "unknown"
        assert "Nothing was undone: whether there is anything to undo is not known." in told.text
        assert "egoi-mcp actions settle" in told.text
        assert sandbox.effects.mutations == ["createTag"]


async def test_what_failed_or_was_declined_leaves_nothing_to_undo(tmp_path: Path) -> None:
    sandbox = detailed()
    async with deeds(tmp_path, sandbox=sandbox) as session:
        failed = await session.do(tag_plan("actionAttachTag", TAG, UNKNOWN_CONTACT))
        told = await session.undo(failed)
        assert (failed.status, told.status) == ("failed", "failed")
        assert "There is nothing to undo." in told.text
        assert sandbox.effects.mutations == []


async def test_another_account_is_never_touched(tmp_path: Path) -> None:
    sandbox = detailed()
    contact = contacts(sandbox)[0]
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(tag_plan("actionAttachTag", TAG, contact))
    sandbox.world.egoi.client_id = "700002"
    async with deeds(tmp_path, sandbox=sandbox) as elsewhere:
        told = await elsewhere.undo(done)

        assert told.status == "denied"
        assert "now leads to another account" in told.text
        assert tagged(sandbox, TAG) == {contact}


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE steps SET body = CAST(replace(CAST(body AS TEXT), '12', '13') AS BLOB)",
        "UPDATE actions SET account = '700009'",
        """UPDATE actions SET preview = replace(preview, 'Do it', 'Do that')""",
        "UPDATE steps SET operation = 'actionDetachTag'",
    ],
)
async def test_a_row_that_was_changed_undoes_nothing(tmp_path: Path, edit: str) -> None:
    sandbox = detailed()
    contact = contacts(sandbox)[0]
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(tag_plan("actionAttachTag", TAG, contact))
        assert session.rows.change(edit) == 1
        told = await session.undo(done)

        assert told.status == "denied"
        assert "its row was changed" in told.text
        assert tagged(sandbox, TAG) == {contact}


async def test_ids_written_into_the_row_reach_nobody_whom_the_request_did_not_name(tmp_path: Path) -> None:
    sandbox = detailed()
    contact, other = contacts(sandbox)[:2]
    async with deeds(tmp_path, sandbox=sandbox) as session:
        await session.do(tag_plan("actionAttachTag", TAG, other))
        done = await session.do(tag_plan("actionAttachTag", TAG, contact))
        session.rows.change(
            "UPDATE steps SET ids = ? WHERE action_id = ?", f'["{contact}", "{other}"]', done.action_id
        )
        assert (await session.undo(done)).status == "succeeded"
        assert tagged(sandbox, TAG) == {other}


async def test_what_is_no_longer_kept_is_not_undone(tmp_path: Path) -> None:
    sandbox = detailed()
    contact = contacts(sandbox)[0]
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(tag_plan("actionAttachTag", TAG, contact))
        await session.ledger.purge(bodies_before=time.time() + 1, rows_before=0.0)
        told = await session.undo(done)
        looked = await session.call("check_action", action_id=done.action_id)

        assert told.status == "denied"
        assert "no longer kept here" in told.text
        assert "undo" not in looked.data
        assert tagged(sandbox, TAG) == {contact}


async def test_what_is_under_way_is_undone_when_it_has_ended(tmp_path: Path) -> None:
    async with deeds(tmp_path, person=Person("cancel")) as session:
        asked = await session.call("send_sms", **SMS)
        session.rows.change("UPDATE actions SET state = 'executing', owner = proposer")
        told = await session.undo(asked)

        assert (told.status, told.is_error) == ("executing", False)
        assert "Nothing was undone." in told.text
        assert "It can be undone when it has ended." in told.text
        assert session.rows.states() == {asked.action_id: State.EXECUTING.value}
