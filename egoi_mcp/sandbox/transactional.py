"""The stand-in for E-goi's transactional API.

Where the vendor's facts leave room, it answers so: both sends 201; whatever does not fit 400 (no 422 is
documented), with `errors` naming the field; a sender that is not confirmed, or a service that is off, 403.
An array of messages is taken as a whole or not at all.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, RootModel

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.clock import from_iso, iso
from egoi_mcp.sandbox.routing import Route
from egoi_mcp.sandbox.sms_parts import parts
from egoi_mcp.sandbox.state import TransactionalMessage
from egoi_mcp.sandbox.validation import Body, Date, Filled, Phone, Query
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Refusal, Reply, invalid, not_found

Status = Literal[
    "created",
    "queued",
    "processing",
    "spool",
    "sending",
    "finished",
    "send_failed",
    "broken",
    "delivered",
    "rejected",
    "scheduled",
]
_GAP = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_DAY_SECONDS = 86_400.0


class NewMessage(Body):
    """One SMS; `from` is the id of a sender."""

    to: Phone
    sender_id: Filled = Field(alias="from")
    text_body: Filled = Field(alias="textBody")
    encoding: Literal["unicode", "gsm0338"] | None = None
    max_count: int = Field(default=1, ge=1, alias="maxCount")
    merge_tags: list[str] = Field(default_factory=list[str], alias="mergeTags")
    priority: Literal["urgent", "non-urgent"] = "non-urgent"
    custom_data: str | None = Field(default=None, alias="customData")
    registered: bool = False
    group: Filled = "default"


class NewMessages(RootModel[Annotated[list[NewMessage], Field(min_length=1, max_length=100)]]):
    """Body of sendSmsMessages."""


class NewEmail(Body):
    """One email to whoever stands in `to`; `senderId` is the id of a sender."""

    sender_id: Filled = Field(alias="senderId")
    to: Annotated[list[Filled], Field(min_length=1)]
    subject: Filled
    html_body: Filled | None = Field(default=None, alias="htmlBody")
    text_body: Filled | None = Field(default=None, alias="textBody")
    domain: Filled | None = None
    sender_name: Filled | None = Field(default=None, alias="senderName")
    priority: Literal["urgent", "non-urgent"] = "non-urgent"
    custom_data: str | None = Field(default=None, alias="customData")
    group: Filled = "default"


class NewEmails(RootModel[Annotated[list[NewEmail], Field(min_length=1, max_length=100)]]):
    """Body of sendEmailMessages."""


class MessagesQuery(Query):
    """Filters of the messages."""

    group: str | None = None
    date_start: Date | None = Field(default=None, alias="dateStart")
    date_end: Date | None = Field(default=None, alias="dateEnd")
    destination: str | None = None
    status: Status | None = None


class ReportQuery(Query):
    """Filters and periods of the report."""

    group: str | None = None
    group_by: Literal["day", "month"] = Field(default="day", alias="groupBy")
    date_start: Date | None = Field(default=None, alias="dateStart")
    date_end: Date | None = Field(default=None, alias="dateEnd")


class GroupsQuery(Query):
    """Filter of the groups."""

    channel: Literal["sms", "email"] | None = None


def ping(call: Call) -> Reply:
    """GET /api/v2/ping."""
    return Reply(200, {"apiStatus": "ok", "date": iso(call.now)})


def list_sms_senders(call: Call) -> Reply:
    """GET /api/v2/sms/senders: a bare array."""
    call.query(Query)
    return Reply(
        200,
        [
            {
                "id": sender.id,
                "name": sender.name,
                "phoneNumber": sender.phone_number,
                "senderStatus": sender.status,
            }
            for sender in call.world.transactional.senders.values()
        ],
    )


def list_email_senders(call: Call) -> Reply:
    """GET /api/v2/email/senders: a bare array."""
    call.query(Query)
    return Reply(
        200,
        [
            {
                "id": str(sender.sender_id),
                "name": sender.name,
                "email": sender.address,
                "senderStatus": "confirmed" if sender.status == "active" else "pending",
            }
            for sender in call.world.egoi.senders.values()
            if sender.kind == "email"
        ],
    )


def list_groups(call: Call) -> Reply:
    """GET /api/v2/groups: a bare array."""
    call.query(GroupsQuery)
    groups = call.world.transactional.groups
    return Reply(200, [{"id": str(n), "name": name, "channel": "sms"} for n, name in enumerate(groups, 1)])


def send_many(call: Call) -> Reply:
    """POST /api/v2/sms/messages/action/send: an array of at most 100."""
    messages = call.body(NewMessages).root
    for place, message in enumerate(messages):
        _check(call, message, f"{place}.")
    sent = [_send(call, message) for message in messages]
    return Reply(201, [{"messageId": str(message.id)} for message in sent])


def send_one(call: Call) -> Reply:
    """POST /api/v2/sms/messages/action/send/single: one object."""
    message = call.body(NewMessage)
    _check(call, message, "")
    return Reply(201, {"messageId": str(_send(call, message).id)})


def send_emails(call: Call) -> Reply:
    """POST /api/v2/email/messages/action/send: an array of at most 100."""
    emails = call.body(NewEmails).root
    if not call.world.egoi.transactional_enabled:
        raise Refusal(403, "The transactional service is not enabled.")
    for place, email in enumerate(emails):
        sender = call.world.egoi.senders.get(int(email.sender_id)) if email.sender_id.isdecimal() else None
        if sender is None or sender.kind != "email":
            raise invalid(f"{place}.senderId", "no such sender", status=400)
        if sender.status != "active":
            raise Refusal(
                403, "The sender is not confirmed.", errors={f"{place}.senderId": ["not confirmed"]}
            )
    sent: list[JsonValue] = []
    for email in emails:
        number = str(call.world.egoi.next_id("transactional_message"))
        sender = call.world.egoi.senders[int(email.sender_id)]
        for address in email.to:
            call.delivered(
                "email",
                address,
                email.html_body or email.text_body or "",
                sender=sender.address,
                message_id=number,
                subject=email.subject,
            )
        sent.append({"messageId": number})
    return Reply(201, sent)


def _check(call: Call, message: NewMessage, prefix: str) -> None:
    if not call.world.egoi.transactional_enabled:
        raise Refusal(403, "The transactional service is not enabled.")
    sender = call.world.transactional.senders.get(message.sender_id)
    if sender is None:
        raise invalid(f"{prefix}from", "no such sender", status=400)
    if sender.status != "confirmed":
        raise Refusal(403, "The sender is not confirmed.", errors={f"{prefix}from": ["not confirmed"]})
    needed = parts(_filled(message))
    if needed > message.max_count:
        raise invalid(
            f"{prefix}textBody", f"takes {needed} parts, maxCount is {message.max_count}", status=400
        )


def _filled(message: NewMessage) -> str:
    values = dict(tag.split(":", 1) for tag in message.merge_tags if ":" in tag)
    return _GAP.sub(lambda gap: values.get(gap[1], gap[0]), message.text_body)


def _send(call: Call, message: NewMessage) -> TransactionalMessage:
    transactional = call.world.transactional
    text = _filled(message)
    made = TransactionalMessage(
        id=call.world.egoi.next_id("transactional_message"),
        to=message.to,
        sender_id=message.sender_id,
        text=text,
        group=message.group,
        status="delivered",
        created=call.now,
        parts=parts(text),
        registered=message.registered,
    )
    transactional.messages[made.id] = made
    if message.group not in transactional.groups:
        transactional.groups.append(message.group)
    sender = transactional.senders[message.sender_id]
    call.delivered("sms", message.to, text, sender=sender.name, message_id=str(made.id))
    return made


def list_messages(call: Call) -> Reply:
    """GET /api/v2/sms/messages: a bare array, newest first."""
    found = sorted(
        _found(call, call.query(MessagesQuery)), key=lambda item: (item.created, item.id), reverse=True
    )
    shown: list[JsonObject] = [
        {
            "messageId": str(message.id),
            "createDate": iso(message.created),
            "subscriberMobile": message.to,
            "senderMobile": call.world.transactional.senders[message.sender_id].phone_number,
            "groupName": message.group,
        }
        for message in found
    ]
    return Reply(200, shown)


def _found(call: Call, query: MessagesQuery) -> list[TransactionalMessage]:
    earliest = from_iso(query.date_start) if query.date_start else float("-inf")
    latest = from_iso(query.date_end) + _DAY_SECONDS if query.date_end else float("inf")
    return [
        message
        for message in call.world.transactional.messages.values()
        if query.group in {None, message.group}
        and query.destination in {None, message.to}
        and query.status in {None, message.status}
        and earliest <= message.created < latest
    ]


def read_message(call: Call) -> Reply:
    """GET /api/v2/sms/messages/{id}."""
    message = _message(call)
    sender = call.world.transactional.senders[message.sender_id]
    return Reply(
        200,
        {
            "id": message.id,
            "groupId": call.world.transactional.groups.index(message.group) + 1,
            "textBody": message.text,
            "senderId": int(message.sender_id),
            "createDate": iso(message.created),
            "status": message.status,
            "name": sender.name,
            "register": message.registered,
        },
    )


def _message(call: Call) -> TransactionalMessage:
    message = call.world.transactional.messages.get(call.path_id("id"))
    if message is None:
        raise not_found("message")
    return message


def cancel(call: Call) -> Reply:
    """POST /api/v2/messages/{id}/action/send: cancels, whatever the path says; 400 if not scheduled."""
    message = _message(call)
    if message.status != "scheduled":
        raise Refusal(400, f"The message is {message.status}, not scheduled.")
    del call.world.transactional.messages[message.id]
    call.changed("message_cancelled", message.id)
    return Reply(200, {"messageId": str(message.id)})


def report(call: Call) -> Reply:
    """GET /api/v2/sms/reports: counts by group, and by day or month."""
    query = call.query(ReportQuery)
    wanted = MessagesQuery(group=query.group, dateStart=query.date_start, dateEnd=query.date_end)
    period_length = len("YYYY-MM-DD") if query.group_by == "day" else len("YYYY-MM")
    sent: Counter[tuple[str, str]] = Counter()
    sent_parts: Counter[tuple[str, str]] = Counter()
    for message in _found(call, wanted):
        if message.status == "delivered":
            key = (message.group, iso(message.created)[:period_length])
            sent[key] += 1
            sent_parts[key] += message.parts
    groups = call.world.transactional.groups
    rows: list[JsonObject] = [
        {
            "groupId": str(groups.index(group) + 1),
            "groupName": group,
            "timePeriod": period,
            "metricsTotal": count,
            "metricsTotalParts": sent_parts[group, period],
            "metricsProcessed": count,
            "metricsSent": count,
            "metricsSentParts": sent_parts[group, period],
            "metricsDelivered": count,
            "metricsDeliveredParts": sent_parts[group, period],
            "metricsRejected": 0,
            "metricsRejectedParts": 0,
        }
        for (group, period), count in sorted(sent.items())
    ]
    return Reply(200, rows)


TRANSACTIONAL_ROUTES: tuple[Route, ...] = (
    Route("pingApi", "GET", "/api/v2/ping", ping),
    Route("getSmsSenders", "GET", "/api/v2/sms/senders", list_sms_senders),
    Route("sendEmailMessages", "POST", "/api/v2/email/messages/action/send", send_emails),
    Route("getEmailSenders", "GET", "/api/v2/email/senders", list_email_senders),
    Route("listGroups", "GET", "/api/v2/groups", list_groups),
    Route("sendSmsMessages", "POST", "/api/v2/sms/messages/action/send", send_many),
    Route("sendSmsMessagesSingle", "POST", "/api/v2/sms/messages/action/send/single", send_one),
    Route("listAllSmsMessages", "GET", "/api/v2/sms/messages", list_messages),
    Route("listSingleSmsMessage", "GET", "/api/v2/sms/messages/{id}", read_message),
    Route("produceSmsReport", "GET", "/api/v2/sms/reports", report),
    Route("cancelScheduledMessage", "POST", "/api/v2/messages/{id}/action/send", cancel),
)
