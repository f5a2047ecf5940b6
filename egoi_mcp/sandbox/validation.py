"""Bodies and queries checked member by member against hand-written models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Literal, NoReturn, TypeAlias, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from egoi_mcp.sandbox.wire import Api, JsonValue, Refusal

_INVALID_STATUS: Mapping[Api, int] = {"egoi": 422, "transactional": 400, "txtsync": 400, "intercom": 400}
"""Only E-goi v3 documents 422; the others' documents know 400 alone."""


class NullableBody(BaseModel):
    """A request body: JSON types as they are, unknown members refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Body(NullableBody):
    """A request body in which a member may be missing, but never null."""


class Query(BaseModel):
    """Query parameters: texts read as numbers and truth values, unknown names refused."""

    model_config = ConfigDict(extra="forbid")


class Paging(Query):
    """The offset and limit of E-goi's collections."""

    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=10, ge=1, le=1000)


def _a_date(text: str) -> str:
    date.fromisoformat(text)
    return text


def _a_date_time(text: str) -> str:
    datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - only the form is checked
    return text


def _an_email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ValueError("not an e-mail address")
    return text


Identifier: TypeAlias = Annotated[int, Field(ge=1)]
ContactId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-fA-F0-9]{10}$")]
Phone: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\d{1,3}-\d{4,20}$")]
Email: TypeAlias = Annotated[str, AfterValidator(_an_email)]
Filled: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Date: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_a_date)]
DateTime: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"), AfterValidator(_a_date_time)
]
Order: TypeAlias = Literal["asc", "desc"]

M = TypeVar("M", bound=BaseModel)


def parse_json(raw: bytes) -> JsonValue:
    """The JSON value of a body.

    Raises:
        Refusal: 400, the body is no JSON.
    """
    try:
        return cast(JsonValue, json.loads(raw.decode("utf-8"), parse_constant=_no_constant))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Refusal(400, "The body is not readable as JSON.", code="bad_request") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def check(model: type[M], value: object, *, api: Api, unknown: Literal["refuse", "ignore"]) -> M:
    """The value as the model.

    Raises:
        Refusal: 422 (400 where the vendor knows no 422), naming each wrong field.
    """
    errors: dict[str, list[str]] = {}
    try:
        fitting = model.model_validate(value, extra="ignore" if unknown == "ignore" else None)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_context=False):
            errors.setdefault(_field(item["loc"], value), []).append(item["msg"])
    else:
        errors = {name: ["null is no value here"] for name in _nulls(fitting, "")}
        if not errors:
            return fitting
    first = next(iter(errors))
    detail = f"{first}: {errors[first][0]}"
    raise Refusal(_INVALID_STATUS[api], detail, errors=errors, code="parameter_invalid")


def _nulls(value: object, prefix: str) -> Iterator[str]:
    """The dotted names of the members that were given as null where null is no value."""
    if isinstance(value, list):
        for place, item in enumerate(cast(list[object], value)):
            yield from _nulls(item, f"{prefix}{place}.")
    elif isinstance(value, BaseModel):
        for name in sorted(value.model_fields_set):
            member: object = getattr(value, name)
            shown = type(value).model_fields[name].alias or name if name in type(value).model_fields else name
            if member is None and isinstance(value, Body):
                yield f"{prefix}{shown}"
            yield from _nulls(member, f"{prefix}{shown}.")


def _field(location: Sequence[str | int], value: object) -> str:
    """The dotted name of a field, without the names of union variants that pydantic puts between."""
    names: list[str] = []
    current = value
    for position, part in enumerate(location):
        if isinstance(current, dict):
            members = cast(dict[object, object], current)
            if part in members:
                current = members[part]
            elif position < len(location) - 1:
                continue
            names.append(str(part))
        elif isinstance(current, list) and isinstance(part, int):
            items = cast(list[object], current)
            current = items[part] if part < len(items) else None
            names.append(str(part))
    return ".".join(names) or "body"
