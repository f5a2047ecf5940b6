"""The owner at a server's page: what a test of this folder needs besides the browser.

async with asked(session, opened, **SMS) as call:      the call waits, and its page was opened
    tab = await entered(profile, opened)               the owner's browser, in
    await tab.click(APPROVE)
    await call.ended()
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio

from egoi_mcp.page.messages import EMAIL_POLICY
from tests.browser.chromium import Profile, Tab
from tests.support import Called, Session, until

APPROVE, DECLINE = "button.approve", "button.decline"
WAITING = "#waiting > .card"
DECIDED = "#decided > .card"
_HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Security-Policy: {policy}\r\n"
    "Access-Control-Allow-Origin: *\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
)
_KINDS = {"page.css": "text/css", "page.js": "text/javascript", "live": "application/json"}


@dataclass
class Call:
    """A tool call under way."""

    answers: list[Called] = field(default_factory=list[Called])

    async def ended(self) -> Called:
        """Its answer, once it has come."""
        await until(lambda: bool(self.answers))
        return self.answers[0]


@asynccontextmanager
async def asked(session: Session, opened: list[str], **arguments: Any) -> AsyncGenerator[Call]:
    """Call `send_sms`, and wait until the owner's browser was opened; what still waits at the end ends."""
    call = Call()
    before = len(opened)

    async def run() -> None:
        call.answers.append(await session.call("send_sms", **arguments))

    failed: AssertionError | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await until(lambda: len(opened) > before)
        try:
            yield call
        except AssertionError as error:
            # Raised again outside, where no task group wraps it.
            failed = error
        tasks.cancel_scope.cancel()
    if failed is not None:
        raise failed


async def entered(profile: Profile, opened: list[str], **looks: Any) -> Tab:
    """Follow the address that the server opened, to the page itself."""
    tab = await profile.tab(**looks)
    await tab.go(opened[-1])
    await tab.holds("document.readyState === 'complete' && !!document.querySelector('#waiting')")
    return tab


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another site: its address, its pages by path, and the paths that it was asked for."""

    url: str
    pages: dict[str, str]
    asked: list[str]


@asynccontextmanager
async def elsewhere(pages: Mapping[str, str] | None = None, *, policy: str = "") -> AsyncGenerator[Elsewhere]:
    """Another site on this machine, with a policy for its pages; paths it does not have are empty."""
    asked: list[str] = []
    kept = dict(pages or {})

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode().partition("?")[0]
            if path != "/favicon.ico":
                asked.append(path)
            body = kept.get(path, "").encode()
            kind = _KINDS.get(path.rpartition("/")[2], "text/html; charset=utf-8")
            binding = EMAIL_POLICY if "/email/" in path else policy
            writer.write(_HEAD.format(kind=kind, policy=binding, length=len(body)).encode() + body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # browsers open connections ahead of need
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield Elsewhere(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", kept, asked)
    finally:
        server.close()
