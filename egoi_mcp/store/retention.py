"""How long rows are kept, as statements inside a transaction.

Requests and previews go some days after an action's end, its row at the end of the ledger's time. What is
left of an emptied row is the fact: who asked, who decided, what kind of deed, for how many, how it ended, and
on what legal basis.
"""

from __future__ import annotations

import sqlite3

from egoi_mcp.guard.action import Terms
from egoi_mcp.guard.people import people_in
from egoi_mcp.guard.reach import Reach
from egoi_mcp.models.preview import Preview
from egoi_mcp.store import bodies, rows, standing_rules
from egoi_mcp.store.protocol import Purged

ENDED = "state NOT IN ('proposed', 'approved', 'executing', 'unknown')"
BASIS_FACTS = ("legal basis", "source")
"""What a preview calls the reason for letting people be contacted, which has to be shown for long."""
_MOST_AT_ONCE = 100
"""So many actions a transaction, so that nobody waits long for the next one."""

_OVER = f"""
    purged_at IS NULL AND {ENDED} AND (
        COALESCE(finished_at, created_at) < :bodies_before
        OR id IN (SELECT action_id FROM people JOIN tombstones ON people.mark = tombstones.mark
                  WHERE actions.created_at <= erased_at))
"""  # noqa: S608 - a constant
# What may still begin, or is under way, is never removed under its server; what nobody can carry on is.
_ANCIENT = (
    "created_at < :rows_before AND state NOT IN ('proposed', 'approved')"
    " AND (state != 'executing' OR owner IS NULL)"
)


def purge(
    db: sqlite3.Connection,
    *,
    bodies_before: float,
    rows_before: float,
    marks_before: float,
    now: float,
) -> Purged:
    """One step: empty and remove a number of actions whose time has come; nothing is left where both are 0.

    `marks_before` is the end before which an action's marks are of no use any more.
    """
    times = {"bodies_before": bodies_before, "rows_before": rows_before}
    found = db.execute(
        f"SELECT id FROM actions WHERE {_OVER} LIMIT {_MOST_AT_ONCE}",  # noqa: S608 - constants
        times,
    ).fetchall()
    emptied = sum(empty(db, row["id"], now) for row in found)
    removed = db.execute(
        f"DELETE FROM actions WHERE id IN (SELECT id FROM actions WHERE {_ANCIENT} LIMIT {_MOST_AT_ONCE})",  # noqa: S608 - constants
        times,
    ).rowcount
    forget_marks(db, marks_before)
    forgotten = db.execute("DELETE FROM contents WHERE written_at < :rows_before", times).rowcount
    forgotten += standing_rules.forget_ended(db, rows_before)
    db.execute("DELETE FROM tombstones WHERE erased_at < :rows_before", times)
    if emptied or removed or forgotten:
        leave_unscrubbed(db, now)
    return Purged(emptied=emptied, removed=removed)


def empty(db: sqlite3.Connection, action_id: str, now: float, *, note: str = "") -> int:
    """Leave of an action only the fact; `note` is what is said of its end. Gives how many it was, 1 or 0."""
    row = db.execute("SELECT preview, recipients, terms FROM actions WHERE id = ?", (action_id,)).fetchone()
    if row is None:
        # An id that is damaged reads otherwise than it is written.
        return 0
    operations = db.execute(
        "SELECT DISTINCT operation FROM steps WHERE action_id = ? ORDER BY operation", (action_id,)
    ).fetchall()
    left = Preview(
        title=", ".join(each["operation"] for each in operations),
        account=_account(row["preview"]),
        recipients=row["recipients"],
        facts=_basis(row["preview"]),
    )
    db.execute(
        """UPDATE actions SET preview = ?, content = NULL, terms = ?, note = ?, purged_at = ?
           WHERE id = ?""",
        (left.model_dump_json(), rows.dump_terms(_terms(row["terms"])), note, now, action_id),
    )
    db.execute(
        "UPDATE steps SET target = '', body = x'', whole = x'', ids = '[]', note = '' WHERE action_id = ?",
        (action_id,),
    )
    bodies.forget(db, action_id)
    db.execute("DELETE FROM people WHERE action_id = ?", (action_id,))
    db.execute("DELETE FROM texts WHERE action_id = ?", (action_id,))
    return 1


def leave_unscrubbed(db: sqlite3.Connection, now: float) -> None:
    """Note that something was deleted that the file's pages may still hold."""
    db.execute("INSERT INTO unscrubbed (since) VALUES (?)", (now,))


def forget_marks(db: sqlite3.Connection, before: float) -> None:
    """Forget what recognises a repetition, of actions that ended so long ago that it has no use any more."""
    db.execute(
        f"""DELETE FROM fingerprints WHERE (
                SELECT {ENDED} AND COALESCE(finished_at, created_at) <= ?
                FROM actions WHERE id = action_id)""",  # noqa: S608 - a constant
        (before,),
    )
    # Digest and seal of a row that holds no requests prove nothing, but confirm a guess of what it held.
    db.execute(
        f"""UPDATE actions SET digest = x'', seal = x''
           WHERE purged_at IS NOT NULL AND length(digest) > 0 AND {ENDED}
             AND COALESCE(finished_at, created_at) <= ?""",  # noqa: S608 - a constant
        (before,),
    )


def _basis(preview: str) -> dict[str, str]:
    """Why people may be contacted, and where that comes from unless it names somebody; kept like the row."""
    try:
        facts = Preview.model_validate_json(preview).facts
    except ValueError:
        return {}
    return {name: value for name in BASIS_FACTS if (value := facts.get(name)) and not people_in((), value)}


def _account(preview: str) -> str:
    try:
        return Preview.model_validate_json(preview).account
    except ValueError:
        return ""


def _terms(text: str) -> Terms:
    """Of the terms what names nobody; member by member, so that a new one does not stay unnoticed."""
    try:
        terms = rows.load_terms(text)
    except ValueError:
        return Terms()
    reach = terms.reach
    return Terms(
        reach=Reach(
            lists=reach.lists,
            senders=reach.senders,
            segments=reach.segments,
            hosts=reach.hosts,
            risks=reach.risks,
            extras=reach.extras,
            promotional=reach.promotional,
            at=reach.at,
        ),
        unseen_content=terms.unseen_content,
        cost=terms.cost,
        approvals=terms.approvals,
        hold_seconds=terms.hold_seconds,
        not_after=terms.not_after,
        tests=terms.tests,
        undoes=terms.undoes,
        principal=terms.principal,
    )
