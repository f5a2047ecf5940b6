"""What shows that a row is what this server wrote and what people approved; each proof is of one use.

The state file may be changed by whoever can write it, so no state in it allows anything by itself. What
allows the next move is a proof that only the holder of the state key can make, and the move that it allows
takes it away: an approval's proof allows one claim, a step's ticket one request. States that are set back
bring neither of them back.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Sequence

from egoi_mcp.guard.action import Action, Channel, Step, StepState
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.store import bodies, rows


def not_as_proposed(key: StateKey, action: Action) -> str | None:
    """Why the row is not what this server wrote; None where it is, to the byte.

    Digest and seal are computed again from what the row holds, and only the holder of the state key
    can make them, so whatever is edited in the file is noticed: requests, preview, counts, content. Of bodies
    that are kept apart it is the digests that are looked at here, and the bodies in `bodies_changed`.
    """
    digest = key.action_digest(action.connection, action.account, action.steps)
    if hmac.compare_digest(digest, action.digest) and hmac.compare_digest(
        rows.action_seal(key, action), action.seal
    ):
        return None
    return _changed(action)


def _changed(action: Action) -> str:
    return f"Action {action.id} is void: its row was changed. Nothing was sent. Propose it again."


def bodies_changed(db: sqlite3.Connection, action: Action) -> str | None:
    """Why a body that is kept apart is not what its step's digest says; None where all are, or none is."""
    if all(bodies.whole(db, action.id, step).digest() == step.whole for step in action.steps if step.whole):
        return None
    return _changed(action)


def not_as_approved(
    held: Sequence[sqlite3.Row], key: StateKey, action: Action, *, used: bool = False
) -> str | None:
    """Why the row is not what was approved; None where it is, and its approvals are proven.

    Every approval in it has to be, for other rules go by who approved, how and when. With `used` they are
    those of an action that was claimed, without it of one that never was.
    """
    if not approved(held, key, action, used=used):
        return f"Action {action.id} is void: no approval of it is proven. Nothing was sent. Propose it again."
    return not_as_proposed(key, action)


def approved(held: Sequence[sqlite3.Row], key: StateKey, action: Action, *, used: bool = False) -> bool:
    """Whether policy, or as many different people as it takes, approved the action; each of them proven."""
    by_policy = any(each["channel"] == Channel.POLICY for each in held)
    names = {each["decided_by"] for each in held}
    enough = by_policy or len(names) >= max(1, action.terms.approvals)
    return enough and all(_is_proven(key, action, each, used=used) for each in held)


def claimed_before(held: Sequence[sqlite3.Row], key: StateKey, action: Action) -> bool:
    """Whether an approval of the action shows that it was claimed, whatever the row's state says."""
    return any(_is_proven(key, action, each, used=True) for each in held)


def use_up(
    db: sqlite3.Connection,
    held: Sequence[sqlite3.Row],
    key: StateKey,
    action: Action,
    owner: str,
    *,
    begun_at: float | None = None,
) -> None:
    """Turn the approvals of an action into used ones, and give `owner` the ticket of each step.

    With `begun_at` the first step is on its way since then, as far as anybody can tell.
    """
    for each in held:
        proof = _proof(key, action, each, used=True)
        db.execute("UPDATE decisions SET proof = ? WHERE rowid = ?", (proof, each["rowid"]))
    for place, step in enumerate(action.steps):
        begun = begun_at if place == 0 else None
        state = StepState.PENDING if begun is None else StepState.SENDING
        give_ticket(db, key, action, step.number, owner, state, claimed_at=begun)


def take_away(db: sqlite3.Connection, action_id: str) -> None:
    """Leave of an action's approvals the fact and not the proof: it ended without being carried out."""
    db.execute("UPDATE decisions SET proof = x'' WHERE action_id = ? AND state = 'approved'", (action_id,))


def has_ticket(db: sqlite3.Connection, key: StateKey, action: Action, step: Step) -> bool:
    """Whether a step is where this server left it, in the hands of the action's owner."""
    (held,) = db.execute(
        "SELECT ticket FROM steps WHERE action_id = ? AND number = ?", (action.id, step.number)
    ).fetchone()
    return _same(held, _ticket(key, action, step.number, action.owner, step.state))


def give_ticket(
    db: sqlite3.Connection,
    key: StateKey,
    action: Action,
    number: int,
    owner: str | None,
    state: StepState,
    *,
    claimed_at: float | None = None,
) -> None:
    """Let `owner` go on with a step that is in this state now, and since `claimed_at` where that is said."""
    db.execute(
        """UPDATE steps SET state = ?, ticket = ?, claimed_at = COALESCE(?, claimed_at)
           WHERE action_id = ? AND number = ?""",
        (state.value, _ticket(key, action, number, owner, state), claimed_at, action.id, number),
    )


def _ticket(key: StateKey, action: Action, number: int, owner: str | None, state: StepState) -> bytes:
    return key.ticket(action.id, action.digest, number, owner or "", state.value, action.expires_at)


def approvals(db: sqlite3.Connection, action_id: str) -> list[sqlite3.Row]:
    """The approvals of an action as they are held, for those that judge them in the same transaction."""
    return db.execute(
        """SELECT rowid, channel, decided_by, decided_at, proof FROM decisions
           WHERE action_id = ? AND state = 'approved'""",
        (action_id,),
    ).fetchall()


def _is_proven(key: StateKey, action: Action, row: sqlite3.Row, *, used: bool) -> bool:
    return _same(row["proof"], _proof(key, action, row, used=used))


def _same(held: object, made: bytes) -> bool:
    return isinstance(held, bytes) and hmac.compare_digest(held, made)


def _proof(key: StateKey, action: Action, row: sqlite3.Row, *, used: bool) -> bytes:
    return key.approval(
        action.id, action.digest, row["channel"], row["decided_by"], row["decided_at"], used=used
    )
