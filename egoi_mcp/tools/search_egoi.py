"""Searching E-goi's contacts: in every list, in one, or in a segment of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput, NotFound
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text
from egoi_mcp.phones import parse_phone
from egoi_mcp.tools.contact_hits import Hits, Question, offset_after, offset_in, together
from egoi_mcp.tools.contact_shapes import egoi_summary, person_key, same_person_keys
from egoi_mcp.tools.contacts import find_egoi_contact
from egoi_mcp.tools.egoi_filters import Filters, list_filters, segment_filters
from egoi_mcp.tools.names import find_list_id, find_segment
from egoi_mcp.tools.paging import not_ours
from egoi_mcp.tools.vendor import of_list, read

_MOST_ENRICHED = 5
_EVERYWHERE = frozenset({"email", "cellphone", "phone"})


async def search_egoi(client: ApiClient, question: Question) -> Hits:
    """The contacts that the question means.

    Raises:
        InvalidInput: E-goi cannot be asked that, or a name in it does not decide.
    """
    question.refuse("E-goi", "role")
    if question.list_id is None:
        if question.segment is not None:
            raise InvalidInput("segment: goes with list_id, the list that it is of. Nothing was changed.")
        return await _everywhere(client, question)
    list_id = await find_list_id(client, question.list_id)
    if question.segment is not None:
        return await _in_segment(client, list_id, question.segment, question)
    return await _in_list(client, list_id, question)


async def _everywhere(client: ApiClient, question: Question) -> Hits:
    """Every list at once: the vendor answers ids, and the first few are read for what a person needs.

    Source: E-goi v3, `searchContacts`.
    """
    kinds, wanted = _address(question)
    found: list[Json] = []
    for kind in kinds:
        found = list(objects(await _or_nothing(client, {"type": kind, "contact": wanted})))
        if found:
            break
    offset = offset_in(question.position)
    page = found[offset : offset + question.limit]
    whole = await together([partial(_whole, client, row) for row in page[:_MOST_ENRICHED]])
    unread: list[Json] = [{} for _ in page[_MOST_ENRICHED:]]
    rows = [*whole, *unread]
    contacts = [
        egoi_summary(row, number(hit, "list_id"), question.wanted, contact_id=text(hit, "contact_id") or "-")
        for hit, row in zip(page, rows, strict=True)
    ]
    # What was looked for is theirs, also where nothing more was read of them.
    own = frozenset({key}) if (key := person_key(wanted)) else frozenset[str]()
    note = "Searched every list; for a name, give list_id too." if not page else None
    if len(page) > _MOST_ENRICHED:
        note = f"Only the first {_MOST_ENRICHED} were read in full; get_contact reads the others."
    return Hits(
        contacts=tuple(contacts),
        keys=tuple(own | same_person_keys(row, "egoi") for row in rows),
        after=offset_after(offset, len(page), total=len(found), limit=question.limit),
        total=len(found),
        note=note,
    )


async def _whole(client: ApiClient, hit: Json) -> Json:
    list_id = number(hit, "list_id")
    if list_id is None:
        return {}
    return await find_egoi_contact(client, list_id, text(hit, "contact_id") or "-") or {}


async def _or_nothing(client: ApiClient, query: dict[str, str | int | bool]) -> JsonValue:
    """The search's answer; that nobody is found may come as a 404."""
    try:
        return await read(client, "egoi", "searchContacts", query=query)
    except NotFound:
        return []


def _address(question: Question) -> tuple[tuple[str, ...], str]:
    """How E-goi searches for this across lists: which types, and in which form."""
    filters = question.filters
    if len(filters) == 1 and question.query is None and (kind := next(iter(filters))) in _EVERYWHERE:
        value = str(filters[kind])
        return (kind,), value if kind == "email" else parse_phone(value, label=f"filters.{kind}").egoi
    if filters:
        raise InvalidInput(
            "filters: across all lists E-goi takes one of email, cellphone and phone, without a query. Add "
            "list_id for the others (list_audiences, kind lists, gives it). Nothing was changed."
        )
    if question.query is None:
        raise InvalidInput("query: is required, or list_id to list a whole list (list_audiences gives it).")
    if "@" in question.query:
        return ("email",), question.query
    try:
        return ("cellphone", "phone"), parse_phone(question.query, label="query").egoi
    except InvalidInput as error:
        raise InvalidInput(
            "query: across all lists only a whole e-mail address or a phone number with its country code is "
            "found. For a name, add list_id (list_audiences, kind lists, gives it)."
        ) from error


async def _in_segment(client: ApiClient, list_id: int, segment: str, question: Question) -> Hits:
    """Source: E-goi v3, `getAllContactsBySegment`."""
    if question.query is not None:
        raise InvalidInput("query: E-goi cannot search inside a segment. Leave one out. Nothing was changed.")
    filters = segment_filters(question.filters)
    found = await find_segment(client, list_id, segment)
    offset = offset_in(question.position)
    window: dict[str, str | int | bool] = {**filters, "offset": offset, "limit": question.limit}
    path: dict[str, str | int] = {"list_id": list_id, "segment_id": found.id}
    answer = await read(client, "egoi", "getAllContactsBySegment", path=path, query=window)
    return _hits(answer, list_id, question, offset)


async def _in_list(client: ApiClient, list_id: int, question: Question) -> Hits:
    """The attempts in turn; the first that finds somebody counts, and a position goes on with it.

    Source: E-goi v3, `getAllContacts`.
    """
    filters = await list_filters(client, list_id, question.filters)
    attempts = _attempts(question.query)
    offset, first = _offset_and_attempt(question.position, len(attempts))
    answer: JsonValue = []
    chosen = first
    for chosen in range(first, len(attempts) if question.position is None else first + 1):
        window = {**attempts[chosen], **filters.query, "offset": offset, "limit": question.limit}
        answer = await of_list(client, "getAllContacts", list_id, window)
        if any(objects(answer)):
            break
    filters.check(list(objects(answer)))
    hits = _hits(answer, list_id, question, offset)
    note = _compares(question, filters) if not hits.contacts else None

    def after(shown: int) -> JsonValue:
        position = hits.after(shown)
        return None if position is None else [position, chosen]

    return Hits(contacts=hits.contacts, keys=hits.keys, after=after, total=hits.total, note=note)


def _compares(question: Question, filters: Filters) -> str | None:
    if question.query:
        return "E-goi compares whole values: a whole first or last name."
    return "E-goi compares whole values." if filters.query else None


def _hits(answer: JsonValue, list_id: int, question: Question, offset: int) -> Hits:
    rows, total = list(objects(answer)), number(mapping(answer), "total_items")
    return Hits(
        contacts=tuple(egoi_summary(row, list_id, question.wanted) for row in rows),
        keys=tuple(same_person_keys(row, "egoi") for row in rows),
        after=offset_after(offset, len(rows), total=total, limit=question.limit),
        total=total,
    )


def _attempts(query: str | None) -> Sequence[Mapping[str, str]]:
    """The filters to try in turn, the likeliest first."""
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


def _offset_and_attempt(position: JsonValue, attempts: int) -> tuple[int, int]:
    if position is None:
        return 0, 0
    if not isinstance(position, list) or len(position) != 2:
        raise not_ours()
    attempt = offset_in(position[1])
    if attempt >= attempts:
        raise not_ours()
    return offset_in(position[0]), attempt
