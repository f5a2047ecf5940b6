"""The vendors' connectors action by action: what each takes and gives back, and where that is here.

`ACTIONS` lists them. Members that are written are tried by `written_members`; the others stand in `TRIED`.
The documents say which members there are; a test holds these tables against them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from egoi_mcp.tools.contact_members import KNOWN
from tests.contract.vendor_documents import SPECS
from tests.tools_live.written_members import WRITTEN, Arguments, Written

Place = Literal["path", "query", "body", "header"]
ONE_NUMBER: Arguments = {"to": ["+44 7700 900777"]}
SMS: Arguments = {"text": "Your order is ready", "sender": "501", "purpose": "transactional"}
AT_EGOI: Arguments = {**SMS, "to": ["+351 900 000 001"]}
AT_TXTSYNC: Arguments = {**SMS, "provider": "txtsync", "sender": "ACME"}
TEAM, MEMBER = 3, "cd5096b5fc"
"""A list of the sandbox and a contact of it."""
_BASIS: Arguments = {"legal_basis": "consent", "source": "web form"}
_USER = "user-001"
_TARGETS = frozenset(
    {
        "provider",
        "list_id",
        "match",
        "contact_id",
        "contact_ids",
        "audience",
        "segment",
        "legal_basis",
        "source",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One member of one operation: the call that sets it and what is sent; `ANY` where only that it is."""

    operation: str
    member: str
    tool: str
    arguments: Arguments
    sent: Any
    argument: str
    place: Place = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One action: the operations that carry it out and where each member of the replies is found.

    `document` and `called` say where the document has it; `takes` are the operations of which it sets
    members, `gives` what the reply's members are here.
    """

    vendor: str
    action: str
    tool: str
    takes: tuple[str, ...]
    gives: Mapping[str, str] = field(default_factory=dict[str, str])
    document: str = ""
    called: str = ""


ANY = object()


def _tried(operation: str, tool: str, base: Arguments) -> _Trier:
    return _Trier(operation, tool, base)


@dataclass(frozen=True, slots=True)
class _Trier:
    operation: str
    tool: str
    base: Arguments

    def __call__(
        self, member: str, argument: str, given: Arguments, sent: Any, place: Place = "body"
    ) -> Tried:
        return Tried(
            operation=self.operation,
            member=member,
            tool=self.tool,
            arguments={**self.base, **given},
            sent=sent,
            argument=argument,
            place=place,
        )


def _sends() -> Iterator[Tried]:
    egoi = _tried("sendSmsMessages", "send_sms", AT_EGOI)
    yield egoi("to", "to", {}, "351-900000001")
    yield egoi("from", "sender", {}, "501")
    yield egoi("textBody", "text", {}, "Your order is ready")
    yield egoi("encoding", "encoding", {"encoding": "unicode"}, "unicode")
    yield egoi("maxCount", "text", {"text": "a" * 161}, 2)
    yield egoi("priority", "priority", {"priority": "urgent"}, "urgent")
    yield egoi("customData", "custom_data", {"custom_data": "order 7"}, "order 7")
    yield egoi("registered", "registered", {"registered": True}, True)
    yield egoi("group", "group", {"group": "orders"}, "orders")
    one = _tried("SendSMS", "send_sms", {**AT_TXTSYNC, **ONE_NUMBER})
    yield one("From", "sender", {}, "ACME")
    yield one("Message", "text", {}, "Your order is ready")
    yield one("To", "to", {}, "+447700900777")
    for member, name in (
        ("RegardingReference", "regarding_reference"),
        ("RegardingSchema", "regarding_schema"),
        ("Custom01", "custom01"),
        ("Custom02", "custom02"),
        ("Custom03", "custom03"),
    ):
        yield one(member, f"details.{name}", {"details": {name: "seven"}}, "seven")
    yield one("ScheduledDate", "when", {"when": "2099-07-01T09:30Z"}, "2099-07-01T09:30:00Z")
    yield one("x-zapier", "always", {}, "true", "header")
    several = ["+44 7700 900777", "+351 900 000 001"]
    bulk = _tried("SendBulkSMS", "send_sms", {**AT_TXTSYNC, "to": several})
    yield bulk("From", "sender", {}, "ACME")
    yield bulk("Message", "text", {}, "Your order is ready")
    yield bulk("To", "to", {}, ["+447700900777", "+351900000001"])
    yield bulk("ToTagName", "to_tags", {"to_tags": ["vip"]}, ["vip"])
    yield bulk("x-zapier", "always", {}, "true", "header")


def _targets() -> Iterator[Tried]:
    new = {"list_id": "Team", "email": "new@example.com"}
    yield _tried("createContact", "create_contact", {})("list_id", "list_id", new, str(TEAM), "path")
    patch = _tried("patchContact", "update_contact", {"list_id": "Team", "fields": {"last_name": "Sample"}})
    yield patch("list_id", "list_id", {"contact_id": MEMBER}, str(TEAM), "path")
    yield patch("contact_id", "contact_id", {"contact_id": MEMBER}, MEMBER, "path")
    attach = _tried("actionAttachTag", "tag_contacts", {"do": "attach", "list_id": "Team", "tag": "beta"})
    yield attach("list_id", "list_id", {"contact_ids": [MEMBER]}, str(TEAM), "path")
    yield attach("tag_id", "tag", {"contact_ids": [MEMBER]}, ANY)
    yield attach("contacts", "contact_ids", {"contact_ids": [MEMBER]}, [MEMBER])
    txtsync: Arguments = {"provider": "txtsync"}
    search = _tried("SearchContact", "search_contacts", txtsync)
    yield search("search", "query", {"query": "Sample"}, "Sample", "query")
    yield search("searchNumber", "query", {"query": "+44 7700 900201"}, "+447700900201", "query")
    read = _tried("GetContactByExternalReference", "get_contact", txtsync)
    yield read("id", "contact_id", {"contact_id": "CRM-0001"}, "CRM-0001", "path")
    city = {**txtsync, **_BASIS, "fields": {"city": "Lisbon"}}
    by_id = {"match": {"phone": "+44 7700 900201"}}
    yield _tried("UpdateContact", "update_contact", city)("id", "match.phone", by_id, ANY, "path")
    by_reference = {"match": {"external_reference": "CRM-0001"}}
    yield _tried("UpdateContactByExternalReference", "update_contact", city)(
        "id", "match.external_reference", by_reference, "CRM-0001", "path"
    )
    gone = _tried("DeleteContact", "erase_contacts", txtsync)
    yield gone("id", "contact_ids", {"contact_ids": ["9001"]}, "9001", "path")
    gone = _tried("DeleteContactByExternalReference", "erase_contacts", txtsync)
    yield gone("id", "external_references", {"external_references": ["CRM-0001"]}, "CRM-0001", "path")


def _at_intercom() -> Iterator[Tried]:
    intercom: Arguments = {"provider": "intercom"}
    user = {**intercom, **_BASIS, "email": "new@example.com", "company": "Example Works"}
    yield _tried("createOrUpdateCompany", "create_contact", user)("name", "company", {}, "Example Works")
    yield _tried("createOrUpdateCompany", "create_contact", user)("company_id", "company", {}, ANY)
    yield _tried("attachContactToACompany", "create_contact", user)("id", "company", {}, ANY)
    listed = _tried("ListContacts", "search_contacts", intercom)
    yield listed("per_page", "limit", {"limit": 7}, "7", "query")
    leads = _tried("SearchContacts", "search_contacts", {**intercom, "role": "lead"})
    yield leads("query", "role", {}, ANY)
    yield leads("pagination", "limit", {"limit": 7}, {"per_page": 7})
    own = _tried("ShowContactByExternalId", "get_contact", intercom)
    yield own("external_id", "contact_id", {"contact_id": _USER}, _USER, "path")


TRIED: tuple[Tried, ...] = (*_sends(), *_targets(), *_at_intercom())


def _seen(
    provider: Literal["egoi", "txtsync", "intercom"], where: Literal["fields", "details"]
) -> dict[str, str]:
    """What a reading tool shows of a contact, all of it with `detail="full"`."""
    return {name: f'`{where}.{name}` with `detail="full"` or `fields`' for name in sorted(KNOWN[provider])}


_IDS = {"contact_id": "`ids`"}
_NEW_AT_TXTSYNC = {
    "ContactID": "`ids`",
    **dict.fromkeys(
        ("FirstName", "LastName", "MobileNumber", "EmailAddress", "FullName"),
        "repeats what was written; `get_contact` reads it",
    ),
}
_ANSWER = {"": "`status` and `message`"}

_TXTSYNC_READS: tuple[tuple[str, str, str, Literal["fields", "details"]], ...] = (
    ("Get by external reference", "get_contact", "GetContactByExternalReference", "details"),
    ("Search contacts", "search_contacts", "SearchContact", "fields"),
)

ACTIONS: tuple[Connector, ...] = (
    Connector(
        vendor="E-goi",
        action="Create a contact",
        tool="create_contact",
        takes=("createContact",),
        gives=_IDS,
        document="egoi-connector",
        called="CreateContact",
    ),
    Connector(
        vendor="E-goi",
        action="Update a contact",
        tool="update_contact",
        takes=("patchContact",),
        gives=_IDS,
        document="egoi-connector",
        called="UpdateContact",
    ),
    Connector(
        vendor="E-goi",
        action="Attach a tag",
        tool="tag_contacts",
        takes=("actionAttachTag",),
        gives={
            "tag_id": "the preview's `tag`",
            "success": "`ids`, and counted in `message`",
            "error.invalid_contact": "counted in `message`",
            "error.has_tag_id": "counted in `message`",
        },
        document="egoi-connector",
        called="AddTag",
    ),
    Connector(
        vendor="E-goi",
        action="Send an SMS",
        tool="send_sms",
        takes=("sendSmsMessages",),
        gives={"contact_id": "`ids`, where no `messageId` comes"},
        document="egoi-connector",
        called="SendSMS",
    ),
    Connector(
        vendor="TxtSync",
        action="Send an SMS",
        tool="send_sms",
        takes=("SendSMS",),
        gives={
            "SMSID": "`ids`",
            "ContactID": "`message`",
            "CreatedDate": "`message`",
            **dict.fromkeys(("FromNumber", "ToNumber", "Message"), "repeats the preview"),
            "Direction": "always outbound",
        },
        document="txtsync",
        called="SendSMS",
    ),
    Connector(
        vendor="TxtSync",
        action="Send an SMS to many",
        tool="send_sms",
        takes=("SendBulkSMS",),
        gives=_ANSWER,
        document="txtsync",
        called="SendBulkSMS",
    ),
    Connector(
        vendor="TxtSync",
        action="Add a contact",
        tool="create_contact",
        takes=("AddContact",),
        gives=_NEW_AT_TXTSYNC,
        document="txtsync",
        called="AddContact",
    ),
    *(
        Connector(
            vendor="TxtSync",
            action=action,
            tool=tool,
            takes=(called,),
            gives=_ANSWER,
            document="txtsync",
            called=called,
        )
        for action, tool, called in (
            ("Update a contact", "update_contact", "UpdateContact"),
            ("Update by external reference", "update_contact", "UpdateContactByExternalReference"),
            ("Delete a contact", "erase_contacts", "DeleteContact"),
            ("Delete by external reference", "erase_contacts", "DeleteContactByExternalReference"),
        )
    ),
    *(
        Connector(
            vendor="TxtSync",
            action=action,
            tool=tool,
            takes=(called,),
            gives=_seen("txtsync", where),
            document="txtsync",
            called=called,
        )
        for action, tool, called, where in _TXTSYNC_READS
    ),
    Connector(
        vendor="Intercom",
        action="Create or update a user",
        tool="create_contact",
        takes=(
            "intercom CreateContact",
            "intercom UpdateContact",
            "createOrUpdateCompany",
            "attachContactToACompany",
        ),
        gives={"id": "`ids`"},
    ),
    Connector(
        vendor="Intercom",
        action="Create a lead",
        tool="create_contact",
        takes=("intercom CreateContact", "createOrUpdateCompany", "attachContactToACompany"),
        gives={"id": "`ids`"},
    ),
    Connector(
        vendor="Intercom",
        action="List leads",
        tool="search_contacts",
        takes=("SearchContacts",),
        gives=_seen("intercom", "fields"),
    ),
    Connector(
        vendor="Intercom",
        action="Get a lead",
        tool="get_contact",
        takes=(),
        gives=_seen("intercom", "details"),
    ),
    Connector(
        vendor="Intercom",
        action="Get a user",
        tool="get_contact",
        takes=("ShowContactByExternalId",),
        gives=_seen("intercom", "details"),
    ),
)


# -- the table -----------------------------------------------------------------------------------


def table() -> str:
    """Every action with every member that it takes and gives back, as Markdown."""
    lines: list[str] = []
    for vendor in dict.fromkeys(each.vendor for each in ACTIONS):
        lines += [f"### {vendor}", ""]
        lines += ["| action | member | where it is here |", "| --- | --- | --- |"]
        for action in (each for each in ACTIONS if each.vendor == vendor):
            label = f"{action.action} (`{action.tool}`)"
            lines += [f"| {label} | takes `{name}` | {how} |" for name, how in _taken(action)]
            lines += [f"| {label} | gives `{name or 'text'}` | {how} |" for name, how in action.gives.items()]
        lines.append("")
    return "\n".join(lines).rstrip()


def _taken(action: Connector) -> Iterator[tuple[str, str]]:
    for operation in action.takes:
        for tried in (each for each in TRIED if each.operation == operation):
            how = "always sent" if tried.argument == "always" else f"`{tried.argument}`"
            yield tried.member, how
        written = [each for each in WRITTEN if each.operation == operation and not each.refused]
        for each in written:
            yield ".".join(each.member), ", ".join(f"`{name}`" for name in _arguments_of(each))


def _arguments_of(written: Written) -> list[str]:
    named: list[str] = []
    for name, value in written.arguments.items():
        if name == "fields":
            named += [f"fields.{inner}" for inner in value if _says(inner, written)]
        elif name not in _TARGETS:
            named.append(name)
    alike = [name for name in named if _says(name.removeprefix("fields."), written)]
    return (alike or named or ["fields"])[:2]


def _says(name: str, written: Written) -> bool:
    """Whether an argument is called like the member that it sets, or is a field of the list."""
    folded = name.replace("_", "").casefold()
    ends = [part.replace("_", "").casefold() for part in written.member]
    same = {"phone": "mobilenumber", "landline": "phone", "landlinestatus": "phonestatus"}.get(folded, folded)
    return folded.startswith("extra") or any(each in {folded, same} for each in ends)


# -- the documents -------------------------------------------------------------------------------


def documented(action: Connector) -> tuple[set[str], set[str]]:
    """What the document lets an action take, path and headers included, and what its reply holds."""
    path = Path(os.environ[SPECS]) / "operations" / f"{action.document}.json"
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    (entry,) = [each for each in entries if each["operationId"] == action.called]
    taken = {each["name"] for each in entry["params"]} - {"content-type", "Content-Type", "Content-Type:"}
    body: dict[str, Any] = entry.get("body") or {"schema": {}}
    replies: list[dict[str, Any] | None] = list(entry["success"].values())
    return taken | set(_names(body["schema"], "")), set(_names(replies[0] or {}, ""))


def _names(schema: Mapping[str, Any], prefix: str) -> Iterator[str]:
    inner = schema.get("items", schema)
    properties: Mapping[str, Any] = inner.get("properties", {})
    for name, member in properties.items():
        if name == "base" or "properties" in member:
            yield from _names(member, prefix if name == "base" else f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def taken_by(action: Connector) -> set[str]:
    """The members that the tables try for an action, by their own names."""
    names: Iterable[str] = (name for name, _ in _taken(action))
    return {name.removeprefix("base.") for name in names}
