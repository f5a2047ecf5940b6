"""The reference of the tools: what the server lists of each, and what the sandbox answers to an example.

Everything is taken from the tools as they are: their schemas, hints and labels, and answers and refusals that
they give here, with the clock standing still.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import anyio
from mcp_types import ToolAnnotations

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.server import tools_of
from egoi_mcp.settings import TOOLSETS, Settings, Toolset
from egoi_mcp.tools.tool import REVERSIBILITY, Tool
from scripts.tool_examples import ACTION, BEFORE, EXAMPLES, REFUSED, Arguments, id_in, with_ids
from tests.support import Session, connected
from tests.support.clock import NOW

ALWAYS_ON = "always on"
SHOWN_IDS: Mapping[str, str] = {ACTION: "act_3k7m2p9x"}
"""Ids that are random, as the reference writes them."""

_OF_ACTIONS = {"check_action": "follows what was approved", "undo_action": "stops or takes back"}
_NOW = datetime.fromtimestamp(NOW, UTC)
_ENDED = re.compile(r"(?<=it ended: )\S+")
_NONE = "–"
BAR = r"\|"
"""A bar that ends no cell."""
_ENVIRON = {"EGOI_MCP_TOOLSETS": ",".join(TOOLSETS), "EGOI_ACCOUNT_TIMEZONE": "Europe/Lisbon"}
_WORDS: Mapping[str, str] = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An example of a tool: what was passed, what came back, and what is refused with which words."""

    arguments: Arguments
    answer: str
    refusals: tuple[tuple[Arguments, str], ...]


def reference() -> str:
    """Every tool with all that the model is told of it, by toolset."""
    shown = _shown()
    parts: list[str] = []
    for toolset in (*TOOLSETS, ALWAYS_ON):
        tools = tools_in(toolset)
        parts += [f"## {_headline(toolset)}", _contents(tools)]
        parts += [_tool(tool, toolset, shown[tool.name]) for tool in tools]
    return "\n\n".join(parts)


def tools_in(toolset: str) -> list[Tool]:
    """A toolset's tools; those of `ALWAYS_ON` belong to every one."""
    everywhere = _tools()
    if toolset == ALWAYS_ON:
        return everywhere
    names = {tool.name for tool in everywhere}
    return [tool for tool in _tools(cast(Toolset, toolset)) if tool.name not in names]


def reach(tool: Tool) -> str:
    """How far a tool goes, in a word or two."""
    hints = _annotations(tool)
    if hints.read_only_hint:
        return "reads"
    if tool.name in _OF_ACTIONS:
        return _OF_ACTIONS[tool.name]
    if hints.destructive_hint:
        return "sends" if hints.open_world_hint else "removes"
    return "changes"


def reversibility(tool: Tool) -> str:
    """Whether what a tool does can be undone, in the label's word."""
    return str((tool.meta or {}).get(REVERSIBILITY, _NONE))


def _annotations(tool: Tool) -> ToolAnnotations:
    if tool.annotations is None:
        raise ValueError(f"{tool.name} has no hints")
    return tool.annotations


def _tools(*toolsets: Toolset) -> list[Tool]:
    return tools_of(Settings(state_dir=Path(), toolsets=toolsets))


# -- one tool ------------------------------------------------------------------------------------


def _headline(toolset: str) -> str:
    return "Always on" if toolset == ALWAYS_ON else f"Toolset `{toolset}`"


def _contents(tools: Sequence[Tool]) -> str:
    return " · ".join(f"[`{tool.name}`](#{tool.name})" for tool in tools)


def _tool(tool: Tool, toolset: str, shown: Shown) -> str:
    where = ALWAYS_ON if toolset == ALWAYS_ON else f"toolset `{toolset}`"
    undone = f"can it be undone: {reversibility(tool)}"
    parts = [
        f"### `{tool.name}`",
        f"**{tool.title}** · {where} · {reach(tool)} · {undone} · {_hints(tool)}",
        tool.description,
        _arguments(tool.parameters),
        f"Answers with {_members(tool.output_schema or {})}.",
        "Example:",
        f"```json\n{_as_json(shown.arguments)}\n```",
        f"```text\n{shown.answer}\n```",
    ]
    if shown.refusals:
        parts.append("Refused, with these words:")
        parts.append("\n".join(f"- `{_as_json(given)}`: {_inline(said)}" for given, said in shown.refusals))
    return "\n\n".join(parts)


def _hints(tool: Tool) -> str:
    hints = _annotations(tool)
    said = {
        "read-only": hints.read_only_hint,
        "destructive": hints.destructive_hint,
        "idempotent": hints.idempotent_hint,
        "open-world": hints.open_world_hint,
    }
    held = [name for name, holds in said.items() if holds]
    return f"hints: {', '.join(held) or 'none holds'}"


def _arguments(schema: Mapping[str, Any]) -> str:
    if not schema["properties"]:
        return "It takes no arguments."
    rows = ["| argument | type | bounds | default | what it is | comes from |", "| --- |" + " --- |" * 5]
    for name, node in schema["properties"].items():
        needed = "**required**" if name in schema.get("required", ()) else _default(node)
        cells = (f"`{name}`", _type(node), _bounds(node), needed, _told(node), _yielded_by(node))
        rows.append(f"| {' | '.join(each.replace('|', BAR) for each in cells)} |")
    return "\n".join(rows)


def _type(node: Mapping[str, Any]) -> str:
    if "enum" in node:
        return ", ".join(f"`{choice}`" for choice in node["enum"])
    if node["type"] == "array":
        return f"list of {_plural(_type(node['items']))}"
    if node["type"] == "object" and isinstance(node.get("additionalProperties"), Mapping):
        return f"object of {_plural(_type(node['additionalProperties']))}"
    return _WORDS[node["type"]]


def _plural(word: str) -> str:
    return f"{word}s" if word in _WORDS.values() and word != _WORDS["boolean"] else word


def _bounds(node: Mapping[str, Any]) -> str:
    told: list[str] = []
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ):
        least, most = node.get(low), node.get(high)
        if least is not None and most is not None:
            told.append(f"{least:,} to {most:,}{unit}")
        elif most is not None:
            told.append(f"at most {most:,}{unit}")
        elif least is not None:
            told.append(f"at least {least:,}{unit}")
    if "pattern" in node:
        told.append(f"`{node['pattern']}`")
    if (inner := node.get("items")) and (of_each := _bounds(inner)) != _NONE:
        told.append(f"each {of_each}")
    return "; ".join(told) or _NONE


def _default(node: Mapping[str, Any]) -> str:
    return f"`{json.dumps(node['default'])}`" if "default" in node else _NONE


def _described(node: Mapping[str, Any]) -> Iterator[str]:
    if said := node.get("description"):
        yield str(said)
    if inner := node.get("items"):
        yield from _described(inner)


def _told(node: Mapping[str, Any]) -> str:
    return "; ".join(_described(node)) or _NONE


@cache
def _names() -> frozenset[str]:
    return frozenset(tool.name for toolset in (*TOOLSETS, ALWAYS_ON) for tool in tools_in(toolset))


def _yielded_by(node: Mapping[str, Any]) -> str:
    words = re.findall(r"[a-z]+(?:_[a-z]+)+", " ".join(_described(node)))
    return ", ".join(f"[`{name}`](#{name})" for name in dict.fromkeys(words) if name in _names()) or _NONE


def _members(schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    return ", ".join(
        f"`{name}` ({_shape(node)}{'' if name in required else ', if any'})"
        for name, node in schema["properties"].items()
    )


def _shape(node: Mapping[str, Any]) -> str:
    """The type of a member, with the members inside."""
    if node["type"] == "array":
        return f"list of {_plural(_shape(node['items']))}"
    if node["type"] == "object" and node.get("properties"):
        return f"object with {', '.join(f'`{name}`' for name in node['properties'])}"
    return _type(node)


def _inline(text: str) -> str:
    """A text on one line, without anything that Markdown takes for HTML."""
    return " ".join(text.split()).replace("<", "&lt;")


def _as_json(arguments: Arguments) -> str:
    return json.dumps(arguments, ensure_ascii=False)


# -- the examples --------------------------------------------------------------------------------


@cache
def _shown() -> Mapping[str, Shown]:
    return anyio.run(_run_all)


async def _run_all() -> Mapping[str, Shown]:
    found: dict[str, Shown] = {}
    for toolset in (*TOOLSETS, ALWAYS_ON):
        sandbox = Sandbox(SandboxSettings(clock=lambda: NOW))
        with tempfile.TemporaryDirectory(prefix="egoi-mcp-docs-") as state:
            async with connected(Path(state), _ENVIRON, sandbox=sandbox, now=lambda: NOW) as session:
                ids = {name: id_in((await session.call(t, **a)).data) for name, (t, a) in BEFORE.items()}
                for tool in tools_in(toolset):
                    found[tool.name] = await _run(session, tool.name, ids)
    return found


async def _run(session: Session, tool: str, ids: Mapping[str, str]) -> Shown:
    """One tool's example and refusals.

    Raises:
        RuntimeError: there is no example, it is refused, or what is to be refused is not.
    """
    if tool not in EXAMPLES:
        raise RuntimeError(f"{tool} has no example in scripts/tool_examples.py")
    shown = {**ids, **SHOWN_IDS}
    answer = await session.call(tool, **with_ids(EXAMPLES[tool], ids))
    if answer.is_error:
        raise RuntimeError(f"the example of {tool} is refused: {answer.text}")
    refusals: list[tuple[Arguments, str]] = []
    for given in REFUSED.get(tool, ()):
        refused = await session.call(tool, **with_ids(given, ids))
        if not refused.is_error:
            raise RuntimeError(f"{tool} does not refuse {given}: {refused.text}")
        refusals.append((with_ids(given, shown), _steady(refused.text, ids)))
    return Shown(with_ids(EXAMPLES[tool], shown), _steady(answer.text, ids), tuple(refusals))


def _steady(text: str, ids: Mapping[str, str]) -> str:
    """The text with what is random, or told by the machine's own clock, as it is always written here."""
    for name, written in SHOWN_IDS.items():
        text = text.replace(ids[name], written)
    return _ENDED.sub(_NOW.isoformat(), text)
