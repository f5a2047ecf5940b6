"""Whatever a vendor's texts are, no reading tool answers with more than 8,000 tokens, in either form."""

from __future__ import annotations

import random
import string
from pathlib import Path
from typing import Any

import pytest

from bench.tokens import tokens
from egoi_mcp.api.fitting import is_object
from egoi_mcp.api.members import is_array
from tests.tools_live.live import altered
from tests.tools_live.test_call_sizes import BASE62, of, pronounced

pytestmark = pytest.mark.anyio

MOST = 8_000
TOOLS = {"EGOI_MCP_TOOLSETS": "contacts,tags,campaigns,reports,account,audiences_admin"}
CHANCE = random.Random(2)
TEXTS = {
    "bars": "|" * 500,
    "line feeds": "a\n" * 250,
    "quotes": '"' * 500,
    "punctuation": of(string.punctuation, 480, CHANCE),
    "ids": " ".join(of(BASE62, 20, CHANCE) for _ in range(20)),
    "words of nobody": " ".join(pronounced(4 + number % 4) for number in range(60)),
    "two such words": " ".join(pronounced(6) for _ in range(2)),
    "N'Ko": of("".join(map(chr, range(0x7C0, 0x800))), 400, CHANCE),
    "rare Chinese": of("".join(map(chr, range(0x3400, 0x3500))), 400, CHANCE),
    "emoji": of("".join(map(chr, range(0x1F600, 0x1F640))), 300, CHANCE),
    "tags": "\N{TAG LATIN CAPITAL LETTER A}" * 400,
}
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("search_contacts", {"list_id": 1, "limit": 100}),
    ("search_contacts", {"list_id": 1, "limit": 50, "detail": "full"}),
    ("search_contacts", {"provider": "intercom", "limit": 100}),
    ("get_contact", {"contact_id": "cd5096b5fc", "list_id": 3}),
    ("list_campaigns", {"limit": 100}),
    *(("list_audiences", {"kind": kind}) for kind in ("lists", "tags")),
    *(("list_audiences", {"kind": kind, "list_id": 1}) for kind in ("fields", "segments")),
    ("list_suppressed", {"limit": 100}),
    ("get_account", {}),
)
# What decides how an answer is read stays as it is.
_KEPT = ("_id", "hash", "status", "type", "date", "created", "updated", "format")


def hostile(value: Any, said: str) -> Any:
    if is_object(value):
        return {name: each if name.endswith(_KEPT) else hostile(each, said) for name, each in value.items()}
    if is_array(value):
        return [hostile(each, said) for each in value]
    return said if isinstance(value, str) else value


@pytest.mark.parametrize("said", TEXTS.values(), ids=TEXTS.keys())
async def test_no_answer_is_large(tmp_path: Path, said: str) -> None:
    def change(path: str, reply: Any) -> Any:
        made = hostile(reply, said)
        if not is_object(made) or not made.get("items") or "contacts" in path:
            return made
        return {**made, "items": (made["items"] * 100)[:100]}

    async with altered(tmp_path, change, TOOLS) as session:
        for tool, arguments in CALLS:
            called = await session.call(tool, **arguments)
            assert not called.is_error, (tool, called.text)
            assert tokens(called.text) <= MOST, (tool, arguments)
            assert tokens(called.data) <= MOST, (tool, arguments)
