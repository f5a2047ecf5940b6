"""What E-goi's contact operations take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from egoi_mcp.sandbox.validation import (
    Body,
    ContactId,
    Date,
    DateTime,
    Email,
    Filled,
    Identifier,
    Paging,
    Phone,
    Query,
)

Language = Literal["en", "pt", "br", "es", "de", "hu", "fr"]
OnOff = Literal["active", "inactive"]
Consent = Literal[
    "any",
    "consent",
    "contract",
    "legitimate_interest",
    "none",
    "protect_vital_interests",
    "public_interests",
    "required_by_law",
    "withdrawn",
]
UnsubscriptionMethod = Literal["manual", "form", "unsubscribe_link", "bounce", "api"]
UnsubscriptionReason = Literal["not_interested", "lack_of_time", "email_address_change", "spam", "other"]
ContactIds = Annotated[list[ContactId], Field(min_length=1)]


class PushToken(Body):
    """A device of a contact."""

    app_id: str
    token: str


class ExtraValue(Body):
    """A value of an extra field; `format`, which is read-only, must be the field's where it is sent."""

    field_id: Identifier
    format: Literal["date", "text", "cellphone", "phone", "number", "email", "options"] | None = None
    value: str | list[int]
    status: OnOff | None = None


class NewBase(Body):
    """The base fields of a new contact."""

    contact_id: ContactId | None = None
    status: Literal["active", "inactive", "removed", "unconfirmed"] = "active"
    first_name: str | None = None
    last_name: str | None = None
    birth_date: Date | None = None
    language: Language | None = None
    email: Email | None = None
    cellphone: Phone | None = None
    phone: Phone | None = None
    push_token_android: list[PushToken] | None = None
    push_token_ios: list[PushToken] | None = None


class ChangedBase(Body):
    """The base fields of one changed contact; removing goes through unsubscribe alone."""

    contact_id: ContactId | None = None
    status: Literal["active", "inactive", "unconfirmed"] | None = None
    consent: Consent | None = None
    first_name: str | None = None
    last_name: str | None = None
    birth_date: Date | None = None
    language: Language | None = None
    email: Email | None = None
    email_status: OnOff | None = None
    cellphone: Phone | None = None
    cellphone_status: OnOff | None = None
    phone: Phone | None = None
    phone_status: OnOff | None = None
    push_token_android: list[PushToken] | None = None
    push_token_ios: list[PushToken] | None = None


class Referrer(Body):
    """Where a contact came from."""

    referrer: str | None = None


class Utm(Body):
    """The campaign parameters of a contact's first visit."""

    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_content: str | None = None
    utm_term: str | None = None


class Advertising(Body):
    """Click ids of advertisements."""

    gclid: str | None = None
    msclkid: str | None = None
    fbclid: str | None = None


class NewContact(Body):
    """Body of createContact."""

    base: NewBase
    extra: list[ExtraValue] = Field(default_factory=list[ExtraValue])
    advertising: Advertising | None = None
    referrer: Referrer | None = None
    utm: Utm | None = None


class ChangedContact(Body):
    """Body of patchContact."""

    base: ChangedBase = ChangedBase()
    extra: list[ExtraValue] = Field(default_factory=list[ExtraValue])


class ComparedField(Body):
    """The field, and the value of it, by which a contact is found."""

    field_id: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]+$")]
    value: Filled


class ChangedByField(ChangedContact):
    """Body of updateContactByField."""

    compare_field: ComparedField


class TagChange(Body):
    """Body of attach-tag and detach-tag: by contacts, by segment, or by the values of a field."""

    tag_id: Identifier
    contacts: list[Filled] | None = None
    segment_id: Filled | None = None
    field_id: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]+$")] | None = None

    @model_validator(mode="after")
    def _one_variant(self) -> TagChange:
        if (self.segment_id is None) == (not self.contacts):
            raise ValueError("give either contacts or segment_id")
        if self.field_id is not None and self.segment_id is not None:
            raise ValueError("field_id goes with contacts")
        return self


class Chosen(Body):
    """Body of activate and deactivate."""

    type: Literal["all", "contacts"]
    contacts: ContactIds | None = None

    @model_validator(mode="after")
    def _contacts_when_asked(self) -> Chosen:
        if (self.type == "contacts") != (self.contacts is not None):
            raise ValueError("contacts goes with type contacts, and only with it")
        return self


class Forgotten(Body):
    """Body of forget."""

    contacts: Annotated[list[ContactId], Field(min_length=1, max_length=1000)]


class Unsubscription(Body):
    """One contact to unsubscribe; a wrong value is reported for this contact, not as a refusal of all."""

    contact_id: str
    unsubscription_method: str = "api"
    unsubscription_reason: str = "other"
    unsubscription_observation: str = ""


class Unsubscriptions(Body):
    """Body of unsubscribe."""

    data: Annotated[list[Unsubscription], Field(min_length=1)]


class BulkBase(Body):
    """The base fields that a bulk update sets to the same value; unique ones conflict."""

    contact_id: ContactId | None = None
    status: Literal["active", "inactive", "removed", "unconfirmed"] | None = None
    consent: Consent | None = None
    first_name: str | None = None
    last_name: str | None = None
    birth_date: Date | None = None
    language: Language | None = None
    email: Email | None = None
    email_status: OnOff | None = None
    cellphone: Phone | None = None
    cellphone_status: OnOff | None = None
    phone: Phone | None = None
    phone_status: OnOff | None = None


class BulkUpdate(Body):
    """Body of update: the same values for contacts, a segment or all."""

    type: Literal["contacts", "segment", "all"]
    contacts: ContactIds | None = None
    segment_id: Filled | None = None
    base: BulkBase = BulkBase()
    extra: list[ExtraValue] = Field(default_factory=list[ExtraValue])

    @model_validator(mode="after")
    def _fits_its_type(self) -> BulkUpdate:
        given = {"contacts": self.contacts is not None, "segment": self.segment_id is not None}
        if any(present != (self.type == name) for name, present in given.items()):
            raise ValueError("contacts goes with type contacts, segment_id with type segment")
        return self


class ImportedBase(BulkBase):
    """The base fields of an imported contact."""

    consent_date: DateTime | None = None
    subscription_method: Literal["manual", "form", "imported", "referral", "api"] | None = None
    subscription_date: DateTime | None = None
    subscription_form: int | None = None
    unsubscription_method: str | None = None
    unsubscription_reason: str | None = None
    unsubscription_observation: str | None = None
    unsubscription_date: DateTime | None = None
    change_date: Date | None = None
    push_token_android: list[PushToken] | None = None
    push_token_ios: list[PushToken] | None = None


class Imported(Body):
    """One contact of an import."""

    base: ImportedBase = ImportedBase()
    extra: list[ExtraValue] = Field(default_factory=list[ExtraValue])
    tags: list[Identifier] = Field(default_factory=list[Identifier])
    referrer: Referrer | None = None
    utm: Utm | None = None


class ColumnMapping(Body):
    """Which column fills which field."""

    field_id: Filled
    column_name: Filled


class ImportFile(Body):
    """A file that the vendor fetches."""

    url: Filled
    field_mapping: Annotated[list[ColumnMapping], Field(min_length=1)]
    delimiter: str | None = None
    separator: str | None = None


class ImportBulk(Body):
    """Body of import-bulk."""

    mode: Literal["add", "update", "update_only"]
    compare_field: Filled
    contacts: Annotated[list[Imported], Field(min_length=2)] | None = None
    file: ImportFile | None = None
    force_empty: bool = False
    notify: list[int] | None = None
    callback_url: Filled | None = None

    @model_validator(mode="after")
    def _contacts_or_file(self) -> ImportBulk:
        if (self.contacts is None) == (self.file is None):
            raise ValueError("give either contacts or file")
        return self


class Export(Body):
    """Body of export."""

    format: Literal["csv", "xml"]
    callback_url: Filled | None = None
    segments: list[Filled] = Field(default_factory=list[Filled])
    fields: list[Filled] = Field(default_factory=list[Filled])


class AutomationStart(Body):
    """Body of start-automation."""

    automation_id: Identifier
    action_id: Identifier
    contacts: ContactIds


class ContactsQuery(Paging):
    """Filters of a list's contacts; texts are compared whole and without regard to case."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    email_status: bool | None = None
    cellphone: str | None = None
    cellphone_status: bool | None = None
    phone: str | None = None
    phone_status: bool | None = None
    birth_date: Date | None = None
    language: Literal["pt", "en", "es", "br", "fr", "de"] | None = None


class SearchQuery(Query):
    """Search over all lists."""

    type: Literal["email", "cellphone", "phone"] = "email"
    contact: Filled


class SegmentContactsQuery(Paging):
    """Contacts of a segment."""

    show_removed: bool = False


class ActivitiesQuery(Paging):
    """Filters of a contact's activities."""

    date_min: DateTime | None = None
    date_max: DateTime | None = None
    action_name: str | None = None
