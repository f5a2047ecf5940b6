"""Listing, creating and sending campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.campaigns import CampaignPage, CampaignSummary
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview, excerpt
from egoi_mcp.models.vendor_json import Json, flag, mapping, number, objects, text
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.campaign_content import (
    Channel,
    email_content,
    refuse_members,
    sms_content,
)
from egoi_mcp.tools.names import find_list, find_list_id
from egoi_mcp.tools.paging import offset_of, page_of
from egoi_mcp.tools.senders import campaign_sender, reply_sender
from egoi_mcp.tools.vendor import Ctx, account_label, app_of, read

_CREATES: Mapping[Channel, str] = {"sms": "createSmsCampaign", "email": "createEmailCampaign"}


async def list_campaigns(
    ctx: Ctx,
    *,
    channel: Annotated[
        Literal["email", "sms", "push", "smart_sms", "voice", "web_push"],
        Field(description="Only this channel"),
    ]
    | None = None,
    status: Annotated[
        Literal["draft", "canceled", "queued", "paused", "sending", "sent"],
        Field(description="Only this status"),
    ]
    | None = None,
    list_id: p.ListRef | None = None,
    limit: p.Limit = p.DEFAULT_LIMIT,
    cursor: p.Cursor | None = None,
) -> CampaignPage:
    """List E-goi campaigns, newest first, with status and dates. Gives the campaign hash for
    send_campaign and get_report.
    """
    client = app_of(ctx).client("egoi")
    list_number = await find_list_id(client, list_id) if list_id is not None else None
    filters = {"channel": channel, "status": status, "list_id": list_number}
    scope = ("campaigns", channel, status, list_number)
    offset = offset_of(cursor, scope)
    query: dict[str, str | int | bool] = {name: value for name, value in filters.items() if value is not None}
    query |= {"offset": offset, "limit": limit, "order": "desc", "order_by": "created"}
    answer = await read(client, "egoi", "getAllCampaigns", query=query)
    total = number(mapping(answer), "total_items")
    rows = [summary_of(row) for row in objects(answer)]
    shown, after = page_of(rows, scope, offset, total=total, limit=limit)
    return CampaignPage(campaigns=shown, total=total, next_cursor=after)


async def create_campaign(
    ctx: Ctx,
    *,
    channel: Annotated[Channel, Field(description="sms or email")],
    list_id: p.ListRef,
    title: p.CampaignTitle,
    sender: p.SenderRef,
    text: Annotated[
        str,
        Field(min_length=1, max_length=20_000, description="sms: the exact text; email: its plain-text part"),
    ]
    | None = None,
    subject: Annotated[str, Field(min_length=1, max_length=255, description="email")] | None = None,
    html: Annotated[str, Field(min_length=1, max_length=500_000, description="email: the whole HTML")]
    | None = None,
    preheader: Annotated[str, Field(min_length=1, max_length=255, description="email")] | None = None,
    reply_to: p.ReplyTo | None = None,
    max_parts: Annotated[int, Field(ge=1, le=7, description="sms: refuse a longer text")] | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Create an E-goi campaign as a draft: an SMS (text) or an email (subject, html). Nothing is sent.
    Its ids hold the campaign hash for send_campaign.
    """
    app = app_of(ctx)
    client = app.client("egoi")
    if channel == "sms":
        refuse_members("sms", subject=subject, html=html, preheader=preheader, reply_to=reply_to)
        draft = sms_content(title, text, max_parts)
    else:
        refuse_members("email", max_parts=max_parts)
        draft = email_content(title, subject, html, plain=text, preheader=preheader)
    named = await find_list(client, list_id)
    found = await campaign_sender(client, channel, sender)
    answered = await reply_sender(client, found, reply_to)
    draft = draft.answered_by(answered)
    body: dict[str, JsonValue] = {
        "list_id": int(named.id),
        "internal_name": title,
        "sender_id": found.id,
        **draft.body,
    }
    create = operation("egoi", _CREATES[channel])
    plan = Plan(
        connection=client.connection.name,
        requests=(Request(operation=create, body=body),),
        recipients=0,
        content=replace(draft.content, sender=str(found.id)),
        reach=Reach(lists=(int(named.id),), senders=(str(found.id),)),
        witnesses=(found.witness,) if answered is found else (found.witness, answered.witness),
        preview=Preview(
            title=f"Create the {channel} campaign {title!r} as a draft",
            account=await account_label(client, "egoi"),
            facts={"list": f"{named.id} ({named.name})", "from": found.label, **draft.facts},
            message=excerpt(draft.content.text),
            sms=draft.sms_face(found.label),
            email=draft.email_face(found.label),
            warnings=draft.warnings,
            undo=undo_words(create),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


def summary_of(row: Json) -> CampaignSummary:
    """A campaign's row, short.

    Source: E-goi v3, `getAllCampaigns`.
    """
    schedule = mapping(row.get("schedule_date"))
    scheduled = text(schedule, "date") if flag(schedule, "enabled") is not False else None
    return CampaignSummary(
        campaign=text(row, "campaign_hash") or "-",
        channel=text(row, "channel"),
        title=text(row, "internal_name", "title"),
        status=text(row, "status"),
        list_id=number(row, "list_id"),
        created=_iso(text(row, "created")),
        sent=_iso(text(row, "start_date")),
        scheduled=_iso(scheduled),
    )


async def find_campaign(client: ApiClient, campaign: str) -> Json:
    """The row of one campaign.

    Raises:
        InvalidInput: the account has no such campaign.
    """
    answer = await read(client, "egoi", "getAllCampaigns", query={"campaign_hash": campaign, "limit": 10})
    for row in objects(answer):
        if text(row, "campaign_hash") == campaign:
            return row
    raise InvalidInput("campaign: the account has no such campaign. list_campaigns gives the hashes.")


def _iso(vendor_time: str | None) -> str | None:
    """`2026-01-31 09:30:00` as ISO 8601; anything else, the vendor's zero dates among them, is no time."""
    if vendor_time is None or vendor_time.startswith("0000"):
        return None
    return vendor_time.replace(" ", "T", 1)
