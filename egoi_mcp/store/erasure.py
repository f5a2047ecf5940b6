"""Erasing people from the rows, as statements inside a transaction.

An action that has not begun is voided and emptied, one that has ended is emptied. One under way, or of
unknown outcome, is needed to find out what became of it: its tombstone has it emptied as it ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.guard.action import Channel, State, StepState
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.guard.people import erases, folded, people_in, spellings
from egoi_mcp.store import decisions, rows, standing_rules
from egoi_mcp.store.protocol import Decision, Erased, Tombstone
from egoi_mcp.store.retention import ENDED, empty, forget_marks, leave_unscrubbed

_NOTE = "a person in it was erased before it began. Nothing was sent."
_AT_ONCE = 500
_BURIED = f"""
    SELECT 1 FROM actions JOIN people ON action_id = id JOIN tombstones ON people.mark = tombstones.mark
    WHERE id = ? AND {ENDED} AND purged_at IS NULL AND created_at <= erased_at
"""  # noqa: S608 - a constant


def erase(
    db: sqlite3.Connection,
    key: StateKey,
    people: Sequence[str],
    void: Decision,
    *,
    now: float,
    marks_before: float,
) -> Erased:
    """Erase people, each given by a number, an address or a contact's id; `void` is who decided it."""
    spelt = {keys[0]: keys for keys in map(spellings, people)}
    named = _named_by(db, key, spelt)
    emptied: set[str] = set()
    voided: set[str] = set()
    waiting: set[str] = set()
    for action_id in sorted({each for actions in named.values() for each in actions}):
        row = db.execute("SELECT state FROM actions WHERE id = ?", (action_id,)).fetchone()
        if row is None:
            continue
        if row["state"] in {State.EXECUTING, State.UNKNOWN}:
            waiting.add(action_id)
            continue
        if row["state"] in {State.PROPOSED, State.APPROVED}:
            _void(db, action_id, void, now)
            voided.add(action_id)
        note = f"Action {action_id} is void: {_NOTE}" if action_id in voided else ""
        empty(db, action_id, now, note=note)
        emptied.add(action_id)
    for person, actions in named.items():
        mark = key.person(person)
        left = [(action_id, mark) for action_id in actions & waiting]
        db.executemany("INSERT OR IGNORE INTO people VALUES (?, ?)", left)
        db.execute(
            """INSERT INTO tombstones VALUES (:mark, :now, :actions) ON CONFLICT (mark) DO UPDATE
               SET erased_at = :now, actions = tombstones.actions + :actions""",
            {"mark": mark, "now": now, "actions": len(actions)},
        )
    forget_marks(db, marks_before)
    keys = {each for found in spelt.values() for each in found}
    contents = _forget_contents(db, keys)
    if standing_rules.forget(db, keys) or emptied or contents:
        leave_unscrubbed(db, now)
    return Erased(emptied=len(emptied), voided=len(voided), waiting=tuple(sorted(waiting)), contents=contents)


def bury(db: sqlite3.Connection, action_id: str, now: float) -> None:
    """Empty an action that has ended, where a person in it was erased meanwhile."""
    if db.execute(_BURIED, (action_id,)).fetchone() is not None:
        empty(db, action_id, now)
        leave_unscrubbed(db, now)


def forgotten_at_vendor(db: sqlite3.Connection, action_id: str, number: int) -> tuple[str, ...]:
    """Whom the vendor has erased by a step that succeeded; nobody where it is no such step."""
    row = db.execute(
        "SELECT * FROM steps WHERE action_id = ? AND number = ? AND state = ?",
        (action_id, number, StepState.SUCCEEDED.value),
    ).fetchone()
    if row is None:
        return ()
    frozen = _frozen(row)
    return people_in([frozen]) if erases(frozen) else ()


def at_vendor() -> Decision:
    """Who decided, where a vendor was made to forget somebody."""
    return Decision(state=State.VOID, channel=Channel.VENDOR, by="erased at the vendor")


def tombstones(db: sqlite3.Connection, key: StateKey, people: Sequence[str]) -> list[Tombstone]:
    """The tombstones, newest first; of these people only, where some are named."""
    marks = {key.person(each) for person in people for each in spellings(person)}
    found = db.execute("SELECT * FROM tombstones ORDER BY erased_at DESC").fetchall()
    return [
        Tombstone(erased_at=row["erased_at"], actions=row["actions"])
        for row in found
        if not people or row["mark"] in marks
    ]


def _named_by(
    db: sqlite3.Connection, key: StateKey, spelt: dict[str, tuple[str, ...]]
) -> dict[str, set[str]]:
    """The actions that name each person, and still hold what they held; a person is their main spelling."""
    of_key: dict[str, list[str]] = {}
    for person, keys in spelt.items():
        for each in keys:
            of_key.setdefault(each, []).append(person)
    found: dict[str, set[str]] = {person: set() for person in spelt}
    for action_id, each in (*_marked(db, key, of_key), *_unmarked(db), *_given_back(db)):
        for person in of_key.get(each, ()):
            found[person].add(action_id)
    return found


def _marked(db: sqlite3.Connection, key: StateKey, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    by_mark = {key.person(each): each for each in keys}
    marks = list(by_mark)
    for at in range(0, len(marks), _AT_ONCE):
        some = marks[at : at + _AT_ONCE]
        found = db.execute(
            f"SELECT action_id, mark FROM people WHERE mark IN ({', '.join('?' * len(some))})",  # noqa: S608 - only marks
            some,
        ).fetchall()
        yield from ((row["action_id"], by_mark[row["mark"]]) for row in found)


def _unmarked(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Whom the rows name that have no marks: those of a version that made none."""
    found = db.execute(
        "SELECT id, preview FROM actions WHERE purged_at IS NULL AND id NOT IN (SELECT action_id FROM people)"
    ).fetchall()
    for row in found:
        steps = db.execute("SELECT * FROM steps WHERE action_id = ?", (row["id"],)).fetchall()
        named = people_in([_frozen(step) for step in steps], rows.plain(row["preview"]))
        yield from ((row["id"], each) for each in named)


def _given_back(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """The ids that the vendors gave: that of a contact who was created stands in no request."""
    found = db.execute("SELECT action_id, ids FROM steps WHERE ids != '[]'").fetchall()
    for row in found:
        ids = rows.plain(row["ids"])
        yield from (
            (row["action_id"], folded(str(each))) for each in (ids if isinstance(ids, list) else [ids])
        )


def _void(db: sqlite3.Connection, action_id: str, void: Decision, now: float) -> None:
    db.execute("UPDATE actions SET state = 'void', finished_at = ? WHERE id = ?", (now, action_id))
    decisions.note(db, action_id, void, b"", now)


def _forget_contents(db: sqlite3.Connection, keys: set[str]) -> int:
    """Forget the kept text of every campaign that names one of these; how many."""
    found = db.execute("SELECT connection, account, campaign_hash, content FROM contents").fetchall()
    naming = [row for row in found if not keys.isdisjoint(people_in((), rows.plain(row["content"])))]
    db.executemany(
        "DELETE FROM contents WHERE connection = ? AND account = ? AND campaign_hash = ?",
        [tuple(row)[:3] for row in naming],
    )
    return len(naming)


def _frozen(row: sqlite3.Row) -> FrozenRequest:
    return FrozenRequest(row["api"], row["method"], row["origin"], row["target"], row["body"])
