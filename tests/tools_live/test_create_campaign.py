"""Creating campaigns as drafts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.state import Sender
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "campaigns"}
SMS: dict[str, Any] = {
    "channel": "sms",
    "list_id": 1,
    "title": "June",
    "sender": "ACME",
    "text": "10% off until Friday. Reply STOP to opt out",
}
HTML = (
    "<html><head><title>x</title><style>p{color:red}</style></head><body><p>Olá <b>!fname</b></p>"
    '<img src="https://example.com/a.png" alt="Wine"><p><a href="https://example.com/sale">Buy</a> '
    '<a href="https://example.com/out">unsubscribe</a></p></body></html>'
)
EMAIL: dict[str, Any] = {
    "channel": "email",
    "list_id": 2,
    "title": "June news",
    "sender": "hello@example.com",
    "subject": "June",
    "html": HTML,
}


@pytest.mark.parametrize("mode", ERAS)
async def test_an_sms_draft_reaches_egoi_to_the_letter_and_nobody_is_asked(tmp_path: Path, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, mode=mode, person=person) as session:
        done = await session.call("create_campaign", **SMS)
        assert done.status == "succeeded"
        assert bodies(session, "createSmsCampaign") == [
            {
                "list_id": 1,
                "internal_name": "June",
                "sender_id": 102,
                "content": {"type": "text", "message": SMS["text"]},
                "options": {"encoding": "gsm", "max_messages": 1},
            }
        ]
        (campaign,) = done.data["ids"]
        assert session.sandbox.world.egoi.campaigns[campaign].status == "draft"
        assert f"ids: {campaign}" in done.text
        assert session.sandbox.effects.count() == 0
        assert person.forms == []


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("plain", {"encoding": "gsm", "max_messages": 1}),
        ("5 € {now}", {"encoding": "gsm_extended", "max_messages": 1}),
        ("Olá", {"encoding": "unicode", "max_messages": 1}),
        ("a" * 161, {"encoding": "gsm", "max_messages": 2}),
        ("é" * 1071, {"encoding": "gsm", "max_messages": 7}),
    ],
)
async def test_encoding_and_parts_follow_the_text(tmp_path: Path, text: str, options: dict[str, Any]) -> None:
    async with connected(tmp_path, TOOLS) as session:
        done = await session.call("create_campaign", **{**SMS, "text": text})
        assert done.status == "succeeded", done.text
        assert bodies(session, "createSmsCampaign")[0]["options"] == options


async def test_max_parts_allows_what_it_says_and_no_more(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        long = {**SMS, "text": "a" * 161}
        said = await refused(session, "create_campaign", **long, max_parts=1)
        assert said == (
            "text: takes 2 SMS parts (GSM-7), and the limit is 1. Nothing was sent. "
            "Shorten it or raise max_parts."
        )
        done = await session.call("create_campaign", **long, max_parts=3)
        assert bodies(session, "createSmsCampaign")[0]["options"]["max_messages"] == 3
        assert done.status == "succeeded"
        said = await refused(session, "create_campaign", **{**SMS, "text": "a" * 1072})
        assert said == "text: takes 8 SMS parts (GSM-7), and the limit is 7. Nothing was sent. Shorten it."


async def test_the_preview_of_an_sms_says_everything(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        shown = await previewed(session, "create_campaign", **{**SMS, "text": "Olá !fname, bit.ly/x"})
        assert facts(shown) == {
            "list": "1 (Customers)",
            "from": "ACME (sender 102, active)",
            "encoding": "UCS-2",
            "characters": "20",
            "segments per message": "1 (of up to 70 units)",
            "unicode because of": "á (latin small letter a with acute)",
        }
        preview = shown.data["preview"]
        assert preview["account"] == "egoi 700001"
        assert preview["message"] == "Olá !fname, bit.ly/x"
        assert preview["warnings"] == [
            "merge tags are filled by the vendor or stay as they are: !fname; "
            "the segments are counted as the text stands",
            "a link shortener: carriers filter those",
            "no opt-out text was found, and this is promotional",
        ]
        assert "Text:\n    | Olá !fname, bit.ly/x\n" in shown.text
        assert shown.text.endswith(
            "A draft reaches nobody; send_campaign sends it after a person approves, undo_action deletes it."
        )
        assert mutations(session) == []


async def test_an_email_draft_reaches_egoi_with_all_its_parts(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        done = await session.call("create_campaign", **EMAIL, text="Olá", preheader="Inside: June")
        assert done.status == "succeeded"
        assert bodies(session, "createEmailCampaign") == [
            {
                "list_id": 2,
                "internal_name": "June news",
                "sender_id": 201,
                "reply_to": 201,
                "subject": "June",
                "content": {"type": "html", "body": HTML, "plain_text": "Olá", "snippet": "Inside: June"},
            }
        ]


async def test_answers_go_to_the_sender_that_is_named_and_that_is_kept(
    tmp_path: Path,
) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.egoi.senders[204] = Sender(
        sender_id=204, kind="email", status="active", address="desk@example.com", name="Desk"
    )
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        done = await session.call("create_campaign", **EMAIL, reply_to="desk@example.com")
        assert done.status == "succeeded", done.text
        assert [body["reply_to"] for body in bodies(session, "createEmailCampaign")] == [204]
        (action,) = await session.ledger.newest()
        assert action.content is not None
        assert action.content.reply_to == "Desk desk@example.com (sender 204, active)"
        assert "Replies go to: Desk desk@example.com" in action.preview.as_text()


@pytest.mark.parametrize(
    ("channel", "reply_to", "said"),
    [
        (EMAIL, "nobody@example.com", "reply_to: "),
        (EMAIL, "202", "reply_to: 'Acme News' is 'moderation'"),
        (SMS, "201", "reply_to: is no part of an sms campaign"),
    ],
)
async def test_a_sender_that_answers_cannot_go_to_is_refused(
    tmp_path: Path, channel: dict[str, Any], reply_to: str, said: str
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        assert (await refused(session, "create_campaign", **channel, reply_to=reply_to)).startswith(said)


async def test_the_preview_of_an_email_shows_what_its_html_shows_and_where_it_leads(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        shown = await previewed(
            session, "create_campaign", **EMAIL, text="Something else", preheader="Inside: June"
        )
        assert facts(shown) == {
            "list": "2 (Newsletter)",
            "from": "Acme hello@example.com (sender 201, active)",
            "size": "0.2 KiB of HTML, 1 images",
            "links": "2 to example.com",
            "unsubscribe": "the link 'unsubscribe' to example.com",
        }
        assert shown.data["preview"]["message"].splitlines() == [
            "Subject: June",
            "Preheader: Inside: June",
            "",
            "Olá !fname",
            "[image: Wine]",
            "Buy <https://example.com/sale> unsubscribe <https://example.com/out>",
            "",
            "Plain-text part, for programs that show no HTML:",
            "Something else",
        ]
        assert shown.data["preview"]["warnings"] == [
            "merge tags are filled by the vendor or stay as they are: !fname"
        ]


async def test_an_email_without_a_way_out_or_a_plain_part_is_warned_about(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        bare = {**EMAIL, "html": '<p>Buy <a href="https://bit.ly/x">now</a></p>'}
        shown = await previewed(session, "create_campaign", **bare)
        assert shown.data["preview"]["warnings"] == [
            "a link shortener: filters distrust those",
            "there is no plain-text part",
            "no unsubscribe link was found; the account's footer may add one",
            "no preheader: mail programs show the first words of the body instead",
        ]


NO_SMS: list[tuple[dict[str, Any], str]] = [
    ({"text": None}, "text: is required for sms. Nothing was created."),
    ({"text": "   "}, "text: is blank."),
    ({"text": "a\u0007"}, "text: Character 2 of the text (U+0007) is a control character"),
    ({"subject": "x"}, "subject: is no part of an sms campaign. Leave it out."),
    ({"html": "<p>x</p>"}, "html: is no part of an sms campaign."),
    ({"preheader": "x"}, "preheader: is no part of an sms campaign."),
    ({"list_id": 99}, "list_id: the account has no list 99."),
    ({"sender": "NEWBRAND"}, "sender: 'NEWBRAND' is 'moderation' at the vendor and cannot send."),
    ({"sender": "104"}, "sender: '44-7700900999' is 'rejected' at the vendor and cannot send."),
    ({"sender": "501"}, "sender: none is called so. get_account (sms campaigns) shows them."),
    ({"sender": "brand"}, "sender: none is called so. Similar: 103 (NEWBRAND). get_account"),
    ({"max_parts": 8}, "max_parts: must be at most 7."),
    ({"channel": "push"}, "channel: must be 'sms' or 'email'."),
    ({"title": ""}, "title: must not be empty."),
]


async def test_what_makes_no_sms_campaign_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for changed, said in NO_SMS:
            told = await refused(session, "create_campaign", **{**SMS, **changed})
            assert told.startswith(said), changed


NO_EMAIL: list[tuple[dict[str, Any], str]] = [
    ({"html": None}, "subject and html: are required for email. Nothing was created."),
    ({"subject": None, "text": "x"}, "subject and html: are required for email."),
    ({"max_parts": 2}, "max_parts: is no part of an email campaign."),
    ({"sender": "example"}, "sender: none is called so. Similar: 201 (Acme), 202 (Acme News)"),
    ({"sender": "news@example.org"}, "sender: 'Acme News' is 'moderation' at the vendor"),
    ({"sender": "Old Acme"}, "sender: 'Old Acme' is 'rejected' at the vendor"),
]


async def test_what_makes_no_email_campaign_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for changed, said in NO_EMAIL:
            told = await refused(session, "create_campaign", **{**EMAIL, **changed})
            assert told.startswith(said), changed


@pytest.mark.parametrize("sender", ["101", "351-900000900", "+351900000900", "acme", "102"])
async def test_a_sender_is_found_by_id_name_or_number(tmp_path: Path, sender: str) -> None:
    async with connected(tmp_path, TOOLS) as session:
        done = await session.call("create_campaign", **{**SMS, "sender": sender})
        assert done.status == "succeeded", done.text
        (body,) = bodies(session, "createSmsCampaign")
        assert body["sender_id"] == (102 if sender in {"acme", "102"} else 101)


async def test_the_same_draft_again_is_another_draft(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        first = await session.call("create_campaign", **SMS)
        again = await session.call("create_campaign", **SMS)
        assert (first.status, again.status) == ("succeeded", "succeeded")
        assert first.data["ids"] != again.data["ids"]
