"""When a list of messages without paging can be taken for whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.guard.looks.listing import LEAST_PAGE, Row, digits, whole
from egoi_mcp.guard.looks.times import FAR_SECONDS, Span

NOW = 1_795_000_000.0
SPAN = Span(NOW, NOW + 120)
TIMES = st.lists(st.floats(NOW - 3 * FAR_SECONDS, NOW + 3 * FAR_SECONDS), max_size=60)


def rows(*times: float | None) -> list[Row]:
    return [
        Row(id=str(number), to="351900000001", written="351-900000001", group="default", at=at, place="near")
        for number, at in enumerate(times)
    ]


@given(times=TIMES, kept=st.integers(LEAST_PAGE, 60), newest_first=st.booleans())
def test_a_cut_list_that_is_taken_for_whole_lacks_nothing_of_the_time(
    times: list[float], kept: int, newest_first: bool
) -> None:
    everything = sorted(times, reverse=newest_first)
    wide = SPAN.widened(FAR_SECONDS)

    if whole(rows(*everything[:kept]), SPAN):
        assert not [at for at in everything[kept:] if wide.start <= at <= wide.end]


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_full_page_in_order_is_whole_where_it_goes_on_beyond(newest_first: bool) -> None:
    beyond = [NOW + (-1 if newest_first else 1) * (FAR_SECONDS + 1000)]
    inside = [NOW + number for number in range(LEAST_PAGE)]
    listed = sorted([*inside, *beyond], reverse=newest_first)

    assert whole(rows(*listed), SPAN)
    assert not whole(rows(*[at for at in listed if at not in beyond]), SPAN)


def test_a_page_in_no_order_proves_nothing() -> None:
    far = NOW - FAR_SECONDS - 1000

    assert not whole(rows(far, *[NOW + number % 3 for number in range(LEAST_PAGE)], far), SPAN)


def test_a_short_list_is_whole_and_one_with_a_row_that_names_nobody_is_not() -> None:
    nobody = Row(id="1", to="", written="", group="", at=None, place="near")

    assert whole([], SPAN)
    assert whole(rows(NOW, None), SPAN)
    assert not whole([nobody], SPAN)
    assert not whole(rows(*[None] * LEAST_PAGE), SPAN)


def test_a_number_is_compared_by_its_digits() -> None:
    assert digits("351-900000001") == digits("+351 900 000 001") == "351900000001"
