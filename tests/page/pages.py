"""A server's page as a browser meets it: over ASGI in this process, with the form that was shown.

async with paged(tmp_path) as (session, owner): ...      a session of MCP, and the owner's browser
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest

from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.page.addresses import Address, running
from egoi_mcp.page.server import ApprovalPage
from egoi_mcp.page.site import Site
from egoi_mcp.sandbox import Sandbox
from tests.support import SMS, Era, Person, Session, connected

_BEGIN = ApprovalPage.__init__
AT_ONCE = {"EGOI_MCP_APPROVAL_WAIT_SECONDS": "0"}
"""A call that waits for nobody."""


@dataclass
class Owner:
    """The person's browser: it opens what the server opens, keeps cookies, and sends forms as shown."""

    opened: list[str] = field(default_factory=list[str])
    pages: list[ApprovalPage] = field(default_factory=list[ApprovalPage])
    site: Site | None = None
    base: str = ""
    host: str = ""
    cookie: str = ""
    has_screen: bool = True
    state_dir: Path = Path()

    async def open(self, url: str) -> bool:
        """What the server does to bring the page before the owner's eyes."""
        self.opened.append(url)
        return self.has_screen

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> httpx2.Response:
        """One request, with exactly these headers besides the host's, which may be replaced."""
        assert self.site is not None
        given = {"host": self.host} | dict(headers or {})
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(self.site)) as client:
            return await client.request(method, f"http://{self.host}{path}", headers=given, content=content)

    async def raw(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        fields: Mapping[str, str] | None = None,
    ) -> Raw:
        """One request as bytes on the wire would have it: no header is added, an empty one left out."""
        assert self.site is not None
        target, _, query = path.partition("?")
        given = [
            (name.encode(), each.encode("latin-1"))
            for name, value in headers.items()
            for each in value.split("\n")
            if each
        ]
        scope = {
            "type": "http",
            "method": method,
            "path": target,
            "query_string": query.encode(),
            "headers": given,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 1),
        }
        told: list[Any] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": urlencode(fields or {}).encode()}

        async def send(message: Any) -> None:
            told.append(message)

        await self.site(scope, receive, send)
        begun, *rest = told
        said = tuple((name.decode(), value.decode()) for name, value in begun["headers"])
        return Raw(begun["status"], said, b"".join(each["body"] for each in rest))

    def newest_path(self) -> str:
        """The newest address without its origin."""
        parts = urlsplit(self.opened[-1])
        return f"{parts.path}?{parts.query}"

    def fresh_path(self) -> str:
        """An address as `egoi-mcp page` makes it, without its origin."""
        (address,) = running(self.state_dir, lambda _: True)
        return address.url(load_state_key(self.state_dir), time.time()).partition(str(address.port))[2]

    async def enter_anew(self) -> httpx2.Response:
        """Follow a fresh address."""
        (address,) = running(self.state_dir, lambda _: True)
        await self.open(address.url(load_state_key(self.state_dir), time.time()))
        return await self.enter()

    async def enter(self) -> httpx2.Response:
        """Follow the newest address to its page."""
        parts = urlsplit(self.opened[-1])
        self.host, self.base = parts.netloc, parts.path.removesuffix("open")
        answer = await self.ask("GET", f"{parts.path}?{parts.query}")
        assert answer.status_code == 200, answer.text
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    async def look(self, path: str = "") -> httpx2.Response:
        """Load an address of the page."""
        return await self.ask("GET", self.base + path, headers={"cookie": self.cookie})

    async def form(self, action_id: str) -> str:
        """The token that the page's form for an action holds; empty where it offers none."""
        return form_in((await self.look()).text, action_id)

    async def decide(self, action_id: str, decision: str = "approve", **fields: str) -> httpx2.Response:
        """Send the form as the browser does."""
        form = fields.pop("form", "") or await self.form(action_id)
        return await self.post({"action": action_id, "form": form, "decision": decision, **fields})

    async def post(
        self, fields: Mapping[str, str], *, to: str = "decide", headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Send any form; `headers` add to or replace the browser's."""
        given = {
            "cookie": self.cookie,
            "origin": f"http://{self.host}",
            "content-type": "application/x-www-form-urlencoded",
        } | dict(headers or {})
        content = str(httpx2.QueryParams(dict(fields))).encode()
        return await self.ask("POST", self.base + to, headers=given, content=content)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer, to its last byte."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def form_in(html: str, action_id: str) -> str:
    """The token in the form of one action's card."""
    for form in re.findall(r"<form.*?</form>", html, re.DOTALL):
        values = {unescape(n): unescape(v) for n, v in re.findall(r'name="(\w+)"\s+value="([^"]*)"', form)}
        if values.get("action") == action_id:
            return values["form"]
    return ""


@asynccontextmanager
async def paged(
    state_dir: Path,
    environ: Mapping[str, str] | None = None,
    *,
    mode: Era = "legacy",
    person: Person | None = None,
    sandbox: Sandbox | None = None,
) -> AsyncGenerator[tuple[Session, Owner]]:
    """A session with `send_sms`, and the owner whose browser the server opens."""
    owner = Owner()
    with pytest.MonkeyPatch.context() as patch:

        def init(page: ApprovalPage, *given: Any, **named: Any) -> None:
            _BEGIN(page, *given, **named, opener=owner.open)
            site = page.site

            def site_of(address: Address) -> Site:
                owner.site = site(address)
                return owner.site

            patch.setattr(page, "site", site_of)
            owner.pages.append(page)

        patch.setattr(ApprovalPage, "__init__", init)
        only_sms = {"EGOI_MCP_TOOLSETS": "sms"} | dict(environ or {})
        async with connected(state_dir, only_sms, mode=mode, person=person, sandbox=sandbox) as session:
            owner.state_dir = session.state_dir
            yield session, owner


@asynccontextmanager
async def waiting(
    state_dir: Path, environ: Mapping[str, str] | None = None, **arguments: object
) -> AsyncGenerator[tuple[Session, Owner, str]]:
    """A proposal that waits, the call that made it having returned, and the owner at its page."""
    async with paged(state_dir, AT_ONCE | dict(environ or {})) as (session, owner):
        asked = await session.call("send_sms", **(SMS | arguments))
        assert asked.status in {"needs_approval", "duplicate"}, asked.text
        await owner.enter()
        yield session, owner, asked.action_id
