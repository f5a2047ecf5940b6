from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox
from tests.sandbox.accounts import (
    EGOI_HEADERS,
    INTERCOM_HEADERS,
    TXTSYNC_AUTH,
    TXTSYNC_HEADERS,
    StillClock,
    client,
    sandbox_at,
)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def sandbox(clock: StillClock) -> Sandbox:
    return sandbox_at(clock)


@pytest.fixture
async def egoi(sandbox: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with client(sandbox, EGOI_HEADERS) as opened:
        yield opened


@pytest.fixture
async def txtsync(sandbox: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with client(sandbox, TXTSYNC_HEADERS, TXTSYNC_AUTH) as opened:
        yield opened


@pytest.fixture
async def intercom(sandbox: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with client(sandbox, INTERCOM_HEADERS) as opened:
        yield opened
