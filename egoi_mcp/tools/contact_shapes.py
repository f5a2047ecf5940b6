"""The vendors' contacts, read into the one shape that the model sees."""

from __future__ import annotations

from collections.abc import Mapping

from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.contacts import ContactDetail, ContactSummary, full_name
from egoi_mcp.models.vendor_json import Json, flag, mapping, objects, text, texts
from egoi_mcp.phones import parse_phone
from egoi_mcp.pii import Pii, show_email, show_name, show_phone
from egoi_mcp.tools.paging import members_that_fit

_EGOI_DETAILS = (
    "consent",
    "consent_date",
    "language",
    "birth_date",
    "email_status",
    "cellphone_status",
    "phone_status",
    "subscription_method",
    "subscription_date",
    "unsubscription_method",
    "unsubscription_reason",
    "unsubscription_date",
    "change_date",
)
_EGOI_PERSONAL = ("birth_date",)
_WHERE = ("last_open_country", "last_open_region", "last_open_city")
"""Among the counts of a channel: where a person was."""
_MOST_TAGS = 50
_FEWEST_DIGITS = 7
"""From so many digits on, and without letters, a reference may be a phone number."""
_TXTSYNC_DETAILS = (
    "CompanyName",
    "City",
    "Country",
    "LastCommunicationDate",
    "TotalInboundSMS",
    "TotalOutboundSMS",
    "TotalFailedSMS",
    "TotalLinksSent",
    "TotalDistinctLinkClicks",
    "OverallRating",
    *(f"Custom0{number}" for number in range(1, 6)),
)
_TXTSYNC_PERSONAL = (
    "CompanyName",
    "City",
    *(f"Custom0{number}" for number in range(1, 6)),
)


def egoi_summary(row: Json, list_id: int | None, pii: Pii, *, contact_id: str = "") -> ContactSummary:
    """An E-goi contact, short; `contact_id` serves where the reply does not repeat it.

    Source: E-goi v3, `getContact` and `getAllContacts`.
    """
    base = mapping(row.get("base"))
    return ContactSummary(
        contact_id=text(base, "contact_id") or contact_id,
        list_id=list_id,
        name=show_name(full_name([text(base, "first_name"), text(base, "last_name")]), pii),
        email=show_email(text(base, "email"), pii),
        phone=show_phone(e164(text(base, "cellphone", "phone")), pii),
        status=text(base, "status"),
        tags=texts(row, "tags")[:_MOST_TAGS] or None,
    )


def egoi_detail(row: Json, list_id: int, pii: Pii, *, contact_id: str) -> ContactDetail:
    """An E-goi contact with consent, dates, extra fields and counts."""
    base = mapping(row.get("base"))
    names = [name for name in _EGOI_DETAILS if pii == "full" or name not in _EGOI_PERSONAL]
    details = {name: value for name in names if (value := text(base, name)) is not None}
    landline = text(base, "phone")
    if landline and text(base, "cellphone") and (shown := show_phone(e164(landline), pii)):
        details["landline"] = shown
    if pii == "full":
        for field in objects(row.get("extra")):
            value = text(field, "value") or ", ".join(texts(field, "value"))
            if value and (name := text(field, "field_id")):
                # As list_audiences (kind fields) calls it.
                details[f"extra_{name}"] = value
    for channel in ("email", "sms", "push", "voice", "webpush"):
        counts = mapping(row.get(f"{channel}_stats"))
        said = [
            f"{name} {value}"
            for name in counts
            if (value := text(counts, name)) not in {None, "0"} and (pii == "full" or name not in _WHERE)
        ]
        if said:
            details[f"{channel} statistics"] = ", ".join(said)
    return _detail("egoi", egoi_summary(row, list_id, pii, contact_id=contact_id), details)


def txtsync_summary(row: Json, pii: Pii) -> ContactSummary:
    """A TxtSync contact, short; `contact_id` is what TxtSync numbers it by.

    Source: TxtSync connector, `SearchContact`.
    """
    allows = flag(row, "AllowSMS")
    name = text(row, "FullName") or full_name([text(row, "FirstName"), text(row, "LastName")])
    return ContactSummary(
        contact_id=text(row, "ContactID") or "-",
        external_reference=_reference(text(row, "ExternalReference"), pii),
        name=show_name(name, pii),
        email=show_email(text(row, "EmailAddress"), pii),
        phone=show_phone(e164(text(row, "MobileNumber")), pii),
        status=None if allows is None else ("allows SMS" if allows else "refuses SMS"),
    )


def txtsync_detail(row: Json, pii: Pii) -> ContactDetail:
    """A TxtSync contact with its own fields and counts."""
    names = [name for name in _TXTSYNC_DETAILS if pii == "full" or name not in _TXTSYNC_PERSONAL]
    details = {name: value for name in names if (value := text(row, name)) is not None}
    return _detail("txtsync", txtsync_summary(row, pii), details)


def _detail(provider: str, summary: ContactSummary, details: Mapping[str, str]) -> ContactDetail:
    shown, left_out = members_that_fit(details)
    note = f"{left_out} more members are left out." if left_out else None
    return ContactDetail(provider=provider, contact=summary, details=shown, note=note)


def _reference(value: str | None, pii: Pii) -> str | None:
    """The customer's own id: other tools need it, so it shows, unless it is an address or a number."""
    if value is None or pii == "full":
        return value
    digits = sum(character.isdigit() for character in value)
    letters = any(character.isalpha() for character in value)
    return None if "@" in value or (digits >= _FEWEST_DIGITS and not letters) else value


def e164(value: str | None) -> str | None:
    """A vendor's number in E.164; as it stands where it is none."""
    if value is None:
        return None
    try:
        return parse_phone(value).e164
    except InvalidInput:
        return value
