"""The arithmetic of "at most N calls in any W seconds", without a clock, a lock or a task.

The state is what every process on the machine must agree on: when the latest N calls ended, which
calls are under way, and who waits in which order. Times are whole nanoseconds of one clock that all
of them read, so that no rounding decides.

A slot is not a thing that somebody holds: a call may begin when, of the calls before it, fewer than
N are under way or ended less than a span (window plus guard) ago. The caller that is r-th in line
therefore waits for the moment when N - r of those have aged; which call that is, is settled when it
is reached, so that one long call delays nobody who could use another slot.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right, insort
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

Lane = Literal["interactive", "bulk"]
LANES: tuple[Lane, ...] = get_args(Lane)

NANOSECONDS = 1_000_000_000
LATE_NANOSECONDS = 1 * NANOSECONDS
"""A waiting process that comes this much later than it said is taken for gone; if it only slept, it
comes back to its old place."""
LIMIT_MEMORY_SPANS = 10
"""How many spans a stricter limit holds for everyone after the last use by a process configured with it."""
MAX_LIMITS = 4


class Limit(NamedTuple):
    """At most `calls` calls in any `span` nanoseconds: the window and the guard."""

    calls: int
    span: int


@dataclass(slots=True)
class Line:
    """The callers of one lane that wait, first come first: a serial each, and the process it is of."""

    serials: array[int] = field(default_factory=lambda: array("q"))
    owners: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.serials)

    def add(self, serial: int, owner: int) -> None:
        """Stand at the place that the serial gives, which is the end for a new one."""
        at = bisect_right(self.serials, serial)
        self.serials.insert(at, serial)
        self.owners.insert(at, owner)

    def remove_at(self, at: int) -> None:
        """Leave the line."""
        del self.serials[at], self.owners[at]

    def remove_owners(self, gone: set[int]) -> None:
        """Take out everybody who waits for one of these processes."""
        kept = [at for at, owner in enumerate(self.owners) if owner not in gone]
        self.serials = array("q", [self.serials[at] for at in kept])
        self.owners = array("q", [self.owners[at] for at in kept])


@dataclass(slots=True)
class BudgetState:
    """What all processes share. Call `advance` first; everything else is about that moment."""

    now: int = 0
    serial: int = 0
    not_before: int = 0
    ends: array[int] = field(default_factory=lambda: array("q"))
    """When the latest calls ended, oldest first; never in the future, never more than the limit."""
    flights: dict[int, int] = field(default_factory=dict[int, int])
    """The calls under way: serial to the moment from which it is taken to have ended, reply or not."""
    parties: dict[int, int] = field(default_factory=dict[int, int])
    """The processes that wait: id to the moment when it will look again."""
    interactive: Line = field(default_factory=Line)
    bulk: Line = field(default_factory=Line)
    limits: dict[Limit, int] = field(default_factory=dict[Limit, int])
    """The limits that processes are configured with: to the moment of its last use."""
    calls: int = 0
    span: int = 0

    @classmethod
    def all_ended_at(cls, moment: int, calls: int) -> BudgetState:
        """The strictest that can be true where nothing is known but that all calls ended by `moment`."""
        return cls(ends=array("q", [moment]) * calls)

    # -- time passes -----------------------------------------------------------------------------

    def advance(self, now: int, limit: Limit) -> None:
        """Bring the state to `now`, and let it hold `limit` together with the others' limits."""
        self.now = now
        self._agree(limit)
        if self.flights and min(self.flights.values()) <= now:
            for serial in [serial for serial, end in self.flights.items() if end <= now]:
                self._record(self.flights.pop(serial))
        if self.parties and min(self.parties.values()) < now - LATE_NANOSECONDS:
            self.part({party for party, at in self.parties.items() if at < now - LATE_NANOSECONDS})

    def _agree(self, limit: Limit) -> None:
        """The fewest calls in the longest span of all limits in use keeps each of them."""
        self.limits[limit] = self.now
        if len(self.limits) == 1:
            self.calls, self.span = limit.calls, limit.span
            return
        for other, seen in list(self.limits.items()):
            if seen < self.now - LIMIT_MEMORY_SPANS * other.span:
                del self.limits[other]
        self.calls = min(known.calls for known in self.limits)
        self.span = max(known.span for known in self.limits)
        while len(self.limits) > MAX_LIMITS:
            oldest = sorted(self.limits, key=self.limits.__getitem__)[:2]
            merged = Limit(min(o.calls for o in oldest), max(o.span for o in oldest))
            seen = max(self.limits.pop(o) for o in oldest)
            self.limits[merged] = max(seen, self.limits.get(merged, seen))

    # -- what is free ----------------------------------------------------------------------------

    def in_use(self) -> int:
        """How many calls count at this moment: those under way, and those that ended within the span."""
        return len(self.flights) + len(self.ends) - bisect_right(self.ends, self.now - self.span)

    def free(self) -> int:
        """How many calls may begin at this moment."""
        return 0 if self.now < self.not_before else max(0, self.calls - self.in_use())

    def opens_at(self, rank: int) -> int:
        """The earliest moment at which a caller with `rank` others before it may begin.

        Exact where the calls it waits for have ended; a lower bound where one is still under way,
        since that one cannot end before now. Never too late, unless somebody gives a place back.
        """
        begun = len(self.ends) + len(self.flights)
        behind = begun + rank - self.calls  # the number, in order of ageing, of the call that must have aged
        laps = 0
        if behind >= begun:  # one that has not begun itself: it follows another by at least a span
            laps = (behind - begun) // self.calls + 1
            behind -= laps * self.calls
        if behind < 0:
            moment = self.now
        elif behind < len(self.ends):
            moment = self.ends[behind] + self.span
        else:
            moment = self.now + self.span
        return max(moment, self.now, self.not_before) + laps * self.span

    # -- callers come and go ---------------------------------------------------------------------

    def next_serial(self) -> int:
        """A number above all before it, also above those that a lost file has given out."""
        self.serial = max(self.serial + 1, self.now)
        return self.serial

    def line(self, lane: Lane) -> Line:
        """The callers that wait in a lane."""
        return self.interactive if lane == "interactive" else self.bulk

    def rank(self, lane: Lane, at: int, bulk_calls: int) -> int:
        """How many slots must be left for others when the caller at a place of its lane takes one.

        Bulk work comes after everybody in the interactive lane, and leaves all but `bulk_calls` free.
        """
        return at if lane == "interactive" else at + len(self.interactive) + max(0, self.calls - bulk_calls)

    def serve(self, party: int, bulk_calls: int) -> list[int]:
        """Begin the calls of one process that may begin now; gives their serials.

        An earlier caller of another process keeps its claim if that process is due to look by now. If
        it sleeps on, what is free is free because somebody gave it back, and goes to who looks first.
        """
        free = self.free()
        served = self._serve_line(self.interactive, party, free)
        left = free - len(served) - self.rank("bulk", 0, bulk_calls)
        return served + self._serve_line(self.bulk, party, left)

    def _serve_line(self, line: Line, party: int, free: int) -> list[int]:
        served: list[int] = []
        at = 0
        while at < len(line) and free > 0:
            owner = line.owners[at]
            if owner == party:
                served.append(line.serials[at])
                line.remove_at(at)
                free -= 1
                continue
            if self.parties[owner] <= self.now:
                free -= 1
            at += 1
        return served

    def next_look(self, party: int, bulk_calls: int) -> int | None:
        """When the first of a process's waiting callers may begin; None where nobody waits."""
        moments: list[int] = []
        for lane in LANES:
            line = self.line(lane)
            if party in line.owners:
                moments.append(self.opens_at(self.rank(lane, line.owners.index(party), bulk_calls)))
        return min(moments, default=None)

    # -- calls begin and end ---------------------------------------------------------------------

    def begin(self, serial: int, longest: int) -> None:
        """Note a call as under way; without a word of its end it ended after `longest` nanoseconds."""
        self.flights[serial] = self.now + longest

    def end(self, serial: int, *, lost: int = 0) -> None:
        """Note the reply to a call; or that it was lost, and the vendor may see it `lost` nanoseconds on."""
        # One that is not known (it outlived `longest`, or the file was lost) counts from here all the same.
        self.flights.pop(serial, None)
        if lost:
            self.flights[serial] = self.now + lost
        else:
            self._record(self.now)

    def give_back(self, serial: int) -> None:
        """Forget a call that was never sent: the moment at which its slot had become free counts again."""
        self.flights.pop(serial, None)

    def _record(self, moment: int) -> None:
        insort(self.ends, moment)
        del self.ends[: max(0, len(self.ends) - self.calls)]

    # -- processes come and go -------------------------------------------------------------------

    def join(self, party: int, serial: int, lane: Lane, look: int) -> None:
        """Let a caller wait at the place of its serial, for a process that looks again at `look`."""
        self.parties[party] = look
        self.line(lane).add(serial, party)

    def leave(self, serial: int, lane: Lane) -> None:
        """Take a caller out of its line, if it is there."""
        line = self.line(lane)
        if serial in line.serials:
            line.remove_at(line.serials.index(serial))

    def part(self, gone: set[int]) -> None:
        """Forget processes, and everybody who waits for them."""
        for party in gone:
            self.parties.pop(party, None)
        for line in (self.interactive, self.bulk):
            if not gone.isdisjoint(line.owners):
                line.remove_owners(gone)
