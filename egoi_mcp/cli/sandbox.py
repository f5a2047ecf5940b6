"""`egoi-mcp sandbox`: the stand-in for the vendors as a server on this machine."""

from __future__ import annotations

from contextlib import ExitStack

import anyio

from egoi_mcp.cli import DONE, complain
from egoi_mcp.cli.signals import ending_signals
from egoi_mcp.errors import SettingsError
from egoi_mcp.sandbox import (
    SANDBOX_EGOI_API_KEY,
    SANDBOX_INTERCOM_ACCESS_TOKEN,
    SANDBOX_TXTSYNC_CLIENT_KEY,
    SANDBOX_TXTSYNC_CLIENT_SECRET,
    Sandbox,
    serve,
)

_HOST = "127.0.0.1"


def sandbox(port: int) -> int:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        SettingsError: the port is taken.
    """

    async def run() -> None:
        with ExitStack() as stack:
            if asking := ending_signals():
                # uvicorn ends at a signal and then raises it again, which would end the process as a failure.
                stack.enter_context(anyio.open_signal_receiver(*asking))
            await serve(Sandbox(), host=_HOST, port=port, started=_say_how_to_use)

    try:
        anyio.run(run)
    except OSError as error:
        raise SettingsError(
            f"Port {port} cannot be listened at ({error.strerror}). Choose another with --port."
        ) from error
    return DONE


def _say_how_to_use(port: int) -> None:
    base = f"http://{_HOST}:{port}"
    variables = {
        "EGOI_BASE_URL": base,
        "EGOI_TRANSACTIONAL_BASE_URL": base,
        "EGOI_API_KEY": SANDBOX_EGOI_API_KEY,
        "TXTSYNC_BASE_URL": base,
        "TXTSYNC_CLIENT_KEY": SANDBOX_TXTSYNC_CLIENT_KEY,
        "TXTSYNC_CLIENT_SECRET": SANDBOX_TXTSYNC_CLIENT_SECRET,
        "INTERCOM_BASE_URL": base,
        "INTERCOM_ACCESS_TOKEN": SANDBOX_INTERCOM_ACCESS_TOKEN,
    }
    lines = [
        f"the stand-in for the vendors is at {base}; nothing leaves this machine. Ctrl-C ends it.",
        "",
        "Let a server use it:",
        *(f"  export {name}={value}" for name, value in variables.items()),
        "",
        "What took effect, a fault to come, time to pass, and a fresh start:",
        f"  curl {base}/__sandbox__/effects",
        f'  curl {base}/__sandbox__/faults -d \'{{"kind": "reset_after", "match": "actionSendSms"}}\'',
        f"  curl {base}/__sandbox__/clock -d '{{\"advance_seconds\": 3600}}'",
        f"  curl -X POST {base}/__sandbox__/reset",
    ]
    complain("\n".join(lines))
