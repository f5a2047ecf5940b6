"""A tool as the model sees it: one async function, a flat schema, explicit hints, short refusals."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from mcp.server.mcpserver.context import Context
from mcp.server.mcpserver.tools import Tool as SdkTool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp_types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError

from egoi_mcp.guard.action import Reversibility
from egoi_mcp.models.result import Result, visible, visible_throughout
from egoi_mcp.tools.arguments import accepted, refusal
from egoi_mcp.tools.boundary import within_boundary
from egoi_mcp.tools.parameters import SYNONYMS
from egoi_mcp.tools.shape import (
    Function,
    Shape,
    argument_model,
    optional_parameters,
    result_model,
    shape_of,
)

Answer = Result | InputRequiredResult
REVERSIBILITY = "egoi-mcp/reversibility"
"""The key of a tool's `_meta` that says whether what it does can be undone."""

_NAME = re.compile(r"[a-z]+(_[a-z]+)+")
_MOST_NAME_CHARACTERS = 40
_MOST_DESCRIPTION_BYTES = 2048
_SECTION = re.compile(r"^(?:Args|Arguments|Parameters|Returns|Raises|Source|Examples?|Notes?):", re.MULTILINE)


class _Metadata(FuncMetadata):
    """The SDK's view of the function, with our reading of arguments and writing of results."""

    fn: Function = Field(exclude=True)
    hidden: frozenset[str]
    parameters: dict[str, Any]

    def validate_arguments(self, arguments_to_validate: dict[str, Any]) -> dict[str, Any]:
        arguments = accepted(arguments_to_validate, self.parameters, SYNONYMS)
        try:
            return argument_model(self.fn, self.hidden).model_validate(arguments).model_dump_one_level()
        except ValidationError as error:
            raise refusal(error, self.parameters) from None

    def convert_result(self, result: Answer) -> CallToolResult | InputRequiredResult:
        if isinstance(result, InputRequiredResult):
            return result
        # Validated once more as it leaves: an instance can have been built or changed past its model.
        result_model(self.fn).model_validate(result.model_dump(round_trip=True, warnings=False))
        return CallToolResult(
            content=[TextContent(type="text", text=visible(result.as_text()))],
            structured_content=visible_throughout(result.model_dump(mode="json", exclude_none=True)),
            is_error=result.is_error,
        )


class Tool(SdkTool):
    """One tool; build it with `make_tool`."""

    call_seconds: float = Field(exclude=True)

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> CallToolResult | Answer:
        """Answer one call.

        Raises:
            ToolError: refused, failed or out of time; its text is the whole of what the model reads.
            MCPError: as the function raised it.
        """
        injected = {} if self.context_kwarg is None else {self.context_kwarg: context}

        async def call() -> CallToolResult | Answer:
            answer: Answer = await self.fn(**self.fn_metadata.validate_arguments(arguments), **injected)
            return self.fn_metadata.convert_result(answer) if convert_result else answer

        read_only = self.annotations is not None and self.annotations.read_only_hint is True
        return await within_boundary(
            call, tool=self.name, read_only=read_only, call_seconds=self.call_seconds
        )


def make_tool(
    fn: Callable[..., Awaitable[Answer]],
    *,
    title: str,
    read_only: bool,
    destructive: bool,
    idempotent: bool,
    open_world: bool,
    description: str | None = None,
    hide: Collection[str] = (),
    call_seconds: float = 45.0,
    reversibility: Reversibility | None = None,
    shape: Shape | None = None,
) -> Tool:
    """Make the tool that shows `fn` to the model under its own name.

    Args:
        fn: an async function with annotated parameters that returns one `Result`, or a
            `Result | InputRequiredResult`; a `Context` parameter is filled in and never shown.
        title: what a host shows people.
        read_only: it changes nothing.
        destructive: what it does may not be undone.
        idempotent: calling it twice with the same arguments does no more than calling it once.
        open_world: it reaches people or systems outside the account.
        description: what the model reads; the docstring up to its first section where omitted.
        hide: parameters that are not on offer; each keeps its default and is refused as unknown.
        call_seconds: how long a call may take, the wait for a person included.
        reversibility: what holds of everything that it can do; None where it does nothing itself.
        shape: what follows from the function's types, where that is known already.

    Raises:
        TypeError: the function, its name, its description or its types are not what a host takes.
    """
    name = fn.__name__
    text = _described(fn) if description is None else description
    _check(fn, text, read_only=read_only, destructive=destructive)
    hidden = frozenset(hide)
    if kept := hidden - optional_parameters(fn):
        raise TypeError(f"{name}: cannot hide {', '.join(sorted(kept))}: only a parameter with a default")
    shape = shape_of(fn) if shape is None else shape
    parameters = shape.without(hidden)
    return Tool(
        fn=fn,
        name=name,
        title=title,
        description=text,
        parameters=parameters,
        fn_metadata=_Metadata(
            # The model is made when the first call comes.
            arg_model=ArgModelBase,
            fn=fn,
            hidden=hidden,
            parameters=parameters,
            output_schema=dict(shape.answer),
        ),
        is_async=True,
        context_kwarg=shape.context,
        annotations=ToolAnnotations(
            read_only_hint=read_only,
            destructive_hint=destructive,
            idempotent_hint=idempotent,
            open_world_hint=open_world,
        ),
        call_seconds=call_seconds,
        meta=None if reversibility is None else {REVERSIBILITY: reversibility},
    )


def _described(fn: Callable[..., object]) -> str:
    """The docstring up to its first section, one line a paragraph."""
    body = _SECTION.split(inspect.getdoc(fn) or "", maxsplit=1)[0]
    return "\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", body)).strip()


def _check(fn: Callable[..., object], description: str, *, read_only: bool, destructive: bool) -> None:
    name = fn.__name__
    if not inspect.iscoroutinefunction(fn):
        raise TypeError(f"{name}: a tool is an async function (stdio gives other functions one thread)")
    if not _NAME.fullmatch(name) or len(name) > _MOST_NAME_CHARACTERS:
        raise TypeError(f"{name}: a tool's name is verb_noun, at most {_MOST_NAME_CHARACTERS} characters")
    if not description or len(description.encode()) > _MOST_DESCRIPTION_BYTES:
        raise TypeError(f"{name}: a description has 1 to {_MOST_DESCRIPTION_BYTES} bytes; hosts cut more")
    if read_only and destructive:
        raise TypeError(f"{name}: what changes nothing destroys nothing")
