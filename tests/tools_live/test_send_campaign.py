"""Sending campaigns: to whom and when is always spelt out, and a person approves."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import ERAS, Called, Era, Person, Session, connected
from tests.support.clock import Clock
from tests.tools_live.live import altered, bodies, facts, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "campaigns"}
UNSEEN = {"EGOI_MCP_POLICY_UNSEEN_CONTENT": "confirm"}
TEXT = "Lunch at 13:00. Reply STOP to opt out"
NOW: dict[str, Any] = {"audience": "whole_list", "when": "now"}


async def drafted(session: Session, channel: str = "sms", list_id: int = 3, **changed: object) -> str:
    """A campaign that this server wrote."""
    words: dict[str, object] = {"text": TEXT, "sender": "102"}
    if channel == "email":
        words = {"subject": "Lunch", "html": "<p>At 13:00. unsubscribe</p>", "sender": "201"}
    made = await session.call(
        "create_campaign", channel=channel, list_id=list_id, title="Lunch", **{**words, **changed}
    )
    assert made.status == "succeeded", made.text
    return str(made.data["ids"][0])


# -- to whom -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_the_whole_list_gets_what_the_person_was_shown(tmp_path: Path, mode: Era, channel: str) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, mode=mode, person=person) as session:
        campaign = await drafted(session, channel)
        done = await session.call("send_campaign", campaign=campaign, **NOW)
        assert done.status == "succeeded"
        (body,) = bodies(session, "actionSendSms" if channel == "sms" else "actionSendEmail")
        expected = {"list_id": 3, "segments": {"type": "none"}}
        assert body == expected | ({"destination_field": "cellphone"} if channel == "sms" else {})
        sent = session.sandbox.effects.messages
        assert len(sent) == 12
        assert {each.channel for each in sent} == {channel}
        (question,) = person.questions
        assert "Recipients: 12\n" in question
        assert "Warning: this goes to the WHOLE LIST" in question
        shown = TEXT if channel == "sms" else "At 13:00. unsubscribe"
        assert f"    | {shown}" in question


async def test_segments_are_named_by_id_or_name_and_counted_as_of_now(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        campaign = await drafted(session)
        done = await session.call(
            "send_campaign",
            campaign=campaign,
            audience="segments",
            segment_ids=["Leads", "tag_1", "saved_31"],
            when="now",
        )
        assert done.status == "succeeded"
        (body,) = bodies(session, "actionSendSms")
        assert body["segments"] == {"type": "segment", "data": ["saved_31", "tag_1"]}
        (question,) = person.questions
        assert "segments: saved_31 (Leads: 2), tag_1 (vip: 3), as of now" in question
        # Two of the five are in both.
        assert "Recipients: 3\n" in question
        assert session.sandbox.effects.count("sms") == 3


@pytest.mark.parametrize(
    ("channel", "contact", "wire", "shown"),
    [
        ("sms", "+351 900 000 001", "351-900000001", "+351900000001"),
        ("sms", "351-900000001", "351-900000001", "+351900000001"),
        ("email", " lucia.001@example.org", "lucia.001@example.org", "lucia.001@example.org"),
        ("sms", "cd5096b5fc", "351-900000001", "+351900000001"),
        ("email", "cd5096b5fc", "lucia.001@example.org", "lucia.001@example.org"),
    ],
)
async def test_one_contact_of_the_list_gets_it_alone(
    tmp_path: Path, channel: str, contact: str, wire: str, shown: str
) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        campaign = await drafted(session, channel)
        done = await session.call(
            "send_campaign", campaign=campaign, audience="contact", contact=contact, when="now"
        )
        assert done.status == "succeeded", done.text
        (body,) = bodies(session, "actionSendSms" if channel == "sms" else "actionSendEmail")
        assert body["segments"] == {"type": "contact", "data": wire}
        assert f"To: {shown}\n" in person.questions[0]
        assert "audience: one contact" in person.questions[0]
        (message,) = session.sandbox.effects.messages
        assert message.recipient == wire


async def test_a_contact_that_would_get_nothing_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    first, second, third = list(sandbox.world.egoi.lists[3].contacts.values())[:3]
    second.base["status"] = "removed"
    third.base["cellphone_status"] = "inactive"
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        one: dict[str, Any] = {"campaign": await drafted(session), "audience": "contact", "when": "now"}

        async def said(contact: object) -> str:
            return await refused(session, "send_campaign", **one, contact=contact)

        nobody = "contact: list 3, to which the campaign goes, has no such contact."
        assert (await said("+351900000999")).startswith(nobody)
        assert (await said("0123456789")).startswith(nobody)
        assert (await said(second.contact_id)).startswith("contact: is removed in list 3")
        first.base["cellphone"] = None
        assert (await said(first.contact_id)) == "contact: has no cellphone in list 3. Nothing was sent."
        assert (await said(second.base["cellphone"])).startswith("contact: is removed in list 3")
        assert (await said(third.base["cellphone"])).startswith("contact: its cellphone is switched off")
        assert (await said(first.base["email"])).startswith(
            "contact: the text holds characters that no phone"
        )
        assert (await said("900000001")).startswith("contact: the phone number names no country.")
        assert "country code holds a 0" in await said("+380 50 123 4567")
        mail = {**one, "campaign": await drafted(session, "email")}
        for contact in ("+351900000001", "a@b@example.com", "a b@example.com"):
            told = await refused(session, "send_campaign", **mail, contact=contact)
            assert told.startswith("contact: an email campaign goes to an e-mail address.")
        told = await refused(session, "send_campaign", **mail, contact="nobody@example.com")
        assert told.startswith(nobody)


async def test_a_contact_whose_address_only_resembles_is_not_taken_for_the_one(tmp_path: Path) -> None:
    def loosely(path: str, reply: Any) -> Any:
        if path != "/lists/3/contacts":
            return reply
        others = [{"base": {"contact_id": "0123456789", "status": "active", "email": "susana@example.com"}}]
        return {"items": others, "total_items": 1}

    async with altered(tmp_path, loosely, TOOLS, person=Person()) as session:
        campaign = await drafted(session, "email")
        send = {"campaign": campaign, "audience": "contact", "when": "now"}
        said = await refused(session, "send_campaign", **send, contact="ana@example.com")
        assert said.startswith("contact: list 3, to which the campaign goes, has no such contact.")


NO_AUDIENCE: list[tuple[dict[str, Any], str]] = [
    ({"audience": "segments"}, "segment_ids: goes with audience=segments, and only with it."),
    ({"audience": "whole_list", "segment_ids": ["tag_1"]}, "segment_ids: goes with audience=segments"),
    ({"audience": "contact"}, "contact: goes with audience=contact, and only with it."),
    ({"audience": "whole_list", "contact": "+351900000001"}, "contact: goes with audience=contact"),
    ({"audience": "everybody"}, "audience: must be 'segments', 'contact' or 'whole_list'."),
    (
        {"audience": "segments", "segment_ids": ["nothere"]},
        "segment_ids: none is called so. list_audiences (kind segments) shows them.",
    ),
    ({}, "audience: is required"),
]


async def test_an_audience_that_is_not_spelt_out_is_refused(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS | UNSEEN) as session:
        for arguments, said in NO_AUDIENCE:
            told = await refused(session, "send_campaign", campaign="smsdraft02", when="now", **arguments)
            assert told.startswith(said), arguments


async def test_nobody_in_the_audience_is_refused_now_and_warned_about_for_later(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, EGOI_ACCOUNT_TIMEZONE="Europe/Lisbon") as session:
        empty = await drafted(session, list_id=4)
        said = await refused(session, "send_campaign", campaign=empty, **NOW)
        assert said == "audience: nobody is in it now. Nothing was sent."
        nobody: dict[str, Any] = {"audience": "segments", "segment_ids": ["saved_13"]}
        campaign = await drafted(session, list_id=1)
        said = await refused(session, "send_campaign", campaign=campaign, when="now", **nobody)
        assert said == "audience: nobody is in it now. Nothing was sent."
        shown = await previewed(
            session, "send_campaign", campaign=campaign, when="2095-06-01T09:00", **nobody
        )
        assert "Warning: nobody is in it as of now" in shown.text


# -- what ----------------------------------------------------------------------------------------


NO_DRAFT: list[tuple[str, str]] = [
    ("nothere", "campaign: the account has no such campaign. list_campaigns gives the hashes."),
    ("smssent001", "campaign: is sent; only a draft is sent."),
    ("smsqueue01", "campaign: is queued; only a draft is sent."),
    ("smspause01", "campaign: is paused; only a draft is sent."),
    ("smssendin1", "campaign: is sending; only a draft is sent."),
    ("smscancel1", "campaign: is canceled; only a draft is sent."),
]


async def test_only_a_draft_is_sent(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS | UNSEEN) as session:
        for campaign, said in NO_DRAFT:
            told = await refused(session, "send_campaign", campaign=campaign, **NOW)
            assert told.startswith(said), campaign


async def test_a_channel_that_is_not_sent_here_is_named(tmp_path: Path) -> None:
    def voice(path: str, reply: Any) -> Any:
        return {"items": [{"campaign_hash": "v1", "channel": "voice", "status": "draft", "list_id": 1}]}

    async with altered(tmp_path, voice, TOOLS) as session:
        said = await refused(session, "send_campaign", campaign="v1", **NOW)
        assert said == "campaign: is for voice; only sms and email are sent here. Nothing was sent."


async def test_a_campaign_goes_out_once(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        campaign = await drafted(session)
        await session.call("send_campaign", campaign=campaign, **NOW)
        said = await refused(session, "send_campaign", campaign=campaign, **NOW)
        assert said.startswith("campaign: is sent; only a draft is sent.")
        assert session.sandbox.effects.count("sms") == 12


async def test_words_that_nobody_here_has_seen_are_denied_unless_the_owner_lets_a_person_decide(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path / "deny", TOOLS, person=Person()) as session:
        denied = await session.call("send_campaign", campaign="smsdraft02", **NOW)
        assert denied.status == "denied"
        assert denied.is_error
        assert "Its text cannot be shown" in denied.text
        assert "created again with create_campaign" in denied.text
    person = Person()
    async with connected(tmp_path / "confirm", TOOLS | UNSEEN, person=person) as session:
        done = await session.call("send_campaign", campaign="smsdraft02", **NOW)
        assert done.status == "succeeded"
        assert "text: CANNOT BE SHOWN: this server did not write it" in person.questions[0]


async def test_words_that_were_changed_at_the_vendor_are_not_shown_as_if_they_were_these(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        campaign = await drafted(session)
        session.sandbox.world.egoi.campaigns[campaign].updated += 3600
        shown = await previewed(session, "send_campaign", campaign=campaign, **NOW)
        assert facts(shown)["text"] == "CANNOT BE SHOWN: it was changed at E-goi since"
        assert "message" not in shown.data["preview"]
        assert TEXT not in shown.text
        denied = await session.call("send_campaign", campaign=campaign, **NOW)
        assert denied.status == "denied"
        assert session.sandbox.effects.count() == 0


async def test_the_preview_counts_segments_for_everybody(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, now=Clock()) as session:
        campaign = await drafted(session, text="a" * 161, list_id=1)
        shown = await previewed(session, "send_campaign", campaign=campaign, **NOW)
        assert facts(shown) == {
            "campaign": campaign,
            "from": "ACME (sender 102, active)",
            "list": "1 (Customers)",
            "audience": "the whole list, 153 active contacts as of now",
            "cost": "not known: the owner's policy has no prices",
            "encoding": "GSM-7",
            "characters": "161",
            "segments per message": "2 (of up to 153 units)",
            "segments in total": "258",
        }
        preview = shown.data["preview"]
        assert preview["title"] == "Send the sms campaign 'Lunch' now"
        assert preview["account"] == "egoi 700001"
        # Of 153 active ones, 22 have no number that works and two are suppressed.
        assert preview["recipients"] == 129
        assert preview["warnings"][:2] == [
            "this goes to the WHOLE LIST",
            "no opt-out text was found, and this is promotional",
        ]
        assert all("no legal advice" in each for each in preview["warnings"][2:])
        assert preview["undo"] == (
            "Messages that left cannot be called back; undo_action stops what still waits in E-goi's queue."
        )


# -- when ----------------------------------------------------------------------------------------


async def test_a_scheduled_send_goes_out_at_its_time_in_the_accounts_zone(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings(timezone=ZoneInfo("Africa/Luanda")))
    person = Person()
    async with connected(
        tmp_path, TOOLS, sandbox=sandbox, person=person, EGOI_ACCOUNT_TIMEZONE="Africa/Luanda"
    ) as session:
        campaign = await drafted(session)
        done = await session.call(
            "send_campaign", campaign=campaign, audience="whole_list", when="2095-06-01T09:00:00Z"
        )
        assert done.status == "succeeded"
        (body,) = bodies(session, "actionSendSms")
        assert body["schedule_date"] == "2095-06-01 10:00:00"
        assert (
            "When: Wednesday 2095-06-01 10:00 Africa/Luanda (UTC+01:00), 2095-06-01 09:00 UTC"
            in (person.questions[0])
        )
        assert "Until then the send can be cancelled (undo_action, or in E-goi)" in person.questions[0]
        assert sandbox.effects.count("sms") == 0
        due = sandbox.world.egoi.campaigns[campaign].due
        assert due is not None
        sandbox.advance(due - sandbox.clock.now() + 1)
        assert sandbox.effects.count("sms") == 12
        assert sandbox.effects.messages[0].at >= due


NO_TIME: list[tuple[str, str]] = [
    ("2095-03-27T01:30", "when: 2095-03-27T01:30 does not exist in Europe/Lisbon: the clocks skip it."),
    ("2095-10-30T01:30", "when: 2095-10-30T01:30 comes twice in Europe/Lisbon: the clocks go back"),
    ("2095-10-30T00:30Z", "when: 2095-10-30T00:30Z comes twice in Europe/Lisbon"),
    ("2020-01-01T09:00", "when: is past, or less than a minute ahead."),
    ("2095-02-30T09:00", "when: is no time of the calendar."),
    ("9999-12-31T23:59-12:00", "when: is no time of the calendar."),
    ("0001-01-01T00:00+14:00", "when: is no time of the calendar."),
    ("tomorrow", "when: is not of the right form (now, or a time such as"),
    ("", "when: is not of the right form"),
    ("null", "when: is not of the right form"),
]


async def test_a_time_that_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS | UNSEEN, EGOI_ACCOUNT_TIMEZONE="Europe/Lisbon") as session:
        send = {"campaign": "smsdraft02", "audience": "whole_list"}
        for when, said in NO_TIME:
            told = await refused(session, "send_campaign", **send, when=when)
            assert told.startswith(said), when
            assert "Nothing was" in told
        assert session.sandbox.requests.total == 0


async def test_without_the_accounts_zone_nothing_is_scheduled(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS | UNSEEN) as session:
        for when in ("2095-06-01T09:00", "2095-06-01T09:00Z"):
            said = await refused(
                session, "send_campaign", campaign="smsdraft02", audience="whole_list", when=when
            )
            assert said.startswith("when: scheduling needs the account's time zone")
            assert "The owner sets EGOI_ACCOUNT_TIMEZONE" in said


async def test_no_time_at_all_never_means_now(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS | UNSEEN) as session:
        call: dict[str, Any] = {"campaign": "smsdraft02", "audience": "whole_list"}
        assert (await refused(session, "send_campaign", **call)).startswith("when: is required")
        assert (await refused(session, "send_campaign", **call, when=None)).startswith("when: must be text")
        said = await refused(
            session, "send_campaign", **call, when="now", schedule_date="2095-06-01 09:00:00"
        )
        assert said.startswith("unknown argument 'schedule_date': did you mean 'when'?")


async def test_the_same_campaign_to_one_and_to_all_are_two_different_sends(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        campaign = await drafted(session)
        session.sandbox.world.egoi.campaigns[campaign].history = None
        first: Called = await session.call(
            "send_campaign", campaign=campaign, audience="contact", contact="+351900000001", when="now"
        )
        assert first.status == "succeeded"
        # A test to one person leaves the campaign a draft at vendors that allow it.
        session.sandbox.world.egoi.campaigns[campaign].status = "draft"
        session.sandbox.world.egoi.campaigns[campaign].updated = session.sandbox.world.egoi.campaigns[
            campaign
        ].created
        everybody = await session.call("send_campaign", campaign=campaign, **NOW)
        assert everybody.status == "succeeded"
        assert "duplicate_of" not in everybody.data
