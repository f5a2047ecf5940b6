"""How long rows are kept, and erasing a person from them, as statements inside a transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from egoi_mcp.guard.action import Terms
from egoi_mcp.models.preview import Preview
from egoi_mcp.store import rows
from egoi_mcp.store.protocol import Purged

_ENDED = "state NOT IN ('proposed', 'approved', 'executing', 'unknown')"
_ERASED = "a person in it was erased before it began. Nothing was sent."


def purge(db: sqlite3.Connection, *, bodies_before: float, rows_before: float, now: float) -> Purged:
    """Remove requests and previews of actions that ended before the one time, whole rows before the other."""
    old = db.execute(
        f"SELECT id FROM actions WHERE {_ENDED} AND finished_at < ? AND purged_at IS NULL",  # noqa: S608 - a constant
        (bodies_before,),
    ).fetchall()
    for row in old:
        empty(db, row["id"], now)
    db.execute("DELETE FROM contents WHERE written_at < ?", (rows_before,))
    gone = db.execute(
        f"DELETE FROM actions WHERE {_ENDED} AND finished_at < ?",  # noqa: S608 - a constant
        (rows_before,),
    ).rowcount
    return Purged(emptied=len(old), removed=gone)


def empty(db: sqlite3.Connection, action_id: str, now: float) -> None:
    """Leave of an action only the fact: who, when, what kind of deed, how many, how it ended."""
    row = db.execute("SELECT preview FROM actions WHERE id = ?", (action_id,)).fetchone()
    try:
        account = Preview.model_validate_json(row["preview"]).account
    except ValueError:
        account = ""
    operations = db.execute(
        "SELECT DISTINCT operation FROM steps WHERE action_id = ? ORDER BY operation", (action_id,)
    ).fetchall()
    title = ", ".join(each["operation"] for each in operations)
    left = Preview(title=title, account=account)
    terms = rows.dump_terms(Terms())
    db.execute(
        "UPDATE actions SET preview = ?, content = NULL, terms = ?, note = '', purged_at = ? WHERE id = ?",
        (left.model_dump_json(), terms, now, action_id),
    )
    db.execute(
        "UPDATE steps SET target = '', body = x'', ids = '[]', note = '' WHERE action_id = ?", (action_id,)
    )
    db.execute("DELETE FROM people WHERE action_id = ?", (action_id,))
    db.execute("DELETE FROM texts WHERE action_id = ?", (action_id,))


def erase(db: sqlite3.Connection, mark: bytes, words: Sequence[str], now: float) -> int:
    """Empty every action that names a person, by mark or by one of their ids as it is written; how many.

    One that has not begun is voided first; one under way or of unknown outcome is emptied when it has
    ended, by the next purge. A keyed tombstone stays, which tells that somebody was erased and not who.
    """
    marked = db.execute("SELECT action_id FROM people WHERE mark = ?", (mark,)).fetchall()
    ids = {str(row["action_id"]) for row in marked} | _naming(db, words)
    for action_id in ids:
        db.execute(
            """UPDATE actions SET state = 'void', note = ?, finished_at = ?
               WHERE id = ? AND state IN ('proposed', 'approved')""",
            (f"Action {action_id} is void: {_ERASED}", now, action_id),
        )
        ended = db.execute(
            f"SELECT 1 FROM actions WHERE id = ? AND {_ENDED}",  # noqa: S608 - a constant
            (action_id,),
        ).fetchone()
        if ended is not None:
            empty(db, action_id, now)
    db.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?)", (mark, now, len(ids)))
    return len(ids)


def _naming(db: sqlite3.Connection, words: Sequence[str]) -> set[str]:
    """Actions whose requests, preview or ids hold one of the words as it stands."""
    found: set[str] = set()
    for word in words:
        quoted = json.dumps(word, ensure_ascii=False)[1:-1]
        found |= {
            str(row["id"])
            for row in db.execute(
                """SELECT DISTINCT actions.id FROM actions JOIN steps ON action_id = actions.id
                   WHERE instr(CAST(body AS TEXT), :word) OR instr(target, :word)
                      OR instr(preview, :word) OR instr(ids, :word)""",
                {"word": quoted},
            )
        }
    return found
