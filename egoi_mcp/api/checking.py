"""What is wrong with the arguments of an operation, before anything leaves.

`check` holds path, query and body against the catalog and says each fault in plain words: where it is, which
rule it breaks, and what would be right. No value is repeated, since it may be somebody's name or number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from egoi_mcp.api.details import Bodies, Schema, bodies
from egoi_mcp.api.fitting import (
    fits_pattern,
    form_words,
    is_object,
    nearest,
    pattern_words,
    shown,
    shown_value,
)
from egoi_mcp.api.variants import kinds, narrowed

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import Operation, Parameter

Rule = Literal[
    "unknown", "missing", "type", "enum", "bounds", "pattern", "format", "variant", "empty", "depth"
]

MOST_PROBLEMS = 5
MAX_DEPTH = 64
_MOST_NAMES = 14
_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
}
_NUMBERED = re.compile(r"([a-z_]+)\[[1-9][0-9]{0,8}\]")
# One of these has to be there, although each alone may be missing.
_ONE_OF = {("intercom", "lisDataEvents"): ("user_id", "intercom_user_id", "email")}


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `where` is a dotted path (`body.contacts[2].email`), `says` the rule and what is right."""

    where: str
    rule: Rule
    says: str

    def __str__(self) -> str:
        """As it is shown: the place, then what is wrong there."""
        return f"{self.where} {self.says}"


def check(
    entry: Operation, path: Mapping[str, Any], query: Mapping[str, Any], body: object = None
) -> list[Problem]:
    """What is wrong with the arguments of an operation, at most five faults; nothing when all is right."""
    return list(islice(_problems(entry, path, query, body), MOST_PROBLEMS))


def _problems(
    entry: Operation, path: Mapping[str, Any], query: Mapping[str, Any], body: object
) -> Iterator[Problem]:
    yield from _parameters(entry, "path", path)
    yield from _parameters(entry, "query", query)
    one_of = _ONE_OF.get((entry.api, entry.name))
    if one_of and not any(name in query for name in one_of):
        yield Problem("query", "missing", f"needs one of {_names(one_of)}")
    if not entry.has_body:
        if body is not None:
            yield Problem("body", "unknown", "has to be left out: this operation takes none")
        return
    known = bodies(entry.api)
    schema = known.of(entry.name)
    if body is None:
        yield Problem("body", "missing", f"is missing{_needs(known, schema)}")
        return
    places = {p.name: p.location for p in entry.parameters}
    yield from _Checking(entry.api, known, places).value(schema, body, "body", 0)


# -- path and query --------------------------------------------------------------------------------


def _parameters(
    entry: Operation, location: Literal["path", "query"], given: Mapping[str, Any]
) -> Iterator[Problem]:
    own = {p.name: p for p in entry.parameters if p.location == location}
    for name, value in given.items():
        numbered = _NUMBERED.fullmatch(name)
        parameter = own.get(numbered[1] if numbered else name)
        if parameter is None or parameter.numbered is not (numbered is not None):
            yield _unknown_parameter(entry, location, name, own)
        else:
            yield from _parameter(parameter, f"{location}.{name}", value)
    for parameter in own.values():
        if parameter.required and parameter.name not in given:
            yield Problem(f"{location}.{parameter.name}", "missing", "is missing")


def _unknown_parameter(entry: Operation, location: str, name: str, own: Mapping[str, Parameter]) -> Problem:
    where = f"{location}.{shown(name)}"
    elsewhere = next((p.location for p in entry.parameters if p.name == name), None)
    if elsewhere not in {None, location}:
        return Problem(where, "unknown", f"belongs in {elsewhere}")
    numbered = next((p.name for p in own.values() if p.numbered and p.name == name), None)
    if numbered:
        return Problem(where, "unknown", f"needs a number in brackets: {numbered}[12]")
    return Problem(where, "unknown", _not_known(name, own))


def _parameter(parameter: Parameter, where: str, value: object) -> Iterator[Problem]:
    if isinstance(value, str) and not value and parameter.required:
        yield Problem(where, "missing", "is empty")
        return
    schema: dict[str, Any] = {"type": parameter.type}
    schema |= {"enum": parameter.enum} if parameter.enum else {}
    bounds = {"minimum": parameter.minimum, "maximum": parameter.maximum, "pattern": parameter.pattern}
    schema |= {key: bound for key, bound in bounds.items() if bound is not None}
    yield from _scalar("", schema, value, where)


# -- bodies ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Checking:
    """Checks one body; `places` says where the operation's parameters belong."""

    api: str
    known: Bodies
    places: Mapping[str, str]

    def value(self, bare: Schema, value: object, where: str, depth: int) -> Iterator[Problem]:
        schema = self.known.whole(bare)
        if depth > MAX_DEPTH:
            yield Problem(where, "depth", f"nests deeper than {MAX_DEPTH} levels")
        elif value is None and schema.get("nullable"):
            return
        elif "anyOf" in schema:
            yield from self._variants(schema, value, where, depth)
        elif (kind := schema.get("type")) == "object" and is_object(value):
            yield from self._object(schema, value, where, depth)
        elif kind == "array" and _is_array(value):
            yield from _counted(schema, value, where)
            for index, inner in enumerate(value):
                yield from self.value(schema.get("items", {}), inner, f"{where}[{index}]", depth + 1)
        else:
            yield from _scalar(self.api, schema, value, where)

    def _object(self, schema: Schema, value: Mapping[str, Any], where: str, depth: int) -> Iterator[Problem]:
        own: Mapping[str, Schema] = schema.get("properties", {})
        rest = schema.get("open", False)
        for name in schema.get("required", ()):
            if name not in value:
                yield Problem(f"{where}.{name}", "missing", f"is missing{self._kind_of(own[name])}")
        for name, inner in value.items():
            place = f"{where}.{shown(name)}"
            if name in own:
                yield from self.value(own[name], inner, place, depth + 1)
            elif rest is False:
                yield Problem(place, "unknown", self._unknown(name, own, where))
            elif is_object(rest):
                yield from self.value(rest, inner, place, depth + 1)
        if len(value) < schema.get("least", 0):
            yield Problem(where, "empty", f"is empty{_needs(self.known, schema)}")

    def _unknown(self, name: str, own: Mapping[str, Schema], where: str) -> str:
        inside = [
            outer for outer, schema in own.items() if name in self.known.whole(schema).get("properties", {})
        ]
        if inside:
            return f"belongs inside {_names(inside, 'or')}"
        if where == "body" and name in self.places:
            return f"belongs in {self.places[name]}, not in the body"
        return _not_known(name, own)

    def _kind_of(self, bare: Schema) -> str:
        schema = self.known.whole(bare)
        if "enum" in schema:
            return f": one of {_values(schema['enum'])}"
        return f": {_WORDS[schema['type']]}" if schema.get("type") in _WORDS else ""

    def _variants(self, schema: Schema, value: object, where: str, depth: int) -> Iterator[Problem]:
        every = [self.known.whole(each) for each in schema["anyOf"]]
        if schema.get("least") and is_object(value) and not value:
            yield Problem(where, "empty", f"is empty{_needs(self.known, schema)}")
            return
        if is_object(value):
            left, wrong = narrowed(self.known, every, value)
            if wrong is not None:
                name, allowed = wrong
                is_there = name in value
                rule: Rule = "enum" if is_there else "missing"
                says = f"{'has to be' if is_there else 'is missing:'} one of {_values(allowed)}"
                yield Problem(f"{where}.{name}", rule, says)
                return
            every = list(left)
        yield from self._closest(every, value, where, depth)

    def _closest(self, every: Sequence[Schema], value: object, where: str, depth: int) -> Iterator[Problem]:
        """The faults of the variant that was most likely meant, none when one fits."""
        tried: list[list[Problem]] = []
        for each in every:
            found = list(islice(self.value(each, value, where, depth + 1), MOST_PROBLEMS + 1))
            if not found:
                return
            tried.append(found)
        lacking = [_lacking(where, found) for found in tried]
        if len(every) > 1 and all(lacking):
            sets = dict.fromkeys(_names(names, "and") for names in lacking)
            if len(sets) > 1:
                yield Problem(where, "variant", f"needs {'; or '.join(sets)}")
                return
        if is_object(value) or all(each.get("type") in {"object", "array"} for each in every):
            best = min(
                zip(every, tried, strict=True),
                key=lambda pair: (self._unlikely(pair[0], value), len(pair[1])),
            )
            kind = kinds(self.known, best[0]) if len(every) == 1 else ""
            names = dict.fromkeys(name for each in every for name in each.get("properties", {}))
            for problem in best[1]:
                yield _of_a_variant(problem, where, names, kind)
            return
        likely = [found for found in tried if not (found[0].where == where and found[0].rule == "type")]
        if len(likely) == 1:
            yield from likely[0]
            return
        words = dict.fromkeys(_WORDS[each["type"]] for each in every if each.get("type") in _WORDS)
        yield Problem(where, "type", f"has to be {' or '.join(words)}")

    def _unlikely(self, variant: Schema, value: object) -> int:
        """How unlikely it is that a variant was meant, by an object's members; unknown ones weigh most."""
        if not is_object(value):
            return 0
        own: Mapping[str, Schema] = variant.get("properties", {})
        kinds_of = {name: self.known.whole(own[name]).get("type") for name in value if name in own}
        unknown = 0 if variant.get("open") else sum(name not in own for name in value)
        missing = sum(name not in value for name in variant.get("required", ()))
        wrong = sum(kind is not None and not _is_type(kind, value[name]) for name, kind in kinds_of.items())
        return 4 * unknown + 3 * missing + 3 * wrong


def _lacking(where: str, found: Iterable[Problem]) -> list[str]:
    """The members that are missing right there, when nothing else is wrong."""
    names = [p.where.removeprefix(f"{where}.") for p in found if p.rule == "missing"]
    found = list(found)
    return names if len(names) == len(found) and not any("." in name for name in names) else []


def _of_a_variant(problem: Problem, where: str, names: Iterable[str], kind: str) -> Problem:
    """A fault as it is told where several variants could have been meant."""
    name = problem.where.removeprefix(f"{where}.")
    if "." in name or "[" in name:
        return problem
    if problem.rule == "unknown" and (near := nearest(name, names)) and near != name:
        return Problem(problem.where, problem.rule, f"is not known; did you mean {near}?")
    told = (
        f"{problem.says} (with {kind})"
        if kind and not name.startswith(kind.split(maxsplit=1)[0])
        else problem.says
    )
    return Problem(problem.where, problem.rule, told)


def _is_array(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _counted(schema: Schema, value: Sequence[object], where: str) -> Iterator[Problem]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    if len(value) < least:
        yield Problem(where, "bounds", f"needs at least {least} {'entry' if least == 1 else 'entries'}")
    if len(value) > most:
        yield Problem(where, "bounds", f"takes at most {most} entries, and got {len(value)}")
    if schema.get("uniqueItems") and any(each in value[:index] for index, each in enumerate(value)):
        yield Problem(where, "bounds", "has an entry twice")


# -- one value -------------------------------------------------------------------------------------


def _is_type(kind: str, value: object) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole or (isinstance(value, float) and math.isfinite(value))
    if kind == "string":
        return isinstance(value, str)
    return is_object(value) if kind == "object" else _is_array(value)


def _scalar(api: str, schema: Schema, value: object, where: str) -> Iterator[Problem]:
    kind = schema.get("type")
    if kind is not None and not _is_type(kind, value):
        yield Problem(where, "type", f"has to be {_WORDS[kind]}, and is {_called(value)}")
        return
    if "enum" in schema and not any(value == each and type(value) is type(each) for each in schema["enum"]):
        yield Problem(where, "enum", f"has to be one of {_values(schema['enum'])}{_near(schema, value)}")
    elif isinstance(value, str):
        yield from _text(api, schema, value, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", -math.inf):
            yield Problem(where, "bounds", f"has to be {schema['minimum']} or more")
        if value > schema.get("maximum", math.inf):
            yield Problem(where, "bounds", f"has to be {schema['maximum']} or less")


def _text(api: str, schema: Schema, value: str, where: str) -> Iterator[Problem]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    if len(value) < least:
        yield Problem(where, "bounds", f"needs at least {least} characters")
    if len(value) > most:
        yield Problem(where, "bounds", f"takes at most {most} characters, and got {len(value)}")
    pattern, form = schema.get("pattern"), schema.get("format")
    if pattern is not None and not fits_pattern(pattern, value):
        yield Problem(where, "pattern", f"has to be {pattern_words(pattern)}")
    if form is not None and (words := form_words(api, form, value)):
        yield Problem(where, "format", f"has to be {words}")


def _near(schema: Schema, value: object) -> str:
    texts = [each for each in schema["enum"] if isinstance(each, str)]
    near = nearest(value, texts) if isinstance(value, str) else None
    return f"; did you mean {near}?" if near else ""


def _called(value: object) -> str:
    if value is None:
        return "null"
    if _is_type("integer", value):
        return _WORDS["integer"]
    return next((words for kind, words in _WORDS.items() if _is_type(kind, value)), "no JSON")


# -- words -----------------------------------------------------------------------------------------


def _not_known(name: str, own: Iterable[str]) -> str:
    names = list(own)
    if near := nearest(name, names):
        return f"is not known; did you mean {near}?"
    return f"is not known; there is {_names(names, 'and')}" if names else "is not known; there is none"


def _names(names: Iterable[str], last: str = "or") -> str:
    every = list(names)
    if len(every) > _MOST_NAMES:
        return f"{', '.join(every[:_MOST_NAMES])} and {len(every) - _MOST_NAMES} more"
    return f" {last} ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)


def _values(values: Iterable[object]) -> str:
    return _names([shown_value(value) for value in values])


def _needs(known: Bodies, bare: Schema) -> str:
    """What a body needs, or may hold, for one that is empty or missing."""
    schema = known.whole(bare)
    if schema.get("type") == "array":
        return ": an array"
    every = [known.whole(each) for each in schema.get("anyOf", (schema,))]
    needed = dict.fromkeys(_names(each["required"], "and") for each in every if each.get("required"))
    if needed:
        return f"; it needs {'; or '.join(list(needed)[:4])}"
    may = dict.fromkeys(name for each in every for name in each.get("properties", {}))
    return f"; it takes {_names(may)}" if may else ""
