"""At most N calls in any W seconds, kept exactly by every process on this machine.

    budget = RateBudget(calls=100, window_seconds=60.0, path=state_dir / "budget-egoi")
    async with budget.slot(lane="bulk", timeout_seconds=30.0) as grant:
        ...  # one call to the vendor

A vendor sees a call at some moment between the grant and the reply. A slot therefore frees a window
after the reply, plus a guard for clocks that run at different speeds. A caller stands in line and
sleeps until its slot frees; nothing polls. In each process one waiting task sleeps for all and
serves them in their order. The rules are in `budget_state`, the file is in `budget_file`.
"""

from __future__ import annotations

import logging
import math
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import anyio
import anyio.lowlevel

from egoi_mcp.api.budget_file import BudgetFile, BudgetMemory, Shared
from egoi_mcp.api.budget_state import NANOSECONDS, BudgetState, Lane, Limit
from egoi_mcp.errors import BudgetExhausted, StateUnavailable

__all__ = ["BudgetSnapshot", "Grant", "Lane", "Outcome", "RateBudget"]

Outcome = Literal["replied", "lost", "unsent"]
"""How a call ended: with a reply; without one, so that the vendor may still see it a little later; or
before anything of it was written, so that it does not count."""

LONGEST_NAP_SECONDS = 0.002
"""How much longer than needed a process sleeps at most (a 500th of the window, if that is less), so that
one waking serves the slots that free together: it saves a sixth of the processor time."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Grant:
    """Leave to make one call.

    `outcome` is for the caller to set where it knows better than the block's end tells: a block that
    ends normally has had its reply, one that is left by an exception has lost it.
    """

    serial: int
    lane: Lane
    waited_seconds: float
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSnapshot:
    """The budget at one moment, over all processes.

    `in_use` counts the calls under way and those that ended within the window; `next_free_seconds`
    is what a new interactive caller would wait at least.
    """

    limit: int
    window_seconds: float
    in_use: int
    available_now: int
    next_free_seconds: float


@dataclass(slots=True, eq=False)
class _Waiter:
    """One caller in line."""

    lane: Lane
    timeout_seconds: float | None
    serial: int = 0
    arrived: int = 0
    granted: int | None = None
    refused: BudgetExhausted | None = None
    scope: anyio.CancelScope | None = None
    event: anyio.Event | None = None

    @property
    def deadline(self) -> float:
        """The latest moment at which a grant is of use."""
        return math.inf if self.timeout_seconds is None else self.arrived + self.timeout_seconds * NANOSECONDS

    def wake(self) -> None:
        """Let the caller look at where it stands."""
        if self.scope is not None:
            self.scope.cancel()
        elif self.event is not None:
            self.event.set()


@dataclass(frozen=True, slots=True)
class _Round:
    """What one look at the state decided; it holds once the state is written."""

    now: int
    served: list[int]
    refused: list[tuple[_Waiter, BudgetExhausted]]
    next_look: int | None


class RateBudget:
    """A limit on calls, shared through the file `path` or, without one, kept in this object.

    All processes must give the same `calls` and `window_seconds` for one file. Where they do not, the
    fewest calls in the longest window hold for all, until ten windows after the stricter's last use.

    `guard_seconds` is added to the window; by default a thousandth of it, which is what two clocks
    drift apart that NTP steers (500 ppm each), and never less than a millisecond and a clock tick.
    `bulk_share` is the part of the limit that the bulk lane may fill: it begins a call only while less
    is in use and no interactive caller waits. `longest_call_seconds` bounds a call: one that was not
    released by then, because its process died, counts as ended then. `lost_reply_seconds` is how long
    after its end a call without a reply may still reach the vendor.

    `clock` must be one that all processes share and that never goes back, in seconds. An object
    belongs to one event loop.
    """

    def __init__(
        self,
        *,
        calls: int,
        window_seconds: float,
        path: Path | None = None,
        guard_seconds: float | None = None,
        bulk_share: float = 0.8,
        longest_call_seconds: float = 120.0,
        lost_reply_seconds: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        guard = default_guard_seconds(window_seconds) if guard_seconds is None else guard_seconds
        numbers = (window_seconds, guard, longest_call_seconds, lost_reply_seconds)
        if calls < 1 or window_seconds <= 0 or min(numbers) < 0 or not all(map(math.isfinite, numbers)):
            raise ValueError("a budget takes at least one call, a window above zero, and no negative time")
        if not 0 < bulk_share <= 1:
            raise ValueError("bulk_share is above 0 and at most 1")
        limit = Limit(calls, math.ceil((window_seconds + guard) * NANOSECONDS))
        self._shared: Shared = BudgetMemory(limit, clock) if path is None else BudgetFile(path, limit, clock)
        self._guard = math.ceil(guard * NANOSECONDS)
        self._bulk_share = bulk_share
        self._longest = math.ceil(longest_call_seconds * NANOSECONDS)
        self._lost = math.ceil(lost_reply_seconds * NANOSECONDS)
        self._clock = clock
        self._sleep = sleep
        self._nap_seconds = min(LONGEST_NAP_SECONDS, window_seconds / 500)
        self._me = secrets.randbits(62)
        self._waiting: dict[int, _Waiter] = {}
        self._sleeper: _Waiter | None = None
        self._alarm = 0
        self._next_look = 0

    @asynccontextmanager
    async def slot(
        self, lane: Lane = "interactive", timeout_seconds: float | None = None
    ) -> AsyncGenerator[Grant]:
        """One call to the vendor: waits for its turn, and notes the reply when the block ends.

        Raises, on entering:
            BudgetExhausted: no slot frees within `timeout_seconds`; told at once, not after them.
            StateUnavailable: the budget's file cannot be used.
        """
        grant = await self.reserve(lane, timeout_seconds)
        ended: Outcome = "lost"
        try:
            yield grant
            ended = "replied"
        finally:
            self.release(grant, grant.outcome or ended)

    async def reserve(self, lane: Lane = "interactive", timeout_seconds: float | None = None) -> Grant:
        """Wait for a slot; `release` must follow. Raises what `slot` does."""
        # A caller that is cancelled already takes nothing, and a loop of calls lets other tasks run.
        await anyio.lowlevel.checkpoint()
        waiter = _Waiter(lane, timeout_seconds)
        taken = False
        try:
            self._arrive(waiter)
            while waiter.granted is None:
                if waiter.refused is not None:
                    raise waiter.refused
                await self._wait(waiter)
            taken = True
            return Grant(waiter.serial, lane, (waiter.granted - waiter.arrived) / NANOSECONDS)
        finally:
            if waiter.serial and not taken and waiter.refused is None:
                self._give_back(waiter.serial, lane)
            if self._sleeper is waiter:
                self._sleeper = next(iter(self._waiting.values()), None)
                if self._sleeper is not None:
                    self._sleeper.wake()

    def release(self, grant: Grant, outcome: Outcome = "replied") -> None:
        """Note that a call has ended. Never fails: a note that cannot be written is made up for by time."""
        if outcome == "unsent":
            self._give_back(grant.serial, grant.lane)
            return
        try:
            with self._shared as state:
                state.end(grant.serial, lost=self._lost if outcome == "lost" else 0)
        except StateUnavailable as error:
            _log.warning("The end of a call was not noted; its slot frees later. %s", error)

    def push_back(self, seconds: float) -> None:
        """Let no call begin for some seconds, in any process: the vendor said 429 and how long to wait."""
        if not 0 <= seconds < math.inf:
            raise ValueError("a push back takes a number of seconds from 0")
        try:
            with self._shared as state:
                state.not_before = max(state.not_before, state.now + math.ceil(seconds * NANOSECONDS))
        except StateUnavailable as error:
            _log.warning("The vendor's wish to wait was not noted for other processes. %s", error)

    def snapshot(self) -> BudgetSnapshot:
        """The budget as it stands now.

        Raises:
            StateUnavailable: the budget's file cannot be used.
        """
        with self._shared as state:
            line = len(state.interactive)
            return BudgetSnapshot(
                limit=state.calls,
                window_seconds=self._window_seconds(state),
                in_use=state.in_use(),
                available_now=max(0, state.free() - line),
                next_free_seconds=(state.opens_at(line) - state.now) / NANOSECONDS,
            )

    def close(self) -> None:
        """Close the file; using the budget again opens it again."""
        self._shared.close()

    # -- standing in line ------------------------------------------------------------------------

    def _arrive(self, waiter: _Waiter) -> None:
        with self._shared as state:
            self._reconcile(state)
            waiter.serial, waiter.arrived = state.next_serial(), state.now
            self._waiting[waiter.serial] = waiter
            state.join(self._me, waiter.serial, waiter.lane, state.now)
            found = self._look_round(state)
        self._settle(found)

    def _give_back(self, serial: int, lane: Lane) -> None:
        """Leave the line, or let the slot of a call that was not made go to the next."""
        self._waiting.pop(serial, None)
        try:
            with self._shared as state:
                state.give_back(serial)
                state.leave(serial, lane)
                self._reconcile(state)
                found = self._look_round(state)
        except StateUnavailable as error:
            _log.warning("A caller's place was not given back; it frees later. %s", error)
        else:
            self._settle(found)

    async def _wait(self, waiter: _Waiter) -> None:
        """Sleep for everybody in this process until somebody's turn, or until the sleeper says so."""
        if self._sleeper is None:
            self._sleeper = waiter
        if self._sleeper is not waiter:
            waiter.event = anyio.Event()
            await waiter.event.wait()
            return
        delay = self._next_look - self._clock() * NANOSECONDS
        if delay > 0:
            self._alarm = self._next_look
            try:
                with anyio.CancelScope() as waiter.scope:
                    await self._sleep(delay / NANOSECONDS + self._nap_seconds)
            finally:
                waiter.scope = None
        else:
            with self._shared as state:
                self._reconcile(state)
                found = self._look_round(state)
            self._settle(found)

    def _reconcile(self, state: BudgetState) -> None:
        """Stand in line again where this process was taken for gone, or the file was lost."""
        standing = state.interactive.owners.count(self._me) + state.bulk.owners.count(self._me)
        if standing != len(self._waiting):
            state.part({self._me})
            for waiter in self._waiting.values():
                state.join(self._me, waiter.serial, waiter.lane, state.now)

    def _look_round(self, state: BudgetState) -> _Round:
        """Begin what may begin in this process, refuse who cannot be in time any more, plan the next look."""
        bulk_calls = max(1, int(state.calls * self._bulk_share))
        served = state.serve(self._me, bulk_calls)
        for serial in served:
            state.begin(serial, self._longest)
        refused: list[tuple[_Waiter, BudgetExhausted]] = []
        for waiter in self._waiting.values():
            if waiter.timeout_seconds is None or waiter.serial in served:
                continue
            place = state.line(waiter.lane).serials.index(waiter.serial)
            opens = state.opens_at(state.rank(waiter.lane, place, bulk_calls))
            if opens > waiter.deadline:
                state.leave(waiter.serial, waiter.lane)
                refused.append((waiter, self._refusal(state, opens, waiter)))
        next_look = state.next_look(self._me, bulk_calls)
        if next_look is None:
            state.part({self._me})
        else:
            state.parties[self._me] = next_look
        return _Round(state.now, served, refused, next_look)

    def _settle(self, found: _Round) -> None:
        """Tell the callers, now that what was decided is written."""
        for serial in found.served:
            if (waiter := self._waiting.pop(serial, None)) is not None:
                waiter.granted = found.now
                waiter.wake()
        for waiter, error in found.refused:
            del self._waiting[waiter.serial]
            waiter.refused = error
            waiter.wake()
        if found.next_look is not None:
            self._next_look = found.next_look
            if self._sleeper is not None and self._next_look < self._alarm:
                self._sleeper.wake()

    def _window_seconds(self, state: BudgetState) -> float:
        return round((state.span - self._guard) / NANOSECONDS, 6)

    def _refusal(self, state: BudgetState, opens: int, waiter: _Waiter) -> BudgetExhausted:
        wait = (opens - state.now) / NANOSECONDS
        left = max(0.0, (waiter.deadline - state.now) / NANOSECONDS)
        used = f"{state.calls} calls that {self._window_seconds(state):g} s allow"
        if state.not_before > state.now:
            reason = "The vendor asked for a pause"
        elif waiter.lane == "bulk":
            reason = f"The {self._bulk_share:.0%} of the {used} that bulk work may take are in use"
        else:
            reason = f"All {used} are in use"
        return BudgetExhausted(
            f"{reason}: the next call can begin in {wait:.1f} s at the earliest, and this one may wait "
            f"{left:.1f} s. Nothing was sent. Try again in {math.ceil(wait)} s.",
            wait_seconds=wait,
        )


def default_guard_seconds(window_seconds: float) -> float:
    """What is added to a window where nothing else is said."""
    return max(0.001, window_seconds / 1000) + time.get_clock_info("monotonic").resolution
