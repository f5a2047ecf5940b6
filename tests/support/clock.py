"""Time that tests move, and waits that end on an event instead of after a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable

import anyio
from anyio.lowlevel import checkpoint

NOW = 1_795_000_000.0
"""2026-11-18 11:06:40 UTC."""
_PATIENCE_SECONDS = 20.0


class Clock:
    """A wall clock in seconds since the epoch that moves only by `advance`."""

    def __init__(self, now: float = NOW) -> None:
        self._now = now

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let seconds pass."""
        self._now += seconds


class Hold:
    """A sleep that tells when it was reached and ends on `release`, however many seconds are asked.

    Given to a sandbox as its `sleep`, a "slow" fault holds its reply back until then.
    """

    def __init__(self) -> None:
        self.reached = anyio.Event()
        self._go = anyio.Event()

    async def __call__(self, seconds: float) -> None:
        self.reached.set()
        await self._go.wait()

    def release(self) -> None:
        """End the sleep, and every later one at once."""
        self._go.set()


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Return once the condition holds.

    Raises:
        TimeoutError: it never does; no passing test comes near.
    """
    with anyio.fail_after(_PATIENCE_SECONDS):
        while True:
            held = condition()
            if await held if isawaitable(held) else held:
                return
            await checkpoint()
