"""What whoever only connects can do to the page's listener: nothing that the owner notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import pytest

from egoi_mcp.page.listener import MOST_CONNECTIONS, Listener, listening
from tests.support import until

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio
GET = b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


@asynccontextmanager
async def served(release: anyio.Event) -> AsyncGenerator[tuple[Listener, int]]:
    """A listener whose answers wait for `release`, and its port; ended in good order."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"here"})

    listener = Listener(app)
    with listening("127.0.0.1", 0) as own:
        async with anyio.create_task_group() as tasks:

            async def serve() -> None:
                await listener.serve(sockets=[own])

            tasks.start_soon(serve)
            await until(lambda: listener.started)
            yield listener, own.getsockname()[1]
            listener.end()


async def test_those_who_only_connect_cost_each_other_their_place_and_nobody_else(anyio_backend: str) -> None:
    release = anyio.Event()
    async with served(release) as (listener, port):
        reader, asking = await asyncio.open_connection("127.0.0.1", port)
        asking.write(GET)
        await until(lambda: bool(listener.server_state.tasks))
        held: list[asyncio.StreamWriter] = []
        for _ in range(2 * MOST_CONNECTIONS):
            held.append((await asyncio.open_connection("127.0.0.1", port))[1])
            # The half of a request is none.
            held[-1].write(GET[:20])
        release.set()
        # The one that was being answered all the while, and a new one.
        assert (await reader.readuntil(b"here")).startswith(b"HTTP/1.1 200")
        reader, late = await asyncio.open_connection("127.0.0.1", port)
        late.write(GET)
        assert (await reader.readuntil(b"here")).startswith(b"HTTP/1.1 200")
        assert len(listener.server_state.connections) <= MOST_CONNECTIONS
        for each in (*held, asking, late):
            each.close()
