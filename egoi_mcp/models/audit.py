"""What `egoi-mcp actions list|show --json` print: one shape, described in docs/audit.md.

Times are ISO 8601 in UTC; what is not known, or does not apply, is null.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from egoi_mcp.models.preview import Preview


class Shape(BaseModel):
    """Base of the parts: frozen, and without members that the description does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DamagedRow(Shape):
    """What is said of a row that cannot be read."""

    id: str
    damaged: Literal[True] = True


class ActionSummary(Shape):
    """An action in a list."""

    id: str
    damaged: Literal[False] = False
    state: str
    risk: str
    title: str
    connection: str
    account: str
    recipients: int | None
    to: tuple[str, ...]
    client: str
    principal: str
    created_at: str
    expires_at: str
    finished_at: str | None
    emptied_at: str | None
    channel: str | None
    duplicate_of: str | None
    undoes: str | None
    undone_by: str | None
    note: str


class DecisionShape(Shape):
    """One decision."""

    state: str
    channel: str
    by: str
    at: str


class WitnessShape(Shape):
    """One thing at the vendor that the approval rests on."""

    kind: str
    subject: str
    seen: dict[str, str]
    people: int | None


class TermsShape(Shape):
    """What bound the action beside its requests."""

    approvals_needed: int
    held_seconds: float
    held_until: str | None
    not_after: str | None
    cost: float | None
    tests: bool
    unseen_content: bool
    lists: tuple[int, ...]
    senders: tuple[str, ...]
    hosts: tuple[str, ...]
    witnesses: tuple[WitnessShape, ...]


class RequestShape(Shape):
    """One request as it was sent, or would be, and what came back."""

    number: int
    operation: str
    method: str
    origin: str
    target: str
    body: JsonValue
    state: str
    status: int | None
    ids: tuple[str, ...]
    note: str
    claimed_at: str | None
    finished_at: str | None


class ActionRecord(ActionSummary):
    """An action shown by itself."""

    approved_at: str | None
    intact: bool | None
    preview: Preview
    terms: TermsShape
    decisions: tuple[DecisionShape, ...]
    requests: tuple[RequestShape, ...]
