"""Packed objects say what the same objects say, and only one form of them is packed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api import json_body
from egoi_mcp.api.catalog import FrozenRequest, JsonValue, Request, freeze, operation, thaw
from egoi_mcp.api.json_body import decode_body, decode_packed, encode_body
from egoi_mcp.api.packed import PackedObjects
from egoi_mcp.api.risk import affected, repeatable, risk_of
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.people import people_in
from egoi_mcp.guard.reach import reach_of

ORIGIN = "https://example.com"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.one_of(
    TEXT,
    st.integers(-9, 9),
    st.booleans(),
    st.none(),
    st.sampled_from(["active", "removed", "a@example.com", "351-900000001", "https://example.com/x"]),
)
NAMES = st.sampled_from(["base", "status", "email", "Cellphone", "consent", "notify", "first_name", "é", "x"])
OBJECTS: st.SearchStrategy[JsonValue] = st.dictionaries(
    NAMES,
    st.one_of(VALUES, st.lists(VALUES, max_size=2), st.dictionaries(NAMES, VALUES, max_size=3)),
    max_size=4,
)


def _body(mode: str, contacts: list[JsonValue]) -> dict[str, Any]:
    return {"mode": mode, "compare_field": "email", "contacts": contacts}


BODIES = st.builds(
    _body,
    st.sampled_from(["add", "update", "update_only", "other"]),
    st.lists(OBJECTS, min_size=1, max_size=6),
)


def request(body: JsonValue) -> Request:
    return Request(operation=operation("egoi", "actionImportBulk"), path={"list_id": 3}, body=body)


def packed(body: JsonValue) -> dict[str, JsonValue]:
    found = decode_packed(encode_body(body))
    assert found is not None
    assert isinstance(found["contacts"], PackedObjects)
    return dict(found)


@given(BODIES)
def test_packed_objects_are_the_same_objects_in_the_same_bytes(body: dict[str, Any]) -> None:
    found = packed(body)
    assert found == body
    assert encode_body(found) == encode_body(body)
    contacts = found["contacts"]
    assert isinstance(contacts, PackedObjects)
    assert [contacts[place] for place in range(len(contacts))] == body["contacts"]
    assert contacts[-1] == body["contacts"][-1]
    assert contacts[1:3] == body["contacts"][1:3]
    with pytest.raises(IndexError):
        _ = contacts[len(contacts)]


@given(BODIES)
def test_they_weigh_reach_and_name_what_the_same_objects_do(body: dict[str, Any]) -> None:
    plain, tight = request(body), request(packed(body))
    assert risk_of(tight) is risk_of(plain)
    assert affected(tight) == affected(plain) == len(body["contacts"])
    assert repeatable(tight) is repeatable(plain)
    one, other = reach_of([tight]), reach_of([plain])
    assert (one.lists, one.hosts, one.risks, one.unknown) == (
        other.lists,
        other.hosts,
        other.risks,
        other.unknown,
    )
    assert set(one.recipients) == set(other.recipients)
    assert set(one.links) == set(other.links)


@given(BODIES, st.integers(1, 64))
def test_a_large_body_is_read_packed_in_windows_of_any_size(body: dict[str, Any], window: int) -> None:
    frozen = freeze(request(body), ORIGIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_body, "LARGE_BODY_BYTES", 1)
        patch.setattr(json_body, "_WINDOW_BYTES", window)
        opened = thaw(frozen)
        assert opened == request(body)
        assert freeze(opened, ORIGIN) == frozen
    assert isinstance(opened.body, dict)
    assert isinstance(opened.body["contacts"], PackedObjects)


@given(BODIES)
def test_whom_a_large_body_names_is_whom_a_small_one_names(body: dict[str, Any]) -> None:
    frozen = freeze(request(body), ORIGIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("egoi_mcp.guard.people.LARGE_BODY_BYTES", 1)
        large = people_in([frozen])
    assert set(large) == set(people_in([frozen]))
    assert len(set(large)) == len(large)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"contacts":[{"b":1} ,{"b":2}]}',
        '{"a":1,"contacts":[{"b":1},{"b":1,"b":2}]}',
        '{"a":1,"a":2,"contacts":[{"b":1}]}',
        '{"a":1,"contacts":[{"b":1.0e1}]}',
        '{"a":1,"contacts":[{"b":"\\u0041"}]}',
        '{"a":1,"contacts":[{"b":1}],"c":1}',
        '{"a":1,"contacts":[{"b":1},2]}',
        '{"a":1,"contacts":[{"b":1}]} ',
        '{"a":1,"contacts":[{"b":NaN}]}',
        '{"a":1,"contacts":[{"b":1}',
        '{"a": 1,"contacts":[{"b":1}]}',
        '{"a":1,"contacts":[]}',
        '[{"b":1}]',
        '{"a":1}',
        "",
    ],
)
def test_what_is_not_in_the_one_form_is_not_packed(text: str) -> None:
    assert decode_packed(text.encode()) is None


def test_what_is_not_utf8_is_not_packed() -> None:
    assert decode_packed(b'{"a":1,"contacts":[{"b":"\xff"}]}') is None


def test_objects_that_nest_too_deeply_are_not_packed() -> None:
    deep: Any = 1
    for _ in range(64):
        deep = [deep]
    assert (
        decode_packed(json.dumps({"a": 1, "contacts": [{"b": deep}]}, separators=(",", ":")).encode()) is None
    )


@given(BODIES)
def test_a_body_that_is_large_and_not_in_the_one_form_is_refused_as_a_small_one_is(
    body: dict[str, Any],
) -> None:
    loose = FrozenRequest(
        "egoi",
        "POST",
        ORIGIN,
        "/lists/3/contacts/actions/import-bulk",
        json.dumps(body, ensure_ascii=True).encode(),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_body, "LARGE_BODY_BYTES", 1)
        assert decode_body(loose.body) == body
        with pytest.raises(InvalidInput, match="one form"):
            thaw(loose)
