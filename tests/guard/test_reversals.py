"""The requests that undo a request: made of it and of the vendor's words, and reaching nobody else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import JsonValue, Request, freeze, operation
from egoi_mcp.guard.receipts import CONTACT_ID
from egoi_mcp.guard.reversals import (
    Done,
    Reversal,
    Reverse,
    activate,
    attach_again,
    cancel_messages,
    cancel_queued,
    deactivate,
    delete_campaign,
    delete_tag,
    delete_txtsync_contact,
    delete_webhook,
    detach_again,
    pause,
    resubscribe,
    resume,
    unsubscribe,
    unsuppress,
)
from egoi_mcp.models.vendor_json import mapping, texts

EVERY: Sequence[Reverse] = (
    activate,
    attach_again,
    cancel_messages,
    cancel_queued,
    deactivate,
    delete_campaign,
    delete_tag,
    delete_txtsync_contact,
    delete_webhook,
    detach_again,
    pause,
    resubscribe,
    resume,
    unsubscribe,
    unsuppress,
)
CONTACTS = st.sampled_from([f"{number:010x}" for number in range(12)] + ["0000000ABC", "0000000abc"])
IDS = st.lists(CONTACTS | st.sampled_from(["ana@example.com", "", "5", "7"]), max_size=6).map(tuple)
NAMED = st.lists(CONTACTS, min_size=1, max_size=6, unique=True)


def of_list(name: str, body: JsonValue) -> Request:
    return Request(operation=operation("egoi", name), path={"list_id": 1}, body=body)


def reached(reversal: Reversal | None) -> set[str]:
    """The contacts that a reversal's requests name, in one case of letters."""
    found: set[str] = set()
    for request in reversal.requests if reversal is not None else ():
        body = mapping(request.body)
        found |= folded(texts(body, "contacts"))
        if "contact_id" in request.path:
            found.add(str(request.path["contact_id"]).casefold())
    return found


def folded(ids: Sequence[str]) -> set[str]:
    return {each.casefold() for each in ids}


@given(NAMED, IDS, st.booleans())
def test_a_tag_is_changed_for_nobody_whom_the_request_did_not_name(
    named: list[str], ids: tuple[str, ...], exact: bool
) -> None:
    body: JsonValue = {"tag_id": 7, "contacts": list(named)}
    for name, reverse in (("actionAttachTag", detach_again), ("actionDetachTag", attach_again)):
        done = Done(request=of_list(name, body), ids=ids, exact=exact)
        expected = folded(named) & folded(ids) if exact else folded(named)
        assert reached(reverse(done)) == expected


@given(IDS, st.booleans())
def test_of_a_segment_or_of_values_a_tag_is_changed_only_for_those_whom_the_vendor_listed(
    ids: tuple[str, ...], exact: bool
) -> None:
    listed = tuple(each for each in ids if CONTACT_ID.fullmatch(each))
    bodies: list[JsonValue] = [
        {"tag_id": 7, "segment_id": "s"},
        {"tag_id": 7, "field_id": "cellphone", "contacts": ["351-900000001"]},
    ]
    for body in bodies:
        done = Done(request=of_list("actionAttachTag", body), ids=listed, exact=exact)
        assert reached(detach_again(done)) == (folded(listed) if exact else set())


@given(NAMED, IDS)
def test_nobody_is_resubscribed_but_those_named_and_listed(named: list[str], ids: tuple[str, ...]) -> None:
    body: JsonValue = {"data": [{"contact_id": each} for each in named]}
    reversal = resubscribe(Done(request=of_list("actionUnsubscribeContact", body), ids=ids))
    assert reached(reversal) == folded(named) & folded(ids)
    for request in reversal.requests if reversal is not None else ():
        assert request.body == {"base": {"status": "active"}}


@given(NAMED)
def test_a_whole_list_is_never_activated_or_deactivated_to_undo_something(named: list[str]) -> None:
    for name, reverse in (
        ("actionActivateContacts", deactivate),
        ("actionDeactivateContacts", activate),
    ):
        some: JsonValue = {"type": "contacts", "contacts": list(named)}
        assert reached(reverse(Done(request=of_list(name, some)))) == folded(named)
        everybody: list[JsonValue] = [{"type": "all"}, {"type": "all", "contacts": list(named)}, {}]
        for body in everybody:
            assert reverse(Done(request=of_list(name, body))) is None


@given(st.lists(st.integers(1, 9), max_size=5), st.lists(st.integers(1, 9), max_size=5))
def test_only_what_was_paused_is_resumed_and_only_what_was_resumed_is_paused(
    asked: list[int], done: list[int]
) -> None:
    for name, reverse in (("actionPauseOperation", resume), ("actionResumeOperation", pause)):
        request = Request(operation=operation("egoi", name), body={"operations": list(asked)})
        reversal = reverse(Done(request=request, ids=tuple(str(each) for each in done)))
        numbers = texts(mapping(reversal.requests[0].body), "operations") if reversal is not None else ()
        assert numbers == tuple(str(each) for each in done if each in asked)


@pytest.mark.parametrize("reverse", [delete_tag, delete_webhook, delete_txtsync_contact, unsubscribe])
@pytest.mark.parametrize("ids", [(), ("1", "2"), ("a/b",), ("..",), ("-1",), ("",)])
def test_what_was_made_is_deleted_only_by_the_one_id_that_the_vendor_gave(
    reverse: Reverse, ids: tuple[str, ...]
) -> None:
    made = of_list("createContact", {"base": {}})
    assert reverse(Done(request=made, ids=ids)) is None


@given(st.sampled_from(EVERY), IDS, st.booleans())
def test_whatever_the_row_holds_the_requests_can_be_sent_or_there_are_none(
    reverse: Reverse, ids: tuple[str, ...], exact: bool
) -> None:
    numbers = tuple(each for each in ids if each.isdecimal())
    # Those that go by a look get what it found, which are numbers, and hashes of campaigns.
    given = numbers if reverse in {cancel_queued, unsuppress} else tuple(each for each in ids if each)
    body: JsonValue = {"tag_id": 7, "type": "contacts", "contacts": ["0000000001"], "data": []}
    reversal = reverse(Done(request=of_list("actionAttachTag", body), ids=given, exact=exact))
    for request in reversal.requests if reversal is not None else ():
        assert freeze(request, "https://vendor.example.com").origin
        assert reversal is not None
        assert reversal.does
