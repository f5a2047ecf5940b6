"""The two server processes on one state directory, and their successors."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from bench.fault_wire import Answerer, Era, Gone, Server

ROOT = Path(__file__).resolve().parent.parent
_STARTS = 5
_PREFIXES = ("EGOI", "TXTSYNC", "INTERCOM")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings, and none of its owner's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIXES)}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}


class Fleet:
    """Two slots, each with a running server, or with one that is about to be replaced."""

    def __init__(
        self, settings: Mapping[str, str], clock: Path, eras: Sequence[Sequence[str]], answerer: Answerer
    ) -> None:
        self._environ = environment(settings)
        self._clock = clock
        self._eras = [iter(each) for each in eras]
        self._answerer = answerer
        self._servers: list[Server | None] = [None, None]
        self._changed = asyncio.Condition()
        self.stderr: list[str] = []
        self.starts = 0
        self.refused_starts = 0
        self.disorderly: list[str] = []
        """Ends in good order that were not: an exit code, or an end that did not come in time."""

    def running(self, slot: int) -> Server | None:
        """The server of a slot, if there is one now."""
        return self._servers[slot]

    async def up(self, slot: int) -> Server:
        """The server of a slot, as soon as there is one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._servers[slot] is not None)
        server = self._servers[slot]
        assert server is not None  # noqa: S101 - nothing ran since the wait ended
        return server

    async def start(self, slot: int) -> None:
        """Start the next server of a slot.

        Raises:
            Gone: it did not start, several times over.
        """
        era = cast("Era", next(self._eras[slot], "modern"))
        server = await self._started(slot, era)
        self.starts += 1
        async with self._changed:
            self._servers[slot] = server
            self._changed.notify_all()

    async def _started(self, slot: int, era: Era) -> Server:
        for _ in range(_STARTS - 1):
            with suppress(Gone):
                return await Server.start(slot, era, self._environ, self._clock, self._answerer)
            # A state directory that is busy just then ends a start, clearly: the host tries again.
            self.refused_starts += 1
        return await Server.start(slot, era, self._environ, self._clock, self._answerer)

    async def kill(self, slot: int) -> None:
        """End a server by SIGKILL."""
        server = self._leave(slot)
        server.signal(signal.SIGKILL)
        await server.ended()
        self._keep_words(server)

    async def end(self, slot: int, how: str, *, seconds: float) -> Server:
        """End a server in good order, by "sigterm" or "stdin_eof", within so many seconds."""
        server = self._leave(slot)
        if how == "sigterm":
            server.signal(signal.SIGTERM)
        else:
            server.end_stdin()
        try:
            code = await asyncio.wait_for(server.ended(), seconds)
            if code != 0:
                self.disorderly.append(f"{how}: exit code {code}")
        except TimeoutError:
            self.disorderly.append(f"{how}: still there after {seconds:g} s")
            server.signal(signal.SIGKILL)
            await server.ended()
        self._keep_words(server)
        return server

    async def close(self) -> None:
        """Kill whatever still runs."""
        for slot, server in enumerate(self._servers):
            if server is not None:
                server.signal(signal.SIGCONT)
                await self.kill(slot)

    def _leave(self, slot: int) -> Server:
        server = self._servers[slot]
        assert server is not None  # noqa: S101 - the faults come one after the other
        self._servers[slot] = None
        return server

    def _keep_words(self, server: Server) -> None:
        self.stderr += server.stderr
