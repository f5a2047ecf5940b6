"""When a send reaches people: by the account's clock, and by the clocks of those who are reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from egoi_mcp.guard.quiet_hours import zones_of
from egoi_mcp.models.preview import Timing
from egoi_mcp.phones import Phone
from egoi_mcp.tools.times import Schedule

_MOST_ZONES = 5
_MOST_TIMES = 3
NOT_TOLD = ("not known, as the vendor does not tell their countries",)
"""The recipients' times of an audience that nobody can list."""

Place = tuple[str, tuple[str, ...]]
"""A country, and the time zones that a number of it may lie in."""


def timing(
    at: Schedule | None, account_zone: str | None, people: Iterable[Phone] = (), *, now: datetime
) -> Timing:
    """When it goes out, `now` where `at` is None, and what time that is for each of the people."""
    moment = now if at is None else datetime.fromtimestamp(at.at, UTC)
    zone = account_zone or "UTC"
    if at is None:
        here = moment.astimezone(ZoneInfo(zone))
        account = f"now, {here:%A %Y-%m-%d %H:%M} {zone}"
    else:
        account = at.label
    return Timing(account=account, recipients=local_times(moment, account_zone, people))


def local_times(moment: datetime, account_zone: str | None, people: Iterable[Phone]) -> tuple[str, ...]:
    """`09:30 Europe/Lisbon (PT)`, the most frequent first, at most five and how many more there are.

    A number that may lie in several zones has several times; the date stands where it is another one
    than the account's.
    """
    places = places_of(people)
    day = moment.astimezone(ZoneInfo(account_zone or "UTC")).date().isoformat()
    said = [_said(moment, place, account_zone, day) for place, _ in places.most_common(_MOST_ZONES)]
    rest = len(places) - len(said)
    return (*said, *([f"and {rest} more zones"] if rest > 0 else []))


def moments_by_country(moment: datetime, people: Iterable[Phone]) -> dict[str, tuple[datetime, ...]]:
    """The local times of the people of each country."""
    found: dict[str, dict[str, datetime]] = {}
    for country, zones in places_of(people):
        found.setdefault(country, {}).update(local_moments(moment, zones))
    return {country: tuple(times.values()) for country, times in found.items()}


def places_of(people: Iterable[Phone]) -> Counter[Place]:
    """How many of them are in each country and its zones."""
    return Counter((phone.region, zones_of(phone.e164)) for phone in people)


def local_moments(moment: datetime, zones: Iterable[str]) -> dict[str, datetime]:
    """The local time of each zone that is known here."""
    found = {name: _zone(name) for name in zones}
    return {name: moment.astimezone(zone) for name, zone in found.items() if zone is not None}


def _said(moment: datetime, place: Place, account_zone: str | None, day: str) -> str:
    country, zones = place
    times: dict[str, str] = {}
    for name, local in local_moments(moment, zones).items():
        clock = f"{local:%H:%M}" if local.date().isoformat() == day else f"{local:%Y-%m-%d %H:%M}"
        # Of zones with the same time the last name is most often the capital's; the account's is known best.
        if times.get(clock) != account_zone or account_zone is None:
            times[clock] = name
    if not times:
        return f"local time not known ({country})"
    ordered = [f"{clock} {name}" for clock, name in sorted(times.items())]
    if len(ordered) > _MOST_TIMES:
        return f"{ordered[0]} to {ordered[-1]} ({country})"
    return f"{' or '.join(ordered)} ({country})"


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
