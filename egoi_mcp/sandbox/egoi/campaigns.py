"""Campaigns: list, create, change, send now or later, delete."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.clock import from_stamp
from egoi_mcp.sandbox.egoi.audience import audience_contacts, deliver
from egoi_mcp.sandbox.egoi.bulk import ACCEPTED
from egoi_mcp.sandbox.egoi.campaign_bodies import (
    CampaignsQuery,
    ChangedEmailCampaign,
    ChangedSmartSmsCampaign,
    ChangedSmsCampaign,
    EmailSend,
    NewEmailCampaign,
    NewSmartSmsCampaign,
    NewSmsCampaign,
    SmsSend,
    SomeSegments,
    WholeList,
)
from egoi_mcp.sandbox.egoi.collections import in_order, page
from egoi_mcp.sandbox.egoi.state import Audience, Campaign, Channel, ContactList, Operation
from egoi_mcp.sandbox.sms_parts import parts
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Refusal, Reply, conflict, invalid

_CREATED_BY = 1
_GROUP = 1
_SENT_RECENTLY_SECONDS = 30 * 86_400.0


def list_campaigns(call: Call) -> Reply:
    """GET /campaigns; nothing here shows a campaign's content."""
    query = call.query(CampaignsQuery)
    wanted = query.model_dump(
        include={"channel", "campaign_hash", "list_id", "status", "internal_name", "created_by", "group_id"},
        exclude_none=True,
    )
    ranges = {
        name: value
        for name, value in query.model_dump(exclude_none=True).items()
        if name.endswith(("_min", "_max"))
    }
    shown = [_shown(call, campaign) for campaign in call.world.egoi.campaigns.values()]
    found = [
        item
        for item in shown
        if all(item.get(name) == value for name, value in wanted.items()) and _in_ranges(item, ranges)
    ]
    return page(in_order(found, query.order_by, query.order), query)


def _in_ranges(item: JsonObject, ranges: Mapping[str, str]) -> bool:
    for name, limit in ranges.items():
        held = item.get(name[:-4])
        date = held.get("date") if isinstance(held, dict) else held
        if not isinstance(date, str) or (date < limit if name.endswith("_min") else date > limit):
            return False
    return True


def _shown(call: Call, campaign: Campaign) -> JsonObject:
    item: dict[str, JsonValue] = {
        "id": campaign.id,
        "campaign_hash": campaign.campaign_hash,
        "status": campaign.status,
        "channel": campaign.channel,
        "internal_name": campaign.internal_name,
        "list_id": campaign.list_id,
        "title": campaign.title,
        "created_by": _CREATED_BY,
        "group_id": _GROUP,
        "created": call.stamp(campaign.created),
        "updated": call.stamp(campaign.updated),
        "processed_messages": (campaign.history or {}).get("sends", len(campaign.deliveries)),
    }
    for name, moment in (("start_date", campaign.started), ("end_date", campaign.ended)):
        if moment is not None:
            item[name] = call.stamp(moment)
    if campaign.due is not None:
        item["schedule_date"] = {"enabled": campaign.status == "queued", "date": call.stamp(campaign.due)}
    return item


def create_sms(call: Call) -> Reply:
    """POST /campaigns/sms."""
    body = call.body(NewSmsCampaign)
    content = body.content.model_dump(exclude_none=True)
    limit = (body.options.max_messages if body.options else None) or 7
    return _create(call, "sms", body, content, max_messages=limit)


def create_smart_sms(call: Call) -> Reply:
    """POST /campaigns/smart-sms."""
    body = call.body(NewSmartSmsCampaign)
    content = {"type": "text", "message": body.campaign_content.message}
    limit = (body.options.max_messages if body.options else None) or 7
    return _create(call, "smart_sms", body, content, max_messages=limit)


def create_email(call: Call) -> Reply:
    """POST /campaigns/email."""
    body = call.body(NewEmailCampaign)
    return _create(
        call, "email", body, body.content.model_dump(exclude_none=True), subject=body.subject or ""
    )


def _create(
    call: Call,
    channel: Channel,
    body: NewSmsCampaign | NewSmartSmsCampaign | NewEmailCampaign,
    content: JsonObject,
    *,
    subject: str = "",
    max_messages: int = 7,
) -> Reply:
    account = call.world.egoi
    if body.list_id not in account.lists:
        raise invalid("list_id", "no such list")
    _check_sender(call, channel, body.sender_id)
    _check_parts(content, max_messages)
    number = account.next_id("campaign")
    campaign_hash = hashlib.sha256(f"{call.world.seed}:campaign:{number}".encode()).hexdigest()[:32]
    account.campaigns[campaign_hash] = Campaign(
        id=number,
        campaign_hash=campaign_hash,
        channel=channel,
        status="draft",
        internal_name=body.internal_name,
        title=subject or body.internal_name,
        list_id=body.list_id,
        content=content,
        created=call.now,
        updated=call.now,
        sender_id=body.sender_id,
        subject=subject,
        max_messages=max_messages,
    )
    call.changed("campaign_created", campaign_hash)
    return Reply(201, {"campaign_hash": campaign_hash})


def _check_sender(call: Call, channel: Channel, sender_id: int | None) -> None:
    if sender_id is None:
        return
    sender = call.world.egoi.senders.get(sender_id)
    if sender is None or sender.kind != ("email" if channel == "email" else "cellphone"):
        raise invalid("sender_id", "no such sender for this channel")


def _check_parts(content: JsonObject, max_messages: int) -> None:
    message = content.get("message")
    if isinstance(message, str) and parts(message) > max_messages:
        raise invalid("content.message", f"takes {parts(message)} parts, and {max_messages} are allowed")


def change_sms(call: Call) -> Reply:
    """PATCH /campaigns/sms/{campaign_hash}."""
    body = call.body(ChangedSmsCampaign)
    content = body.content.model_dump() if body.content else {}
    return _change(call, "sms", body, content)


def change_smart_sms(call: Call) -> Reply:
    """PATCH /campaigns/smart-sms/{campaign_hash}."""
    body = call.body(ChangedSmartSmsCampaign)
    content = body.campaign_content.model_dump() if body.campaign_content else {}
    return _change(call, "smart_sms", body, content)


def change_email(call: Call) -> Reply:
    """PATCH /campaigns/email/{campaign_hash}."""
    body = call.body(ChangedEmailCampaign)
    content = body.content.model_dump(exclude_none=True) if body.content else {}
    return _change(call, "email", body, content, subject=body.subject)


def _change(
    call: Call,
    channel: Channel,
    body: ChangedSmsCampaign | ChangedSmartSmsCampaign | ChangedEmailCampaign,
    content: JsonObject,
    *,
    subject: str | None = None,
) -> Reply:
    campaign = call.world.egoi.campaign(call.path["campaign_hash"], channel)
    if campaign.status not in {"draft", "queued", "paused"}:
        raise Refusal(422, f"A campaign that is {campaign.status} cannot be changed.")
    if not body.model_fields_set:
        raise invalid("body", "nothing to change")
    _check_sender(call, channel, body.sender_id)
    options = None if isinstance(body, ChangedEmailCampaign) else body.options
    limit = (options.max_messages if options else None) or campaign.max_messages
    merged = {**campaign.content, **content}
    _check_parts(merged, limit)
    campaign.content = merged
    campaign.max_messages = limit
    campaign.internal_name = body.internal_name or campaign.internal_name
    campaign.sender_id = body.sender_id or campaign.sender_id
    campaign.subject = campaign.subject if subject is None else subject
    # Never the same stamp twice: stamps have seconds, and a change within one must still be seen.
    campaign.updated = max(call.now, campaign.updated + 1)
    call.changed("campaign_updated", campaign.campaign_hash)
    return Reply(200, {"campaign_hash": campaign.campaign_hash})


def send_sms(call: Call) -> Reply:
    """POST /campaigns/sms/{campaign_hash}/actions/send."""
    body = call.body(SmsSend)
    return _send(call, "sms", body, _audience(body, body.destination_field), "cellphone")


def send_smart_sms(call: Call) -> Reply:
    """POST /campaigns/smart-sms/{campaign_hash}/actions/send."""
    body = call.body(SmsSend)
    return _send(call, "smart_sms", body, _audience(body, body.destination_field), "cellphone")


def send_email(call: Call) -> Reply:
    """POST /campaigns/email/{campaign_hash}/actions/send: 200 where the others answer 202."""
    body = call.body(EmailSend)
    audience = _audience(body, body.destination_field or "email")
    audience.unique_only = bool(body.unique_contacts_only)
    return Reply(200, _send(call, "email", body, audience, "email").body)


def _audience(body: SmsSend | EmailSend, destination_field: str) -> Audience:
    segments = body.segments
    if isinstance(segments, WholeList):
        return Audience(type="none", destination_field=destination_field)
    if isinstance(segments, SomeSegments):
        return Audience(type="segment", segment_ids=tuple(segments.data), destination_field=destination_field)
    return Audience(type="contact", address=segments.data, destination_field=destination_field)


def _send(
    call: Call, channel: Channel, body: SmsSend | EmailSend, audience: Audience, field_format: str
) -> Reply:
    campaign = call.world.egoi.campaign(call.path["campaign_hash"], channel)
    if campaign.status not in {"draft", "paused"}:
        raise conflict(f"The campaign is {campaign.status}.", campaign_status=campaign.status)
    if body.list_id != campaign.list_id:
        raise invalid("list_id", "not the list of the campaign")
    contact_list = call.world.egoi.lists.get(campaign.list_id)
    if contact_list is None:
        raise invalid("list_id", "no such list")
    _check_audience(contact_list, audience, field_format)
    _check_can_send(call, campaign)
    due = from_stamp(body.schedule_date, call.settings.timezone) if body.schedule_date else None
    if due is not None and due <= call.now:
        raise invalid("schedule_date", "must lie in the future")
    campaign.audience = audience
    campaign.operation_name = call.operation
    _leave_queue(call, campaign)
    if due is None:
        campaign.due = None
        call.changed("campaign_sent", campaign.campaign_hash)
        deliver(call, campaign)
    else:
        _queue(call, campaign, due)
    return ACCEPTED


def _check_audience(contact_list: ContactList, audience: Audience, field_format: str) -> None:
    field = next((item for item in contact_list.fields if item.field_id == audience.destination_field), None)
    if field is None or field.format != field_format:
        raise invalid("destination_field", f"no {field_format} field of the list")
    unknown = [name for name in audience.segment_ids if name not in contact_list.segments]
    if unknown:
        raise invalid("segments.data", f"the list has no segment {unknown[0]}")
    if audience.type == "contact" and not list(audience_contacts(contact_list, audience)):
        raise invalid("segments.data", "no contact of the list has this address")


def _check_can_send(call: Call, campaign: Campaign) -> None:
    if campaign.sender_id is None:
        raise invalid("sender_id", "the campaign has no sender")
    sender = call.world.egoi.senders.get(campaign.sender_id)
    if sender is None or sender.status != "active":
        raise Refusal(403, "The sender is not active.", errors={"sender_id": ["not active"]})
    if campaign.channel == "email" and not campaign.subject and campaign.content.get("type") != "web_page":
        raise invalid("subject", "the campaign has no subject")


def _leave_queue(call: Call, campaign: Campaign) -> None:
    operations = call.world.egoi.operations
    for operation_id in [
        key for key, item in operations.items() if item.campaign_hash == campaign.campaign_hash
    ]:
        del operations[operation_id]


def _queue(call: Call, campaign: Campaign, due: float) -> None:
    account = call.world.egoi
    campaign.status = "queued"
    campaign.due = due
    campaign.updated = max(call.now, campaign.updated + 1)
    number = account.next_id("operation")
    account.operations[number] = Operation(
        operation_id=number,
        type=campaign.channel,
        status="queued",
        created=call.now,
        start=due,
        internal_name=campaign.internal_name,
        campaign_hash=campaign.campaign_hash,
    )
    call.changed("campaign_scheduled", campaign.campaign_hash)


def delete(call: Call) -> Reply:
    """DELETE /campaigns/{campaign_hash}: not one that waits, goes out, or went out in the last 30 days."""
    account = call.world.egoi
    campaign = account.campaign(call.path["campaign_hash"])
    if campaign.status in {"queued", "sending"}:
        raise conflict(f"The campaign is {campaign.status}.", campaign_status=campaign.status)
    if campaign.ended is not None and call.now - campaign.ended < _SENT_RECENTLY_SECONDS:
        raise conflict(
            "The campaign went out less than 30 days ago.", campaign_sent_last_30_days="sent lately"
        )
    _leave_queue(call, campaign)
    del account.campaigns[campaign.campaign_hash]
    call.changed("campaign_deleted", campaign.campaign_hash)
    return Reply(204)
