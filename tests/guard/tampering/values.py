"""Values that are almost another, and values that are anything but."""

from __future__ import annotations

from random import Random
from typing import TypeAlias

from egoi_mcp.guard.action import State, StepState

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Value = int | float | str | bytes | None
STATES = (*(state.value for state in State), *(state.value for state in StepState), "", "APPROVED")


def another_byte(rng: Random, value: Value) -> Value:
    """The value with one bit, character or digit changed, added or removed."""
    if isinstance(value, bytes):
        data = bytearray(value or b"\0")
        at = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                del data[at]
            case 1:
                data.insert(at, rng.randrange(256))
            case _:
                data[at] ^= 1 << rng.randrange(8)
        return bytes(data)
    if isinstance(value, str):
        return another_character(rng, value)
    if value is None:
        return junk(rng)
    return rng.choice([value + 1, value - 1, -value, value * 2, value + 3600, value - 3600, value + 1e9])


def another_character(rng: Random, text: str) -> str:
    """The text with one character changed, added or removed."""
    at = rng.randrange(len(text) + 1)
    new = rng.choice("0123456789abcxyzABC {}[],:\"'/?&%-_. \u00e9\u0430\uff11\u200b\u202e\x00\n")
    match rng.randrange(4):
        case 0 if text:
            return text[: at - 1 if at else 0] + text[at if at else 1 :]
        case 1:
            return text[:at] + new + text[at:]
        case 2 if len(text) > 1:
            at = rng.randrange(len(text) - 1)
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        case _:
            at = rng.randrange(len(text)) if text else 0
            return text[:at] + new + text[at + 1 :]


def junk(rng: Random) -> Value:
    """Something of any type."""
    return rng.choice(
        (
            *(None, 0, 1, -1, 4, 2**62, 0.0, 0.5, 9e9, float("inf"), -1e308),
            *("", "approved", "pending", "{}", "[]", "null", '["\\ud800"]', "x" * 2000, rng.choice(STATES)),
            *(b"", b"approved", b"\xff\x00", rng.randbytes(32), rng.randbytes(12)),
        )
    )


def changed_json(rng: Random, value: Json) -> Json:
    """JSON with one member, somewhere in it, changed, added or taken away."""
    plain: list[Json] = [None, True, False, 0, 1, -1, 1e9, "", "x", [], {}, "2095-06-01 09:00:00"]
    if isinstance(value, dict) and value and rng.random() < 0.9:
        name = rng.choice(sorted(value))
        match rng.randrange(6):
            case 0:
                return {each: value[each] for each in value if each != name}
            case 1:
                return {**value, f"{name}x": value[name]}
            case _:
                return {**value, name: changed_json(rng, value[name])}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        match rng.randrange(4):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return [*value, value[at]]
            case _:
                return [*value[:at], changed_json(rng, value[at]), *value[at + 1 :]]
    if isinstance(value, str) and rng.random() < 0.6:
        return another_character(rng, value)
    return rng.choice(plain)
