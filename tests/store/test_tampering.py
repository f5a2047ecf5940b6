"""Rows changed in the file, by whoever can write it without the key: nothing of them is ever sent."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired, NotAllowed, StateUnavailable
from egoi_mcp.guard.action import Action, Channel
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.store.sqlite import SqliteStore
from tests.store.ledgers import NO_CAPS, approval, approved, draft, executing, proposed, request, store_in
from tests.support import Rows

pytestmark = pytest.mark.anyio

TWO_STEPS = (request("first"), request("second"))
FORGED = StateKey(b"f" * 32)


async def can_be_sent(store: SqliteStore, action_id: str, *more: FrozenRequest) -> list[FrozenRequest]:
    """What of the row, as it stands now, or of the other requests the door would let pass."""
    passed: list[FrozenRequest] = []
    try:
        await store.claim(action_id, owner="owner", caps=NO_CAPS)
        action = await store.get(action_id)
    except (NotAllowed, StateUnavailable):
        action = None
    held = [step.frozen for step in action.steps] if action is not None else []
    for frozen in (*held, *more):
        try:
            await store.claim_step(action_id, frozen, Risk.WRITE)
        except (ActionRequired, StateUnavailable):
            continue
        passed.append(frozen)
    return passed


async def test_an_untouched_row_can_be_sent(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await approved(store, draft(requests=TWO_STEPS))

    assert await can_be_sent(store, action.id) == list(TWO_STEPS)
    await store.close()


async def test_a_proposal_marked_as_approved_in_the_file_cannot_be_sent(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await proposed(store, draft(requests=TWO_STEPS))
    Rows(tmp_path).change("UPDATE actions SET state = 'approved'")

    assert await can_be_sent(store, action.id, *TWO_STEPS) == []
    assert Rows(tmp_path).states() == {action.id: "void"}
    await store.close()


async def test_a_proposal_marked_as_executing_in_the_file_cannot_be_sent(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await proposed(store, draft(requests=TWO_STEPS))
    Rows(tmp_path).change("UPDATE actions SET state = 'executing', owner = 'owner'")

    assert await can_be_sent(store, action.id, *TWO_STEPS) == []
    await store.close()


TAMPERINGS = {
    "body": "UPDATE steps SET body = CAST('other' AS BLOB) WHERE number = 1",
    "target": "UPDATE steps SET target = target || '/single' WHERE number = 2",
    "origin": "UPDATE steps SET origin = 'https://evil.example.com'",
    "method": "UPDATE steps SET method = 'PUT' WHERE number = 1",
    "api": "UPDATE steps SET api = 'egoi' WHERE number = 1",
    "account": "UPDATE actions SET account = '700002'",
    "connection": "UPDATE actions SET connection = 'txtsync'",
    "digest": "UPDATE actions SET digest = zeroblob(32)",
    "a step taken away": "DELETE FROM steps WHERE number = 2",
    "the steps' order": "UPDATE steps SET number = -number",
    "a step added": "INSERT INTO steps (action_id, number, operation, api, method, origin, target, body,"
    " idempotent, state) SELECT action_id, 3, operation, api, method, origin, target,"
    " CAST('third' AS BLOB), 0, 'pending' FROM steps WHERE number = 1",
    "a step given twice": "INSERT INTO steps (action_id, number, operation, api, method, origin, target,"
    " body, idempotent, state) SELECT action_id, 3, operation, api, method, origin, target,"
    " body, 0, 'pending' FROM steps WHERE number = 1",
    "the preview": "UPDATE actions SET preview = replace(preview, 'Send it', 'Look at it')",
    "the count": "UPDATE actions SET recipients = 2",
    "no count": "UPDATE actions SET recipients = NULL",
    "the risk": "UPDATE actions SET risk = 1",
    "the earlier one": "UPDATE actions SET duplicate_of = 'act_00000000'",
    "the content": """UPDATE actions SET content = '{"channel": "sms", "title": "T", "text": "Hi"}'""",
    "what may be repeated": "UPDATE steps SET idempotent = 1 WHERE number = 2",
    "the hold": "UPDATE actions SET terms = json_set(terms, '$.hold_seconds', -1)",
    "who must approve": "UPDATE actions SET terms = json_set(terms, '$.approvals', 0)",
    "what it rests on": """UPDATE actions SET terms = json_set(terms, '$.witnesses',
                           json('[{"kind": "list", "subject": "1", "seen": {}, "count": 9}]'))""",
    "the deadline": "UPDATE actions SET terms = json_set(terms, '$.not_after', 9e9)",
    "the operation": "UPDATE steps SET operation = 'createTag' WHERE number = 1",
}
PROOFS = {
    "the proof": "UPDATE decisions SET proof = zeroblob(32)",
    "the approver": "UPDATE decisions SET decided_by = 'somebody'",
    "no proof": "UPDATE decisions SET proof = zeroblob(0)",
    "the channel": "UPDATE decisions SET channel = 'policy'",
    "the decision taken away": "DELETE FROM decisions",
    "the decision's state": "UPDATE decisions SET state = 'declined'",
}


EVERYTHING = TAMPERINGS | PROOFS


@pytest.mark.parametrize("sql", TAMPERINGS.values(), ids=TAMPERINGS)
async def test_what_was_changed_before_the_approval_cannot_be_approved(tmp_path: Path, sql: str) -> None:
    store = store_in(tmp_path)
    action = await proposed(store, draft(requests=TWO_STEPS))
    assert Rows(tmp_path).change(sql) > 0

    with pytest.raises(NotAllowed, match="changed"):
        await store.decide(action.id, approval())
    assert Rows(tmp_path).states() == {action.id: "void"}
    assert Rows(tmp_path).select("SELECT proof FROM decisions") == []
    assert await can_be_sent(store, action.id, *TWO_STEPS) == []
    await store.close()


@pytest.mark.parametrize("sql", EVERYTHING.values(), ids=EVERYTHING)
async def test_what_was_changed_after_the_approval_cannot_be_sent(tmp_path: Path, sql: str) -> None:
    store = store_in(tmp_path)
    action = await approved(store, draft(requests=TWO_STEPS))
    assert Rows(tmp_path).change(sql) > 0

    assert await can_be_sent(store, action.id, *TWO_STEPS) == []
    assert Rows(tmp_path).states() == {action.id: "void"}
    await store.close()


@pytest.mark.parametrize("sql", EVERYTHING.values(), ids=EVERYTHING)
async def test_what_was_changed_after_the_claim_cannot_be_sent(tmp_path: Path, sql: str) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(requests=TWO_STEPS))
    assert Rows(tmp_path).change(sql) > 0

    assert await can_be_sent(store, action.id, *TWO_STEPS) == []
    await store.close()


async def test_a_digest_that_fits_other_bytes_does_not_help(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await approved(store, draft(requests=TWO_STEPS))
    other = (request("first"), request("other"))
    for key in (FORGED, StateKey(bytes(32))):
        Rows(tmp_path).change("UPDATE actions SET digest = ?", key.action_digest("egoi", "700001", other))
        Rows(tmp_path).change("UPDATE steps SET body = CAST('other' AS BLOB) WHERE number = 2")

        assert await can_be_sent(store, action.id, *other) == []
    await store.close()


async def test_an_approval_made_with_another_key_does_not_help(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await proposed(store, draft(requests=TWO_STEPS))
    proof = FORGED.approval(action.id, action.digest, "terminal", "owner", 0.0)
    Rows(tmp_path).change("UPDATE actions SET state = 'approved'")
    Rows(tmp_path).change(
        "INSERT INTO decisions VALUES (?, 'approved', 'terminal', 'owner', 0, ?)", action.id, proof
    )

    assert await can_be_sent(store, action.id, *TWO_STEPS) == []
    await store.close()


async def test_the_approval_of_another_action_does_not_help(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    harmless = await approved(store, draft("Hello"))
    wanted = await proposed(store, draft("Buy now"))
    Rows(tmp_path).change("UPDATE actions SET state = 'approved'")
    Rows(tmp_path).change(
        "INSERT INTO decisions SELECT ?, state, channel, decided_by, decided_at, proof FROM decisions"
        " WHERE action_id = ?",
        wanted.id,
        harmless.id,
    )

    assert await can_be_sent(store, wanted.id) == []
    assert await can_be_sent(store, harmless.id) == [step.frozen for step in harmless.steps]
    await store.close()


async def test_the_steps_of_another_approved_action_cannot_be_sent_under_this_one(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    one = await executing(store, draft("Hello"))
    two = await executing(store, draft("Buy now"))

    with pytest.raises(ActionRequired):
        await store.claim_step(one.id, two.steps[0].frozen, Risk.WRITE)
    await store.close()


@pytest.mark.parametrize(
    "column", ["state", "preview", "content", "risk"], ids=lambda column: f"damaged {column}"
)
async def test_a_row_that_cannot_be_read_is_told_as_such(tmp_path: Path, column: str) -> None:
    store = store_in(tmp_path)
    action = await proposed(store)
    damaged = 99 if column == "risk" else "{nonsense"
    Rows(tmp_path).change(f"UPDATE actions SET {column} = ?", damaged)  # noqa: S608 - a constant above

    with pytest.raises(StateUnavailable, match="damaged"):
        await store.get(action.id)
    await store.close()


# -- any byte ------------------------------------------------------------------------------------


@contextmanager
def approved_row() -> Generator[tuple[BlockingPortal, SqliteStore, Action, Rows]]:
    """A row of two steps that a person approved."""
    with tempfile.TemporaryDirectory() as folder, start_blocking_portal() as portal:
        store = store_in(Path(folder))

        async def make() -> Action:
            return await approved(store, draft(requests=TWO_STEPS), channel=Channel.ELICITATION)

        try:
            yield portal, store, portal.call(make), Rows(Path(folder))
        finally:
            portal.call(store.close)


BOUND = {
    "actions": ("digest", "connection", "account", "preview", "seal"),
    "steps": ("operation", "api", "method", "origin", "target", "body"),
    "decisions": ("channel", "proof"),
}
COLUMNS = [(table, column) for table, columns in BOUND.items() for column in columns]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_no_bound_byte_can_be_another(table: str, column: str) -> None:
    with approved_row() as (portal, store, action, rows):
        before = rows.select(f"SELECT {column} FROM {table} LIMIT 1")[0][0]  # noqa: S608 - constants above
        where = "number = 1" if table == "steps" else "true"
        ((proof,),) = rows.select("SELECT proof FROM decisions")

        def write(value: object) -> None:
            # The approval too is brought back from before: nothing is to stop it but the changed byte.
            rows.change("UPDATE decisions SET proof = ? WHERE state = 'approved'", proof)
            rows.change("UPDATE actions SET state = 'approved'")
            rows.change("UPDATE steps SET state = 'pending'")
            rows.change(f"UPDATE {table} SET {column} = ? WHERE {where}", value)  # noqa: S608 - constants above

        raw = before if isinstance(before, bytes) else str(before).encode()
        is_text = isinstance(before, str)

        @settings(max_examples=40)
        @given(st.integers(0, len(raw) - 1), st.integers(1, 127))
        def change(position: int, by: int) -> None:
            other = (raw[position] + by) % (128 if is_text else 256)
            changed = bytes([*raw[:position], other, *raw[position + 1 :]])
            write(changed.decode() if is_text else changed)
            assert portal.call(can_be_sent, store, action.id, *TWO_STEPS) == []

        change()

        write(before)
        assert portal.call(can_be_sent, store, action.id) == list(TWO_STEPS)
