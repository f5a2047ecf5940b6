"""Changing a campaign: its words as a whole, so that what people will read is always known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Operation, Request, operation
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.guard.witnesses import campaign_witness
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview, excerpt
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.campaign_content import (
    CampaignContent,
    email_content,
    refuse_members,
    sms_content,
)
from egoi_mcp.tools.campaigns import find_campaign, summary_of
from egoi_mcp.tools.senders import campaign_sender, reply_sender
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

if TYPE_CHECKING:
    from egoi_mcp.models.campaigns import CampaignSummary

_CHANGES: Mapping[str, str] = {"sms": "patchSmsCampaign", "email": "patchEmailCampaign"}


async def update_campaign(
    ctx: Ctx,
    *,
    campaign: p.CampaignHash,
    sender: p.SenderRef,
    title: p.CampaignTitle | None = None,
    text: Annotated[
        str,
        Field(min_length=1, max_length=20_000, description="sms: the exact text; email: its plain-text part"),
    ],
    subject: Annotated[str, Field(min_length=1, max_length=255, description="email")] | None = None,
    html: Annotated[str, Field(min_length=1, max_length=500_000, description="email: the whole HTML")]
    | None = None,
    preheader: Annotated[str, Field(min_length=1, max_length=255, description="email")] | None = None,
    reply_to: p.ReplyTo | None = None,
    max_parts: Annotated[int, Field(ge=1, le=7, description="sms: refuse a longer text")] | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Replace the words and the sender of an E-goi SMS or email campaign (list_campaigns): give all of
    them, not only what changes. On a scheduled or paused campaign a person approves first.
    """
    app = app_of(ctx)
    client = app.client("egoi")
    row = await find_campaign(client, campaign)
    summary = summary_of(row)
    name = title or summary.title or campaign
    if summary.channel == "sms":
        refuse_members("sms", subject=subject, html=html, preheader=preheader, reply_to=reply_to)
        new = sms_content(name, text, max_parts)
    elif summary.channel == "email":
        refuse_members("email", max_parts=max_parts)
        new = email_content(name, subject, html, plain=text, preheader=preheader)
    else:
        raise InvalidInput(
            f"campaign: is for {summary.channel}; only sms and email are changed here. Nothing was changed."
        )
    found = await campaign_sender(client, new.content.channel, sender)
    answered = await reply_sender(client, found, reply_to)
    new = new.answered_by(answered)
    body: dict[str, JsonValue] = {"internal_name": name, "sender_id": found.id, **_patch(new)}
    change = operation("egoi", _CHANGES[new.content.channel])
    plan = Plan(
        connection=client.connection.name,
        requests=(Request(operation=change, path={"campaign_hash": campaign}, body=body),),
        # People have it, or will, where it is no draft any more, and the vendor does not say how many.
        recipients=0 if summary.status == "draft" else None,
        content=replace(new.content, sender=str(found.id)),
        reach=Reach(
            lists=(summary.list_id,) if summary.list_id is not None else (),
            senders=(str(found.id),),
            texts=(new.content.text,),
        ),
        witnesses=(
            campaign_witness(campaign, row),
            found.witness,
            *([] if answered is found else [answered.witness]),
        ),
        preview=_preview(
            new, summary, found.label, change, name=name, account=await account_label(client, "egoi")
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


def _patch(new: CampaignContent) -> dict[str, JsonValue]:
    """The members of a change: those of a new campaign, whose content has no type here.

    A preheader that was not given is emptied, so that none stays that nobody was shown.

    Source: E-goi v3, `patchSmsCampaign`, `patchEmailCampaign`.
    """
    given = new.body["content"]
    content = (
        {name: value for name, value in given.items() if name != "type"} if isinstance(given, Mapping) else {}
    )
    if new.content.channel == "email":
        content.setdefault("snippet", "")
    return {**new.body, "content": content}


def _preview(
    new: CampaignContent, summary: CampaignSummary, sender: str, change: Operation, *, name: str, account: str
) -> Preview:
    status = summary.status or "of unknown status"
    at_work = () if status == "draft" else (f"the campaign is {status}: this changes what people get",)
    return Preview(
        title=f"Replace the words of the {new.content.channel} campaign {name!r}",
        account=account,
        facts={
            "campaign": summary.campaign,
            "status": status,
            **({"scheduled for": summary.scheduled} if summary.scheduled else {}),
            "from": sender,
            **new.facts,
        },
        message=excerpt(new.content.text),
        sms=new.sms_face(sender),
        email=new.email_face(sender),
        warnings=(*at_work, *new.warnings),
        undo=undo_words(change),
    )
