"""The newer era: the call ends with the question and comes back with the answer, perhaps more than once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult, InputResponses

from egoi_mcp.sandbox import SANDBOX_EGOI_API_KEY, Sandbox
from tests.guard.sessions import sending, sent
from tests.support import SMS, Answer, Called, Person, Session

pytestmark = pytest.mark.anyio

CONTACT = "11605c0096"
TO_A_CONTACT: dict[str, Any] = {
    "text": "Your order is ready",
    "sender": "501",
    "purpose": "transactional",
    "list_id": 1,
    "contact_ids": [CONTACT],
}


async def ask(session: Session, arguments: dict[str, Any] = SMS) -> InputRequiredResult:
    """The first leg of a send."""
    asked = await session.leg("send_sms", arguments)
    assert isinstance(asked, InputRequiredResult)
    return asked


async def bring(
    session: Session,
    asked: InputRequiredResult,
    answers: InputResponses | None,
    arguments: dict[str, Any] = SMS,
) -> Called:
    """The leg that brings an answer back."""
    told = await session.leg("send_sms", arguments, asked=asked, answers=answers)
    assert isinstance(told, Called)
    return told


def answers(asked: InputRequiredResult, answer: Answer = "approve") -> InputResponses:
    """What a person's client sends back."""
    assert asked.input_requests is not None
    request = asked.input_requests["approve"]
    assert isinstance(request, ElicitRequest)
    assert isinstance(request.params, ElicitRequestFormParams)
    return {"approve": Person(answer).reply(request.params)}


async def change_number(sandbox: Sandbox, number: str) -> None:
    """Give the contact another number, as somebody in the vendor's own pages may at any moment."""
    async with httpx2.AsyncClient(
        transport=sandbox.transport(),
        base_url="https://sandbox.invalid",
        headers={"Apikey": SANDBOX_EGOI_API_KEY},
    ) as vendor:
        reply = await vendor.patch(f"/lists/1/contacts/{CONTACT}", json={"base": {"cellphone": number}})
        assert reply.is_success


async def test_the_first_leg_sends_nothing(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        await ask(session)

        assert sent(session) == 0
        assert list(session.rows.states().values()) == ["proposed"]


async def test_the_first_leg_again_asks_the_same_question(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        one, other = await ask(session), await ask(session)

        assert one.input_requests == other.input_requests
        assert session.rows.count() == 1


async def test_the_last_leg_posted_three_times_at_once_sends_once(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session)
        told: list[Called] = []

        async def post() -> None:
            told.append(await bring(session, asked, answers(asked)))

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(post)

        assert [each.status for each in told] == ["succeeded"] * 3
        assert sent(session) == session.sandbox.requests.count("sendSmsMessages") == 1


async def test_the_last_leg_posted_again_later_tells_the_same_outcome(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session)
        first = await bring(session, asked, answers(asked))
        again = await bring(session, asked, answers(asked))

        assert again == first
        assert (first.status, sent(session)) == ("succeeded", 1)


async def test_a_decline_brought_after_the_approval_changes_nothing(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session)
        await bring(session, asked, answers(asked))
        late = await bring(session, asked, answers(asked, "decline"))

        assert (late.status, sent(session)) == ("succeeded", 1)


async def test_an_approval_brought_after_the_decline_sends_nothing(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session)
        await bring(session, asked, answers(asked, "decline"))
        late = await bring(session, asked, answers(asked))

        assert (late.status, sent(session)) == ("declined", 0)


@pytest.mark.parametrize(
    "changed",
    [{"text": "Your order is ready."}, {"to": ["+351900000002"]}, {"sender": "502"}, {"priority": "urgent"}],
    ids=["text", "recipient", "sender", "priority"],
)
async def test_a_changed_argument_voids_the_approval(tmp_path: Path, changed: dict[str, Any]) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session)
        with pytest.raises(MCPError):
            await bring(session, asked, answers(asked), {**SMS, **changed})

        assert sent(session) == 0
        assert list(session.rows.states().values()) == ["proposed"]


async def test_what_changed_in_the_world_since_the_question_voids_the_approval(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session, TO_A_CONTACT)
        await change_number(session.sandbox, "351-900000077")
        told = await bring(session, asked, answers(asked), TO_A_CONTACT)

        assert (told.status, told.is_error, sent(session)) == ("denied", True, 0)
        assert "is void: what would be sent is no longer what the person was shown" in told.text
        assert list(session.rows.states().values()) == ["void"]


async def test_an_action_that_was_done_is_not_called_void_when_the_world_changes_after_it(
    tmp_path: Path,
) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session, TO_A_CONTACT)
        await bring(session, asked, answers(asked), TO_A_CONTACT)
        await change_number(session.sandbox, "351-900000077")
        told = await bring(session, asked, answers(asked), TO_A_CONTACT)

        assert sent(session) == 1
        assert list(session.rows.states().values()) == ["succeeded"]
        assert "void" not in told.text
        assert "Nothing was sent" not in told.text


async def test_a_forged_state_is_refused(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session)
        (action_id,) = session.rows.states()
        for forged in (action_id, asked.request_state and asked.request_state[:-2] + "AA", "v1.x.y"):
            with pytest.raises(MCPError):
                await bring(session, asked.model_copy(update={"request_state": forged}), answers(asked))

        assert sent(session) == 0


@pytest.mark.parametrize("given", [None, {}], ids=["nothing", "an empty answer"])
async def test_a_leg_without_an_answer_approves_nothing(tmp_path: Path, given: InputResponses | None) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session)
        told = await session.leg("send_sms", SMS, asked=asked, answers=given)

        assert not isinstance(told, Called) or told.status == "needs_approval"
        assert sent(session) == 0


async def test_the_answer_to_one_question_is_none_to_another(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        harmless = await ask(session)
        other = {**SMS, "text": "Buy now"}
        await ask(session, other)
        with pytest.raises(MCPError):
            await bring(session, harmless, answers(harmless), other)

        assert sent(session) == 0


async def test_another_server_on_the_same_state_takes_the_answer(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, mode="auto", person=Person(), sandbox=sandbox) as first:
        asked = await ask(first)
    async with sending(tmp_path, mode="auto", person=Person(), sandbox=sandbox) as second:
        told = await bring(second, asked, answers(asked))

        assert (told.status, sent(second)) == ("succeeded", 1)


async def test_a_question_that_expired_cannot_be_answered(tmp_path: Path) -> None:
    async with sending(tmp_path, mode="auto", person=Person()) as session:
        asked = await ask(session)
        session.rows.let_pass(600)
        told = await bring(session, asked, answers(asked))

        assert (told.status, sent(session)) == ("expired", 0)


async def test_a_decline_counts_even_where_nobody_would_have_to_be_asked_any_more(tmp_path: Path) -> None:
    async with sending(
        tmp_path,
        {"EGOI_MCP_TOOLSETS": "tags", "EGOI_MCP_POLICY_WRITE_THRESHOLD": "1"},
        mode="auto",
        person=Person(),
    ) as session:
        first: dict[str, Any] = {"do": "attach", "list_id": 1, "tag": "newsletter", "contact_ids": [CONTACT]}
        second = {**first, "contact_ids": ["7b08aa7ecf"]}
        await session.call("tag_contacts", **first)
        asked = await session.leg("tag_contacts", second)
        assert isinstance(asked, InputRequiredResult)
        # An hour after the first, the second would be allowed without a question.
        session.rows.change("UPDATE actions SET claimed_at = claimed_at - 3600")
        told = await session.leg("tag_contacts", second, asked=asked, answers=answers(asked, "decline"))

        assert isinstance(told, Called)
        assert told.status == "declined"
        assert session.sandbox.requests.count("actionAttachTag") == 1
