"""The records of the E-goi account, and how they are found."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from egoi_mcp.sandbox.wire import JsonObject, JsonValue, not_found

Channel = Literal["email", "sms", "smart_sms", "voice"]
CampaignStatus = Literal["draft", "canceled", "queued", "paused", "sending", "sent"]
SenderKind = Literal["cellphone", "email", "phone"]
SenderStatus = Literal["active", "moderation", "rejected"]
OperationStatus = Literal["queued", "processing", "executing", "paused"]
SegmentType = Literal["auto", "saved", "tag"]
FieldFormat = Literal["date", "text", "cellphone", "phone", "number", "email", "options"]


@dataclass(slots=True, kw_only=True)
class Activity:
    """Something that happened to a contact."""

    at: float
    action_name: str
    action_data: JsonObject = field(default_factory=dict[str, JsonValue])


@dataclass(slots=True, kw_only=True)
class Contact:
    """A contact of one list; `base` and `extra` as on the wire, `tags` None is a missing member."""

    contact_id: str
    list_id: int
    base: dict[str, JsonValue]
    extra: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])
    tags: list[int] | None = field(default_factory=list[int])
    activities: list[Activity] = field(default_factory=list[Activity])

    def text(self, name: str) -> str:
        """A base or `extra_N` field as text; empty when missing or null."""
        value: JsonValue = self.base.get(name)
        if name.startswith("extra_"):
            value = next(
                (item.get("value") for item in self.extra if name == f"extra_{item['field_id']}"), None
            )
        return value if isinstance(value, str) else ""

    @property
    def status(self) -> str:
        """active, inactive, removed or unconfirmed."""
        return self.text("status")


@dataclass(slots=True, kw_only=True)
class Field:
    """A field of a list: base fields are named, extra ones numbered."""

    field_id: str
    name: str
    format: FieldFormat
    type: Literal["base", "extra"]
    unique: bool = False
    options: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])


@dataclass(slots=True, kw_only=True)
class Rule:
    """One comparison of a segment's filter."""

    segment_field: str
    segment_operator: str
    segment_value: str


@dataclass(slots=True, kw_only=True)
class Segment:
    """A segment: contacts that hold a tag, or for whom the rules hold."""

    segment_id: str
    name: str
    type: SegmentType
    created: float
    updated: float
    rules: list[Rule] = field(default_factory=list[Rule])
    boolean_operator: Literal["and", "or"] = "and"
    tag_id: int | None = None


@dataclass(slots=True, kw_only=True)
class ContactList:
    """A list with its fields, segments and contacts."""

    list_id: int
    internal_name: str
    public_name: str
    status: Literal["active", "blocked"]
    group_id: int
    created: float
    updated: float
    fields: list[Field]
    segments: dict[str, Segment] = field(default_factory=dict[str, Segment])
    contacts: dict[str, Contact] = field(default_factory=dict[str, Contact])

    def contact(self, contact_id: str) -> Contact:
        """The contact of an id; 404 when there is none."""
        found = self.contacts.get(contact_id.lower())
        if found is None:
            raise not_found("contact")
        return found

    def segment(self, segment_id: str) -> Segment:
        """The segment of an id; 404 when there is none."""
        found = self.segments.get(segment_id)
        if found is None:
            raise not_found("segment")
        return found


@dataclass(slots=True, kw_only=True)
class Tag:
    """A tag of the account."""

    tag_id: int
    name: str
    color: str


@dataclass(slots=True, kw_only=True)
class Sender:
    """A sender; `address` is a name, a `CCC-…` number or an e-mail address."""

    sender_id: int
    kind: SenderKind
    status: SenderStatus
    address: str
    name: str = ""
    alphanumeric: bool = False


@dataclass(slots=True, kw_only=True)
class Audience:
    """To whom a send goes, as its body says."""

    type: Literal["none", "segment", "contact"]
    segment_ids: tuple[str, ...] = ()
    address: str = ""
    destination_field: str = "cellphone"
    unique_only: bool = False


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One message of a campaign that went out."""

    contact_id: str
    address: str
    at: float


@dataclass(slots=True, kw_only=True)
class Campaign:
    """A campaign; `history` holds the figures of one that was sent before the sandbox began."""

    id: int
    campaign_hash: str
    channel: Channel
    status: CampaignStatus
    internal_name: str
    list_id: int
    content: JsonObject
    created: float
    updated: float
    title: str = ""
    sender_id: int | None = None
    subject: str = ""
    max_messages: int = 7
    audience: Audience | None = None
    due: float | None = None
    started: float | None = None
    ended: float | None = None
    operation_name: str = ""
    deliveries: list[Delivery] = field(default_factory=list[Delivery])
    history: dict[str, int] | None = None

    @property
    def text(self) -> str:
        """What a recipient reads, or what stands for it where E-goi would fetch it."""
        for name in ("message", "body", "plain_text"):
            value = self.content.get(name)
            if isinstance(value, str):
                return value
        return f"({self.content.get('type')} content)"


@dataclass(slots=True, kw_only=True)
class Operation:
    """An entry of the account's queue."""

    operation_id: int
    type: str
    status: OperationStatus
    created: float
    start: float
    internal_name: str
    campaign_hash: str | None = None
    needs_approval: bool = False


@dataclass(slots=True, kw_only=True)
class Suppression:
    """An entry of the suppression list."""

    id: int
    type: str
    value: str
    method: str
    created: float
    campaign_hash: str | None = None


@dataclass(slots=True, kw_only=True)
class AdvancedReport:
    """A report job; its state follows from its age."""

    id: int
    title: str
    created: float


@dataclass(slots=True, kw_only=True)
class Automation:
    """An automation that contacts can be put into."""

    automation_id: int
    title: str
    list_id: int
    status: Literal["active", "inactive"]
    action_ids: list[int]


@dataclass(slots=True, kw_only=True)
class EgoiAccount:
    """The E-goi account. `counters` makes the next id of each kind."""

    client_id: str
    balance: Decimal
    transactional_enabled: bool
    lists: dict[int, ContactList] = field(default_factory=dict[int, ContactList])
    tags: dict[int, Tag] = field(default_factory=dict[int, Tag])
    senders: dict[int, Sender] = field(default_factory=dict[int, Sender])
    campaigns: dict[str, Campaign] = field(default_factory=dict[str, Campaign])
    operations: dict[int, Operation] = field(default_factory=dict[int, Operation])
    suppressions: dict[int, Suppression] = field(default_factory=dict[int, Suppression])
    reports: dict[int, AdvancedReport] = field(default_factory=dict[int, AdvancedReport])
    automations: dict[int, Automation] = field(default_factory=dict[int, Automation])
    webhooks: dict[int, JsonObject] = field(default_factory=dict[int, JsonObject])
    counters: Counter[str] = field(default_factory=Counter[str])

    def next_id(self, kind: str) -> int:
        """The next number of a kind of thing."""
        self.counters[kind] += 1
        return self.counters[kind]

    def contact_list(self, list_id: int) -> ContactList:
        """The list of an id; 404 when there is none."""
        found = self.lists.get(list_id)
        if found is None:
            raise not_found("list")
        return found

    def tag(self, tag_id: int) -> Tag:
        """The tag of an id; 404 when there is none."""
        found = self.tags.get(tag_id)
        if found is None:
            raise not_found("tag")
        return found

    def campaign(self, campaign_hash: str, channel: Channel | None = None) -> Campaign:
        """The campaign of a hash, of a channel where one is given; 404 when there is none."""
        found = self.campaigns.get(campaign_hash)
        if found is None or channel not in {None, found.channel}:
            raise not_found("campaign")
        return found

    def suppressed(self, kind: Literal["email", "cellphone", "phone"], address: str) -> bool:
        """Whether the suppression list keeps an address from being reached."""
        wanted: set[tuple[str, str]] = {(kind, address.casefold())}
        if kind == "email":
            user, _, domain = address.casefold().rpartition("@")
            wanted |= {("email_domain", domain), ("email_user", user)}
        return any((entry.type, entry.value.casefold()) in wanted for entry in self.suppressions.values())


def derived_id(seed: int, kind: str, number: int, digits: int) -> str:
    """An id of hex digits that the seed, the kind and the number alone determine."""
    return hashlib.sha256(f"{seed}:{kind}:{number}".encode()).hexdigest()[:digits]
