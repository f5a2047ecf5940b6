"""How long does a host wait for the first list of tools, against a server that does nothing?

    python -m bench.startup           fifteen pairs, about half a minute
    python -m bench.startup --pairs 5

Each run starts a process and times it from there to the reply to `tools/list`, over stdio in the
protocol that most hosts still speak: `initialize`, `notifications/initialized`, `tools/list`. Runs of
this server and of a bare one (the SDK with one tool) alternate, so that what else the machine does
falls on both; the first run of each, which may compile, does not count. Exits with 1 where the ratio
of the medians is above 1.25.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any, cast

PAIRS = 15
MOST_RATIO = 1.25
GIVE_UP_SECONDS = 60.0

BARE_SERVER = """
from mcp.server import MCPServer

server = MCPServer("bare", log_level="WARNING")


@server.tool()
async def add(a: int, b: int) -> int:
    return a + b


server.run("stdio")
"""
BARE = (sys.executable, "-c", BARE_SERVER)
OURS = (sys.executable, "-m", "egoi_mcp")

INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and judge; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"pairs that count (default {PAIRS})")
    pairs = max(1, parser.parse_args(argv).pairs)
    with tempfile.TemporaryDirectory(prefix="egoi-mcp-bench-") as state:
        bare, ours = measure(pairs, environment(state))
    ratio = statistics.median(ours) / statistics.median(bare)
    for name, seconds in (("bare", bare), ("egoi-mcp", ours)):
        print(
            f"{name:9} median {statistics.median(seconds) * 1000:6.0f} ms   "
            f"fastest {min(seconds) * 1000:6.0f} ms   slowest {max(seconds) * 1000:6.0f} ms"
        )
    print(f"ratio     {ratio:.3f} of {MOST_RATIO} over {pairs} pairs")
    return 0 if ratio <= MOST_RATIO else 1


def environment(state: str) -> dict[str, str]:
    """An owner's configuration, made up: no real credentials, and vendors that nobody can reach.

    Compiled modules are kept in `state` whatever this process does about them, as an installation
    has them: without them both servers would spend their time in the compiler.
    """
    left_out = ("EGOI_", "TXTSYNC_", "INTERCOM_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {
        **kept,
        "PYTHONPYCACHEPREFIX": os.path.join(state, "pycache"),
        "EGOI_MCP_STATE_DIR": os.path.join(state, "state"),
        "EGOI_API_KEY": "made-up",
        "EGOI_BASE_URL": "http://127.0.0.1:9",
        "EGOI_TRANSACTIONAL_BASE_URL": "http://127.0.0.1:9",
    }


def measure(pairs: int, variables: Mapping[str, str]) -> tuple[list[float], list[float]]:
    """Seconds of each counted run, of the bare server and of this one."""
    bare: list[float] = []
    ours: list[float] = []
    for run in range(pairs + 1):
        for command, seconds in ((BARE, bare), (OURS, ours)):
            took = seconds_to_first_list(command, variables)
            if run > 0:
                seconds.append(took)
    return bare, ours


def seconds_to_first_list(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Seconds from starting the process to its reply to `tools/list`.

    Raises:
        RuntimeError: the process ended, stalled or answered something else; with what it wrote.
    """
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=variables
        ) as process,
    ):
        watchdog = threading.Timer(GIVE_UP_SECONDS, process.kill)
        watchdog.start()
        try:
            took = _first_list(process, started)
        finally:
            watchdog.cancel()
            process.kill()
        if took is None:
            errors.seek(0)
            raise RuntimeError(f"no list of tools: {errors.read().decode('utf-8', 'replace')}")
        return took


def _first_list(process: subprocess.Popen[bytes], started: float) -> float | None:
    to, back = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    try:
        _write(to, {"id": 1, "method": "initialize", "params": INITIALIZE})
        if _reply(back, 1) is None:
            return None
        _write(to, {"method": "notifications/initialized"})
        _write(to, {"id": 2, "method": "tools/list", "params": {}})
        result = _reply(back, 2)
    except BrokenPipeError:
        return None
    took = time.perf_counter() - started
    return took if result and result.get("tools") else None


def _write(to: IO[bytes], message: Mapping[str, object]) -> None:
    to.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    to.flush()


def _reply(back: IO[bytes], wanted: int) -> dict[str, Any] | None:
    """The result of one request; notifications before it are passed over. None at the end of the stream."""
    for line in back:
        message = json.loads(line)
        if message.get("id") == wanted:
            return cast("dict[str, Any] | None", message.get("result"))
    return None


if __name__ == "__main__":
    sys.exit(main())
