"""The limit of tries, over any order of tries, restarts and clocks that are set back."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.pins import FREE_TRIES
from tests.guard.pins import OTHER, PIN, WRONG, pins
from tests.support import Clock

PINS = {"Ana": PIN, "Rui": OTHER}


@dataclass(slots=True)
class Known:
    """What a bystander with a watch of his own knows of one approver."""

    failures: int = 0
    failed_at: float = -1e9
    runs_from: float = -1e9
    """Since when the wait runs by the machine's clock, which may have been set back meanwhile."""
    clock_moved: bool = False

    def lock(self) -> float:
        """The wait as the README tells it."""
        return 0.0 if self.failures < FREE_TRIES else min(30.0 * 2 ** (self.failures - FREE_TRIES), 3600.0)


class Guessing(RuleBasedStateMachine):
    """Two approvers, and somebody who tries; each try is a process that has just started."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()
        self.watch = 0.0
        pins(self.folder, self.clock).set("Ana", PIN)
        pins(self.folder, self.clock).set("Rui", OTHER, allowed_by=PIN)
        self.known = {name: Known() for name in PINS}

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(seconds=st.sampled_from([1, 29, 30, 31, 60, 240, 960, 3599, 3600, 100_000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.watch += seconds

    @rule(seconds=st.sampled_from([1, 30, 3600, 10_000_000]))
    def the_clock_is_set_back(self, seconds: int) -> None:
        self.clock.advance(-seconds)
        for known in self.known.values():
            known.clock_moved = True

    @rule(times=st.integers(1, 7))
    def somebody_guesses_wrong(self, times: int) -> None:
        for _ in range(times):
            self.attempt(WRONG, None)

    @rule(name=st.sampled_from(sorted(PINS)))
    def an_approver_types_the_pin(self, name: str) -> None:
        self.attempt(PINS[name], name)

    def attempt(self, pin: str, whose: str | None) -> None:
        """Type a PIN, and hold what happens against what is known."""
        before = {each.name: each.failures for each in pins(self.folder, self.clock).approvers()}
        told, said = None, ""
        try:
            told = pins(self.folder, self.clock).verify(pin)
        except NotAllowed as refusal:
            said = str(refusal)
        closed = said.startswith("Too many")
        assert told or closed or said.startswith("That PIN is not right")
        after = {each.name: each.failures for each in pins(self.folder, self.clock).approvers()}
        assert told in (whose, None)
        for name, known in self.known.items():
            if told is not None and name != told:
                # Another's right PIN was no try at this one.
                assert after[name] == before[name]
            else:
                looked_at = name == told or after[name] > before[name]
                self.judge(known, looked_at=looked_at)
                assert not (closed and looked_at)
                if name == told:
                    known.failures = 0
                elif looked_at:
                    known.failures, known.failed_at, known.runs_from = (
                        known.failures + 1,
                        self.watch,
                        self.watch,
                    )
            if known.clock_moved:
                known.clock_moved, known.runs_from = False, self.watch

    def judge(self, known: Known, *, looked_at: bool) -> None:
        """Never before the wait is over, and always once it is over by a clock that was left alone."""
        if looked_at:
            assert self.watch - known.failed_at >= known.lock()
        elif not known.clock_moved:
            assert self.watch - known.runs_from < known.lock()

    @invariant()
    def the_file_counts_every_try(self) -> None:
        found = {each.name: each.failures for each in pins(self.folder, self.clock).approvers()}
        assert found == {name: known.failures for name, known in self.known.items()}


Guessing.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestGuessing = Guessing.TestCase
