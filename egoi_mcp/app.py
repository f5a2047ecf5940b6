"""The composition root: everything a server needs, built in one place and let go of in order."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from egoi_mcp.api.budget import RateBudget
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.guard.gate import LedgerGate
from egoi_mcp.guard.guard import Guard
from egoi_mcp.guard.housekeeping import purge_answers, purge_daily
from egoi_mcp.guard.owners import Owner
from egoi_mcp.page.server import ApprovalPage
from egoi_mcp.settings import Connection, Provider, Settings
from egoi_mcp.store.protocol import Store
from egoi_mcp.store.sqlite import SqliteStore

if TYPE_CHECKING:
    import httpx2

_NAMES: Mapping[str, str] = {"egoi": "E-goi", "txtsync": "TxtSync", "intercom": "Intercom"}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What the tools work with."""

    settings: Settings
    clients: Mapping[str, ApiClient]
    store: Store
    guard: Guard

    def client(self, provider: Provider) -> ApiClient:
        """The client of a provider's connection.

        Raises:
            InvalidInput: no credentials were given for it.
        """
        connection = self.settings.connection(provider)
        if connection is None:
            configured = ", ".join(sorted({c.provider for c in self.settings.connections})) or "none"
            raise InvalidInput(
                f"{_NAMES[provider]} is not configured on this server (configured: {configured}). "
                "Nothing was sent. The owner adds its credentials to the server's environment."
            )
        return self.clients[connection.name]


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
    now: Callable[[], float] = time.time,
) -> AsyncGenerator[App]:
    """Build the app, recover what dead servers left, and serve until the block ends.

    `transport` replaces the network; the sandbox's own is taken where the settings ask for it.
    `now` is the clients' wall clock. Actions under way at the end are given their grace to finish.

    Raises:
        StateUnavailable: the state directory cannot be used.
    """
    if transport is None and settings.sandbox:
        # Imported here: a real server never loads the stand-in.
        from zoneinfo import ZoneInfo

        from egoi_mcp.sandbox import Sandbox, SandboxSettings

        zone = ZoneInfo(settings.account_timezone or "UTC")
        transport = Sandbox(SandboxSettings(timezone=zone)).transport()
    key = load_state_key(settings.state_dir)
    store = SqliteStore(settings.state_dir, key, settings.action_times, time.time)
    async with AsyncExitStack() as stack:
        owner = Owner(settings.state_dir)
        stack.callback(owner.release)
        stack.push_async_callback(_shielded(store.close))
        clients = {c.name: client_of(c, settings, store, transport, now) for c in settings.connections}
        for client in clients.values():
            stack.push_async_callback(_shielded(client.aclose))
        # A state that cannot be used ends the start here: the task group would wrap the error in a group.
        await store.newest(limit=1)
        tasks = await stack.enter_async_context(anyio.create_task_group())
        guard = Guard(settings, store, clients, key=key, owner=owner, tasks=tasks)
        page = ApprovalPage(settings, store, guard, key=key, owner=owner, tasks=tasks)
        guard.show = page.show
        await guard.recover()
        tasks.start_soon(guard.watch)
        tasks.start_soon(purge_daily, store, settings.retention)
        tasks.start_soon(purge_answers, settings.state_dir)
        try:
            yield App(settings=settings, clients=clients, store=store, guard=guard)
        finally:
            with anyio.move_on_after(settings.action_times.grace_seconds, shield=True):
                await page.close()
                await guard.executor.idle()
            tasks.cancel_scope.cancel()


def client_of(
    connection: Connection,
    settings: Settings,
    store: Store,
    transport: httpx2.AsyncBaseTransport | None,
    now: Callable[[], float] = time.time,
) -> ApiClient:
    """The door of a connection, with the budget that it shares with every other process."""
    budget = RateBudget(
        calls=settings.rate_limit.calls,
        window_seconds=settings.rate_limit.window_seconds,
        path=settings.state_dir / f"budget-{_budget_name(connection)}",
    )
    return ApiClient(
        connection,
        gate=LedgerGate(store),
        budget=budget,
        timeouts=settings.timeouts,
        transport=transport,
        now=now,
    )


def _budget_name(connection: Connection) -> str:
    """What every process with the same key at the same address calls its file; it hides the key."""
    secrets = (connection.api_key, connection.client_key, connection.access_token)
    key = "".join(secret.get_secret_value() for secret in secrets if secret is not None)
    origins = "\n".join(sorted(connection.origins.values()))
    return hashlib.sha256(f"egoi-mcp/budget\n{origins}\n{key}".encode()).hexdigest()[:16]


def _shielded(close: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Close even while the surrounding call is being cancelled."""

    async def shielded() -> None:
        with anyio.CancelScope(shield=True):
            await close()

    return shielded
