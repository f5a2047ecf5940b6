"""The terminal as a place where a person is: what is piped in, or captured, cannot answer here.

It proves that a terminal is there, not that a person is: a program that runs as the same user can open
one for itself.
"""

from __future__ import annotations

import os
import sys

from egoi_mcp.errors import NotAllowed

if sys.platform != "win32":
    import pwd
    import termios

_TERMINAL = "/dev/tty"


def require_terminal(deed: str) -> None:
    """Refuse unless both stdin and stdout are terminals.

    Raises:
        NotAllowed: one of them is not.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NotAllowed(
            f"Only a person at a terminal may {deed} an action: stdin or stdout is not a terminal here. "
            "Nothing was changed. Run the command in a terminal, without pipes or redirections."
        )


def ask(question: str) -> str:
    """The line that the person types, stripped; empty where the terminal ends instead.

    The answer is read from the process's own terminal, whatever stdin is, and what was typed before the
    question was there is thrown away.

    Raises:
        NotAllowed: there is no terminal to ask at.
    """
    if sys.platform == "win32":
        print(question, end="", flush=True)
        return sys.stdin.readline().strip()
    try:
        terminal = os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY)
    except OSError as error:
        raise NotAllowed(
            f"This process has no terminal of its own to ask at ({error.strerror}). Nothing was changed."
        ) from error
    with os.fdopen(terminal, encoding="utf-8", errors="replace") as typed:
        termios.tcflush(typed.fileno(), termios.TCIFLUSH)
        print(question, end="", flush=True)
        return typed.readline().strip()


def user() -> str:
    """The operating system's name of the user, for the record; no environment variable can change it."""
    if sys.platform == "win32":
        return os.getlogin()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
