"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.cli.moments import moment
from tests.support.clock import NOW

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@given(count=st.integers(0, 999_999), unit=st.sampled_from(sorted(_SECONDS)))
def test_a_span_counts_back_from_now(count: int, unit: str) -> None:
    assert moment(f"{count}{unit}", NOW) == NOW - count * _SECONDS[unit]


@given(at=st.datetimes(timezones=st.just(UTC)))
def test_a_date_and_time_with_an_offset_is_that_moment(at: datetime) -> None:
    assert moment(at.isoformat(), NOW) == at.timestamp()


@pytest.mark.parametrize("text", ["2030-01-31", "2030-01-31T18:00", "2030-01-31 18:00:00"])
def test_without_an_offset_it_is_this_machines_zone(text: str) -> None:
    assert moment(text, NOW) == datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(("text", "at"), [("2030-01-31T18:00Z", 18), ("2030-01-31T18:00+02:00", 16)])
def test_an_offset_counts(text: str, at: int) -> None:
    assert moment(text, NOW) == datetime(2030, 1, 31, at, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2 h", "7", "-2h", "2h30m", "31.01.2030", "2030-02-30", "d"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        moment(text, NOW)
