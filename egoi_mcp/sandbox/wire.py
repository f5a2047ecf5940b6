"""What passes between the ASGI application and the vendors' handlers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Api = Literal["egoi", "transactional", "txtsync", "intercom"]
JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
JsonObject: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Reply:
    """A vendor's answer; `body` None is an empty one."""

    status: int
    body: JsonValue = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content_type: str = "application/json"


class Refusal(Exception):
    """A vendor says no; each vendor writes it in its own form.

    `errors` names the fields, dotted, with a list of what is wrong with each, or says what a conflict is
    about; `code` is Intercom's error code.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: JsonObject | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = dict(errors or {})
        self.code = code
        self.headers = dict(headers or {})


def not_found(what: str) -> Refusal:
    """The 404 for a thing that does not exist."""
    return Refusal(404, f"There is no such {what}.", code="not_found")


def invalid(field_name: str, reason: str, *, status: int = 422) -> Refusal:
    """The refusal of one field of a body or query."""
    return Refusal(status, f"{field_name}: {reason}", errors={field_name: [reason]}, code="parameter_invalid")


def conflict(detail: str, **errors: JsonValue) -> Refusal:
    """The 409 for what contradicts the state, with what it is about."""
    return Refusal(409, detail, errors=errors, code="conflict")
