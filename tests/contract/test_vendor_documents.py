"""The validator itself, on requests that the documents allow and on the same ones broken."""

from __future__ import annotations

import json

import pytest

from egoi_mcp.api.catalog import Api, FrozenRequest, JsonValue, Request, freeze, operation
from tests.contract.plugin import ContractRecorder
from tests.contract.vendor_documents import VendorDocuments

ID = "0123456789"
SEND_SMS = "/campaigns/sms/a1-B2_c3/actions/send"
SEND_EMAIL = "/campaigns/email/a1-B2_c3/actions/send"
SMS = "/api/v2/sms/messages/action/send"
TO_LIST: dict[str, JsonValue] = {"list_id": 1, "segments": {"type": "none"}, "destination_field": "cellphone"}
MESSAGE: dict[str, JsonValue] = {"to": "351-900000001", "from": "1", "textBody": "Olá"}
CONTACTS = "/lists/1/contacts"
IMPORT: dict[str, JsonValue] = {
    "mode": "update",
    "compare_field": "email",
    "contacts": [{"base": {"email": "ana@example.com"}}, {"base": {"email": "rui@example.com"}}],
}
DRAFT: dict[str, JsonValue] = {"list_id": 1, "internal_name": "June"}
SMART: dict[str, JsonValue] = {**DRAFT, "campaign_content": {"message": "Olá"}}

GOOD: list[tuple[Api, str, str, JsonValue]] = [
    ("egoi", "GET", "/contacts/search?type=cellphone&contact=351-900000001", None),
    ("egoi", "GET", f"{CONTACTS}?offset=0&limit=1000&birth_date=2000-01-31&email_status=true", None),
    ("egoi", "GET", "/campaigns?created_min=2030-01-31%2010%3A00%3A00&channel=sms", None),
    ("egoi", "GET", "/automations/3/actions", None),
    ("egoi", "DELETE", "/catalogs/1/products/sku-12.b", None),
    ("egoi", "POST", CONTACTS, {"base": {"email": "ana@example.com", "status": "active"}}),
    (
        "egoi",
        "POST",
        CONTACTS,
        {"base": {"cellphone": "351-900000001"}, "extra": [{"field_id": 1, "value": "a"}]},
    ),
    ("egoi", "PATCH", f"{CONTACTS}/{ID}", {"base": {"consent": "withdrawn", "email_status": "inactive"}}),
    ("egoi", "POST", f"{CONTACTS}/actions/attach-tag", {"tag_id": 1, "contacts": [ID]}),
    ("egoi", "POST", f"{CONTACTS}/actions/attach-tag", {"tag_id": 1, "segment_id": "9"}),
    ("egoi", "POST", f"{CONTACTS}/actions/activate", {"type": "contacts", "contacts": [ID]}),
    ("egoi", "POST", f"{CONTACTS}/actions/update", {"type": "all", "base": {"language": "pt"}}),
    ("egoi", "POST", f"{CONTACTS}/actions/forget", {"contacts": [ID]}),
    ("egoi", "POST", f"{CONTACTS}/actions/import-bulk", IMPORT),
    ("egoi", "POST", "/campaigns/sms", {**DRAFT, "content": {"type": "text", "message": "Olá"}}),
    ("egoi", "POST", SEND_SMS, TO_LIST),
    ("egoi", "POST", SEND_SMS, {**TO_LIST, "segments": {"type": "contact", "data": "351-900000001"}}),
    ("egoi", "POST", SEND_SMS, {**TO_LIST, "schedule_date": "2030-01-31 10:00:00"}),
    ("egoi", "POST", SEND_EMAIL, {"list_id": 1, "segments": {"type": "contact", "data": "ana@example.com"}}),
    ("egoi", "POST", "/campaigns/email/rss/a1/actions/enable", None),
    ("egoi", "POST", "/campaign-groups", {"name": "June"}),
    ("egoi", "POST", "/suppression-list", {"type": "cellphone", "value": ["351-900000001"]}),
    (
        "egoi",
        "POST",
        "/campaigns/smart-sms",
        {**SMART, "page_content": {"type": "import", "page_url": "https://example.com"}},
    ),
    ("transactional", "POST", SMS, [MESSAGE]),
    (
        "transactional",
        "POST",
        SMS,
        [{**MESSAGE, "mergeTags": ["name:Ana"], "encoding": "unicode", "maxCount": 2}],
    ),
    ("transactional", "POST", f"{SMS}/single", MESSAGE),
    ("transactional", "GET", "/api/v2/sms/messages?dateStart=2030-01-31&status=delivered", None),
    ("transactional", "POST", "/api/v2/messages/12/action/send", None),
    ("transactional", "DELETE", "/api/v2/webhooks?id=1", None),
    (
        "transactional",
        "POST",
        "/api/v2/webhooks",
        {"url": "https://hooks.example.com", "channel": "sms", "actions": ["sent"]},
    ),
    ("txtsync", "POST", "/sms/send", {"From": "Shop", "To": "+351900000001", "Message": "Olá"}),
    ("txtsync", "PUT", "/contacts/12", {"AllowSMS": True}),
    ("txtsync", "GET", "/contacts?search=Ana", None),
    ("intercom", "GET", "/contacts?per_page=150&starting_after=abc", None),
    ("intercom", "POST", "/contacts/search", {"query": {"field": "role", "operator": "=", "value": "lead"}}),
]

BAD: list[tuple[Api, str, str, JsonValue, str]] = [
    ("egoi", "GET", "/contact/search?contact=a", None, "the document has no GET /contact/search"),
    ("egoi", "PUT", f"{CONTACTS}/{ID}", {"base": {}}, "the document has no PUT"),
    ("egoi", "GET", "/contacts/search", None, "contact is missing"),
    ("egoi", "GET", "/contacts/search?contact=a&type=fax", None, "type is not"),
    ("egoi", "GET", "/contacts/search?contact=a&contact=b", None, "contact stands twice"),
    ("egoi", "GET", f"{CONTACTS}?page=2", None, "no query parameter 'page'"),
    ("egoi", "GET", f"{CONTACTS}?limit=1001", None, "limit is not"),
    ("egoi", "GET", f"{CONTACTS}?limit=ten", None, "limit is not"),
    ("egoi", "GET", f"{CONTACTS}?email_status=1", None, "email_status is not"),
    ("egoi", "GET", "/lists/0/contacts", None, "list_id is not"),
    ("egoi", "GET", "/lists//contacts", None, "list_id is not"),
    ("egoi", "GET", f"{CONTACTS}/{ID}0", None, "contact_id is not"),
    ("egoi", "GET", "/campaigns?created_min=2030-01-31T10:00:00", None, "created_min is not"),
    ("egoi", "GET", f"{CONTACTS}?birth_date=2001-02-29", None, "birth_date is not"),
    ("egoi", "GET", "/automations/3/actions?automation_id=3", None, "no query parameter 'automation_id'"),
    ("egoi", "POST", CONTACTS, None, "needs a body"),
    ("egoi", "POST", CONTACTS, {}, "should be non-empty"),
    ("egoi", "POST", CONTACTS, {"base": {"e_mail": "ana@example.com"}}, "'e_mail' was unexpected"),
    ("egoi", "POST", CONTACTS, {"base": {"consent": "any"}}, "'consent' was unexpected"),
    ("egoi", "POST", CONTACTS, {"base": {"cellphone": "+351900000001"}}, "does not match"),
    ("egoi", "POST", CONTACTS, {"base": {"birth_date": "31-01-2000"}}, "is not a 'date'"),
    ("egoi", "PATCH", f"{CONTACTS}/{ID}", {"base": {"status": "removed"}}, "'removed' is not one of"),
    ("egoi", "POST", f"{CONTACTS}/actions/attach-tag", {"contacts": [ID]}, "'tag_id' is a required"),
    ("egoi", "POST", f"{CONTACTS}/actions/attach-tag", {"tag_id": 1, "contacts": []}, "non-empty"),
    ("egoi", "POST", f"{CONTACTS}/actions/attach-tag", {"tag_id": 1, "contacts": [ID, ID]}, "non-unique"),
    (
        "egoi",
        "POST",
        f"{CONTACTS}/actions/forget",
        {"contacts": [f"{n:010x}" for n in range(1001)]},
        "too long",
    ),
    ("egoi", "POST", f"{CONTACTS}/actions/import-bulk", {**IMPORT, "contacts": [{}]}, "too short"),
    ("egoi", "POST", SEND_SMS, {**TO_LIST, "schedule_at": "2030-01-31 10:00:00"}, "'schedule_at' was unexp"),
    ("egoi", "POST", SEND_SMS, {**TO_LIST, "schedule_date": "2030-01-31T10:00:00"}, "is not a 'date-time'"),
    ("egoi", "POST", SEND_SMS, {**TO_LIST, "segments": {"type": "none", "data": ["1"]}}, "'data' was unexp"),
    (
        "egoi",
        "POST",
        SEND_SMS,
        {**TO_LIST, "segments": {"type": "segment", "data": "1"}},
        "not of type 'array'",
    ),
    ("egoi", "POST", SEND_SMS, {"segments": {"type": "none"}}, "is a required property"),
    ("egoi", "POST", "/campaigns/email/rss/a1/actions/enable", {}, "takes no body"),
    ("egoi", "POST", "/suppression-list", {"type": "fax", "value": []}, "'fax' is not one of"),
    ("transactional", "POST", SMS, MESSAGE, "not of type 'array'"),
    ("transactional", "POST", SMS, [MESSAGE] * 101, "is too long"),
    ("transactional", "POST", SMS, [{**MESSAGE, "to": "+351900000001"}], "does not match"),
    ("transactional", "POST", SMS, [{"to": "351-900000001", "from": "1"}], "required"),
    ("transactional", "POST", f"{SMS}/single", [MESSAGE], "not of type 'object'"),
    ("transactional", "POST", "/v2/sms/messages/action/send", [MESSAGE], "the document has no POST"),
    ("transactional", "GET", "/api/v2/sms/messages?status=lost", None, "status is not"),
    ("transactional", "DELETE", "/api/v2/webhooks", None, "id is missing"),
    ("txtsync", "POST", "/sms/send", {"From": "Shop", "To": "+351900000001"}, "'Message' is a required"),
    ("txtsync", "POST", "/contacts", {"MobileNumber": "+351900000001", "AllowSMS": True}, "'AllowSMS' was"),
    ("txtsync", "PUT", "/contacts/12", {"AllowSMS": "true"}, "is not of type 'boolean'"),
    ("intercom", "GET", "/contacts?per_page=151", None, "per_page is not"),
    ("intercom", "POST", "/contacts/search", {"search": "Ana"}, "'query' is a required"),
]


def _bytes(body: JsonValue) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


@pytest.mark.parametrize(("api", "method", "target", "body"), GOOD)
def test_a_request_that_the_documents_allow_has_no_problem(
    vendor_documents: VendorDocuments, api: Api, method: str, target: str, body: JsonValue
) -> None:
    assert vendor_documents.check(method, api, target, _bytes(body)) == []


@pytest.mark.parametrize("broken", BAD, ids=lambda broken: f"{broken[2]} {broken[4]}")
def test_a_broken_request_is_found_and_said_why(
    vendor_documents: VendorDocuments, broken: tuple[Api, str, str, JsonValue, str]
) -> None:
    api, method, target, body, problem = broken
    problems = vendor_documents.check(method, api, target, _bytes(body))
    assert any(problem in found for found in problems), problems


def test_a_body_that_is_no_json_is_found(vendor_documents: VendorDocuments) -> None:
    assert vendor_documents.check("POST", "egoi", SEND_SMS, b"{'list_id': 1}") == [
        "actionSendSms: the body is no JSON"
    ]


# -- the recorder --------------------------------------------------------------------------------

TAG = freeze(
    Request(operation=operation("egoi", "createTag"), body={"name": "vip"}), "https://api.example.com"
)
MISSPELT = FrozenRequest("egoi", "POST", TAG.origin, TAG.target, b'{"nmae":"vip"}')


def test_the_recorder_says_each_problem_once(vendor_documents: VendorDocuments) -> None:
    recorder = ContractRecorder(vendor_documents)
    for frozen in (TAG, MISSPELT, MISSPELT):
        recorder.record(frozen)
    assert len(recorder.problems()) == 1
    assert "createTag" in recorder.problems()[0]


def test_the_recorder_keeps_what_was_sent_and_accuses_nobody_without_documents() -> None:
    recorder = ContractRecorder(None)
    recorder.record(MISSPELT)
    assert recorder.requests == [MISSPELT]
    assert recorder.problems() == []


def test_the_fixture_is_content_with_a_request_that_is_allowed(contract_recorder: ContractRecorder) -> None:
    contract_recorder.record(TAG)
    assert contract_recorder.problems() == []
