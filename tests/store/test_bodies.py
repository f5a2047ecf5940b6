"""Bodies kept apart from their rows: found again, judged before anything is sent, gone with their rows."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired, NotAllowed, StateUnavailable
from egoi_mcp.guard.action import Action, Channel, Draft, State, StepState
from egoi_mcp.store import bodies
from egoi_mcp.store.protocol import Claim, Decision
from egoi_mcp.store.sqlite import SqliteStore
from tests.store.ledgers import NO_CAPS, approved, draft, ended, proposed, request, store_in
from tests.support import Rows

pytestmark = pytest.mark.anyio

BODIES = (request("first" * 50), request("second" * 50), request("third" * 50))


def apart(*requests: FrozenRequest) -> Draft:
    """A draft whose bodies are kept apart."""
    return replace(draft(requests=requests or BODIES), apart=True)


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[SqliteStore]:
    monkeypatch.setattr(bodies, "_PART_BYTES", 100)
    opened = store_in(tmp_path)
    yield opened
    await opened.close()


async def test_a_row_is_read_without_its_bodies_and_each_is_found_again(store: SqliteStore) -> None:
    action = await proposed(store, apart())
    assert await store.get(action.id) == action
    assert [step.frozen.body for step in action.steps] == [b"", b"", b""]
    assert [await store.whole(action.id, step) for step in action.steps] == list(BODIES)
    assert [step.digest() for step in action.steps] == [each.digest() for each in BODIES]


async def test_a_body_of_one_part_and_none_are_found_again_too(store: SqliteStore) -> None:
    requests = (request(""), request("x"), request("y" * 100))
    action = await proposed(store, apart(*requests))
    assert [await store.whole(action.id, step) for step in action.steps] == list(requests)


async def _sent(store: SqliteStore) -> Action:
    """An action all of whose steps were claimed and succeeded."""
    action = await approved(store, apart())
    claimed = await store.claim(action.id, owner="owner", caps=NO_CAPS)
    assert claimed is not None
    for step in claimed.steps:
        whole = await store.whole(action.id, step)
        for frozen, passes in ((step.frozen, False), (whole, True), (whole, False)):
            assert await _passes(store, action.id, frozen) is passes
        await store.finish_step(action.id, step.number, StepState.SUCCEEDED)
    return await store.finish(action.id)


async def _passes(store: SqliteStore, action_id: str, frozen: FrozenRequest) -> bool:
    try:
        await store.claim_step(action_id, frozen, Risk.WRITE)
    except (ActionRequired, StateUnavailable):
        return False
    return True


async def test_each_step_is_sent_once_with_the_body_that_was_approved(store: SqliteStore) -> None:
    assert (await _sent(store)).state is State.SUCCEEDED


CHANGES: dict[str, str] = {
    "other bytes": "UPDATE bodies SET bytes = CAST('other' AS BLOB) WHERE number = 2 AND part = 1",
    "one letter": "UPDATE bodies SET bytes = CAST(replace(bytes, 's', 'z') AS BLOB) WHERE number = 2",
    "a part less": "DELETE FROM bodies WHERE number = 2 AND part = 2",
    "none at all": "DELETE FROM bodies WHERE number = 2",
    "another order": "UPDATE bodies SET part = -part WHERE number = 2",
    "a part more": (
        "INSERT INTO bodies SELECT action_id, number, 9, bytes FROM bodies WHERE number = 2 AND part = 0"
    ),
    "that of another step": (
        "UPDATE bodies SET bytes = (SELECT other.bytes FROM bodies AS other WHERE other.number = 3"
        " AND other.part = bodies.part) WHERE number = 2"
    ),
    "another digest": "UPDATE steps SET whole = zeroblob(32) WHERE number = 2",
    "the digest of another": (
        "UPDATE steps SET whole = (SELECT whole FROM steps WHERE number = 1) WHERE number = 2"
    ),
    "no digest": "UPDATE steps SET whole = x'' WHERE number = 2",
    "half a digest": "UPDATE steps SET whole = substr(whole, 1, 16) WHERE number = 2",
    "another target": "UPDATE steps SET target = '/lists/4/contacts' WHERE number = 2",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_what_is_changed_after_the_approval_is_never_sent(
    store: SqliteStore, tmp_path: Path, change: str
) -> None:
    action = await approved(store, apart())
    assert Rows(tmp_path).change(change) > 0
    with pytest.raises((NotAllowed, StateUnavailable), match=r"row was changed|is damaged"):
        await store.claim(action.id, owner="owner", caps=NO_CAPS)
    assert [await _passes(store, action.id, frozen) for frozen in BODIES] == [False] * 3


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_what_is_changed_after_the_claim_is_not_sent_either(
    store: SqliteStore, tmp_path: Path, change: str
) -> None:
    action = await approved(store, apart())
    claimed = await store.claim(action.id, owner="owner", caps=NO_CAPS)
    assert claimed is not None
    assert Rows(tmp_path).change(change) > 0
    passed: list[FrozenRequest] = []
    for step in claimed.steps:
        with suppress(StateUnavailable):
            whole = await store.whole(action.id, step)
            if await _passes(store, action.id, whole):
                passed.append(whole)
    # Where it goes this process has in mind since the claim, and sends it there.
    assert (BODIES[1] in passed) is (change == CHANGES["another target"])
    assert set(passed) <= set(BODIES)
    assert len(set(passed)) == len(passed)


async def test_bodies_go_with_what_their_rows_hold_and_with_their_rows(
    store: SqliteStore, tmp_path: Path
) -> None:
    await ended(store, StepState.SUCCEEDED)
    await _sent(store)
    assert Rows(tmp_path).select("SELECT count(*) FROM bodies") == [(9,)]
    await store.purge(bodies_before=2**40, rows_before=0)
    assert Rows(tmp_path).select("SELECT count(*) FROM bodies") == [(0,)]
    await _sent(store)
    await store.purge(bodies_before=0, rows_before=2**40)
    assert Rows(tmp_path).select("SELECT count(*) FROM bodies") == [(0,)]


async def test_claimed_as_it_is_written_its_first_request_passes_the_door_with_its_body(
    store: SqliteStore,
) -> None:
    by_policy = Decision(state=State.APPROVED, channel=Channel.POLICY, by="confirm")
    claim = Claim(owner="owner", caps=NO_CAPS, first=True)
    taken = await store.propose(apart(), approve=by_policy, claim=claim)
    assert taken.claimed

    for step in taken.action.steps:
        whole = await store.whole(taken.action.id, step)
        await store.claim_step(taken.action.id, whole, Risk.SEND)
        with pytest.raises(ActionRequired):
            await store.claim_step(taken.action.id, whole, Risk.SEND)
