"""Clients of the sandbox with the right credentials, and a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import httpx2

from egoi_mcp.sandbox import (
    SANDBOX_EGOI_API_KEY,
    SANDBOX_INTERCOM_ACCESS_TOKEN,
    SANDBOX_TXTSYNC_CLIENT_KEY,
    SANDBOX_TXTSYNC_CLIENT_SECRET,
    Sandbox,
    SandboxSettings,
)

Json: TypeAlias = Any
"""A reply's JSON, whose shape each test states by what it looks at."""

NOW = 1_795_000_000.0
"""2026-11-18 11:06:40 UTC."""

EGOI_HEADERS = {"Apikey": SANDBOX_EGOI_API_KEY}
INTERCOM_HEADERS = {"Authorization": f"Bearer {SANDBOX_INTERCOM_ACCESS_TOKEN}", "Intercom-Version": "2.16"}
TXTSYNC_HEADERS = {"x-zapier": "true"}
TXTSYNC_AUTH = (SANDBOX_TXTSYNC_CLIENT_KEY, SANDBOX_TXTSYNC_CLIENT_SECRET)


class StillClock:
    """Wall and monotonic time that pass only by sleeping or by `advance`."""

    def __init__(self) -> None:
        self.slept_seconds: list[float] = []
        self._passed = 0.0

    def now(self) -> float:
        return NOW + self._passed

    def monotonic(self) -> float:
        return 5000.0 + self._passed

    def advance(self, seconds: float) -> None:
        self._passed += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept_seconds.append(seconds)
        self._passed += seconds


def sandbox_at(clock: StillClock, settings: SandboxSettings | None = None) -> Sandbox:
    """A sandbox whose time is the clock's."""
    settings = settings or SandboxSettings()
    return Sandbox(replace(settings, clock=clock.now, monotonic=clock.monotonic, sleep=clock.sleep))


def client(
    sandbox: Sandbox, headers: Mapping[str, str], auth: tuple[str, str] | None = None
) -> httpx2.AsyncClient:
    """A client that leads to a sandbox in process."""
    return httpx2.AsyncClient(
        transport=sandbox.transport(),
        base_url="https://sandbox.invalid",
        headers=headers,
        auth=auth,
        trust_env=False,
    )
