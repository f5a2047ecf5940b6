"""The ways in which hosts and models pass arguments, right and wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import ERAS, SMS, Era, Person, connected
from tests.tools_live.live import bodies, queries, refused

pytestmark = pytest.mark.anyio


async def test_lists_as_json_text_numbers_as_text_and_truth_as_text_are_taken(tmp_path: Path) -> None:
    async with connected(tmp_path, person=Person()) as session:
        page = await session.call("search_contacts", list_id="1", limit="5")
        assert len(page.data["contacts"]) == 5
        sent = await session.call(
            "send_sms",
            text="Your order is ready",
            sender=501,
            purpose="transactional",
            to='["+351900000001", "351-900000002"]',
            max_parts="2",
            registered="true",
            preview_only="false",
        )
        assert sent.status == "succeeded", sent.text
        ((one, two),) = bodies(session, "sendSmsMessages")
        assert (one["to"], two["to"]) == ("351-900000001", "351-900000002")
        assert one["registered"] is True
        shown = await session.call("send_sms", **SMS, preview_only="true")
        assert shown.status == "preview"


async def test_ids_that_came_as_numbers_are_taken_for_what_they_are(tmp_path: Path) -> None:
    async with connected(tmp_path, person=Person()) as session:
        tagged = await session.call(
            "tag_contacts", do="attach", list_id=1, tag=9, contact_ids='["11605c0096"]'
        )
        assert tagged.status == "succeeded"
        assert bodies(session, "actionAttachTag") == [{"tag_id": 9, "contacts": ["11605c0096"]}]
        by_number = await session.call("search_contacts", query=351900000001, list_id=1)
        assert by_number.text.startswith("No contact found.")
        sent = await session.call("send_sms", **{**SMS, "to": [+351900000001]}, country="PT")
        assert sent.status == "succeeded", sent.text
        assert bodies(session, "sendSmsMessages")[0][0]["to"] == "351-900000001"


async def test_nulls_for_what_was_left_out_are_taken_as_left_out(tmp_path: Path) -> None:
    async with connected(tmp_path) as session:
        page = await session.call("search_contacts", query=None, list_id=1, limit=None, cursor=None)
        assert len(page.data["contacts"]) == 25
        campaigns = await session.call("list_campaigns", channel=None, status=None, list_id=None)
        assert "channel" not in queries(session, "getAllCampaigns")[0]
        assert not campaigns.is_error


async def test_the_text_null_stays_a_text(tmp_path: Path) -> None:
    async with connected(tmp_path, person=Person(), EGOI_MCP_TOOLSETS="sms") as session:
        await session.call("send_sms", **{**SMS, "text": "null", "group": "null"})
        assert bodies(session, "sendSmsMessages")[0][0]["textBody"] == "null"
        assert bodies(session, "sendSmsMessages")[0][0]["group"] == "null"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("search_contacts", {"search": "Ana"}, "unknown argument 'search': did you mean 'query'?"),
    ("search_contacts", {"page": 2}, "unknown argument 'page': did you mean 'cursor'?"),
    ("search_contacts", {"account": "txtsync"}, "unknown argument 'account': did you mean 'provider'?"),
    ("get_contact", {"id": "1"}, "unknown argument 'id': did you mean 'contact_id'?"),
    ("create_contact", {"cellphone": "+351900000001"}, "unknown argument 'cellphone': did you mean 'phone'?"),
    ("create_contact", {"consent": "any"}, "unknown argument 'consent': did you mean 'fields'?"),
    ("update_contact", {"birth_date": "x"}, "unknown argument 'birth_date': did you mean 'fields'?"),
    ("unsubscribe_contacts", {"contacts": []}, "unknown argument 'contacts': did you mean 'contact_ids'?"),
    ("erase_contacts", {"contact": "1"}, "unknown argument 'contact': did you mean 'contact_ids'?"),
    ("import_contacts", {"contacts": []}, "unknown argument 'contacts': did you mean 'rows'?"),
    (
        "tag_contacts",
        {"do": "detach", "segment_id": "x"},
        "unknown argument 'segment_id': did you mean 'segment'?",
    ),
    ("list_audiences", {"type": "tags"}, "unknown argument 'type'"),
    ("tag_contacts", {"do": "attach", "tag_name": "vip"}, "unknown argument 'tag_name': did you mean 'tag'?"),
    (
        "tag_contacts",
        {"do": "attach", "contacts": []},
        "unknown argument 'contacts': did you mean 'contact_ids'?",
    ),
    ("list_campaigns", {"offset": 5}, "unknown argument 'offset': did you mean 'cursor'?"),
    ("create_campaign", {"message": "x"}, "unknown argument 'message': did you mean 'text'?"),
    ("create_campaign", {"schedule_date": "x"}, "unknown argument 'schedule_date'."),
    ("update_campaign", {"campaign_hash": "x"}, "unknown argument 'campaign_hash': did you mean 'campaign'?"),
    ("send_campaign", {"schedule_date": "x"}, "unknown argument 'schedule_date': did you mean 'when'?"),
    ("send_campaign", {"campaign_hash": "x"}, "unknown argument 'campaign_hash': did you mean 'campaign'?"),
    ("send_sms", {"phone": "x"}, "unknown argument 'phone': did you mean 'to'?"),
    ("send_sms", {"dry_run": True}, "unknown argument 'dry_run': did you mean 'preview_only'?"),
    ("send_sms", {"approval": "act_12345678"}, "unknown argument 'approval'."),
    ("get_report", {"hash": "x"}, "unknown argument 'hash': did you mean 'campaign'?"),
    (
        "get_account",
        {"list_id": 1},
        "unknown argument 'list_id'. This tool takes provider. Nothing was done.",
    ),
    ("find_operations", {"question": "x"}, "unknown argument 'question'"),
    ("call_operation", {"operation_id": "x"}, "unknown argument 'operation_id': did you mean 'operation'?"),
    ("call_operation", {"parameters": {}}, "unknown argument 'parameters'"),
    ("check_action", {"action": "x"}, "unknown argument 'action': did you mean 'action_id'?"),
    ("undo_action", {"id": "x"}, "unknown argument 'id': did you mean 'action_id'?"),
]


async def test_an_unknown_argument_is_refused_by_name_with_the_right_one(tmp_path: Path) -> None:
    async with connected(tmp_path) as session:
        for tool, arguments, said in WRONG:
            told = await refused(session, tool, **arguments)
            assert told.startswith(said), (tool, told)
            assert "This tool takes " in told
        assert session.sandbox.requests.total == 0
        listed = {tool.name for tool in (await session.client.list_tools()).tools}
        assert {tool for tool, _, _ in WRONG} == listed


@pytest.mark.parametrize("mode", ERAS)
async def test_a_preview_asks_nobody_and_keeps_nothing_in_either_era(tmp_path: Path, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, mode=mode, person=person) as session:
        shown = await session.call("send_sms", **SMS, preview_only=True)
        assert shown.status == "preview"
        assert person.forms == []
        assert session.rows.count() == 0
        assert session.sandbox.effects.size == 0
