"""Deciding an action, as statements inside a transaction; every approval carries a keyed proof."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from egoi_mcp.guard.action import DECISIONS, Action, Approval, Channel, State, sources
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.store import proofs, rows
from egoi_mcp.store.protocol import Decision


def decide(
    db: sqlite3.Connection,
    key: StateKey,
    action_id: str,
    decision: Decision,
    *,
    now: float,
    expires_at: float,
) -> Action | None:
    """Approve, decline, revoke or void; None where the row's state does not allow it.

    Where several people have to approve, each approval but the last leaves the proposal one.
    """
    if decision.state not in DECISIONS:
        raise ValueError(f"{decision.state.value} is an outcome, not a decision")
    allowed = sources(decision.state)
    marks = ", ".join("?" * len(allowed))
    found = db.execute(
        f"SELECT id FROM actions WHERE id = ? AND state IN ({marks})",  # noqa: S608 - only marks
        (action_id, *allowed),
    ).fetchone()
    if found is None:
        return None
    action = rows.read(db, action_id)
    if decision.state is not State.APPROVED:
        _set_state(db, action_id, decision, finished_at=now)
        proofs.take_away(db, action_id)
        note(db, action_id, decision, b"", now)
        return rows.read(db, action_id)
    broken = proofs.not_as_proposed(key, action)
    if broken is not None:
        void(db, action_id, broken, now)
        return None
    if action.terms.approvals > 1 and not decision.named and decision.channel is not Channel.POLICY:
        return None
    return approve(db, key, action, decision, now=now, expires_at=expires_at)


def approve(
    db: sqlite3.Connection,
    key: StateKey,
    action: Action,
    decision: Decision,
    *,
    now: float,
    expires_at: float,
) -> Action:
    """Add one approval to a proposal that is what this server wrote; approved once it has all it takes."""
    proof = key.approval(action.id, action.digest, decision.channel, decision.by, now)
    note(db, action.id, decision, proof, now)
    given = Approval(state=decision.state, channel=decision.channel, by=decision.by, at=now)
    action = replace(action, channel=decision.channel, decisions=(*action.decisions, given))
    if not proofs.approved(proofs.approvals(db, action.id), key, action):
        return action
    until = expires_at + action.terms.hold_seconds
    _set_state(db, action.id, decision, expires_at=until)
    return replace(action, state=decision.state, note=decision.note, expires_at=until, finished_at=None)


def why_not(action: Action | None, action_id: str, decision: Decision) -> str:
    """What is said of a decision that could not be taken."""
    if action is None:
        return f"There is no action {action_id}. Nothing was changed."
    if action.state is State.VOID and action.note:
        return action.note
    if action.state is State.PROPOSED and decision.state is State.APPROVED:
        return (
            f"Policy wants {action.terms.approvals} different people to approve action {action_id}, each "
            "with a PIN of their own. Nothing was changed. Approve in a terminal: "
            f"egoi-mcp actions approve {action_id}"
        )
    is_now, wanted = action.state.value, decision.state.value
    return f"Action {action_id} is {is_now}; it cannot become {wanted}. Nothing was changed."


def void(db: sqlite3.Connection, action_id: str, note: str, now: float) -> None:
    """End an action because it is not what was approved any more."""
    db.execute(
        "UPDATE actions SET state = 'void', note = ?, finished_at = ? WHERE id = ?",
        (note, now, action_id),
    )
    proofs.take_away(db, action_id)


def _set_state(
    db: sqlite3.Connection,
    action_id: str,
    decision: Decision,
    *,
    expires_at: float | None = None,
    finished_at: float | None = None,
) -> None:
    db.execute(
        """UPDATE actions SET state = ?, note = ?, expires_at = COALESCE(?, expires_at), finished_at = ?
           WHERE id = ?""",
        (decision.state.value, decision.note, expires_at, finished_at, action_id),
    )


def note(db: sqlite3.Connection, action_id: str, decision: Decision, proof: bytes, now: float) -> None:
    """Record a decision beside its action."""
    db.execute(
        "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?)",
        (action_id, decision.state.value, decision.channel.value, decision.by, now, proof),
    )
