"""Reading a file of rows as it streams: CSV, a JSON array of objects, or JSON lines, all of them in UTF-8.

One row is in memory at a time. What is wrong with a row stays with that row; what is wrong with the file
ends the reading.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, Protocol, TextIO, cast

from egoi_mcp.api.json_body import JsonValue
from egoi_mcp.errors import InvalidInput
from egoi_mcp.imports.rows import Record

DELIMITERS = ",;\t"
_NOTHING = "Nothing was imported."
_NO_UTF8 = "is not UTF-8"
_SURROGATES = re.compile("[\ud800-\udfff]")
_PIECE = 65_536
_LONGEST_LINE = 1_000_000
_BLANK = " \t\r\n"


class _Lines(Protocol):
    """What lines are read from."""

    def readline(self, most: int, /) -> str: ...


def records_of(name: str, file: BinaryIO) -> Iterator[Record]:
    """The rows of a file, by its name's ending: .csv, .json or .jsonl.

    A row's number is the line on which it begins, in a JSON array its place.

    Raises:
        InvalidInput: the name ends otherwise, the header is none, or a JSON array breaks off.
    """
    # What is no UTF-8 is kept apart until the row is complete, so that it is that row's fault alone.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        match name.rpartition(".")[2].casefold():
            case "csv":
                yield from _csv_rows(text)
            case "json":
                yield from _array_or_lines(text)
            case "jsonl" | "ndjson":
                yield from _json_lines(text)
            case _:
                raise InvalidInput(f"file: takes names that end in .csv, .json or .jsonl. {_NOTHING}")
    finally:
        # The file is its opener's to close.
        text.detach()


def inline(rows: Sequence[Mapping[str, JsonValue]]) -> Iterator[Record]:
    """Rows that came with the call, numbered from 1."""
    for number, values in enumerate(rows, 1):
        yield Record(number=number, values=values)


# -- CSV -----------------------------------------------------------------------------------------


def _csv_rows(text: TextIO) -> Iterator[Record]:
    first = text.readline(_PIECE)
    columns = _header(first)
    delimiter = delimiter_of(first)
    reader = csv.reader(_lines(text, '"a"b\n'), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 2
        try:
            cells = next(reader, None)
        except csv.Error:
            yield Record(number=number, wrong="its quotes or cells are not well-formed CSV")
            continue
        if cells is None:
            return
        if not cells:
            # A blank line is no row.
            continue
        yield _cells(number, columns, cells)


def delimiter_of(header: str) -> str:
    """Which of comma, semicolon and tab takes a header apart into the most columns; comma in doubt."""
    return max(DELIMITERS, key=lambda each: len(_split(header, each)))


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), list[str]())
    except csv.Error:
        return []


def _header(line: str) -> list[str]:
    columns = [each.strip() for each in _split(line, delimiter_of(line))]
    if not any(columns) or _SURROGATES.search(line) or "\x00" in line or not line.endswith(("\n", "\r")):
        raise InvalidInput(f"file: the first line names no columns in UTF-8, or no row follows. {_NOTHING}")
    named = [each for each in columns if each]
    if len(set(named)) < len(named):
        raise InvalidInput(f"file: two columns have the same name. {_NOTHING}")
    return columns


def _cells(number: int, columns: Sequence[str], cells: Sequence[str]) -> Record:
    if len(cells) != len(columns):
        return Record(number=number, wrong=f"has {len(cells)} cells, and the header has {len(columns)}")
    if any(_SURROGATES.search(each) for each in cells):
        return Record(number=number, wrong=_NO_UTF8)
    values = {column: cell.strip() for column, cell in zip(columns, cells, strict=True) if column}
    return Record(number=number, values=values)


# -- JSON ----------------------------------------------------------------------------------------


class _Twice(ValueError):
    """An object names a member twice."""


def _once(pairs: Sequence[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Twice
    return members


_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def _json_lines(text: _Lines) -> Iterator[Record]:
    for number, line in enumerate(_lines(text, "{"), 1):
        if not line.strip(_BLANK):
            continue
        try:
            value: object = _DECODER.decode(line.strip(_BLANK))
        except _Twice:
            yield Record(number=number, wrong="names a member twice")
        except (ValueError, RecursionError):
            yield Record(number=number, wrong=_NO_UTF8 if _SURROGATES.search(line) else "is no JSON object")
        else:
            yield _object(number, value)


def _lines(text: _Lines, instead: str) -> Iterator[str]:
    """The lines; `instead` of one that is too long, whose rest is thrown away."""
    while line := text.readline(_LONGEST_LINE):
        if len(line) < _LONGEST_LINE:
            yield line
            continue
        yield instead
        while line and not line.endswith(("\n", "\r")):
            line = text.readline(_LONGEST_LINE)


def _object(number: int, value: object) -> Record:
    if not isinstance(value, dict):
        return Record(number=number, wrong="is no JSON object")
    values = cast("dict[str, JsonValue]", value)
    if _has_surrogates(values):
        return Record(number=number, wrong=_NO_UTF8)
    return Record(number=number, values=values)


def _has_surrogates(values: Mapping[str, JsonValue]) -> bool:
    texts: Iterable[JsonValue] = (each for pair in values.items() for each in pair)
    return any(isinstance(each, str) and _SURROGATES.search(each) for each in texts)


def _array_or_lines(text: TextIO) -> Iterator[Record]:
    """A file that is called .json and begins with an object holds JSON lines all the same."""
    read = text.read(_PIECE)
    while read and not read.strip(_BLANK):
        read = text.read(_PIECE)
    if read.lstrip(_BLANK).startswith("{"):
        yield from _json_lines(_Again(read, text))
        return
    if not read.lstrip(_BLANK).startswith("["):
        raise InvalidInput(f"file: is no JSON array of objects, one for each row. {_NOTHING}")
    yield from _elements(read, text)


class _Again:
    """A text of which the beginning was read before."""

    def __init__(self, read: str, text: TextIO) -> None:
        self._read = io.StringIO(read, newline="")
        self._text = text

    def readline(self, most: int, /) -> str:
        """As of a file: a line, or as much of it."""
        line = self._read.readline(most)
        if line.endswith("\n") or len(line) >= most:
            return line
        return line + self._text.readline(most - len(line))


def _elements(read: str, text: TextIO) -> Iterator[Record]:
    """The elements of an array, one by one, from pieces of the text; a comma after the last is forgiven."""
    at, number = read.index("[") + 1, 0
    ended = between = False
    while True:
        while at < len(read) and read[at] in _BLANK:
            at += 1
        if at < len(read) and read[at] == "]":
            if read[at + 1 :].strip(_BLANK) or text.read(_PIECE).strip(_BLANK):
                raise _broken(number)
            return
        if between and at < len(read):
            if read[at] != ",":
                raise _broken(number)
            at, between = at + 1, False
            continue
        try:
            if at >= len(read):
                raise ValueError
            value, end = _DECODER.raw_decode(read, at)
            if end >= len(read) and not ended:
                # A number could go on in the next piece.
                raise ValueError
        except _Twice:
            raise InvalidInput(f"file: row {number + 1} names a member twice. {_NOTHING}") from None
        except (ValueError, RecursionError):
            if ended or len(read) - at > _LONGEST_LINE:
                raise _broken(number) from None
            piece = text.read(_PIECE)
            ended = not piece
            read, at = read[at:] + piece, 0
            continue
        number += 1
        at, between = end, True
        yield _object(number, value)


def _broken(number: int) -> InvalidInput:
    return InvalidInput(f"file: is no JSON array any more after row {number}. {_NOTHING}")
