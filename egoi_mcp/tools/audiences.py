"""Lists, segments, tags and fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.audiences import Audience, AudiencePage
from egoi_mcp.models.vendor_json import Json, flag, flattened, mapping, number, objects, text
from egoi_mcp.pii import Pii
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_members import plain_time
from egoi_mcp.tools.names import find_field, find_list_id
from egoi_mcp.tools.paging import members_that_fit, offset_of, page_of
from egoi_mcp.tools.vendor import Ctx, app_of, of_list, read

Kind = Literal["lists", "segments", "tags", "fields", "options"]
Told: TypeAlias = Callable[[Audience, Json], Audience]
"""How much of a vendor's row is told of it."""

_STATUSES = ("active", "inactive", "removed", "unconfirmed")


async def list_audiences(
    ctx: Ctx,
    *,
    kind: Annotated[
        Kind,
        Field(description="segments, fields and options need list_id, options a field"),
    ] = "lists",
    list_id: p.ListRef | None = None,
    field: Annotated[str, Field(min_length=1, max_length=255, description="Field id or name")] | None = None,
    provider: p.TagProvider = "egoi",
    limit: p.Limit = p.DEFAULT_LIMIT,
    cursor: p.Cursor | None = None,
    detail: p.Detail = "summary",
) -> AudiencePage:
    """List E-goi's contact lists, or a list's segments or fields, or the options of a field, or the tags of
    E-goi or Intercom, with their ids. With list_id, kind lists shows that list with how many contacts are
    active, removed and so on.
    """
    app = app_of(ctx)
    client = app.client(provider)
    told = partial(_with_members, pii=app.settings.pii) if detail == "full" else _as_it_is
    if kind == "tags" and list_id is not None:
        raise InvalidInput("list_id: tags belong to the whole account. Leave it out.")
    if provider == "intercom":
        return await _intercom_tags(client, kind, limit, cursor, told)
    if (kind == "options") != (field is not None):
        raise InvalidInput("field: goes with kind=options, and only with it. Nothing was changed.")
    list_number = await find_list_id(client, list_id) if list_id is not None else None
    if kind == "options" and list_number is not None and field is not None:
        return await _options(client, list_number, field, limit=limit, cursor=cursor)
    if kind == "lists" and list_number is not None:
        return await _one_list(client, list_number, cursor, told)
    scope = (kind, list_number)
    offset = offset_of(cursor, scope)
    answer = await _asked(client, kind, list_number, {"offset": offset, "limit": limit})
    total = number(mapping(answer), "total_items")
    rows = [told(_READERS[kind](row), row) for row in objects(answer)]
    shown, after = page_of(rows, scope, offset, total=total, limit=limit)
    return AudiencePage(kind=kind, list_id=list_number, audiences=shown, total=total, next_cursor=after)


def _as_it_is(audience: Audience, row: Json) -> Audience:
    del row
    return audience


def _with_members(audience: Audience, row: Json, *, pii: Pii) -> Audience:
    """The row with every member that the vendor gave; whom a segment is of may name somebody."""
    held = {
        name: plain_time(value) or value
        for name, value in flattened(row).items()
        if pii == "full" or not name.startswith("segment_filter.")
    }
    return audience.model_copy(update={"fields": members_that_fit(held)[0]})


async def _intercom_tags(
    client: ApiClient, kind: Kind, limit: int, cursor: str | None, told: Told
) -> AudiencePage:
    """Source: Intercom, `listTags`, which gives every tag at once."""
    if kind != "tags":
        raise InvalidInput("kind: Intercom has tags only. Say kind=tags. Nothing was changed.")
    scope = ("intercom tags",)
    offset = offset_of(cursor, scope)
    found = list(objects(await read(client, "intercom", "listTags"), "data"))
    rows = [
        told(Audience(id=text(row, "id") or "-", name=text(row, "name")), row)
        for row in found[offset : offset + limit]
    ]
    shown, after = page_of(rows, scope, offset, total=len(found), limit=limit)
    return AudiencePage(kind=kind, audiences=shown, total=len(found), next_cursor=after)


async def _options(
    client: ApiClient, list_id: int, field: str, *, limit: int, cursor: str | None
) -> AudiencePage:
    """The options of a field, each by the name that it has in every language.

    Source: E-goi v3, `getAllFields`, whose rows hold them.
    """
    found = await find_field(client, list_id, field)
    options = list(objects(found.row.get("options")))
    if not options:
        raise InvalidInput(f"field: {found.id} has no options. Nothing was changed.")
    scope = ("options", list_id, found.id)
    offset = offset_of(cursor, scope)
    rows = [_option(option) for option in options[offset : offset + limit]]
    shown, after = page_of(rows, scope, offset, total=len(options), limit=limit)
    return AudiencePage(
        kind="options", list_id=list_id, audiences=shown, total=len(options), next_cursor=after
    )


def _option(row: Json) -> Audience:
    names = [name for language in row if language != "option_id" and (name := text(row, language))]
    return Audience(id=text(row, "option_id") or "-", name=" / ".join(dict.fromkeys(names)) or None)


async def _asked(
    client: ApiClient, kind: Kind, list_id: int | None, window: dict[str, str | int | bool]
) -> object:
    if kind in {"lists", "tags"}:
        return await read(client, "egoi", _OPERATIONS[kind], query=window)
    if list_id is None:
        raise InvalidInput(f"list_id: is required for {kind}. list_audiences with kind lists gives it.")
    return await of_list(client, _OPERATIONS[kind], list_id, window)


async def _one_list(client: ApiClient, list_id: int, cursor: str | None, told: Told) -> AudiencePage:
    if cursor is not None:
        raise InvalidInput("cursor: one list has no further page. Leave it out.")
    row = mapping(await of_list(client, "getList", list_id))
    stats = mapping(row.get("stats"))
    counts = {name: count for name in _STATUSES if (count := number(stats, f"total_{name}")) is not None}
    update = {"contacts": number(stats, "total_contacts"), "by_status": counts or None}
    return AudiencePage(kind="lists", audiences=(told(_list(row).model_copy(update=update), row),), total=1)


def _list(row: Json) -> Audience:
    return Audience(
        id=text(row, "list_id") or "-",
        name=text(row, "internal_name", "public_name"),
        status=text(row, "status"),
    )


def _segment(row: Json) -> Audience:
    return Audience(id=text(row, "segment_id") or "-", name=text(row, "name"), kind=text(row, "type"))


def _tag(row: Json) -> Audience:
    return Audience(id=text(row, "tag_id") or "-", name=text(row, "name"))


def _field(row: Json) -> Audience:
    kind = " ".join(part for part in (text(row, "type"), text(row, "format")) if part)
    return Audience(
        id=text(row, "field_id") or "-",
        name=text(row, "name"),
        kind=kind or None,
        status="unique" if flag(row, "unique") else None,
    )


_OPERATIONS: Mapping[str, str] = {
    "lists": "getAllLists",
    "segments": "getAllSegments",
    "tags": "getAllTags",
    "fields": "getAllFields",
}
_READERS: Mapping[str, Callable[[Json], Audience]] = {
    "lists": _list,
    "segments": _segment,
    "tags": _tag,
    "fields": _field,
}
