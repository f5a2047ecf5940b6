"""What an approval rests on: where it changed between the question and the send, nothing goes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.guard.witnesses import Witness, at_work, difference, grown_too_much, needed
from egoi_mcp.sandbox.egoi.state import Contact
from egoi_mcp.sandbox.faults import Fault
from tests.support import ERAS, SMS, Era, Person, Session, connected

pytestmark = pytest.mark.anyio

ZONE = {"EGOI_ACCOUNT_TIMEZONE": "Europe/Lisbon"}
DRAFT: dict[str, Any] = {
    "channel": "sms",
    "list_id": 1,
    "title": "June",
    "sender": "102",
    "text": "Hello. Reply STOP",
}
CHANGE: dict[str, Any] = {"sender": "102", "text": "Something else. Reply STOP"}
Happening = Callable[[Session, str], Awaitable[object]]


async def drafted(session: Session) -> str:
    done = await session.call("create_campaign", **DRAFT)
    assert done.status == "succeeded", done.text
    return str(done.data["ids"][0])


def joined(session: Session, list_id: int, count: int) -> None:
    """Let so many people join a list."""
    people = session.sandbox.world.egoi.lists[list_id].contacts
    model = next(contact for contact in people.values() if contact.status == "active")
    for number in range(count):
        contact_id = f"{0xABC000 + number:010x}"
        people[contact_id] = Contact(contact_id=contact_id, list_id=list_id, base={**model.base}, tags=[1])


async def edited_at_the_vendor(session: Session, campaign: str) -> None:
    session.sandbox.world.egoi.campaigns[campaign].updated += 60


async def edited_by_a_tool(session: Session, campaign: str) -> None:
    changed = await session.call("update_campaign", campaign=campaign, **CHANGE)
    assert changed.status == "succeeded", changed.text


async def renamed_at_the_vendor(session: Session, campaign: str) -> None:
    session.sandbox.world.egoi.campaigns[campaign].internal_name = "July"


async def sent_at_the_vendor(session: Session, campaign: str) -> None:
    session.sandbox.world.egoi.campaigns[campaign].status = "sent"


async def deleted_at_the_vendor(session: Session, campaign: str) -> None:
    del session.sandbox.world.egoi.campaigns[campaign]


async def sender_blocked(session: Session, campaign: str) -> None:
    session.sandbox.world.egoi.senders[102].status = "moderation"


async def sender_renamed(session: Session, campaign: str) -> None:
    session.sandbox.world.egoi.senders[102].address = "OTHER"


async def many_joined(session: Session, campaign: str) -> None:
    joined(session, 1, 4)


HAPPENINGS: dict[str, tuple[Happening, str]] = {
    "edited at the vendor": (edited_at_the_vendor, "another updated"),
    "edited by a tool": (edited_by_a_tool, "another updated"),
    "renamed": (renamed_at_the_vendor, "another internal_name"),
    "sent": (sent_at_the_vendor, "another status"),
    "deleted": (deleted_at_the_vendor, "is gone"),
    "its sender blocked": (sender_blocked, "another status"),
    "its sender renamed": (sender_renamed, "another cellphone"),
    "many joined": (many_joined, "grown from 153 to 157"),
}


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("name", HAPPENINGS)
async def test_what_changed_while_the_person_was_asked_is_not_sent(
    tmp_path: Path, name: str, mode: Era
) -> None:
    happening, said = HAPPENINGS[name]
    person = Person()
    async with connected(tmp_path, ZONE, mode=mode, person=person) as session:
        campaign = await drafted(session)
        sends = {"campaign": campaign, "audience": "whole_list", "when": "now"}

        async def meanwhile() -> None:
            await happening(session, campaign)

        person.first = meanwhile
        told = await session.call("send_campaign", **sends)

        assert session.sandbox.effects.count() == 0
        assert "actionSendSms" not in session.sandbox.effects.mutations
        assert told.is_error, told.text
        if told.status == "void":
            assert said in told.text or "no longer what the person was shown" in told.text


async def test_a_change_after_the_approval_voids_it_and_says_what_changed(tmp_path: Path) -> None:
    async with connected(tmp_path, ZONE) as session:
        campaign = await drafted(session)
        sends = {"campaign": campaign, "audience": "whole_list", "when": "2095-06-01T09:00"}
        asked = await session.call("send_campaign", **sends)
        assert asked.status == "needs_approval"
        _, said = HAPPENINGS["edited at the vendor"]
        await edited_at_the_vendor(session, campaign)
        await session.decide(asked.action_id)
        told = await session.call("check_action", action_id=asked.action_id)
        assert told.status == "void", told.text
        assert f"campaign {campaign} has {said}" in told.text
        assert "Nothing was sent" in told.text
        assert "actionSendSms" not in session.sandbox.effects.mutations


@pytest.mark.parametrize(("joining", "status"), [(3, "succeeded"), (4, "void")])
async def test_an_audience_may_grow_a_little_and_no_more(tmp_path: Path, joining: int, status: str) -> None:
    person = Person()
    async with connected(tmp_path, ZONE, person=person) as session:
        campaign = await drafted(session)

        async def meanwhile() -> None:
            joined(session, 1, joining)

        person.first = meanwhile
        told = await session.call("send_campaign", campaign=campaign, audience="whole_list", when="now")
        assert told.status == status, told.text


async def test_a_sender_of_messages_that_was_blocked_meanwhile_sends_nothing(tmp_path: Path) -> None:
    person = Person()
    async with connected(tmp_path, person=person) as session:

        async def meanwhile() -> None:
            senders = session.sandbox.world.transactional.senders
            senders["501"] = replace(senders["501"], status="rejected")

        person.first = meanwhile
        told = await session.call("send_sms", **SMS)
        assert told.status == "void", told.text
        assert "message sender 501 has another status (confirmed then, rejected now)" in told.text
        assert session.sandbox.effects.count() == 0


async def test_a_vendor_that_cannot_be_asked_leaves_the_approval_as_it_is(tmp_path: Path) -> None:
    async with connected(tmp_path, EGOI_MCP_READ_TIMEOUT_SECONDS="0.2") as session:
        asked = await session.call("send_sms", **SMS)
        session.sandbox.faults.add(Fault(kind="500_before", match="getSmsSenders", times=1))
        await session.decide(asked.action_id)
        told = await session.call("check_action", action_id=asked.action_id)
        assert session.rows.states()[asked.action_id] in {"approved", "succeeded"}
        if told.is_error:
            assert session.sandbox.effects.count() == 0
            told = await session.call("check_action", action_id=asked.action_id)
        assert told.status == "succeeded", told.text
        assert session.sandbox.effects.count("sms") == 1


@pytest.mark.parametrize(("status", "asks"), [("draft", False), ("queued", True), ("paused", True)])
async def test_changing_a_campaign_that_is_no_draft_is_a_send(
    tmp_path: Path, status: Any, asks: bool
) -> None:
    person = Person()
    async with connected(tmp_path, person=person) as session:
        campaign = await drafted(session)
        session.sandbox.world.egoi.campaigns[campaign].status = status
        changed = await session.call("update_campaign", campaign=campaign, **CHANGE)
        assert changed.status == "succeeded", changed.text
        assert bool(person.forms) is asks
        assert session.rows.select("SELECT risk FROM actions ORDER BY rowid DESC LIMIT 1") == [
            (4 if asks else 1,)
        ]


async def test_a_change_of_unknown_outcome_makes_the_words_unknown(tmp_path: Path) -> None:
    async with connected(tmp_path, person=Person()) as session:
        campaign = await drafted(session)
        session.sandbox.faults.add(Fault(kind="reset_after", match="patchSmsCampaign"))
        lost = await session.call("update_campaign", campaign=campaign, **CHANGE)
        assert lost.status == "unknown"
        denied = await session.call("send_campaign", campaign=campaign, audience="whole_list", when="now")
        assert denied.status == "denied"
        assert "Its text cannot be shown" in denied.text
        assert session.sandbox.effects.count() == 0


def test_what_a_send_points_at_is_read_from_its_request() -> None:
    send = operation("egoi", "actionSendSms")
    path: dict[str, str | int] = {"campaign_hash": "abc"}
    whole = Request(operation=send, path=path, body={"list_id": 3, "segments": {"type": "none"}})
    some: Any = {"list_id": 3, "segments": {"type": "segment", "data": ["7", "8"]}}
    one: Any = {"list_id": 3, "segments": {"type": "contact", "data": "351-900000001"}}
    assert needed([whole]) == (("campaign", "abc"), ("list", "3"))
    assert needed([replace(whole, body=some)]) == (
        ("campaign", "abc"),
        ("segment", "3/7"),
        ("segment", "3/8"),
    )
    assert needed([replace(whole, body=one)]) == (("campaign", "abc"),)
    messages: Any = [{"to": "351-900000001", "from": "501"}, {"to": "351-900000002", "from": "502"}]
    sms = Request(operation=operation("transactional", "sendSmsMessages"), body=messages)
    assert needed([sms]) == (("message sender", "501"), ("message sender", "502"))
    made = Request(operation=operation("egoi", "createEmailCampaign"), body={"sender_id": 201})
    assert needed([made]) == (("email sender", "201"),)


@given(before=st.integers(0, 100_000), now=st.integers(0, 100_000))
def test_growth_is_bounded_by_share_and_number(before: int, now: int) -> None:
    allowed = min(100, max(3, before * 0.02))
    assert grown_too_much(before, now) is (now - before > allowed)


MEMBERS = st.sampled_from(["status", "updated", "name"])
SEEN = st.dictionaries(MEMBERS, st.sampled_from(["", "a", "b", "gone"]))
COUNTS = st.none() | st.integers(0, 50)


@given(seen=SEEN, now=SEEN, count=COUNTS, counted=COUNTS)
def test_a_difference_is_found_exactly_where_one_is(
    seen: dict[str, str], now: dict[str, str], count: int | None, counted: int | None
) -> None:
    before = Witness(kind="campaign", subject="abc", seen=seen, count=count)
    after = Witness(kind="campaign", subject="abc", seen=now, count=counted)
    same = all(seen.get(name, "") == now.get(name, "") for name in {*seen, *now})
    known = (count is None) == (counted is None)
    assert (difference(before, after) is None) is (same and known and not grown_too_much(count, counted))


@given(seen=SEEN, count=COUNTS)
def test_nothing_differs_from_itself(seen: dict[str, str], count: int | None) -> None:
    witness = Witness(kind="list", subject="1", seen=seen, count=count)
    assert difference(witness, witness) is None


@pytest.mark.parametrize("status", ["draft", "queued", "paused", "sending", "sent", "canceled", "gone", ""])
def test_only_a_draft_may_be_changed_without_it_being_a_send(status: str) -> None:
    patch = Request(
        operation=operation("egoi", "patchSmsCampaign"), path={"campaign_hash": "abc"}, body={"sender_id": 1}
    )
    campaign = Witness(kind="campaign", subject="abc", seen={"status": status})
    assert at_work([campaign], [patch]) is (status != "draft")
    assert not at_work([replace(campaign, subject="other")], [patch])
    # What another vendor calls alike changes no campaign of E-goi's.
    theirs = replace(patch, operation=replace(patch.operation, api="intercom"))
    assert not at_work([campaign], [theirs])
