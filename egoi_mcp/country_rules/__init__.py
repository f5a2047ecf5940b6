"""What is usual or prescribed for SMS in a country: senders, a way to opt out, hours, holidays.

A dated table with a source for each entry (`rules.toml`). It gives warnings and is no legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Literal

SenderName = Literal["allowed", "register", "replaced"]
Confidence = Literal["high", "medium", "low"]

_FILE = Path(__file__).with_name("rules.toml")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SENDERS: Mapping[SenderName, str] = {
    "register": "a sender's name usually has to be registered there, or messages are blocked",
    "replaced": "a sender's name is usually replaced by a number there, or nothing arrives",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where a rule is from, the day for which it was written down, and how sure it is."""

    source: str
    as_of: date
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRule(Entry):
    """Whether phones show a sender's name: as it is, once it is registered, or not at all."""

    says: SenderName


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietRule(Entry):
    """When promotional SMS are usually not sent: spans of local hours, days, and public holidays."""

    hours: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    holidays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayRule(Entry):
    """Public holidays on a fixed date, as `12-25`."""

    dates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """The rules of one country; None where nothing is known. `opt_out`: a way out has to be offered."""

    code: str
    name: str
    sender_name: SenderRule | None = None
    opt_out: Entry | None = None
    quiet: QuietRule | None = None
    holidays: HolidayRule | None = None

    def entries(self) -> Mapping[str, Entry]:
        """What is known of it, by member."""
        members = {
            "sender_name": self.sender_name,
            "opt_out": self.opt_out,
            "quiet": self.quiet,
            "holidays": self.holidays,
        }
        return {name: entry for name, entry in members.items() if entry is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the warnings are about: an SMS, and what time it is for its recipients by country."""

    sender_is_name: bool
    promotional: bool
    offers_a_way_out: bool
    local: Mapping[str, Sequence[datetime]] = field(default_factory=dict[str, Sequence[datetime]])


@cache
def countries() -> Mapping[str, Country]:
    """Every country of the table, by its ISO code."""
    # Imported here, as whatever else only a preview of an SMS needs.
    import tomllib

    from pydantic import TypeAdapter

    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    rules = {code: {**members, "code": code} for code, members in table.items()}
    return TypeAdapter(dict[str, Country]).validate_python(rules)


def country_warnings(reached: Iterable[str], message: Message) -> tuple[str, ...]:
    """What a careful sender would stop at, a line for each kind of rule, each with its date."""
    known = [countries()[code] for code in reached if code in countries()]
    found: list[str] = []
    if message.sender_is_name:
        for says, words in _SENDERS.items():
            rules = {each.code: each.sender_name for each in known if each.sender_name is not None}
            found += _line({code: rule for code, rule in rules.items() if rule.says == says}, words)
    if not message.promotional:
        return tuple(found)
    if not message.offers_a_way_out:
        ways = {each.code: each.opt_out for each in known if each.opt_out is not None}
        found += _line(ways, "a promotional SMS usually has to offer a way to opt out there")
    for each in known:
        for moment in message.local.get(each.code, ()):
            if (why := _quiet(each, moment)) is not None:
                found.append(why)
                break
    return tuple(found)


def _line(rules: Mapping[str, Entry], words: str) -> list[str]:
    """One warning for all of these countries, as old as the oldest of their rules."""
    if not rules:
        return []
    return [f"{', '.join(rules)}: {words} ({_dated(min(each.as_of for each in rules.values()))})"]


def _dated(as_of: date) -> str:
    return f"table of {as_of.isoformat()}, no legal advice"


def _quiet(country: Country, moment: datetime) -> str | None:
    """Why a promotional SMS is unusual there at this local time."""
    quiet, holidays = country.quiet, country.holidays
    holiday = holidays is not None and f"{moment:%m-%d}" in holidays.dates
    clock = f"{moment:%H:%M}"
    if quiet is not None:
        for span in quiet.hours:
            if in_span(moment.time(), span):
                return (
                    f"{country.code}: it will be {clock}, and promotional SMS are usually not sent from "
                    f"{span.replace('-', ' to ')} ({_dated(quiet.as_of)})"
                )
        if _DAYS[moment.weekday()] in quiet.days or (quiet.holidays and holiday):
            what = "a public holiday" if holiday else f"a {moment:%A}"
            return (
                f"{country.code}: it will be {what}, when promotional SMS are usually not sent "
                f"({_dated(quiet.as_of)})"
            )
    if holiday and holidays is not None:
        return f"{country.code}: it will be a public holiday, {moment:%Y-%m-%d} ({_dated(holidays.as_of)})"
    return None


def in_span(clock: time, span: str) -> bool:
    """Whether a time lies in `22:00-08:00`: from its start on, up to and without its end."""
    begins, ends = map(time.fromisoformat, span.split("-"))
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends
