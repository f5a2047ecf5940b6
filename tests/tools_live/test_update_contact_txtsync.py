"""Changing one TxtSync contact: its updates replace the whole, so it is read, merged and written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import altered, bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts", "EGOI_MCP_PII": "full"}
BASIS = {"legal_basis": "consent", "source": "web form"}
TXTSYNC: dict[str, Any] = {"provider": "txtsync"}
BY_REFERENCE: dict[str, Any] = {**TXTSYNC, "match": {"external_reference": "CRM-0001"}}
BY_PHONE: dict[str, Any] = {**TXTSYNC, "match": {"phone": "+44 7700 900201"}}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(SandboxSettings())


@pytest.mark.parametrize(
    ("whom", "operation"),
    [(BY_REFERENCE, "UpdateContactByExternalReference"), (BY_PHONE, "UpdateContact")],
)
async def test_what_the_contact_holds_is_written_again(
    tmp_path: Path, sandbox: Sandbox, whom: dict[str, Any], operation: str
) -> None:
    contact = sandbox.world.txtsync.contacts[9001]
    before = dict(contact.fields)
    tags, allows = list(contact.tags), contact.allow_sms
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("update_contact", **whom, fields={"city": "Porto"})
        assert done.status == "succeeded", done.text
        held = {name: value for name, value in before.items() if value}
        assert bodies(session, operation) == [{**held, "City": "Porto"}]
        assert contact.fields == {**before, "City": "Porto"}
        assert (contact.tags, contact.allow_sms) == (tags, allows)
        assert person.forms == []


@pytest.mark.parametrize(("answer", "city"), [("approve", "Porto"), ("decline", None)])
async def test_who_refuses_sms_still_does_after_another_change(
    tmp_path: Path, sandbox: Sandbox, answer: Any, city: str | None
) -> None:
    contact = sandbox.world.txtsync.contacts[9001]
    contact.allow_sms = False
    person = Person(answer)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        await session.call("update_contact", **BY_REFERENCE, fields={"city": "Porto"})
        written = bodies(session, "UpdateContactByExternalReference")
        assert [(each["AllowSMS"], each["City"]) for each in written] == ([(False, city)] if city else [])
        (question,) = person.questions
        assert "\nallow sms: false, written again so that it stays\n" in question


async def test_a_row_with_another_reference_is_nobody(tmp_path: Path) -> None:
    def somebody_else(path: str, reply: Any) -> Any:
        if not path.startswith("/contacts/external/"):
            return reply
        rows = cast("list[dict[str, Any]]", reply)
        return [{**each, "ExternalReference": "CRM-00011", "ContactID": 9999} for each in rows]

    async with altered(tmp_path, somebody_else, TOOLS) as session:
        said = await refused(session, "update_contact", **BY_REFERENCE, fields={"city": "Porto"})
        assert "no contact at TxtSync fit it" in said


@pytest.mark.parametrize("reference", ["CRM 1/2", "..", "a%2Fb"])
async def test_a_reference_that_cannot_stand_in_an_address_leads_to_the_contacts_id(
    tmp_path: Path, sandbox: Sandbox, reference: str
) -> None:
    sandbox.world.txtsync.contacts[9001].fields["ExternalReference"] = reference
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {**TXTSYNC, "match": {"external_reference": reference}, "fields": {"city": "Porto"}}
        assert (await session.call("update_contact", **call)).status == "succeeded"
        (body,) = bodies(session, "UpdateContact")
        assert (body["ExternalReference"], body["City"]) == (reference, "Porto")


async def test_the_preview_says_what_changes_and_that_tags_may_go(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = sandbox.world.txtsync.contacts[9001]
    contact.fields |= {"City": "Leeds", "Custom01": "old"}
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        shown = await previewed(
            session, "update_contact", **BY_PHONE, fields={"City": "Porto", "custom01": ""}
        )
        assert shown.data["preview"]["personal"] == {
            "city": "Leeds → Porto",
            "custom 01": "old → (nothing)",
        }
        rest, tags = shown.data["preview"]["warnings"]
        assert rest == "whatever else it holds now is written again with it"
        assert tags.startswith("tags may be replaced: TxtSync does not tell which it has")


async def test_tags_that_are_given_replace_those_it_has(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = sandbox.world.txtsync.contacts[9002]
    contact.tags = ["newsletter"]
    call = {**TXTSYNC, "match": {"phone": "+447700900202"}, "tags": ["vip", "new"]}
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        shown = await previewed(session, "update_contact", **call)
        assert facts(shown) == {"tags": "(not told) → vip,new"}
        assert shown.data["preview"]["warnings"][1:] == ["the tags are replaced by these"]
        assert (await session.call("update_contact", **call)).status == "succeeded"
        assert contact.tags == ["vip", "new"]


async def test_a_contacts_id_goes_with_the_number_by_which_it_is_read(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {**BY_PHONE, "fields": {"city": "Porto"}}
        said = await refused(session, "update_contact", **call, contact_id="9002")
        assert said.startswith("match: no contact at TxtSync fit it.")
        assert (await session.call("update_contact", **call, contact_id="9001")).status == "succeeded"
        said = await refused(session, "update_contact", **TXTSYNC, contact_id="9001", fields={"city": "x"})
        assert said.startswith("match: TxtSync reads no contact by its id; add")


@pytest.mark.parametrize("mode", ERAS)
async def test_allowing_sms_again_needs_a_basis_and_a_person(
    tmp_path: Path, sandbox: Sandbox, mode: Era
) -> None:
    contact = sandbox.world.txtsync.contacts[9001]
    contact.allow_sms = False
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=person) as session:
        call = {**BY_PHONE, "fields": {"allow_sms": True}}
        for given in ({}, {"legal_basis": "consent"}, {"source": "web form"}):
            said = await refused(session, "update_contact", **call, **given)
            assert said.startswith("legal_basis and source: are required")
        done = await session.call("update_contact", **call, **BASIS)
        assert done.status == "succeeded", done.text
        assert contact.allow_sms
        (question,) = person.questions
        assert "\nallow sms: false → true\nlegal basis: consent\nsource: web form\n" in question


async def test_refusing_sms_needs_no_basis_and_a_person(tmp_path: Path, sandbox: Sandbox) -> None:
    person = Person("decline")
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        told = await session.call("update_contact", **BY_PHONE, fields={"allow_sms": False})
        assert told.status == "declined"
        assert mutations(session) == []


NOT_TAKEN: list[tuple[dict[str, Any], str]] = [
    ({**TXTSYNC, "fields": {"city": "x"}}, "Give exactly one of contact_id, match."),
    ({**BY_PHONE, "fields": {"country": "United Kingdom"}}, "The contact has all of these values already."),
    ({**BY_PHONE}, "The contact has all of these values already."),
    ({**TXTSYNC, "match": {"email": "a@example.com"}, "fields": {"city": "x"}}, "match: TxtSync finds by"),
    ({**TXTSYNC, "match": {"phone": "+447700900999"}, "fields": {"city": "x"}}, "match: no contact at"),
    ({**TXTSYNC, "match": {"external_reference": "x"}, "fields": {"city": "x"}}, "match: no contact at"),
    ({**TXTSYNC, "match": {"phone": "07700"}, "fields": {"city": "x"}}, "match: the phone number"),
    ({**TXTSYNC, "contact_ids": ["1"], "fields": {"city": "x"}}, "contact_ids: only E-goi changes many"),
    ({**TXTSYNC, "segment": "1", "fields": {"city": "x"}}, "segment: only E-goi changes many"),
    ({**BY_PHONE, "list_id": "1", "fields": {"city": "x"}}, "list_id: TxtSync takes no such thing here."),
    ({**BY_PHONE, "status": "active"}, "status: TxtSync takes no such thing here."),
    ({**BY_PHONE, "fields": {"cty": "x"}}, "cty: TxtSync takes no such thing. Did you mean city?"),
    ({**BY_PHONE, "company": "x", "fields": {"company": "y"}}, "fields: company is given twice."),
]


async def test_what_txtsync_does_not_take_is_said(tmp_path: Path, sandbox: Sandbox) -> None:
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        for arguments, said in NOT_TAKEN:
            told = await refused(session, "update_contact", **arguments)
            assert told.startswith(said), arguments


async def test_a_number_that_two_contacts_have_means_neither(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.world.txtsync.contacts[9002].fields["MobileNumber"] = "+447700900201"
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        said = await refused(session, "update_contact", **BY_PHONE, fields={"city": "x"})
        assert said.startswith("match: 2 contacts at TxtSync fit it.")
