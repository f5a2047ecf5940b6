"""Arguments are read leniently where hosts differ, and refused in words that help and tell nothing."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from egoi_mcp.errors import InvalidInput
from egoi_mcp.tools.arguments import accepted, refusal
from egoi_mcp.tools.parameters import SYNONYMS
from egoi_mcp.tools.schema import input_schema

SECRET = "ana@example.com"


def no_vowels(text: str) -> str:
    if "a" in text:
        raise ValueError("must not hold an a")
    return text


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phone: str


class Arguments(BaseModel):
    to: list[str] = []
    also: list[str] | None = None
    when: str | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 25
    preview_only: bool = False
    ratio: float = 0.5
    provider: Literal["egoi", "txtsync"] = "egoi"
    contact_id: Annotated[str, Field(pattern="^[0-9a-f]{10}$", description="From search_contacts")] = "0" * 10
    code: Annotated[str, Field(pattern="^[0-9]+$")] = "0"
    rows: Annotated[list[Row], Field(max_length=2)] = []
    fields: dict[str, int] = {}
    plain: Annotated[str, AfterValidator(no_vowels)] = ""
    short: Annotated[str, Field(min_length=1, max_length=3)] = "x"
    some: Annotated[list[str], Field(min_length=1)] = ["x"]


class Needed(BaseModel):
    text: str
    nothing: str | None


SCHEMA = input_schema(Arguments)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def read(**given: object) -> Arguments:
    arguments = accepted(given, SCHEMA, SYNONYMS)
    try:
        return Arguments.model_validate(arguments)
    except ValidationError as error:
        raise refusal(error, SCHEMA) from None


def refused(**given: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(**given)
    text = str(caught.value)
    assert text.endswith(". Nothing was done.")
    assert SECRET not in text
    assert "http" not in text
    return text.removesuffix(". Nothing was done.")


# -- what is taken -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({"limit": "25"}, 25),
        ({"limit": 25.0}, 25),
        ({"preview_only": "true"}, True),
        ({"preview_only": "false"}, False),
        ({"to": '["+351900000001"]'}, ["+351900000001"]),
        ({"rows": '[{"phone": "1"}]'}, [Row(phone="1")]),
        ({"fields": '{"a": 1}'}, {"a": 1}),
        ({"when": 351900000001}, "351900000001"),
        ({"to": [351900000001, "x"]}, ["351900000001", "x"]),
        ({"limit": None}, 25),
        ({"to": None}, []),
        ({"when": None}, None),
    ],
)
def test_what_hosts_send_in_their_own_way_is_read(given: dict[str, Any], taken: object) -> None:
    assert getattr(read(**given), next(iter(given))) == taken


@pytest.mark.parametrize("text", ["null", "true", "25", "[]", "{}", '"now"', "[1", "NaN"])
def test_text_that_looks_like_json_stays_text(text: str) -> None:
    assert read(when=text).when == text


@given(st.text())
def test_any_text_that_can_be_sent_arrives_unchanged(text: str) -> None:
    assume("\0" not in text)
    assert read(when=text, to=[text]) == Arguments(when=text, to=[text])


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_a_list_as_json_text_is_the_list(items: list[str]) -> None:
    assert read(to=json.dumps(items)) == read(to=items)


@pytest.mark.parametrize("text", [SECRET, "7", "a, b", "nullable", "+351 900 000 001"])
def test_a_text_where_a_list_of_texts_is_wanted_is_a_list_of_one(text: str) -> None:
    assert read(to=text) == read(to=[text])


def test_a_null_for_a_required_argument_is_not_left_out() -> None:
    assert accepted({"nothing": None}, input_schema(Needed), SYNONYMS) == {"nothing": None}


# -- what is refused -----------------------------------------------------------------------------


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"limit": 101}, "limit: must be at most 100"),
    ({"limit": 0}, "limit: must be at least 1"),
    ({"limit": "many"}, "limit: must be a whole number"),
    ({"limit": 1.5}, "limit: must be a whole number"),
    ({"limit": True}, "limit: must be a number"),
    ({"ratio": "half"}, "ratio: must be a number"),
    ({"preview_only": SECRET}, "preview_only: must be true or false"),
    ({"provider": SECRET}, "provider: must be 'egoi' or 'txtsync'"),
    ({"provider": "EGOI"}, "provider: must be 'egoi' or 'txtsync'"),
    ({"when": 1.5}, "when: must be text"),
    ({"when": True}, "when: must be text"),
    ({"when": 10**5000}, "when: must be text"),
    ({"to": " "}, "to: must be a list"),
    ({"to": '["cut'}, "to: must be a list"),
    ({"rows": SECRET}, "rows: must be a list"),
    ({"to": '{"a": 1}'}, "to: must be a list"),
    ({"to": "null"}, "to: must be a list"),
    ({"also": "null"}, "also: must be a list"),
    ({"to": "[" * 100_000}, "to: must be a list"),
    ({"to": ["ok", True]}, "to[1]: must be text"),
    ({"fields": "[]"}, "fields: must be an object"),
    ({"fields": {SECRET: "x"}}, "fields[...]: must be a whole number"),
    ({"rows": [{}]}, "rows[0].phone: is required"),
    ({"rows": [{"phone": "1", "extra": SECRET}]}, "rows[0].extra: is unknown here"),
    ({"rows": [{"phone": "1", SECRET: 1}]}, "rows[0][...]: is unknown here"),
    ({"rows": ["x"]}, "rows[0]: must be an object"),
    ({"rows": [{"phone": "1"}] * 3}, "rows: must have at most 2 items"),
    ({"contact_id": SECRET}, "contact_id: is not of the right form (From search_contacts)"),
    ({"code": SECRET}, "code: is not of the right form"),
    ({"plain": SECRET}, "plain: must not hold an a"),
    ({"short": ""}, "short: must not be empty"),
    ({"short": SECRET}, "short: must have at most 3 characters"),
    ({"some": []}, "some: must not be empty"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_a_wrong_argument_is_named_with_what_it_takes(given: dict[str, Any], said: str) -> None:
    assert refused(**given) == said


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        Needed.model_validate({})
    text = str(refusal(caught.value, input_schema(Needed)))
    assert text == "text: is required; nothing: is required. Nothing was done."


def test_many_problems_are_counted_after_the_fifth() -> None:
    assert refused(to=[None] * 8).endswith("to[4]: must be text; and 3 more")


@pytest.mark.parametrize("text", ["\0", "a\ud83d", "\udc00"])
@pytest.mark.parametrize("name", ["when", "to", "fields"])
def test_a_text_that_no_vendor_takes_is_refused_wherever_it_stands(name: str, text: str) -> None:
    value: Any = {"when": text, "to": ["fine", text], "fields": {text: 1}}[name]
    assert refused(**{name: value}).startswith(f"{name}: holds a character that cannot be sent")


def test_half_a_character_in_json_text_is_refused_too() -> None:
    assert refused(to='["\\ud83d"]').startswith("to: holds a character that cannot be sent")


def test_deep_nesting_is_refused_and_does_not_break_the_server() -> None:
    deep: Any = "end"
    for _ in range(100_000):
        deep = [deep]
    assert refused(to=[deep]) == "to[0]: must be text"


# -- unknown names -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("schedule_date", "unknown argument 'schedule_date': did you mean 'when'?"),
        ("Schedule_Date", "unknown argument 'Schedule_Date': did you mean 'when'?"),
        ("recipients", "unknown argument 'recipients': did you mean 'to'?"),
        ("limits", "unknown argument 'limits': did you mean 'limit'?"),
        ("previewOnly", "unknown argument 'previewOnly': did you mean 'preview_only'?"),
        ("zzz", "unknown argument 'zzz'."),
        (SECRET, "unknown argument (its name is no argument's name and is not repeated here)."),
        ("x\u202e", "unknown argument (its name is no argument's name and is not repeated here)."),
    ],
)
def test_an_unknown_argument_is_refused_with_the_nearest_name(name: str, said: str) -> None:
    assert refused(**{name: SECRET}) == f"{said} This tool takes {', '.join(Arguments.model_fields)}"


def test_a_tool_without_arguments_says_so() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    with pytest.raises(InvalidInput, match=r"^unknown argument 'x'\. This tool takes no arguments\."):
        accepted({"x": 1}, schema, SYNONYMS)


@given(
    st.text().filter(lambda name: name not in Arguments.model_fields), st.none() | st.text() | st.integers()
)
def test_no_unknown_argument_ever_vanishes(name: str, value: object) -> None:
    with pytest.raises(InvalidInput, match="unknown argument"):
        accepted({name: value, "limit": 5}, SCHEMA, SYNONYMS)


@given(st.dictionaries(st.sampled_from(sorted(Arguments.model_fields)), JSON))
def test_whatever_is_passed_is_taken_or_refused_and_never_repeated(given: dict[str, Any]) -> None:
    given["to"] = [{SECRET: SECRET}]
    with pytest.raises(InvalidInput) as caught:
        read(**given)
    assert SECRET not in str(caught.value)
