"""Opening the owner's own browser, from a process whose stdin and stdout are somebody else's.

The browser gets neither this process's streams nor its variables with keys, and outlives it. Where the
standard library looks for it, that is done in a small process of its own, which the address reaches by
a pipe.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence

import anyio.to_thread

from egoi_mcp.screen import PageSettings

_SECONDS = 3.0
"""What has not failed by then is open: some browsers stay in the foreground."""
_PROGRAM = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.stdin.readline().strip()))"
_TEXT_BROWSERS_NEED = "TERM"
_still_open: list[subprocess.Popen[bytes]] = []


async def open_browser(settings: PageSettings, url: str, environ: Mapping[str, str]) -> bool:
    """Whether a browser was started on the address; never raises, for the terminal remains."""
    if settings.cannot_open:
        return False
    try:
        arguments = command_of(settings.browser, url)
    except ValueError:
        return False
    # Without it no browser is found that would draw on a terminal that is not there.
    environ = {name: value for name, value in environ.items() if name != _TEXT_BROWSERS_NEED}
    return await anyio.to_thread.run_sync(_started, arguments, url, environ, abandon_on_cancel=True)


def command_of(browser: str, url: str) -> list[str]:
    """What is started: the owner's command with the address, or a process that looks for the browser.

    Raises:
        ValueError: the command's quotes do not match.
    """
    if browser == "auto":
        return [sys.executable, "-I", "-c", _PROGRAM]
    parts = shlex.split(browser)
    if any("%s" in part for part in parts):
        return [part.replace("%s", url) for part in parts]
    return [*parts, url]


def _started(arguments: Sequence[str], url: str, environ: Mapping[str, str]) -> bool:
    _still_open[:] = [each for each in _still_open if each.poll() is None]
    try:
        process = subprocess.Popen(  # noqa: S603 - the owner's own command, and no shell reads it
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environ,
            start_new_session=True,
        )
    except (OSError, ValueError):
        return False
    # Kept until it ends, so that it is collected then.
    _still_open.append(process)
    try:
        process.communicate(url.encode() + b"\n", _SECONDS)
    except subprocess.TimeoutExpired:
        return True
    except OSError:
        return False
    return process.returncode == 0
