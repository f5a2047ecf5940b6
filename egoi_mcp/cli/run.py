"""`egoi-mcp`: the server on stdin and stdout, started by a host and ended with its stdin."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from egoi_mcp.cli import DONE, FAILED, complain, leaves

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from egoi_mcp.settings import Settings

CREDENTIALS = {
    "egoi": ("E-goi", "EGOI_API_KEY"),
    "txtsync": ("TxtSync", "TXTSYNC_CLIENT_KEY, TXTSYNC_CLIENT_SECRET"),
    "intercom": ("Intercom", "INTERCOM_ACCESS_TOKEN"),
}


def run() -> int:
    """Serve until stdin ends or a signal asks for the end; actions under way get their grace."""
    # Imports make hundreds of thousands of objects and no garbage; looking for it costs 7 % of the start.
    gc.disable()
    import anyio

    from egoi_mcp.server import build_server
    from egoi_mcp.settings import from_environ

    settings = from_environ()
    say_what_is_missing(settings)
    server = build_server(settings)
    gc.freeze()
    gc.enable()
    if sys.stdin is not None and sys.stdin.isatty():
        complain("this is an MCP server for a host to start; 'egoi-mcp --help' tells more. Ctrl-D ends it.")
    code = FAILED
    try:
        anyio.run(_serve, server)
        code = DONE
    except* OSError as errors:
        complain(f"stdin or stdout failed, so the server ended ({leaves(errors)[0].strerror}).")
    return code


def say_what_is_missing(settings: Settings) -> None:
    """One line on stderr for each vendor that cannot be used."""
    configured = {connection.provider for connection in settings.connections}
    for provider, (name, variables) in CREDENTIALS.items():
        if provider not in configured:
            complain(f"{name}: no credentials ({variables}); its tools will say so.")


async def _serve(server: MCPServer[Any]) -> None:
    import anyio

    from egoi_mcp.cli.stdio import served_stdio

    # What `run_stdio_async` does, but for the end: an error in the server ends stdin too, else the process
    # would wait, in silence, for a host that waits for its answer.
    inner = server._lowlevel_server  # pyright: ignore[reportPrivateUsage]  # the SDK's own client does so too
    async with served_stdio() as ((reading, writing), stdin), anyio.create_task_group() as tasks:
        if stdin is not None:
            tasks.start_soon(_end_at_a_signal, stdin.end)
        await inner.run(reading, writing, inner.create_initialization_options())
        tasks.cancel_scope.cancel()


async def _end_at_a_signal(end: Callable[[], None]) -> None:
    """The first signal ends stdin; the next one finds the operating system's own way to end a process."""
    import anyio

    from egoi_mcp.cli.signals import ending_signals

    if not (asking := ending_signals()):
        return
    with anyio.open_signal_receiver(*asking) as signals:
        async for _ in signals:
            end()
            return
