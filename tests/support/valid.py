"""Arguments that the catalog takes, and arguments that it does not, made from its own schemas.

A seed makes the same arguments every time, so that whoever calls every operation once knows with what.
"""

from __future__ import annotations

import base64
import copy
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from egoi_mcp.api.catalog import Operation, Parameter
from egoi_mcp.api.details import Bodies, Schema, bodies
from egoi_mcp.api.fitting import is_object
from egoi_mcp.api.variants import narrowed

DEEPEST = 5
_SAMPLES: Mapping[str, tuple[str, ...]] = {
    r"(\d){1,3}-(\d){4,20}": ("351-900000001", "44-7000000002"),
    r"\d{1,3}-\d{4,20}": ("351-900000001", "44-7000000002"),
    r"[1-9]{1,4}\-[0-9]{3,14}": ("351-900000001", "44-7000000002"),
    r"[a-fA-F\d]{10}": ("0123456789", "abcdef0123"),
    r"[a-zA-Z0-9_-]*": ("a1B2-c3_D4", "x"),
    r"[a-zA-Z0-9_.-]+": ("sku.1-b_2", "9"),
    r"\d{4}-\d{2}-\d{2}": ("2030-01-31", "2029-12-01"),
    r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}": ("2030-01-31 09:30:00",),
    r"([0-9]|0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]": ("09:30", "23:59"),
    r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+": ("shop.example.com",),
    r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?": ("12.5", "0", "-3"),
}
_WORDS = ("Ana", "spring sale", "x", "Olá, até já", "12", "vip")


@dataclass(kw_only=True)
class Arguments:
    """Path, query and body of one call."""

    path: dict[str, Any] = field(default_factory=dict[str, Any])
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    body: Any = None


def valid_arguments(entry: Operation, seed: int) -> Arguments:
    """Arguments that the operation takes."""
    return _Making(entry, random.Random(f"{entry.api} {entry.name} {seed}")).arguments()


class _Making:
    def __init__(self, entry: Operation, chance: random.Random) -> None:
        self.entry, self.chance = entry, chance
        self.known: Bodies = bodies(entry.api)

    def arguments(self) -> Arguments:
        made = Arguments()
        for parameter in self.entry.parameters:
            if parameter.location == "path":
                made.path[parameter.name] = self.parameter(parameter)
            elif parameter.numbered:
                made.query[f"{parameter.name}[{self.chance.randint(1, 99)}]"] = self.parameter(parameter)
            elif parameter.required or self.chance.random() < 0.4:
                made.query[parameter.name] = self.parameter(parameter)
        if self.entry.name == "lisDataEvents":
            made.query["email"] = "ana@example.com"
        if self.entry.has_body:
            made.body = self.value(self.known.of(self.entry.name), 0)
        return made

    def parameter(self, parameter: Parameter) -> Any:
        if parameter.type == "boolean":
            return self.chance.random() < 0.5
        if parameter.type == "integer":
            return self.integer({"minimum": parameter.minimum, "maximum": parameter.maximum})
        if parameter.enum:
            return self.chance.choice(parameter.enum)
        return self.chance.choice(_SAMPLES[parameter.pattern] if parameter.pattern else _WORDS)

    def integer(self, schema: Mapping[str, Any]) -> int:
        low = schema.get("minimum")
        low = 0 if low is None else int(low)
        high = schema.get("maximum")
        return self.chance.randint(low, low + 10**6 if high is None else int(high))

    def value(self, bare: Schema, depth: int) -> Any:
        schema = self.known.whole(bare)
        if schema.get("nullable") and self.chance.random() < 0.2:
            return None
        if "anyOf" in schema:
            every = schema["anyOf"]
            # Deep down the first, which is the one that ends.
            made = self.value(every[0] if depth > DEEPEST else self.chance.choice(every), depth + 1)
            return made if made or not schema.get("least") else self.value(bare, depth)
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        kind = schema.get("type", "string")
        if kind == "object":
            return self.members(schema, depth)
        if kind == "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", least + 2), least + 2)
            made = [
                self.value(schema.get("items", {}), depth + 1)
                for _ in range(self.chance.randint(least, most))
            ]
            return (
                [each for n, each in enumerate(made) if each not in made[:n]]
                if schema.get("uniqueItems")
                else made
            )
        if kind == "integer":
            return self.integer(schema)
        if kind == "number":
            return round(self.chance.uniform(0, 900), 2)
        return self.chance.random() < 0.5 if kind == "boolean" else self.text(schema)

    def members(self, schema: Schema, depth: int) -> dict[str, Any]:
        own: Mapping[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        share = 0.5 if depth < DEEPEST else 0.0
        made = {
            name: self.value(inner, depth + 1)
            for name, inner in own.items()
            if name in required or self.chance.random() < share
        }
        rest = schema.get("open")
        if rest and self.chance.random() < share:
            made["custom_one"] = self.value(rest if is_object(rest) else {}, depth + 1)
        if len(made) < schema.get("least", 0) and own:
            name = self.chance.choice(sorted(own))
            made[name] = self.value(own[name], depth + 1)
        return made

    def text(self, schema: Schema) -> str:
        if "pattern" in schema:
            return self.chance.choice(_SAMPLES[schema["pattern"]])
        form = schema.get("format")
        if form == "date-time":
            return "2030-01-31 09:30:00" if self.entry.api == "egoi" else "2030-01-31T09:30:00Z"
        if form is not None:
            whole = base64.b64encode(b"hello").decode()
            forms = {"date": "2030-01-31", "email": "ana@example.com", "byte": whole}
            return forms.get(form, "https://example.com/x")
        word = self.chance.choice(_WORDS).ljust(schema.get("minLength", 0), "0")
        return word[: schema.get("maxLength", len(word))]


# -- what is not taken -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Mutated:
    """Arguments with one fault: which kind of fault it is, and where it was put."""

    kind: str
    where: str
    arguments: Arguments


def mutated_arguments(entry: Operation, arguments: Arguments) -> Iterator[Mutated]:
    """Every way in which one fault can be put into valid arguments, each by itself."""
    for kind, where, place, name, value in _parameter_faults(entry, arguments):
        changed = copy.deepcopy(arguments)
        held: dict[str, Any] = getattr(changed, place)
        if value is _LEFT_OUT:
            del held[name]
        else:
            held[name] = value
        yield Mutated(kind=kind, where=where, arguments=changed)
    if not entry.has_body:
        yield Mutated(kind="a body", where="body", arguments=_with_body(arguments, {"x": 1}))
        return
    yield Mutated(kind="no body", where="body", arguments=_with_body(arguments, None))
    yield Mutated(kind="a wrong type", where="body", arguments=_with_body(arguments, "text"))
    known = bodies(entry.api)
    for kind, where, steps, value in _body_faults(known, known.of(entry.name), arguments.body, "body", ()):
        changed = copy.deepcopy(arguments)
        _put(changed, steps, value)
        yield Mutated(kind=kind, where=where, arguments=changed)


class _LeftOut:
    """Stands for a member that is taken away."""


_LEFT_OUT = _LeftOut()


def _with_body(arguments: Arguments, body: Any) -> Arguments:
    return Arguments(path=dict(arguments.path), query=dict(arguments.query), body=body)


def _put(arguments: Arguments, steps: tuple[str | int, ...], value: Any) -> None:
    if not steps:
        arguments.body = value
        return
    held = arguments.body
    for step in steps[:-1]:
        held = held[step]
    if value is _LEFT_OUT:
        del held[steps[-1]]
    else:
        held[steps[-1]] = value


def _parameter_faults(entry: Operation, arguments: Arguments) -> Iterator[tuple[str, str, str, str, Any]]:
    own = {p.name: p for p in entry.parameters}
    for place in ("path", "query"):
        yield "an unknown member", f"{place}.no_such_name", place, "no_such_name", 1
        for name in getattr(arguments, place):
            parameter = own[re.sub(r"\[\d+\]$", "", name)]
            where = f"{place}.{name}"
            if parameter.required:
                yield "a missing member", where, place, name, _LEFT_OUT
            yield "a wrong type", where, place, name, ["x"]
            if parameter.type == "integer":
                yield "a number as text", where, place, name, "12"
                for bound, past in ((parameter.minimum, -1), (parameter.maximum, 1)):
                    if bound is not None:
                        yield "out of bounds", where, place, name, bound + past
            if parameter.enum:
                yield "no listed value", where, place, name, "no such value"
            if parameter.pattern:
                yield "no such form", where, place, name, "no such form\n"


def _body_faults(
    known: Bodies, bare: Schema, value: Any, where: str, steps: tuple[str | int, ...]
) -> Iterator[tuple[str, str, tuple[str | int, ...], Any]]:
    """Faults that no variant around them takes: inside variants only where one is left."""
    schema = known.whole(bare)
    if value is None:
        return
    if "anyOf" in schema:
        every = [known.whole(each) for each in schema["anyOf"]]
        if not is_object(value):
            return
        left, _ = narrowed(known, every, value)
        if len(left) == 1:
            yield from _body_faults(known, left[0], value, where, steps)
        elif not any(each.get("open") for each in every):
            yield "an unknown member", f"{where}.no_such_name", (*steps, "no_such_name"), 1
        return
    kind = schema.get("type")
    if kind is not None:
        wrong = 7 if kind in {"string", "boolean"} else "text"
        yield "a wrong type", where, steps, wrong
        if not schema.get("nullable"):
            yield "null", where, steps, None
    if kind == "object":
        yield from _member_faults(known, schema, value, where, steps)
    elif kind == "array":
        yield from _item_faults(known, schema, value, where, steps)
    else:
        yield from _scalar_faults(schema, where, steps)


def _member_faults(
    known: Bodies, schema: Schema, value: Any, where: str, steps: tuple[str | int, ...]
) -> Iterator[tuple[str, str, tuple[str | int, ...], Any]]:
    own = schema.get("properties", {})
    rest = schema.get("open", False)
    if rest is False:
        yield "an unknown member", f"{where}.no_such_name", (*steps, "no_such_name"), 1
    if schema.get("least"):
        yield "nothing in it", where, steps, {}
    for name, inner in value.items():
        if name in schema.get("required", ()):
            yield "a missing member", f"{where}.{name}", (*steps, name), _LEFT_OUT
        if name in own:
            yield from _body_faults(known, own[name], inner, f"{where}.{name}", (*steps, name))


def _item_faults(
    known: Bodies, schema: Schema, value: Any, where: str, steps: tuple[str | int, ...]
) -> Iterator[tuple[str, str, tuple[str | int, ...], Any]]:
    if schema.get("minItems"):
        yield "too few", where, steps, value[: schema["minItems"] - 1]
    if "maxItems" in schema and value:
        yield "too many", where, steps, value[:1] * (schema["maxItems"] + 1)
    if schema.get("uniqueItems") and value:
        yield "one twice", where, steps, [*value, value[0]]
    for index, inner in enumerate(value[:2]):
        yield from _body_faults(known, schema.get("items", {}), inner, f"{where}[{index}]", (*steps, index))


def _scalar_faults(
    schema: Schema, where: str, steps: tuple[str | int, ...]
) -> Iterator[tuple[str, str, tuple[str | int, ...], Any]]:
    if "enum" in schema:
        yield "no listed value", where, steps, "no such value"
    for bound, past in (("minimum", -1), ("maximum", 1)):
        if bound in schema:
            yield "out of bounds", where, steps, schema[bound] + past
    if "pattern" in schema or "format" in schema:
        yield "no such form", where, steps, "no such form\n"
    if "maxLength" in schema:
        yield "too long", where, steps, "x" * (schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield "too short", where, steps, ""
