"""What do the list of tools and the answers cost a model, and what would the vendors' own JSON cost?

    python -m bench.tokens

Tokens are those of the `o200k_base` vocabulary, counted by a tokenizer that carries its tables; other
models' differ by some percent. The list is taken whole, as it goes over the wire in each era, and as what a
host gives the model of it (name, description, input schema). Of an answer the text and the data are
counted: a host shows the model one of the two. "Raw" is the bodies of all replies that an answer was made
of, as a tool that hands them on would show them.

The page of contacts is a hundred of E-goi's, each with everything that its document names: all members of
`base` (null where a contact has none), five extra fields and tags; and once more as the sandbox's sample
contacts are, with gaps. Exits with 1 where something is above its limit.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import anyio
import httpx2
from mcp import Client
from mcp_types import CallToolResult, TextContent
from toktok import (  # type: ignore[import-untyped]  # typed inside, not marked as such
    batch_count,  # pyright: ignore[reportMissingTypeStubs]  # the same
)

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.state import Contact
from egoi_mcp.server import build_server
from egoi_mcp.settings import TOOLSETS, from_environ
from scripts.tool_examples import BEFORE, EXAMPLES, id_in, with_ids

Era = Literal["legacy", "auto"]
ERAS: Mapping[Era, str] = {"legacy": "2025-11-25", "auto": "2026-07-28"}
DEFAULT, EVERYTHING = "default", ",".join(TOOLSETS)

MOST_LIST = 10_000
MOST_INPUT = 6_500
MOST_ANSWER = 8_000
MOST_OF_RAW = 0.25
PAGE = 100
ENCODING = "o200k_base"

BASE = (
    *("contact_id", "status", "consent", "consent_date", "subscription_method", "subscription_date"),
    *("subscription_form", "unsubscription_method", "unsubscription_reason", "unsubscription_observation"),
    *("unsubscription_date", "change_date", "first_name", "last_name", "birth_date", "language", "email"),
    *("email_status", "cellphone", "cellphone_status", "phone", "phone_status", "push_token_android"),
    "push_token_ios",
)
"""The members of a contact's `base`. Source: E-goi v3, `getAllContacts`."""

MORE_ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "search_contacts, whole contacts": ("search_contacts", {"list_id": 3, "detail": "full"}),
    "search_contacts, all vendors": ("search_contacts", {"provider": "all", "query": "ana.013@example.org"}),
    "search_contacts, Intercom": ("search_contacts", {"provider": "intercom", "role": "user"}),
    "list_audiences, fields": ("list_audiences", {"kind": "fields", "list_id": 1}),
    "list_campaigns, 100": ("list_campaigns", {"limit": PAGE}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Tokens of one thing, and how many it may have; None where nothing is asked of it."""

    what: str
    tokens: int
    most: float | None = None

    @property
    def kept(self) -> bool:
        """Whether it is within its limit."""
        return self.most is None or self.tokens <= self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer beside the vendors' replies that it was made of; `most_of_raw` is its largest share."""

    what: str
    text: int
    data: int
    raw: int
    most_of_raw: float | None = None

    @property
    def kept(self) -> bool:
        """Whether text and data are each within their limits."""
        most = MOST_ANSWER if self.most_of_raw is None else min(MOST_ANSWER, self.raw * self.most_of_raw)
        return max(self.text, self.data) <= most


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything that was counted."""

    lists: tuple[Size, ...]
    answers: tuple[Answer, ...]

    @property
    def kept(self) -> bool:
        """Whether all of it is within its limits."""
        return all(size.kept for size in self.lists) and all(answer.kept for answer in self.answers)


def main() -> int:
    """Measure, print and judge; the exit code."""
    with tempfile.TemporaryDirectory(prefix="egoi-mcp-bench-") as state:
        return judged(anyio.run(measure, Path(state)))


def judged(measured: Measured) -> int:
    """Print what was counted; 1 where something is above its limit, else 0."""
    for size in measured.lists:
        limit = "" if size.most is None else f" of {size.most:6,.0f}{'' if size.kept else '   TOO MUCH'}"
        print(f"{size.what:52}{size.tokens:8,}{limit}")
    print(f"\n{'answer':40}{'text':>8}{'data':>8}{'raw':>8}{'of raw':>8}")
    for answer in measured.answers:
        larger = max(answer.text, answer.data)
        share = f"{larger / answer.raw:8.2f}" if answer.raw else f"{'-':>8}"
        verdict = "" if answer.kept else "   TOO MUCH"
        print(f"{answer.what:40}{answer.text:8,}{answer.data:8,}{answer.raw:8,}{share}{verdict}")
    return 0 if measured.kept else 1


async def measure(state: Path) -> Measured:
    """Count everything; servers keep their state in folders below `state`."""
    lists = [
        size
        for chosen in (DEFAULT, *TOOLSETS, EVERYTHING)
        for era in ERAS
        for size in await list_sizes(state, chosen, era)
    ]
    return Measured(lists=tuple(lists), answers=(*await answers(state), *await pages(state)))


async def list_sizes(state: Path, toolsets: str, era: Era) -> tuple[Size, Size]:
    """The reply to `tools/list`, whole and its input part; the default tools have limits."""
    async with opened(state, Sandbox(SandboxSettings()), era, toolsets=toolsets) as (client, _):
        reply = (await client.list_tools()).model_dump(mode="json", by_alias=True, exclude_none=True)
    tools = cast(Sequence[Mapping[str, Any]], reply["tools"])
    given = [{name: tool[name] for name in ("name", "description", "inputSchema")} for tool in tools]
    named = "all toolsets" if toolsets == EVERYTHING else toolsets
    what = f"tools/list {ERAS[era]}, {named}, {len(tools)} tools"
    limited = toolsets == DEFAULT
    return (
        Size(what=what, tokens=tokens(reply), most=MOST_LIST if limited else None),
        Size(what="  its input part", tokens=tokens(given), most=MOST_INPUT if limited else None),
    )


async def answers(state: Path) -> list[Answer]:
    """One answer of every tool, and some larger ones.

    Raises:
        RuntimeError: a call failed.
    """
    found: list[Answer] = []
    async with opened(state, Sandbox(SandboxSettings()), toolsets=EVERYTHING) as (client, raw):
        ids = {
            name: id_in((await client.call_tool(*call)).structured_content or {})
            for name, call in BEFORE.items()
        }
        calls = {tool: (tool, arguments) for tool, arguments in EXAMPLES.items()} | MORE_ANSWERS
        for what, (tool, arguments) in calls.items():
            found.append(await counted(client, raw, what, tool, with_ids(arguments, ids)))
    return found


async def pages(state: Path) -> list[Answer]:
    """Pages of a hundred contacts: with all that they can have, and as the sandbox's are."""
    found: list[Answer] = []
    for whole in (True, False):
        sandbox = Sandbox(SandboxSettings())
        for place, contact in enumerate(sandbox.world.egoi.lists[1].contacts.values(), 1):
            if whole:
                make_whole(contact, place)
        what = f"page of {PAGE} contacts{'' if whole else ' with gaps'}"
        async with opened(state, sandbox, toolsets="contacts") as (client, raw):
            answer = await counted(client, raw, what, "search_contacts", {"list_id": 1, "limit": PAGE})
        found.append(replace(answer, most_of_raw=MOST_OF_RAW if whole else None))
    return found


def make_whole(contact: Contact, place: int) -> None:
    """Give a contact every member of the document, null where it has no value, and five extra fields."""
    contact.base = {name: contact.base.get(name) for name in BASE}
    contact.tags = contact.tags or [1 + place % 6]
    contact.extra = [
        {"field_id": 1, "format": "text", "value": "Lisboa"},
        {"field_id": 2, "format": "number", "value": str(place * 10)},
        {"field_id": 3, "format": "cellphone", "value": f"351-900000{place:03d}", "status": "active"},
        {"field_id": 4, "format": "options", "value": [1 + place % 3]},
        {"field_id": 5, "format": "date", "value": f"2026-03-{1 + place % 28:02d}"},
    ]


class Listening(httpx2.AsyncBaseTransport):
    """The way to a sandbox that keeps the body of every reply."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner
        self.bodies: list[str] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass a request on."""
        response = await self._inner.handle_async_request(request)
        self.bodies.append((await response.aread()).decode())
        return response


@asynccontextmanager
async def opened(
    state: Path, sandbox: Sandbox, era: Era = "legacy", *, toolsets: str
) -> AsyncGenerator[tuple[Client, Listening]]:
    """A client of a fresh server over the sandbox, and what the vendors answered."""
    transport = Listening(sandbox.transport())
    with tempfile.TemporaryDirectory(dir=state) as folder:
        settings = from_environ(
            {
                "EGOI_MCP_SANDBOX": "1",
                "EGOI_MCP_STATE_DIR": folder,
                "EGOI_MCP_BROWSER": "off",
                "EGOI_MCP_TOOLSETS": toolsets,
                "EGOI_ACCOUNT_TIMEZONE": "Europe/Lisbon",
            }
        )
        async with Client(build_server(settings, transport=transport), mode=era) as client:
            yield client, transport


async def counted(
    client: Client, raw: Listening, what: str, tool: str, arguments: Mapping[str, Any]
) -> Answer:
    """One call's answer.

    Raises:
        RuntimeError: the call failed, so its answer is not what is to be measured.
    """
    raw.bodies.clear()
    result = await client.call_tool(tool, dict(arguments))
    if result.is_error:
        raise RuntimeError(f"{what}: {text_of(result)}")
    return Answer(
        what=what,
        text=tokens(text_of(result)),
        data=tokens(result.structured_content),
        raw=sum(tokens(body) for body in raw.bodies),
    )


def text_of(result: CallToolResult) -> str:
    """The text of a result."""
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def tokens(value: object) -> int:
    """Tokens of a text, or of a JSON value in its shortest form."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return int(batch_count([text], encoding=ENCODING)[0])


if __name__ == "__main__":
    sys.exit(main())
