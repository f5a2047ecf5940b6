"""The rules find what they are for, one bad sample a rule, and leave a fit tool alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.tools.host_rules import HOSTS, MOST_TOOLS, RULES, list_problems, problems, problems_at

FIT: dict[str, Any] = {
    "name": "search_contacts",
    "title": "Search contacts",
    "description": "Find contacts by phone number, e-mail address or name.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "A property of this name is no title"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 25},
            "provider": {"type": "string", "enum": ["egoi", "txtsync"]},
            "to": {"type": "array", "items": {"type": "string"}},
            "fields": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["title"],
        "additionalProperties": False,
    },
    "outputSchema": {"type": "object", "properties": {"total": {"type": "integer"}}},
    "annotations": {
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": True,
        "openWorldHint": False,
    },
}


def with_parameter(schema: object, *, side: str = "inputSchema") -> dict[str, Any]:
    definition = copy.deepcopy(FIT)
    definition[side]["properties"]["wrong"] = schema
    return definition


def with_member(name: str, value: object) -> dict[str, Any]:
    return {**copy.deepcopy(FIT), name: value}


def with_root(**words: object) -> dict[str, Any]:
    return with_member("inputSchema", {**copy.deepcopy(FIT["inputSchema"]), **words})


def with_hint(name: str, value: object) -> dict[str, Any]:
    return with_member("annotations", {**FIT["annotations"], name: value})


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a name of one word": (with_member("name", "search"), "verb_noun"),
    "a name with a capital": (with_member("name", "search_Contacts"), "verb_noun"),
    "a name over 40 characters": (with_member("name", "search_" + "a" * 40), "longer than 40"),
    "a name that its prefix makes too long": (with_member("name", "search_" + "a" * 46), "Claude Code"),
    "a name too long for Cursor": (with_member("name", "search_" + "a" * 46), "with the server's name"),
    "a description over 2 KB": (with_member("description", "é" * 1025), "cut at 2 KB"),
    "no description": (with_member("description", ""), "description"),
    "no title": (with_member("title", None), "title"),
    "no hints": (with_member("annotations", None), "ChatGPT"),
    "a hint left out": (with_hint("openWorldHint", None), "openWorldHint"),
    "read-only and destructive": (with_hint("destructiveHint", True), "at once"),
    "no input schema": ({k: v for k, v in FIT.items() if k != "inputSchema"}, "missing"),
    "a root that is a list": (with_root(type="array"), "root is no object"),
    "allOf at the root": (with_root(allOf=[{"type": "object"}]), "allOf at the root"),
    "anyOf at the root": (with_root(anyOf=[{"type": "object"}]), "anyOf at the root"),
    "oneOf at the root": (with_root(oneOf=[{"type": "object"}]), "oneOf at the root"),
    "if at the root": (with_root(**{"if": {"type": "object"}}), "if at the root"),
    "definitions": (with_root(**{"$defs": {"A": {"type": "string"}}}), "$defs"),
    "a root that takes anything": (with_root(additionalProperties=True), "unknown members"),
    "a nested object that takes anything": (
        with_parameter({"type": "object", "properties": {"a": {"type": "string"}}}),
        "unknown members",
    ),
    "a reference": (with_parameter({"$ref": "#/$defs/A"}), "$ref"),
    "an array of types": (with_parameter({"type": ["null", "string"]}), "array of types"),
    "a parameter with a space in its name": (
        with_root(properties={"list id": {"type": "string"}}),
        "refused as the name",
    ),
    "no type": (with_parameter({"description": "Anything"}), "no type"),
    "null": (with_parameter({"type": "null"}), "null"),
    "a union": (with_parameter({"anyOf": [{"type": "string"}, {"type": "null"}]}), "anyOf"),
    "a discriminated union": (with_parameter({"oneOf": [{"type": "string"}]}), "oneOf"),
    "items of several types": (
        with_parameter({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}),
        "items of several types",
    ),
    "a list of anything": (with_parameter({"type": "array"}), "without the type of its items"),
    "an open bound": (with_parameter({"type": "integer", "exclusiveMinimum": 0}), "throws"),
    "choices that are numbers": (with_parameter({"type": "integer", "enum": [1, 2]}), "choice"),
    "a constant": (with_parameter({"type": "string", "const": "a"}), "const"),
    "a title": (with_parameter({"type": "string", "title": "Wrong"}), "title"),
    "a default of null": (with_parameter({"type": "string", "default": None}), "default null"),
    "a default that does not fit": (
        with_parameter({"type": "integer", "maximum": 100, "default": 101}),
        "default does not fit",
    ),
    "something required that is not there": (with_root(required=["nothing"]), "requires nothing"),
    "no JSON schema": (with_parameter({"type": "strong"}), "strong"),
    "a union in the output": (
        with_parameter({"anyOf": [{"type": "string"}, {"type": "null"}]}, side="outputSchema"),
        "outputSchema.wrong",
    ),
    "a reference in the output": (with_parameter({"$ref": "#/$defs/A"}, side="outputSchema"), "$ref"),
}


# Host by host, one sample a rule, in the order of the rules.
BY_HOST: dict[str, tuple[str, ...]] = {
    "every host": ("a root that is a list", "no JSON schema"),
    "Claude Desktop": ("a parameter with a space in its name", "allOf at the root"),
    "Claude Code": (
        *("a parameter with a space in its name", "if at the root"),
        *("a name that its prefix makes too long", "a description over 2 KB"),
    ),
    "VS Code": ("a name that its prefix makes too long", "a list of anything"),
    "Cursor": ("a name too long for Cursor", "an array of types", "a default of null"),
    "Copilot Studio": (
        *("a reference in the output", "an array of types", "no type", "a union"),
        *("an open bound", "choices that are numbers"),
    ),
    "Gemini": ("no type", "a discriminated union", "items of several types", "a constant"),
    "ChatGPT": ("a hint left out", "anyOf at the root"),
    "house": (
        *("a name with a capital", "no title", "read-only and destructive"),
        *("a nested object that takes anything", "a title", "a default that does not fit"),
    ),
}


def test_a_fit_tool_has_no_problems() -> None:
    assert problems(FIT) == []
    assert list_problems([FIT]) == []


@pytest.mark.parametrize(("definition", "said"), BAD.values(), ids=BAD.keys())
def test_what_a_host_would_not_take_is_found(definition: dict[str, Any], said: str) -> None:
    assert any(said in problem for problem in problems(definition)), problems(definition)


@pytest.mark.parametrize("host", HOSTS)
def test_every_rule_of_a_host_catches_its_sample(host: str) -> None:
    for rule, sample in zip(HOSTS[host], BY_HOST[host], strict=True):
        definition, _ = BAD[sample]
        assert list(rule(definition)), (rule.__name__, sample)
        assert list(rule(FIT)) == []
        assert problems_at(host, definition)
        assert any(host in told.partition(":")[0] for told in problems(definition))


def test_every_rule_finds_something_and_leaves_most_samples_alone() -> None:
    found_by = {rule.__name__: [n for n, (bad, _) in BAD.items() if list(rule(bad))] for rule in RULES}
    assert [name for name, samples in found_by.items() if not samples] == []
    assert [name for name, samples in found_by.items() if len(samples) > len(BAD) // 3] == []


def test_a_list_is_not_longer_than_a_host_takes_and_names_no_tool_twice() -> None:
    many = [with_member("name", f"read_{chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(129)]
    assert list_problems(many[:40]) == []
    assert list_problems(many[:41]) == ["Cursor: more than 40 tools"]
    assert {problem.partition(":")[0] for problem in list_problems(many)} == set(MOST_TOOLS)
    assert list_problems([FIT, FIT]) == ["every host: search_contacts is there twice"]
