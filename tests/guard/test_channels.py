"""Every other way to a decision: terminal, chat, the owner's policy; and what each may not do."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from egoi_mcp.guard.action import Channel, State
from egoi_mcp.sandbox import Fault, Sandbox
from tests.guard.sessions import CAPPED, TWO, sending, sent
from tests.support import ERAS, SMS, Called, Era, Person, Session, connected, until

pytestmark = pytest.mark.anyio

CHAT = {"EGOI_MCP_CONFIRM": "chat", **CAPPED}
OFF = {"EGOI_MCP_CONFIRM": "off", **CAPPED}
CONTACTS = ["11605c0096", "7b08aa7ecf", "43200e2bcc"]


# -- the terminal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
async def test_the_terminal_approves_while_the_call_waits(tmp_path: Path, mode: Era) -> None:
    async with sending(tmp_path, {"EGOI_MCP_APPROVAL_WAIT_SECONDS": "30"}, mode=mode) as session:
        told: list[Called] = []

        async def call() -> None:
            told.append(await session.call("send_sms", **SMS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await until(session.proposed)
            await session.decide(await session.proposal())

        assert [(each.status, sent(session)) for each in told] == [("succeeded", 1)]


@pytest.mark.parametrize("mode", ERAS)
async def test_the_terminal_approves_after_the_call_returned_and_no_further_call_is_needed(
    tmp_path: Path, mode: Era
) -> None:
    async with sending(tmp_path, mode=mode) as session:
        asked = await session.call("send_sms", **SMS)
        await session.decide(asked.action_id)
        await until(lambda: session.ended(asked.action_id))

        assert (asked.status, sent(session)) == ("needs_approval", 1)
        done = await session.call("check_action", action_id=asked.action_id)
        assert (done.status, done.is_error) == ("succeeded", False)


@pytest.mark.parametrize(
    ("decision", "status"), [(State.DECLINED, "declined"), (State.REVOKED, "revoked"), (State.VOID, "void")]
)
async def test_the_terminal_refuses_while_the_call_waits(
    tmp_path: Path, decision: State, status: str
) -> None:
    async with sending(tmp_path, {"EGOI_MCP_APPROVAL_WAIT_SECONDS": "30"}) as session:
        told: list[Called] = []

        async def call() -> None:
            told.append(await session.call("send_sms", **SMS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await until(session.proposed)
            await session.decide(await session.proposal(), decision)

        assert [(each.status, sent(session)) for each in told] == [(status, 0)]


async def test_check_action_waits_for_nobody_and_sends_nothing_by_itself(tmp_path: Path) -> None:
    async with sending(tmp_path) as session:
        asked = await session.call("send_sms", **SMS)
        looked = await session.call("check_action", action_id=asked.action_id)

        assert (looked.status, looked.is_error, sent(session)) == ("needs_approval", False, 0)


async def test_check_action_knows_no_action_that_is_not_there(tmp_path: Path) -> None:
    async with sending(tmp_path) as session:
        looked = await session.call("check_action", action_id="act_22222222")

        assert looked.is_error
        assert "There is no action" in looked.text


async def test_an_identical_call_meets_the_open_proposal(tmp_path: Path) -> None:
    async with sending(tmp_path) as session:
        first = await session.call("send_sms", **SMS)
        again = await session.call("send_sms", **SMS)

        assert again.action_id == first.action_id
        assert session.rows.count() == 1


async def test_an_approval_whose_server_has_ended_is_carried_out_by_the_next_check(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, sandbox=sandbox) as first:
        asked = await first.call("send_sms", **SMS)
    async with sending(tmp_path, sandbox=sandbox) as second:
        await second.decide(asked.action_id)
        assert sent(second) == 0
        done = await second.call("check_action", action_id=asked.action_id)

        assert (done.status, sent(second)) == ("succeeded", 1)


async def test_an_approval_whose_server_has_ended_is_carried_out_by_the_next_identical_call(
    tmp_path: Path,
) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, sandbox=sandbox) as first:
        asked = await first.call("send_sms", **SMS)
        await first.decide(asked.action_id, State.REVOKED)
        asked = await first.call("send_sms", **SMS)
    async with sending(tmp_path, sandbox=sandbox) as second:
        await second.decide(asked.action_id)
        done = await second.call("send_sms", **SMS)

        assert (done.action_id, done.status, sent(second)) == (asked.action_id, "succeeded", 1)


async def test_of_two_servers_the_one_that_proposed_sends(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, sandbox=sandbox) as first:
        asked = await first.call("send_sms", **SMS)
        async with sending(tmp_path, sandbox=sandbox, person=Person()) as second:
            done = await second.call("send_sms", **SMS)

            assert (done.action_id, done.status) == (asked.action_id, "succeeded")
            ((proposer, owner),) = second.rows.select("SELECT proposer, owner FROM actions")
            assert proposer == owner
            assert sent(second) == 1


# -- the chat --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("person", [None, Person("decline")], ids=["cannot ask", "could ask"])
async def test_in_the_chat_the_second_call_with_the_id_approves(
    tmp_path: Path, mode: Era, person: Person | None
) -> None:
    async with sending(tmp_path, CHAT, mode=mode, person=person) as session:
        shown = await session.call("send_sms", **SMS)
        assert (shown.status, sent(session)) == ("needs_approval", 0)
        assert f"approval={shown.action_id}" in shown.text
        done = await session.call("send_sms", **SMS, approval=shown.action_id)

        assert (done.status, done.action_id, sent(session)) == ("succeeded", shown.action_id, 1)
        assert session.rows.select("SELECT channel FROM decisions") == [("chat",)]


async def test_in_the_chat_only_the_right_id_approves(tmp_path: Path) -> None:
    async with sending(tmp_path, CHAT) as session:
        shown = await session.call("send_sms", **SMS)
        other = await session.call("send_sms", **TWO)
        for wrong in ("", "act_22222222", other.action_id, shown.action_id.upper()):
            told = await session.call("send_sms", **SMS, approval=wrong)
            assert told.status != "succeeded"

        assert sent(session) == 0


async def test_in_the_chat_a_changed_call_is_another_action(tmp_path: Path) -> None:
    async with sending(tmp_path, CHAT) as session:
        shown = await session.call("send_sms", **SMS)
        told = await session.call("send_sms", **TWO, approval=shown.action_id)

        assert (told.status, sent(session)) == ("needs_approval", 0)
        assert told.action_id != shown.action_id


async def test_no_chat_approves_a_duplicate(tmp_path: Path) -> None:
    async with sending(tmp_path, CHAT) as session:
        shown = await session.call("send_sms", **SMS)
        await session.call("send_sms", **SMS, approval=shown.action_id)
        again = await session.call("send_sms", **SMS)
        told = await session.call("send_sms", **SMS, approval=again.action_id)

        assert (again.status, told.status, sent(session)) == ("duplicate", "duplicate", 1)


async def test_an_approval_is_no_argument_where_no_chat_approves(tmp_path: Path) -> None:
    async with sending(tmp_path) as session:
        shown = await session.call("send_sms", **SMS)
        told = await session.call("send_sms", **SMS, approval=shown.action_id)

        assert told.is_error
        assert "approval" in told.text
        assert sent(session) == 0


# -- nobody is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
async def test_without_confirmation_a_send_goes_out_within_the_caps(tmp_path: Path, mode: Era) -> None:
    person = Person("decline")
    async with sending(tmp_path, OFF, mode=mode, person=person) as session:
        done = await session.call("send_sms", **SMS)

        assert (done.status, sent(session), person.questions) == ("succeeded", 1, [])


async def test_without_confirmation_the_cap_on_an_action_denies(tmp_path: Path) -> None:
    environ = {**OFF, "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "1"}
    async with sending(tmp_path, environ) as session:
        told = await session.call("send_sms", **TWO)

        assert (told.status, told.is_error, sent(session)) == ("denied", True, 0)
        assert "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION" in told.text
        assert session.rows.states() == {}


async def test_without_confirmation_the_cap_on_a_day_voids(tmp_path: Path) -> None:
    environ = {**OFF, "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "2"}
    async with sending(tmp_path, environ) as session:
        await session.call("send_sms", **TWO)
        told = await session.call("send_sms", **{**SMS, "text": "Something else"})

        assert (told.status, told.is_error, sent(session)) == ("void", True, 2)
        assert "2 recipients in 24 hours and 2 are spent" in told.text


async def test_without_confirmation_two_servers_together_keep_the_cap_on_a_day(tmp_path: Path) -> None:
    environ = {**OFF, "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "5"}
    sandbox = Sandbox()
    async with (
        sending(tmp_path, environ, sandbox=sandbox) as one,
        sending(tmp_path, environ, sandbox=sandbox, mode="auto") as other,
    ):
        async with anyio.create_task_group() as tasks:
            for number in range(4):
                for session in (one, other):
                    text = f"Message {number} through {session.client.protocol_version}"

                    async def call(session: Session = session, text: str = text) -> None:
                        await session.call("send_sms", **{**SMS, "text": text})

                    tasks.start_soon(call)

        assert sent(one) == 5
        assert sorted(one.rows.states().values()) == ["succeeded"] * 5 + ["void"] * 3


async def test_without_confirmation_a_duplicate_still_needs_a_person(tmp_path: Path) -> None:
    person = Person("decline")
    async with sending(tmp_path, OFF, person=person) as session:
        await session.call("send_sms", **SMS)
        told = await session.call("send_sms", **{**SMS, "text": "your order is  READY!"})

        assert (told.status, sent(session)) == ("declined", 1)
        assert person.questions[0].startswith("ATTENTION: the same was sent just now")


async def test_without_confirmation_the_same_twice_at_once_goes_out_once(tmp_path: Path) -> None:
    async with sending(tmp_path, OFF) as session:
        told: list[Called] = []

        async def call(text: str) -> None:
            told.append(await session.call("send_sms", **{**SMS, "text": text}))

        async with anyio.create_task_group() as tasks:
            for text in ("Your order is ready", "your order is ready!", "Your  order is READY"):
                tasks.start_soon(call, text)

        assert sent(session) == 1
        assert [each.status for each in told].count("succeeded") == 1


# -- the owner's policy ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ERAS)
async def test_a_server_that_only_reads_changes_nothing_and_keeps_no_row(tmp_path: Path, mode: Era) -> None:
    person = Person()
    environ = {"EGOI_MCP_READ_ONLY": "1"}
    async with connected(tmp_path, environ, mode=mode, person=person) as session:
        send = await session.call("send_sms", **SMS)
        tag = await session.call(
            "tag_contacts", do="attach", list_id=1, tag="newsletter", contact_ids=CONTACTS
        )
        looked = await session.call("search_contacts", list_id=1)

        for told in (send, tag):
            assert (told.status, told.is_error) == ("denied", True)
            assert "EGOI_MCP_READ_ONLY" in told.text
        assert not looked.is_error
        assert (session.sandbox.effects.size, person.questions, session.rows.states()) == (0, [], {})


async def test_what_was_approved_before_the_server_only_read_is_not_sent_any_more(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, sandbox=sandbox) as first:
        asked = await first.call("send_sms", **SMS)
    async with sending(tmp_path, {"EGOI_MCP_READ_ONLY": "1"}, sandbox=sandbox) as second:
        await second.decide(asked.action_id)
        told = await second.call("check_action", action_id=asked.action_id)

        assert (told.status, sent(second)) == ("void", 0)
        assert "only reads" in told.text


async def test_what_a_looser_policy_approved_is_not_sent_by_a_stricter_server(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, sandbox=sandbox) as first:
        asked = await first.call("send_sms", **SMS)
    async with sending(tmp_path, sandbox=sandbox) as second:
        await second.decide(asked.action_id, channel=Channel.POLICY)
        told = await second.call("check_action", action_id=asked.action_id)

        assert (told.status, sent(second)) == ("void", 0)


async def test_above_the_threshold_of_an_hour_a_person_is_asked(tmp_path: Path) -> None:
    person = Person("decline")
    environ = {"EGOI_MCP_POLICY_WRITE_THRESHOLD": "2"}
    async with connected(tmp_path, environ, person=person) as session:

        async def attach(*contacts: str) -> str:
            told = await session.call(
                "tag_contacts", do="attach", list_id=1, tag="newsletter", contact_ids=list(contacts)
            )
            return told.status

        assert await attach(*CONTACTS[:2]) == "succeeded"
        assert await attach(CONTACTS[2]) == "declined"
        assert len(person.questions) == 1
        session.rows.let_pass(3600)
        assert await attach(CONTACTS[2]) == "succeeded"
        assert len(person.questions) == 1


async def test_calls_at_once_do_not_go_over_the_threshold_together(tmp_path: Path) -> None:
    environ = {"EGOI_MCP_POLICY_WRITE_THRESHOLD": "2"}
    async with connected(tmp_path, environ) as session:
        told: list[Called] = []

        async def attach(contact: str) -> None:
            told.append(
                await session.call(
                    "tag_contacts", do="attach", list_id=1, tag="newsletter", contact_ids=[contact]
                )
            )

        async with anyio.create_task_group() as tasks:
            for contact in CONTACTS:
                tasks.start_soon(attach, contact)

        assert [each.status for each in told].count("succeeded") == 2
        assert session.sandbox.requests.count("actionAttachTag") == 2


async def test_another_account_behind_the_same_key_voids_the_approval(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, sandbox=sandbox) as first:
        asked = await first.call("send_sms", **SMS)
    sandbox.world.egoi.client_id = "700002"
    async with sending(tmp_path, sandbox=sandbox) as second:
        await second.decide(asked.action_id)
        told = await second.call("check_action", action_id=asked.action_id)

        assert (told.status, told.is_error, sent(second)) == ("void", True, 0)
        assert "now leads to another account" in told.text


async def test_an_approval_waits_while_the_account_cannot_be_checked(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, sandbox=sandbox) as first:
        asked = await first.call("send_sms", **SMS)
    sandbox.faults.add(Fault(kind="500_before", match="getMyAccount", times=20))
    async with sending(tmp_path, sandbox=sandbox) as second:
        await second.decide(asked.action_id)
        told = await second.call("check_action", action_id=asked.action_id)

        assert (told.is_error, sent(second)) == (True, 0)
        assert second.rows.states() == {asked.action_id: "approved"}
        sandbox.faults.clear()
        told = await second.call("check_action", action_id=asked.action_id)

        assert (told.status, sent(second)) == ("succeeded", 1)


async def test_an_account_that_cannot_be_read_means_that_nothing_is_proposed(tmp_path: Path) -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault(kind="500_before", match="getMyAccount", times=20))
    async with sending(tmp_path, sandbox=sandbox, person=Person()) as session:
        told = await session.call("send_sms", **SMS)

        assert told.is_error
        assert (sent(session), session.rows.states()) == (0, {})
