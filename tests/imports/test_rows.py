"""Every row has exactly one local outcome, and the batches hold exactly the ready ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.json_body import JsonValue
from egoi_mcp.errors import InvalidInput
from egoi_mcp.imports.packing import FEWEST_ROWS, most_row_bytes, pack
from egoi_mcp.imports.rows import Duplicate, Invalid, Ready, Record, Tally, sort_out

ROOM = 400
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["", "no address", *(f"u{n}@example.com" for n in range(12))]),
        "first_name": st.text(max_size=120),
    },
)
RECORDS = st.lists(
    st.one_of(
        st.builds(Record, number=st.just(0), values=VALUES),
        st.just(Record(number=0, wrong="is no JSON object")),
    ),
    max_size=60,
)


def contact_of(values: Mapping[str, JsonValue]) -> tuple[JsonValue, str]:
    email = str(values.get("email", ""))
    if email and "@" not in email:
        raise InvalidInput("email: is no address. Nothing was changed.")
    return {"base": dict(values)}, email.casefold()


def numbered(records: list[Record]) -> list[Record]:
    return [Record(number=n, values=each.values, wrong=each.wrong) for n, each in enumerate(records, 2)]


@given(RECORDS)
def test_each_row_has_one_outcome_and_the_batches_hold_the_ready_ones_once_in_order(
    records: list[Record],
) -> None:
    given_rows = numbered(records)
    rows = list(sort_out(given_rows, contact_of=contact_of, most_bytes=most_row_bytes(ROOM)))
    assert [row.number for row in rows] == [each.number for each in given_rows]
    tally = Tally()
    for row in rows:
        tally.count(row)
    assert tally.rows == len(records)
    assert tally.invalid == sum(isinstance(row, Invalid) for row in rows) == sum(tally.reasons.values())
    assert tally.duplicate == sum(isinstance(row, Duplicate) for row in rows)
    ready = [row for row in rows if isinstance(row, Ready)]
    assert len({row.compared for row in ready}) == len(ready) == tally.ready
    if len(ready) < FEWEST_ROWS:
        return
    left = iter(ready)
    batches = [list(islice(left, count)) for count in pack([len(row.contact) + 1 for row in ready], ROOM)]
    assert [row.number for batch in batches for row in batch] == [row.number for row in ready]
    for row in ready:
        source = next(each for each in given_rows if each.number == row.number)
        assert json.loads(row.contact) == {"base": source.values}


def test_a_reason_says_nothing_of_the_row_and_nothing_of_the_call() -> None:
    rows = list(
        sort_out([Record(number=7, values={"email": "no address"})], contact_of=contact_of, most_bytes=100)
    )
    assert rows == [Invalid(number=7, reason="email: is no address")]


def test_of_rows_that_compare_equal_the_first_counts() -> None:
    values = [{"email": "a@example.com"}, {"email": "A@example.com"}, {}, {"email": "b@example.com"}]
    records = [Record(number=n, values=each) for n, each in enumerate(values, 1)]
    rows = list(sort_out(records, contact_of=contact_of, most_bytes=100))
    assert [type(row) for row in rows] == [Ready, Duplicate, Invalid, Ready]
    tally = Tally()
    for row in rows:
        tally.count(row)
    assert tally.left_out() == (
        "1 row: nothing to compare by",
        "the first: row 3, nothing to compare by",
        "1 row equal to an earlier one, which counts: row 2",
    )


def test_a_row_that_is_too_long_is_left_out() -> None:
    record = Record(number=1, values={"email": "a@example.com", "first_name": "x" * 100})
    (row,) = sort_out([record], contact_of=contact_of, most_bytes=100)
    assert row == Invalid(number=1, reason="longer than 100 bytes")


def test_what_is_left_out_is_told_by_the_most_frequent_reasons_and_the_first_rows() -> None:
    tally = Tally()
    for number in range(1, 21):
        tally.count(Invalid(number=number, reason=f"reason {number % 7}"))
        tally.count(Duplicate(number=100 + number))
    *reasons, first, equal = tally.left_out()
    assert reasons == [*(f"3 rows: reason {n}" for n in (1, 2, 3, 4, 5)), "5 rows for other reasons"]
    assert first == "the first: " + "; ".join(f"row {n}, reason {n}" for n in (1, 2, 3, 4, 5))
    assert equal == "20 rows equal to an earlier one, which counts: row 101, 102, 103, 104, 105, …"
