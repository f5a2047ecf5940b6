"""A long array of objects that stays the bytes it is sent as."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, cast, overload

if TYPE_CHECKING:
    from egoi_mcp.api.json_body import JsonValue


def joined(length: int, pieces: Iterable[bytes]) -> bytes:
    """Pieces of this length together as one; of what is large no second copy is made on the way."""
    # The buffer takes over what nobody else holds, and gives it back as it is once it is full.
    buffer = io.BytesIO(bytes(length))
    for piece in pieces:
        buffer.write(piece)
    return buffer.getvalue()


class PackedObjects(Sequence["JsonValue"]):
    """JSON objects in compact form, a comma between two; one is decoded at a time, when it is looked at.

    As values, the objects of a 20 MB body take ten times as much memory as their bytes.
    """

    __slots__ = ("_ends", "raw")

    def __init__(self, raw: bytes | memoryview, ends: Sequence[int]) -> None:
        """Take the bytes between the brackets, and for each object where it ends in them."""
        self.raw = raw
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> JsonValue: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[JsonValue]: ...
    def __getitem__(self, index: int | slice) -> JsonValue | Sequence[JsonValue]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        return self._decoded(self._ends[place - 1] + 1 if place else 0, self._ends[place])

    def __iter__(self) -> Iterator[JsonValue]:
        start = 0
        for end in self._ends:
            yield self._decoded(start, end)
            start = end + 1

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PackedObjects):
            return self.raw == other.raw
        return isinstance(other, Sequence) and list(self) == list(cast("Sequence[object]", other))

    __hash__ = None  # type: ignore[assignment]  # as of any other array

    def __repr__(self) -> str:
        return f"<{len(self)} packed objects>"

    def _decoded(self, start: int, end: int) -> JsonValue:
        value: JsonValue = json.loads(bytes(self.raw[start:end]))
        return value
