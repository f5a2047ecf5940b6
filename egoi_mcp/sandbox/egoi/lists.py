"""Lists, their fields and segments, and the account's tags."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import StringConstraints

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.egoi import fields
from egoi_mcp.sandbox.egoi.collections import in_order, page
from egoi_mcp.sandbox.egoi.state import ContactList, Field, Segment, Tag
from egoi_mcp.sandbox.validation import Body, DateTime, Filled, Identifier, Order, Paging
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Reply, conflict, invalid

_QUEUE_STATUSES = {"queued", "processing", "executing"}


class ListsQuery(Paging):
    """Filters of /lists."""

    internal_name: str | None = None
    public_name: str | None = None
    created_min: DateTime | None = None
    created_max: DateTime | None = None
    updated_min: DateTime | None = None
    updated_max: DateTime | None = None
    order: Order = "desc"
    order_by: Literal["list_id", "internal_name", "public_name", "created", "updated"] = "list_id"


class NewList(Body):
    """Body of createList."""

    internal_name: Filled
    public_name: Filled | None = None


class ChangedList(Body):
    """Body of updateList."""

    internal_name: Filled | None = None
    public_name: Filled | None = None
    group_id: Identifier | None = None


class TagBody(Body):
    """Body of createTag and updateTag."""

    name: Filled | None = None
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None


class TagsQuery(Paging):
    """Order of /tags."""

    order: Order = "desc"
    order_by: Literal["tag_id", "name", "color"] = "tag_id"


class SegmentsQuery(Paging):
    """Filters of a list's segments."""

    type: Literal["auto", "saved", "tag"] | None = None
    name: str | None = None


def list_lists(call: Call) -> Reply:
    """GET /lists."""
    query = call.query(ListsQuery)
    shown = [_shown(call, item) for item in call.world.egoi.lists.values()]
    wanted = query.model_dump(include={"internal_name", "public_name"}, exclude_none=True)
    found = [item for item in shown if all(item[name] == value for name, value in wanted.items())]
    for name in ("created", "updated"):
        earliest, latest = getattr(query, f"{name}_min"), getattr(query, f"{name}_max")
        found = [item for item in found if (earliest or "") <= str(item[name]) <= (latest or "9999")]
    return page(in_order(found, query.order_by, query.order), query)


def _shown(call: Call, item: ContactList) -> dict[str, JsonValue]:
    return {
        "list_id": item.list_id,
        "internal_name": item.internal_name,
        "public_name": item.public_name,
        "status": item.status,
        "group_id": item.group_id,
        "created": call.stamp(item.created),
        "updated": call.stamp(item.updated),
    }


def read_list(call: Call) -> Reply:
    """GET /lists/{list_id}, with counts by status."""
    item = call.world.egoi.contact_list(call.path_id("list_id"))
    statuses = Counter(contact.status for contact in item.contacts.values())
    counts = {f"total_{name}": statuses[name] for name in ("active", "inactive", "removed", "unconfirmed")}
    statistics: dict[str, JsonValue] = {
        "default_language": "pt",
        "available_languages": ["pt", "en", "es"],
        "stats": {"total_contacts": len(item.contacts), "total_waiting_new_confirmation": 0} | counts,
    }
    return Reply(200, _shown(call, item) | statistics)


def create_list(call: Call) -> Reply:
    """POST /lists."""
    account = call.world.egoi
    body = call.body(NewList)
    if any(item.internal_name == body.internal_name for item in account.lists.values()):
        raise conflict("A list has this name.", internal_name=body.internal_name)
    list_id = account.next_id("list")
    base: list[Field] = [item for item in account.lists[min(account.lists)].fields if item.type == "base"]
    account.lists[list_id] = ContactList(
        list_id=list_id,
        internal_name=body.internal_name,
        public_name=body.public_name or body.internal_name,
        status="active",
        group_id=1,
        created=call.now,
        updated=call.now,
        fields=[replace(each) for each in base],
    )
    call.changed("list_created", list_id)
    return Reply(201, _shown(call, account.lists[list_id]))


def change_list(call: Call) -> Reply:
    """PATCH /lists/{list_id}."""
    item = call.world.egoi.contact_list(call.path_id("list_id"))
    body = call.body(ChangedList)
    if not body.model_fields_set:
        raise invalid("body", "nothing to change")
    item.internal_name = body.internal_name or item.internal_name
    item.public_name = body.public_name or item.public_name
    item.group_id = body.group_id or item.group_id
    item.updated = max(call.now, item.updated + 1)
    call.changed("list_updated", item.list_id)
    return Reply(200, _shown(call, item))


def delete_list(call: Call) -> Reply:
    """DELETE /lists/{list_id}: not one with campaigns in the queue or automations."""
    account = call.world.egoi
    item = account.contact_list(call.path_id("list_id"))
    campaigns = {name for name, campaign in account.campaigns.items() if campaign.list_id == item.list_id}
    if any(entry.campaign_hash in campaigns for entry in account.operations.values()):
        raise conflict("Operations of the list wait in the queue.", has_queued_operations="in the queue")
    if any(automation.list_id == item.list_id for automation in account.automations.values()):
        raise conflict("The list has automations.", has_automations="automations")
    del account.lists[item.list_id]
    call.changed("list_deleted", item.list_id)
    return Reply(204)


def list_fields(call: Call) -> Reply:
    """GET /lists/{list_id}/fields: a bare array."""
    item = call.world.egoi.contact_list(call.path_id("list_id"))
    query = call.query(Paging)
    shown: list[JsonObject] = [fields.shown(field) for field in item.fields]
    return Reply(200, shown[query.offset : query.offset + query.limit])


def list_segments(call: Call) -> Reply:
    """GET /lists/{list_id}/segments."""
    item = call.world.egoi.contact_list(call.path_id("list_id"))
    query = call.query(SegmentsQuery)
    found = [
        _segment(call, segment)
        for segment in item.segments.values()
        if query.type in {None, segment.type} and query.name in {None, segment.name}
    ]
    return page(found, query)


def _segment(call: Call, segment: Segment) -> JsonObject:
    shown: dict[str, JsonValue] = {
        "segment_id": segment.segment_id,
        "name": segment.name,
        "type": segment.type,
    }
    if segment.type == "auto":
        return shown
    shown |= {"created": call.stamp(segment.created), "updated": call.stamp(segment.updated)}
    if segment.type == "tag":
        return shown
    rules: list[JsonObject] = [
        {
            "segment_field": rule.segment_field,
            "segment_operator": rule.segment_operator,
            "segment_value": rule.segment_value,
        }
        for rule in segment.rules
    ]
    return shown | {
        "segment_filter": {
            "segment_filter_array": rules,
            "boolean_operator": segment.boolean_operator,
            "invert": False,
        }
    }


def delete_segment(call: Call) -> Reply:
    """DELETE /lists/{list_id}/segments/{segment_id}: saved ones only."""
    item = call.world.egoi.contact_list(call.path_id("list_id"))
    segment = item.segment(call.path["segment_id"])
    if segment.type != "saved":
        raise conflict("Only saved segments can be deleted.", invalid_segment_type=segment.type)
    del item.segments[segment.segment_id]
    call.changed("segment_deleted", segment.segment_id)
    return Reply(204)


def list_tags(call: Call) -> Reply:
    """GET /tags."""
    query = call.query(TagsQuery)
    shown = [_tag(tag) for tag in call.world.egoi.tags.values()]
    return page(in_order(shown, query.order_by, query.order), query)


def _tag(tag: Tag) -> JsonObject:
    return {"tag_id": tag.tag_id, "name": tag.name, "color": tag.color}


def create_tag(call: Call) -> Reply:
    """POST /tags; names differ by case, the very same name is a 409."""
    account = call.world.egoi
    body = call.body(TagBody)
    if body.name is None:
        raise invalid("name", "required")
    _refuse_taken_name(call, body.name, None)
    tag = Tag(tag_id=account.next_id("tag"), name=body.name, color=body.color or "#FFFFFF")
    account.tags[tag.tag_id] = tag
    call.changed("tag_created", tag.tag_id)
    return Reply(201, _tag(tag))


def change_tag(call: Call) -> Reply:
    """PUT /tags/{tag_id}."""
    tag = call.world.egoi.tag(call.path_id("tag_id"))
    body = call.body(TagBody)
    if not body.model_fields_set:
        raise invalid("body", "nothing to change")
    _refuse_taken_name(call, body.name, tag)
    tag.name = body.name or tag.name
    tag.color = body.color or tag.color
    call.changed("tag_updated", tag.tag_id)
    return Reply(200, _tag(tag))


def _refuse_taken_name(call: Call, name: str | None, but: Tag | None) -> None:
    if any(tag.name == name for tag in call.world.egoi.tags.values() if tag is not but):
        raise conflict("A tag has this name.", name=name)


def delete_tag(call: Call) -> Reply:
    """DELETE /tags/{tag_id}: it comes off every contact."""
    account = call.world.egoi
    tag = account.tag(call.path_id("tag_id"))
    for contact_list in account.lists.values():
        for contact in contact_list.contacts.values():
            if contact.tags is not None:
                contact.tags = [tag_id for tag_id in contact.tags if tag_id != tag.tag_id]
        contact_list.segments.pop(f"tag_{tag.tag_id}", None)
    del account.tags[tag.tag_id]
    call.changed("tag_deleted", tag.tag_id)
    return Reply(204)
