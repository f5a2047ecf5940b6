"""The claim is one atomic move, also between processes, and reserves the caps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired, NotAllowed
from egoi_mcp.guard.action import Action, Channel, Draft, State, StepState
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.store.protocol import Caps
from egoi_mcp.store.sqlite import SqliteStore
from tests.store.ledgers import (
    NO_CAPS,
    approved,
    draft,
    ended,
    executing,
    proposed,
    request,
    store_in,
)
from tests.support import Clock, Rows

pytestmark = pytest.mark.anyio

CLAIM = """
import sys, anyio
from pathlib import Path
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.settings import ActionTimes
from egoi_mcp.store.protocol import Caps
from egoi_mcp.store.sqlite import SqliteStore

times = ActionTimes(proposal_seconds=1, approval_seconds=1, decline_cooldown_seconds=1, duplicate_seconds=1)

async def main(folder: str, action_id: str, owner: str) -> None:
    store = SqliteStore(Path(folder), load_state_key(Path(folder)), times, lambda: 0.0)
    await store.get(action_id)
    print("ready", flush=True)
    sys.stdin.readline()
    print(await store.claim(action_id, owner=owner, caps=Caps()) is not None, flush=True)

anyio.run(main, *sys.argv[1:])
"""


async def close(*stores: SqliteStore) -> None:
    for store in stores:
        await store.close()


async def test_of_many_stores_that_claim_at_once_one_gets_it(tmp_path: Path) -> None:
    stores = [store_in(tmp_path) for _ in range(8)]
    action = await approved(stores[0])
    got: list[Action] = []

    async def claim(store: SqliteStore, owner: str) -> None:
        claimed = await store.claim(action.id, owner=owner, caps=NO_CAPS)
        if claimed is not None:
            got.append(claimed)

    async with anyio.create_task_group() as tasks:
        for index, store in enumerate(stores):
            tasks.start_soon(claim, store, f"owner{index}")

    (claimed,) = got
    assert claimed.state is State.EXECUTING
    assert await stores[3].get(action.id) == claimed
    await close(*stores)


def claims_of_processes(state_dir: Path, action_id: str, count: int) -> list[str]:
    """What so many processes that claim the action at the same moment say they got."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM, str(state_dir), action_id, f"owner{index}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for index in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate()[0].strip() for process in processes]


async def test_of_many_processes_that_claim_at_once_one_gets_it(tmp_path: Path) -> None:
    key = load_state_key(tmp_path)
    store = store_in(tmp_path, Clock(0.0), key=key)
    action = await approved(store, draft(key=key))
    told = await to_thread.run_sync(claims_of_processes, tmp_path, action.id, 3)

    assert sorted(told) == ["False", "False", "True"]
    await store.close()


async def test_of_many_stores_that_claim_a_step_at_once_one_gets_it(tmp_path: Path) -> None:
    stores = [store_in(tmp_path) for _ in range(8)]
    action = await executing(stores[0])
    passed: list[int] = []

    async def claim(store: SqliteStore, index: int) -> None:
        try:
            await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
        except ActionRequired:
            return
        passed.append(index)

    async with anyio.create_task_group() as tasks:
        for index, store in enumerate(stores):
            tasks.start_soon(claim, store, index)

    assert len(passed) == 1
    await close(*stores)


@pytest.mark.parametrize(
    "other",
    [request("hello "), request("hello", target="/api/v2/sms/messages/action/send/single"), request("")],
    ids=["body", "target", "no body"],
)
async def test_a_step_opens_for_its_own_bytes_only(tmp_path: Path, other: FrozenRequest) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(requests=[request("hello")]))

    with pytest.raises(ActionRequired):
        await store.claim_step(action.id, other, Risk.WRITE)
    await store.claim_step(action.id, request("hello"), Risk.WRITE)
    with pytest.raises(ActionRequired):
        await store.claim_step(action.id, request("hello"), Risk.WRITE)
    await store.close()


@pytest.mark.parametrize(
    "state", [StepState.SUCCEEDED, StepState.UNKNOWN, StepState.FAILED, StepState.PARTIAL]
)
async def test_no_step_opens_after_the_action_ended(tmp_path: Path, state: StepState) -> None:
    store = store_in(tmp_path)
    action = await ended(store, state)

    with pytest.raises(ActionRequired):
        await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    await store.close()


async def test_no_step_opens_before_the_claim(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await approved(store)

    with pytest.raises(ActionRequired):
        await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    with pytest.raises(ActionRequired):
        await store.claim_step("act_nothing", action.steps[0].frozen, Risk.WRITE)
    await store.close()


# -- caps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "passes"), [(10, True), (11, False), (None, False)])
@pytest.mark.parametrize("risk", [Risk.SEND, Risk.DESTROY])
async def test_the_cap_on_recipients_of_an_action(
    tmp_path: Path, risk: Risk, count: int | None, passes: bool
) -> None:
    store = store_in(tmp_path)
    action = await approved(store, draft(recipients=count, risk=risk))
    caps = Caps(recipients_per_action=10)

    if passes:
        assert await store.claim(action.id, owner="owner", caps=caps) is not None
    else:
        with pytest.raises(NotAllowed, match="10 recipients an action"):
            await store.claim(action.id, owner="owner", caps=caps)
        assert Rows(tmp_path).states() == {action.id: "void"}
    await store.close()


@pytest.mark.parametrize(("counts", "passes"), [((4, 6), True), ((4, 7), False), ((4, None), False)])
async def test_the_cap_on_a_day_counts_what_was_claimed(
    tmp_path: Path, counts: tuple[int, int | None], passes: bool
) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    caps = Caps(sends_per_day=10)
    await executing(store, draft("first", recipients=counts[0]), caps=caps)
    second = await approved(store, draft("second", recipients=counts[1]))

    if passes:
        assert await store.claim(second.id, owner="owner", caps=caps) is not None
    else:
        with pytest.raises(NotAllowed, match="4 are spent"):
            await store.claim(second.id, owner="owner", caps=caps)
    await store.close()


async def test_a_day_after_the_claim_there_is_room_again(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    caps = Caps(sends_per_day=10)
    await executing(store, draft("first", recipients=10), caps=caps)
    clock.advance(86_399)
    early = await approved(store, draft("second", recipients=1))
    with pytest.raises(NotAllowed, match="10 are spent"):
        await store.claim(early.id, owner="owner", caps=caps)
    clock.advance(1)
    late = await approved(store, draft("second", recipients=10))

    assert await store.claim(late.id, owner="owner", caps=caps) is not None
    await store.close()


async def test_another_connection_has_a_day_of_its_own(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    caps = Caps(sends_per_day=10)
    await executing(store, draft("first", recipients=10), caps=caps)
    other = draft("first", recipients=10, connection="txtsync")

    assert (await executing(store, other, caps=caps)).state is State.EXECUTING
    await store.close()


async def test_stores_that_claim_at_once_do_not_go_over_the_day_together(tmp_path: Path) -> None:
    stores = [store_in(tmp_path) for _ in range(6)]
    caps = Caps(sends_per_day=10)
    waiting = [await approved(stores[0], draft(f"text {n}", recipients=4)) for n in range(6)]
    claimed: list[str] = []

    async def claim(store: SqliteStore, action: Action) -> None:
        try:
            if await store.claim(action.id, owner="owner", caps=caps) is not None:
                claimed.append(action.id)
        except NotAllowed:
            return

    async with anyio.create_task_group() as tasks:
        for store, action in zip(stores, waiting, strict=True):
            tasks.start_soon(claim, store, action)

    assert len(claimed) == 2
    assert sorted(Rows(tmp_path).states().values()) == ["executing"] * 2 + ["void"] * 4
    await close(*stores)


async def test_unconfirmed_writes_have_a_threshold_an_hour(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    caps = Caps(unconfirmed_writes_per_hour=25)

    def change(text: str, count: int) -> Draft:
        return draft(text, risk=Risk.WRITE, recipients=count)

    await executing(store, change("first", 20), caps=caps, channel=Channel.POLICY)
    assert await store.unconfirmed_writes("egoi") == 20
    assert await store.unconfirmed_writes("txtsync") == 0
    over = await approved(store, change("second", 6), channel=Channel.POLICY)
    with pytest.raises(NotAllowed, match="20 are spent"):
        await store.claim(over.id, owner="owner", caps=caps)
    await executing(store, change("third", 5), caps=caps, channel=Channel.POLICY)
    clock.advance(3600)

    assert await store.unconfirmed_writes("egoi") == 0
    await executing(store, change("fourth", 25), caps=caps, channel=Channel.POLICY)
    await store.close()


@pytest.mark.parametrize("channel", [Channel.ELICITATION, Channel.TERMINAL, Channel.CHAT])
async def test_what_a_person_approved_neither_needs_nor_spends_the_threshold(
    tmp_path: Path, channel: Channel
) -> None:
    store = store_in(tmp_path)
    caps = Caps(unconfirmed_writes_per_hour=25)
    many = draft("many", risk=Risk.WRITE, recipients=1000)

    await executing(store, many, caps=caps, channel=channel)
    assert await store.unconfirmed_writes("egoi") == 0
    await store.close()


async def test_a_proposal_spends_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await proposed(store, draft("first", recipients=10))
    await approved(store, draft("second", recipients=10))
    third = draft("third", recipients=10)

    assert (await executing(store, third, caps=Caps(sends_per_day=10))).state is State.EXECUTING
    await store.close()
