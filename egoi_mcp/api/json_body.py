"""JSON bodies in one form: compact UTF-8, members in their order, nothing that a reader could lose."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias, cast

from egoi_mcp.api.packed import PackedObjects
from egoi_mcp.errors import InvalidInput

JsonValue: TypeAlias = "Mapping[str, JsonValue] | Sequence[JsonValue] | str | int | float | bool | None"

MAX_BODY_BYTES = 20_000_000
"""The vendor's limit for a body (20 MB); over it a request is refused before it leaves."""
MAX_INTEGER = 2**53 - 1
"""Beyond it a reader that keeps numbers as doubles sees another number."""

LARGE_BODY_BYTES = 1_000_000
"""From here on the objects of a body's last array are decoded one at a time."""

_MAX_DEPTH = 64
_HEAD_BYTES, _WINDOW_BYTES = 65_536, 262_144
_END = b"]}"


def encode_body(body: JsonValue) -> bytes:
    """The bytes of a body.

    Raises:
        InvalidInput: it has a value that JSON does not keep exactly (NaN, a whole number over 53 bits, half
            of a surrogate pair), nests too deeply, or is over 20 MB.
    """
    last = next(reversed(body.values()), None) if isinstance(body, dict) else None
    if isinstance(body, Mapping) and isinstance(last, PackedObjects):
        encoded = _with_packed(body, last)
    else:
        encoded = _compact(body, 0)
    if len(encoded) > MAX_BODY_BYTES:
        raise InvalidInput(f"A body is over {MAX_BODY_BYTES:,} bytes. Nothing was sent; send it in parts.")
    return encoded


def _with_packed(body: Mapping[str, JsonValue], packed: PackedObjects) -> bytes:
    """The bytes of an object whose last member is packed already."""
    name = next(reversed(list(body)))
    head = _compact({**body, name: []}, 0)[: -len(_END)]
    whole = packed.raw.obj if isinstance(packed.raw, memoryview) else None
    if isinstance(whole, bytes) and len(whole) == len(head) + len(packed.raw) + len(_END):
        # Taken from a body as it is sent, as a rule from this very one: of 20 MB no copy is made.
        rest = memoryview(whole)[len(head) : -len(_END)]
        if whole.startswith(head) and whole.endswith(_END) and rest == packed.raw:
            return whole
    return b"".join((head, packed.raw, _END))


def _compact(value: JsonValue, depth: int) -> bytes:
    plain = _plain(value, depth)
    try:
        return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        # Not `from error`: the error carries the whole text.
        raise InvalidInput("A body has half of a surrogate pair in a text. Nothing was sent.") from None


def decode_body(body: bytes) -> JsonValue:
    """What the bytes of a body say; `None` for no bytes. In a large one the last array may stay packed.

    Raises:
        InvalidInput: they are no JSON, name a member twice, or are over 20 MB.
    """
    if not body:
        return None
    if len(body) > MAX_BODY_BYTES:
        raise InvalidInput(f"A body is over {MAX_BODY_BYTES:,} bytes.")
    if len(body) >= LARGE_BODY_BYTES and (packed := decode_packed(body)) is not None:
        return packed
    try:
        value: JsonValue = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        # Not `from error`: the error carries the whole text.
        raise InvalidInput("A body is no JSON, or names a member twice. Nothing was sent.") from None
    return value


def decode_packed(body: bytes) -> Mapping[str, JsonValue] | None:
    """An object in the one form whose last member is an array of objects, these packed; None for others.

    Each of its objects has been found to be in the one form, and is forgotten again.
    """
    try:
        head, name, start = _head(body)
        return {**head, name: _objects(body, start)}
    except (ValueError, RecursionError, InvalidInput):
        return None


def _head(body: bytes) -> tuple[dict[str, JsonValue], str, int]:
    """The members before the last one, its name, and where the first of its objects begins.

    Raises:
        ValueError: it is no object of that kind.
    """
    text = body[:_HEAD_BYTES].decode("utf-8", "ignore")
    members: dict[str, JsonValue] = {}
    at = 1
    while True:
        name, at = _ONCE.raw_decode(text, at)
        if not isinstance(name, str) or name in members or text[at : at + 1] != ":":
            raise ValueError("no member")
        if text[at + 1 : at + 3] == "[{":
            start = len(text[: at + 2].encode("utf-8"))
            if body[:start] != _compact({**members, name: []}, 0)[: -len(_END)]:
                raise ValueError("not in the one form")
            return members, name, start
        members[name], at = _ONCE.raw_decode(text, at + 1)
        at += 1


def _objects(body: bytes, start: int) -> PackedObjects:
    """The objects from there on, each seen to be in the one form.

    Raises:
        ValueError: one is not, or something else than the end follows the last one.
    """
    ends, at, window_bytes = array("Q"), start, _WINDOW_BYTES
    while True:
        window = body[at : at + window_bytes].decode("utf-8", "ignore")
        begun, place = at, 0
        while True:
            try:
                value, place = _ONCE.raw_decode(window, place)
            except ValueError:
                # It goes on behind the window, or is no JSON.
                break
            encoded = _compact(value, 2)
            after = at + len(encoded)
            if not isinstance(value, dict) or body[at:after] != encoded:
                raise ValueError("not in the one form")
            ends.append(after - start)
            if len(body) == after + len(_END) and body.endswith(_END):
                return PackedObjects(memoryview(body)[start:after], ends)
            if body[after : after + 1] != b",":
                raise ValueError("no array")
            at, place = after + 1, place + 1
        if at == begun:
            if at + window_bytes >= len(body):
                raise ValueError("no JSON")
            window_bytes *= 2


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


_ONCE = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
