"""Reading what a request says, whatever the spelling and depth.

Nothing here raises: a body can be anything that JSON can be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import JsonValue, Operation, Request

    Members: TypeAlias = Sequence[tuple[str, JsonValue]]

MAX_DEPTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a request says.

    `members` are its path and query parameters and every member of every object in the body, names folded;
    `complete` is False where the body nests deeper than anybody reads here.
    """

    operation: Operation
    body: JsonValue
    members: Members
    complete: bool


def said_by(request: Request) -> Said:
    """Everything that a request says."""
    found: list[tuple[str, JsonValue]] = []
    level: list[JsonValue] = [request.path, request.query, request.body]
    for _ in range(MAX_DEPTH + 1):
        below: list[JsonValue] = []
        for value in level:
            if isinstance(value, Mapping):
                found.extend((folded(str(name)), member) for name, member in value.items())
                below.extend(value.values())
            elif is_array(value):
                below.extend(value)
        if not below:
            break
        level = below
    else:
        return Said(operation=request.operation, body=request.body, members=found, complete=False)
    return Said(operation=request.operation, body=request.body, members=found, complete=True)


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
