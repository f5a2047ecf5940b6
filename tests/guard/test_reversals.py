"""The requests that undo a request: made of it and of the vendor's words, and reaching nobody else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import JsonValue, Request, freeze, operation
from egoi_mcp.guard.intercom_reversals import (
    archive,
    archive_created,
    join_company,
    leave_company,
    put_tag_on,
    take_tag_off,
    unarchive,
)
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
    delete_extra_field,
    delete_field_option,
    delete_list,
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
    archive,
    archive_created,
    attach_again,
    cancel_messages,
    cancel_queued,
    deactivate,
    delete_campaign,
    delete_extra_field,
    delete_field_option,
    delete_list,
    delete_tag,
    delete_txtsync_contact,
    delete_webhook,
    detach_again,
    join_company,
    leave_company,
    pause,
    put_tag_on,
    resubscribe,
    resume,
    take_tag_off,
    unarchive,
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


@pytest.mark.parametrize(
    "reverse",
    [
        delete_extra_field,
        delete_list,
        delete_tag,
        delete_webhook,
        delete_txtsync_contact,
        unsubscribe,
    ],
)
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


AT_INTERCOM = st.sampled_from(["63a1", "9101", "a/b", "..", "", "x" * 101, "a?b"])


@given(AT_INTERCOM, AT_INTERCOM)
def test_at_intercom_only_the_contact_of_the_request_is_touched_and_only_by_what_it_named(
    contact: str, thing: str
) -> None:
    pairs = (
        ("attachTagToContact", take_tag_off, "detachTagFromContact", "tag_id"),
        ("attachContactToACompany", leave_company, "detachContactFromACompany", "company_id"),
        ("detachTagFromContact", put_tag_on, "attachTagToContact", "tag_id"),
        ("detachContactFromACompany", join_company, "attachContactToACompany", "company_id"),
    )
    for name, reverse, back, parameter in pairs:
        attaches = name.startswith("attach")
        path = {"contact_id": contact} if attaches else {"contact_id": contact, parameter: thing}
        body: JsonValue = {"id": thing} if attaches else None
        reversal = reverse(Done(request=Request(operation=operation("intercom", name), path=path, body=body)))
        if not {contact, thing} <= {"63a1", "9101"}:
            assert reversal is None
            continue
        assert reversal is not None
        (request,) = reversal.requests
        assert (request.operation.api, request.operation.name) == ("intercom", back)
        assert request.path["contact_id"] == contact
        assert request.body == (None if attaches else {"id": thing})
        assert request.path.get(parameter) == (thing if attaches else None)
        assert reversal.contacts == 1


@pytest.mark.parametrize("ids", [(), ("1", "2"), ("a/b",), ("..",), ("",)])
def test_a_contact_made_at_intercom_is_archived_by_the_one_id_that_it_gave(ids: tuple[str, ...]) -> None:
    made = Request(operation=operation("intercom", "CreateContact"), body={"email": "ana@example.com"})
    assert archive_created(Done(request=made, ids=ids)) is None
    reversal = archive_created(Done(request=made, ids=("63a1",)))
    assert reversal is not None
    assert [(each.operation.name, each.path) for each in reversal.requests] == [
        ("ArchiveContact", {"contact_id": "63a1"})
    ]


def test_archiving_and_bringing_back_undo_each_other_and_nothing_of_another_vendor_does() -> None:
    for name, reverse, back in (
        ("ArchiveContact", unarchive, "UnarchiveContact"),
        ("UnarchiveContact", archive, "ArchiveContact"),
    ):
        asked = Request(operation=operation("intercom", name), path={"contact_id": "63a1"})
        reversal = reverse(Done(request=asked))
        assert reversal is not None
        assert [(each.operation.api, each.operation.name) for each in reversal.requests] == [
            ("intercom", back)
        ]


@pytest.mark.parametrize(("called", "number"), [("extra_12", 12), ("12", 12), ("extra_", 0), ("base_1", 0)])
def test_an_extra_field_is_deleted_by_its_number_however_the_vendor_calls_it(
    called: str, number: int
) -> None:
    made = of_list("createExtraField", {"name": "Size", "format": "text"})
    reversal = delete_extra_field(Done(request=made, ids=(called,)))
    paths = [each.path for each in reversal.requests] if reversal is not None else []
    assert paths == ([{"list_id": 1, "field_id": number}] if number else [])


def test_an_option_is_deleted_in_its_own_field() -> None:
    path = {"list_id": 1, "field_id": 12}
    made = Request(operation=operation("egoi", "createFieldOption"), path=path, body={"en": "Large"})
    reversal = delete_field_option(Done(request=made, ids=("3",)))
    assert reversal is not None
    assert [each.path for each in reversal.requests] == [{**path, "option_id": 3}]
    assert delete_field_option(Done(request=of_list("createExtraField", {}), ids=("3",))) is None
