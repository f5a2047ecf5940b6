"""Callers of a budget in virtual time: real tasks and real code, a clock that jumps to the next event."""

from __future__ import annotations

import asyncio
import itertools
import math
import selectors
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from egoi_mcp.api.budget import LONGEST_NAP_SECONDS, Lane, Outcome, RateBudget
from egoi_mcp.errors import BudgetExhausted

WINDOW = 10.0
GUARD = 0.01
LOST = 2.0
LONGEST = 120.0
SPAN = WINDOW + GUARD
NAP = LONGEST_NAP_SECONDS + 1e-6


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting for a timer, it lets the time pass."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("every task waits and none of them for a time: somebody was forgotten")
            self.now += max(0.0, timeout)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop in which an hour takes no time."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


VIRTUAL_TIME: tuple[str, dict[str, Any]] = ("asyncio", {"loop_factory": VirtualTimeLoop})
"""What an `anyio_backend` fixture gives for asynchronous tests without waiting."""


def budget(
    calls: int = 1, *, path: Path | None = None, window: float = WINDOW, share: float = 0.8
) -> RateBudget:
    """A budget in virtual time; objects with the same path are as good as processes."""
    return RateBudget(
        calls=calls,
        window_seconds=window,
        path=path,
        guard_seconds=GUARD,
        bulk_share=share,
        longest_call_seconds=LONGEST,
        lost_reply_seconds=LOST,
        clock=anyio.current_time,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One call: seconds from the start to its arrival, how long it takes, and what befalls it."""

    arrives: float = 0.0
    takes: float = 0.0
    lane: Lane = "interactive"
    process: int = 0
    outcome: Outcome | None = None
    cancelled_after: float | None = None
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A 429 that some process was given."""

    at: float
    seconds: float
    process: int = 0


@dataclass(slots=True)
class Seen:
    """What became of a caller, in virtual time. `latest` is the last moment at which a vendor may see it."""

    caller: Caller
    arrived: float
    left: float = 0.0
    granted: float | None = None
    serial: int = 0
    latest: float | None = None
    frees: float = 0.0
    refused: BudgetExhausted | None = None


@dataclass(slots=True)
class Story:
    """Everything that happened, with the moments before which no call was to begin."""

    calls: int
    seen: list[Seen] = field(default_factory=list[Seen])
    pushed: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])


def tell(
    calls: int,
    callers: Sequence[Caller],
    *,
    pushes: Sequence[Push] = (),
    path: Path | None = None,
    share: float = 0.8,
) -> Story:
    """Let the callers come and go; gives what happened once the last has its end."""
    backend, options = VIRTUAL_TIME
    return anyio.run(_tell, calls, callers, pushes, path, share, backend=backend, backend_options=options)


async def _tell(
    calls: int, callers: Sequence[Caller], pushes: Sequence[Push], path: Path | None, share: float
) -> Story:
    story = Story(calls)
    processes = 1 + max([c.process for c in callers] + [p.process for p in pushes], default=0)
    budgets = [budget(calls, path=path, share=share) for _ in range(processes if path else 1)]
    start = anyio.current_time()

    async def call(caller: Caller) -> None:
        await anyio.sleep_until(start + caller.arrives)
        seen = Seen(caller, anyio.current_time())
        story.seen.append(seen)
        with anyio.CancelScope() as scope:
            if caller.cancelled_after is not None:
                scope.deadline = anyio.current_time() + caller.cancelled_after
            try:
                await _make(budgets[caller.process if path else 0], caller, seen)
            except BudgetExhausted as exhausted:
                seen.refused = exhausted
        seen.left = anyio.current_time()

    async def push(given: Push) -> None:
        await anyio.sleep_until(start + given.at)
        budgets[given.process if path else 0].push_back(given.seconds)
        story.pushed.append((anyio.current_time(), anyio.current_time() + given.seconds))

    async with anyio.create_task_group() as tasks:
        for caller in callers:
            tasks.start_soon(call, caller)
        for given in pushes:
            tasks.start_soon(push, given)
    for one in budgets:
        one.close()
    return story


async def _make(own: RateBudget, caller: Caller, seen: Seen) -> None:
    """One call; it notes for itself when it began and ended, as the vendor would."""
    async with own.slot(caller.lane, caller.timeout_seconds) as grant:
        grant.outcome = caller.outcome
        seen.granted, seen.serial = anyio.current_time(), grant.serial
        outcome: Outcome = "lost"
        try:
            await anyio.sleep(caller.takes)
            outcome = "replied"
        finally:
            outcome = caller.outcome or outcome
            ended = anyio.current_time()
            if outcome != "unsent":
                seen.latest = ended + (LOST if outcome == "lost" else 0.0)
            seen.frees = ended if seen.latest is None else seen.latest + WINDOW + GUARD


# -- how long somebody waited --------------------------------------------------------------------


def waits(
    calls: int, *callers: Caller, pushes: tuple[Push, ...] = (), path: Path | None = None
) -> list[float]:
    """How long each caller waited, in the order in which they are given; `nan` where it got nothing."""
    story = tell(calls, callers, pushes=pushes, path=path)
    seen: dict[int, Seen] = {id(s.caller): s for s in story.seen}
    found = [seen[id(caller)] for caller in callers]
    return [math.nan if s.granted is None else s.granted - s.arrived for s in found]


def around(seconds: float) -> object:
    """As long as this, or up to a nap longer."""
    return pytest.approx(seconds + NAP / 2, abs=NAP)


# -- what must hold ------------------------------------------------------------------------------


def most_at_the_vendor(story: Story, window: float = WINDOW) -> int:
    """The most calls that a vendor can have seen in any window, whenever it saw each of them.

    The worst is that it sees a call the moment that it is granted, and all others as late as possible.
    """
    sent = [s for s in story.seen if s.granted is not None and s.latest is not None]
    counts = [
        sum(1 for s in sent if _granted(s) <= _granted(last) and _latest(s) > _granted(last) - window)
        for last in sent
    ]
    return max(counts, default=0)


def out_of_turn(
    story: Story, *, within_process: bool = False, by_more_than: float = 0.0
) -> list[tuple[Seen, Seen]]:
    """Pairs of one lane (and process) of which the later to come was served first."""
    served = sorted((s for s in story.seen if s.granted is not None), key=lambda s: s.serial)
    return [
        (earlier, later)
        for at, earlier in enumerate(served)
        for later in served[at + 1 :]
        if earlier.caller.lane == later.caller.lane
        and (not within_process or earlier.caller.process == later.caller.process)
        and _granted(later) < _granted(earlier) - by_more_than
    ]


def idle_while_wanted(story: Story, bulk_calls: int) -> float:
    """Slot-seconds that lay idle although somebody waited who might have used them."""
    moments: set[float] = {moment for push in story.pushed for moment in push}
    for s in story.seen:
        moments |= {s.arrived, s.left, s.frees} | ({s.granted} if s.granted is not None else set())
    idle = 0.0
    ordered = sorted(moments)
    for since, until in itertools.pairwise(ordered):
        if any(begin <= since < end for begin, end in story.pushed):
            continue
        used = sum(1 for s in story.seen if s.granted is not None and s.granted <= since < s.frees)
        wanted = {"interactive": 0, "bulk": 0}
        for s in story.seen:
            if s.arrived <= since < (s.left if s.granted is None else s.granted):
                wanted[s.caller.lane] += 1
        free = min(wanted["interactive"], max(0, story.calls - used))
        if not wanted["interactive"]:
            free = min(wanted["bulk"], max(0, bulk_calls - used))
        idle += free * (until - since)
    return idle


def begun_in_a_pause(story: Story) -> list[Seen]:
    """Calls that began although a vendor had asked to wait."""
    return [
        s
        for s in story.seen
        if s.granted is not None and any(begin < s.granted < end for begin, end in story.pushed)
    ]


def _granted(seen: Seen) -> float:
    assert seen.granted is not None
    return seen.granted


def _latest(seen: Seen) -> float:
    assert seen.latest is not None
    return seen.latest
