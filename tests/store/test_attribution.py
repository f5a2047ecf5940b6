"""Whose an id is, who may have done the same at the same time, and what the vendor's word settles."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import NotAllowed, StateUnavailable
from egoi_mcp.guard.action import Action, Channel, Content, State, StepState
from egoi_mcp.store.protocol import Store
from tests.store.ledgers import ORIGIN, draft, ended, executing, request, store_in
from tests.support import Clock, Rows

pytestmark = pytest.mark.anyio

SENDS = ("sendSmsMessages",)
WORDS = Content(channel="sms", title="June", text="Sale today")


async def made(store: Store, text: str, *ids: str, account: str = "700001") -> Action:
    """An action that ended with these ids."""
    action = await executing(store, draft(text, account=account))
    await store.claim_step(action.id, action.steps[0].frozen, Risk.SEND)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=ids)
    return await store.finish(action.id)


async def left_unknown(store: Store, content: Content | None = None) -> Action:
    """An action of two steps, both of unknown outcome."""
    requests = (request("one"), request("two"))
    action = await executing(store, draft(requests=requests, recipients=2, content=content))
    for step in action.steps:
        await store.claim_step(action.id, step.frozen, Risk.SEND)
        await store.finish_step(action.id, step.number, StepState.UNKNOWN, note="lost")
    return await store.finish(action.id)


async def test_an_id_belongs_to_the_action_that_was_answered_with_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    one, two = await made(store, "one", "1", "2"), await made(store, "two", "3")

    assert await store.ids_elsewhere(two.id, SENDS, ["1", "3", "4"]) == {"1"}
    assert await store.ids_elsewhere(one.id, SENDS, ["1", "2"]) == set()
    assert await store.ids_elsewhere(one.id, SENDS, []) == set()
    await store.close()


async def test_what_two_vendors_call_alike_on_accounts_of_one_number_is_kept_apart(tmp_path: Path) -> None:
    store, clock = store_in(tmp_path), Clock()
    at_txtsync = FrozenRequest("txtsync", "POST", ORIGIN, "/sms/send", b"{}")
    await made(store, "one", "1")
    theirs = await executing(store, draft(requests=[at_txtsync], connection="txtsync"))

    assert await store.ids_elsewhere(theirs.id, SENDS, ["1"]) == set()
    assert await store.neighbours(theirs.id, SENDS, since=0.0, until=2 * clock()) == []
    own = await made(store, "two")
    assert await store.ids_elsewhere(own.id, SENDS, ["1"]) == {"1"}
    assert len(await store.neighbours(own.id, SENDS, since=0.0, until=2 * clock())) == 1
    await store.close()


async def test_an_id_of_another_kind_of_thing_or_another_account_is_another_thing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await made(store, "one", "1")
    await made(store, "two", "2", account="800001")
    own = await made(store, "three")

    assert await store.ids_elsewhere(own.id, ("createContact",), ["1"]) == set()
    assert await store.ids_elsewhere(own.id, SENDS, ["1", "2"]) == {"1"}
    await store.close()


async def test_a_damaged_list_of_ids_hides_no_other(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    broken = await made(store, "one", "1")
    await made(store, "two", "2")
    own = await made(store, "three")
    Rows(tmp_path).change("UPDATE steps SET ids = '[\"1' WHERE action_id = ?", broken.id)

    assert await store.ids_elsewhere(own.id, SENDS, ["1", "2"]) == {"2"}
    with pytest.raises(StateUnavailable, match="damaged"):
        await store.neighbours(own.id, SENDS, since=0.0, until=1e12)
    await store.close()


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (StepState.SUCCEEDED, True),
        (StepState.PARTIAL, True),
        (StepState.UNKNOWN, True),
        (StepState.FAILED, False),
    ],
)
async def test_a_neighbour_is_what_may_have_taken_effect(
    tmp_path: Path, state: StepState, counts: bool
) -> None:
    store = store_in(tmp_path)
    await ended(store, state, draft("other"))
    own = await ended(store, StepState.UNKNOWN, draft("own"))

    assert len(await store.neighbours(own.id, SENDS, since=0.0, until=1e12)) == counts
    await store.close()


async def test_a_neighbour_was_claimed_in_the_time_that_is_asked_for_and_not_before(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    await ended(store, StepState.UNKNOWN, draft("other"))
    start = clock()
    clock.advance(100.0)
    own = await ended(store, StepState.UNKNOWN, draft("own"))

    assert len(await store.neighbours(own.id, SENDS, since=start, until=start)) == 1
    assert await store.neighbours(own.id, SENDS, since=start + 1, until=clock()) == []
    assert await store.neighbours(own.id, ("createContact",), since=0.0, until=1e12) == []
    await store.close()


async def test_the_vendors_word_settles_step_by_step(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_unknown(store)
    half = await store.resolve(
        action.id, {1: StepState.SUCCEEDED}, by="list", notes={1: "seen"}, ids={1: ["7", "8"]}
    )

    assert (half.state, [step.state for step in half.steps]) == (
        State.UNKNOWN,
        [StepState.SUCCEEDED, StepState.UNKNOWN],
    )
    assert [(step.note, step.ids) for step in half.steps] == [("seen", ("7", "8")), ("lost", ())]
    assert [each.channel for each in half.decisions] == [Channel.TERMINAL]
    whole = await store.resolve(action.id, {2: StepState.FAILED}, by="list", notes={2: "not seen"})

    assert whole.state is State.PARTIAL
    assert [(each.channel, each.by) for each in whole.decisions[1:]] == [(Channel.VENDOR, "list")]
    with pytest.raises(NotAllowed):
        await store.resolve(action.id, {2: StepState.SUCCEEDED}, by="list", notes={})
    await store.close()


async def test_a_settled_steps_ids_are_its_own_for_everybody_else(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_unknown(store)
    other = await made(store, "other")
    await store.resolve(action.id, {1: StepState.SUCCEEDED}, by="list", notes={}, ids={1: ["7"]})

    assert await store.ids_elsewhere(other.id, SENDS, ["7"]) == {"7"}
    await store.close()


async def test_ids_of_a_step_that_is_known_change_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await left_unknown(store)
    await store.resolve(action.id, {1: StepState.FAILED}, by="list", notes={})
    after = await store.resolve(action.id, {}, by="list", notes={}, ids={1: ["7"], 2: []})

    assert [step.ids for step in after.steps] == [(), ()]
    assert after.state is State.UNKNOWN
    await store.close()


@pytest.mark.parametrize(("state", "kept"), [(StepState.SUCCEEDED, True), (StepState.PARTIAL, False)])
async def test_the_words_of_a_campaign_that_was_found_made_are_kept(
    tmp_path: Path, state: StepState, kept: bool
) -> None:
    store = store_in(tmp_path)
    action = await left_unknown(store, WORDS)
    await store.resolve(action.id, {1: state}, by="list", notes={}, ids={1: ["hash01"]})
    content = await store.content("egoi", "700001", "hash01")

    assert (content is not None and content.text == "Sale today") is kept
    await store.close()
