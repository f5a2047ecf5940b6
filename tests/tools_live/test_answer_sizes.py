"""No answer fills a model's context, however much there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.tokens import tokens
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import SMS, Called, Person, connected
from tests.tools_live.live import altered, previewed

pytestmark = pytest.mark.anyio

MOST = 8_000
LONG = "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 400
HIDDEN = "\N{TAG LATIN CAPITAL LETTER A}" * 400


def assert_small(called: Called) -> None:
    assert tokens(called.text) < MOST
    assert tokens(called.data) < MOST


async def test_a_hundred_contacts_are_one_answer(tmp_path: Path) -> None:
    async with connected(tmp_path) as session:
        called = await session.call("search_contacts", list_id=1, limit=100)
        assert len(called.data["contacts"]) == 100
        assert_small(called)


@pytest.mark.parametrize("name", [LONG, HIDDEN, "x" * 100_000])
async def test_long_names_make_shorter_pages_that_miss_nobody(tmp_path: Path, name: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    for contact in sandbox.world.egoi.lists[1].contacts.values():
        contact.base["first_name"] = name
    async with connected(tmp_path, sandbox=sandbox, EGOI_MCP_TOOLSETS="contacts") as session:
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            called = await session.call("search_contacts", list_id=1, limit=100, **cursor)
            assert_small(called)
            seen += [each["contact_id"] for each in called.data["contacts"]]
            if "next_cursor" not in called.data:
                break
            cursor = {"cursor": called.data["next_cursor"]}
        assert len(seen) == len(set(seen)) == 180


async def test_a_contact_with_hundreds_of_long_fields_says_how_many_are_left_out(tmp_path: Path) -> None:
    def wide(path: str, reply: Any) -> Any:
        if not path.startswith("/lists/3/contacts/"):
            return reply
        extra = [{"field_id": number, "format": "text", "value": LONG} for number in range(300)]
        return {**reply, "extra": extra, "tags": list(range(5_000))}

    async with altered(tmp_path, wide, EGOI_MCP_TOOLSETS="contacts") as session:
        called = await session.call("get_contact", contact_id="cd5096b5fc", list_id=3)
        assert_small(called)
        shown = sum(name.startswith("extra_") for name in called.data["details"])
        assert 0 < shown < 300
        left_out = int(called.data["note"].partition(" ")[0])
        assert called.data["note"] == f"{left_out} more members are left out."
        assert left_out >= 300 - shown
        assert called.text.endswith(called.data["note"])


@pytest.mark.parametrize("provider", ["egoi", "txtsync", "intercom"])
async def test_whole_contacts_make_shorter_pages_that_miss_nobody(tmp_path: Path, provider: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    for contact in sandbox.world.egoi.lists[3].contacts.values():
        contact.extra = [{"field_id": number, "format": "text", "value": LONG} for number in range(1, 40)]
    for each in sandbox.world.txtsync.contacts.values():
        each.fields |= {f"Custom0{number}": LONG for number in range(1, 6)}
    for user in sandbox.world.intercom.contacts.values():
        user.fields["custom_attributes"] = {f"{number} {LONG}": HIDDEN for number in range(40)}
    questions: dict[str, dict[str, Any]] = {
        "egoi": {"list_id": 3},
        "txtsync": {"query": "Sample"},
        "intercom": {"role": "user"},
    }
    asked = questions[provider]
    async with connected(tmp_path, sandbox=sandbox, EGOI_MCP_TOOLSETS="contacts") as session:
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            called = await session.call(
                "search_contacts", provider=provider, **asked, limit=100, detail="full", **cursor
            )
            assert_small(called)
            seen += [each["contact_id"] for each in called.data["contacts"]]
            if "next_cursor" not in called.data:
                break
            cursor = {"cursor": called.data["next_cursor"]}
        assert len(seen) == len(set(seen)) == {"egoi": 12, "txtsync": 35, "intercom": 20}[provider]


async def test_contacts_of_intercom_with_long_members_stay_small(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    user = next(iter(sandbox.world.intercom.contacts.values()))
    user.fields |= {"custom_attributes": {f"{number} {LONG}": LONG for number in range(100)}, "name": HIDDEN}
    user.companies = list(sandbox.world.intercom.companies)
    for company in sandbox.world.intercom.companies.values():
        company.fields["name"] = LONG
    async with connected(tmp_path, sandbox=sandbox, EGOI_MCP_TOOLSETS="contacts") as session:
        called = await session.call("get_contact", provider="intercom", contact_id=user.id)
        assert_small(called)
        assert "more members are left out." in called.data["note"]


@pytest.mark.parametrize("detail", ["summary", "full"])
@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("/lists", {}),
        ("/tags", {"kind": "tags"}),
        ("/lists/1/segments", {"kind": "segments", "list_id": 1}),
        ("/lists/1/fields", {"kind": "fields", "list_id": 1}),
    ],
)
async def test_long_names_of_audiences_make_shorter_pages(
    tmp_path: Path, path: str, arguments: dict[str, Any], detail: str
) -> None:
    def many(asked: str, reply: Any) -> Any:
        rows = [
            dict.fromkeys(("list_id", "tag_id", "segment_id", "field_id"), number)
            | {"name": LONG, "internal_name": LONG}
            for number in range(100)
        ]
        if asked != path:
            return reply
        return rows if path.endswith("fields") else {"items": rows, "total_items": 250}

    async with altered(tmp_path, many, EGOI_MCP_TOOLSETS="tags") as session:
        called = await session.call("list_audiences", **arguments, limit=100, detail=detail)
        assert_small(called)
        assert 0 < len(called.data["audiences"]) < 100
        assert "next_cursor" in called.data


async def test_many_campaigns_with_long_titles_stay_small(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    for campaign in sandbox.world.egoi.campaigns.values():
        campaign.internal_name = LONG
    async with connected(tmp_path, sandbox=sandbox, EGOI_MCP_TOOLSETS="campaigns") as session:
        assert_small(await session.call("list_campaigns", limit=100))


async def test_an_account_with_thousands_of_senders_shows_those_that_can_send(tmp_path: Path) -> None:
    def many(path: str, reply: Any) -> Any:
        if "/senders" not in path:
            return reply
        rows = [
            {
                "sender_id": number,
                "id": str(number),
                "name": LONG,
                "email": f"sender{number}@example.com",
                "status": "rejected" if number % 100 else "active",
                "senderStatus": "rejected",
            }
            for number in range(1_000)
        ]
        return rows if path.startswith("/api/v2") else {"items": rows}

    async with altered(tmp_path, many, EGOI_MCP_TOOLSETS="account") as session:
        called = await session.call("get_account")
        assert_small(called)
        account = called.data["accounts"][0]
        assert len(account["senders"]) + account["more_senders"] == 3_000
        assert len(account["senders"]) >= 15
        assert all(each["status"] == "active" for each in account["senders"][:30])
        assert f"and {account['more_senders']} more senders" in called.text


async def test_a_thousand_recipients_and_their_ids_stay_small(tmp_path: Path) -> None:
    def long_ids(path: str, reply: Any) -> Any:
        if not path.endswith("/action/send"):
            return reply
        return [{"messageId": f"{place:036d}"} for place, _ in enumerate(reply)]

    to = [f"+3519000{number:05d}" for number in range(1_000)]
    async with altered(tmp_path, long_ids, person=Person(), EGOI_MCP_TOOLSETS="sms") as session:
        wrong = [*to[:500], *(f"nobody{number}" for number in range(500))]
        assert_small(await previewed(session, "send_sms", **{**SMS, "text": LONG[:350] * 3, "to": wrong}))
        sent = await session.call("send_sms", **{**SMS, "to": to})
        assert sent.status == "succeeded"
        assert_small(sent)
        assert len(sent.data["ids"]) + sent.data["more_ids"] == 1_000


@pytest.mark.parametrize("word", ["word ", LONG + " ", HIDDEN + " ", "<a href='https://example.com/x'>y</a>"])
async def test_the_preview_of_an_email_of_400_kilobytes_is_its_gist(tmp_path: Path, word: str) -> None:
    html = "<p>" + word * (400_000 // len(word.encode())) + "</p>"
    async with connected(tmp_path, EGOI_MCP_TOOLSETS="campaigns") as session:
        draft = {"channel": "email", "list_id": 2, "title": "x" * 255, "sender": "201", "subject": "s" * 255}
        shown = await previewed(session, "create_campaign", **draft, html=html, text="t" * 20_000)
        assert_small(shown)
        assert "more characters]" in shown.data["preview"]["message"]
        made = await session.call("create_campaign", **draft, html=html)
        assert made.status == "succeeded"
        assert_small(made)
        send = {"campaign": made.data["ids"][0], "audience": "whole_list", "when": "now"}
        assert_small(await previewed(session, "send_campaign", **send))


async def test_a_thousand_contacts_to_tag_are_previewed_by_their_first(tmp_path: Path) -> None:
    ids = [f"{number:010x}" for number in range(1_000)]
    async with connected(tmp_path, EGOI_MCP_TOOLSETS="tags") as session:
        assert_small(
            await previewed(session, "tag_contacts", do="attach", list_id=1, tag="vip", contact_ids=ids)
        )


async def test_a_report_with_thousands_of_lines_shows_what_matters_most(tmp_path: Path) -> None:
    def long_report(path: str, reply: Any) -> Any:
        if not path.startswith("/reports"):
            return reply
        links = [{"url": f"https://example.com/{LONG}{number}", "clicks": number} for number in range(3_000)]
        domains = [{"domain": f"{number}.example.com", "sends": number} for number in range(3_000)]
        return {**reply, "url": links, "domain": domains}

    async with altered(tmp_path, long_report, EGOI_MCP_TOOLSETS="reports") as session:
        called = await session.call("get_report", campaign="emlsent001")
        assert_small(called)
        assert len(called.data["breakdown"]) == 10
