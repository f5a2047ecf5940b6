"""What the documents mean by a schema, tried on small ones; no vendor's document is needed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.schemas import body_problems, body_validator, fits_format, whole

TEXT = {"type": "string"}


def _problems(schema: dict[str, Any], body: object, api: str = "egoi") -> list[str]:
    return body_problems(body_validator(api, schema), body)


def test_an_object_takes_the_properties_it_lists_and_no_others() -> None:
    schema = {"type": "object", "properties": {"name": TEXT}}
    assert _problems(schema, {"name": "a"}) == []
    assert "'nmae' was unexpected" in _problems(schema, {"nmae": "a"})[0]


def test_an_empty_object_is_no_body() -> None:
    assert _problems({"type": "object", "properties": {"name": TEXT}}, {}) != []


def test_what_is_read_only_is_neither_sent_nor_required() -> None:
    schema = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": TEXT},
    }
    assert _problems(schema, {"name": "a"}) == []
    assert "'id' was unexpected" in _problems(schema, {"id": 1, "name": "a"})[0]
    assert "$: 'name' is a required property" in _problems(schema, {"nothing": 1})


def test_what_is_required_but_exists_nowhere_is_not_required() -> None:
    schema = {"type": "object", "required": ["group_id", "name"], "properties": {"name": TEXT}}
    assert _problems(schema, {"name": "a"}) == []
    assert _problems(schema, {"group_id": 1, "name": "a"}) != []


SEND = {
    "type": "object",
    "required": ["type"],
    "discriminator": "type",
    "oneOf": [
        {"type": "object", "properties": {"type": {"type": "string", "enum": ["none"]}}},
        {
            "type": "object",
            "required": ["data"],
            "properties": {"type": {"type": "string", "enum": ["segment"]}, "data": TEXT},
        },
    ],
}


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"type": "none"}, True),
        ({"type": "segment", "data": "1"}, True),
        ({"type": "none", "data": "1"}, False),
        ({"type": "segment"}, False),
        ({"data": "1"}, False),
        ({"type": "contact", "data": "1"}, False),
    ],
)
def test_one_closed_variant_has_to_fit(body: object, fits: bool) -> None:
    assert (_problems(SEND, body) == []) is fits


def test_the_variant_that_was_meant_is_the_one_that_is_spoken_of() -> None:
    assert _problems(SEND, {"type": "segment", "data": 1}) == ["$.data: 1 is not of type 'string'"]
    assert _problems(SEND, {"type": "segment"}) == ["$: 'data' is a required property"]


def test_variants_share_what_the_object_around_them_says() -> None:
    schema = {
        "type": "object",
        "required": ["tag"],
        "properties": {"tag": {"type": "integer"}},
        "oneOf": [
            {"type": "object", "properties": {"one": TEXT}},
            {"type": "object", "properties": {"two": TEXT}},
        ],
    }
    assert _problems(schema, {"tag": 1, "one": "a"}) == []
    assert _problems(schema, {"one": "a"}) != []
    assert _problems(schema, {"tag": 1, "one": "a", "two": "b"}) != []


def test_variants_that_overlap_are_no_contradiction() -> None:
    now = {"type": "object", "properties": {"list": {"type": "integer"}}}
    later = {"type": "object", "properties": {"list": {"type": "integer"}, "date": TEXT}}
    schema = {"type": "object", "oneOf": [now, later]}
    assert _problems(schema, {"list": 1}) == []
    assert _problems(schema, {"list": 1, "date": "x"}) == []


def test_a_variant_that_calls_itself_by_another_name_goes_by_the_right_one() -> None:
    variant = {
        "name": "CampaignSmartSmsImport",
        "type": "object",
        "properties": {"type": {"type": "string", "enum": ["redirect"]}, "page_url": TEXT},
    }
    assert _problems({"type": "object", "oneOf": [variant]}, {"type": "import", "page_url": "x"}) == []
    assert _problems({"type": "object", "oneOf": [variant]}, {"type": "redirect", "page_url": "x"}) != []


def test_patterns_hold_for_the_whole_text_and_only_for_texts() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "string", "pattern": r"[a-f\d]{4}"}}}
    assert _problems(schema, {"id": "12ab"}) == []
    for wrong in ("x12ab", "12abc", "12ab\n", "١٢٣٤"):
        assert _problems(schema, {"id": wrong}) != []
    values = {"type": "array", "pattern": r"\d", "items": TEXT}
    assert _problems({"type": "object", "properties": {"values": values}}, {"values": ["a"]}) == []


def test_whole_is_stricter_than_a_dollar() -> None:
    assert whole(r"^\d{2}$", "12")
    assert not whole(r"^\d{2}$", "12\n")
    assert not whole(r"a|b", "ab")


def test_what_may_be_null_may_be_null() -> None:
    schema = {"type": "object", "properties": {"after": {"type": "string", "nullable": True}, "name": TEXT}}
    assert _problems(schema, {"after": None}) == []
    assert _problems(schema, {"name": None}) != []


def test_a_schema_that_contains_itself_is_open_there() -> None:
    schema = {"type": "object", "properties": {"value": {"type": "array", "items": {"recursive": "filter"}}}}
    assert _problems(schema, {"value": [{"any": 1}]}) == []


@pytest.mark.parametrize(
    ("api", "form", "text", "fits"),
    [
        ("egoi", "date-time", "2030-01-31 10:00:00", True),
        ("egoi", "date-time", "2030-01-31T10:00:00", False),
        ("egoi", "date-time", "2030-02-31 10:00:00", False),
        ("egoi", "date-time", "2030-01-31 10:00", False),
        ("txtsync", "date-time", "2030-01-31T10:00:00Z", True),
        ("txtsync", "date-time", "2030-01-31T10:00:00+01:00", True),
        ("txtsync", "date-time", "2030-01-31 10:00:00", False),
        ("egoi", "date", "2000-02-29", True),
        ("egoi", "date", "2001-02-29", False),
        ("egoi", "email", "ana@example.com", True),
        ("egoi", "email", "ana", False),
        ("egoi", "uri", "https://hooks.example.com/x", True),
        ("egoi", "uri", "hooks.example.com", False),
        ("egoi", "byte", "AAECAw==", True),
        ("egoi", "byte", "no base64!", False),
        ("egoi", "int32", "anything", True),
    ],
)
def test_a_text_has_the_form_that_its_vendor_reads(api: str, form: str, text: str, fits: bool) -> None:
    assert fits_format(api, form, text) is fits
    schema = {"type": "object", "properties": {"value": {"type": "string", "format": form}}}
    assert (_problems(schema, {"value": text}, api) == []) is fits
