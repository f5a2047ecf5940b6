"""Changing one TxtSync contact, whose updates replace the whole: read, merge, write."""

from __future__ import annotations

from collections.abc import Mapping

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.contact_fields.txtsync import txtsync_contact
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.preview import Preview
from egoi_mcp.models.vendor_json import Json, flag, objects, text
from egoi_mcp.tools.consent import basis_facts, require_basis
from egoi_mcp.tools.contact_writing import Values, checked, labelled, shown_change, without_unchanged
from egoi_mcp.tools.contacts import find_txtsync_contact, fits_a_path
from egoi_mcp.tools.intercom_contacts import Basis
from egoi_mcp.tools.refusals import a_number
from egoi_mcp.tools.txtsync_rows import written_again
from egoi_mcp.tools.vendor import account_label, read

_NOTHING = "Nothing was changed."


async def txtsync_update(
    client: ApiClient,
    values: Values,
    basis: Basis,
    *,
    contact_id: str | None,
    match: Mapping[str, str] | None,
) -> Plan:
    """The plan that changes the contact; what it holds already is written again, as it would be emptied else.

    Source: TxtSync connector, `UpdateContact`, `UpdateContactByExternalReference`.

    Raises:
        InvalidInput: nobody is meant, nothing would change, or a legal basis has to be stated first.
    """
    given = checked(txtsync_contact(values, deed="update"), nothing=_NOTHING)
    row = await _row(client, contact_id, match)
    changed = without_unchanged(given, row)
    if not changed:
        raise InvalidInput(f"The contact has all of these values already. {_NOTHING}")
    # What an update without it does is documented nowhere, and who refuses SMS must not be written to again.
    refuses: Values = {"AllowSMS": False} if flag(row, "AllowSMS") is False else {}
    request = _request(row, {**written_again(row), **refuses, **changed}, match)
    require_basis([request], basis.legal_basis, basis.source, nothing=_NOTHING)
    said = shown_change(labelled(changed), {**labelled(row), "tags": "(not told)"})
    number = text(row, "MobileNumber")
    return Plan(
        connection=client.connection.name,
        requests=(request,),
        recipients=1,
        preview=Preview(
            title="Change a contact in TxtSync",
            account=await account_label(client, "txtsync"),
            recipients=1,
            to=tuple(each for each in (text(row, "EmailAddress"), number) if each),
            facts={
                **({"allow sms": "false, written again so that it stays"} if refuses else {}),
                **said.facts,
                **basis_facts(basis.legal_basis, basis.source),
            },
            personal=said.personal,
            warnings=(
                "whatever else it holds now is written again with it",
                "the tags are replaced by these"
                if "TagNames" in changed
                else "tags may be replaced: TxtSync does "
                "not tell which it has, and they are sent only where tags says them",
            ),
            undo=undo_words(request.operation),
        ),
    )


def _request(row: Json, body: Mapping[str, JsonValue], match: Mapping[str, str] | None) -> Request:
    reference = text(row, "ExternalReference")
    by_reference = match is not None and _named(match)[0] == "external_reference"
    if by_reference and reference is not None and fits_a_path(reference):
        name, key = "UpdateContactByExternalReference", reference
    else:
        name, key = "UpdateContact", text(row, "ContactID") or ""
    return Request(operation=operation("txtsync", name), path={"id": key}, body=body)


async def _row(client: ApiClient, contact_id: str | None, match: Mapping[str, str] | None) -> Json:
    """The contact as TxtSync holds it now.

    Source: TxtSync connector, `SearchContact`, `GetContactByExternalReference`.
    """
    if match is None:
        raise InvalidInput(
            'match: TxtSync reads no contact by its id; add {"phone": …} or {"external_reference": …}. '
            f"{_NOTHING}"
        )
    name, value = _named(match)
    if name == "external_reference":
        found = await find_txtsync_contact(client, value)
        rows = [found] if found is not None else []
    else:
        number = a_number(value, label="match").e164
        answer = await read(client, "txtsync", "SearchContact", query={"searchNumber": number})
        rows = [row for row in objects(answer) if _digits(text(row, "MobileNumber")) == _digits(number)]
    if contact_id is not None:
        rows = [row for row in rows if text(row, "ContactID") == contact_id]
    if len(rows) != 1:
        how_many = "no contact" if not rows else f"{len(rows)} contacts"
        raise InvalidInput(f"match: {how_many} at TxtSync fit it. {_NOTHING} search_contacts finds contacts.")
    return rows[0]


def _named(match: Mapping[str, str]) -> tuple[str, str]:
    name, value = next(iter(match.items()))
    found = {"externalreference": "external_reference", "phone": "phone", "mobilenumber": "phone"}.get(
        name.replace("_", "").casefold()
    )
    if found is None:
        raise InvalidInput(f"match: TxtSync finds by external_reference or phone. {_NOTHING}")
    return found, value.strip()


def _digits(number: str | None) -> str:
    return "".join(each for each in number or "" if each.isdigit())
