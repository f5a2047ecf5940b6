"""An E-goi contact: base fields, the list's extra fields, and where the contact came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.contact_fields import values as v
from egoi_mcp.contact_fields.list_fields import ListField, ListFields, options_of
from egoi_mcp.contact_fields.values import Check, ContactBody, Deed, Wrong

LANGUAGES = ("en", "pt", "br", "es", "de", "hu", "fr")
CONSENTS = (
    "any",
    "consent",
    "contract",
    "legitimate_interest",
    "none",
    "protect_vital_interests",
    "public_interests",
    "required_by_law",
    "withdrawn",
)
_ON_OFF = v.one_of("active", "inactive")
_STATUS = v.one_of("active", "inactive", "unconfirmed")
_ANY_STATUS = v.one_of("active", "inactive", "unconfirmed", "removed")
_NEW: frozenset[Deed] = frozenset({"create", "import"})
_CHANGED: frozenset[Deed] = frozenset({"update", "bulk"})
_ALL: frozenset[Deed] = _NEW | _CHANGED
_ONE: frozenset[Deed] = _ALL - {"bulk"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """Where a member stands in the body, which deeds take it, and what it takes.

    `check` is None where the value is a phone number, `erases` says that an empty text is a value.
    """

    deeds: frozenset[Deed]
    check: Check | None
    part: str = "base"
    erases: bool = False


_MEMBERS: Mapping[str, _Member] = {
    "status": _Member(deeds=_ALL, check=_STATUS),
    "consent": _Member(deeds=_CHANGED, check=v.one_of(*CONSENTS)),
    "first_name": _Member(deeds=_ALL, check=v.short, erases=True),
    "last_name": _Member(deeds=_ALL, check=v.short, erases=True),
    "birth_date": _Member(deeds=_ALL, check=v.day),
    "language": _Member(deeds=_ALL, check=v.one_of(*LANGUAGES)),
    "email": _Member(deeds=_ONE, check=v.email),
    "email_status": _Member(deeds=_CHANGED, check=_ON_OFF),
    "cellphone": _Member(deeds=_ONE, check=None),
    "cellphone_status": _Member(deeds=_CHANGED, check=_ON_OFF),
    "phone": _Member(deeds=_ALL, check=None),
    "phone_status": _Member(deeds=_CHANGED, check=_ON_OFF),
    "push_token_android": _Member(deeds=_ONE, check=v.push_tokens),
    "push_token_ios": _Member(deeds=_ONE, check=v.push_tokens),
    **{
        f"utm_{name}": _Member(deeds=_NEW, check=v.text, part="utm")
        for name in ("source", "medium", "campaign", "content", "term")
    },
    "referrer": _Member(deeds=_NEW, check=v.text, part="referrer"),
    **{
        name: _Member(deeds=frozenset({"create"}), check=v.text, part="advertising")
        for name in ("gclid", "msclkid", "fbclid")
    },
}
_ALSO_CALLED = {
    "mobile": "cellphone",
    "mobile_status": "cellphone_status",
    "landline": "phone",
    "landline_status": "phone_status",
}
_WITH_STATUS = frozenset({"email", "phone", "cellphone"})
_STATUS_OF = "_status"
_NOT_THERE: Mapping[Deed, str] = {
    "create": "goes with update_contact, once the contact is there",
    "update": "is told when a contact is created, and not changed afterwards",
    "bulk": "belongs to one contact, and cannot be the same for many",
    "import": "is not taken by an import; update_contact sets it",
}
_FORMATS: Mapping[str, Check] = {
    "date": v.day,
    "text": v.text,
    "number": v.number,
    "email": v.email,
}

Place = tuple[str, str]
"""Which member is meant: a base member (`base`, its name) or an extra field (`extra_12`, value or status)."""


def egoi_contact(
    given: Mapping[str, JsonValue],
    fields: Sequence[ListField] = (),
    *,
    deed: Deed = "create",
    region: str | None = None,
) -> ContactBody:
    """The body of a contact: `base`, `extra`, and where given `utm`, `referrer` and `advertising`.

    Names are E-goi's (`cellphone` is the mobile number, `phone` the landline) in any case, `mobile` and
    `landline`, and extra fields by id (`extra_12`, `12`) or name, with `_status` added for the state of an
    e-mail or phone field. For many contacts, make `fields` a `ListFields` once. Phones without a country
    are read as `region`'s.

    Source: E-goi v3, `createContact`, `patchContact`, `updateContactByField`, `actionUpdateContacts`,
    `actionImportBulk`.
    """
    known = fields if isinstance(fields, ListFields) else ListFields(fields)
    parts: dict[str, dict[str, JsonValue]] = {}
    extra: dict[int, dict[str, JsonValue]] = {}
    problems: list[str] = []
    seen: set[Place] = set()
    for name, value in given.items():
        try:
            place, field = _place(name, known)
            if place in seen:
                raise Wrong("is given twice")
            seen.add(place)
            if field is None:
                member = _MEMBERS[place[1]]
                if deed not in member.deeds:
                    raise Wrong(_NOT_THERE[deed])
                parts.setdefault(member.part, {})[place[1]] = _base(place[1], member, value, deed, region)
            else:
                entry = extra.setdefault(field.number, {"field_id": field.number})
                entry[place[1]] = _extra(field, place[1], value, deed, region)
        except _Unknown:
            problems.append(v.unknown(name, (*_MEMBERS, *known.names), "E-goi"))
        except Wrong as wrong:
            problems.append(f"{v.shown(name)}: {wrong}.")
    for number, entry in extra.items():
        if "status" in entry and (f"extra_{number}", "value") not in seen:
            problems.append(f"extra_{number}_status: goes with the field's value.")
    body: dict[str, JsonValue] = {**parts}
    if whole := [entry for entry in extra.values() if "value" in entry]:
        body["extra"] = [*whole]
    return ContactBody(body=body, problems=tuple(problems))


def is_base(name: str) -> bool:
    """Whether a name means a member that every list has, so that no field of the list is asked for."""
    said = v.plain(name)
    return _ALSO_CALLED.get(said, said) in _MEMBERS


class _Unknown(Exception):
    """A name that means nothing."""


def _place(name: str, fields: ListFields) -> tuple[Place, ListField | None]:
    said = v.plain(name)
    base = _ALSO_CALLED.get(said, said)
    if base in _MEMBERS:
        return ("base", base), None
    if (field := fields.find(name)) is not None:
        return (field.field_id, "value"), field
    if said.endswith(_STATUS_OF) and (field := fields.find(said.removesuffix(_STATUS_OF))) is not None:
        return (field.field_id, "status"), field
    raise _Unknown


def _base(name: str, member: _Member, value: JsonValue, deed: Deed, region: str | None) -> JsonValue:
    check = member.check
    if name == "status":
        if value == "removed" and deed != "import":
            raise Wrong("removing somebody is what unsubscribe_contacts does")
        check = _ANY_STATUS if deed == "import" else check
    if member.erases and deed in _CHANGED:
        return v.short(value, erases=True)
    return (check or v.egoi_phone(region))(value)


def _extra(field: ListField, part: str, value: JsonValue, deed: Deed, region: str | None) -> JsonValue:
    if deed == "bulk" and field.unique:
        raise Wrong(_NOT_THERE["bulk"])
    if part == "status":
        if field.format not in _WITH_STATUS:
            raise Wrong(f"a field of the format {field.format} has no state")
        return _ON_OFF(value)
    if field.format == "options":
        return options_of(field, value)
    if field.format in {"phone", "cellphone"}:
        return v.egoi_phone(region)(value)
    if field.format == "text" and deed in _CHANGED:
        return partial(v.text, erases=True)(value)
    return _FORMATS.get(field.format, v.text)(value)
