"""The file itself: its modes, its versions, and what happens when it cannot be used."""

from __future__ import annotations

import stat
from pathlib import Path

import anyio
import pytest

from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.action import Content, StepState
from egoi_mcp.store import database
from egoi_mcp.store.schema import MIGRATIONS
from tests.store.ledgers import approval, draft, ended, executing, proposed, store_in
from tests.support import Rows

pytestmark = pytest.mark.anyio


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_only_the_owner_can_read_the_file_and_its_log(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await proposed(store)

    assert modes_in(tmp_path) == dict.fromkeys(
        ("actions.sqlite3", "actions.sqlite3-wal", "actions.sqlite3-shm"), 0o600
    )
    await store.close()


async def test_what_a_method_returned_is_there_for_the_next_process(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await ended(store, StepState.SUCCEEDED)
    await store.close()
    next_one = store_in(tmp_path)

    assert await next_one.get(action.id) == action
    await next_one.close()


async def test_every_write_is_on_the_disk_when_it_returns(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await proposed(store)
    connection = store._file.connection()  # pyright: ignore[reportPrivateUsage]  # the pragma belongs to it

    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    await store.close()


async def test_many_stores_may_make_the_file_at_once(tmp_path: Path) -> None:
    stores = [store_in(tmp_path) for _ in range(8)]

    async with anyio.create_task_group() as tasks:
        for store in stores:
            tasks.start_soon(proposed, store)

    assert len(Rows(tmp_path).states()) == 1
    assert Rows(tmp_path).select("PRAGMA user_version") == [(len(MIGRATIONS),)]
    for store in stores:
        await store.close()


async def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    with rows.open() as db:
        db.execute("PRAGMA user_version = 99")
    store = store_in(tmp_path)

    with pytest.raises(StateUnavailable, match="newer version"):
        await proposed(store)
    assert rows.select("SELECT name FROM sqlite_master") == []
    await store.close()


async def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "actions.sqlite3").write_bytes(b"not a database" * 100)
    store = store_in(tmp_path)

    with pytest.raises(StateUnavailable, match="nothing was sent"):
        await proposed(store)
    await store.close()


async def test_a_folder_in_the_files_place_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "actions.sqlite3").mkdir()
    store = store_in(tmp_path)

    with pytest.raises(StateUnavailable, match="nothing was sent"):
        await proposed(store)
    await store.close()


async def test_a_missing_state_directory_is_told_as_such(tmp_path: Path) -> None:
    store = store_in(tmp_path / "nothing")

    with pytest.raises(StateUnavailable, match="nothing was sent"):
        await proposed(store)
    await store.close()


async def test_a_file_that_another_holds_is_given_up_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    store = store_in(tmp_path)
    action = await executing(store)
    with Rows(tmp_path).open() as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateUnavailable, match="locked"):
            await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
        db.execute("ROLLBACK")

    await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    await store.close()


async def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await proposed(store, draft("first"))
    with Rows(tmp_path).open() as db:
        db.execute("CREATE TRIGGER full BEFORE INSERT ON steps BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    with pytest.raises(StateUnavailable, match="disk is full"):
        await proposed(store, draft("second"))
    assert len(Rows(tmp_path).states()) == 1
    Rows(tmp_path).change("DROP TRIGGER full")

    await proposed(store, draft("second"))
    assert len(Rows(tmp_path).states()) == 2
    await store.close()


async def test_an_interrupted_migration_is_done_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE broken (;"))
    store = store_in(tmp_path)
    with pytest.raises(StateUnavailable):
        await proposed(store)
    await store.close()
    monkeypatch.undo()
    store = store_in(tmp_path)

    assert (await store.propose(draft())).created
    await store.close()


async def test_closing_twice_is_closing_once_and_the_file_opens_again(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await proposed(store)
    await store.close()
    await store.close()

    assert await store.get(action.id) == action
    await store.close()


async def test_personal_data_in_fingerprints_cannot_be_read_back(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await proposed(store, draft("Hello", ("+351900000001",)))
    ((mark,),) = Rows(tmp_path).select("SELECT mark FROM fingerprints")

    assert isinstance(mark, bytes)
    assert len(mark) == 16
    assert b"351900000001" not in mark
    await store.close()


# -- what this server wrote -----------------------------------------------------------------------


async def test_the_content_of_a_campaign_is_kept_once_the_vendor_gave_it_a_name(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    content = Content(channel="sms", title="Spring", text="Olá\u2028STOP")
    action = await executing(store, draft(content=content))
    await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    assert await store.content("egoi", "700001", "hash") is None
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=["hash"])

    assert await store.content("egoi", "700001", "hash") == content
    assert await store.content("egoi", "700002", "hash") is None
    assert await store.content("txtsync", "700001", "hash") is None
    await store.close()


@pytest.mark.parametrize("state", [StepState.FAILED, StepState.UNKNOWN, StepState.PARTIAL])
async def test_content_that_was_not_surely_written_is_not_kept(tmp_path: Path, state: StepState) -> None:
    store = store_in(tmp_path)
    action = await executing(store, draft(content=Content(channel="sms", title="T", text="Hello")))
    await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    await store.finish_step(action.id, 1, state, ids=["hash"])

    assert await store.content("egoi", "700001", "hash") is None
    await store.close()


async def test_what_a_step_brought_is_kept_with_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await executing(store)
    await store.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED, ids=["1", "2"], note="2 done")
    now = await store.finish(action.id)

    assert (now.steps[0].ids, now.steps[0].note) == (("1", "2"), "2 done")
    await store.close()


async def test_no_error_of_the_library_comes_through(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    action = await proposed(store)
    Rows(tmp_path).change("DROP TABLE decisions")

    for call in (store.get(action.id), store.newest(), store.decide(action.id, approval())):
        with pytest.raises(StateUnavailable, match="no such table"):
            await call
    await store.close()
