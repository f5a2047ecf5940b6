"""Sending SMS messages to people named one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.digest import message_fingerprints
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.phones import Phone, country_counts
from egoi_mcp.sms_text import SmsText
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.cost import priced
from egoi_mcp.tools.country_words import warnings_of_countries
from egoi_mcp.tools.local_times import timing
from egoi_mcp.tools.names import find_list_id
from egoi_mcp.tools.senders import MessageSender, message_sender, txtsync_sender
from egoi_mcp.tools.sms_preview import fitting_text, sms_face, text_facts, text_warnings
from egoi_mcp.tools.sms_recipients import Named, Recipients, recipients_of, seed_numbers
from egoi_mcp.tools.times import SCHEDULE_MARGIN_SECONDS
from egoi_mcp.tools.txtsync_sms import txtsync_options, txtsync_requests
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

_BATCH = 100
"""The most messages that one call of E-goi's transactional API takes."""
_MOST_SHOWN = 5
_LABELS = {
    "priority": "priority",
    "customData": "custom data",
    "registered": "registered message",
    "group": "group",
}


async def send_sms(
    ctx: Ctx,
    *,
    text: p.MessageText,
    sender: p.SenderRef,
    purpose: p.Purpose,
    provider: p.SmsProvider = "egoi",
    to: p.Phones | None = None,
    contact_ids: Annotated[
        list[p.ContactId],
        Field(min_length=1, max_length=50, description="E-goi: with list_id; TxtSync: external references"),
    ]
    | None = None,
    list_id: p.ListRef | None = None,
    country: Annotated[
        str, Field(pattern="^[A-Z]{2}$", description="Country of numbers in to that name none, such as PT")
    ]
    | None = None,
    encoding: Annotated[Literal["auto", "gsm", "unicode"], Field(description="E-goi")] = "auto",
    max_parts: Annotated[int, Field(ge=1, le=10, description="Refuse a text of more SMS parts")]
    | None = None,
    when: p.When | None = None,
    to_tags: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=100)]],
        Field(min_length=1, max_length=20, description="TxtSync: everybody who has one of these tags"),
    ]
    | None = None,
    details: Annotated[
        dict[str, Annotated[str, Field(max_length=255)]],
        Field(description="TxtSync, one number: regarding_reference, regarding_schema, custom01 to custom03"),
    ]
    | None = None,
    priority: Annotated[Literal["urgent", "non-urgent"], Field(description="E-goi")] | None = None,
    custom_data: Annotated[
        str, Field(min_length=1, max_length=500, description="E-goi: returned in its webhooks")
    ]
    | None = None,
    registered: Annotated[bool, Field(description="E-goi: registered message")] | None = None,
    group: Annotated[str, Field(min_length=1, max_length=100, description="E-goi: group in its reports")]
    | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Send one SMS text to people named by number (to), contact (contact_ids) or, at TxtSync, tag (to_tags),
    right away; TxtSync takes a time for one number.
    A person approves first: show them the preview, and never send again after unknown or a time-out.
    """
    app = app_of(ctx)
    client = app.client(provider)
    options: dict[str, JsonValue] = {
        "priority": priority,
        "customData": custom_data,
        "registered": registered,
        "group": group,
    }
    if provider == "txtsync":
        _only_egoi(list_id=list_id, encoding=None if encoding == "auto" else encoding, priority=priority)
        _only_egoi(custom_data=custom_data, registered=registered, group=group)
    else:
        _only_txtsync(to_tags=to_tags, details=details, when=None if when == "now" else when)
    analysed = fitting_text(text, encoding, max_parts)
    promotional = purpose == "promotional"
    found = await message_sender(client, sender) if provider == "egoi" else txtsync_sender(sender)
    list_number = await find_list_id(client, list_id) if list_id is not None else None
    named = Named(
        to=to,
        contact_ids=contact_ids,
        list_id=list_number,
        country=country,
        promotional=promotional,
        seeds=seed_numbers(app.settings.policy),
    )
    only_tags = bool(to_tags) and to is None and contact_ids is None
    recipients = Recipients() if only_tags else await recipients_of(client, provider, named)
    phones = recipients.phones
    now = datetime.fromtimestamp(client.now(), UTC)
    at_txtsync = txtsync_options(
        tags=to_tags,
        when=when or "now",
        details=details,
        several=len(phones) > 1,
        zone=app.settings.account_timezone,
        now=now,
    )
    at, tags = at_txtsync.at, at_txtsync.tags
    # How many contacts a tag has TxtSync does not tell.
    count = None if tags else len(phones)
    segments = {each: analysed.most_parts * count for each, count in country_counts(phones).items()}
    money = await priced(client, app.settings.policy, None if tags else segments, provider=provider)
    zone = app.settings.account_timezone
    requests = (
        egoi_requests(phones, found, text, analysed, options)
        if provider == "egoi"
        else txtsync_requests(phones, found.id, text, at_txtsync)
    )
    plan = Plan(
        connection=client.connection.name,
        requests=requests,
        recipients=count,
        witnesses=(found.witness,) if found.witness is not None else (),
        reach=Reach(promotional=promotional, at=None if at is None else at.at),
        not_after=None if at is None else at.at - SCHEDULE_MARGIN_SECONDS,
        fingerprints=message_fingerprints(
            "sms", [*(phone.e164 for phone in phones), *(f"tag {tag}" for tag in tags)], text
        ),
        preview=Preview(
            title=_title(count, purpose, provider, later=at is not None),
            account=await account_label(client, provider),
            recipients=count,
            to=tuple(phone.e164 for phone in phones[:_MOST_SHOWN]),
            audience=None if only_tags else recipients.audience(),
            when=timing(at, zone, phones, now=now),
            cost=money.cost,
            facts={
                **found.facts(),
                **money.facts(),
                **text_facts(analysed, messages=count),
                **_option_facts(options),
                **at_txtsync.facts(),
            },
            message=text,
            sms=sms_face(found.label, text, encoding, max_parts),
            dropped=recipients.left_out(),
            warnings=(
                *at_txtsync.warnings(),
                *found.warnings(),
                *money.warnings,
                *text_warnings(text, analysed, promotional=promotional),
                *recipients.notes,
                *warnings_of_countries(
                    phones, text, sender_is_name=found.is_name, promotional=promotional, at=at, now=now
                ),
            ),
            undo=undo_words(*(each.operation for each in requests), ahead=at is not None),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


def egoi_requests(
    phones: list[Phone], sender: MessageSender, message: str, analysed: SmsText, options: dict[str, JsonValue]
) -> tuple[Request, ...]:
    """Batches of 100. `maxCount` always goes along: the vendor's default is one part, whatever the text.

    Source: E-goi transactional v2, `sendSmsMessages`.
    """
    messages: list[JsonValue] = [
        {
            "to": phone.egoi,
            "from": sender.id,
            "textBody": message,
            "encoding": "gsm0338" if analysed.encoding == "GSM-7" else "unicode",
            "maxCount": analysed.most_parts,
            **{name: value for name, value in options.items() if value is not None},
        }
        for phone in phones
    ]
    send = operation("transactional", "sendSmsMessages")
    return tuple(
        Request(operation=send, body=messages[start : start + _BATCH])
        for start in range(0, len(messages), _BATCH)
    )


def _title(count: int | None, purpose: str, provider: str, *, later: bool) -> str:
    many = "" if count is None else f"{count} "
    through = "E-goi" if provider == "egoi" else "TxtSync"
    return f"Send {many}{purpose} SMS through {through}{' later' if later else ''}"


def _option_facts(options: dict[str, JsonValue]) -> dict[str, str]:
    """The options that were given, as a person reads them."""
    words = {True: "yes", False: "no"}
    return {
        _LABELS[name]: words[value] if isinstance(value, bool) else str(value)
        for name, value in options.items()
        if value is not None
    }


def _only_egoi(**given: object) -> None:
    for name, value in given.items():
        if value is not None:
            raise InvalidInput(f"{name}: TxtSync takes no such thing. Leave it out. Nothing was sent.")


def _only_txtsync(**given: object) -> None:
    for name, value in given.items():
        if value is not None:
            instead = " Schedule a campaign instead (send_campaign)." if name == "when" else ""
            raise InvalidInput(f"{name}: E-goi takes no such thing here.{instead} Nothing was sent.")
