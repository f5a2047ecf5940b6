"""Finding and reading contacts."""

from __future__ import annotations

import re
from contextlib import suppress

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput, NotFound
from egoi_mcp.models.contacts import ContactDetail, ContactPage, ContactSummary
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text
from egoi_mcp.phones import parse_phone
from egoi_mcp.pii import Pii
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_shapes import egoi_detail, egoi_summary, txtsync_detail, txtsync_summary
from egoi_mcp.tools.names import find_list_id
from egoi_mcp.tools.paging import belongs, offset_of, page_of
from egoi_mcp.tools.vendor import Ctx, app_of, of_list, read

_MOST_ENRICHED = 5
_FITS_A_PATH = re.compile(r"[A-Za-z0-9_@+-]+(\.[A-Za-z0-9_@+-]+)*")
_EGOI_ID = re.compile(r"[0-9a-fA-F]{10}")


async def search_contacts(
    ctx: Ctx,
    *,
    query: p.ContactQuery | None = None,
    provider: p.Provider = "egoi",
    list_id: p.ListRef | None = None,
    limit: p.Limit = p.DEFAULT_LIMIT,
    cursor: p.Cursor | None = None,
) -> ContactPage:
    """Find contacts. E-goi: an e-mail or number is looked up across all lists; a first or last name needs
    list_id; list_id alone lists its contacts. TxtSync: by name, number or external reference.
    """
    app = app_of(ctx)
    client, pii = app.client(provider), app.settings.pii
    wanted = " ".join(query.split()) or None if query is not None else None
    if provider == "intercom":
        raise InvalidInput("provider: Intercom's contacts cannot be read yet. Nothing was changed.")
    if provider == "txtsync":
        _refuse_list(list_id)
        return await _search_txtsync(client, wanted, limit, cursor, pii)
    if list_id is not None:
        list_number = await find_list_id(client, list_id)
        return await _search_list(client, wanted, list_number, limit=limit, cursor=cursor, pii=pii)
    return await _search_everywhere(client, wanted, limit, cursor, pii)


async def get_contact(
    ctx: Ctx,
    *,
    contact_id: p.ContactId,
    provider: p.Provider = "egoi",
    list_id: p.ListRef | None = None,
) -> ContactDetail:
    """Read one contact with consent, dates and extra fields. E-goi needs its list_id (search_contacts gives
    both); TxtSync takes the contact's external_reference as contact_id.
    """
    app = app_of(ctx)
    client = app.client(provider)
    if provider == "intercom":
        raise InvalidInput("provider: Intercom's contacts cannot be read yet. Nothing was changed.")
    if provider == "txtsync":
        _refuse_list(list_id)
        row = await find_txtsync_contact(client, contact_id)
        if row is None:
            raise InvalidInput(
                "contact_id: TxtSync knows no contact with this external reference, which is what it reads "
                "by. search_contacts gives it, as external_reference."
            )
        return txtsync_detail(row, app.settings.pii)
    if list_id is None:
        raise InvalidInput("list_id: is required for E-goi. search_contacts gives it with the contact.")
    list_number = await find_list_id(client, list_id)
    found = await find_egoi_contact(client, list_number, contact_id)
    if found is None:
        raise InvalidInput(
            f"contact_id: list {list_number} has no such contact. search_contacts gives ids with list_id."
        )
    return egoi_detail(found, list_number, app.settings.pii, contact_id=contact_id)


def is_egoi_id(contact_id: str) -> bool:
    """Whether this can be the id of an E-goi contact: ten hexadecimal digits."""
    return _EGOI_ID.fullmatch(contact_id) is not None


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
    if not _FITS_A_PATH.fullmatch(reference):
        found = await read(client, "txtsync", "SearchContact", query={"search": reference})
        return next((row for row in objects(found) if text(row, "ExternalReference") == reference), None)
    try:
        found = await read(client, "txtsync", "GetContactByExternalReference", path={"id": reference})
    except NotFound:
        return None
    return next(objects(found if isinstance(found, list) else [found]), None)


async def _search_everywhere(
    client: ApiClient, query: str | None, limit: int, cursor: str | None, pii: Pii
) -> ContactPage:
    """Every list at once: the vendor answers ids, and the first few are read for what a person needs."""
    if query is None:
        raise InvalidInput("query: is required, or list_id to list a whole list (list_audiences gives it).")
    kinds, wanted = _as_address(query)
    found: list[Json] = []
    for kind in kinds:
        found = list(objects(await _or_nothing(client, {"type": kind, "contact": wanted})))
        if found:
            break
    scope = ("everywhere", query)
    offset = offset_of(cursor, scope)
    contacts: list[ContactSummary] = []
    for row in found[offset : offset + limit]:
        contact_id, list_id = text(row, "contact_id") or "-", number(row, "list_id")
        whole: Json | None = None
        if list_id is not None and len(contacts) < _MOST_ENRICHED:
            whole = await find_egoi_contact(client, list_id, contact_id)
        contacts.append(egoi_summary(whole or {}, list_id, pii, contact_id=contact_id))
    shown, after = page_of(contacts, scope, offset, total=len(found), limit=limit)
    note = "Searched every list; for a name, give list_id too." if not shown else None
    if len(shown) > _MOST_ENRICHED:
        note = f"Only the first {_MOST_ENRICHED} were read in full; get_contact reads the others."
    return ContactPage(provider="egoi", contacts=shown, total=len(found), next_cursor=after, note=note)


async def _or_nothing(client: ApiClient, query: dict[str, str | int | bool]) -> JsonValue:
    """The search's answer; that nobody is found may come as a 404."""
    try:
        return await read(client, "egoi", "searchContacts", query=query)
    except NotFound:
        return []


def _as_address(query: str) -> tuple[tuple[str, ...], str]:
    """How E-goi searches for this across lists: which types, and in which form."""
    if "@" in query:
        return ("email",), query
    try:
        return ("cellphone", "phone"), parse_phone(query, label="query").egoi
    except InvalidInput as error:
        raise InvalidInput(
            "query: across all lists only a whole e-mail address or a phone number with its country code is "
            "found. For a name, add list_id (list_audiences, kind lists, gives it)."
        ) from error


async def _search_list(
    client: ApiClient, query: str | None, list_id: int, *, limit: int, cursor: str | None, pii: Pii
) -> ContactPage:
    rows: list[Json] = []
    total: int | None = None
    scope: tuple[object, ...] = ()
    offset = 0
    attempts = _attempts(query)
    if cursor is not None:
        # A cursor goes on with the attempt that found somebody.
        attempts = [each for each in attempts if belongs(cursor, _scope(list_id, each))] or attempts[:1]
    for filters in attempts:
        scope = _scope(list_id, filters)
        offset = offset_of(cursor, scope)
        window: dict[str, str | int | bool] = {**filters, "offset": offset, "limit": limit}
        answer = await of_list(client, "getAllContacts", list_id, window)
        rows, total = list(objects(answer)), number(mapping(answer), "total_items")
        if rows:
            break
    contacts = [egoi_summary(row, list_id, pii) for row in rows]
    shown, after = page_of(contacts, scope, offset, total=total, limit=limit)
    note = None if shown or not query else "E-goi compares whole values: a whole first or last name."
    return ContactPage(provider="egoi", contacts=shown, total=total, next_cursor=after, note=note)


def _scope(list_id: int, filters: dict[str, str]) -> tuple[object, ...]:
    return ("list", list_id, sorted(filters.items()))


def _attempts(query: str | None) -> list[dict[str, str]]:
    """The filters to try in turn, the likeliest first; the first that finds somebody counts."""
    if query is None:
        return [{}]
    if "@" in query:
        return [{"email": query}]
    with suppress(InvalidInput):
        return [{field: parse_phone(query, label="query").egoi} for field in ("cellphone", "phone")]
    first, _, rest = query.partition(" ")
    if not rest:
        return [{"first_name": first}, {"last_name": first}]
    return [{"first_name": first, "last_name": rest}, {"first_name": query}, {"last_name": query}]


async def _search_txtsync(
    client: ApiClient, query: str | None, limit: int, cursor: str | None, pii: Pii
) -> ContactPage:
    if query is None:
        raise InvalidInput("query: is required for TxtSync: a name, a number or an external reference.")
    attempts: list[dict[str, str | int | bool]] = [{"search": query}]
    with suppress(InvalidInput):
        attempts.insert(0, {"searchNumber": parse_phone(query, label="query").e164})
    found: list[Json] = []
    for asked in attempts:
        found = list(objects(await read(client, "txtsync", "SearchContact", query=asked)))
        if found:
            break
    scope = ("txtsync", query)
    offset = offset_of(cursor, scope)
    contacts = [txtsync_summary(row, pii) for row in found[offset : offset + limit]]
    shown, after = page_of(contacts, scope, offset, total=len(found), limit=limit)
    return ContactPage(provider="txtsync", contacts=shown, total=len(found), next_cursor=after)


def _refuse_list(list_id: str | None) -> None:
    if list_id is not None:
        raise InvalidInput("list_id: TxtSync has no lists. Leave it out. Nothing was changed.")
