"""The operations this package knows, and requests to them as the exact bytes that are sent.

A request exists in two forms. `Request` says what is meant: an operation with its parameters and
body. `FrozenRequest` is what goes over the wire: method, origin, target and body, to the byte. There
is one frozen form of each request and one request to each frozen form (`thaw(freeze(r)) == r` and
`freeze(thaw(f), f.origin) == f`): parameters are percent-encoded in one way and stand in the catalog's
order, bodies are compact JSON. Everything else is refused, so that no second spelling of an address
(`%2F`, `..`, a repeated key) can name another operation to the vendor than to this catalog.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple, NoReturn, get_args
from urllib.parse import quote, unquote

from egoi_mcp.api.json_body import MAX_BODY_BYTES, MAX_INTEGER, JsonValue, decode_body, encode_body
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import InvalidInput, UnknownOperation

Api = Literal["egoi", "transactional", "txtsync", "intercom"]
ParameterType = Literal["string", "integer", "boolean"]

__all__ = [
    "APIS",
    "MAX_BODY_BYTES",
    "Api",
    "FrozenRequest",
    "JsonValue",
    "Operation",
    "Parameter",
    "ParameterType",
    "Request",
    "freeze",
    "match",
    "operation",
    "operations",
    "thaw",
]

APIS: tuple[Api, ...] = get_args(Api)

_NUMBERED = re.compile(r"([a-z_]+)\[([1-9][0-9]{0,8})\]")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,15}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-fA-F:.]+\](?::[0-9]{1,5})?")
# Beside the separators of an address, `%`: whoever decodes twice must not find one inside.
_NOT_IN_PATH = frozenset("/\\?#%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One path or query parameter; `pattern` is matched against the whole value.

    A `numbered` one may stand several times, each with a number in brackets: `extra_field_id[12]`.
    """

    name: str
    location: Literal["path", "query"]
    type: ParameterType
    required: bool
    enum: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a vendor's API.

    `path` is a template (`/lists/{list_id}/contacts`), `risk` the floor that no request to the operation
    goes below, `success` the status codes that mean done, `idempotent` that the same request may be sent
    again after a crash.
    """

    api: Api
    name: str
    method: str
    path: str
    risk: Risk
    success: frozenset[int] = field(repr=False)
    parameters: tuple[Parameter, ...] = field(repr=False)
    has_body: bool = field(repr=False)
    idempotent: bool = field(repr=False)


def _no_path() -> Mapping[str, str | int]:
    return {}


def _no_query() -> Mapping[str, str | int | bool]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is meant: an operation with its parameters and JSON body (`None` = no body).

    Parameters and body may hold personal data, so a repr shows the operation only.
    """

    operation: Operation
    path: Mapping[str, str | int] = field(default_factory=_no_path, repr=False)
    query: Mapping[str, str | int | bool] = field(default_factory=_no_query, repr=False)
    body: JsonValue = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class FrozenRequest:
    """What is sent, to the byte: `target` is the percent-encoded path and query, `b""` means no body."""

    api: Api
    method: str
    origin: str
    target: str
    body: bytes

    def digest(self) -> bytes:
        """SHA-256 over the length-prefixed members, so that no two requests share one."""
        texts = (self.api, self.method, self.origin, self.target)
        made = hashlib.sha256()
        for member in (*(text.encode("utf-8", "surrogatepass") for text in texts), self.body):
            made.update(len(member).to_bytes(8, "big"))
            made.update(member)
        return made.digest()

    def __repr__(self) -> str:
        """Name the operation; target and body may hold personal data."""
        try:
            name = match(self.api, self.method, self.target).name
        except InvalidInput:
            name = "no operation"
        return f"<FrozenRequest {self.api} {name}, {len(self.body)} bytes of body>"


# -- the catalog ---------------------------------------------------------------------------------


@cache
def operations(api: Api) -> tuple[Operation, ...]:
    """Every operation of one API, read from the package's data on first use.

    Raises:
        UnknownOperation: there is no such API.
    """
    if api not in APIS:
        raise UnknownOperation(f"There is no API named {api!r}; there are {', '.join(APIS)}.")
    from importlib import resources

    text = resources.files("egoi_mcp.api").joinpath("operations", f"{api}.json").read_text(encoding="utf-8")
    return tuple(_operation(api, entry) for entry in json.loads(text))


def _operation(api: Api, entry: Mapping[str, Any]) -> Operation:
    return Operation(
        api=api,
        name=entry["name"],
        method=entry["method"],
        path=entry["path"],
        risk=Risk[entry["risk"]],
        success=frozenset(entry["success"]),
        parameters=tuple(_parameter(parameter) for parameter in entry["parameters"]),
        has_body=entry["body"],
        idempotent=entry["idempotent"],
    )


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=entry["name"],
        location=entry["in"],
        type=entry["type"],
        required=entry["required"],
        enum=tuple(entry.get("enum", ())),
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        pattern=entry.get("pattern"),
        numbered=entry.get("numbered", False),
    )


def operation(api: Api, name: str) -> Operation:
    """The operation that the vendor calls `name`.

    Raises:
        UnknownOperation: the catalog has no such API or operation.
    """
    found = _by_name(api).get(name)
    if found is None:
        raise UnknownOperation(f"The {api} API has no operation of that name in the catalog.")
    return found


@cache
def _by_name(api: Api) -> Mapping[str, Operation]:
    return {entry.name: entry for entry in operations(api)}


class _Route(NamedTuple):
    """A path template by segments: a literal, or the parameter that stands there."""

    operation: Operation
    segments: tuple[str | Parameter, ...]

    def takes(self, segments: Sequence[str]) -> bool:
        return all(
            isinstance(own, Parameter) or own == given
            for own, given in zip(self.segments, segments, strict=True)
        )

    def literals(self) -> tuple[bool, ...]:
        return tuple(isinstance(own, str) for own in self.segments)


@cache
def _route(api: Api, name: str) -> _Route:
    entry = operation(api, name)
    path_parameters = {f"{{{p.name}}}": p for p in entry.parameters if p.location == "path"}
    return _Route(entry, tuple(path_parameters.get(part, part) for part in entry.path.split("/")[1:]))


@cache
def _routes(api: Api) -> Mapping[tuple[str, int], tuple[_Route, ...]]:
    """Routes by method and number of segments."""
    routes: dict[tuple[str, int], tuple[_Route, ...]] = {}
    for entry in operations(api):
        route = _route(api, entry.name)
        key = (entry.method, len(route.segments))
        routes[key] = (*routes.get(key, ()), route)
    return routes


# -- matching ------------------------------------------------------------------------------------


def match(api: Api, method: str, target: str) -> Operation:
    """The one operation that a target, percent-encoded as it is sent, belongs to.

    Raises:
        UnknownOperation: it belongs to none, or to more than one.
        InvalidInput: it belongs to one, but not in the form that `freeze` gives.
    """
    return _read_target(api, method, target).operation


@lru_cache(maxsize=64)
def _read_target(api: Api, method: str, target: str) -> Request:
    """What a target means; remembered for a moment, as whoever freezes a request soon asks what it means."""
    path, question, query_text = target.partition("?")
    root, *segments = path.split("/")
    found = () if root else _routes(api).get((method, len(segments)), ())
    route = _most_literal([route for route in found if route.takes(segments)])
    request = Request(
        operation=route.operation,
        path={
            own.name: _path_value(own, given)
            for own, given in zip(route.segments, segments, strict=True)
            if isinstance(own, Parameter)
        },
        query=_query_values(route.operation, query_text) if question else {},
    )
    if _target(request) != target:
        raise InvalidInput("The address is not in the one form in which it may be sent. Nothing was sent.")
    return request


def _most_literal(routes: Sequence[_Route]) -> _Route:
    """Literal segments beat parameters, from the left; a tie belongs to nobody."""
    ranked = sorted(routes, key=_Route.literals, reverse=True)
    if not ranked or (len(ranked) > 1 and ranked[0].literals() == ranked[1].literals()):
        raise UnknownOperation("The request is not exactly one operation of the catalog. Nothing was sent.")
    return ranked[0]


def _query_values(entry: Operation, text: str) -> Mapping[str, str | int | bool]:
    values: dict[str, str | int | bool] = {}
    for pair in text.split("&"):
        written, _, value = pair.partition("=")
        name = unquote(written)
        parameter = _query_parameter(entry, name)
        if parameter is None:
            raise InvalidInput(f"{entry.name} has a query parameter that the catalog does not know.")
        if name in values:
            raise InvalidInput(f"{entry.name} has the query parameter {name} twice.")
        values[name] = _value(parameter, value)
    return values


def _query_parameter(entry: Operation, name: str) -> Parameter | None:
    """The parameter of this name, or of which this is a number."""
    numbered = _NUMBERED.fullmatch(name)
    base = numbered[1] if numbered else name
    return _query_parameters(entry.api, entry.name).get((base, numbered is not None))


@cache
def _query_parameters(api: Api, name: str) -> Mapping[tuple[str, bool], Parameter]:
    """An operation's query parameters by name, and by whether they are numbered."""
    own = reversed(operation(api, name).parameters)
    return {(p.name, p.numbered): p for p in own if p.location == "query"}


def _path_value(parameter: Parameter, text: str) -> str | int:
    value = _value(parameter, text)
    return value if isinstance(value, str) else int(value)


def _value(parameter: Parameter, encoded: str) -> str | int | bool:
    try:
        text = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        _refuse(parameter, "is not UTF-8")
    if parameter.type == "string":
        return text
    if parameter.type == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if parameter.type == "boolean" and text in {"true", "false"}:
        return text == "true"
    _refuse(parameter, f"is not of the type {parameter.type}")


# -- freezing ------------------------------------------------------------------------------------


def freeze(request: Request, origin: str) -> FrozenRequest:
    """The exact bytes of a request.

    Args:
        request: what is meant.
        origin: where it goes, scheme and host (`https://api.example.com`), without a path.

    Raises:
        UnknownOperation: the operation is not, in every member, one of the catalog's.
        InvalidInput: a parameter or the body is not what the operation takes, the body is no JSON, or
            the target would be read as another operation.
    """
    entry = request.operation
    own = operation(entry.api, entry.name)
    if own is not entry and own != entry:
        raise UnknownOperation(f"{entry.name} is not the catalog's operation of that name.")
    _check_origin(origin)
    target = _target(request)
    if _read_target(entry.api, entry.method, target).operation != entry:
        raise InvalidInput(f"A path parameter of {entry.name} makes it another operation. Nothing was sent.")
    return FrozenRequest(entry.api, entry.method, origin, target, _body_bytes(entry, request.body))


def thaw(frozen: FrozenRequest) -> Request:
    """What a frozen request means.

    Raises:
        UnknownOperation: it is not exactly one operation of the catalog.
        InvalidInput: it is not in the form that `freeze` gives.
    """
    _check_origin(frozen.origin)
    read = _read_target(frozen.api, frozen.method, frozen.target)
    body = decode_body(frozen.body)
    if _body_bytes(read.operation, body) != frozen.body:
        raise InvalidInput(f"The body of {read.operation.name} is not in the one form that may be sent.")
    return Request(operation=read.operation, path=read.path, query=read.query, body=body)


def _body_bytes(entry: Operation, body: JsonValue) -> bytes:
    if not entry.has_body:
        if body is not None:
            raise InvalidInput(f"{entry.name} takes no body.")
        return b""
    if isinstance(body, str) or not isinstance(body, Mapping | Sequence):
        raise InvalidInput(f"{entry.name} needs a body that is an object or an array.")
    return encode_body(body)


def _check_origin(origin: str) -> None:
    if not _ORIGIN.fullmatch(origin):
        raise InvalidInput("An origin is a scheme and a host, without a path. Nothing was sent.")


def _target(request: Request) -> str:
    """Percent-encode path and query, in the catalog's order; only unreserved characters stay as they are."""
    entry = request.operation
    in_path = {p.name for p in entry.parameters if p.location == "path"}
    if set(request.path) - in_path or any(_query_parameter(entry, name) is None for name in request.query):
        raise InvalidInput(f"{entry.name} was given a parameter that it does not have there.")
    path = "".join(
        "/" + (own if isinstance(own, str) else _encoded(own, request.path.get(own.name)))
        for own in _route(entry.api, entry.name).segments
    )
    query = "&".join(
        f"{quote(name, safe='')}={_encoded(p, request.query.get(name))}"
        for p in entry.parameters
        if p.location == "query"
        for name in _names(p, request.query)
    )
    return f"{path}?{query}" if query else path


def _names(parameter: Parameter, query: Mapping[str, str | int | bool]) -> list[str]:
    """Under which names the parameter is sent; a numbered one by its numbers."""
    if not parameter.numbered:
        return [parameter.name] if parameter.required or parameter.name in query else []
    numbers = (found for name in query if (found := _NUMBERED.fullmatch(name)) and found[1] == parameter.name)
    return [found[0] for found in sorted(numbers, key=lambda found: int(found[2]))]


def _encoded(parameter: Parameter, value: str | int | bool | None) -> str:
    text = _text(parameter, value)
    if parameter.location == "path":
        _check_path_text(parameter, text)
    elif any(unicodedata.category(character) == "Cc" for character in text):
        _refuse(parameter, "has a control character")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        _refuse(parameter, "is not text")


def _text(parameter: Parameter, value: str | int | bool | None) -> str:
    if value is None or (value == "" and parameter.required):
        _refuse(parameter, "is missing")
    if parameter.type == "boolean" and isinstance(value, bool):
        return "true" if value else "false"
    if parameter.type == "integer" and isinstance(value, int) and not isinstance(value, bool):
        low = -MAX_INTEGER if parameter.minimum is None else parameter.minimum
        high = MAX_INTEGER if parameter.maximum is None else parameter.maximum
        if not low <= value <= high:
            _refuse(parameter, "is out of bounds")
        return str(int(value))
    if parameter.type == "string" and isinstance(value, str):
        if parameter.enum and value not in parameter.enum:
            _refuse(parameter, f"is not one of {', '.join(parameter.enum)}")
        if parameter.pattern is not None and not _compiled(parameter.pattern).fullmatch(value):
            _refuse(parameter, "does not have the form that the vendor asks for")
        return value
    _refuse(parameter, f"is not of the type {parameter.type}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _check_path_text(parameter: Parameter, text: str) -> None:
    """One whole segment, however often and however widely somebody on the way decodes it."""
    # NFKC: a full-width slash or dot becomes a plain one where a server normalises.
    normal = unicodedata.normalize("NFKC", text)
    if not text or normal == "." or ".." in normal or _NOT_IN_PATH.intersection(normal):
        _refuse(parameter, "is empty or has a character that separates parts of an address")
    if text != text.strip():
        _refuse(parameter, "begins or ends with a space")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in text):
        _refuse(parameter, "has a control character")


def _refuse(parameter: Parameter, why: str) -> NoReturn:
    # The value stays out of the message: it may be a name, a number or an address of somebody.
    raise InvalidInput(f"The parameter {parameter.name} {why}. Nothing was sent.")
