"""JSON bodies in one form: compact UTF-8, members in their order, nothing that a reader could lose."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias, cast

from egoi_mcp.errors import InvalidInput

JsonValue: TypeAlias = "Mapping[str, JsonValue] | Sequence[JsonValue] | str | int | float | bool | None"

MAX_BODY_BYTES = 20_000_000
"""The vendor's limit for a body (20 MB); over it a request is refused before it leaves."""
MAX_INTEGER = 2**53 - 1
"""Beyond it a reader that keeps numbers as doubles sees another number."""

_MAX_DEPTH = 64


def encode_body(body: JsonValue) -> bytes:
    """The bytes of a body.

    Raises:
        InvalidInput: it has a value that JSON does not keep exactly (NaN, a whole number over 53 bits, half
            of a surrogate pair), nests too deeply, or is over 20 MB.
    """
    plain = _plain(body, 0)
    try:
        encoded = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
            "utf-8"
        )
    except UnicodeEncodeError:
        # Not `from error`: the error carries the whole text.
        raise InvalidInput("A body has half of a surrogate pair in a text. Nothing was sent.") from None
    if len(encoded) > MAX_BODY_BYTES:
        raise InvalidInput(f"A body is over {MAX_BODY_BYTES:,} bytes. Nothing was sent; send it in parts.")
    return encoded


def decode_body(body: bytes) -> JsonValue:
    """What the bytes of a body say; `None` for no bytes.

    Raises:
        InvalidInput: they are no JSON, name a member twice, or are over 20 MB.
    """
    if not body:
        return None
    if len(body) > MAX_BODY_BYTES:
        raise InvalidInput(f"A body is over {MAX_BODY_BYTES:,} bytes.")
    try:
        value: JsonValue = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        # Not `from error`: the error carries the whole text.
        raise InvalidInput("A body is no JSON, or names a member twice. Nothing was sent.") from None
    return value


def _plain(value: object, depth: int) -> JsonValue:
    """Dicts and lists of what JSON keeps exactly; the types of what arrives are checked, not trusted."""
    if depth > _MAX_DEPTH:
        raise InvalidInput(f"A body may nest {_MAX_DEPTH} levels.")
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value)
        return {_name(name): _plain(member, depth + 1) for name, member in members.items()}
    if isinstance(value, list | tuple):
        items = cast("Sequence[object]", value)
        return [_plain(item, depth + 1) for item in items]
    raise InvalidInput("A body has a value that JSON does not know.")


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise InvalidInput("A body has a member whose name is not text.")
    return name


def _number(value: float) -> int | float:
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise InvalidInput("A body has a whole number that not every reader keeps; send it as text.")
    elif not math.isfinite(value):
        raise InvalidInput("A body has a number that JSON does not know.")
    return value


def _once(pairs: Sequence[tuple[str, JsonValue]]) -> Mapping[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
