"""Sending SMS through TxtSync."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "sms"}
SMS: dict[str, Any] = {
    "provider": "txtsync",
    "text": "Your order is ready",
    "sender": "ACME",
    "purpose": "transactional",
}


@pytest.mark.parametrize("mode", ERAS)
async def test_one_number_goes_by_the_call_that_answers_a_receipt(tmp_path: Path, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, mode=mode, person=person) as session:
        sent = await session.call("send_sms", **SMS, to=["+44 7700 900777"])
        assert sent.status == "succeeded"
        assert bodies(session, "SendSMS") == [
            {"From": "ACME", "Message": "Your order is ready", "To": "+447700900777"}
        ]
        assert sent.data["ids"] == ["50001"]
        assert len(person.forms) == 1
        assert "from: ACME\n" in person.questions[0]
        assert "Warning: the vendor does not show whether the sender is approved\n" in person.questions[0]


async def test_several_numbers_go_in_one_call(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        to = [f"+447700900{number}" for number in range(700, 900)]
        sent = await session.call("send_sms", **SMS, to=to)
        assert sent.status == "succeeded"
        assert bodies(session, "SendBulkSMS") == [
            {"From": "ACME", "Message": "Your order is ready", "To": to}
        ]
        assert session.sandbox.requests.count("SendSMS") == 0
        assert session.sandbox.effects.count("sms", api="txtsync") == 200


async def test_contacts_are_named_by_external_reference_and_those_who_refuse_are_left_out(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        ids = ["CRM-0001", "CRM-0005", "CRM-0002", "CRM-9999", "a/b", "CRM-0001"]
        shown = await previewed(session, "send_sms", **SMS, contact_ids=ids)
        assert shown.data["preview"]["recipients"] == 2
        assert shown.data["preview"]["dropped"] == [
            "CRM-0005: refuses SMS",
            "CRM-9999: TxtSync knows no such external reference",
            "a/b: TxtSync knows no such external reference",
        ]
        assert (
            "Left out: 1 refuse SMS, 2 no contacts of TxtSync, 1 repeated\n"
            "Checked against the suppression list: 0 checked, 2 could not be checked "
            "(TxtSync has none that can be read)\n"
            "Checked against the AllowSMS at TxtSync: 5 checked\n"
        ) in shown.text
        sent = await session.call("send_sms", **SMS, contact_ids=ids)
        assert sent.status == "succeeded"
        (body,) = bodies(session, "SendBulkSMS")
        assert body["To"] == ["+447700900201", "+447700900202"]


async def test_a_contact_without_a_number_is_left_out(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.txtsync.contacts[9001].fields["MobileNumber"] = None
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        said = await refused(session, "send_sms", **SMS, contact_ids=["CRM-0001"])
        assert said == "Nobody is left to send to (CRM-0001: has no mobile number). Nothing was sent."


async def test_national_numbers_need_their_country(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        shown = await previewed(session, "send_sms", **SMS, to=["07700 900777", "12"], country="GB")
        assert shown.data["preview"]["to"] == ["+447700900777"]
        assert shown.data["preview"]["recipients"] == 1
        assert len(shown.data["preview"]["dropped"]) == 1


NOT_TAKEN: list[tuple[dict[str, Any], str]] = [
    ({"list_id": 1}, "list_id: TxtSync takes no such thing. Leave it out. Nothing was sent."),
    ({"encoding": "gsm"}, "encoding: TxtSync takes no such thing."),
    ({"priority": "urgent"}, "priority: TxtSync takes no such thing."),
    ({"custom_data": "7"}, "custom_data: TxtSync takes no such thing."),
    ({"registered": False}, "registered: TxtSync takes no such thing."),
    ({"group": "orders"}, "group: TxtSync takes no such thing."),
    ({"sender": "AB"}, "sender: for TxtSync a name of 3 to 11 letters and digits, or a number."),
    ({"sender": "ACME & Sons"}, "sender: for TxtSync a name of 3 to 11 letters and digits, or a number."),
    ({"sender": "A" * 12}, "sender: for TxtSync a name of 3 to 11 letters and digits, or a number."),
    ({"text": "a" * 161, "max_parts": 1}, "text: takes 2 SMS parts (GSM-7), and the limit is 1."),
    ({"to": ["900000001"]}, "Nobody is left to send to (to[0]: the phone number names no country."),
]


async def test_what_txtsync_does_not_take_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for changed, said in NOT_TAKEN:
            told = await refused(session, "send_sms", **{**SMS, "to": ["+447700900777"], **changed})
            assert told.startswith(said), changed
        assert session.sandbox.requests.total == 0


async def test_one_who_refuses_sms_and_is_written_to_by_number_is_told_as_failed(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        sent = await session.call("send_sms", **SMS, to=["+447700900205"])
        assert sent.status == "failed"
        assert "1 of 1 refused by the vendor (code OptedOut)" in sent.text
        assert session.sandbox.effects.count("sms") == 0


async def test_the_preview_names_the_account_without_the_key(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        shown = await previewed(session, "send_sms", **SMS, to=["+447700900777", "+351900000001"])
        assert facts(shown) == {
            "from": "ACME",
            "sender type": "alphanumeric, so nobody can answer it",
            "cost": "not known: the owner's policy has no prices; TxtSync tells it only after sending",
            "encoding": "GSM-7",
            "characters": "19",
            "segments per message": "1 (of up to 160 units)",
            "segments in total": "2",
        }
        assert shown.data["preview"]["audience"]["by_country"] == {"GB": 1, "PT": 1}
        assert shown.data["preview"]["title"] == "Send 2 transactional SMS through TxtSync"
        assert shown.data["preview"]["account"].startswith("txtsync ")
        assert "sandbox-client-key" not in shown.text


ONE: dict[str, Any] = {**SMS, "to": ["+447700900777"]}
DETAILS = {
    "regarding_reference": "ORDER-7",
    "regarding_schema": "order",
    "custom01": "one",
    "custom02": "two",
    "custom03": "three",
}


@pytest.mark.parametrize("mode", ERAS)
async def test_what_comes_back_with_replies_goes_along_with_one_number(tmp_path: Path, mode: Era) -> None:
    async with connected(tmp_path, TOOLS, mode=mode, person=Person()) as session:
        shown = await previewed(session, "send_sms", **ONE, details=DETAILS)
        assert facts(shown)["regarding reference"] == "ORDER-7"
        sent = await session.call("send_sms", **ONE, details=DETAILS)
        assert sent.status == "succeeded"
        assert bodies(session, "SendSMS") == [
            {
                "From": "ACME",
                "Message": "Your order is ready",
                "To": "+447700900777",
                "RegardingReference": "ORDER-7",
                "RegardingSchema": "order",
                "Custom01": "one",
                "Custom02": "two",
                "Custom03": "three",
            }
        ]


@pytest.mark.parametrize(
    ("when", "zone", "sent_as"),
    [
        ("2099-07-01T09:30", "Europe/Lisbon", "2099-07-01T08:30:00Z"),
        ("2099-07-01T09:30+02:00", None, "2099-07-01T07:30:00Z"),
        ("2099-07-01T09:30Z", "Europe/Lisbon", "2099-07-01T09:30:00Z"),
    ],
)
async def test_a_time_is_the_same_instant_at_txtsync(
    tmp_path: Path, when: str, zone: str | None, sent_as: str
) -> None:
    environ = {**TOOLS, **({"EGOI_ACCOUNT_TIMEZONE": zone} if zone else {})}
    async with connected(tmp_path, environ, person=Person()) as session:
        shown = await previewed(session, "send_sms", **ONE, when=when)
        assert shown.data["preview"]["title"].endswith("through TxtSync later")
        assert "no call that cancels a scheduled one" in shown.data["preview"]["undo"]
        sent = await session.call("send_sms", **ONE, when=when)
        assert sent.status == "succeeded"
        (body,) = bodies(session, "SendSMS")
        assert body["ScheduledDate"] == sent_as
        assert session.sandbox.effects.count("sms") == 0


@pytest.mark.parametrize("mode", ERAS)
async def test_everybody_who_has_a_tag_is_reached_after_a_warning_that_nobody_can_count_them(
    tmp_path: Path, mode: Era
) -> None:
    sandbox = Sandbox(SandboxSettings())
    tag = next(tag for contact in sandbox.world.txtsync.contacts.values() for tag in contact.tags)
    async with connected(tmp_path, TOOLS, mode=mode, person=Person(), sandbox=sandbox) as session:
        shown = await previewed(session, "send_sms", **SMS, to_tags=[tag, f" {tag} "])
        assert "recipients" not in shown.data["preview"]
        assert facts(shown)["everybody with a tag"] == tag
        assert "does not tell how many contacts have a tag" in shown.text
        sent = await session.call("send_sms", **SMS, to_tags=[tag], to=["+447700900777"])
        assert sent.status == "succeeded"
        assert bodies(session, "SendBulkSMS") == [
            {"From": "ACME", "Message": "Your order is ready", "To": ["+447700900777"], "ToTagName": [tag]}
        ]
        alone = await session.call("send_sms", **{**SMS, "text": "Another text"}, to_tags=[tag])
        assert alone.status == "succeeded"
        assert "To" not in bodies(session, "SendBulkSMS")[-1]


async def test_a_cap_on_recipients_denies_a_tag_that_nobody_can_count(tmp_path: Path) -> None:
    environ = {**TOOLS, "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "1000"}
    async with connected(tmp_path, environ, person=Person()) as session:
        told = await session.call("send_sms", **SMS, to_tags=["vip"])
        assert (told.status, session.sandbox.requests.count("SendBulkSMS")) == ("denied", 0)


TOGETHER: list[tuple[dict[str, Any], str]] = [
    ({"to": ["+447700900777", "+447700900778"], "details": DETAILS}, "details: TxtSync takes it for one"),
    (
        {"to": ["+447700900777", "+447700900778"], "when": "2099-07-01T09:30Z"},
        "when: TxtSync takes it for one",
    ),
    ({"to_tags": ["vip"], "when": "2099-07-01T09:30Z"}, "when: TxtSync takes it for one number only."),
    ({"to_tags": ["vip"], "details": DETAILS}, "details: TxtSync takes it for one number only."),
    ({"to": ["+447700900777"], "details": {"custom04": "4"}}, "details: takes regarding_reference,"),
    ({"to": ["+447700900777"], "to_tags": [" "]}, "to_tags: a tag's name is not empty."),
    ({"to": ["+447700900777"], "when": "2099-07-01T09:30"}, "when: scheduling needs the account's time zone"),
    ({"to": ["+447700900777"], "when": "2020-07-01T09:30Z"}, "when: is past"),
]


async def test_what_does_not_go_together_is_said_and_not_sent(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for given, said in TOGETHER:
            told = await refused(session, "send_sms", **SMS, **given)
            assert told.startswith(said), given
        at_egoi = {**SMS, "provider": "egoi", "sender": "501", "to": ["+351900000001"]}
        for given in ({"to_tags": ["vip"]}, {"details": DETAILS}, {"when": "2099-07-01T09:30Z"}):
            told = await refused(session, "send_sms", **at_egoi, **given)
            assert "E-goi takes no such thing here." in told
        assert session.sandbox.requests.count("SendSMS") == 0
        assert session.sandbox.requests.count("SendBulkSMS") == 0
