"""Actions on many contacts: tags, states, unsubscribing, forgetting, updates, imports, exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.egoi.audience import members
from egoi_mcp.sandbox.egoi.bodies import (
    AutomationStart,
    BulkUpdate,
    Chosen,
    Export,
    Forgotten,
    ImportBulk,
    Imported,
    TagChange,
    Unsubscription,
    UnsubscriptionMethod,
    UnsubscriptionReason,
    Unsubscriptions,
)
from egoi_mcp.sandbox.egoi.contacts import add_contact, apply_changes, checked_extra, holders_of
from egoi_mcp.sandbox.egoi.state import Activity, Contact, ContactList
from egoi_mcp.sandbox.wire import JsonValue, Reply, conflict, invalid, not_found

ACCEPTED = Reply(202, {"result": "success"})


def attach_tag(call: Call) -> Reply:
    """POST …/actions/attach-tag."""
    return _change_tag(call, attach=True)


def detach_tag(call: Call) -> Reply:
    """POST …/actions/detach-tag."""
    return _change_tag(call, attach=False)


def _change_tag(call: Call, *, attach: bool) -> Reply:
    account = call.world.egoi
    contact_list = account.contact_list(call.path_id("list_id"))
    body = call.body(TagChange)
    account.tag(body.tag_id)
    chosen, missing = _tag_contacts(contact_list, body)
    done: list[str] = []
    unchanged: list[str] = []
    for contact in chosen:
        held = contact.tags or []
        if (body.tag_id in held) == attach:
            unchanged.append(contact.contact_id)
            continue
        contact.tags = [*held, body.tag_id] if attach else [tag for tag in held if tag != body.tag_id]
        name = "attach_tag" if attach else "detach_tag"
        contact.activities.append(
            Activity(at=call.now, action_name=name, action_data={"tag_id": body.tag_id})
        )
        call.changed("tag_attached" if attach else "tag_detached", f"{body.tag_id}:{contact.contact_id}")
        done.append(contact.contact_id)
    if call.settings.attach_tag_form == "bare":
        return ACCEPTED
    kept = "has_tag_id" if attach else "has_no_tag_id"
    return Reply(
        200, {"tag_id": body.tag_id, "success": done, "error": {"invalid_contact": missing, kept: unchanged}}
    )


def _tag_contacts(contact_list: ContactList, body: TagChange) -> tuple[list[Contact], list[str]]:
    """The contacts that the body means, and the values that mean nobody."""
    if body.segment_id is not None:
        return members(contact_list, contact_list.segment(body.segment_id)), []
    chosen: list[Contact] = []
    missing: list[str] = []
    for value in body.contacts or []:
        if body.field_id is None:
            known = contact_list.contacts.get(value.lower())
            found = [known] if known else []
        else:
            found = holders_of(contact_list, body.field_id, value)
        chosen.extend(found)
        if not found:
            missing.append(value)
    return chosen, missing


def activate(call: Call) -> Reply:
    """POST …/actions/activate: removed contacts are left alone."""
    return _set_status(call, "active")


def deactivate(call: Call) -> Reply:
    """POST …/actions/deactivate: removed contacts are left alone."""
    return _set_status(call, "inactive")


def _set_status(call: Call, status: str) -> Reply:
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    body = call.body(Chosen)
    chosen = _by_ids(contact_list, body.contacts) if body.contacts else list(contact_list.contacts.values())
    for contact in chosen:
        if contact.status not in {status, "removed"}:
            contact.base |= {"status": status, "change_date": call.stamp(call.now)[:10]}
            call.changed(
                "contact_activated" if status == "active" else "contact_deactivated", contact.contact_id
            )
    return ACCEPTED


def _by_ids(contact_list: ContactList, ids: list[str]) -> list[Contact]:
    found = (contact_list.contacts.get(contact_id.lower()) for contact_id in ids)
    return [contact for contact in found if contact is not None]


def unsubscribe(call: Call) -> Reply:
    """POST …/actions/unsubscribe: answers, contact by contact, what happened."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    success: list[str] = []
    errors: dict[str, list[str]] = {
        "invalid_unsubscription_reason": [],
        "invalid_unsubscription_method": [],
        "contact_not_in_list": [],
        "contact_already_removed": [],
    }
    for item in call.body(Unsubscriptions).data:
        contact = contact_list.contacts.get(item.contact_id.lower())
        wrong = _unsubscription_error(contact, item)
        if wrong or contact is None:
            errors[wrong].append(item.contact_id)
            continue
        contact.base |= {
            "status": "removed",
            "unsubscription_method": item.unsubscription_method,
            "unsubscription_reason": item.unsubscription_reason,
            "unsubscription_observation": item.unsubscription_observation,
            "unsubscription_date": call.stamp(call.now),
            "change_date": call.stamp(call.now)[:10],
        }
        contact.activities.append(Activity(at=call.now, action_name="unsubscribe_api"))
        call.changed("contact_unsubscribed", contact.contact_id)
        success.append(contact.contact_id)
    return Reply(200, {"success": success, "errors": errors})


def _unsubscription_error(contact: Contact | None, item: Unsubscription) -> str:
    if contact is None:
        return "contact_not_in_list"
    if contact.status == "removed":
        return "contact_already_removed"
    if item.unsubscription_method not in get_args(UnsubscriptionMethod):
        return "invalid_unsubscription_method"
    if item.unsubscription_reason not in get_args(UnsubscriptionReason):
        return "invalid_unsubscription_reason"
    return ""


def forget(call: Call) -> Reply:
    """POST …/actions/forget: nothing of the contacts is kept."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    for contact in _by_ids(contact_list, call.body(Forgotten).contacts):
        del contact_list.contacts[contact.contact_id]
        call.changed("contact_forgotten", contact.contact_id)
    return ACCEPTED


def update(call: Call) -> Reply:
    """POST …/actions/update: one set of values for many; a unique field is a 409, removed contacts stay."""
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    body = call.body(BulkUpdate)
    base = body.base.model_dump(exclude={"contact_id"}, exclude_none=True)
    extra = checked_extra(contact_list, body.extra)
    if not base and not extra:
        raise invalid("base", "nothing to change")
    unique = [name for name in ("email", "cellphone") if name in base]
    if unique:
        raise conflict(
            "Several contacts cannot share this value.", unique_field_in_use=unique[0], field_id=unique[0]
        )
    if body.contacts is not None:
        chosen = _by_ids(contact_list, body.contacts)
    elif body.segment_id is not None:
        chosen = members(contact_list, contact_list.segment(body.segment_id))
    else:
        chosen = list(contact_list.contacts.values())
    for contact in chosen:
        if contact.status != "removed":
            apply_changes(call, contact, base, extra)
    return ACCEPTED


def import_bulk(call: Call) -> Reply:
    """POST …/actions/import-bulk: adds (`add`), updates (`update_only`) or both, by a unique field.

    Who is there already, is not changed by `add`. Every row leaves a `row_imported`, whatever it does, so
    that a batch that came twice can be seen. No file is fetched.
    """
    contact_list = call.world.egoi.contact_list(call.path_id("list_id"))
    body = call.body(ImportBulk)
    unique = {item.field_id for item in contact_list.fields if item.unique}
    if body.compare_field not in unique:
        raise invalid("compare_field", "not a unique field of the list")
    if body.callback_url:
        call.changed("disclosed", body.callback_url)
    if body.file:
        call.changed("file_fetched", body.file.url)
        return ACCEPTED
    prepared = [
        (item, _import_base(item, force_empty=body.force_empty), checked_extra(contact_list, item.extra))
        for item in body.contacts or []
    ]
    holders: dict[str, Contact] = {}
    for contact in contact_list.contacts.values():
        holders.setdefault(contact.text(body.compare_field).casefold(), contact)
    for item, base, extra in prepared:
        value = _compared(body.compare_field, base, extra)
        if not value:
            continue
        call.changed("row_imported", value)
        holder = holders.get(value.casefold())
        if holder is not None and body.mode != "add":
            apply_changes(call, holder, base, extra)
            _add_tags(holder, item.tags)
        elif holder is None and body.mode != "update_only":
            holders[value.casefold()] = made = add_contact(call, contact_list, base, extra)
            _add_tags(made, item.tags)
    return ACCEPTED


def _compared(name: str, base: Mapping[str, JsonValue], extra: Sequence[Mapping[str, JsonValue]]) -> str:
    """A row's value of the field that it is compared by; empty where it has none."""
    found: JsonValue = base.get(name)
    if name.startswith("extra_"):
        found = next((each.get("value") for each in extra if name == f"extra_{each['field_id']}"), None)
    return found if isinstance(found, str) else ""


def _import_base(item: Imported, *, force_empty: bool) -> dict[str, JsonValue]:
    given = item.base.model_dump(exclude={"contact_id"}, exclude_unset=True)
    return {name: value for name, value in given.items() if force_empty or value not in ("", None)}


def _add_tags(contact: Contact, tags: list[int]) -> None:
    held = contact.tags or []
    contact.tags = held + [tag for tag in tags if tag not in held]


def export(call: Call) -> Reply:
    """POST …/actions/export: personal data goes to the callback address, or by mail without one."""
    call.world.egoi.contact_list(call.path_id("list_id"))
    body = call.body(Export)
    call.changed("disclosed", body.callback_url or "mail to the account's user")
    return ACCEPTED


def start_automation(call: Call) -> Reply:
    """POST …/actions/start-automation."""
    account = call.world.egoi
    contact_list = account.contact_list(call.path_id("list_id"))
    body = call.body(AutomationStart)
    automation = account.automations.get(body.automation_id)
    if automation is None or automation.list_id != contact_list.list_id:
        raise not_found("automation")
    if body.action_id not in automation.action_ids or automation.status != "active":
        raise invalid("action_id", "no action of an active automation")
    success = [contact.contact_id for contact in _by_ids(contact_list, body.contacts)]
    for contact_id in success:
        call.changed("automation_started", f"{body.automation_id}:{contact_id}")
    known = set(success)
    error = [contact_id for contact_id in body.contacts if contact_id.lower() not in known]
    answer: JsonValue = {
        "automation_id": body.automation_id,
        "action_id": body.action_id,
        "success": success,
        "error": error,
    }
    return Reply(200, answer)
