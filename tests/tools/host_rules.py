"""What hosts refuse, cut or misread in a tool's definition, as one function over the definition.

A definition is what `tools/list` holds for a tool: the wire's names, so `inputSchema`. Each rule names
the hosts that need it; "house" rules are this project's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

Definition = Mapping[str, Any]
Schema = Mapping[str, Any]
Rule = Callable[[Definition], Iterator[str]]


class _Validator(Protocol):
    def is_valid(self, instance: object) -> bool: ...


SERVER_NAME = "egoi-mcp"
MOST_NAME_CHARACTERS = 40
MOST_PREFIXED_NAME_CHARACTERS = 64
MOST_SERVER_AND_NAME_CHARACTERS = 60
MOST_DESCRIPTION_BYTES = 2048
HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


def problems(definition: Definition) -> list[str]:
    """Everything that any host would refuse, cut or misread; empty for a fit tool."""
    return [found for rule in RULES for found in rule(definition)]


def fits(value: object, schema: Schema) -> bool:
    """Whether a JSON value is what the schema says, as a client checks structured content."""
    return cast(_Validator, Draft202012Validator(schema)).is_valid(value)


# -- name and texts ------------------------------------------------------------------------------


def name_fits(definition: Definition) -> Iterator[str]:
    name = definition["name"]
    if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name):
        yield f"{name}: house: not verb_noun"
    if len(name) > MOST_NAME_CHARACTERS:
        yield f"{name}: house: longer than {MOST_NAME_CHARACTERS} characters"
    if len(f"mcp__{SERVER_NAME}__{name}") > MOST_PREFIXED_NAME_CHARACTERS:
        yield f"{name}: Claude Code, VS Code: longer than 64 characters with its prefix"
    if len(SERVER_NAME) + len(name) > MOST_SERVER_AND_NAME_CHARACTERS:
        yield f"{name}: Cursor: server and tool name are longer than 60 characters"


def texts_fit(definition: Definition) -> Iterator[str]:
    description = definition.get("description") or ""
    if not description:
        yield "description: house: missing"
    if len(description.encode()) > MOST_DESCRIPTION_BYTES:
        yield "description: Claude Code: cut at 2 KB"
    if not definition.get("title"):
        yield "title: house: missing"


def hints_are_explicit(definition: Definition) -> Iterator[str]:
    hints: Mapping[str, object] = definition.get("annotations") or {}
    for hint in HINTS:
        if not isinstance(hints.get(hint), bool):
            yield f"annotations.{hint}: ChatGPT: not said"
    if hints.get("readOnlyHint") is True and hints.get("destructiveHint") is True:
        yield "annotations: house: read-only and destructive at once"


# -- schemas -------------------------------------------------------------------------------------


def roots_are_objects(definition: Definition) -> Iterator[str]:
    for side, schema in _roots(definition):
        if schema.get("type") != "object":
            yield f"{side}: every host: the root is no object"
        for word in ("allOf", "anyOf", "oneOf", "if", "not", "$ref"):
            if word in schema:
                yield f"{side}: Claude Code: {word} at the root"
    if "inputSchema" not in definition:
        yield "inputSchema: every host: missing"


def input_is_closed(definition: Definition) -> Iterator[str]:
    for place, node in _nodes("inputSchema", definition.get("inputSchema", {})):
        if "properties" in node and node.get("additionalProperties") is not False:
            yield f"{place}: house: takes unknown members"


def no_references(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        for word in ("$ref", "$defs", "definitions", "$dynamicRef"):
            if word in node:
                yield f"{place}: Copilot Studio: {word} drops the tool"


def one_type_each(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        kind = node.get("type")
        if isinstance(kind, list):
            yield f"{place}: Cursor, Copilot Studio: an array of types"
        elif not isinstance(kind, str):
            yield f"{place}: Gemini, Copilot Studio: no type"
        elif kind == "null":
            yield f"{place}: Cursor: null as a type"
        for word in ("anyOf", "oneOf", "allOf"):
            if word in node:
                yield f"{place}: Gemini, Copilot Studio: {word}"


def lists_have_items(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if node.get("type") == "array" and not isinstance(node.get("items"), dict):
            yield f"{place}: VS Code, Gemini: a list without the type of its items"


def bounds_are_closed(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        for word in ("exclusiveMinimum", "exclusiveMaximum"):
            if node.get("type") == "integer" and word in node:
                yield f"{place}: Copilot Studio: throws on {word}"


def choices_are_texts(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if not all(isinstance(choice, str) for choice in node.get("enum", ())):
            yield f"{place}: Copilot Studio: reads every choice as text"
        if "const" in node:
            yield f"{place}: Gemini: const"


def nothing_superfluous(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if "title" in node:
            yield f"{place}: house: a title that every list of tools would carry"
        if node.get("default", 0) is None:
            yield f"{place}: Cursor: default null"


def schemas_are_valid(definition: Definition) -> Iterator[str]:
    for side, schema in _roots(definition):
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            yield f"{side}: every host: {error.message}"
            continue
        for place, node in _nodes(side, schema):
            for name in node.get("required", ()):
                if name not in node.get("properties", {}):
                    yield f"{place}: every host: requires {name}, which it does not have"
            if "default" in node and not fits(node["default"], node):
                yield f"{place}: house: the default does not fit"


RULES: tuple[Rule, ...] = (
    name_fits,
    texts_fit,
    hints_are_explicit,
    roots_are_objects,
    input_is_closed,
    no_references,
    one_type_each,
    lists_have_items,
    bounds_are_closed,
    choices_are_texts,
    nothing_superfluous,
    schemas_are_valid,
)


# -- walking -------------------------------------------------------------------------------------


def _roots(definition: Definition) -> Iterator[tuple[str, Schema]]:
    for side in ("inputSchema", "outputSchema"):
        if (schema := definition.get(side)) is not None:
            yield side, schema


def _all_nodes(definition: Definition) -> Iterator[tuple[str, Schema]]:
    for side, schema in _roots(definition):
        yield from _nodes(side, schema)


def _nodes(place: str, node: Schema) -> Iterator[tuple[str, Schema]]:
    """Every schema in a schema, itself first; a property called `title` is no title."""
    yield place, node
    for word in ("properties", "$defs", "definitions", "patternProperties"):
        for name, member in node.get(word, {}).items():
            yield from _nodes(f"{place}.{name}", member)
    for word in ("items", "additionalProperties", "not", "if", "then", "else"):
        if isinstance(member := node.get(word), dict):
            yield from _nodes(f"{place}.{word}", cast(Schema, member))
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for index, member in enumerate(node.get(word, ())):
            yield from _nodes(f"{place}.{word}[{index}]", member)
