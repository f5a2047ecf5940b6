"""The tools as a client gets them from the real server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import Era, connected

CHAT = {
    "EGOI_MCP_CONFIRM": "chat",
    "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "10",
    "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "20",
}
"""What the owner sets so that a second call approves."""


async def definitions(
    state_dir: Path, environ: Mapping[str, str] | None = None, *, mode: Era = "legacy"
) -> list[dict[str, Any]]:
    """What `tools/list` holds, with the wire's names."""
    async with connected(state_dir, environ, mode=mode) as session:
        tools = (await session.client.list_tools()).tools
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
