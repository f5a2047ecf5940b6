"""As few batches as rows and bytes require, and none of a single row."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.imports.packing import FEWEST_ROWS, most_row_bytes, pack

ROOM = 40
SIZES = st.lists(st.integers(min_value=1, max_value=most_row_bytes(ROOM)), min_size=2, max_size=40)


def fewest(sizes: list[int], room: int) -> int:
    """By trying every division: the smallest number of batches of two rows or more that fit."""

    @cache
    def rest(start: int) -> float:
        if start == len(sizes):
            return 0
        ends = range(start + FEWEST_ROWS, len(sizes) + 1)
        return min((1 + rest(end) for end in ends if sum(sizes[start:end]) <= room), default=float("inf"))

    return int(rest(0))


@given(SIZES)
def test_batches_hold_all_rows_once_fit_and_are_as_few_as_can_be(sizes: list[int]) -> None:
    batches = pack(sizes, ROOM)
    assert sum(batches) == len(sizes)
    start = 0
    for rows in batches:
        assert rows >= FEWEST_ROWS
        assert sum(sizes[start : start + rows]) <= ROOM
        start += rows
    assert len(batches) == fewest(sizes, ROOM)


def test_a_row_that_is_left_over_gets_the_last_one_of_the_batch_before() -> None:
    assert pack([10, 10, 10, 10, 10], 40) == [3, 2]
    assert pack([10, 10, 10, 10], 40) == [4]


@pytest.mark.parametrize("sizes", [[], [5], [11, 5]])
def test_what_cannot_be_packed_is_refused(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="row"):
        pack(sizes, ROOM)
