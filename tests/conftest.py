"""What every test gets: one event loop, property tests that take the time they need, no policy."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

if threading.current_thread() is threading.main_thread():
    # Where several processes run the tests they ignore Ctrl-C, and processes that they start would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("default", deadline=None)
settings.register_profile("ci", settings.get_profile("ci"), deadline=None)


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio."""
    return "asyncio"


@pytest.fixture(autouse=True, scope="session")
def _no_policy_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests may have a policy of their own; processes that tests start inherit this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("XDG_CONFIG_DIRS", str(tmp_path_factory.mktemp("system-config")))
        yield
