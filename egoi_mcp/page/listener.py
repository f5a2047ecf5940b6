"""The page's HTTP server in this process: loopback, no signal handlers, no log of addresses."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio
import uvicorn

from egoi_mcp.sockets import answering_at_once

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_MOST_HEADER_BYTES = 16 * 1024
_OPEN_REQUESTS_SECONDS = 2
_MOST_CONNECTIONS = 100


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    return answering_at_once(socket.create_server((host, port), backlog=32))


class Listener(uvicorn.Server):
    """uvicorn that ends at once when it is told to, and leaves the process's signals alone."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                http="h11",
                ws="none",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                # Two answers to the same are the same to the byte.
                date_header=False,
                proxy_headers=False,
                h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_graceful_shutdown=_OPEN_REQUESTS_SECONDS,
            )
        )

        self._ending = anyio.Event()

    def end(self) -> None:
        """Have `serve` end in good order; a request under way is answered."""
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Wait for the end on an event: nothing here has to be looked at ten times a second."""
        await self.on_tick(0)
        await self._ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening; where somebody is connected, as uvicorn does."""
        if self.server_state.connections:
            await super().shutdown(sockets)
        for server in self.servers:
            server.close()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Nothing: whoever runs this process ends it, and this server with it."""
        yield
