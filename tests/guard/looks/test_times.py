"""When a vendor's stamp is certainly of a request's time, when certainly of another, and when neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.guard.action import StepState
from egoi_mcp.guard.looks.times import (
    FAR_SECONDS,
    LAG_SECONDS,
    LONGEST_EXCHANGE_SECONDS,
    SKEW_SECONDS,
    Span,
    SteadyClock,
    before,
    end_of,
    span_of,
)
from tests.guard.actions import steps

NOW = 1_795_000_000.0
SPAN = Span(NOW, NOW + 120)
OFFSETS = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
(STEP,) = steps(StepState.UNKNOWN)


def written(at: float, zone: timezone | ZoneInfo = UTC, *, offset: bool = True) -> str:
    moment = datetime.fromtimestamp(at, zone)
    return (moment if offset else moment.replace(tzinfo=None)).isoformat(sep=" ")


@given(offset=OFFSETS, within=st.floats(0, 120))
def test_a_stamp_with_its_offset_is_in_wherever_it_was_written(offset: timezone, within: float) -> None:
    assert SPAN.place(written(NOW + within, offset), None) == "in"


@given(offset=OFFSETS, within=st.integers(0, 120), zone=OFFSETS)
def test_a_stamp_without_offset_is_in_only_by_the_accounts_own_zone(
    offset: timezone, within: int, zone: timezone
) -> None:
    stamp = written(NOW + within, offset, offset=False)
    place = SPAN.place(stamp, zone)

    assert SPAN.place(stamp, offset) == "in"
    assert SPAN.place(stamp, None) == "near"
    assert place in {"in", "near", "far"}
    assert (place == "in") == (
        SPAN.start <= datetime.fromisoformat(stamp).replace(tzinfo=zone).timestamp() <= SPAN.end
    )


@given(offset=OFFSETS, apart=st.floats(-FAR_SECONDS, FAR_SECONDS))
def test_a_stamp_that_any_zone_brings_near_is_never_far(offset: timezone, apart: float) -> None:
    """Also where its own offset is a lie: that is how a forgotten zone reads."""
    assert SPAN.place(written(NOW + apart), None) != "far"
    assert SPAN.place(written(NOW, offset, offset=False), None) != "far"


@pytest.mark.parametrize("apart", [-FAR_SECONDS - 1, FAR_SECONDS + 121])
def test_a_stamp_that_no_zone_brings_near_is_far(apart: float) -> None:
    assert SPAN.place(written(NOW + apart), None) == "far"


@pytest.mark.parametrize("stamp", [None, "", "soon", "2026-13-45 00:00:00", "9999999999999-01-01"])
def test_a_stamp_that_cannot_be_read_decides_nothing(stamp: str | None) -> None:
    assert SPAN.place(stamp, UTC) == "near"


def test_a_day_without_a_time_is_never_certainly_in() -> None:
    midnight = datetime(2026, 11, 18, tzinfo=UTC).timestamp()

    assert Span(midnight - 60, midnight + 60).place("2026-11-18", UTC) == "near"


def test_an_hour_that_a_clock_shows_twice_is_in_only_if_both_are() -> None:
    """Lisbon, 25 October 2026: 01:30 comes twice, an hour apart."""
    lisbon = ZoneInfo("Europe/Lisbon")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()

    assert Span(first - 60, first + 60).place("2026-10-25 01:30:00", lisbon) == "near"
    assert Span(first - 60, first + 3660).place("2026-10-25 01:30:00", lisbon) == "in"


def test_a_span_holds_the_exchange_and_what_clocks_and_queues_add() -> None:
    span = span_of(replace(STEP, claimed_at=NOW, finished_at=NOW + 5))

    assert span == Span(NOW - SKEW_SECONDS, NOW + 5 + SKEW_SECONDS + LAG_SECONDS)


@pytest.mark.parametrize("finished", [None, NOW + 86_400])
def test_a_step_whose_end_was_not_seen_has_the_longest_span(finished: float | None) -> None:
    span = span_of(replace(STEP, claimed_at=NOW, finished_at=finished))

    assert span is not None
    assert span.start == NOW - SKEW_SECONDS
    assert span.end == NOW + LONGEST_EXCHANGE_SECONDS + SKEW_SECONDS + LAG_SECONDS


def test_a_clock_that_went_back_during_the_exchange_leaves_a_span() -> None:
    assert span_of(replace(STEP, claimed_at=NOW, finished_at=NOW - 3600)) == Span(
        NOW - SKEW_SECONDS, NOW + SKEW_SECONDS + LAG_SECONDS
    )


def test_a_step_that_was_never_claimed_has_no_span() -> None:
    assert span_of(STEP) is None


class Clocks:
    """A wall clock that can be set, and one that cannot."""

    def __init__(self) -> None:
        self.wall = NOW
        self.real = 5000.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.real += seconds

    def steady(self, *, up_for: float = 0.0) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.real, up_for=up_for)


@given(before=st.floats(0, 1e6), after=st.floats(0, 1e6))
def test_a_clock_that_nobody_set_is_believed_for_what_it_saw(before: float, after: float) -> None:
    clocks = Clocks()
    clock = clocks.steady()
    clocks.pass_by(before)
    ended = clocks.wall
    clocks.pass_by(after)

    assert clock.surely_passed(ended) == pytest.approx(after, abs=1e-3)


@given(age=st.floats(1.0, 1e6), up=st.floats(0, 1e6))
def test_of_what_ended_before_it_began_only_its_own_time_counts(age: float, up: float) -> None:
    """The clock may have been set since then, and nobody was there to see it."""
    clocks = Clocks()
    clock = clocks.steady()
    clocks.pass_by(up)

    assert clock.surely_passed(NOW - age) == pytest.approx(up, abs=1e-3)


@given(
    settings_of_it=st.lists(
        st.tuples(st.floats(0, 500), st.sampled_from([0.0, 0.0, 3600.0, -3600.0, 86_400.0, -86_400.0])),
        min_size=1,
        max_size=6,
    ),
    after=st.floats(0, 500),
)
def test_a_clock_that_is_set_never_makes_more_time_pass_than_did(
    settings_of_it: list[tuple[float, float]], after: float
) -> None:
    """It is asked between two settings, as it is by every look."""
    clocks = Clocks()
    clock = clocks.steady(up_for=1e6)
    for passed, jump in settings_of_it:
        clocks.pass_by(passed)
        clock.surely_passed(NOW)
        ended, real = clocks.wall, clocks.real
        clocks.wall += jump
        clocks.pass_by(after)

        assert clock.surely_passed(ended) <= clocks.real - real + 1e-3


def test_a_step_ends_when_its_row_says_so_or_else_when_it_was_claimed() -> None:
    assert end_of(replace(STEP, claimed_at=NOW, finished_at=NOW + 5)) == NOW + 5
    assert end_of(replace(STEP, claimed_at=NOW)) == NOW
    assert end_of(STEP) is None


@pytest.mark.parametrize(
    ("day", "is_before"),
    [
        ("2026-11-14", True),
        ("2026-11-15", False),
        ("2026-11-18", False),
        ("2026-11-14 23:59:59", True),
        ("soon", False),
        (None, False),
    ],
)
def test_a_day_is_before_only_where_it_is_so_by_every_clock(day: str | None, is_before: bool) -> None:
    """The span begins on 18 November 2026 at 11:06 UTC; a clock may be wrong by three days."""
    assert before(day, SPAN) is is_before
