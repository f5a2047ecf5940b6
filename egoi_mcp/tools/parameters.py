"""The parameter types that several tools share; each says which tool yields its value.

Every word here is read by a model with every list of tools, so descriptions are a few words long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue

Provider = Literal["egoi", "txtsync", "intercom"]
SmsProvider = Literal["egoi", "txtsync"]
TagProvider = Literal["egoi", "intercom"]

ListId = Annotated[int, Field(ge=1, description="From list_audiences")]
ListRef = Annotated[
    str, Field(min_length=1, max_length=255, description="List id or name, from list_audiences")
]
SegmentId = Annotated[
    str, Field(min_length=1, max_length=64, description="From list_audiences, kind segments")
]
TagRef = Annotated[
    str,
    Field(min_length=1, max_length=255, description="Tag id or exact name, from list_audiences, kind tags"),
]
AudienceName = Annotated[str, Field(min_length=1, max_length=255, description="New name")]
FieldRef = Annotated[
    str, Field(min_length=1, max_length=255, description="Field id or name, from list_audiences, kind fields")
]
FieldValues = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=255)]],
    Field(min_length=1, max_length=1000, description="With field"),
]
ContactId = Annotated[
    str, Field(min_length=1, max_length=100, description="From search_contacts or create_contact")
]
ContactIds = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]],
    Field(min_length=1, max_length=1000, description="From search_contacts or create_contact"),
]
ExternalReferences = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]],
    Field(min_length=1, max_length=50, description="TxtSync: your own ids, from search_contacts"),
]
ContactQuery = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        description="E-mail address, phone number, or a name where that can be searched",
    ),
]
PersonName = Annotated[str, Field(min_length=1, max_length=255)]
Email = Annotated[
    str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254, description="One e-mail address")
]
# No pattern: what is no number is told apart number by number, with the reason.
Phone = Annotated[
    str, Field(max_length=40, description="Phone number with its country code, such as +351900000001")
]
Phones = Annotated[
    list[Annotated[str, Field(max_length=40)]],
    Field(min_length=1, max_length=1000, description="Phone numbers with country code, as +351900000001"),
]

ContactFields = Annotated[
    dict[str, JsonValue],
    Field(
        description=(
            "Further members by the vendor's names: language, consent, utm_source, an extra field's id or "
            "name (E-goi); city, allow_sms (TxtSync); avatar, custom_attributes (Intercom)"
        ),
    ),
]
Company = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="TxtSync; Intercom: its name or id, made if there is none, and attached",
    ),
]
TagNames = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]],
    Field(min_length=1, max_length=20, description="TxtSync: tag names; new ones are made"),
]
LegalBasis = Annotated[
    Literal["consent", "contract", "legitimate_interest"],
    Field(description="Why they may be contacted, where they then may"),
]
BasisSource = Annotated[
    str,
    Field(min_length=1, max_length=200, description="Where that comes from, not who"),
]

SenderRef = Annotated[
    str, Field(min_length=1, max_length=64, description="Sender id or name, from get_account")
]
MessageText = Annotated[
    str, Field(min_length=1, max_length=2000, description="Exact text that people receive")
]
ReplyTo = Annotated[
    str,
    Field(min_length=1, max_length=100, description="email: the sender that answers go to; else sender"),
]
CampaignTitle = Annotated[
    str, Field(min_length=1, max_length=255, description="Internal name; not shown to people")
]
CampaignHash = Annotated[
    str,
    Field(pattern="^[A-Za-z0-9_-]{1,100}$", description="From list_campaigns or create_campaign"),
]
Purpose = Annotated[
    Literal["transactional", "promotional"],
    Field(description="transactional: this person asked for it or needs it; everything else is promotional"),
]
When = Annotated[
    str,
    Field(
        pattern=r"^(now|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)$",
        description="now, or a time such as 2026-03-01T09:30, in the account's zone unless an offset follows",
    ),
]
PreviewOnly = Annotated[bool, Field(description="Only show what would happen")]
ActionId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{4,64}$", description="From the tool that proposed the action")
]

Approval = Annotated[str, Field(description="action_id of the first call, once agreed")]

Limit = Annotated[int, Field(ge=1, le=100, description="Rows to show")]
Cursor = Annotated[str, Field(min_length=1, max_length=2000, description="next_cursor of the page before")]
Detail = Annotated[
    Literal["summary", "full"], Field(description="full: with every member that the vendor has")
]
Fields = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    Field(min_length=1, max_length=30, description="Only these members, by the vendor's names"),
]

DEFAULT_LIMIT = 25

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "schedule_date": ("when",),
    "scheduled_date": ("when",),
    "scheduled_at": ("when",),
    "schedule": ("when",),
    "send_at": ("when",),
    "date": ("when",),
    "message": ("text",),
    "body": ("text",),
    "content": ("text",),
    "from": ("sender",),
    "sender_id": ("sender",),
    "recipients": ("to", "audience", "contact_ids"),
    "phone": ("to", "query", "fields"),
    "language": ("fields",),
    "birth_date": ("fields",),
    "custom_attributes": ("fields",),
    "extra": ("fields",),
    "extra_fields": ("fields",),
    "custom_fields": ("fields",),
    "compare_field": ("match",),
    "consent": ("fields",),
    "external_id": ("external_reference",),
    "phones": ("to",),
    "number": ("to", "phone", "query"),
    "cellphone": ("phone", "to", "query"),
    "contacts": ("contact_ids", "to", "rows"),
    "contact": ("contact_id", "contact_ids", "query"),
    "contact_ids": ("to", "contact_id"),
    "id": ("contact_id", "campaign", "action_id"),
    "action": ("action_id",),
    "search": ("query",),
    "name": ("query", "title", "first_name", "fields"),
    "tag_id": ("tag",),
    "tag_name": ("tag",),
    "list": ("list_id",),
    "segments": ("segment_ids", "audience"),
    "segment": ("segment_ids", "audience"),
    "segment_id": ("segment_ids", "segment"),
    "field_id": ("field",),
    "segment_name": ("segment",),
    "filter": ("filters",),
    "email": ("query",),
    "external_reference": ("contact_id", "query"),
    "members": ("fields",),
    "campaign_hash": ("campaign",),
    "campaign_id": ("campaign",),
    "hash": ("campaign",),
    "internal_name": ("title",),
    "dry_run": ("preview_only",),
    "preview": ("preview_only",),
    "page_size": ("limit",),
    "offset": ("cursor",),
    "page": ("cursor",),
    "account": ("provider",),
    "vendor": ("provider",),
}
"""Names that callers use for a parameter by mistake, each with the right names it may stand for."""
