"""The table of country rules: well-formed, sourced and dated; and what it warns of."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import get_args

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp import country_rules
from egoi_mcp.country_rules import (
    Confidence,
    Country,
    HolidayRule,
    Message,
    QuietRule,
    SenderName,
    SenderRule,
    countries,
    country_warnings,
    in_span,
)

ALL = list(countries().values())
NOON = datetime(2030, 3, 13, 12, 0, tzinfo=UTC)
"""A Wednesday that is no holiday anywhere."""


@pytest.mark.parametrize("country", ALL, ids=lambda each: each.code)
def test_every_entry_is_sourced_dated_and_says_how_sure_it_is(country: Country) -> None:
    assert country.code in phonenumbers.SUPPORTED_REGIONS
    assert country.name
    assert country.entries()
    for name, entry in country.entries().items():
        assert len(entry.source) > 5, name
        assert "http" not in entry.source, "a source is named; addresses change"
        assert type(entry.as_of) is date, name
        assert date(2024, 1, 1) <= entry.as_of <= datetime.now(UTC).date(), name
        assert entry.confidence in get_args(Confidence), name
        if isinstance(entry, SenderRule):
            assert entry.says in get_args(SenderName)
        if isinstance(entry, QuietRule):
            assert entry.hours or entry.days or entry.holidays
            assert set(entry.days) <= {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
            for span in entry.hours:
                assert list(map(time.fromisoformat, span.split("-"))), span
        if isinstance(entry, HolidayRule):
            assert list(entry.dates) == sorted(set(entry.dates))
            assert {"01-01", "12-25"} <= set(entry.dates)
            for day in entry.dates:
                assert f"{date.fromisoformat(f'2028-{day}'):%m-%d}" == day


def test_the_table_holds_nothing_that_is_not_read() -> None:
    table = tomllib.loads(Path(country_rules.__file__).with_name("rules.toml").read_text(encoding="utf-8"))
    assert len(table) >= 12
    for code, members in table.items():
        kinds = countries()[code].entries()
        assert set(members) == {"name", *kinds}
        for name, entry in kinds.items():
            assert set(members[name]) <= {each.name for each in fields(entry)}, (code, name)


def said(
    code: str, *moments: datetime, name: bool = True, promotional: bool = True, way_out: bool = True
) -> Sequence[str]:
    message = Message(
        sender_is_name=name, promotional=promotional, offers_a_way_out=way_out, local={code: moments}
    )
    return country_warnings([code], message)


def test_an_ordinary_message_is_not_warned_about() -> None:
    assert said("PT", NOON) == ()
    assert said("FR", NOON) == ()
    assert said("XX", NOON, way_out=False) == ()


def test_a_sender_that_is_a_name_is_warned_about_where_names_are_not_shown() -> None:
    register = "a sender's name usually has to be registered there, or messages are blocked"
    replaced = "a sender's name is usually replaced by a number there, or nothing arrives"
    dated = "(table of 2026-11-25, no legal advice)"
    assert said("ES", NOON) == (f"ES: {register} {dated}",)
    assert said("US", NOON, promotional=False) == (f"US: {replaced} {dated}",)
    both = Message(sender_is_name=True, promotional=False, offers_a_way_out=True)
    assert country_warnings(["IE", "US", "PT", "ES", "CA"], both) == (
        f"IE, ES: {register} {dated}",
        f"US, CA: {replaced} {dated}",
    )
    assert said("ES", NOON, name=False) == ()


def test_a_promotion_without_a_way_out_is_warned_about_and_what_is_needed_is_not() -> None:
    (warning,) = said("PT", NOON, way_out=False)
    assert warning.startswith(
        "PT: a promotional SMS usually has to offer a way to opt out there (table of 20"
    )
    assert said("PT", NOON, way_out=False, promotional=False) == ()


@pytest.mark.parametrize(
    ("code", "moment", "start"),
    [
        (
            "FR",
            NOON.replace(hour=22),
            "FR: it will be 22:00, and promotional SMS are usually not sent from 22:00",
        ),
        ("FR", NOON.replace(hour=7, minute=59), "FR: it will be 07:59, and promotional SMS are usually not"),
        ("FR", NOON.replace(hour=8), ""),
        ("FR", NOON.replace(hour=21, minute=59), ""),
        ("FR", NOON.replace(day=17), "FR: it will be a Sunday, when promotional SMS are usually not sent"),
        (
            "FR",
            NOON.replace(month=5, day=8),
            "FR: it will be a public holiday, when promotional SMS are usual",
        ),
        ("PT", NOON.replace(month=6, day=10), "PT: it will be a public holiday, 2030-06-10 (table of 20"),
        ("PT", NOON.replace(month=6, day=11), ""),
        ("PT", NOON.replace(day=17), ""),
    ],
)
def test_unusual_hours_and_holidays_are_warned_about(code: str, moment: datetime, start: str) -> None:
    found = said(code, moment, name=False)
    assert len(found) == bool(start)
    assert all(each.startswith(start) for each in found)
    assert said(code, moment, name=False, promotional=False) == ()


def test_of_several_places_in_a_country_one_that_is_unusual_is_enough_and_said_once() -> None:
    late = NOON.replace(hour=23)
    assert len(said("FR", NOON, late, late, name=False)) == 1


@given(st.times(), st.times(), st.times())
def test_a_time_lies_in_a_span_or_in_the_one_that_is_the_rest_of_the_day(
    clock: time, one: time, other: time
) -> None:
    begins, ends = (each.replace(second=0, microsecond=0, fold=0) for each in (one, other))
    span, rest = f"{begins:%H:%M}-{ends:%H:%M}", f"{ends:%H:%M}-{begins:%H:%M}"
    if begins != ends:
        assert in_span(clock, span) != in_span(clock, rest)
