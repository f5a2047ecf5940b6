"""The fault bench in its short form: every kind of fault, over real processes and real sockets.

Real time passes here, since what is tested is what processes do to each other when they are killed, paused
and kept from writing. Nothing is asserted of how long anything takes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from bench.fault_plan import Blow, Wire

ROOT = Path(__file__).resolve().parents[2]
SENDS, SEED = 60, 101
WANTED = {
    "effects that happened more than once",
    "effects without approval",
    "actions whose final state contradicts what the sandbox counted",
    "actions left open after recovery",
    "sent while no row could be written",
}


@pytest.mark.skipif(sys.platform != "linux", reason="limits of running processes and /proc are Linux's")
def test_no_fault_makes_a_send_happen_twice_unapproved_or_untold() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.faults", "--sends", str(SENDS), "--seed", str(SEED)],
        cwd=ROOT,
        # Killed processes write no coverage down, and measuring it would only slow the others.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = _figures(done.stdout)
    assert figures["sends"] >= SENDS
    assert set(figures["not_kept"]) >= WANTED
    assert set(figures["not_kept"].values()) == {0}
    assert set(figures["faults"]) == {*get_args(Wire), *get_args(Blow)}
    assert figures["states"]["succeeded"] > 0
    assert figures["refused_unwritten"] > 0, "nothing was tried while no row could be written"


def _figures(said: str) -> dict[str, Any]:
    (line,) = [line for line in said.splitlines() if line.startswith("faults {")]
    figures: dict[str, Any] = json.loads(line.removeprefix("faults "))
    return figures
