"""Whether a text has a form, and how that form, a name or a value is told to somebody."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeGuard

_PHONE = "a number like 351-900000000: country code, hyphen, number"
_PATTERNS: Mapping[str, str] = {
    r"(\d){1,3}-(\d){4,20}": _PHONE,
    r"\d{1,3}-\d{4,20}": _PHONE,
    r"[1-9]{1,4}\-[0-9]{3,14}": f"{_PHONE} (no 0 in the country code)",
    r"[a-fA-F\d]{10}": "an id of ten digits and letters a to f",
    r"[a-zA-Z0-9_-]*": "letters, digits, hyphens and underscores",
    r"[a-zA-Z0-9_.-]+": "letters, digits, dots, hyphens and underscores",
    r"\d{4}-\d{2}-\d{2}": "a date like 2030-01-31",
    r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}": "a time like 2030-01-31 09:30:00",
    r"([0-9]|0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]": "a time of day like 09:30",
    r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+": "a host name like shop.example.com",
    r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?": "a number as text, like 12.5",
}
_EGOI_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URI = re.compile(r"https?://[^\s/]+\S*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]-]{0,39}", re.ASCII)
_LONG_VALUE = 40


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value is a JSON object."""
    return isinstance(value, Mapping)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def fits_pattern(pattern: str, text: str) -> bool:
    """Whether the whole text fits, with ASCII digits and letters only."""
    return _compiled(pattern).fullmatch(text) is not None


def pattern_words(pattern: str) -> str:
    """A pattern in words, or itself where nobody has put it into words."""
    return _PATTERNS.get(pattern, f"of the form {pattern}")


def form_words(api: str, form: str, text: str) -> str:
    """How the text would have to be written; nothing where it is."""
    if form == "date-time":
        own = api == "egoi"
        fits = _is_date(text, _EGOI_DATE_TIME if own else _DATE_TIME)
        return "" if fits else f"a time like {'2030-01-31 09:30:00' if own else '2030-01-31T09:30:00Z'}"
    if form == "date":
        return "" if _is_date(text, _DATE) else "a date like 2030-01-31"
    if form == "email":
        return "" if _EMAIL.fullmatch(text) else "an email address"
    if form == "uri":
        return "" if _URI.fullmatch(text) else "an address that begins with https://"
    return "" if _is_base64(text) else "base64"


def _is_date(text: str, form: re.Pattern[str]) -> bool:
    if not form.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was most likely meant."""
    folded: dict[str, str] = {}
    for each in known:
        folded.setdefault(_folded(each), each)
    mine = _folded(name[:80])
    if mine in folded:
        return folded[mine]
    from difflib import get_close_matches

    found = get_close_matches(mine, folded, n=1, cutoff=0.75)
    return folded[found[0]] if found else None


def shown(name: str) -> str:
    """A member's name as it may be repeated; what is no plain name may be data, and is not."""
    return name if _NAME.fullmatch(name) else "(a name)"


def shown_value(value: object) -> str:
    """A value of the catalog, short."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONG_VALUE else text[:_LONG_VALUE] + "…"
