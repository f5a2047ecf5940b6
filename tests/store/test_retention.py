"""How long the ledger keeps what, and that nothing of the rest can be read afterwards."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from egoi_mcp.guard.action import Channel, Content, Draft, State, StepState, Terms
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.witnesses import Witness
from egoi_mcp.models.preview import Preview
from egoi_mcp.store import database, retention
from egoi_mcp.store.protocol import Decision, Purged
from egoi_mcp.store.sqlite import SqliteStore
from tests.store.ledgers import KEY, approval, approved, draft, ended, executing, proposed, request, store_in
from tests.support import Clock, Rows
from tests.support.clock import NOW

pytestmark = pytest.mark.anyio

DAY = 86_400.0
SECRET = "Dark chocolate for number nine"
TERMS = Terms(
    reach=Reach(
        lists=(12,),
        senders=("501",),
        recipients=("+351900000001",),
        texts=(SECRET,),
        links=(SECRET,),
        unknown=(SECRET,),
    ),
    witnesses=(Witness(kind="list", subject="12", seen={"title": SECRET}, count=3),),
    cost=36_000,
    approvals=1,
    principal="ana",
)


def full_draft() -> Draft:
    """A draft with everything that a draft may have."""
    return replace(
        draft(SECRET, content=Content(channel="sms", title="T", text=SECRET)),
        terms=TERMS,
        marks=(KEY.person("+351900000001"),),
        texts=(b"t" * 16,),
    )


async def purge(store: SqliteStore, clock: Clock, *, bodies: float = 7, rows: float = 365) -> Purged:
    return await store.purge(bodies_before=clock() - bodies * DAY, rows_before=clock() - rows * DAY)


def raw(state_dir: Path) -> bytes:
    """Every byte of the state directory."""
    return b"".join(path.read_bytes() for path in sorted(state_dir.rglob("*")) if path.is_file())


async def test_seven_days_after_its_end_only_the_fact_of_an_action_is_left(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    action = await executing(store, full_draft())
    (step,) = action.steps
    await store.claim_step(action.id, step.frozen, action.risk)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=["msg1"], note=SECRET, status=202)
    await store.finish(action.id)
    Rows(tmp_path).change("DELETE FROM contents")
    clock.advance(7 * DAY)
    assert await purge(store, clock) == Purged()
    assert SECRET.encode() in raw(tmp_path)
    clock.advance(1)
    assert await purge(store, clock) == Purged(emptied=1)

    left = await store.get(action.id)
    assert left is not None
    assert left.preview == Preview(title="sendSmsMessages", account=action.preview.account, recipients=1)
    assert (left.state, left.client, left.recipients) == (State.SUCCEEDED, "test 1", 1)
    assert (left.created_at, left.finished_at, left.purged_at) == (NOW, NOW, clock())
    assert [each.channel for each in left.decisions] == [Channel.TERMINAL]
    assert left.terms == replace(TERMS, witnesses=(), reach=Reach(lists=(12,), senders=("501",)))
    assert [(each.operation, each.status, each.ids, each.note) for each in left.steps] == [
        ("sendSmsMessages", 202, (), "")
    ]
    for table in ("fingerprints", "people", "texts"):
        assert Rows(tmp_path).select(f"SELECT * FROM {table}") == []  # noqa: S608 - a constant
    assert Rows(tmp_path).select("SELECT digest, seal FROM actions") == [(b"", b"")]
    assert SECRET.encode() not in raw(tmp_path)
    await store.close()


async def test_a_purge_twice_is_a_purge_once(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    await ended(store, StepState.SUCCEEDED)
    clock.advance(8 * DAY)
    assert (await purge(store, clock)).emptied == 1
    before = Rows(tmp_path).select("SELECT * FROM actions")
    assert await purge(store, clock) == Purged()
    assert Rows(tmp_path).select("SELECT * FROM actions") == before
    await store.close()


@pytest.mark.parametrize("state", [State.DECLINED, State.REVOKED, State.VOID])
async def test_what_was_never_sent_is_emptied_too(tmp_path: Path, state: State) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    action = await proposed(store)
    await store.decide(action.id, Decision(state=state, channel=Channel.TERMINAL, by="owner"))
    clock.advance(8 * DAY)
    assert (await purge(store, clock)).emptied == 1
    left = await store.get(action.id)
    assert left is not None
    assert (left.state, [each.state for each in left.decisions]) == (state, [state])
    await store.close()


async def test_a_proposal_that_nobody_answered_expires_and_is_emptied(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    action = await proposed(store)
    clock.advance(8 * DAY)
    assert (await purge(store, clock)).emptied == 1
    assert Rows(tmp_path).states() == {action.id: "expired"}
    await store.close()


async def test_an_unknown_action_keeps_its_requests_until_it_is_settled(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    action = await ended(store, StepState.UNKNOWN)
    clock.advance(300 * DAY)
    assert await purge(store, clock) == Purged()
    assert (await store.propose(draft())).action.duplicate_of == action.id
    await store.settle(action.id, sent=True, by="owner")
    clock.advance(8 * DAY)
    assert (await purge(store, clock)).emptied == 2
    await store.close()


async def test_no_row_outlives_the_ledgers_days(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    unknown = await ended(store, StepState.UNKNOWN, draft("one"))
    done = await ended(
        store, StepState.SUCCEEDED, draft("two", content=Content(channel="sms", title="T", text="x"))
    )
    nobodys = await executing(store, draft("three"))
    Rows(tmp_path).change("UPDATE actions SET owner = NULL WHERE id = ?", nobodys.id)
    mine = await executing(store, draft("four"), owner="owner")
    clock.advance(365 * DAY)
    assert (await purge(store, clock)).removed == 0
    clock.advance(1)
    assert await purge(store, clock) == Purged(emptied=0, removed=3)
    assert set(Rows(tmp_path).states()) == {mine.id}
    assert {unknown.id, done.id}.isdisjoint(Rows(tmp_path).states())
    for table in ("steps", "decisions", "fingerprints"):
        found = Rows(tmp_path).select(f"SELECT action_id FROM {table}")  # noqa: S608 - a constant
        assert {row[0] for row in found} == {mine.id}
    await store.close()


async def test_the_content_of_a_campaign_is_kept_as_long_as_a_row(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    content = Content(channel="sms", title="T", text="x")
    action = await executing(store, draft(content=content))
    await store.claim_step(action.id, action.steps[0].frozen, action.risk)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=["hash"])
    await store.finish(action.id)
    clock.advance(365 * DAY)
    await purge(store, clock)
    assert await store.content("egoi", "700001", "hash") == content
    clock.advance(1)
    await purge(store, clock)
    assert await store.content("egoi", "700001", "hash") is None
    await store.close()


async def test_what_recognises_a_repetition_goes_when_it_has_no_use_any_more(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    await ended(store, StepState.SUCCEEDED)
    clock.advance(599)
    await purge(store, clock)
    assert len(Rows(tmp_path).select("SELECT * FROM fingerprints")) == 1
    clock.advance(1)
    await purge(store, clock)
    assert Rows(tmp_path).select("SELECT * FROM fingerprints") == []
    await store.close()


async def test_many_rows_go_in_small_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    for number in range(7):
        action = await proposed(store, draft(f"text {number}"))
        await store.decide(action.id, Decision(state=State.DECLINED, channel=Channel.TERMINAL))
    monkeypatch.setattr(retention, "_MOST_AT_ONCE", 3)
    clock.advance(8 * DAY)
    assert (await purge(store, clock)).emptied == 7
    clock.advance(365 * DAY)
    assert (await purge(store, clock)).removed == 7
    await store.close()


async def test_nothing_that_was_deleted_can_be_read_in_any_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of all sizes, some of them erased, in an order that makes the file's pages be rearranged."""
    chance = random.Random(1)
    store = store_in(tmp_path)
    kept: dict[str, str] = {}
    gone: list[str] = []

    def not_now(_: database.Database) -> bool:
        return False

    def number(row: int) -> str:
        return f"+3519{row:08d}"

    with monkeypatch.context() as busy:
        busy.setattr(database.Database, "scrub", not_now)
        for row in range(200):
            size = chance.choice((10, 200, 1500, 6000))
            requests = [
                request(f"SECRET{row:04d}X{'b' * chance.choice((10, 300, 3000))}{each}")
                for each in range(chance.choice((1, 1, 3, 20)))
            ]
            wanted = draft("p" * size, requests=requests)
            action = await proposed(store, replace(wanted, marks=(KEY.person(number(row)),)))
            kept[number(row)] = f"SECRET{row:04d}X"
            await store.decide(action.id, Decision(state=State.DECLINED, channel=Channel.TERMINAL))
            if chance.random() < 0.6:
                person = chance.choice(sorted(kept))
                erased = await store.erase([person], channel=Channel.TERMINAL, by="owner")
                assert (erased.emptied, erased.scrubbed) == (1, False)
                gone.append(kept.pop(person))
    await store.purge(bodies_before=0, rows_before=0)
    after = raw(tmp_path)
    assert len(gone) > 100
    assert [secret for secret in gone if secret.encode() in after] == []
    assert [secret for secret in kept.values() if secret.encode() not in after] == []
    assert (tmp_path / "actions.sqlite3-wal").stat().st_size < 10_000
    await store.close()


async def test_what_could_not_be_scrubbed_now_is_scrubbed_by_the_next_purge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    clock = Clock()
    store = store_in(tmp_path, clock)
    await ended(store, StepState.SUCCEEDED, draft(SECRET))
    clock.advance(8 * DAY)
    with Rows(tmp_path).open() as db:
        db.execute("BEGIN")
        db.execute("SELECT * FROM actions").fetchall()
        purged = await purge(store, clock)
        assert (purged.emptied, purged.scrubbed) == (1, False)
        assert SECRET.encode() in raw(tmp_path)
        db.execute("ROLLBACK")
    assert await purge(store, clock) == Purged(emptied=0, removed=0, scrubbed=True)
    assert SECRET.encode() not in raw(tmp_path)
    await store.close()


async def test_an_emptied_action_can_be_proposed_again(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    first = await ended(store, StepState.SUCCEEDED)
    clock.advance(8 * DAY)
    await purge(store, clock)
    again = await store.propose(draft())
    assert (again.created, again.action.duplicate_of) == (True, None)
    assert again.action.id != first.id
    assert (await store.decide(again.action.id, approval())).state is State.APPROVED
    assert (await approved(store, draft("other"))).state is State.APPROVED
    await store.close()


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("web form, 1 March 2026", {"legal basis": "consent", "source": "web form, 1 March 2026"}),
        ("call with ana@example.com", {"legal basis": "consent"}),
        ("call from +351 900 000 001", {"legal basis": "consent"}),
    ],
)
async def test_the_legal_basis_stays_with_the_row_and_its_source_unless_that_names_somebody(
    tmp_path: Path, source: str, kept: dict[str, str]
) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    stated = {"legal basis": "consent", "source": source, "note": SECRET}
    wanted = full_draft()
    wanted = replace(wanted, preview=wanted.preview.model_copy(update={"facts": stated}))
    action = await executing(store, wanted)
    await store.claim_step(action.id, action.steps[0].frozen, action.risk)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED)
    clock.advance(7 * DAY + 1)
    await purge(store, clock)

    left = await store.get(action.id)
    assert left is not None
    assert left.preview.facts == kept
    await store.close()
