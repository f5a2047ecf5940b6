"""Names for ids: the list, segment, field or tag that a person means by its id or its name.

An id wins over a name, an exact name over one in other letters. Rows are kept for a minute on the
client, and what is not among them is looked up anew before it is refused. Nothing is ever created.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from egoi_mcp.errors import InvalidInput, NotFound
from egoi_mcp.models.vendor_json import Json, objects, text
from egoi_mcp.tools.vendor import every, no_such_list, one_of, read

if TYPE_CHECKING:
    from egoi_mcp.api.client import ApiClient

_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a reference means: its id, its name, and the vendor's row."""

    id: str
    name: str
    row: Json = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sort:
    """One sort of thing with a name: what to call it, and where its row says what."""

    what: str
    id_member: str
    names: tuple[str, ...]
    source: str


async def find_list(client: ApiClient, ref: str, *, what: str = "list_id", now: bool = False) -> Named:
    """The list with this id, or this internal or public name.

    `what` is the parameter that holds the reference, for the text of a refusal, and `now` says that what was
    kept does not count: a name may have gone to another since. So in the others.

    Raises:
        InvalidInput: none is called so, or several are; the text names the candidates.
    """
    names = ("internal_name", "public_name")
    sort = _Sort(what=what, id_member="list_id", names=names, source="list_audiences (kind lists)")

    async def rows() -> list[Json]:
        order: dict[str, str | int | bool] = {"order": "asc", "order_by": "list_id"}
        return [row async for row in every(client, "getAllLists", query=order)]

    try:
        return await _find(client, sort, ref, "lists", rows, now=now)
    except InvalidInput:
        if _is_number(ref):
            raise no_such_list(int(ref)) from None
        raise


async def find_list_id(client: ApiClient, ref: str, *, what: str = "list_id") -> int:
    """The number of the list with this id or name; a number that no list has is the vendor's to refuse.

    Raises:
        InvalidInput: none is called so, or several are.
    """
    try:
        named = (await find_list(client, ref, what=what)).id
    except InvalidInput:
        if not _is_number(ref):
            raise
        named = ref.strip()
    return int(named)


async def find_segment(
    client: ApiClient, list_id: int, ref: str, *, what: str = "segment", now: bool = False
) -> Named:
    """The segment of a list with this id or name.

    Raises:
        InvalidInput: none is called so, or several are, or there is no such list.
    """
    source = "list_audiences (kind segments)"
    sort = _Sort(what=what, id_member="segment_id", names=("name",), source=source)
    fetch = _of_list(client, "getAllSegments", list_id)
    return await _find(client, sort, ref, f"segments {list_id}", fetch, now=now)


async def find_field(
    client: ApiClient, list_id: int, ref: str, *, what: str = "field", now: bool = False
) -> Named:
    """The base or extra field of a list with this id or name; `12` means `extra_12`.

    The row has `type` (base or extra), `format`, `unique` and, for a field of options, `options`.

    Raises:
        InvalidInput: none is called so, or several are, or there is no such list.
    """
    sort = _Sort(what=what, id_member="field_id", names=("name",), source="list_audiences (kind fields)")
    wanted = ref.strip()
    also = f"extra_{wanted}" if _is_number(wanted) else None
    fetch = _of_list(client, "getAllFields", list_id)
    return await _find(client, sort, wanted, f"fields {list_id}", fetch, also=also, now=now)


async def find_tag(client: ApiClient, ref: str, *, what: str = "tag", now: bool = False) -> Named:
    """The tag with this id or name, of E-goi or Intercom, whichever the client leads to.

    Raises:
        InvalidInput: none is called so, or several are; TxtSync cannot list its tags.
    """
    provider = client.connection.provider
    if provider == "txtsync":
        raise InvalidInput(f"{what}: TxtSync cannot list its tags. Give the exact name. Nothing was changed.")
    source = "list_audiences (kind tags)"
    if provider == "intercom":
        sort = _Sort(what=what, id_member="id", names=("name",), source=source)
    else:
        sort = _Sort(what=what, id_member="tag_id", names=("name",), source=source)

    return await _find(client, sort, ref, "tags", partial(_tags, client), now=now)


async def tags_by_id(client: ApiClient) -> dict[str, str]:
    """The name of each tag of E-goi by its id, kept for a minute as well."""
    kept = client.recent.get("tags")
    if kept is None:
        kept = tuple(await _tags(client))
        client.recent.keep("tags", kept)
    return {found: name for row in kept if (found := text(row, "tag_id")) and (name := text(row, "name"))}


async def _tags(client: ApiClient) -> list[Json]:
    if client.connection.provider == "intercom":
        return list(objects(await read(client, "intercom", "listTags"), "data"))
    order: dict[str, str | int | bool] = {"order": "asc", "order_by": "tag_id"}
    return [row async for row in every(client, "getAllTags", query=order)]


def _is_number(ref: str) -> bool:
    digits = ref.strip()
    return digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS


async def _find(
    client: ApiClient,
    sort: _Sort,
    ref: str,
    key: str,
    fetch: Callable[[], Awaitable[Sequence[Json]]],
    *,
    also: str | None = None,
    now: bool = False,
) -> Named:
    kept = None if now else client.recent.get(key)
    if kept is not None:
        # What is not among them may have been made, or renamed, since.
        with suppress(InvalidInput):
            return _named(sort, kept, ref, also)
    rows = tuple(await fetch())
    client.recent.keep(key, rows)
    return _named(sort, rows, ref, also)


def _named(sort: _Sort, rows: Sequence[Json], ref: str, also: str | None) -> Named:
    ids = {text(row, sort.id_member) for row in rows}
    row = one_of(
        list(rows),
        also if also in ids and ref not in ids and also is not None else ref,
        what=sort.what,
        id_member=sort.id_member,
        names=lambda row: [text(row, name) for name in sort.names],
        source=sort.source,
    )
    found = text(row, sort.id_member)
    if found is None:
        raise InvalidInput(f"{sort.what}: the vendor gives it no id. Nothing was changed.")
    return Named(id=found, name=text(row, *sort.names) or found, row=row)


def _of_list(client: ApiClient, name: str, list_id: int) -> Callable[[], Awaitable[Sequence[Json]]]:
    async def rows() -> list[Json]:
        try:
            return [row async for row in every(client, name, path={"list_id": list_id})]
        except NotFound as error:
            raise no_such_list(list_id) from error

    return rows
