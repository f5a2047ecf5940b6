"""Prompts come from Markdown files, take what hosts send, and treat every value as data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client
from mcp.server import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import GetPromptResult, TextContent

import egoi_mcp.prompts as package
from egoi_mcp.prompts import PROMPTS, Argument, PromptFile, PromptFileError, as_prompt, load_prompts, parse

pytestmark = pytest.mark.anyio

Era = Literal["legacy", "2026-07-28"]
FOLDER = Path(package.__file__).parent
TOOLS = {
    "search_contacts",
    "get_contact",
    "create_contact",
    "update_contact",
    "tag_contacts",
    "list_audiences",
    "list_campaigns",
    "create_campaign",
    "send_campaign",
    "send_sms",
    "get_report",
    "get_account",
    "check_action",
    "undo_action",
}
SOURCE = """---
title: Greet someone
description: Say hello
arguments:
  - name: who
    description: Whom to greet
    default: the world
  - name: how
    description: In which way
    default: warmly
---
Greet {{who}}, {{how}}.
"""
GREET = parse("greet_someone", SOURCE)


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> Era:
    chosen: Era = request.param
    return chosen


def build_server() -> MCPServer:
    server = MCPServer("egoi-mcp", log_level="WARNING")
    for prompt in [*load_prompts(), as_prompt(GREET)]:
        server.add_prompt(prompt)
    return server


async def rendered(era: Era, name: str, **arguments: str) -> str:
    async with Client(build_server(), mode=era) as client:
        return text_of(await client.get_prompt(name, arguments))


def text_of(result: GetPromptResult) -> str:
    (message,) = result.messages
    assert message.role == "user"
    assert isinstance(message.content, TextContent)
    return message.content.text


def source_of(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


# -- what a client sees --------------------------------------------------------------------------


async def test_the_prompts_are_listed_with_titles_and_optional_arguments(era: Era) -> None:
    async with Client(build_server(), mode=era) as client:
        prompts = (await client.list_prompts()).prompts
    assert [prompt.name for prompt in prompts] == [*PROMPTS, "greet_someone"]
    for prompt in prompts:
        assert prompt.title
        assert prompt.description
        assert prompt.arguments
        assert all(argument.description and not argument.required for argument in prompt.arguments)


@pytest.mark.parametrize("name", PROMPTS)
async def test_without_arguments_a_prompt_stands_with_its_defaults(era: Era, name: str) -> None:
    text = await rendered(era, name)
    assert "{{" not in text
    assert all(argument.default in text for argument in parse(name, source_of(name)).arguments)


async def test_a_given_value_stands_in_quotes(era: Era) -> None:
    assert (
        await rendered(era, "greet_someone", who='Ana "the great"') == 'Greet "Ana \\"the great\\"", warmly.'
    )


async def test_an_empty_value_counts_as_not_given(era: Era) -> None:
    assert await rendered(era, "greet_someone", who=" \n", how="\u202e") == "Greet the world, warmly."


async def test_an_unknown_argument_is_refused_with_the_nearest_name(era: Era) -> None:
    async with Client(build_server(), mode=era) as client:
        with pytest.raises(MCPError) as caught:
            await client.get_prompt("greet_someone", {"whom": "Ana"})
    assert caught.value.message == "Unknown argument 'whom'. Did you mean who? This prompt takes who, how."


async def test_a_value_that_is_no_text_is_refused() -> None:
    with pytest.raises(MCPError, match="who: must be text"):
        GREET.text({"who": 5})  # type: ignore[dict-item]  # hosts send anything


# -- values are data -----------------------------------------------------------------------------


async def test_a_value_that_looks_like_a_placeholder_stays_text() -> None:
    assert GREET.text({"who": "{{how}}", "how": "x"}) == 'Greet "{{how}}", "x".'


@given(who=st.text(), how=st.text())
async def test_a_value_is_one_quoted_line_without_control_characters(who: str, how: str) -> None:
    text = GREET.text({"who": who, "how": how})
    quoted = r'"(?:[^"\\]|\\.)*"'
    assert re.fullmatch(f"Greet (?:{quoted}|the world), (?:{quoted}|warmly)\\.", text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]", text)


async def test_a_long_value_is_cut() -> None:
    assert len(GREET.text({"who": "x" * 100_000})) < 550


# -- the files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROMPTS)
async def test_a_front_matter_is_what_yaml_reads(name: str) -> None:
    source = source_of(name)
    file = parse(name, source)
    read = yaml.safe_load(source.split("---")[1])
    assert read == {
        "title": file.title,
        "description": file.description,
        "arguments": [
            {"name": a.name, "description": a.description, "default": a.default} for a in file.arguments
        ],
    }


async def test_every_markdown_file_is_a_prompt() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(PROMPTS)


@pytest.mark.parametrize("name", PROMPTS)
async def test_a_prompt_names_only_tools_that_exist_and_is_short(name: str) -> None:
    body = parse(name, source_of(name)).body
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", body))
    assert len(named) >= 4
    assert named - TOOLS <= {"preview_only"}
    assert len(body) < 5000


async def test_planning_ends_in_a_preview_and_a_persons_yes() -> None:
    body = parse("plan_sms_campaign", source_of("plan_sms_campaign")).body
    order = [
        "`get_account`",
        "`list_audiences`",
        "`create_campaign`",
        "`preview_only=true`",
        "clear yes",
        "`check_action`",
    ]
    places = [body.index(each) for each in order]
    assert places == sorted(places)


async def test_a_review_reads_only() -> None:
    body = parse("campaign_review", source_of("campaign_review")).body
    assert set(re.findall(r"`([a-z]+_[a-z_]+)`", body)) <= {
        tool for tool in TOOLS if re.match("get|list", tool)
    }


async def test_a_file_without_arguments_is_fine() -> None:
    file = parse("say_hello", "---\ntitle: Hello\ndescription: Say it\n---\nSay hello.\n")
    assert file == PromptFile(
        name="say_hello", title="Hello", description="Say it", arguments=(), body="Say hello."
    )
    with pytest.raises(MCPError, match="This prompt takes no arguments"):
        file.text({"x": "y"})


async def test_a_file_is_read_into_its_parts() -> None:
    assert GREET.arguments == (
        Argument(name="who", description="Whom to greet", default="the world"),
        Argument(name="how", description="In which way", default="warmly"),
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("---\ntitle", "title", "must open with a front matter"),
        ("warmly\n---", "warmly\n", "must open with a front matter"),
        ("title: Greet someone\n", "", "has no title"),
        ("description: Say hello\n", "", "has no description"),
        ("title: Greet someone", "title:", "line 2: a value is one line"),
        ("title: Greet someone", 'title: "Greet"', "line 2: a value is one line"),
        ("title: Greet someone", "title: Greet: someone", "line 2: a value is one line"),
        ("title: Greet someone", "title: Greet # someone", "line 2: a value is one line"),
        ("title: Greet someone", "title: Greet someone ", "line 2: a value is one line"),
        ("title: Greet someone", "title: yes\ntitle: no", "line 3: title is unknown or stands there twice"),
        ("title: Greet someone", "author: Ana\ntitle: x", "line 2: author is unknown"),
        ("title: Greet someone", "just words", "line 2: is neither"),
        ("title: Greet someone", "  - name: x\ntitle: x", "line 2: name stands where"),
        ("arguments:\n", "arguments: none\n", "line 4: arguments is unknown"),
        ("arguments:\n  - name: who\n", "arguments:\n    name: who\n", "line 5: name stands where"),
        ("    default: warmly\n", "", "an argument has a name"),
        ("    default: warmly\n", "    default: warmly\ntitle: x\n", "line 11: title stands where"),
        ("    default: warmly\n", "    default: warmly\n    more: x\n", "line 11: more is unknown"),
        ("name: how", "name: How", "no name for an argument"),
        ("name: how", "name: who", "two arguments of one name"),
        ("{{how}}", "", "how is declared and not used"),
        ("{{how}}", "{{how}} {{why}}", "why is declared and not used, or the reverse"),
        ("{{how}}", "{{how}} {{", "not closed"),
        ("Greet {{who}}, {{how}}.", "", "has no text"),
    ],
)
async def test_a_file_of_another_form_is_refused_with_the_place(old: str, new: str, said: str) -> None:
    assert SOURCE.count(old) == 1
    with pytest.raises(PromptFileError, match=rf"^greet_someone\.md.*{re.escape(said)}"):
        parse("greet_someone", SOURCE.replace(old, new))
