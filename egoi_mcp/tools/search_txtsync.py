"""Searching TxtSync's contacts: by name, number or external reference."""

from __future__ import annotations

from contextlib import suppress

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.vendor_json import Json, objects
from egoi_mcp.phones import parse_phone
from egoi_mcp.tools.contact_hits import Hits, Question, offset_after, offset_in
from egoi_mcp.tools.contact_shapes import same_person_keys, txtsync_summary
from egoi_mcp.tools.vendor import read

_PARAMETERS = ("search", "searchNumber")


async def search_txtsync(client: ApiClient, question: Question) -> Hits:
    """The contacts that the question means; TxtSync gives them all at once, and pages are cut here.

    Source: TxtSync connector, `SearchContact`.

    Raises:
        InvalidInput: TxtSync cannot be asked that.
    """
    question.refuse("TxtSync", "list_id", "segment", "role")
    found: list[Json] = []
    for asked in _attempts(question):
        found = list(objects(await read(client, "txtsync", "SearchContact", query=asked)))
        if found:
            break
    offset = offset_in(question.position)
    page = found[offset : offset + question.limit]
    return Hits(
        contacts=tuple(txtsync_summary(row, question.wanted) for row in page),
        keys=tuple(same_person_keys(row, "txtsync") for row in page),
        after=offset_after(offset, len(page), total=len(found), limit=question.limit),
        total=len(found),
    )


def _attempts(question: Question) -> list[dict[str, str | int | bool]]:
    """What to ask in turn; the first that finds somebody counts."""
    if question.filters:
        return [_filters(question)]
    if question.query is None:
        raise InvalidInput("query: is required for TxtSync: a name, a number or an external reference.")
    attempts: list[dict[str, str | int | bool]] = [{"search": question.query}]
    with suppress(InvalidInput):
        attempts.insert(0, {"searchNumber": parse_phone(question.query, label="query").e164})
    return attempts


def _filters(question: Question) -> dict[str, str | int | bool]:
    given = {
        name: str(value) for name, value in question.filters.items() if name in _PARAMETERS and str(value)
    }
    if len(given) < len(question.filters) or question.query is not None:
        raise InvalidInput(
            "filters: TxtSync takes search (a name, a number or an external reference) and searchNumber, "
            "without a query. Nothing was changed."
        )
    return dict(given)
