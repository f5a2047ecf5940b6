"""Who is in a segment, whom a send reaches, and the delivery itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Literal

from egoi_mcp.sandbox.call import Recorder
from egoi_mcp.sandbox.egoi.state import (
    Activity,
    Audience,
    Campaign,
    Channel,
    Contact,
    ContactList,
    Delivery,
    EgoiAccount,
    Rule,
    Segment,
)
from egoi_mcp.sandbox.sms_parts import parts

_SMS_PRICE = Decimal("0.035")
"""Euros a part, taken from the account's balance."""

_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "equal_to": lambda held, wanted: held == wanted,
    "not_equal_to": lambda held, wanted: held != wanted,
    "greater_or_equal_to": lambda held, wanted: held >= wanted,
    "greater_than": lambda held, wanted: held > wanted,
    "less_or_equal_to": lambda held, wanted: held <= wanted,
    "less_than": lambda held, wanted: held < wanted,
    "contains": lambda held, wanted: wanted in held,
    "does_not_contain": lambda held, wanted: wanted not in held,
    "begins_with": lambda held, wanted: held.startswith(wanted),
    "ends_with": lambda held, wanted: held.endswith(wanted),
}
_ACTIVITY: Mapping[Channel, str] = {
    "sms": "sms_send",
    "smart_sms": "smart_sms_send",
    "email": "email_send",
    "voice": "voice_send",
}


def members(contact_list: ContactList, segment: Segment) -> list[Contact]:
    """The contacts of a segment, removed ones included, in the list's order."""
    return [contact for contact in contact_list.contacts.values() if _belongs(contact, segment)]


def _belongs(contact: Contact, segment: Segment) -> bool:
    if segment.type == "tag":
        return segment.tag_id in (contact.tags or [])
    held = (_holds(contact, rule) for rule in segment.rules)
    return any(held) if segment.boolean_operator == "or" else all(held)


def _holds(contact: Contact, rule: Rule) -> bool:
    return _OPERATORS[rule.segment_operator](contact.text(rule.segment_field), rule.segment_value)


def recipients(account: EgoiAccount, campaign: Campaign) -> list[tuple[Contact, str]]:
    """The contacts that a send reaches now, with the address of each.

    Left out: whoever is not active, has no address in the destination field, has that channel switched
    off, or stands on the suppression list.
    """
    audience = campaign.audience
    contact_list = account.lists.get(campaign.list_id)
    if audience is None or contact_list is None:
        return []
    kind = _kind(campaign.channel, audience.destination_field)
    reached: list[tuple[Contact, str]] = []
    seen: set[str] = set()
    for contact in audience_contacts(contact_list, audience):
        address = contact.text(audience.destination_field)
        if audience.type == "contact" and audience.address.casefold() != address.casefold():
            continue
        usable = (
            address and contact.status == "active" and _channel_active(contact, audience.destination_field)
        )
        if not usable or account.suppressed(kind, address) or (audience.unique_only and address in seen):
            continue
        seen.add(address)
        reached.append((contact, address))
    return reached


def audience_contacts(contact_list: ContactList, audience: Audience) -> Iterator[Contact]:
    """The contacts that an audience names, whatever state they are in, each once."""
    if audience.type == "none":
        yield from contact_list.contacts.values()
    elif audience.type == "contact":
        wanted = audience.address.casefold()
        for contact in contact_list.contacts.values():
            if contact.text(audience.destination_field).casefold() == wanted:
                yield contact
    else:
        chosen = [
            contact_list.segments[name] for name in audience.segment_ids if name in contact_list.segments
        ]
        for contact in contact_list.contacts.values():
            if any(_belongs(contact, segment) for segment in chosen):
                yield contact


def _kind(channel: Channel, destination_field: str) -> Literal["email", "cellphone", "phone"]:
    if channel == "email":
        return "email"
    return "phone" if destination_field == "phone" else "cellphone"


def _channel_active(contact: Contact, destination_field: str) -> bool:
    if destination_field.startswith("extra_"):
        statuses = (
            item.get("status") for item in contact.extra if destination_field == f"extra_{item['field_id']}"
        )
        return next(statuses, None) != "inactive"
    return contact.text(f"{destination_field}_status") != "inactive"


def deliver(record: Recorder, campaign: Campaign) -> int:
    """Send a campaign out: one message to each recipient; answers how many."""
    account = record.world.egoi
    sender = account.senders.get(campaign.sender_id or 0)
    campaign.status = "sent"
    campaign.started = campaign.ended = record.now
    campaign.updated = max(record.now, campaign.updated + 1)
    reached = recipients(account, campaign)
    for contact, address in reached:
        record.delivered(
            campaign.channel,
            address,
            campaign.text,
            sender=sender.address if sender else "",
            campaign_hash=campaign.campaign_hash,
            contact_id=contact.contact_id,
            subject=campaign.subject or None,
        )
        campaign.deliveries.append(Delivery(contact_id=contact.contact_id, address=address, at=record.now))
        data = {"campaign_hash": campaign.campaign_hash}
        contact.activities.append(
            Activity(at=record.now, action_name=_ACTIVITY[campaign.channel], action_data=data)
        )
        if campaign.channel in {"sms", "smart_sms"}:
            account.balance -= _SMS_PRICE * parts(campaign.text)
    for operation in list(account.operations.values()):
        if operation.campaign_hash == campaign.campaign_hash:
            del account.operations[operation.operation_id]
    return len(reached)


def deliver_due(account: EgoiAccount, record_for: Callable[[str], Recorder], now: float) -> None:
    """Send out every queued campaign whose time has come, earliest first."""
    waiting_for_approval = {item.campaign_hash for item in account.operations.values() if item.needs_approval}
    due = [
        (campaign.due, campaign.id, campaign)
        for campaign in account.campaigns.values()
        if campaign.status == "queued"
        and campaign.due is not None
        and campaign.due <= now
        and campaign.campaign_hash not in waiting_for_approval
    ]
    for _, _, campaign in sorted(due, key=lambda item: item[:2]):
        deliver(record_for(campaign.operation_name), campaign)
