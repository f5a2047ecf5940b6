"""Cursors continue their own question, and pages hold what fits into one answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from egoi_mcp.errors import InvalidInput
from egoi_mcp.tools.paging import (
    MOST_TOKENS,
    cursor_to,
    members_that_fit,
    offset_of,
    page_of,
    position_of,
)
from egoi_mcp.weight import weight

SCOPES = st.tuples(st.sampled_from(["list", "tags"]), st.none() | st.integers(1, 5) | st.text(max_size=5))


class Row(BaseModel):
    name: str
    more: str | None = None


@given(
    sizes=st.lists(st.integers(0, 9_000), max_size=60),
    limit=st.integers(1, 100),
    told=st.booleans(),
    scope=SCOPES,
)
def test_following_the_cursors_reads_every_row_once(
    sizes: list[int], limit: int, told: bool, scope: tuple[object, ...]
) -> None:
    rows = [Row(name=f"{number}:" + "x" * size) for number, size in enumerate(sizes)]
    seen: list[Row] = []
    cursor: str | None = None
    for _ in range(len(rows) + 1):
        offset = offset_of(cursor, scope)
        given_rows = rows[offset : offset + limit]
        shown, cursor = page_of(given_rows, scope, offset, total=len(rows) if told else None, limit=limit)
        assert bool(shown) == bool(given_rows)
        seen += shown
        if cursor is None:
            break
    assert seen == rows


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=30))
def test_a_page_is_never_larger_than_an_answer_unless_it_is_one_row(sizes: list[int]) -> None:
    rows = [Row(name="x" * size) for size in sizes]
    shown, _ = page_of(rows, ("a",), 0, total=None, limit=100)
    assert len(shown) == 1 or sum(weight(row.name) for row in shown) < MOST_TOKENS


def test_ordinary_rows_fit_whole() -> None:
    rows = [Row(name="A name of an ordinary length") for _ in range(100)]
    shown, cursor = page_of(rows, ("a",), 0, total=100, limit=100)
    assert len(shown) == 100
    assert cursor is None


@given(one=SCOPES, other=SCOPES)
def test_a_cursor_belongs_to_its_question_alone(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    _, cursor = page_of([Row(name="a")], one, 0, total=2, limit=1)
    assert cursor is not None
    assert offset_of(cursor, one) == 1
    if one != other:
        with pytest.raises(InvalidInput, match="belongs to a call with other arguments"):
            offset_of(cursor, other)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"cursor: (is not one that this server gave|belongs to a call)"):
        offset_of(text, ("a",))


@given(
    st.recursive(st.integers() | st.text(), lambda held: st.lists(held) | st.dictionaries(st.text(), held))
)
def test_a_position_of_any_shape_comes_back_as_it_was(position: Any) -> None:
    assert position_of(cursor_to(position, ("a",)), ("a",)) == position


@pytest.mark.parametrize("position", [-1, "1", [1], {"a": 1}, 1.5, True])
def test_a_position_that_is_no_offset_is_no_page(position: Any) -> None:
    with pytest.raises(InvalidInput, match="is not one that this server gave"):
        offset_of(cursor_to(position, ("a",)), ("a",))


def test_no_cursor_is_the_beginning() -> None:
    assert position_of(None, ("a",)) is None
    assert offset_of(None, ("a",)) == 0


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=9_000), max_size=20))
def test_of_many_members_the_first_are_kept_and_the_rest_is_counted(members: dict[str, str]) -> None:
    kept, left_out = members_that_fit(members)
    assert list(members.items())[: len(kept)] == list(kept.items())
    assert left_out == len(members) - len(kept)
