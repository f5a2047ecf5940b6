"""The vendors' rate limit: an exact sliding window over arrivals, one a credential."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable
from email.utils import formatdate

from egoi_mcp.sandbox.settings import SandboxSettings


class SlidingWindow:
    """Admits at most `calls` arrivals in any `window_seconds`; a refused arrival takes no place."""

    def __init__(self, calls: int, window_seconds: float) -> None:
        self._calls = calls
        self._window_seconds = window_seconds
        self._admitted: deque[float] = deque()
        self._arrived: deque[float] = deque()
        self.refused = 0
        self.peak = 0
        """The most arrivals, refused ones included, that any window has seen."""

    def arrive(self, at: float) -> float:
        """Count an arrival at the monotonic time `at`; 0.0 admits it, else the seconds until one would be."""
        for times in (self._admitted, self._arrived):
            while times and at - times[0] >= self._window_seconds:
                times.popleft()
        self._arrived.append(at)
        self.peak = max(self.peak, len(self._arrived))
        if len(self._admitted) < self._calls:
            self._admitted.append(at)
            return 0.0
        self.refused += 1
        return self._admitted[0] + self._window_seconds - at


class RateLimits:
    """A sliding window for each credential."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._windows: dict[Hashable, SlidingWindow] = {}

    def arrive(self, credential: Hashable, at: float) -> float:
        """Count an arrival under a credential; see `SlidingWindow.arrive`."""
        return self.window(credential).arrive(at)

    def window(self, credential: Hashable) -> SlidingWindow:
        """The credential's window: "egoi" (both E-goi APIs), "txtsync" or "intercom"."""
        if credential not in self._windows:
            self._windows[credential] = SlidingWindow(
                self._settings.rate_calls, self._settings.rate_window_seconds
            )
        return self._windows[credential]


def retry_after_header(settings: SandboxSettings, wait_seconds: float, now: float) -> dict[str, str]:
    """The `Retry-After` header of the chosen form, rounded up to whole seconds; none in the form "none"."""
    if settings.retry_after == "none":
        return {}
    if settings.retry_after == "date":
        return {"Retry-After": formatdate(math.ceil(now + wait_seconds), usegmt=True)}
    return {"Retry-After": str(max(1, math.ceil(wait_seconds)))}
