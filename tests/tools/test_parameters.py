"""The shared parameter types are what every host takes, in few words."""

from __future__ import annotations

import json
import typing
from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError, create_model

from egoi_mcp.tools import parameters
from egoi_mcp.tools.schema import input_schema
from tests.tools.host_rules import problems

TYPES = {name: value for name, value in vars(parameters).items() if typing.get_origin(value) is Annotated}


@pytest.mark.parametrize("name", TYPES)
def test_a_parameter_is_what_every_host_takes_in_few_words(name: str) -> None:
    schema = input_schema(create_model("Arguments", value=(TYPES[name], ...)))
    hints = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
    definition = {"name": "do_it", "title": "Do it", "description": "Do it.", "annotations": hints}
    assert problems({**definition, "inputSchema": schema}) == []
    assert len(json.dumps(schema["properties"]["value"])) < 240


def test_a_page_has_25_rows_by_default_and_100_at_most() -> None:
    limit = TypeAdapter[int](parameters.Limit)
    assert limit.validate_python(parameters.DEFAULT_LIMIT) == 25
    assert limit.validate_python(100) == 100
    for wrong in (0, 101):
        with pytest.raises(ValidationError):
            limit.validate_python(wrong)


@pytest.mark.parametrize(
    "when", ["now", "2030-03-01T09:30", "2030-03-01 09:30:00", "2030-03-01T09:30Z", "2030-03-01T09:30+01:00"]
)
def test_a_time_is_now_or_spelt_out(when: str) -> None:
    assert TypeAdapter[str](parameters.When).validate_python(when) == when


@pytest.mark.parametrize(
    "when", ["", "Now", "later", "tomorrow", "2030-03-01", "09:30", "now\n", "now or later"]
)
def test_nothing_else_is_a_time(when: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[str](parameters.When).validate_python(when)


def test_every_synonym_leads_to_other_names() -> None:
    assert [name for name, right in parameters.SYNONYMS.items() if name in right or not right] == []
