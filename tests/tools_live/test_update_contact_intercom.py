"""Changing one Intercom contact, and putting it into a company."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.state import IntercomContact
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts", "EGOI_MCP_PII": "full"}
BASIS = {"legal_basis": "consent", "source": "web form"}
INTERCOM: dict[str, Any] = {"provider": "intercom"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(SandboxSettings())


def user(sandbox: Sandbox, **members: Any) -> IntercomContact:
    """A user with everything by which one is found, its members set."""
    found = next(each for each in sandbox.world.intercom.contacts.values() if each.role == "user")
    found.fields |= {"phone": "+447700900777", "name": "Ana", "unsubscribed_from_emails": False, **members}
    return found


@pytest.mark.parametrize("by", ["id", "external_id", "email", "phone"])
async def test_a_contact_is_found_by_its_id_your_own_its_address_or_its_number(
    tmp_path: Path, sandbox: Sandbox, by: str
) -> None:
    contact = user(sandbox)
    whom = {"contact_id": contact.id} if by == "id" else {"match": {by: str(contact.fields[by])}}
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        done = await session.call("update_contact", **INTERCOM, **whom, fields={"name": "Ana Exemplo"})
        assert done.status == "succeeded", done.text
        assert done.data["ids"] == [contact.id]
        assert bodies(session, "UpdateContact") == [{"name": "Ana Exemplo"}]


async def test_what_was_and_what_will_be_stand_in_the_preview(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = user(sandbox, custom_attributes={"plan": "free", "seats": 3}, phone=None)
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        given = {"custom_attributes": {"plan": "pro", "seats": 3}, "name": None, "phone": "+351900000777"}
        call = {**INTERCOM, "contact_id": contact.id, "fields": given}
        shown = await previewed(session, "update_contact", **call)
        assert shown.data["preview"]["personal"] == {
            "attribute plan": "free → pro",
            "name": "Ana → (nothing)",
            "phone": "(nothing) → +351900000777",
        }
        assert (await session.call("update_contact", **call)).status == "succeeded"
        assert bodies(session, "UpdateContact") == [
            {"custom_attributes": {"plan": "pro"}, "name": None, "phone": "+351900000777"}
        ]


@pytest.mark.parametrize("mode", ERAS)
async def test_writing_to_somebody_again_needs_a_basis_and_a_person(
    tmp_path: Path, sandbox: Sandbox, mode: Era
) -> None:
    contact = user(sandbox, unsubscribed_from_emails=True)
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=person) as session:
        call = {**INTERCOM, "contact_id": contact.id, "fields": {"unsubscribed_from_emails": False}}
        for given in ({}, {"legal_basis": "consent"}, {"source": "web form"}):
            said = await refused(session, "update_contact", **call, **given)
            assert said.startswith("legal_basis and source: are required")
            assert said.endswith("Nothing was changed.")
        done = await session.call("update_contact", **call, **BASIS)
        assert done.status == "succeeded", done.text
        (question,) = person.questions
        assert (
            "\nunsubscribed from emails: true → false\nlegal basis: consent\nsource: web form\n" in question
        )


async def test_unsubscribing_somebody_needs_no_basis_and_a_person(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = user(sandbox)
    person = Person("decline")
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        call = {**INTERCOM, "contact_id": contact.id, "fields": {"unsubscribed_from_emails": True}}
        assert (await session.call("update_contact", **call)).status == "declined"
        assert mutations(session) == []


async def test_a_company_alone_is_attached_and_a_new_one_made_first(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = user(sandbox)
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {**INTERCOM, "contact_id": contact.id}
        done = await session.call("update_contact", **call, company="Sample SA")
        assert done.status == "succeeded", done.text
        assert mutations(session) == ["attachContactToACompany"]
        done = await session.call("update_contact", **call, company="Example Partners")
        assert done.status == "succeeded", done.text
        assert mutations(session)[1:] == ["createOrUpdateCompany", "attachContactToACompany"]
        assert len(contact.companies) == 2
        said = await refused(session, "update_contact", **call, company="Sample SA")
        assert "is in the company already" in said


async def test_one_who_is_in_the_company_already_is_only_changed(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = user(sandbox)
    contact.companies = [next(iter(sandbox.world.intercom.companies))]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {**INTERCOM, "contact_id": contact.id, "fields": {"name": "Eva"}, "company": "Example Ltd"}
        shown = await previewed(session, "update_contact", **call)
        assert "company" not in facts(shown)
        assert (await session.call("update_contact", **call)).status == "succeeded"
        assert mutations(session) == ["UpdateContact"]


NOT_TAKEN: list[tuple[dict[str, Any], str]] = [
    ({"fields": {"name": "x"}}, "Give exactly one of contact_id, match."),
    ({"contact_id": "nobody", "fields": {"name": "x"}}, "contact_id: Intercom has no such contact."),
    ({"match": {"external_id": "nobody"}, "fields": {"name": "x"}}, "external_id: Intercom has no such"),
    ({"match": {"email": "no@example.com"}, "fields": {"name": "x"}}, "email: Intercom has no such"),
    ({"match": {"name": "Ana"}, "fields": {"name": "x"}}, "match: Intercom finds by email, external_id or"),
    ({"match": {"phone": "1"}, "fields": {"name": "x"}}, "match: the phone number"),
    ({"match": {"external_id": "user-001"}}, "The contact has all of these values already."),
    ({"match": {"external_id": "user-001"}, "fields": {"first_name": "x"}}, "first_name: Intercom keeps one"),
    ({"match": {"external_id": "user-001"}, "fields": {"plan": "x"}}, "plan: Intercom takes no such thing."),
    ({"match": {"external_id": "user-001"}, "tags": ["vip"]}, "tags: Intercom takes no such thing here."),
    ({"match": {"external_id": "user-001"}, "status": "active"}, "status: Intercom takes no such thing"),
    ({"match": {"external_id": "user-001"}, "list_id": "1"}, "list_id: Intercom takes no such thing"),
    ({"audience": "whole_list", "fields": {"name": "x"}}, "audience: only E-goi changes many"),
]


async def test_what_intercom_does_not_take_is_said(tmp_path: Path, sandbox: Sandbox) -> None:
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        for arguments, said in NOT_TAKEN:
            told = await refused(session, "update_contact", **INTERCOM, **arguments)
            assert told.startswith(said), (arguments, told)
