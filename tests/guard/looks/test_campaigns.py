"""Campaigns after a lost reply: made, changed, sent now, sent later, or none of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import httpx2
import pytest

from egoi_mcp.guard.action import Content
from egoi_mcp.sandbox import Fault
from egoi_mcp.sandbox.clock import stamp
from egoi_mcp.sandbox.egoi.state import Campaign, Operation
from egoi_mcp.sandbox.faults import FaultKind
from tests.guard.looks.acting import DID_NOT, ENOUGH, HAPPENED, Acting, Deed, acting
from tests.sandbox.accounts import EGOI_HEADERS

pytestmark = pytest.mark.anyio

TEAM: dict[str, Any] = {"list_id": 3, "segments": {"type": "none"}}
SMS = TEAM | {"destination_field": "cellphone"}
SENDS = [
    Deed("actionSendSms", SMS, {"campaign_hash": "smsdraft02"}),
    Deed("actionSendEmail", TEAM, {"campaign_hash": "emldraft02"}),
]
SEND = SENDS[0]
LATER = replace(SEND, body=SMS | {"schedule_date": "2099-06-01 09:00:00"})
NEW = Deed(
    "createSmsCampaign",
    {"list_id": 3, "internal_name": "June", "sender_id": 102, "content": {"type": "text", "message": "Hi"}},
)
CHANGE = Deed("patchSmsCampaign", {"internal_name": "July"}, {"campaign_hash": "smsdraft02"})
WORDS = Content(channel="sms", title="Sale", text="Sale today")


def campaign(act: Acting, deed: Deed = SEND) -> Campaign:
    assert deed.path is not None
    return act.sandbox.world.egoi.campaigns[str(deed.path["campaign_hash"])]


def made(act: Acting, name: str = "June") -> list[Campaign]:
    return [each for each in act.sandbox.world.egoi.campaigns.values() if each.internal_name == name]


@pytest.mark.parametrize("deed", SENDS, ids=lambda deed: deed.name)
@pytest.mark.parametrize("zone", ["UTC", None])
async def test_a_campaign_that_left_its_draft_was_sent(tmp_path: Path, deed: Deed, zone: str | None) -> None:
    async with acting(tmp_path, zone=zone) as act:
        told = await act.settled(deed, HAPPENED)

        assert told.status == "succeeded"
        assert "the campaign is sent" in told.text


@pytest.mark.parametrize("deed", [*SENDS, LATER], ids=lambda deed: deed.name)
async def test_a_campaign_that_is_still_a_draft_was_not_sent_once_time_has_passed(
    tmp_path: Path, deed: Deed
) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(deed, DID_NOT)
        early = await act.check(action_id)
        act.session.rows.let_pass(ENOUGH)
        late = await act.check(action_id)

        assert (early.status, late.status) == ("unknown", "failed")
        assert "ask check_action again in" in early.text
        assert campaign(act, deed).status == "draft"


async def test_a_scheduled_campaign_is_told_by_its_time(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(LATER, HAPPENED)

        assert (told.status, act.sandbox.effects.count("sms")) == ("succeeded", 0)
        assert "the campaign is queued" in told.text


@pytest.mark.parametrize(
    ("deed", "by_hand"),
    [
        (LATER, {"schedule_date": "2099-07-01 09:00:00"}),
        (SEND, {"schedule_date": "2099-07-01 09:00:00"}),
    ],
)
async def test_a_campaign_that_somebody_scheduled_otherwise_is_not_this_send(
    tmp_path: Path, deed: Deed, by_hand: dict[str, Any]
) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(deed, DID_NOT, passed=ENOUGH)
        await at_the_vendor(act, SMS | by_hand)
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "is scheduled" in told.text


async def test_a_campaign_that_somebody_sent_much_later_is_not_this_send(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(SEND, DID_NOT, passed=3600.0)
        await at_the_vendor(act, SMS)
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "began at another time" in told.text


async def at_the_vendor(act: Acting, body: dict[str, Any]) -> None:
    """Send the campaign as somebody does in the vendor's own pages: past this server."""
    async with httpx2.AsyncClient(
        transport=act.sandbox.transport(), base_url="https://vendor.example.com", headers=EGOI_HEADERS
    ) as client:
        reply = await client.post("/campaigns/sms/smsdraft02/actions/send", json=body)
        assert reply.status_code == 202


async def test_which_of_two_sends_of_one_campaign_happened_is_not_told(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        first = await act.lose(SEND, DID_NOT)
        again = replace(SEND, body=SMS | {"segments": {"type": "segment", "data": ["tag_1"]}})
        assert (await act.do(again)).status == "succeeded"
        told = await act.check(first)

        assert told.status == "unknown"
        assert "another action may have sent it" in told.text


@pytest.mark.parametrize(
    ("status", "words"), [("canceled", "cancelled since"), ("paused", "paused"), ("sending", "is sending")]
)
async def test_a_send_that_was_stopped_afterwards_happened_and_says_so(
    tmp_path: Path, status: Any, words: str
) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(SEND, HAPPENED)
        campaign(act).status = status
        told = await act.check(action_id)

        assert told.status == "succeeded"
        assert words in told.text


async def test_a_paused_campaign_that_is_still_paused_was_not_sent(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        campaign(act).status = "paused"
        told = await act.settled(SEND, DID_NOT, passed=ENOUGH)

        assert told.status == "failed"


async def test_a_draft_that_stands_in_the_queue_is_on_its_way(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(SEND, DID_NOT, passed=ENOUGH)
        act.sandbox.world.egoi.operations[99] = Operation(
            operation_id=99,
            type="sms",
            status="processing",
            created=0.0,
            start=0.0,
            internal_name="x",
            campaign_hash="smsdraft02",
        )
        told = await act.check(action_id)

        assert told.status == "succeeded"
        assert "stands in E-goi's queue" in told.text


async def test_a_campaign_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(SEND, DID_NOT, passed=ENOUGH)
        del act.sandbox.world.egoi.campaigns["smsdraft02"]

        assert (await act.check(action_id)).status == "unknown"


async def test_a_new_campaign_is_found_by_name_and_time_and_its_words_are_kept(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(NEW, HAPPENED, content=WORDS)
        told = await act.check(action_id)
        (found,) = made(act)
        content = await act.session.ledger.content("egoi", "700001", found.campaign_hash)

        assert (told.status, told.data["ids"]) == ("succeeded", [found.campaign_hash])
        assert content is not None
        assert (content.text, content.updated) == ("Sale today", stamp(found.created, UTC))


async def test_a_campaign_that_the_list_does_not_show_was_not_made(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(NEW, DID_NOT)
        early = await act.check(action_id)
        act.session.rows.let_pass(ENOUGH)

        assert (early.status, (await act.check(action_id)).status) == ("unknown", "failed")


async def test_without_the_accounts_zone_nobody_can_say_when_a_campaign_was_made(tmp_path: Path) -> None:
    async with acting(tmp_path, zone=None) as act:
        action_id = await act.lose(NEW, HAPPENED, content=WORDS)
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "EGOI_ACCOUNT_TIMEZONE" in told.text
        assert await act.session.ledger.content("egoi", "700001", made(act)[0].campaign_hash) is None


async def test_another_actions_campaign_of_that_name_is_not_taken(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(NEW, DID_NOT)
        assert (await act.do(NEW)).status == "succeeded"
        act.session.rows.let_pass(ENOUGH)

        assert (await act.check(action_id)).status == "failed"


async def test_of_two_lost_campaigns_of_one_name_and_one_found_neither_is_told(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        first = await act.lose(NEW, DID_NOT, passed=1.0)
        second = await act.lose(NEW, HAPPENED)

        assert len(made(act)) == 1
        assert (await act.check(first)).status == "unknown"
        assert (await act.check(second)).status == "unknown"


async def test_two_campaigns_of_that_name_and_time_are_one_too_many(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(NEW, HAPPENED)
        (found,) = made(act)
        other = replace(found, campaign_hash="byhand01", id=found.id + 1)
        act.sandbox.world.egoi.campaigns["byhand01"] = other

        assert (await act.check(action_id)).status == "unknown"


@pytest.mark.parametrize(
    ("name", "apart", "status"),
    [
        ("June", 7200.0, "unknown"),
        ("June", 4 * 86_400.0, "failed"),
        ("May", 0.0, "unknown"),
        ("May", 7200.0, "failed"),
    ],
)
async def test_one_difference_leaves_doubt_and_two_do_not(
    tmp_path: Path, name: str, apart: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(NEW, HAPPENED)
        (found,) = made(act)
        found.internal_name, found.created = name, found.created - apart
        act.session.rows.let_pass(ENOUGH)
        found.created -= ENOUGH

        assert (await act.check(action_id)).status == status


@pytest.mark.parametrize(
    ("kind", "passed", "status"),
    [(DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed"), (HAPPENED, ENOUGH, "unknown")],
)
async def test_a_change_is_told_only_by_a_stamp_that_has_not_moved(
    tmp_path: Path, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(CHANGE, kind, passed=passed)

        assert told.status == status


@pytest.mark.parametrize(("deed", "where"), [(SEND, "getAllCampaigns"), (NEW, "getAllCampaigns")])
async def test_a_vendor_that_is_down_leaves_it_unknown(tmp_path: Path, deed: Deed, where: str) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(deed, HAPPENED)
        act.sandbox.faults.add(Fault(kind="500_before", match=where, times=9))
        told = await act.check(action_id)
        act.sandbox.faults.clear()

        assert told.status == "unknown"
        assert "the vendor could not be asked" in told.text
        assert (await act.check(action_id)).status == "succeeded"
