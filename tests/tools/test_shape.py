"""What is kept of the tools' types is what their types say now, and no tool is made before it is called."""

from __future__ import annotations

from egoi_mcp.server import tools_of
from egoi_mcp.settings import TOOLSETS, Settings
from egoi_mcp.tools.shape import argument_model, kept_shapes, optional_parameters, shape_of
from egoi_mcp.tools.tool import make_tool
from scripts.docs import ROOT, SHAPES, shapes

EVERY = tools_of(Settings(state_dir=ROOT, toolsets=TOOLSETS))


def test_the_kept_shapes_are_not_stale() -> None:
    assert SHAPES.read_text(encoding="utf-8") == shapes(), "run `make docs`"
    assert list(kept_shapes()) == [tool.name for tool in EVERY]


def test_a_tool_of_a_kept_shape_is_the_tool_that_its_types_make() -> None:
    for tool in EVERY:
        hidden = optional_parameters(tool.fn).difference(tool.parameters["properties"])
        made = make_tool(
            tool.fn,
            title=tool.title or "",
            read_only=False,
            destructive=True,
            idempotent=False,
            open_world=True,
            hide=hidden,
            shape=shape_of(tool.fn),
        )
        assert made.parameters == tool.parameters, tool.name
        assert list(made.parameters["properties"]) == list(tool.parameters["properties"]), tool.name
        assert made.output_schema == tool.output_schema, tool.name
        assert made.context_kwarg == tool.context_kwarg, tool.name
        # The model of the first call takes exactly what is listed.
        fields = argument_model(tool.fn, hidden).model_fields
        assert [each.alias or name for name, each in fields.items()] == list(tool.parameters["properties"])
