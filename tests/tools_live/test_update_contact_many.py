"""Changing many E-goi contacts at once: by ids, by segment, or the whole list, spelt out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.state import Contact
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts"}
BASIS = {"legal_basis": "consent", "source": "web form"}
TAG, WHOLE_LIST = {"segment": "vip"}, {"audience": "whole_list"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(SandboxSettings())


def contacts(sandbox: Sandbox, count: int = 3) -> list[Contact]:
    """The first contacts of list 1."""
    return list(sandbox.world.egoi.lists[1].contacts.values())[:count]


def ids(chosen: list[Contact]) -> list[str]:
    """Their ids."""
    return [each.contact_id for each in chosen]


async def test_a_few_contacts_get_the_same_values_and_nobody_is_asked(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    chosen = contacts(sandbox)
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        given = [*ids(chosen), ids(chosen)[0].upper()]
        done = await session.call(
            "update_contact", list_id="1", contact_ids=given, fields={"language": "hu", "City": "Porto"}
        )
        assert done.status == "succeeded", done.text
        assert bodies(session, "actionUpdateContacts") == [
            {
                "type": "contacts",
                "contacts": ids(chosen),
                "base": {"language": "hu"},
                "extra": [{"field_id": 1, "value": "Porto"}],
            }
        ]
        assert person.forms == []
        assert {each.text("language") for each in chosen if each.status != "removed"} == {"hu"}


async def test_above_the_threshold_a_person_types_how_many(tmp_path: Path, sandbox: Sandbox) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        given = ids(contacts(sandbox, 40))
        done = await session.call("update_contact", list_id="1", contact_ids=given, fields={"language": "hu"})
        assert done.status == "succeeded", done.text
        (question,) = person.questions
        for line in (
            "Change 40 contacts of list 1 (Customers)",
            "Recipients: 40",
            f"contact ids: {', '.join(given[:5])} and 35 more",
            "language: hu",
            "Warning: what each of them holds now is not kept",
        ):
            assert f"\n{line}\n" in f"\n{question}"


@pytest.mark.parametrize("mode", ERAS)
async def test_a_segment_is_said_with_how_many_are_in_it(tmp_path: Path, sandbox: Sandbox, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=person) as session:
        done = await session.call("update_contact", list_id="1", **TAG, fields={"language": "hu"})
        assert done.status == "succeeded", done.text
        assert "\nsegment: tag_1 (vip), 24 contacts as of now\n" in person.questions[0]
        assert bodies(session, "actionUpdateContacts") == [
            {"type": "segment", "segment_id": "tag_1", "base": {"language": "hu"}}
        ]


async def test_a_segment_that_grew_while_a_person_read_is_not_changed(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    async def grow() -> None:
        for contact in sandbox.world.egoi.lists[1].contacts.values():
            contact.tags = [1]

    person = Person(first=grow)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("update_contact", list_id="1", **TAG, fields={"language": "hu"})
        assert done.status == "void", done.text
        assert "has grown from 24" in done.text
        assert mutations(session) == []


async def test_the_whole_list_is_said_in_capitals_with_how_many_are_in_it(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        shown = await previewed(
            session, "update_contact", list_id="1", **WHOLE_LIST, fields={"language": "hu"}
        )
        assert facts(shown) == {"audience": "the whole list, 180 contacts as of now", "language": "hu"}
        assert shown.data["preview"]["recipients"] == 180
        assert "this changes the WHOLE LIST" in shown.data["preview"]["warnings"]


async def test_a_list_that_grew_while_a_person_read_is_not_changed(tmp_path: Path, sandbox: Sandbox) -> None:
    async def grow() -> None:
        found = sandbox.world.egoi.lists[1].contacts
        for number, contact in enumerate(list(found.values())):
            contact_id = f"{number:010x}"
            base = {**contact.base, "contact_id": contact_id, "status": "active"}
            found[contact_id] = Contact(contact_id=contact_id, list_id=1, base=base)

    person = Person(first=grow)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("update_contact", list_id="1", **WHOLE_LIST, fields={"language": "hu"})
        assert done.status == "void", done.text
        assert "has grown from" in done.text
        assert mutations(session) == []


async def test_contacts_that_were_deactivated_by_id_are_activated_again_by_undoing(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    chosen = [each for each in contacts(sandbox, 20) if each.status == "active"][:2]
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        call = {"list_id": "1", "contact_ids": ids(chosen), "status": "inactive"}
        done = await session.call("update_contact", **call)
        assert {each.status for each in chosen} == {"inactive"}
        undone = await session.call("undo_action", action_id=done.action_id)
        assert undone.status == "succeeded", undone.text
        assert {each.status for each in chosen} == {"active"}


SWITCHED: list[tuple[dict[str, Any], str, str, dict[str, Any]]] = [
    (WHOLE_LIST, "active", "actionActivateContacts", {"type": "all"}),
    (WHOLE_LIST, "inactive", "actionDeactivateContacts", {"type": "all"}),
    (TAG, "inactive", "actionUpdateContacts", {"type": "segment", "segment_id": "tag_1"}),
    (TAG, "active", "actionUpdateContacts", {"type": "segment", "segment_id": "tag_1"}),
]


@pytest.mark.parametrize(("whom", "status", "operation", "body"), SWITCHED)
async def test_a_status_alone_is_switched_by_the_call_made_for_it(
    tmp_path: Path,
    sandbox: Sandbox,
    whom: dict[str, str],
    status: str,
    operation: str,
    body: dict[str, Any],
) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("update_contact", list_id="1", **whom, status=status, **BASIS)
        assert done.status == "succeeded", done.text
        more = {"base": {"status": status}} if operation == "actionUpdateContacts" else {}
        assert bodies(session, operation) == [{**body, **more}]
        assert len(person.forms) == 1


async def test_a_status_with_more_goes_in_one_update(tmp_path: Path, sandbox: Sandbox) -> None:
    chosen = contacts(sandbox)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        call = {"contact_ids": ids(chosen), "status": "inactive", "fields": {"language": "hu"}}
        assert (await session.call("update_contact", list_id="1", **call)).status == "succeeded"
        (body,) = bodies(session, "actionUpdateContacts")
        assert body["base"] == {"status": "inactive", "language": "hu"}


@pytest.mark.parametrize("whom", [WHOLE_LIST, TAG, {"contact_ids": ["11605c0096"]}])
@pytest.mark.parametrize("change", [{"status": "active"}, {"fields": {"email_status": "active"}}])
async def test_letting_many_be_written_to_needs_a_basis_and_a_source(
    tmp_path: Path, sandbox: Sandbox, whom: dict[str, Any], change: dict[str, Any]
) -> None:
    person = Person("decline")
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        said = await refused(session, "update_contact", list_id="1", **whom, **change)
        assert said.startswith("legal_basis and source: are required")
        assert session.sandbox.requests.total == 0
        told = await session.call("update_contact", list_id="1", **whom, **change, **BASIS)
        assert told.status == "declined"
        assert "\nlegal basis: consent\nsource: web form\n" in person.questions[0]
        assert mutations(session) == []


NOT_FOR_MANY: list[tuple[dict[str, Any], str]] = [
    ({"fields": {"email": "a@example.com"}}, "email: belongs to one contact"),
    ({"fields": {"cellphone": "+351900000001"}}, "cellphone: belongs to one contact"),
    (
        {"fields": {"push_token_ios": [{"app_id": "a", "token": "t"}]}},
        "push_token_ios: belongs to one contact",
    ),
    ({"fields": {"status": "removed"}}, "status: removing somebody is what unsubscribe_contacts does."),
    ({}, "status or fields: give what is to be changed."),
]


async def test_what_cannot_be_the_same_for_many_is_said(tmp_path: Path, sandbox: Sandbox) -> None:
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        for arguments, said in NOT_FOR_MANY:
            told = await refused(session, "update_contact", list_id="1", **WHOLE_LIST, **arguments)
            assert told.startswith(said), arguments
        told = await refused(
            session, "update_contact", list_id="1", contact_ids=["x"], fields={"language": "hu"}
        )
        assert told.startswith("contact_ids: 1 of 1 are not ids of E-goi contacts")
        for segment, said in (
            ("nowhere", "segment: none is called so."),
            ("Nobody", "segment: nobody is in"),
        ):
            given = {"segment": segment, "fields": {"language": "hu"}}
            told = await refused(session, "update_contact", list_id="1", **given)
            assert told.startswith(said)
        told = await refused(session, "update_contact", list_id="4", **WHOLE_LIST, status="inactive")
        assert told.startswith("audience: nobody is in it now.")
