"""What a claim is checked against, inside its own transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, Channel, Draft, State, Step, StepState
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.store import contents, proofs
from egoi_mcp.store.protocol import Caps, Claim

_HOUR, _DAY, _MONTH = 3600.0, 86_400.0, 30 * 86_400.0
_MILLION = 1_000_000
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


def undoing(db: sqlite3.Connection, draft: Draft) -> str | None:
    """Why a draft may not take back what it would: another action does, or did; None where none does.

    One that ended with nothing done is in nobody's way.
    """
    if draft.terms.undoes is None:
        return None
    row = db.execute(
        """SELECT id, state FROM actions WHERE undoes = ?
           AND state IN ('proposed', 'approved', 'executing', 'succeeded', 'partial', 'unknown')
           ORDER BY created_at DESC""",
        (draft.terms.undoes,),
    ).fetchone()
    if row is None:
        return None
    return (
        f"Action {draft.terms.undoes} is being undone, or was, by {row['id']}, which is {row['state']}. "
        f"Nothing was done. Ask check_action about {row['id']}; while it waits for a person, undo_action "
        "withdraws it."
    )


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


def too_late(action: Action, now: float, approval_seconds: float) -> str | None:
    """Why an action makes no sense any more; None where it still does.

    How old an approval is its proof says; when it expires only the row does.
    """
    approved = action.approved_at
    if approved is None or now > approved + approval_seconds + action.terms.hold_seconds:
        return f"Action {action.id} is void: its approval is too old. Nothing was sent. Call again."
    if action.terms.not_after is None or now <= action.terms.not_after:
        return None
    return f"Action {action.id} is void: its time has passed. Nothing was sent. Call again with a later one."


def claim_step(
    db: sqlite3.Connection, key: StateKey, action: Action, frozen: FrozenRequest, now: float
) -> Step | None:
    """Claim the first pending step that holds these bytes and has its ticket; None where none does."""
    for step in action.steps:
        pending = step.state is StepState.PENDING and step.holds(frozen)
        if pending and proofs.has_ticket(db, key, action, step):
            # On its way from now on, as far as anybody can tell.
            proofs.give_ticket(db, key, action, step.number, action.owner, StepState.SENDING, claimed_at=now)
            return step
    return None


def at_once(
    db: sqlite3.Connection, key: StateKey, action: Action, claim: Claim, now: float, approval_seconds: float
) -> Action | None:
    """Claim an action in the transaction that writes and approves it; None where it has to wait.

    What it repeats was looked for before it was written, and what is in its way a claim of its own says.
    """
    if action.state is not State.APPROVED or action.held_until is not None:
        return None
    if too_late(action, now, approval_seconds) or over_a_cap(db, action, claim.caps, now):
        return None
    held = proofs.approvals(db, action.id)
    taken = take(db, key, held, action, claim.owner, now, begun_at=now if claim.first else None)
    if claim.first:
        contents.forget_changed(db, taken, taken.steps[0].frozen)
    return taken


def take(
    db: sqlite3.Connection,
    key: StateKey,
    held: Sequence[sqlite3.Row],
    action: Action,
    owner: str,
    now: float,
    *,
    begun_at: float | None = None,
) -> Action:
    """Give an action that nothing is in the way of into its owner's hands; `begun_at` is its first step's."""
    db.execute(
        "UPDATE actions SET state = 'executing', owner = ?, claimed_at = ? WHERE id = ?",
        (owner, now, action.id),
    )
    proofs.use_up(db, held, key, action, owner, begun_at=begun_at)
    steps = tuple(replace(step, state=StepState.PENDING) for step in action.steps)
    return replace(action, state=State.EXECUTING, owner=owner, steps=steps)


def tested(db: sqlite3.Connection, texts: Sequence[bytes], since: float) -> bool:
    """Whether every one of these texts has gone out to the owner's own recipients after `since`."""
    return bool(texts) and all(
        db.execute(
            """SELECT 1 FROM texts JOIN actions ON id = action_id
               WHERE mark = ? AND state = 'succeeded' AND risk = ? AND finished_at > ?
                 AND CASE WHEN json_valid(terms) THEN json_extract(terms, '$.tests') END""",
            (mark, int(Risk.SEND), since),
        ).fetchone()
        for mark in texts
    )


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
    if action.risk is Risk.SEND and (refusal := _over_cost(db, action, caps, now)) is not None:
        return refusal
    if caps.kept and action.channel is Channel.POLICY and not _still_kept(db, caps.kept):
        return (
            f"The standing rule {caps.kept} was ended. Nothing was sent. Call again to have a person asked."
        )
    if caps.standing is not None and action.channel is Channel.POLICY:
        name, most_a_day = caps.standing
        spent = by_rule_since(db, name, now - _DAY)
        if spent >= most_a_day:
            return (
                f"The standing rule {name} allows {most_a_day} in 24 hours and {spent} are spent. "
                "Nothing was sent. Call again to have a person asked."
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


def _over_cost(db: sqlite3.Connection, action: Action, caps: Caps, now: float) -> str | None:
    windows = ((caps.cost_per_day, _DAY, "24 hours"), (caps.cost_per_month, _MONTH, "30 days"))
    for most, seconds, words in windows:
        if most is None:
            continue
        cost = action.terms.cost
        spent = cost_since(db, action.connection, now - seconds)
        if cost is None or spent + cost > most:
            this = "of unknown cost" if cost is None else f"{cost / _MILLION:g}"
            return (
                f"Policy allows a cost of {most / _MILLION:g} in {words}, {spent / _MILLION:g} are spent and "
                f"this is {this}. Nothing was sent."
            )
    return None


def cost_since(db: sqlite3.Connection, connection: str, since: float) -> int:
    """What the sends cost that were claimed on a connection after `since`, in millionths."""
    row = db.execute(
        "SELECT COALESCE(SUM(cost), 0) FROM actions WHERE connection = ? AND risk = ? AND claimed_at > ?",
        (connection, int(Risk.SEND), since),
    ).fetchone()
    return int(row[0])


def _still_kept(db: sqlite3.Connection, rule_id: str) -> bool:
    """Whether a person's rule is still in force, in the transaction in which it lets something begin."""
    row = db.execute("SELECT 1 FROM standing_rules WHERE id = ? AND ended_at IS NULL", (rule_id,)).fetchone()
    return row is not None


def by_rule_since(db: sqlite3.Connection, rule: str, since: float) -> int:
    """How many actions a rule of the owner approved that were claimed after `since`."""
    row = db.execute(
        """SELECT COUNT(DISTINCT id) FROM actions JOIN decisions ON action_id = id
           WHERE claimed_at > ? AND channel = 'policy' AND decided_by = ?""",
        (since, rule),
    ).fetchone()
    return int(row[0])


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
