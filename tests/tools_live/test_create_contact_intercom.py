"""Creating users and leads at Intercom: found first, then written, then put into their company."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp_types import ElicitResult, InputRequiredResult

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.guard.sessions import CAPPED
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import altered, bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts", "EGOI_MCP_POLICY_ALLOWED_HOSTS": "example.com"}
NEW = "new@example.com"
BASIS = {"legal_basis": "consent", "source": "web form"}
USER: dict[str, Any] = {"provider": "intercom", "email": NEW, "first_name": "Ana", **BASIS}
LEAD: dict[str, Any] = {"provider": "intercom", "role": "lead", "first_name": "Rui", **BASIS}
STRICT = {**TOOLS, "EGOI_MCP_POLICY_WRITE_THRESHOLD": "0"}
CHAT = {**STRICT, "EGOI_MCP_CONFIRM": "chat", **CAPPED}


def companies(sandbox: Sandbox, contact_id: str) -> list[str]:
    """The names of a contact's companies."""
    workspace = sandbox.world.intercom
    held = workspace.contacts[contact_id].companies
    return [str(workspace.companies[each].fields["name"]) for each in held]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_user_is_created_with_a_new_company_in_one_call(tmp_path: Path, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, mode=mode, person=person) as session:
        done = await session.call("create_contact", **USER, last_name="Exemplo", company="Example Partners")
        assert done.status == "succeeded", done.text
        assert bodies(session, "CreateContact") == [{"role": "user", "email": NEW, "name": "Ana Exemplo"}]
        made = {"company_id": "Example Partners", "name": "Example Partners"}
        assert bodies(session, "createOrUpdateCompany") == [made]
        assert mutations(session) == ["CreateContact", "createOrUpdateCompany", "attachContactToACompany"]
        assert companies(session.sandbox, done.data["ids"][0]) == ["Example Partners"]
        assert "Create a user at Intercom: done." in done.text
        assert "Put an Intercom contact into a company: done." in done.text
        (question,) = person.questions
        for line in (
            "To: new@example.com",
            "role: user",
            "company: Example Partners (new), attached afterwards",
            "legal basis: consent",
            "source: web form",
            "name: Ana Exemplo",
            "Warning: no company is called so: a new one is made",
        ):
            assert f"\n{line}\n" in question


@pytest.mark.parametrize("pii", ["masked", "ids"])
async def test_for_whom_somebody_works_is_hidden_where_people_are(tmp_path: Path, pii: str) -> None:
    async with connected(tmp_path, {**TOOLS, "EGOI_MCP_PII": pii}, person=Person()) as session:
        call = {**USER, "last_name": "Exemplo", "company": "Example Partners"}
        shown = await previewed(session, "create_contact", **call)
        done = await session.call("create_contact", **call)
        assert done.status == "succeeded", done.text
        assert "Example Partners" not in shown.text + done.text


@pytest.mark.parametrize("company", ["Example Ltd", "company-001"])
async def test_a_company_that_is_there_is_found_by_name_and_by_its_own_id(
    tmp_path: Path, company: str
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        done = await session.call("create_contact", **USER, company=company)
        assert mutations(session) == ["CreateContact", "attachContactToACompany"]
        assert companies(session.sandbox, done.data["ids"][0]) == ["Example Ltd"]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_lead_has_a_number_a_picture_and_a_company(tmp_path: Path, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, mode=mode, person=person) as session:
        done = await session.call(
            "create_contact",
            **LEAD,
            phone="+351 900 000 777",
            company="Example Ltd",
            fields={"picture": "https://example.com/rui.png"},
        )
        assert done.status == "succeeded", done.text
        assert bodies(session, "CreateContact") == [
            {
                "role": "lead",
                "phone": "+351900000777",
                "name": "Rui",
                "avatar": "https://example.com/rui.png",
            }
        ]
        assert companies(session.sandbox, done.data["ids"][0]) == ["Example Ltd"]


async def test_a_picture_from_elsewhere_is_not_the_callers_to_choose(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        picture = {"avatar": "https://example.org/rui.png"}
        done = await session.call("create_contact", **LEAD, fields=picture)
        assert done.status == "denied"
        assert mutations(session) == []


async def test_a_user_with_the_same_address_is_updated_and_nobody_is_asked(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        known = next(iter(session.sandbox.world.intercom.contacts.values()))
        given = {"email": str(known.fields["email"]).upper(), "first_name": "Ana", "last_name": "Exemplo"}
        done = await session.call("create_contact", provider="intercom", **given, phone="+351900000777")
        assert done.status == "succeeded", done.text
        assert done.data["ids"] == [known.id]
        assert mutations(session) == ["UpdateContact"]
        assert bodies(session, "UpdateContact") == [
            {"email": given["email"], "name": "Ana Exemplo", "phone": "+351900000777"}
        ]
        assert person.forms == []


async def test_a_second_call_finds_everything_done_and_says_so(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        call = {**USER, "last_name": "Exemplo", "company": "Example Ltd"}
        assert (await session.call("create_contact", **call)).status == "succeeded"
        said = await refused(session, "create_contact", **call)
        assert said == (
            "The contact has all of these values and is in the company already. Nothing was changed."
        )
        again = {name: value for name, value in call.items() if name != "company"}
        assert "has all of these values already" in await refused(session, "create_contact", **again)


async def test_half_a_name_takes_no_whole_ones_place(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        await session.call("create_contact", **USER, last_name="Exemplo")
        other = {**USER, "first_name": "Eva"}
        said = await refused(session, "create_contact", **other)
        assert said.startswith("first_name and last_name: the contact is there already")
        more = await session.call("create_contact", **USER, phone="+351900000777")
        assert more.status == "succeeded"
        assert bodies(session, "UpdateContact") == [{"phone": "+351900000777"}]


@pytest.mark.parametrize("given", [{}, {"legal_basis": "consent"}, {"source": "web form"}])
@pytest.mark.parametrize("role", ["user", "lead"])
async def test_one_who_may_be_written_to_needs_a_basis_and_a_source(
    tmp_path: Path, role: str, given: dict[str, str]
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        arguments = {"provider": "intercom", "role": role, "email": NEW}
        said = await refused(session, "create_contact", **arguments, **given)
        assert said.startswith("legal_basis and source: are required")
        assert said.endswith("Nothing was created.")


async def test_one_who_has_unsubscribed_needs_none_and_nobody_is_asked(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        done = await session.call(
            "create_contact", provider="intercom", email=NEW, fields={"unsubscribed_from_emails": True}
        )
        assert done.status == "succeeded"
        assert person.forms == []


async def test_what_was_stated_is_kept_with_the_action(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        shown = await previewed(session, "create_contact", **USER)
        assert facts(shown) == {"role": "user", "legal basis": "consent", "source": "web form"}


async def test_a_user_who_waits_for_a_person_gets_the_company_with_the_next_call(tmp_path: Path) -> None:
    environ = {**TOOLS, "EGOI_MCP_APPROVAL_WAIT_SECONDS": "0"}
    async with connected(tmp_path, environ) as session:
        waits = await session.call("create_contact", **USER, company="Example Ltd")
        assert waits.status == "needs_approval"
        assert "The company is attached only after that: call create_contact again then." in waits.text
        await session.decide(waits.action_id)
        await session.call("check_action", action_id=waits.action_id)
        done = await session.call("create_contact", **USER, company="Example Ltd")
        assert done.status == "succeeded", done.text
        assert mutations(session) == ["CreateContact", "attachContactToACompany"]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_person_may_be_asked_about_the_company_too(tmp_path: Path, mode: Era) -> None:
    # A lead with a name alone is found by nobody again: the action that was asked about says which it is.
    person = Person()
    async with connected(tmp_path, STRICT, mode=mode, person=person) as session:
        done = await session.call("create_contact", **LEAD, company="Example Ltd")
        assert done.status == "succeeded", done.text
        assert len(person.questions) == 2
        assert mutations(session) == ["CreateContact", "attachContactToACompany"]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_company_that_a_person_declines_is_not_attached(tmp_path: Path, mode: Era) -> None:
    person = Person()

    async def decline_the_second() -> None:
        person.answer = "approve" if len(person.forms) == 1 else "decline"

    person.first = decline_the_second
    async with connected(tmp_path, STRICT, mode=mode, person=person) as session:
        done = await session.call("create_contact", **USER, company="Example Ltd")
        assert done.status == "declined", done.text
        assert mutations(session) == ["CreateContact"]


async def test_an_answer_about_the_contact_approves_nothing_about_the_company(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, STRICT, mode="auto", person=person) as session:
        call = {**USER, "company": "Example Ltd"}
        first = await session.leg("create_contact", call)
        assert isinstance(first, InputRequiredResult)
        approved = ElicitResult(action="accept", content={"decision": "approve"})
        second = await session.leg("create_contact", call, asked=first, answers={"approve": approved})
        assert isinstance(second, InputRequiredResult)
        assert second.request_state != first.request_state
        assert mutations(session) == ["CreateContact"]


async def test_in_chat_each_of_the_two_is_approved_by_itself(tmp_path: Path) -> None:
    async with connected(tmp_path, CHAT) as session:
        call = {**LEAD, "company": "Example Ltd"}
        first = await session.call("create_contact", **call)
        assert first.status == "needs_approval"
        second = await session.call("create_contact", **call, approval=first.action_id)
        assert second.status == "needs_approval", second.text
        assert mutations(session) == ["CreateContact"]
        done = await session.call("create_contact", **call, approval=second.action_id)
        assert done.status == "succeeded", done.text
        assert mutations(session) == ["CreateContact", "attachContactToACompany"]


async def test_a_reply_without_ids_attaches_nobody_to_anything(tmp_path: Path) -> None:
    def nameless(path: str, reply: Any) -> Any:
        return {"type": "company", "name": "x"} if path == "/companies" and "app_id" in reply else reply

    async with altered(tmp_path, nameless, TOOLS, person=Person()) as session:
        done = await session.call("create_contact", **USER, company="Example Partners")
        assert done.status == "succeeded"
        assert "so no company was attached; update_contact attaches it." in done.text
        assert mutations(session) == ["CreateContact", "createOrUpdateCompany"]


async def test_a_company_that_comes_as_itself_and_not_in_a_list_is_read_too(tmp_path: Path) -> None:
    def alone(path: str, reply: Any) -> Any:
        return reply["data"][0] if path == "/companies" and "data" in reply else reply

    async with altered(tmp_path, alone, TOOLS, person=Person()) as session:
        done = await session.call("create_contact", **USER, company="Example Ltd")
        assert companies(session.sandbox, done.data["ids"][0]) == ["Example Ltd"]


async def test_companies_of_one_name_are_told_apart_by_their_own_ids(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        for company in session.sandbox.world.intercom.companies.values():
            company.fields["name"] = "Example Ltd"
        said = await refused(session, "create_contact", **USER, company="Example Ltd")
        assert said.startswith("company: 2 are called so: company-001 (Example Ltd), company-002")
        done = await session.call("create_contact", **USER, company="company-002")
        assert done.status == "succeeded"


async def test_a_contact_that_is_refused_is_attached_to_nothing(tmp_path: Path) -> None:
    def refuse(path: str, reply: Any) -> Any:
        if path != "/contacts":
            return reply
        error = {"type": "error.list", "errors": [{"code": "conflict", "message": "taken"}]}
        return httpx2.Response(409, json=error)

    async with altered(tmp_path, refuse, TOOLS, person=Person()) as session:
        done = await session.call("create_contact", **USER, company="Example Ltd")
        assert done.status == "failed"
        assert "attachContactToACompany" not in mutations(session)


async def test_several_leads_with_one_address_are_told_apart_by_a_person(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        leads = [each for each in sandbox.world.intercom.contacts.values() if each.role == "lead"][:2]
        for lead in leads:
            lead.fields["email"] = NEW
        said = await refused(session, "create_contact", **LEAD, email=NEW)
        assert said.startswith("email: 2 contacts have it: ")
        assert all(lead.id in said for lead in leads)


NOT_AT_INTERCOM: list[tuple[dict[str, Any], str]] = [
    ({}, "email or external_reference: a user needs one of them."),
    ({"first_name": "Ana"}, "email or external_reference: a user needs one of them."),
    ({"role": "lead"}, "email, phone or first_name: a lead needs one of them."),
    ({"role": "admin", "email": NEW}, "role: must be 'user' or 'lead'"),
    ({"email": NEW, "list_id": "3"}, "list_id: Intercom takes no such thing here."),
    ({"email": NEW, "status": "active"}, "status: Intercom takes no such thing here."),
    ({"email": NEW, "tags": ["vip"]}, "tags: Intercom takes no such thing here. tag_contacts puts"),
    ({"email": NEW, "fields": {"city": "Porto"}}, "city: Intercom takes no such thing."),
    ({"email": NEW, "fields": {"avatar": "http://example.com/a.png"}}, "avatar: must be an address"),
]


async def test_what_intercom_does_not_take_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for arguments, said in NOT_AT_INTERCOM:
            told = await refused(session, "create_contact", provider="intercom", **arguments)
            assert told.startswith(said), arguments
        assert session.sandbox.requests.total == 0
