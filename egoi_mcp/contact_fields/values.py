"""Single values as the vendors take them: each check answers the value to send or says what is wrong."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal, TypeAlias

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.errors import InvalidInput
from egoi_mcp.phones import code_and_number
from egoi_mcp.plain_text import clean

Deed = Literal["create", "update", "bulk", "import"]
"""Creating or changing one contact, setting the same for many, a row of an import."""
Check: TypeAlias = Callable[[JsonValue], JsonValue]

_MOST_NAME = 60
_MOST_SHORT, _MOST_TEXT = 255, 1000
"""Characters of a name and of any other text. No document says how many a vendor keeps; what is longer is
refused here rather than cut there."""
_MOST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?", re.ASCII)
_HTTPS = re.compile(r"https://[^\s/@]+\.[^\s/@]+(/\S*)?")
_SOMEBODYS = re.compile(r"@|\d(?:[ .()-]*\d){6}")
"""An address, or so many digits that they may be a phone number, where a member's name should be."""
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_YES_NO = {"true": True, "false": False, "yes": True, "no": False}
_LATEST_SECONDS = 4_102_444_800
"""The year 2100: what is more counts milliseconds."""


class Wrong(ValueError):
    """A value that does not fit; the text is the rule, and repeats no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactBody:
    """A contact in the vendor's form, without the members that do not fit.

    `problems` has one sentence for each of those, which begins with its name; where there is any, nothing
    must be sent.
    """

    body: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    problems: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A member's name in the one spelling that tables hold: `First Name` and `first-name` are first_name."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


@lru_cache(maxsize=1024)
def shown(name: str) -> str:
    """A name as a problem calls it: readable, not long, and nobody's address or number."""
    said = clean(name, _MOST_NAME)
    if _SOMEBODYS.search(said):
        return "(a name that is not repeated here)"
    return said or "(no name)"


def unknown(name: str, known: Collection[str], vendor: str, also: str = "") -> str:
    """What is said of a name that means nothing, with the nearest one that does."""
    near = difflib.get_close_matches(plain(name), known, n=1, cutoff=0.6)
    meant = f" Did you mean {near[0]}?" if near else f" It takes {', '.join(sorted(known))}{also}."
    return f"{shown(name)}: {vendor} takes no such thing.{meant}"


def text(value: JsonValue, *, longest: int = _MOST_TEXT, erases: bool = False) -> str:
    """A text, or a number as text; an empty one only where it `erases` what was there."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Wrong("must be text")
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong("must be text")
    if isinstance(value, int) and value.bit_length() > 1024:
        raise Wrong(f"must have at most {longest} characters")
    said = str(value)
    if not said.strip():
        if erases:
            return ""
        raise Wrong("is empty; leave it out")
    if len(said) > longest:
        raise Wrong(f"must have at most {longest} characters")
    if _UNSENDABLE.search(said):
        raise Wrong("holds a character that cannot be sent (NUL or half of a pair)")
    return said


def short(value: JsonValue, *, erases: bool = False) -> str:
    """A name or another text of one line's length."""
    return text(value, longest=_MOST_SHORT, erases=erases)


def email(value: JsonValue) -> str:
    """One e-mail address."""
    said = text(value).strip()
    if len(said) > _MOST_EMAIL or not _EMAIL.fullmatch(said):
        raise Wrong("must be one e-mail address")
    return said


def egoi_phone(region: str | None) -> Check:
    """Phone numbers in E-goi's form, those without a country read as `region`'s."""
    return lambda value: _phone(value, region, egoi=True)


def e164_phone(region: str | None) -> Check:
    """Phone numbers in E.164, those without a country read as `region`'s."""
    return lambda value: _phone(value, region, egoi=False)


def _phone(value: JsonValue, region: str | None, *, egoi: bool) -> str:
    said = text(value)
    try:
        code, national = code_and_number(said, region, label="")
    except InvalidInput as error:
        raise Wrong(str(error).removeprefix(": ").removesuffix(".")) from None
    return f"{code}-{national}" if egoi else f"+{code}{national}"


def day(value: JsonValue) -> str:
    """A day as YYYY-MM-DD."""
    said = text(value).strip()
    if not _DATE.fullmatch(said):
        raise Wrong("must be a date, such as 2026-03-01")
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        raise Wrong("the calendar has no such day") from None


def number(value: JsonValue) -> str:
    """A number as digits with a decimal point, as E-goi takes it: in a text."""
    said = text(value).strip()
    if isinstance(value, float):
        said = format(Decimal(repr(value)), "f")
    if not _NUMBER.fullmatch(said):
        raise Wrong("must be a number, such as 12 or 12.5")
    return said.removeprefix("+")


def one_of(*choices: str) -> Check:
    """One of the words, in any case."""

    def check(value: JsonValue) -> JsonValue:
        said = value.strip().casefold() if isinstance(value, str) else None
        if said not in choices:
            raise Wrong(f"must be {', '.join(choices[:-1])} or {choices[-1]}")
        return said

    return check


def yes_or_no(value: JsonValue) -> bool:
    """A truth value; the words for it count, as files have no others."""
    found = _YES_NO.get(value.strip().casefold()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise Wrong("must be true or false")
    return found


def seconds(value: JsonValue) -> int:
    """A time as seconds since the epoch: an ISO day or time with its zone, or the seconds themselves."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= _LATEST_SECONDS:
            raise Wrong("must be a time, such as 2026-03-01T09:30:00Z")
        return value
    said = value.strip() if isinstance(value, str) else ""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise Wrong("must be a time, such as 2026-03-01T09:30:00Z") from None
    if at.tzinfo is None:
        if not _DATE.fullmatch(said):
            raise Wrong("needs its zone: Z, or an offset such as +01:00")
        at = at.replace(tzinfo=UTC)
    try:
        found = int(at.timestamp())
    except OverflowError:
        found = -1
    if not 0 <= found <= _LATEST_SECONDS:
        raise Wrong("must be a time between 1970 and 2100")
    return found


def https(value: JsonValue) -> str:
    """The address of a picture."""
    said = text(value).strip()
    if not _HTTPS.fullmatch(said):
        raise Wrong("must be an address that begins with https://")
    return said


def digits(value: JsonValue) -> str:
    """A vendor's own number of something, as text."""
    said = text(value).strip()
    if not (said.isascii() and said.isdigit()):
        raise Wrong("must be an id, which is a number")
    return said


def tag_names(value: JsonValue) -> str:
    """Names of tags, comma-separated, each once."""
    given: Sequence[JsonValue]
    if isinstance(value, str):
        given = value.split(",")
    elif isinstance(value, Sequence):
        given = value
    else:
        raise Wrong("must be a list of names")
    names = [short(each).strip() for each in given]
    if not names:
        raise Wrong("must not be empty")
    if any("," in each for each in names):
        raise Wrong("a tag's name holds no comma")
    return ",".join(dict.fromkeys(names))


def push_tokens(value: JsonValue) -> JsonValue:
    """Devices of a contact, each with the app and its token."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise Wrong("must be a list of objects with app_id and token")
    tokens: list[JsonValue] = []
    for each in value:
        if not isinstance(each, Mapping) or set(each) != {"app_id", "token"}:
            raise Wrong("must be a list of objects with app_id and token")
        app_id = short(each["app_id"])
        if not re.fullmatch(r"[a-zA-Z0-9_-]+", app_id):
            raise Wrong("app_id holds letters, digits, _ and - alone")
        tokens.append({"app_id": app_id, "token": text(each["token"])})
    return tokens
