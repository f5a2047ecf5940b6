"""The commands. Each is a module of its own, and only the one that was asked for is imported.

Exit codes: 0 done, 1 refused or failed, 2 used wrongly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from egoi_mcp.errors import EgoiMcpError

if TYPE_CHECKING:
    import argparse

_E = TypeVar("_E", bound=BaseException)

DONE, FAILED, INTERRUPTED = 0, 1, 130


def serve_stdio() -> int:
    """The default command: serve MCP on stdin and stdout."""
    from egoi_mcp.cli.run import run

    return run()


def main(arguments: Sequence[str]) -> int:
    """Parse the arguments and run their command; the exit code."""
    # What the terminal has no character for is shown by its number; a replaced stdout may lack the setting.
    reconfigure: Callable[..., None] | None = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    parsed = _parser().parse_args(list(arguments))
    command: Callable[[argparse.Namespace], int] = parsed.command
    return reporting(lambda: command(parsed))


def reporting(command: Callable[[], int]) -> int:
    """Run a command; an error of this package becomes one line on stderr and not a traceback."""
    code = FAILED
    try:
        code = command()
    except* EgoiMcpError as group:
        for text in dict.fromkeys(str(error) for error in leaves(group)):
            complain(text)
    except* BrokenPipeError:
        # The reader of a list went away, as `head` does: nothing is left to say, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except* KeyboardInterrupt:
        complain("interrupted.")
        code = INTERRUPTED
    return code


def complain(text: str) -> None:
    """Say one thing on stderr, under this program's name."""
    print(f"egoi-mcp: {text}", file=sys.stderr, flush=True)


def leaves(group: BaseExceptionGroup[_E]) -> list[_E]:
    """The exceptions of a group and of the groups in it."""
    found: list[_E] = []
    for member in group.exceptions:
        if isinstance(member, BaseExceptionGroup):
            found += leaves(cast("BaseExceptionGroup[_E]", member))
        else:
            found.append(member)
    return found


def _parser() -> argparse.ArgumentParser:
    # Imported here: the server that a host starts parses nothing.
    import argparse

    from egoi_mcp import __version__
    from egoi_mcp.cli.arguments import add_commands

    parser = argparse.ArgumentParser(
        prog="egoi-mcp",
        description="An MCP server for E-goi, TxtSync and Intercom accounts that asks before it sends.",
        epilog="Without a command it serves MCP on stdin and stdout, which is how a host starts it. "
        "'egoi-mcp demo' shows what it does; nothing is sent and no account is needed.",
    )
    parser.add_argument("--version", action="version", version=f"egoi-mcp {__version__}")
    add_commands(parser)
    return parser
