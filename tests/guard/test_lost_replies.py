"""A vendor that fails in the middle: what is told, what is sent again, and above all what is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from egoi_mcp.sandbox import Fault, Sandbox, SandboxSettings
from egoi_mcp.sandbox.faults import FaultKind
from egoi_mcp.settings import from_environ
from tests.guard.sessions import CAPPED, sending, sent
from tests.support import ERAS, SMS, Clock, Era, Person, opened

pytestmark = pytest.mark.anyio

OPERATION = "sendSmsMessages"
LOST: tuple[FaultKind, ...] = ("reset_after", "500_after", "408_after", "timeout_after", "unreadable")
MANY: dict[str, Any] = {**SMS, "to": [f"+351900000{number}" for number in range(100, 201)]}
"""101 people: two requests of the vendor's 100."""


LONG_AGO = SandboxSettings(retry_after="date", clock=Clock(1_600_000_000.0))
"""A vendor whose `Retry-After` names a moment that has passed, so that nothing waits for it."""


def failing(*faults: Fault, settings: SandboxSettings | None = None) -> Sandbox:
    """A sandbox that fails at its sending calls, in this order."""
    sandbox = Sandbox(settings)
    for fault in faults:
        sandbox.faults.add(replace(fault, match=OPERATION))
    return sandbox


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_reply_is_unknown_until_it_is_looked_for_and_never_sent_again_by_an_identical_call(
    tmp_path: Path, mode: Era, kind: FaultKind
) -> None:
    person = Person()
    async with sending(tmp_path, mode=mode, person=person, sandbox=failing(Fault(kind=kind))) as session:
        lost = await session.call("send_sms", **SMS)
        assert (lost.status, lost.is_error) == ("unknown", True)
        assert "may or may not have happened" in lost.text

        person.answer = "cancel"
        again = await session.call("send_sms", **SMS)
        looked = await session.call("check_action", action_id=lost.action_id)

        assert (again.status, again.data["duplicate_of"]) == ("duplicate", lost.action_id)
        assert person.questions[-1].startswith("ATTENTION: the same was sent just now, or may have been")
        assert (looked.status, looked.is_error) == ("succeeded", False)
        assert session.sandbox.requests.count(OPERATION) == 1
        assert sent(session) == 1


@pytest.mark.parametrize("kind", ["reset_before", "500_before", "503_before"])
async def test_what_may_have_been_read_is_unknown_even_if_it_had_no_effect(
    tmp_path: Path, kind: FaultKind
) -> None:
    async with sending(tmp_path, person=Person(), sandbox=failing(Fault(kind=kind))) as session:
        lost = await session.call("send_sms", **SMS)

        assert (lost.status, sent(session)) == ("unknown", 0)
        assert session.sandbox.requests.count(OPERATION) == 1


async def test_after_an_unknown_outcome_a_person_may_have_it_sent_once_more(tmp_path: Path) -> None:
    person = Person()
    sandbox = failing(Fault(kind="reset_before"))
    async with sending(tmp_path, person=person, sandbox=sandbox) as session:
        await session.call("send_sms", **SMS)
        again = await session.call("send_sms", **SMS)

        assert (again.status, sent(session)) == ("succeeded", 1)
        assert len(person.questions) == 2


@pytest.mark.parametrize(("was_sent", "settled"), [(True, "succeeded"), (False, "failed")])
async def test_a_person_settles_an_unknown_outcome_and_check_action_tells(
    tmp_path: Path, was_sent: bool, settled: str
) -> None:
    sandbox = failing(Fault(kind="reset_after"))
    async with sending(tmp_path, person=Person(), sandbox=sandbox) as session:
        lost = await session.call("send_sms", **SMS)
        await session.ledger.settle(lost.action_id, sent=was_sent, by="owner")
        looked = await session.call("check_action", action_id=lost.action_id)

        assert looked.status == settled
        assert "settled by a person" in looked.text


async def test_without_confirmation_an_unknown_outcome_is_not_sent_again_either(tmp_path: Path) -> None:
    sandbox = failing(Fault(kind="reset_before"))
    async with sending(tmp_path, {"EGOI_MCP_CONFIRM": "off", **CAPPED}, sandbox=sandbox) as session:
        lost = await session.call("send_sms", **SMS)
        again = await session.call("send_sms", **{**SMS, "text": "your order is  READY"})

        assert (lost.status, again.status, again.data["duplicate_of"]) == (
            "unknown",
            "duplicate",
            lost.action_id,
        )
        assert session.sandbox.requests.count(OPERATION) == 1


@pytest.mark.parametrize("mode", ERAS)
async def test_a_send_that_the_vendor_turned_away_is_tried_again_under_the_same_claim(
    tmp_path: Path, mode: Era
) -> None:
    sandbox = failing(Fault(kind="429", times=2), settings=LONG_AGO)
    async with sending(tmp_path, mode=mode, person=Person(), sandbox=sandbox) as session:
        done = await session.call("send_sms", **SMS)

        assert (done.status, sent(session)) == ("succeeded", 1)
        assert session.sandbox.requests.count(OPERATION) == 3
        ((claims,),) = session.rows.select("SELECT count(*) FROM steps WHERE claimed_at IS NOT NULL")
        assert claims == 1


async def test_a_refused_connection_is_tried_again_and_sends_once(tmp_path: Path) -> None:
    sandbox = failing(Fault(kind="refused"))
    async with sending(tmp_path, person=Person(), sandbox=sandbox) as session:
        done = await session.call("send_sms", **SMS)

        assert (done.status, sent(session)) == ("succeeded", 1)


async def test_a_refused_request_has_failed_and_may_be_proposed_again(tmp_path: Path) -> None:
    person = Person()
    async with sending(tmp_path, person=person) as session:
        session.sandbox.world.egoi.transactional_enabled = False
        told = await session.call("send_sms", **SMS)
        assert (told.status, told.is_error, sent(session)) == ("failed", True, 0)
        session.sandbox.world.egoi.transactional_enabled = True
        again = await session.call("send_sms", **SMS)

        assert (again.status, again.data.get("duplicate_of"), sent(session)) == ("succeeded", None, 1)


async def test_of_two_requests_one_lost_makes_the_whole_unknown(tmp_path: Path) -> None:
    sandbox = failing(Fault(kind="slow"), Fault(kind="500_before"))
    async with sending(tmp_path, person=Person(), sandbox=sandbox) as session:
        told = await session.call("send_sms", **MANY)

        assert (told.status, told.is_error, sent(session)) == ("unknown", True, 100)
        assert "Of 2 requests: 1 succeeded, 1 unknown." in told.text
        assert len(told.data["ids"]) + told.data.get("more_ids", 0) == 100
        again = await session.call("check_action", action_id=told.action_id)
        assert (again.status, sent(session)) == ("unknown", 100)


async def test_of_two_requests_one_turned_away_for_good_makes_it_partial(tmp_path: Path) -> None:
    sandbox = failing(Fault(kind="slow"), Fault(kind="429", times=9, retry_after_seconds=1000))
    async with sending(tmp_path, person=Person(), sandbox=sandbox) as session:
        told = await session.call("send_sms", **MANY)

        assert (told.status, told.is_error, sent(session)) == ("partial", False, 100)
        assert "Of 2 requests: 1 succeeded, 1 failed." in told.text
        assert "Nothing is sent again by itself." in told.text


async def test_what_follows_a_lost_reply_is_sent_all_the_same(tmp_path: Path) -> None:
    sandbox = failing(Fault(kind="reset_after"))
    async with sending(tmp_path, person=Person(), sandbox=sandbox) as session:
        told = await session.call("send_sms", **MANY)

        assert (told.status, sent(session)) == ("unknown", 101)
        assert session.rows.select("SELECT state FROM steps ORDER BY number") == [
            ("unknown",),
            ("succeeded",),
        ]


async def test_a_reply_of_an_unheard_of_shape_ends_the_action_and_not_the_server(tmp_path: Path) -> None:
    def odd(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"SMSID": {"a": [1]}, "ErrorCode": [{"code": 1}]})

    settings = from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(tmp_path)})
    async with opened(
        settings, sandbox=Sandbox(), transport=httpx2.MockTransport(odd), person=Person()
    ) as session:
        told = await session.call("send_sms", **{**SMS, "provider": "txtsync", "sender": "ACME"})

        assert told.status == "failed"
        assert "refused by the vendor" in told.text
        assert (await session.call("check_action", action_id=told.action_id)).status == "failed"
