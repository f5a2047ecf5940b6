"""States set back in the file: an approval allows one claim, a claim one sending of each step."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired, NotAllowed, SentBefore
from egoi_mcp.guard.action import Action, Channel, Content, State, StepState, Terms
from egoi_mcp.store.protocol import Decision
from egoi_mcp.store.sqlite import SqliteStore
from tests.store.ledgers import (
    NO_CAPS,
    TIMES,
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

TWO = (request("first"), request("second"))
OPEN_AGAIN = "UPDATE actions SET state = 'approved', owner = NULL, finished_at = NULL, expires_at = 9e9"
STEPS_AGAIN = "UPDATE steps SET state = 'pending', claimed_at = NULL, finished_at = NULL"


async def sendable(store: SqliteStore, action: Action) -> int:
    """How many of the action's requests the door lets pass by now."""
    with suppress(NotAllowed):
        await store.claim(action.id, owner="owner", caps=NO_CAPS)
    passed = 0
    for step in action.steps:
        try:
            await store.claim_step(action.id, step.frozen, Risk.WRITE)
        except ActionRequired:
            continue
        passed += 1
    return passed


async def states(store: SqliteStore, action: Action) -> list[str]:
    now = await store.get(action.id)
    assert now is not None
    return [now.state.value, *(step.state.value for step in now.steps)]


@pytest.mark.parametrize("same_process", [True, False])
async def test_an_action_that_was_done_cannot_be_done_again(tmp_path: Path, same_process: bool) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.SUCCEEDED, draft(requests=TWO))
    Rows(tmp_path).change(OPEN_AGAIN)
    Rows(tmp_path).change(STEPS_AGAIN)

    other = store if same_process else store_in(tmp_path)
    with pytest.raises(NotAllowed, match="has been carried out before"):
        await other.claim(action.id, owner="owner", caps=NO_CAPS)
    assert await states(other, action) == ["unknown", "unknown", "unknown"]
    assert await sendable(other, action) == 0
    await other.close()
    await store.close()


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("left", ["pending", "sending"])
async def test_a_step_that_was_done_is_neither_repeated_nor_taken_over(
    tmp_path: Path, left: str, idempotent: bool
) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.SUCCEEDED, draft(requests=TWO, idempotent=idempotent))
    Rows(tmp_path).change("UPDATE actions SET state = 'executing', owner = 'gone'")
    Rows(tmp_path).change("UPDATE steps SET state = ?", left)

    assert await sendable(store, action) == 0
    assert await store.recover(owner="heir", alive=lambda _: False, connections=("egoi",)) == []
    assert await states(store, action) == ["unknown", "unknown", "unknown"]
    assert await sendable(store, action) == 0
    await store.close()


async def test_a_step_set_back_while_the_others_run_is_not_repeated(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(requests=TWO))
    await store.claim_step(action.id, TWO[0], Risk.WRITE)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED)
    Rows(tmp_path).change(STEPS_AGAIN)

    assert await sendable(store, action) == 1
    assert await states(store, action) == ["executing", "pending", "sending"]
    await store.close()


@pytest.mark.parametrize("state", [State.DECLINED, State.REVOKED, State.VOID])
async def test_what_was_stopped_cannot_be_opened_again(tmp_path: Path, state: State) -> None:
    store = store_in(tmp_path)
    action = await (proposed if state is State.DECLINED else approved)(store, draft(requests=TWO))
    await store.decide(action.id, Decision(state=state, channel=Channel.TERMINAL))
    Rows(tmp_path).change(OPEN_AGAIN)
    Rows(tmp_path).change("UPDATE decisions SET state = 'approved'")

    assert await sendable(store, action) == 0
    assert Rows(tmp_path).states() == {action.id: "void"}
    await store.close()


async def test_an_approval_that_is_too_old_cannot_be_made_younger(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    action = await approved(store, draft(requests=TWO))
    Rows(tmp_path).change("UPDATE actions SET expires_at = 9e9")
    clock.advance(TIMES.approval_seconds + 1)

    with pytest.raises(NotAllowed, match="its approval is too old"):
        await store.claim(action.id, owner="owner", caps=NO_CAPS)
    assert await sendable(store, action) == 0

    again = await approved(store, draft("Another text"))
    clock.advance(TIMES.approval_seconds + 1)
    Rows(tmp_path).change("UPDATE actions SET expires_at = 9e9")
    Rows(tmp_path).change("UPDATE decisions SET decided_at = decided_at + 9999")
    assert await sendable(store, again) == 0
    await store.close()


@pytest.mark.parametrize(("earlier_seconds", "state"), [(0, "approved"), (3600, "void")])
async def test_a_hold_cannot_be_cut_short(tmp_path: Path, earlier_seconds: int, state: str) -> None:
    store = store_in(tmp_path)
    wanted = replace(draft(requests=TWO), terms=Terms(hold_seconds=300.0))
    action = await approved(store, wanted)
    Rows(tmp_path).change("UPDATE decisions SET decided_at = decided_at - ?", earlier_seconds)

    assert await sendable(store, action) == 0
    assert Rows(tmp_path).states() == {action.id: state}
    await store.close()


@pytest.mark.parametrize("owner", ["owner", "gone", None])
async def test_an_approved_action_cannot_be_marked_as_claimed(tmp_path: Path, owner: str | None) -> None:
    store = store_in(tmp_path)
    action = await approved(store, draft(requests=TWO))
    Rows(tmp_path).change("UPDATE actions SET state = 'executing', owner = ?", owner)

    assert await sendable(store, action) == 0
    assert await store.recover(owner="heir", alive=lambda _: False, connections=("egoi",)) == []
    assert await sendable(store, action) == 0
    assert Rows(tmp_path).states() == {action.id: "unknown"}
    await store.close()


@pytest.mark.parametrize("change", ["owner = 'gone'", "owner = NULL", "expires_at = 9e9"])
async def test_work_under_way_cannot_be_handed_to_another(tmp_path: Path, change: str) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(requests=TWO, idempotent=True), owner="owner")
    await store.claim_step(action.id, TWO[0], Risk.WRITE)
    Rows(tmp_path).change(f"UPDATE actions SET {change}")  # noqa: S608 - a constant above

    assert await store.recover(owner="heir", alive=lambda _: False, connections=("egoi",)) == []
    assert await states(store, action) == ["unknown", "unknown", "unknown"]
    assert await sendable(store, action) == 0
    await store.close()


async def test_an_older_copy_of_the_file_makes_the_process_that_sent_send_nothing_again(
    tmp_path: Path,
) -> None:
    store = store_in(tmp_path)
    action = await approved(store, draft(requests=TWO))
    copy = Rows(tmp_path).select("SELECT proof FROM decisions")[0][0]
    await store.claim(action.id, owner="owner", caps=NO_CAPS)
    assert await sendable(store, action) == 2
    Rows(tmp_path).change("UPDATE decisions SET proof = ?", copy)
    Rows(tmp_path).change(OPEN_AGAIN)
    Rows(tmp_path).change(STEPS_AGAIN)

    assert await sendable(store, action) == 0
    assert await states(store, action) == ["unknown", "unknown", "unknown"]
    await store.close()


async def test_an_older_copy_of_a_ticket_makes_the_process_that_sent_send_nothing_again(
    tmp_path: Path,
) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(requests=TWO))
    copies = Rows(tmp_path).select("SELECT ticket, number FROM steps")
    assert await sendable(store, action) == 2
    for copy in copies:
        Rows(tmp_path).change("UPDATE steps SET state = 'pending', ticket = ? WHERE number = ?", *copy)

    assert await sendable(store, action) == 0
    for each in TWO:
        with pytest.raises(SentBefore, match="how it ended is not known"):
            await store.claim_step(action.id, each, Risk.SEND)
    await store.close()


async def test_an_older_copy_of_the_file_is_of_no_use_once_the_approval_is_too_old(tmp_path: Path) -> None:
    clock = Clock()
    folder, copy = tmp_path / "state", tmp_path / "copy"
    folder.mkdir()
    store = store_in(folder, clock)
    action = await approved(store, draft(requests=TWO))
    await store.close()
    shutil.copytree(folder, copy)
    for late in (False, True):
        if late:
            clock.advance(TIMES.approval_seconds + 1)
        old = store_in(copy, clock)
        Rows(copy).change(OPEN_AGAIN)
        # Within that time it is, in another process: an older copy is all that this process could know.
        assert await sendable(old, action) == (0 if late else 2)
        await old.close()
        shutil.rmtree(copy)
        shutil.copytree(folder, copy)


async def test_a_decision_written_beside_the_approval_does_not_change_who_approved(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await approved(store, channel=Channel.POLICY)
    Rows(tmp_path).change("INSERT INTO decisions VALUES (?, 'void', 'terminal', 'owner', 0, x'')", action.id)
    claimed = await store.claim(action.id, owner="owner", caps=NO_CAPS)

    assert claimed is not None
    assert claimed.channel is Channel.POLICY
    await store.close()


async def test_an_approval_written_beside_a_proven_one_is_not_passed_over(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await approved(store, channel=Channel.POLICY)
    Rows(tmp_path).change(
        "INSERT INTO decisions VALUES (?, 'approved', 'terminal', 'owner', 0, x'')", action.id
    )

    assert await sendable(store, action) == 0
    assert Rows(tmp_path).states() == {action.id: "void"}
    await store.close()


async def test_of_two_who_must_approve_one_cannot_be_counted_twice(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    wanted = replace(draft(requests=TWO), terms=Terms(approvals=2))
    action = await proposed(store, wanted)
    ana = Decision(state=State.APPROVED, channel=Channel.TERMINAL, by="ana", named=True)
    await store.decide(action.id, ana)
    Rows(tmp_path).change("INSERT INTO decisions SELECT * FROM decisions")
    Rows(tmp_path).change(OPEN_AGAIN)
    assert await sendable(store, action) == 0

    other = await proposed(store, replace(draft("Another text"), terms=Terms(approvals=2)))
    for name in ("ana", "rui"):
        await store.decide(other.id, replace(ana, by=name))
    assert await sendable(store, other) == 1
    await store.close()


# -- the words of a campaign ---------------------------------------------------------------------

WORDS = Content(channel="sms", title="June", text="Hello")


async def written(store: SqliteStore) -> Action:
    """A campaign that was made, with its words."""
    action = await executing(store, draft(requests=TWO[:1], content=WORDS))
    await store.claim_step(action.id, TWO[0], Risk.WRITE)
    return action


async def test_the_words_that_were_kept_are_found(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await written(store)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=["abc"])
    await store.keep_stamp("egoi", "700001", "abc", "2026-06-01 10:00:00")

    assert await store.content("egoi", "700001", "abc") == replace(WORDS, updated="2026-06-01 10:00:00")
    await store.close()


@pytest.mark.parametrize(
    "change",
    [
        "content = replace(content, 'Hello', 'Howdy')",
        "content = '{nonsense'",
        "campaign_hash = 'other'",
        "account = '700002'",
        "connection = 'txtsync'",
        "seal = x''",
    ],
)
async def test_words_that_were_changed_in_the_file_are_nobodys(tmp_path: Path, change: str) -> None:
    store = store_in(tmp_path)
    action = await written(store)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=["abc"])
    Rows(tmp_path).change(f"UPDATE contents SET {change}")  # noqa: S608 - a constant above

    for connection, account, campaign in Rows(tmp_path).select(
        "SELECT connection, account, campaign_hash FROM contents"
    ):
        assert await store.content(str(connection), str(account), str(campaign)) is None
        await store.keep_stamp(str(connection), str(account), str(campaign), "2026-06-01 10:00:00")
        assert await store.content(str(connection), str(account), str(campaign)) is None
    await store.close()


@pytest.mark.parametrize("content", ["{nonsense", '{"channel": "sms", "title": "June", "text": "Howdy"}'])
async def test_words_that_were_changed_while_the_request_ran_are_not_kept(
    tmp_path: Path, content: str
) -> None:
    store = store_in(tmp_path)
    action = await written(store)
    Rows(tmp_path).change("UPDATE actions SET content = ?", content)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=["abc"])

    assert await store.content("egoi", "700001", "abc") is None
    assert Rows(tmp_path).select("SELECT state FROM steps") == [("succeeded",)]
    await store.close()
