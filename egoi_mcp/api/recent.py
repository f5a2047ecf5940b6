"""What a connection read a moment ago, so that a name is not looked up again with every call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from egoi_mcp.models.vendor_json import Json

KEPT_SECONDS = 60.0
"""For so long an answer is believed."""

Rows: TypeAlias = tuple[Json, ...]


class Recent:
    """Rows by key, each for a minute; `now` is a clock in seconds.

    A clock that is set back ends the minute too: nothing is believed for longer.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: dict[str, tuple[float, Rows]] = {}

    def get(self, key: str) -> Rows | None:
        """The rows kept under the key; None where there are none, or they are too old."""
        since, rows = self._kept.get(key, (0.0, None))
        return rows if rows is not None and self._is_fresh(since) else None

    def keep(self, key: str, rows: Rows) -> None:
        """Keep the rows from now on, and let go of what is too old."""
        self._kept = {other: held for other, held in self._kept.items() if self._is_fresh(held[0])}
        self._kept[key] = (self._now(), rows)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _is_fresh(self, since: float) -> bool:
        return 0 <= self._now() - since < KEPT_SECONDS
