"""What holds for every tool of the server, whichever it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from bench.tokens import MOST_INPUT, MOST_LIST, tokens
from egoi_mcp.settings import DEFAULT_TOOLSETS, TOOLSETS, Toolset, from_environ
from egoi_mcp.tools.parameters import SYNONYMS
from tests.support import ERAS, Era
from tests.tools.definitions import CHAT, definitions
from tests.tools.host_rules import HOSTS, list_problems, problems, problems_at

pytestmark = pytest.mark.anyio

VERB = (
    r"(Find|Read|Create|Change|List|Attach|Take|Send|Show|Look up|Replace|Undo|Unsubscribe|Erase|Delete|Put"
    r"|Import|Call)[ ,]"
)
MOST_TOOLS = 20
SHORTEST_HOST_SECONDS = 60
"""Claude Desktop cuts a call after one to four minutes."""

BY_SET: dict[Toolset, set[str]] = {
    "contacts": {
        *("search_contacts", "get_contact", "create_contact", "update_contact"),
        *("unsubscribe_contacts", "erase_contacts", "import_contacts"),
    },
    "tags": {"list_audiences", "tag_contacts"},
    "campaigns": {"list_campaigns", "create_campaign", "update_campaign", "send_campaign"},
    "sms": {"send_sms"},
    "reports": {"get_report"},
    "account": {"get_account"},
    "api": {"find_operations", "call_operation"},
    "audiences_admin": {
        *("manage_list", "manage_field", "manage_tag", "delete_segment", "list_suppressed"),
        "manage_suppression",
    },
}
EVERYTHING = {"EGOI_MCP_TOOLSETS": "default,audiences_admin"}
OFF = BY_SET["audiences_admin"]
READING = {
    *("search_contacts", "get_contact", "list_audiences", "list_campaigns", "get_report", "get_account"),
    "find_operations",
}
SENDING = {"send_campaign", "send_sms"}
CALLING = {"call_operation"}
"""It can do all that the others can."""
WRITING = {"create_contact", "tag_contacts", "create_campaign", "update_campaign"}
DESTROYING = {"update_contact", "unsubscribe_contacts", "erase_contacts", "import_contacts"}
ADMIN = OFF - {"list_suppressed"}
FOLLOWING = {"check_action"}
UNDOING = {"undo_action"}
ALWAYS = FOLLOWING | UNDOING


def hints(definition: dict[str, Any]) -> tuple[bool, bool, bool, bool]:
    """Read-only, destructive, idempotent, open-world."""
    said = definition["annotations"]
    names = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    assert set(said) == set(names)
    one, two, three, four = (said[name] for name in names)
    return one, two, three, four


@pytest.mark.parametrize("mode", ERAS)
async def test_every_tool_of_every_toolset_is_what_every_host_takes(tmp_path: Path, mode: Era) -> None:
    found = await definitions(tmp_path, EVERYTHING, mode=mode)
    assert {each["name"] for each in found} == set().union(*BY_SET.values()) | ALWAYS
    assert all("outputSchema" in each for each in found)
    assert list_problems(found) == []
    for host in HOSTS:
        assert {each["name"]: problems_at(host, each) for each in found if problems_at(host, each)} == {}, (
            host
        )


def test_a_call_ends_before_a_host_cuts_it() -> None:
    settings = from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": "/nowhere"})
    assert settings.timeouts.call_seconds < SHORTEST_HOST_SECONDS


async def test_every_tool_is_what_every_host_takes_where_the_chat_confirms(tmp_path: Path) -> None:
    found = await definitions(tmp_path, {**CHAT, **EVERYTHING})
    assert [problem for each in found for problem in problems(each)] == []


async def test_the_tools_are_few_and_each_name_is_verb_noun(tmp_path: Path) -> None:
    names = [each["name"] for each in await definitions(tmp_path)]
    assert len(names) == len(set(names)) <= MOST_TOOLS
    assert set(names) == READING | SENDING | CALLING | WRITING | DESTROYING | ALWAYS
    names = [each["name"] for each in await definitions(tmp_path / "all", EVERYTHING)]
    assert len(names) == len(set(names))
    for name in names:
        assert re.fullmatch(r"[a-z]+_[a-z]+", name)
        assert len(name) <= 40
        assert len(f"mcp__egoi-mcp__{name}") <= 64


async def test_descriptions_are_short_and_begin_with_a_verb(tmp_path: Path) -> None:
    for each in await definitions(tmp_path, EVERYTHING):
        description = each["description"]
        assert len(description.encode()) < 2_048, each["name"]
        assert re.match(VERB, description), each["name"]
        assert description.endswith("."), each["name"]
        assert "\n" not in description, each["name"]


async def test_every_tool_says_all_four_hints_as_it_is(tmp_path: Path) -> None:
    said = {each["name"]: hints(each) for each in await definitions(tmp_path, EVERYTHING)}
    assert {name for name, (read_only, *_) in said.items() if read_only} == READING | OFF - ADMIN
    for name in READING | OFF - ADMIN:
        assert said[name] == (True, False, True, False), name
    for name in SENDING | CALLING:
        assert said[name] == (False, True, False, True), name
    for name in DESTROYING | ADMIN:
        assert said[name] == (False, True, name in DESTROYING, False), name
    # It can cancel and delete for good, and let go out what was paused; what is undone stays undone.
    assert [said[name] for name in UNDOING] == [(False, True, True, True)]
    for name in WRITING | FOLLOWING:
        read_only, destructive, _, open_world = said[name]
        assert (read_only, destructive, open_world) == (False, False, False), name
    assert {name for name, (_, _, idempotent, _) in said.items() if idempotent} == (
        (READING | ALWAYS | DESTROYING | OFF - ADMIN) | {"tag_contacts", "update_campaign"}
    )


async def test_tools_that_ask_say_so_and_name_the_way_to_the_outcome(tmp_path: Path) -> None:
    found = {each["name"]: each["description"] for each in await definitions(tmp_path)}
    # A name is changed without a person.
    for name in DESTROYING - {"update_contact"}:
        assert "A person approves first" in found[name]
    for name in SENDING:
        assert "A person approves first" in found[name]
        assert "never send again after unknown or a time-out" in found[name]
    assert "instead of calling again" in found["check_action"]


async def test_guarded_tools_and_only_they_can_be_previewed(tmp_path: Path) -> None:
    guarded = SENDING | CALLING | WRITING | DESTROYING | ADMIN | UNDOING
    for each in await definitions(tmp_path, EVERYTHING):
        properties = each["inputSchema"]["properties"]
        assert ("preview_only" in properties) == (each["name"] in guarded), each["name"]


async def test_what_sends_needs_purpose_audience_and_time(tmp_path: Path) -> None:
    required = {
        each["name"]: set(each["inputSchema"].get("required", ())) for each in await definitions(tmp_path)
    }
    assert required["send_sms"] == {"text", "sender", "purpose"}
    assert required["send_campaign"] == {"campaign", "audience", "when"}
    for each in await definitions(tmp_path / "again"):
        for name, schema in each["inputSchema"]["properties"].items():
            assert schema.get("default") != "now", (each["name"], name)


@pytest.mark.parametrize("environ", [{}, {**CHAT, "EGOI_MCP_CONFIRM": "off"}], ids=["auto", "off"])
async def test_there_is_nothing_to_approve_with_unless_the_chat_confirms(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    for each in await definitions(tmp_path, environ):
        assert "approval" not in each["inputSchema"]["properties"]


async def test_where_the_chat_confirms_guarded_tools_take_the_action_back(tmp_path: Path) -> None:
    with_approval = {
        each["name"]
        for each in await definitions(tmp_path, {**CHAT, **EVERYTHING})
        if "approval" in each["inputSchema"]["properties"]
    }
    assert with_approval == SENDING | CALLING | WRITING | DESTROYING | ADMIN | UNDOING


@pytest.mark.parametrize("chosen", get_args(Toolset))
async def test_a_toolset_switches_its_tools_and_following_and_undoing_are_always_there(
    tmp_path: Path, chosen: Toolset
) -> None:
    names = {each["name"] for each in await definitions(tmp_path, {"EGOI_MCP_TOOLSETS": chosen})}
    assert names == BY_SET[chosen] | ALWAYS


async def test_toolsets_add_up_in_one_order_whatever_order_they_are_named_in(tmp_path: Path) -> None:
    everything = [each["name"] for each in await definitions(tmp_path / "all", EVERYTHING)]
    assert set(everything) == set().union(*BY_SET.values()) | ALWAYS
    assert set(BY_SET) == set(TOOLSETS)
    usual = [each["name"] for each in await definitions(tmp_path / "usual")]
    assert usual == [name for name in everything if name not in OFF]
    some = await definitions(tmp_path / "some", {"EGOI_MCP_TOOLSETS": "sms, contacts"})
    assert [each["name"] for each in some] == [
        name for name in everything if name in BY_SET["sms"] | BY_SET["contacts"] | ALWAYS
    ]


async def test_both_eras_list_the_same_tools(tmp_path: Path) -> None:
    eras: tuple[Era, ...] = ERAS
    legacy, modern = [await definitions(tmp_path / mode, mode=mode) for mode in eras]
    assert legacy == modern


@pytest.mark.parametrize("environ", [{}, CHAT], ids=["auto", "chat"])
async def test_the_whole_list_is_cheap(tmp_path: Path, environ: dict[str, str]) -> None:
    found = await definitions(tmp_path, environ)
    assert tokens(found) < MOST_LIST
    read_by_models = [{name: each[name] for name in ("name", "description", "inputSchema")} for each in found]
    assert tokens(read_by_models) < MOST_INPUT


async def test_ids_say_which_tool_gives_them(tmp_path: Path) -> None:
    names = READING | SENDING | CALLING | WRITING | ALWAYS
    for each in await definitions(tmp_path, EVERYTHING):
        for name, schema in each["inputSchema"]["properties"].items():
            if name in {
                "list_id",
                "external_references",
                "contact_id",
                "segment_ids",
                "tag",
                "campaign",
                "sender",
                "action_id",
                "cursor",
            }:
                text = json.dumps(schema)
                assert (
                    any(tool in text for tool in names)
                    or "tool that proposed" in text
                    or ("page before" in text)
                ), (each["name"], name)


async def test_every_result_is_an_object_whose_members_have_types(tmp_path: Path) -> None:
    for each in await definitions(tmp_path, EVERYTHING):
        schema = each["outputSchema"]
        assert schema["type"] == "object"
        assert all("type" in member for member in schema["properties"].values()), each["name"]


async def test_every_synonym_helps_at_some_tool(tmp_path: Path) -> None:
    known = {name for each in await definitions(tmp_path) for name in each["inputSchema"]["properties"]}
    assert {right for rights in SYNONYMS.values() for right in rights} <= known


def test_the_toolsets_of_the_settings_are_the_ones_tested_here() -> None:
    settings = from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": "/nowhere"})
    assert (
        settings.toolsets == DEFAULT_TOOLSETS == tuple(name for name in BY_SET if name != "audiences_admin")
    )
    assert tuple(BY_SET) == TOOLSETS
