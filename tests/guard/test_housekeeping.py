"""A server keeps the ledger no longer than the owner said: at its start, and every day."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import anyio
import pytest

from egoi_mcp.app import open_app
from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.action import StepState
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.guard.housekeeping import DAY_SECONDS, purge, purge_daily
from egoi_mcp.settings import Retention, from_environ
from egoi_mcp.store.protocol import Purged
from egoi_mcp.store.sqlite import SqliteStore
from tests.store.ledgers import draft, ended, store_in
from tests.support import Clock, until

pytestmark = pytest.mark.anyio


class EnoughDays(Exception):
    """Ends what is endless."""


async def test_it_purges_at_once_and_then_every_day(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    await ended(store, StepState.SUCCEEDED)
    slept: list[float] = []
    held: list[bool] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        (action,) = await store.newest()
        held.append(action.purged_at is None)
        clock.advance(seconds)
        if len(slept) == 4:
            raise EnoughDays

    with pytest.raises(EnoughDays):
        await purge_daily(store, Retention(bodies_days=2), now=clock, sleep=sleep)
    assert slept == [DAY_SECONDS] * 4
    assert held == [True, True, True, False]
    await store.close()


@pytest.mark.parametrize(("days", "emptied", "removed"), [(7, 0, 0), (8, 1, 0), (365, 1, 0), (366, 0, 1)])
async def test_the_owners_days_count(tmp_path: Path, days: int, emptied: int, removed: int) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    await ended(store, StepState.SUCCEEDED)
    clock.advance(days * DAY_SECONDS)
    assert (await purge(store, Retention(), clock())).removed == removed
    assert len(await store.newest()) == 1 - removed
    assert sum(each.purged_at is not None for each in await store.newest()) == emptied
    await store.close()


async def test_a_day_that_fails_is_made_good_on_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    store = store_in(tmp_path)
    done = SqliteStore.purge
    days = 0

    async def fail_first(self: SqliteStore, *, bodies_before: float, rows_before: float) -> Purged:
        if days == 0:
            raise StateUnavailable("the disk is full")
        return await done(self, bodies_before=bodies_before, rows_before=rows_before)

    async def sleep(_: float) -> None:
        nonlocal days
        days += 1
        if days == 2:
            raise EnoughDays

    monkeypatch.setattr(SqliteStore, "purge", fail_first)
    with pytest.raises(EnoughDays):
        await purge_daily(store, Retention(), now=Clock(), sleep=sleep)
    assert "the ledger was not purged: the disk is full" in caplog.text
    await store.close()


async def test_a_server_that_starts_purges_in_the_background(tmp_path: Path) -> None:
    environ = {
        "EGOI_MCP_SANDBOX": "1",
        "EGOI_MCP_STATE_DIR": str(tmp_path),
        "EGOI_MCP_BODIES_DAYS": "3",
    }
    settings = from_environ(environ)
    key = load_state_key(settings.state_dir)
    store = store_in(settings.state_dir, lambda: time.time() - 4 * DAY_SECONDS, key=key)
    action = await ended(store, StepState.SUCCEEDED, draft(key=key))
    await store.close()

    async with open_app(settings) as app:

        async def emptied() -> bool:
            found = await app.store.get(action.id)
            return found is not None and found.purged_at is not None

        await until(emptied)


async def test_a_long_purge_lets_others_in_between(tmp_path: Path) -> None:
    clock = Clock()
    store = store_in(tmp_path, clock)
    for number in range(250):
        await store.propose(draft(f"text {number}"))
    clock.advance(8 * DAY_SECONDS)
    order: list[str] = []

    async def purge_all() -> None:
        await purge(store, Retention(), clock())
        order.append("purged")

    async def look() -> None:
        await store.newest(limit=1)
        order.append("looked")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(purge_all)
        tasks.start_soon(look)
    assert order == ["looked", "purged"]
    await store.close()
