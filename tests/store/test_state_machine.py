"""Any order of events on one state file, over two processes' stores: what may never happen, never does."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from anyio.from_thread import start_blocking_portal
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired, NotAllowed, RowDamaged
from egoi_mcp.guard.action import (
    OPEN,
    TRANSITIONS,
    Action,
    Channel,
    State,
    StepState,
    outcome_of_steps,
)
from egoi_mcp.store.protocol import Decision
from tests.store.ledgers import NO_CAPS, TIMES, draft, request, store_in
from tests.support import Clock

SIDES = st.sampled_from(["left", "right"])
ENDED = frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED, State.UNKNOWN})
ENDINGS = st.sampled_from([StepState.SUCCEEDED, StepState.PARTIAL, StepState.FAILED, StepState.UNKNOWN])
DECIDED = st.sampled_from([State.APPROVED] * 6 + [State.DECLINED, State.REVOKED, State.VOID])


class Ledger(RuleBasedStateMachine):
    """Two stores on one file; each has an owner that may die and come back as another."""

    actions: Bundle[str] = Bundle("actions")

    def __init__(self) -> None:
        super().__init__()
        self.cleanup = ExitStack()
        self.folder = Path(tempfile.mkdtemp())
        self.cleanup.callback(shutil.rmtree, self.folder)
        self.portal = self.cleanup.enter_context(start_blocking_portal())
        self.clock = Clock()
        self.stores = {side: store_in(self.folder, self.clock) for side in ("left", "right")}
        self.owners = {"left": "left0", "right": "right0"}
        self.births = 0
        self.seen: dict[str, State] = {}
        self.approvals: Counter[str] = Counter()
        self.claims: Counter[tuple[str, int]] = Counter()
        self.taken_over: Counter[tuple[str, int]] = Counter()
        self.declined_at: dict[bytes, float] = {}

    def teardown(self) -> None:
        for store in self.stores.values():
            self.portal.call(store.close)
        self.cleanup.close()

    @initialize(
        target=actions, steps=st.lists(st.integers(1, 3), min_size=3, max_size=3), again=st.booleans()
    )
    def begin(self, steps: list[int], again: bool) -> MultipleResults[str]:
        return multiple(
            *[
                self._propose("left", text, count, again, Risk.SEND)
                for text, count in zip("aab", steps, strict=True)
            ]
        )

    # -- what may happen ---------------------------------------------------------------------------

    @rule(
        target=actions,
        side=SIDES,
        text=st.sampled_from(["a", "b"]),
        steps=st.integers(1, 3),
        idempotent=st.booleans(),
        risk=st.sampled_from([Risk.WRITE, Risk.SEND]),
    )
    def propose(self, side: str, text: str, steps: int, idempotent: bool, risk: Risk) -> str:
        return self._propose(side, text, steps, idempotent, risk)

    def _propose(self, side: str, text: str, steps: int, idempotent: bool, risk: Risk) -> str:
        wanted = draft(
            text,
            requests=[request(f"{text}{number}") for number in range(steps)],
            risk=risk,
            idempotent=idempotent,
        )
        open_before = [a.id for a in self._all() if a.digest == wanted.digest and a.state in OPEN]
        cooling = self.clock() - self.declined_at.get(wanted.digest, -1e9) < TIMES.decline_cooldown_seconds
        try:
            got = self.portal.call(self.stores[side].propose, wanted)
        except NotAllowed:
            assert cooling
            assert not open_before
            return wanted.id
        assert not cooling or open_before
        assert got.created is (not open_before)
        assert got.action.id == (wanted.id if got.created else open_before[0])
        return got.action.id

    @rule(side=SIDES, action_id=actions, state=DECIDED, channel=st.sampled_from(list(Channel)))
    def decide(self, side: str, action_id: str, state: State, channel: Channel) -> None:
        before = self._get(action_id)
        try:
            after = self.portal.call(
                self.stores[side].decide, action_id, Decision(state=state, channel=channel)
            )
        except NotAllowed:
            assert before is None or state not in TRANSITIONS[before.state]
            return
        assert before is not None
        assert state in TRANSITIONS[before.state]
        assert after.state is state
        self.approvals[action_id] += state is State.APPROVED
        if state is State.DECLINED:
            self.declined_at[before.digest] = self.clock()

    @rule(side=SIDES, action_id=actions)
    def claim(self, side: str, action_id: str) -> None:
        before = self._get(action_id)
        twins = [each.id for each in self._all() if before is not None and self._is_twin(before, each)]
        try:
            claimed = self.portal.call(self._claim, side, action_id)
        except NotAllowed:
            assert twins
            return
        assert (claimed is not None) is (before is not None and before.state is State.APPROVED)
        if claimed is not None:
            assert self.approvals[action_id] == 1
            assert claimed.owner == self.owners[side]
            assert not twins

    def _is_twin(self, action: Action, other: Action) -> bool:
        """Whether the other one means that this one, of which nobody was told, may not begin."""
        late = other.finished_at is not None and self.clock() - other.finished_at < TIMES.duplicate_seconds
        reached = other.state in {State.EXECUTING, State.UNKNOWN} or (
            other.state in {State.SUCCEEDED, State.PARTIAL} and late
        )
        same = other.id != action.id and other.preview.message == action.preview.message
        return same and reached and action.risk is Risk.SEND and action.duplicate_of is None

    async def _claim(self, side: str, action_id: str) -> Action | None:
        return await self.stores[side].claim(action_id, owner=self.owners[side], caps=NO_CAPS)

    @rule(side=SIDES, action_id=actions, index=st.integers(0, 2))
    def claim_step(self, side: str, action_id: str, index: int) -> None:
        before = self._get(action_id)
        if before is None or index >= len(before.steps):
            return
        step = before.steps[index]
        try:
            self.portal.call(self.stores[side].claim_step, action_id, step.frozen, before.risk)
        except ActionRequired:
            assert before.state is not State.EXECUTING or step.state is not StepState.PENDING
            return
        assert before.state is State.EXECUTING
        assert self.approvals[action_id] == 1
        self.claims[action_id, step.number] += 1

    @rule(side=SIDES, action_id=actions, index=st.integers(0, 2), state=ENDINGS)
    def finish_step(self, side: str, action_id: str, index: int, state: StepState) -> None:
        before = self._get(action_id)
        if before is None or before.state is not State.EXECUTING or index >= len(before.steps):
            return
        self.portal.call(self.stores[side].finish_step, action_id, index + 1, state)

    @rule(side=SIDES, action_id=actions)
    def finish(self, side: str, action_id: str) -> None:
        before = self._get(action_id)
        if before is None:
            return
        open_steps = any(s.state in {StepState.PENDING, StepState.SENDING} for s in before.steps)
        try:
            after = self.portal.call(self.stores[side].finish, action_id)
        except RowDamaged:
            assert before.state is State.EXECUTING
            assert open_steps
            return
        assert before.state is not State.EXECUTING or not open_steps
        assert after.state is not State.EXECUTING

    @rule(side=SIDES, action_id=actions)
    def abandon(self, side: str, action_id: str) -> None:
        before = self._get(action_id)
        self.portal.call(self.stores[side].abandon, action_id)
        if before is not None and before.state is State.EXECUTING:
            self._note_taken_over(before)

    @rule(
        side=SIDES,
        pick=st.integers(0, 9),
        channel=st.sampled_from(list(Channel)),
        ending=ENDINGS,
        stages=st.integers(1, 6),
    )
    def drive(self, side: str, pick: int, channel: Channel, ending: StepState, stages: int) -> None:
        """Take an open action some of the way that a server takes it."""
        chosen = [action.id for action in self._all() if action.state in OPEN]
        for _ in range(stages if chosen else 0):
            action_id = chosen[pick % len(chosen)]
            action = self._get(action_id)
            assert action is not None
            step = next((s for s in action.steps if s.state in {StepState.PENDING, StepState.SENDING}), None)
            if action.state is State.PROPOSED:
                self.decide(side, action_id, State.APPROVED, channel)
            elif action.state is State.APPROVED:
                self.claim(side, action_id)
            elif action.state is State.EXECUTING and step is None:
                self.finish(side, action_id)
            elif action.state is State.EXECUTING and step is not None and step.state is StepState.PENDING:
                self.claim_step(side, action_id, step.number - 1)
            elif action.state is State.EXECUTING and step is not None:
                self.finish_step(side, action_id, step.number - 1, ending)
            self._states_moved_only_along_the_arrows(self._all())

    @rule(side=SIDES, noticed=st.booleans())
    def die_and_start_again(self, side: str, noticed: bool) -> None:
        self.births += 1
        self.portal.call(self.stores[side].close)
        self.owners[side] = f"{side}{self.births}"
        if noticed:
            self.recover(side)

    @rule(side=SIDES)
    def recover(self, side: str) -> None:
        before = {a.id: a for a in self._all() if a.state is State.EXECUTING}
        mine = self.portal.call(self._recover, side)
        for action_id, was in before.items():
            now = self._get(action_id)
            assert now is not None
            if self._alive(was.owner):
                assert now == was
                assert action_id not in mine
                continue
            self._note_taken_over(was)
            assert StepState.SENDING not in {step.state for step in now.steps}
            assert (action_id in mine) is (now.state is State.EXECUTING)
            assert now.state is not State.EXECUTING or now.owner == self.owners[side]

    async def _recover(self, side: str) -> list[str]:
        return await self.stores[side].recover(
            owner=self.owners[side], alive=self._alive, connections=("egoi",)
        )

    @rule(side=SIDES, action_id=actions, sent=st.booleans())
    def settle(self, side: str, action_id: str, sent: bool) -> None:
        before = self._get(action_id)

        async def call() -> Action:
            return await self.stores[side].settle(action_id, sent=sent, by="owner")

        try:
            after = self.portal.call(call)
        except NotAllowed:
            assert before is None or before.state is not State.UNKNOWN
            return
        assert before is not None
        assert before.state is State.UNKNOWN
        assert StepState.UNKNOWN not in {step.state for step in after.steps}

    @rule(seconds=st.sampled_from([1.0, 1.0, 1.0, 299.0, 300.0, 600.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    # -- what holds after each of them -------------------------------------------------------------

    @invariant()
    def nothing_impossible_has_happened(self) -> None:
        actions = self._all()
        self._states_moved_only_along_the_arrows(actions)
        open_rows = Counter(action.digest for action in actions if action.state in OPEN)
        assert set(open_rows.values()) <= {1}, "a digest has two open rows"
        for action in actions:
            self._the_outcome_agrees_with_the_steps(action)
            self._nothing_was_claimed_without_an_approval(action)
            self._no_step_was_claimed_twice_under_one_approval(action)

    def _states_moved_only_along_the_arrows(self, actions: list[Action]) -> None:
        now = {action.id: action.state for action in actions}
        for action_id, before in self.seen.items():
            after = now[action_id]
            assert after is before or after in TRANSITIONS[before], (before, after)
        self.seen = now

    def _the_outcome_agrees_with_the_steps(self, action: Action) -> None:
        if action.state in ENDED:
            assert action.state is outcome_of_steps([step.state for step in action.steps])

    def _nothing_was_claimed_without_an_approval(self, action: Action) -> None:
        begun = action.state in ENDED | {State.EXECUTING}
        assert not begun or self.approvals[action.id] == 1
        assert begun or not any(self.claims[action.id, step.number] for step in action.steps)

    def _no_step_was_claimed_twice_under_one_approval(self, action: Action) -> None:
        for step in action.steps:
            key = (action.id, step.number)
            assert self.claims[key] <= 1 + (self.taken_over[key] if step.idempotent else 0)

    def _note_taken_over(self, was: Action) -> None:
        for step in was.steps:
            self.taken_over[was.id, step.number] += step.state is StepState.SENDING

    def _alive(self, owner: str | None) -> bool:
        return owner in self.owners.values()

    def _all(self) -> list[Action]:
        async def read() -> list[Action]:
            return await self.stores["left"].newest(limit=1000)

        return self.portal.call(read)

    def _get(self, action_id: str) -> Action | None:
        return self.portal.call(self.stores["right"].get, action_id)


TestAnyOrderOfEvents = Ledger.TestCase
TestAnyOrderOfEvents.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
