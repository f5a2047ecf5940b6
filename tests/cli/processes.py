"""`egoi-mcp` as people and hosts start it: a process of its own, with pipes or at a real terminal."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 60.0
"""How long anything may take before its test fails; nothing waits for it to pass."""

_PREFIXES = ("EGOI", "TXTSYNC", "INTERCOM")
# A session of its own whose controlling terminal is stdin, as a terminal program makes it.
_AT_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def environment(state_dir: Path, **more: str) -> dict[str, str]:
    """This process's environment without the owner's settings, and with those of the test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIXES)}
    # No test opens a window before whoever runs it.
    kept = {name: value for name, value in kept.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    return {**kept, "PYTHONPATH": str(ROOT), "EGOI_MCP_STATE_DIR": str(state_dir), **more}


def command(*arguments: str) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "egoi_mcp", *arguments]


def run(
    *arguments: str, env: Mapping[str, str], stdin: str = "", cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, on pipes."""
    return subprocess.run(
        command(*arguments),
        env=env,
        input=stdin,
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE_SECONDS,
        check=False,
    )


@contextmanager
def started(
    *arguments: str, env: Mapping[str, str], stdout: int | IO[bytes] = subprocess.PIPE
) -> Generator[subprocess.Popen[bytes]]:
    """A running command on pipes; killed at the end where it still runs."""
    process = subprocess.Popen(
        command(*arguments),
        env=env,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(descriptor: int, wanted: str, read: bytearray) -> str:
    """Read a pipe or terminal until the text is there; everything that was read."""
    give_up = time.monotonic() + DEADLINE_SECONDS
    while wanted.encode() not in read:
        chunk = _read_before(descriptor, give_up, f"{wanted!r} did not come", read)
        assert chunk, f"it ended before {wanted!r}; there is: {read.decode('utf-8', 'replace')}"
        read += chunk
    return read.decode("utf-8", "replace")


@dataclass(slots=True)
class Terminal:
    """A command at a pseudo-terminal, and the person's hands and eyes."""

    process: subprocess.Popen[bytes]
    descriptor: int
    screen: bytearray = field(default_factory=bytearray)

    def read_until(self, wanted: str) -> str:
        """Watch the screen until the text is there."""
        return read_until(self.descriptor, wanted, self.screen)

    def type(self, line: str) -> None:
        """Type a line and Enter."""
        self.press(f"{line}\n")

    def press(self, keys: str) -> None:
        """Press keys, control characters among them."""
        os.write(self.descriptor, keys.encode())

    def end(self) -> tuple[int, str]:
        """Watch until the command ends: its exit code, and all that was on the screen."""
        give_up = time.monotonic() + DEADLINE_SECONDS
        while chunk := _read_before(self.descriptor, give_up, "it did not end", self.screen):
            self.screen += chunk
        return self.process.wait(DEADLINE_SECONDS), self.screen.decode("utf-8", "replace")


@contextmanager
def at_terminal(
    *arguments: str, env: Mapping[str, str], controlling: bool = True, typed_before: str = ""
) -> Generator[Terminal]:
    """Run a command whose stdin, stdout and stderr are a terminal, `controlling` that of its session.

    `typed_before` is on the line before the command starts.
    """
    ours, theirs = os.openpty()
    if typed_before:
        os.write(ours, f"{typed_before}\n".encode())
    launcher = [sys.executable, "-c", _AT_TERMINAL] if controlling else []
    process = subprocess.Popen(
        [*launcher, *command(*arguments)],
        env=env,
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read_before(descriptor: int, give_up: float, failure: str, read: bytearray) -> bytes:
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        ready = selector.select(max(0.0, give_up - time.monotonic()))
    assert ready, f"{failure}; there is: {read.decode('utf-8', 'replace')}"
    try:
        return os.read(descriptor, 65_536)
    except OSError:
        # A terminal whose other side has closed answers so on Linux.
        return b""
