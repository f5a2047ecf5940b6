"""What a dead process left under way: told as it is, carried on where that cannot double anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired
from egoi_mcp.guard.action import Action, State, StepState
from egoi_mcp.store.sqlite import SqliteStore
from tests.store.ledgers import draft, executing, request, store_in
from tests.support import Rows

pytestmark = pytest.mark.anyio

THREE = tuple(request(str(number)) for number in range(3))


def nobody(_owner: str) -> bool:
    return False


def everybody(_owner: str) -> bool:
    return True


async def recover(
    store: SqliteStore,
    alive: Callable[[str], bool] = nobody,
    *,
    owner: str = "heir",
    connection: str = "egoi",
) -> list[str]:
    return await store.recover(owner=owner, alive=alive, connections=(connection,))


async def left_behind(store: SqliteStore, *, idempotent: bool = False) -> Action:
    """An action of three steps whose first is done and whose second was on the wire."""
    action = await executing(store, draft(requests=THREE, idempotent=idempotent), owner="gone")
    await store.claim_step(action.id, THREE[0], Risk.WRITE)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED)
    await store.claim_step(action.id, THREE[1], Risk.WRITE)
    return action


async def states(store: SqliteStore, action: Action) -> list[str]:
    now = await store.get(action.id)
    assert now is not None
    return [now.state.value, *(step.state.value for step in now.steps)]


async def test_the_step_in_flight_is_unknown_and_the_rest_goes_on(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_behind(store)

    assert await recover(store) == [action.id]
    assert await states(store, action) == ["executing", "succeeded", "unknown", "pending"]
    with pytest.raises(ActionRequired):
        await store.claim_step(action.id, THREE[1], Risk.WRITE)
    await store.claim_step(action.id, THREE[2], Risk.WRITE)
    await store.close()


async def test_a_step_that_may_be_repeated_is_sent_again(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_behind(store, idempotent=True)

    assert await recover(store) == [action.id]
    assert await states(store, action) == ["executing", "succeeded", "pending", "pending"]
    await store.claim_step(action.id, THREE[1], Risk.WRITE)
    await store.close()


async def test_an_action_whose_only_step_was_in_flight_is_unknown(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store, owner="gone")
    await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)

    assert await recover(store) == []
    assert await states(store, action) == ["unknown", "unknown"]
    await store.close()


async def test_an_action_claimed_and_not_begun_goes_on(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store, owner="gone")

    assert await recover(store) == [action.id]
    assert await states(store, action) == ["executing", "pending"]
    assert (await store.get(action.id) or action).owner == "heir"
    await store.close()


async def test_an_action_whose_steps_have_all_ended_gets_its_outcome(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store, owner="gone")
    await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED)

    assert await recover(store) == []
    assert await states(store, action) == ["succeeded", "succeeded"]
    await store.close()


async def test_what_a_living_owner_drives_is_left_alone(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_behind(store)
    before = await store.get(action.id)

    assert await recover(store, everybody) == []
    assert await recover(store, nobody, owner="gone") == []
    assert await store.get(action.id) == before
    await store.close()


async def test_of_two_heirs_one_goes_on(tmp_path: Path) -> None:
    one, two = store_in(tmp_path), store_in(tmp_path)
    action = await left_behind(one)

    def alive(owner: str) -> bool:
        return owner != "gone"

    assert await recover(one, alive, owner="first") == [action.id]
    assert await recover(two, alive, owner="second") == []
    assert (await two.get(action.id) or action).owner == "first"
    await one.close()
    await two.close()


async def test_who_has_not_the_connection_leaves_the_rest_to_somebody_who_has(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_behind(store)

    assert await recover(store, connection="intercom") == []
    assert await states(store, action) == ["executing", "succeeded", "unknown", "pending"]
    assert await recover(store, everybody) == [action.id]
    await store.close()


async def test_an_abandoned_action_is_taken_over_by_the_next(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_behind(store)
    await store.abandon(action.id)

    assert await states(store, action) == ["executing", "succeeded", "unknown", "pending"]
    assert await recover(store, everybody) == [action.id]
    await store.close()


async def test_abandoning_what_has_ended_changes_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store)
    await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    await store.finish_step(action.id, 1, StepState.FAILED)
    done = await store.finish(action.id)
    await store.abandon(action.id)

    assert await store.get(action.id) == done
    await store.close()


async def test_the_word_of_the_dead_comes_too_late(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_behind(store)
    await recover(store)
    await store.finish_step(action.id, 2, StepState.SUCCEEDED)

    assert await states(store, action) == ["executing", "succeeded", "unknown", "pending"]
    await store.close()


@pytest.mark.parametrize(("sent", "outcome"), [(True, State.SUCCEEDED), (False, State.FAILED)])
async def test_a_person_settles_what_is_unknown(tmp_path: Path, sent: bool, outcome: State) -> None:
    store = store_in(tmp_path)
    action = await executing(store, owner="gone")
    await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    await recover(store)
    settled = await store.settle(action.id, sent=sent, by="owner")

    assert settled.state is outcome
    assert settled.steps[0].note == f"settled by a person as {'sent' if sent else 'not sent'}"
    assert Rows(tmp_path).select("SELECT state, decided_by FROM decisions ORDER BY rowid DESC LIMIT 1") == [
        (outcome.value, "owner")
    ]
    await store.close()


async def test_settling_leaves_the_steps_that_are_known(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_behind(store)
    await recover(store)
    await store.finish_step(action.id, 3, StepState.FAILED)
    await store.finish(action.id)
    settled = await store.settle(action.id, sent=True, by="owner")

    assert [settled.state, *(step.state for step in settled.steps)] == [
        State.PARTIAL,
        StepState.SUCCEEDED,
        StepState.SUCCEEDED,
        StepState.FAILED,
    ]
    await store.close()
