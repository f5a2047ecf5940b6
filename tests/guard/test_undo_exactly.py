"""Undoing reaches exactly what was done, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.guard import undo_looks
from egoi_mcp.sandbox import Sandbox
from tests.guard.deeds import (
    account,
    changed,
    contacts,
    deeds,
    detailed,
    plan_of,
    request,
    scheduled,
    tag_plan,
    tagged,
)
from tests.guard.undo_cases import CASES, removal
from tests.support import SMS

pytestmark = pytest.mark.anyio

UNKNOWN_CONTACT = "0123456789"
TAG = 12


async def test_of_a_partial_result_exactly_what_was_done_is_undone(tmp_path: Path) -> None:
    sandbox = detailed()
    had, got, other = contacts(sandbox)[:3]
    async with deeds(tmp_path, sandbox=sandbox) as session:
        await session.do(tag_plan("actionAttachTag", TAG, had))
        done = await session.do(tag_plan("actionAttachTag", TAG, had, got, UNKNOWN_CONTACT))
        assert (done.status, tagged(sandbox, TAG)) == ("partial", {had, got})
        assert done.data["reversibility"] == "undoable"
        await session.do(tag_plan("actionAttachTag", TAG, other))
        undone = await session.undo(done)

        assert undone.status == "succeeded"
        assert tagged(sandbox, TAG) == {had, other}


async def test_a_request_that_failed_is_not_undone(tmp_path: Path) -> None:
    sandbox = detailed()
    first, second = contacts(sandbox)[:2]
    plan = plan_of(
        *(
            request("egoi", "actionAttachTag", {"tag_id": tag, "contacts": [each]}, list_id=1)
            for tag, each in ((TAG, first), (999, second))
        ),
        recipients=2,
    )
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(plan)
        assert (done.status, tagged(sandbox, TAG)) == ("partial", {first})
        undone = await session.undo(done)

        assert undone.status == "succeeded"
        assert tagged(sandbox, TAG) == set()
        detached = [each for each in sandbox.requests.arrivals if each.operation == "actionDetachTag"]
        assert len(detached) == 1


async def test_where_nothing_changed_nothing_is_undone(tmp_path: Path) -> None:
    sandbox = detailed()
    had = contacts(sandbox)[0]
    async with deeds(tmp_path, sandbox=sandbox) as session:
        await session.do(tag_plan("actionAttachTag", TAG, had))
        done = await session.do(tag_plan("actionAttachTag", TAG, had))
        assert "undo" not in done.data
        told = await session.undo(done)

        assert told.status == "denied"
        assert "It changed nothing." in told.text
        assert tagged(sandbox, TAG) == {had}


async def test_what_the_same_action_did_that_cannot_be_undone_is_said(tmp_path: Path) -> None:
    sandbox = detailed()
    contact = contacts(sandbox)[0]
    body: JsonValue = {"base": {"first_name": "Ana"}}
    attach: JsonValue = {"tag_id": TAG, "contacts": [contact]}
    plan = plan_of(
        request("egoi", "patchContact", body, list_id=1, contact_id=contact),
        request("egoi", "actionAttachTag", attach, list_id=1),
    )
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(plan)
        assert (done.status, done.data["reversibility"]) == ("succeeded", "compensable")
        shown = await session.undo(done, preview_only=True)
        undone = await session.undo(done)

        assert "not undone: The values that it had before are not kept" in shown.text
        assert undone.status == "succeeded"
        assert tagged(sandbox, TAG) == set()
        assert sandbox.world.egoi.lists[1].contacts[contact].base["first_name"] == "Ana"


async def test_nobody_is_resubscribed_who_was_not_unsubscribed_by_it(tmp_path: Path) -> None:
    sandbox = Sandbox()
    ours, own_wish = contacts(sandbox)[0], contacts(sandbox, "removed")[0]
    body: JsonValue = {"data": [removal(ours), removal(own_wish)]}
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(plan_of(request("egoi", "actionUnsubscribeContact", body, list_id=1)))
        assert "1 done, 1 had unsubscribed already" in done.text
        undone = await session.undo(done)

        people = sandbox.world.egoi.lists[1].contacts
        assert undone.status == "succeeded"
        assert (people[ours].status, people[own_wish].status) == ("active", "removed")


async def test_nobody_is_resubscribed_who_opted_out_again_or_came_back(tmp_path: Path) -> None:
    sandbox = Sandbox()
    kept, opted_out, came_back = contacts(sandbox)[:3]
    body: JsonValue = {"data": [removal(each) for each in (kept, opted_out, came_back)]}
    people = sandbox.world.egoi.lists[1].contacts
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(
            plan_of(request("egoi", "actionUnsubscribeContact", body, list_id=1), recipients=3)
        )
        people[opted_out].base["unsubscription_method"] = "unsubscribe_link"
        people[came_back].base["status"] = "inactive"
        undone = await session.undo(done)

        assert undone.status == "succeeded"
        assert session.person is not None
        assert "2 are no longer as it left them and are not touched" in session.person.questions[-1]
        assert [people[each].status for each in (kept, opted_out, came_back)] == [
            "active",
            "removed",
            "inactive",
        ]


async def test_of_many_it_is_said_that_they_were_not_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_looks, "MOST_LOOKED_AT", 1)
    sandbox = Sandbox()
    body: JsonValue = {"data": [removal(each) for each in contacts(sandbox)[:2]]}
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(
            plan_of(request("egoi", "actionUnsubscribeContact", body, list_id=1), recipients=2)
        )
        shown = await session.undo(done, preview_only=True)

        assert "whoever opted out since is resubscribed too" in shown.text


async def test_entries_that_were_suppressed_before_stay(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(CASES["suppress"].plan(sandbox))
        shown = await session.undo(done, preview_only=True)
        await session.undo(done)

        held = {entry.value for entry in sandbox.world.egoi.suppressions.values()}
        assert "1 of the values were there before and stay" in shown.text
        assert session.person is not None
        assert "entries: 351-900000077" in session.person.questions[-1]
        assert "351-900000666" in held
        assert "351-900000077" not in held


async def test_without_the_accounts_zone_no_entry_is_taken_off_the_suppression_list(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with deeds(tmp_path, {"EGOI_ACCOUNT_TIMEZONE": ""}, sandbox=sandbox) as session:
        done = await session.do(CASES["suppress"].plan(sandbox))
        before = account(sandbox)
        told = await session.undo(done)

        assert told.status == "denied"
        assert "without EGOI_ACCOUNT_TIMEZONE" in told.text
        assert changed(before, account(sandbox)) == {}


async def test_a_campaign_is_deleted_only_while_it_is_a_draft(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with deeds(tmp_path, sandbox=sandbox) as session:
        made = await session.do(CASES["create an sms campaign"].plan(sandbox))
        campaign = made.data["ids"][0]
        await session.do(scheduled(campaign))
        told = await session.undo(made)

        assert told.status == "denied"
        assert "is no draft any more but queued" in told.text
        assert campaign in sandbox.world.egoi.campaigns


async def test_a_contact_that_was_created_is_unsubscribed_and_stays(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.do(CASES["create a contact"].plan(sandbox))
        undone = await session.undo(done)
        again = await session.undo(undone)

        (contact,) = sandbox.world.egoi.lists[4].contacts.values()
        assert contact.status == "removed"
        # Its status before is not kept, so making it active again would be more than it was.
        assert again.status == "denied"
        assert "what was there before that is not kept" in again.text
        assert "undo" not in undone.data


async def test_messages_that_wait_at_the_vendor_are_cancelled_and_the_others_stay(tmp_path: Path) -> None:
    sandbox = Sandbox()
    to = ["+351900000001", "+351900000002", "+351900000003"]
    async with deeds(tmp_path, sandbox=sandbox) as session:
        done = await session.call("send_sms", **{**SMS, "to": to})
        messages = sandbox.world.transactional.messages
        ids = [int(each) for each in done.data["ids"]]
        for number in ids[:2]:
            messages[number].status = "scheduled"
        assert "undo" not in done.data
        undone = await session.undo(done)
        late = await session.undo(done)

        assert undone.status == "succeeded", undone.text
        assert session.person is not None
        assert "cancels 2 messages that E-goi has not sent yet" in session.person.questions[-1]
        assert [number in messages for number in ids] == [False, False, True]
        assert "was undone already" in late.text


async def test_a_list_that_somebody_is_in_by_now_is_not_deleted(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with deeds(tmp_path, sandbox=sandbox) as session:
        made = request("egoi", "createList", {"internal_name": "New"})
        done = await session.do(plan_of(made, recipients=0))
        new = sandbox.world.egoi.lists[max(sandbox.world.egoi.lists)]
        somebody = next(iter(sandbox.world.egoi.lists[1].contacts.values()))
        new.contacts[somebody.contact_id] = somebody
        before = account(sandbox)
        told = await session.undo(done)

        assert "list is not empty any more (contacts: 1)" in told.text
        assert changed(before, account(sandbox)) == {}

        new.contacts.clear()
        assert (await session.undo(done)).status == "succeeded"
        assert new.list_id not in sandbox.world.egoi.lists


async def test_at_intercom_undoing_touches_the_contact_of_the_deed_alone(tmp_path: Path) -> None:
    sandbox = Sandbox()
    people = sandbox.world.intercom.contacts
    async with deeds(tmp_path, sandbox=sandbox) as session:
        first, second = list(people)[:2]
        done = [
            await session.do(plan_of(request("intercom", "ArchiveContact", contact_id=each)))
            for each in (first, second)
        ]
        undone = await session.undo(done[0])

        assert undone.status == "succeeded"
        assert (people[first].archived, people[second].archived) == (False, True)
