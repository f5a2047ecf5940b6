"""Names stand for ids: of lists, segments, fields and tags, with the candidates where they do not decide."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.recent import KEPT_SECONDS
from egoi_mcp.app import open_app
from egoi_mcp.errors import InvalidInput
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.settings import Provider, from_environ
from egoi_mcp.tools.names import Named, find_field, find_list, find_segment, find_tag
from tests.support import Clock, connected
from tests.tools_live.live import queries, refused

pytestmark = pytest.mark.anyio

Find = Callable[[ApiClient, str], Awaitable[Named]]

FINDERS: dict[str, Find] = {
    "list": find_list,
    "segment": lambda client, ref: find_segment(client, 1, ref),
    "field": lambda client, ref: find_field(client, 1, ref),
    "tag": find_tag,
}


@asynccontextmanager
async def client_to(
    state_dir: Path, sandbox: Sandbox, provider: Provider = "egoi", clock: Clock | None = None
) -> AsyncGenerator[ApiClient]:
    settings = from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(state_dir)})
    async with open_app(settings, transport=sandbox.transport(), now=clock or Clock()) as app:
        yield app.client(provider)


def operations(sandbox: Sandbox) -> list[str]:
    return [str(each.operation) for each in sandbox.requests.arrivals]


@pytest.mark.parametrize(
    ("sort", "ref", "found"),
    [
        ("list", "3", ("3", "Team")),
        ("list", " Team ", ("3", "Team")),
        ("list", "tEAM", ("3", "Team")),
        ("list", "Boletim", ("2", "Newsletter")),
        ("segment", "saved_11", ("saved_11", "Portuguese speakers")),
        ("segment", "PORTUGUESE speakers", ("saved_11", "Portuguese speakers")),
        ("field", "extra_2", ("extra_2", "Loyalty points")),
        ("field", "2", ("extra_2", "Loyalty points")),
        ("field", "loyalty points", ("extra_2", "Loyalty points")),
        ("field", "email", ("email", "Email")),
        ("tag", "4", ("4", "Promo")),
        ("tag", "promo", ("5", "promo")),
        ("tag", "VIP", ("1", "vip")),
    ],
)
async def test_an_id_or_a_name_in_any_case_finds_the_one_it_means(
    tmp_path: Path, sort: str, ref: str, found: tuple[str, str]
) -> None:
    async with client_to(tmp_path, Sandbox(SandboxSettings())) as client:
        named = await FINDERS[sort](client, ref)
        assert (named.id, named.name) == found


async def test_an_id_wins_over_a_name_that_is_the_same(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.egoi.tags[9].name = "2"
    sandbox.world.egoi.lists[4].internal_name = "2"
    async with client_to(tmp_path, sandbox) as client:
        assert (await find_tag(client, "2")).name == "newsletter"
        assert (await find_list(client, "2")).name == "Newsletter"


async def test_a_number_that_is_no_id_may_still_be_a_name(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.egoi.lists[4].internal_name = "2024"
    async with client_to(tmp_path, sandbox) as client:
        assert (await find_list(client, "2024")).id == "4"


async def test_the_row_of_a_field_says_what_it_takes(tmp_path: Path) -> None:
    async with client_to(tmp_path, Sandbox(SandboxSettings())) as client:
        row = (await find_field(client, 1, "Interests")).row
        assert (row["type"], row["format"], row["unique"]) == ("extra", "options", False)
        assert isinstance(row["options"], list)


@pytest.mark.parametrize(
    ("sort", "ref", "said"),
    [
        ("tag", "PROMO", "tag: 2 are called so: 4 (Promo), 5 (promo). Give the id. Nothing was changed"),
        ("tag", "prom", "tag: none is called so. Similar: 4 (Promo), 5 (promo). list_audiences (kind tags)"),
        ("list", "Nobody", "list_id: none is called so. list_audiences (kind lists) shows them."),
        ("list", "99", "list_id: the account has no list 99. list_audiences (kind lists) shows them."),
        ("list", "9" * 40, "list_id: none is called so."),
        ("segment", "x", "segment: none is called so. Similar: "),
        ("field", "99", "field: none is called so. list_audiences (kind fields) shows them."),
    ],
)
async def test_what_does_not_decide_is_refused_with_the_candidates(
    tmp_path: Path, sort: str, ref: str, said: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.egoi.lists[1].segments["saved_11"].name = "Box"
    async with client_to(tmp_path, sandbox) as client:
        with pytest.raises(InvalidInput) as refusal:
            await FINDERS[sort](client, ref)
        assert str(refusal.value).startswith(said)


async def test_two_lists_of_one_name_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.egoi.lists[4].public_name = "Team"
    async with client_to(tmp_path, sandbox) as client:
        with pytest.raises(InvalidInput, match=r"list_id: 2 are called so: 3 \(Team\), 4 \(Empty\)"):
            await find_list(client, "Team")


@pytest.mark.parametrize("find", [find_segment, find_field])
async def test_a_list_that_is_not_there_is_said(tmp_path: Path, find: Any) -> None:
    async with client_to(tmp_path, Sandbox(SandboxSettings())) as client:
        with pytest.raises(InvalidInput, match="the account has no list 99"):
            await find(client, 99, "anything")


async def test_intercoms_tags_have_names_too(tmp_path: Path) -> None:
    async with client_to(tmp_path, Sandbox(SandboxSettings()), "intercom") as client:
        assert (await find_tag(client, "VIP")).id == "9101"
        assert (await find_tag(client, "9102")).name == "newsletter"
        with pytest.raises(InvalidInput, match="tag: none is called so"):
            await find_tag(client, "nothere")


async def test_txtsync_cannot_list_its_tags(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with client_to(tmp_path, sandbox, "txtsync") as client:
        with pytest.raises(InvalidInput, match=r"TxtSync cannot list its tags\. Give the exact name"):
            await find_tag(client, "vip")
        assert sandbox.requests.total == 0


@pytest.mark.parametrize("sort", FINDERS)
async def test_rows_are_kept_for_one_minute(tmp_path: Path, sort: str) -> None:
    sandbox, clock = Sandbox(SandboxSettings()), Clock()
    ref = {"list": "Team", "segment": "saved_11", "field": "City", "tag": "vip"}[sort]
    async with client_to(tmp_path, sandbox, clock=clock) as client:
        await FINDERS[sort](client, ref)
        once = sandbox.requests.total
        clock.advance(KEPT_SECONDS - 1)
        await FINDERS[sort](client, ref)
        assert sandbox.requests.total == once
        clock.advance(1)
        await FINDERS[sort](client, ref)
        assert sandbox.requests.total == 2 * once


async def test_a_clock_that_is_set_back_ends_the_minute(tmp_path: Path) -> None:
    sandbox, clock = Sandbox(SandboxSettings()), Clock()
    async with client_to(tmp_path, sandbox, clock=clock) as client:
        await find_tag(client, "vip")
        clock.advance(-1)
        await find_tag(client, "vip")
        assert operations(sandbox) == ["getAllTags", "getAllTags"]


async def test_a_miss_is_looked_up_anew_before_it_is_refused(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with client_to(tmp_path, sandbox) as client:
        await find_tag(client, "vip")
        tags = sandbox.world.egoi.tags
        tags[77] = replace(tags[1], tag_id=77, name="just made")
        assert (await find_tag(client, "just made")).id == "77"
        with pytest.raises(InvalidInput):
            await find_tag(client, "never made")
        assert operations(sandbox) == ["getAllTags"] * 3


async def test_segments_of_one_list_are_not_those_of_another(tmp_path: Path) -> None:
    async with client_to(tmp_path, Sandbox(SandboxSettings())) as client:
        await find_segment(client, 1, "saved_11")
        with pytest.raises(InvalidInput, match="segment: none is called so"):
            await find_segment(client, 4, "saved_11")


async def test_what_this_server_changed_is_not_answered_from_before(tmp_path: Path) -> None:
    async with connected(tmp_path) as session:
        tag: dict[str, Any] = {"list_id": "Team", "tag": "vip", "contact_ids": ["cd5096b5fc"]}
        for _ in range(2):
            await session.call("search_contacts", list_id="Team")
        assert len(queries(session, "getAllLists")) == 1
        # A deed of that kind asks anew itself, and is what others ask anew after.
        called = await session.call("tag_contacts", do="attach", **tag)
        assert called.status == "succeeded"
        assert len(queries(session, "getAllLists")) == 2
        await session.call("search_contacts", list_id="Team")
        assert len(queries(session, "getAllLists")) == 3


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search_contacts", {}),
        ("get_contact", {"contact_id": "cd5096b5fc"}),
        ("list_audiences", {"kind": "fields"}),
        ("list_campaigns", {}),
        (
            "create_campaign",
            {"channel": "sms", "title": "x", "sender": "ACME", "text": "x", "preview_only": True},
        ),
        ("tag_contacts", {"do": "attach", "tag": "vip", "contact_ids": ["cd5096b5fc"], "preview_only": True}),
        (
            "send_sms",
            {
                "text": "x",
                "sender": "501",
                "purpose": "transactional",
                "contact_ids": ["cd5096b5fc"],
                "preview_only": True,
            },
        ),
    ],
)
async def test_every_tool_takes_a_list_by_its_name(
    tmp_path: Path, tool: str, arguments: dict[str, Any]
) -> None:
    async with connected(tmp_path) as session:
        by_name = await session.call(tool, list_id="team", **arguments)
        assert not by_name.is_error, by_name.text
        by_id = await session.call(tool, list_id=3, **arguments)
        assert {**by_id.data, "action_id": ""} == {**by_name.data, "action_id": ""}
        said = await refused(session, tool, list_id="tea", **arguments)
        assert said.startswith("list_id: none is called so. Similar: 3 (Team).")
