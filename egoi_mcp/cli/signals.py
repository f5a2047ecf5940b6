"""Which signals ask this process to end."""

from __future__ import annotations

import signal
import sys


def ending_signals() -> tuple[signal.Signals, ...]:
    """Those that whoever started the process did not have it ignore, as `nohup` does with SIGHUP.

    None on Windows, where an event loop cannot wait for them.
    """
    if sys.platform == "win32":
        return ()
    asking = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return tuple(each for each in asking if signal.getsignal(each) is not signal.SIG_IGN)
