"""Request bodies of the vendors' documents as JSON Schema that says what the documents mean.

The documents describe reading and writing at once and leave out what everybody assumes, so:

- a property that is `readOnly` may not be sent, and is not required of a request;
- an object takes the properties it lists and no others (a misspelt `schedule_date` is a send-now);
- `required` holds for properties that exist, and in a variant also where the object around it says it;
- variants are closed one by one and one of them has to fit: they overlap, so that "exactly one" cannot hold,
  and what the documents say of discriminators is wrong in places;
- patterns hold for the whole text, with ASCII digits;
- dates are written the way each vendor reads them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

Schema: TypeAlias = Mapping[str, Any]

_KEPT = {
    "type",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
}
_EGOI_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URI = re.compile(r"https?://[^\s/]+\S*")

# Variants whose discriminator says something else than the mapping that leads to them.
VARIANT_FIXES: Mapping[str, Mapping[str, Any]] = {
    "CampaignSmartSmsImport": {"type": {"type": "string", "enum": ["import"]}},
    # an import of one contact is refused
    "ImportBulkRequest": {"contacts": {"minItems": 2}},
}


# Of which one character would be the whole value.
_WITHOUT_REPETITION = r"[a-zA-Z0-9\_\-.]"


def anchored(pattern: str) -> str:
    """A pattern for the whole text; `$` alone would let a line break through."""
    return rf"\A(?a:{pattern}{'+' if pattern == _WITHOUT_REPETITION else ''})\Z"


def whole(pattern: str, text: str) -> bool:
    """Whether a document's pattern fits the whole text."""
    return re.search(anchored(pattern), text) is not None


def request_schema(schema: Schema) -> dict[str, Any]:
    """What may be sent, of a schema as the documents have it."""
    if "recursive" in schema:
        return {}
    variants = schema.get("oneOf") or schema.get("anyOf")
    if variants:
        result: dict[str, Any] = {"anyOf": [request_schema(_within(schema, variant)) for variant in variants]}
    else:
        result = {key: value for key, value in schema.items() if key in _KEPT}
        if "format" in schema:
            result["format"] = schema["format"]
        if "pattern" in schema and schema.get("type") == "string":
            result["pattern"] = anchored(schema["pattern"])
        if "items" in schema:
            result["items"] = request_schema(schema["items"])
        if "properties" in schema:
            result |= _closed(schema)
    return {"anyOf": [result, {"type": "null"}]} if schema.get("nullable") else result


def _closed(schema: Schema) -> dict[str, Any]:
    fixes = VARIANT_FIXES.get(schema.get("name", ""), {})
    sent = {
        name: request_schema({**inner, **fixes.get(name, {})})
        for name, inner in schema["properties"].items()
        if not inner.get("readOnly")
    }
    return {
        "properties": sent,
        "required": sorted(sent.keys() & set(schema.get("required", ()))),
        "additionalProperties": schema.get("additionalProperties", False),
    }


def _within(outer: Schema, variant: Schema) -> Schema:
    """A variant with what the object around it says of every variant."""
    if "properties" not in outer and "required" not in outer:
        return variant
    return {
        **variant,
        "properties": {**outer.get("properties", {}), **variant.get("properties", {})},
        "required": [*outer.get("required", ()), *variant.get("required", ())],
    }


# -- formats -------------------------------------------------------------------------------------


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
    except binascii.Error:
        return False
    return True


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date": lambda text: _is_date(text, _DATE),
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "uri": lambda text: _URI.fullmatch(text) is not None,
    "byte": _is_base64,
}


def fits_format(api: str, name: str, text: str) -> bool:
    """Whether a text has a named form, as that vendor reads it; forms that nobody checks fit."""
    if name == "date-time":
        return _is_date(text, _EGOI_DATE_TIME if api == "egoi" else _DATE_TIME)
    check = _FORMATS.get(name)
    return check is None or check(text)


class BodyValidator(Protocol):
    """The one thing that is asked of a validator."""

    def iter_errors(self, instance: Any) -> Iterable[ValidationError]:
        """Every error, the variants' own errors inside."""
        ...


def body_validator(api: str, schema: Schema) -> BodyValidator:
    """A validator for whole bodies of one operation; an empty object is never one."""
    sent = request_schema(schema)
    if schema.get("type") == "object":
        sent = {"allOf": [sent], "minProperties": 1}
    Draft202012Validator.check_schema(sent)
    formats = FormatChecker(formats=())
    for name in ("date-time", *_FORMATS):
        formats.checks(name)(_format_check(api, name))
    return Draft202012Validator(sent, format_checker=formats)


def _format_check(api: str, name: str) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or fits_format(api, name, value)


def body_problems(validator: BodyValidator, body: Any) -> list[str]:
    """What is wrong with a body, one line a place."""
    return [line for error in validator.iter_errors(body) for line in _lines(error)]


def _lines(error: ValidationError) -> list[str]:
    """An error, or those of the one variant that was most likely meant when none fits."""
    if not error.context:
        return [f"{error.json_path}: {error.message}"]
    variants: dict[object, list[ValidationError]] = {}
    for inner in error.context:
        variants.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = min(variants.values(), key=_unlikeliness)
    return [line for inner in meant for line in _lines(inner)]


def _unlikeliness(errors: Sequence[ValidationError]) -> tuple[bool, bool, int]:
    another_type = any(e.validator == "enum" and list(e.relative_path) == ["type"] for e in errors)
    unknown_member = any(e.validator == "additionalProperties" for e in errors)
    return another_type, unknown_member, len(errors)
