"""What goes into the spool comes out as requests, row by row, to the byte."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import JsonValue, freeze, operation, thaw
from egoi_mcp.api.json_body import encode_body
from egoi_mcp.imports.packing import most_row_bytes
from egoi_mcp.imports.spool import room_of, spooled

OPERATION = operation("egoi", "actionImportBulk")
HEAD: dict[str, JsonValue] = {"mode": "update", "compare_field": "email"}
MOST = 400
NAMES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=2, max_size=40)


@given(NAMES)
def test_the_batches_hold_the_contacts_once_in_order_and_fit(names: list[str]) -> None:
    contacts: list[JsonValue] = [{"base": {"first_name": each}} for each in names]
    with tempfile.TemporaryDirectory() as folder, spooled(Path(folder)) as spool:
        for number, each in enumerate(contacts, 10):
            spool.add(encode_body(each), number)
        batches = spool.batches(OPERATION, 3, HEAD, most_bytes=MOST)
        found: list[JsonValue] = []
        for request, (first, last) in zip(batches, batches.rows, strict=True):
            frozen = freeze(request, "https://example.com")
            assert len(frozen.body) <= MOST
            assert thaw(frozen) == request
            body = json.loads(frozen.body)
            assert list(body) == [*HEAD, "contacts"]
            assert last - first + 1 == len(body["contacts"])
            found += body["contacts"]
        assert found == contacts
        assert list(Path(folder).iterdir()) == []


def test_a_batch_is_the_same_each_time_and_can_be_counted_from_the_end() -> None:
    with tempfile.TemporaryDirectory() as folder, spooled(Path(folder)) as spool:
        for number in range(1, 31):
            spool.add(b'{"base":{"email":"u%d@example.com"}}' % number, number)
        batches = spool.batches(OPERATION, 3, HEAD, most_bytes=MOST)
        assert len(batches) > 2
        assert batches[0] == batches[0] != batches[1]
        assert batches[-1] == batches[len(batches) - 1]
        assert batches[:2] == [batches[0], batches[1]]
        with pytest.raises(IndexError):
            _ = batches[len(batches)]


def test_the_room_of_a_batch_is_what_the_limit_leaves() -> None:
    room = room_of(HEAD, MOST)
    row = b"x" * (most_row_bytes(room) - 1)
    assert len(encode_body({**HEAD, "contacts": []})) + 4 * (len(row) + 1) - 1 <= MOST
