"""Rows to values and back; no SQL decides anything here."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from types import UnionType

from pydantic import TypeAdapter

from egoi_mcp.api.catalog import FrozenRequest, JsonValue
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import RowDamaged
from egoi_mcp.guard.action import (
    Action,
    Approval,
    Channel,
    Content,
    Draft,
    State,
    Step,
    StepState,
    Terms,
)
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.models.preview import Preview
from egoi_mcp.store import bodies

_KEYED_BYTES = 32
_YEAR_10000 = 253_402_300_800.0
_Kinds = Mapping[str, type | UnionType]
_ACTION: _Kinds = {
    **dict.fromkeys(("id", "connection", "account", "state", "preview", "proposer", "client", "note"), str),
    **dict.fromkeys(("digest", "seal"), bytes),
    **dict.fromkeys(("created_at", "expires_at"), float),
    **dict.fromkeys(("owner", "duplicate_of", "content"), str | None),
    **dict.fromkeys(("finished_at", "purged_at"), float | None),
    "terms": str,
    "recipients": int | None,
}
_DIGEST_BYTES = (0, _KEYED_BYTES)
_STEP: _Kinds = {
    **dict.fromkeys(("operation", "api", "method", "origin", "target", "state", "ids", "note"), str),
    **dict.fromkeys(("claimed_at", "finished_at"), float | None),
    "number": int,
    **dict.fromkeys(("body", "whole"), bytes),
    "status": int | None,
}
_DECISION: _Kinds = {**dict.fromkeys(("state", "channel", "decided_by"), str), "decided_at": float}
_STOPPED = frozenset({State.DECLINED, State.REVOKED, State.VOID})

INSERT_ACTION = """
    INSERT INTO actions (id, digest, connection, account, risk, state, preview, recipients, content, seal,
                         proposer, client, duplicate_of, created_at, expires_at, terms, cost, undoes)
    VALUES (?, ?, ?, ?, ?, 'proposed', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_STEP = """
    INSERT INTO steps (action_id, number, operation, api, method, origin, target, body, whole, idempotent,
                       state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')
"""
SELECT_ACTION = """
    SELECT actions.*, undoing.id AS undone_by, undoing.state AS undo_state
    FROM actions LEFT JOIN actions AS undoing ON undoing.id = (
        SELECT id FROM actions AS newer WHERE newer.undoes = actions.id
        ORDER BY newer.created_at DESC, newer.rowid DESC LIMIT 1)
"""
SELECT_DECISIONS = "SELECT * FROM decisions WHERE action_id = ? ORDER BY rowid"


def insert(
    db: sqlite3.Connection,
    draft: Draft,
    *,
    seal: bytes,
    duplicate_of: str | None,
    now: float,
    expires_at: float,
) -> Action:
    """Write a draft's row, its steps and its marks; the action that it now is."""
    db.execute(
        INSERT_ACTION,
        (
            draft.id,
            draft.digest,
            draft.connection,
            draft.account,
            int(draft.risk),
            draft.preview.model_dump_json(),
            draft.recipients,
            dump_content(draft.content),
            seal,
            draft.proposer,
            draft.client,
            duplicate_of,
            now,
            expires_at,
            dump_terms(draft.terms),
            draft.terms.cost,
            draft.terms.undoes,
        ),
    )
    steps = tuple(_insert_steps(db, draft))
    kinds = (("fingerprints", draft.fingerprints), ("people", draft.marks), ("texts", draft.texts))
    for table, marks in kinds:
        db.executemany(
            f"INSERT OR IGNORE INTO {table} (action_id, mark) VALUES (?, ?)",  # noqa: S608 - a constant
            ((draft.id, mark) for mark in marks),
        )
    return _proposed(draft, steps, seal=seal, duplicate_of=duplicate_of, now=now, expires_at=expires_at)


def _insert_steps(db: sqlite3.Connection, draft: Draft) -> Iterator[Step]:
    """Write the steps one by one, with their bodies or beside them; each as reading it gives it."""
    steps = zip(draft.operations, draft.idempotent, strict=True)
    for number, (operation, idempotent) in enumerate(steps, start=1):
        frozen = draft.requests[number - 1]
        whole, f = b"", frozen
        if draft.apart:
            bodies.keep(db, draft.id, number, frozen.body)
            whole, f = frozen.digest(), replace(frozen, body=b"")
        # Of those that are made anew each time, one at a time is in memory.
        del frozen
        what = (draft.id, number, operation, f.api, f.method, f.origin, f.target, f.body, whole, idempotent)
        db.execute(INSERT_STEP, what)
        yield Step(
            number=number,
            operation=operation,
            frozen=f,
            idempotent=idempotent,
            state=StepState.PENDING,
            whole=whole,
        )


def _proposed(
    draft: Draft,
    steps: tuple[Step, ...],
    *,
    seal: bytes,
    duplicate_of: str | None,
    now: float,
    expires_at: float,
) -> Action:
    """What reading the row of a draft that was just written gives."""
    return Action(
        id=draft.id,
        digest=draft.digest,
        connection=draft.connection,
        account=draft.account,
        risk=draft.risk,
        state=State.PROPOSED,
        preview=draft.preview,
        recipients=draft.recipients,
        proposer=draft.proposer,
        owner=None,
        client=draft.client,
        duplicate_of=duplicate_of,
        content=draft.content,
        created_at=now,
        expires_at=expires_at,
        finished_at=None,
        channel=None,
        note="",
        seal=seal,
        terms=draft.terms,
        steps=steps,
    )


def read(db: sqlite3.Connection, action_id: str) -> Action:
    """The action of an id that is there.

    Raises:
        RowDamaged: the row holds what this version never writes.
    """
    found = find(db, action_id)
    if found is None:
        raise RowDamaged(f"Action {action_id} is gone from the state directory. Nothing was sent.")
    return found


def find(db: sqlite3.Connection, action_id: str) -> Action | None:
    """The action of an id; None where there is none.

    Raises:
        RowDamaged: the row holds what this version never writes.
    """
    row = db.execute(f"{SELECT_ACTION} WHERE actions.id = ?", (action_id,)).fetchone()
    if row is None:
        return None
    steps = db.execute("SELECT * FROM steps WHERE action_id = ? ORDER BY number", (action_id,)).fetchall()
    return read_action(row, steps, db.execute(SELECT_DECISIONS, (action_id,)).fetchall())


def read_action(row: sqlite3.Row, steps: Sequence[sqlite3.Row], decisions: Sequence[sqlite3.Row]) -> Action:
    """An action from its row and the rows of its steps and decisions.

    Raises:
        RowDamaged: the row holds what this version never writes.
    """
    try:
        return _read_action(row, steps, decisions)
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(row["id"]) from error


def _damaged(action_id: str) -> RowDamaged:
    return RowDamaged(
        f"The row of action {str(action_id)[:20]!r} is damaged, so nothing is done with it. Propose it again."
    )


def _read_action(row: sqlite3.Row, steps: Sequence[sqlite3.Row], decisions: Sequence[sqlite3.Row]) -> Action:
    _check(row, _ACTION)
    decided = tuple(read_decision(each) for each in decisions)
    emptied = row["purged_at"] is not None
    for name in ("digest", "seal"):
        if len(row[name]) != _KEYED_BYTES and not (emptied and not row[name]):
            raise ValueError(f"{name} has another length")
    if row["recipients"] is not None and row["recipients"] < 0:
        raise ValueError("fewer recipients than none")
    return Action(
        id=row["id"],
        digest=row["digest"],
        connection=row["connection"],
        account=row["account"],
        risk=Risk(row["risk"]),
        state=State(row["state"]),
        preview=Preview.model_validate_json(row["preview"]),
        recipients=row["recipients"],
        proposer=row["proposer"],
        owner=row["owner"],
        client=row["client"],
        duplicate_of=row["duplicate_of"] or None,
        content=load_content(row["content"]),
        created_at=_time(row["created_at"]),
        expires_at=_time(row["expires_at"]),
        finished_at=_time_or_none(row["finished_at"]),
        channel=_channel(State(row["state"]), decided),
        note=row["note"],
        seal=row["seal"],
        terms=load_terms(row["terms"]),
        decisions=decided,
        undone_by=row["undone_by"],
        undo_state=None if row["undo_state"] is None else State(row["undo_state"]),
        purged_at=_time_or_none(row["purged_at"]),
        steps=tuple(read_step(step) for step in steps),
    )


def _check(row: sqlite3.Row, kinds: _Kinds) -> None:
    """See that every column holds what it should: the file's own rules can be changed with the file.

    Raises:
        TypeError: one does not.
    """
    for name, kind in kinds.items():
        if not isinstance(row[name], kind):
            raise TypeError(f"{name} has another type")


def _channel(state: State, decided: Sequence[Approval]) -> Channel | None:
    """Through which way the action came to its state: its approval, where it was not stopped.

    What an approved action may do depends on it, so no other decision that stands beside counts.
    """
    if state not in _STOPPED:
        decided = [each for each in decided if each.state is State.APPROVED]
    return decided[-1].channel if decided else None


def read_step(row: sqlite3.Row) -> Step:
    """A step from its row."""
    _check(row, _STEP)
    if len(row["whole"]) not in _DIGEST_BYTES:
        raise ValueError("a digest has another length")
    return Step(
        number=row["number"],
        operation=row["operation"],
        frozen=FrozenRequest(row["api"], row["method"], row["origin"], row["target"], row["body"]),
        idempotent=bool(row["idempotent"]),
        state=StepState(row["state"]),
        ids=_ids_form().validate_json(row["ids"]),
        note=row["note"],
        status=row["status"],
        claimed_at=_time_or_none(row["claimed_at"]),
        finished_at=_time_or_none(row["finished_at"]),
        whole=row["whole"],
    )


def read_decision(row: sqlite3.Row) -> Approval:
    """A decision from its row."""
    _check(row, _DECISION)
    return Approval(
        state=State(row["state"]),
        channel=Channel(row["channel"]),
        by=row["decided_by"],
        at=_time(row["decided_at"]),
    )


def draft_seal(key: StateKey, draft: Draft, duplicate_of: str | None) -> bytes:
    """Proof of what a new row says beside its requests."""
    steps = zip(draft.operations, draft.idempotent, strict=True)
    return _seal(key, draft, duplicate_of, steps)


def action_seal(key: StateKey, action: Action) -> bytes:
    """The proof that a row as it is read should carry."""
    return _seal(
        key, action, action.duplicate_of, ((step.operation, step.idempotent) for step in action.steps)
    )


def _seal(
    key: StateKey, row: Draft | Action, duplicate_of: str | None, steps: Iterable[tuple[str, bool]]
) -> bytes:
    return key.seal(
        row.id,
        row.digest,
        row.connection,
        row.account,
        str(int(row.risk)),
        row.preview.model_dump_json(),
        str(row.recipients),
        dump_content(row.content) or "",
        dump_terms(row.terms),
        duplicate_of or "",
        *(f"{operation} {int(idempotent)}" for operation, idempotent in steps),
    )


def plain(text: str) -> JsonValue:
    """A column's JSON; the text itself where it is damaged."""
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


_OF_EMAILS = frozenset({"subject", "preheader", "plain", "html", "html_bytes", "reply_to"})


def dump_content(content: Content | None) -> str | None:
    """A campaign's content as JSON text; what an SMS has not, and older rows did not hold, is left out."""
    if content is None:
        return None
    members = asdict(content)
    kept = {name: value for name, value in members.items() if value or name not in _OF_EMAILS}
    return json.dumps(kept, ensure_ascii=False)


def load_content(text: str | None) -> Content | None:
    """The inverse of `dump_content`.

    Raises:
        ValueError: it is no such text.
    """
    if text is None:
        return None
    return _content_form().validate_json(text)


@cache
def _terms() -> TypeAdapter[Terms]:
    return TypeAdapter(Terms)


def dump_terms(terms: Terms) -> str:
    """What binds an action besides its bytes, as JSON text in one form."""
    return _terms().dump_json(terms).decode()


def load_terms(text: str) -> Terms:
    """The inverse of `dump_terms`.

    Raises:
        ValueError: it is no such text.
    """
    terms = _terms().validate_json(text)
    _time_or_none(terms.not_after)
    if not math.isfinite(terms.hold_seconds):
        raise ValueError("no end of the hold")
    return terms


@cache
def _content_form() -> TypeAdapter[Content]:
    return TypeAdapter(Content)


@cache
def _ids_form() -> TypeAdapter[tuple[str, ...]]:
    return TypeAdapter(tuple[str, ...])


def _time(seconds: float) -> float:
    """A time that a calendar has.

    Raises:
        ValueError: it is none.
    """
    if not 0 <= seconds < _YEAR_10000:
        raise ValueError("no calendar has this time")
    return seconds


def _time_or_none(seconds: float | None) -> float | None:
    return None if seconds is None else _time(seconds)


def state_of(db: sqlite3.Connection, action_id: str) -> str | None:
    """The state of an action's row as it is written; None where there is no such row."""
    row = db.execute("SELECT state FROM actions WHERE id = ?", (action_id,)).fetchone()
    return None if row is None else str(row["state"])
