"""A null, a missing, a new or a strange member of a reply never fails a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeGuard

import pytest

from tests.support import Person, connected
from tests.tools_live.live import altered, problem

pytestmark = pytest.mark.anyio

TOLD_APART_BY = ("id", "hash", "channel")
EVERYTHING = {"EGOI_MCP_TOOLSETS": "default,audiences_admin", "EGOI_MCP_RATE_LIMIT": "10000/60"}
READS: list[tuple[str, dict[str, Any]]] = [
    ("find_operations", {"query": "unsubscribe a contact"}),
    ("search_contacts", {"query": "+351900000001"}),
    ("search_contacts", {"list_id": 1}),
    ("search_contacts", {"list_id": 1, "query": "Ana"}),
    ("search_contacts", {"provider": "txtsync", "query": "Sample"}),
    ("search_contacts", {"list_id": 1, "segment": "saved_11", "detail": "full"}),
    ("search_contacts", {"provider": "intercom", "query": "Grace", "detail": "full"}),
    ("search_contacts", {"provider": "intercom", "role": "lead"}),
    ("search_contacts", {"provider": "all", "query": "+351900000001", "detail": "full"}),
    ("get_contact", {"contact_id": "cd5096b5fc", "list_id": 3, "activities": True}),
    ("get_contact", {"provider": "intercom", "contact_id": "user-001"}),
    ("get_contact", {"provider": "txtsync", "contact_id": "CRM-0001"}),
    ("list_audiences", {}),
    ("list_audiences", {"list_id": 1}),
    ("list_audiences", {"kind": "segments", "list_id": 1}),
    ("list_audiences", {"kind": "tags"}),
    ("list_audiences", {"kind": "fields", "list_id": 1}),
    ("list_audiences", {"kind": "tags", "provider": "intercom", "detail": "full"}),
    ("list_campaigns", {}),
    ("get_report", {"campaign": "emlsent001"}),
    ("list_suppressed", {}),
    ("get_account", {}),
]


def rewritten(
    value: Any,
    leaf: Callable[[Any], Any] = lambda leaf: leaf,
    *,
    members: Callable[[dict[str, Any]], Any] = lambda members: members,
    items: Callable[[list[Any]], Any] = lambda items: items,
) -> Any:
    """The value with its leaves, objects and arrays replaced, from the inside out."""
    if is_object(value):
        return members(
            {name: rewritten(each, leaf, members=members, items=items) for name, each in value.items()}
        )
    if is_array(value):
        return items([rewritten(each, leaf, members=members, items=items) for each in value])
    return leaf(value)


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def with_new_members(value: Any) -> Any:
    return rewritten(value, members=lambda members: {**members, "brand_new": {"a": [1]}})


def with_null_items(value: Any) -> Any:
    return rewritten(value, items=lambda items: [None, 7, "text", *items, []])


CHANGES: dict[str, Callable[[Any], Any]] = {
    "every value is null": lambda reply: rewritten(reply, lambda _: None),
    "every value is a number": lambda reply: rewritten(reply, lambda _: 7),
    "every value is a fraction": lambda reply: rewritten(reply, lambda _: 1.5),
    "every value is a text": lambda reply: rewritten(reply, lambda _: "²--5"),
    "every value is an object": lambda reply: rewritten(reply, lambda _: {"a": None}),
    "every value is an array": lambda reply: rewritten(reply, lambda _: [None, {}]),
    "every value is true": lambda reply: rewritten(reply, lambda _: True),
    "new members everywhere": with_new_members,
    "nulls and strangers in every array": with_null_items,
    "an empty object": lambda _: {},
    "an empty array": lambda _: [],
    "items that are none": lambda _: {"items": None, "total_items": None},
    "a number": lambda _: 0,
    "a text": lambda _: "OK",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_whatever_a_vendor_answers_reading_goes_on(
    tmp_path: Path, change: Callable[[Any], Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with altered(tmp_path, lambda _, reply: change(reply), EVERYTHING) as session:
        for name, arguments in READS:
            called = await session.call(name, **arguments)
            assert not called.text.startswith("Internal error"), (name, arguments, called.text)
    assert "unexpected" not in caplog.text


@pytest.mark.parametrize("change", [with_new_members, with_null_items])
async def test_new_members_and_null_items_cost_no_row(tmp_path: Path, change: Callable[[Any], Any]) -> None:
    def changed(_: str, reply: Any) -> Any:
        return change(reply)

    async with (
        connected(tmp_path / "plain", EVERYTHING) as plain,
        altered(tmp_path / "changed", changed, EVERYTHING) as surprising,
    ):
        for name, arguments in READS[:-1]:
            before = await plain.call(name, **arguments)
            after = await surprising.call(name, **arguments)
            assert not after.is_error, after.text
            assert rows(after.data) == rows(before.data), name


def rows(data: dict[str, Any]) -> int:
    return sum(len(value) for name, value in data.items() if is_array(value) and name != "tag_names")


def with_one_strange(rows: Any) -> Any:
    """The first object of an array with nulls for all but what tells it apart, and unknown members."""
    if not rows or not is_object(rows[0]):
        return rows
    return [with_new_members(without_values(rows[0])), *rows[1:]]


def without_values(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: without_values(value) if is_object(value) else value if name.endswith(TOLD_APART_BY) else None
        for name, value in row.items()
    }


async def test_one_row_of_nulls_and_unknown_members_costs_no_other(tmp_path: Path) -> None:
    def changed(_: str, reply: Any) -> Any:
        return rewritten(reply, items=with_one_strange)

    async with (
        connected(tmp_path / "plain", EVERYTHING) as plain,
        altered(tmp_path / "changed", changed, EVERYTHING) as surprising,
    ):
        for name, arguments in READS:
            before = await plain.call(name, **arguments)
            after = await surprising.call(name, **arguments)
            assert not after.is_error, (name, arguments, after.text)
            assert rows(after.data) == rows(before.data), (name, arguments)


async def test_every_tool_that_reads_is_tried(tmp_path: Path) -> None:
    async with connected(tmp_path, EVERYTHING) as session:
        tools = (await session.client.list_tools()).tools
        reading = {tool.name for tool in tools if tool.annotations and tool.annotations.read_only_hint}
        assert {name for name, _ in READS} == reading


async def test_a_total_that_is_missing_still_lets_every_page_be_read(tmp_path: Path) -> None:
    def without_total(_: str, reply: Any) -> Any:
        return {name: value for name, value in reply.items() if name != "total_items"}

    async with altered(tmp_path, without_total, EGOI_MCP_TOOLSETS="contacts") as session:
        seen: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(10):
            called = await session.call("search_contacts", list_id=1, limit=60, **cursor)
            seen += [each["contact_id"] for each in called.data["contacts"]]
            assert "total" not in called.data
            if "next_cursor" not in called.data:
                break
            cursor = {"cursor": called.data["next_cursor"]}
        assert len(seen) == len(set(seen)) == 180


async def test_a_contact_that_is_gone_between_search_and_read_costs_only_its_details(tmp_path: Path) -> None:
    def gone(path: str, reply: Any) -> Any:
        there = path.startswith("/lists/2/contacts/")
        return problem(404, "There is no such contact.") if there else reply

    async with altered(tmp_path, gone, EGOI_MCP_TOOLSETS="contacts") as session:
        called = await session.call("search_contacts", query="ana.013@example.org")
        known, unknown = called.data["contacts"]
        assert known["email"] == "ana.013@example.org"
        assert set(unknown) == {"contact_id", "list_id", "person"}


async def test_a_contact_that_the_vendor_says_nothing_of_keeps_its_id(tmp_path: Path) -> None:
    async with altered(tmp_path, lambda _, __: {}, EGOI_MCP_TOOLSETS="contacts") as session:
        called = await session.call("get_contact", contact_id="cd5096b5fc", list_id=3)
        assert called.data["contact"] == {"contact_id": "cd5096b5fc", "provider": "egoi", "list_id": 3}
        assert called.text.endswith("\negoi | cd5096b5fc | 3 | - | - | - | -")


async def test_counts_that_the_vendor_does_not_give_are_told_as_unknown_and_capped_as_such(
    tmp_path: Path,
) -> None:
    def no_counts(path: str, reply: Any) -> Any:
        if path == "/lists/3":
            return {**reply, "stats": None}
        return {"items": []} if "/contacts/segment/" in path else reply

    person = Person("decline")
    async with altered(tmp_path, no_counts, person=person) as session:
        made = await session.call(
            "create_campaign", channel="sms", list_id=3, title="x", sender="102", text="Hi. Reply STOP"
        )
        campaign = made.data["ids"][0]
        await session.call("send_campaign", campaign=campaign, audience="whole_list", when="now")
        assert "the whole list, an unknown number of active contacts as of now" in person.questions[0]
        assert "Recipients:" not in person.questions[0]
    async with altered(
        tmp_path / "capped", no_counts, EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION="5"
    ) as session:
        made = await session.call(
            "create_campaign", channel="sms", list_id=3, title="x", sender="102", text="Hi. Reply STOP"
        )
        denied = await session.call(
            "send_campaign",
            campaign=made.data["ids"][0],
            audience="segments",
            segment_ids=["tag_1"],
            when="now",
        )
        assert denied.status == "denied"
        assert "It reaches an unknown number of recipients" in denied.text
