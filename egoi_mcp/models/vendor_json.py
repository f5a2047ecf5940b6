"""Reading vendors' JSON: a null, a missing or a new member never fails a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from egoi_mcp.models.result import visible
from egoi_mcp.weight import cost

Json: TypeAlias = "Mapping[str, object]"

_MOST_CHARACTERS = 500
"""No name, number or id is longer; a member that is must not fill the model's context."""
_MOST_TOKENS = 300
_SHORT = 30
_DEEPEST = 5
_MOST_ITEMS = 50
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")


def mapping(value: object) -> Json:
    """The value if it is a JSON object, else an empty one."""
    return cast(Json, value) if isinstance(value, Mapping) else {}


def objects(value: object, member: str = "items") -> Iterator[Json]:
    """The objects of an array, or of the array that `member` of an object holds; nothing else."""
    found = cast(Json, value).get(member) if isinstance(value, Mapping) else value
    if isinstance(found, Sequence) and not isinstance(found, str | bytes):
        yield from (cast(Json, item) for item in cast("Sequence[object]", found) if isinstance(item, Mapping))


def text(value: Json, *names: str) -> str | None:
    """The first member of these names that holds a non-empty text or a number, as text.

    What is longer than 500 characters, or costs a model more than most of these do, ends in an ellipsis.
    """
    for name in names:
        found = value.get(name)
        if isinstance(found, bool) or found is None:
            continue
        if isinstance(found, str | int | float) and (said := str(found).strip()):
            return said if _is_cheap(said) else _cut(said)
    return None


def _is_cheap(said: str) -> bool:
    """Whether a text needs no weighing: no token is shorter than a byte, or than what is written out."""
    return len(said) <= _SHORT or (len(said) <= _MOST_TOKENS and said.isascii() and said.isprintable())


def _cut(said: str) -> str:
    head = said[:_MOST_CHARACTERS]
    while cost(visible(head)) > _MOST_TOKENS:
        head = head[: len(head) * 3 // 4]
    return said if head == said else head[: _MOST_CHARACTERS - 1] + "…"


def number(value: Json, name: str) -> int | None:
    """A whole number, also where the vendor writes it as text."""
    found = value.get(name)
    if isinstance(found, bool):
        return None
    if isinstance(found, int):
        return found
    if isinstance(found, float) and found.is_integer():
        return int(found)
    if isinstance(found, str) and _WHOLE_NUMBER.fullmatch(found.strip()):
        return int(found)
    return None


def flag(value: Json, name: str) -> bool | None:
    """A truth value, or None where the vendor says neither."""
    found = value.get(name)
    return found if isinstance(found, bool) else None


def texts(value: Json, name: str) -> tuple[str, ...]:
    """The texts and numbers of an array, as texts."""
    found = value.get(name)
    if not isinstance(found, Sequence) or isinstance(found, str | bytes):
        return ()
    items = cast("Sequence[object]", found)
    return tuple(str(item) for item in items if isinstance(item, str | int) and not isinstance(item, bool))


def flattened(value: Json) -> dict[str, str]:
    """Every member that holds anything as text, one inside another named with a dot, down to six levels.

    Truth values are `true` and `false`. Of an array the first fifty items count: texts and numbers become
    one text, objects are gathered member by member (`data.id`: `7, 8`).
    """
    return dict(_members(value, "", 0))


def _members(value: Json, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        return
    for name, member in value.items():
        path = f"{prefix}{name}"
        if isinstance(member, bool):
            yield path, "true" if member else "false"
        elif isinstance(member, Mapping):
            yield from _members(cast(Json, member), f"{path}.", depth + 1)
        elif isinstance(member, Sequence) and not isinstance(member, str | bytes):
            yield from _gathered(cast("Sequence[object]", member), path, depth)
        elif (said := text(value, name)) is not None:
            yield path, said


def _gathered(items: Sequence[object], path: str, depth: int) -> Iterator[tuple[str, str]]:
    plain = [
        str(each)
        for each in items[:_MOST_ITEMS]
        if isinstance(each, str | int | float) and not isinstance(each, bool)
    ]
    held: dict[str, list[str]] = {path: plain} if plain else {}
    for each in items[:_MOST_ITEMS]:
        if isinstance(each, Mapping):
            for name, value in _members(cast(Json, each), f"{path}.", depth + 1):
                held.setdefault(name, []).append(value)
    for name, values in held.items():
        if (said := text({"": ", ".join(values)}, "")) is not None:
            yield name, said
