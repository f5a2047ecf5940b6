"""What calling an operation answers: an outcome, and for what was read its rows or its members."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from egoi_mcp.models.outcome import Outcome
from egoi_mcp.plain_text import clean

_MOST_COLUMNS = 25
_FEWEST_IN_A_TABLE = 2


class Called(Outcome):
    """One flat shape for looking and acting; `rows` of a list, `data` of anything else."""

    rows: tuple[dict[str, JsonValue], ...] = ()
    data: dict[str, JsonValue] | None = None
    total: int | None = None
    next_cursor: str | None = None
    file: str | None = None
    """Where what did not fit, or its first file, lies for a day, readable by the server's user only."""
    file_bytes: int | None = None
    file_type: str | None = None
    excerpt: str | None = None

    def as_text(self) -> str:
        """The outcome, then the rows as lines under their names, or the members as one line of JSON."""
        lines = [super().as_text()]
        lines += lines_of(self.rows)
        if self.data:
            lines.append(compact(self.data))
        if self.file is not None:
            lines.append(f"file: {self.file} ({self.file_bytes} bytes, {self.file_type}, kept for a day)")
        if self.excerpt is not None:
            lines.append(f"begins: {clean(self.excerpt)}")
        if self.next_cursor is not None:
            lines.append(f"next_cursor: {self.next_cursor}")
        return "\n".join(lines)


def compact(value: object) -> str:
    """JSON in the fewest characters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def lines_of(rows: Sequence[Mapping[str, JsonValue]]) -> list[str]:
    """Rows as lines: a table under one line of names where they are few and filled, else JSON a line."""
    flat = [list(_flat(row, "")) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name, _ in row))
    filled = sum(map(len, flat))
    if (
        len(rows) < _FEWEST_IN_A_TABLE
        or not 0 < len(names) <= _MOST_COLUMNS
        or filled * 2 < len(names) * len(rows)
        or filled != sum(len(dict(row)) for row in flat)
        or not all(map(clean, names))
    ):
        return [compact(row) for row in rows]
    return [" | ".join(map(_cell, names)), *(_line(dict(row), names) for row in flat)]


def _line(row: Mapping[str, JsonValue], names: Sequence[str]) -> str:
    cells = [_cell(row.get(name)) for name in names]
    while cells and not cells[-1]:
        cells.pop()
    return " | ".join(cells) or "{}"


def _flat(value: Mapping[str, JsonValue], before: str) -> Iterator[tuple[str, JsonValue]]:
    for name, member in value.items():
        if isinstance(member, Mapping) and member:
            yield from _flat(member, f"{before}{name}.")
        else:
            yield f"{before}{name}", member


def _cell(value: JsonValue) -> str:
    if value is None:
        return ""
    # A text that looks like two cells must not be taken for them.
    text = value if isinstance(value, str) else compact(value)
    return clean(text).replace("|", "\\|")
