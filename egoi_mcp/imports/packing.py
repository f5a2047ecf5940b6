"""How many rows go into which batch."""

from __future__ import annotations

from collections.abc import Sequence

FEWEST_ROWS = 2
"""The vendor takes no import of a single contact."""
_ROWS_THAT_FIT = 4
"""A row is at most a quarter of a batch, so that a full batch can always lend its last row."""


def most_row_bytes(room: int) -> int:
    """The longest row, its comma included, that batches of so much room may hold."""
    return room // _ROWS_THAT_FIT


def pack(sizes: Sequence[int], room: int) -> list[int]:
    """The numbers of rows of each batch, in order, so that there are as few batches as can be.

    `sizes` are the rows' bytes, commas included, none above `most_row_bytes(room)`. Each batch takes what it
    can hold before the next one begins, which no other division of an ordered list betters; where one row
    is left over at the end, it gets the last row of the batch before it for company.

    Raises:
        ValueError: a row is too long, or there are fewer than two.
    """
    if len(sizes) < FEWEST_ROWS:
        raise ValueError("an import has at least two rows")
    if max(sizes) > most_row_bytes(room):
        raise ValueError("a row is longer than a quarter of a batch")
    batches: list[int] = []
    rows = used = 0
    for size in sizes:
        if used + size > room:
            batches.append(rows)
            rows = used = 0
        rows += 1
        used += size
    batches.append(rows)
    if batches[-1] == 1:
        batches[-2] -= 1
        batches[-1] += 1
    return batches
