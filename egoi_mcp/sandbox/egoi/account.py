"""The account itself: plan and balance, senders, suppression list, queue, automations, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.egoi.audience import deliver
from egoi_mcp.sandbox.egoi.bulk import ACCEPTED
from egoi_mcp.sandbox.egoi.collections import in_order, page, without_nones
from egoi_mcp.sandbox.egoi.state import CampaignStatus, Operation, Sender, SenderKind, Suppression
from egoi_mcp.sandbox.validation import Body, DateTime, Filled, Identifier, Order, Paging, Query
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Reply, conflict, not_found

SuppressionType = Literal["email", "email_domain", "email_user", "cellphone", "phone"]
QueueAction = Literal["approve", "cancel", "pause", "resume"]
_STATUS_AFTER: Mapping[QueueAction, CampaignStatus] = {
    "approve": "queued",
    "cancel": "canceled",
    "pause": "paused",
    "resume": "queued",
}


class SendersQuery(Paging):
    """Filter of the sender collections."""

    status: Literal["active", "moderation", "rejected"] | None = None


class SuppressionQuery(Paging):
    """Filters of /suppression-list."""

    type: SuppressionType | None = None
    method: Literal["unsubscribe", "bounce", "manual", "other", "forgotten"] | None = None
    value: str | None = None
    campaign_hash: str | None = None
    created_min: DateTime | None = None
    created_max: DateTime | None = None
    order: Order = "desc"
    order_by: Literal["id", "value", "created"] = "id"


class NewSuppressions(Body):
    """Body of createSuppressionList."""

    type: SuppressionType
    value: Annotated[list[Filled], Field(min_length=1)]


class OperationsQuery(Paging):
    """Filters of /operations."""

    type: str | None = None
    status: Literal["queued", "processing", "executing", "paused"] | None = None
    order: Order = "desc"
    order_by: Literal["operation_id", "created", "start_date"] = "operation_id"


class Operations(Body):
    """Body of the queue's actions."""

    operations: Annotated[list[Identifier], Field(min_length=1)]


class AutomationsQuery(Paging):
    """Filters of /automations."""

    automation_id: int | None = None
    title: str | None = None
    list_id: int | None = None
    created_by: int | None = None
    status: Literal["active", "inactive"] | None = None
    order: Order = "desc"
    order_by: Literal["automation_id", "title", "list_id", "created_by"] = "automation_id"


class NewWebhook(Body):
    """Body of createWebhook."""

    list_id: Identifier
    url: Filled
    actions: Annotated[list[Filled], Field(min_length=1)]
    fields: list[str] | None = None


def ping(call: Call) -> Reply:
    """POST /ping."""
    return Reply(200, {"result": "success"})


def my_account(call: Call) -> Reply:
    """GET /my-account."""
    call.query(Query)
    account = call.world.egoi
    return Reply(
        200,
        {
            "general_info": {
                "client_id": account.client_id,
                "name": "Acme Sample",
                "website": "https://www.example.com",
                "cellphone": "351-900000900",
            },
            "balance_info": {"balance": f"{account.balance:.2f}", "currency": "EUR"},
            "plan_info": {"type": "pro"},
            "billing_info": {
                "type": "company",
                "company_legal_name": "Acme Sample, Lda",
                "vat_number": "PT000000000",
                "country": {"country_code": "PT"},
                "city": "Lisboa",
            },
            "module_info": {
                "te": {"enabled": False},
                "transactional": {"enabled": account.transactional_enabled},
            },
        },
    )


def enable_transactional(call: Call) -> Reply:
    """POST /my-account/actions/enable-transactional: once."""
    if call.world.egoi.transactional_enabled:
        raise conflict("The transactional service is on.", client_already_enabled="on")
    call.world.egoi.transactional_enabled = True
    call.changed("transactional_enabled", call.world.egoi.client_id)
    return Reply(204)


def list_cellphone_senders(call: Call) -> Reply:
    """GET /senders/cellphone, without a total."""
    return _senders(call, "cellphone")


def list_email_senders(call: Call) -> Reply:
    """GET /senders/email, without a total."""
    return _senders(call, "email")


def list_phone_senders(call: Call) -> Reply:
    """GET /senders/phone, without a total."""
    return _senders(call, "phone")


def _senders(call: Call, kind: SenderKind) -> Reply:
    query = call.query(SendersQuery)
    found = [
        _sender(sender)
        for sender in call.world.egoi.senders.values()
        if sender.kind == kind and query.status in {None, sender.status}
    ]
    return page(found, query, total=False)


def _sender(sender: Sender) -> JsonObject:
    shown: dict[str, JsonValue] = {"sender_id": sender.sender_id, "status": sender.status}
    if sender.kind == "email":
        return shown | {"name": sender.name, "email": sender.address}
    if sender.kind == "phone":
        return shown | {"phone": sender.address, "file": ""}
    if sender.alphanumeric:
        return shown | {"type": "alpha_numeric", "cellphone": sender.address, "file": ""}
    return shown | {"type": "numeric", "cellphone": sender.address}


def delete_cellphone_sender(call: Call) -> Reply:
    """DELETE /senders/cellphone/{sender_id}: not one that a waiting campaign is from."""
    return _delete_sender(call, "cellphone")


def delete_email_sender(call: Call) -> Reply:
    """DELETE /senders/email/{sender_id}: not one that a waiting campaign is from."""
    return _delete_sender(call, "email")


def _delete_sender(call: Call, kind: SenderKind) -> Reply:
    account = call.world.egoi
    number = call.path_id("sender_id")
    sender = account.senders.get(number)
    if sender is None or sender.kind != kind:
        raise not_found("sender")
    if any(item.sender_id == number and item.status == "queued" for item in account.campaigns.values()):
        raise conflict("A campaign that waits is from this sender.", sender_in_use=str(number))
    del account.senders[number]
    call.changed("sender_deleted", number)
    return Reply(204)


def list_suppressions(call: Call) -> Reply:
    """GET /suppression-list."""
    query = call.query(SuppressionQuery)
    wanted = query.model_dump(include={"type", "method", "value", "campaign_hash"}, exclude_none=True)
    shown = [
        without_nones(
            {
                "id": entry.id,
                "value": entry.value,
                "type": entry.type,
                "method": entry.method,
                "campaign_hash": entry.campaign_hash,
                "created": call.stamp(entry.created),
            }
        )
        for entry in call.world.egoi.suppressions.values()
    ]
    found = [
        item
        for item in shown
        if all(item.get(name) == value for name, value in wanted.items())
        and (query.created_min or "") <= str(item["created"]) <= (query.created_max or "9999")
    ]
    return page(in_order(found, query.order_by, query.order), query)


def create_suppressions(call: Call) -> Reply:
    """POST /suppression-list."""
    account = call.world.egoi
    body = call.body(NewSuppressions)
    held = {(entry.type, entry.value.casefold()) for entry in account.suppressions.values()}
    for value in body.value:
        if (body.type, value.casefold()) in held:
            continue
        held.add((body.type, value.casefold()))
        number = account.next_id("suppression")
        account.suppressions[number] = Suppression(
            id=number, type=body.type, value=value, method="manual", created=call.now
        )
        call.changed("suppressed", number)
    return ACCEPTED


def delete_suppression(call: Call) -> Reply:
    """DELETE /suppression-list/{suppression_id}: manual entries only."""
    account = call.world.egoi
    number = call.path_id("suppression_id")
    entry = account.suppressions.get(number)
    if entry is None:
        raise not_found("suppression")
    if entry.method != "manual":
        raise conflict("Only manual entries can be removed.", unremovable_entry=entry.method)
    del account.suppressions[number]
    call.changed("suppression_deleted", number)
    return Reply(204)


def list_operations(call: Call) -> Reply:
    """GET /operations: the queue."""
    query = call.query(OperationsQuery)
    shown = [
        _operation(call, item)
        for item in call.world.egoi.operations.values()
        if query.type in {None, item.type} and query.status in {None, item.status}
    ]
    return page(in_order(shown, query.order_by, query.order), query)


def _operation(call: Call, item: Operation) -> JsonObject:
    data = without_nones({"internal_name": item.internal_name, "campaign_hash": item.campaign_hash})
    return {
        "operation_id": item.operation_id,
        "operation_data": data,
        "type": item.type,
        "status": item.status,
        "created_by": 1,
        "created": call.stamp(item.created),
        "start_date": call.stamp(item.start),
    }


def approve(call: Call) -> Reply:
    """POST /operations/actions/approve: for what waits for approval; a due send goes out."""
    return _act(call, "approve")


def cancel(call: Call) -> Reply:
    """POST /operations/actions/cancel: for whatever is not executing yet; a campaign is canceled for good."""
    return _act(call, "cancel")


def pause(call: Call) -> Reply:
    """POST /operations/actions/pause: for whatever is not paused."""
    return _act(call, "pause")


def resume(call: Call) -> Reply:
    """POST /operations/actions/resume: for what is paused; a due send goes out."""
    return _act(call, "resume")


def _act(call: Call, action: QueueAction) -> Reply:
    account = call.world.egoi
    success: list[int] = []
    invalid: list[int] = []
    missing: list[int] = []
    for number in call.body(Operations).operations:
        item = account.operations.get(number)
        if item is None:
            missing.append(number)
        elif not _allowed(item, action):
            invalid.append(number)
        else:
            _carry_out(call, item, action)
            success.append(number)
    return Reply(
        200,
        {"success": success, "error": {"invalid_operation_action": invalid, "operation_not_found": missing}},
    )


def _allowed(item: Operation, action: QueueAction) -> bool:
    return {
        "approve": item.needs_approval and item.status == "queued",
        "cancel": item.status != "executing",
        "pause": item.status != "paused",
        "resume": item.status == "paused",
    }[action]


def _carry_out(call: Call, item: Operation, action: QueueAction) -> None:
    account = call.world.egoi
    campaign = account.campaigns.get(item.campaign_hash or "")
    call.changed(f"operation_{action}", item.operation_id)
    if action == "cancel":
        del account.operations[item.operation_id]
    elif action == "approve":
        item.needs_approval = False
    else:
        item.status = "paused" if action == "pause" else "queued"
    if campaign is None:
        return
    campaign.updated = max(call.now, campaign.updated + 1)
    campaign.status = _STATUS_AFTER[action]
    if campaign.status == "queued" and not item.needs_approval and (campaign.due or 0.0) <= call.now:
        deliver(call, campaign)


def list_automations(call: Call) -> Reply:
    """GET /automations."""
    query = call.query(AutomationsQuery)
    wanted = query.model_dump(
        include={"automation_id", "title", "list_id", "created_by", "status"}, exclude_none=True
    )
    shown: list[JsonObject] = [
        {
            "automation_id": item.automation_id,
            "title": item.title,
            "list_id": item.list_id,
            "status": item.status,
            "created_by": 1,
        }
        for item in call.world.egoi.automations.values()
    ]
    found = [item for item in shown if all(item[name] == value for name, value in wanted.items())]
    return page(in_order(found, query.order_by, query.order), query)


def list_automation_actions(call: Call) -> Reply:
    """GET /automations/{automation_id}/actions."""
    automation = call.world.egoi.automations.get(call.path_id("automation_id"))
    if automation is None:
        raise not_found("automation")
    items: list[JsonObject] = [
        {"action_id": number, "title": f"Step {number}", "action": "email"}
        for number in automation.action_ids
    ]
    return page(items, call.query(Paging))


def list_webhooks(call: Call) -> Reply:
    """GET /webhooks."""
    items = [{"webhook_id": number} | dict(item) for number, item in call.world.egoi.webhooks.items()]
    return page(items, call.query(Paging))


def create_webhook(call: Call) -> Reply:
    """POST /webhooks: answers 200, and nothing is ever called."""
    account = call.world.egoi
    body = call.body(NewWebhook)
    account.contact_list(body.list_id)
    number = account.next_id("webhook")
    account.webhooks[number] = body.model_dump(exclude_none=True)
    call.changed("disclosed", body.url)
    return Reply(200, {"webhook_id": number} | dict(account.webhooks[number]))


def delete_webhook(call: Call) -> Reply:
    """DELETE /webhooks/{webhook_id}."""
    number = call.path_id("webhook_id")
    if call.world.egoi.webhooks.pop(number, None) is None:
        raise not_found("webhook")
    call.changed("webhook_deleted", number)
    return Reply(204)
