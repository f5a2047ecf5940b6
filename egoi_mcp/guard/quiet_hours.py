"""Quiet hours, quiet days and holidays, by the clock of the people who are reached.

A number that may lie in several time zones is quiet when any of them is. Where only the country is known
all its zones count, and where nothing is known of the people, the account's own; without that, nobody can
say that it is not quiet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from egoi_mcp.guard.facts import Facts
from egoi_mcp.guard.reading import number_and_country
from egoi_mcp.policy.settings import WEEKDAYS, PolicySettings

Place = tuple[str | None, str | None]
"""A time zone and a country; None where it is not known."""


def quiet_because(policy: PolicySettings, facts: Facts) -> tuple[str, str] | None:
    """The key by which this send would reach somebody in a quiet time, and why; None where none says so."""
    keys = [key for key in ("quiet_hours", "quiet_days", "holidays") if getattr(policy, key)]
    if not keys or not facts.sends or not (facts.reach.promotional or policy.quiet_transactional):
        return None
    if facts.now is None or facts.unknown("at"):
        return keys[0], "Nobody can tell when it reaches people, so it may be a quiet time for them."
    # A time that is past means now.
    at = max(facts.now, facts.reach.at or facts.now)
    for zone, country in sorted(_places(facts), key=str):
        local = None if zone is None else _local(at, zone)
        if local is None:
            return keys[0], (
                "Nobody can tell what time it is where people would be reached: set EGOI_ACCOUNT_TIMEZONE."
            )
        if (found := _quiet(policy, local, country)) is not None:
            return found[0], f"In {zone}, where it may reach people, {found[1]}."
    return None


def zones_of(number: str) -> tuple[str, ...]:
    """The time zones that a number may lie in, none where that is not known; `+351` is all of Portugal."""
    # Imported here: only a policy with quiet times pays for it.
    from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

    digits = number.removeprefix("+")
    for length in range(min(len(digits), TIMEZONE_LONGEST_PREFIX), 0, -1):
        if (zones := TIMEZONE_DATA.get(digits[:length])) is not None:
            return tuple(zones)
    return ()


def _places(facts: Facts) -> set[Place]:
    """Where its people may be."""
    reach, account = facts.reach, (facts.account_zone, None)
    found: set[Place] = set()
    for recipient in reach.recipients:
        found |= _of_number(recipient, account) if "@" not in recipient else {account}
    if facts.unknown("recipients") or not reach.recipients:
        countries = [country for country, _ in reach.segments]
        if countries and "?" not in countries and not facts.unknown("segments"):
            found |= _of_countries(countries, account)
        else:
            found.add(account)
    return found


def _of_number(number: str, account: Place) -> set[Place]:
    found = number_and_country(number)
    country = None if found is None else found[1]
    return {(zone, country) for zone in zones_of(number)} or {(account[0], country)}


def _of_countries(countries: Iterable[str], account: Place) -> set[Place]:
    import phonenumbers

    found: set[Place] = set()
    for country in countries:
        zones = zones_of(f"+{phonenumbers.country_code_for_region(country)}")
        found |= {(zone, country) for zone in zones} or {account}
    return found


def _local(at: float, zone: str) -> datetime | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return datetime.fromtimestamp(at, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return None


def _quiet(policy: PolicySettings, local: datetime, country: str | None) -> tuple[str, str] | None:
    """Which key makes this local time quiet, and how that is said."""
    clock = local.time()
    for span in sorted(policy.quiet_hours):
        if _in_span(clock, span):
            return "quiet_hours", f"it will be {clock:%H:%M}, and {span} is quiet"
    day = WEEKDAYS[local.weekday()]
    if day in policy.quiet_days:
        return "quiet_days", f"it will be {local:%A}, which is quiet"
    for holiday in sorted(policy.holidays):
        where, _, date = holiday.rpartition(":")
        # Where nobody knows the country, it may be this one.
        here = not where or country is None or where == country
        if here and date in {f"{local:%Y-%m-%d}", f"{local:%m-%d}"}:
            return "holidays", f"it will be {local:%Y-%m-%d}, and {holiday} is a holiday"
    return None


def _in_span(clock: time, span: str) -> bool:
    """Whether a time lies in `21:00-09:00`: from its start on, up to and without its end."""
    start, end = span.split("-")
    begins, ends = time.fromisoformat(start), time.max if end == "24:00" else time.fromisoformat(end)
    if end == "24:00":
        return clock >= begins
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends
