"""What the tests of this folder share: sessions, what reached the sandbox, and replies changed on their way.

async with connected(tmp_path, person=Person()) as session: ...
bodies(session, "sendSmsMessages")     what was sent, as JSON
async with altered(tmp_path, change) as session: ...     a vendor that answers otherwise
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx2

from egoi_mcp.api.catalog import Api, FrozenRequest
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.settings import from_environ
from tests.support import Called, Era, Person, Session, opened

PORTUGUESE = "+351900000001"
"""A number of the sandbox's list 3 (Team), held by an active contact."""
SPANISH = "+34600000001"
BRITISH = "+447700900001"

Change = Callable[[str, Any], Any]
"""What becomes of a reply's JSON, given the request's path."""


def as_frozen(request: httpx2.Request) -> FrozenRequest:
    """The request as it was before the credentials were added, told apart as the vendors tell it."""
    target = request.url.raw_path.decode("ascii")
    signed = request.headers.get("authorization", "")
    api: Api = "intercom" if signed.startswith("Bearer ") else "txtsync"
    if "apikey" in request.headers:
        api = "transactional" if target.startswith("/api/v2/") else "egoi"
    origin = f"{request.url.scheme}://{request.url.host}"
    return FrozenRequest(api, request.method, origin, target, request.content)


def bodies(session: Session, operation: str) -> list[Any]:
    """The bodies of an operation's requests, oldest first."""
    return [
        json.loads(each.body) for each in session.sandbox.requests.arrivals if each.operation == operation
    ]


def queries(session: Session, operation: str) -> list[dict[str, str]]:
    """The query parameters of an operation's requests, oldest first."""
    return [
        dict(parse_qsl(urlsplit(each.target).query))
        for each in session.sandbox.requests.arrivals
        if each.operation == operation
    ]


def mutations(session: Session) -> list[str]:
    """The operations that changed anything or reached anyone."""
    return session.sandbox.effects.mutations


async def refused(session: Session, tool: str, **arguments: object) -> str:
    """The text of a call that fails, and changes and sends nothing."""
    before = session.sandbox.effects.size
    called = await session.call(tool, **arguments)
    assert called.is_error, called.text
    assert not called.text.startswith("Internal error"), called.text
    assert session.sandbox.effects.size == before
    return called.text


async def previewed(session: Session, tool: str, **arguments: object) -> Called:
    """A preview; nothing is asked, changed or sent."""
    before = session.sandbox.effects.size
    called = await session.call(tool, **arguments, preview_only=True)
    assert called.status == "preview", called.text
    assert session.sandbox.effects.size == before
    return called


class _Altering(httpx2.AsyncBaseTransport):
    def __init__(self, inner: httpx2.AsyncBaseTransport, change: Change) -> None:
        self._inner = inner
        self._change = change

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        found = json.loads(await response.aread() or b"null")
        changed = self._change(request.url.path, found)
        if isinstance(changed, httpx2.Response):
            return changed
        return httpx2.Response(
            response.status_code,
            headers={"content-type": "application/json"},
            content=json.dumps(changed, ensure_ascii=False).encode(),
        )


@asynccontextmanager
async def altered(
    state_dir: Path,
    change: Change,
    environ: Mapping[str, str] | None = None,
    *,
    person: Person | None = None,
    mode: Era = "legacy",
    **variables: str,
) -> AsyncGenerator[Session]:
    """A session in which every reply passes through `change`; a whole `Response` may come back too."""
    sandbox = Sandbox(SandboxSettings())
    settings = from_environ(
        {"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(state_dir), **(environ or {}), **variables}
    )
    transport = _Altering(sandbox.transport(), change)
    async with opened(settings, sandbox=sandbox, transport=transport, mode=mode, person=person) as session:
        yield session


def problem(status: int, detail: str) -> httpx2.Response:
    """A refusal in the form of E-goi's."""
    body = {"type": "about:blank", "title": "Refused", "status": status, "detail": detail}
    return httpx2.Response(status, json=body)


def facts(called: Called) -> dict[str, str]:
    """The facts of an answer's preview."""
    return cast("dict[str, str]", called.data["preview"]["facts"])
