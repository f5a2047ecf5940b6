"""The page's HTTP server in this process: loopback, no signal handlers, no log of addresses."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, cast

import anyio
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from egoi_mcp.sockets import answering_at_once

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_MOST_HEADER_BYTES = 16 * 1024
_OPEN_REQUESTS_SECONDS = 2
_BACKLOG = 32
MOST_CONNECTIONS = 64
"""A browser opens six. What anybody on this machine opens beyond costs them an older one."""


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    return answering_at_once(socket.create_server((host, port), backlog=_BACKLOG))


class Connection(H11Protocol):
    """One connection; above the most, the oldest on which nothing is being answered is cut off.

    uvicorn takes any number and waits for ever for a request, so that whoever only connects would use up
    the process's open files, and with them its ledger and its way to the vendors.
    """

    _numbers = count()
    number: int

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrower in the library too
        """Take it in, and make room for it."""
        super().connection_made(transport)
        self.number = next(self._numbers)
        if len(self.connections) > MOST_CONNECTIONS:
            others: list[Connection] = [each for each in self.connections if isinstance(each, Connection)]
            idle = {each.number: each for each in others if each.is_idle()}
            # This one is, so that there is one.
            idle[min(idle)].cut_off()

    def is_idle(self) -> bool:
        """Whether nothing is being answered on it."""
        # Not one before the first request, whatever the type says.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete

    def cut_off(self) -> None:
        """End it at once, without a word."""
        # Discarded here: until the loop has told of the end, the next one would cut off the same.
        self.connections.discard(self)
        self.transport.abort()


class Listener(uvicorn.Server):
    """uvicorn that ends at once when it is told to, and leaves the process's signals alone."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                http=Connection,
                # So many at most are taken in before the first of them is counted.
                backlog=_BACKLOG,
                ws="none",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                # Two answers to the same are the same to the byte.
                date_header=False,
                proxy_headers=False,
                h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
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
