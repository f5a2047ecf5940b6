"""Messages sent by an operation's name: every text is shown, and the same to the same is known again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.tokens import tokens
from tests.support import Called, Person, Session, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused
from tests.tools_live.test_send_campaign import drafted

pytestmark = pytest.mark.anyio

API = {"EGOI_MCP_TOOLSETS": "api,sms,campaigns"}
UNSEEN = {"EGOI_MCP_POLICY_UNSEEN_CONTENT": "confirm"}
LAST = "PAY NOW at https://evil.example.net/x"


def message(number: int, text: str) -> dict[str, Any]:
    return {"from": "501", "to": f"351-9000000{number:02}", "textBody": text}


def email(number: int, html: str) -> dict[str, Any]:
    to = [f"p{number}@example.org"]
    return {
        "senderId": "201",
        "domain": "mail.example.com",
        "to": to,
        "subject": "June",
        "htmlBody": html,
        "textBody": "June",
    }


async def call(session: Session, operation: str, **arguments: object) -> Called:
    return await session.call("call_operation", operation=operation, **arguments)


async def texted(session: Session, text: str, number: int = 1) -> Called:
    to = [f"+3519000000{number:02}"]
    return await session.call("send_sms", text=text, sender="501", purpose="transactional", to=to)


# -- what a person is shown ----------------------------------------------------------------------


async def test_every_text_of_a_batch_stands_in_the_row_that_is_approved(tmp_path: Path) -> None:
    items = [message(number, f"Order {number} is ready") for number in range(59)] + [message(59, LAST)]
    person = Person()
    async with connected(tmp_path, API, person=person) as session:
        called = await call(session, "sendSmsMessages", items=items)
        assert called.status == "succeeded", called.text
        (action,) = await session.ledger.newest()
        assert f"[60 of 60: 1 message]\n{LAST}" in (action.preview.message or "")
        assert all(each["textBody"] in (action.preview.message or "") for each in items)
        (question,) = person.questions
        assert "Warning: 60 different texts go out: read every one\n" in question
        # What finds no room in a host's window is counted there.
        assert "more characters]" in question


async def test_a_text_that_goes_to_several_stands_there_once_with_its_count(tmp_path: Path) -> None:
    async with connected(tmp_path, API, person=Person()) as session:
        items = [message(1, "Ready"), message(2, "Ready"), message(3, "Late")]
        shown = await previewed(session, "call_operation", operation="sendSmsMessages", items=items)
        expected = "[1 of 2: 2 messages]\nReady\n\n[2 of 2: 1 message]\nLate"
        assert shown.data["preview"]["message"] == expected
        one = await previewed(session, "call_operation", operation="sendSmsMessages", items=items[:2])
        assert one.data["preview"]["message"] == "Ready"
        assert "different texts" not in one.text


async def test_the_whole_of_an_email_is_shown_and_not_only_its_subject(tmp_path: Path) -> None:
    html = f"<p>{'Good news. ' * 900}</p><p>{LAST}</p>"
    person = Person()
    async with connected(tmp_path, API, person=person) as session:
        called = await call(session, "sendEmailMessages", items=[email(1, html)])
        assert called.status == "succeeded", called.text
        (action,) = await session.ledger.newest()
        assert LAST in (action.preview.message or "")
        assert LAST in action.preview.facts["body"] + action.preview.personal.get("exact body", "")


@pytest.mark.parametrize(("owner", "status"), [({}, "denied"), (UNSEEN, "succeeded")])
async def test_texts_that_have_no_room_are_told_and_need_the_owners_leave(
    tmp_path: Path, owner: dict[str, str], status: str
) -> None:
    person = Person()
    items = [email(number, f"<p>{number}{'x' * 60_000}</p>") for number in range(10)]
    async with connected(tmp_path, {**API, **owner}, person=person) as session:
        called = await call(session, "sendEmailMessages", items=items)
        assert called.status == status, called.text
        assert mutations(session) == ([] if status == "denied" else ["sendEmailMessages"])
        if person.questions:
            assert "2 of the texts have no room here, so they CANNOT BE SHOWN" in person.questions[0]


@pytest.mark.parametrize(
    "text", ["\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 5_000, "\N{GRINNING FACE}" * 3_000, "kq7Zx" * 3_000]
)
async def test_what_a_model_reads_of_a_preview_is_bounded_and_the_persons_copy_is_not(
    tmp_path: Path, text: str
) -> None:
    async with connected(tmp_path, API, EGOI_MCP_PII="full") as session:
        waiting = await call(session, "sendEmailMessages", items=[email(1, f"<p>{text}</p>")])
        assert waiting.status == "needs_approval", waiting.text
        assert tokens(waiting.text) < 8_000
        assert tokens(waiting.data) < 8_000
        assert "more characters]" in waiting.text
        (action,) = await session.ledger.newest()
        assert text in (action.preview.message or "")


# -- the same to the same ------------------------------------------------------------------------


async def test_one_message_of_a_batch_is_known_again_by_another_tool(tmp_path: Path) -> None:
    async with connected(tmp_path, API, person=Person()) as session:
        batch = [message(1, "Hello A"), message(2, "Hello B")]
        first = await call(session, "sendSmsMessages", items=batch)
        again = await texted(session, "hello, b", number=2)
        assert again.data["duplicate_of"] == first.data["action_id"]


async def test_a_message_that_a_tool_sent_is_known_again_in_a_batch(tmp_path: Path) -> None:
    async with connected(tmp_path, API, person=Person()) as session:
        first = await texted(session, "Hello A")
        again = await call(session, "sendSmsMessages", items=[message(2, "Hello B"), message(1, "Hello A")])
        assert again.data["duplicate_of"] == first.data["action_id"]
        other = await call(session, "sendSmsMessages", items=[message(2, "Hello C"), message(3, "Hello A")])
        assert "duplicate_of" not in other.data


async def test_a_number_without_its_plus_is_enough_to_warn(tmp_path: Path) -> None:
    async with connected(tmp_path, API, person=Person()) as session:
        body = {"From": "ACME", "Message": "Hello", "To": "447700900777"}
        first = await call(session, "SendSMS", body=body)
        assert first.status == "succeeded", first.text
        again = await session.call(
            "send_sms",
            provider="txtsync",
            text="Hello",
            sender="ACME",
            purpose="transactional",
            to=["+447700900777"],
        )
        assert again.data["duplicate_of"] == first.data["action_id"]


@pytest.mark.parametrize("segments", [{"type": "none"}, {"type": "segment", "data": ["saved_31"]}])
async def test_a_campaign_is_known_again_whichever_tool_sends_it(
    tmp_path: Path, segments: dict[str, object]
) -> None:
    async with connected(tmp_path, {**API, **UNSEEN}, person=Person()) as session:
        campaign = await drafted(session)
        first = await session.call("send_campaign", campaign=campaign, audience="whole_list", when="now")
        assert first.status == "succeeded", first.text
        again = await previewed_or_asked(session, campaign, segments)
        assert again.data["duplicate_of"] == first.data["action_id"]


async def previewed_or_asked(session: Session, campaign: str, segments: object) -> Called:
    body = {"list_id": 3, "segments": segments, "destination_field": "cellphone"}
    body["schedule_date"] = "2030-01-01 10:00:00"
    return await call(session, "actionSendSms", path={"campaign_hash": campaign}, body=body)


# -- automations ---------------------------------------------------------------------------------


def start(contacts: list[str], list_id: int = 1) -> dict[str, Any]:
    body = {"automation_id": 1, "action_id": 11, "contacts": contacts}
    return {"operation": "actionStartAutomation", "path": {"list_id": list_id}, "body": body}


async def test_an_automations_contacts_are_counted_once_and_named_for_the_person(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, {**API, **UNSEEN}, person=person, EGOI_MCP_PII="masked") as session:
        known = next(iter(session.sandbox.world.egoi.lists[1].contacts.values()))
        identity, address = str(known.base["contact_id"]), str(known.base["email"])
        contacts = [identity, "0123456789", identity]
        shown = await previewed(session, "call_operation", **start(contacts))
        assert shown.data["preview"]["recipients"] == 2
        assert facts(shown)["contacts"] == "2 are put into it"
        assert address not in shown.text
        await session.call("call_operation", **start(contacts))
        (question,) = person.questions
        assert f"who: {identity}: " in question
        assert address in question
        assert "0123456789: not in this list" in question
        assert bodies(session, "actionStartAutomation")[0]["contacts"] == contacts


async def test_an_automation_of_another_list_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, {**API, **UNSEEN}, person=person) as session:
        said = await refused(session, "call_operation", **start(["0123456789"], list_id=999))
        assert said == "path.list_id: the automation 1 belongs to list 1. Nothing was sent."
        assert person.forms == []
