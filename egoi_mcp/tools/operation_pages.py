"""One way of paging over the vendors' four: offsets, cursors, page numbers and scrolls.

A place in a list is what the vendor calls the page (an offset, its cursor, a number; nothing for the first)
and how many rows of that page have been shown, as an answer may hold fewer than the vendor gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from egoi_mcp.api.catalog import JsonValue, Operation, Parameter
from egoi_mcp.api.details import Paging, details
from egoi_mcp.models.vendor_json import mapping, number

_BESIDE_ROWS = frozenset({"pages", "_links", "links", "meta"})
_TOTALS = ("total_items", "total_count", "total")
# Parameters that say how many rows a page has; of one that sets no bounds the lowest documented ones.
_SIZES = ("limit", "per_page")
_MOST_A_PAGE = 50
_LAST_PAGE = 2**31 - 1
# What the parameter is called that says which page; an operation has one of them.
_PAGES: Mapping[str, tuple[str, ...]] = {
    "cursor": ("starting_after", "cursor"),
    "page": ("page",),
    "scroll": ("scroll_param",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an answer begins: the vendor's page, and how many of its rows are behind."""

    page: str | int | None = None
    skip: int = 0

    @classmethod
    def read(cls, position: JsonValue, paging: Paging) -> Place | None:
        """The place that a cursor held; None where it is no such thing, or none of an operation paged so."""
        if position is None:
            return cls()
        match position:
            case [str() | int() | None as page, int() as skip] if skip >= 0 and not isinstance(skip, bool):
                return cls(page=page, skip=skip) if _leads_on(page, paging) else None
            case _:
                return None

    def packed(self) -> JsonValue:
        """What a cursor holds of it."""
        return [self.page, self.skip]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Query and body of one page."""

    query: dict[str, Any]
    body: Any


def asked(entry: Operation, query: Mapping[str, Any], body: object, place: Place, limit: int) -> Asked:
    """What to ask the vendor for, so that the page at `place` comes, of about `limit` rows.

    What the caller set of it stands.
    """
    own = {p.name: p for p in entry.parameters if p.location == "query"}
    wanted: dict[str, Any] = dict(query)
    for name in _SIZES:
        if name in own and name not in wanted:
            wanted[name] = _within(own[name], limit)
    paging = details(entry).paging
    if paging == "offset":
        wanted["offset"] = place.page if place.page is not None else wanted.get("offset", 0)
    elif paging == "cursor" and entry.has_body:
        return Asked(query=wanted, body=_paged_body(body, place, limit))
    elif paging == "page" and entry.has_body and place.page is not None:
        return Asked(query=wanted, body={**mapping(body), "page": place.page})
    elif place.page is not None:
        wanted |= {each: place.page for each in _PAGES.get(paging, ()) if each in own}
    return Asked(query=wanted, body=body)


def _within(parameter: Parameter, limit: int) -> int:
    most = parameter.maximum if parameter.maximum is not None else _MOST_A_PAGE
    return max(parameter.minimum or 1, min(limit, most))


def _paged_body(body: object, place: Place, limit: int) -> object:
    given = dict(mapping(body))
    pagination = {"per_page": limit, **mapping(given.get("pagination"))}
    pagination |= {"starting_after": place.page} if place.page is not None else {}
    return {**given, "pagination": pagination}


def rows_of(data: JsonValue) -> Sequence[JsonValue] | None:
    """The rows of an answer that is a list; None where it is not one.

    Beside its one array a list's answer says only plain things: totals, the kind, where the next page is.
    """
    if isinstance(data, Sequence) and not isinstance(data, str):
        return data
    if not isinstance(data, Mapping):
        return None
    arrays = [name for name, each in data.items() if isinstance(each, Sequence) and not isinstance(each, str)]
    others = (each for name, each in data.items() if name not in {*arrays, *_BESIDE_ROWS})
    if len(arrays) != 1 or any(isinstance(each, Mapping) for each in others):
        return None
    rows = cast("Sequence[JsonValue]", data[arrays[0]])
    if not rows:
        is_list = len(data) == 1 or any(name in data for name in (*_TOTALS, *_BESIDE_ROWS))
    else:
        # An object with one list of words among its members is still one thing.
        is_list = all(isinstance(each, Mapping) for each in rows)
    return rows if is_list else None


def total_of(data: JsonValue) -> int | None:
    """How many rows there are in all, where the vendor says so."""
    found = (number(mapping(data), name) for name in _TOTALS)
    return next((each for each in found if each is not None), None)


def next_page(
    entry: Operation, sent: Asked, data: JsonValue, rows: Sequence[JsonValue], place: Place
) -> str | int | None:
    """What the vendor calls the page after this one; None after the last."""
    paging = details(entry).paging
    said = mapping(data)
    if paging == "none" or not rows:
        return None
    if paging == "offset":
        ends = int(sent.query["offset"]) + len(rows)
        total = total_of(data)
        more = len(rows) >= int(sent.query.get("limit", len(rows))) if total is None else ends < total
        return ends if more else None
    if paging == "scroll":
        return _plain(said.get("scroll_param"))
    pages = mapping(said.get("pages"))
    if paging == "cursor":
        after = mapping(pages.get("next"))
        found = (
            after.get("starting_after"),
            after.get("cursor"),
            said.get("next_cursor"),
            said.get("cursor"),
        )
        return next((each for each in map(_plain, found) if each is not None), None)
    current = number(pages, "page") or number(said, "page") or int(place.page or 1)
    last = number(pages, "total_pages") or number(said, "total_pages")
    more = pages.get("next") is not None if last is None else current < last
    return current + 1 if more else None


def _leads_on(page: str | int | None, paging: Paging) -> bool:
    """Whether a vendor that pages so may have called a page that."""
    if page is None:
        return True
    if isinstance(page, str):
        return paging in {"cursor", "scroll"} and page != "" and page.isprintable()
    return paging != "none" and not isinstance(page, bool) and 0 <= page <= _LAST_PAGE


def _plain(value: object) -> str | int | None:
    return value if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
