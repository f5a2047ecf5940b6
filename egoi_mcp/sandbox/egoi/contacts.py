"""Contacts one at a time: search, list, create, read, change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.clock import from_stamp
from egoi_mcp.sandbox.egoi.audience import members
from egoi_mcp.sandbox.egoi.bodies import (
    ActivitiesQuery,
    ChangedByField,
    ChangedContact,
    ContactsQuery,
    ExtraValue,
    NewContact,
    SearchQuery,
    SegmentContactsQuery,
)
from egoi_mcp.sandbox.egoi.collections import page, without_nones
from egoi_mcp.sandbox.egoi.state import Activity, Contact, ContactList, Field, derived_id
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Reply, conflict, invalid, not_found

_EXTRA_FILTER = re.compile(r"extra_field_id\[(?:extra_)?(\d+)\]")
_UNIQUE = ("email", "cellphone")
_FORMS = {
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "number": re.compile(r"[+-]?[0-9]+([.][0-9]+)?"),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "phone": re.compile(r"[0-9]{1,3}-[0-9]{4,20}"),
    "cellphone": re.compile(r"[0-9]{1,3}-[0-9]{4,20}"),
}


def search(call: Call) -> Reply:
    """GET /contacts/search: the ids of a contact in every list; removed contacts count."""
    query = call.query(SearchQuery)
    wanted = query.contact.casefold()
    items: list[JsonObject] = [
        {"contact_id": contact.contact_id, "list_id": contact_list.list_id}
        for contact_list in call.world.egoi.lists.values()
        for contact in contact_list.contacts.values()
        if contact.text(query.type).casefold() == wanted
    ]
    if not items and call.settings.search_miss == "not_found":
        raise not_found("contact")
    return Reply(200, {"items": items})


def list_contacts(call: Call) -> Reply:
    """GET /lists/{list_id}/contacts."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    extra = {hit[1]: value for name, value in call.query_pairs if (hit := _EXTRA_FILTER.fullmatch(name))}
    plain = {name: value for name, value in call.query_pairs if not _EXTRA_FILTER.fullmatch(name)}
    query = call.fit(ContactsQuery, plain)
    wanted = query.model_dump(exclude={"offset", "limit"}, exclude_none=True)
    wanted |= {f"extra_{number}": value for number, value in extra.items()}
    found = [contact for contact in contact_list.contacts.values() if _passes(contact, wanted)]
    return page([summary(contact) for contact in found], query)


def _passes(contact: Contact, wanted: Mapping[str, str | bool]) -> bool:
    for name, value in wanted.items():
        held = contact.text(name)
        if isinstance(value, bool):
            if value != (held == "active"):
                return False
        elif held.casefold() != value.casefold() and not _has_option(contact, name, value):
            return False
    return True


def _has_option(contact: Contact, name: str, value: str) -> bool:
    """Whether an extra field of options holds the option of this id."""
    held = next((item["value"] for item in contact.extra if name == f"extra_{item['field_id']}"), None)
    return isinstance(held, list) and value in [str(each) for each in held]


def list_segment_contacts(call: Call) -> Reply:
    """GET /lists/{list_id}/contacts/segment/{segment_id}."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    query = call.query(SegmentContactsQuery)
    found = members(contact_list, contact_list.segment(call.path["segment_id"]))
    shown = [contact for contact in found if query.show_removed or contact.status != "removed"]
    return page([summary(contact) for contact in shown], query)


def summary(contact: Contact) -> JsonObject:
    """A contact as a collection shows it."""
    members: dict[str, JsonValue] = {"base": contact.base, "extra": contact.extra}
    return members if contact.tags is None else members | {"tags": contact.tags}


def read(call: Call) -> Reply:
    """GET /lists/{list_id}/contacts/{contact_id}, with the contact's statistics."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    contact = contact_list.contact(call.path["contact_id"])
    emails = _moments(contact, "email_send")
    messages = len(_moments(contact, "sms_send"))
    statistics: dict[str, JsonValue] = {
        "email_stats": {
            "sent": len(emails),
            "opens": len(_moments(contact, "email_open")),
            "clicks": len(_moments(contact, "email_click")),
            "soft_bounces": 0,
            "hard_bounces": 0,
            "forwards": 0,
            "conversions": 0,
            "social_actions": 0,
            "last_send_date": call.stamp(max(emails)) if emails else None,
            "last_open_date": None,
            "last_click_date": None,
            "last_open_country": None,
            "last_open_region": None,
            "last_open_city": None,
        },
        "sms_stats": {"sent": messages, "delivered": messages},
    }
    return Reply(200, statistics | dict(summary(contact)))


def _moments(contact: Contact, action_name: str) -> list[float]:
    return [activity.at for activity in contact.activities if activity.action_name == action_name]


def list_activities(call: Call) -> Reply:
    """GET /lists/{list_id}/contacts/{contact_id}/activities, newest first, without a total."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    contact = contact_list.contact(call.path["contact_id"])
    query = call.query(ActivitiesQuery)
    zone = call.settings.timezone
    earliest = from_stamp(query.date_min, zone) if query.date_min else float("-inf")
    latest = from_stamp(query.date_max, zone) if query.date_max else float("inf")
    items: list[JsonObject] = []
    for activity in sorted(contact.activities, key=lambda item: item.at, reverse=True):
        if query.action_name in {None, activity.action_name} and earliest <= activity.at <= latest:
            shown = {"date": call.stamp(activity.at), "action_name": activity.action_name}
            items.append(shown | ({"action_data": activity.action_data} if activity.action_data else {}))
    return page(items, query, total=False)


def create(call: Call) -> Reply:
    """POST /lists/{list_id}/contacts; a number or address that the list holds already is a 409."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    body = call.body(NewContact)
    if not (body.base.email or body.base.cellphone or body.base.phone):
        raise invalid("base", "give an email, a cellphone or a phone")
    base = without_nones(body.base.model_dump(exclude={"contact_id"}, exclude_none=True))
    refuse_taken(contact_list, base)
    contact = add_contact(call, contact_list, base, checked_extra(contact_list, body.extra))
    return Reply(201, {"contact_id": contact.contact_id})


def add_contact(
    call: Call, contact_list: ContactList, base: Mapping[str, JsonValue], extra: list[dict[str, JsonValue]]
) -> Contact:
    """Put a new contact into a list."""
    number = call.world.egoi.next_id("contact")
    contact_id = derived_id(call.world.seed, "new-contact", number, 10)
    now = call.stamp(call.now)
    channels = {f"{name}_status": "active" for name in ("email", "cellphone", "phone") if name in base}
    made: dict[str, JsonValue] = {
        "contact_id": contact_id,
        "status": "active",
        "consent": "any",
        "subscription_method": "api",
        "subscription_date": now,
        "change_date": now[:10],
        "language": "en",
    }
    contact = Contact(
        contact_id=contact_id,
        list_id=contact_list.list_id,
        base=made | channels | dict(base) | {"contact_id": contact_id},
        extra=extra,
        activities=[Activity(at=call.now, action_name="subscription")],
    )
    contact_list.contacts[contact_id] = contact
    call.changed("contact_created", contact_id)
    return contact


def refuse_taken(
    contact_list: ContactList, base: Mapping[str, JsonValue], but: Contact | None = None
) -> None:
    """Refuse values of unique fields that another contact of the list has.

    Raises:
        Refusal: 409, with the field and the contacts.
    """
    for name in _UNIQUE:
        value = base.get(name)
        if isinstance(value, str):
            holders = holders_of(contact_list, name, value, but)
            if holders:
                ids = [holder.contact_id for holder in holders]
                raise conflict(
                    "Another contact holds this value.", unique_field_in_use=name, field_id=name, contacts=ids
                )


def holders_of(contact_list: ContactList, name: str, value: str, but: Contact | None = None) -> list[Contact]:
    """The contacts of a list whose field has the value, but for one."""
    wanted = value.casefold()
    return [
        contact
        for contact in contact_list.contacts.values()
        if contact is not but and contact.text(name).casefold() == wanted
    ]


def checked_extra(contact_list: ContactList, values: Sequence[ExtraValue]) -> list[dict[str, JsonValue]]:
    """The extra values as they are kept, with the formats of their fields.

    Raises:
        Refusal: 422, a field that the list does not have, or a value that is not of its format.
    """
    fields = {item.field_id: item for item in contact_list.fields if item.type == "extra"}
    kept: list[dict[str, JsonValue]] = []
    for place, value in enumerate(values):
        known = fields.get(f"extra_{value.field_id}")
        if known is None:
            raise invalid(f"extra.{place}.field_id", "the list has no such extra field")
        if value.format not in {None, known.format} or not _fits(known, value.value):
            raise invalid(f"extra.{place}.format", f"the field is of the format {known.format}")
        kept.append(value.model_dump(exclude_none=True) | {"format": known.format})
    return kept


def _fits(field: Field, value: str | list[int]) -> bool:
    """Whether a value is of its field's format; an empty one erases."""
    if isinstance(value, list):
        known = [item["option_id"] for item in field.options]
        return field.format == "options" and all(each in known for each in value)
    form = _FORMS.get(field.format)
    return field.format != "options" and (not value or form is None or form.fullmatch(value) is not None)


def change(call: Call) -> Reply:
    """PATCH /lists/{list_id}/contacts/{contact_id}."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    contact = contact_list.contact(call.path["contact_id"])
    _change(call, contact_list, contact, call.body(ChangedContact))
    return Reply(200, {"contact_id": contact.contact_id})


def change_by_field(call: Call) -> Reply:
    """POST /lists/{list_id}/contacts/by-field: the contact whose unique field has a value; answers 201."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    body = call.body(ChangedByField)
    compared = body.compare_field
    if compared.field_id not in {item.field_id for item in contact_list.fields if item.unique}:
        raise invalid("compare_field.field_id", "not a unique field of the list")
    holders = holders_of(contact_list, compared.field_id, compared.value)
    if not holders:
        raise invalid("compare_field.value", "no contact has this value")
    _change(call, contact_list, holders[0], body)
    return Reply(201, {"contact_id": holders[0].contact_id})


def _change(call: Call, contact_list: ContactList, contact: Contact, body: ChangedContact) -> None:
    base = body.base.model_dump(exclude={"contact_id"}, exclude_none=True)
    if not base and not body.extra:
        raise invalid("base", "nothing to change")
    refuse_taken(contact_list, base, but=contact)
    apply_changes(call, contact, base, checked_extra(contact_list, body.extra))


def apply_changes(
    call: Call, contact: Contact, base: Mapping[str, JsonValue], extra: Sequence[Mapping[str, JsonValue]]
) -> None:
    """Write new values into a contact."""
    resubscribed = contact.status == "removed" and base.get("status") == "active"
    contact.base |= dict(base) | {"change_date": call.stamp(call.now)[:10]}
    given = [item["field_id"] for item in extra]
    kept = [item for item in contact.extra if item["field_id"] not in given]
    contact.extra = kept + [dict(item) for item in extra]
    name = "resubscription" if resubscribed else "edit_subscription"
    contact.activities.append(Activity(at=call.now, action_name=name))
    call.changed("contact_updated", contact.contact_id)
