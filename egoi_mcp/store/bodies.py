"""Bodies that are kept apart from their steps, in parts, so that a row is read without them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.packed import joined
from egoi_mcp.guard.action import Step

_PART_BYTES = 1_000_000


def keep(db: sqlite3.Connection, action_id: str, number: int, body: bytes) -> None:
    """Write the body of a step."""
    view = memoryview(body)
    db.executemany(
        "INSERT INTO bodies (action_id, number, part, bytes) VALUES (?, ?, ?, ?)",
        (
            (action_id, number, part, view[start : start + _PART_BYTES])
            for part, start in enumerate(range(0, len(body), _PART_BYTES))
        ),
    )


def whole(db: sqlite3.Connection, action_id: str, step: Step) -> FrozenRequest:
    """The request of a step with its body, whatever the file holds as that by now."""
    if not step.whole:
        return step.frozen
    which = "FROM bodies WHERE action_id = ? AND number = ?"
    # The file's own rules can be changed with the file, so nothing else than bytes is taken for some.
    which += " AND typeof(bytes) = 'blob'"
    (length,) = db.execute(
        f"SELECT COALESCE(SUM(length(bytes)), 0) {which}",
        (action_id, step.number),
    ).fetchone()
    parts = db.execute(f"SELECT bytes {which} ORDER BY part", (action_id, step.number))
    return replace(step.frozen, body=joined(length, (row["bytes"] for row in parts)))


def forget(db: sqlite3.Connection, action_id: str) -> None:
    """Remove every body of an action."""
    db.execute("DELETE FROM bodies WHERE action_id = ?", (action_id,))
