"""The stand-in for TxtSync.

Its document knows 200 alone; for the rest it answers in the way of its platform: `{"Message"}` with
`ModelState` naming the field, 400 for what does not fit, 404, and 409 for a number or reference that is
taken. An update is a PUT: members that it leaves out are emptied, but for `AllowSMS` and `TagNames`, which
stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from egoi_mcp.sandbox.call import Call, Recorder
from egoi_mcp.sandbox.clock import from_iso, iso
from egoi_mcp.sandbox.routing import Route
from egoi_mcp.sandbox.sms_parts import parts
from egoi_mcp.sandbox.state import TxtSyncAccount, TxtSyncContact, TxtSyncScheduled
from egoi_mcp.sandbox.validation import Body, Filled, Query
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Refusal, Reply, conflict, invalid, not_found

Number = Annotated[str, StringConstraints(pattern=r"^\+?[1-9]\d{6,14}$")]
_COST_GBP = 0.038


class Fields(Body):
    """The members that a contact takes."""

    FirstName: str | None = None
    LastName: str | None = None
    CompanyName: str | None = None
    ExternalReference: str | None = None
    EmailAddress: str | None = None
    AddressLine1: str | None = None
    AddressLine2: str | None = None
    City: str | None = None
    Postcode: str | None = None
    County: str | None = None
    Country: str | None = None
    Custom01: str | None = None
    Custom02: str | None = None
    Custom03: str | None = None
    Custom04: str | None = None
    Custom05: str | None = None
    TagNames: str | None = None


class NewContact(Fields):
    """Body of AddContact."""

    MobileNumber: Number


class ChangedContact(Fields):
    """Body of the updates."""

    MobileNumber: Number | None = None
    AllowSMS: bool | None = None


class Send(Body):
    """Body of SendSMS."""

    From: Filled
    Message: Filled
    To: Number
    RegardingReference: str | None = None
    RegardingSchema: str | None = None
    ScheduledDate: str | None = None
    Custom01: str | None = None
    Custom02: str | None = None
    Custom03: str | None = None


class BulkSend(Body):
    """Body of SendBulkSMS."""

    From: Filled
    Message: Filled
    To: list[Number] = Field(default_factory=list[Number])
    ToTagName: list[Filled] = Field(default_factory=list[Filled])


class Webhook(Body):
    """Body of the triggers."""

    URL: Filled


class ContactsQuery(Query):
    """Search by name, number or reference, or by number alone."""

    search: str | None = None
    search_number: str | None = Field(default=None, alias="searchNumber")


def _digits(number: str) -> str:
    return number.lstrip("+")


def _full_name(fields: Mapping[str, str | None]) -> str:
    return f"{fields.get('FirstName') or ''} {fields.get('LastName') or ''}".strip()


def search(call: Call) -> Reply:
    """GET /contacts: a bare array."""
    query = call.query(ContactsQuery)
    found = [contact for contact in call.world.txtsync.contacts.values() if _matches(contact, query)]
    return Reply(200, [_shown(contact) for contact in found])


def _matches(contact: TxtSyncContact, query: ContactsQuery) -> bool:
    number = _digits(contact.fields.get("MobileNumber") or "")
    if query.search_number is not None and _digits(query.search_number) not in number:
        return False
    if query.search is None:
        return True
    wanted = query.search.casefold()
    held = (_full_name(contact.fields), "+" + number, contact.fields.get("ExternalReference") or "")
    return any(wanted in text.casefold() for text in held)


def _shown(contact: TxtSyncContact) -> JsonObject:
    shown: dict[str, JsonValue] = {"ContactID": contact.id, "FullName": _full_name(contact.fields)}
    return (
        shown
        | dict(contact.fields)
        | {
            "OverallRating": contact.id % 100,
            "TotalDistinctLinkClicks": 0,
            "TotalLinksSent": 0,
            "TotalInboundSMS": 0,
            "TotalOutboundSMS": contact.outbound,
            "TotalFailedSMS": 0,
            "AllowSMS": contact.allow_sms,
        }
    )


def search_reference(call: Call) -> Reply:
    """GET /contacts/external/{id}: an array, empty when there is none."""
    found = _by_reference(call.world.txtsync, call.path["id"])
    return Reply(200, [_shown(found)] if found else [])


def _by_reference(account: TxtSyncAccount, reference: str) -> TxtSyncContact | None:
    return next(
        (item for item in account.contacts.values() if item.fields.get("ExternalReference") == reference),
        None,
    )


def _by_number(account: TxtSyncAccount, number: str) -> TxtSyncContact | None:
    wanted = _digits(number)
    return next(
        (
            item
            for item in account.contacts.values()
            if _digits(item.fields.get("MobileNumber") or "") == wanted
        ),
        None,
    )


def add(call: Call) -> Reply:
    """POST /contacts: answers 200."""
    account = call.world.txtsync
    body = call.body(NewContact)
    _refuse_taken(account, body, None)
    account.last_contact_id += 1
    fields = body.model_dump(exclude={"TagNames"})
    contact = TxtSyncContact(
        id=account.last_contact_id, fields=fields, tags=_tags(account, body.TagNames), allow_sms=True
    )
    account.contacts[contact.id] = contact
    call.changed("contact_created", contact.id)
    names = ("FirstName", "LastName", "MobileNumber", "EmailAddress")
    shown: dict[str, JsonValue] = {name: fields[name] for name in names}
    return Reply(200, shown | {"ContactID": contact.id, "FullName": _full_name(fields)})


def _refuse_taken(
    account: TxtSyncAccount, body: NewContact | ChangedContact, but: TxtSyncContact | None
) -> None:
    same_number = _by_number(account, body.MobileNumber) if body.MobileNumber else None
    if same_number not in (None, but):
        raise conflict("A contact has this number.")
    same_reference = _by_reference(account, body.ExternalReference) if body.ExternalReference else None
    if same_reference not in (None, but):
        raise conflict("A contact has this reference.")


def _tags(account: TxtSyncAccount, names: str | None) -> list[str]:
    tags = list(dict.fromkeys(name.strip() for name in (names or "").split(",") if name.strip()))
    account.tags += [name for name in tags if name not in account.tags]
    return tags


def update(call: Call) -> Reply:
    """PUT /contacts/{id}."""
    return _update(call, _by_id(call))


def update_reference(call: Call) -> Reply:
    """PUT /contacts/external/{id}."""
    return _update(call, _required(_by_reference(call.world.txtsync, call.path["id"])))


def _by_id(call: Call) -> TxtSyncContact:
    return _required(call.world.txtsync.contacts.get(call.path_id("id")))


def _required(contact: TxtSyncContact | None) -> TxtSyncContact:
    if contact is None:
        raise not_found("contact")
    return contact


def _update(call: Call, contact: TxtSyncContact) -> Reply:
    account = call.world.txtsync
    body = call.body(ChangedContact)
    _refuse_taken(account, body, contact)
    fields = body.model_dump(exclude={"TagNames", "AllowSMS"})
    # A number cannot be emptied: without it the contact would be none.
    contact.fields = fields | {"MobileNumber": body.MobileNumber or contact.fields.get("MobileNumber")}
    if body.TagNames is not None:
        contact.tags = _tags(account, body.TagNames)
    if body.AllowSMS is not None:
        contact.allow_sms = body.AllowSMS
    call.changed("contact_updated", contact.id)
    return Reply(200, "OK")


def delete(call: Call) -> Reply:
    """DELETE /contacts/{id}."""
    return _delete(call, _by_id(call))


def delete_reference(call: Call) -> Reply:
    """DELETE /contacts/external/{id}."""
    return _delete(call, _required(_by_reference(call.world.txtsync, call.path["id"])))


def _delete(call: Call, contact: TxtSyncContact) -> Reply:
    del call.world.txtsync.contacts[contact.id]
    call.changed("contact_deleted", contact.id)
    return Reply(200, "OK")


def send(call: Call) -> Reply:
    """POST /sms/send: an array with the SMS; a contact that does not allow SMS gets none."""
    _require_zapier(call)
    account = call.world.txtsync
    body = call.body(Send)
    due = _due(body.ScheduledDate)
    contact = _by_number(account, body.To)
    account.last_sms_id += 1
    sms: dict[str, JsonValue] = {
        "SMSID": account.last_sms_id,
        "FromNumber": body.From,
        "ToNumber": body.To,
        "ContactID": contact.id if contact else 0,
        "Direction": 0,
        "Message": body.Message,
        "CreatedDate": iso(call.now),
        "Segments": parts(body.Message),
        "Status": "Sent",
        "ErrorCode": None,
        "CostLocal": round(_COST_GBP * parts(body.Message), 3),
        "CurrencyCode": "GBP",
        "CostGBP": round(_COST_GBP * parts(body.Message), 3),
    }
    if contact and not contact.allow_sms:
        sms |= {"Status": "Failed", "ErrorCode": "OptedOut", "CostLocal": 0, "CostGBP": 0}
    elif due is not None and due > call.now:
        sms |= {"Status": "Scheduled"}
        account.scheduled.append(
            TxtSyncScheduled(
                sms_id=account.last_sms_id, sender=body.From, to=body.To, text=body.Message, due=due
            )
        )
        call.changed("sms_scheduled", account.last_sms_id)
    else:
        _deliver(call, body.From, body.To, body.Message, account.last_sms_id)
    return Reply(200, [sms])


def _require_zapier(call: Call) -> None:
    if call.headers.get("x-zapier") != "true":
        raise invalid("x-zapier", "the header is required", status=400)


def _due(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return from_iso(text)
    except ValueError:
        raise invalid("ScheduledDate", "no date-time", status=400) from None


def _deliver(record: Recorder, sender: str, to: str, text: str, sms_id: int) -> None:
    contact = _by_number(record.world.txtsync, to)
    if contact:
        contact.outbound += 1
    contact_id = str(contact.id) if contact else None
    record.delivered("sms", to, text, sender=sender, message_id=str(sms_id), contact_id=contact_id)


def deliver_due(account: TxtSyncAccount, record: Recorder) -> None:
    """Send out the SMS whose time has come, to whoever still allows it."""
    due = sorted((item for item in account.scheduled if item.due <= record.now), key=lambda item: item.due)
    for item in due:
        account.scheduled.remove(item)
        contact = _by_number(account, item.to)
        if contact is None or contact.allow_sms:
            _deliver(record, item.sender, item.to, item.text, item.sms_id)


def send_bulk(call: Call) -> Reply:
    """POST /sms/send/bulk: to numbers and to the contacts of tags, each number once; answers a text."""
    _require_zapier(call)
    account = call.world.txtsync
    body = call.body(BulkSend)
    if not body.To and not body.ToTagName:
        raise invalid("To", "give numbers or tag names", status=400)
    numbers = list(body.To)
    for name in body.ToTagName:
        held = [item.fields.get("MobileNumber") for item in account.contacts.values() if name in item.tags]
        if not held:
            raise Refusal(
                400, "The tag is unknown or empty.", errors={"ToTagName": [f"no contacts with {name}"]}
            )
        numbers += [number for number in held if number]
    sent: set[str] = set()
    for number in numbers:
        contact = _by_number(account, number)
        if _digits(number) in sent or (contact and not contact.allow_sms):
            continue
        sent.add(_digits(number))
        account.last_sms_id += 1
        _deliver(call, body.From, number, body.Message, account.last_sms_id)
    return Reply(200, f"{len(sent)} messages queued")


def add_inbound_webhook(call: Call) -> Reply:
    """POST /system/applications/webhooks/type/0."""
    return _add_webhook(call)


def add_outbound_webhook(call: Call) -> Reply:
    """POST /system/applications/webhooks/type/5."""
    return _add_webhook(call)


def _add_webhook(call: Call) -> Reply:
    account = call.world.txtsync
    body = call.body(Webhook)
    hook_id = max(account.webhooks, default=0) + 1
    account.webhooks[hook_id] = body.URL
    call.changed("disclosed", body.URL)
    return Reply(200, {"ID": hook_id}, {"Location": f"/system/applications/webhooks/{hook_id}"})


def delete_webhook(call: Call) -> Reply:
    """DELETE /system/applications/webhooks/{hook_Id}."""
    hook_id = call.path_id("hook_Id")
    if call.world.txtsync.webhooks.pop(hook_id, None) is None:
        raise not_found("webhook")
    call.changed("webhook_deleted", hook_id)
    return Reply(200, "OK")


_HOOKS = "/system/applications/webhooks"
TXTSYNC_ROUTES: tuple[Route, ...] = (
    Route("SendSMS", "POST", "/sms/send", send),
    Route("SendBulkSMS", "POST", "/sms/send/bulk", send_bulk),
    Route("SearchContact", "GET", "/contacts", search),
    Route("AddContact", "POST", "/contacts", add),
    Route("UpdateContact", "PUT", "/contacts/{id}", update),
    Route("DeleteContact", "DELETE", "/contacts/{id}", delete),
    Route("GetContactByExternalReference", "GET", "/contacts/external/{id}", search_reference),
    Route("UpdateContactByExternalReference", "PUT", "/contacts/external/{id}", update_reference),
    Route("DeleteContactByExternalReference", "DELETE", "/contacts/external/{id}", delete_reference),
    Route("InboundSMS", "POST", f"{_HOOKS}/type/0", add_inbound_webhook),
    Route("OutboundSMS", "POST", f"{_HOOKS}/type/5", add_outbound_webhook),
    Route("DeleteTrigger", "DELETE", f"{_HOOKS}/{{hook_Id}}", delete_webhook),
)
