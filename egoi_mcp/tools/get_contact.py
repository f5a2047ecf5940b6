"""Reading one contact with what the vendor knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from pydantic import Field

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import ApiError, InvalidInput
from egoi_mcp.models.contacts import Activity, ContactDetail, ContactSummary
from egoi_mcp.models.vendor_json import Json, mapping, objects, text, texts
from egoi_mcp.pii import Pii
from egoi_mcp.settings import Provider
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_hits import together
from egoi_mcp.tools.contact_members import Wanted, plain_time, wanted
from egoi_mcp.tools.contact_shapes import egoi_summary, intercom_summary, txtsync_summary
from egoi_mcp.tools.contacts import find_egoi_contact, find_intercom_contact, find_txtsync_contact
from egoi_mcp.tools.names import find_list_id, tags_by_id
from egoi_mcp.tools.paging import members_that_fit
from egoi_mcp.tools.vendor import Ctx, app_of, read

_MOST_ACTIVITIES = 25
_MOST_NAMES = 50


async def get_contact(
    ctx: Ctx,
    *,
    contact_id: p.ContactId,
    provider: p.Provider = "egoi",
    list_id: p.ListRef | None = None,
    detail: p.Detail = "full",
    fields: p.Fields | None = None,
    activities: Annotated[bool, Field(description="E-goi: also what happened lately")] = False,
) -> ContactDetail:
    """Read one contact with consent, dates, statistics and extra fields. E-goi needs its list_id
    (search_contacts gives both). TxtSync takes the contact's external_reference as contact_id; Intercom its
    id, your own id or the e-mail, and tells tags and companies.
    """
    app = app_of(ctx)
    client, pii = app.client(provider), app.settings.pii
    chosen = wanted(pii, detail, fields, (provider,))
    if provider != "egoi" and list_id is not None:
        raise InvalidInput(f"list_id: {_VENDORS[provider]} has no lists. Leave it out. Nothing was changed.")
    if provider != "egoi" and activities:
        raise InvalidInput(f"activities: {_VENDORS[provider]} tells none. Leave it out. Nothing was changed.")
    if provider == "txtsync":
        row = await find_txtsync_contact(client, contact_id)
        if row is None:
            raise InvalidInput(
                "contact_id: TxtSync knows no contact with this external reference, which is what it reads "
                "by. search_contacts gives it, as external_reference."
            )
        return _detail(provider, row, txtsync_summary(row, Wanted(pii=pii)), chosen)
    if provider == "intercom":
        row = await find_intercom_contact(client, contact_id)
        if row is None:
            raise InvalidInput(
                "contact_id: Intercom knows no contact with this id, own id or e-mail, or it was deleted or "
                "merged. search_contacts gives ids."
            )
        whole = _detail(provider, row, intercom_summary(row, Wanted(pii=pii)), chosen)
        return await _with_tags_and_companies(client, whole, pii)
    if list_id is None:
        raise InvalidInput("list_id: is required for E-goi. search_contacts gives it with the contact.")
    number = await find_list_id(client, list_id)
    row = await find_egoi_contact(client, number, contact_id)
    if row is None:
        raise InvalidInput(
            f"contact_id: list {number} has no such contact. search_contacts gives ids with their list_id."
        )
    summary = egoi_summary(row, number, Wanted(pii=pii), contact_id=contact_id)
    found = _detail(provider, row, summary, chosen)
    found = found.model_copy(update={"tag_names": await _tag_names(client, row)})
    if not activities:
        return found
    return found.model_copy(update={"activities": await _activities(client, number, contact_id, pii)})


_VENDORS: Mapping[Provider, str] = {"txtsync": "TxtSync", "intercom": "Intercom"}


def _detail(provider: Provider, row: Json, summary: ContactSummary, chosen: Wanted) -> ContactDetail:
    details, left_out = members_that_fit(chosen.of(provider, row) or {})
    note = f"{left_out} more members are left out." if left_out else None
    return ContactDetail(provider=provider, contact=summary, details=details, note=note)


async def _tag_names(client: ApiClient, row: Json) -> tuple[str, ...] | None:
    """The names of an E-goi contact's tags; an id that has none stays as it is."""
    held = texts(row, "tags")[:_MOST_NAMES]
    if not held:
        return None
    names = await tags_by_id(client)
    return tuple(names.get(each, each) for each in held)


async def _with_tags_and_companies(client: ApiClient, found: ContactDetail, pii: Pii) -> ContactDetail:
    """The names beside the contact, which itself holds ids only; what cannot be read costs only itself.

    Source: Intercom, `listTagsForAContact`, `listCompaniesForAContact`.
    """
    contact_id = found.contact.contact_id
    tags, companies = await together(
        [
            partial(_names, client, contact_id, "listTagsForAContact", "data"),
            partial(_names, client, contact_id, "listCompaniesForAContact", "companies"),
        ]
    )
    unread = [what for what, names in (("tags", tags), ("companies", companies)) if names is None]
    notes = [found.note] if found.note else []
    notes += [f"The names of its {' and '.join(unread)} could not be read."] if unread else []
    return found.model_copy(
        update={
            "tag_names": tags or None,
            # For whom somebody works is as personal as where they live.
            "companies": (companies or None) if pii == "full" else None,
            "note": " ".join(notes) or None,
        }
    )


async def _names(client: ApiClient, contact_id: str, name: str, member: str) -> tuple[str, ...] | None:
    try:
        answer = await read(client, "intercom", name, path={"contact_id": contact_id})
    except ApiError:
        return None
    rows = list(objects(answer, member))[:_MOST_NAMES]
    return tuple(found for row in rows if (found := text(row, "name", "id")))


async def _activities(client: ApiClient, list_id: int, contact_id: str, pii: Pii) -> tuple[Activity, ...]:
    """The newest things that happened to an E-goi contact, newest first.

    Source: E-goi v3, `getAllContactActivities`.
    """
    path: dict[str, str | int] = {"list_id": list_id, "contact_id": contact_id}
    window: dict[str, str | int | bool] = {"offset": 0, "limit": _MOST_ACTIVITIES}
    rows = objects(await read(client, "egoi", "getAllContactActivities", path=path, query=window))
    found = [
        Activity(
            date=plain_time(text(row, "date")), action=text(row, "action_name") or "-", about=_about(row, pii)
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda each: each.date or "", reverse=True))


def _about(row: Json, pii: Pii) -> str | None:
    """The campaign, tag or automation; the address of a click, which may name a person, only in full."""
    data = mapping(row.get("action_data"))
    said = [
        f"{name} {value}" for name in data if (name != "url" or pii == "full") and (value := text(data, name))
    ]
    return ", ".join(said) or None
