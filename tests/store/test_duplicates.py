"""The same to the same person: recognised in any order, spelling and batch, for as long as it matters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.action import Action, Channel, StepState
from egoi_mcp.store.sqlite import SqliteStore
from tests.store.ledgers import NO_CAPS, TIMES, approval, draft, ended, executing, proposed, store_in
from tests.support import Clock, Rows

pytestmark = pytest.mark.anyio

ANA, RUI, EVA = "+351900000001", "+351900000002", "+351900000003"


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("Your order is ready", (ANA, RUI)),
        ("Your  order is\nready", (ANA, RUI)),
        ("YOUR ORDER IS READY", (ANA, RUI)),
        ("Your order is ready!", (ANA, RUI)),
        ("Your order\u00a0is ready", (ANA, RUI)),
        ("Your order is ready", (RUI, ANA)),
        ("Your order is ready", (EVA, RUI)),
        ("your order: is ready...", (RUI,)),
    ],
    ids=["identical", "spacing", "case", "punctuation", "no-break", "order", "overlap", "one of them"],
)
async def test_the_same_again_names_the_earlier_one(tmp_path: Path, text: str, to: Sequence[str]) -> None:
    store = store_in(tmp_path)
    first = await ended(store, StepState.SUCCEEDED, draft("Your order is ready", (ANA, RUI)))

    assert (await proposed(store, draft(text, to))).duplicate_of == first.id
    await store.close()


@pytest.mark.parametrize(
    ("text", "to", "connection"),
    [
        ("Your order is not ready", (ANA,), "egoi"),
        ("Your order is ready", (RUI,), "egoi"),
        ("Your order is ready", (ANA,), "txtsync"),
    ],
    ids=["text", "person", "connection"],
)
async def test_something_else_is_no_duplicate(
    tmp_path: Path, text: str, to: Sequence[str], connection: str
) -> None:
    store = store_in(tmp_path)
    await ended(store, StepState.SUCCEEDED, draft("Your order is ready", (ANA,)))

    assert (await proposed(store, draft(text, to, connection=connection))).duplicate_of is None
    await store.close()


@pytest.mark.parametrize(("seconds", "recognised"), [(599.9, True), (600.0, False)])
@pytest.mark.parametrize("state", [StepState.SUCCEEDED, StepState.PARTIAL])
async def test_after_success_it_is_recognised_for_ten_minutes(
    tmp_path: Path, state: StepState, seconds: float, recognised: bool
) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    first = await ended(store, state)
    clock.advance(seconds)

    for again in (draft(), draft("hello.")):
        assert (await proposed(store, again)).duplicate_of == (first.id if recognised else None)
    await store.close()


async def test_an_unknown_one_is_recognised_at_any_age(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    first = await ended(store, StepState.UNKNOWN)
    clock.advance(400 * 86_400)

    for again in (draft(), draft("hello.")):
        assert (await proposed(store, again)).duplicate_of == first.id
    await store.close()


async def test_once_settled_as_not_sent_it_is_no_duplicate_any_more(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = await ended(store, StepState.UNKNOWN)
    await store.settle(first.id, sent=False, by="owner")

    assert (await proposed(store)).duplicate_of is None
    await store.close()


async def test_once_settled_as_sent_it_is_one_for_ten_minutes(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    first = await ended(store, StepState.UNKNOWN)
    clock.advance(86_400)
    await store.settle(first.id, sent=True, by="owner")

    assert (await proposed(store, draft("hello."))).duplicate_of == first.id
    clock.advance(600)
    assert (await proposed(store)).duplicate_of is None
    await store.close()


async def test_what_failed_or_was_never_sent_is_no_duplicate(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await ended(store, StepState.FAILED)
    await proposed(store)

    assert (await proposed(store, draft("hello."))).duplicate_of is None
    await store.close()


async def test_a_similar_one_under_way_is_a_duplicate(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = await executing(store)

    assert (await proposed(store, draft("hello."))).duplicate_of == first.id
    await store.close()


async def test_the_identical_one_under_way_is_the_same_action(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = await executing(store)
    again = await store.propose(draft())

    assert (again.created, again.action) == (False, first)
    await store.close()


@pytest.mark.parametrize(
    ("risk", "recognised"), [(Risk.WRITE, False), (Risk.SEND, True), (Risk.DESTROY, True)]
)
async def test_only_what_reaches_people_can_be_a_duplicate(
    tmp_path: Path, risk: Risk, recognised: bool
) -> None:
    store = store_in(tmp_path)
    first = await ended(store, StepState.SUCCEEDED, draft(risk=risk))

    assert (await proposed(store, draft(risk=risk))).duplicate_of == (first.id if recognised else None)
    await store.close()


async def test_two_people_with_one_text_are_each_recognised_alone(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made: dict[str, Action] = {}
    for person in (ANA, RUI):
        made[person] = await ended(store, StepState.SUCCEEDED, draft("Hello", (person,)))

    assert (await proposed(store, draft("Hello!", (RUI,)))).duplicate_of == made[RUI].id
    await store.close()


async def two_at_once(
    store: SqliteStore, channel: Channel, earlier: StepState | None
) -> tuple[Action, Action]:
    """Two nearly equal proposals that did not see each other; the first is under way, or has ended so."""
    first, second = await proposed(store, draft("Hello")), await proposed(store, draft("hello!"))
    for action in (first, second):
        await store.decide(action.id, approval(channel))
    await store.claim(first.id, owner="owner", caps=NO_CAPS)
    if earlier is not None:
        await store.claim_step(first.id, first.steps[0].frozen, Risk.WRITE)
        await store.finish_step(first.id, 1, earlier)
        await store.finish(first.id)
    return first, second


@pytest.mark.parametrize("earlier", [None, StepState.SUCCEEDED, StepState.PARTIAL, StepState.UNKNOWN])
@pytest.mark.parametrize("channel", [Channel.POLICY, Channel.CHAT])
async def test_of_two_at_once_that_no_person_looked_at_one_goes_out(
    tmp_path: Path, channel: Channel, earlier: StepState | None
) -> None:
    store = store_in(tmp_path)
    first, second = await two_at_once(store, channel, earlier)
    assert (first.duplicate_of, second.duplicate_of) == (None, None)

    with pytest.raises(NotAllowed, match=first.id):
        await store.claim(second.id, owner="owner", caps=NO_CAPS)
    assert Rows(tmp_path).states()[second.id] == "void"
    await store.close()


@pytest.mark.parametrize("channel", [Channel.ELICITATION, Channel.TERMINAL])
async def test_of_two_at_once_the_second_goes_out_only_to_a_person_who_was_told_of_the_first(
    tmp_path: Path, channel: Channel
) -> None:
    store = store_in(tmp_path)
    _, second = await two_at_once(store, channel, StepState.SUCCEEDED)

    with pytest.raises(NotAllowed, match="just now"):
        await store.claim(second.id, owner="owner", caps=NO_CAPS)
    await store.close()


@pytest.mark.parametrize("seconds", [599, 600])
async def test_after_ten_minutes_the_earlier_of_two_at_once_does_not_matter(
    tmp_path: Path, seconds: int
) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock, times=TIMES.model_copy(update={"approval_seconds": 10_000.0}))
    _, second = await two_at_once(store, Channel.POLICY, StepState.SUCCEEDED)
    clock.advance(seconds)

    if seconds < 600:
        with pytest.raises(NotAllowed, match="just now"):
            await store.claim(second.id, owner="owner", caps=NO_CAPS)
    else:
        assert await store.claim(second.id, owner="owner", caps=NO_CAPS) is not None
    await store.close()


async def test_what_failed_does_not_stop_the_other_of_two_at_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    _, second = await two_at_once(store, Channel.POLICY, StepState.FAILED)

    assert await store.claim(second.id, owner="owner", caps=NO_CAPS) is not None
    await store.close()
