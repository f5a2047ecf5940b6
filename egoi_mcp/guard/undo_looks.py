"""What has to be looked up at the vendor before something can be undone; nothing here changes anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from egoi_mcp.api.catalog import Api, JsonValue, Request, operation
from egoi_mcp.errors import NotFound
from egoi_mcp.guard.receipts import NUMBER
from egoi_mcp.guard.reversals import Done, Look
from egoi_mcp.guard.witnesses import look as witness
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text, texts
from egoi_mcp.plain_text import clean

if TYPE_CHECKING:
    from egoi_mcp.api.client import ApiClient

MOST_LOOKED_AT = 50
"""The most contacts that are looked at one by one: each is a call."""
_PAGE, _MOST_PAGES = 1000, 10
_MOST_SHOWN = 20
_CLOCK_SKEW_SECONDS = 60.0
"""How far the vendor's clock may be behind; an entry that is older was there before."""
_VENDOR_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a look found of what a step did.

    `ids` are what is still to be undone; where there are none, `nothing` says why. `running` are the numbers
    of the queue that could go out meanwhile, `campaigns` whose sends they are, `at` when the first of them
    starts (seconds since the epoch), `facts` and `warnings` what a person should know, `personal` what only
    whoever approves sees.
    """

    ids: tuple[str, ...] = ()
    nothing: str = ""
    running: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    at: float | None = None
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    personal: Mapping[str, str] = field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()


async def look(kind: Look, client: ApiClient, done: Done, zone: str | None) -> Found:
    """What there is left to undo; `zone` is the account's time zone, where the owner named it.

    Raises:
        ApiError: the vendor could not be asked, which says nothing.
    """
    return await _LOOKS[kind](client, done, zone)


async def _queue(client: ApiClient, done: Done, zone: str | None) -> Found:
    """What is queued of a campaign.

    Source: E-goi v3, `getAllOperations`.
    """
    campaign = str(done.request.path["campaign_hash"])
    rows = [row async for row in _operations(client) if _campaign(row) == campaign]
    if rows:
        return _queued(rows, zone)
    status = (await witness(client, "campaign", campaign)).seen.get("status") or "of unknown status"
    return Found(nothing=f"the campaign {campaign} is not in E-goi's queue (it is {status})")


async def _paused(client: ApiClient, done: Done, zone: str | None) -> Found:
    """What is still paused of what was paused.

    Source: E-goi v3, `getAllOperations`.
    """
    rows = [row async for row in _operations(client) if text(row, "operation_id") in done.ids]
    paused = [row for row in rows if text(row, "status") == "paused"]
    if paused:
        return _queued(paused, zone)
    why = "is not paused any more" if rows else "is not in E-goi's queue any more"
    return Found(nothing=f"what was paused {why}")


def _queued(rows: list[Json], zone: str | None) -> Found:
    starts = [_epoch(text(row, "start_date"), zone) for row in rows]
    known = [start for start in starts if start is not None]
    return Found(
        ids=tuple(text(row, "operation_id") or "" for row in rows),
        running=tuple(text(row, "operation_id") or "" for row in rows if text(row, "status") != "paused"),
        campaigns=tuple(dict.fromkeys(each for each in map(_campaign, rows) if each)),
        at=min(known) if known else None,
        facts={"in E-goi's queue": "; ".join(_said(row) for row in rows)},
    )


def _said(row: Json) -> str:
    named = text(mapping(row.get("operation_data")), "internal_name")
    words = [f"{text(row, 'type')} {text(row, 'operation_id')}", text(row, "status") or ""]
    words += [f"starts {text(row, 'start_date')} in the account's time"]
    return clean(", ".join([*words, *([named] if named else [])]), 200)


def _campaign(row: Json) -> str:
    return text(mapping(row.get("operation_data")), "campaign_hash") or ""


async def _operations(client: ApiClient) -> AsyncIterator[Json]:
    """The whole queue, the newest first."""
    query = {"order": "desc", "order_by": "operation_id"}
    async for row in _every(client, "getAllOperations", query):
        if NUMBER.fullmatch(text(row, "operation_id") or ""):
            yield row


async def _suppressions(client: ApiClient, done: Done, zone: str | None) -> Found:
    """The manual entries of the request's values that are not older than the request.

    Source: E-goi v3, `getAllSuppressionList`.
    """
    if zone is None or done.at is None:
        return Found(nothing="which entries were there before cannot be told without EGOI_ACCOUNT_TIMEZONE")
    body = mapping(done.request.body)
    since = datetime.fromtimestamp(done.at - _CLOCK_SKEW_SECONDS, ZoneInfo(zone)).strftime(_VENDOR_TIME)
    wanted = {value.casefold() for value in texts(body, "value")}
    query = {"type": text(body, "type") or "", "method": "manual", "created_min": since}
    rows = [
        row
        async for row in _every(client, "getAllSuppressionList", query)
        if (text(row, "value") or "").casefold() in wanted
        and (text(row, "created") or "") >= since
        and NUMBER.fullmatch(text(row, "id") or "")
    ]
    if not rows:
        return Found(nothing="the suppression list holds none of its entries that was not there before")
    older = len(wanted) - len(rows)
    return Found(
        ids=tuple(text(row, "id") or "" for row in rows),
        personal={"entries": ", ".join(text(row, "value") or "" for row in rows[:_MOST_SHOWN])},
        warnings=(f"{older} of the values were there before and stay",) if older > 0 else (),
    )


async def _scheduled(client: ApiClient, done: Done, _zone: str | None) -> Found:
    """The messages that E-goi has not sent yet.

    Source: E-goi transactional v2, `listAllSmsMessages`.
    """
    rows = objects(await _read(client, "transactional", "listAllSmsMessages", {"status": "scheduled"}))
    waiting = {text(row, "messageId") for row in rows}
    left = tuple(each for each in done.ids if each in waiting)
    return Found(ids=left, nothing="" if left else "none of its messages waits at E-goi any more")


async def _contacts(client: ApiClient, done: Done, _zone: str | None) -> Found:
    """The contacts that are still as the request unsubscribed them: none who opted out again by themselves.

    Source: E-goi v3, `getContact`.
    """
    if len(done.ids) > MOST_LOOKED_AT:
        return Found(
            ids=done.ids,
            warnings=("they were not looked at again: whoever opted out since is resubscribed too",),
        )
    methods = {
        (text(each, "contact_id") or "").casefold(): text(each, "unsubscription_method")
        for each in objects(done.request.body, "data")
    }
    left = [each for each in done.ids if await _is_as_left(client, done, each, methods.get(each.casefold()))]
    changed = len(done.ids) - len(left)
    return Found(
        ids=tuple(left),
        nothing="" if left else "none of them is unsubscribed as it left them",
        warnings=(f"{changed} are no longer as it left them and are not touched",) if changed else (),
    )


async def _is_as_left(client: ApiClient, done: Done, contact: str, method: str | None) -> bool:
    path = {"list_id": done.request.path["list_id"], "contact_id": contact}
    request = Request(operation=operation("egoi", "getContact"), path=path)
    try:
        base = mapping(mapping((await client.execute(request)).data).get("base"))
    except NotFound:
        return False
    said = text(base, "unsubscription_method")
    # Where the request named no method the vendor writes one of these; people use a link or a form.
    ours = {method} if method is not None else {"manual", "api"}
    return text(base, "status") == "removed" and (said is None or said in ours)


async def _draft(client: ApiClient, done: Done, _zone: str | None) -> Found:
    """The campaign that was made, while it is a draft.

    Source: E-goi v3, `getAllCampaigns`.
    """
    if not done.ids:
        return Found(nothing="the vendor did not say which campaign it made")
    status = (await witness(client, "campaign", done.ids[0])).seen.get("status")
    if status == "draft":
        return Found(ids=done.ids[:1])
    return Found(nothing=f"the campaign is no draft any more but {status}; a send of it is undone by itself")


async def _new_list(client: ApiClient, done: Done, _zone: str | None) -> Found:
    """The list that was made, while nobody is in it.

    Source: E-goi v3, `getList`.
    """
    if len(done.ids) != 1 or not NUMBER.fullmatch(done.ids[0]):
        return Found(nothing="the vendor did not say which list it made")
    request = Request(operation=operation("egoi", "getList"), path={"list_id": int(done.ids[0])})
    try:
        shown = mapping((await client.execute(request)).data)
    except NotFound:
        return Found(nothing="the list is gone already")
    held = number(mapping(shown.get("stats")), "total_contacts")
    if held == 0:
        return Found(ids=done.ids)
    if held is None:
        return Found(
            nothing="how many contacts the list holds by now is not told; a person deletes it at E-goi"
        )
    return Found(nothing=f"the list is not empty any more (contacts: {held}); a person deletes it at E-goi")


def _epoch(vendor_time: str | None, zone: str | None) -> float | None:
    """A time of the account in seconds since the epoch; None where it, or the zone, is not known."""
    if vendor_time is None or zone is None:
        return None
    try:
        return datetime.strptime(vendor_time, _VENDOR_TIME).replace(tzinfo=ZoneInfo(zone)).timestamp()
    except ValueError:
        return None


async def _every(client: ApiClient, name: str, query: Mapping[str, str]) -> AsyncIterator[Json]:
    """Every row of an E-goi list, up to 10,000."""
    for page in range(_MOST_PAGES):
        rows = list(
            objects(await _read(client, "egoi", name, {**query, "offset": page * _PAGE, "limit": _PAGE}))
        )
        for row in rows:
            yield row
        if len(rows) < _PAGE:
            return


async def _read(client: ApiClient, api: Api, name: str, query: Mapping[str, str | int]) -> JsonValue:
    return (await client.execute(Request(operation=operation(api, name), query=query))).data


_Look: TypeAlias = "Callable[[ApiClient, Done, str | None], Awaitable[Found]]"
_LOOKS: Mapping[Look, _Look] = {
    "queue": _queue,
    "paused": _paused,
    "suppressions": _suppressions,
    "scheduled messages": _scheduled,
    "contacts": _contacts,
    "draft": _draft,
    "new list": _new_list,
}
