"""One browser for the tests of a module, on one event loop.

Not for longer: as long as it runs, every asynchronous test of the process would run on its loop.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator

import pytest

from egoi_mcp.page import browser as opener
from tests.browser import chromium
from tests.browser.chromium import Chromium, Profile


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The browser outlives a test, and so does the loop that listens to it."""
    return "asyncio"


@pytest.fixture(scope="module")
async def browser(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Chromium]:
    """Chromium, started once a module."""
    program = chromium.found()
    if program is None:
        reason = "needs Debian's chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    async with chromium.started(program, tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture
async def profile(browser: Chromium) -> AsyncGenerator[Profile]:
    """The owner's browser, without cookies or tabs."""
    async with browser.profile() as made:
        yield made


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that servers bring before the owner's eyes, the newest last."""
    addresses: list[str] = []

    async def open_it(_settings: object, url: str, _environ: object) -> bool:
        addresses.append(url)
        return True

    monkeypatch.setattr(opener, "open_browser", open_it)
    return addresses
