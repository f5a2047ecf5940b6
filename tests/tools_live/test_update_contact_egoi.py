"""Changing one E-goi contact: what it holds is read first, and only what differs is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.state import Contact
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts", "EGOI_MCP_PII": "full"}
BASIS = {"legal_basis": "consent", "source": "web form"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(SandboxSettings())


def somebody(sandbox: Sandbox, **members: str) -> Contact:
    """A contact of list 1 with an address, its members set."""
    contact = next(each for each in sandbox.world.egoi.lists[1].contacts.values() if each.text("email"))
    contact.base |= {"status": "active", **members}
    return contact


async def test_what_was_and_what_will_be_stand_in_the_preview(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = somebody(sandbox, first_name="Ana", last_name="", language="pt", birth_date="1999-12-31")
    contact.extra = [{"field_id": 4, "format": "options", "value": [1]}]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        given = {"first_name": "Eva", "last_name": "Exemplo", "language": "fr", "City": "Porto"}
        shown = await previewed(
            session,
            "update_contact",
            list_id="Customers",
            contact_id=contact.contact_id,
            fields={**given, "birth_date": "1999-12-31", "Interests": "Books", "landline": "+351210000001"},
        )
        preview = shown.data["preview"]
        assert preview["title"] == "Change a contact of list 1 (Customers)"
        assert preview["facts"] == {"contact id": contact.contact_id, "language": "pt → fr"}
        assert preview["personal"] == {
            "first name": "Ana → Eva",
            "last name": "(nothing) → Exemplo",
            "landline": "(nothing) → 351-210000001",
            "City (extra_1)": "(nothing) → Porto",
            "Interests (extra_4)": "1 → 2",
        }
        assert "The values that it had before are not kept" in preview["undo"]


async def test_names_and_numbers_are_for_the_person_alone_where_the_model_may_not_see_them(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    contact = somebody(sandbox, first_name="Ana", email_status="active")
    person = Person()
    environ = {"EGOI_MCP_TOOLSETS": "contacts", "EGOI_MCP_PII": "masked"}
    async with connected(tmp_path, environ, sandbox=sandbox, person=person) as session:
        call: dict[str, Any] = {"list_id": "1", "contact_id": contact.contact_id}
        call["fields"] = {"first_name": "Eva", "email_status": "inactive"}
        shown = await previewed(session, "update_contact", **call)
        assert "Eva" not in shown.text
        assert contact.text("email") not in shown.text
        assert (await session.call("update_contact", **call)).status == "succeeded"
        assert "\nfirst name: Ana → Eva\n" in person.questions[0]


async def test_only_what_differs_is_sent_and_nobody_is_asked_about_a_name(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    contact = somebody(sandbox, first_name="Ana", language="pt", consent="consent")
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call(
            "update_contact",
            list_id="1",
            contact_id=contact.contact_id,
            fields={"first_name": "Ana", "last_name": "Novo", "language": "PT"},
        )
        assert done.status == "succeeded"
        assert bodies(session, "patchContact") == [{"base": {"last_name": "Novo"}}]
        assert person.forms == []
        assert contact.text("last_name") == "Novo"


async def test_nothing_is_sent_where_nothing_would_change(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = somebody(sandbox, first_name="Ana")
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {"list_id": "1", "contact_id": contact.contact_id, "fields": {"first_name": "Ana"}}
        said = await refused(session, "update_contact", **call)
        assert said == "The contact has all of these values already. Nothing was changed."


async def test_an_empty_text_erases(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = somebody(sandbox, last_name="Exemplo")
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {"list_id": "1", "contact_id": contact.contact_id, "fields": {"last_name": ""}}
        assert (await session.call("update_contact", **call)).status == "succeeded"
        assert contact.text("last_name") == ""


# -- status and consent --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    ("before", "after", "operation"),
    [
        ("active", "inactive", "actionDeactivateContacts"),
        ("inactive", "active", "actionActivateContacts"),
    ],
)
async def test_a_status_alone_is_switched_by_the_call_that_can_be_undone(
    tmp_path: Path, sandbox: Sandbox, mode: Era, before: str, after: str, operation: str
) -> None:
    contact = somebody(sandbox, status=before)
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=person) as session:
        call = {"list_id": "1", "contact_id": contact.contact_id, "status": after}
        done = await session.call("update_contact", **call, **BASIS)
        assert done.status == "succeeded", done.text
        assert bodies(session, operation) == [{"type": "contacts", "contacts": [contact.contact_id]}]
        assert contact.status == after
        assert f"\nstatus: {before} → {after}\n" in person.questions[0]
        assert "undo_action" in done.data["undo"]


QUIET = {"status": "inactive", "email_status": "inactive", "cellphone_status": "inactive", "consent": "none"}
GIVES_CONSENT: list[dict[str, Any]] = [
    {"status": "active"},
    {"fields": {"status": "active", "last_name": "x"}},
    {"fields": {"consent": "legitimate_interest"}},
    {"fields": {"email_status": "active"}},
    {"fields": {"cellphone_status": "active"}},
    {"fields": {"landline_status": "active"}},
    {"fields": {"push_token_ios": [{"app_id": "a", "token": "t"}]}},
    {"fields": {"extra_3": "+351900000001", "extra_3_status": "active"}},
]


@pytest.mark.parametrize("change", GIVES_CONSENT)
@pytest.mark.parametrize("given", [{}, {"legal_basis": "consent"}, {"source": "web form"}])
async def test_whatever_lets_them_be_written_to_needs_a_basis_and_a_source(
    tmp_path: Path, sandbox: Sandbox, change: dict[str, Any], given: dict[str, str]
) -> None:
    contact = somebody(sandbox, **QUIET)
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {"list_id": "1", "contact_id": contact.contact_id, **change, **given}
        said = await refused(session, "update_contact", **call)
        assert said.startswith("legal_basis and source: are required")
        assert said.endswith("Nothing was changed.")


@pytest.mark.parametrize("change", GIVES_CONSENT)
async def test_with_both_a_person_is_asked_and_the_action_keeps_them(
    tmp_path: Path, sandbox: Sandbox, change: dict[str, Any]
) -> None:
    contact = somebody(sandbox, **QUIET)
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        call = {"list_id": "1", "contact_id": contact.contact_id, **change, **BASIS}
        done = await session.call("update_contact", **call)
        assert done.status == "succeeded", done.text
        (question,) = person.questions
        assert "\nlegal basis: consent\nsource: web form\n" in question
        action = await session.ledger.get(done.action_id)
        assert action is not None
        assert action.preview.facts["source"] == "web form"


@pytest.mark.parametrize(
    "change",
    [
        {"fields": {"consent": "withdrawn"}},
        {"fields": {"email_status": "inactive"}},
        {"status": "inactive"},
        {"status": "unconfirmed"},
    ],
)
async def test_silencing_somebody_needs_no_basis_and_a_person_is_asked(
    tmp_path: Path, sandbox: Sandbox, change: dict[str, Any]
) -> None:
    contact = somebody(sandbox, consent="consent", email_status="active")
    person = Person("decline")
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        call = {"list_id": "1", "contact_id": contact.contact_id, **change}
        assert (await session.call("update_contact", **call)).status == "declined"
        assert len(person.forms) == 1
        assert mutations(session) == []


async def test_one_who_had_unsubscribed_is_brought_back_with_a_warning(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    contact = somebody(sandbox, status="removed")
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {"list_id": "1", "contact_id": contact.contact_id, "status": "active", **BASIS}
        shown = await previewed(session, "update_contact", **call)
        assert "the contact had unsubscribed: this brings it back" in shown.data["preview"]["warnings"]


# -- by a unique field ---------------------------------------------------------------------------


async def test_a_contact_is_found_by_a_unique_field_in_any_writing(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = somebody(sandbox, cellphone="351-900000777", last_name="Antes")
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call: dict[str, Any] = {"list_id": "1", "fields": {"last_name": "Depois"}}
        done = await session.call("update_contact", **call, match={"cellphone": "+351 900 000 777"})
        assert done.status == "succeeded", done.text
        assert bodies(session, "updateContactByField") == [
            {
                "base": {"last_name": "Depois"},
                "compare_field": {"field_id": "cellphone", "value": "351-900000777"},
            }
        ]
        shown = await previewed(
            session, "update_contact", list_id="1", match={"Email": contact.text("email")}, status="inactive"
        )
        assert facts(shown) == {"found by": "Email", "status": "active → inactive"}


async def test_a_unique_extra_field_finds_somebody_whose_values_cannot_be_read(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    contact = somebody(sandbox)
    fields = sandbox.world.egoi.lists[1].fields
    next(each for each in fields if each.field_id == "extra_1").unique = True
    contact.extra = [{"field_id": 1, "format": "text", "value": "card-7"}]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {"list_id": "1", "match": {"City": "card-7"}, "fields": {"last_name": "Novo"}}
        shown = await previewed(session, "update_contact", **call)
        (warning,) = shown.data["preview"]["warnings"]
        assert warning == "what the contact holds now could not be read by that field"
        assert (await session.call("update_contact", **call)).status == "succeeded"
        assert contact.text("last_name") == "Novo"


NOBODY: list[tuple[dict[str, Any], str]] = [
    (
        {"fields": {"last_name": "x"}},
        "Give exactly one of contact_id, match, contact_ids, segment, audience.",
    ),
    ({"contact_id": "{one}", "segment": "vip", "status": "active"}, "Give exactly one of contact_id, match"),
    ({"contact_id": "ffffffffff", "fields": {"last_name": "x"}}, "contact_id: list 1 has no such contact."),
    ({"contact_id": "../1", "fields": {"last_name": "x"}}, "contact_id: list 1 has no such contact."),
    ({"contact_id": "{one}"}, "status or fields: give what is to be changed."),
    ({"match": {"email": "nobody@example.com"}, "fields": {"last_name": "x"}}, "match: no contact of list 1"),
    ({"match": {"first_name": "Ana"}, "fields": {"last_name": "x"}}, "match: First name is no unique field"),
    ({"match": {"card": "1"}, "fields": {"last_name": "x"}}, "match: none is called so."),
    ({"match": {"email": "x"}, "fields": {"last_name": "x"}}, "email: must be one e-mail address."),
    ({"match": {}, "fields": {"last_name": "x"}}, "match: give exactly one name with its value."),
    ({"match": {"a": "1", "b": "2"}, "fields": {"last_name": "x"}}, "match: give exactly one name"),
    ({"contact_id": "{one}", "status": "removed"}, "status: must be 'active', 'inactive' or 'unconfirmed'"),
    ({"contact_id": "{one}", "fields": {"status": "removed"}}, "status: removing somebody is what unsub"),
    (
        {"contact_id": "{one}", "fields": {"phone": "1"}},
        "fields: say cellphone or landline instead of phone.",
    ),
    ({"contact_id": "{one}", "fields": {"utm_source": "x"}}, "utm_source: is told when a contact is created"),
    ({"contact_id": "{one}", "fields": {"Cty": "x"}}, "Cty: E-goi takes no such thing. Did you mean city?"),
    ({"contact_id": "{one}", "tags": ["vip"]}, "tags: E-goi takes no such thing here. tag_contacts puts"),
    ({"contact_id": "{one}", "company": "x"}, "company: E-goi takes no such thing here."),
]


async def test_what_cannot_be_changed_is_said(tmp_path: Path, sandbox: Sandbox) -> None:
    contact = somebody(sandbox)
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        for arguments, said in NOBODY:
            one = {"contact_id": contact.contact_id} if arguments.get("contact_id") == "{one}" else {}
            told = await refused(session, "update_contact", list_id="1", **{**arguments, **one})
            assert told.startswith(said), arguments
        told = await refused(session, "update_contact", contact_id=contact.contact_id, status="inactive")
        assert told.startswith("list_id: is required for E-goi.")
        told = await refused(
            session, "update_contact", list_id="99", contact_id=contact.contact_id, status="inactive"
        )
        assert told.startswith("list_id: the account has no list 99.")


async def test_an_address_that_somebody_else_has_is_refused_by_the_vendor(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    contact = somebody(sandbox)
    other = list(sandbox.world.egoi.lists[1].contacts.values())[-1]
    other.base["email"] = "taken@example.com"
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        call = {"list_id": "1", "contact_id": contact.contact_id, "fields": {"email": "taken@example.com"}}
        done = await session.call("update_contact", **call)
        assert done.status == "failed"
        assert "409" in done.text
