"""What creating and changing contacts share: arguments gathered, problems said, values shown to a person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.client import ApiClient
from egoi_mcp.contact_fields.egoi import is_base
from egoi_mcp.contact_fields.list_fields import ListField, ListFields
from egoi_mcp.contact_fields.values import ContactBody, plain
from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.vendor_json import mapping, objects
from egoi_mcp.plain_text import clean
from egoi_mcp.tools.vendor import every

_OPEN = frozenset(
    {"status", "consent", "language", "email status", "cellphone status", "landline status", "role"}
    | {"unsubscribed from emails", "allow sms", "tags"}
    | {f"utm {name}" for name in ("source", "medium", "campaign", "content", "term")}
)
"""What says nothing of who somebody is, by its label."""
_ADDRESSES = frozenset({"email", "cellphone", "phone"})
"""Labels of what a preview says in its own line: whom it is about."""
_CALLED = {
    "TagNames": "tags",
    "CompanyName": "company",
    "MobileNumber": "phone",
    "EmailAddress": "email",
    "AllowSMS": "allow sms",
}
_LANDLINE = {"phone": "landline", "phone_status": "landline status"}
"""What E-goi calls phone."""
_ATTRIBUTES = "custom_attributes"
_MOST_VALUE, _MOST_PROBLEMS, _MOST_FIELDS = 200, 10, 100

Values = dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Values for a preview: those that say nothing of who somebody is, and the personal ones."""

    facts: dict[str, str] = field(default_factory=dict[str, str])
    personal: dict[str, str] = field(default_factory=dict[str, str])


# -- arguments -----------------------------------------------------------------------------------


def gathered(
    fields: Mapping[str, JsonValue] | None, named: Mapping[str, JsonValue], *, nothing: str
) -> Values:
    """The parameters that were given, and what stands in `fields`.

    Raises:
        InvalidInput: `fields` repeats one of them; `nothing` says what was not done.
    """
    values: Values = {name: value for name, value in named.items() if value is not None}
    if fields is not None and len(fields) > _MOST_FIELDS:
        raise InvalidInput(f"fields: at most {_MOST_FIELDS} at once. {nothing}")
    for name, value in (fields or {}).items():
        if plain(name) in values:
            raise InvalidInput(f"fields: {plain(name)} is given twice. {nothing}")
        values[name] = value
    return values


def refuse_landline(fields: Mapping[str, JsonValue] | None, *, nothing: str) -> None:
    """Refuse `phone` among E-goi's further members: it is the landline there, and read as the mobile number.

    Raises:
        InvalidInput: it stands there.
    """
    if any(plain(name) == "phone" for name in fields or ()):
        raise InvalidInput(f"fields: say cellphone or landline instead of phone. {nothing}")


def refuse_given(vendor: str, *, nothing: str, instead: str = "Leave it out.", **given: object) -> None:
    """Refuse parameters that a vendor has no use for.

    Raises:
        InvalidInput: one was given.
    """
    for name, value in given.items():
        if value is not None:
            raise InvalidInput(f"{name}: {vendor} takes no such thing here. {instead} {nothing}")


def checked(contact: ContactBody, *, nothing: str) -> Values:
    """The body of a contact without problems.

    Raises:
        InvalidInput: it has some; all of them are said.
    """
    if contact.problems:
        more = len(contact.problems) - _MOST_PROBLEMS
        said = " ".join(contact.problems[:_MOST_PROBLEMS]) + (f" And {more} more." if more > 0 else "")
        raise InvalidInput(f"{said} {nothing}")
    return contact.body


async def fields_of(client: ApiClient, list_id: int, names: Sequence[str]) -> ListFields:
    """The extra fields of a list; none where every name is a base member's, so that nothing is read."""
    if all(is_base(name) for name in names):
        return ListFields()
    return ListFields.of([row async for row in every(client, "getAllFields", path={"list_id": list_id})])


# -- values --------------------------------------------------------------------------------------


def labelled(contact: Mapping[str, object], fields: Sequence[ListField] = ()) -> dict[str, object]:
    """A contact's values by what a person calls them, whatever part of a body or a reply they are in."""
    known = {each.number: each for each in fields}
    found: dict[str, object] = {}
    for part, value in contact.items():
        if part == "extra":
            for entry in objects(value):
                number = entry.get("field_id")
                label = _extra_label(known.get(number) if isinstance(number, int) else None, number)
                found[label] = entry.get("value")
                if "status" in entry:
                    found[f"{label} status"] = entry["status"]
        elif part in {"base", "utm", "referrer", "advertising"}:
            found |= {_LANDLINE.get(name) or words(name): member for name, member in mapping(value).items()}
        elif part == _ATTRIBUTES:
            found |= {f"attribute {name}": member for name, member in mapping(value).items()}
        else:
            found[words(part)] = value
    return found


def _extra_label(known: ListField | None, number: object) -> str:
    return f"{clean(known.name, 60)} (extra_{number})" if known is not None else f"extra_{number}"


def words(name: str) -> str:
    """What a preview calls a member: `birth_date` and `AddressLine1` as words."""
    return _CALLED.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z0-9])", " ", name).replace("_", " ").lower()


def shown(values: Mapping[str, object]) -> Shown:
    """Labelled values for the preview of a new contact, whose addresses stand there already."""
    said = {label: _said(value) for label, value in values.items() if label not in _ADDRESSES}
    return _split(said)


def shown_change(new: Mapping[str, object], old: Mapping[str, object] | None) -> Shown:
    """Labelled values for the preview of a change: what was and what will be; `old` is None where unknown."""
    if old is None:
        return _split({label: _said(value) for label, value in new.items()})
    return _split({label: f"{_said(old.get(label))} → {_said(value)}" for label, value in new.items()})


def _split(said: Mapping[str, str]) -> Shown:
    return Shown(
        facts={label: text for label, text in said.items() if label in _OPEN},
        personal={label: text for label, text in said.items() if label not in _OPEN},
    )


def _said(value: object) -> str:
    if value in (None, "", []):
        return "(nothing)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if (items := _items(value)) is not None:
        return clean(", ".join(items), _MOST_VALUE)
    return clean(str(value), _MOST_VALUE) or "(nothing)"


def same(old: object, new: object) -> bool:
    """Whether a value is the one that is there already; nothing is nothing, however it is written."""
    if old in (None, "", []) and new in (None, "", []):
        return True
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    before, after = _items(old), _items(new)
    if before is not None and after is not None:
        return sorted(before) == sorted(after)
    return str(old) == str(new)


def _items(value: object) -> list[str] | None:
    """The items of a list as texts; None for everything else."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return None
    return [str(each) for each in cast("Sequence[object]", value)]


def without_unchanged(body: Mapping[str, JsonValue], row: Mapping[str, object]) -> Values:
    """The body's members that are not in the vendor's row already; empty parts are left out."""
    left: Values = {}
    for part, value in body.items():
        if part == "extra":
            kept = {entry.get("field_id"): entry for entry in objects(row.get("extra"))}
            entries: list[JsonValue] = [
                entry
                for entry in (value if isinstance(value, Sequence) else ())
                if isinstance(entry, Mapping) and not _same_members(kept.get(entry["field_id"], {}), entry)
            ]
            left |= {"extra": entries} if entries else {}
        elif part in {"base", _ATTRIBUTES} and isinstance(value, Mapping):
            there = mapping(row.get(part))
            members: Values = {name: new for name, new in value.items() if not same(there.get(name), new)}
            left |= {part: members} if members else {}
        elif not same(row.get(part), value):
            left[part] = value
    return left


def _same_members(old: Mapping[str, object], new: Mapping[str, JsonValue]) -> bool:
    return all(same(old.get(name), value) for name, value in new.items())
