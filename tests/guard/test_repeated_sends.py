"""A message that was just sent, or may have been, goes to the same person again only if a person says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Fault
from tests.guard.sessions import sending, sent
from tests.support import ERAS, SMS, Era, Person

pytestmark = pytest.mark.anyio

NEAR: dict[str, dict[str, Any]] = {
    "identical": {},
    "another case": {"text": "YOUR ORDER IS READY"},
    "other spacing": {"text": " Your  order is   ready"},
    "other punctuation": {"text": "Your order is ready!"},
    "another spelling of the number": {"to": ["00351 900 000 001"]},
    "more recipients": {"to": ["+351900000003", "+351900000001"]},
    "another sender": {"sender": "502"},
    "another purpose": {"purpose": "promotional"},
}


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("changed", NEAR.values(), ids=NEAR)
async def test_nearly_the_same_again_is_asked_with_a_warning(
    tmp_path: Path, mode: Era, changed: dict[str, Any]
) -> None:
    person = Person()
    async with sending(tmp_path, mode=mode, person=person) as session:
        first = await session.call("send_sms", **SMS)
        person.answer = "cancel"
        again = await session.call("send_sms", **{**SMS, **changed})

        assert (again.status, again.is_error) == ("duplicate", False)
        assert again.data["duplicate_of"] == first.action_id
        assert person.questions[-1].startswith(
            f"ATTENTION: the same was sent just now, or may have been ({first.action_id})."
        )
        assert sent(session) == 1


async def test_the_order_of_the_recipients_makes_no_difference(tmp_path: Path) -> None:
    people = ["+351900000001", "+351900000002", "+351900000003"]
    async with sending(tmp_path, person=Person()) as session:
        first = await session.call("send_sms", **{**SMS, "to": people})
        again = await session.call("send_sms", **{**SMS, "to": people[::-1]}, preview_only=True)
        repeated = await session.call("send_sms", **{**SMS, "to": people[::-1]})

        assert again.status == "preview"
        assert repeated.data["duplicate_of"] == first.action_id


@pytest.mark.parametrize(
    "changed", [{"text": "Your order is late"}, {"to": ["+351900000002"]}], ids=["text", "person"]
)
async def test_something_else_is_asked_without_a_warning(tmp_path: Path, changed: dict[str, Any]) -> None:
    person = Person()
    async with sending(tmp_path, person=person) as session:
        await session.call("send_sms", **SMS)
        other = await session.call("send_sms", **{**SMS, **changed})

        assert (other.status, sent(session)) == ("succeeded", 2)
        assert "ATTENTION" not in person.questions[-1]


async def test_a_person_may_have_the_same_sent_again(tmp_path: Path) -> None:
    person = Person()
    async with sending(tmp_path, person=person) as session:
        first = await session.call("send_sms", **SMS)
        again = await session.call("send_sms", **SMS)

        assert (again.status, sent(session)) == ("succeeded", 2)
        assert again.action_id != first.action_id


async def test_a_client_that_cannot_ask_is_told_of_the_earlier_one_and_of_the_terminal(
    tmp_path: Path,
) -> None:
    async with sending(tmp_path) as session:
        first = await session.call("send_sms", **SMS)
        await session.decide(first.action_id)
        await session.call("check_action", action_id=first.action_id)
        again = await session.call("send_sms", **SMS)

        assert (again.status, sent(session)) == ("duplicate", 1)
        assert f"duplicate of {first.action_id}" in again.text
        assert f"egoi-mcp actions approve {again.action_id}" in again.text


@pytest.mark.parametrize(("seconds", "status"), [(590, "duplicate"), (600, "needs_approval")])
async def test_after_ten_minutes_the_same_is_no_duplicate(tmp_path: Path, seconds: int, status: str) -> None:
    person = Person()
    async with sending(tmp_path, person=person) as session:
        await session.call("send_sms", **SMS)
        person.answer = "cancel"
        session.rows.let_pass(seconds)

        assert (await session.call("send_sms", **SMS)).status == status


async def test_after_an_unknown_outcome_the_same_is_one_at_any_age(tmp_path: Path) -> None:
    person = Person()
    async with sending(tmp_path, person=person) as session:
        session.sandbox.faults.add(Fault(kind="reset_after", match="sendSmsMessages"))
        await session.call("send_sms", **SMS)
        person.answer = "cancel"
        session.rows.let_pass(300 * 86_400)

        assert (await session.call("send_sms", **SMS)).status == "duplicate"


async def test_what_was_declined_or_has_failed_is_no_duplicate(tmp_path: Path) -> None:
    person = Person("decline")
    async with sending(tmp_path, person=person) as session:
        await session.call("send_sms", **SMS)
        person.answer = "approve"
        other = await session.call("send_sms", **{**SMS, "text": "Your order is ready!"})

        assert (other.status, other.data.get("duplicate_of"), sent(session)) == ("succeeded", None, 1)
