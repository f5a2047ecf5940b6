"""What a key of the policy takes, and which of two sources' words is the stricter.

Each kind reads a value of TOML, or the text of an environment variable, into the one form that the rest
works with; and it joins two such values. Joining is commutative, associative and idempotent, and never
lets pass what one of the two stops.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar, cast

from egoi_mcp.policy.patterns import common, host, is_family, recipient

T = TypeVar("T")
_LONGEST_TEXT = 200
_MOST_COUNT = 999_999_999
_MOST_SECONDS = 86_400


class Wrong(Exception):
    """A value that a key does not take; the key's kind says what it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`takes` in words, for the file and for a variable; `join` gives the stricter of two such values.

    `read` raises Wrong. `parse` turns a variable's text into what `read` takes; None where there is no
    variable. The values are of the member that the key stands for in `PolicySettings`.
    """

    takes: str
    # A key's value has the type of its member; the table of keys brings the two together.
    read: Callable[[Any], Any]
    join: Callable[[Any, Any], Any]
    parse: Callable[[str], object] | None = None
    takes_text: str = ""

    def said(self, *, variable: bool) -> str:
        """What it takes, where it is written."""
        return self.takes_text if variable and self.takes_text else self.takes


# -- single values -------------------------------------------------------------------------------


def flag() -> Kind:
    """Yes or no; a yes restricts."""
    return Kind(
        takes="true or false",
        read=_bool,
        join=lambda one, other: one or other,
        parse=_flag_of,
        takes_text="1 or 0",
    )


def choice(*strictest_first: str) -> Kind:
    """One of a few words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value.lower() not in strictest_first:
            raise Wrong
        return value.lower()

    return Kind(
        takes=f"one of {', '.join(strictest_first)}",
        read=read,
        join=lambda one, other: min(one, other, key=strictest_first.index),
        parse=str,
    )


def count(*, at_least: int = 0, most_is_strict: bool = False) -> Kind:
    """A whole number."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= _MOST_COUNT:
            raise Wrong
        return value

    join: Callable[[int, int], int] = max if most_is_strict else min
    return Kind(takes=f"a whole number, {at_least} or more", read=read, join=join, parse=_count_of)


def money() -> Kind:
    """An amount in the account's currency."""
    return Kind(
        takes='an amount in the account\'s currency, such as "12.50"',
        read=_amount,
        join=min,
        parse=str,
        takes_text="an amount in the account's currency, such as 12.50",
    )


def seconds() -> Kind:
    """A time that must pass; the longer is the stricter."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise Wrong
        # As a float: a Decimal that is no number compares with nothing.
        if not 0 < float(value) <= _MOST_SECONDS:
            raise Wrong
        return float(value)

    return Kind(
        takes=f"a number of seconds, more than 0 and at most {_MOST_SECONDS}",
        read=read,
        join=max,
        parse=_amount,
    )


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong
    return value


def _flag_of(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise Wrong


def _count_of(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Wrong
    return int(text)


def _amount(value: object) -> Decimal:
    text = str(value) if isinstance(value, Decimal | str) or type(value) is int else ""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
        raise Wrong
    return Decimal(text)


# -- lists ---------------------------------------------------------------------------------------


def listed(
    takes: str, one: Callable[[object], object], join: Callable[[frozenset[Any], frozenset[Any]], object]
) -> Kind:
    """A list, each member read by `one`; in a variable the members are separated by commas."""

    def read(value: object) -> frozenset[object]:
        if not isinstance(value, list):
            raise Wrong
        return frozenset(one(each) for each in cast("list[object]", value))

    def parse(text: str) -> list[str]:
        return [part for each in text.split(",") if (part := each.strip())]

    return Kind(takes=f"a list of {takes}", read=read, join=join, parse=parse)


def union(one: frozenset[T], other: frozenset[T]) -> frozenset[T]:
    """What either names."""
    return one | other


def both(one: frozenset[T], other: frozenset[T]) -> frozenset[T]:
    """What both name."""
    return one & other


def families(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """What both name, families looked into."""
    return common(one, other)


def a_list_id(value: object) -> int:
    """An id of a list: a number, or its digits."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_COUNT:
        raise Wrong
    return value


def a_name(value: object) -> str:
    """A name as a person writes it, or an id; without regard to case."""
    if type(value) is int:
        return str(value)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_TEXT or not value.isprintable():
        raise Wrong
    return value.strip().casefold()


def a_country(value: object) -> str:
    """An ISO 3166 code. `UK` is none: the numbers are those of GB."""
    # Imported here: only a policy that names countries pays for it.
    from phonenumbers import SUPPORTED_REGIONS

    if not isinstance(value, str) or value.strip().upper() not in SUPPORTED_REGIONS:
        raise Wrong
    return value.strip().upper()


def a_recipient(value: object) -> str:
    """A number, an address, or a family of them."""
    found = recipient(value) if isinstance(value, str) else None
    if found is None:
        raise Wrong
    return found


def a_seed(value: object) -> str:
    """A number or an address; never a family, which would let anybody in it be reached unasked."""
    found = a_recipient(value)
    if is_family(found):
        raise Wrong
    return found


def a_host(value: object) -> str:
    """A host's name, or `*.` and the one above it."""
    found = host(value) if isinstance(value, str) else None
    if found is None:
        raise Wrong
    return found


def one_of(*names: str) -> Callable[[object], str]:
    """A reader of one of these names."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value.strip().lower() not in names:
            raise Wrong
        return value.strip().lower()

    return read


def a_span(value: object) -> str:
    """`21:00-09:00`; it may go over midnight, and may end at 24:00."""
    match = (
        re.fullmatch(r"([0-9]{1,2}:[0-9]{2})\s*[-–]\s*([0-9]{1,2}:[0-9]{2})", value.strip())
        if isinstance(value, str)
        else None
    )
    if match is None:
        raise Wrong
    start, end = _clock(match[1]), "24:00" if match[2] == "24:00" else _clock(match[2])
    if start == end:
        raise Wrong
    return f"{start}-{end}"


def _clock(text: str) -> str:
    try:
        return time.fromisoformat(text.zfill(5)).strftime("%H:%M")
    except ValueError:
        raise Wrong from None


def a_holiday(value: object) -> str:
    """`2030-12-08`, `12-08` of every year, or either in one country: `PT:12-08`."""
    if isinstance(value, date):
        # TOML has dates of its own.
        return value.isoformat() if type(value) is date else _wrong()
    if not isinstance(value, str):
        raise Wrong
    country, colon, day = value.strip().rpartition(":")
    year = "" if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day) else "2000-"
    try:
        # 2000 had a 29 February, which a day of every year may be.
        date.fromisoformat(year + day)
    except ValueError:
        raise Wrong from None
    return f"{a_country(country)}:{day}" if colon else day


def _wrong() -> str:
    raise Wrong


# -- by name -------------------------------------------------------------------------------------


def by_name(one: Mapping[str, T], other: Mapping[str, T], join: Callable[[T, T], T]) -> Mapping[str, T]:
    """Two tables as one: a name that both hold has their values joined."""
    return {
        name: join(one[name], other[name]) if name in one and name in other else {**one, **other}[name]
        for name in sorted({*one, *other})
    }


def dearer(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    """Two price tables as one: the dearer counts, and `*` speaks for each country that a table lacks."""
    found: dict[str, Decimal] = {}
    for country in sorted({*one, *other}):
        said = [table[key] for table in (one, other) for key in _price_keys(table, country)]
        found[country] = max(said)
    return found


def _price_keys(table: Mapping[str, Decimal], country: str) -> tuple[str, ...]:
    return (country,) if country in table else ("*",) if "*" in table else ()
