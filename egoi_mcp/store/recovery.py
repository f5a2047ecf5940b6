"""Telling the truth about what servers left under way, as statements inside a transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Container, Mapping, Sequence

from egoi_mcp.errors import NotAllowed, RowDamaged
from egoi_mcp.guard.action import Action, Channel, State, StepState, outcome_of_steps
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.store import contents, decisions, proofs, rows
from egoi_mcp.store.protocol import Decision

_STOPPED = "the server stopped while it waited for the reply"
_CHANGED = "its row was changed"
_ENDED = frozenset({StepState.SUCCEEDED, StepState.PARTIAL, StepState.FAILED, StepState.UNKNOWN})


def dead_owners(db: sqlite3.Connection, owner: str, alive: Callable[[str], bool]) -> list[str | None]:
    """Who has actions under way and does not run any more; None stands for actions of nobody."""
    found = db.execute("SELECT DISTINCT owner FROM actions WHERE state = 'executing'").fetchall()
    return [each for (each,) in found if each != owner and (each is None or not alive(each))]


def take_over_all(
    db: sqlite3.Connection,
    key: StateKey,
    dead: Sequence[str | None],
    owner: str,
    connections: Sequence[str],
    now: float,
) -> list[str]:
    """Take over what dead owners left; the ids that `owner` should now go on with."""
    carry_on: list[str] = []
    for gone in dead:
        left = db.execute(
            "SELECT id, connection FROM actions WHERE state = 'executing' AND owner IS ?", (gone,)
        ).fetchall()
        for row in left:
            here = owner if row["connection"] in connections else None
            if take_over(db, key, row["id"], here, now) and here is not None:
                carry_on.append(row["id"])
    return carry_on


def take_over(db: sqlite3.Connection, key: StateKey, action_id: str, owner: str | None, now: float) -> bool:
    """Tell the truth about a dead owner's steps; True where requests are left, for `owner` to send."""
    left = _may_be_sent(db, key, action_id)
    _leave_unknown(db, action_id, left, now)
    for number, action in left.items():
        proofs.give_ticket(db, key, action, number, owner, StepState.PENDING)
    if left:
        db.execute("UPDATE actions SET owner = ? WHERE id = ?", (owner, action_id))
        return True
    _end(db, action_id, now)
    return False


def doubt(db: sqlite3.Connection, action_id: str, now: float) -> None:
    """End an action that was carried out and whose row says otherwise: what has no outcome is unknown."""
    _leave_unknown(db, action_id, (), now)
    _end(db, action_id, now)


def _end(db: sqlite3.Connection, action_id: str, now: float) -> None:
    found = db.execute("SELECT state FROM steps WHERE action_id = ?", (action_id,)).fetchall()
    states = [StepState(row["state"]) for row in found]
    final = outcome_of_steps(states) if states else State.UNKNOWN
    db.execute(
        "UPDATE actions SET state = ?, finished_at = ? WHERE id = ?",
        (final.value, now, action_id),
    )


def _leave_unknown(db: sqlite3.Connection, action_id: str, left: Container[int], now: float) -> None:
    """Mark the steps that have not ended as unknown, those that are `left` to send excepted.

    A state that no version writes is one of them: it says nothing about what was sent.
    """
    for row in db.execute("SELECT number, state FROM steps WHERE action_id = ?", (action_id,)).fetchall():
        if row["number"] not in left and row["state"] not in _ENDED:
            note = _STOPPED if row["state"] == StepState.SENDING else _CHANGED
            db.execute(
                """UPDATE steps SET state = 'unknown', finished_at = ?, note = ?
                   WHERE action_id = ? AND number = ?""",
                (now, note, action_id, row["number"]),
            )


def _may_be_sent(db: sqlite3.Connection, key: StateKey, action_id: str) -> Mapping[int, Action]:
    """The steps that were not sent, or may be sent again, by number, each with the action that it is of."""
    try:
        action = rows.read(db, action_id)
    except RowDamaged:
        return {}
    if proofs.not_as_approved(proofs.approvals(db, action.id), key, action, used=True) is not None:
        return {}
    return {
        step.number: action
        for step in action.steps
        if (step.state is StepState.PENDING or (step.state is StepState.SENDING and step.idempotent))
        and proofs.has_ticket(db, key, action, step)
    }


def unknown_action(db: sqlite3.Connection, action_id: str) -> Action:
    """The action, whose outcome is unknown.

    Raises:
        NotAllowed: there is none, or its outcome is known.
    """
    row = db.execute("SELECT state FROM actions WHERE id = ?", (action_id,)).fetchone()
    if row is None or row["state"] != State.UNKNOWN:
        raise NotAllowed(
            f"There is no action {action_id} whose outcome is unknown, so nothing is to settle. "
            "Nothing was changed."
        )
    return rows.read(db, action_id)


def keep_ids(
    db: sqlite3.Connection,
    key: StateKey,
    action: Action,
    found: Mapping[int, StepState],
    ids: Mapping[int, Sequence[str]],
    now: float,
) -> None:
    """Record the ids of what unknown steps turned out to have made, and what was written into it."""
    unknown = {step.number for step in action.steps if step.state is StepState.UNKNOWN}
    for number, made in ids.items():
        if number not in unknown or not made:
            continue
        db.execute(
            "UPDATE steps SET ids = ? WHERE action_id = ? AND number = ?",
            (json.dumps(list(made)), action.id, number),
        )
        if found.get(number) is StepState.SUCCEEDED:
            contents.keep(db, key, action.id, made[0], now)


def settle(
    db: sqlite3.Connection,
    action: Action,
    found: Mapping[int, StepState],
    notes: Mapping[int, str],
    *,
    channel: Channel,
    by: str,
    now: float,
) -> Action:
    """Record how unknown steps turned out; the action ends when none is unknown any more."""
    for number, state in found.items():
        db.execute(
            "UPDATE steps SET state = ?, note = ? WHERE action_id = ? AND number = ? AND state = 'unknown'",
            (state.value, notes.get(number, ""), action.id, number),
        )
    final = outcome_of_steps([step.state for step in rows.read(db, action.id).steps])
    if final is not State.UNKNOWN:
        note = next((each for each in notes.values() if each), "")
        db.execute(
            "UPDATE actions SET state = ?, note = ?, finished_at = ? WHERE id = ?",
            (final.value, note, now, action.id),
        )
        settled = Decision(state=final, channel=channel, by=by, note=note)
        decisions.note(db, action.id, settled, b"", now)
    return rows.read(db, action.id)
