"""Listing campaigns, and reading what became of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import SMS, Person, connected
from tests.tools_live.live import altered, queries, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "campaigns,reports"}


async def test_campaigns_come_newest_first_with_status_and_dates(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("list_campaigns", limit=3)
        assert called.data["campaigns"][0] == {
            "campaign": "emlsent012",
            "channel": "email",
            "title": "EMAIL emlsent012",
            "status": "sent",
            "list_id": 2,
            "created": "2026-03-27T12:00:00",
            "sent": "2026-03-27T14:00:00",
        }
        assert called.data["total"] == 34
        assert "emlsent012 | email | EMAIL emlsent012 | sent | 2 | 2026-03-27T12:00:00" in called.text
        assert queries(session, "getAllCampaigns") == [
            {"offset": "0", "limit": "3", "order": "desc", "order_by": "created"}
        ]


async def test_filters_go_to_the_vendor_and_stay_on_the_next_page(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        wanted: dict[str, Any] = {"channel": "sms", "status": "sent", "list_id": 1}
        first = await session.call("list_campaigns", **wanted, limit=7)
        rest = await session.call("list_campaigns", **wanted, limit=7, cursor=first.data["next_cursor"])
        found = [each["campaign"] for each in first.data["campaigns"] + rest.data["campaigns"]]
        assert sorted(found) == [f"smssent{number:03d}" for number in range(1, 13)]
        assert "next_cursor" not in rest.data
        said = await refused(session, "list_campaigns", channel="sms", cursor=first.data["next_cursor"])
        assert "cursor: belongs to a call with other arguments" in said


async def test_a_campaign_that_waits_says_for_when_and_a_paused_one_does_not(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("list_campaigns", channel="sms", status="queued")
        assert called.data["campaigns"][0]["scheduled"] == "2099-12-31T09:00:00"
        assert "scheduled 2099-12-31T09:00:00" in called.text
        paused = await session.call("list_campaigns", channel="sms", status="paused")
        assert "scheduled" not in paused.data["campaigns"][0]


async def test_no_campaign_and_wrong_filters_are_told(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        assert (await session.call("list_campaigns", channel="voice")).text == "No campaign found."
        said = await refused(session, "list_campaigns", channel="fax")
        assert said.startswith("channel: must be 'email', 'sms',")


# -- reports -------------------------------------------------------------------------------------


async def test_an_sms_report_has_counts_rates_and_networks(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("get_report", campaign="smssent001")
        assert called.data["counts"] == {
            "destinations": 91,
            "sends": 91,
            "delivered": 88,
            "error": 3,
            "invalid": 0,
            "pending": 0,
        }
        assert called.data["rates"] == {"delivered": 96.7, "error": 3.3, "invalid": 0, "pending": 0}
        assert called.data["breakdown"] == ["network PT: 88 sent, 88 delivered"]
        assert called.text.startswith("sms campaign smssent001 'SMS smssent001': sent\n")
        assert "delivered: 88 (96.7 %)" in called.text


async def test_an_email_report_asks_for_domains_and_links_only(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("get_report", campaign="emlsent001")
        assert called.data["counts"]["sends"] == 103
        assert called.data["rates"]["unique_opens"] == 33.0
        assert "sends" not in called.data["rates"]
        assert queries(session, "getEmailReport") == [
            dict.fromkeys(("date", "weekday", "hour", "location", "reader"), "false")
        ]


async def test_the_five_biggest_domains_and_links_are_shown(tmp_path: Path) -> None:
    def detailed(path: str, reply: Any) -> Any:
        if path.startswith("/reports/email"):
            domains = [{"domain": f"d{n}.example.com", "sends": n, "opens": 1} for n in range(9)]
            links = [{"url": f"https://example.com/{n}", "clicks": n} for n in range(9)]
            return {**reply, "domain": [*domains, None], "url": [*links, {"url": None, "clicks": "x"}]}
        return reply

    async with altered(tmp_path, detailed, TOOLS) as session:
        called = await session.call("get_report", campaign="emlsent001")
        lines = called.data["breakdown"]
        assert lines[0] == "domain d8.example.com: 8 sent, 1 opens, 0 hard bounces"
        assert lines[5] == "link https://example.com/8: 8 clicks"
        assert len(lines) == 10
        assert all(line in called.text for line in lines)


@pytest.mark.parametrize(
    ("campaign", "said"),
    [
        ("smsdraft01", "E-goi has no report of it: nothing has been sent."),
        ("emlqueue01", "E-goi has no report of it: nothing has been sent."),
    ],
)
async def test_what_was_not_sent_has_no_report(tmp_path: Path, campaign: str, said: str) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("get_report", campaign=campaign)
        assert not called.is_error
        assert called.data["note"] == said
        assert called.data["counts"] == {}
        assert called.text.endswith(said)


async def test_nothing_sent_gives_no_rates_instead_of_a_division_by_nothing(tmp_path: Path) -> None:
    def nothing(path: str, reply: Any) -> Any:
        return {"overall": {"sends": 0, "delivered": 0}} if path.startswith("/reports/sms") else reply

    async with altered(tmp_path, nothing, TOOLS) as session:
        called = await session.call("get_report", campaign="smssent001")
        assert called.data["rates"] == {}
        assert called.data["counts"] == {"sends": 0, "delivered": 0}


async def test_a_campaign_that_is_not_there_is_told_with_where_hashes_come_from(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        said = await refused(session, "get_report", campaign="nothere")
        assert said == "campaign: the account has no such campaign. list_campaigns gives the hashes."
        said = await refused(session, "get_report", campaign="../1")
        assert said.startswith("campaign: is not of the right form (From list_campaigns or create_campaign).")


async def test_a_report_counts_what_this_server_sent(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        draft = await session.call(
            "create_campaign", channel="sms", list_id=3, title="Lunch", sender="102", text=SMS["text"]
        )
        (campaign,) = draft.data["ids"]
        await session.call("send_campaign", campaign=campaign, audience="whole_list", when="now")
        called = await session.call("get_report", campaign=campaign)
        assert called.data["counts"]["sends"] == 12
        assert called.data["rates"]["delivered"] == 100.0
