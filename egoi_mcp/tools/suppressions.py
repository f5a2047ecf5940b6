"""E-goi's suppression list: the addresses, numbers and domains that nothing is sent to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.models.suppressions import Suppressed, SuppressionPage
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text
from egoi_mcp.phones import parse_phone
from egoi_mcp.pii import Pii, show_email, show_name, show_phone
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_ids import MOST_SHOWN, counted, distinct, first_of
from egoi_mcp.tools.paging import offset_of, page_of
from egoi_mcp.tools.refusals import a_number
from egoi_mcp.tools.vendor import Ctx, account_label, app_of, read

Kind = Literal["email", "email_domain", "email_user", "cellphone", "phone"]
Method = Literal["unsubscribe", "bounce", "manual", "other", "forgotten"]
_PHONES = frozenset({"cellphone", "phone"})
_MOST_REMOVED = 20

Value = Annotated[str, Field(min_length=1, max_length=254)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="As 2026-03-01")]


async def list_suppressed(
    ctx: Ctx,
    *,
    type: Kind | None = None,
    method: Annotated[Method, Field(description="How it came there")] | None = None,
    value: Value | None = None,
    campaign: p.CampaignHash | None = None,
    since: Day | None = None,
    until: Day | None = None,
    limit: p.Limit = p.DEFAULT_LIMIT,
    cursor: p.Cursor | None = None,
) -> SuppressionPage:
    """List E-goi's suppression list, newest first: the addresses and numbers that nothing is sent to."""
    app = app_of(ctx)
    asked: dict[str, str | int | bool | None] = {
        "type": type,
        "method": method,
        "value": value if value is None or type is None else _wire(type, value),
        "campaign_hash": campaign,
        "created_min": None if since is None else f"{since} 00:00:00",
        "created_max": None if until is None else f"{until} 23:59:59",
    }
    query = {name: each for name, each in asked.items() if each is not None}
    scope = tuple(query.items())
    offset = offset_of(cursor, scope)
    window: dict[str, str | int | bool] = {**query, "offset": offset, "limit": limit}
    answer = await read(
        app.client("egoi"),
        "egoi",
        "getAllSuppressionList",
        query={**window, "order": "desc", "order_by": "id"},
    )
    total = number(mapping(answer), "total_items")
    rows = [_entry(row, app.settings.pii) for row in objects(answer)]
    shown, after = page_of(rows, scope, offset, total=total, limit=limit)
    return SuppressionPage(entries=shown, total=total, next_cursor=after)


async def manage_suppression(
    ctx: Ctx,
    *,
    do: Literal["add", "remove"],
    type: Annotated[Kind, Field(description="email_domain and email_user: the part behind and before the @")],
    values: Annotated[list[Value], Field(min_length=1, max_length=1000)],
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Put values on E-goi's suppression list, so that nothing is sent to them, or take manual entries off it,
    at most 20 at once. A person approves first.
    """
    app = app_of(ctx)
    client = app.client("egoi")
    wanted = distinct("values", (_wire(type, each) for each in values))
    if do == "add":
        create = operation("egoi", "createSuppressionList")
        requests: tuple[Request, ...] = (
            Request(operation=create, body={"type": type, "value": list(wanted)}),
        )
        warning = "nothing is sent to them any more, from any list, orders and codes included"
    else:
        requests = await _removals(client, type, wanted)
        warning = "they may be sent messages again; who asked not to be must not be taken off"
    people = type in {"email", *_PHONES}
    plan = Plan(
        connection=client.connection.name,
        requests=requests,
        # Of a domain or a name before the @ nobody can tell how many people it is.
        recipients=len(wanted) if people else None,
        preview=Preview(
            title=f"{'Put' if do == 'add' else 'Take'} {counted(len(wanted), type.replace('_', ' '))} "
            f"{'on' if do == 'add' else 'off'} the suppression list",
            account=await account_label(client, "egoi"),
            recipients=len(wanted) if people else None,
            to=tuple(_shown(type, each) for each in wanted[:MOST_SHOWN]) if people else (),
            facts={"domains": first_of(wanted)} if type == "email_domain" else {},
            personal={"names": first_of(wanted)} if type == "email_user" else {},
            warnings=(warning,),
            undo=undo_words(requests[0].operation),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


async def _removals(client: ApiClient, kind: Kind, wanted: Sequence[str]) -> tuple[Request, ...]:
    """A deletion for each value's entry.

    Raises:
        InvalidInput: a value is not on the list, or not by hand, or they are too many.

    Source: E-goi v3, `getAllSuppressionList` and `deleteSuppressionList`, which takes manual entries alone.
    """
    if len(wanted) > _MOST_REMOVED:
        raise InvalidInput(f"values: at most {_MOST_REMOVED} are taken off at once. Nothing was changed.")
    delete = operation("egoi", "deleteSuppressionList")
    found: list[Request] = []
    for place, each in enumerate(wanted):
        query: dict[str, str | int | bool] = {"type": kind, "value": each, "limit": 100}
        rows = objects(await read(client, "egoi", "getAllSuppressionList", query=query))
        # Whether the vendor's filter compares whole values is not documented.
        same = [row for row in rows if (text(row, "value") or "").casefold() == each.casefold()]
        if not same:
            raise InvalidInput(f"values[{place}]: is not on the suppression list. Nothing was changed.")
        if (method := text(same[0], "method")) not in {None, "manual"}:
            raise InvalidInput(
                f"values[{place}]: is there by {method}, and E-goi takes only manual entries off. Nothing "
                "was changed."
            )
        found.append(Request(operation=delete, path={"suppression_id": number(same[0], "id") or 0}))
    return tuple(found)


def _wire(kind: Kind, value: str) -> str:
    """A value in the form that E-goi keeps.

    Raises:
        InvalidInput: it is no value of this kind.
    """
    said = value.strip()
    if kind in _PHONES:
        return a_number(said, label="values").egoi
    if any(each.isspace() for each in said) or said.count("@") != (1 if kind == "email" else 0) or not said:
        form = "one address" if kind == "email" else "written without the @"
        raise InvalidInput(f"values: a value of type {kind} is {form}. Nothing was changed.")
    return said


def _shown(kind: str | None, value: str) -> str:
    """A value as people read it."""
    if kind not in _PHONES:
        return value
    try:
        return parse_phone(value).e164
    except InvalidInput:
        return value


def _entry(row: Json, pii: Pii) -> Suppressed:
    kind, value = text(row, "type"), text(row, "value")
    shown = None if value is None else _shown(kind, value)
    if kind in _PHONES:
        shown = show_phone(shown, pii)
    elif kind == "email":
        shown = show_email(shown, pii)
    elif kind != "email_domain":
        shown = show_name(shown, pii)
    created = text(row, "created")
    return Suppressed(
        id=text(row, "id") or "-",
        type=kind,
        value=shown,
        method=text(row, "method"),
        created=None if created is None else created.replace(" ", "T", 1),
        campaign=text(row, "campaign_hash"),
    )
