"""Whatever happens in a tool, the model reads one sentence, and no value reaches it or the log."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from pydantic import BaseModel

from egoi_mcp import errors
from egoi_mcp.models.result import visible
from egoi_mcp.tools.boundary import within_boundary

pytestmark = pytest.mark.anyio

SECRET = "ana@example.com"
Call = Callable[[], Awaitable[str]]


class Number(BaseModel):
    value: int


def raising(error: BaseException) -> Call:
    async def call() -> str:
        raise error

    return call


async def said(error: BaseException, *, read_only: bool = True) -> str:
    with pytest.raises(ToolError) as caught:
        await within_boundary(raising(error), tool="do_it", read_only=read_only, call_seconds=45)
    assert type(caught.value) is ToolError, "an unexpected one would bring the SDK's traceback into the log"
    assert caught.value.__cause__ is None
    return str(caught.value)


async def test_an_answer_passes() -> None:
    async def call() -> str:
        return "done"

    assert await within_boundary(call, tool="do_it", read_only=True, call_seconds=45) == "done"


@pytest.mark.parametrize(
    "error",
    [
        errors.InvalidInput("limit: must be at most 100. Nothing was done."),
        errors.PolicyDenied("This server is read-only. Nothing was sent.", rule="read_only"),
        errors.BudgetExhausted("No call slot is free for 12 s. Nothing was sent.", wait_seconds=12),
        errors.AuthenticationFailed("E-goi refused the key (401).", operation="getMyAccount", status=401),
        ToolError("As the tool says."),
    ],
)
async def test_an_error_of_ours_is_read_word_for_word(error: Exception) -> None:
    assert await said(error) == str(error)


async def test_the_text_of_an_error_holds_nothing_hidden_and_has_an_end() -> None:
    text = await said(errors.Rejected("no\u202e!\x1b[2J" + "x" * 5000, operation="createContact"))
    assert text.startswith("no\\u202e!\\u001b[2Jxxx")
    assert len(text) == 2000


async def test_an_answer_of_the_protocol_passes() -> None:
    error = MCPError(code=INVALID_PARAMS, message="Sealed for another call")
    with pytest.raises(MCPError) as caught:
        await within_boundary(raising(error), tool="do_it", read_only=True, call_seconds=45)
    assert caught.value is error


def unreadable() -> Exception:
    try:
        Number.model_validate({"value": SECRET})
    except ValueError as error:
        return error
    raise AssertionError("a text is no number")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(SECRET),
        KeyError(SECRET),
        unreadable(),
        TimeoutError(SECRET),
        UnexpectedToolError(SECRET),
        ExceptionGroup(SECRET, [errors.NotFound("No such list.", operation="getList"), RuntimeError(SECRET)]),
    ],
)
async def test_an_unexpected_error_is_logged_by_class_and_place_and_told_without_details(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    text = await said(error)
    assert text == (
        "Internal error in do_it. Nothing was changed. Ask for less, or try again. "
        "The server's log says where it happened."
    )
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is None
    logged = "RuntimeError" if isinstance(error, ExceptionGroup) else type(error).__name__
    assert record.getMessage().startswith(f"do_it: unexpected {logged} at ")
    assert SECRET not in caplog.text


async def test_the_place_is_the_innermost_line_of_this_package(caplog: pytest.LogCaptureFixture) -> None:
    async def call() -> str:
        return visible(None)  # type: ignore[arg-type]  # the wrong type is what fails inside the package

    with pytest.raises(ToolError):
        await within_boundary(call, tool="do_it", read_only=True, call_seconds=45)
    assert "unexpected AttributeError at egoi_mcp.models.result:" in caplog.text


async def test_what_a_task_group_gathered_is_read_as_sentences() -> None:
    group = ExceptionGroup(
        "several",
        [
            errors.NotFound("No list 7.", operation="getList"),
            ExceptionGroup("inner", [errors.NotFound("No list 8.", operation="getList")]),
            errors.NotFound("No list 7.", operation="getList"),
        ],
    )
    assert await said(group) == "No list 7. No list 8."


@pytest.mark.parametrize(
    ("read_only", "known"),
    [
        (True, "Nothing was changed. Ask for less, or try again."),
        (
            False,
            "Whether anything was changed is not known here, and an approved action goes on by itself: "
            "look with check_action before trying again.",
        ),
    ],
)
async def test_a_call_ends_at_its_deadline_and_says_what_is_known(read_only: bool, known: str) -> None:
    ended = anyio.Event()

    async def call() -> str:
        try:
            await anyio.Event().wait()
        finally:
            ended.set()
        return "never"

    with pytest.raises(ToolError) as caught:
        await within_boundary(call, tool="do_it", read_only=read_only, call_seconds=0)
    assert str(caught.value) == f"do_it took longer than 0 seconds, so this call ended. {known}"
    assert ended.is_set()


async def test_an_unexpected_error_of_a_tool_that_writes_claims_nothing() -> None:
    text = await said(RuntimeError(SECRET), read_only=False)
    assert text.startswith("Internal error in do_it. Whether anything was changed is not known here")
    assert "Nothing was changed" not in text


async def test_a_cancelled_call_stays_cancelled() -> None:
    reached = False

    async def call() -> str:
        scope.cancel()
        await anyio.lowlevel.checkpoint()
        return "never"

    with anyio.CancelScope() as scope:
        await within_boundary(call, tool="do_it", read_only=True, call_seconds=45)
        reached = True
    assert scope.cancelled_caught
    assert not reached


@given(secret=st.text(min_size=8), read_only=st.booleans())
async def test_no_text_of_an_unexpected_error_is_ever_told(secret: str, read_only: bool) -> None:
    known = await said(RuntimeError("x"), read_only=read_only)
    assert await said(RuntimeError(secret), read_only=read_only) == known
