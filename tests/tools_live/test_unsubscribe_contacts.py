"""Unsubscribing contacts at each vendor: they stay, and nobody writes to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.tools.unsubscribe_contacts import Method, Reason
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts"}
TXTSYNC: dict[str, Any] = {"provider": "txtsync"}
INTERCOM: dict[str, Any] = {"provider": "intercom"}


def egoi_ids(sandbox: Sandbox, list_id: int = 3) -> list[str]:
    return list(sandbox.world.egoi.lists[list_id].contacts)


# -- E-goi ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
async def test_everything_that_is_said_of_it_reaches_egoi(tmp_path: Path, mode: Era) -> None:
    sandbox = Sandbox(SandboxSettings())
    one, two = egoi_ids(sandbox)[:2]
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=person) as session:
        done = await session.call(
            "unsubscribe_contacts",
            list_id="Team",
            contact_ids=[one, two, one.upper()],
            method="manual",
            reason="spam",
            observation="Asked by phone",
        )
        assert done.status == "succeeded", done.text
        assert "2 done" in done.text
        kept = {
            "unsubscription_method": "manual",
            "unsubscription_reason": "spam",
            "unsubscription_observation": "Asked by phone",
        }
        assert bodies(session, "actionUnsubscribeContact") == [
            {"data": [{"contact_id": one, **kept}, {"contact_id": two, **kept}]}
        ]
        contacts = sandbox.world.egoi.lists[3].contacts
        assert {contacts[each].status for each in (one, two)} == {"removed"}
        (question,) = person.questions
        assert "Unsubscribe 2 contacts at E-goi" in question
        assert "Asked by phone" in question
        assert "They can be resubscribed (undo_action), which a person approves" in question


@pytest.mark.parametrize("method", get_args(Method))
async def test_egoi_takes_every_method(tmp_path: Path, method: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        arguments: dict[str, Any] = {"list_id": "3", "contact_ids": egoi_ids(sandbox)[:1], "method": method}
        assert (await session.call("unsubscribe_contacts", **arguments)).status == "succeeded"


@pytest.mark.parametrize("reason", get_args(Reason))
async def test_egoi_takes_every_reason(tmp_path: Path, reason: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        arguments: dict[str, Any] = {"list_id": "3", "contact_ids": egoi_ids(sandbox)[:1], "reason": reason}
        assert (await session.call("unsubscribe_contacts", **arguments)).status == "succeeded"


async def test_what_egoi_did_for_some_and_not_for_others_is_told(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    one, gone = egoi_ids(sandbox)[:2]
    sandbox.world.egoi.lists[3].contacts[gone].base |= {"status": "removed"}
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        done = await session.call("unsubscribe_contacts", list_id="3", contact_ids=[one, gone, "0123456789"])
        assert done.status == "partial"
        assert "1 done, 1 had unsubscribed already, 1 not in the list" in done.text
        assert done.data["ids"] == [one]


async def test_it_can_be_taken_back_by_undoing_it(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    one = egoi_ids(sandbox)[0]
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        done = await session.call("unsubscribe_contacts", list_id="3", contact_ids=[one])
        assert done.data["reversibility"] == "compensable"
        undone = await session.call("undo_action", action_id=done.action_id)
        assert undone.status == "succeeded", undone.text
        assert sandbox.world.egoi.lists[3].contacts[one].status == "active"


# -- Intercom ------------------------------------------------------------------------------------


async def test_intercom_sends_no_more_emails_and_a_lost_one_is_told(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    one, two = list(sandbox.world.intercom.contacts)[:2]
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("unsubscribe_contacts", **INTERCOM, contact_ids=[one, two])
        assert done.status == "succeeded", done.text
        assert bodies(session, "UpdateContact") == [{"unsubscribed_from_emails": True}] * 2
        contacts = sandbox.world.intercom.contacts
        assert all(contacts[each].fields["unsubscribed_from_emails"] is True for each in (one, two))
        assert "messages inside the app are no e-mails" in person.questions[0]
        again = await session.call("unsubscribe_contacts", **INTERCOM, contact_ids=[one, "0" * 24])
        assert again.status == "partial"
        assert "Of 2 requests: 1 succeeded, 1 failed." in again.text


# -- TxtSync -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named",
    [{"external_references": ["CRM-0001"]}, {"phones": ["+44 7700 900201"]}],
    ids=["by reference", "by number"],
)
async def test_txtsync_sends_no_more_sms_and_everything_else_stays(
    tmp_path: Path, named: dict[str, Any]
) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = sandbox.world.txtsync.contacts[9001]
    contact.tags = ["vip"]
    before = dict(contact.fields)
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("unsubscribe_contacts", **TXTSYNC, **named)
        assert done.status == "succeeded", done.text
        (body,) = bodies(session, "UpdateContact")
        assert body == {**{name: value for name, value in before.items() if value}, "AllowSMS": False}
        contact = sandbox.world.txtsync.contacts[9001]
        assert (contact.allow_sms, contact.fields, contact.tags) == (False, before, ["vip"])
        assert "they may be replaced" in person.questions[0]
        assert "To: +447700900201" in person.questions[0]


async def test_whoever_gets_no_sms_already_is_left_out(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.txtsync.contacts[9002].allow_sms = False
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        references = ["CRM-0001", "CRM-0002"]
        shown = await previewed(session, "unsubscribe_contacts", **TXTSYNC, external_references=references)
        assert shown.data["preview"]["recipients"] == 1
        assert "Left out: 1 who may not be sent SMS already" in shown.text
        said = await refused(session, "unsubscribe_contacts", **TXTSYNC, external_references=references[1:])
        assert said == "Nobody of these may be sent SMS as it is. Nothing was changed."


async def test_whom_txtsync_does_not_have_or_has_twice_is_refused(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.txtsync.contacts[9002].fields["MobileNumber"] = "+447700900201"
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        said = await refused(session, "unsubscribe_contacts", **TXTSYNC, external_references=["CRM-9999"])
        assert said.startswith("external_references[0]: TxtSync has no such contact.")
        said = await refused(session, "unsubscribe_contacts", **TXTSYNC, phones=["+447700900999"])
        assert said.startswith("phones[0]: TxtSync has no such contact.")
        said = await refused(session, "unsubscribe_contacts", **TXTSYNC, phones=["+447700900201"])
        assert said.startswith("phones[0]: 2 contacts have it.")
        assert "+447700900201" not in said


# -- the person decides --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("provider", ["egoi", "txtsync", "intercom"])
async def test_nobody_is_unsubscribed_where_the_person_declines(
    tmp_path: Path, provider: str, mode: Era
) -> None:
    sandbox = Sandbox(SandboxSettings())
    whom: dict[str, dict[str, Any]] = {
        "egoi": {"list_id": "3", "contact_ids": egoi_ids(sandbox)[:1]},
        "txtsync": {"external_references": ["CRM-0001"]},
        "intercom": {"contact_ids": list(sandbox.world.intercom.contacts)[:1]},
    }
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=Person("decline")) as session:
        done = await session.call("unsubscribe_contacts", provider=provider, **whom[provider])
        assert done.status == "declined"
        assert mutations(session) == []


async def test_without_anybody_to_ask_it_waits(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        done = await session.call("unsubscribe_contacts", list_id="3", contact_ids=egoi_ids(sandbox)[:1])
        assert done.status == "needs_approval"
        assert mutations(session) == []


async def test_the_preview_says_which_deed_it_is_where_and_how_many(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    ids = egoi_ids(sandbox)[:7]
    async with connected(tmp_path, TOOLS, sandbox=sandbox, EGOI_MCP_PII="ids") as session:
        note: dict[str, Any] = {"observation": "Ana called"}
        shown = await previewed(session, "unsubscribe_contacts", list_id="3", contact_ids=ids, **note)
        assert facts(shown) == {
            "what ends": "E-goi writes to them from this list no more; other lists that hold them go on",
            "list": "3 (Team)",
            "contact ids": ", ".join(ids[:5]) + " and 2 more",
            "method": "api",
            "reason": "other",
        }
        assert shown.data["preview"]["title"] == "Unsubscribe 7 contacts at E-goi"
        assert "Ana called" not in shown.text
        assert "A person would be asked first." in shown.text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"contact_ids": ["0123456789"]}, "list_id: is required for E-goi;"),
        ({"list_id": "3"}, "contact_ids: is required for E-goi."),
        ({"list_id": "3", "contact_ids": ["ana", "b"]}, "contact_ids: 2 of 2 are not ids of E-goi contacts"),
        ({"list_id": "3", "contact_ids": ["0123456789"], "phones": ["+351900000001"]}, "phones: E-goi takes"),
        ({"list_id": "3", "contact_ids": ["0123456789"], "reason": "bored"}, "reason: must be 'not_interest"),
        ({**TXTSYNC, "contact_ids": ["9001"]}, "contact_ids: TxtSync reads nobody by an id"),
        ({**TXTSYNC, "phones": ["+447700900201"], "reason": "spam"}, "reason: TxtSync takes no such thing."),
        (TXTSYNC, "external_references or phones: give one of them."),
        ({**TXTSYNC, "phones": ["nobody"]}, "phones[0]: "),
        ({**INTERCOM, "contact_ids": ["a" * 24], "method": "api"}, "method: Intercom takes no such thing."),
        ({**INTERCOM, "contact_ids": [f"{n:024x}" for n in range(51)]}, "contact_ids: each contact is a req"),
        ({**INTERCOM, "contact_ids": ["a" * 24], "external_references": ["x"]}, "external_references: Inter"),
    ],
)
async def test_what_does_not_go_together_is_refused_by_name(
    tmp_path: Path, arguments: dict[str, Any], said: str
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        refusal = await refused(session, "unsubscribe_contacts", **arguments)
        assert refusal.startswith(said)
        assert "Nothing was" in refusal
