"""Whom a tag is put on or taken off: by ids, a segment, a field's values, and at the other vendors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "tags"}
INTERCOM: dict[str, Any] = {"provider": "intercom"}
CHANGES = ("attach", "detach")
OPERATIONS = {"attach": "actionAttachTag", "detach": "actionDetachTag"}


def members(sandbox: Sandbox, list_id: int = 3) -> list[str]:
    return list(sandbox.world.egoi.lists[list_id].contacts)


def tagged(sandbox: Sandbox, tag_id: int, list_id: int = 3) -> set[str]:
    contacts = sandbox.world.egoi.lists[list_id].contacts.values()
    return {each.contact_id for each in contacts if tag_id in (each.tags or [])}


# -- contacts ------------------------------------------------------------------------------------


async def test_a_tag_comes_off_one_contact_without_anybody_being_asked_and_off_two_with(
    tmp_path: Path,
) -> None:
    sandbox = Sandbox(SandboxSettings())
    one, two, three = sorted(tagged(sandbox, 1))
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("tag_contacts", do="detach", list_id="Team", tag="vip", contact_ids=[one])
        assert done.status == "succeeded", done.text
        assert done.text.startswith("succeeded: Take the tag 'vip' off 1 contact: done.")
        assert person.forms == []
        assert bodies(session, "actionDetachTag") == [{"tag_id": 1, "contacts": [one]}]
        done = await session.call("tag_contacts", do="detach", list_id="3", tag="1", contact_ids=[two, three])
        assert done.status == "succeeded"
        assert len(person.forms) == 1
        assert tagged(sandbox, 1) == set()


@pytest.mark.parametrize("mode", ERAS)
async def test_nothing_comes_off_where_the_person_declines(tmp_path: Path, mode: Era) -> None:
    sandbox = Sandbox(SandboxSettings())
    before = tagged(sandbox, 1)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=Person("decline")) as session:
        done = await session.call(
            "tag_contacts", do="detach", list_id="3", tag="vip", contact_ids=sorted(before)
        )
        assert done.status == "declined"
        assert (mutations(session), tagged(sandbox, 1)) == ([], before)


async def test_whom_the_vendor_does_not_know_and_who_had_the_tag_not_is_told(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings(attach_tag_form="detailed"))
    had = sorted(tagged(sandbox, 1))[0]
    had_not = next(each for each in members(sandbox) if each not in tagged(sandbox, 1))
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        ids = [had, had_not, "0123456789"]
        done = await session.call("tag_contacts", do="detach", list_id="3", tag="vip", contact_ids=ids)
        assert done.status == "partial"
        assert "1 done, 1 had it not, 1 unknown to the vendor" in done.text
        assert done.data["ids"] == [had]


@pytest.mark.parametrize("do", CHANGES)
async def test_a_bare_acceptance_is_told_as_no_more_than_that(tmp_path: Path, do: str) -> None:
    sandbox = Sandbox(SandboxSettings(attach_tag_form="bare"))
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        done = await session.call(
            "tag_contacts", do=do, list_id="3", tag="vip", contact_ids=members(sandbox)[:2]
        )
        assert done.status == "succeeded"
        assert "accepted; the vendor gave no result per contact" in done.text
        assert done.data["ids"] == []


async def test_taking_a_tag_off_can_be_undone(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings(attach_tag_form="detailed"))
    had = sorted(tagged(sandbox, 1))
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        done = await session.call("tag_contacts", do="detach", list_id="3", tag="vip", contact_ids=had)
        assert (done.status, done.data["reversibility"]) == ("succeeded", "undoable")
        undone = await session.call("undo_action", action_id=done.action_id)
        assert undone.status == "succeeded", undone.text
        assert tagged(sandbox, 1) == set(had)


# -- a segment -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ref", ["saved_31", "Leads", "leads"])
@pytest.mark.parametrize("do", CHANGES)
async def test_a_segment_is_meant_by_id_or_name(tmp_path: Path, do: str, ref: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("tag_contacts", do=do, list_id="3", tag="vip", segment=ref)
        assert done.status == "succeeded", done.text
        assert bodies(session, OPERATIONS[do]) == [{"tag_id": 1, "segment_id": "saved_31"}]
        # Two contacts are few, but who had the tag is known to nobody once it is off.
        assert len(person.forms) == (1 if do == "detach" else 0)


async def test_a_segments_count_is_read_for_the_preview(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        shown = await previewed(session, "tag_contacts", do="attach", list_id="3", tag="vip", segment="Leads")
        assert facts(shown) == {
            "list": "3 (Team)",
            "segment": "saved_31 (Leads), 2 contacts as of now",
            "tag": "1 (vip)",
        }
        assert shown.data["preview"]["recipients"] == 2
        assert "whoever is in the segment when it runs is meant" in shown.text
        assert "recorded nowhere" not in shown.text
        shown = await previewed(session, "tag_contacts", do="detach", list_id="3", tag="vip", segment="Leads")
        assert "who had the tag before is recorded nowhere" in shown.text


@pytest.mark.parametrize(("joined", "status"), [(3, "succeeded"), (4, "void")])
async def test_a_segment_that_grew_while_the_person_read_is_not_touched(
    tmp_path: Path, joined: int, status: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    contacts = [each for each in members(sandbox) if each not in tagged(sandbox, 1)]

    async def join() -> None:
        for each in contacts[:joined]:
            held = sandbox.world.egoi.lists[3].contacts[each]
            held.tags = [1]

    person = Person(first=join)
    async with connected(
        tmp_path, TOOLS, sandbox=sandbox, person=person, EGOI_MCP_POLICY_WRITE_THRESHOLD="1"
    ) as session:
        done = await session.call("tag_contacts", do="attach", list_id="3", tag="beta", segment="tag_1")
        assert done.status == status, done.text
        assert mutations(session) == (["actionAttachTag"] if status == "succeeded" else [])


# -- a field's values ----------------------------------------------------------------------------


@pytest.mark.parametrize("do", CHANGES)
@pytest.mark.parametrize("ref", ["cellphone", "Cellphone"])
async def test_numbers_are_compared_in_the_vendors_form(tmp_path: Path, do: str, ref: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        numbers = ["+351 900 000 001", "351-900000001"]
        done = await session.call(
            "tag_contacts", do=do, list_id="3", tag="newsletter", field=ref, values=numbers
        )
        assert done.status == "succeeded", done.text
        assert bodies(session, OPERATIONS[do]) == [
            {"tag_id": 2, "field_id": "cellphone", "contacts": ["351-900000001"]}
        ]


@pytest.mark.parametrize("ref", ["extra_1", "1", "City", "city"])
async def test_an_extra_field_is_meant_by_id_or_name_and_a_person_is_asked_how_many_hold_it(
    tmp_path: Path, ref: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call(
            "tag_contacts", do="attach", list_id="1", tag="beta", field=ref, values=["Madrid", "Porto"]
        )
        assert done.status == "succeeded", done.text
        assert bodies(session, "actionAttachTag") == [
            {"tag_id": 12, "field_id": "extra_1", "contacts": ["Madrid", "Porto"]}
        ]
        (question,) = person.questions
        assert "values: 2; several contacts may hold the same" in question
        assert "whose values: Madrid, Porto" in question
        assert "Recipients" not in question


async def test_a_unique_fields_values_are_as_many_contacts_and_the_model_sees_none(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, EGOI_MCP_PII="masked") as session:
        whom: dict[str, Any] = {"field": "email", "values": ["ana@example.com", "bo@example.com"]}
        shown = await previewed(session, "tag_contacts", do="attach", list_id="3", tag="vip", **whom)
        assert shown.data["preview"]["recipients"] == 2
        assert "It would be done without asking." in shown.text
        assert "example.com" not in shown.text
        shown = await previewed(session, "tag_contacts", do="detach", list_id="3", tag="vip", **whom)
        assert "A person would be asked first." in shown.text


async def test_values_that_nobody_holds_are_told(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings(attach_tag_form="detailed"))
    contact = next(iter(sandbox.world.egoi.lists[3].contacts.values()))
    contact.base |= {"email": "ana@example.com"}
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        values = ["ana@example.com", "nobody@example.com"]
        done = await session.call(
            "tag_contacts", do="attach", list_id="3", tag="beta", field="email", values=values
        )
        assert done.status == "partial", done.text
        assert "1 done, 1 unknown to the vendor" in done.text
        assert "nobody@example.com" not in done.text


# -- Intercom and TxtSync ------------------------------------------------------------------------


async def test_intercom_puts_a_tag_on_and_takes_it_off_contact_by_contact(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    contacts = sandbox.world.intercom.contacts
    ids = [each.id for each in contacts.values() if "9103" not in each.tags][:2]
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        arguments: dict[str, Any] = {**INTERCOM, "tag": "Churn-Risk", "contact_ids": [*ids, ids[0].upper()]}
        done = await session.call("tag_contacts", do="attach", **arguments)
        assert done.status == "succeeded", done.text
        assert bodies(session, "attachTagToContact") == [{"id": "9103"}] * 2
        assert all("9103" in contacts[each].tags for each in ids)
        assert person.forms == []
        done = await session.call("tag_contacts", do="detach", **arguments)
        assert done.status == "succeeded", done.text
        assert mutations(session)[2:] == ["detachTagFromContact"] * 2
        assert not any("9103" in contacts[each].tags for each in ids)
        assert len(person.forms) == 1


@pytest.mark.parametrize("do", CHANGES)
async def test_at_intercom_it_can_be_undone(tmp_path: Path, do: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = next(iter(sandbox.world.intercom.contacts.values()))
    contact.tags = ["9102"] if do == "attach" else ["9102", "9103"]
    before = set(contact.tags)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        done = await session.call("tag_contacts", do=do, **INTERCOM, tag="9103", contact_ids=[contact.id])
        assert (done.status, set(contact.tags)) == ("succeeded", before ^ {"9103"})
        undone = await session.call("undo_action", action_id=done.action_id)
        assert undone.status == "succeeded", undone.text
        assert set(contact.tags) == before


async def test_at_intercom_what_worked_and_what_did_not_is_told(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    one = next(iter(sandbox.world.intercom.contacts))
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        done = await session.call(
            "tag_contacts", do="attach", **INTERCOM, tag="vip", contact_ids=[one, "0" * 24]
        )
        assert done.status == "partial"
        assert "Of 2 requests: 1 succeeded, 1 failed." in done.text


@pytest.mark.parametrize("do", CHANGES)
async def test_a_tag_that_intercom_does_not_have_is_not_created(tmp_path: Path, do: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    one = next(iter(sandbox.world.intercom.contacts))
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        said = await refused(session, "tag_contacts", do=do, **INTERCOM, tag="news", contact_ids=[one])
        assert said.startswith("tag: none is called so. Similar: 9102 (newsletter).")
        assert len(sandbox.world.intercom.tags) == 3


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("attach", "provider: TxtSync has no call that attaches a tag; update_contact with tags writes"),
        ("detach", "provider: TxtSync has no call that takes a tag off, and its answers show none."),
    ],
)
async def test_txtsync_has_no_way_and_the_answer_says_so(tmp_path: Path, do: str, said: str) -> None:
    async with connected(tmp_path, TOOLS) as session:
        assert (
            await refused(session, "tag_contacts", do=do, provider="txtsync", tag="vip", contact_ids=["9001"])
        ).startswith(said)


# -- arguments -----------------------------------------------------------------------------------

ONE = ["0123456789"]


@pytest.mark.parametrize("do", CHANGES)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"contact_ids": ONE}, "list_id: is required for E-goi;"),
        ({"list_id": "3"}, "contact_ids, segment, or field with values: give exactly one of the three."),
        ({"list_id": "3", "contact_ids": ONE, "segment": "Leads"}, "contact_ids, segment, or field with v"),
        ({"list_id": "3", "field": "email"}, "values: goes with field, and field with it."),
        (
            {"list_id": "3", "contact_ids": ONE, "values": ["x"]},
            "values: goes with field, and field with it.",
        ),
        ({"list_id": "3", "contact_ids": ["ana", *ONE]}, "contact_ids: 1 of 2 are not ids of E-goi contacts"),
        ({"list_id": "3", "field": "cellphone", "values": ["nobody"]}, "values: "),
        ({"list_id": "3", "field": "nothing", "values": ["x"]}, "field: "),
        ({"list_id": "3", "segment": "nothing"}, "segment"),
        ({**INTERCOM}, "contact_ids: is required for Intercom."),
        ({**INTERCOM, "contact_ids": ["a" * 24], "list_id": "3"}, "list_id: Intercom takes no such thing."),
        ({**INTERCOM, "contact_ids": ["a" * 24], "segment": "x"}, "segment: Intercom takes no such thing."),
        ({**INTERCOM, "contact_ids": ONE}, "contact_ids: 1 of 1 are not ids of Intercom contacts (24 hex"),
        ({**INTERCOM, "contact_ids": [f"{n:024x}" for n in range(51)]}, "contact_ids: each contact is a req"),
    ],
)
async def test_what_does_not_go_together_is_refused_by_name(
    tmp_path: Path, do: str, arguments: dict[str, Any], said: str
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        refusal = await refused(session, "tag_contacts", do=do, tag="vip", **arguments)
        assert refusal.startswith(said)
        assert "Nothing was" in refusal
