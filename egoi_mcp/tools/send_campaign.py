"""Sending a campaign: to whom is always spelt out, and so is when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Operation, Request, operation
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Content, Plan
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.guard.witnesses import Kind, Witness, campaign_witness, look
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview, Timing, excerpt
from egoi_mcp.models.vendor_json import Json, text
from egoi_mcp.phones import country_counts
from egoi_mcp.sms_text import analyse
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.campaign_audience import Audience, audience_of, campaign_fingerprint
from egoi_mcp.tools.campaign_content import email_face_of, sms_face_of
from egoi_mcp.tools.campaigns import find_campaign, summary_of
from egoi_mcp.tools.cost import UNKNOWN_COUNTRY, Priced, priced
from egoi_mcp.tools.country_words import warnings_of_countries
from egoi_mcp.tools.email_warnings import email_warnings
from egoi_mcp.tools.local_times import NOT_TOLD, timing
from egoi_mcp.tools.senders import is_name, seen_sender, sender_warnings
from egoi_mcp.tools.sms_preview import text_facts, text_warnings
from egoi_mcp.tools.times import SCHEDULE_MARGIN_SECONDS, Schedule, schedule
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

if TYPE_CHECKING:
    from egoi_mcp.api.client import ApiClient
    from egoi_mcp.app import App

_SENDS = {"sms": "actionSendSms", "email": "actionSendEmail"}
_SETTLING = timedelta(minutes=2)
"""The vendor may touch a campaign once more while it is being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A campaign that can be sent; `content` where its words are known, else `unseen` says why not."""

    campaign: str
    channel: str
    list_id: int
    title: str
    content: Content | None
    unseen: str
    witness: Witness


async def send_campaign(
    ctx: Ctx,
    *,
    campaign: p.CampaignHash,
    audience: Annotated[
        Literal["segments", "contact", "whole_list"],
        Field(description="segments: of segment_ids; contact: the one in contact; whole_list: everybody"),
    ],
    when: p.When,
    segment_ids: Annotated[list[p.SegmentId], Field(min_length=1, max_length=20)] | None = None,
    contact: Annotated[
        str, Field(min_length=1, max_length=254, description="Contact id, phone (sms) or address (email)")
    ]
    | None = None,
    test_to: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=254)]],
        Field(min_length=1, max_length=20, description="Only test it: seeds, or some of seed_recipients"),
    ]
    | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Send an E-goi SMS or email campaign (create_campaign, list_campaigns) to its list, now or later.
    A person approves first: show them the preview, and never send again after unknown or a time-out.
    """
    app = app_of(ctx)
    client = app.client("egoi")
    now = datetime.fromtimestamp(client.now(), UTC)
    zone = app.settings.account_timezone
    at = schedule(when, zone, now=now)
    draft = await _draft(app, client, campaign)
    if test_to is not None:
        plan = await _test(app, client, draft, test_to, now=now)
        return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)
    reached = await audience_of(
        client, draft.channel, draft.list_id, audience, segment_ids=segment_ids, contact=contact
    )
    if reached.recipients == 0 and at is None:
        raise InvalidInput("audience: nobody is in it now. Nothing was sent.")
    sender = await _sender(client, draft)
    money = await _cost(client, app, draft, reached)
    body: dict[str, JsonValue] = {"list_id": draft.list_id, "segments": reached.segments}
    body |= {"destination_field": "cellphone"} if draft.channel == "sms" else {}
    body |= {"schedule_date": at.vendor} if at is not None else {}
    send = operation("egoi", _SENDS[draft.channel])
    plan = Plan(
        connection=client.connection.name,
        requests=(Request(operation=send, path={"campaign_hash": campaign}, body=body),),
        recipients=reached.recipients,
        fingerprints=(campaign_fingerprint(campaign, reached.segments),),
        unseen_content=draft.content is None,
        reach=_reach(draft, reached, at),
        witnesses=(draft.witness, *reached.witnesses, *([sender] if sender is not None else [])),
        not_after=None if at is None else at.at - SCHEDULE_MARGIN_SECONDS,
        preview=_preview(
            draft,
            reached,
            send,
            account=await account_label(client, "egoi"),
            when=_timing(draft, reached, at, zone, now=now),
            later=at is not None,
            sender=sender,
            money=money,
            usual=_usual(draft, reached, sender, at, now=now),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


async def _draft(app: App, client: ApiClient, campaign: str) -> _Draft:
    """The campaign, where it is one that this tool sends, with its words where this server knows them.

    Raises:
        InvalidInput: there is none, or it is of another channel, no draft any more, or of no list.
    """
    row = await find_campaign(client, campaign)
    summary = summary_of(row)
    if summary.channel not in _SENDS:
        raise InvalidInput(
            f"campaign: is for {summary.channel}; only sms and email are sent here. Nothing was sent."
        )
    if summary.status != "draft":
        raise InvalidInput(
            f"campaign: is {summary.status or 'of unknown status'}; only a draft is sent. Nothing was sent. "
            "Create a new one with create_campaign."
        )
    if summary.list_id is None:
        raise InvalidInput("campaign: the vendor names no list for it. Nothing was sent.")
    content = await app.store.content(client.connection.name, await client.account_id(), campaign)
    edited = content is not None and _was_edited(row, content)
    return _Draft(
        campaign=campaign,
        channel=summary.channel or "",
        list_id=summary.list_id,
        title=summary.title or campaign,
        content=None if edited else content,
        witness=campaign_witness(campaign, row),
        unseen="this server did not write it" if content is None else "it was changed at E-goi since",
    )


def _was_edited(row: Json, content: Content) -> bool:
    """Whether the campaign was changed after this server wrote it, so that what was kept here may be old.

    Where its stamp right after the writing could not be read, its two own stamps have to do.
    """
    if content.updated:
        return text(row, "updated") != content.updated
    created, updated = (_stamp(text(row, name)) for name in ("created", "updated"))
    return created is not None and updated is not None and updated - created > _SETTLING


def _reach(draft: _Draft, reached: Audience, at: Schedule | None) -> Reach:
    """What the send's request only points at; of an audience nobody can tell the countries."""
    content = draft.content
    segments: tuple[tuple[str, int], ...] = ()
    if content is not None and content.channel == "sms" and reached.recipients is not None:
        segments = (("?", analyse(content.text).most_parts * reached.recipients),)
    return Reach(
        segments=segments,
        recipients=reached.to,
        texts=(content.text,) if content is not None else (),
        at=None if at is None else at.at,
    )


def _stamp(vendor_time: str | None) -> datetime | None:
    try:
        # Two times of one row, in whatever zone both are: only their distance counts.
        return datetime.fromisoformat(vendor_time).replace(tzinfo=UTC) if vendor_time else None
    except ValueError:
        return None


async def _test(app: App, client: ApiClient, draft: _Draft, test_to: list[str], *, now: datetime) -> Plan:
    """The plan of a test: the words and the sender of the draft, and none of its people."""
    sender = await _sender(client, draft)
    if draft.content is None or sender is None:
        raise InvalidInput(f"test_to: the text is not known here: {draft.unseen}. Nothing was sent.")
    # Imported here: most campaigns are sent without.
    from egoi_mcp.tools.campaign_test import test_plan

    return await test_plan(
        client,
        app.settings,
        draft.content,
        test_to=test_to,
        campaign=draft.witness,
        sender=sender,
        now=now,
    )


async def _sender(client: ApiClient, draft: _Draft) -> Witness | None:
    """Who the campaign is from, where this server wrote it; no call of the vendor shows it again."""
    if draft.content is None or not draft.content.sender:
        return None
    kind: Kind = "sms sender" if draft.channel == "sms" else "email sender"
    return await look(client, kind, draft.content.sender)


async def _cost(client: ApiClient, app: App, draft: _Draft, reached: Audience) -> Priced:
    """What an SMS campaign costs; e-mail is paid by the plan."""
    content = draft.content
    if draft.channel != "sms":
        return Priced()
    if content is None or reached.recipients is None:
        return await priced(client, app.settings.policy, None)
    parts = analyse(content.text).most_parts
    if reached.people is None:
        return await priced(client, app.settings.policy, {UNKNOWN_COUNTRY: parts * reached.recipients})
    countries = country_counts(reached.people.phones)
    return await priced(client, app.settings.policy, {each: parts * countries[each] for each in countries})


def _usual(
    draft: _Draft, reached: Audience, sender: Witness | None, at: Schedule | None, *, now: datetime
) -> tuple[str, ...]:
    """What the table of country rules says of an SMS campaign whose people are known."""
    if draft.channel != "sms" or draft.content is None or sender is None or reached.people is None:
        return ()
    return warnings_of_countries(
        reached.people.phones,
        draft.content.text,
        sender_is_name=is_name(sender),
        promotional=True,
        at=at,
        now=now,
    )


def _timing(
    draft: _Draft, reached: Audience, at: Schedule | None, zone: str | None, *, now: datetime
) -> Timing:
    people = reached.people
    found = timing(at, zone, people.phones if people is not None else (), now=now)
    if draft.channel == "sms" and people is None:
        return found.model_copy(update={"recipients": NOT_TOLD})
    return found


def _preview(
    draft: _Draft,
    reached: Audience,
    send: Operation,
    *,
    account: str,
    when: Timing,
    later: bool,
    sender: Witness | None,
    money: Priced,
    usual: tuple[str, ...],
) -> Preview:
    content = draft.content
    words: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    if content is None:
        words = {"text": f"CANNOT BE SHOWN: {draft.unseen}"}
    elif content.channel == "sms":
        analysed = analyse(content.text)
        words = text_facts(analysed, messages=reached.recipients)
        warnings = text_warnings(content.text, analysed, promotional=True)
    else:
        warnings = email_warnings(content.text)
    named = seen_sender(sender) if sender is not None else {}
    who = named.get("from", "")
    empty = ("nobody is in it as of now",) if reached.recipients == 0 else ()
    return Preview(
        title=f"Send the {draft.channel} campaign {draft.title!r} {'later' if later else 'now'}",
        account=account,
        recipients=reached.recipients,
        to=reached.to,
        audience=reached.said(),
        when=when,
        cost=money.cost,
        facts={
            "campaign": draft.campaign,
            **named,
            **reached.facts,
            **money.facts(),
            **words,
        },
        message=excerpt(content.text) if content is not None else None,
        sms=sms_face_of(content, who) if content is not None else None,
        email=email_face_of(content, who) if content is not None else None,
        warnings=(
            *reached.warnings,
            *empty,
            *(sender_warnings(sender) if sender is not None else ()),
            *money.warnings,
            *warnings,
            *usual,
        ),
        undo=undo_words(send, ahead=later),
    )
