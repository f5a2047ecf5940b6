"""Checks requests, as they were sent, against the vendors' own documents.

The documents are not part of this project. The environment variable `EGOI_MCP_SPECS` names the folder that
holds them: `operations/<api>.json` with every operation dereferenced, and `egoi-transactional-v2.md`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from egoi_mcp.api.catalog import Api
from tests.contract import transactional
from tests.contract.schemas import BodyValidator, Schema, body_problems, body_validator, fits_format, whole

SPECS = "EGOI_MCP_SPECS"

# What the documents get wrong or leave out about parameters.
PARAMETER_CORRECTIONS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    # an optional query parameter there, although it stands in the path
    ("getAllActions", "automation_id"): {"in": "path", "required": True, "minimum": 1},
}
# Filters by names that each catalog makes up itself, and an object that is sent as its one member.
NO_PARAMETERS = frozenset({("getAllProducts", "custom_attributes"), ("lisDataEvents", "filter")})
# The replies name cursors that the parameters do not.
ADDED_PARAMETERS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "ListContacts": (
        {
            "name": "per_page",
            "in": "query",
            "required": False,
            "type": "integer",
            "minimum": 1,
            "maximum": 150,
        },
        {"name": "starting_after", "in": "query", "required": False, "type": "string"},
    ),
    "lisDataEvents": tuple(
        {"name": name, "in": "query", "required": False, "type": "string"}
        for name in ("user_id", "intercom_user_id", "email")
    ),
}
# Required of a WhatsApp message, and described nowhere.
ADDED_MEMBERS: Mapping[str, Schema] = {
    "createMessage": {"components": {"type": "array", "items": {"type": "object"}}}
}
# Said in words only.
BODY_BOUNDS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("actionForgetContacts", "contacts"): {"maxItems": 1000},
}
# The connector's document of the same operation says 200.
SUCCESS_CORRECTIONS: Mapping[str, frozenset[int]] = {"actionAttachTag": frozenset({200, 202})}


@dataclass(frozen=True, slots=True)
class DocumentedOperation:
    """One operation as a document has it, corrections applied; `success` is empty where none is named."""

    api: Api
    name: str
    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    body: Schema | None
    success: frozenset[int]

    def takes(self, segments: Sequence[str]) -> bool:
        own = self.path.split("/")
        return len(own) == len(segments) and all(
            mine.startswith("{") or mine == given for mine, given in zip(own, segments, strict=True)
        )

    def literals(self) -> list[bool]:
        return [not part.startswith("{") for part in self.path.split("/")]


class VendorDocuments:
    """The documents of one folder, each read when it is first asked about."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._operations: dict[Api, Mapping[str, DocumentedOperation]] = {}
        self._validators: dict[tuple[Api, str], BodyValidator] = {}

    def operations(self, api: Api) -> Mapping[str, DocumentedOperation]:
        """The operations of one API, by name."""
        if api not in self._operations:
            entries = [_operation(api, entry) for entry in self._entries(api)]
            self._operations[api] = {entry.name: entry for entry in entries}
        return self._operations[api]

    def check(self, method: str, api: Api, target: str, body: bytes) -> list[str]:
        """What is wrong with a request, in words; nothing when the documents allow it."""
        entry = self._find(method, api, target)
        if entry is None:
            return [f"{api}: the document has no {method} {target.partition('?')[0]}"]
        found = [*_target_problems(entry, target), *self._body_problems(entry, body)]
        return [f"{entry.name}: {problem}" for problem in found]

    def check_target(self, method: str, api: Api, target: str) -> list[str]:
        """The same for path and query alone."""
        entry = self._find(method, api, target)
        return [f"{api}: no such operation"] if entry is None else _target_problems(entry, target)

    def _entries(self, api: Api) -> Sequence[Mapping[str, Any]]:
        if api == "transactional":
            page = (self.folder / "egoi-transactional-v2.md").read_text(encoding="utf-8")
            connector = {entry["operationId"]: entry for entry in self._read("egoi-connector")}
            return transactional.documented(page, connector["SendSMS"]["body"]["schema"]["items"])
        return self._read(api)

    def _read(self, name: str) -> Sequence[Mapping[str, Any]]:
        text = (self.folder / "operations" / f"{name}.json").read_text(encoding="utf-8")
        entries: Sequence[Mapping[str, Any]] = json.loads(text)
        return entries

    def _find(self, method: str, api: Api, target: str) -> DocumentedOperation | None:
        segments = target.partition("?")[0].split("/")
        fitting = [e for e in self.operations(api).values() if e.method == method and e.takes(segments)]
        return max(fitting, key=DocumentedOperation.literals, default=None)

    def _body_problems(self, entry: DocumentedOperation, body: bytes) -> list[str]:
        if entry.body is None:
            return ["it takes no body"] if body else []
        if not body:
            return ["it needs a body"]
        try:
            value: Any = json.loads(body.decode("utf-8"))
        except ValueError:
            return ["the body is no JSON"]
        key = (entry.api, entry.name)
        if key not in self._validators:
            self._validators[key] = body_validator(entry.api, entry.body)
        return body_problems(self._validators[key], value)


@cache
def documents_of_the_environment() -> VendorDocuments | None:
    """The documents that `EGOI_MCP_SPECS` names, when it does."""
    folder = os.environ.get(SPECS)
    return VendorDocuments(Path(folder)) if folder else None


def _operation(api: Api, entry: Mapping[str, Any]) -> DocumentedOperation:
    name = entry["operationId"]
    parameters = [
        {**parameter, **PARAMETER_CORRECTIONS.get((name, parameter["name"]), {})}
        for parameter in (*entry["params"], *ADDED_PARAMETERS.get(name, ()))
        if parameter["in"] in {"path", "query"} and (name, parameter["name"]) not in NO_PARAMETERS
    ]
    return DocumentedOperation(
        api=api,
        name=name,
        method=entry["method"],
        path=entry["path"],
        parameters=tuple(parameters),
        body=_bounded(name, entry["body"]["schema"]) if "body" in entry else None,
        success=SUCCESS_CORRECTIONS.get(name, frozenset(int(code) for code in entry["success"])),
    )


def _bounded(operation: str, schema: Schema) -> Schema:
    properties = {
        name: {**inner, **BODY_BOUNDS.get((operation, name), {})}
        for name, inner in {**schema.get("properties", {}), **ADDED_MEMBERS.get(operation, {})}.items()
    }
    return {**schema, "properties": properties} if properties else schema


# -- parameters ----------------------------------------------------------------------------------


def _target_problems(entry: DocumentedOperation, target: str) -> list[str]:
    path, question, query = target.partition("?")
    templates = entry.path.split("/")
    in_path = {p["name"]: p for p in entry.parameters if p["in"] == "path"}
    found = [
        problem
        for template, given in zip(templates, path.split("/"), strict=True)
        if template.startswith("{")
        for problem in _value_problems(entry.api, in_path[template[1:-1]], given)
    ]
    return [*found, *_query_problems(entry, query if question else None)]


def _query_problems(entry: DocumentedOperation, query: str | None) -> list[str]:
    known = {p["name"]: p for p in entry.parameters if p["in"] == "query"}
    pairs = [] if query is None else [pair.partition("=")[::2] for pair in query.split("&")]
    names = [unquote(name) for name, _ in pairs]
    # The document's own example of a parameter that is an object.
    objects = [p["name"] for p in entry.parameters if p["in"] == "query" and p["type"] == "object"]
    keyed = {name for name in names for base in objects if re.fullmatch(rf"{re.escape(base)}\[\w+\]", name)}
    known |= {name: {"name": name, "in": "query", "required": False, "type": "string"} for name in keyed}
    found = [f"there is no query parameter {name!r}" for name in names if name not in known]
    found += [f"the query parameter {name} stands twice" for name in set(names) if names.count(name) > 1]
    found += [
        f"the query parameter {name} is missing"
        for name, parameter in known.items()
        if parameter["required"] and name not in names
    ]
    for name, value in pairs:
        if unquote(name) in known:
            found += _value_problems(entry.api, known[unquote(name)], value)
    return found


def _value_problems(api: Api, parameter: Mapping[str, Any], encoded: str) -> list[str]:
    text = unquote(encoded.replace("+", " ") if parameter["in"] == "query" else encoded)
    fits = _fits_type(parameter, text)
    if fits and "enum" in parameter:
        fits = text in parameter["enum"]
    if fits and "pattern" in parameter:
        fits = whole(parameter["pattern"], text)
    if fits and (form := "date" if parameter["type"] == "date" else parameter.get("format")):
        fits = fits_format(api, form, text)
    return [] if fits else [f"{parameter['name']} is not what the document asks for"]


def _fits_type(parameter: Mapping[str, Any], text: str) -> bool:
    if parameter["in"] == "path" and not text:
        return False
    if parameter["type"] == "boolean":
        return text in {"true", "false"}
    if parameter["type"] == "integer":
        if not re.fullmatch(r"-?[0-9]+", text):
            return False
        low, high = parameter.get("minimum", int(text)), parameter.get("maximum", int(text))
        return bool(low <= int(text) <= high)
    return True
