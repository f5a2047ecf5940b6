"""What a vendor's reply says was done: ids and counts, whatever its shape, and nothing personal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import Api, JsonValue
from egoi_mcp.guard.action import StepState
from egoi_mcp.guard.receipts import Receipt, lists_each, receipt_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
NAMES = st.sampled_from(
    ["messageId", "ErrorCode", "success", "error", "invalid_contact", "has_tag_id", "id", "x"]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
OPERATIONS: tuple[tuple[Api, str], ...] = (
    ("egoi", "actionAttachTag"),
    ("egoi", "actionDetachTag"),
    ("egoi", "actionUnsubscribeContact"),
    ("egoi", "actionCancelOperation"),
    ("transactional", "sendSmsMessages"),
    ("txtsync", "SendSMS"),
    ("egoi", "createContact"),
    ("intercom", "CreateContact"),
    ("egoi", "other"),
)


@given(st.sampled_from(OPERATIONS), JSON)
def test_any_readable_reply_makes_a_receipt(operation: tuple[Api, str], data: JsonValue) -> None:
    receipt = receipt_of(*operation, data)

    assert receipt.state in {StepState.SUCCEEDED, StepState.PARTIAL, StepState.FAILED}
    assert all(type(each) is str for each in receipt.ids)


@pytest.mark.parametrize(
    ("api", "operation", "data", "ids"),
    [
        ("transactional", "sendSmsMessages", [{"messageId": "m1"}, {"messageId": "m2"}], ("m1", "m2")),
        ("egoi", "createSmsCampaign", {"campaign_hash": "abc", "other": 1}, ("abc",)),
        ("egoi", "createContact", {"contact_id": "0123456789"}, ("0123456789",)),
        ("txtsync", "SendSMS", {"SMSID": 17, "ErrorCode": ""}, ("17",)),
        ("txtsync", "AddContact", {"ContactID": 5, "MobileNumber": "+351900000001"}, ("5",)),
        ("egoi", "createTag", {"tag_id": 3, "name": "spring"}, ("3",)),
        ("egoi", "createWebhook", {"webhook_id": 4}, ("4",)),
        ("egoi", "createTag", {"id": 3}, ("3",)),
        ("egoi", "createList", {"list_id": 7, "internal_name": "June", "group_id": 1}, ("7",)),
        ("egoi", "createExtraField", {"field_id": "extra_3", "name": "Size"}, ("extra_3",)),
        ("egoi", "createFieldOption", {"option_id": 2, "en": "Large"}, ("2",)),
        ("egoi", "createSmsCampaign", {"campaign_hash": "abc", "list_id": 7}, ("abc",)),
        ("intercom", "CreateContact", {"type": "contact", "id": "5f", "external_id": "9"}, ("5f",)),
        ("intercom", "createTag", {"type": "tag", "id": "9101", "name": "spring"}, ("9101",)),
        ("intercom", "attachTagToContact", {"type": "tag", "id": "9101"}, ("9101",)),
        ("intercom", "createOrUpdateCompany", {"type": "company", "id": "6a", "company_id": "x"}, ("6a",)),
        ("intercom", "DeleteContact", {"type": "contact", "id": "5f", "deleted": True}, ("5f",)),
        ("egoi", "createTag", {"id": None}, ()),
        ("egoi", "createTag", None, ()),
        ("egoi", "createTag", "done", ()),
        ("egoi", "createTag", [{"id": 1}], ()),
    ],
)
def test_the_ids_are_what_the_vendor_calls_what_it_made(
    api: Api, operation: str, data: JsonValue, ids: tuple[str, ...]
) -> None:
    assert receipt_of(api, operation, data) == Receipt(state=StepState.SUCCEEDED, ids=ids)


@pytest.mark.parametrize(
    ("codes", "state", "note"),
    [
        ((None, "", 0, "0"), StepState.SUCCEEDED, ""),
        ((None, 7), StepState.PARTIAL, "1 of 2 refused by the vendor (code 7)"),
        ((9, "7", 9), StepState.FAILED, "3 of 3 refused by the vendor (code 7, 9)"),
    ],
)
def test_messages_that_the_vendor_refused_are_counted(
    codes: tuple[JsonValue, ...], state: StepState, note: str
) -> None:
    receipt = receipt_of("txtsync", "SendSMS", [{"ErrorCode": code} for code in codes])

    assert (receipt.state, receipt.note) == (state, note)


@pytest.mark.parametrize(
    ("data", "state", "note"),
    [
        ({"success": ["a", "b"]}, StepState.SUCCEEDED, "2 done"),
        ({"success": ["a"], "error": {"has_tag_id": ["b"]}}, StepState.SUCCEEDED, "1 done, 1 had it already"),
        (
            {"success": ["a"], "error": {"invalid_contact": ["b", "c"]}},
            StepState.PARTIAL,
            "1 done, 2 unknown to the vendor",
        ),
        (
            {"success": [], "error": {"invalid_contact": ["b"]}},
            StepState.FAILED,
            "0 done, 1 unknown to the vendor",
        ),
        (
            {"success": [], "error": {"invalid_contact": ["b"], "has_tag_id": ["c"]}},
            StepState.PARTIAL,
            "0 done, 1 had it already, 1 unknown to the vendor",
        ),
        ({"result": "success"}, StepState.SUCCEEDED, "accepted; the vendor gave no result per contact"),
    ],
)
def test_a_tag_tells_for_how_many_it_was_done(data: JsonValue, state: StepState, note: str) -> None:
    for operation in ("actionAttachTag", "actionDetachTag"):
        receipt = receipt_of("egoi", operation, data)
        assert (receipt.state, receipt.note) == (state, note)


@pytest.mark.parametrize(
    ("data", "state", "note", "ids"),
    [
        (
            {"success": ["0000000001", "0000000002"], "errors": {}},
            StepState.SUCCEEDED,
            "2 done",
            ("0000000001", "0000000002"),
        ),
        (
            {"success": ["0000000001"], "errors": {"contact_already_removed": ["0000000002"]}},
            StepState.SUCCEEDED,
            "1 done, 1 had unsubscribed already",
            ("0000000001",),
        ),
        (
            {
                "success": ["0000000001"],
                "errors": {
                    "contact_not_in_list": ["0000000002"],
                    "invalid_unsubscription_method": ["0000000003"],
                },
            },
            StepState.PARTIAL,
            "1 done, 1 not in the list, 1 refused for the method given",
            ("0000000001",),
        ),
        (
            {"success": [], "errors": {"invalid_unsubscription_reason": ["0000000002"]}},
            StepState.FAILED,
            "0 done, 1 refused for the reason given",
            (),
        ),
        (
            {"result": "success"},
            StepState.SUCCEEDED,
            "accepted; the vendor gave no result per contact",
            (),
        ),
    ],
)
def test_unsubscribing_tells_for_whom_it_was_done(
    data: JsonValue, state: StepState, note: str, ids: tuple[str, ...]
) -> None:
    receipt = receipt_of("egoi", "actionUnsubscribeContact", data)
    assert (receipt.state, receipt.note, receipt.ids) == (state, note, ids)


@pytest.mark.parametrize(
    ("done", "invalid", "missing", "state", "note"),
    [
        ([7, 8], [], [], StepState.SUCCEEDED, "2 done"),
        ([7], [8], [], StepState.PARTIAL, "1 done, 1 not in a state that allows it"),
        ([7], [], [8], StepState.PARTIAL, "1 done, 1 no longer in the queue"),
        ([], [7], [], StepState.FAILED, "0 done, 1 not in a state that allows it"),
        ([], [], [7, 8], StepState.FAILED, "0 done, 2 no longer in the queue"),
    ],
)
def test_what_the_queue_refuses_is_not_called_done(
    done: list[JsonValue], invalid: list[JsonValue], missing: list[JsonValue], state: StepState, note: str
) -> None:
    data: JsonValue = {
        "success": done,
        "error": {"invalid_operation_action": invalid, "operation_not_found": missing},
    }
    for action in ("Approve", "Cancel", "Pause", "Resume"):
        receipt = receipt_of("egoi", f"action{action}Operation", data)
        assert (receipt.state, receipt.note) == (state, note)
        assert receipt.ids == tuple(str(each) for each in done)


@pytest.mark.parametrize(
    ("data", "each"),
    [
        ({"success": ["0000000001"]}, True),
        ({"success": []}, True),
        ({"result": "success"}, False),
        ({}, False),
    ],
)
def test_a_note_says_whether_the_reply_listed_each_contact(data: JsonValue, each: bool) -> None:
    receipt = receipt_of("egoi", "actionAttachTag", data)
    assert lists_each(receipt.note) is each
    assert not lists_each("settled by a person as sent")


def test_a_tags_ids_are_those_for_whom_something_changed() -> None:
    data: JsonValue = {"success": ["0000000001"], "error": {"has_tag_id": ["0000000002"]}}
    assert receipt_of("egoi", "actionAttachTag", data).ids == ("0000000001",)
    by_number: JsonValue = {"success": ["351-900000001", "0000000001"]}
    assert receipt_of("egoi", "actionAttachTag", by_number).ids == ("0000000001",)


def test_nothing_personal_is_kept() -> None:
    person: dict[str, JsonValue] = {
        "name": "Ana",
        "email": "ana@example.com",
        "MobileNumber": "+351900000001",
        "messageId": "m1",
    }
    for operation in OPERATIONS:
        shapes: list[JsonValue] = [
            person,
            [person],
            {"success": [person], "error": {"invalid_contact": [person]}},
            {"success": ["351-900000001", "+351900000001", "ana@example.com"], "error": {}},
            {"type": "error.list", "errors": [{"code": "ana@example.com", "message": "Ana"}, person]},
        ]
        for data in shapes:
            kept = repr(receipt_of(*operation, data))
            assert not any(secret in kept for secret in ("Ana", "ana@", "351900000001"))


@pytest.mark.parametrize(
    ("errors", "note"),
    [
        ([{"code": "not_found", "message": "User Not Found"}], "refused by the vendor (code not_found)"),
        (
            [{"code": "b"}, {"code": "a", "field": "email"}, {"code": "a"}],
            "refused by the vendor (code a, b)",
        ),
        ([{"code": None}, "x"], "refused by the vendor"),
        (None, "refused by the vendor"),
    ],
)
def test_an_error_list_that_comes_as_a_success_is_a_refusal(errors: JsonValue, note: str) -> None:
    data: JsonValue = {"type": "error.list", "request_id": "r1", "errors": errors}
    for operation in ("CreateContact", "UpdateContact", "attachTagToContact"):
        assert receipt_of("intercom", operation, data) == Receipt(state=StepState.FAILED, note=note)
    # No other vendor says it so.
    assert receipt_of("txtsync", "UpdateContact", data).state is StepState.SUCCEEDED


def test_only_the_vendor_whose_operation_it_is_is_read_by_its_replies() -> None:
    listed: JsonValue = {"success": [], "error": {"invalid_contact": ["0000000001"]}}
    assert receipt_of("egoi", "actionAttachTag", listed).state is StepState.FAILED
    assert receipt_of("intercom", "actionAttachTag", listed).state is StepState.SUCCEEDED
    failed: JsonValue = [{"SMSID": 1, "ErrorCode": "7"}]
    assert receipt_of("txtsync", "SendSMS", failed).state is StepState.FAILED
    assert receipt_of("intercom", "SendSMS", failed).state is StepState.SUCCEEDED


def test_what_txtsync_tells_of_one_message_is_told_on_without_number_and_text() -> None:
    said: dict[str, JsonValue] = {
        "SMSID": 50001,
        "FromNumber": "ACME",
        "ToNumber": "+447700900777",
        "ContactID": 9001,
        "Direction": 0,
        "Message": "Your order is ready",
        "CreatedDate": "2026-03-01T09:30:00Z",
        "Segments": 1,
        "Status": "Sent",
        "ErrorCode": None,
        "CostLocal": 0.04,
        "CurrencyCode": "GBP",
    }
    receipt = receipt_of("txtsync", "SendSMS", [said])
    assert receipt.ids == ("50001",)
    assert receipt.note == (
        "TxtSync says: status Sent, segments 1, cost 0.04 GBP, contact 9001, created 2026-03-01T09:30:00Z"
    )
    bare = receipt_of("txtsync", "SendSMS", [{"SMSID": 1, "ContactID": 0, "Status": "Ana, call +351"}])
    assert bare.note == ""
