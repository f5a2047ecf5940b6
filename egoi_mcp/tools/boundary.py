"""Where a tool's call ends: one deadline, and one place that turns exceptions into sentences.

What the model reads is the text of this package's own errors, and a sentence without details for
everything else. This is the only `except Exception` of the package.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar, cast

import anyio
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.shared.exceptions import MCPError

from egoi_mcp.errors import EgoiMcpError
from egoi_mcp.models.result import visible

_T = TypeVar("_T")
_MOST_CHARACTERS = 2000
_PACKAGE = __name__.partition(".")[0]

logger = logging.getLogger(__name__)


async def within_boundary(
    call: Callable[[], Awaitable[_T]], *, tool: str, read_only: bool, call_seconds: float
) -> _T:
    """Run a tool's call to its end or to the deadline.

    Args:
        call: the call itself.
        tool: the tool's name, for the text of a failure.
        read_only: whether the tool changes nothing, which a failure then says.
        call_seconds: how long the call may take.

    Raises:
        ToolError: the call failed or took too long; the text is for the model, and says no more than
            it may know.
        MCPError: as the call raised it: an answer of the protocol itself.
    """
    try:
        with anyio.move_on_after(call_seconds):
            return await call()
    except MCPError:
        raise
    except Exception as error:
        # `from None`: a cause would bring values into a log that shows tracebacks.
        raise ToolError(_sentence(error, tool=tool, read_only=read_only)) from None
    raise ToolError(_took_too_long(tool, read_only=read_only, call_seconds=call_seconds))


def _sentence(error: Exception, *, tool: str, read_only: bool) -> str:
    known: list[str] = []
    for leaf in _leaves(error):
        if isinstance(leaf, (EgoiMcpError, ToolError)) and not isinstance(leaf, UnexpectedToolError):
            known.append(str(leaf))
            continue
        logger.error("%s: unexpected %s at %s", tool, type(leaf).__name__, _place(leaf))
        return _internal_error(tool, read_only=read_only)
    return visible(" ".join(dict.fromkeys(known)))[:_MOST_CHARACTERS]


def _leaves(error: Exception) -> Iterator[Exception]:
    """The exceptions that a task group gathered, or the exception itself."""
    if isinstance(error, ExceptionGroup):
        for member in cast("ExceptionGroup[Exception]", error).exceptions:
            yield from _leaves(member)
    else:
        yield error


def _place(error: Exception) -> str:
    """Where in this package the error passed last; no values, unlike a traceback's text."""
    frames = [
        (str(frame.f_globals.get("__name__", "?")), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    ours = [place for place in frames if place[0].partition(".")[0] == _PACKAGE and place[0] != __name__]
    module, line = (ours or frames or [("?", 0)])[-1]
    return f"{module}:{line}"


def _internal_error(tool: str, *, read_only: bool) -> str:
    known = _what_is_known(read_only=read_only)
    return f"Internal error in {tool}. {known} The server's log says where it happened."


def _took_too_long(tool: str, *, read_only: bool, call_seconds: float) -> str:
    known = _what_is_known(read_only=read_only)
    return f"{tool} took longer than {call_seconds:g} seconds, so this call ended. {known}"


def _what_is_known(*, read_only: bool) -> str:
    if read_only:
        return "Nothing was changed. Ask for less, or try again."
    return (
        "Whether anything was changed is not known here, and an approved action goes on by itself: "
        "look with check_action before trying again."
    )
