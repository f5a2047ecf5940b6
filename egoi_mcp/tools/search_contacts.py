"""Finding contacts, at one vendor or at all of them at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.client import ApiClient
from egoi_mcp.app import App
from egoi_mcp.errors import ApiError, EgoiMcpError, InvalidInput
from egoi_mcp.models.contacts import ContactPage, ContactSummary, VendorPart
from egoi_mcp.settings import Provider
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_hits import Hits, Question, together
from egoi_mcp.tools.contact_members import wanted
from egoi_mcp.tools.paging import MOST_TOKENS, cursor_to, not_ours, position_of, rows_that_fit
from egoi_mcp.tools.search_egoi import search_egoi
from egoi_mcp.tools.search_intercom import search_intercom
from egoi_mcp.tools.search_txtsync import search_txtsync
from egoi_mcp.tools.vendor import Ctx, app_of

Search: TypeAlias = Callable[[ApiClient, Question], Awaitable[Hits]]
_SEARCHES: Mapping[Provider, Search] = {
    "egoi": search_egoi,
    "txtsync": search_txtsync,
    "intercom": search_intercom,
}
_AT_ONE: Mapping[str, str] = {
    "list_id": "E-goi",
    "segment": "E-goi",
    "role": "Intercom",
    "filters": "one vendor",
}


async def search_contacts(
    ctx: Ctx,
    *,
    query: p.ContactQuery | None = None,
    provider: Annotated[
        Literal["egoi", "txtsync", "intercom", "all"],
        Field(description="all: asks every account, marks same people"),
    ] = "egoi",
    list_id: p.ListRef | None = None,
    segment: Annotated[
        str, Field(min_length=1, max_length=255, description="Segment id or name, with list_id")
    ]
    | None = None,
    role: Annotated[Literal["user", "lead"], Field(description="Intercom")] | None = None,
    filters: Annotated[
        dict[str, Any],
        Field(
            description=(
                "E-goi, with list_id: {field id or name: value}. Intercom: {member or tag: value, or "
                "{operator: value}}"
            )
        ),
    ]
    | None = None,
    limit: p.Limit = p.DEFAULT_LIMIT,
    cursor: p.Cursor | None = None,
    detail: p.Detail = "summary",
    fields: p.Fields | None = None,
) -> ContactPage:
    """Find contacts. E-goi: an e-mail or number is looked up across all lists; names, filters and segments
    need list_id, which alone lists its contacts. TxtSync: by name, number or external reference. Intercom:
    by e-mail, number, part of a name or own id; role alone lists leads or users.
    """
    app = app_of(ctx)
    asked = " ".join(query.split()) or None if query is not None else None
    scope = (provider, asked, list_id, segment, role, filters)
    position = position_of(cursor, scope)
    providers = _configured(app) if provider == "all" else (provider,)
    question = Question(
        query=asked,
        wanted=wanted(app.settings.pii, detail, fields, providers),
        limit=limit,
        list_id=list_id,
        segment=segment,
        filters=filters or {},
        role=role,
    )
    if provider == "all":
        return await _of_all(app, providers, question, position, scope)
    hits = await _SEARCHES[provider](app.client(provider), replace(question, position=position))
    shared = None if list_id is None or not hits.contacts else hits.contacts[0].list_id
    shown = _marked([hits], rows_that_fit([each.as_row(list_id=shared) for each in hits.contacts]))
    after = hits.after(len(shown))
    return ContactPage(
        provider=provider,
        list_id=shared,
        contacts=shown,
        total=hits.total,
        next_cursor=None if after is None or not shown else cursor_to(after, scope),
        note=hits.note,
    )


def _configured(app: App) -> tuple[Provider, ...]:
    held = {connection.provider for connection in app.settings.connections}
    return tuple(provider for provider in _SEARCHES if provider in held)


async def _of_all(
    app: App,
    providers: Sequence[Provider],
    question: Question,
    position: JsonValue,
    scope: tuple[object, ...],
) -> ContactPage:
    """Every vendor's page beside the others'; one that fails is told and costs nobody else's rows.

    A position is each vendor's own, by name; a vendor that is not in it has no more.
    """
    for name, whose in _AT_ONE.items():
        if getattr(question, name):
            raise InvalidInput(
                f"{name}: is for {whose}. Leave it out with provider=all. Nothing was changed."
            )
    if question.query is None:
        raise InvalidInput("query: is required with provider=all. Nothing was changed.")
    places = dict.fromkeys(map(str, providers)) if position is None else position
    positions: Mapping[str, JsonValue] = places if isinstance(places, Mapping) else {}
    left: list[Provider] = [each for each in providers if str(each) in positions]
    if not left:
        raise not_ours()
    calls = [partial(_or_why_not, app, each, replace(question, position=positions[each])) for each in left]
    answers = dict(zip(left, await together(calls), strict=True))
    failed = {provider: found for provider, found in answers.items() if isinstance(found, EgoiMcpError)}
    found = {provider: hits for provider, hits in answers.items() if isinstance(hits, Hits)}
    if not found:
        raise (
            next(iter(failed.values())) if len(failed) == 1 else ExceptionGroup("all", list(failed.values()))
        )
    share = MOST_TOKENS // len(found)
    rows = {
        provider: rows_that_fit([each.as_row(one_provider=False) for each in hits.contacts], share)
        for provider, hits in found.items()
    }
    after: dict[str, JsonValue] = {
        provider: place
        for provider, hits in found.items()
        if rows[provider] and (place := hits.after(len(rows[provider]))) is not None
    }
    if after:
        # Who could not be reached is asked again with the next page; who cannot be asked that is not.
        after |= {each: positions[each] for each, error in failed.items() if isinstance(error, ApiError)}
    return ContactPage(
        provider="all",
        contacts=_marked(
            [replace(hits, keys=hits.keys[: len(rows[provider])]) for provider, hits in found.items()],
            [row for shown in rows.values() for row in shown],
        ),
        vendors=tuple(_part(provider, answers[provider], rows.get(provider, ())) for provider in left),
        next_cursor=cursor_to(after, scope) if after else None,
    )


async def _or_why_not(app: App, provider: Provider, question: Question) -> Hits | EgoiMcpError:
    try:
        return await _SEARCHES[provider](app.client(provider), question)
    except EgoiMcpError as error:
        return error


def _part(provider: Provider, answer: Hits | EgoiMcpError, shown: Sequence[ContactSummary]) -> VendorPart:
    if isinstance(answer, EgoiMcpError):
        return VendorPart(provider=provider, error=str(answer))
    return VendorPart(provider=provider, shown=len(shown), total=answer.total)


def _marked(hits: Sequence[Hits], shown: Sequence[ContactSummary]) -> tuple[ContactSummary, ...]:
    """The rows, those that share an address or a number with another under one number."""
    keys = [key for each in hits for key in each.keys][: len(shown)]
    groups = same_people(keys)
    return tuple(
        row if group is None else row.model_copy(update={"person": group})
        for row, group in zip(shown, groups, strict=True)
    )


def same_people(keys: Sequence[frozenset[str]]) -> list[int | None]:
    """For each row the number of the person it is, counted from 1; None for whom no other row is.

    Rows are the same person where they share a key, and where a third shares one with each.
    """
    parent = list(range(len(keys)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    holder: dict[str, int] = {}
    for place, held in enumerate(keys):
        for key in held:
            first = holder.setdefault(key, place)
            low, high = sorted((root(first), root(place)))
            parent[high] = low
    roots = [root(place) for place in range(len(keys))]
    numbers: dict[int, int] = {}
    return [numbers.setdefault(each, len(numbers) + 1) if roots.count(each) > 1 else None for each in roots]
