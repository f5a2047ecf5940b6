"""The way to a sandbox without sockets: `httpx2`'s ASGI transport, with connections that can fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

import httpx2
from starlette.types import Receive, Scope, Send

from egoi_mcp.sandbox.faults import Dropped

if TYPE_CHECKING:
    from egoi_mcp.sandbox.app import Sandbox

_Trace = Callable[[str, dict[str, object]], Awaitable[None]]
_WRITTEN = (
    "http11.send_request_headers.started",
    "http11.send_request_headers.complete",
    "http11.send_request_body.started",
    "http11.send_request_body.complete",
    "http11.receive_response_headers.started",
)


class SandboxTransport(httpx2.AsyncBaseTransport):
    """Leads every request to one sandbox, whatever its host.

    A dropped reply raises what a real connection would: `ConnectError` when no connection was made,
    `ReadError` for a reset, `ReadTimeout` for silence. The `trace` extension of a request sees the events
    of a real connection, so that callers can tell whether anything was written. A delay that outlasts the
    request's read time-out ends in `ReadTimeout` after that time.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request through the sandbox."""
        trace = cast("_Trace | None", request.extensions.get("trace"))
        patience: float | None = request.extensions.get("timeout", {}).get("read")
        events: list[str] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            from egoi_mcp.sandbox.app import READ_TIMEOUT

            scope["extensions"] = {READ_TIMEOUT: patience}
            await self._sandbox(scope, receive, send)

        try:
            response = await httpx2.ASGITransport(app=app).handle_async_request(request)
        except Dropped as dropped:
            events = [] if dropped.how == "refused" else list(_WRITTEN)
            await _tell(trace, events)
            raise _exception(dropped, request) from None
        await _tell(trace, [*_WRITTEN, "http11.receive_response_headers.complete"])
        return response


async def _tell(trace: _Trace | None, events: list[str]) -> None:
    if trace is not None:
        for event in events:
            await trace(event, {})


def _exception(dropped: Dropped, request: httpx2.Request) -> httpx2.TransportError:
    if dropped.how == "refused":
        return httpx2.ConnectError("connection refused", request=request)
    if dropped.how == "reset":
        return httpx2.ReadError("connection reset", request=request)
    return httpx2.ReadTimeout("no reply in time", request=request)
