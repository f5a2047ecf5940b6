"""The limit over real processes.

Real time passes here, about a second of it: whether processes exclude each other cannot be shown by a
clock that one of them controls. Nothing is synchronised by it. The loads end when their calls are
made, and what is asserted of each is only that the limit holds, which no speed of the machine changes.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from bench.budget import most_in_any_window, utilisation
from egoi_mcp.api.budget import RateBudget

ROOT = Path(__file__).resolve().parents[2]

DIES_IN_A_CALL = """
import os, signal, sys
from pathlib import Path
import anyio
from egoi_mcp.api.budget import RateBudget

async def main():
    async with RateBudget(calls=2, window_seconds=60, path=Path(sys.argv[1])).slot():
        os.kill(os.getpid(), signal.SIGKILL)

anyio.run(main)
"""


def test_four_processes_together_never_exceed_the_limit() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.budget", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("budget ")]
    assert [result["scenario"] for result in results] == ["plain", "after a silence", "a third cancelled"]
    assert sum(result["waited"] for result in results) > 0, "the load did not reach the limit"
    for result in results:
        assert result["grants"] >= 200
        assert result["most_in_window"] <= result["limit"]


def test_a_killed_process_leaves_its_call_in_the_count(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    done = subprocess.run(
        [sys.executable, "-c", DIES_IN_A_CALL, str(path)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    found = RateBudget(calls=2, window_seconds=60, path=path).snapshot()
    assert (found.in_use, found.available_now) == (1, 1)


def test_the_measurement_finds_a_call_too_many() -> None:
    assert most_in_any_window([0, 1, 2, 10], 10) == 3
    assert most_in_any_window([0, 1, 2, 9], 10) == 4
    assert most_in_any_window([], 10) == 0


def test_the_measurement_finds_a_slot_that_lay_idle() -> None:
    assert utilisation([0, 0, 10, 10, 20], 2, 10, 0) == 1
    assert utilisation([0, 0, 10, 20, 25], 2, 10, 0) == 0.8
    assert utilisation([0, 9, 10, 19, 20], 2, 10, 1) == 1
