"""JSON schemas that every host takes: flat, closed and small.

Hosts disagree about JSON Schema. Some drop a tool with a reference or a composition, some refuse the
whole session. What all of them take is a plain object of typed properties, and a type that cannot be
said that way stops the start here, with the place in the text, instead of at a user's host.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import CoreSchema

Node = dict[str, Any]

_REFERENCE = "#/$defs/"
_BOUNDS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"}
)
_KEPT = frozenset({"type", "description", "enum", "format", "default"}) | _BOUNDS
_DROPPED = frozenset({"title", "examples", "deprecated", "readOnly", "writeOnly", "$defs"})
_WALKED = frozenset({"properties", "required", "items", "additionalProperties"})
_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object"})


class UnfitSchema(TypeError):
    """A type has no schema that every host takes; the text names the place and the reason."""


class _FlatJsonSchema(GenerateJsonSchema):
    """Pydantic's generator, flattened afterwards."""

    output = False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        raw = super().generate(schema, mode=mode)
        definitions = cast(Mapping[str, Node], raw.get("$defs", {}))
        # The root's description is the model's docstring: for the reader of the code.
        root = {key: value for key, value in raw.items() if key != "description"}
        return _Flattener(definitions, output=self.output).flat(root, where="", within=frozenset())

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        raise UnfitSchema(detail)


class _FlatOutputSchema(_FlatJsonSchema):
    output = True


def input_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The flat schema of a tool's arguments; the root takes no other member.

    Raises:
        UnfitSchema: an argument's type is a union, recursive, untyped, or a model that takes
            unknown members.
    """
    schema = model.model_json_schema(schema_generator=_FlatJsonSchema)
    return {"type": "object", "properties": {}, **schema, "additionalProperties": False}


def output_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The flat schema of a tool's structured content, which holds no nulls.

    Bounds and defaults are left out: nobody sends a result back.

    Raises:
        UnfitSchema: a field's type is a union, recursive or untyped.
    """
    schema = model.model_json_schema(schema_generator=_FlatOutputSchema, mode="serialization")
    return {"type": "object", "properties": {}, **schema}


class _Flattener:
    def __init__(self, definitions: Mapping[str, Node], *, output: bool) -> None:
        self._definitions = definitions
        self._output = output

    def flat(self, raw: Node, *, where: str, within: frozenset[str]) -> Node:
        node, within, _ = self._resolved(raw, where, within)
        if unknown := node.keys() - _KEPT - _DROPPED - _WALKED - {"const"}:
            raise UnfitSchema(f"{where or 'root'}: not every host takes {', '.join(sorted(unknown))}")
        kind = node.get("type")
        if kind not in _TYPES:
            raise UnfitSchema(f"{where or 'root'}: a value needs one type, not {kind!r}")
        flat: Node = {"type": kind}
        flat |= {key: value for key, value in node.items() if self._is_kept(key, value)}
        if "const" in node:
            flat["enum"] = [node["const"]]
        if "enum" in flat and kind != "string":
            raise UnfitSchema(f"{where}: some hosts read every choice as text, so choices must be strings")
        if kind == "integer":
            _close_bounds(flat)
        if kind == "array":
            self._add_items(flat, node, where, within)
        if kind == "object":
            self._add_members(flat, node, where, within)
        return flat

    def _resolved(self, raw: Node, where: str, within: frozenset[str]) -> tuple[Node, frozenset[str], bool]:
        """The node behind references and "or null", the models around it, and whether it may be null."""
        node, nullable = raw, False
        while True:
            siblings = {key: value for key, value in node.items() if key not in {"$ref", "anyOf"}}
            if "$ref" in node:
                name = cast(str, node["$ref"]).removeprefix(_REFERENCE)
                if name in within:
                    raise UnfitSchema(f"{where}: {name} holds itself, which no flat schema can say")
                within = within | {name}
                target = dict(self._definitions[name])
                # A definition's own description is a docstring: for the reader of the code.
                target.pop("description", None)
            elif "anyOf" in node:
                alternatives = cast(list[Node], node["anyOf"])
                others = [item for item in alternatives if item != {"type": "null"}]
                if len(others) != 1:
                    raise UnfitSchema(f"{where}: a value of several types; choose one")
                nullable = nullable or len(others) < len(alternatives)
                target = others[0]
            else:
                return node, within, nullable
            node = {**target, **siblings}

    def _is_kept(self, key: str, value: object) -> bool:
        if self._output:
            return key in _KEPT - _BOUNDS - {"default"}
        # Whoever leaves out a switch or a text means the same; each list of tools would say so many times.
        return key in _KEPT and not (key == "default" and (value is None or value is False or value == ""))

    def _add_items(self, flat: Node, node: Node, where: str, within: frozenset[str]) -> None:
        items = node.get("items")
        if not isinstance(items, dict) or not items:
            raise UnfitSchema(f"{where}: the items of a list need one type")
        flat["items"] = self._held(cast(Node, items), where=f"{where}[]", within=within)

    def _add_members(self, flat: Node, node: Node, where: str, within: frozenset[str]) -> None:
        others = node.get("additionalProperties")
        if "properties" not in node:
            # A map; one of any JSON values is an object and no more.
            if isinstance(others, dict) and not self._is_free(value := cast(Node, others)):
                flat["additionalProperties"] = self._held(value, where=f"{where}.*", within=within)
            return
        properties = cast(Mapping[str, Node], node["properties"])
        if where and not self._output and others is not False:
            raise UnfitSchema(f'{where}: a nested model must have extra="forbid"')
        flat["properties"] = {
            name: self.flat(member, where=f"{where}.{name}".lstrip("."), within=within)
            for name, member in properties.items()
        }
        required = [name for name in node.get("required", ()) if self._always_there(properties[name], within)]
        if required:
            flat["required"] = required
        if others is False and not self._output:
            flat["additionalProperties"] = False

    def _held(self, raw: Node, *, where: str, within: frozenset[str]) -> Node:
        """The schema of what a list or a map holds: a null there is not left out of a result."""
        if self._output and self._resolved(raw, where, within)[2]:
            raise UnfitSchema(f"{where}: what a list or a map holds cannot be null")
        return self.flat(raw, where=where, within=within)

    def _is_free(self, raw: Node) -> bool:
        """Whether the node takes any JSON value."""
        reference = raw.get("$ref")
        target = self._definitions[reference.removeprefix(_REFERENCE)] if isinstance(reference, str) else raw
        return not target

    def _always_there(self, raw: Node, within: frozenset[str]) -> bool:
        """Whether a required member shows: a result leaves its nulls out."""
        return not (self._output and self._resolved(raw, "", within)[2])


def _close_bounds(flat: Node) -> None:
    """Say an integer's open bounds as closed ones: some hosts throw on `exclusiveMinimum`."""
    if "exclusiveMinimum" in flat:
        flat["minimum"] = max(flat.pop("exclusiveMinimum") + 1, flat.get("minimum", -(10**18)))
    if "exclusiveMaximum" in flat:
        flat["maximum"] = min(flat.pop("exclusiveMaximum") - 1, flat.get("maximum", 10**18))
