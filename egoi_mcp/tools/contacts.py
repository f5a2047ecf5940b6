"""One contact of a vendor, found by what names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput, NotFound, Rejected
from egoi_mcp.models.vendor_json import Json, mapping, objects, text
from egoi_mcp.tools.vendor import read

_FITS_A_PATH = re.compile(r"[A-Za-z0-9_@+-]+(\.[A-Za-z0-9_@+-]+)*")
_EGOI_ID = re.compile(r"[0-9a-fA-F]{10}")
_INTERCOM_ID = re.compile(r"[0-9a-f]{24}")
_WHOLE: Mapping[str, bool] = {"include_merge_history": True}
_MOST_CANDIDATES = 5


def is_egoi_id(contact_id: str) -> bool:
    """Whether this can be the id of an E-goi contact: ten hexadecimal digits."""
    return _EGOI_ID.fullmatch(contact_id) is not None


def fits_a_path(reference: str) -> bool:
    """Whether a reference of the customer's own can stand in an address."""
    return _FITS_A_PATH.fullmatch(reference) is not None


async def find_egoi_contact(client: ApiClient, list_id: int, contact_id: str) -> Json | None:
    """A contact of a list; None where there is none.

    Source: E-goi v3, `getContact`.
    """
    if not is_egoi_id(contact_id):
        return None
    path: dict[str, str | int] = {"list_id": list_id, "contact_id": contact_id}
    try:
        return mapping(await read(client, "egoi", "getContact", path=path))
    except NotFound:
        return None


async def find_txtsync_contact(client: ApiClient, reference: str) -> Json | None:
    """The contact with an external reference; None where there is none.

    Source: TxtSync connector, `GetContactByExternalReference`: an array, empty where nobody has it; and
    `SearchContact` for a reference that cannot stand in an address.
    """
    if not fits_a_path(reference):
        found = await read(client, "txtsync", "SearchContact", query={"search": reference})
        return next((row for row in objects(found) if text(row, "ExternalReference") == reference), None)
    try:
        found = await read(client, "txtsync", "GetContactByExternalReference", path={"id": reference})
    except NotFound:
        return None
    rows = objects(found if isinstance(found, list) else [found])
    # Never somebody else's row, however the vendor compares.
    return next((row for row in rows if text(row, "ExternalReference") in {None, reference}), None)


async def find_intercom_contact(client: ApiClient, reference: str) -> Json | None:
    """The contact that an id of Intercom's, an e-mail address, or an id of the customer's own means.

    Source: Intercom, `ShowContact`, `ShowContactByExternalId`, and `SearchContacts` for an address and for
    an id that cannot stand in an address.

    Raises:
        InvalidInput: several contacts have the address; the text names them by id and role.
    """
    if "@" in reference:
        found = await _intercom_by_member(client, "email", reference)
        # Many take the address for their own id as well.
        return found or await _intercom_by_member(client, "external_id", reference)
    if not fits_a_path(reference):
        return await _intercom_by_member(client, "external_id", reference)
    by_id = ("ShowContact", "contact_id")
    by_own_id = ("ShowContactByExternalId", "external_id")
    order = (by_id, by_own_id) if _INTERCOM_ID.fullmatch(reference) else (by_own_id, by_id)
    for name, parameter in order:
        try:
            return mapping(await read(client, "intercom", name, path={parameter: reference}, query=_WHOLE))
        except NotFound:
            continue
        except Rejected as error:
            # Deleted, or merged into another.
            if error.status != HTTPStatus.GONE:
                raise
    return None


async def _intercom_by_member(client: ApiClient, field: str, value: str) -> Json | None:
    answer = await intercom_search(client, {"field": field, "operator": "=", "value": value}, limit=10)
    found = [
        row for row in objects(answer, "data") if (text(row, field) or "").casefold() == value.casefold()
    ]
    if len(found) > 1:
        said = ", ".join(f"{text(row, 'id')} ({text(row, 'role')})" for row in found[:_MOST_CANDIDATES])
        raise InvalidInput(
            f"contact_id: {len(found)} contacts of Intercom have it: {said}. Give the id. Nothing was "
            "changed."
        )
    return found[0] if found else None


async def intercom_search(
    client: ApiClient, query: Mapping[str, JsonValue], *, limit: int, starting_after: str | None = None
) -> Json:
    """One page of Intercom's search.

    Source: Intercom, `SearchContacts`: at most 150 a page; a cursor leads to the next.
    """
    page: dict[str, JsonValue] = {"per_page": limit}
    if starting_after is not None:
        page["starting_after"] = starting_after
    body: dict[str, JsonValue] = {"query": query, "pagination": page}
    reply = await client.execute(Request(operation=operation("intercom", "SearchContacts"), body=body))
    return mapping(reply.data)
