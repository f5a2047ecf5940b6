"""What takes an action back: at most one at a time, and the action's row tells of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.action import Draft, State, StepState, Terms
from egoi_mcp.guard.offers import NOT_UNDONE
from tests.store.ledgers import draft, ended, proposed, store_in
from tests.support import Rows

pytestmark = pytest.mark.anyio


def undoing(action_id: str, text: str = "back") -> Draft:
    """A draft that takes an action back."""
    return replace(draft(text), terms=Terms(undoes=action_id))


@pytest.mark.parametrize("state", list(State))
async def test_beside_an_action_that_takes_another_back_no_second_one_is_proposed(
    tmp_path: Path, state: State
) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.SUCCEEDED)
    first = await proposed(store, undoing(action.id))
    Rows(tmp_path).change("UPDATE actions SET state = ? WHERE id = ?", state.value, first.id)
    told = await store.get(action.id)
    assert told is not None
    assert (told.undone_by, told.undo_state) == (first.id, state)

    second = undoing(action.id, "back, but otherwise")
    if state in NOT_UNDONE:
        assert (await store.propose(second)).created
    else:
        with pytest.raises(NotAllowed, match=f"{action.id} is being undone, or was, by {first.id}"):
            await store.propose(second)
    await store.close()


async def test_the_same_again_while_it_is_open_is_the_same_proposal(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.SUCCEEDED)
    first = await proposed(store, undoing(action.id))
    again = await store.propose(undoing(action.id))

    assert (again.created, again.action.id) == (False, first.id)
    await store.close()


async def test_the_newest_that_takes_it_back_counts(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.SUCCEEDED)
    first = await proposed(store, undoing(action.id))
    Rows(tmp_path).change("UPDATE actions SET state = 'declined' WHERE id = ?", first.id)
    second = await proposed(store, undoing(action.id, "again"))
    told = await store.get(action.id)

    assert told is not None
    assert (told.undone_by, told.undo_state) == (second.id, State.PROPOSED)
    await store.close()


async def test_what_nobody_takes_back_says_so(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.SUCCEEDED)
    await proposed(store, undoing("act_of_others"))

    assert (action.undone_by, action.undo_state) == (None, None)
    await store.close()
