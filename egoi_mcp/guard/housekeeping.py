"""Keeping the ledger no longer than the owner said, while a server runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import anyio.to_thread

from egoi_mcp import answer_files
from egoi_mcp.errors import StateUnavailable
from egoi_mcp.settings import Retention
from egoi_mcp.store.protocol import Purged, Store

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3_600.0
_logger = logging.getLogger(__name__)


async def purge(store: Store, retention: Retention, now: float) -> Purged:
    """Remove what is older than the retention allows.

    Raises:
        StateUnavailable: the state cannot be written now.
    """
    return await store.purge(
        bodies_before=now - retention.bodies_days * DAY_SECONDS,
        rows_before=now - retention.ledger_days * DAY_SECONDS,
    )


async def purge_answers(
    state_dir: Path,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> None:
    """Remove files of answers whose day is over, at once and then every hour; endless."""
    while True:
        try:
            await anyio.to_thread.run_sync(lambda: answer_files.purge(state_dir, now=now()))
        except OSError as error:
            _logger.error("files of answers were not removed: %s", error.strerror)
        await sleep(HOUR_SECONDS)


async def purge_daily(
    store: Store,
    retention: Retention,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> None:
    """Purge at once and then every day; endless. What fails today is tried again tomorrow."""
    while True:
        try:
            await purge(store, retention, now())
        except StateUnavailable as error:
            _logger.error("the ledger was not purged: %s", error)
        await sleep(DAY_SECONDS)
