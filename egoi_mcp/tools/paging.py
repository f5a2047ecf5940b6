"""Pages: cursors that are opaque to the model and good after a restart, and rows that fit into an answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel

from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.result import visible_throughout

_MOST_BYTES = 24_000
"""About 6,000 tokens: what is read as one answer, with room for what stands around the rows."""

_Row = TypeVar("_Row", bound=BaseModel)


def members_that_fit(members: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """As many of the first members as one answer holds, and how many are left out."""
    left = _MOST_BYTES
    kept: dict[str, str] = {}
    for name, value in members.items():
        left -= _size({name: value})
        if left < 0:
            break
        kept[name] = value
    return kept, len(members) - len(kept)


def _size(value: object) -> int:
    """Bytes of the value as the model gets it."""
    return len(json.dumps(visible_throughout(value), ensure_ascii=False, separators=(",", ":")).encode()) + 1


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
    shown = _that_fit(rows)
    ends = offset + len(shown)
    more = len(shown) < len(rows) or (len(rows) >= limit if total is None else ends < total)
    if not more or not shown:
        return shown, None
    packed = json.dumps([_mark(scope), ends]).encode()
    return shown, base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _that_fit(rows: Sequence[_Row]) -> tuple[_Row, ...]:
    left = _MOST_BYTES
    for index, row in enumerate(rows):
        left -= _size(row.model_dump(mode="json", exclude_none=True))
        if left < 0:
            return tuple(rows[: max(1, index)])
    return tuple(rows)


def offset_of(cursor: str | None, scope: tuple[object, ...]) -> int:
    """Where the page of `cursor` begins; 0 without one.

    Raises:
        InvalidInput: the cursor is damaged, or belongs to another question.
    """
    if cursor is None:
        return 0
    mark, offset = _unpacked(cursor)
    if mark != _mark(scope):
        raise InvalidInput(
            "cursor: belongs to a call with other arguments. Repeat those, or leave it out to start again."
        )
    return offset


def _unpacked(cursor: str) -> tuple[str, int]:
    try:
        mark, offset = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
        if not isinstance(mark, str) or type(offset) is not int or offset < 0:
            raise ValueError("no mark and offset")
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise InvalidInput(
            "cursor: is not one that this server gave. Leave it out to start again."
        ) from error
    return mark, offset


def belongs(cursor: str, scope: tuple[object, ...]) -> bool:
    """Whether the cursor continues the question of this scope.

    Raises:
        InvalidInput: the cursor is damaged.
    """
    return _unpacked(cursor)[0] == _mark(scope)


def _mark(scope: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(scope, default=str).encode()).hexdigest()[:12]
