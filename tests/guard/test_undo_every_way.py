"""Every way of undoing, done at the sandbox and undone again: the account is as before, or as is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp.guard.undo import WAYS
from egoi_mcp.sandbox import Sandbox
from tests.guard.deeds import account, changed, deeds, detailed
from tests.guard.undo_cases import CASES, LENIENT, made
from tests.support import Person

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", CASES)
async def test_done_and_undone_the_account_is_as_before_or_as_the_way_says(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    sandbox = detailed() if case.detailed else Sandbox()
    # Read before: whom the deed concerns is told by the account as it was.
    plan, stays = await made(case, sandbox), case.stays(sandbox)
    before = account(sandbox)
    person = Person()
    async with deeds(tmp_path, LENIENT, person=person, sandbox=sandbox) as session:
        done = await session.do(plan)
        assert done.status == "succeeded", done.text
        assert done.data["reversibility"] == case.label
        assert done.data["undo"] == f'undo_action(action_id="{done.action_id}")'
        assert done.data["undo"] in done.text
        assert changed(before, account(sandbox)) != {}

        asked = len(person.questions)
        undone = await session.undo(done)
        assert undone.status == "succeeded", undone.text
        assert (len(person.questions) > asked) is case.asks
        left = changed(before, account(sandbox))
        assert {path for path in left if not path.startswith(tuple(stays))} == set()
        assert {start for start in stays if not any(path.startswith(start) for path in left)} == set()

        looked = await session.call("check_action", action_id=done.action_id)
        assert f"It was undone by {undone.action_id}." in looked.text
        assert "undo" not in looked.data


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.asks])
async def test_without_approval_nothing_is_undone_that_needs_it(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    sandbox = detailed() if case.detailed else Sandbox()
    person = Person()
    async with deeds(tmp_path, LENIENT, person=person, sandbox=sandbox) as session:
        done = await session.do(await made(case, sandbox))
        person.answer = "empty"
        before = account(sandbox)
        told = await session.undo(done)

        assert told.status == "needs_approval"
        # A queued send is paused all the same: that is what nobody has to approve.
        left = {path for path in changed(before, account(sandbox)) if not path.endswith(".status")}
        assert left == set()
        if "schedule" not in name:
            assert changed(before, account(sandbox)) == {}


def test_every_way_that_a_call_undoes_is_tried_here() -> None:
    tried = {id(WAYS[case.does]) for case in CASES.values()} | {id(WAYS["transactional", "sendSmsMessages"])}
    untried = {key for key, way in WAYS.items() if way.reverse is not None and id(way) not in tried}
    assert untried == set()
