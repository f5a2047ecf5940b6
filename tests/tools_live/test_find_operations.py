"""Operations found by plain words, with what it takes to call them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.tokens import tokens
from egoi_mcp.api.catalog import APIS, operations
from egoi_mcp.tools.better_tools import BETTER
from tests.support import Called, connected
from tests.tools.definitions import definitions

pytestmark = pytest.mark.anyio

API = {"EGOI_MCP_TOOLSETS": "api"}
MOST = 1_200


def names(called: Called) -> list[str]:
    return [each["operation"] for each in called.data["operations"]]


async def test_the_few_best_come_with_what_a_call_needs(tmp_path: Path) -> None:
    async with connected(tmp_path, API) as session:
        called = await session.call("find_operations", query="put an address on the blacklist")
        first: dict[str, Any] = called.data["operations"][0]
        assert first["operation"] == "egoi:createSuppressionList"
        assert first["request"] == "POST /suppression-list"
        assert first["risk"] == "cannot be undone, or silences people"
        assert "value*" in first["body"]
        assert "* is required." in called.text
        assert 3 <= len(names(called)) <= 5


@pytest.mark.parametrize(
    "query",
    [
        "create email campaign newsletter html template",
        "import contacts orders products",
        "report of events bounces clicks for lists",
        "conversation reply ticket update search",
        "send messages",
    ],
)
async def test_answers_stay_small(tmp_path: Path, query: str) -> None:
    async with connected(tmp_path, API) as session:
        called = await session.call("find_operations", query=query)
        assert names(called)
        assert tokens(called.text) < MOST
        assert tokens(called.data) < MOST


async def test_every_operation_alone_stays_small_by_its_name(tmp_path: Path) -> None:
    async with connected(tmp_path, API) as session:
        for entry in (entry for api in APIS for entry in operations(api)):
            called = await session.call("find_operations", query=f"{entry.api}:{entry.name}")
            assert names(called) == [f"{entry.api}:{entry.name}"]
            assert tokens(called.text) < MOST, entry.name
            assert tokens(called.data) < MOST, entry.name


async def test_only_the_asked_vendors_and_risks_are_found(tmp_path: Path) -> None:
    async with connected(tmp_path, API) as session:
        called = await session.call("find_operations", query="delete a contact", provider="txtsync")
        assert {each.partition(":")[0] for each in names(called)} == {"txtsync"}
        called = await session.call("find_operations", query="delete a contact", risk="read")
        assert {each["risk"] for each in called.data["operations"]} == {"only looks"}


async def test_words_that_no_operation_has_find_nothing_and_that_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path, API) as session:
        called = await session.call("find_operations", query="xyzzy plugh")
        assert (called.data["operations"], called.is_error) == ([], False)
        assert "None fits." in called.text


async def test_a_better_tool_is_named_where_it_is_on_and_only_there(tmp_path: Path) -> None:
    async with connected(tmp_path, EGOI_MCP_TOOLSETS="api,sms") as session:
        called = await session.call("find_operations", query="transactional:sendSmsMessages")
        assert called.data["operations"][0]["better"] == "send_sms"
    async with connected(tmp_path, API) as session:
        called = await session.call("find_operations", query="transactional:sendSmsMessages")
        assert "better" not in called.data["operations"][0]


async def test_the_better_tools_and_their_operations_exist(tmp_path: Path) -> None:
    tools = {
        each["name"] for each in await definitions(tmp_path, {"EGOI_MCP_TOOLSETS": "default,audiences_admin"})
    }
    assert {tool for _, tool in BETTER.values()} <= tools
    assert set(BETTER) <= {f"{entry.api}:{entry.name}" for api in APIS for entry in operations(api)}


@pytest.mark.parametrize("query", ["egoi:deleteTag", "egoi: deletetag", " DELETETAG", "deleteTag"])
async def test_a_name_is_one_in_any_case_and_the_risk_holds_for_it_too(tmp_path: Path, query: str) -> None:
    async with connected(tmp_path, API) as session:
        called = await session.call("find_operations", query=query, provider="egoi")
        assert names(called) == ["egoi:deleteTag"]
        called = await session.call("find_operations", query=query, provider="egoi", risk="read")
        assert called.data["operations"] == []
        assert called.text == "egoi:deleteTag is destroy; ask with that risk, or leave it out."
