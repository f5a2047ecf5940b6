"""What may be sent as a body, of a schema as a vendor's document has it, in the catalog's small form.

The small form is a subset of JSON Schema: `type`, `enum`, the bounds, `pattern` (for the whole text, in
ASCII), `format`, `items`, `properties`, `required`, `anyOf`, `nullable`, and three words of its own: an
object is closed unless it is `open` (to everything, or to what a schema says), `least` is how many members it
has at least, and `use` is the number of a shape that stands once in the file and is used in several places.

Left out is what no request depends on: members that are only read, defaults, titles, what the documents call
discriminators (they are wrong in places, and the variants' own values say the same).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from egoi_mcp.api.fitting import is_object
from scripts.catalog_facts import BODY_FIXES, MEMBER_FIXES, NEEDED, PATTERN_FIXES, VARIANT_KINDS

_KEPT = ("enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems")
_FORMATS = ("date-time", "date", "email", "uri", "byte")
# Shorter than this, a shape is written where it is used.
_WORTH_A_NUMBER = 40
# A condition of a search can hold conditions.
_CONDITION = "single_filter_search_request"


def body_schema(name: str, documented: Mapping[str, Any]) -> dict[str, Any]:
    """The body of one operation."""
    schema = _small({**documented, "nullable": False}, name)
    if needed := NEEDED.get(name):
        schema["required"] = sorted({*schema.get("required", ()), *needed})
    if schema.get("type") == "object" or "anyOf" in schema:
        schema["least"] = 1
    return schema


def _small(schema: Mapping[str, Any], where: str) -> dict[str, Any]:
    if "recursive" in schema:
        return {"again": True}
    variants = schema.get("oneOf") or schema.get("anyOf")
    small = _variants(schema, variants, where) if variants else _plain(schema, where)
    small |= BODY_FIXES.get(where, {})
    return small | {"nullable": True} if schema.get("nullable") else small


def _variants(schema: Mapping[str, Any], variants: Sequence[Mapping[str, Any]], where: str) -> dict[str, Any]:
    made: list[dict[str, Any]] = []
    for variant in variants:
        one = _small(_within(schema, variant), where)
        # Variants of a variant are variants.
        for each in one["anyOf"] if set(one) == {"anyOf"} else [one]:
            if each not in made:
                made.append(each)
    if any(v.get("name") == _CONDITION for v in variants):
        return _condition(made)
    return made[0] if len(made) == 1 else {"anyOf": made}


def _condition(made: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One condition, or a group of conditions and groups; the shape's number is put in later."""
    single, group = (json.loads(json.dumps(each)) for each in made)
    single["required"] = ["field", "operator", "value"]
    group["required"] = ["operator", "value"]
    group["properties"]["value"] = {"type": "array", "minItems": 1, "items": {"again": True}}
    return {"anyOf": [single, group], "condition": True}


def _within(outer: Mapping[str, Any], variant: Mapping[str, Any]) -> Mapping[str, Any]:
    """A variant with what the object around it says of every variant."""
    if "properties" not in outer and "required" not in outer:
        return variant
    return {
        **({"type": outer["type"]} if "type" in outer else {}),
        **variant,
        "properties": {**outer.get("properties", {}), **variant.get("properties", {})},
        "required": [*outer.get("required", ()), *variant.get("required", ())],
    }


def _plain(schema: Mapping[str, Any], where: str) -> dict[str, Any]:
    small: dict[str, Any] = {"type": schema["type"]} if isinstance(schema.get("type"), str) else {}
    if not small and "properties" in schema:
        small["type"] = "object"
    small |= {key: schema[key] for key in _KEPT if key in schema}
    if small.get("type") == "string":
        if "pattern" in schema:
            pattern = re.sub(r"^\^|\$$", "", schema["pattern"])
            small["pattern"] = PATTERN_FIXES.get(pattern, pattern)
        if schema.get("format") in _FORMATS:
            small["format"] = schema["format"]
    if "items" in schema:
        small["items"] = _small(schema["items"], f"{where}[]")
    if small.get("type") == "object":
        small |= _members(schema, where)
    return small


def _members(schema: Mapping[str, Any], where: str) -> dict[str, Any]:
    if "properties" not in schema:
        rest = schema.get("additionalProperties", True)
        return {"open": _small(rest, f"{where}.*") if is_object(rest) else True}
    named = schema.get("name", "")
    fixes = {**VARIANT_KINDS.get(named, {}), **MEMBER_FIXES.get(named, {}), **MEMBER_FIXES.get(where, {})}
    members = {
        name: _small({**inner, **fixes.get(name, {})}, f"{where}.{name}")
        for name, inner in {**schema["properties"], **{k: v for k, v in fixes.items() if "type" in v}}.items()
        if not inner.get("readOnly")
    }
    small: dict[str, Any] = {"properties": members}
    if required := sorted(members.keys() & set(schema.get("required", ()))):
        small["required"] = required
    if rest := schema.get("additionalProperties"):
        small["open"] = _small(rest, f"{where}.*") if is_object(rest) else True
    return small


# -- shapes ----------------------------------------------------------------------------------------


def bodies_file(bodies: Mapping[str, dict[str, Any]]) -> str:
    """One API's bodies with what they share written once: `shapes` by number, `bodies` by operation."""
    shapes: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}
    tied = {name: _tied(schema, shapes, numbers) for name, schema in bodies.items()}
    counts: Counter[str] = Counter()
    for schema in tied.values():
        _count(schema, counts)
    for schema in shapes:
        _count(schema, counts)
    shared = {text for text, count in counts.items() if count > 1 and len(text) > _WORTH_A_NUMBER}
    made = {name: _shared(schema, shared, shapes, numbers, top=True) for name, schema in tied.items()}
    lines = [f'"{name}":{_text(schema)}' for name, schema in sorted(made.items())]
    return (
        '{"shapes":[\n'
        + ",\n".join(_text(shape) for shape in shapes)
        + '\n],\n"bodies":{\n'
        + ",\n".join(lines)
        + "\n}}\n"
    )


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def _tied(
    schema: dict[str, Any], shapes: list[dict[str, Any]], numbers: dict[str, int], own: int = -1
) -> dict[str, Any]:
    """Put the number of its shape into each condition of a search."""
    if schema == {"again": True}:
        return {"use": own}
    if not schema.get("condition"):
        return _each(schema, lambda inner: _tied(inner, shapes, numbers, own))
    text = _text(schema)
    if text not in numbers:
        number = numbers[text] = len(shapes)
        shapes.append({})
        bare = {key: value for key, value in schema.items() if key != "condition"}
        shapes[number] = _tied(bare, shapes, numbers, number)
    return {"use": numbers[text]}


def _each(schema: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """A schema with the schemas directly inside it changed."""
    made = dict(schema)
    if "properties" in made:
        made["properties"] = {name: change(inner) for name, inner in made["properties"].items()}
    if "anyOf" in made:
        made["anyOf"] = [change(inner) for inner in made["anyOf"]]
    for key in ("items", "open"):
        if isinstance(made.get(key), dict):
            made[key] = change(made[key])
    return made


def _inner(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The schemas directly inside a schema."""
    found = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    return found + [schema[key] for key in ("items", "open") if isinstance(schema.get(key), dict)]


def _count(schema: Mapping[str, Any], counts: Counter[str]) -> None:
    for each in _inner(schema):
        counts[_text(each)] += 1
        if counts[_text(each)] == 1:
            _count(each, counts)


def _shared(
    schema: dict[str, Any],
    shared: set[str],
    shapes: list[dict[str, Any]],
    numbers: dict[str, int],
    *,
    top: bool = False,
) -> dict[str, Any]:
    text = _text(schema)
    if text in numbers:
        return {"use": numbers[text]}
    made = _each(schema, lambda inner: _shared(inner, shared, shapes, numbers))
    if top or text not in shared:
        return made
    numbers[text] = len(shapes)
    shapes.append(made)
    return {"use": numbers[text]}
