"""What do the list of tools and a full page of contacts cost a model?

    python -m bench.tokens

Tokens are counted as UTF-8 bytes of JSON or text, divided by four. The list is taken whole, as it goes
over the wire, and as what a host gives the model of it (name, description, input schema). The page is
one hundred contacts of the sandbox, as text and as data: a host shows the model one of the two. Exits
with 1 where something is above its limit.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import anyio
from mcp import Client
from mcp_types import CallToolResult, TextContent

from egoi_mcp.server import build_server
from egoi_mcp.settings import from_environ

MOST_LIST_TOKENS = 10_000
MOST_INPUT_TOKENS = 6_500
MOST_TEXT_TOKENS = 5_000
MOST_DATA_TOKENS = 8_000
PAGE = 100


@dataclass(frozen=True, slots=True)
class Measured:
    """One size with its limit."""

    what: str
    tokens: float
    limit: int

    @property
    def kept(self) -> bool:
        """Whether the size is below its limit."""
        return self.tokens < self.limit


def main() -> int:
    """Measure, print and judge; the exit code."""
    with tempfile.TemporaryDirectory(prefix="egoi-mcp-bench-") as state:
        sizes = anyio.run(measure, state)
    for size in sizes:
        verdict = "" if size.kept else "   TOO MUCH"
        print(f"{size.what:44} {size.tokens:8,.0f} of {size.limit:6,} tokens{verdict}")
    return 0 if all(size.kept for size in sizes) else 1


async def measure(state: str) -> list[Measured]:
    """The sizes of a sandbox server whose state is in the folder `state`."""
    settings = from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": state})
    async with Client(build_server(settings), mode="legacy") as client:
        reply = (await client.list_tools()).model_dump(mode="json", by_alias=True, exclude_none=True)
        page = await page_of_contacts(client)
    tools = cast(Sequence[Mapping[str, Any]], reply["tools"])
    given = [{name: tool[name] for name in ("name", "description", "inputSchema")} for tool in tools]
    text, data = result_tokens(page)
    return [
        Measured(f"tools/list of {len(tools)} tools, whole", tokens(reply), MOST_LIST_TOKENS),
        Measured("  name, description and input schema of it", tokens(given), MOST_INPUT_TOKENS),
        Measured(f"page of {PAGE} contacts, text", text, MOST_TEXT_TOKENS),
        Measured(f"page of {PAGE} contacts, data", data, MOST_DATA_TOKENS),
    ]


async def page_of_contacts(client: Client) -> CallToolResult:
    """A full page of the sandbox's largest list.

    Raises:
        RuntimeError: the sandbox has no list that fills a page.
    """
    lists = data_of(await client.call_tool("list_audiences", {"kind": "lists", "limit": 100}))
    for audience in lists["audiences"]:
        page = await client.call_tool("search_contacts", {"list_id": audience["id"], "limit": PAGE})
        if len(data_of(page).get("contacts", ())) == PAGE:
            return page
    raise RuntimeError(f"no list of the sandbox holds {PAGE} contacts")


def data_of(result: CallToolResult) -> Mapping[str, Any]:
    """The structured content of a result; empty where it has none."""
    return cast(Mapping[str, Any], result.structured_content or {})


def result_tokens(result: CallToolResult) -> tuple[float, float]:
    """Tokens of a result's text, and of its data."""
    texts = [block.text for block in result.content if isinstance(block, TextContent)]
    return len("\n".join(texts).encode()) / 4, tokens(result.structured_content)


def tokens(value: object) -> float:
    """Tokens of a JSON value in its shortest form."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) / 4


if __name__ == "__main__":
    sys.exit(main())
