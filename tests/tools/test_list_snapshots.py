"""The whole reply to `tools/list`, as it comes out of the process that a host starts, is what its file says.

One file an era, the default tools. What `test_snapshots` holds of each tool is held here of everything that
stands around and between them: their order, cache hints, the reply's own members. A change is to be read
in review; `EGOI_MCP_UPDATE_SNAPSHOTS=1` writes the files anew.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCResponse

from tests.support import ERAS, Era
from tests.tools.test_snapshots import UPDATE, difference

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "lists"
VERSIONS: dict[Era, str] = {"legacy": "2025-11-25", "auto": "2026-07-28"}


@pytest.mark.parametrize("era", ERAS)
async def test_the_whole_list_is_the_one_that_was_agreed(tmp_path: Path, era: Era) -> None:
    found = json.dumps(await list_on_the_wire(tmp_path, era), ensure_ascii=False, indent=2) + "\n"
    path = FOLDER / f"{VERSIONS[era]}.json"
    if os.environ.get(UPDATE) == "1":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    kept = path.read_text(encoding="utf-8") if path.exists() else None
    if changed := difference(path.stem, kept, found):
        pytest.fail(
            f"what a host gets from tools/list has changed:\n\n{changed}\nIf that is meant: {UPDATE}=1 "
            "python -m pytest tests/tools/test_list_snapshots.py, and note the change in CHANGELOG.md.",
            pytrace=False,
        )


def test_both_eras_hold_the_same_tools() -> None:
    legacy, modern = (json.loads((FOLDER / f"{VERSIONS[era]}.json").read_text("utf-8")) for era in ERAS)
    assert legacy["tools"] == modern["tools"]


async def list_on_the_wire(state_dir: Path, era: Era) -> dict[str, Any]:
    """The result that answers `tools/list`, unread by any client's models, from a process over stdio."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "egoi_mcp"],
        cwd=ROOT,
        env={"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(state_dir), "EGOI_MCP_BROWSER": "off"},
    )
    heard: list[SessionMessage] = []
    async with Client(_overheard(server, heard), mode=era) as client:
        assert client.session.protocol_version == VERSIONS[era]
        await client.list_tools()
    results = [each.message.result for each in heard if isinstance(each.message, JSONRPCResponse)]
    (found,) = [result for result in results if "tools" in result]
    return found


@asynccontextmanager
async def _overheard(server: StdioServerParameters, heard: list[SessionMessage]) -> AsyncGenerator[Any]:
    """The streams to a process, with a copy of every message that comes from it."""
    async with stdio_client(server) as (read, write), anyio.create_task_group() as tasks:
        passed_on, received = anyio.create_memory_object_stream[SessionMessage | Exception](16)

        async def listen() -> None:
            async with passed_on:
                async for message in read:
                    if isinstance(message, SessionMessage):
                        heard.append(message)
                    await passed_on.send(message)

        tasks.start_soon(listen)
        yield received, write
        tasks.cancel_scope.cancel()
