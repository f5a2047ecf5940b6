"""When jobs begin: in order, near the faults that stand among them, and not at all when all must be quiet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Traffic:
    """How many jobs are under way, and a way to have none."""

    def __init__(self) -> None:
        self._under_way = 0
        self._held = False
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def job(self) -> AsyncGenerator[None]:
        """While a job is under way."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._held)
            self._under_way += 1
        try:
            yield
        finally:
            async with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def none(self) -> AsyncGenerator[None]:
        """While no job is under way and none begins."""
        async with self._changed:
            self._held = True
            await self._changed.wait_for(lambda: not self._under_way)
        try:
            yield
        finally:
            async with self._changed:
                self._held = False
                self._changed.notify_all()


class Feed:
    """Hands out the places of jobs in order, never far ahead of the fault that is due."""

    def __init__(self, count: int, ahead: int) -> None:
        self._count = count
        self._ahead = ahead
        self._next = 0
        self._due = 0
        self._stopped = False
        self._changed = asyncio.Condition()

    async def take(self) -> int | None:
        """The place of the next job; None where there is none left."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._stopped or self._next <= self._due + self._ahead)
            if self._stopped or self._next >= self._count:
                return None
            place = self._next
            self._next += 1
            self._changed.notify_all()
            return place

    async def reached(self, place: int) -> bool:
        """Wait, as a fault does, until the job at a place has been handed out; False where none will be."""
        async with self._changed:
            self._due = max(self._due, place)
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._stopped or self._next > place)
            return not self._stopped

    async def no_more_faults(self) -> None:
        """Hold no job back any more."""
        async with self._changed:
            self._due = self._count
            self._changed.notify_all()

    async def stop(self) -> None:
        """Hand out no more."""
        async with self._changed:
            self._stopped = True
            self._changed.notify_all()
