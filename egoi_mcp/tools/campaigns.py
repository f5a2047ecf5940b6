"""Listing, creating and sending campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Content, Plan
from egoi_mcp.models.campaigns import CampaignPage, CampaignSummary
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview, excerpt
from egoi_mcp.models.vendor_json import Json, flag, mapping, number, objects, text
from egoi_mcp.sms_text import SmsText
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.email_preview import email_facts, email_text, email_warnings
from egoi_mcp.tools.paging import offset_of, page_of
from egoi_mcp.tools.senders import campaign_sender
from egoi_mcp.tools.sms_preview import fitting_text, text_facts, text_warnings
from egoi_mcp.tools.vendor import Ctx, account_label, app_of, list_name, read

Channel = Literal["sms", "email"]
_CREATES: Mapping[Channel, str] = {"sms": "createSmsCampaign", "email": "createEmailCampaign"}
_MOST_PARTS = 7
"""The most parts that an SMS campaign's message may have."""


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
    list_id: p.ListId | None = None,
    limit: p.Limit = p.DEFAULT_LIMIT,
    cursor: p.Cursor | None = None,
) -> CampaignPage:
    """List E-goi campaigns, newest first, with status and dates. Gives the campaign hash for
    send_campaign and get_report.
    """
    client = app_of(ctx).client("egoi")
    filters = {"channel": channel, "status": status, "list_id": list_id}
    scope = ("campaigns", channel, status, list_id)
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
    list_id: p.ListId,
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
        _refuse("sms", subject=subject, html=html, preheader=preheader)
        draft = _sms_draft(title, text, max_parts)
    else:
        _refuse("email", max_parts=max_parts)
        draft = _email_draft(title, subject, html, plain=text, preheader=preheader)
    named, _ = await list_name(client, list_id)
    found = await campaign_sender(client, channel, sender)
    body: dict[str, JsonValue] = {
        "list_id": list_id,
        "internal_name": title,
        "sender_id": found.id,
        **draft.body,
    }
    plan = Plan(
        connection=client.connection.name,
        requests=(Request(operation=operation("egoi", _CREATES[channel]), body=body),),
        recipients=0,
        content=draft.content,
        preview=Preview(
            title=f"Create the {channel} campaign {title!r} as a draft",
            account=await account_label(client, "egoi"),
            facts={"list": f"{list_id} ({named})", "from": found.label, **draft.facts},
            message=excerpt(draft.content.text),
            warnings=draft.warnings,
            undo="A draft reaches nobody; send_campaign sends it after a person approves.",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What is special to a channel: members of the body, the words, and what a preview says of them."""

    body: dict[str, JsonValue]
    content: Content
    facts: dict[str, str]
    warnings: tuple[str, ...]


def _sms_draft(title: str, message: str | None, max_parts: int | None) -> _Draft:
    """An SMS campaign; `max_messages` keeps the vendor from sending more parts than the preview counts.

    Source: E-goi v3, `createSmsCampaign`.
    """
    if message is None:
        raise InvalidInput("text: is required for sms. Nothing was created.")
    analysed = fitting_text(message, "auto", max_parts, most=_MOST_PARTS)
    return _Draft(
        body={
            "content": {"type": "text", "message": message},
            "options": {
                "encoding": _campaign_encoding(analysed),
                "max_messages": max_parts or analysed.parts,
            },
        },
        content=Content(channel="sms", title=title, text=message),
        facts=text_facts(analysed),
        warnings=text_warnings(message, analysed, promotional=True),
    )


def _campaign_encoding(analysed: SmsText) -> str:
    """The vendor's word for the alphabet; characters of GSM's extension table need the extended one."""
    if analysed.encoding != "GSM-7":
        return "unicode"
    return "gsm_extended" if analysed.uses_extension else "gsm"


def _email_draft(
    title: str, subject: str | None, html: str | None, *, plain: str | None, preheader: str | None
) -> _Draft:
    """An email campaign of HTML, which is what most people will see, and its plain-text part.

    Source: E-goi v3, `createEmailCampaign`.
    """
    if subject is None or html is None:
        raise InvalidInput("subject and html: are required for email. Nothing was created.")
    content: dict[str, JsonValue] = {"type": "html", "body": html}
    content |= {"plain_text": plain} if plain is not None else {}
    content |= {"snippet": preheader} if preheader is not None else {}
    words = email_text(subject, html, plain, preheader)
    return _Draft(
        body={"subject": subject, "content": content},
        content=Content(channel="email", title=title, text=words),
        facts=email_facts(html),
        warnings=email_warnings(words, html=html, plain=plain is not None),
    )


def _iso(vendor_time: str | None) -> str | None:
    """`2026-01-31 09:30:00` as ISO 8601; anything else, the vendor's zero dates among them, is no time."""
    if vendor_time is None or vendor_time.startswith("0000"):
        return None
    return vendor_time.replace(" ", "T", 1)


def _refuse(channel: str, **given: object) -> None:
    for name, value in given.items():
        if value is not None:
            raise InvalidInput(
                f"{name}: is no part of an {channel} campaign. Leave it out. Nothing was created."
            )
