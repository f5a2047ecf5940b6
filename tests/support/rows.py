"""The state file seen and changed behind the store's back."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_TIMES = {
    "actions": ("created_at", "expires_at", "claimed_at", "finished_at"),
    "steps": ("claimed_at", "finished_at"),
    "decisions": ("decided_at",),
}


class Rows:
    """The tables of a state directory."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / "actions.sqlite3"

    @contextmanager
    def open(self) -> Generator[sqlite3.Connection]:
        """A connection whose changes are kept at the end."""
        db = sqlite3.connect(self.path, timeout=10)
        try:
            with db:
                yield db
        finally:
            db.close()

    def select(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with self.open() as db:
            return db.execute(sql, values).fetchall()

    def change(self, sql: str, *values: object) -> int:
        """Run one statement; how many rows it changed."""
        with self.open() as db:
            return db.execute(sql, values).rowcount

    def states(self) -> dict[str, str]:
        """The state of every action by its id, oldest first; empty before there is a file."""
        if not self.path.exists():
            return {}
        found = self.select("SELECT id, state FROM actions ORDER BY created_at, rowid")
        return {str(action_id): str(state) for action_id, state in found}

    def count(self) -> int:
        """How many actions there are."""
        return len(self.states())

    def let_pass(self, seconds: float) -> None:
        """Make every row as much older as if so many seconds had passed."""
        with self.open() as db:
            for table, columns in _TIMES.items():
                moved = ", ".join(f"{column} = {column} - :seconds" for column in columns)
                db.execute(f"UPDATE {table} SET {moved}", {"seconds": seconds})  # noqa: S608 - constants
