"""Erasing contacts at each vendor, and with them what this server recorded of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import ERAS, Era, Person, Session, connected
from tests.tools_live.live import altered, bodies, facts, mutations, previewed, problem, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts,tags"}
TXTSYNC: dict[str, Any] = {"provider": "txtsync"}
INTERCOM: dict[str, Any] = {"provider": "intercom"}


def egoi_ids(sandbox: Sandbox, list_id: int = 3) -> list[str]:
    return list(sandbox.world.egoi.lists[list_id].contacts)


def intercom_ids(sandbox: Sandbox) -> list[str]:
    return list(sandbox.world.intercom.contacts)


def kept(session: Session) -> str:
    """Everything that the ledger's rows hold, as text."""
    tables = ("actions", "steps", "decisions")
    return str([session.rows.select(f"SELECT * FROM {table}") for table in tables])  # noqa: S608 - constants


# -- end to end: gone at the vendor, gone here ---------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
async def test_egoi_forgets_and_the_rows_that_named_them_are_emptied(tmp_path: Path, mode: Era) -> None:
    sandbox = Sandbox(SandboxSettings())
    gone, other = egoi_ids(sandbox)[:2]
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=person) as session:
        await session.call("tag_contacts", do="attach", list_id="3", tag="beta", contact_ids=[gone])
        await session.call("tag_contacts", do="attach", list_id="3", tag="beta", contact_ids=[other])
        assert gone in kept(session)
        done = await session.call("erase_contacts", list_id="Team", contact_ids=[gone, gone.upper()])
        assert done.status == "succeeded", done.text
        assert done.text.startswith("succeeded: ")
        assert bodies(session, "actionForgetContacts") == [{"contacts": [gone]}]
        assert gone not in sandbox.world.egoi.lists[3].contacts
        assert gone not in kept(session)
        assert other in kept(session)
        (tombstone,) = await session.ledger.tombstones([gone])
        assert tombstone.actions == 2
        assert await session.ledger.tombstones([other]) == []
        (question,) = person.questions
        assert "Have E-goi forget 1 contact for good" in question
        assert "every action in this server's record that names one of these ids is emptied" in question


@pytest.mark.parametrize(
    ("arguments", "operation", "key"),
    [
        ({"contact_ids": ["9001"]}, "DeleteContact", "9001"),
        ({"external_references": ["CRM-0001"]}, "DeleteContactByExternalReference", "CRM-0001"),
    ],
    ids=["by id", "by one's own reference"],
)
async def test_txtsync_deletes_by_its_id_and_by_ones_own(
    tmp_path: Path, arguments: dict[str, Any], operation: str, key: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        done = await session.call("erase_contacts", **TXTSYNC, **arguments)
        assert done.status == "succeeded", done.text
        assert mutations(session) == [operation]
        assert 9001 not in sandbox.world.txtsync.contacts
        assert key not in kept(session)
        assert len(await session.ledger.tombstones([key])) == 1


async def test_intercom_deletes_for_good(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    one, two, three = intercom_ids(sandbox)[:3]
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        done = await session.call("erase_contacts", **INTERCOM, contact_ids=[one, two], how="delete")
        assert done.status == "succeeded", done.text
        assert mutations(session) == ["DeleteContact", "DeleteContact"]
        assert {one, two}.isdisjoint(sandbox.world.intercom.contacts)
        assert three in sandbox.world.intercom.contacts
        assert one not in kept(session)
        assert two not in kept(session)
        assert len(await session.ledger.tombstones([one])) == 1


async def test_archiving_at_intercom_erases_nothing_and_says_so(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    one = intercom_ids(sandbox)[0]
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("erase_contacts", **INTERCOM, contact_ids=[one], how="archive")
        assert done.status == "succeeded", done.text
        assert mutations(session) == ["ArchiveContact"]
        assert sandbox.world.intercom.contacts[one].archived
        assert one in kept(session)
        assert await session.ledger.tombstones([one]) == []
        assert "It is no erasure; how=delete is" in person.questions[0]
        assert "erased here: nothing" in person.questions[0]


async def test_who_is_archived_can_be_brought_back(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    one = intercom_ids(sandbox)[0]
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        done = await session.call("erase_contacts", **INTERCOM, contact_ids=[one], how="archive")
        assert done.data["reversibility"] == "compensable"
        undone = await session.call("undo_action", action_id=done.action_id)
        assert undone.status == "succeeded", undone.text
        assert not sandbox.world.intercom.contacts[one].archived


async def test_of_what_a_vendor_deletes_in_part_only_that_part_is_erased_here(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    one = intercom_ids(sandbox)[0]
    nobody = "0" * 24
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        done = await session.call("erase_contacts", **INTERCOM, contact_ids=[one, nobody], how="delete")
        assert done.status == "partial", done.text
        assert "Of 2 requests: 1 succeeded, 1 failed." in done.text
        assert one not in sandbox.world.intercom.contacts
        assert one not in kept(session)
        assert len(await session.ledger.tombstones([one])) == 1
        assert await session.ledger.tombstones([nobody]) == []


@pytest.mark.parametrize("status", [403, 500], ids=["refused", "lost"])
async def test_what_a_vendor_did_not_surely_erase_stays_here(tmp_path: Path, status: int) -> None:
    def refuse(path: str, reply: Any) -> Any:
        return problem(status, "no") if path.endswith("/forget") else reply

    async with altered(tmp_path, refuse, TOOLS, person=Person()) as session:
        one = egoi_ids(session.sandbox)[0]
        done = await session.call("erase_contacts", list_id="3", contact_ids=[one])
        assert done.status == {403: "failed", 500: "unknown"}[status], done.text
        assert one in kept(session)
        assert await session.ledger.tombstones([one]) == []


# -- the person decides --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
async def test_nothing_is_erased_where_the_person_declines(tmp_path: Path, mode: Era) -> None:
    sandbox = Sandbox(SandboxSettings())
    ids = egoi_ids(sandbox)[:2]
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=Person("decline")) as session:
        done = await session.call("erase_contacts", list_id="3", contact_ids=ids)
        assert done.status == "declined"
        assert mutations(session) == []
        assert set(ids) <= set(egoi_ids(sandbox))
        assert await session.ledger.tombstones(ids) == []


async def test_one_contact_is_asked_about_whatever_the_owner_switched_off(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person("decline")
    off = {
        "EGOI_MCP_CONFIRM": "off",
        "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "10",
        "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "20",
    }
    async with connected(tmp_path, {**TOOLS, **off}, sandbox=sandbox, person=person) as session:
        done = await session.call("erase_contacts", list_id="3", contact_ids=egoi_ids(sandbox)[:1])
        assert done.status == "declined"
        assert len(person.forms) == 1


@pytest.mark.parametrize(("answer", "status"), [("approve", "succeeded"), ("wrong count", "needs_approval")])
async def test_for_many_the_person_types_how_many(tmp_path: Path, answer: Any, status: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    ids = egoi_ids(sandbox, 1)[:30]
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person(answer)) as session:
        done = await session.call("erase_contacts", list_id="1", contact_ids=ids)
        assert done.status == status, done.text
        assert ("actionForgetContacts" in mutations(session)) == (answer == "approve")


async def test_a_server_that_only_reads_refuses(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, EGOI_MCP_READ_ONLY="1") as session:
        done = await session.call("erase_contacts", list_id="3", contact_ids=egoi_ids(sandbox)[:1])
        assert done.status == "denied"
        assert mutations(session) == []


# -- the preview ---------------------------------------------------------------------------------


async def test_the_preview_says_who_and_what_is_gone_there_and_here(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = sandbox.world.egoi.lists[3].contacts[egoi_ids(sandbox)[0]]
    contact.base |= {"first_name": "Ana", "last_name": "Exemplo", "email": "ana@example.com"}
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        shown = await previewed(session, "erase_contacts", list_id="3", contact_ids=[contact.contact_id])
        assert facts(shown).keys() == {"list", "contact ids", "gone at E-goi", "erased here", "stays here"}
        assert "suppression list, as forgotten" in facts(shown)["gone at E-goi"]
        assert "a keyed hash of the id" in facts(shown)["stays here"]
        assert shown.data["preview"]["personal"] == {"names": "Ana Exemplo"}
        assert shown.data["preview"]["to"] == ["ana@example.com"]
        assert "egoi-mcp actions erase --recipient" in shown.text
        assert "What is forgotten cannot be brought back." in shown.text
        assert "A person would be asked first." in shown.text


@pytest.mark.parametrize("pii", ["masked", "ids"])
async def test_the_model_sees_no_more_of_them_than_it_may_and_the_person_does(
    tmp_path: Path, pii: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = sandbox.world.egoi.lists[3].contacts[egoi_ids(sandbox)[0]]
    contact.base |= {"first_name": "Ana", "last_name": "Exemplo", "email": "ana@example.com"}
    person = Person("decline")
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person, EGOI_MCP_PII=pii) as session:
        arguments: dict[str, Any] = {"list_id": "3", "contact_ids": [contact.contact_id]}
        shown = await previewed(session, "erase_contacts", **arguments)
        assert "Exemplo" not in shown.text
        assert "ana@example.com" not in shown.text
        reference = await previewed(session, "erase_contacts", **TXTSYNC, external_references=["CRM-0001"])
        assert "CRM-0001" not in reference.text
        await session.call("erase_contacts", **arguments)
        assert "Ana Exemplo" in person.questions[0]
        assert "ana@example.com" in person.questions[0]


@pytest.mark.parametrize(("status", "said"), [(404, "has none"), (410, "has none"), (400, "refused")])
async def test_who_is_gone_at_intercom_already_is_told_from_who_cannot_be_read(
    tmp_path: Path, status: int, said: str
) -> None:
    def gone(path: str, reply: Any) -> Any:
        error = {"type": "error.list", "errors": [{"code": "not_found", "message": "gone"}]}
        return httpx2.Response(status, json=error) if path.startswith("/contacts/") else reply

    async with altered(tmp_path, gone, TOOLS) as session:
        ids = intercom_ids(session.sandbox)[:1]
        refusal = await refused(session, "erase_contacts", **INTERCOM, contact_ids=ids, how="delete")
        assert said in refusal


async def test_whom_txtsync_cannot_show_it_says_so_and_whom_it_can_it_shows(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        by_id = await previewed(session, "erase_contacts", **TXTSYNC, contact_ids=["9001"])
        assert "TxtSync reads nobody by its id, so who they are cannot be shown here" in by_id.text
        by_reference = await previewed(session, "erase_contacts", **TXTSYNC, external_references=["CRM-0001"])
        assert "cannot be shown here" not in by_reference.text
        assert by_reference.data["preview"]["to"] == ["+447700900201"]
        assert by_reference.data["preview"]["personal"]["external references"] == "CRM-0001"


async def test_those_who_are_not_there_are_named_and_nobody_at_all_is_refused(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    there = egoi_ids(sandbox)[0]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        shown = await previewed(session, "erase_contacts", list_id="3", contact_ids=[there, "0123456789"])
        assert "of the first 2, 1 are not among the vendor's contacts" in shown.text
        said = await refused(session, "erase_contacts", list_id="3", contact_ids=["0123456789"])
        assert said == "E-goi has none of these contacts. Nothing was changed."
        said = await refused(session, "erase_contacts", **TXTSYNC, external_references=["CRM-9999"])
        assert said == "TxtSync has none of these contacts. Nothing was changed."
        said = await refused(
            session, "erase_contacts", **INTERCOM, how="delete", contact_ids=["0" * 24, "1" * 24]
        )
        assert said == "Intercom has none of these contacts. Nothing was changed."


# -- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"contact_ids": ["0123456789"]}, "list_id: is required for E-goi;"),
        ({"list_id": "3"}, "contact_ids: is required for E-goi."),
        (
            {"list_id": "3", "contact_ids": ["ana"]},
            "contact_ids: 1 of 1 are not ids of E-goi contacts (10 hex",
        ),
        ({"list_id": "3", "contact_ids": ["0123456789"], "how": "delete"}, "how: E-goi takes no such thing."),
        (
            {"list_id": "3", "contact_ids": ["0123456789"], "external_references": ["x"]},
            "external_references: E-goi takes no such thing.",
        ),
        (TXTSYNC, "contact_ids or external_references: give one of them."),
        (
            {**TXTSYNC, "contact_ids": ["9001"], "external_references": ["x"]},
            "contact_ids or external_references: give one of them.",
        ),
        (
            {**TXTSYNC, "contact_ids": ["CRM-0001"]},
            "contact_ids: 1 of 1 are not ids of TxtSync contacts (a n",
        ),
        ({**TXTSYNC, "contact_ids": ["9001"], "list_id": "3"}, "list_id: TxtSync takes no such thing."),
        ({**TXTSYNC, "contact_ids": [str(n) for n in range(9001, 9052)]}, "contact_ids: each contact is a r"),
        ({**INTERCOM, "contact_ids": ["a" * 24]}, "how: is required for Intercom: archive or delete."),
        (
            {**INTERCOM, "contact_ids": ["a" * 10], "how": "delete"},
            "contact_ids: 1 of 1 are not ids of Inter",
        ),
        ({**INTERCOM, "how": "delete"}, "contact_ids: is required for Intercom."),
    ],
)
async def test_what_does_not_go_together_is_refused_by_name(
    tmp_path: Path, arguments: dict[str, Any], said: str
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        refusal = await refused(session, "erase_contacts", **arguments)
        assert refusal.startswith(said)
        assert "Nothing was" in refusal


async def test_more_than_a_thousand_at_once_are_refused(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        ids = [f"{place:010x}" for place in range(1001)]
        said = await refused(session, "erase_contacts", list_id="3", contact_ids=ids)
        assert said.startswith("contact_ids: must have at most 1000 items")
