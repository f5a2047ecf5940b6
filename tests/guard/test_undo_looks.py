"""What is looked up before something is undone, at a vendor that answers otherwise than it should."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient, Reply
from egoi_mcp.guard.receipts import NUMBER
from egoi_mcp.guard.reversals import Done, Look
from egoi_mcp.guard.undo_looks import Found, look

pytestmark = pytest.mark.anyio

AT = 1_795_000_000.0
LOOKS: tuple[Look, ...] = (
    "queue",
    "paused",
    "suppressions",
    "scheduled messages",
    "contacts",
    "draft",
    "new list",
)
SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 99) | st.sampled_from(["", "7", "abc", "paused", "draft"])
)
NAMES = st.sampled_from(
    ["items", "operation_id", "operation_data", "campaign_hash", "status", "id", "value", "created", "base"]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)


class Vendor:
    """Answers every request alike, and keeps them."""

    def __init__(self, data: JsonValue) -> None:
        self.data = data
        self.asked: list[Request] = []

    async def execute(self, request: Request) -> Reply:
        self.asked.append(request)
        return Reply(200, self.data)


async def found(kind: Look, data: JsonValue, done: Done, *, zone: str | None = "UTC") -> Found:
    return await look(kind, cast("ApiClient", Vendor(data)), done, zone)


def suppressed(*values: str) -> Done:
    body: JsonValue = {"type": "email", "value": list(values)}
    return Done(request=Request(operation=operation("egoi", "createSuppressionList"), body=body), at=AT)


def sent() -> Done:
    send = operation("egoi", "actionSendSms")
    return Done(
        request=Request(operation=send, path={"campaign_hash": "abc", "list_id": 1}, body={}), ids=("7",)
    )


def entry(number: int, value: str, seconds: float, **members: str) -> dict[str, JsonValue]:
    created = datetime.fromtimestamp(AT + seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return {"id": number, "type": "email", "value": value, "created": created, **members}


async def test_an_older_entry_stays_even_where_the_vendor_does_not_leave_it_out() -> None:
    rows: JsonValue = {
        "items": [
            entry(1, "new@example.com", 0.0),
            entry(2, "old@example.com", -61.0),
            entry(3, "other@example.com", 0.0),
        ]
    }
    got = await found("suppressions", rows, suppressed("New@example.com", "old@example.com"))
    assert got.ids == ("1",)
    assert got.warnings == ("1 of the values were there before and stay",)


@pytest.mark.parametrize(("seconds", "ids"), [(-60.0, ("1",)), (-61.0, ()), (0.0, ("1",)), (3600.0, ("1",))])
async def test_clocks_may_differ_by_a_minute(seconds: float, ids: tuple[str, ...]) -> None:
    rows: JsonValue = {"items": [entry(1, "new@example.com", seconds)]}
    assert (await found("suppressions", rows, suppressed("new@example.com"))).ids == ids


async def test_the_times_of_entries_are_the_accounts() -> None:
    rows: JsonValue = {"items": [entry(1, "new@example.com", 0.0)]}
    # Lisbon's winter time is UTC; in Tokyo the same stamp was nine hours before.
    assert (await found("suppressions", rows, suppressed("new@example.com"), zone="Asia/Tokyo")).ids == ()
    assert (await found("suppressions", rows, suppressed("new@example.com"), zone="Europe/Lisbon")).ids == (
        "1",
    )


@pytest.mark.parametrize("rows", [None, [], {}, {"items": []}, {"items": [{"value": "new@example.com"}]}])
async def test_no_word_of_an_entry_is_nothing_to_undo(rows: JsonValue) -> None:
    got = await found("suppressions", rows, suppressed("new@example.com"))
    assert (got.ids, bool(got.nothing)) == ((), True)


async def test_other_campaigns_in_the_queue_are_let_be() -> None:
    rows: JsonValue = {
        "items": [
            {"operation_id": 7, "status": "queued", "operation_data": {"campaign_hash": "abc"}},
            {"operation_id": 8, "status": "paused", "operation_data": {"campaign_hash": "abc"}},
            {"operation_id": 9, "status": "queued", "operation_data": {"campaign_hash": "abcd"}},
            {"operation_id": 10, "status": "queued", "operation_data": None},
            {"operation_id": "x", "status": "queued", "operation_data": {"campaign_hash": "abc"}},
        ]
    }
    got = await found("queue", rows, sent())
    assert (got.ids, got.running, got.campaigns) == (("7", "8"), ("7",), ("abc",))


@given(JSON, st.sampled_from(LOOKS))
async def test_whatever_the_vendor_answers_is_ids_or_a_reason(data: JsonValue, kind: Look) -> None:
    done = suppressed("7", "abc") if kind == "suppressions" else sent()
    got = await found(kind, data, done)

    assert bool(got.ids) != bool(got.nothing)
    if kind in {"queue", "paused", "suppressions"}:
        assert all(NUMBER.fullmatch(each) for each in got.ids)
    if kind in {"paused", "scheduled messages", "contacts", "draft", "new list"}:
        assert set(got.ids) <= set(done.ids)
