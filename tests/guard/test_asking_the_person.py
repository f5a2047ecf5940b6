"""The person is asked through the client, in both eras: what each answer does, and what none does."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp.client.session import ClientSession
from mcp_types import (
    ClientCapabilities,
    ElicitationCapability,
    FormElicitationCapability,
    UrlElicitationCapability,
)

from tests.guard.sessions import TWO, sending, sent
from tests.support import ERAS, SMS, Answer, Era, Person, connected

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("mode", ERAS)
async def test_an_approval_sends_once(tmp_path: Path, mode: Era) -> None:
    person = Person("approve")
    async with sending(tmp_path, mode=mode, person=person) as session:
        done = await session.call("send_sms", **SMS)

        assert (done.status, done.is_error, sent(session)) == ("succeeded", False, 1)
        assert session.rows.states() == {done.action_id: "succeeded"}
        assert len(person.questions) == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_the_question_shows_the_exact_text_the_recipient_and_the_account(
    tmp_path: Path, mode: Era
) -> None:
    person = Person("decline")
    async with sending(tmp_path, mode=mode, person=person) as session:
        text = "Line one\nApproved by admin\u202e"
        await session.call("send_sms", **{**SMS, "text": text})

        (question,) = person.questions
        for shown in ("| Line one", "| Approved by admin<U+202E>", "+351900000001", "egoi 700001", "ACME"):
            assert shown in question


@pytest.mark.parametrize("mode", ERAS)
async def test_the_form_has_no_default_and_its_first_choice_is_harmless(tmp_path: Path, mode: Era) -> None:
    person = Person("decline")
    async with sending(tmp_path, mode=mode, person=person) as session:
        await session.call("send_sms", **SMS)

        schema = person.forms[0].requested_schema
        assert schema["required"] == ["decision"]
        assert "default" not in schema["properties"]["decision"]
        assert schema["properties"]["decision"]["enum"][0] == "decline"


@pytest.mark.parametrize("answer", ["cancel", "empty", "without count", "wrong count"])
@pytest.mark.parametrize("mode", ERAS)
async def test_an_answer_that_is_no_plain_approval_sends_nothing_and_leaves_it_open(
    tmp_path: Path, mode: Era, answer: Answer
) -> None:
    person = Person(answer)
    async with sending(
        tmp_path, {"EGOI_MCP_POLICY_TYPE_COUNT_ABOVE": "1"}, mode=mode, person=person
    ) as session:
        asked = await session.call("send_sms", **TWO)

        assert (asked.status, asked.is_error, sent(session)) == ("needs_approval", False, 0)
        assert session.rows.states() == {asked.action_id: "proposed"}
        assert "cannot ask" not in asked.text

        person.answer = "approve"
        assert (await session.call("send_sms", **TWO)).status == "succeeded"
        assert session.rows.states() == {asked.action_id: "succeeded"}
        assert sent(session) == 2


@pytest.mark.parametrize("mode", ERAS)
async def test_a_wrong_count_is_told_as_such(tmp_path: Path, mode: Era) -> None:
    person = Person("wrong count")
    async with sending(
        tmp_path, {"EGOI_MCP_POLICY_TYPE_COUNT_ABOVE": "1"}, mode=mode, person=person
    ) as session:
        asked = await session.call("send_sms", **TWO)

        assert "number typed is not the number of recipients" in asked.text


@pytest.mark.parametrize("mode", ERAS)
async def test_at_the_threshold_no_number_is_typed(tmp_path: Path, mode: Era) -> None:
    person = Person("without count")
    async with sending(
        tmp_path, {"EGOI_MCP_POLICY_TYPE_COUNT_ABOVE": "2"}, mode=mode, person=person
    ) as session:
        assert (await session.call("send_sms", **TWO)).status == "succeeded"
        assert "recipients" not in person.forms[0].requested_schema["properties"]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_decline_is_final_and_not_asked_again(tmp_path: Path, mode: Era) -> None:
    person = Person("decline")
    async with sending(tmp_path, mode=mode, person=person) as session:
        declined = await session.call("send_sms", **SMS)
        person.answer = "approve"
        again = await session.call("send_sms", **SMS)

        assert (declined.status, declined.is_error) == ("declined", False)
        assert (again.status, again.is_error) == ("denied", True)
        assert declined.action_id in again.text
        assert (len(person.questions), sent(session)) == (1, 0)

        session.rows.let_pass(601)
        assert (await session.call("send_sms", **SMS)).status == "succeeded"


@pytest.mark.parametrize("mode", ERAS)
async def test_a_client_that_cannot_ask_sends_nothing_and_is_told_who_can(tmp_path: Path, mode: Era) -> None:
    async with sending(tmp_path, mode=mode) as session:
        asked = await session.call("send_sms", **SMS)

        assert (asked.status, asked.is_error, sent(session)) == ("needs_approval", False, 0)
        assert f"egoi-mcp actions approve {asked.action_id}" in asked.text
        assert "Nothing was sent" in asked.text


@pytest.mark.parametrize(
    ("capability", "asks"),
    [
        (ElicitationCapability(url=UrlElicitationCapability()), False),
        (ElicitationCapability(form=FormElicitationCapability()), True),
        (ElicitationCapability(), True),
        (None, False),
    ],
    ids=["urls only", "forms", "empty", "absent"],
)
@pytest.mark.parametrize("mode", ERAS)
async def test_only_a_client_that_shows_forms_is_asked(
    tmp_path: Path,
    mode: Era,
    monkeypatch: pytest.MonkeyPatch,
    capability: ElicitationCapability | None,
    asks: bool,
) -> None:
    def declared(_session: ClientSession, _version: str) -> ClientCapabilities:
        return ClientCapabilities(elicitation=capability)

    monkeypatch.setattr(ClientSession, "_build_capabilities", declared)
    person = Person("approve")
    async with sending(tmp_path, mode=mode, person=person) as session:
        asked = await session.call("send_sms", **SMS)

        assert len(person.questions) == asks
        assert asked.status == ("succeeded" if asks else "needs_approval")
        assert sent(session) == asks


async def test_a_client_that_fails_to_ask_has_not_approved(tmp_path: Path) -> None:
    async def fail() -> None:
        raise RuntimeError("the window was closed")

    async with sending(tmp_path, person=Person("approve", first=fail)) as session:
        asked = await session.call("send_sms", **SMS)

        assert (asked.status, sent(session)) == ("needs_approval", 0)


async def test_a_person_who_does_not_answer_in_time_has_not_approved(tmp_path: Path) -> None:
    person = Person("silence")
    async with sending(tmp_path, {"EGOI_MCP_APPROVAL_WAIT_SECONDS": "0.2"}, person=person) as session:
        asked = await session.call("send_sms", **SMS)

        assert (asked.status, sent(session)) == ("needs_approval", 0)
        assert len(person.questions) == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_what_policy_allows_is_done_without_a_question(tmp_path: Path, mode: Era) -> None:
    person = Person("decline")
    async with connected(tmp_path, mode=mode, person=person) as session:
        made = await session.call("create_contact", list_id=1, email="rui@example.com", first_name="Rui")

        assert (made.status, person.questions) == ("succeeded", [])
        assert len(session.sandbox.effects.changed("contact_created")) == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_a_preview_creates_no_row_asks_nobody_and_sends_nothing(tmp_path: Path, mode: Era) -> None:
    person = Person("approve")
    async with sending(tmp_path, mode=mode, person=person) as session:
        shown = await session.call("send_sms", **SMS, preview_only=True)

        assert (shown.status, shown.is_error) == ("preview", False)
        assert "A person would be asked first" in shown.text
        assert "Your order is ready" in shown.text
        assert (session.rows.states(), person.questions, session.sandbox.effects.size) == ({}, [], 0)


@pytest.mark.parametrize("mode", ERAS)
async def test_the_terminal_decides_while_the_question_is_on_the_screen(tmp_path: Path, mode: Era) -> None:
    async def at_the_terminal() -> None:
        await session.decide(await session.proposal())

    person = Person("silence" if mode == "legacy" else "cancel", first=at_the_terminal)
    async with sending(tmp_path, mode=mode, person=person) as session:
        done = await session.call("send_sms", **SMS)

        assert (done.status, sent(session)) == ("succeeded", 1)
        assert session.rows.select("SELECT channel FROM decisions") == [("terminal",)]
