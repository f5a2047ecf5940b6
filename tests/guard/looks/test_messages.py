"""Transactional SMS after a lost reply: all there, none, some, or none that can be told from others'."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.guard.action import StepState
from egoi_mcp.guard.looks.messages import Tally, wanted_of
from egoi_mcp.sandbox import Fault
from egoi_mcp.sandbox.faults import FaultKind
from tests.guard.looks.acting import DID_NOT, ENOUGH, HAPPENED, Acting, Deed, acting
from tests.support import SMS, opened

pytestmark = pytest.mark.anyio

WORDS = "Your order is ready"
LIST, ONE = "listAllSmsMessages", "listSingleSmsMessage"


def number(place: int) -> str:
    return f"351-900000{100 + place:03d}"


def batch(count: int, words: str = WORDS, start: int = 0, **members: Any) -> Deed:
    body = [
        {"to": number(place), "from": "501", "textBody": words, **members}
        for place in range(start, start + count)
    ]
    return Deed("sendSmsMessages", body, api="transactional")


async def lost_in_part(act: Acting, count: int, *missing: int, words: str = WORDS) -> str:
    """A batch of which the vendor dropped some; the action's id."""
    action_id = await act.lose(batch(count, words), HAPPENED)
    gone = {number(place) for place in missing}
    messages = act.sandbox.world.transactional.messages
    for message in [each for each in messages.values() if each.to in gone and each.text == words]:
        del messages[message.id]
    return action_id


@pytest.mark.parametrize("kind", ["reset_after", "500_after", "408_after", "timeout_after", "unreadable"])
async def test_a_message_that_the_list_shows_was_sent_and_its_id_is_kept(
    tmp_path: Path, kind: FaultKind
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(batch(1), kind)

        assert (told.status, told.data["ids"]) == (
            "succeeded",
            [each.id for each in act.sandbox.effects.messages],
        )
        assert (act.sandbox.requests.count(LIST), act.sandbox.requests.count(ONE)) == (1, 1)


@pytest.mark.parametrize("kind", ["reset_before", "500_before", "503_before"])
@pytest.mark.parametrize("count", [1, 3, 30])
async def test_a_message_that_the_list_does_not_show_was_not_sent_once_time_has_passed(
    tmp_path: Path, kind: FaultKind, count: int
) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(count), kind)
        early = await act.check(action_id)
        act.pass_time(ENOUGH)
        late = await act.check(action_id)

        assert (early.status, late.status) == ("unknown", "failed")
        assert f"shows 0 of {count} so far; ask check_action again in 1" in early.text
        assert "not sent" in late.text


async def test_a_single_message_is_found_in_the_same_way(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        (body,) = batch(1).body
        deed = Deed("sendSmsMessagesSingle", body, api="transactional")

        assert (await act.settled(deed, HAPPENED)).status == "succeeded"


async def test_the_tools_own_sends_are_found(tmp_path: Path) -> None:
    """Beyond a hundred people the tool makes two requests; here the first reply is lost."""
    async with acting(tmp_path, toolsets="sms") as act:
        act.sandbox.faults.add(Fault(kind="timeout_after", match="sendSmsMessages"))
        people = [f"+351900000{place}" for place in range(100, 205)]
        lost = await act.session.call("send_sms", **{**SMS, "to": people})
        told = await act.check(lost.action_id)

        assert (lost.status, told.status) == ("unknown", "succeeded")
        assert "the texts of 20 were compared" in told.text
        assert len(told.data["ids"]) + told.data["more_ids"] == 105
        assert act.sandbox.requests.count("sendSmsMessages") == 2


async def test_partial_outcomes_are_told_request_by_request(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        act.sandbox.faults.add(Fault(kind="slow", match="sendSmsMessages"))
        act.sandbox.faults.add(Fault(kind=DID_NOT, match="sendSmsMessages"))
        act.sandbox.faults.add(Fault(kind=HAPPENED, match="sendSmsMessages"))
        lost = await act.do(batch(2), batch(2, start=10), batch(2, start=20))
        early = await act.check(lost.action_id)
        act.pass_time(ENOUGH)
        late = await act.check(lost.action_id)

        assert (early.status, late.status) == ("unknown", "partial")
        assert "Of 3 requests: 2 succeeded, 1 unknown." in early.text
        assert "Request 1: succeeded. Request 2: unknown, " in early.text
        assert "Request 3: succeeded, E-goi's list of messages shows 2 of 2." in early.text
        assert "Request 2: failed, not sent: E-goi's list of messages shows 0 of 2." in late.text
        assert len(late.data["ids"]) == act.sandbox.effects.count("sms") == 4


async def test_a_batch_of_which_some_went_out_is_partial_with_its_counts(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await lost_in_part(act, 5, 1, 3)
        early = await act.check(action_id)
        act.pass_time(ENOUGH)
        late = await act.check(action_id)
        (step,) = (await act.action(action_id)).steps

        assert (early.status, late.status) == ("unknown", "partial")
        assert "shows 3 of 5; the other 2 were not sent" in late.text
        assert (step.state, len(step.ids)) == (StepState.PARTIAL, 3)


async def test_a_message_that_the_vendor_could_not_deliver_was_sent_and_is_told(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(2), HAPPENED)
        act.sandbox.world.transactional.messages[int(act.sandbox.effects.messages[0].id)].status = "rejected"
        told = await act.check(action_id)

        assert told.status == "succeeded"
        assert "1 could not be delivered" in told.text


async def test_the_same_message_of_another_action_is_not_this_ones(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        first = await act.lose(batch(1), DID_NOT)
        sent = await act.do(batch(1))
        assert sent.status == "succeeded"
        act.pass_time(ENOUGH)
        told = await act.check(first)

        assert (told.status, act.sandbox.effects.count("sms")) == ("failed", 1)


async def test_of_two_lost_sends_and_one_message_neither_is_told(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        first = await act.lose(batch(1), DID_NOT)
        second = await act.lose(batch(1), HAPPENED)
        act.pass_time(ENOUGH)

        assert (await act.check(first)).status == (await act.check(second)).status == "unknown"
        await act.session.ledger.settle(first, sent=False, by="owner")
        assert (await act.check(second)).status == "succeeded"


async def test_two_lost_sends_and_two_messages_both_happened(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        first, second = await act.lose(batch(1), HAPPENED), await act.lose(batch(1), HAPPENED)
        told = [await act.check(first), await act.check(second)]

        assert [each.status for each in told] == ["succeeded", "succeeded"]
        assert [each.data.get("ids", []) for each in told] == [[], []]


async def test_what_a_person_settled_as_sent_may_own_the_message(tmp_path: Path) -> None:
    """It was settled without an id, so the one message that is there may be its."""
    async with acting(tmp_path) as act:
        first, second = await act.lose(batch(1), HAPPENED), await act.lose(batch(1), DID_NOT)
        await act.session.ledger.settle(first, sent=True, by="owner")
        act.pass_time(ENOUGH)

        assert (await act.check(second)).status == "unknown"


async def test_what_a_purged_action_sent_at_that_time_cannot_be_told_apart(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        sent = await act.do(batch(1))
        lost = await act.lose(batch(1), DID_NOT)
        act.pass_time(ENOUGH)
        act.session.rows.change(
            "UPDATE steps SET target = '', body = x'', ids = '[]' WHERE action_id = ?", sent.action_id
        )

        assert (await act.check(lost)).status == "unknown"


async def test_two_steps_of_one_action_to_one_person_have_a_message_each(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        act.sandbox.faults.add(Fault(kind=DID_NOT, match="sendSmsMessages"))
        lost = await act.do(batch(1), batch(1, "Your table is free"))
        act.pass_time(ENOUGH)
        told = await act.check(lost.action_id)

        assert told.status == "partial"
        assert "Request 1: failed, not sent" in told.text


@pytest.mark.parametrize("extra", [1, 2])
async def test_more_of_the_same_than_were_sent_cannot_be_told_apart(tmp_path: Path, extra: int) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(1), HAPPENED)
        for _ in range(extra):
            act.outside(number(0), WORDS)
        act.pass_time(ENOUGH)
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "which is which it does not tell" in told.text


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"apart": -3600.0}, "unknown"),
        ({"apart": 3600.0}, "unknown"),
        ({"words": "Your code is 1234"}, "unknown"),
        ({"group": "orders"}, "unknown"),
        ({"sender_id": "502"}, "unknown"),
        ({"apart": -3600.0, "words": "Your code is 1234"}, "failed"),
        ({"apart": -3600.0, "group": "orders"}, "failed"),
        ({"apart": -3600.0, "sender_id": "502"}, "failed"),
        ({"words": "Your code is 1234", "sender_id": "502"}, "failed"),
        ({"words": "Your code is 1234", "group": "orders"}, "failed"),
        ({"apart": -15 * 3600.0}, "unknown"),
        ({"apart": -4 * 86_400.0}, "failed"),
        ({"to": number(7)}, "failed"),
    ],
)
async def test_one_difference_leaves_doubt_and_two_make_another_message(
    tmp_path: Path, members: dict[str, Any], status: str
) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(1), DID_NOT)
        same: dict[str, Any] = {"to": number(0), "words": WORDS}
        act.outside(**(same | members))
        act.pass_time(ENOUGH)

        assert (await act.check(action_id)).status == status


@pytest.mark.parametrize(
    "members",
    [{"apart": -3600.0}, {"words": "Your code is 1234"}, {"group": "orders"}, {"sender_id": "502"}],
)
async def test_others_messages_do_not_hide_the_own_one(tmp_path: Path, members: dict[str, Any]) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(1), HAPPENED)
        same: dict[str, Any] = {"to": number(0), "words": WORDS}
        act.outside(**(same | members))
        told = await act.check(action_id)

        assert (told.status, told.data["ids"]) == ("succeeded", [act.sandbox.effects.messages[0].id])


async def test_a_clock_that_is_wrong_leaves_it_open(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(1), HAPPENED)
        act.session.rows.let_pass(1800.0)
        told = await act.check(action_id)

        assert told.status == "unknown"


async def test_a_clock_that_was_set_between_two_lost_sends_does_not_keep_them_apart(tmp_path: Path) -> None:
    """By their rows a day lies between them, and the one message may be either's."""
    async with acting(tmp_path) as act:
        first = await act.lose(batch(1), DID_NOT, passed=86_400.0)
        second = await act.lose(batch(1), HAPPENED)
        told = [await act.check(first), await act.check(second)]

        assert [each.status for each in told] == ["unknown", "unknown"]


async def test_a_server_that_has_just_begun_does_not_believe_that_time_has_passed(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(1), DID_NOT, passed=3600.0)
        async with opened(
            act.session.settings, sandbox=act.sandbox, transport=act.sandbox.transport()
        ) as new:
            told = await new.call("check_action", action_id=action_id)

            assert told.status == "unknown"
            assert "ask check_action again in 180 seconds" in told.text
        assert (await act.check(action_id)).status == "failed"


async def test_line_breaks_and_spaces_are_the_same_text(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(1, "Your order\n is ready "), HAPPENED)
        (message,) = (
            each for each in act.sandbox.world.transactional.messages.values() if each.to == number(0)
        )
        message.text = "Your order is ready"

        assert (await act.check(action_id)).status == "succeeded"


@pytest.mark.parametrize(
    "members", [{"mergeTags": ["name:Ana"]}, {"textBody": "Hello {{ name }}", "mergeTags": ["name:Ana"]}]
)
async def test_a_text_with_gaps_cannot_be_compared(tmp_path: Path, members: dict[str, Any]) -> None:
    async with acting(tmp_path) as act:
        deed = batch(1)
        told = await act.settled(replace(deed, body=[deed.body[0] | members]), HAPPENED, passed=ENOUGH)

        assert told.status == "unknown"
        assert "template or merge tags" in told.text


async def test_a_big_batch_with_another_text_among_those_read_is_not_taken_unread(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(40), HAPPENED)
        newest = max(act.sandbox.world.transactional.messages)
        act.sandbox.world.transactional.messages[newest].text = "Your code is 1234"
        act.pass_time(ENOUGH)
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert act.sandbox.requests.count(ONE) == 20


async def test_a_list_that_may_be_cut_is_asked_number_by_number(tmp_path: Path) -> None:
    """Of ten others that day nothing shows that there is no eleventh; the list of the number itself does."""
    async with acting(tmp_path) as act:
        for place in range(50, 62):
            act.outside(number(place), "Something else")
        action_id = await act.lose(batch(2), DID_NOT)
        act.pass_time(ENOUGH)
        told = await act.check(action_id)

        assert told.status == "failed"
        assert act.sandbox.requests.count(LIST) == 3


async def test_of_more_numbers_than_can_be_asked_a_list_that_may_be_cut_tells_nothing(
    tmp_path: Path,
) -> None:
    async with acting(tmp_path) as act:
        for place in range(50, 62):
            act.outside(number(place), "Something else")
        action_id = await act.lose(batch(30), DID_NOT)
        act.pass_time(ENOUGH)
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "may be shortened" in told.text


@pytest.mark.parametrize("where", [LIST, ONE])
@pytest.mark.parametrize("kind", ["500_before", "unreadable"])
async def test_a_vendor_that_is_down_leaves_it_unknown_and_says_so(
    tmp_path: Path, where: str, kind: FaultKind
) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(batch(1), HAPPENED)
        act.sandbox.faults.add(Fault(kind=kind, match=where, times=9))
        told = await act.check(action_id)
        act.sandbox.faults.clear()

        assert (told.status, told.is_error) == ("unknown", True)
        assert "the vendor could not be asked what became of it" in told.text
        assert (await act.check(action_id)).status == "succeeded"


async def test_what_was_found_before_the_vendor_went_down_is_kept(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        act.sandbox.faults.add(Fault(kind=HAPPENED, match="sendSmsMessages", times=2))
        lost = await act.do(batch(1), batch(1, start=5))
        act.sandbox.faults.add(Fault(kind="slow", match=LIST))
        act.sandbox.faults.add(Fault(kind="500_before", match=LIST, times=9))
        told = await act.check(lost.action_id)

        assert told.status == "unknown"
        assert "Of 2 requests: 1 succeeded, 1 unknown." in told.text
        assert "could not be asked" in told.text


async def test_neither_numbers_nor_texts_are_told(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await lost_in_part(act, 3, 1)
        act.outside(number(2), WORDS)
        texts = [(await act.check(action_id)).text]
        act.pass_time(ENOUGH)
        texts.append((await act.check(action_id)).text)

        assert not [text for text in texts if "900000" in text or WORDS in text]


@given(wanted=st.integers(1, 5), rivals=st.integers(0, 5), found=st.integers(0, 12), doubts=st.integers(0, 2))
def test_a_tally_is_told_only_where_nothing_else_explains_it(
    wanted: int, rivals: int, found: int, doubts: int
) -> None:
    sent = Tally(wanted=wanted, rivals=rivals, found=found, doubts=doubts).sent

    if sent == 0:
        assert (found, doubts) == (0, 0)
    elif sent is not None and sent < wanted:
        assert (sent, doubts, rivals) == (found, 0, 0)
    elif sent is not None:
        assert found == wanted + rivals


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        ["x"],
        [{"to": "351-900000001", "from": "501"}],
        [{"to": ["351-900000001"], "from": "501", "templateId": "1"}],
        [{"to": "351-900000001", "from": None, "textBody": "x"}],
        [{"to": "351-900000001", "from": "501", "textBody": "x", "group": 7}],
    ],
)
def test_a_message_of_another_shape_is_not_compared(body: Any) -> None:
    request = Request(operation=operation("transactional", "sendSmsMessages"), body=body)

    assert wanted_of(request) is None
