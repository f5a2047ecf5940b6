"""An Intercom contact, a user or a lead."""

from __future__ import annotations

import math
from collections.abc import Mapping

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.contact_fields import values as v
from egoi_mcp.contact_fields.values import Check, ContactBody, Deed, Wrong

MEMBERS: Mapping[str, Check | None] = {
    "role": v.one_of("user", "lead"),
    "external_id": v.short,
    "email": v.email,
    "email_verified": v.yes_or_no,
    "phone": None,
    "name": v.short,
    "avatar": v.https,
    "signed_up_at": v.seconds,
    "last_seen_at": v.seconds,
    "owner_id": v.digits,
    "unsubscribed_from_emails": v.yes_or_no,
    "custom_attributes": None,
}
"""What can be written, each with what it takes."""
_CAN_BE_EMPTIED = frozenset({"phone", "name", "avatar", "signed_up_at", "last_seen_at", "owner_id"})
_ALSO_CALLED = {
    "external_reference": "external_id",
    "cellphone": "phone",
    "mobile": "phone",
    "picture": "avatar",
    "photo": "avatar",
    "full_name": "name",
}
_NAME_PARTS = ("first_name", "last_name")
_MOST_ATTRIBUTES = 100


def intercom_contact(
    given: Mapping[str, JsonValue], *, deed: Deed = "create", region: str | None = None
) -> ContactBody:
    """The body of a contact. Times are ISO 8601 or seconds; null empties a member of a contact that exists.

    `first_name` and `last_name` make the one `name` that Intercom keeps.

    Source: Intercom 2.16, `CreateContact`, `UpdateContact`.
    """
    body: dict[str, JsonValue] = {}
    problems: list[str] = []
    parts: dict[str, str] = {}
    for name, value in given.items():
        said = v.plain(name)
        member = _ALSO_CALLED.get(said, said)
        if member not in MEMBERS and member not in _NAME_PARTS:
            problems.append(
                v.unknown(name, MEMBERS, "Intercom", ", and what you defined in custom_attributes")
            )
            continue
        try:
            if member in body or member in parts:
                raise Wrong("is given twice")
            if member in _NAME_PARTS:
                if any(_ALSO_CALLED.get(v.plain(each), v.plain(each)) == "name" for each in given):
                    raise Wrong("goes without name, of which it would be a part")
                parts[member] = v.short(value)
            else:
                body[member] = _value(member, value, deed, region)
        except Wrong as wrong:
            problems.append(f"{v.shown(name)}: {wrong}.")
    if deed == "update" and len(parts) == 1:
        problems.append(f"{next(iter(parts))}: Intercom keeps one name; give name.")
    elif whole := " ".join(parts[each].strip() for each in _NAME_PARTS if each in parts):
        body["name"] = whole
    return ContactBody(body=body, problems=tuple(problems))


def _value(member: str, value: JsonValue, deed: Deed, region: str | None) -> JsonValue:
    if value is None and deed == "update" and member in _CAN_BE_EMPTIED:
        return None
    if member == "phone":
        return v.e164_phone(region)(value)
    if member == "custom_attributes":
        return _attributes(value)
    check = MEMBERS[member]
    return check(value) if check is not None else value


def _attributes(value: JsonValue) -> JsonValue:
    """Attributes by name; which there are is the workspace's, so only their form is checked."""
    if not isinstance(value, Mapping) or not value:
        raise Wrong("must be an object of names and values")
    if len(value) > _MOST_ATTRIBUTES:
        raise Wrong(f"must have at most {_MOST_ATTRIBUTES} attributes")
    for name, each in value.items():
        if not name.strip() or not name.isprintable() or "." in name or "$" in name:
            raise Wrong("an attribute's name is not empty and holds neither . nor $")
        if isinstance(each, str):
            v.text(each, erases=True)
        elif not _is_plain(each):
            raise Wrong("an attribute is a text, a number, true, false or null")
    return dict(value)


def _is_plain(value: JsonValue) -> bool:
    finite = not isinstance(value, float) or math.isfinite(value)
    return value is None or (isinstance(value, bool | int | float) and finite)
