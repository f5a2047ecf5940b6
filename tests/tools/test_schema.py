"""Schemas come out flat, closed and small, and what cannot be flat stops the start."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import GenericAlias
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model

from egoi_mcp.tools.schema import UnfitSchema, input_schema, output_schema
from tests.tools.host_rules import fits, problems


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Closed(BaseModel):
    """A docstring for the reader of the code."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(description="A property whose name is a keyword")]
    colour: Colour | None = None


class Open(BaseModel):
    name: str


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")

    children: list[Tree] = []


class Arguments(BaseModel):
    limit: Annotated[int, Field(gt=0, lt=101, description="Rows")] = 25
    cursor: str | None = None
    nested: Annotated[Closed | None, Field(description="Beside a reference")] = None
    rows: list[Closed] = []
    fields: dict[str, str] = {}
    anything: dict[str, JsonValue] = {}
    kind: Literal["only"] = "only"
    when: date


class Answer(BaseModel):
    total: Annotated[int, Field(ge=0)]
    never_sent_when_null: str | None
    rows: list[Closed]
    note: str = "none"


def as_definition(**schemas: object) -> dict[str, object]:
    hints = dict.fromkeys(("readOnlyHint", "idempotentHint"), True)
    hints |= dict.fromkeys(("destructiveHint", "openWorldHint"), False)
    return {"name": "do_it", "title": "Do it", "description": "Do it.", "annotations": hints, **schemas}


def test_an_input_schema_is_flat_closed_and_says_what_matters() -> None:
    closed = {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "A property whose name is a keyword"},
            "colour": {"type": "string", "enum": ["red", "blue"]},
        },
        "required": ["title"],
        "additionalProperties": False,
    }
    assert input_schema(Arguments) == {
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 25, "description": "Rows"},
            "cursor": {"type": "string"},
            "nested": {**closed, "description": "Beside a reference"},
            "rows": {"type": "array", "items": closed, "default": []},
            "fields": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
            "anything": {"type": "object", "default": {}},
            "kind": {"type": "string", "enum": ["only"], "default": "only"},
            "when": {"type": "string", "format": "date"},
        },
        "required": ["when"],
        "additionalProperties": False,
    }


def test_an_output_schema_leaves_out_bounds_defaults_and_the_duty_to_show_a_null() -> None:
    assert output_schema(Answer) == {
        "type": "object",
        "properties": {
            "total": {"type": "integer"},
            "never_sent_when_null": {"type": "string"},
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "title": {"type": "string", "description": "A property whose name is a keyword"},
                        "colour": {"type": "string", "enum": ["red", "blue"]},
                    },
                    "required": ["title"],
                },
            },
            "note": {"type": "string"},
        },
        "required": ["total", "rows"],
    }


def test_a_tool_without_arguments_has_a_root_with_no_properties() -> None:
    assert input_schema(create_model("Nothing")) == {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }


def test_both_schemas_are_what_every_host_takes() -> None:
    definition = as_definition(inputSchema=input_schema(Arguments), outputSchema=output_schema(Answer))
    assert problems(definition) == []


def test_a_flat_schema_is_at_most_seven_tenths_of_the_generated_one() -> None:
    flat = len(json.dumps(input_schema(Arguments))) + len(json.dumps(output_schema(Answer)))
    generated = len(json.dumps(Arguments.model_json_schema())) + len(json.dumps(Answer.model_json_schema()))
    assert flat <= 0.7 * generated


@pytest.mark.parametrize(
    ("unfit", "said"),
    [
        (int | str, "several types"),
        (list[int | str], "several types"),
        (list[Any], "items of a list"),
        (tuple[int, str], "prefixItems"),
        (Any, "one type"),
        (None, "one type"),
        (Literal[1, 2], "choices must be strings"),
        (Literal["a", None] | int, "several types"),
        (Decimal, "several types"),
        (Open, 'extra="forbid"'),
        (list[Open], 'extra="forbid"'),
        (Tree, "holds itself"),
    ],
)
def test_what_no_flat_schema_can_say_is_refused_with_its_place(unfit: type, said: str) -> None:
    model = create_model("Unfit", wrong=(unfit, ...))
    with pytest.raises(UnfitSchema, match=rf"^wrong.*{said}"):
        input_schema(model)


@pytest.mark.parametrize("held", [list[str | None], dict[str, str | None]])
def test_a_null_in_a_list_or_a_map_is_refused_in_an_answer(held: type) -> None:
    with pytest.raises(UnfitSchema, match="cannot be null"):
        output_schema(create_model("Unfit", wrong=(held, ...)))


def test_a_default_that_json_cannot_say_is_refused() -> None:
    with pytest.raises(UnfitSchema, match="default"):
        input_schema(create_model("Unfit", wrong=(str, object())))


KINDS: tuple[Any, ...] = (str, int, bool, float, date, Colour, Closed, Literal["a", "b"])
TYPES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(KINDS),
    lambda inner: st.one_of(
        inner.map(lambda kind: GenericAlias(list, (kind,))),
        inner.map(lambda kind: GenericAlias(dict, (str, kind))),
        inner.map(lambda kind: Annotated[kind, Field(description="What it is")]),
    ),
    max_leaves=4,
)
FIELDS = st.dictionaries(
    st.sampled_from(("title", "type", "items", "default", "limit", "properties", "required")),
    st.tuples(TYPES, st.booleans()),
    min_size=1,
)


@given(FIELDS)
def test_any_model_of_plain_types_gets_schemas_that_every_host_takes(fields: dict[str, Any]) -> None:
    declared: dict[str, Any] = {
        name: (kind | None, None) if optional else (kind, ...) for name, (kind, optional) in fields.items()
    }
    model = create_model("Generated", **declared)
    definition = as_definition(inputSchema=input_schema(model), outputSchema=output_schema(model))
    assert problems(definition) == []
    assert set(input_schema(model)["properties"]) == set(fields)
    assert set(input_schema(model).get("required", ())) == {
        n for n, (_, optional) in fields.items() if not optional
    }


@given(
    title=st.text(), colour=st.sampled_from([None, *Colour]), total=st.integers(), null=st.none() | st.text()
)
def test_what_a_model_dumps_without_nulls_fits_its_output_schema(
    title: str, colour: Colour | None, total: int, null: str | None
) -> None:
    answer = Answer.model_construct(
        total=total, never_sent_when_null=null, rows=[Closed(title=title, colour=colour)]
    )
    dumped = answer.model_dump(mode="json", exclude_none=True)
    assert fits(dumped, output_schema(Answer))
