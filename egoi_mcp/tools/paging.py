"""Pages: cursors that are opaque to the model and good after a restart, and rows that fit into an answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.result import visible_throughout
from egoi_mcp.weight import cost

MOST_TOKENS = 7_500
"""What is read as one answer, with room for what stands around the rows."""

_MOST_OF_ONE = 5_500
"""The same for the members of one row, which has more to say than those."""

_Row = TypeVar("_Row", bound=BaseModel)


def members_that_fit(
    members: Mapping[str, str], most_tokens: int = _MOST_OF_ONE
) -> tuple[dict[str, str], int]:
    """As many of the first members as one answer holds, and how many are left out."""
    left = most_tokens
    kept: dict[str, str] = {}
    for name, value in members.items():
        left -= _size({name: value})
        if left < 0:
            break
        kept[name] = value
    return kept, len(members) - len(kept)


def _size(value: object) -> int:
    """Tokens of the value as the model gets it, about."""
    return cost(json.dumps(visible_throughout(value), ensure_ascii=False, separators=(",", ":")))


def page_of(
    rows: Sequence[_Row], scope: tuple[object, ...], offset: int, *, total: int | None, limit: int
) -> tuple[tuple[_Row, ...], str | None]:
    """The rows that fit into one answer, at least one of them, and the cursor of what comes after.

    Args:
        rows: what the vendor gave from `offset` on; ordinary rows fit whole.
        scope: the question that the page answers.
        offset: where the page begins.
        total: how many rows there are in all; without it, a full page is taken to have a next one.
        limit: how many rows were asked for.
    """
    shown = rows_that_fit(rows)
    ends = offset + len(shown)
    more = len(shown) < len(rows) or (len(rows) >= limit if total is None else ends < total)
    return shown, cursor_to(ends, scope) if more and shown else None


def rows_that_fit(rows: Sequence[_Row], most_tokens: int = MOST_TOKENS) -> tuple[_Row, ...]:
    """The first rows, at least one, that are read as one answer or a part of one."""
    written = [_written(row) for row in rows]
    # No token is shorter than a byte, so most pages need no counting.
    if sum(len(each.encode()) for each in written) <= most_tokens:
        return tuple(rows)
    left = most_tokens
    for index, each in enumerate(written):
        left -= cost(each)
        if left < 0:
            return tuple(rows[: max(1, index)])
    return tuple(rows)


def _written(row: BaseModel) -> str:
    """The row as the model gets it."""
    dumped = row.model_dump_json(exclude_none=True)
    # Where nothing is written out, that is it.
    if dumped.isascii() and dumped.isprintable() and "\\" not in dumped:
        return dumped
    shown = visible_throughout(row.model_dump(mode="json", exclude_none=True))
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def cursor_to(position: JsonValue, scope: tuple[object, ...]) -> str:
    """The cursor of a place in the answer to a question; whoever reads it needs no memory of the question."""
    packed = json.dumps([_mark(scope), position], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def offset_of(cursor: str | None, scope: tuple[object, ...]) -> int:
    """Where the page of `cursor` begins; 0 without one.

    Raises:
        InvalidInput: the cursor is damaged, or belongs to another question.
    """
    position = position_of(cursor, scope)
    if position is None:
        return 0
    if type(position) is not int or position < 0:
        raise not_ours()
    return position


def position_of(cursor: str | None, scope: tuple[object, ...]) -> JsonValue:
    """The place that `cursor` leads to; None without one.

    Raises:
        InvalidInput: the cursor is damaged, or belongs to another question.
    """
    if cursor is None:
        return None
    try:
        mark, position = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
        if not isinstance(mark, str) or position is None:
            raise ValueError("no mark and position")
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise not_ours() from error
    if mark != _mark(scope):
        raise InvalidInput(
            "cursor: belongs to a call with other arguments. Repeat those, or leave it out to start again."
        )
    found: JsonValue = position
    return found


def not_ours() -> InvalidInput:
    """What is said of a cursor that was made up or damaged."""
    return InvalidInput("cursor: is not one that this server gave. Leave it out to start again.")


def _mark(scope: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(scope, default=str).encode()).hexdigest()[:12]
