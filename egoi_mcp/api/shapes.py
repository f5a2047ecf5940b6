"""What an operation takes, in few characters.

`list_id*: int>=1` is required; `{...}` an object, `[...]` an array, `a|b` one of, `text<=255` a
text of at most so many characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from egoi_mcp.api.catalog import Operation, Parameter
from egoi_mcp.api.details import Bodies, Schema, bodies

_KINDS = {"string": "text", "integer": "int", "number": "number", "boolean": "true|false"}
_MOST_CHOICES, _MOST_VARIANTS = 8, 4
_DEEPEST = 5


def parameters_text(entry: Operation, location: str) -> str:
    """The parameters of one place, `a*: int>=1, b: text`; nothing where there are none."""
    return ", ".join(_parameter(each) for each in entry.parameters if each.location == location)


def body_text(entry: Operation, most: int) -> str:
    """The body's shape in about `most` characters, deep members left out first; nothing where it has none."""
    if not entry.has_body:
        return ""
    known = bodies(entry.api)
    text = ""
    for depth in range(_DEEPEST, -1, -1):
        text = _Shapes(known, depth).of(known.of(entry.name), 0)
        if len(text) <= most:
            return text
    required = _Shapes(known, 0, only_required=True).of(known.of(entry.name), 0)
    return required if len(required) <= most else f"{required[: most - 1]}…"


def _parameter(parameter: Parameter) -> str:
    schema: dict[str, Any] = {"type": parameter.type}
    schema |= {"minimum": parameter.minimum, "maximum": parameter.maximum}
    schema |= {"enum": parameter.enum} if parameter.enum else {}
    name = f"{parameter.name}[12]" if parameter.numbered else parameter.name
    return f"{name}{'*' if parameter.required else ''}: {_plain(schema)}"


def _plain(schema: Mapping[str, Any]) -> str:
    if choices := schema.get("enum"):
        shown = [str(each).lower() if isinstance(each, bool) else str(each) for each in choices]
        more = [f"{len(shown) - _MOST_CHOICES} more"] if len(shown) > _MOST_CHOICES else []
        return "|".join(shown[:_MOST_CHOICES] + more)
    kind = str(schema.get("type", "any"))
    text = {
        "date-time": "time",
        "date": "date",
        "email": "email",
        "uri": "https address",
        "byte": "base64",
    }.get(str(schema.get("format")), _KINDS.get(kind, kind))
    low, high = schema.get("minimum"), schema.get("maximum")
    text += f">={low}" if low is not None else ""
    text += f"<={high}" if high is not None else ""
    return text + (f"<={schema['maxLength']}" if schema.get("maxLength") else "")


class _Shapes:
    """Writes schemas down to a depth."""

    def __init__(self, known: Bodies, depth: int, *, only_required: bool = False) -> None:
        self._known = known
        self._depth = depth
        self._only_required = only_required

    def of(self, bare: Schema, depth: int) -> str:
        schema = self._known.whole(bare)
        if "anyOf" in schema:
            return self._variants(schema, depth)
        kind = schema.get("type")
        if kind == "array":
            return f"[{self.of(schema.get('items', {}), depth)}]"
        if kind != "object":
            return _plain(schema)
        own: Mapping[str, Schema] = schema.get("properties", {})
        if depth > self._depth:
            return "{…}" if own or schema.get("open") else "{}"
        required = set(schema.get("required", ()))
        ordered = sorted(own, key=lambda name: name not in required)
        if self._only_required:
            ordered = [name for name in ordered if name in required]
        members = [
            f"{name}{'*' if name in required else ''}: {self.of(own[name], depth + 1)}" for name in ordered
        ]
        left = len(own) - len(ordered)
        members += [f"{left} optional ones"] if left else []
        members += ["any other"] if schema.get("open") else []
        return "{" + ", ".join(members) + "}"

    def _variants(self, schema: Schema, depth: int) -> str:
        if depth > self._depth:
            return "{…}"
        every = list(dict.fromkeys(self.of(each, depth) for each in schema["anyOf"]))
        more = [f"{len(every) - _MOST_VARIANTS} more forms"] if len(every) > _MOST_VARIANTS else []
        return " or ".join(every[:_MOST_VARIANTS] + more)
