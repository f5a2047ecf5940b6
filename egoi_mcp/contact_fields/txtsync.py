"""A TxtSync contact: PascalCase members, phones in E.164, tags as one comma-separated text."""

from __future__ import annotations

from collections.abc import Mapping

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.contact_fields import values as v
from egoi_mcp.contact_fields.values import ContactBody, Deed, Wrong

_TEXTS: Mapping[str, str] = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "company_name": "CompanyName",
    "external_reference": "ExternalReference",
    "address_line1": "AddressLine1",
    "address_line2": "AddressLine2",
    "city": "City",
    "postcode": "Postcode",
    "county": "County",
    "country": "Country",
    **{f"custom0{number}": f"Custom0{number}" for number in range(1, 6)},
}
MEMBERS: Mapping[str, str] = {
    "mobile_number": "MobileNumber",
    "email_address": "EmailAddress",
    **_TEXTS,
    "allow_sms": "AllowSMS",
    "tag_names": "TagNames",
}
"""What can be written, by the name that callers use."""
_ALSO_CALLED = {
    "phone": "mobile_number",
    "cellphone": "mobile_number",
    "mobile": "mobile_number",
    "email": "email_address",
    "company": "company_name",
    "tags": "tag_names",
}
_FOLDED = {name.replace("_", ""): name for name in MEMBERS} | _ALSO_CALLED


def txtsync_contact(
    given: Mapping[str, JsonValue], *, deed: Deed = "create", region: str | None = None
) -> ContactBody:
    """The body of a contact. Names are the connector's in any case and spelling, `phone`, `email`,
    `company` and `tags`.

    Source: TxtSync connector, `AddContact`, `UpdateContact`, `UpdateContactByExternalReference`.
    """
    body: dict[str, JsonValue] = {}
    problems: list[str] = []
    for name, value in given.items():
        member = _FOLDED.get(v.plain(name).replace("_", ""))
        if member is None:
            problems.append(v.unknown(name, MEMBERS, "TxtSync"))
            continue
        try:
            if MEMBERS[member] in body:
                raise Wrong("is given twice")
            body[MEMBERS[member]] = _value(member, value, deed, region)
        except Wrong as wrong:
            problems.append(f"{v.shown(name)}: {wrong}.")
    return ContactBody(body=body, problems=tuple(problems))


def _value(member: str, value: JsonValue, deed: Deed, region: str | None) -> JsonValue:
    match member:
        case "mobile_number":
            return v.e164_phone(region)(value)
        case "email_address":
            return "" if value == "" and deed == "update" else v.email(value)
        case "tag_names":
            return v.tag_names(value)
        case "allow_sms":
            if deed == "create":
                raise Wrong("goes with update_contact; a new contact allows SMS")
            return v.yes_or_no(value)
        case _:
            return v.text(value, erases=deed == "update")
