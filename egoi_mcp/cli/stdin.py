"""A stdin that this process can end itself, so that a signal means what a host's closing it means.

A thread that waits in a read cannot be told to stop. So the real stdin is read by a thread that
waits for input, for a word from us, or for the host to stop reading, and the server reads the pipe
that this thread fills.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable

from egoi_mcp.errors import SettingsError

_CHUNK_BYTES = 65_536
_STDIN, _STDOUT = 0, 1


def make_stdin_endable() -> Callable[[], None]:
    """Put a pipe in stdin's place and return what ends it; ending it twice is ending it once.

    It ends by itself with the real stdin, and when nobody reads stdout any more. On Windows, where
    pipes cannot be waited for like this, stdin stays as it is and only its other end can end it.

    Raises:
        SettingsError: the process was started without stdin or stdout.
    """
    if sys.platform == "win32":
        return _nothing
    try:
        real, output = os.dup(_STDIN), os.dup(_STDOUT)
    except OSError as error:
        raise SettingsError("An MCP server needs stdin and stdout, and one is closed.") from error
    read_end, write_end = os.pipe()
    os.dup2(read_end, _STDIN)
    os.close(read_end)
    told, tell = os.pipe()
    # A daemon: it may wait for input that never comes, and holds nothing that the end needs.
    pump = threading.Thread(target=_pump, args=(real, write_end, told, output), name="stdin", daemon=True)
    pump.start()
    once = threading.Lock()

    def end() -> None:
        if once.acquire(blocking=False):
            os.write(tell, b".")

    return end


def _pump(real: int, write_end: int, told: int, output: int) -> None:
    waited = select.poll()
    waited.register(real, select.POLLIN)
    waited.register(told, select.POLLIN)
    # Nothing is asked about it, so that only its other end's going is told.
    waited.register(output, 0)
    gone = select.POLLERR | select.POLLHUP
    try:
        while True:
            ready = dict(waited.poll())
            if told in ready or ready.get(output, 0) & gone:
                return
            chunk = os.read(real, _CHUNK_BYTES)
            if not chunk:
                return
            while chunk:
                chunk = chunk[os.write(write_end, chunk) :]
    except OSError:
        # The terminal behind stdin is gone, or the server has stopped reading: the end either way.
        return
    finally:
        # The host sees it too: what it writes from now on is read by nobody.
        for descriptor in (real, write_end, output):
            os.close(descriptor)


def _nothing() -> None:
    return
