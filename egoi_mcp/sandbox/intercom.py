"""The stand-in for Intercom: contacts, tags, and messages to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.egoi.state import derived_id
from egoi_mcp.sandbox.intercom_search import Search, cursor_page, matching
from egoi_mcp.sandbox.routing import Route
from egoi_mcp.sandbox.state import IntercomContact
from egoi_mcp.sandbox.validation import Email, Filled, NullableBody, Query
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Refusal, Reply, invalid, not_found

_NULLS: tuple[str, ...] = (
    *("avatar", "owner_id", "last_replied_at", "last_contacted_at", "last_email_opened_at"),
    *("last_email_clicked_at", "language_override", "browser", "browser_version", "browser_language", "os"),
    *("android_app_name", "android_app_version", "android_device", "android_os_version"),
    *("android_sdk_version", "android_last_seen_at", "ios_app_name", "ios_app_version", "ios_device"),
    *("ios_os_version", "ios_sdk_version", "ios_last_seen_at", "enabled_push_messaging"),
)


class ContactBody(NullableBody):
    """Body of CreateContact and UpdateContact."""

    role: Literal["user", "lead"] | None = None
    external_id: Filled | None = None
    email: Email | None = None
    email_verified: bool | None = None
    phone: str | None = None
    name: str | None = None
    avatar: str | None = None
    signed_up_at: int | None = None
    last_seen_at: int | None = None
    owner_id: str | None = None
    unsubscribed_from_emails: bool | None = None
    custom_attributes: dict[str, str | int | float | bool | None] | None = None


class PageQuery(Query):
    """Cursor and size of a page."""

    per_page: int = Field(default=50, ge=1, le=150)
    starting_after: str | None = None
    include_merge_history: bool = False


class OneQuery(Query):
    """Query of a single contact."""

    include_merge_history: bool = False


class TagReference(NullableBody):
    """Body of attachTagToContact."""

    id: Filled


class NewTag(NullableBody):
    """Body of createTag without taggings: creates, or renames where an id is given."""

    name: Filled
    id: Filled | None = None


class Sender(NullableBody):
    """Who a message is from."""

    type: Literal["admin"]
    id: int


class Recipient(NullableBody):
    """Whom a message is for."""

    type: Literal["user", "lead", "contact"]
    id: Filled


Recipients = Annotated[Recipient | list[Recipient], Field(union_mode="left_to_right")]


class NewMessage(NullableBody):
    """Body of createMessage."""

    message_type: Literal["in_app", "inapp", "email", "whatsapp"]
    sender: Sender = Field(alias="from")
    to: Recipients
    subject: str | None = None
    body: str | None = None
    template: Literal["plain", "personal"] | None = None
    cc: Recipients | None = None
    bcc: Recipients | None = None
    created_at: int | None = None
    create_conversation_without_contact_reply: bool = False


def me(call: Call) -> Reply:
    """GET /me: the admin of the token, and the workspace."""
    workspace = call.world.intercom
    return Reply(
        200,
        {
            "type": "admin",
            "id": workspace.admin_id,
            "name": "Sandbox Admin",
            "email": "admin@example.com",
            "email_verified": True,
            "app": {
                "type": "app",
                "id_code": workspace.id_code,
                "name": workspace.name,
                "region": "EU",
                "timezone": "Europe/Lisbon",
                "created_at": 1_700_000_000,
                "identity_verification": False,
            },
        },
    )


def list_contacts(call: Call) -> Reply:
    """GET /contacts: newest first, by cursor; archived ones are left out."""
    query = call.query(PageQuery)
    return _page(call, _current(call), query.per_page, query.starting_after)


def search_contacts(call: Call) -> Reply:
    """POST /contacts/search."""
    body = call.body(Search)
    found = matching(_current(call), body)
    return _page(call, found, body.pagination.per_page, body.pagination.starting_after)


def _current(call: Call) -> list[IntercomContact]:
    contacts = [item for item in call.world.intercom.contacts.values() if not item.archived]
    return sorted(contacts, key=lambda item: (-item.created_at, item.id))


def _page(
    call: Call, contacts: Sequence[IntercomContact], per_page: int, starting_after: str | None
) -> Reply:
    shown, pages = cursor_page(contacts, per_page, starting_after)
    data = [_shown(call, contact) for contact in shown]
    return Reply(200, {"type": "list", "data": data, "total_count": len(contacts), "pages": pages})


def contact_of(call: Call) -> IntercomContact:
    """The contact that the path names; 404 when there is none."""
    contact = call.world.intercom.contacts.get(call.path["contact_id"])
    if contact is None:
        raise Refusal(404, "User Not Found", code="not_found")
    return contact


def read(call: Call) -> Reply:
    """GET /contacts/{contact_id}."""
    call.query(OneQuery)
    return Reply(200, _shown(call, contact_of(call)))


def read_reference(call: Call) -> Reply:
    """GET /contacts/find_by_external_id/{external_id}."""
    for contact in _current(call):
        if contact.fields.get("external_id") == call.path["external_id"]:
            return Reply(200, _shown(call, contact))
    raise Refusal(404, "User Not Found", code="not_found")


def _shown(call: Call, contact: IntercomContact) -> JsonObject:
    fields = contact.fields
    email = fields.get("email")
    shown: dict[str, JsonValue] = {
        "type": "contact",
        "id": contact.id,
        "external_id": fields.get("external_id"),
        "workspace_id": call.world.intercom.id_code,
        "role": contact.role,
        "email": email,
        "email_domain": email.rpartition("@")[2] if isinstance(email, str) else None,
        "phone": fields.get("phone"),
        "name": fields.get("name"),
        "has_hard_bounced": fields.get("has_hard_bounced") or False,
        "marked_email_as_spam": fields.get("marked_email_as_spam") or False,
        "unsubscribed_from_emails": fields.get("unsubscribed_from_emails") or False,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
        "signed_up_at": fields.get("signed_up_at"),
        "last_seen_at": fields.get("last_seen_at"),
        "custom_attributes": fields.get("custom_attributes") or {},
        "social_profiles": {"type": "list", "data": []},
        "location": {"type": "location", "country": None, "region": None, "city": None},
        "tags": _listed(
            contact, "tags", [{"type": "tag", "id": tag, "url": f"/tags/{tag}"} for tag in contact.tags]
        ),
        "notes": _listed(contact, "notes", []),
        "companies": _listed(
            contact,
            "companies",
            [{"type": "company", "id": each, "url": f"/companies/{each}"} for each in contact.companies],
        ),
    }
    if fields.get("avatar"):
        shown["avatar"] = {"type": "avatar", "image_url": fields["avatar"]}
    return dict.fromkeys(_NULLS) | shown | {name: fields[name] for name in ("owner_id",) if name in fields}


def _listed(contact: IntercomContact, name: str, data: Sequence[JsonObject]) -> JsonObject:
    url = f"/contacts/{contact.id}/{name}"
    return {"type": "list", "data": data, "url": url, "total_count": len(data), "has_more": False}


def create(call: Call) -> Reply:
    """POST /contacts: answers 200; an e-mail or external id that a user has is a 409."""
    workspace = call.world.intercom
    body = call.body(ContactBody)
    if not (body.email or body.external_id or body.role):
        raise invalid("email", "give an email, an external_id or a role", status=400)
    role = body.role or "user"
    if role == "user" and not (body.email or body.external_id):
        raise invalid("email", "a user needs an email or an external_id", status=400)
    _refuse_taken(call, body, role, None)
    contact_id = derived_id(call.world.seed, "new-intercom", len(workspace.contacts), 24)
    fields = body.model_dump(exclude={"role"}, exclude_unset=True)
    now = int(call.now)
    contact = IntercomContact(id=contact_id, role=role, fields=fields, created_at=now, updated_at=now)
    workspace.contacts[contact_id] = contact
    call.changed("contact_created", contact_id)
    return Reply(200, _shown(call, contact))


def _refuse_taken(call: Call, body: ContactBody, role: str, but: IntercomContact | None) -> None:
    for contact in call.world.intercom.contacts.values():
        if contact is but or contact.role != "user" or role != "user":
            continue
        same_email = body.email and str(contact.fields.get("email")).casefold() == body.email.casefold()
        if same_email or (body.external_id and contact.fields.get("external_id") == body.external_id):
            raise Refusal(409, f"A contact with these details exists, id={contact.id}", code="conflict")


def update(call: Call) -> Reply:
    """PUT /contacts/{contact_id}: changes what it names."""
    contact = contact_of(call)
    body = call.body(ContactBody)
    _refuse_taken(call, body, body.role or contact.role, contact)
    contact.role = body.role or contact.role
    contact.fields |= body.model_dump(exclude={"role"}, exclude_unset=True)
    contact.updated_at = max(int(call.now), contact.updated_at + 1)
    call.changed("contact_updated", contact.id)
    return Reply(200, _shown(call, contact))


def delete(call: Call) -> Reply:
    """DELETE /contacts/{contact_id}: for good."""
    contact = contact_of(call)
    del call.world.intercom.contacts[contact.id]
    call.changed("contact_deleted", contact.id)
    return Reply(200, _gone(contact, "deleted", True))


def archive(call: Call) -> Reply:
    """POST /contacts/{contact_id}/archive."""
    return _set_archived(call, True)


def unarchive(call: Call) -> Reply:
    """POST /contacts/{contact_id}/unarchive."""
    return _set_archived(call, False)


def _set_archived(call: Call, archived: bool) -> Reply:
    contact = contact_of(call)
    contact.archived = archived
    call.changed("contact_archived" if archived else "contact_unarchived", contact.id)
    return Reply(200, _gone(contact, "archived", archived))


def _gone(contact: IntercomContact, name: str, value: bool) -> JsonObject:
    external_id = contact.fields.get("external_id")
    return {"type": "contact", "id": contact.id, "external_id": external_id, name: value}


def list_tags(call: Call) -> Reply:
    """GET /tags."""
    tags = call.world.intercom.tags
    return Reply(200, {"type": "list", "data": [_tag(call, tag_id) for tag_id in tags]})


def _tag(call: Call, tag_id: str) -> JsonObject:
    name = call.world.intercom.tags.get(tag_id)
    if name is None:
        raise not_found("tag")
    return {"type": "tag", "id": tag_id, "name": name}


def create_tag(call: Call) -> Reply:
    """POST /tags: creates, finds by name, or renames."""
    workspace = call.world.intercom
    body = call.body(NewTag)
    if body.id is not None:
        _tag(call, body.id)
        workspace.tags[body.id] = body.name
        call.changed("tag_updated", body.id)
        return Reply(200, _tag(call, body.id))
    known = next((tag_id for tag_id, name in workspace.tags.items() if name == body.name), None)
    if known is None:
        workspace.last_tag_id += 1
        known = str(workspace.last_tag_id)
        workspace.tags[known] = body.name
        call.changed("tag_created", known)
    return Reply(200, _tag(call, known))


def list_contact_tags(call: Call) -> Reply:
    """GET /contacts/{contact_id}/tags."""
    return Reply(200, {"type": "list", "data": [_tag(call, tag_id) for tag_id in contact_of(call).tags]})


def attach_tag(call: Call) -> Reply:
    """POST /contacts/{contact_id}/tags."""
    contact = contact_of(call)
    tag_id = call.body(TagReference).id
    shown = _tag(call, tag_id)
    if tag_id not in contact.tags:
        contact.tags.append(tag_id)
        call.changed("tag_attached", f"{tag_id}:{contact.id}")
    return Reply(200, shown)


def detach_tag(call: Call) -> Reply:
    """DELETE /contacts/{contact_id}/tags/{tag_id}."""
    contact = contact_of(call)
    tag_id = call.path["tag_id"]
    shown = _tag(call, tag_id)
    if tag_id in contact.tags:
        contact.tags.remove(tag_id)
        call.changed("tag_detached", f"{tag_id}:{contact.id}")
    return Reply(200, shown)


def create_message(call: Call) -> Reply:
    """POST /messages: one message to each recipient; e-mail needs a subject and a template."""
    workspace = call.world.intercom
    body = call.body(NewMessage)
    if body.message_type == "whatsapp":
        raise invalid("message_type", "no WhatsApp in this workspace", status=400)
    if not body.body:
        raise Refusal(400, "Body is required", code="parameter_invalid")
    channel = "email" if body.message_type == "email" else "inapp"
    if channel == "email" and not body.subject:
        raise Refusal(422, "An e-mail needs a subject", code="parameter_not_found")
    if str(body.sender.id) != workspace.admin_id:
        raise invalid("from.id", "no such admin", status=400)
    chosen = body.to if isinstance(body.to, list) else [body.to]
    contacts = [workspace.contacts.get(recipient.id) for recipient in chosen]
    if None in contacts or not contacts:
        raise Refusal(404, "User Not Found", code="not_found")
    workspace.last_message_id += 1
    message_id = str(workspace.last_message_id)
    for contact in contacts:
        if contact and not (channel == "email" and contact.fields.get("unsubscribed_from_emails")):
            address = contact.fields.get("email") if channel == "email" else contact.id
            call.delivered(
                channel,
                str(address),
                body.body,
                sender=workspace.admin_id,
                message_id=message_id,
                contact_id=contact.id,
                subject=body.subject,
            )
    answer: dict[str, JsonValue] = {
        "type": "admin_message",
        "id": message_id,
        "created_at": int(call.now),
        "body": body.body,
        "message_type": channel,
    }
    return Reply(200, answer | ({"subject": body.subject} if body.subject else {}))


_ONE = "/contacts/{contact_id}"
INTERCOM_ROUTES: tuple[Route, ...] = (
    Route("identifyAdmin", "GET", "/me", me),
    Route("ListContacts", "GET", "/contacts", list_contacts),
    Route("CreateContact", "POST", "/contacts", create),
    Route("SearchContacts", "POST", "/contacts/search", search_contacts),
    Route("ShowContactByExternalId", "GET", "/contacts/find_by_external_id/{external_id}", read_reference),
    Route("ShowContact", "GET", _ONE, read),
    Route("UpdateContact", "PUT", _ONE, update),
    Route("DeleteContact", "DELETE", _ONE, delete),
    Route("ArchiveContact", "POST", f"{_ONE}/archive", archive),
    Route("UnarchiveContact", "POST", f"{_ONE}/unarchive", unarchive),
    Route("listTagsForAContact", "GET", f"{_ONE}/tags", list_contact_tags),
    Route("attachTagToContact", "POST", f"{_ONE}/tags", attach_tag),
    Route("detachTagFromContact", "DELETE", f"{_ONE}/tags/{{tag_id}}", detach_tag),
    Route("listTags", "GET", "/tags", list_tags),
    Route("createTag", "POST", "/tags", create_tag),
    Route("createMessage", "POST", "/messages", create_message),
)
