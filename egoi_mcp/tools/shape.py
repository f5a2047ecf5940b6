"""What follows for a tool from its function's types: its schemas, and the models that read and check.

Working all that out for twenty tools takes 60 to 70 ms, an eighth of a start, and most sessions call three of
them. So the schemas are kept in `shapes.json`, which `make docs` writes and a test compares, and a tool's
models are made at its first call.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from mcp.server.mcpserver.context import Context
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, func_metadata
from mcp_types import InputRequiredResult

from egoi_mcp.models.result import Result
from egoi_mcp.tools.schema import input_schema, output_schema

Function = Callable[..., Awaitable[Result | InputRequiredResult]]
_FILE = "shapes.json"
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The flat schemas of a tool's arguments and answers, and the parameter that takes the context."""

    arguments: Mapping[str, Any]
    answer: Mapping[str, Any]
    context: str | None

    def without(self, hidden: frozenset[str]) -> dict[str, Any]:
        """The schema of the arguments but these."""
        every: Mapping[str, object] = self.arguments["properties"]
        shown = {name: each for name, each in every.items() if name not in hidden}
        return {**self.arguments, "properties": shown}


def shape_of(fn: Function) -> Shape:
    """The shape as the function's types have it now.

    Raises:
        TypeError: a type is not what a host takes, or is not known.
    """
    return Shape(
        arguments=input_schema(argument_model(fn, _NONE)),
        answer=output_schema(result_model(fn)),
        context=_context(fn),
    )


@cache
def kept_shapes() -> Mapping[str, Shape]:
    """The shapes of this package's own tools, by name."""
    from importlib import resources

    text = resources.files("egoi_mcp.tools").joinpath(_FILE).read_text(encoding="utf-8")
    return {name: Shape(**kept) for name, kept in json.loads(text).items()}


def written(shapes: Mapping[str, Shape]) -> str:
    """Shapes as the file holds them, one a line."""
    lines = [
        f"{json.dumps(name)}: "
        + json.dumps({"arguments": each.arguments, "answer": each.answer, "context": each.context})
        for name, each in shapes.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


@cache
def argument_model(fn: Function, hidden: frozenset[str]) -> type[ArgModelBase]:
    """The model that takes a call's arguments, but the hidden ones and the context."""
    context = _context(fn)
    skipped = [*hidden, context] if context is not None else list(hidden)
    return func_metadata(fn, skip_names=skipped, structured_output=False).arg_model


@cache
def result_model(fn: Function) -> type[Result]:
    """The one `Result` that the function says it returns.

    Raises:
        TypeError: it says something else.
    """
    annotation = _hints(fn).get("return")
    # A model of one type argument has arguments too, so only real unions are taken apart.
    is_class = isinstance(annotation, type) and get_origin(annotation) is None
    arms: tuple[object, ...] = (annotation,) if is_class else get_args(annotation)
    data = [arm for arm in arms if arm is not InputRequiredResult]
    if len(data) != 1 or not (isinstance(data[0], type) and issubclass(data[0], Result)):
        raise TypeError(
            f"{fn.__name__}: must be declared to return one Result, with or without InputRequiredResult"
        )
    return data[0]


def optional_parameters(fn: Function) -> frozenset[str]:
    """The parameters that have a default."""
    parameters = inspect.signature(fn).parameters.values()
    return frozenset(each.name for each in parameters if each.default is not each.empty)


def _context(fn: Function) -> str | None:
    def takes_context(hint: object) -> bool:
        kind = get_origin(hint) or hint
        return isinstance(kind, type) and issubclass(kind, Context)

    return next((name for name, hint in _hints(fn).items() if takes_context(hint)), None)


@cache
def _hints(fn: Function) -> Mapping[str, object]:
    """The types of the function's parameters, and of what it says it returns."""
    try:
        return get_type_hints(fn)
    except NameError as error:
        # The SDK would go on without finding the context, and fail elsewhere with another name.
        raise TypeError(f"{fn.__name__}: {error}; a quoted alias is looked up where it is used") from error
