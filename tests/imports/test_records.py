"""Files of rows, whatever their delimiter and however they are cut into pieces."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.errors import InvalidInput
from egoi_mcp.imports import records as module
from egoi_mcp.imports.records import delimiter_of, inline, records_of

CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)
MEMBERS = st.dictionaries(
    st.sampled_from(["email", "first_name", "note"]),
    st.one_of(CELL, st.integers(-9, 9), st.none(), st.booleans()),
    max_size=3,
)


def read(name: str, content: bytes | str) -> list[tuple[int, dict[str, Any] | str]]:
    data = content.encode() if isinstance(content, str) else content
    return [(each.number, each.wrong or dict(each.values)) for each in records_of(name, io.BytesIO(data))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_csv_is_read_whatever_of_three_delimiters_it_has_with_and_without_a_byte_order_mark(
    delimiter: str, mark: str
) -> None:
    text = f"{mark}email{delimiter}name\r\na@example.com{delimiter} Ana \r\n"
    assert read("x.csv", text) == [(2, {"email": "a@example.com", "name": "Ana"})]


@given(st.lists(st.tuples(CELL, CELL), max_size=8), st.sampled_from(",;\t"))
def test_what_a_csv_writer_writes_is_read_back(rows: list[tuple[str, str]], delimiter: str) -> None:
    held = io.StringIO()
    writer = csv.writer(held, delimiter=delimiter)
    writer.writerow(["one", "two"])
    writer.writerows(rows)
    found = [values for _, values in read("x.csv", held.getvalue() + "\n")]
    assert found == [{"one": one, "two": two} for one, two in rows]


def test_what_is_wrong_with_a_row_of_a_csv_stays_with_that_row() -> None:
    text = b'a,b\n1,2\n1,2,3\n"x"y,2\n\n\xff,2\n"3\n4",5\n6,7\n'
    assert read("x.csv", text) == [
        (2, {"a": "1", "b": "2"}),
        (3, "has 3 cells, and the header has 2"),
        (4, "its quotes or cells are not well-formed CSV"),
        (6, "is not UTF-8"),
        (7, {"a": "3\n4", "b": "5"}),
        (9, {"a": "6", "b": "7"}),
    ]


@pytest.mark.parametrize("text", ["", "a,b", ",,\n1,2,3\n", "a,a\n1,2\n", b"\xff,b\n1,2\n", "a\x00,b\n1,2\n"])
def test_a_csv_without_a_header_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidInput, match="Nothing was imported"):
        read("x.csv", text)


def test_the_delimiter_is_the_one_that_makes_most_columns() -> None:
    assert delimiter_of('"a;b;c",d\n') == ","
    assert delimiter_of("email;first, last;x\n") == ";"
    assert delimiter_of("email\n") == ","


@given(st.lists(MEMBERS, max_size=8), st.integers(1, 40), st.sampled_from([None, 2]))
def test_an_array_is_read_in_pieces_of_any_size(
    rows: list[dict[str, Any]], piece: int, indent: int | None
) -> None:
    text = json.dumps(rows, ensure_ascii=False, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", piece)
        assert read("x.json", text) == list(enumerate(rows, 1))


@given(st.lists(MEMBERS, min_size=1, max_size=8), st.sampled_from(["x.jsonl", "x.json", "x.ndjson"]))
def test_json_lines_are_read_whatever_the_file_is_called(rows: list[dict[str, Any]], name: str) -> None:
    text = "".join(json.dumps(each) + "\n" for each in rows)
    assert read(name, text) == list(enumerate(rows, 1))


def test_what_is_wrong_with_a_line_stays_with_that_line() -> None:
    text = b'{"a":1}\n[1]\n\n{"a":1,"a":2}\nnonsense\n{"a":"\xff"}\n{"a":2}'
    assert read("x.jsonl", text) == [
        (1, {"a": 1}),
        (2, "is no JSON object"),
        (4, "names a member twice"),
        (5, "is no JSON object"),
        (6, "is not UTF-8"),
        (7, {"a": 2}),
    ]


def test_a_line_without_end_costs_its_own_row_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_LINE", 30)
    text = '{"a":1}\n{"a":"' + "x" * 100 + '"}\n{"a":2}\n'
    assert read("x.jsonl", text) == [(1, {"a": 1}), (2, "is no JSON object"), (3, {"a": 2})]
    text = "a,b\n1," + "x" * 100 + "\n2,3\n"
    assert [number for number, _ in read("x.csv", text)] == [2, 3]


def test_elements_that_are_no_objects_are_wrong_rows() -> None:
    assert read("x.json", '[12, {"a": 1}, "x", null]') == [
        (1, "is no JSON object"),
        (2, {"a": 1}),
        (3, "is no JSON object"),
        (4, "is no JSON object"),
    ]


@pytest.mark.parametrize(
    "text", ["", "x", '[{"a":1}', '[{"a":1} {"a":2}]', '[{"a":1,}]', "[1]x", '[{"a":1,"a":2}]']
)
def test_an_array_that_breaks_off_is_refused_whole(text: str) -> None:
    with pytest.raises(InvalidInput, match="Nothing was imported"):
        read("x.json", text)


def test_other_names_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"\.csv, \.json or \.jsonl"):
        read("x.xlsx", "")


def test_inline_rows_are_numbered_from_one() -> None:
    assert [(each.number, each.values) for each in inline([{"a": 1}, {"a": 2}])] == [
        (1, {"a": 1}),
        (2, {"a": 2}),
    ]
