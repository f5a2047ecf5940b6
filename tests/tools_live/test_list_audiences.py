"""Lists, segments, tags and fields, with the ids that other tools take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import connected
from tests.tools_live.live import queries, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "tags"}


async def test_the_lists_of_the_account_come_with_ids_and_names(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("list_audiences")
        assert {each["id"]: each["name"] for each in called.data["audiences"]} == {
            "1": "Customers",
            "2": "Newsletter",
            "3": "Team",
            "4": "Empty",
        }
        assert called.data["total"] == 4
        assert called.text.splitlines()[0] == "4 of 4 lists (id | name):"
        assert "3 | Team | active" in called.text


async def test_one_list_comes_with_its_counts(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("list_audiences", list_id=1)
        (audience,) = called.data["audiences"]
        assert audience == {
            "id": "1",
            "name": "Customers",
            "status": "active",
            "contacts": 180,
            "by_status": {"active": 153, "inactive": 9, "removed": 9, "unconfirmed": 9},
        }
        assert "1 | Customers | active, 180 contacts, 153 active, 9 inactive, 9 removed" in called.text
        said = await refused(session, "list_audiences", list_id=1, cursor="WyJhIiwxXQ")
        assert said.startswith("cursor: one list has no further page.")


@pytest.mark.parametrize(
    ("arguments", "first", "count"),
    [
        (
            {"kind": "segments", "list_id": 1},
            {"id": "saved_11", "name": "Portuguese speakers", "kind": "saved"},
            9,
        ),
        (
            {"kind": "fields", "list_id": 1},
            {"id": "first_name", "name": "First name", "kind": "base text"},
            11,
        ),
        ({"kind": "tags"}, {"id": "12", "name": "beta"}, 12),
    ],
)
async def test_each_kind_comes_with_its_ids(
    tmp_path: Path, arguments: dict[str, Any], first: dict[str, str], count: int
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("list_audiences", **arguments)
        assert called.data["audiences"][0] == first
        assert len(called.data["audiences"]) == count
        assert called.data["kind"] == arguments["kind"]


@pytest.mark.parametrize("arguments", [{"kind": "tags"}, {"kind": "fields", "list_id": 1}, {"kind": "lists"}])
async def test_every_kind_is_paged(tmp_path: Path, arguments: dict[str, Any]) -> None:
    async with connected(tmp_path, TOOLS) as session:
        whole = (await session.call("list_audiences", **arguments)).data["audiences"]
        seen: list[dict[str, str]] = []
        cursor: dict[str, str] = {}
        for _ in range(len(whole)):
            called = await session.call("list_audiences", **arguments, limit=3, **cursor)
            seen += called.data["audiences"]
            if "next_cursor" not in called.data:
                break
            cursor = {"cursor": called.data["next_cursor"]}
        assert seen == whole


async def test_a_unique_field_is_told(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("list_audiences", kind="fields", list_id=1)
        unique = [each["id"] for each in called.data["audiences"] if each.get("status") == "unique"]
        assert unique == ["email", "cellphone"]
        assert "email | Email | base email, unique" in called.text


async def test_what_is_missing_or_superfluous_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for kind in ("segments", "fields"):
            said = await refused(session, "list_audiences", kind=kind)
            assert said == f"list_id: is required for {kind}. list_audiences with kind lists gives it."
        said = await refused(session, "list_audiences", kind="tags", list_id=1)
        assert said == "list_id: tags belong to the whole account. Leave it out."
        assert session.sandbox.requests.total == 0
        for kind in ("lists", "segments", "fields"):
            said = await refused(session, "list_audiences", kind=kind, list_id=99)
            assert said.startswith("list_id: the account has no list 99.")
        assert (
            await session.call("list_audiences", kind="segments", list_id=4)
        ).text == "No segments of list 4."


async def test_options_of_a_field_come_with_their_names_in_every_language(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        asked: dict[str, Any] = {"kind": "options", "list_id": "Customers", "field": "interests"}
        first = await session.call("list_audiences", **asked, limit=2)
        assert first.data["audiences"] == [
            {"id": "1", "name": "Wine / Vinho"},
            {"id": "2", "name": "Books / Livros"},
        ]
        rest = await session.call("list_audiences", **asked, limit=2, cursor=first.data["next_cursor"])
        assert rest.data["audiences"] == [{"id": "3", "name": "Music / Música"}]
        said = await refused(session, "list_audiences", kind="options", list_id=1, field="City")
        assert said == "field: extra_1 has no options. Nothing was changed."
        for arguments in (
            {"kind": "options", "list_id": 1},
            {"kind": "fields", "list_id": 1, "field": "City"},
        ):
            said = await refused(session, "list_audiences", **arguments)
            assert said == "field: goes with kind=options, and only with it. Nothing was changed."
        said = await refused(session, "list_audiences", kind="options", field="City")
        assert said.startswith("list_id: is required for options.")


async def test_intercoms_tags_are_listed_and_paged(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        first = await session.call("list_audiences", kind="tags", provider="intercom", limit=2)
        assert [each["name"] for each in first.data["audiences"]] == ["vip", "newsletter"]
        assert first.data["total"] == 3
        cursor = first.data["next_cursor"]
        rest = await session.call("list_audiences", kind="tags", provider="intercom", limit=2, cursor=cursor)
        assert rest.data["audiences"] == [{"id": "9103", "name": "churn-risk"}]
        said = await refused(session, "list_audiences", provider="intercom")
        assert said == "kind: Intercom has tags only. Say kind=tags. Nothing was changed."


@pytest.mark.parametrize(
    ("arguments", "members"),
    [
        (
            {"kind": "lists"},
            {"list_id", "internal_name", "public_name", "status", "group_id", "created", "updated"},
        ),
        ({"kind": "tags"}, {"tag_id", "name", "color"}),
        ({"kind": "tags", "provider": "intercom"}, {"type", "id", "name"}),
        ({"kind": "fields", "list_id": 1}, {"field_id", "name", "format", "unique", "type"}),
        (
            {"kind": "segments", "list_id": 1},
            {
                *("segment_id", "name", "type", "created", "updated", "segment_filter.boolean_operator"),
                *(
                    f"segment_filter.segment_filter_array.segment_{each}"
                    for each in ("field", "operator", "value")
                ),
                "segment_filter.invert",
            },
        ),
    ],
)
async def test_every_member_of_what_is_looked_up_can_be_seen(
    tmp_path: Path, arguments: dict[str, Any], members: set[str]
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        assert "fields" not in (await session.call("list_audiences", **arguments)).data["audiences"][0]
        called = await session.call("list_audiences", **arguments, detail="full")
        assert set(called.data["audiences"][0]["fields"]) == members
        for name in members:
            assert f"{name}: " in called.text


async def test_dates_of_lists_are_iso_8601_and_one_list_comes_with_everything_too(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("list_audiences", list_id="Clientes", detail="full")
        fields = called.data["audiences"][0]["fields"]
        assert (fields["public_name"], fields["created"]) == ("Clientes", "2024-03-24T12:00:00")
        assert fields["stats.total_contacts"] == "180"


@pytest.mark.parametrize("pii", ["masked", "ids"])
async def test_whom_a_segment_is_of_is_personal(tmp_path: Path, pii: str) -> None:
    async with connected(tmp_path, TOOLS, EGOI_MCP_PII=pii) as session:
        called = await session.call("list_audiences", kind="segments", list_id=1, detail="full")
        assert set(called.data["audiences"][0]["fields"]) == {
            *("segment_id", "name", "type", "created", "updated")
        }


async def test_the_limit_goes_to_the_vendor(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        await session.call("list_audiences", kind="tags", limit=100)
        assert queries(session, "getAllTags") == [{"offset": "0", "limit": "100"}]
