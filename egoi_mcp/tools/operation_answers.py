"""A vendor's answer made fit for a model: no nulls, no secrets, of people what may be seen, and small."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from egoi_mcp.api.catalog import JsonValue, Operation
from egoi_mcp.api.details import details
from egoi_mcp.api.members import folded, is_array
from egoi_mcp.guard.masking import HIDDEN, Mask
from egoi_mcp.pii import Pii

REDACTED = "[redacted]"
_LONGEST_IN_ROWS, _LONGEST_ALONE, _LONGEST_CHOSEN = 600, 3_000, 12_000
_SECRET = re.compile(
    r".*(password|passwd|secret|certificate|authkey|apikey|privatekey|accesstoken|authtoken|pushtoken)"
    r"|token|pushtoken.*"
)
# What a `name` among these is, is a person's.
_OF_PEOPLE = frozenset(
    {"contacts", "conversations", "tickets", "messages", "admins", "teams", "notes", "data_events", "account"}
    | {
        "companies",
        "senders",
        "operations",
        "reports",
        "advanced_reports",
        "ecommerce",
        "verify",
        "subscriptions",
    }
)
_THINGS, _PEOPLE = "/tags", "/contacts"
_FEWEST_BINARY = 400
_BASE64 = re.compile(r"(?:data:[\w/+.-]{1,80};base64,)?([A-Za-z0-9+/\r\n]+={0,2})\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a caller may see of an operation's answers, and what of it they asked for."""

    entry: Operation
    pii: Pii
    fields: tuple[str, ...] = ()

    def of(self, value: JsonValue) -> JsonValue:
        """The value without nulls and secrets, masked as the setting wants it; all of it, at full length."""
        secret = frozenset(map(folded, details(self.entry).secrets))
        open_ = _without(value, secret)
        if self.pii == "full":
            return open_
        target = _PEOPLE if details(self.entry).family in _OF_PEOPLE else _THINGS
        masked = Mask(()).body(open_, target)
        return masked if self.pii == "masked" else _unchanged(open_, masked)

    def chosen(self, value: JsonValue) -> JsonValue:
        """The members that were asked for; all of them where none were."""
        return _picked(value, [name.split(".") for name in self.fields]) if self.fields else value

    def short(self, value: JsonValue, *, row: bool) -> tuple[JsonValue, bool]:
        """The value with its long texts cut, and whether any was."""
        most = _LONGEST_CHOSEN if self.fields else _LONGEST_IN_ROWS if row else _LONGEST_ALONE
        cut = [False]
        return _cut(value, most, cut), cut[0]


def _without(value: JsonValue, secret: frozenset[str]) -> JsonValue:
    """Without nulls and what is empty, secrets replaced."""
    if isinstance(value, Mapping):
        kept: dict[str, JsonValue] = {}
        for name, member in value.items():
            is_secret = (key := folded(name)) in secret or _SECRET.fullmatch(key) is not None
            inner = REDACTED if is_secret and _says(member) else _without(member, secret)
            if inner is not None and inner not in ("", [], {}):
                kept[name] = inner
        return kept
    if is_array(value):
        return [_without(each, secret) for each in value if each is not None]
    return value


def _says(value: JsonValue) -> bool:
    return not (value is None or isinstance(value, bool) or value in ("", [], {}))


def _unchanged(value: JsonValue, masked: JsonValue) -> JsonValue:
    """What a mask left as it was; the rest is left out."""
    if isinstance(value, Mapping) and isinstance(masked, Mapping):
        pairs = zip(value.items(), masked.items(), strict=True)
        return {
            name: _unchanged(member, shown)
            for (name, member), (shown_name, shown) in pairs
            if name == shown_name and not _is_hidden(member, shown)
        }
    if is_array(value) and is_array(masked):
        pairs_ = zip(value, masked, strict=True)
        return [_unchanged(each, shown) for each, shown in pairs_ if not _is_hidden(each, shown)]
    return value


def _is_hidden(value: JsonValue, masked: JsonValue) -> bool:
    plain = not isinstance(value, Mapping) and not is_array(value)
    return masked == HIDDEN or (plain and value != masked)


def _picked(value: JsonValue, wanted: Sequence[Sequence[str]]) -> JsonValue:
    """Only the members that paths lead to; an array on the way is gone through one by one."""
    if is_array(value):
        found = [_picked(each, wanted) for each in value]
        return [each for each in found if each not in ({}, [], None)]
    if not isinstance(value, Mapping):
        return None
    kept: dict[str, JsonValue] = {}
    for name, member in value.items():
        rests = [path[1:] for path in wanted if path and path[0] == name]
        if any(not rest for rest in rests):
            kept[name] = member
        elif rests and (inner := _picked(member, rests)) not in ({}, [], None):
            kept[name] = inner
        elif dotted := [path for path in wanted if len(path) > 1 and ".".join(path) == name]:
            kept[".".join(dotted[0])] = member
    return kept


def missing(shown: Iterable[JsonValue], fields: Sequence[str]) -> list[str]:
    """Fields that nothing shown has."""
    rows = list(shown)
    return [
        name
        for name in fields
        if not any(_picked(row, [name.split(".")]) not in ({}, [], None) for row in rows)
    ]


def _cut(value: JsonValue, most: int, cut: list[bool]) -> JsonValue:
    if isinstance(value, Mapping):
        return {name: _cut(member, most, cut) for name, member in value.items()}
    if is_array(value):
        return [_cut(each, most, cut) for each in value]
    if not isinstance(value, str) or len(value) <= most:
        return value
    cut[0] = True
    return f"{value[:most]}… [{len(value) - most} more characters]"


def binaries(value: JsonValue, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Texts that are a file in base64, with the members that they stand in."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from binaries(member, f"{path}.{name}" if path else name)
    elif is_array(value):
        for index, each in enumerate(value):
            yield from binaries(each, f"{path}[{index}]")
    elif isinstance(value, str) and len(value) >= _FEWEST_BINARY and (found := _BASE64.fullmatch(value)):
        try:
            content = base64.b64decode(found[1], validate=False)
        except (binascii.Error, ValueError):
            return
        if _is_file(content):
            yield path, content


def _is_file(content: bytes) -> bool:
    """Whether bytes are of a kind that is known: letters and digits alone may be base64 by chance."""
    from egoi_mcp.answer_files import type_of

    return type_of(content)[1] not in {"bin", "txt"}


def replaced(value: JsonValue, path: str, text: str, at: str = "") -> JsonValue:
    """The value with a text in the place of one member."""
    if at == path:
        return text
    if isinstance(value, Mapping):
        return {name: replaced(m, path, text, f"{at}.{name}" if at else name) for name, m in value.items()}
    if is_array(value):
        return [replaced(each, path, text, f"{at}[{index}]") for index, each in enumerate(value)]
    return value
