"""When a campaign goes out: one instant for everybody, or a refusal that says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from egoi_mcp.errors import InvalidInput
from egoi_mcp.tools.times import Schedule, schedule

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
ZONES = ("Europe/Lisbon", "Atlantic/Azores", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")


def planned(when: str, zone: str = "Europe/Lisbon", now: datetime = NOW) -> Schedule:
    found = schedule(when, zone, now=now)
    assert found is not None
    return found


def refusal(when: str, zone: str | None = "Europe/Lisbon", now: datetime = NOW) -> str:
    with pytest.raises(InvalidInput) as caught:
        schedule(when, zone, now=now)
    return str(caught.value)


def test_now_is_now_whether_or_not_the_zone_is_known() -> None:
    assert schedule("now", None, now=NOW) is None
    assert schedule("now", "Europe/Lisbon", now=NOW) is None


@pytest.mark.parametrize(
    ("when", "zone", "vendor", "label"),
    [
        (
            "2030-07-01T09:30",
            "Europe/Lisbon",
            "2030-07-01 09:30:00",
            "Monday 2030-07-01 09:30 Europe/Lisbon (UTC+01:00), 2030-07-01 08:30 UTC",
        ),
        (
            "2030-07-01 09:30:15",
            "Europe/Lisbon",
            "2030-07-01 09:30:15",
            "Monday 2030-07-01 09:30:15 Europe/Lisbon (UTC+01:00), 2030-07-01 08:30:15 UTC",
        ),
        (
            "2030-07-01T09:30Z",
            "America/New_York",
            "2030-07-01 05:30:00",
            "Monday 2030-07-01 05:30 America/New_York (UTC-04:00), 2030-07-01 09:30 UTC",
        ),
        (
            "2030-12-31T23:30-05:00",
            "Asia/Kolkata",
            "2031-01-01 10:00:00",
            "Wednesday 2031-01-01 10:00 Asia/Kolkata (UTC+05:30), 2031-01-01 04:30 UTC",
        ),
    ],
)
def test_a_time_is_said_in_the_accounts_zone_and_in_utc(
    when: str, zone: str, vendor: str, label: str
) -> None:
    found = planned(when, zone)
    local = datetime.fromisoformat(vendor).replace(tzinfo=ZoneInfo(zone))
    assert found == Schedule(vendor, label, local.timestamp())


@pytest.mark.parametrize(
    ("when", "zone"),
    [
        ("2030-03-31T01:00", "Europe/Lisbon"),
        ("2030-03-31T01:59:59", "Europe/Lisbon"),
        ("2030-03-10T02:30", "America/New_York"),
        ("2030-10-06T02:15", "Australia/Lord_Howe"),
    ],
)
def test_an_hour_that_the_clocks_skip_is_refused(when: str, zone: str) -> None:
    assert f"when: {when} does not exist in {zone}: the clocks skip it." in refusal(when, zone)


@pytest.mark.parametrize(
    ("when", "zone"),
    [
        ("2030-10-27T01:30", "Europe/Lisbon"),
        ("2030-10-27T00:30Z", "Europe/Lisbon"),
        ("2030-10-27T01:30Z", "Europe/Lisbon"),
        ("2030-11-03T01:30-04:00", "America/New_York"),
        ("2030-04-07T01:45", "Australia/Lord_Howe"),
    ],
)
def test_an_hour_that_comes_twice_is_refused_even_where_an_offset_says_which(when: str, zone: str) -> None:
    # The vendor's form has no offset, so it could not tell them apart.
    assert f"when: {when} comes twice in {zone}" in refusal(when, zone)


@pytest.mark.parametrize(
    "when", ["2030-03-31T00:59", "2030-03-31T02:00", "2030-10-27T00:59", "2030-10-27T02:00"]
)
def test_the_minutes_around_a_change_of_clocks_are_fine(when: str) -> None:
    assert planned(when).vendor == when.replace("T", " ") + ":00"


@pytest.mark.parametrize("ahead", [-86_400, -1, 0, 59, 60])
def test_the_past_and_the_next_minute_are_refused(ahead: int) -> None:
    when = (NOW + timedelta(seconds=ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert refusal(when).startswith("when: is past, or less than a minute ahead.")


def test_just_over_a_minute_ahead_is_taken() -> None:
    assert planned("2030-01-01T12:01:01Z").vendor == "2030-01-01 12:01:01"


@pytest.mark.parametrize("when", ["2030-02-29T09:00", "2030-01-01T24:30", "9999-12-31T23:59-14:00", "soon"])
def test_what_the_calendar_lacks_is_refused(when: str) -> None:
    assert refusal(when).startswith("when: is no time of the calendar. Nothing was sent.")


def test_without_a_zone_nothing_is_scheduled() -> None:
    assert "EGOI_ACCOUNT_TIMEZONE" in refusal("2030-07-01T09:30", None)
    assert "EGOI_ACCOUNT_TIMEZONE" in refusal("2030-07-01T09:30Z", None)


@given(seconds=st.integers(86_400, 30 * 366 * 86_400), zone=st.sampled_from(ZONES))
def test_what_is_scheduled_is_the_instant_that_was_meant(seconds: int, zone: str) -> None:
    meant = NOW + timedelta(seconds=seconds)
    local = meant.astimezone(ZoneInfo(zone))
    assume(local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset())
    found = planned(meant.strftime("%Y-%m-%dT%H:%M:%SZ"), zone)
    told = datetime.fromisoformat(found.vendor).replace(tzinfo=ZoneInfo(zone))
    assert told.astimezone(UTC) == meant
    assert planned(found.vendor, zone) == found
