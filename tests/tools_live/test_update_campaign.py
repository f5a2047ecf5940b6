"""Changing campaigns: the whole of their words, to the letter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import ERAS, Era, Person, Session, connected
from tests.tools_live.live import bodies, facts, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "campaigns"}
SMS: dict[str, Any] = {"channel": "sms", "list_id": 3, "title": "June", "sender": "102", "text": "Hi. STOP"}
EMAIL: dict[str, Any] = {
    "channel": "email",
    "list_id": 3,
    "title": "June",
    "sender": "201",
    "subject": "June",
    "html": "<p>Hello</p>",
    "preheader": "Now",
}
NEW_EMAIL: dict[str, Any] = {
    "sender": "201",
    "subject": "July",
    "html": "<p>Hello again</p>",
    "text": "Hello again",
}


async def drafted(session: Session, draft: dict[str, Any]) -> str:
    done = await session.call("create_campaign", **draft)
    assert done.status == "succeeded", done.text
    return str(done.data["ids"][0])


@pytest.mark.parametrize("mode", ERAS)
async def test_a_draft_gets_its_new_words_to_the_letter_and_nobody_is_asked(
    tmp_path: Path, mode: Era
) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, mode=mode, person=person) as session:
        campaign = await drafted(session, SMS)
        done = await session.call(
            "update_campaign", campaign=campaign, sender="102", text="5 € off. STOP", title="July"
        )
        assert done.status == "succeeded", done.text
        assert bodies(session, "patchSmsCampaign") == [
            {
                "internal_name": "July",
                "sender_id": 102,
                "content": {"message": "5 € off. STOP"},
                "options": {"encoding": "gsm_extended", "max_messages": 1},
            }
        ]
        assert person.forms == []


async def test_the_new_words_are_what_the_send_shows(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        campaign = await drafted(session, SMS)
        await session.call("update_campaign", campaign=campaign, sender="102", text="New words. STOP")
        shown = await previewed(
            session, "send_campaign", campaign=campaign, audience="whole_list", when="now"
        )
        assert shown.data["preview"]["message"] == "New words. STOP"


async def test_an_email_keeps_no_preheader_that_nobody_was_shown(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        campaign = await drafted(session, EMAIL)
        done = await session.call("update_campaign", campaign=campaign, **NEW_EMAIL)
        assert done.status == "succeeded", done.text
        assert bodies(session, "patchEmailCampaign") == [
            {
                "internal_name": "June",
                "sender_id": 201,
                "reply_to": 201,
                "subject": "July",
                "content": {"body": "<p>Hello again</p>", "plain_text": "Hello again", "snippet": ""},
            }
        ]


async def test_a_scheduled_campaign_is_shown_with_its_time_and_asks(tmp_path: Path) -> None:
    person = Person("decline")
    async with connected(tmp_path, TOOLS, person=person) as session:
        shown = await previewed(
            session, "update_campaign", campaign="smsqueue01", sender="102", text="x STOP"
        )
        assert facts(shown)["status"] == "queued"
        assert "the campaign is queued: this changes what people get" in shown.text
        told = await session.call("update_campaign", campaign="smsqueue01", sender="102", text="x STOP")
        assert told.status == "declined"
        assert bodies(session, "patchSmsCampaign") == []


@pytest.mark.parametrize(
    ("campaign", "arguments", "said"),
    [
        ("smsdraft02", {"sender": "102", "text": "x", "subject": "y"}, "subject: is no part of an sms"),
        ("emldraft01", {"sender": "201", "text": "x", "max_parts": 1}, "max_parts: is no part of an email"),
        ("emldraft01", {"sender": "201", "text": "x"}, "subject and html: are required for email"),
        ("smsdraft02", {"sender": "nobody", "text": "x"}, "sender: none is called so"),
        ("nothing", {"sender": "102", "text": "x"}, "campaign: the account has no such campaign"),
    ],
)
async def test_what_cannot_be_changed_is_refused(
    tmp_path: Path, campaign: str, arguments: dict[str, Any], said: str
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        told = await refused(session, "update_campaign", campaign=campaign, **arguments)
        assert told.startswith(said), told
        assert session.sandbox.effects.size == 0


async def test_a_campaign_of_another_channel_is_left_alone(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        session.sandbox.world.egoi.campaigns["smsdraft02"].channel = "voice"
        told = await refused(session, "update_campaign", campaign="smsdraft02", sender="102", text="x")
        assert told.startswith("campaign: is for voice")
        assert session.sandbox.effects.size == 0
