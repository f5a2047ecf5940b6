"""The state file seen and changed behind the store's back."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from egoi_mcp.guard.action import Step
from egoi_mcp.guard.digest import StateKey, load_state_key
from egoi_mcp.store import proofs, rows

_TIMES = {
    "actions": ("created_at", "expires_at", "claimed_at", "finished_at"),
    "steps": ("claimed_at", "finished_at"),
    "decisions": ("decided_at",),
}


@dataclass(frozen=True, slots=True)
class _Proven:
    """An action's approvals, by row, each with whether it is used, and the steps whose tickets are good."""

    approvals: dict[int, bool]
    steps: tuple[Step, ...]


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
        """Make every row as much older as if so many seconds had passed, proofs included."""
        key = load_state_key(self.path.parent)
        with self.open() as db:
            db.row_factory = sqlite3.Row
            proven = _proven(db, key)
            for table, columns in _TIMES.items():
                moved = ", ".join(f"{column} = {column} - :seconds" for column in columns)
                db.execute(f"UPDATE {table} SET {moved}", {"seconds": seconds})  # noqa: S608 - constants
            _prove(db, key, proven)


def _proven(db: sqlite3.Connection, key: StateKey) -> dict[str, _Proven]:
    found: dict[str, _Proven] = {}
    for (action_id,) in db.execute("SELECT id FROM actions").fetchall():
        action = rows.read(db, action_id)
        approvals = {
            each["rowid"]: used
            for each in db.execute("SELECT rowid, * FROM decisions WHERE action_id = ?", (action_id,))
            for used in (False, True)
            if each["proof"] == _approval(key, action.digest, each, used=used)
        }
        steps = tuple(step for step in action.steps if proofs.has_ticket(db, key, action, step))
        found[action_id] = _Proven(approvals, steps)
    return found


def _prove(db: sqlite3.Connection, key: StateKey, proven: dict[str, _Proven]) -> None:
    for action_id, each in proven.items():
        action = rows.read(db, action_id)
        for number, used in each.approvals.items():
            row = db.execute("SELECT * FROM decisions WHERE rowid = ?", (number,)).fetchone()
            proof = _approval(key, action.digest, row, used=used)
            db.execute("UPDATE decisions SET proof = ? WHERE rowid = ?", (proof, number))
        for step in each.steps:
            proofs.give_ticket(db, key, action, step.number, action.owner, step.state)


def _approval(key: StateKey, digest: bytes, row: sqlite3.Row, *, used: bool) -> bytes:
    return key.approval(
        row["action_id"], digest, row["channel"], row["decided_by"], row["decided_at"], used=used
    )
