"""Two ways to a full disk: servers whose files may not grow, and a small file system that is filled."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

STATE_FILE = "actions.sqlite3"
_LEAST_BYTES = 1
"""A server's files may not grow beyond so little, so every write to its state fails."""
_MEGABYTES = 24


class Disk:
    """Where the state directory lies.

    `full` limits the size of the servers' files while they run: their writes fail, those of the terminal
    do not.
    """

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir

    @contextmanager
    def full(self, pids: Sequence[int]) -> Generator[None]:
        """While these servers can write no file."""
        before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
        for pid, (_, hard) in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (_LEAST_BYTES, hard))
        try:
            yield
        finally:
            for pid, limits in before.items():
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


class SmallDisk(Disk):
    """A file system in memory that holds the state directory and nothing else.

    `full` fills it: all processes have no room, the terminal too, as on a real disk.
    """

    @contextmanager
    def full(self, pids: Sequence[int]) -> Generator[None]:
        """While there is no room; the write-ahead log is emptied first, so that it has none to spare."""
        db = sqlite3.connect(self.state_dir / STATE_FILE, timeout=30)
        try:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            db.close()
        ballast = self.state_dir / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                _fill(file.fileno())
            yield
        finally:
            ballast.unlink(missing_ok=True)


def _fill(descriptor: int) -> None:
    size = 1024 * 1024
    while size:
        try:
            os.write(descriptor, bytes(size))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            size //= 2


@contextmanager
def disk(state_dir: Path, *, small: bool) -> Generator[Disk]:
    """The disk of a state directory; a `small` one is mounted there, which takes root and Linux."""
    if not small:
        yield Disk(state_dir)
        return
    state_dir.mkdir(mode=0o700)
    options = f"size={_MEGABYTES}m,mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(state_dir)], check=True)
    try:
        yield SmallDisk(state_dir)
    finally:
        subprocess.run(["umount", str(state_dir)], check=True)
