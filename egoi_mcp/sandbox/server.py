"""The sandbox as an HTTP server on the loopback interface."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from egoi_mcp.errors import SettingsError
from egoi_mcp.sandbox.app import ABORT, Sandbox
from egoi_mcp.sockets import answering_at_once

_START_SECONDS = 30.0
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER on with no time to linger: closing sends a reset instead of an orderly end."""


class AbortableProtocol(H11Protocol):
    """uvicorn's HTTP protocol that lets the application reset its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Offer the reset to every request of this connection."""
        super().connection_made(transport)
        inner = self.app

        def reset() -> None:
            connection = transport.get_extra_info("socket")
            if connection is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            transport.abort()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[ABORT] = reset
            await inner(scope, receive, send)

        self.app = app


class _Server(uvicorn.Server):
    """A server that tells when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()


def _loopback(host: str) -> str:
    """The address of a loopback host.

    Raises:
        SettingsError: it is none; the sandbox has no protection against a network.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise SettingsError(f"the sandbox listens on loopback addresses, not on {host!r}") from None
    if not address.is_loopback:
        raise SettingsError(f"the sandbox listens on loopback addresses only, not on {host}")
    return str(address)


def _bound(host: str, port: int) -> socket.socket:
    address = _loopback(host)
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
    except OSError:
        listener.close()
        raise
    return answering_at_once(listener)


def _server(sandbox: Sandbox, listening: Callable[[], None]) -> _Server:
    config = uvicorn.Config(
        sandbox,
        http=AbortableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return _Server(config, listening)


async def serve(
    sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0, started: Callable[[int], None] | None = None
) -> None:
    """Serve a sandbox until cancelled or told to stop by a signal.

    Port 0 takes a free one; `started` is called with the bound port once requests are answered.

    Raises:
        SettingsError: the host is no loopback address.
        OSError: the port is taken.
    """
    with _bound(host, port) as listener:
        bound_port: int = listener.getsockname()[1]

        def listening() -> None:
            if started is not None:
                started(bound_port)

        await _server(sandbox, listening).serve(sockets=[listener])


@contextmanager
def running(sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0) -> Generator[str, None, None]:
    """Serve a sandbox on a thread of its own; yields the base URL, without a path."""
    with _bound(host, port) as listener:
        ready = threading.Event()
        server = _server(sandbox, ready.set)
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listener])), name="sandbox", daemon=True
        )
        address, bound_port = listener.getsockname()[:2]
        thread.start()
        try:
            if not ready.wait(_START_SECONDS):
                raise TimeoutError("the sandbox did not start")
            yield f"http://[{address}]:{bound_port}" if ":" in address else f"http://{address}:{bound_port}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join(_START_SECONDS)
