"""Whose a thing at the vendor is, as far as this ledger can tell; only reads.

An id that one action was answered with cannot be another's doing. What other actions may have done at the
same time without an answer competes for whatever is found there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.action import Step
from egoi_mcp.store import rows

_SAME_ACCOUNT = """
    FROM actions AS own JOIN actions AS other ON other.account = own.account
    JOIN steps ON steps.action_id = other.id
        AND steps.api IN (SELECT asking.api FROM steps AS asking WHERE asking.action_id = own.id)
"""
# Operations and accounts of two vendors may be called alike; the action's own steps tell whose are meant.
# A damaged list of ids names none, and hides no other row's.
_IDS = "json_each(CASE WHEN json_valid(steps.ids) THEN steps.ids ELSE '[]' END) AS held"


def ids_elsewhere(
    db: sqlite3.Connection, action_id: str, operations: Sequence[str], ids: Sequence[str]
) -> frozenset[str]:
    """Those of the ids that other actions on the same account hold, from steps of these operations."""
    marks = ", ".join("?" * len(operations))
    found = db.execute(
        f"""SELECT DISTINCT held.value {_SAME_ACCOUNT}, {_IDS}
            WHERE own.id = ? AND other.id != own.id AND steps.operation IN ({marks})
              AND held.value IN (SELECT value FROM json_each(?))""",  # noqa: S608 - constants and marks
        (action_id, *operations, json.dumps(list(ids))),
    ).fetchall()
    return frozenset(str(row["value"]) for row in found)


def neighbours(
    db: sqlite3.Connection, action_id: str, operations: Sequence[str], since: float, until: float
) -> list[Step]:
    """Steps of other actions on the same account, claimed in that time, that may have taken effect.

    Raises:
        StateUnavailable: a row holds what this version never writes.
    """
    marks = ", ".join("?" * len(operations))
    found = db.execute(
        f"""SELECT steps.* {_SAME_ACCOUNT}
            WHERE own.id = ? AND other.id != own.id AND steps.operation IN ({marks})
              AND steps.claimed_at BETWEEN ? AND ?
              AND steps.state IN ('sending', 'unknown', 'succeeded', 'partial')
            ORDER BY steps.claimed_at""",
        (action_id, *operations, since, until),
    ).fetchall()
    try:
        return [rows.read_step(row) for row in found]
    except (ValueError, TypeError) as error:
        raise StateUnavailable("A row of the state file is damaged, so it settles nothing.") from error
