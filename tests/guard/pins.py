"""What the tests of approver PINs share: a cheap hash, PINs that may be, and another process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from egoi_mcp.guard.pin_file import Approver, Cost
from egoi_mcp.guard.pins import Pins
from tests.support import Clock

CHEAP = Cost(n=2, r=1, p=1)
PIN, OTHER, WRONG = "482915", "739164", "605283"


def pins(state_dir: Path, clock: Clock, cost: Cost = CHEAP) -> Pins:
    """The PINs as a process that has just started finds them."""
    return Pins(state_dir, now=clock, cost=cost)


def approver(state_dir: Path, clock: Clock, name: str) -> Approver:
    """What the file holds of an approver."""
    (found,) = [each for each in pins(state_dir, clock).approvers() if each.name == name]
    return found


def process(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A script in a process of its own, on pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
