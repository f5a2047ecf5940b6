"""What time it is for those who are reached."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from egoi_mcp.phones import parse_phone
from egoi_mcp.tools.local_times import local_times, timing
from egoi_mcp.tools.times import schedule

WINTER = datetime(2030, 1, 15, 9, 30, tzinfo=UTC)


def times(*numbers: str, zone: str | None = "Europe/Lisbon", at: datetime = WINTER) -> tuple[str, ...]:
    return local_times(at, zone, map(parse_phone, numbers))


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((), ()),
        (("+34600000001",), ("10:30 Europe/Madrid (ES)",)),
        (("+447700900001",), ("09:30 Europe/London (GB)",)),
        # The numbers of Portugal do not say whether somebody is on the Azores.
        (("+351900000001",), ("08:30 Atlantic/Azores or 09:30 Europe/Lisbon (PT)",)),
        (
            ("+12025550101", "+34600000001", "+34600000002"),
            ("10:30 Europe/Madrid (ES)", "04:30 America/New_York (US)"),
        ),
        (("+61412345678",), ("20:30 Australia/Sydney (AU)",)),
        (("+80012345678",), ("local time not known (001)",)),
    ],
)
def test_each_place_has_its_time_the_most_frequent_first(
    numbers: tuple[str, ...], said: tuple[str, ...]
) -> None:
    assert times(*numbers) == said


def test_another_day_is_said() -> None:
    evening = WINTER.replace(hour=18)
    assert times("+61412345678", at=evening) == ("2030-01-16 05:30 Australia/Sydney (AU)",)


def test_the_accounts_zone_names_its_time() -> None:
    assert times("+447700900001", zone="Europe/Guernsey") == ("09:30 Europe/Guernsey (GB)",)


def test_at_most_five_places_are_said_and_the_rest_is_counted() -> None:
    numbers = ("+34600000001", "+33612345678", "+4915112345678", "+393123456789", "+31612345678")
    many = times(*numbers, "+3212345678", "+41791234567")
    assert len(many) == 6
    assert many[-1] == "and 2 more zones"


def test_now_is_said_in_the_accounts_zone_and_a_later_time_as_it_was_scheduled() -> None:
    soon = timing(None, "Europe/Madrid", [parse_phone("+34600000001")], now=WINTER)
    assert soon.as_text() == (
        "now, Tuesday 2030-01-15 10:30 Europe/Madrid; for the recipients 10:30 Europe/Madrid (ES)"
    )
    assert timing(None, None, now=WINTER).as_text() == "now, Tuesday 2030-01-15 09:30 UTC"
    later = schedule("2030-07-01T09:30", "Europe/Lisbon", now=WINTER)
    assert later is not None
    said = timing(later, "Europe/Lisbon", [parse_phone("+34600000001")], now=WINTER)
    assert said.account == later.label
    assert said.recipients == ("10:30 Europe/Madrid (ES)",)
