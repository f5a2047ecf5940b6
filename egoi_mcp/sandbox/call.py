"""One request as a handler sees it: parameters, body, the world, and where effects are written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from egoi_mcp.sandbox.clock import stamp
from egoi_mcp.sandbox.effects import Change, Effects, Message
from egoi_mcp.sandbox.settings import SandboxSettings
from egoi_mcp.sandbox.state import World
from egoi_mcp.sandbox.validation import check, parse_json
from egoi_mcp.sandbox.wire import Api, JsonValue, not_found

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Writes effects down under the operation that caused them."""

    api: Api
    operation: str
    world: World
    effects: Effects
    settings: SandboxSettings
    now: float

    def changed(self, kind: str, subject: object) -> None:
        """Write a change of state down."""
        self.effects.changes.append(
            Change(kind=kind, api=self.api, operation=self.operation, subject=str(subject), at=self.now)
        )

    def delivered(
        self,
        channel: str,
        recipient: str,
        text: str,
        *,
        sender: str,
        message_id: str | None = None,
        campaign_hash: str | None = None,
        contact_id: str | None = None,
        subject: str | None = None,
    ) -> Message:
        """Write a message down that reached somebody."""
        message = Message(
            id=message_id or f"m{len(self.effects.messages) + 1:06d}",
            channel=channel,
            api=self.api,
            operation=self.operation,
            recipient=recipient,
            text=text,
            sender=sender,
            at=self.now,
            campaign_hash=campaign_hash,
            contact_id=contact_id,
            subject=subject,
        )
        self.effects.messages.append(message)
        return message

    def stamp(self, epoch: float) -> str:
        """A moment in E-goi's form and the account's zone."""
        return stamp(epoch, self.settings.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Recorder):
    """A request that has been routed, let in and read; `path` holds the decoded path parameters."""

    path: Mapping[str, str]
    query_pairs: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    raw_body: bytes

    def json(self) -> JsonValue:
        """The body as JSON.

        Raises:
            Refusal: 400, it is none.
        """
        return parse_json(self.raw_body)

    def body(self, model: type[M]) -> M:
        """The body as a model.

        Raises:
            Refusal: 400 for what is no JSON, 422 (400) for what does not fit.
        """
        return self.fit(model, self.json())

    def query(self, model: type[M]) -> M:
        """The query parameters as a model; of a name given twice the last counts.

        Raises:
            Refusal: 422 (400) for what does not fit.
        """
        return self.fit(model, dict(self.query_pairs))

    def fit(self, model: type[M], value: JsonValue) -> M:
        """A value as a model; see `body`."""
        return check(model, value, api=self.api, unknown=self.settings.unknown_members)

    def path_id(self, name: str) -> int:
        """A path parameter that is a positive number.

        Raises:
            Refusal: 404, it is none.
        """
        text = self.path[name]
        if not (text.isascii() and text.isdigit()) or int(text) < 1:
            raise not_found(name)
        return int(text)
