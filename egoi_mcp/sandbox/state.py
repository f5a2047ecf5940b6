"""Everything the sandbox knows: one account at each vendor, as plain mutable records."""

from __future__ import annotations

from dataclasses import dataclass, field

from egoi_mcp.sandbox.egoi.state import EgoiAccount
from egoi_mcp.sandbox.wire import JsonValue


@dataclass(slots=True, kw_only=True)
class TransactionalSender:
    """A sender of the transactional API; `status` is confirmed, pending or rejected."""

    id: str
    name: str
    phone_number: str
    status: str


@dataclass(slots=True, kw_only=True)
class TransactionalMessage:
    """A transactional SMS with its state."""

    id: int
    to: str
    sender_id: str
    text: str
    group: str
    status: str
    created: float
    parts: int
    registered: bool = False


@dataclass(slots=True, kw_only=True)
class Transactional:
    """The transactional side of the E-goi account."""

    senders: dict[str, TransactionalSender]
    messages: dict[int, TransactionalMessage]
    groups: list[str]


@dataclass(slots=True, kw_only=True)
class TxtSyncContact:
    """A TxtSync contact; `fields` holds the writable members as they are named on the wire."""

    id: int
    fields: dict[str, str | None]
    tags: list[str]
    allow_sms: bool
    outbound: int = 0


@dataclass(slots=True, kw_only=True)
class TxtSyncScheduled:
    """A TxtSync SMS that waits for its time."""

    sms_id: int
    sender: str
    to: str
    text: str
    due: float


@dataclass(slots=True, kw_only=True)
class TxtSyncAccount:
    """The TxtSync account."""

    contacts: dict[int, TxtSyncContact]
    tags: list[str]
    scheduled: list[TxtSyncScheduled] = field(default_factory=list[TxtSyncScheduled])
    webhooks: dict[int, str] = field(default_factory=dict[int, str])
    last_contact_id: int = 9000
    last_sms_id: int = 50_000


@dataclass(slots=True, kw_only=True)
class IntercomContact:
    """An Intercom contact; `fields` holds the members of the wire that a caller can set."""

    id: str
    role: str
    fields: dict[str, JsonValue]
    created_at: int
    updated_at: int
    tags: list[str] = field(default_factory=list[str])
    companies: list[str] = field(default_factory=list[str])
    archived: bool = False
    blocked: bool = False


@dataclass(slots=True, kw_only=True)
class IntercomCompany:
    """A company of the Intercom workspace; `fields` holds the members that a caller can set."""

    id: str
    fields: dict[str, JsonValue]
    created_at: int
    updated_at: int


@dataclass(slots=True, kw_only=True)
class IntercomWorkspace:
    """The Intercom workspace; `tags` maps ids to names."""

    id_code: str
    name: str
    admin_id: str
    contacts: dict[str, IntercomContact]
    tags: dict[str, str]
    companies: dict[str, IntercomCompany] = field(default_factory=dict[str, IntercomCompany])
    last_message_id: int = 400_000
    last_tag_id: int = 9100


@dataclass(slots=True, kw_only=True)
class World:
    """All accounts."""

    seed: int
    egoi: EgoiAccount
    transactional: Transactional
    txtsync: TxtSyncAccount
    intercom: IntercomWorkspace
