"""Stdin and stdout as the server reads and writes them, without threads, and with an end of our own.

A thread that waits in a read cannot be told to stop, and each message that goes through one waits for two
changes of thread. So the event loop itself waits until something can be read or written; a signal then means
what a host's closing of stdin means, and so does a host that reads no more.
"""

from __future__ import annotations

import os
import select
import sys
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self, cast

import anyio
import anyio.to_thread

from egoi_mcp.errors import SettingsError

if TYPE_CHECKING:
    from mcp.shared._context_streams import ContextReceiveStream, ContextSendStream
    from mcp.shared.message import SessionMessage

    Streams = tuple[ContextReceiveStream[SessionMessage | Exception], ContextSendStream[SessionMessage]]

_CHUNK_BYTES = 65_536
_STDIN, _STDOUT, _STDERR = 0, 1, 2


class Stdin:
    """The lines of a descriptor, until its other end closes or `end` is called."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._open = True
        self._waiting: anyio.CancelScope | None = None
        self._lines: deque[bytes] = deque()
        self._begun: list[bytes] = []

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while not self._lines:
            if not self._open:
                raise StopAsyncIteration
            self._take(await self._read())
        return self._lines.popleft().decode(errors="replace")

    def end(self) -> None:
        """Let it end here, and its other end see that; ending it twice is ending it once."""
        self._begun.clear()
        if self._waiting is not None:
            self._waiting.cancel()
        elif self._open:
            self._close()

    def _take(self, chunk: bytes) -> None:
        """Cut what has come into lines; what it ends with is the beginning of the next."""
        if chunk:
            first, *others = chunk.split(b"\n")
            self._begun.append(first)
            for each in others:
                self._lines.append(b"".join(self._begun))
                self._begun = [each]
        else:
            self._close()
            if last := b"".join(self._begun):
                self._lines.append(last)

    async def _read(self) -> bytes:
        """What has come, and nothing at the end."""
        chunk = b""
        with anyio.CancelScope() as self._waiting:
            try:
                chunk = await _readable(self._descriptor)
            except OSError:
                # The terminal behind stdin is gone: the end.
                chunk = b""
        self._waiting = None
        return chunk

    def _close(self) -> None:
        self._open = False
        os.close(self._descriptor)


class Stdout:
    """A descriptor that takes text as fast as its other end does, and never holds up the event loop."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ready = select.poll()
        self._ready.register(descriptor, select.POLLOUT)
        self._gone = select.poll()
        # Nothing is asked about it, so that only its other end's going is told.
        self._gone.register(descriptor, 0)

    async def write(self, text: str) -> None:
        """Write all of a text.

        Raises:
            OSError: nobody reads it any more, or it takes nothing.
        """
        rest = memoryview(text.encode())
        while rest:
            if not self._ready.poll(0):
                await anyio.wait_writable(self._descriptor)
            # What is ready takes so much at once without waiting.
            rest = rest[os.write(self._descriptor, rest[: select.PIPE_BUF]) :]

    async def flush(self) -> None:
        """Nothing is kept back."""

    async def unread(self) -> None:
        """Return when nobody reads it any more, where the system tells."""
        try:
            while not self._gone.poll(0):
                await anyio.wait_readable(self._descriptor)
                if not self._gone.poll(0):
                    # Something can be read, so it is both ends in one, as a terminal is.
                    return await anyio.sleep_forever()
        except OSError:
            await anyio.sleep_forever()


async def _readable(descriptor: int) -> bytes:
    try:
        await anyio.wait_readable(descriptor)
    except PermissionError:
        # A file or a device, which cannot be waited for.
        return await anyio.to_thread.run_sync(os.read, descriptor, _CHUNK_BYTES, abandon_on_cancel=True)
    return os.read(descriptor, _CHUNK_BYTES)


@asynccontextmanager
async def served_stdio() -> AsyncGenerator[tuple[Streams, Stdin | None]]:
    """The SDK's streams over stdin and stdout, and the stdin that `end` ends.

    While it lasts, descriptor 0 is empty and 1 leads to stderr, so that nothing else reads or writes the
    protocol. On Windows, where pipes cannot be waited for like this, the SDK serves them with threads, and
    only stdin's other end can end it.

    Raises:
        SettingsError: the process was started without stdin or stdout.
        OSError: stdout takes nothing, or is read by nobody.
    """
    from mcp.server.stdio import stdio_server

    if sys.platform == "win32":
        async with stdio_server() as streams:
            yield streams, None
        return
    if sys.stdin is None or sys.stdout is None:
        raise SettingsError("An MCP server needs stdin and stdout, and one is closed.")
    reading, writing = _taken(_STDIN), _taken(_STDOUT)
    _divert()
    stdin, stdout = Stdin(reading), Stdout(writing)

    async def end_unread() -> None:
        await stdout.unread()
        stdin.end()

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end_unread)
            # The SDK asks for files, and of those for what these two do.
            reads, writes = cast("anyio.AsyncFile[str]", stdin), cast("anyio.AsyncFile[str]", stdout)
            async with stdio_server(reads, writes) as streams:
                try:
                    yield streams, stdin
                finally:
                    stdin.end()
            tasks.cancel_scope.cancel()
    finally:
        os.dup2(writing, _STDOUT)
        os.close(writing)


def _taken(descriptor: int) -> int:
    """A duplicate that no other program inherits, above the three that have a meaning."""
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _STDERR + 1)


def _divert() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, _STDIN)
    try:
        os.dup2(_STDERR, _STDOUT)
    except OSError:
        os.dup2(nothing, _STDOUT)
    os.close(nothing)
