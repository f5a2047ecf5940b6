"""When something happened, by a vendor's clock and in a vendor's writing, against when it was asked for.

The clocks of two machines differ and are set, dates come without a zone, and zones are forgotten or wrong. So
a stamp is `in` the time of a request only where that is certain, and `far` from it only where no zone and no
wrong clock brings it near; everything between is `near`, and decides nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal

from egoi_mcp.guard.action import Step

Place = Literal["in", "near", "far"]

SKEW_SECONDS = 60.0
"""How far this machine's clock and the vendor's may be apart before nothing is attributed any more. Machines
that keep their clocks by the network are seconds apart at the most; stamps are cut to whole seconds."""
LAG_SECONDS = 60.0
"""How long after its reply a vendor may write down what it took: it has a minute for a request."""
LONGEST_EXCHANGE_SECONDS = 600.0
"""The longest that one step is on its way: four attempts of at most 60 s, with at most 120 s before each of
three. A step whose server died may carry an end that lies much later; what is stamped then is not its own."""
FAR_SECONDS = 3 * 86_400.0
"""A stamp further off than this is another's: zones differ by 14 hours at the most, and a clock that was set
wrong by more than two days has trouble with certificates first."""
STEADY_SECONDS = 5.0
"""How far the wall clock may move against the one that cannot be set before it counts as set."""
WAIT_SECONDS = 180.0
"""How long after a step's end its absence begins to mean something. A connection that this machine gave up
may still deliver for about 100 s (Linux repeats an orphaned socket's bytes for that long), and the vendor
then has 60 s for the request by its own time-out."""


@dataclass(frozen=True, slots=True)
class Span:
    """The time in which the vendor, by its own clock, acted on a request; seconds since the epoch."""

    start: float
    end: float

    def widened(self, seconds: float) -> Span:
        """The span with so much more before and after it."""
        return Span(self.start - seconds, self.end + seconds)

    def meets(self, other: Span) -> bool:
        """Whether the two have a moment in common."""
        return self.start <= other.end and other.start <= self.end

    def place(self, stamp: str | None, zone: tzinfo | None) -> Place:
        """Where a vendor's stamp lies; `zone` is that of stamps without one, None where nobody said it."""
        moments, certain = _read(stamp, zone)
        if not moments:
            return "near"
        if certain and all(self.start <= moment <= self.end for moment in moments):
            return "in"
        wide = self.widened(FAR_SECONDS)
        return "near" if any(wide.start <= moment <= wide.end for moment in moments) else "far"


def span_of(step: Step) -> Span | None:
    """The span of a step that was claimed; None where its row does not say when."""
    if step.claimed_at is None:
        return None
    longest = step.claimed_at + LONGEST_EXCHANGE_SECONDS
    ended = longest if step.finished_at is None else min(step.finished_at, longest)
    return Span(step.claimed_at - SKEW_SECONDS, max(ended, step.claimed_at) + SKEW_SECONDS + LAG_SECONDS)


class SteadyClock:
    """The wall clock, and how far back it can be believed.

    It can since this process began, unless somebody set it meanwhile: then only since that was noticed.
    `now` gives seconds since the epoch, `monotonic` those of a clock that nobody can set, `up_for` says how
    long both have been watched already.
    """

    def __init__(
        self, now: Callable[[], float], monotonic: Callable[[], float], *, up_for: float = 0.0
    ) -> None:
        self.now = now
        self._monotonic = monotonic
        self._began = now() - up_for
        self._began_monotonic = monotonic() - up_for

    def surely_passed(self, moment: float) -> float:
        """Seconds that have certainly passed since a moment; negative where it is yet to come."""
        wall, watched = self.now(), self._monotonic() - self._began_monotonic
        if abs(wall - self._began - watched) > STEADY_SECONDS:
            self._began, self._began_monotonic, watched = wall, self._monotonic(), 0.0
        # What was written before may have been written by a clock that was wrong.
        return wall - moment if moment >= self._began else min(wall - moment, watched)


def end_of(step: Step) -> float | None:
    """When a step ended, or was claimed if that is all that its row says."""
    return max((each for each in (step.claimed_at, step.finished_at) if each is not None), default=None)


def moment(stamp: str | None, zone: tzinfo | None) -> float | None:
    """A stamp as seconds since the epoch, in universal time where no zone is known; only to compare."""
    moments, _ = _read(stamp, zone)
    return min(moments, default=None)


def before(day: str | None, span: Span) -> bool:
    """Whether a day (`YYYY-MM-DD`, a time after it does not count) ended before a span by every clock."""
    moments, _ = _read(None if day is None else day.strip()[:10], None)
    return bool(moments) and max(moments) + 86_400.0 < span.start - FAR_SECONDS


def _read(stamp: str | None, zone: tzinfo | None) -> tuple[tuple[float, ...], bool]:
    """The moments that a stamp may mean, and whether it is certain that it means one of them.

    An hour that a clock shows twice, when summer time ends, is two moments; a day without a time is none
    that could be certain.
    """
    if stamp is None:
        return (), False
    try:
        read = datetime.fromisoformat(stamp.strip())
        if read.tzinfo is not None:
            return (read.timestamp(),), True
        local = [read.replace(tzinfo=zone or UTC, fold=fold) for fold in (0, 1)]
        return tuple({each.timestamp() for each in local}), zone is not None and ":" in stamp
    except (ValueError, OverflowError):
        return (), False
