"""What a caller passed, checked before a tool sees it, and refused in words that help.

A refusal names the argument and what it takes. It never repeats a value: values are people's names
and numbers, and refusals end up in logs and transcripts.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from egoi_mcp.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_MOST_PROBLEMS = 5
_MOST_BITS = 128
_NOTHING_DONE = "Nothing was done."
_PYTHON_TYPES: Mapping[str, type] = {"array": list, "object": dict}


def accepted(
    given: Mapping[str, Any], schema: Mapping[str, Any], synonyms: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The arguments as the tool's model can take them.

    A list or an object that came as JSON text is read, and a text where a list of texts is wanted is a list
    of that one; other text stays what it is, `"null"` included. A
    null for an argument that has a default counts as left out, as some hosts fill in every argument.
    A whole number for a text is its digits: some clients make numbers of ids on their way.

    Args:
        given: what the caller passed.
        schema: the tool's flat input schema.
        synonyms: names that callers use by mistake, each with the right names it may stand for.

    Raises:
        InvalidInput: an unknown argument, a text that no vendor takes, or true or false for a number.
    """
    properties = cast(Mapping[str, Mapping[str, Any]], schema["properties"])
    required = cast(Sequence[str], schema.get("required", ()))
    if unknown := [name for name in given if name not in properties]:
        refused = [_unknown_argument(name, tuple(properties), synonyms) for name in unknown[:_MOST_PROBLEMS]]
        takes = f"This tool takes {', '.join(properties) or 'no arguments'}."
        raise InvalidInput(f"{' '.join(refused)} {takes} {_NOTHING_DONE}")
    arguments: dict[str, Any] = {}
    for name, value in given.items():
        if value is None and name not in required:
            continue
        if properties[name]["type"] in {"integer", "number"} and isinstance(value, bool):
            raise InvalidInput(f"{name}: must be a number. {_NOTHING_DONE}")
        parsed = _read(value, properties[name])
        if not _sendable(parsed):
            raise InvalidInput(
                f"{name}: holds a character that cannot be sent (NUL or half of a pair). {_NOTHING_DONE}"
            )
        arguments[name] = parsed
    return arguments


def refusal(error: ValidationError, schema: Mapping[str, Any]) -> InvalidInput:
    """What the model reads where its arguments do not fit: one short clause an argument."""
    problems = [
        f"{_place(detail['loc'])}: {_problem(detail, schema)}"
        for detail in error.errors(include_url=False, include_input=False)
    ]
    shown = "; ".join(dict.fromkeys(problems[:_MOST_PROBLEMS]))
    more = f"; and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
    return InvalidInput(f"{shown}{more}. {_NOTHING_DONE}")


def _unknown_argument(name: str, known: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> str:
    if not _NAME.fullmatch(name):
        return "unknown argument (its name is no argument's name and is not repeated here)."
    meant = [right for right in synonyms.get(name.lower(), ()) if right in known]
    meant = meant or difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f"unknown argument '{name}'" + (f": did you mean '{meant[0]}'?" if meant else ".")


def _read(value: object, schema: Mapping[str, Any]) -> object:
    """The value as its type takes it, where a client sent it in another way."""
    kind = schema["type"]
    if kind == "string":
        return _digits_as_text(value)
    parsed = _from_json(value, _PYTHON_TYPES[kind]) if kind in _PYTHON_TYPES else value
    if kind != "array" or schema["items"]["type"] != "string":
        return parsed
    if isinstance(parsed, str) and _is_word(parsed):
        return [parsed]
    if not isinstance(parsed, list):
        return parsed
    return [_digits_as_text(item) for item in cast(list[object], parsed)]


def _from_json(value: object, wanted: type) -> object:
    if not isinstance(value, str):
        return value
    try:
        parsed: object = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return parsed if isinstance(parsed, wanted) else value


def _is_word(text: str) -> bool:
    """Whether a text is one item by itself, and no list, object or null that a client wrote down."""
    if not text.strip() or text.lstrip().startswith(("[", "{")):
        return False
    return text.strip() not in {"null", "true", "false"}


def _digits_as_text(value: object) -> object:
    """A whole number as its digits, and anything else as it is."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    # Nothing that is written in digits is longer, and Python refuses to write thousands of them.
    return str(value) if value.bit_length() <= _MOST_BITS else value


def _sendable(value: object) -> bool:
    """Whether no text in the value holds a NUL or a lone surrogate; walked without recursion."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and _UNSENDABLE.search(item):
            return False
        if isinstance(item, dict):
            waiting.extend(cast(dict[object, object], item).keys())
            waiting.extend(cast(dict[object, object], item).values())
        elif isinstance(item, list):
            waiting.extend(cast(list[object], item))
    return True


def _place(location: tuple[int | str, ...]) -> str:
    """Where a problem is, as `contacts[2].phone`; a member's name that is data is not repeated."""
    place = ""
    for part in location:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part == "[key]":
            continue
        elif _NAME.fullmatch(part):
            place += f".{part}" if place else part
        else:
            place += "[...]"
    return place or "arguments"


def _problem(detail: ErrorDetails, schema: Mapping[str, Any]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return _wrong_form(detail["loc"], schema)
    if kind == "value_error":
        # A validator of ours: its sentence is written for the model and repeats no value.
        return str(context.get("error", "is not valid"))
    if say := _BOUND.get(kind):
        return say(context)
    return next((text for start, text in _TYPE.items() if kind.startswith(start)), "is not valid")


def _wrong_form(location: tuple[int | str, ...], schema: Mapping[str, Any]) -> str:
    node: Mapping[str, Any] = schema["properties"].get(location[0], {}) if location else {}
    form = node.get("description")
    return f"is not of the right form ({form})" if form else "is not of the right form"


_BOUND: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is required",
    "extra_forbidden": lambda _: "is unknown here",
    "literal_error": lambda context: f"must be {context['expected']}",
    "enum": lambda context: f"must be {context['expected']}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']}",
    "greater_than": lambda context: f"must be more than {context['gt']}",
    "less_than_equal": lambda context: f"must be at most {context['le']}",
    "less_than": lambda context: f"must be less than {context['lt']}",
    "string_too_short": lambda context: _at_least(context["min_length"], "character"),
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters",
    "too_short": lambda context: _at_least(context["min_length"], "item"),
    "too_long": lambda context: f"must have at most {context['max_length']} items",
}
_TYPE: Mapping[str, str] = {
    "string_": "must be text",
    "int_": "must be a whole number",
    "float_": "must be a number",
    "finite_number": "must be a number",
    "bool_": "must be true or false",
    "list_": "must be a list",
    "dict_": "must be an object",
    "model_": "must be an object",
    "datetime_": "must be a date and time, such as 2026-03-01T09:30",
    "date_": "must be a date, such as 2026-03-01",
}


def _at_least(count: int, noun: str) -> str:
    return "must not be empty" if count == 1 else f"must have at least {count} {noun}s"
