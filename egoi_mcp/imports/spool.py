"""The contacts of an import on disk, and the requests that carry them: one batch in memory at a time."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, chain
from pathlib import Path
from typing import BinaryIO, overload

from egoi_mcp.api.catalog import JsonValue, Operation, Request
from egoi_mcp.api.json_body import encode_body
from egoi_mcp.api.packed import PackedObjects, joined
from egoi_mcp.imports.packing import pack

_COMMA, _END = b",", b"]}"
_PIECE = 1_000_000


class Spool:
    """Contacts as they are sent, one after the other, in a file without a name; closed, it is gone."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sizes = array("L")
        self._numbers = array("L")

    @property
    def size(self) -> int:
        """How many bytes all contacts have."""
        return sum(self._sizes)

    def add(self, contact: bytes, number: int) -> None:
        """Take the next contact, and the number of its row."""
        self._file.write(contact)
        self._file.write(_COMMA)
        self._sizes.append(len(contact) + len(_COMMA))
        self._numbers.append(number)

    def batches(
        self, operation: Operation, list_id: int, head: dict[str, JsonValue], *, most_bytes: int
    ) -> Batches:
        """The requests that import them all, each with `head` before its contacts.

        Raises:
            ValueError: there are fewer than two contacts, or one is longer than a quarter of a request.
        """
        self._file.flush()
        return Batches(self._file, self._sizes, self._numbers, operation, list_id, head, most_bytes)


class Batches(Sequence[Request]):
    """The requests of an import; each is read from the disk whenever it is looked at."""

    def __init__(
        self,
        file: BinaryIO,
        sizes: Sequence[int],
        numbers: Sequence[int],
        operation: Operation,
        list_id: int,
        head: dict[str, JsonValue],
        most_bytes: int,
    ) -> None:
        self._file = file
        self._sizes = sizes
        self._numbers = numbers
        self._operation = operation
        self._path = {"list_id": list_id}
        self._head = head
        counts = pack(sizes, room_of(head, most_bytes))
        self._firsts = [0, *accumulate(counts)]
        offsets = [0, *accumulate(sizes)]
        self._offsets = [offsets[first] for first in self._firsts]

    def __len__(self) -> int:
        return len(self._firsts) - 1

    def __iter__(self) -> Iterator[Request]:
        """One after the other; none is held while the next one is made."""
        return map(self.__getitem__, range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Request: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Request]: ...
    def __getitem__(self, index: int | slice) -> Request | Sequence[Request]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        head = encode_body({**self._head, "contacts": []})[: -len(_END)]
        start, end = self._offsets[place], self._offsets[place + 1] - len(_COMMA)
        pieces = chain((head,), self._read(start, end), (_END,))
        whole = joined(len(head) + end - start + len(_END), pieces)
        raw = memoryview(whole)[len(head) : -len(_END)]
        sizes = self._sizes[self._firsts[place] : self._firsts[place + 1]]
        ends = array("L", (each - len(_COMMA) for each in accumulate(sizes)))
        body: dict[str, JsonValue] = {**self._head, "contacts": PackedObjects(raw, ends)}
        return Request(operation=self._operation, path=self._path, body=body)

    def _read(self, start: int, end: int) -> Iterator[bytes]:
        self._file.seek(start)
        for at in range(start, end, _PIECE):
            yield self._file.read(min(_PIECE, end - at))

    @property
    def rows(self) -> tuple[tuple[int, int], ...]:
        """The numbers of the first and the last row of each batch."""
        pairs = zip(self._firsts, self._firsts[1:], strict=False)
        return tuple((self._numbers[first], self._numbers[end - 1]) for first, end in pairs)


def room_of(head: dict[str, JsonValue], most_bytes: int) -> int:
    """How many bytes of contacts, a comma behind each, fit into a request with this head."""
    return most_bytes - len(encode_body({**head, "contacts": []})) + len(_COMMA)


@contextmanager
def spooled(folder: Path) -> Generator[Spool]:
    """An empty spool in this folder, for as long as the block lasts."""
    with tempfile.TemporaryFile(dir=folder, prefix=".import-") as file:
        yield Spool(file)
