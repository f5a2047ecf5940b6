"""Sending SMS through E-goi: whom, what exactly reaches the wire, and who is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Fault, Sandbox, SandboxSettings
from tests.support import ERAS, SMS, Era, Person, connected
from tests.support.clock import Clock
from tests.tools_live.live import PORTUGUESE, bodies, facts, mutations, previewed, queries, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "sms"}
PROMOTION: dict[str, Any] = {**SMS, "purpose": "promotional", "text": "10% off. Reply STOP to opt out"}


def numbers(count: int) -> list[str]:
    """Mobile numbers of nobody, of a range for examples."""
    return [f"+3519000{number:05d}" for number in range(1, count + 1)]


def message(session_bodies: list[Any]) -> dict[str, Any]:
    ((only,),) = session_bodies
    found: dict[str, Any] = only
    return found


# -- the wire ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
async def test_one_message_reaches_one_person_after_a_person_approved(tmp_path: Path, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, mode=mode, person=person) as session:
        sent = await session.call("send_sms", **SMS)
        assert sent.status == "succeeded"
        assert bodies(session, "sendSmsMessages") == [
            [
                {
                    "to": "351-900000001",
                    "from": "501",
                    "textBody": "Your order is ready",
                    "encoding": "gsm0338",
                    "maxCount": 1,
                }
            ]
        ]
        (delivered,) = session.sandbox.effects.messages_to(PORTUGUESE)
        assert (delivered.text, delivered.sender) == ("Your order is ready", "ACME")
        assert sent.data["ids"] == [delivered.id]
        assert f"ids: {delivered.id}" in sent.text
        assert len(person.forms) == 1


async def test_every_optional_argument_reaches_the_wire_as_it_is(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        sent = await session.call(
            "send_sms",
            **SMS,
            encoding="unicode",
            max_parts=3,
            priority="urgent",
            custom_data='{"order": "7"}',
            registered=True,
            group="orders",
        )
        assert sent.status == "succeeded"
        assert message(bodies(session, "sendSmsMessages")) == {
            "to": "351-900000001",
            "from": "501",
            "textBody": "Your order is ready",
            "encoding": "unicode",
            "maxCount": 1,
            "priority": "urgent",
            "customData": '{"order": "7"}',
            "registered": True,
            "group": "orders",
        }


async def test_a_false_option_is_said_and_a_missing_one_is_not(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        await session.call("send_sms", **SMS, registered=False, priority="non-urgent")
        sent = message(bodies(session, "sendSmsMessages"))
        assert sent["registered"] is False
        assert sent["priority"] == "non-urgent"
        assert "group" not in sent
        assert "customData" not in sent


@pytest.mark.parametrize(
    ("written", "arguments", "wire"),
    [
        ("+351 900 000 001", {}, "351-900000001"),
        ("351-900000001", {}, "351-900000001"),
        ("00351900000001", {}, "351-900000001"),
        ("900 000 001", {"country": "PT"}, "351-900000001"),
        ("+34600000001", {"country": "PT"}, "34-600000001"),
        ("07700 900201", {"country": "GB"}, "44-7700900201"),
        ("(202) 555-0101", {"country": "US"}, "1-2025550101"),
    ],
)
async def test_a_number_may_be_written_in_any_way_that_is_clear(
    tmp_path: Path, written: str, arguments: dict[str, str], wire: str
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        sent = await session.call("send_sms", **{**SMS, "to": [written]}, **arguments)
        assert sent.status == "succeeded", sent.text
        assert message(bodies(session, "sendSmsMessages"))["to"] == wire


async def test_more_than_a_hundred_go_out_in_batches_of_one_approval(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        sent = await session.call("send_sms", **{**SMS, "to": numbers(250)})
        assert sent.status == "succeeded"
        batches = bodies(session, "sendSmsMessages")
        assert [len(batch) for batch in batches] == [100, 100, 50]
        reached = [each["to"] for batch in batches for each in batch]
        assert reached == [f"351-{number[4:]}" for number in numbers(250)]
        assert session.sandbox.effects.count("sms") == 250
        assert len(person.forms) == 1
        assert "Recipients: 250" in person.questions[0]
        assert len(sent.data["ids"]) == 100
        assert sent.data["more_ids"] == 150
        assert "and 240 more" in sent.text


@pytest.mark.parametrize("sender", ["501", "ACME", "acme", " ACME "])
async def test_a_sender_is_found_by_id_or_name(tmp_path: Path, sender: str) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        await session.call("send_sms", **{**SMS, "sender": sender})
        assert message(bodies(session, "sendSmsMessages"))["from"] == "501"


@pytest.mark.parametrize("sender", ["502", "Acme line", "351-900000900", "+351900000900"])
async def test_a_sender_that_is_a_number_is_found_by_it_and_shown_with_it(
    tmp_path: Path, sender: str
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        shown = await previewed(session, "send_sms", **{**SMS, "sender": sender})
        assert facts(shown)["from"] == "Acme line 351-900000900 (sender 502, confirmed)"


# -- who is left out -----------------------------------------------------------------------------


async def test_who_cannot_be_reached_is_left_out_with_the_reason_and_never_silently(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    team = list(sandbox.world.egoi.lists[3].contacts.values())
    removed, inactive, without, broken, plain = team[:5]
    removed.base["status"] = "removed"
    inactive.base["cellphone_status"] = "inactive"
    without.base["cellphone"] = None
    broken.base["cellphone"] = "n/a"
    to = ["+351900000050", "900000051", "12", "ana@example.com", "", "+351 900 000 050", "+351900000666"]
    ids = [each.contact_id for each in team[:5]] + ["0123456789", "nothere", plain.contact_id]
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        call = {**PROMOTION, "to": to, "contact_ids": ids, "list_id": 3}
        shown = await previewed(session, "send_sms", **call)
        dropped = shown.data["preview"]["dropped"]
        forms = (
            "Understood are + and the country code, <country code>-<number>, and a national number with its"
        )
        assert dropped == [
            f"to[1]: the phone number names no country. {forms} country.",
            f"to[2]: the phone number names no country. {forms} country.",
            f"to[3]: the text holds characters that no phone number has. {forms} country.",
            f"to[4]: the phone number is empty. {forms} country.",
            "to[5]: the same number as to[0]",
            f"{removed.contact_id}: is removed, and this is promotional",
            f"{inactive.contact_id}: the mobile number is inactive",
            f"{without.contact_id}: has no mobile number",
            f"{broken.contact_id}: the text holds characters that no phone number has. {forms} country.",
            "0123456789: list 3 has no such contact",
            "and 2 more",
        ]
        audience = shown.data["preview"]["audience"]
        assert audience["by_country"] == {"PT": 2}
        assert {each["reason"]: each["count"] for each in audience["excluded"]} == {
            "invalid": 5,
            "repeated": 2,
            "unsubscribed": 1,
            "with an inactive mobile number": 1,
            "without a mobile number": 1,
            "not in list 3": 2,
            "on the suppression list": 1,
        }
        assert sum(each["count"] for each in audience["excluded"]) + 2 == len(to) + len(ids)
        assert shown.data["preview"]["recipients"] == 2
        assert shown.data["preview"]["to"] == ["+351900000050", f"+351{plain.text('cellphone')[4:]}"]
        for reason in dropped:
            assert f"Left out: {reason}" in shown.text
        sent = await session.call("send_sms", **call)
        assert sent.status == "succeeded"
        assert [each["to"] for each in bodies(session, "sendSmsMessages")[0]] == [
            "351-900000050",
            plain.text("cellphone"),
        ]


async def test_repeated_numbers_and_contacts_are_counted_and_reached_once(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = next(iter(sandbox.world.egoi.lists[3].contacts))
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        shown = await previewed(
            session,
            "send_sms",
            **{**SMS, "to": [PORTUGUESE, "351-900000001", "+351900000002"]},
            contact_ids=[contact, contact],
            list_id=3,
        )
        assert shown.data["preview"]["recipients"] == 2
        assert shown.data["preview"]["audience"]["excluded"] == [{"reason": "repeated", "count": 3}]
        assert shown.data["preview"]["dropped"] == [
            "to[1]: the same number as to[0]",
            f"{contact}: the same number as to[0]",
        ]
        assert session.sandbox.requests.count("getContact") == 1


async def test_a_promotion_leaves_out_the_suppression_list_and_says_what_it_did_not_check(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path, TOOLS, now=Clock()) as session:
        to = [PORTUGUESE, "+351900000666", "+447700900666"]
        shown = await previewed(session, "send_sms", **{**PROMOTION, "to": to})
        assert shown.data["preview"]["recipients"] == 1
        assert shown.data["preview"]["dropped"] == [
            "to[1]: is on the suppression list",
            "to[2]: is on the suppression list",
        ]
        assert "Left out: 2 on the suppression list\n" in shown.text
        assert "Checked against the suppression list (5 numbers, read just now): 3 checked\n" in shown.text
        assert (
            "Checked against the consent of contacts: 0 checked, 3 could not be checked "
            "(numbers that were given are not looked up as contacts)\n"
        ) in shown.text
        assert shown.data["preview"]["warnings"] == [
            "1 of 1 numbers lie in no range that their country has assigned",
        ]
        assert queries(session, "getAllSuppressionList") == [
            {"type": "cellphone", "offset": "0", "limit": "1000"}
        ]


async def test_what_a_person_needs_goes_to_those_who_unsubscribed_and_the_approver_is_told(
    tmp_path: Path,
) -> None:
    sandbox = Sandbox(SandboxSettings())
    one, two, three = list(sandbox.world.egoi.lists[3].contacts.values())[:3]
    one.base["status"], two.base["status"] = "removed", "unconfirmed"
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        ids = [each.contact_id for each in (one, two, three)]
        needed = {name: value for name, value in SMS.items() if name != "to"}
        shown = await previewed(session, "send_sms", **needed, contact_ids=ids, list_id=3)
        assert shown.data["preview"]["recipients"] == 3
        assert (
            "contacts that are not active get this too: 1 removed, 1 unconfirmed"
            in (shown.data["preview"]["warnings"])
        )
        assert session.sandbox.requests.count("getAllSuppressionList") == 0
        assert (
            "Checked against the suppression list: 0 checked, 3 could not be checked (this is transactional)"
        ) in shown.text


NOT_SENT: list[tuple[dict[str, Any], str]] = [
    ({"to": ["12"]}, "Nobody is left to send to (to[0]: the phone number names no country."),
    ({"to": None}, "Nobody is left to send to (neither to nor contact_ids names anybody). Nothing"),
    ({"to": []}, "to: must not be empty."),
    ({"to": None, "contact_ids": ["0123456789"]}, "list_id: is required with contact_ids at E-goi."),
    (
        {"to": None, "contact_ids": ["0123456789"], "list_id": 99},
        "Nobody is left to send to (0123456789: list 99 has no such contact).",
    ),
    (
        {"purpose": "promotional", "to": ["+351900000666"]},
        "Nobody is left to send to (to[0]: is on the suppr",
    ),
    ({"country": "XX"}, "country: must be a country's two-letter code, such as PT."),
    ({"country": "pt"}, "country: is not of the right form"),
    ({"sender": "503"}, "sender: 'NEWBRAND' is 'pending' at the vendor and cannot send."),
    ({"sender": "OLDBRAND"}, "sender: 'OLDBRAND' is 'rejected' at the vendor and cannot send."),
    ({"sender": "102"}, "sender: none is called so. get_account (send_sms) shows them."),
    ({"text": "a" * 161, "max_parts": 1}, "text: takes 2 SMS parts (GSM-7), and the limit is 1."),
    ({"text": "ã" * 71, "max_parts": 1}, "text: takes 2 SMS parts (UCS-2), and the limit is 1."),
    ({"text": "Olá", "encoding": "gsm"}, "text: GSM-7 lacks these characters: á (LATIN SMALL LETTER"),
    ({"text": " \n "}, "text: is blank."),
    ({"text": ""}, "text: must not be empty."),
    ({"text": "a\u001b"}, "text: Character 2 of the text (U+001B) is a control character"),
    ({"text": "a" * 2001}, "text: must have at most 2000 characters."),
    ({"purpose": "marketing"}, "purpose: must be 'transactional' or 'promotional'."),
    ({"purpose": None}, "purpose: must be"),
    ({"priority": "high"}, "priority: must be 'urgent' or 'non-urgent'."),
    ({"max_parts": 11}, "max_parts: must be at most 10."),
    ({"contact_ids": ["0123456789"] * 51, "list_id": 1}, "contact_ids: must have at most 50 items."),
    ({"to": [PORTUGUESE] * 1001}, "to: must have at most 1000 items."),
    ({"when": "2095-01-01T09:00"}, "when: E-goi takes no such thing here. Schedule a campaign instead"),
    ({"schedule_date": "x"}, "unknown argument 'schedule_date': did you mean 'when'?"),
    ({"message": "x"}, "unknown argument 'message': did you mean 'text'?"),
]


async def test_what_cannot_be_sent_is_said_with_the_way_out(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for changed, said in NOT_SENT:
            told = await refused(session, "send_sms", **{**SMS, **changed})
            assert told.startswith(said), changed
            assert "Nothing was" in told, changed
        assert mutations(session) == []


async def test_what_the_vendor_refuses_is_failed_and_told_without_numbers(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings(transactional_enabled=False))
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        sent = await session.call("send_sms", **SMS)
        assert sent.status == "failed"
        assert sent.is_error
        assert "(403)" in sent.text
        assert "900000001" not in sent.text


async def test_one_batch_that_is_refused_makes_it_partial_and_says_how_many(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        session.sandbox.faults.add(Fault(kind="503_before", match="/api/v2/sms/messages/action/send"))
        sent = await session.call("send_sms", **{**SMS, "to": numbers(101)})
        assert sent.status == "unknown"
        assert "Of 2 requests: 1 succeeded, 1 unknown." in sent.text
        assert session.sandbox.effects.count("sms") == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_contacts_by_id_need_no_number_in_the_models_sight(tmp_path: Path, mode: Era) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = next(iter(sandbox.world.egoi.lists[3].contacts.values()))
    person = Person()
    call = {name: value for name, value in SMS.items() if name != "to"}
    async with connected(
        tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=person, EGOI_MCP_PII="ids"
    ) as session:
        shown = await previewed(session, "send_sms", **call, contact_ids=[contact.contact_id], list_id=3)
        assert "900000001" not in shown.text
        assert shown.data["preview"]["to"] == []
        sent = await session.call("send_sms", **call, contact_ids=[contact.contact_id], list_id=3)
        assert sent.status == "succeeded"
        assert "900000001" not in sent.text
        assert "To: +351900000001" in person.questions[0]
        assert len(session.sandbox.effects.messages_to(PORTUGUESE)) == 1
