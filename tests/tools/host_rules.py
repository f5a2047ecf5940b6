"""What hosts refuse, cut or misread in a tool's definition: `HOSTS` says it host by host.

A definition is what `tools/list` holds for a tool: the wire's names, so `inputSchema`. A rule is a function
that yields what is wrong, as `place: what`. "every host" is the protocol itself; "house" are this project's
own rules, stricter than any host.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    """Everything that any host would refuse, cut or misread, each after the hosts; empty for a fit tool."""
    return [
        f"{', '.join(host for host, rules in HOSTS.items() if rule in rules)}: {found}"
        for rule in RULES
        for found in rule(definition)
    ]


def problems_at(host: str, definition: Definition) -> list[str]:
    """What one host would refuse, cut or misread."""
    return [found for rule in HOSTS[host] for found in rule(definition)]


def fits(value: object, schema: Schema) -> bool:
    """Whether a JSON value is what the schema says, as a client checks structured content."""
    return cast(_Validator, Draft202012Validator(schema)).is_valid(value)


# -- name and texts ------------------------------------------------------------------------------


def named_verb_noun(definition: Definition) -> Iterator[str]:
    name = definition["name"]
    if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name):
        yield f"{name}: not verb_noun"
    if len(name) > MOST_NAME_CHARACTERS:
        yield f"{name}: longer than {MOST_NAME_CHARACTERS} characters"


def name_fits_with_its_prefix(definition: Definition) -> Iterator[str]:
    if len(f"mcp__{SERVER_NAME}__{definition['name']}") > MOST_PREFIXED_NAME_CHARACTERS:
        yield f"{definition['name']}: longer than {MOST_PREFIXED_NAME_CHARACTERS} characters with its prefix"


def name_fits_beside_the_servers(definition: Definition) -> Iterator[str]:
    if len(SERVER_NAME) + len(definition["name"]) > MOST_SERVER_AND_NAME_CHARACTERS:
        yield f"{definition['name']}: longer than {MOST_SERVER_AND_NAME_CHARACTERS} with the server's name"


def has_its_texts(definition: Definition) -> Iterator[str]:
    for member in ("title", "description"):
        if not definition.get(member):
            yield f"{member}: missing"


def description_is_not_cut(definition: Definition) -> Iterator[str]:
    if len((definition.get("description") or "").encode()) > MOST_DESCRIPTION_BYTES:
        yield "description: cut at 2 KB"


def hints_are_explicit(definition: Definition) -> Iterator[str]:
    hints: Mapping[str, object] = definition.get("annotations") or {}
    for hint in HINTS:
        if not isinstance(hints.get(hint), bool):
            yield f"annotations.{hint}: not said"


def hints_agree(definition: Definition) -> Iterator[str]:
    hints: Mapping[str, object] = definition.get("annotations") or {}
    if hints.get("readOnlyHint") is True and hints.get("destructiveHint") is True:
        yield "annotations: read-only and destructive at once"


# -- schemas -------------------------------------------------------------------------------------


def roots_are_objects(definition: Definition) -> Iterator[str]:
    if "inputSchema" not in definition:
        yield "inputSchema: missing"
    for side, schema in _roots(definition):
        if schema.get("type") != "object":
            yield f"{side}: the root is no object"


def roots_are_plain(definition: Definition) -> Iterator[str]:
    for side, schema in _roots(definition):
        for word in ("allOf", "anyOf", "oneOf", "if", "not", "$ref"):
            if word in schema:
                yield f"{side}: {word} at the root"


def schemas_are_valid(definition: Definition) -> Iterator[str]:
    for side, schema in _roots(definition):
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            yield f"{side}: {error.message}"
            continue
        for place, node in _nodes(side, schema):
            for name in node.get("required", ()):
                if name not in node.get("properties", {}):
                    yield f"{place}: requires {name}, which it does not have"


def defaults_fit(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if "default" in node and "$ref" not in node and not fits(node["default"], node):
            yield f"{place}: the default does not fit"


def no_references(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        for word in ("$ref", "$defs", "definitions", "$dynamicRef"):
            if word in node:
                yield f"{place}: {word}"


def no_arrays_of_types(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if isinstance(node.get("type"), list):
            yield f"{place}: an array of types"


def everything_has_a_type(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if "type" not in node:
            yield f"{place}: no type"


def no_unions(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        for word in ("anyOf", "oneOf", "allOf"):
            if word in node:
                yield f"{place}: {word}"


def items_are_of_one_type(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        items: Any = node.get("items")
        if node.get("type") != "array":
            continue
        if not isinstance(items, dict):
            yield f"{place}: a list without the type of its items"
        elif not isinstance(cast(Schema, items).get("type"), str):
            yield f"{place}: items of several types"


def no_null(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if node.get("type") == "null":
            yield f"{place}: null as a type"
        if node.get("default", 0) is None:
            yield f"{place}: default null"


def bounds_are_closed(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        for word in ("exclusiveMinimum", "exclusiveMaximum"):
            if node.get("type") == "integer" and word in node:
                yield f"{place}: throws on {word}"


def choices_are_texts(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if not all(isinstance(choice, str) for choice in node.get("enum", ())):
            yield f"{place}: reads every choice as text"


def no_constants(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if "const" in node:
            yield f"{place}: const"


def members_have_plain_names(definition: Definition) -> Iterator[str]:
    for name in definition.get("inputSchema", {}).get("properties", {}):
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
            yield f"inputSchema.{name}: refused as the name of a parameter"


def input_is_closed(definition: Definition) -> Iterator[str]:
    for place, node in _nodes("inputSchema", definition.get("inputSchema", {})):
        if "properties" in node and node.get("additionalProperties") is not False:
            yield f"{place}: takes unknown members"


def no_titles(definition: Definition) -> Iterator[str]:
    for place, node in _all_nodes(definition):
        if "title" in node:
            yield f"{place}: a title that every list of tools would carry"


# -- lists ---------------------------------------------------------------------------------------


def list_problems(definitions: Sequence[Definition]) -> list[str]:
    """What is wrong with the whole list: too many tools for a host, or two of one name."""
    names = [definition["name"] for definition in definitions]
    found = [f"{host}: more than {most} tools" for host, most in MOST_TOOLS.items() if len(names) > most]
    twice = {name for name in names if names.count(name) > 1}
    return found + [f"every host: {name} is there twice" for name in sorted(twice)]


MOST_TOOLS: Mapping[str, int] = {"Cursor": 40, "VS Code": 128}
"""Over all servers of a host, so this server leaves room: its own limit is lower."""

HOSTS: Mapping[str, tuple[Rule, ...]] = {
    "every host": (roots_are_objects, schemas_are_valid),
    "Claude Desktop": (members_have_plain_names, roots_are_plain),
    "Claude Code": (
        *(members_have_plain_names, roots_are_plain),
        *(name_fits_with_its_prefix, description_is_not_cut),
    ),
    "VS Code": (name_fits_with_its_prefix, items_are_of_one_type),
    "Cursor": (name_fits_beside_the_servers, no_arrays_of_types, no_null),
    "Copilot Studio": (
        *(no_references, no_arrays_of_types, everything_has_a_type, no_unions),
        *(bounds_are_closed, choices_are_texts),
    ),
    "Gemini": (everything_has_a_type, no_unions, items_are_of_one_type, no_constants),
    "ChatGPT": (hints_are_explicit, roots_are_plain),
    "house": (named_verb_noun, has_its_texts, hints_agree, input_is_closed, no_titles, defaults_fit),
}
RULES: tuple[Rule, ...] = tuple(dict.fromkeys(rule for rules in HOSTS.values() for rule in rules))


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
