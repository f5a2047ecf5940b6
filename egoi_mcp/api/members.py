"""Reading what a request says, whatever the spelling and depth.

Nothing here raises: a body can be anything that JSON can be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeGuard, cast

from egoi_mcp.api.packed import PackedObjects

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import JsonValue, Operation, Request

    Members: TypeAlias = Iterable[tuple[str, JsonValue]]

MAX_DEPTH = 64
_NESTING = (dict, list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a request says.

    `members` are its path and query parameters and every member of every object in the body, names folded;
    those of packed objects are read anew each time that they are asked for. `complete` is False where the
    body nests deeper than anybody reads here.
    """

    operation: Operation
    body: JsonValue
    members: Members
    complete: bool


def said_by(request: Request) -> Said:
    """Everything that a request says."""
    packed: list[PackedObjects] = []
    found, complete = _read([request.path, request.query, request.body], packed)
    members = _Streamed(found, packed) if packed else found
    return Said(operation=request.operation, body=request.body, members=members, complete=complete)


@dataclass(frozen=True, slots=True)
class _Streamed:
    """Members of which those of packed objects are never held all at once."""

    found: Sequence[tuple[str, JsonValue]]
    packed: Sequence[PackedObjects]

    def __iter__(self) -> Iterator[tuple[str, JsonValue]]:
        yield from self.found
        for each in self.packed:
            for value in each:
                yield from _within(value)


def _within(value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Every member of every object in a value that was decoded from JSON."""
    left = [value]
    while left:
        each = left.pop()
        # What was decoded is of these two types exactly, and there are millions of members.
        if type(each) is dict:
            members = cast("dict[str, JsonValue]", each)
            for name, member in members.items():
                yield folded(name), member
                if type(member) in _NESTING:
                    left.append(member)
        elif type(each) is list:
            left += cast("list[JsonValue]", each)


def _read(
    level: list[JsonValue], packed: list[PackedObjects]
) -> tuple[Sequence[tuple[str, JsonValue]], bool]:
    """Every member of every object, and whether that was all; packed arrays are set aside.

    Objects are packed only where they nest no deeper than any body may.
    """
    found: list[tuple[str, JsonValue]] = []
    for _ in range(MAX_DEPTH + 1):
        below: list[JsonValue] = []
        for value in level:
            if isinstance(value, Mapping):
                found.extend((folded(str(name)), member) for name, member in value.items())
                below.extend(value.values())
            elif isinstance(value, PackedObjects):
                packed.append(value)
            elif is_array(value):
                below.extend(value)
        if not below:
            return found, True
        level = below
    return found, False


@lru_cache(maxsize=1024)
def folded(name: str) -> str:
    """A name without case, separators, accents and letters of other widths.

    What is left beyond ASCII is a letter that no vendor's document uses, and may look like one that it does.
    """
    normal = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(character for character in normal if character.isalnum())


def is_array(value: JsonValue) -> TypeGuard[Sequence[JsonValue]]:
    """Whether a value is a JSON array."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def is_empty(value: JsonValue) -> bool:
    """Whether a value says nothing: null, or empty text, object or array."""
    return value is None or (isinstance(value, str | Mapping | Sequence) and not value)


def names_address(value: JsonValue) -> bool:
    """Whether text, or a text of an array, may be an address; base64 data has neither sign in it."""
    texts = value if is_array(value) else (value,)
    return any(isinstance(text, str) and (":" in text or "." in text) for text in texts)


def at(body: JsonValue, *names: str) -> JsonValue:
    """What stands in the body exactly there, `None` where nothing does."""
    for name in names:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def listed(body: JsonValue, member: str, *, unless: frozenset[str]) -> Sequence[JsonValue] | None:
    """The array that alone says whom a request is about, when one does.

    `unless` are folded names of other members that would say it too.
    """
    if not isinstance(body, Mapping):
        return None
    names = [folded(str(name)) for name in body]
    found = body.get(member)
    if names.count(member) != 1 or names.count("type") > 1 or unless.intersection(names):
        return None
    if not is_array(found) or body.get("type", "contacts") != "contacts":
        return None
    return found
