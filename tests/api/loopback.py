"""A server on loopback that speaks raw bytes, for what only a real socket shows."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Loopback:
    """A listening server: its address, and every request that arrived, to the byte."""

    origin: str
    received: list[bytes] = field(default_factory=list[bytes])


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One request with its body; empty where the peer went away."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head + await reader.readexactly(length)


def respond(status: str = "200 OK", body: bytes = b"{}", *headers: str) -> bytes:
    """The bytes of a reply."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def loopback(*replies: bytes | Conversation | None) -> AsyncGenerator[Loopback]:
    """Serve one reply to each request in turn, the last one again and again.

    Bytes are sent and the connection is kept; None resets it once the request has been read; a
    function takes the conversation over once the request has been read.
    """
    here = Loopback("")
    conversations: set[asyncio.Task[None] | None] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.add(asyncio.current_task())
        try:
            while request := await read_request(reader):
                here.received.append(request)
                reply = replies[min(len(here.received), len(replies)) - 1]
                if reply is None:
                    reset(writer)
                    return
                if callable(reply):
                    await reply(reader, writer)
                    return
                writer.write(reply)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    here.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield here
    finally:
        server.close()
        # What the clients sent before they went away has then been read.
        running = [task for task in conversations if task is not None and not task.done()]
        if running:
            _, left = await asyncio.wait(running, timeout=5)
            for task in left:
                task.cancel()


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with a reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def nobody_listens() -> str:
    """An address on loopback that refuses connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{bound.getsockname()[1]}"
