"""What waits does not wait for ever: expiry, the pause after a decline, and who may still decide."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import NotAllowed, RowDamaged
from egoi_mcp.guard.action import Action, Channel, State, StepState
from egoi_mcp.settings import ActionTimes
from egoi_mcp.store.protocol import Decision
from egoi_mcp.store.sqlite import SqliteStore
from tests.store.ledgers import (
    NO_CAPS,
    approval,
    approved,
    draft,
    ended,
    executing,
    proposed,
    store_in,
)
from tests.support import Clock, Rows

pytestmark = pytest.mark.anyio

APART = ActionTimes(
    proposal_seconds=100.0, approval_seconds=200.0, decline_cooldown_seconds=300.0, duplicate_seconds=400.0
)


def decision(state: State) -> Decision:
    return Decision(state=state, channel=Channel.TERMINAL, by="owner", note="a note")


@pytest.mark.parametrize(("seconds", "state"), [(99.9, State.PROPOSED), (100.0, State.EXPIRED)])
async def test_a_proposal_expires(tmp_path: Path, seconds: float, state: State) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock, times=APART)
    action = await proposed(store)
    clock.advance(seconds)
    now = await store.get(action.id)

    assert now is not None
    assert (now.state, now.finished_at) == (state, clock() if state is State.EXPIRED else None)
    await store.close()


async def test_an_approval_counts_from_when_it_was_given_and_expires_too(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock, times=APART)
    early, late = await proposed(store, draft("early")), await proposed(store, draft("late"))
    clock.advance(99)
    for action in (early, late):
        await store.decide(action.id, approval())
    clock.advance(199.9)
    assert await store.claim(early.id, owner="owner", caps=NO_CAPS) is not None
    clock.advance(0.1)
    assert await store.claim(late.id, owner="owner", caps=NO_CAPS) is None

    assert Rows(tmp_path).states() == {early.id: "executing", late.id: "expired"}
    await store.close()


async def test_what_has_begun_does_not_expire(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock, times=APART)
    action = await executing(store)
    clock.advance(1e6)

    assert (await store.get(action.id) or action).state is State.EXECUTING
    await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    await store.close()


@pytest.mark.parametrize("state", [State.APPROVED, State.DECLINED, State.REVOKED, State.VOID])
async def test_an_expired_proposal_cannot_be_decided(tmp_path: Path, state: State) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock, times=APART)
    action = await proposed(store)
    clock.advance(100)

    with pytest.raises(NotAllowed, match="expired"):
        await store.decide(action.id, decision(state))
    assert Rows(tmp_path).states() == {action.id: "expired"}
    await store.close()


async def test_after_it_expired_the_same_is_proposed_anew(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock, times=APART)
    first = await store.propose(draft())
    same = await store.propose(draft())
    clock.advance(100)
    second = await store.propose(draft())

    assert (first.created, same.created, second.created) == (True, False, True)
    assert same.action == first.action
    assert second.action.id != first.action.id
    assert second.action.duplicate_of is None
    await store.close()


async def test_the_preview_of_the_open_row_is_the_one_that_counts(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = await proposed(store, draft(recipients=1))
    same = await proposed(store, draft(recipients=2))

    assert same == first
    await store.close()


@pytest.mark.parametrize(("seconds", "asks"), [(299.9, False), (300.0, True)])
async def test_a_declined_digest_is_refused_for_a_while(tmp_path: Path, seconds: float, asks: bool) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock, times=APART)
    declined = await proposed(store)
    await store.decide(declined.id, decision(State.DECLINED))
    clock.advance(seconds)

    if asks:
        assert (await store.propose(draft())).created
    else:
        with pytest.raises(NotAllowed, match=f"{declined.id}.*less than 5 minutes ago"):
            await store.propose(draft())
    await store.close()


@pytest.mark.parametrize("state", [State.REVOKED, State.VOID])
async def test_only_a_decline_is_remembered(tmp_path: Path, state: State) -> None:
    store = store_in(tmp_path)
    action = await proposed(store)
    await store.decide(action.id, decision(state))

    assert (await store.propose(draft())).created
    await store.close()


async def test_another_text_may_be_proposed_after_a_decline(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await proposed(store)
    await store.decide(action.id, decision(State.DECLINED))

    assert (await store.propose(draft("Another text"))).created
    await store.close()


@pytest.mark.parametrize("state", [State.REVOKED, State.VOID])
async def test_an_approval_that_has_not_begun_can_be_taken_back(tmp_path: Path, state: State) -> None:
    store = store_in(tmp_path)
    action = await approved(store)
    taken = await store.decide(action.id, decision(state))

    assert (taken.state, taken.note) == (state, "a note")
    assert await store.claim(action.id, owner="owner", caps=NO_CAPS) is None
    await store.close()


@pytest.mark.parametrize("state", [State.APPROVED, State.DECLINED, State.REVOKED, State.VOID])
async def test_what_has_begun_or_ended_cannot_be_decided(tmp_path: Path, state: State) -> None:
    store = store_in(tmp_path)
    begun = await executing(store, draft("begun"))
    done = await ended(store, StepState.SUCCEEDED, draft("done"))

    for action in (begun, done):
        with pytest.raises(NotAllowed, match="cannot become"):
            await store.decide(action.id, decision(state))
    assert Rows(tmp_path).states() == {begun.id: "executing", done.id: "succeeded"}
    await store.close()


async def test_of_many_who_decide_at_once_one_does(tmp_path: Path) -> None:
    states = [State.APPROVED, State.DECLINED, State.REVOKED, State.VOID]
    stores = [store_in(tmp_path) for _ in states]
    action = await proposed(stores[0])
    done: list[State] = []

    async def decide(store: SqliteStore, state: State) -> None:
        try:
            done.append((await store.decide(action.id, decision(state))).state)
        except NotAllowed:
            return

    async with anyio.create_task_group() as tasks:
        for store, state in zip(stores, states, strict=True):
            tasks.start_soon(decide, store, state)

    # An approval may still be taken back; everything else is final.
    assert done[:-1] in ([], [State.APPROVED])
    assert Rows(tmp_path).states() == {action.id: done[-1].value}
    for store in stores:
        await store.close()


@pytest.mark.parametrize("state", [State.EXECUTING, State.SUCCEEDED, State.UNKNOWN, State.EXPIRED])
async def test_an_outcome_is_no_decision(tmp_path: Path, state: State) -> None:
    store = store_in(tmp_path)
    action = await proposed(store)

    with pytest.raises(ValueError, match="not a decision"):
        await store.decide(action.id, decision(state))
    await store.close()


async def test_nothing_can_be_decided_about_what_is_not_there(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    with pytest.raises(NotAllowed, match="no action"):
        await store.decide("act_nothing", approval())
    with pytest.raises(NotAllowed, match="no action"):
        await store.settle("act_nothing", sent=True, by="owner")
    assert await store.get("act_nothing") is None
    assert await store.claim("act_nothing", owner="owner", caps=NO_CAPS) is None
    await store.close()


async def test_an_action_cannot_end_while_a_step_is_open(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store)

    with pytest.raises(RowDamaged, match="have not ended"):
        await store.finish(action.id)
    assert Rows(tmp_path).states() == {action.id: "executing"}
    await store.close()


async def test_the_newest_come_first_and_can_be_chosen_by_state(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    made: list[Action] = []
    for text in ("first", "second", "third"):
        made.append(await proposed(store, draft(text)))
        clock.advance(1)
    await store.decide(made[1].id, approval())

    assert [a.id for a in await store.newest()] == [a.id for a in reversed(made)]
    assert [a.id for a in await store.newest(limit=1)] == [made[2].id]
    assert [a.id for a in await store.newest(states=[State.APPROVED])] == [made[1].id]
    clock.advance(600)
    assert {a.state for a in await store.newest()} == {State.EXPIRED}
    await store.close()
