"""Actions in one SQLite file, shared by every server process of a state directory.

All calls of one store run on one worker thread, so the event loop never waits for the disk.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired, NotAllowed, RowDamaged, SentBefore, StateUnavailable
from egoi_mcp.guard.action import Action, Channel, Content, Draft, State, Step, StepState, outcome_of_steps
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.settings import ActionTimes
from egoi_mcp.store import (
    attribution,
    bodies,
    claims,
    contents,
    decisions,
    erasure,
    proofs,
    recovery,
    retention,
    rows,
)
from egoi_mcp.store.database import Database
from egoi_mcp.store.protocol import Caps, Claim, Decision, Erased, Found, Proposed, Purged, Search, Tombstone
from egoi_mcp.store.standing_rules import StandingRules

_OPEN_OF_DIGEST = "SELECT id FROM actions WHERE digest = ? AND state IN ('proposed', 'approved', 'executing')"


class SqliteStore:
    """The default `Store`."""

    def __init__(
        self, state_dir: Path, key: StateKey, times: ActionTimes, clock: Callable[[], float]
    ) -> None:
        self._file = Database(state_dir)
        self._key = key
        self._times = times
        self._clock = clock
        self.rules = StandingRules(self._file, key, clock)
        # Whatever becomes of the file, an older copy of it included, this process does each once.
        self._claimed: set[str] = set()
        self._sent: set[tuple[str, int]] = set()
        # Steps that were claimed with their action and wait for the door, with what may pass it.
        self._at_the_door: dict[str, tuple[Step, Risk]] = {}

    # What follows up to `close` is the protocol: each method hops to the store's thread and back.

    async def propose(
        self, draft: Draft, *, approve: Decision | None = None, claim: Claim | None = None
    ) -> Proposed:
        return await self._file.run(self._propose, draft, approve, claim)

    async def get(self, action_id: str) -> Action | None:
        seen = self._file.glance(lambda db: self._as_it_stands(db, action_id))
        return seen if seen is not None else await self._file.run(self._get, action_id)

    async def open_action(self, digest: bytes) -> Action | None:
        return await self._file.run(self._open_action, digest)

    async def newest(self, *, limit: int = 50, states: Sequence[State] = ()) -> list[Action]:
        return list((await self.find(Search(states=tuple(states), limit=limit))).actions)

    async def find(self, search: Search) -> Found:
        return await self._file.run(self._find, search)

    async def decide(self, action_id: str, decision: Decision) -> Action:
        return await self._file.run(self._decide, action_id, decision)

    async def claim(self, action_id: str, *, owner: str, caps: Caps) -> Action | None:
        return await self._file.run(self._claim, action_id, owner, caps)

    async def whole(self, action_id: str, step: Step) -> FrozenRequest:
        return await self._file.run(self._whole, action_id, step)

    async def claim_step(self, action_id: str, frozen: FrozenRequest, risk: Risk) -> None:
        if (waiting := self._at_the_door.pop(action_id, None)) is not None:
            if waiting[0].holds(frozen) and risk <= waiting[1]:
                return
            # Claimed and not what comes: it stays claimed, and no other is.
            raise ActionRequired(f"Action {action_id} waits to send another request, so it was not sent.")
        await self._file.run(self._claim_step, action_id, frozen, risk)

    async def finish_step(
        self,
        action_id: str,
        number: int,
        state: StepState,
        *,
        ids: Sequence[str] = (),
        note: str = "",
        status: int | None = None,
    ) -> None:
        await self._file.run(self._finish_step, action_id, number, state, ids, note, status)

    async def finish(self, action_id: str) -> Action:
        return await self._file.run(self._finish, action_id)

    async def abandon(self, action_id: str) -> None:
        await self._file.run(self._abandon, action_id)

    async def settle(self, action_id: str, *, sent: bool, by: str) -> Action:
        note = f"settled by a person as {'sent' if sent else 'not sent'}"
        state = StepState.SUCCEEDED if sent else StepState.FAILED
        return await self._file.run(self._settle, action_id, state, note, Channel.TERMINAL, by)

    async def resolve(
        self,
        action_id: str,
        found: Mapping[int, StepState],
        *,
        by: str,
        notes: Mapping[int, str],
        ids: Mapping[int, Sequence[str]] | None = None,
    ) -> Action:
        return await self._file.run(self._resolve, action_id, found, by, notes, ids or {})

    async def ids_elsewhere(
        self, action_id: str, operations: Sequence[str], ids: Sequence[str]
    ) -> frozenset[str]:
        return await self._file.run(self._ids_elsewhere, action_id, operations, ids)

    async def neighbours(
        self, action_id: str, operations: Sequence[str], *, since: float, until: float
    ) -> list[Step]:
        return await self._file.run(self._neighbours, action_id, operations, since, until)

    async def recover(
        self, *, owner: str, alive: Callable[[str], bool], connections: Sequence[str]
    ) -> list[str]:
        return await self._file.run(self._recover, owner, alive, connections)

    async def unconfirmed_writes(self, connection: str) -> int:
        return await self._file.run(self._unconfirmed_writes, connection)

    async def tested(self, texts: Sequence[bytes], *, since: float) -> bool:
        return await self._file.run(self._tested, texts, since)

    async def content(self, connection: str, account: str, campaign_hash: str) -> Content | None:
        return await self._file.run(self._content, connection, account, campaign_hash)

    async def keep_stamp(self, connection: str, account: str, campaign_hash: str, updated: str) -> None:
        await self._file.run(self._keep_stamp, connection, account, campaign_hash, updated)

    async def purge(self, *, bodies_before: float, rows_before: float) -> Purged:
        emptied = removed = 0
        while True:
            step = await self._file.run(self._purge, bodies_before, rows_before)
            emptied, removed = emptied + step.emptied, removed + step.removed
            if not step.emptied and not step.removed:
                break
        return Purged(emptied=emptied, removed=removed, scrubbed=await self._file.run(self._file.scrub))

    async def erase(self, people: Sequence[str], *, channel: Channel, by: str) -> Erased:
        erased = await self._file.run(self._erase, people, channel, by)
        return replace(erased, scrubbed=await self._file.run(self._file.scrub))

    async def tombstones(self, people: Sequence[str] = ()) -> list[Tombstone]:
        return await self._file.run(self._tombstones, people)

    async def close(self) -> None:
        self._file.close_glass()
        await self._file.run(self._file.close)

    # From here on everything runs on the store's thread.

    def _propose(self, draft: Draft, approve: Decision | None, claim: Claim | None) -> Proposed:
        now = self._clock()
        with self._file.transaction() as db:
            _expire(db, now)
            row = db.execute(_OPEN_OF_DIGEST, (draft.digest,)).fetchone()
            if row is not None:
                return Proposed(action=rows.read(db, row["id"]), created=False)
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
            if (undoing := claims.undoing(db, draft)) is not None:
                raise NotAllowed(undoing)
            twin = claims.twin(db, draft, now - self._times.duplicate_seconds)
            action = rows.insert(
                db,
                draft,
                seal=rows.draft_seal(self._key, draft, twin),
                duplicate_of=twin,
                now=now,
                expires_at=now + self._times.proposal_seconds,
            )
            if approve is not None and twin is None:
                expires_at = now + self._times.approval_seconds
                action = decisions.approve(db, self._key, action, approve, now=now, expires_at=expires_at)
            taken: Action | None = None
            if claim is not None:
                taken = claims.at_once(db, self._key, action, claim, now, self._times.approval_seconds)
        if taken is not None and claim is not None:
            self._claimed.add(taken.id)
            if claim.first:
                self._at_the_door[taken.id] = (taken.steps[0], taken.risk)
                self._was_sent(taken.id, taken.steps[0])
        return Proposed(action=taken or action, created=True, claimed=taken is not None)

    def _as_it_stands(self, db: sqlite3.Connection, action_id: str) -> Action | None:
        """The row, unless its time has passed, which has to be written first; in one read transaction."""
        db.execute("BEGIN")
        try:
            action = rows.find(db, action_id)
        finally:
            db.execute("ROLLBACK")
        waits = action is not None and action.state in {State.PROPOSED, State.APPROVED}
        return None if action is None or (waits and action.expires_at <= self._clock()) else action

    def _get(self, action_id: str) -> Action | None:
        db = self._file.connection()
        now = self._clock()
        row = db.execute("SELECT state, expires_at FROM actions WHERE id = ?", (action_id,)).fetchone()
        if row is None:
            return None
        if row["state"] in {"proposed", "approved"} and row["expires_at"] <= now:
            with self._file.transaction():
                _expire(db, now)
        return rows.read(db, action_id)

    def _open_action(self, digest: bytes) -> Action | None:
        with self._file.transaction() as db:
            _expire(db, self._clock())
            row = db.execute(_OPEN_OF_DIGEST, (digest,)).fetchone()
            return None if row is None else rows.read(db, row["id"])

    def _find(self, search: Search) -> Found:
        with self._file.transaction() as db:
            _expire(db, self._clock())
        where, values = search.as_sql()
        found = db.execute(
            f"SELECT id FROM actions WHERE {where} ORDER BY created_at DESC, rowid DESC LIMIT ?",  # noqa: S608 - constants and marks
            (*values, search.limit),
        ).fetchall()
        actions: list[Action] = []
        damaged: list[str] = []
        for row in found:
            try:
                actions.append(rows.read(db, row["id"]))
            except StateUnavailable:
                # One damaged row hides none of the others.
                damaged.append(row["id"])
        return Found(actions=tuple(actions), damaged=tuple(damaged))

    def _decide(self, action_id: str, decision: Decision) -> Action:
        now = self._clock()
        with self._file.transaction() as db:
            _expire(db, now)
            expires_at = now + self._times.approval_seconds
            decided = decisions.decide(db, self._key, action_id, decision, now=now, expires_at=expires_at)
            if decided is not None:
                return decided
        # Outside the transaction, so that an expiry noticed above is kept.
        raise NotAllowed(decisions.why_not(self._get(action_id), action_id, decision))

    def _claim(self, action_id: str, owner: str, caps: Caps) -> Action | None:
        now = self._clock()
        with self._file.transaction() as db:
            _expire(db, now)
            action = rows.find(db, action_id)
            if action is None or action.state is not State.APPROVED:
                return None
            if action.held_until is not None and now < action.held_until:
                return None
            held = proofs.approvals(db, action_id)
            again = action_id in self._claimed or proofs.claimed_before(held, self._key, action)
            refusal = (
                f"Action {action_id} has been carried out before. It is not sent again." if again else None
            )
            refusal = refusal or (
                proofs.not_as_approved(held, self._key, action)
                or claims.too_late(action, now, self._times.approval_seconds)
                or claims.overtaken(db, action, now - self._times.duplicate_seconds)
                or claims.over_a_cap(db, action, caps, now)
                or proofs.bodies_changed(db, action)
            )
            taken: Action | None = None
            if refusal is None:
                taken = claims.take(db, self._key, held, action, owner, now)
            elif again:
                # Somebody set its state back. How it ended nobody knows any more; that it began is certain.
                recovery.doubt(db, action_id, now)
            else:
                decisions.void(db, action_id, refusal, now)
        if refusal is not None:
            raise NotAllowed(refusal)
        self._claimed.add(action_id)
        return taken

    def _whole(self, action_id: str, step: Step) -> FrozenRequest:
        found = bodies.whole(self._file.connection(), action_id, step)
        if not step.holds(found):
            raise RowDamaged(f"A body of action {action_id} was changed, so it was not sent.")
        return found

    def _unconfirmed_writes(self, connection: str) -> int:
        return claims.unconfirmed_writes(self._file.connection(), connection, self._clock())

    def _tested(self, texts: Sequence[bytes], since: float) -> bool:
        return claims.tested(self._file.connection(), texts, since)

    def _claim_step(self, action_id: str, frozen: FrozenRequest, risk: Risk) -> None:
        with self._file.transaction() as db:
            action = rows.find(db, action_id)
            claimed: Step | None = None
            if (
                action is not None
                and action.state is State.EXECUTING
                and risk <= action.risk
                and proofs.not_as_approved(proofs.approvals(db, action_id), self._key, action, used=True)
                is None
            ):
                claimed = claims.claim_step(db, self._key, action, frozen, self._clock())
                if claimed is not None and (action_id, claimed.number) in self._sent:
                    raise SentBefore(
                        f"This server sent step {claimed.number} of action {action_id} before, and its row "
                        "was set back since. It was not sent again; how it ended is not known any more."
                    )
                contents.forget_changed(db, action, frozen)
        if claimed is None:
            raise ActionRequired(
                f"Action {action_id} does not hold this request unclaimed, so it was not sent."
            )
        self._was_sent(action_id, claimed)

    def _was_sent(self, action_id: str, step: Step) -> None:
        if not step.idempotent:
            self._sent.add((action_id, step.number))

    def _finish_step(
        self,
        action_id: str,
        number: int,
        state: StepState,
        ids: Sequence[str],
        note: str,
        status: int | None,
    ) -> None:
        with self._file.transaction() as db:
            now = self._clock()
            db.execute(
                """UPDATE steps SET state = ?, finished_at = ?, ids = ?, note = ?, status = ?, ticket = x''
                   WHERE action_id = ? AND number = ? AND state IN ('pending', 'sending')""",
                (state.value, now, json.dumps(list(ids)), note, status, action_id, number),
            )
            if state is StepState.SUCCEEDED and ids:
                contents.keep(db, self._key, action_id, ids[0], now)
            self._erase_forgotten(db, action_id, [number])
            _end(db, action_id, now)

    def _finish(self, action_id: str) -> Action:
        with self._file.transaction() as db:
            if not _end(db, action_id, self._clock()) and rows.state_of(db, action_id) == State.EXECUTING:
                raise RowDamaged(f"Action {action_id} has steps that have not ended, so it has no outcome.")
            return rows.read(db, action_id)

    def _abandon(self, action_id: str) -> None:
        with self._file.transaction() as db:
            row = db.execute("SELECT state FROM actions WHERE id = ?", (action_id,)).fetchone()
            if row is not None and row["state"] == State.EXECUTING:
                recovery.take_over(db, self._key, action_id, None, self._clock())
                erasure.bury(db, action_id, self._clock())

    def _settle(self, action_id: str, state: StepState, note: str, channel: Channel, by: str) -> Action:
        with self._file.transaction() as db:
            action = recovery.unknown_action(db, action_id)
            unknown = [step.number for step in action.steps if step.state is StepState.UNKNOWN]
            found = dict.fromkeys(unknown, state)
            notes = dict.fromkeys(unknown, note)
            return self._settled(db, action, found, notes, channel, by)

    def _resolve(
        self,
        action_id: str,
        found: Mapping[int, StepState],
        by: str,
        notes: Mapping[int, str],
        ids: Mapping[int, Sequence[str]],
    ) -> Action:
        with self._file.transaction() as db:
            action = recovery.unknown_action(db, action_id)
            recovery.keep_ids(db, self._key, action, found, ids, self._clock())
            return self._settled(db, action, found, notes, Channel.VENDOR, by)

    def _settled(
        self,
        db: sqlite3.Connection,
        action: Action,
        found: Mapping[int, StepState],
        notes: Mapping[int, str],
        channel: Channel,
        by: str,
    ) -> Action:
        recovery.settle(db, action, found, notes, channel=channel, by=by, now=self._clock())
        self._erase_forgotten(db, action.id, found)
        erasure.bury(db, action.id, self._clock())
        return rows.read(db, action.id)

    def _ids_elsewhere(self, action_id: str, operations: Sequence[str], ids: Sequence[str]) -> frozenset[str]:
        return attribution.ids_elsewhere(self._file.connection(), action_id, operations, ids)

    def _neighbours(
        self, action_id: str, operations: Sequence[str], since: float, until: float
    ) -> list[Step]:
        return attribution.neighbours(self._file.connection(), action_id, operations, since, until)

    def _recover(self, owner: str, alive: Callable[[str], bool], connections: Sequence[str]) -> list[str]:
        dead = recovery.dead_owners(self._file.connection(), owner, alive)
        if not dead:
            return []
        # All in one: an error on the way leaves nothing taken over that the caller was not told of.
        with self._file.transaction() as db:
            return recovery.take_over_all(db, self._key, dead, owner, connections, self._clock())

    def _content(self, connection: str, account: str, campaign_hash: str) -> Content | None:
        return contents.find(self._file.connection(), self._key, connection, account, campaign_hash)

    def _keep_stamp(self, connection: str, account: str, campaign_hash: str, updated: str) -> None:
        with self._file.transaction() as db:
            contents.keep_stamp(db, self._key, connection, account, campaign_hash, updated)

    def _purge(self, bodies_before: float, rows_before: float) -> Purged:
        now = self._clock()
        with self._file.transaction() as db:
            _expire(db, now)
            return retention.purge(
                db,
                bodies_before=bodies_before,
                rows_before=rows_before,
                marks_before=self._marks_before(now),
                now=now,
            )

    def _erase(self, people: Sequence[str], channel: Channel, by: str) -> Erased:
        with self._file.transaction() as db:
            _expire(db, self._clock())
            return self._erase_in(db, people, Decision(state=State.VOID, channel=channel, by=by))

    def _erase_forgotten(self, db: sqlite3.Connection, action_id: str, numbers: Iterable[int]) -> None:
        """Erase here whom the vendor has erased by these steps."""
        people = [each for number in numbers for each in erasure.forgotten_at_vendor(db, action_id, number)]
        if people:
            self._erase_in(db, people, erasure.at_vendor())

    def _erase_in(self, db: sqlite3.Connection, people: Sequence[str], void: Decision) -> Erased:
        now = self._clock()
        return erasure.erase(db, self._key, people, void, now=now, marks_before=self._marks_before(now))

    def _tombstones(self, people: Sequence[str]) -> list[Tombstone]:
        return erasure.tombstones(self._file.connection(), self._key, people)

    def _marks_before(self, now: float) -> float:
        """The end from which nothing that recognises a repetition is of use any more."""
        return now - max(self._times.duplicate_seconds, self._times.decline_cooldown_seconds)


def _expire(db: sqlite3.Connection, now: float) -> None:
    db.execute(
        """UPDATE actions SET state = 'expired', finished_at = expires_at
           WHERE state IN ('proposed', 'approved') AND expires_at <= :now""",
        {"now": now},
    )


def _end(db: sqlite3.Connection, action_id: str, now: float) -> bool:
    """Give an executing action its final state if all of its steps have ended; whether that was so."""
    found = db.execute("SELECT state FROM steps WHERE action_id = ?", (action_id,)).fetchall()
    try:
        states = [StepState(row["state"]) for row in found]
    except ValueError as error:
        raise RowDamaged(f"A step of action {action_id} is damaged, so it has no outcome.") from error
    if not states or {StepState.PENDING, StepState.SENDING}.intersection(states):
        return False
    ended = db.execute(
        "UPDATE actions SET state = ?, finished_at = ? WHERE id = ? AND state = 'executing'",
        (outcome_of_steps(states).value, now, action_id),
    )
    erasure.bury(db, action_id, now)
    return ended.rowcount == 1
