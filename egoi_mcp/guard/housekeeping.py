"""Keeping the ledger no longer than the owner said, while a server runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

import anyio

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.settings import Retention
from egoi_mcp.store.protocol import Purged, Store

DAY_SECONDS = 86_400.0
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
