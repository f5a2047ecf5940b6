"""What the documents take from the code is as the code is now."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from egoi_mcp.api.raises import RAISES
from egoi_mcp.cli.variables import VARIABLES
from egoi_mcp.server import tools_of
from egoi_mcp.settings import TOOLSETS, Settings
from scripts.catalog_risk import EXCEPTIONS, RULES
from scripts.docs import DOCUMENTS, README, ROOT, written_again
from scripts.tool_examples import EXAMPLES, REFUSED

READERS = [ROOT / "egoi_mcp" / name for name in ("settings.py", "screen.py", "policy/keys.py")]
EMPTY = "<!-- tools -->\n<!-- /tools -->\n<!-- settings -->\n<!-- /settings -->\n"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_is_stale(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert written_again(text, DOCUMENTS[document]) == text, "run `make docs`"


def test_every_risk_that_the_code_knows_has_its_row() -> None:
    text = (ROOT / "docs" / "catalog.md").read_text(encoding="utf-8")
    rows = text.splitlines()
    for each in RAISES:
        assert len([row for row in rows if f"| {each.what} | {each.risk.name} | {each.why} |" in row]) == 1
    for (api, name), (risk, why) in EXCEPTIONS.items():
        assert rows.count(f"| `{api}` | `{name}` | {risk.name} | {why} |") == 1
    for rule in RULES:
        assert [row for row in rows if row.endswith(f" | {rule.risk.name} | {rule.why} |")]


def test_writing_twice_is_writing_once_and_leaves_the_rest_alone() -> None:
    once = written_again(f"Before.\n{EMPTY}After.\n")
    assert written_again(once) == once
    assert once.startswith("Before.\n")
    assert once.endswith("After.\n")


def test_every_tool_has_its_row() -> None:
    table = written_again(EMPTY).split("<!-- /tools -->")[0]
    for tool in tools_of(Settings(state_dir=ROOT)):
        assert table.count(f"| [`{tool.name}`](docs/tools.md#{tool.name}) |") == 1


def test_every_tool_has_one_example_and_no_other_does() -> None:
    names = {tool.name for tool in tools_of(Settings(state_dir=ROOT, toolsets=TOOLSETS))}
    assert set(EXAMPLES) == names
    assert set(REFUSED) <= names


def test_the_reference_holds_every_tool_with_every_argument_and_an_answer() -> None:
    sections = re.split(
        r"^### ", (ROOT / "docs" / "tools.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    tools = {tool.name: tool for tool in tools_of(Settings(state_dir=ROOT, toolsets=TOOLSETS))}
    assert [section.partition("\n")[0].strip("`") for section in sections[1:]] == list(tools)
    for section, tool in zip(sections[1:], tools.values(), strict=True):
        assert f"**{tool.title}**" in section
        assert tool.description in section
        for name in tool.parameters["properties"]:
            assert section.count(f"\n| `{name}` |") == 1, (tool.name, name)
        for name in (tool.output_schema or {})["properties"]:
            assert f"`{name}` (" in section, (tool.name, name)
        example, answer = re.findall(r"```(?:json|text)\n(.*?)\n```", section, re.DOTALL)
        assert set(json.loads(example)) <= set(tool.parameters["properties"])
        assert answer


@pytest.mark.parametrize("text", ["", EMPTY + EMPTY, EMPTY.replace("<!-- /tools -->", "")])
def test_missing_or_doubled_markers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="needs its two markers once"):
        written_again(text)


def test_every_variable_that_the_settings_read_is_described_and_no_other() -> None:
    names = r'"((?:EGOI|TXTSYNC|INTERCOM)_[A-Z_]+)"'
    read = {name for path in READERS for name in re.findall(names, path.read_text(encoding="utf-8"))}
    assert {variable.name for variable in VARIABLES} == read


def test_every_prompt_is_named() -> None:
    text = README.read_text(encoding="utf-8")
    names = [path.stem for path in (ROOT / "egoi_mcp" / "prompts").glob("*.md")]
    assert names
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_readme_begins_with_the_two_commands() -> None:
    code = re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert [line.split("#")[0].split() for line in code[0].splitlines()] == [
        ["$", "make", "demo"],
        ["$", "make", "test"],
    ]


def test_the_configurations_in_the_readme_are_json() -> None:
    found = re.findall(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) >= 3
    for text in found:
        json.loads(text)


def test_the_files_that_the_readme_links_to_exist() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
