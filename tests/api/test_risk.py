"""What each operation is at least, and what a request can say that makes it more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import APIS, Api, JsonValue, Operation, Request, operation, operations
from egoi_mcp.api.risk import Risk, affected, repeatable, risk_of
from tests.api.catalog_requests import JSON, OPERATIONS, WORDS, requests

# Written by hand from what is known of each operation; a new operation fails here until somebody has looked.
FLOORS: Mapping[Api, Mapping[Risk, str]] = {
    "egoi": {
        Risk.READ: """
            searchContacts getAllContacts getContact getAllContactActivities getAllContactsBySegment
            getAllLists getList getAllTags getAllSegments getAllFields getAllCampaigns getSMSReport
            getEmailReport getMyAccount getAllCellphoneSenders getAllEmailSenders getAllSuppressionList
            getAllOperations getAllActions
        """,
        Risk.WRITE: """
            createContact patchContact updateContactByField actionUpdateContacts actionAttachTag
            actionDetachTag createTag createSmsCampaign createEmailCampaign patchSmsCampaign
            patchEmailCampaign actionPauseOperation ImportProducts
        """,
        Risk.CONSENT: "actionActivateContacts actionImportBulk registerPushToken",
        Risk.DISCLOSE: """
            actionExportContacts createWebhook generateByModelReport generateContactActivityReport
            generateEmailBouncesReport generateEmailClicksByContactReport generateEmailClicksByUrlReport
            generateEmailEventsReport generateEmailUnsubscriptionsReport generateFormAnswersReport
            generateSendsReport generateSmsBouncesReport generateSmsEventsReport
            generateSubscriptionsReport generateUnsubscriptionsReport
        """,
        Risk.SEND: """
            actionSendEmail actionSendPush actionSendSmartSms actionSendSms actionSendVoice
            actionSendWebPush actionEnableEmailRss actionEnableWebPushRss actionStartAutomation
            actionApproveOperation actionResumeOperation registerPushEvent createCart CreateOrder
            ImportOrdersBulk createCellphoneSender createEmailSender createPhoneSender
            enableTransactional
        """,
        Risk.DESTROY: """
            deleteAutomation deleteCampaigns deleteCampaignGroup deleteConnectedSites deleteCatalog
            deleteProduct deleteExtraField deleteFieldOption deleteList deleteSegment
            deleteCellphoneSender deleteEmailSender deletePhoneSender deleteSuppressionList deleteTag
            deleteUser deleteWebhook actionForgetContacts actionUnsubscribeContact
            actionDeactivateContacts actionCancelOperation createSuppressionList
        """,
    },
    "transactional": {
        Risk.READ: """
            getSmsSenders listAllSmsMessages listSingleSmsMessage produceSmsReport pingApi listGroups
            listDefaultDomain smsLengthCalculator
        """,
        Risk.DISCLOSE: "addWebHook htmlToPdf",
        Risk.SEND: """
            sendSmsMessages sendSmsMessagesSingle sendEmailMessages sendPushMessages executeEmailAlert
            executeMultiChannel requestVerify resendVerify
        """,
        Risk.DESTROY: """
            removeAlertTemplate removeMultiChannel removeWebHook deleteApp deletePushTemplate
            cancelScheduledMessage cancelVerify stopAlert
        """,
    },
    "txtsync": {
        Risk.READ: "SearchContact GetContactByExternalReference",
        Risk.WRITE: "AddContact UpdateContact UpdateContactByExternalReference",
        Risk.DISCLOSE: "InboundSMS OutboundSMS",
        Risk.SEND: "SendSMS SendBulkSMS",
        Risk.DESTROY: "DeleteContact DeleteContactByExternalReference DeleteTrigger",
    },
    "intercom": {Risk.READ: "identifyAdmin ListContacts ShowContact SearchContacts listTags"},
}

ONE = "0123456789"
TWO = "abcdef0123"


def _risk(api: Api, name: str, body: JsonValue = None) -> Risk:
    return risk_of(Request(operation=operation(api, name), body=body))


@pytest.mark.parametrize("api", APIS)
def test_every_operation_has_the_floor_that_was_written_down(api: Api) -> None:
    expected = {name: risk for risk, names in FLOORS[api].items() for name in names.split()}
    assert {entry.name: entry.risk for entry in operations(api)} == expected


def test_the_order_of_risks_is_how_strictly_they_are_treated() -> None:
    assert list(Risk) == sorted(Risk)
    assert [risk.name for risk in Risk] == ["READ", "WRITE", "CONSENT", "DISCLOSE", "SEND", "DESTROY"]


def test_a_look_stays_a_look_whatever_it_looks_for() -> None:
    filters: JsonValue = {
        "query": {"field": "status", "operator": "=", "value": "removed"},
        "status": "removed",
    }
    assert _risk("intercom", "SearchContacts", filters) is Risk.READ
    assert _risk("transactional", "smsLengthCalculator", [{"message": "Olá"}]) is Risk.READ


# -- contacts at E-goi ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "risk"),
    [
        ({"base": {"email": "ana@example.com"}}, Risk.CONSENT),
        ({"base": {"status": "active"}}, Risk.CONSENT),
        ({"base": {"status": "inactive"}}, Risk.WRITE),
        ({"base": {"status": "removed"}}, Risk.WRITE),
        ({"base": {"status": "unconfirmed"}}, Risk.WRITE),
        ({"base": {"status": None}}, Risk.CONSENT),
        ({"base": {"status": "Inactive"}}, Risk.CONSENT),
        ({"base": {"Status": "inactive"}}, Risk.CONSENT),
        ({"Base": {"status": "inactive"}}, Risk.CONSENT),
        ({"status": "inactive"}, Risk.CONSENT),
        ({"base": {"status": "inactive", "Status": "active"}}, Risk.CONSENT),
        ({"base": {"status": "inactive"}, "BASE": {"status": "active"}}, Risk.CONSENT),
        ({"base": {"status": "inactive", "email_status": "active"}}, Risk.CONSENT),
        ({"base": {"status": "inactive", "email_status": "inactive"}}, Risk.WRITE),
        ({"base": {"status": "inactive", "consent": "withdrawn"}}, Risk.CONSENT),
        ({"base": {"status": "inactive"}, "extra": [{"field_id": 1, "status": "active"}]}, Risk.CONSENT),
        ({"base": {"status": "inactive"}, "extra": [{"field_id": 1, "status": "inactive"}]}, Risk.WRITE),
        ({"base": {"status": "inactive", "push_token_ios": [{"token": "x"}]}}, Risk.CONSENT),
        ({"base": ["status", "inactive"]}, Risk.CONSENT),
        ({"base": "inactive"}, Risk.CONSENT),
        ({}, Risk.CONSENT),
        (None, Risk.CONSENT),
        ([{"base": {"status": "inactive"}}], Risk.DESTROY),
    ],
)
def test_a_new_contact_is_active_unless_it_plainly_says_otherwise(body: JsonValue, risk: Risk) -> None:
    assert _risk("egoi", "createContact", body) is risk


CHANGES: list[tuple[JsonValue, Risk]] = [
    ({"base": {"first_name": "Ana"}}, Risk.WRITE),
    ({"base": {"status": "active"}}, Risk.CONSENT),
    ({"base": {"STATUS": "active"}}, Risk.CONSENT),
    ({"status": "active"}, Risk.CONSENT),
    ({"base": {"status": "inactive"}}, Risk.DESTROY),
    ({"base": {"status": "removed"}}, Risk.DESTROY),
    ({"base": {"status": "unconfirmed"}}, Risk.DESTROY),
    ({"base": {"status": None}}, Risk.DESTROY),
    ({"base": {"status": ["active"]}}, Risk.DESTROY),
    ({"base": [{"Status": "removed"}]}, Risk.DESTROY),
    ({"base": {"consent": "consent"}}, Risk.CONSENT),
    ({"base": {"consent": "legitimate_interest"}}, Risk.CONSENT),
    ({"base": {"consent": "any"}}, Risk.CONSENT),
    ({"base": {"consent": "withdrawn"}}, Risk.DESTROY),
    ({"base": {"consent": "none"}}, Risk.DESTROY),
    ({"base": {"consent": "unheard-of"}}, Risk.DESTROY),
    ({"base": {"consent": {}}}, Risk.DESTROY),
    ({"base": {"email_status": "active"}}, Risk.CONSENT),
    ({"base": {"cellphoneStatus": "active"}}, Risk.CONSENT),
    ({"base": {"phone_status": "inactive"}}, Risk.DESTROY),
    ({"base": {}, "extra": [{"field_id": 2, "value": "351-900000001", "status": "active"}]}, Risk.CONSENT),
    ({"base": {}, "extra": [{"field_id": 2, "status": "inactive"}]}, Risk.DESTROY),
    ({"base": {"push_token_android": [{"app_id": "a", "token": "b"}]}}, Risk.CONSENT),
    ({"base": {"push_token_android": []}}, Risk.WRITE),
    ({"base": {"ｓｔａｔｕｓ": "removed"}}, Risk.DESTROY),
    ({"base": {"status": "active", "email_status": "inactive"}}, Risk.DESTROY),
]


@pytest.mark.parametrize(("body", "risk"), CHANGES)
@pytest.mark.parametrize("name", ["patchContact", "updateContactByField"])
def test_a_change_of_a_contact_raises_towards_both_sides(name: str, body: JsonValue, risk: Risk) -> None:
    assert _risk("egoi", name, body) is risk


@pytest.mark.parametrize(("body", "risk"), CHANGES)
def test_the_same_change_of_named_contacts_at_once_is_the_same_risk(body: JsonValue, risk: Risk) -> None:
    assert isinstance(body, Mapping)
    assert _risk("egoi", "actionUpdateContacts", {"type": "contacts", "contacts": [ONE, TWO], **body}) is risk


@pytest.mark.parametrize(
    "selector",
    [
        {"type": "all"},
        {"type": "segment", "segment_id": "9"},
        {"type": "contacts"},
        {"type": "contacts", "contacts": []},
        {"type": "contacts", "contacts": ONE},
        {"type": "all", "contacts": [ONE]},
        {"type": "contacts", "contacts": [ONE], "segment_id": "9"},
        {"type": "contacts", "contacts": [ONE], "SegmentId": "9"},
        {"type": "contacts", "contacts": [ONE], "Contacts": [TWO]},
        {"type": "contacts", "contacts": [ONE], "Type": "all"},
        {"contacts": [ONE]},
        {"Type": "contacts", "contacts": [ONE]},
        {},
    ],
)
def test_overwriting_what_an_unnamed_audience_says_is_destruction(selector: Mapping[str, JsonValue]) -> None:
    body = {**selector, "base": {"last_name": "X"}}
    assert _risk("egoi", "actionUpdateContacts", body) is Risk.DESTROY
    assert affected(Request(operation=operation("egoi", "actionUpdateContacts"), body=body)) in {None, 0, 1}


@pytest.mark.parametrize(
    ("body", "risk"),
    [
        ({"tag_id": 1, "contacts": [ONE]}, Risk.WRITE),
        ({"tag_id": 1, "contacts": [ONE, TWO]}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": []}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": ONE}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": {"0": ONE}}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": [f"{ONE},{TWO}"]}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": [[ONE, TWO]]}, Risk.DESTROY),
        ({"tag_id": 1, "segment_id": "9"}, Risk.DESTROY),
        ({"tag_id": 1, "segment_id": "9", "contacts": [ONE]}, Risk.DESTROY),
        ({"tag_id": 1, "segmentId": "9", "contacts": [ONE]}, Risk.DESTROY),
        ({"tag_id": 1, "field_id": "last_name", "contacts": ["Silva"]}, Risk.DESTROY),
        ({"tag_id": 1, "field_id": "uid", "contacts": [ONE]}, Risk.DESTROY),
        ({"tag_id": 1}, Risk.DESTROY),
        ([{"tag_id": 1, "contacts": [ONE]}], Risk.DESTROY),
        (None, Risk.DESTROY),
    ],
)
def test_a_tag_comes_off_one_contact_and_no_more(body: JsonValue, risk: Risk) -> None:
    assert _risk("egoi", "actionDetachTag", body) is risk


_IMPORT: Mapping[str, JsonValue] = {"mode": "add", "compare_field": "email", "contacts": [{}, {}]}


@pytest.mark.parametrize(
    ("added", "risk"),
    [
        ({}, Risk.CONSENT),
        ({"force_empty": False}, Risk.CONSENT),
        ({"force_empty": True}, Risk.DESTROY),
        ({"forceEmpty": "true"}, Risk.DESTROY),
        ({"force_empty": None}, Risk.DESTROY),
        ({"notify": []}, Risk.CONSENT),
        ({"notify": [3]}, Risk.DISCLOSE),
        ({"callback_url": "https://hooks.example.com"}, Risk.DISCLOSE),
        ({"callback_url": ""}, Risk.CONSENT),
        ({"callbackURL": "https://hooks.example.com"}, Risk.DISCLOSE),
        ({"callback_url": "https://hooks.example.com", "force_empty": True}, Risk.DESTROY),
        ({"contacts": [{"base": {"status": "active"}}, {}]}, Risk.CONSENT),
        ({"contacts": [{"base": {"status": "active"}}, {"base": {"status": "removed"}}]}, Risk.DESTROY),
        ({"file": {"url": "https://example.com/a.csv", "field_mapping": []}}, Risk.CONSENT),
        ({"file": {"field_mapping": [{"column_name": "s", "field_id": "status"}]}}, Risk.DESTROY),
        ({"file": {"field_mapping": [{"column_name": "e", "field_id": "email"}]}}, Risk.CONSENT),
    ],
)
def test_an_import_discloses_or_destroys_when_it_says_so(added: Mapping[str, JsonValue], risk: Risk) -> None:
    assert _risk("egoi", "actionImportBulk", {**_IMPORT, **added}) is risk


@pytest.mark.parametrize(
    ("body", "risk"),
    [
        ({"products": []}, Risk.WRITE),
        ({"products": [], "mode": "update"}, Risk.WRITE),
        ({"products": [], "mode": "add"}, Risk.WRITE),
        ({"products": [], "mode": "rewrite"}, Risk.DESTROY),
        ({"products": [], "Mode": "rewrite"}, Risk.DESTROY),
        ({"products": [], "mode": ["rewrite"]}, Risk.DESTROY),
    ],
)
def test_products_that_replace_a_catalog_destroy_it(body: JsonValue, risk: Risk) -> None:
    assert _risk("egoi", "ImportProducts", body) is risk


@pytest.mark.parametrize("name", ["actionSendSms", "actionSendEmail"])
def test_a_send_stays_a_send_whom_it_notifies(name: str) -> None:
    body: JsonValue = {"list_id": 1, "segments": {"type": "none"}, "notify": [3]}
    assert _risk("egoi", name, body) is Risk.SEND


def test_a_cart_that_removes_its_contact_is_more_than_a_send() -> None:
    assert _risk("egoi", "createCart", {"contact": {"base": {"status": "removed"}}}) is Risk.DESTROY
    assert _risk("egoi", "CreateOrder", {"order_status": "canceled", "contact": {"base": {}}}) is Risk.SEND


# -- TxtSync -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allow", "risk"),
    [
        ({}, Risk.WRITE),
        ({"AllowSMS": True}, Risk.CONSENT),
        ({"AllowSMS": False}, Risk.DESTROY),
        ({"allow_sms": True}, Risk.CONSENT),
        ({"ALLOWSMS": False}, Risk.DESTROY),
        ({"AllowSMS": "true"}, Risk.DESTROY),
        ({"AllowSMS": None}, Risk.DESTROY),
        ({"AllowSMS": 1}, Risk.DESTROY),
        ({"AllowSMS": True, "allowSms": False}, Risk.DESTROY),
    ],
)
@pytest.mark.parametrize("name", ["UpdateContact", "UpdateContactByExternalReference"])
def test_allowing_messages_is_consent_and_forbidding_them_silences(
    name: str, allow: Mapping[str, JsonValue], risk: Risk
) -> None:
    assert _risk("txtsync", name, {"FirstName": "Rui", **allow}) is risk


@pytest.mark.parametrize(
    ("body", "risk"),
    [
        ({"MobileNumber": "+351900000001"}, Risk.CONSENT),
        ({"MobileNumber": "+351900000001", "AllowSMS": True}, Risk.CONSENT),
        ({"MobileNumber": "+351900000001", "AllowSMS": False}, Risk.WRITE),
        ({"MobileNumber": "+351900000001", "allowSMS": False}, Risk.CONSENT),
        ({"MobileNumber": "+351900000001", "AllowSMS": False, "allowsms": True}, Risk.CONSENT),
        ({"MobileNumber": "+351900000001", "AllowSMS": 0}, Risk.CONSENT),
        ([], Risk.DESTROY),
    ],
)
def test_a_new_txtsync_contact_may_be_written_to_unless_it_says_not(body: JsonValue, risk: Risk) -> None:
    assert _risk("txtsync", "AddContact", body) is risk


# -- every operation -----------------------------------------------------------------------------


@given(requests())
def test_no_request_is_below_its_operations_floor(request: Request) -> None:
    assert risk_of(request) >= request.operation.risk


@given(requests())
def test_risk_is_a_function_of_the_request_alone(request: Request) -> None:
    assert risk_of(request) is risk_of(replace(request))


_WITH_BODY = st.sampled_from([entry for entry in OPERATIONS if entry.has_body])


@given(
    _WITH_BODY.flatmap(requests),
    st.sampled_from(["callback_url", "callbackUrl", "CALLBACK-URL", "webhookUrl", "notify"]),
    st.sampled_from(["https://hooks.example.com", ["https://hooks.example.com"], {"url": "x"}, 7, True]),
    st.integers(0, 6),
)
def test_an_address_of_the_callers_choice_discloses_wherever_it_stands(
    request: Request, name: str, address: JsonValue, depth: int
) -> None:
    body: JsonValue = {name: address}
    for level in range(depth):
        body = [body] if level % 2 else {"inner": body}
    body = {"body": request.body, "added": body}
    assert risk_of(replace(request, body=body)) >= Risk.DISCLOSE


COMPLETE: list[tuple[Api, str, Mapping[str, JsonValue]]] = [
    ("egoi", "createContact", {"base": {"status": "inactive"}}),
    ("egoi", "createContact", {"base": {"status": "active"}}),
    ("egoi", "patchContact", {"base": {"first_name": "Ana"}}),
    ("egoi", "patchContact", {"base": {"status": "active"}}),
    ("egoi", "actionUpdateContacts", {"type": "contacts", "contacts": [ONE], "base": {}}),
    ("egoi", "actionDetachTag", {"tag_id": 1, "contacts": [ONE]}),
    ("egoi", "actionAttachTag", {"tag_id": 1, "contacts": [ONE]}),
    ("egoi", "actionImportBulk", _IMPORT),
    ("egoi", "createSmsCampaign", {"list_id": 1, "internal_name": "June"}),
    ("egoi", "ImportProducts", {"products": [], "mode": "add"}),
    ("txtsync", "AddContact", {"MobileNumber": "+351900000001", "AllowSMS": False}),
    ("txtsync", "UpdateContact", {"FirstName": "Rui"}),
]
DANGEROUS = [
    *("status", "Status", "email_status", "consent", "push_token_ios", "base", "extra", "AllowSMS"),
    *("force_empty", "callback_url", "notify", "mode", "segment_id", "field_id", "Contacts", "TYPE"),
]


@given(st.sampled_from(COMPLETE), st.dictionaries(st.sampled_from(DANGEROUS) | WORDS, JSON, max_size=4))
def test_more_members_never_make_a_complete_request_less(
    sample: tuple[Api, str, Mapping[str, JsonValue]], added: Mapping[str, JsonValue]
) -> None:
    api, name, body = sample
    assert _risk(api, name, {**added, **body}) >= _risk(api, name, body)


@given(_WITH_BODY, JSON)
def test_no_body_whatever_its_shape_crashes_the_reading(entry: Operation, body: JsonValue) -> None:
    request = Request(operation=entry, body=body)
    count = affected(request)
    assert risk_of(request) >= entry.risk
    assert count is None or count >= 0
    assert not repeatable(request) or risk_of(request) <= Risk.WRITE


def test_an_array_where_an_object_belongs_is_taken_for_the_worst() -> None:
    takes_arrays = {"ImportOrdersBulk", "sendSmsMessages", "sendEmailMessages", "sendPushMessages"}
    for entry in OPERATIONS:
        if entry.has_body and entry.risk > Risk.READ:
            array = risk_of(Request(operation=entry, body=[{}]))
            assert array is (entry.risk if entry.name in takes_arrays else Risk.DESTROY), entry.name
    for entry in OPERATIONS:
        if entry.name in takes_arrays:
            assert risk_of(Request(operation=entry, body={})) is Risk.DESTROY, entry.name


def test_a_body_that_contains_itself_is_taken_for_the_worst() -> None:
    endless: list[JsonValue] = []
    endless.append(endless)
    assert _risk("intercom", "SearchContacts", {"query": endless}) is Risk.DESTROY


# -- how many ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "contacts"),
    [
        ("actionAttachTag", {"tag_id": 1, "contacts": [ONE, TWO]}, 2),
        ("actionAttachTag", {"tag_id": 1, "contacts": []}, 0),
        ("actionAttachTag", {"tag_id": 1, "segment_id": "9"}, None),
        ("actionAttachTag", {"tag_id": 1, "segment_id": "9", "contacts": [ONE]}, None),
        ("actionAttachTag", {"tag_id": 1, "field_id": "last_name", "contacts": ["Silva"]}, None),
        ("actionAttachTag", {"tag_id": 1, "contacts": ONE}, None),
        ("actionAttachTag", {"tag_id": 1, "contacts": [ONE], "CONTACTS": [TWO]}, None),
        ("actionAttachTag", [], None),
        ("actionDetachTag", {"tag_id": 1, "contacts": [ONE]}, 1),
        ("actionUpdateContacts", {"type": "contacts", "contacts": [ONE, TWO]}, 2),
        ("actionUpdateContacts", {"type": "all"}, None),
        ("actionActivateContacts", {"type": "contacts", "contacts": [ONE]}, 1),
        ("actionActivateContacts", {"type": "all", "contacts": [ONE]}, None),
        ("actionUnsubscribeContact", {"data": [{"contact_id": ONE}]}, 1),
        ("actionImportBulk", _IMPORT, 2),
        ("actionImportBulk", {**_IMPORT, "file": {}}, None),
        ("createContact", {"base": {}}, 1),
        ("patchContact", {"base": {}}, 1),
        ("createTag", {"name": "vip"}, 0),
        ("createSmsCampaign", {}, 0),
        ("patchEmailCampaign", {}, 0),
        ("actionPauseOperation", {"operations": [1]}, 0),
        ("getAllContacts", None, 0),
        ("actionSendSms", {"segments": {"type": "none"}}, None),
        ("deleteList", None, None),
    ],
)
def test_a_request_says_how_many_contacts_it_changes_or_that_it_does_not_know(
    name: str, body: JsonValue, contacts: int | None
) -> None:
    assert affected(Request(operation=operation("egoi", name), body=body)) == contacts


def test_a_txtsync_write_changes_one_contact() -> None:
    for name in ("AddContact", "UpdateContact", "UpdateContactByExternalReference"):
        assert affected(Request(operation=operation("txtsync", name), body={})) == 1


def test_every_write_of_the_catalog_says_how_many_when_it_can() -> None:
    complete: Mapping[str, JsonValue] = {"type": "contacts", "contacts": [ONE], "mode": "add"}
    for entry in OPERATIONS:
        if entry.risk is Risk.WRITE:
            assert affected(Request(operation=entry, body=complete)) is not None, entry.name


@pytest.mark.parametrize(
    ("name", "body", "again"),
    [
        ("getAllContacts", None, True),
        ("patchContact", {"base": {"first_name": "Ana"}}, True),
        ("patchContact", {"base": {"status": "active"}}, False),
        ("actionAttachTag", {"tag_id": 1, "contacts": [ONE, TWO]}, True),
        ("actionAttachTag", {"tag_id": 1, "segment_id": "9"}, False),
        ("actionDetachTag", {"tag_id": 1, "contacts": [ONE]}, True),
        ("actionDetachTag", {"tag_id": 1, "segment_id": "9"}, False),
        ("actionPauseOperation", {"operations": [1]}, True),
        ("createTag", {"name": "vip"}, False),
        ("createContact", {"base": {"status": "inactive"}}, False),
        ("actionSendSms", {}, False),
        ("deleteTag", None, False),
    ],
)
def test_only_a_low_request_to_named_contacts_may_be_sent_again(
    name: str, body: JsonValue, again: bool
) -> None:
    assert repeatable(Request(operation=operation("egoi", name), body=body)) is again
