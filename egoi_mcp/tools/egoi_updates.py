"""Changing E-goi contacts: one, those of some ids, those of a segment, or a whole list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.contact_fields.egoi import egoi_contact
from egoi_mcp.contact_fields.list_fields import ListFields
from egoi_mcp.contact_fields.values import Deed
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.guard.witnesses import Witness, list_witness, look
from egoi_mcp.models.preview import Preview
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text
from egoi_mcp.phones import parse_phone
from egoi_mcp.tools.consent import basis_facts, require_basis
from egoi_mcp.tools.contact_ids import counted, distinct_ids, first_of
from egoi_mcp.tools.contact_writing import (
    Shown,
    Values,
    checked,
    fields_of,
    labelled,
    shown_change,
    without_unchanged,
)
from egoi_mcp.tools.contacts import find_egoi_contact
from egoi_mcp.tools.intercom_contacts import Basis
from egoi_mcp.tools.names import find_field, find_list, find_segment
from egoi_mcp.tools.vendor import account_label, list_name, of_list

_NOTHING = "Nothing was changed."
_SWITCHES = {"active": "actionActivateContacts", "inactive": "actionDeactivateContacts"}
_READABLE = frozenset({"email", "cellphone", "phone", "first_name", "last_name", "birth_date", "language"})
"""Base fields by which the vendor lists contacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is to be changed, in exactly one of these ways."""

    contact_id: str | None = None
    match: Mapping[str, str] | None = None
    contact_ids: list[str] | None = None
    segment: str | None = None
    audience: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """The request of a change, whom it reaches, and what a preview says of it.

    `recipients` is None where nobody knows.
    """

    request: Request
    whom: str
    said: Shown
    recipients: int | None
    facts: dict[str, str]
    to: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()


async def egoi_update(
    client: ApiClient, list_ref: str | None, whom: Audience, values: Values, basis: Basis
) -> Plan:
    """The plan that sets these values.

    Raises:
        InvalidInput: there is nobody or nothing to change, or a legal basis has to be stated first.
    """
    if list_ref is None:
        raise InvalidInput(f"list_id: is required for E-goi. {_NOTHING} search_contacts gives it.")
    if not values:
        raise InvalidInput(f"status or fields: give what is to be changed. {_NOTHING}")
    one = whom.contact_id is not None or whom.match is not None
    deed: Deed = "update" if one else "bulk"
    # What can be told without reading is refused before anything is read.
    early = Request(operation=operation("egoi", "patchContact"), body=egoi_contact(values, deed=deed).body)
    require_basis([early], basis.legal_basis, basis.source, nothing=_NOTHING)
    found = await find_list(client, list_ref, now=True)
    list_id = int(found.id)
    fields = await fields_of(client, list_id, tuple(values))
    body = checked(egoi_contact(values, fields, deed=deed), nothing=_NOTHING)
    if whom.match is not None:
        change = await _by_field(client, list_id, whom.match, body, fields)
    elif whom.contact_id is not None:
        change = await _one(client, list_id, whom.contact_id, body, fields)
    else:
        change = await _many(client, list_id, whom, body, fields)
    require_basis([change.request], basis.legal_basis, basis.source, nothing=_NOTHING)
    return Plan(
        connection=client.connection.name,
        requests=(change.request,),
        recipients=change.recipients,
        witnesses=change.witnesses,
        preview=Preview(
            title=f"Change {change.whom} of list {found.id} ({found.name})",
            account=await account_label(client, "egoi"),
            recipients=change.recipients,
            to=change.to,
            facts={
                **change.facts,
                **change.said.facts,
                **basis_facts(basis.legal_basis, basis.source),
            },
            personal=change.said.personal,
            warnings=change.warnings,
            undo=undo_words(change.request.operation),
        ),
    )


# -- one -----------------------------------------------------------------------------------------


async def _one(client: ApiClient, list_id: int, contact_id: str, body: Values, fields: ListFields) -> _Change:
    """One contact by its id; its status alone is switched by the call that can be undone.

    Source: E-goi v3, `patchContact`, `actionActivateContacts`, `actionDeactivateContacts`.
    """
    row = await find_egoi_contact(client, list_id, contact_id)
    if row is None:
        raise InvalidInput(
            f"contact_id: list {list_id} has no such contact. {_NOTHING} search_contacts gives ids with "
            "their list_id."
        )
    changed = _changed(body, row)
    switch = _switch(changed)
    if switch is not None:
        request = Request(
            operation=operation("egoi", switch),
            path={"list_id": list_id},
            body={"type": "contacts", "contacts": [contact_id]},
        )
    else:
        request = Request(
            operation=operation("egoi", "patchContact"),
            path={"list_id": list_id, "contact_id": contact_id},
            body=changed,
        )
    return _of_one(request, changed, row, fields, {"contact id": contact_id})


async def _by_field(
    client: ApiClient, list_id: int, match: Mapping[str, str], body: Values, fields: ListFields
) -> _Change:
    """The one contact whose unique field has a value.

    Source: E-goi v3, `updateContactByField`.
    """
    name, value = next(iter(match.items()))
    field = await find_field(client, list_id, name, what="match")
    if field.row.get("unique") is not True:
        raise InvalidInput(f"match: {field.name} is no unique field of list {list_id}. {_NOTHING}")
    wanted = _compared(field.id, value, field.row)
    row = await _held_by(client, list_id, field.id, wanted)
    changed = body if row is None else _changed(body, row)
    compare: JsonValue = {"field_id": field.id, "value": wanted}
    request = Request(
        operation=operation("egoi", "updateContactByField"),
        path={"list_id": list_id},
        body={**changed, "compare_field": compare},
    )
    return _of_one(request, changed, row, fields, {"found by": field.name})


def _compared(field_id: str, value: str, row: Json) -> str:
    """The value in the form in which E-goi keeps it."""
    known = ListFields.of([row])
    body = checked(egoi_contact({field_id: value}, known, deed="update"), nothing=_NOTHING)
    held = mapping(body.get("base")).get(field_id)
    for entry in objects(body.get("extra")):
        held = entry.get("value")
    if not isinstance(held, str) or not held:
        raise InvalidInput(f"match: a contact is not found by {field_id}. {_NOTHING}")
    return held


async def _held_by(client: ApiClient, list_id: int, field_id: str, value: str) -> Json | None:
    """The contact as it is now; None where the vendor lists none by that field.

    Source: E-goi v3, `getAllContacts`.
    """
    if field_id not in _READABLE:
        return None
    answer = await of_list(client, "getAllContacts", list_id, {field_id: value, "limit": 10})
    rows = [
        row
        for row in objects(answer)
        if (text(mapping(row.get("base")), field_id) or "").casefold() == value.casefold()
    ]
    if len(rows) != 1:
        how_many = "no contact" if not rows else f"{len(rows)} contacts"
        raise InvalidInput(f"match: {how_many} of list {list_id} fit it. {_NOTHING}")
    return rows[0]


def _of_one(
    request: Request, changed: Values, row: Json | None, fields: ListFields, facts: dict[str, str]
) -> _Change:
    base: Json = mapping(row.get("base")) if row is not None else {}
    phone = text(base, "cellphone", "phone")
    said = (text(base, "email"), _e164(phone) if phone else None)
    unread = () if row is not None else ("what the contact holds now could not be read by that field",)
    resubscribes = text(base, "status") == "removed" and "status" in mapping(changed.get("base"))
    back = ("the contact had unsubscribed: this brings it back",) if resubscribes else ()
    return _Change(
        request=request,
        whom="a contact",
        said=shown_change(labelled(changed, fields), labelled(row, fields) if row is not None else None),
        recipients=1,
        facts=facts,
        to=tuple(each for each in said if each),
        warnings=(*unread, *back),
    )


def _changed(body: Values, row: Json) -> Values:
    changed = without_unchanged(body, row)
    if not changed:
        raise InvalidInput(f"The contact has all of these values already. {_NOTHING}")
    return changed


def _e164(number: str) -> str:
    try:
        return parse_phone(number).e164
    except InvalidInput:
        return number


# -- many ----------------------------------------------------------------------------------------


async def _many(client: ApiClient, list_id: int, whom: Audience, body: Values, fields: ListFields) -> _Change:
    """The same values for many; their status alone is switched by the call made for that, where there is one.

    Source: E-goi v3, `actionUpdateContacts`, `actionActivateContacts`, `actionDeactivateContacts`.
    """
    facts: dict[str, str]
    chosen: Values
    witnesses: tuple[Witness, ...] = ()
    switch = _switch(body)
    warnings: tuple[str, ...] = ("what each of them holds now is not kept",) if switch is None else ()
    count: int | None
    if whom.contact_ids is not None:
        contacts = distinct_ids("egoi", whom.contact_ids)
        count = len(contacts)
        chosen = {"type": "contacts", "contacts": list(contacts)}
        facts = {"contact ids": first_of(contacts)}
        label = counted(count)
    elif whom.segment is not None:
        found = await find_segment(client, list_id, whom.segment, now=True)
        witness = await look(client, "segment", f"{list_id}/{found.id}")
        count, witnesses, switch = witness.count, (witness,), None
        chosen = {"type": "segment", "segment_id": found.id}
        facts = {"segment": f"{found.id} ({found.name}), {_how_many(count)} contacts as of now"}
        label = "everybody in a segment"
    else:
        _, row = await list_name(client, list_id)
        count = number(mapping(row.get("stats")), "total_contacts")
        witnesses = (list_witness(str(list_id), row),)
        chosen = {"type": "all"}
        facts = {"audience": f"the whole list, {_how_many(count)} contacts as of now"}
        label = "everybody"
        warnings = ("this changes the WHOLE LIST", *warnings)
    if text(mapping(body.get("base")), "status") == "active" and whom.contact_ids is None:
        warnings = (*warnings, _REMOVED_TOO)
    if count == 0:
        raise InvalidInput(f"{'segment' if whom.segment else 'audience'}: nobody is in it now. {_NOTHING}")
    request = Request(
        operation=operation("egoi", switch or "actionUpdateContacts"),
        path={"list_id": list_id},
        body=chosen if switch is not None else {**chosen, **body},
    )
    return _Change(
        request=request,
        whom=label,
        said=shown_change(labelled(body, fields), None),
        recipients=count,
        facts=facts,
        warnings=warnings,
        witnesses=witnesses,
    )


_REMOVED_TOO = "E-goi does not say whether those among them who unsubscribed become active too"


def _switch(body: Values) -> str | None:
    """The call that does nothing but this; None where more is to be changed, or something else."""
    base = mapping(body.get("base"))
    return _SWITCHES.get(text(base, "status") or "") if list(body) == ["base"] and len(base) == 1 else None


def _how_many(count: int | None) -> str:
    return "an unknown number of" if count is None else str(count)
