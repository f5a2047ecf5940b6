"""A vendor's answer made fit for a model: no nulls, no secrets, of people what may be seen, and small."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from egoi_mcp.api.catalog import JsonValue, Operation
from egoi_mcp.api.details import details
from egoi_mcp.api.members import folded, is_array
from egoi_mcp.guard.masking import HIDDEN, Mask
from egoi_mcp.pii import Pii
from egoi_mcp.tools.secret_members import without_secrets

_LONGEST_IN_ROWS, _LONGEST_ALONE, _LONGEST_CHOSEN = 600, 3_000, 12_000
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


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a caller may see of an operation's answers, and what of it they asked for."""

    entry: Operation
    pii: Pii
    fields: tuple[str, ...] = ()

    def of(
        self, value: JsonValue, taken_out: Callable[[JsonValue], JsonValue] = lambda each: each
    ) -> JsonValue:
        """The value without nulls and secrets, masked as the setting wants it; all of it, at full length.

        `taken_out` replaces the files in it by marks before anything is masked: a mask would damage them.
        """
        open_ = taken_out(
            _without_nulls(without_secrets(value, frozenset(map(folded, details(self.entry).secrets))))
        )
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


def _without_nulls(value: JsonValue) -> JsonValue:
    """Without nulls and what is empty."""
    if isinstance(value, Mapping):
        inner = {name: _without_nulls(member) for name, member in value.items()}
        return {name: each for name, each in inner.items() if each is not None and each not in ("", [], {})}
    if is_array(value):
        return [_without_nulls(each) for each in value if each is not None]
    return value


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


def _cut(value: JsonValue, most: int, cut: list[bool]) -> JsonValue:
    if isinstance(value, Mapping):
        return {name: _cut(member, most, cut) for name, member in value.items()}
    if is_array(value):
        return [_cut(each, most, cut) for each in value]
    if not isinstance(value, str) or len(value) <= most:
        return value
    cut[0] = True
    return f"{value[:most]}… [{len(value) - most} more characters]"
