"""Ways to change the rows of an action in the state file, by somebody who can write it and has no key.

Each takes the randomness, the file and the actions to work on, changes something, and says what: enough to
read, not to replay; that is what the seed is for. One that changed nothing returns None.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from egoi_mcp.guard.action import Channel
from egoi_mcp.store.schema import MIGRATIONS
from tests.guard.tampering.values import STATES, Value, another_byte, changed_json, junk


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The actions: the one under attack, others to take things from, and who owns what."""

    victim: str
    others: tuple[str, ...]
    owners: tuple[str | None, ...]


Way = Callable[[Random, sqlite3.Connection, Cast], str | None]


def _columns() -> dict[str, tuple[str, ...]]:
    """Every column of every table that holds something of an action."""
    db = sqlite3.connect(":memory:")
    for script in MIGRATIONS:
        db.executescript(script)
    tables = ("actions", "steps", "decisions", "fingerprints", "people", "texts", "contents")
    found = {table: tuple(row[1] for row in db.execute(f"PRAGMA table_info({table})")) for table in tables}
    db.close()
    return found


COLUMNS = _columns()
_WEIGHTS = {
    "actions": 10,
    "steps": 10,
    "decisions": 6,
    "fingerprints": 1,
    "people": 1,
    "texts": 1,
    "contents": 1,
}


def key_of(table: str) -> str:
    """The column that says which action a row is of."""
    return "id" if table == "actions" else "action_id"


# -- one value of a row --------------------------------------------------------------------------


def a_value(rng: Random, db: sqlite3.Connection, cast: Cast) -> str | None:
    """Another byte in, or something else altogether for, one column of one row."""
    table = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    column = rng.choice(COLUMNS[table])
    at, old = _pick(rng, db, table, column, cast.victim)
    if at is None:
        return None
    new = another_byte(rng, old) if rng.random() < 0.7 else junk(rng)
    return _set(db, table, column, at, old, new)


def a_value_of_another(rng: Random, db: sqlite3.Connection, cast: Cast) -> str | None:
    """A column of another action's row, or of another of the same row."""
    table = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    column = rng.choice(COLUMNS[table])
    at, old = _pick(rng, db, table, column, cast.victim)
    if at is None:
        return None
    whose, what = rng.choice([*cast.others, cast.victim]), column
    if rng.random() < 0.3:
        what = rng.choice(COLUMNS[table])
    _, new = _pick(rng, db, table, what, whose)
    return _set(db, table, column, at, old, new)


def a_member(rng: Random, db: sqlite3.Connection, cast: Cast) -> str | None:
    """One member of what a row holds as JSON: preview, terms, content, a body."""
    table, column = rng.choice(
        [
            ("actions", "preview"),
            *[("actions", "terms")] * 3,
            ("actions", "content"),
            ("steps", "body"),
            ("steps", "ids"),
        ]
    )
    at, old = _pick(rng, db, table, column, cast.victim)
    if at is None or not isinstance(old, str | bytes):
        return None
    try:
        value = changed_json(rng, json.loads(old))
    except ValueError:
        return None
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return _set(db, table, column, at, old, text if isinstance(old, str) else text.encode("utf-8", "replace"))


def _pick(
    rng: Random, db: sqlite3.Connection, table: str, column: str, action_id: str
) -> tuple[tuple[Value, ...] | None, Value]:
    """One row of an action, as its place among them, and what its column holds."""
    order = ", ".join(COLUMNS[table])
    found = db.execute(
        f"SELECT {order}, {column} FROM {table} WHERE {key_of(table)} = ?",  # noqa: S608 - names of the schema
        (action_id,),
    ).fetchall()
    if not found:
        return None, None
    *whole, old = rng.choice(found)
    return tuple(whole), old


def _set(
    db: sqlite3.Connection, table: str, column: str, row: tuple[Value, ...], old: Value, new: Value
) -> str | None:
    where = " AND ".join(f"{name} IS ?" for name in COLUMNS[table])
    changed = _write(db, f"UPDATE {table} SET {column} = ? WHERE {where}", new, *row)  # noqa: S608 - names of the schema
    same = type(old) is type(new) and old == new
    return None if same or not changed else f"{table}.{column}: {old!r:.60} became {new!r:.60}"


def _write(db: sqlite3.Connection, sql: str, *values: Value) -> int:
    """Run a statement; how many rows it changed, none where the file's own rules refuse it."""
    try:
        return db.execute(sql, values).rowcount
    except (sqlite3.IntegrityError, UnicodeEncodeError):
        return 0


# -- states, times, owners -----------------------------------------------------------------------


def states(rng: Random, db: sqlite3.Connection, cast: Cast) -> str | None:
    """Any states, times and owner for the action and its steps."""
    said: list[str] = []
    state = rng.choice([*["approved", "executing"] * 4, "proposed", "unknown", *STATES])
    owner = rng.choice(cast.owners)
    if _write(db, "UPDATE actions SET state = ?, owner = ? WHERE id = ?", state, owner, cast.victim):
        said.append(f"the action is {state} of {owner}")
    if rng.random() < 0.8:
        step = rng.choice([*["pending"] * 5, "sending", *STATES])
        only = rng.choice(["TRUE", "number = 1", "number > 1", "state = 'succeeded'"])
        _write(db, f"UPDATE steps SET state = ? WHERE action_id = ? AND {only}", step, cast.victim)  # noqa: S608 - constants
        said.append(f"steps are {step} where {only}")
    if rng.random() < 0.8:
        _write(
            db, "UPDATE actions SET expires_at = ? WHERE id = ?", rng.choice([9e9, 2e9, 1e12]), cast.victim
        )
        said.append("it expires late")
    if rng.random() < 0.3:
        at = rng.choice([0.0, 9e9])
        _write(db, "UPDATE decisions SET decided_at = ? WHERE action_id = ?", at, cast.victim)
        said.append(f"it was decided at {at}")
    if rng.random() < 0.3:
        _write(db, "UPDATE decisions SET state = 'approved' WHERE action_id = ?", cast.victim)
        said.append("every decision approves")
    if rng.random() < 0.3:
        _write(
            db,
            "UPDATE actions SET claimed_at = NULL, finished_at = NULL, note = '' WHERE id = ?",
            cast.victim,
        )
    if rng.random() < 0.2:
        _write(db, "UPDATE steps SET claimed_at = NULL, finished_at = NULL, ids = '[]', note = ''")
    return ", ".join(said) or None


# -- rows ----------------------------------------------------------------------------------------


def rows(rng: Random, db: sqlite3.Connection, cast: Cast) -> str | None:
    """Steps, decisions and marks taken away, given twice, put into another order or another action."""
    table = rng.choice(["steps", "steps", "decisions", "decisions", "fingerprints", "people", "texts"])
    names = [name for name in COLUMNS[table] if name != "action_id"]
    copied = ", ".join(names)
    other = rng.choice(cast.others)
    match rng.choice(["gone", "twice", "order", "moved", "taken", "made", "exchanged"]):
        case "gone":
            changed = _write(db, f"DELETE FROM {table} WHERE action_id = ?", cast.victim)  # noqa: S608 - constants
            said = f"{table} are gone"
        case "twice":
            new = copied.replace("number", f"number + {rng.choice([1, 5])}")
            changed = _write(
                db,
                f"INSERT OR IGNORE INTO {table} (action_id, {copied}) SELECT action_id, {new} FROM {table} "  # noqa: S608 - names of the schema
                "WHERE action_id = ?",
                cast.victim,
            )
            said = f"{table} stand twice"
        case "order" if table == "steps":
            changed = _write(db, "UPDATE steps SET number = -number WHERE action_id = ?", cast.victim)
            if rng.random() < 0.7:
                _write(db, "UPDATE steps SET number = number + 100 WHERE action_id = ?", cast.victim)
            said = "the steps have another order"
        case "moved":
            move = f"UPDATE OR IGNORE {table} SET action_id = ? WHERE action_id = ?"  # noqa: S608 - constants
            changed = _write(db, move, other, cast.victim)
            said = f"{table} belong to another"
        case "taken":
            changed = _write(
                db,
                f"INSERT OR REPLACE INTO {table} (action_id, {copied}) SELECT ?, {copied} FROM {table} "  # noqa: S608 - names of the schema
                "WHERE action_id = ?",
                cast.victim,
                other,
            )
            said = f"{table} are another's"
        case "made":
            changed = _decide(rng, db, rng.choice([cast.victim, other]))
            said = "a decision is made up"
        case _:
            changed = sum(
                _write(db, f"UPDATE OR IGNORE {table} SET action_id = ? WHERE action_id = ?", new, old)  # noqa: S608 - constants
                for old, new in ((cast.victim, "between"), (other, cast.victim), ("between", other))
            )
            said = f"{table} are exchanged with another's"
    return said if changed else None


def _decide(rng: Random, db: sqlite3.Connection, action_id: str) -> int:
    """Make up a decision, with a proof from somewhere."""
    proofs: Sequence[Value] = [row[0] for row in db.execute("SELECT proof FROM decisions")]
    return _write(
        db,
        "INSERT INTO decisions (action_id, state, channel, decided_by, decided_at, proof)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        action_id,
        rng.choice(["approved", "approved", "declined", "void"]),
        rng.choice([*Channel]).value,
        rng.choice(["owner", "ana", ""]),
        rng.choice([0.0, 1.7e9, 9e9]),
        rng.choice([b"", rng.randbytes(32), *proofs]),
    )


def swapped(rng: Random, db: sqlite3.Connection, cast: Cast) -> str | None:
    """What proves one action put into another: digest, seal, approvals, tickets, steps."""
    other = rng.choice(cast.others)
    one, two = (cast.victim, other) if rng.random() < 0.5 else (other, cast.victim)
    said: list[str] = []
    for what in rng.sample(
        ["digest", "seal", "account", "connection", "risk", "terms", "preview"], rng.randrange(3)
    ):
        # The digest of an open action stands once, so the one that it is taken from is closed.
        if what == "digest":
            _write(db, "UPDATE actions SET state = 'void' WHERE id = ?", two)
        if _write(
            db,
            f"UPDATE actions SET {what} = (SELECT {what} FROM actions WHERE id = ?) WHERE id = ?",  # noqa: S608 - constants
            two,
            one,
        ):
            said.append(what)
    if rng.random() < 0.5 and _write(
        db,
        "INSERT INTO decisions SELECT ?, state, channel, decided_by, decided_at, proof FROM decisions"
        " WHERE action_id = ?",
        one,
        two,
    ):
        said.append("approvals")
    if rng.random() < 0.5 and _write(
        db,
        "UPDATE steps SET ticket = (SELECT max(ticket) FROM steps AS its WHERE its.action_id = ?)"
        " WHERE action_id = ?",
        two,
        one,
    ):
        said.append("tickets")
    if rng.random() < 0.3:
        db.execute("DELETE FROM steps WHERE action_id = ?", (one,))
        if _write(db, "UPDATE steps SET action_id = ? WHERE action_id = ?", one, two):
            said.append("steps")
    if rng.random() < 0.6:
        _write(
            db,
            "UPDATE actions SET state = ?, expires_at = 9e9, owner = ? WHERE id = ?",
            rng.choice(["approved", "executing"]),
            rng.choice(cast.owners),
            one,
        )
        if rng.random() < 0.7:
            _write(db, "UPDATE steps SET state = 'pending' WHERE action_id = ?", one)
    return f"{one} has of {two}: {', '.join(said)}" if said else None


ROW_WAYS: dict[str, Way] = {
    "a value": a_value,
    "a value of another": a_value_of_another,
    "a member": a_member,
    "rows": rows,
    "swapped": swapped,
    "states": states,
}


def several(rng: Random, db: sqlite3.Connection, cast: Cast) -> str | None:
    """Two to four of the others, and mostly the states of an action that is ready to go."""
    ways = rng.choices(list(ROW_WAYS.values()), k=rng.randrange(1, 4))
    said = [each for each in (way(rng, db, cast) for way in [*ways, states]) if each is not None]
    return "; ".join(said) or None
