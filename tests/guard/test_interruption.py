"""Calls that are cancelled and servers that end: an approval given is carried out once, or told as it is."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import pytest
from mcp.shared.exceptions import MCPError

from egoi_mcp.guard.action import Action, Draft
from egoi_mcp.sandbox import Fault, Sandbox, SandboxSettings
from egoi_mcp.store.protocol import Claim, Decision, Proposed
from egoi_mcp.store.sqlite import SqliteStore
from tests.guard.sessions import give_up_once, sending, sent
from tests.support import ERAS, SMS, Called, Era, Hold, Person, Session, until

pytestmark = pytest.mark.anyio


def held() -> tuple[Sandbox, Hold]:
    """A sandbox that keeps the reply to a send back until it is let go."""
    hold = Hold()
    sandbox = Sandbox(SandboxSettings(sleep=hold))
    sandbox.faults.add(Fault(kind="slow", match="sendSmsMessages", delay_seconds=1))
    return sandbox, hold


@pytest.mark.parametrize("mode", ERAS)
async def test_a_call_cancelled_while_it_executes_is_carried_out_once(tmp_path: Path, mode: Era) -> None:
    sandbox, hold = held()
    async with sending(tmp_path, mode=mode, person=Person(), sandbox=sandbox) as session:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_call, session)
            await hold.reached.wait()
            tasks.cancel_scope.cancel()
        (action_id,) = session.rows.states()
        hold.release()
        await until(lambda: session.ended(action_id))

        assert session.rows.states() == {action_id: "succeeded"}
        assert sent(session) == 1


@pytest.mark.parametrize(("mode", "at"), [("legacy", "after"), ("auto", "after"), ("auto", "before")])
async def test_a_call_cancelled_as_the_approval_is_written_is_carried_out_once(
    tmp_path: Path, mode: Era, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = SqliteStore.decide
    scope = anyio.CancelScope()

    async def decide_and_cancel(self: SqliteStore, action_id: str, decision: Decision) -> Action:
        if at == "before":
            scope.cancel()
        decided = await decide(self, action_id, decision)
        scope.cancel()
        return decided

    monkeypatch.setattr(SqliteStore, "decide", decide_and_cancel)
    async with sending(tmp_path, mode=mode, person=Person()) as session:
        with scope:
            await session.call("send_sms", **SMS)
        assert scope.cancel_called
        (action_id,) = session.rows.states()
        await until(lambda: session.ended(action_id))

        assert session.rows.states() == {action_id: "succeeded"}
        assert sent(session) == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_a_call_cancelled_before_the_answer_leaves_the_proposal_open(tmp_path: Path, mode: Era) -> None:
    asked = anyio.Event()

    async def notice() -> None:
        asked.set()
        await anyio.sleep_forever()

    async with sending(tmp_path, mode=mode, person=Person(first=notice)) as session:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_call, session)
            await asked.wait()
            tasks.cancel_scope.cancel()

        assert list(session.rows.states().values()) == ["proposed"]
        assert sent(session) == 0


@pytest.mark.parametrize("mode", ERAS)
async def test_an_identical_call_while_it_executes_follows_the_same_action(
    tmp_path: Path, mode: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose = SqliteStore.propose
    met: list[str] = []

    async def propose_and_note(
        self: SqliteStore, draft: Draft, *, approve: Decision | None = None, claim: Claim | None = None
    ) -> Proposed:
        proposed = await propose(self, draft, approve=approve, claim=claim)
        met.append(proposed.action.id)
        return proposed

    monkeypatch.setattr(SqliteStore, "propose", propose_and_note)
    sandbox, hold = held()
    person = Person()
    told: list[Called] = []
    looked: list[Called] = []
    async with sending(tmp_path, mode=mode, person=person, sandbox=sandbox) as session:

        async def call() -> None:
            told.append(await session.call("send_sms", **SMS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await hold.reached.wait()
            looked.append(await session.call("check_action", action_id=met[0]))
            tasks.start_soon(call)
            await until(lambda: len(met) == 2)
            hold.release()

        assert [(each.status, each.is_error) for each in looked] == [("executing", False)]
        assert [(each.status, each.action_id) for each in told] == [("succeeded", met[0])] * 2
        assert set(met) == set(session.rows.states())
        assert (sent(session), len(person.questions), session.rows.count()) == (1, 1, 1)


async def test_a_call_whose_time_is_up_names_the_action_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, hold = held()
    give_up_once(monkeypatch, hold.reached.wait)
    async with sending(tmp_path, person=Person(), sandbox=sandbox) as session:
        told = await session.call("send_sms", **SMS)
        assert (told.status, told.is_error) == ("executing", False)
        assert "check_action" in told.text
        hold.release()
        await until(lambda: session.ended(told.action_id))

        assert (await session.call("check_action", action_id=told.action_id)).status == "succeeded"
        assert sent(session) == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_a_server_that_ends_lets_what_is_under_way_finish(tmp_path: Path, mode: Era) -> None:
    sandbox, hold = held()
    async with anyio.create_task_group() as tasks, AsyncExitStack() as stack:
        opened = sending(tmp_path, mode=mode, person=Person(), sandbox=sandbox)
        session = await stack.enter_async_context(opened)
        tasks.start_soon(_call, session)
        await hold.reached.wait()
        tasks.start_soon(_release_once_blocked, hold)
        await stack.aclose()

        assert list(session.rows.states().values()) == ["succeeded"]
        assert sent(session) == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_a_server_whose_grace_is_over_leaves_the_truth_behind(tmp_path: Path, mode: Era) -> None:
    sandbox, hold = held()
    environ = {"EGOI_MCP_SHUTDOWN_GRACE_SECONDS": "0.05"}
    async with anyio.create_task_group() as tasks, AsyncExitStack() as stack:
        opened = sending(tmp_path, environ, mode=mode, person=Person(), sandbox=sandbox)
        session = await stack.enter_async_context(opened)
        tasks.start_soon(_call, session)
        await hold.reached.wait()
        await stack.aclose()

        assert list(session.rows.states().values()) == ["unknown"]
    async with sending(tmp_path, mode=mode, person=Person("cancel"), sandbox=sandbox) as following:
        again = await following.call("send_sms", **SMS)

        assert (again.status, sent(following)) == ("duplicate", 1)


async def test_a_server_that_ends_keeps_its_open_proposals(tmp_path: Path) -> None:
    async with sending(tmp_path) as session:
        asked = await session.call("send_sms", **SMS)
    async with sending(tmp_path) as following:
        looked = await following.call("check_action", action_id=asked.action_id)

        assert (looked.status, sent(following)) == ("needs_approval", 0)


async def _call(session: Session) -> None:
    """A call that may lose its server."""
    try:
        await session.call("send_sms", **SMS)
    except MCPError:
        return


async def _release_once_blocked(hold: Hold) -> None:
    await anyio.wait_all_tasks_blocked()
    hold.release()
