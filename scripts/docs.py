"""Write again what the documents take from the code: the tables of tools and of settings in README.md.

    python scripts/docs.py

Each stands between `<!-- name -->` and `<!-- /name -->`; everything else is left alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from egoi_mcp.cli.variables import VARIABLES  # noqa: E402 - the path comes first
from egoi_mcp.server import tools_of  # noqa: E402 - the path comes first
from egoi_mcp.settings import TOOLSETS, Settings, Toolset  # noqa: E402 - the path comes first
from egoi_mcp.tools.tool import Tool  # noqa: E402 - the path comes first

README = ROOT / "README.md"


def tools_table() -> str:
    """The tools of a server with all toolsets: name, toolset, what it does, how far it goes."""
    everywhere = {tool.name for tool in _tools()}
    rows = ["| tool | toolset | what it does | how far it goes |", "| --- | --- | --- | --- |"]
    for toolset in TOOLSETS:
        rows += [_tool_row(tool, toolset) for tool in _tools(toolset) if tool.name not in everywhere]
    rows += [_tool_row(tool, "always on") for tool in _tools()]
    return "\n".join(rows)


def settings_table() -> str:
    """Every environment variable."""
    rows = ["| variable | default | what it is |", "| --- | --- | --- |"]
    rows += [f"| `{each.name}` | {each.default or '–'} | {each.meaning} |" for each in VARIABLES]
    return "\n".join(rows)


SECTIONS: Mapping[str, Callable[[], str]] = {"tools": tools_table, "settings": settings_table}


def written_again(text: str) -> str:
    """The document with its sections as the code has them now.

    Raises:
        ValueError: a section's markers are not there exactly once.
    """
    for name, render in SECTIONS.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if text.count(start) != 1 or text.count(end) != 1:
            raise ValueError(f"the section {name} needs its two markers once")
        head, rest = text.split(start)
        text = f"{head}{start}{render()}\n{end}{rest.split(end)[1]}"
    return text


def _tools(*toolsets: Toolset) -> list[Tool]:
    return tools_of(Settings(state_dir=ROOT, toolsets=toolsets))


def _tool_row(tool: Tool, toolset: str) -> str:
    first_sentence = re.split(r"(?<=\.)\s", tool.description)[0].rstrip(".:")
    return f"| `{tool.name}` | {toolset} | {first_sentence.replace('|', '/')} | {_reach(tool)} |"


def _reach(tool: Tool) -> str:
    hints = tool.annotations
    if hints is None:
        raise ValueError(f"{tool.name} has no hints")
    if hints.read_only_hint:
        return "reads"
    if "preview_only" not in tool.parameters["properties"]:
        return "follows what was approved"
    return "sends" if hints.destructive_hint else "changes"


if __name__ == "__main__":
    README.write_text(written_again(README.read_text(encoding="utf-8")), encoding="utf-8")
