"""Quiet times by the clock of whoever is reached: the edges of each, and what nobody can tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.policy import rule_on
from egoi_mcp.guard.quiet_hours import quiet_because, zones_of
from egoi_mcp.guard.reach import Reach
from egoi_mcp.policy.keys import of_table
from tests.policy.policies import facts_of

LISBON, MADRID, TOKYO, NEW_YORK = "Europe/Lisbon", "Europe/Madrid", "Asia/Tokyo", "America/New_York"
SPANIARD, PORTUGUESE, NEW_YORKER = "+34600000001", "+351900000001", "+12125550123"
NIGHT = {"quiet_hours": ["21:00-09:00"]}


def at(local: str, zone: str = MADRID) -> float:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp()


def key(said: dict[str, Any], now: float | None, *people: str, **more: Any) -> str | None:
    reach = more.pop("reach", Reach(recipients=people or (SPANIARD,)))
    facts = facts_of(reach=reach, now=now, **more)
    found = quiet_because(of_table(said), facts)
    return None if found is None else found[0]


# -- edges ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [
        ("20:59:59", False),
        ("21:00", True),
        ("00:00", True),
        ("08:59:59", True),
        ("09:00", False),
        ("12:00", False),
    ],
)
def test_a_span_over_midnight_holds_from_its_first_minute_up_to_its_last(clock: str, quiet: bool) -> None:
    assert (key(NIGHT, at(f"2030-03-12T{clock}")) == "quiet_hours") is quiet


@pytest.mark.parametrize(
    ("clock", "quiet"), [("12:59:59", False), ("13:00", True), ("13:59:59", True), ("14:00", False)]
)
def test_a_span_within_a_day_does_too(clock: str, quiet: bool) -> None:
    assert (key({"quiet_hours": ["13:00-14:00"]}, at(f"2030-03-12T{clock}")) == "quiet_hours") is quiet


@pytest.mark.parametrize(
    ("clock", "quiet"), [("21:59", False), ("22:00", True), ("23:59:59", True), ("00:00", False)]
)
def test_a_span_may_end_with_the_day(clock: str, quiet: bool) -> None:
    assert (key({"quiet_hours": ["22:00-24:00"]}, at(f"2030-03-12T{clock}")) == "quiet_hours") is quiet


def test_each_of_several_spans_holds() -> None:
    said = {"quiet_hours": ["13:00-14:00", "21:00-09:00"]}

    assert key(said, at("2030-03-12T13:30")) == key(said, at("2030-03-12T22:00")) == "quiet_hours"
    assert key(said, at("2030-03-12T15:00")) is None


@given(st.integers(0, 24 * 60 - 1), st.integers(0, 24 * 60 - 1), st.integers(0, 24 * 60 - 1))
def test_a_span_holds_exactly_the_minutes_that_a_clock_goes_through(start: int, end: int, now: int) -> None:
    if start == end:
        return
    span = "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (start, end))
    within = (now - start) % (24 * 60) < (end - start) % (24 * 60)
    instant = at(f"2030-03-12T{now // 60:02}:{now % 60:02}")

    assert (key({"quiet_hours": [span]}, instant) == "quiet_hours") is within


@pytest.mark.parametrize(
    ("day", "quiet"),
    [
        ("2030-03-16T23:59", False),
        ("2030-03-17T00:00", True),
        ("2030-03-17T23:59", True),
        ("2030-03-18T00:00", False),
    ],
)
def test_a_quiet_day_is_the_recipients_own(day: str, quiet: bool) -> None:
    assert (key({"quiet_days": ["sun"]}, at(day)) == "quiet_days") is quiet


@pytest.mark.parametrize(
    ("holiday", "day", "quiet"),
    [
        ("12-25", "2030-12-25T12:00", True),
        ("12-25", "2031-12-25T12:00", True),
        ("12-25", "2030-12-26T00:00", False),
        ("12-25", "2030-12-24T23:59", False),
        ("2030-04-19", "2030-04-19T12:00", True),
        ("2030-04-19", "2031-04-19T12:00", False),
        ("ES:12-06", "2030-12-06T12:00", True),
        ("PT:12-08", "2030-12-08T12:00", False),
        ("02-29", "2032-02-29T12:00", True),
    ],
)
def test_a_holiday_holds_on_its_day_and_in_its_country(holiday: str, day: str, quiet: bool) -> None:
    assert (key({"holidays": [holiday]}, at(day)) == "holidays") is quiet


# -- whose clock ------------------------------------------------------------------------------------------


def test_it_is_the_clock_of_the_number() -> None:
    evening_in_madrid = at("2030-03-12T22:00")

    assert key(NIGHT, evening_in_madrid, SPANIARD, account_zone=NEW_YORK)
    assert key(NIGHT, evening_in_madrid, NEW_YORKER, account_zone=MADRID) is None


def test_one_person_in_a_quiet_place_is_enough() -> None:
    noon_in_new_york = at("2030-03-12T16:00", NEW_YORK)

    assert key(NIGHT, noon_in_new_york, NEW_YORKER) is None
    assert key(NIGHT, noon_in_new_york, NEW_YORKER, SPANIARD)


def test_a_number_that_may_lie_in_two_zones_is_quiet_when_either_is() -> None:
    assert zones_of(PORTUGUESE) == ("Atlantic/Azores", LISBON)
    assert key(NIGHT, at("2030-03-12T09:30", LISBON), PORTUGUESE)
    assert key(NIGHT, at("2030-03-12T10:00", LISBON), PORTUGUESE) is None
    assert key(NIGHT, at("2030-03-12T21:00", LISBON), PORTUGUESE)
    assert key(NIGHT, at("2030-03-12T20:59", LISBON), PORTUGUESE) is None


def test_clocks_that_go_forward_are_followed() -> None:
    said = {"quiet_hours": ["21:00-09:00"]}
    before, after = at("2030-03-30T09:00"), at("2030-03-31T09:00")

    assert after - before == 23 * 3600
    assert key(said, before) is key(said, after) is None
    assert key(said, after - 60)


def test_where_only_countries_are_known_all_their_zones_count() -> None:
    reach = Reach(segments=(("PT", 3),), unknown=("recipients",))

    assert key(NIGHT, at("2030-03-12T09:30", LISBON), reach=reach, account_zone=LISBON)
    assert key(NIGHT, at("2030-03-12T10:00", LISBON), reach=reach, account_zone=TOKYO) is None


@pytest.mark.parametrize(
    "reach",
    [
        Reach(unknown=("recipients",)),
        Reach(unknown=("recipients", "segments")),
        Reach(segments=(("?", 1),), unknown=("recipients",)),
        Reach(segments=(("ES", 1),), unknown=("recipients", "segments")),
        Reach(recipients=("ana@example.com",)),
        Reach(),
    ],
)
def test_where_nothing_is_known_it_is_the_accounts_clock_and_without_that_it_is_quiet(reach: Reach) -> None:
    evening, noon = at("2030-03-12T22:00", TOKYO), at("2030-03-12T12:00", TOKYO)

    assert key(NIGHT, evening, reach=reach, account_zone=TOKYO)
    assert key(NIGHT, noon, reach=reach, account_zone=TOKYO) is None
    assert key(NIGHT, noon, reach=reach, account_zone=None)
    assert key(NIGHT, noon, reach=reach, account_zone="No/Where")


def test_people_who_are_known_do_not_speak_for_those_who_are_not() -> None:
    reach = Reach(recipients=(SPANIARD,), unknown=("recipients",))

    assert key(NIGHT, at("2030-03-12T12:00"), reach=reach, account_zone=MADRID) is None
    assert key(NIGHT, at("2030-03-12T12:00"), reach=reach, account_zone=NEW_YORK)


def test_a_number_of_no_country_goes_by_the_accounts_clock() -> None:
    assert zones_of("+80012345678") == ()
    assert key(NIGHT, at("2030-03-12T12:00"), "+80012345678", account_zone=MADRID) is None
    assert key(NIGHT, at("2030-03-12T12:00"), "+80012345678")


def test_a_holiday_of_a_country_counts_where_nobody_knows_the_country() -> None:
    said = {"holidays": ["PT:12-08"]}
    noon = at("2030-12-08T12:00")

    assert key(said, noon, SPANIARD) is None
    assert key(said, noon, "ana@example.com", account_zone=MADRID)


# -- when -------------------------------------------------------------------------------------------------


def test_a_scheduled_send_is_judged_by_its_own_time() -> None:
    noon, night = at("2030-03-12T12:00"), at("2030-03-12T23:00")

    assert key(NIGHT, noon, reach=Reach(recipients=(SPANIARD,), at=night))
    assert key(NIGHT, night, reach=Reach(recipients=(SPANIARD,), at=noon + 24 * 3600)) is None


def test_a_time_that_is_past_means_now() -> None:
    noon, night = at("2030-03-12T12:00"), at("2030-03-12T23:00")

    assert key(NIGHT, night, reach=Reach(recipients=(SPANIARD,), at=noon))


@pytest.mark.parametrize("reach", [Reach(recipients=(SPANIARD,), unknown=("at",))])
def test_a_time_that_nobody_knows_is_quiet(reach: Reach) -> None:
    assert key(NIGHT, at("2030-03-12T12:00"), reach=reach)
    assert key(NIGHT, None)
    assert key({"quiet_days": ["sun"]}, None) == "quiet_days"


# -- what for ---------------------------------------------------------------------------------------------


def test_only_promotional_sends_wait_unless_the_owner_says_all() -> None:
    transactional = Reach(recipients=(SPANIARD,), promotional=False)
    night = at("2030-03-12T23:00")

    assert key(NIGHT, night, reach=transactional) is None
    assert key({**NIGHT, "quiet_transactional": True}, night, reach=transactional)
    assert key(NIGHT, night)


@pytest.mark.parametrize("risk", [Risk.WRITE, Risk.CONSENT, Risk.DISCLOSE, Risk.DESTROY])
def test_nothing_but_a_send_waits(risk: Risk) -> None:
    assert key(NIGHT, at("2030-03-12T23:00"), risk=risk) is None
    assert key(NIGHT, at("2030-03-12T23:00"), risk=risk, reach=Reach(recipients=(SPANIARD,), risks=("send",)))


def test_the_owner_chooses_between_refusing_and_asking() -> None:
    facts = facts_of(reach=Reach(recipients=(SPANIARD,)), now=at("2030-03-12T23:00"))

    refused = rule_on(of_table(NIGHT), facts)
    asked = rule_on(of_table({**NIGHT, "quiet_verdict": "confirm", "seed_recipients": [SPANIARD]}), facts)

    assert (refused.verdict, refused.rule) == ("deny", "EGOI_MCP_POLICY_QUIET_HOURS")
    assert (
        "In Europe/Madrid, where it may reach people, it will be 23:00, and 21:00-09:00 is quiet."
        in refused.reason
    )
    assert (asked.verdict, asked.rule) == ("confirm", "EGOI_MCP_POLICY_QUIET_HOURS")
    assert SPANIARD not in refused.reason
