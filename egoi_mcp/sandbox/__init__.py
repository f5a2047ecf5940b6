"""A stateful stand-in for every vendor API: one ASGI application, in process or as a server.

    sandbox = Sandbox(SandboxSettings(seed=1))
    client = httpx2.AsyncClient(transport=sandbox.transport(), base_url="https://sandbox.invalid")
    with running(sandbox) as base_url: ...

It shares no code with the client that it is a stand-in for, so that the mistakes of one do not fit those of
the other by construction. The names below are imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from egoi_mcp.sandbox.settings import (
    SANDBOX_EGOI_API_KEY,
    SANDBOX_INTERCOM_ACCESS_TOKEN,
    SANDBOX_TXTSYNC_CLIENT_KEY,
    SANDBOX_TXTSYNC_CLIENT_SECRET,
    SandboxSettings,
)

if TYPE_CHECKING:
    from egoi_mcp.sandbox.app import Sandbox
    from egoi_mcp.sandbox.effects import Change, Effects, Message
    from egoi_mcp.sandbox.faults import Fault
    from egoi_mcp.sandbox.server import running, serve

_HOMES = {
    "Sandbox": "app",
    "Change": "effects",
    "Effects": "effects",
    "Message": "effects",
    "Fault": "faults",
    "running": "server",
    "serve": "server",
}

__all__ = [
    "SANDBOX_EGOI_API_KEY",
    "SANDBOX_INTERCOM_ACCESS_TOKEN",
    "SANDBOX_TXTSYNC_CLIENT_KEY",
    "SANDBOX_TXTSYNC_CLIENT_SECRET",
    "Change",
    "Effects",
    "Fault",
    "Message",
    "Sandbox",
    "SandboxSettings",
    "running",
    "serve",
]


if not TYPE_CHECKING:  # type checkers know the names from above, and no others

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(name)
        return getattr(import_module(f"egoi_mcp.sandbox.{_HOMES[name]}"), name)
