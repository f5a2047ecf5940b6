"""What a claim is checked against, inside its own transaction."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Iterable

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, Channel, Draft
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.store import rows
from egoi_mcp.store.protocol import Caps

_HOUR, _DAY = 3600.0, 86400.0
_ENDED_SINCE = "(state IN ('succeeded', 'partial') AND finished_at > :since)"
_MAY_HAVE_REACHED = f"(state IN ('unknown', 'executing') OR {_ENDED_SINCE})"
_MAY_REACH = f"(state IN ('unknown', 'executing', 'approved') OR {_ENDED_SINCE})"


def twin(db: sqlite3.Connection, draft: Draft, since: float) -> str | None:
    """An earlier action that reached, or may reach, one of the same people with the same text.

    An unknown one counts whenever it was, one that succeeded only if it ended after `since`.
    """
    if draft.risk < Risk.SEND:
        return None
    return _same(db, draft.id, draft.digest, draft.fingerprints, since, among=_MAY_REACH)


def overtaken(db: sqlite3.Connection, action: Action, since: float) -> str | None:
    """Why an action is a duplicate that nobody was told of when it was approved; None where it is none.

    Proposals made at the same moment do not see each other; the later one's claim sees the earlier.
    """
    if action.risk < Risk.SEND or action.duplicate_of is not None:
        return None
    found = db.execute("SELECT mark FROM fingerprints WHERE action_id = ?", (action.id,)).fetchall()
    marks = [row["mark"] for row in found]
    earlier = _same(db, action.id, action.digest, marks, since, among=_MAY_HAVE_REACHED)
    if earlier is None:
        return None
    return (
        f"Action {action.id} is void: the same was sent just now, or may have been ({earlier}). "
        "Nothing was sent. Call again to have a person asked."
    )


def _same(
    db: sqlite3.Connection, own_id: str, digest: bytes, marks: Iterable[bytes], since: float, *, among: str
) -> str | None:
    """The newest other action of those states with these bytes, or with one of these marks."""
    same_bytes = f"SELECT id FROM actions WHERE digest = :what AND id != :own AND {among}"  # noqa: S608 - constants
    same_mark = f"""SELECT id FROM actions JOIN fingerprints ON action_id = id
                    WHERE mark = :what AND id != :own AND {among}"""  # noqa: S608 - constants
    for select, what in [(same_bytes, digest), *((same_mark, mark) for mark in marks)]:
        row = db.execute(
            f"{select} ORDER BY created_at DESC", {"what": what, "own": own_id, "since": since}
        ).fetchone()
        if row is not None:
            return str(row["id"])
    return None


def not_as_proposed(key: StateKey, action: Action) -> str | None:
    """Why the row is not what this server wrote; None where it is, to the byte.

    Digest and seal are computed again from what the row holds, and only the holder of the state key
    can make them, so whatever is edited in the file is noticed: requests, preview, counts, content.
    """
    digest = key.action_digest(action.connection, action.account, [step.frozen for step in action.steps])
    if hmac.compare_digest(digest, action.digest) and hmac.compare_digest(
        rows.action_seal(key, action), action.seal
    ):
        return None
    return f"Action {action.id} is void: its row was changed. Nothing was sent. Propose it again."


def not_as_approved(db: sqlite3.Connection, key: StateKey, action: Action) -> str | None:
    """Why the row is not what was approved; None where it is, and its approval is proven."""
    proofs = db.execute(
        "SELECT channel, proof FROM decisions WHERE action_id = ? AND state = 'approved'", (action.id,)
    ).fetchall()
    proven = any(
        hmac.compare_digest(proof["proof"], key.approval(action.id, action.digest, proof["channel"]))
        for proof in proofs
    )
    if not proven:
        return f"Action {action.id} is void: no approval of it is proven. Nothing was sent. Propose it again."
    return not_as_proposed(key, action)


def over_a_cap(db: sqlite3.Connection, action: Action, caps: Caps, now: float) -> str | None:
    """Which cap has no room for the action; None where all have."""
    count = action.recipients
    most = caps.recipients_per_action
    if action.risk >= Risk.SEND and most is not None and (count is None or count > most):
        return (
            f"Policy allows {most} recipients an action and this one has "
            f"{'an unknown number' if count is None else count}. Nothing was sent."
        )
    if action.risk is Risk.SEND and caps.sends_per_day is not None:
        spent = sent_since(db, action.connection, now - _DAY)
        if count is None or spent + count > caps.sends_per_day:
            return (
                f"Policy allows {caps.sends_per_day} recipients in 24 hours and {spent} are spent. "
                "Nothing was sent."
            )
    unconfirmed = action.risk is Risk.WRITE and action.channel is Channel.POLICY
    if unconfirmed and caps.unconfirmed_writes_per_hour is not None:
        spent = unconfirmed_writes(db, action.connection, now)
        if spent + (count or 0) > caps.unconfirmed_writes_per_hour:
            return (
                f"Policy allows {caps.unconfirmed_writes_per_hour} contacts an hour to be changed without "
                f"a person and {spent} are spent. Nothing was changed."
            )
    return None


def sent_since(db: sqlite3.Connection, connection: str, since: float) -> int:
    """Recipients of the sends that were claimed on a connection after `since`."""
    row = db.execute(
        """SELECT COALESCE(SUM(recipients), 0) FROM actions
           WHERE connection = ? AND risk = ? AND claimed_at > ?""",
        (connection, int(Risk.SEND), since),
    ).fetchone()
    return int(row[0])


def unconfirmed_writes(db: sqlite3.Connection, connection: str, now: float) -> int:
    """Contacts changed on a connection in the last hour without a person's approval."""
    row = db.execute(
        """SELECT COALESCE(SUM(recipients), 0) FROM actions
           WHERE connection = ? AND risk = ? AND claimed_at > ? AND EXISTS (
               SELECT 1 FROM decisions
               WHERE action_id = actions.id AND state = 'approved' AND channel = 'policy')""",
        (connection, int(Risk.WRITE), now - _HOUR),
    ).fetchone()
    return int(row[0])
