"""Actions in one SQLite file, shared by every server process of a state directory.

Write-ahead log with `synchronous=FULL`: when a method returns, its row is on the disk. All calls of
one store run on one worker thread, so the event loop never waits for the disk.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.errors import ActionRequired, NotAllowed, StateUnavailable
from egoi_mcp.guard.action import (
    DECISIONS,
    Action,
    Channel,
    Content,
    Draft,
    State,
    StepState,
    outcome_of_steps,
    sources,
)
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.settings import ActionTimes
from egoi_mcp.store import claims, rows
from egoi_mcp.store.protocol import Caps, Decision, Proposed
from egoi_mcp.store.schema import MIGRATIONS

_BUSY_SECONDS = 5.0
_FILE = "actions.sqlite3"
_OPEN_OF_DIGEST = "SELECT id FROM actions WHERE digest = ? AND state IN ('proposed', 'approved', 'executing')"
_P = ParamSpec("_P")
_T = TypeVar("_T")


class SqliteStore:
    """The default `Store`."""

    def __init__(
        self, state_dir: Path, key: StateKey, times: ActionTimes, clock: Callable[[], float]
    ) -> None:
        self._path = state_dir / _FILE
        self._key = key
        self._times = times
        self._clock = clock
        self._thread = anyio.CapacityLimiter(1)
        self._db: sqlite3.Connection | None = None

    # What follows up to `close` is the protocol: each method hops to the store's thread and back.

    async def propose(self, draft: Draft) -> Proposed:
        return await self._run(self._propose, draft)

    async def get(self, action_id: str) -> Action | None:
        return await self._run(self._get, action_id)

    async def open_action(self, digest: bytes) -> Action | None:
        return await self._run(self._open_action, digest)

    async def newest(self, *, limit: int = 50, states: Sequence[State] = ()) -> list[Action]:
        return await self._run(self._newest, limit, states)

    async def decide(self, action_id: str, decision: Decision) -> Action:
        return await self._run(self._decide, action_id, decision)

    async def claim(self, action_id: str, *, owner: str, caps: Caps) -> Action | None:
        return await self._run(self._claim, action_id, owner, caps)

    async def claim_step(self, action_id: str, frozen: FrozenRequest) -> None:
        await self._run(self._claim_step, action_id, frozen)

    async def finish_step(
        self, action_id: str, number: int, state: StepState, *, ids: Sequence[str] = (), note: str = ""
    ) -> None:
        await self._run(self._finish_step, action_id, number, state, ids, note)

    async def finish(self, action_id: str) -> Action:
        return await self._run(self._finish, action_id)

    async def abandon(self, action_id: str) -> None:
        await self._run(self._abandon, action_id)

    async def settle(self, action_id: str, *, sent: bool, by: str) -> Action:
        return await self._run(self._settle, action_id, sent, by)

    async def recover(
        self, *, owner: str, alive: Callable[[str], bool], connections: Sequence[str]
    ) -> list[str]:
        return await self._run(self._recover, owner, alive, connections)

    async def unconfirmed_writes(self, connection: str) -> int:
        return await self._run(self._unconfirmed_writes, connection)

    async def content(self, connection: str, account: str, campaign_hash: str) -> Content | None:
        return await self._run(self._content, connection, account, campaign_hash)

    async def close(self) -> None:
        await self._run(self._close)

    async def _run(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        def guarded() -> _T:
            try:
                return call(*args, **kwargs)
            except sqlite3.Error as error:
                raise StateUnavailable(
                    f"The state directory could not be used ({error}), so nothing was sent. "
                    "Check that the disk has room and that the folder is writable, then try again."
                ) from error

        # Not abandoned on cancellation: a transaction under way ends, one way or the other.
        return await anyio.to_thread.run_sync(guarded, limiter=self._thread)

    # From here on everything runs on the store's thread.

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            try:
                # Made here with the right mode: SQLite would follow the umask, and its log follows the file.
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            except OSError as error:
                raise StateUnavailable(
                    f"The state file cannot be written ({error.strerror}), so nothing was sent. "
                    "Check the folder's permissions, or set EGOI_MCP_STATE_DIR to another one."
                ) from error
            db = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                db.row_factory = sqlite3.Row
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA foreign_keys = ON")
                _migrate(db)
            except BaseException:
                # Left open, it would hold the lock of the migration that it did not finish.
                db.close()
                raise
            self._db = db
        return self._db

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        db = self._connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            # A commit that failed for want of room has sometimes been rolled back already.
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _propose(self, draft: Draft) -> Proposed:
        now = self._clock()
        with self._transaction() as db:
            self._expire(db, now)
            row = db.execute(_OPEN_OF_DIGEST, (draft.digest,)).fetchone()
            if row is not None:
                return Proposed(action=self._read(db, row["id"]), created=False)
            declined = db.execute(
                "SELECT id FROM actions WHERE digest = ? AND state = 'declined' AND finished_at > ?",
                (draft.digest, now - self._times.decline_cooldown_seconds),
            ).fetchone()
            if declined is not None:
                raise NotAllowed(
                    f"A person declined exactly this ({declined['id']}) less than "
                    f"{self._times.decline_cooldown_seconds / 60:g} minutes ago, so it is not asked again. "
                    "Nothing was sent. Change what was wrong with it, or wait."
                )
            twin = claims.twin(db, draft, now - self._times.duplicate_seconds)
            expires_at = now + self._times.proposal_seconds
            db.execute(
                rows.INSERT_ACTION,
                rows.action_values(
                    draft,
                    seal=rows.draft_seal(self._key, draft, twin),
                    duplicate_of=twin,
                    now=now,
                    expires_at=expires_at,
                ),
            )
            db.executemany(rows.INSERT_STEP, rows.step_values(draft))
            db.executemany(
                "INSERT OR IGNORE INTO fingerprints (action_id, mark) VALUES (?, ?)",
                [(draft.id, mark) for mark in draft.fingerprints],
            )
            return Proposed(action=self._read(db, draft.id), created=True)

    def _expire(self, db: sqlite3.Connection, now: float) -> None:
        db.execute(
            """UPDATE actions SET state = 'expired', finished_at = :now
               WHERE state IN ('proposed', 'approved') AND expires_at <= :now""",
            {"now": now},
        )

    def _read(self, db: sqlite3.Connection, action_id: str) -> Action:
        row = db.execute(f"{rows.SELECT_ACTION} WHERE id = ?", (action_id,)).fetchone()
        steps = db.execute("SELECT * FROM steps WHERE action_id = ? ORDER BY number", (action_id,)).fetchall()
        return rows.read_action(row, steps)

    def _get(self, action_id: str) -> Action | None:
        db = self._connection()
        now = self._clock()
        row = db.execute("SELECT state, expires_at FROM actions WHERE id = ?", (action_id,)).fetchone()
        if row is None:
            return None
        if row["state"] in {"proposed", "approved"} and row["expires_at"] <= now:
            with self._transaction():
                self._expire(db, now)
        return self._read(db, action_id)

    def _open_action(self, digest: bytes) -> Action | None:
        with self._transaction() as db:
            self._expire(db, self._clock())
            row = db.execute(_OPEN_OF_DIGEST, (digest,)).fetchone()
            return None if row is None else self._read(db, row["id"])

    def _newest(self, limit: int, states: Sequence[State]) -> list[Action]:
        with self._transaction() as db:
            self._expire(db, self._clock())
        chosen = [state.value for state in (states or State)]
        marks = ", ".join("?" * len(chosen))
        found = db.execute(
            f"SELECT id FROM actions WHERE state IN ({marks}) ORDER BY created_at DESC LIMIT ?",  # noqa: S608 - only marks
            (*chosen, limit),
        ).fetchall()
        return [self._read(db, row["id"]) for row in found]

    def _decide(self, action_id: str, decision: Decision) -> Action:
        if decision.state not in DECISIONS:
            raise ValueError(f"{decision.state.value} is an outcome, not a decision")
        now = self._clock()
        with self._transaction() as db:
            self._expire(db, now)
            approved = decision.state is State.APPROVED
            allowed = sources(decision.state)
            marks = ", ".join("?" * len(allowed))
            changed = db.execute(
                f"""UPDATE actions SET state = ?, note = ?, expires_at = ?, finished_at = ?
                    WHERE id = ? AND state IN ({marks})""",  # noqa: S608 - only marks
                (
                    decision.state.value,
                    decision.note,
                    now + self._times.approval_seconds,
                    None if approved else now,
                    action_id,
                    *allowed,
                ),
            ).rowcount
            if changed == 1:
                action = self._read(db, action_id)
                if not approved or (broken := claims.not_as_proposed(self._key, action)) is None:
                    proof = (
                        self._key.approval(action_id, action.digest, decision.channel) if approved else b""
                    )
                    self._note_decision(db, action_id, decision, proof, now)
                    return self._read(db, action_id)
                self._void(db, action_id, broken, now)
        # Outside the transaction, so that an expiry noticed above is kept.
        raise NotAllowed(self._why_not(action_id, decision.state))

    def _why_not(self, action_id: str, wanted: State) -> str:
        action = self._get(action_id)
        if action is None:
            return f"There is no action {action_id}. Nothing was changed."
        if action.state is State.VOID and action.note:
            return action.note
        is_now = action.state.value
        return f"Action {action_id} is {is_now}; it cannot become {wanted.value}. Nothing was changed."

    def _claim(self, action_id: str, owner: str, caps: Caps) -> Action | None:
        now = self._clock()
        refusal: str | None = None
        with self._transaction() as db:
            self._expire(db, now)
            row = db.execute("SELECT state FROM actions WHERE id = ?", (action_id,)).fetchone()
            if row is None or row["state"] != State.APPROVED:
                return None
            action = self._read(db, action_id)
            refusal = (
                claims.not_as_approved(db, self._key, action)
                or claims.overtaken(db, action, now - self._times.duplicate_seconds)
                or claims.over_a_cap(db, action, caps, now)
            )
            if refusal is None:
                db.execute(
                    "UPDATE actions SET state = 'executing', owner = ?, claimed_at = ? WHERE id = ?",
                    (owner, now, action_id),
                )
                return self._read(db, action_id)
            self._void(db, action_id, refusal, now)
        raise NotAllowed(refusal)

    def _void(self, db: sqlite3.Connection, action_id: str, note: str, now: float) -> None:
        db.execute(
            "UPDATE actions SET state = 'void', note = ?, finished_at = ? WHERE id = ?",
            (note, now, action_id),
        )

    def _note_decision(
        self, db: sqlite3.Connection, action_id: str, decision: Decision, proof: bytes, now: float
    ) -> None:
        db.execute(
            "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?)",
            (action_id, decision.state.value, decision.channel.value, decision.by, now, proof),
        )

    def _unconfirmed_writes(self, connection: str) -> int:
        return claims.unconfirmed_writes(self._connection(), connection, self._clock())

    def _claim_step(self, action_id: str, frozen: FrozenRequest) -> None:
        with self._transaction() as db:
            row = db.execute(
                "SELECT id FROM actions WHERE id = ? AND state = 'executing'", (action_id,)
            ).fetchone()
            changed = 0
            if row is not None and claims.not_as_approved(db, self._key, self._read(db, action_id)) is None:
                changed = db.execute(
                    """UPDATE steps SET state = 'sending', claimed_at = ? WHERE action_id = ? AND number = (
                           SELECT min(number) FROM steps WHERE action_id = ? AND state = 'pending' AND api = ?
                           AND method = ? AND origin = ? AND target = ? AND body = ?)""",
                    (
                        self._clock(),
                        action_id,
                        action_id,
                        frozen.api,
                        frozen.method,
                        frozen.origin,
                        frozen.target,
                        frozen.body,
                    ),
                ).rowcount
        if changed != 1:
            raise ActionRequired(
                f"Action {action_id} does not hold this request unclaimed, so it was not sent."
            )

    def _finish_step(
        self, action_id: str, number: int, state: StepState, ids: Sequence[str], note: str
    ) -> None:
        with self._transaction() as db:
            now = self._clock()
            db.execute(
                """UPDATE steps SET state = ?, finished_at = ?, ids = ?, note = ?
                   WHERE action_id = ? AND number = ? AND state IN ('pending', 'sending')""",
                (state.value, now, json.dumps(list(ids)), note, action_id, number),
            )
            if state is StepState.SUCCEEDED and ids:
                self._keep_content(db, action_id, ids[0], now)

    def _keep_content(self, db: sqlite3.Connection, action_id: str, campaign_hash: str, now: float) -> None:
        db.execute(
            """INSERT OR REPLACE INTO contents SELECT connection, account, ?, content, id, ?
               FROM actions WHERE id = ? AND content IS NOT NULL""",
            (campaign_hash, now, action_id),
        )

    def _finish(self, action_id: str) -> Action:
        with self._transaction() as db:
            action = self._read(db, action_id)
            if action.state is State.EXECUTING:
                final = outcome_of_steps([step.state for step in action.steps])
                db.execute(
                    "UPDATE actions SET state = ?, finished_at = ? WHERE id = ? AND state = 'executing'",
                    (final.value, self._clock(), action_id),
                )
            return self._read(db, action_id)

    def _abandon(self, action_id: str) -> None:
        with self._transaction() as db:
            row = db.execute("SELECT state FROM actions WHERE id = ?", (action_id,)).fetchone()
            if row is not None and row["state"] == State.EXECUTING:
                self._take_over(db, action_id, None)

    def _settle(self, action_id: str, sent: bool, by: str) -> Action:
        step = StepState.SUCCEEDED if sent else StepState.FAILED
        note = f"settled by a person as {'sent' if sent else 'not sent'}"
        with self._transaction() as db:
            now = self._clock()
            row = db.execute("SELECT state FROM actions WHERE id = ?", (action_id,)).fetchone()
            if row is None or row["state"] != State.UNKNOWN:
                raise NotAllowed(
                    f"There is no action {action_id} whose outcome is unknown, so nothing is to settle. "
                    "Nothing was changed."
                )
            db.execute(
                "UPDATE steps SET state = ?, note = ? WHERE action_id = ? AND state = 'unknown'",
                (step.value, note, action_id),
            )
            final = outcome_of_steps([each.state for each in self._read(db, action_id).steps])
            db.execute(
                "UPDATE actions SET state = ?, note = ?, finished_at = ? WHERE id = ?",
                (final.value, note, now, action_id),
            )
            settled = Decision(state=final, channel=Channel.TERMINAL, by=by, note=note)
            self._note_decision(db, action_id, settled, b"", now)
            return self._read(db, action_id)

    def _recover(self, owner: str, alive: Callable[[str], bool], connections: Sequence[str]) -> list[str]:
        db = self._connection()
        owners = db.execute("SELECT DISTINCT owner FROM actions WHERE state = 'executing'").fetchall()
        dead = [each for (each,) in owners if each != owner and (each is None or not alive(each))]
        if not dead:
            return []
        carry_on: list[str] = []
        # All in one: an error on the way leaves nothing taken over that the caller was not told of.
        with self._transaction():
            for gone in dead:
                left = db.execute(
                    "SELECT id, connection FROM actions WHERE state = 'executing' AND owner IS ?", (gone,)
                ).fetchall()
                for row in left:
                    here = owner if row["connection"] in connections else None
                    if self._take_over(db, row["id"], here) and here is not None:
                        carry_on.append(row["id"])
        return carry_on

    def _take_over(self, db: sqlite3.Connection, action_id: str, owner: str | None) -> bool:
        """Tell the truth about a dead owner's steps; True where requests are left, for `owner` to send."""
        db.execute(
            "UPDATE steps SET state = 'pending' WHERE action_id = ? AND state = 'sending' AND idempotent = 1",
            (action_id,),
        )
        db.execute(
            """UPDATE steps SET state = 'unknown', finished_at = ?, note = ?
               WHERE action_id = ? AND state = 'sending'""",
            (self._clock(), "the server stopped while it waited for the reply", action_id),
        )
        found = db.execute("SELECT state FROM steps WHERE action_id = ?", (action_id,)).fetchall()
        states = [StepState(row["state"]) for row in found]
        if StepState.PENDING in states:
            db.execute("UPDATE actions SET owner = ? WHERE id = ?", (owner, action_id))
            return True
        db.execute(
            "UPDATE actions SET state = ?, finished_at = ? WHERE id = ?",
            (outcome_of_steps(states).value, self._clock(), action_id),
        )
        return False

    def _content(self, connection: str, account: str, campaign_hash: str) -> Content | None:
        row = (
            self._connection()
            .execute(
                "SELECT content FROM contents WHERE connection = ? AND account = ? AND campaign_hash = ?",
                (connection, account, campaign_hash),
            )
            .fetchone()
        )
        return None if row is None else rows.load_content(row["content"])

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _migrate(db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise StateUnavailable(
            "The state directory was written by a newer version of egoi-mcp, so nothing was sent. "
            "Update egoi-mcp, or set EGOI_MCP_STATE_DIR to another folder."
        )
    if version == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    for script in MIGRATIONS[version:]:
        for statement in script.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.execute("COMMIT")
