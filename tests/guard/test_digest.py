"""What binds an approval to exact bytes: no two plans share a digest, no proof serves twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.guard.digest import StateKey, message_fingerprints

KEY = StateKey(bytes(range(32)))
TEXTS = st.text(max_size=12)
REQUESTS = st.builds(
    FrozenRequest,
    st.sampled_from(["egoi", "transactional", "txtsync", "intercom"]),
    TEXTS,
    TEXTS,
    TEXTS,
    st.binary(max_size=12),
)
PLANS = st.tuples(TEXTS, TEXTS, st.lists(REQUESTS, max_size=4))
Plan = tuple[str, str, list[FrozenRequest]]


def digest(plan: Plan) -> bytes:
    return KEY.action_digest(*plan)


@given(PLANS, PLANS)
def test_two_plans_have_one_digest_only_when_they_are_equal(one: Plan, other: Plan) -> None:
    assert (digest(one) == digest(other)) is (one == other)


def changed(plan: Plan) -> list[Plan]:
    """The plan with one member one character longer, or another API, in every way that there is."""
    connection, account, requests = plan
    found: list[Plan] = [(connection + "x", account, requests), (connection, account + "x", requests)]
    for index, request in enumerate(requests):
        found += [
            (connection, account, [*requests[:index], other, *requests[index + 1 :]])
            for other in (
                replace(request, api="egoi" if request.api != "egoi" else "txtsync"),
                replace(request, method=request.method + "x"),
                replace(request, origin=request.origin + "x"),
                replace(request, target=request.target + "x"),
                replace(request, body=request.body + b"x"),
            )
        ]
    return found


@given(PLANS)
def test_a_changed_member_changes_the_digest(plan: Plan) -> None:
    assert digest(plan) not in {digest(other) for other in changed(plan)}


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_changed_byte_of_the_body_changes_the_digest(body: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(body) - 1))
    by = data.draw(st.integers(1, 255))
    other = bytes([*body[:position], (body[position] + by) % 256, *body[position + 1 :]])
    one, two = (FrozenRequest("egoi", "POST", "https://a.example.com", "/x", each) for each in (body, other))

    assert digest(("egoi", "1", [one])) != digest(("egoi", "1", [two]))


@given(st.lists(REQUESTS, min_size=2, max_size=4, unique=True))
def test_another_order_is_another_digest(requests: list[FrozenRequest]) -> None:
    assert digest(("egoi", "1", requests[::-1])) != digest(("egoi", "1", requests))


@given(st.lists(REQUESTS, min_size=1, max_size=4), st.integers(0, 3))
def test_a_request_more_or_fewer_is_another_digest(requests: list[FrozenRequest], index: int) -> None:
    fewer = [request for number, request in enumerate(requests) if number != index % len(requests)]

    assert digest(("egoi", "1", requests)) != digest(("egoi", "1", fewer))
    assert digest(("egoi", "1", requests)) != digest(("egoi", "1", [*requests, requests[0]]))


@given(TEXTS, TEXTS, TEXTS)
def test_what_moves_from_one_member_to_the_next_changes_the_digest(head: str, middle: str, tail: str) -> None:
    assume(middle)

    assert digest((head + middle, tail, [])) != digest((head, middle + tail, []))
    one = FrozenRequest("egoi", "POST", head + middle, tail, b"")
    other = FrozenRequest("egoi", "POST", head, middle + tail, b"")
    assert digest(("egoi", "1", [one])) != digest(("egoi", "1", [other]))


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_members_do_not_run_into_each_other(one: list[bytes], other: list[bytes]) -> None:
    assert (KEY.mac("action", *one) == KEY.mac("action", *other)) is (one == other)


@given(TEXTS, TEXTS, st.lists(st.binary(max_size=6), max_size=3))
def test_a_code_for_one_purpose_is_none_for_another(one: str, other: str, members: list[bytes]) -> None:
    assert (KEY.mac(one, *members) == KEY.mac(other, *members)) is (one == other)
    assert (KEY.derive(one) == KEY.derive(other)) is (one == other)


@given(PLANS)
def test_another_key_makes_another_digest(plan: Plan) -> None:
    assert StateKey(bytes(32)).action_digest(*plan) != digest(plan)


IDS = st.from_regex(r"act_[a-z2-9]{8}", fullmatch=True)
CHANNELS = st.sampled_from(["elicitation", "terminal", "chat", "policy"])
APPROVERS = st.sampled_from(["ana", "rui"])
TIMES = st.sampled_from([0.0, 1.0, 1_795_000_000.25])
Approved = tuple[str, bytes, str, str, float]
APPROVALS = st.tuples(IDS, st.binary(min_size=32, max_size=32), CHANNELS, APPROVERS, TIMES)


@given(APPROVALS, APPROVALS)
def test_a_proof_serves_one_action_one_digest_one_channel_one_approver_and_one_time(
    one: Approved, other: Approved
) -> None:
    assert (KEY.approval(*one) == KEY.approval(*other)) is (one == other)
    for member in range(5):
        mixed: Any = (*one[:member], other[member], *one[member + 1 :])
        assert (KEY.approval(*mixed) == KEY.approval(*one)) is (mixed == one)


@given(APPROVALS)
def test_a_used_approval_is_no_approval(one: Approved) -> None:
    assert KEY.approval(*one, used=True) != KEY.approval(*one)


@given(APPROVALS)
def test_nothing_else_passes_as_an_approval(one: Approved) -> None:
    action_id, frozen, channel, by, at = one
    members = (action_id, channel, by, at.hex())
    codes = {
        KEY.approval(action_id, frozen, channel, by, at),
        KEY.approval(action_id, frozen, channel, by, at, used=True),
        KEY.seal(action_id, frozen, *members[1:]),
        *(
            KEY.mac(purpose, frozen, *(member.encode() for member in members))
            for purpose in ("action", "fingerprint", "ticket", "content")
        ),
    }

    assert len(codes) == 7


TICKETS = st.tuples(
    IDS,
    st.binary(min_size=32, max_size=32),
    st.integers(1, 3),
    st.sampled_from(["", "left0", "right0"]),
    st.sampled_from(["pending", "sending"]),
    TIMES,
)
Ticket = tuple[str, bytes, int, str, str, float]


@given(TICKETS, TICKETS)
def test_a_ticket_serves_one_step_in_one_state_in_the_hands_of_one_owner(one: Ticket, other: Ticket) -> None:
    assert (KEY.ticket(*one) == KEY.ticket(*other)) is (one == other)
    for member in range(6):
        mixed: Any = (*one[:member], other[member], *one[member + 1 :])
        assert (KEY.ticket(*mixed) == KEY.ticket(*one)) is (mixed == one)


# -- the same to the same -------------------------------------------------------------------------

PEOPLE = ("+351900000001", "+351900000002")
SEPARATORS = st.text(alphabet=" \t\n.,;:!?-_*'\"()\u00a0\u2003\u2019", min_size=1, max_size=3)


@given(st.lists(st.from_regex(r"[a-zà-öø-ú0-9]{1,6}", fullmatch=True), min_size=1, max_size=6), st.data())
def test_case_spacing_and_punctuation_make_no_other_message(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    typed = "".join(
        (word.upper() if data.draw(st.booleans()) else word) + data.draw(SEPARATORS) for word in words
    )
    assume(text.upper().casefold() == text.casefold())

    assert message_fingerprints("sms", PEOPLE, typed) == message_fingerprints("sms", PEOPLE, text)


@given(st.lists(st.sampled_from([*PEOPLE, "+351900000003"]), min_size=1, max_size=6))
def test_the_order_and_number_of_recipients_make_no_other_message(people: list[str]) -> None:
    assert message_fingerprints("sms", people[::-1] * 2, "Hi") == message_fingerprints("sms", people, "Hi")
    assert len(message_fingerprints("sms", people, "Hi")) == len(set(people))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Code 1234", "Code 1235"),
        ("Your order is ready", "Your order is not ready"),
        ("👍", "👎"),
        ("...", "!!!"),
        ("", "."),
        ("a b", "ab"),
    ],
)
def test_other_words_make_another_message(one: str, other: str) -> None:
    assert not set(message_fingerprints("sms", PEOPLE, one)) & set(message_fingerprints("sms", PEOPLE, other))


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_people_never_share_a_mark(one: str, other: str) -> None:
    assume(one != other)
    marks = [set(message_fingerprints("sms", [f"+{person}"], "Hi")) for person in (one, other)]

    assert not marks[0] & marks[1]


@given(TEXTS, TEXTS, TEXTS)
def test_a_fingerprint_is_of_one_connection_and_one_text(connection: str, one: str, other: str) -> None:
    assert (KEY.fingerprint(connection, one) == KEY.fingerprint(connection, other)) is (one == other)
    assert (KEY.fingerprint(one, connection) == KEY.fingerprint(other, connection)) is (one == other)
