"""The terminal as a place where a person is: what is piped in, or captured, cannot answer here.

It proves that a terminal is there, not that a person is: a program that runs as the same user can open
one for itself.
"""

from __future__ import annotations

import getpass
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, TextIO

from egoi_mcp.cli.signals import ending_signals
from egoi_mcp.errors import NotAllowed

if sys.platform != "win32":
    import termios

_TERMINAL = "/dev/tty"


def require_terminal(deed: str, what: str = "an action") -> None:
    """Refuse unless both stdin and stdout are terminals.

    Raises:
        NotAllowed: one of them is not.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NotAllowed(
            f"Only a person at a terminal may {deed} {what}: stdin or stdout is not a terminal here. "
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
    with _own_terminal(errors="replace") as typed:
        termios.tcflush(typed.fileno(), termios.TCIFLUSH)
        print(question, end="", flush=True)
        return typed.readline().strip()


def ask_secret(question: str) -> str:
    """The line that the person types and nobody sees; empty where the terminal ends instead.

    The terminal shows again what is typed, whatever ends the question: Enter, Ctrl-C, an error, or a
    signal that asks the process to end. Only one that cannot be caught leaves it silent (`stty echo` mends
    that).

    Raises:
        NotAllowed: there is no terminal to ask at.
    """
    if sys.platform == "win32":
        return getpass.getpass(question)  # untried
    with _own_terminal(errors="surrogateescape") as typed, _unseen(typed.fileno()):
        print(question, end="", flush=True)
        return typed.readline().rstrip("\r\n")


if sys.platform != "win32":

    def _own_terminal(*, errors: str) -> TextIO:
        try:
            terminal = os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY)
        except OSError as error:
            raise NotAllowed(
                f"This process has no terminal of its own to ask at ({error.strerror}). Nothing was changed."
            ) from error
        return os.fdopen(terminal, encoding="utf-8", errors=errors)

    @contextmanager
    def _unseen(terminal: int) -> Generator[None]:
        """Show nothing of what is typed; what was typed before is thrown away, as is what comes too late."""
        before = termios.tcgetattr(terminal)
        silent = termios.tcgetattr(terminal)
        silent[3] &= ~termios.ECHO
        # Ctrl-Z and Ctrl-\ would leave the shell with a terminal that shows nothing.
        nothing = bytes([os.fpathconf(terminal, "PC_VDISABLE")])
        silent[6][termios.VSUSP] = silent[6][termios.VQUIT] = nothing
        unasked = [each for each in ending_signals() if each is not signal.SIGINT]
        handlers = {each: signal.signal(each, _end) for each in unasked}
        try:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
            yield
        finally:
            termios.tcflush(terminal, termios.TCIFLUSH)
            # At once: waiting for the screen could wait for ever, while it is stopped by Ctrl-S.
            termios.tcsetattr(terminal, termios.TCSANOW, before)
            for each, handler in handlers.items():
                signal.signal(each, handler)
            print(flush=True)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """End as the signal would have it, by way of everything that still has to be put right."""
    raise SystemExit(128 + number)
