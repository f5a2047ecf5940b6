"""Rows as lines: a table where it says everything in few words, else JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.models.called import lines_of

CELLS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3), max_size=2)
)
ROWS = st.lists(
    st.dictionaries(
        st.text(max_size=3), CELLS | st.dictionaries(st.text(max_size=3), CELLS, max_size=2), max_size=5
    ),
    max_size=6,
)


def test_rows_that_have_most_members_are_a_table() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "base": {"name": "a|b"}},
        {"id": 2, "base": {"name": "c"}},
        {"id": 3},
    ]
    assert lines_of(rows) == ["id | base.name", "1 | a\\|b", "2 | c", "3"]


def test_a_bar_at_the_end_of_a_cell_stays() -> None:
    assert lines_of([{"a": 1, "b": "x|"}, {"a": 2, "b": "y"}]) == ["a | b", "1 | x\\|", "2 | y"]


@pytest.mark.parametrize(
    "rows",
    [
        [{f"m{number}": number} for number in range(20)],
        [{"a.b": 1, "a": {"b": 2}}, {"a.b": 3, "a": {"b": 4}}],
        [{"": 1}, {"": 2}],
        [{}, {}],
    ],
    ids=["mostly empty", "names that a table cannot tell apart", "no name", "nothing at all"],
)
def test_what_a_table_would_blur_or_swell_is_json(rows: list[dict[str, Any]]) -> None:
    assert [json.loads(line) for line in lines_of(rows)] == rows


def test_a_row_without_anything_says_so() -> None:
    assert lines_of([{"a": 1, "b": 2}, {"a": 3, "b": 4}, {}]) == ["a | b", "1 | 2", "3 | 4", "{}"]


@given(ROWS)
def test_no_line_is_blank_and_none_is_missing(rows: list[dict[str, Any]]) -> None:
    lines = lines_of(rows)
    assert all(lines)
    assert len(lines) - len(rows) in {0, 1}
