"""Putting tags on contacts."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "tags"}


def members(sandbox: Sandbox, list_id: int = 1) -> list[str]:
    return list(sandbox.world.egoi.lists[list_id].contacts)


def tagged(sandbox: Sandbox, tag_id: int, list_id: int = 1) -> set[str]:
    contacts = sandbox.world.egoi.lists[list_id].contacts.values()
    return {each.contact_id for each in contacts if tag_id in (each.tags or [])}


async def test_one_contact_gets_a_tag_without_anybody_being_asked(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = members(sandbox)[0]
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call(
            "tag_contacts", do="attach", list_id=1, tag="webinar", contact_ids=[contact]
        )
        assert done.status == "succeeded"
        assert done.text.startswith("succeeded: Attach the tag 'webinar' to 1 contact: done.")
        assert contact in tagged(sandbox, 9)
        assert bodies(session, "actionAttachTag") == [{"tag_id": 9, "contacts": [contact]}]
        assert person.forms == []


@pytest.mark.parametrize("tag", ["1", "vip", "VIP", "ViP", " vip "])
async def test_a_tag_is_found_by_id_and_by_name_in_any_case(tmp_path: Path, tag: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = members(sandbox)[1]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        done = await session.call("tag_contacts", do="attach", list_id=1, tag=tag, contact_ids=[contact])
        assert done.status == "succeeded", done.text
        assert bodies(session, "actionAttachTag")[0]["tag_id"] == 1


@pytest.mark.parametrize(("tag", "tag_id"), [("promo", 5), ("Promo", 4), ("4", 4)])
async def test_of_two_tags_that_differ_by_case_the_exact_name_decides(
    tmp_path: Path, tag: str, tag_id: int
) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        await session.call("tag_contacts", do="attach", list_id=1, tag=tag, contact_ids=members(sandbox)[:1])
        assert bodies(session, "actionAttachTag")[0]["tag_id"] == tag_id


async def test_a_third_spelling_is_ambiguous_and_both_are_named(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        said = await refused(
            session, "tag_contacts", do="attach", list_id=1, tag="PROMO", contact_ids=members(sandbox)[:1]
        )
        assert said == (
            "tag: 2 are called so: 4 (Promo), 5 (promo). Give the id. Nothing was changed or sent."
        )


async def test_an_unknown_tag_is_never_created_and_similar_ones_are_named(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = members(sandbox)[:1]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        said = await refused(
            session, "tag_contacts", do="attach", list_id=1, tag="friday", contact_ids=contact
        )
        assert said == (
            "tag: none is called so. Similar: 6 (black-friday). list_audiences (kind tags) shows them. "
            "Nothing was changed or sent."
        )
        said = await refused(session, "tag_contacts", do="attach", list_id=1, tag="999", contact_ids=contact)
        assert said.startswith("tag: none is called so. list_audiences (kind tags)")
        assert len(sandbox.world.egoi.tags) == 12


async def test_an_unknown_list_and_wrong_ids_are_named_before_anything_is_done(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = members(sandbox)[0]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        said = await refused(
            session, "tag_contacts", do="attach", list_id=99, tag="vip", contact_ids=[contact]
        )
        assert said.startswith("list_id: the account has no list 99.")
        said = await refused(
            session, "tag_contacts", do="attach", list_id=1, tag="vip", contact_ids=[contact, "ana", "1234"]
        )
        assert said.startswith("contact_ids: 2 of 3 are not ids of E-goi contacts (10 hex digits).")
        said = await refused(session, "tag_contacts", do="attach", list_id=1, tag="vip", contact_ids=[])
        assert said == "contact_ids: must not be empty. Nothing was done."


async def test_an_id_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    one, two = members(sandbox)[:2]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        ids = [one, two, one.upper(), two]
        done = await session.call("tag_contacts", do="attach", list_id=1, tag="vip", contact_ids=ids)
        assert done.status == "succeeded"
        assert bodies(session, "actionAttachTag") == [{"tag_id": 1, "contacts": [one, two]}]


@pytest.mark.parametrize("mode", ERAS)
async def test_above_the_threshold_a_person_types_the_number(tmp_path: Path, mode: Era) -> None:
    sandbox = Sandbox(SandboxSettings())
    ids = members(sandbox)[:26]
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=person) as session:
        done = await session.call("tag_contacts", do="attach", list_id=1, tag="beta", contact_ids=ids)
        assert done.status == "succeeded"
        assert tagged(sandbox, 12) == set(ids)
        (question,) = person.questions
        assert "Attach the tag 'beta' to 26 contacts" in question
        assert "Recipients: 26" in question
        assert "recipients" in person.forms[0].requested_schema["properties"]


async def test_the_preview_says_account_list_tag_and_whom(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    ids = members(sandbox)[:7]
    async with connected(tmp_path, TOOLS, sandbox=sandbox, EGOI_MCP_PII="ids") as session:
        shown = await previewed(session, "tag_contacts", do="attach", list_id=1, tag="vip", contact_ids=ids)
        assert facts(shown) == {
            "list": "1 (Customers)",
            "tag": "1 (vip)",
            "contact ids": ", ".join(ids[:5]) + " and 2 more",
        }
        assert shown.data["preview"]["account"] == "egoi 700001"
        assert shown.data["preview"]["recipients"] == 7
        assert "The tag can be taken off again: undo_action takes it off those who got it" in shown.text
        assert "It would be done without asking." in shown.text
        assert mutations(session) == []


async def test_contacts_that_the_vendor_does_not_know_make_it_partial(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings(attach_tag_form="detailed"))
    one, two = members(sandbox)[:2]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        done = await session.call(
            "tag_contacts", do="attach", list_id=1, tag="beta", contact_ids=[one, two, "0123456789"]
        )
        assert done.status == "partial"
        assert "2 done, 1 unknown to the vendor" in done.text
        again = await session.call("tag_contacts", do="attach", list_id=1, tag="beta", contact_ids=[one])
        assert again.status == "succeeded"
        assert "1 had it already" in again.text
        none = await session.call(
            "tag_contacts", do="attach", list_id=1, tag="beta", contact_ids=["0123456789"]
        )
        assert none.status == "failed"
        assert none.is_error
