"""An approved action that is held can be withdrawn; then it goes out by itself, whoever carries it out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from egoi_mcp.app import client_of
from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.action import Action, Channel, Draft, State, Terms
from egoi_mcp.guard.digest import StateKey, load_state_key
from egoi_mcp.guard.executor import Executor
from egoi_mcp.guard.judging import Judge
from egoi_mcp.guard.observing import Observer
from egoi_mcp.guard.owners import Owner
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.settings import Settings
from egoi_mcp.store.protocol import Decision
from egoi_mcp.store.sqlite import SqliteStore
from tests.guard.sessions import sending, sent
from tests.guard.test_taken_over import batch, settings_in
from tests.store.ledgers import NO_CAPS, approved, draft, store_in
from tests.support import ERAS, SMS, Clock, Era, Person, Rows, Session, until

pytestmark = pytest.mark.anyio

HOLD = 300.0
PEOPLE = ("351-900000001", "351-900000002")
GRACE = {"EGOI_MCP_POLICY_GRACE_ABOVE": "0", "EGOI_MCP_POLICY_GRACE_SECONDS": "300"}
"""Every send is held."""


def held(settings: Settings, key: StateKey, *, hold: float = HOLD, proposer: str = "gone") -> Draft:
    """A send to two people that is held after its approval."""
    wanted = draft(
        requests=[batch(number, settings) for number in PEOPLE], recipients=2, proposer=proposer, key=key
    )
    return replace(wanted, terms=Terms(hold_seconds=hold))


async def left_by(settings: Settings, proposer: str, *, connection: str = "egoi") -> str:
    """A held action, approved just now, of a server that may be gone."""
    key = load_state_key(settings.state_dir)
    store = store_in(settings.state_dir, time.time, key=key)
    wanted = held(settings, key, proposer=proposer)
    frozen = wanted.requests
    wanted = replace(
        wanted, connection=connection, digest=key.action_digest(connection, wanted.account, frozen)
    )
    action = await approved(store, wanted)
    await store.close()
    return action.id


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a hold is over is looked at all the time, so that no test waits for it."""
    monkeypatch.setattr("egoi_mcp.guard.executor._HOLD_POLL_SECONDS", 0.001)


# -- the claim -----------------------------------------------------------------------------------


async def test_a_held_action_cannot_be_claimed_before_its_time(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    action = await approved(store, replace(draft(), terms=Terms(hold_seconds=HOLD)))
    assert action.held_until == clock() + HOLD
    clock.advance(HOLD - 0.1)
    assert await store.claim(action.id, owner="owner", caps=NO_CAPS) is None
    assert Rows(tmp_path).states() == {action.id: "approved"}
    clock.advance(0.1)
    claimed = await store.claim(action.id, owner="owner", caps=NO_CAPS)

    assert claimed is not None
    assert (claimed.state, claimed.held_until) == (State.EXECUTING, None)
    await store.close()


@pytest.mark.parametrize(("seconds", "state"), [(HOLD + 599.0, "approved"), (HOLD + 600.0, "expired")])
async def test_the_time_for_beginning_it_counts_from_the_end_of_the_hold(
    tmp_path: Path, seconds: float, state: str
) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    action = await approved(store, replace(draft(), terms=Terms(hold_seconds=HOLD)))
    clock.advance(seconds)
    await store.get(action.id)

    assert Rows(tmp_path).states() == {action.id: state}
    await store.close()


async def test_a_held_action_that_was_withdrawn_is_never_claimed(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    action = await approved(store, replace(draft(), terms=Terms(hold_seconds=HOLD)))
    await store.decide(action.id, Decision(state=State.REVOKED, channel=Channel.CHAT, by="test"))
    clock.advance(HOLD)

    assert await store.claim(action.id, owner="owner", caps=NO_CAPS) is None
    assert Rows(tmp_path).states() == {action.id: "revoked"}
    await store.close()


# -- the executor --------------------------------------------------------------------------------


class Bench:
    """An executor on a clock that passes only while it sleeps; `meanwhile` runs at each of its looks."""

    def __init__(self, tmp_path: Path, meanwhile: Callable[[], Awaitable[object]] | None = None) -> None:
        self.clock = Clock()
        self.sandbox = Sandbox(SandboxSettings(clock=self.clock))
        self.settings = settings_in(tmp_path)
        self.key = load_state_key(self.settings.state_dir)
        self.store = store_in(self.settings.state_dir, self.clock, key=self.key)
        self.meanwhile = meanwhile
        self.sent_while_held: list[int] = []

    async def sleep(self, seconds: float) -> None:
        self.sent_while_held.append(self.sandbox.effects.count())
        self.clock.advance(seconds)
        if self.meanwhile is not None:
            await self.meanwhile()

    async def run(self, action: Action) -> Action:
        """Have the executor run the action to its end."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.store.close)
            client = client_of(
                self.settings.connections[0], self.settings, self.store, self.sandbox.transport()
            )
            stack.push_async_callback(client.aclose)
            clients = {"egoi": client}
            async with anyio.create_task_group() as tasks:
                executor = Executor(
                    self.store,
                    clients,
                    Observer(self.store, clients),
                    owner="owner",
                    key=self.key,
                    judge=Judge(self.settings, self.store, self.key, now=self.clock),
                    tasks=tasks,
                    sleep=self.sleep,
                    now=self.clock,
                )
                executor.start(action.id)
            ended = await self.store.get(action.id)
            assert ended is not None
            return ended


async def test_it_goes_out_when_the_hold_is_over_and_not_before(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    action = await approved(bench.store, held(bench.settings, bench.key))
    approved_at = bench.clock()
    ended = await bench.run(action)

    assert ended.state is State.SUCCEEDED
    assert bench.sent_while_held
    assert set(bench.sent_while_held) == {0}
    assert [message.recipient for message in bench.sandbox.effects.messages] == list(PEOPLE)
    assert min(message.at for message in bench.sandbox.effects.messages) >= approved_at + HOLD


async def test_withdrawn_within_the_hold_nothing_of_it_is_sent(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    action = await approved(bench.store, held(bench.settings, bench.key))

    async def withdraw() -> None:
        if bench.clock() - action.created_at == pytest.approx(HOLD / 2):
            await bench.store.decide(action.id, Decision(state=State.REVOKED, channel=Channel.CHAT))

    bench.meanwhile = withdraw
    ended = await bench.run(action)

    assert ended.state is State.REVOKED
    assert bench.sandbox.effects.size == 0
    assert bench.clock() - action.created_at < HOLD


async def test_a_state_that_cannot_be_read_for_a_while_does_not_end_the_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path)
    action = await approved(bench.store, held(bench.settings, bench.key))
    get = SqliteStore.get

    async def get_or_fail(self: SqliteStore, action_id: str) -> Action | None:
        if 10 < bench.clock() - action.created_at < 20:
            raise StateUnavailable("The disk is full. Nothing was sent.")
        return await get(self, action_id)

    monkeypatch.setattr(SqliteStore, "get", get_or_fail)
    ended = await bench.run(action)

    assert ended.state is State.SUCCEEDED
    assert bench.sandbox.effects.count() == len(PEOPLE)


# -- servers -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("mode", ERAS)
async def test_a_held_send_is_told_at_once_with_the_call_that_withdraws_it(tmp_path: Path, mode: Era) -> None:
    async with sending(tmp_path, GRACE, mode=mode, person=Person()) as session:
        with anyio.fail_after(20):
            told = await session.call("send_sms", **SMS)
        assert (told.status, told.is_error, sent(session)) == ("approved", False, 0)
        assert told.data["undo"] == f'undo_action(action_id="{told.action_id}")'
        assert told.data["reversibility"] == "undoable"
        assert f"held until {told.data['undo_until']}" in told.text
        assert "Nothing was sent yet." in told.text

        withdrawn = await session.call("undo_action", action_id=told.action_id)
        assert (withdrawn.status, withdrawn.is_error) == ("revoked", False)
        session.rows.let_pass(HOLD)
        looked = await session.call("check_action", action_id=told.action_id)
        assert (looked.status, session.sandbox.effects.size) == ("revoked", 0)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("mode", ERAS)
async def test_a_held_send_that_nobody_withdraws_goes_out_once(tmp_path: Path, mode: Era) -> None:
    async with sending(tmp_path, GRACE, mode=mode, person=Person()) as session:
        told = await session.call("send_sms", **SMS)
        again = await session.call("send_sms", **SMS)
        assert (again.status, again.action_id) == ("approved", told.action_id)
        session.rows.let_pass(HOLD)
        await until(lambda: session.ended(told.action_id))

        assert sent(session) == 1
        assert session.rows.states() == {told.action_id: "succeeded"}


@pytest.mark.usefixtures("quick")
async def test_a_server_that_ends_during_the_hold_leaves_it_approved_and_the_next_goes_on(
    tmp_path: Path,
) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, GRACE, person=Person(), sandbox=sandbox) as session:
        told = await session.call("send_sms", **SMS)
    assert Rows(session.state_dir).states() == {told.action_id: "approved"}
    assert sandbox.effects.size == 0

    async with sending(tmp_path, sandbox=sandbox) as following:
        assert (await following.call("check_action", action_id=told.action_id)).status == "approved"
        assert sent(following) == 0
        following.rows.let_pass(HOLD)
        await until(lambda: following.ended(told.action_id))

        assert following.rows.states() == {told.action_id: "succeeded"}
        assert sent(following) == 1


@pytest.mark.usefixtures("quick")
async def test_the_start_alone_goes_on_with_what_is_held(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    action_id = await left_by(settings, "gone")
    async with sending(tmp_path) as session:
        session.rows.let_pass(HOLD)
        await until(lambda: session.ended(action_id))

        assert sent(session) == len(PEOPLE)


@pytest.mark.usefixtures("quick")
async def test_of_two_servers_that_go_on_with_it_one_sends_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    action_id = await left_by(settings, "gone")
    sandbox = Sandbox()
    async with sending(tmp_path, sandbox=sandbox) as one, sending(tmp_path, sandbox=sandbox) as two:
        one.rows.let_pass(HOLD)
        await until(lambda: two.ended(action_id))

        assert sent(one) == len(PEOPLE)


@pytest.mark.usefixtures("quick")
async def test_what_a_living_server_holds_is_left_to_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    owner = Owner(settings.state_dir)
    action_id = await left_by(settings, owner.id)
    async with sending(tmp_path) as session:
        assert (await session.call("check_action", action_id=action_id)).status == "approved"
        session.rows.let_pass(HOLD)
        await _settled(session)
        assert (sent(session), session.rows.states()) == (0, {action_id: "approved"})

        owner.release()
        await session.call("check_action", action_id=action_id)
        await until(lambda: session.ended(action_id))
        assert sent(session) == len(PEOPLE)


@pytest.mark.usefixtures("quick")
async def test_what_is_held_for_a_connection_that_this_server_has_not_is_left_alone(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    action_id = await left_by(settings, "gone", connection="other")
    async with sending(tmp_path) as session:
        session.rows.let_pass(HOLD)
        await _settled(session)

        assert (sent(session), session.rows.states()) == (0, {action_id: "approved"})


@pytest.mark.usefixtures("quick")
async def test_any_server_withdraws_what_another_holds(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    owner = Owner(settings.state_dir)
    action_id = await left_by(settings, owner.id)
    async with sending(tmp_path) as session:
        told = await session.call("undo_action", action_id=action_id)
        owner.release()
        session.rows.let_pass(HOLD)
        looked = await session.call("check_action", action_id=action_id)

        assert (told.status, looked.status, session.sandbox.effects.size) == ("revoked", "revoked", 0)


async def _settled(session: Session) -> None:
    """Let everything run that could."""
    for _ in range(3):
        await session.client.list_tools()
        await anyio.wait_all_tasks_blocked()
