"""The vendors' contacts, read into the one shape that the model sees."""

from __future__ import annotations

from collections.abc import Mapping

from egoi_mcp.models.contacts import ContactSummary, full_name
from egoi_mcp.models.vendor_json import Json, flag, mapping, objects, text, texts
from egoi_mcp.pii import show_email, show_name, show_phone
from egoi_mcp.tools.contact_members import Wanted, e164, international, moment, plain_time, reference
from egoi_mcp.tools.paging import members_that_fit

_MOST_TAGS = 50
_STATUSES: Mapping[str, str] = {"removed": "unsubscribed"}
"""E-goi's words where they are not everybody's."""


def egoi_summary(row: Json, list_id: int | None, wanted: Wanted, *, contact_id: str = "") -> ContactSummary:
    """An E-goi contact; `contact_id` serves where the reply does not repeat it.

    Source: E-goi v3, `getContact`, `getAllContacts`, `getAllContactsBySegment`.
    """
    base, pii = mapping(row.get("base")), wanted.pii
    status = text(base, "status")
    return ContactSummary(
        contact_id=text(base, "contact_id") or contact_id,
        provider="egoi",
        list_id=list_id,
        name=show_name(full_name([text(base, "first_name"), text(base, "last_name")]), pii),
        email=show_email(text(base, "email"), pii),
        phone=show_phone(e164(text(base, "cellphone", "phone")), pii),
        status=_STATUSES.get(status or "", status),
        consent=text(base, "consent"),
        tags=texts(row, "tags")[:_MOST_TAGS] or None,
        created_at=plain_time(text(base, "subscription_date")),
        updated_at=plain_time(text(base, "change_date")),
        fields=_that_fit(wanted.of("egoi", row)),
    )


def txtsync_summary(row: Json, wanted: Wanted) -> ContactSummary:
    """A TxtSync contact; `contact_id` is what TxtSync numbers it by.

    Source: TxtSync connector, `SearchContact`, `GetContactByExternalReference`.
    """
    allows, pii = flag(row, "AllowSMS"), wanted.pii
    name = text(row, "FullName") or full_name([text(row, "FirstName"), text(row, "LastName")])
    return ContactSummary(
        contact_id=text(row, "ContactID") or "-",
        provider="txtsync",
        external_reference=reference(text(row, "ExternalReference"), pii),
        name=show_name(name, pii),
        email=show_email(text(row, "EmailAddress"), pii),
        phone=show_phone(international(text(row, "MobileNumber")), pii),
        status=None if allows is None else ("active" if allows else "unsubscribed"),
        consent=None if allows is None else ("allows SMS" if allows else "refuses SMS"),
        fields=_that_fit(wanted.of("txtsync", row)),
    )


def intercom_summary(row: Json, wanted: Wanted) -> ContactSummary:
    """An Intercom contact, user or lead.

    Source: Intercom, `ShowContact`, `SearchContacts`, `ListContacts`.
    """
    pii, refuses = wanted.pii, flag(row, "unsubscribed_from_emails")
    tags = tuple(found for each in objects(row.get("tags"), "data") if (found := text(each, "id")))
    return ContactSummary(
        contact_id=text(row, "id") or "-",
        provider="intercom",
        external_reference=reference(text(row, "external_id"), pii),
        role=text(row, "role"),
        name=show_name(text(row, "name"), pii),
        email=show_email(text(row, "email"), pii),
        phone=show_phone(e164(text(row, "phone")), pii),
        status=_intercom_status(row),
        consent=None if refuses is None else ("refuses e-mail" if refuses else "allows e-mail"),
        tags=tags[:_MOST_TAGS] or None,
        created_at=moment(text(row, "created_at")),
        updated_at=moment(text(row, "updated_at")),
        fields=_that_fit(wanted.of("intercom", row)),
    )


def _intercom_status(row: Json) -> str | None:
    """The gravest of what keeps e-mail away from somebody; Intercom has no word for it."""
    if flag(row, "unsubscribed_from_emails"):
        return "unsubscribed"
    if flag(row, "marked_email_as_spam"):
        return "complained"
    if flag(row, "has_hard_bounced"):
        return "bounced"
    return None if flag(row, "unsubscribed_from_emails") is None else "active"


def _that_fit(members: dict[str, str] | None) -> dict[str, str] | None:
    """As many as one answer holds, and how many are left out."""
    if members is None:
        return None
    shown, left_out = members_that_fit(members)
    return shown if not left_out else {**shown, "left out": f"{left_out} more members"}


def same_person_keys(row: Json, provider: str) -> frozenset[str]:
    """What tells that rows are the same person: the e-mail address and the numbers, as they are compared.

    Worked out of the vendor's row and never shown, so a mask does not make strangers alike.
    """
    held = mapping(row.get("base")) if provider == "egoi" else row
    emails = [text(held, name) for name in ("email", "EmailAddress")]
    phones = [text(held, "cellphone"), text(held, "phone"), international(text(held, "MobileNumber"))]
    return frozenset(key for each in (*emails, *phones) if (key := person_key(each)))


def person_key(value: str | None) -> str | None:
    """An address or a number as it is compared; None for what is neither."""
    if value is None:
        return None
    number = e164(value) or ""
    if "@" in value:
        return value.strip().casefold()
    return number if number.startswith("+") else None
