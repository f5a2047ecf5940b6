"""Every member that a contact is written with: the arguments that set it, and what stands on the wire.

The vendors' documents say which members there are; a test holds the tables below against them, so that
none can be forgotten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from egoi_mcp.sandbox import Sandbox
from egoi_mcp.sandbox.egoi.state import Field, FieldFormat
from tests.contract.vendor_documents import SPECS

Member = tuple[str, ...]
"""Where a member stands in a body: `("base", "email")`, `("extra", "ContactExtraFieldDate", "value")`."""
Arguments = dict[str, Any]

NEW = "new{nn}@example.com"
ONE, SOME, FOUND = "{one}", "{some}", "{email}"
TXT_PHONE, TXT_REFERENCE, USER_ID = "{txtsync phone}", "{txtsync reference}", "{user}"
"""What stands for the contacts that exist, as they are at the time; `Stage.filled` puts it in."""
BASIS: Arguments = {"legal_basis": "consent", "source": "web form"}
PICTURE = "https://example.com/picture.png"
_TOKENS = [{"app_id": "app_1", "token": "token"}]
_FORMATS: Mapping[str, tuple[int, Any, Any]] = {
    "Text": (1, "Porto", "Porto"),
    "Number": (2, 12.5, "12.5"),
    "Cellphone": (3, "+351 900 000 021", "351-900000021"),
    "Options": (4, ["Books", "Music"], [2, 3]),
    "Date": (5, "2026-03-01", "2026-03-01"),
    "Email": (6, "work@example.com", "work@example.com"),
    "Phone": (7, "+351 210 000 021", "351-210000021"),
}
"""By the word in the variant's name: the field of list 1, what is given, what is sent."""
FIELDS_BY_VARIANT = {f"ContactExtraField{name}": number for name, (number, _, _) in _FORMATS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One member of one operation: the call that sets it and the value that is sent."""

    operation: str
    member: Member
    tool: str
    arguments: Arguments
    sent: Any
    refused: str = ""
    """How the refusal begins, where the member is refused on purpose."""


def fields(**members: Any) -> Arguments:
    """The argument `fields`."""
    return {"fields": members}


# -- E-goi ---------------------------------------------------------------------------------------

_EGOI_BASE: Mapping[str, tuple[Arguments, Any]] = {
    "status": ({"status": "unconfirmed", **fields(last_name="Changed {nn}")}, "unconfirmed"),
    "consent": (fields(consent="contract"), "contract"),
    "first_name": (fields(first_name="Ana"), "Ana"),
    "last_name": (fields(last_name="Exemplo {nn}"), "Exemplo {nn}"),
    "birth_date": (fields(birth_date="2000-02-29"), "2000-02-29"),
    "language": (fields(language="hu"), "hu"),
    "email": (fields(email="other@example.com"), "other@example.com"),
    "email_status": (fields(email_status="inactive"), "inactive"),
    "cellphone": (fields(cellphone="+351 900 000 777"), "351-900000777"),
    "cellphone_status": (fields(cellphone_status="active"), "active"),
    "phone": (fields(landline="+351 210 000 022"), "351-210000022"),
    "phone_status": (fields(landline_status="active"), "active"),
    "push_token_android": (fields(push_token_android=_TOKENS), _TOKENS),
    "push_token_ios": (fields(push_token_ios=_TOKENS), _TOKENS),
}
_EGOI_EXTRA: Mapping[Member, tuple[Arguments, Any]] = {
    **{
        ("extra", f"ContactExtraField{name}", "value"): (fields(**{f"extra_{number}": given}), sent)
        for name, (number, given, sent) in _FORMATS.items()
    },
    **{
        ("extra", f"ContactExtraField{name}", "status"): (
            fields(**{f"extra_{number}": given, f"extra_{number}_status": "inactive"}),
            "inactive",
        )
        for name, (number, given, _) in _FORMATS.items()
        if name in {"Cellphone", "Email", "Phone"}
    },
}
_CREATED_WITH: Mapping[str, tuple[Arguments, Any]] = {
    "status": ({"email": NEW, "status": "active"}, "active"),
    "first_name": ({"email": NEW, "first_name": "Ana"}, "Ana"),
    "last_name": ({"email": NEW, "last_name": "Exemplo {nn}"}, "Exemplo {nn}"),
    "email": ({"email": NEW}, NEW),
    "cellphone": ({"phone": "+351 900 000 777"}, "351-900000777"),
}
_TRAFFIC: Mapping[Member, str] = {
    **{("utm", f"utm_{name}"): name for name in ("source", "medium", "campaign", "content", "term")},
    ("referrer", "referrer"): "https://example.com/",
    **{("advertising", name): f"{name}-1" for name in ("gclid", "msclkid", "fbclid")},
}


def _create_egoi() -> Iterator[Written]:
    for name, (given, sent) in _EGOI_BASE.items():
        if name in {"consent", "email_status", "cellphone_status", "phone_status"}:
            continue
        arguments, value = _CREATED_WITH.get(name, ({"email": NEW, **given}, sent))
        yield _egoi("createContact", ("base", name), {"list_id": "Customers", **arguments}, value)
    for member, (given, sent) in _EGOI_EXTRA.items():
        yield _egoi("createContact", member, {"list_id": "1", "email": NEW, **given}, sent)
    for member, said in _TRAFFIC.items():
        given = {"list_id": "1", "email": NEW, **fields(**{member[-1]: said})}
        yield _egoi("createContact", member, given, said)


def _update_egoi(operation: str, target: Arguments) -> Iterator[Written]:
    bulk = operation == "actionUpdateContacts"
    for name, (given, sent) in _EGOI_BASE.items():
        if bulk and name.startswith("push_token"):
            continue
        refused = f"{name}: belongs to one contact" if bulk and name in {"email", "cellphone"} else ""
        yield _egoi(operation, ("base", name), {**target, **given}, sent, refused)
    for member, (given, sent) in _EGOI_EXTRA.items():
        yield _egoi(operation, member, {**target, **given}, sent)


def _egoi(operation: str, member: Member, given: Arguments, sent: Any, refused: str = "") -> Written:
    tool = "create_contact" if operation == "createContact" else "update_contact"
    arguments = {"list_id": "1", **BASIS, **given}
    return Written(
        operation=operation, member=member, tool=tool, arguments=arguments, sent=sent, refused=refused
    )


SEGMENT = "tag_1"
_NAMED = fields(last_name="Sample {nn}")


def _many_egoi() -> Iterator[Written]:
    yield from _update_egoi("actionUpdateContacts", {"contact_ids": [ONE, SOME]})
    for member, target, sent in (
        ("type", {"audience": "whole_list"}, "all"),
        ("contacts", {"contact_ids": [ONE]}, [ONE]),
        ("segment_id", {"segment": "vip"}, SEGMENT),
    ):
        yield _egoi("actionUpdateContacts", (member,), {**target, **_NAMED}, sent)
    for status, operation in (("active", "actionActivateContacts"), ("inactive", "actionDeactivateContacts")):
        for member, target, sent in (
            ("type", {"audience": "whole_list"}, "all"),
            ("contacts", {"contact_ids": [ONE]}, [ONE]),
        ):
            yield _egoi(operation, (member,), {**target, "status": status}, sent)


def _by_field() -> Iterator[Written]:
    target = {"match": {"email": FOUND}}
    yield from _update_egoi("updateContactByField", target)
    yield _egoi("updateContactByField", ("compare_field", "field_id"), {**target, **_NAMED}, "email")
    yield _egoi("updateContactByField", ("compare_field", "value"), {**target, **_NAMED}, FOUND)


# -- TxtSync and Intercom ------------------------------------------------------------------------

_TXTSYNC: Mapping[str, tuple[Arguments, Any]] = {
    **{
        name: (fields(**{name: f"new-{name}"}), f"new-{name}")
        for name in (
            "FirstName",
            "LastName",
            "CompanyName",
            "ExternalReference",
            "AddressLine1",
            "AddressLine2",
            "City",
            "Postcode",
            "County",
            "Country",
            *(f"Custom0{number}" for number in range(1, 6)),
        )
    },
    "MobileNumber": (fields(mobile_number="+44 7700 900777"), "+447700900777"),
    "EmailAddress": (fields(email=NEW), NEW),
    "TagNames": ({"tags": ["vip", "new"]}, "vip,new"),
    "AllowSMS": (fields(allow_sms=False), False),
}


def _txtsync(operation: str, target: Arguments) -> Iterator[Written]:
    new = operation == "AddContact"
    for name, (given, sent) in _TXTSYNC.items():
        if new and name == "AllowSMS":
            continue
        arguments = {"provider": "txtsync", **BASIS, **target, **given}
        if new and name == "MobileNumber":
            arguments = {"provider": "txtsync", **BASIS, "phone": "+44 7700 900777"}
        tool = "create_contact" if new else "update_contact"
        yield Written(operation=operation, member=(name,), tool=tool, arguments=arguments, sent=sent)


_INTERCOM: Mapping[str, tuple[Arguments, Any]] = {
    "role": (fields(role="lead"), "lead"),
    "external_id": (fields(external_id="crm-7"), "crm-7"),
    "email": (fields(email=NEW), NEW),
    "email_verified": (fields(email_verified=True), True),
    "phone": (fields(phone="+351 900 000 777"), "+351900000777"),
    "name": (fields(name="Ana Exemplo"), "Ana Exemplo"),
    "avatar": (fields(avatar=PICTURE), PICTURE),
    "signed_up_at": (fields(signed_up_at="2026-03-01"), 1772323200),
    "last_seen_at": (fields(last_seen_at="2026-03-01T01:00:00+01:00"), 1772323200),
    "owner_id": (fields(owner_id="810001"), "810001"),
    "unsubscribed_from_emails": (fields(unsubscribed_from_emails=True), True),
    "custom_attributes": (fields(custom_attributes={"plan": "new"}), {"plan": "new"}),
}
_INTERCOM_CREATED: Mapping[str, Arguments] = {
    "role": {"role": "lead", "first_name": "Ana"},
    "external_id": {"external_reference": "crm-7"},
    "email": {"email": NEW},
    "phone": {"email": NEW, "phone": "+351 900 000 777"},
    "name": {"email": NEW, "first_name": "Ana", "last_name": "Exemplo"},
}


def _intercom() -> Iterator[Written]:
    for name, (given, sent) in _INTERCOM.items():
        created = _INTERCOM_CREATED.get(name, {"email": NEW, **given})
        for operation, tool, arguments in (
            ("CreateContact", "create_contact", created),
            ("UpdateContact", "update_contact", {"match": {"external_id": USER_ID}, **given}),
        ):
            whole = {"provider": "intercom", **BASIS, **arguments}
            yield Written(
                operation=f"intercom {operation}", member=(name,), tool=tool, arguments=whole, sent=sent
            )


WRITTEN: tuple[Written, ...] = (
    *_create_egoi(),
    *_update_egoi("patchContact", {"contact_id": ONE}),
    *_many_egoi(),
    *_by_field(),
    *_txtsync("AddContact", {"phone": "+44 7700 9008{nn}"}),
    *_txtsync("UpdateContact", {"match": {"phone": TXT_PHONE}}),
    *_txtsync("UpdateContactByExternalReference", {"match": {"external_reference": TXT_REFERENCE}}),
    *_intercom(),
)

# -- the contacts that they are tried on ---------------------------------------------------------


class Stage:
    """The contacts of a sandbox that the members are tried on."""

    def __init__(self, sandbox: Sandbox) -> None:
        world = sandbox.world
        formats: tuple[tuple[str, FieldFormat], ...] = (("5", "date"), ("6", "email"), ("7", "phone"))
        for number, form in formats:
            made = Field(field_id=f"extra_{number}", name=f"Field {number}", format=form, type="extra")
            world.egoi.lists[1].fields.append(made)
        self._one, self._some = [
            each
            for each in world.egoi.lists[1].contacts.values()
            if each.text("email") and each.text("cellphone_status") == "inactive"
        ][:2]
        self._txtsync = world.txtsync.contacts[9001]
        self._user = next(each for each in world.intercom.contacts.values() if each.role == "user")

    def filled(self, value: Any, number: int) -> Any:
        """A value with what it stands for; `number` makes what is new differ from call to call."""
        stands = {
            ONE: self._one.contact_id,
            SOME: self._some.contact_id,
            FOUND: self._one.text("email"),
            TXT_PHONE: self._txtsync.fields["MobileNumber"],
            TXT_REFERENCE: self._txtsync.fields["ExternalReference"],
            USER_ID: self._user.fields["external_id"],
            "{nn}": f"{number:02d}",
        }
        text = json.dumps(value)
        for name, meant in stands.items():
            text = text.replace(name, str(meant))
        return json.loads(text)


def sent_at(body: Any, member: Member) -> Any:
    """What a body says of a member; None where nothing."""
    if member[0] != "extra":
        for name in member:
            body = body.get(name, {})
        return body
    number = FIELDS_BY_VARIANT[member[1]]
    return next(each[member[2]] for each in body["extra"] if each["field_id"] == number)


# -- the documents -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """An operation of a document, by its id and by the name of the operation that stands for it here."""

    document: str
    name: str
    ours: str
    left_out: frozenset[Member] = field(default=frozenset())


DOCUMENTED: tuple[Documented, ...] = (
    Documented(document="egoi", name="createContact", ours="createContact"),
    Documented(document="egoi", name="patchContact", ours="patchContact"),
    Documented(document="egoi", name="updateContactByField", ours="updateContactByField"),
    Documented(document="egoi", name="actionUpdateContacts", ours="actionUpdateContacts"),
    Documented(document="egoi", name="actionActivateContacts", ours="actionActivateContacts"),
    Documented(document="egoi", name="actionDeactivateContacts", ours="actionDeactivateContacts"),
    Documented(document="egoi-connector", name="CreateContact", ours="createContact"),
    Documented(document="egoi-connector", name="UpdateContact", ours="patchContact"),
    Documented(document="txtsync", name="AddContact", ours="AddContact"),
    Documented(document="txtsync", name="UpdateContact", ours="UpdateContact"),
    Documented(
        document="txtsync",
        name="UpdateContactByExternalReference",
        ours="UpdateContactByExternalReference",
    ),
    Documented(document="intercom", name="CreateContact", ours="intercom CreateContact"),
    Documented(document="intercom", name="UpdateContact", ours="intercom UpdateContact"),
)


def members_of(document: str, name: str) -> set[Member]:
    """Every member that a document lets an operation write."""
    path = Path(os.environ[SPECS]) / "operations" / f"{document}.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    (entry,) = [each for each in entries if each["operationId"] == name]
    return set(_members(entry["body"]["schema"], ()))


def _members(schema: Mapping[str, Any], at: Member) -> Iterator[Member]:
    if schema.get("readOnly"):
        return
    items = schema.get("items", {})
    if "oneOf" in items:
        for variant in items["oneOf"]:
            names = set(variant["properties"]) - {"field_id", "format"}
            yield from ((*at, variant["name"], name) for name in names)
        return
    variants = schema.get("oneOf", ())
    properties = {**schema.get("properties", {})}
    for variant in variants:
        properties |= variant.get("properties", {})
    if not properties:
        yield at
    for name, inner in properties.items():
        if not inner.get("readOnly"):
            yield from _members(inner, (*at, name))
