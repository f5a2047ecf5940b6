"""What the sandbox did to the world: messages that reached people, and every change of state."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

from egoi_mcp.sandbox.wire import Api, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message that reached one person.

    `channel`: sms, smart_sms, email, voice, or Intercom's inapp. `at`: seconds since the epoch.
    """

    id: str
    channel: str
    api: Api
    operation: str
    recipient: str
    text: str
    sender: str
    at: float
    campaign_hash: str | None = None
    contact_id: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of state, such as `contact_created`, `tag_attached` or `disclosed`, and its subject."""

    kind: str
    api: Api
    operation: str
    subject: str
    at: float


class Effects:
    """The account of everything that took effect.

    `mutations` names, in order, the operation of every request that changed anything or reached anyone; a
    scheduled send stands there once, when it was accepted.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.changes: list[Change] = []
        self.mutations: list[str] = []

    @property
    def size(self) -> int:
        """How many messages and changes there are."""
        return len(self.messages) + len(self.changes)

    def count(self, channel: str | None = None, *, api: Api | None = None) -> int:
        """How many messages reached people, of a channel and an API or of any."""
        return sum(
            1
            for message in self.messages
            if channel in {None, message.channel} and api in {None, message.api}
        )

    def messages_to(self, recipient: str) -> list[Message]:
        """The messages to a number (in any writing) or an address."""
        wanted = _address(recipient)
        return [message for message in self.messages if _address(message.recipient) == wanted]

    def changed(self, kind: str) -> list[Change]:
        """The changes of one kind, oldest first."""
        return [change for change in self.changes if change.kind == kind]

    def counts(self) -> dict[str, int]:
        """Messages by channel."""
        return dict(Counter(message.channel for message in self.messages))

    def as_json(self) -> JsonObject:
        """Everything, for test programs of any language."""
        return {
            "counts": self.counts(),
            "messages": [asdict(message) for message in self.messages],
            "changes": [asdict(change) for change in self.changes],
            "mutations": self.mutations,
        }


def _address(text: str) -> str:
    if "@" in text:
        return text.casefold()
    digits = "".join(character for character in text if character.isdigit())
    return digits or text
