"""A target belongs to exactly one operation, and only in one spelling."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given

from egoi_mcp.api import catalog
from egoi_mcp.api.catalog import (
    APIS,
    Api,
    Operation,
    Parameter,
    Request,
    freeze,
    match,
    operation,
    operations,
)
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import InvalidInput, UnknownOperation
from tests.api.catalog_requests import OPERATIONS, ORIGIN, requests

ID = "0123456789"
HASH = "a1B2-c3_D4"


# -- one operation -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("api", "method", "target", "name"),
    [
        ("egoi", "GET", "/contacts/search?contact=ana%40example.com", "searchContacts"),
        ("egoi", "GET", "/lists/1/contacts?offset=0&limit=25", "getAllContacts"),
        ("egoi", "POST", "/lists/1/contacts", "createContact"),
        ("egoi", "GET", f"/lists/1/contacts/{ID}", "getContact"),
        ("egoi", "PATCH", f"/lists/1/contacts/{ID}", "patchContact"),
        ("egoi", "POST", "/lists/1/contacts/by-field", "updateContactByField"),
        ("egoi", "GET", "/lists/1/contacts/segment/9", "getAllContactsBySegment"),
        ("egoi", "GET", f"/lists/1/contacts/{ID}/activities", "getAllContactActivities"),
        ("egoi", "POST", "/lists/1/contacts/actions/forget", "actionForgetContacts"),
        ("egoi", "POST", "/lists/1/orders", "ImportOrdersBulk"),
        ("egoi", "POST", "/shop.example.com/orders", "CreateOrder"),
        ("egoi", "GET", "/automations/3/actions?limit=10", "getAllActions"),
        ("egoi", "DELETE", f"/campaigns/{HASH}", "deleteCampaigns"),
        ("egoi", "POST", f"/campaigns/sms/{HASH}/actions/send", "actionSendSms"),
        ("egoi", "POST", f"/campaigns/email/rss/{HASH}/actions/enable", "actionEnableEmailRss"),
        ("transactional", "POST", "/api/v2/sms/messages/action/send", "sendSmsMessages"),
        ("transactional", "POST", "/api/v2/sms/messages/action/send/single", "sendSmsMessagesSingle"),
        ("transactional", "POST", "/api/v2/messages/12/action/send", "cancelScheduledMessage"),
        ("transactional", "GET", "/api/v2/sms/messages/12", "listSingleSmsMessage"),
        ("transactional", "DELETE", "/api/v2/webhooks?id=1", "removeWebHook"),
        ("txtsync", "PUT", "/contacts/12", "UpdateContact"),
        ("txtsync", "PUT", "/contacts/external/crm%2012", "UpdateContactByExternalReference"),
        ("txtsync", "DELETE", "/contacts/external/12", "DeleteContactByExternalReference"),
        ("txtsync", "POST", "/system/applications/webhooks/type/0", "InboundSMS"),
        ("txtsync", "POST", "/system/applications/webhooks/type/5", "OutboundSMS"),
        ("intercom", "POST", "/contacts/search", "SearchContacts"),
        ("intercom", "GET", "/contacts?per_page=150&starting_after=abc", "ListContacts"),
        ("intercom", "GET", "/me", "identifyAdmin"),
    ],
)
def test_a_target_belongs_to_its_operation(api: Api, method: str, target: str, name: str) -> None:
    assert match(api, method, target) == operation(api, name)


@given(requests())
def test_every_request_of_an_operation_is_matched_to_it(request: Request) -> None:
    frozen = freeze(request, ORIGIN)
    assert match(frozen.api, frozen.method, frozen.target) == request.operation


def test_a_literal_segment_beats_a_parameter_from_the_left() -> None:
    # As activities of a contact named "segment" it would be another operation.
    assert match("egoi", "GET", "/lists/1/contacts/segment/activities").name == "getAllContactsBySegment"


def test_a_target_of_two_operations_belongs_to_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    one = replace(operation("txtsync", "DeleteContact"), name="one", path="/contacts/{id}/now")

    def pair(_api: Api) -> tuple[Operation, ...]:
        return one, replace(one, name="other")

    monkeypatch.setattr(catalog, "operations", pair)
    with pytest.raises(UnknownOperation, match="exactly one"):
        match(cast("Api", "an API with two of a kind"), "DELETE", "/contacts/12/now")


def test_no_two_operations_can_tie_for_a_target() -> None:
    def shape(entry: Operation) -> tuple[str, ...]:
        return (entry.api, entry.method, *re.sub(r"\{\w+\}", "{}", entry.path).split("/"))

    def literals(entry: Operation) -> list[bool]:
        return [not part.startswith("{") for part in entry.path.split("/")]

    for one, other in itertools.combinations(OPERATIONS, 2):
        pairs = list(itertools.zip_longest(shape(one), shape(other)))
        if all("{}" in pair or pair[0] == pair[1] for pair in pairs) and None not in pairs[-1]:
            assert literals(one) != literals(other), (one.name, other.name)


@pytest.mark.parametrize(
    ("api", "method", "target"),
    [
        ("egoi", "GET", "/nothing"),
        ("egoi", "GET", "/"),
        ("egoi", "GET", ""),
        ("egoi", "GET", "lists"),
        ("egoi", "get", "/lists"),
        ("egoi", "DELETE", "/lists"),
        ("egoi", "GET", "//lists"),
        ("egoi", "GET", "/contacts/search/"),
        ("egoi", "GET", "/Lists"),
        ("egoi", "GET", "/l%69sts"),
        ("egoi", "GET", "https://api.egoiapp.com/lists"),
        ("egoi", "POST", "/api/v2/sms/messages/action/send"),
        ("transactional", "POST", "/v2/sms/messages/action/send"),
        ("txtsync", "POST", "/system/applications/webhooks/type/1"),
        ("intercom", "DELETE", "/admins/1"),
    ],
)
def test_what_is_no_operation_is_unknown(api: Api, method: str, target: str) -> None:
    with pytest.raises(UnknownOperation):
        match(api, method, target)


def test_an_api_or_name_that_does_not_exist_is_unknown() -> None:
    with pytest.raises(UnknownOperation):
        operation("egoi", "sendEverything")
    with pytest.raises(UnknownOperation):
        operations(cast("Api", "mailer"))
    with pytest.raises(UnknownOperation):
        match(cast("Api", "mailer"), "GET", "/lists")


# -- one spelling --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "id_",
    [
        "..%2Factions%2Fforget",
        "actions%2Fforget",
        "%2e%2e",
        "%2E%2E",
        "..",
        ".",
        "%2E",
        "a%2Fb",
        "a%5Cb",
        "a\\b",
        "a%252Fb",
        "%252e%252e",
        "a%25b",
        "a%3Fb",
        "a%23b",
        "a#b",
        "a%00b",
        "a%0Ab",
        "a%0D%0AHost%3A%20b",
        "a%7F",
        "a%C2%85",
        "a%E2%80%AEb",
        "a%EF%BC%8Fb",
        "%EF%BC%8E%EF%BC%8E",
        "a%EF%BC%85252Fb",
        "%E2%80%A6",
        "%C0%AF",
        "%ED%A0%80",
        "a%2fb",
        "a%zzb",
        "a%",
        "a+b c",
        "a;b",
        "a%2Ab%2a",
        "é",
        "%61",
        "%20",
        "a%20",
        "",
    ],
)
def test_no_second_spelling_smuggles_an_operation_through_an_id(id_: str) -> None:
    with pytest.raises(InvalidInput):
        match("txtsync", "DELETE", f"/contacts/external/{id_}")


@pytest.mark.parametrize(
    "id_", ["crm-12", "a%2Bb", "a.b", "a%3Bb", "%C3%A9", "a%20b", "a~b_c", "a%40example.com"]
)
def test_an_id_in_the_one_spelling_is_taken(id_: str) -> None:
    assert match("txtsync", "DELETE", f"/contacts/external/{id_}").name == "DeleteContactByExternalReference"


@pytest.mark.parametrize(
    "value",
    ["a/b", "..", "a..b", ".", "", " ", "a\\b", "a?b", "a#b", "a%b", "a\nb", "\u202e", "／", "\ud800"],
)
def test_freeze_refuses_the_same_ids(value: str) -> None:
    request = Request(operation=operation("txtsync", "DeleteContact"), path={"id": value})
    with pytest.raises(InvalidInput):
        freeze(request, ORIGIN)


@pytest.mark.parametrize(
    "query",
    [
        "?",
        "?&",
        "?limit",
        "?limit=",
        "?limit=5&limit=5",
        "?limit=5&offset=0",
        "?limit=5&",
        "?&limit=5",
        "?limit=05",
        "?limit=+5",
        "?limit=5.0",
        "?limit=0",
        "?limit=1001",
        "?offset=-1",
        "?offset=9007199254740992",
        "?lim%69t=5",
        "?unknown=1",
        "?extra_field_id=1",
        "?extra_field_id[1]=1",
        "?extra_field_id%5B01%5D=1",
        "?extra_field_id%5B0%5D=1",
        "?extra_field_id%5Bx%5D=1",
        "?extra_field_id%5B2%5D=1&extra_field_id%5B1%5D=1",
        "?extra_field_id%5B1%5D=1&extra_field_id%5B1%5D=2",
        "?email%5B1%5D=1",
        "?email_status=True",
        "?email_status=1",
        "?language=xx",
        "?birth_date=2000-1-1",
        "?birth_date=2000-01-01%0A",
        "?first_name=a+b",
        "?first_name=a%0Ab",
        "?first_name=a=b",
        "?first_name=%61",
        "?first_name=á",
        "?limit=5#x",
        "?limit=5?",
        "?list_id=1",
    ],
)
def test_a_query_has_known_names_once_and_values_in_one_form(query: str) -> None:
    with pytest.raises(InvalidInput):
        match("egoi", "GET", f"/lists/1/contacts{query}")


@pytest.mark.parametrize("list_id", ["0", "-1", "01", "1.0", "%31", "one", "1%20", "٣", "9007199254740992"])
def test_a_list_id_is_a_whole_number_in_one_form(list_id: str) -> None:
    with pytest.raises(InvalidInput):
        match("egoi", "GET", f"/lists/{list_id}/contacts")


@pytest.mark.parametrize("contact_id", ["012345678", "01234567890", "012345678g", "x0123456789", "search"])
def test_a_pattern_holds_for_the_whole_value(contact_id: str) -> None:
    with pytest.raises(InvalidInput):
        match("egoi", "PATCH", f"/lists/1/contacts/{contact_id}")


@pytest.mark.parametrize("domain", ["lists", "contacts", "localhost", "a..b", "-", "shop.example.com%2Fx"])
def test_the_first_segment_of_a_cart_is_a_host_name(domain: str) -> None:
    with pytest.raises(InvalidInput):
        match("egoi", "POST", f"/{domain}/carts")


# -- typed parameters ----------------------------------------------------------------------------

CONTACTS = Request(operation=operation("egoi", "getAllContacts"), path={"list_id": 1})


@pytest.mark.parametrize(
    "wrong",
    [
        replace(CONTACTS, path={}),
        replace(CONTACTS, path={"list_id": "1"}),
        replace(CONTACTS, path={"list_id": True}),
        replace(CONTACTS, path={"list_id": 0}),
        replace(CONTACTS, path={"list_id": 1, "limit": 5}),
        replace(CONTACTS, path={"list_id": 1, "more": 5}),
        replace(CONTACTS, query={"list_id": 1}),
        replace(CONTACTS, query={"limit": "5"}),
        replace(CONTACTS, query={"limit": True}),
        replace(CONTACTS, query={"limit": 1001}),
        replace(CONTACTS, query={"email_status": "true"}),
        replace(CONTACTS, query={"email_status": 1}),
        replace(CONTACTS, query={"first_name": 5}),
        replace(CONTACTS, query={"language": "xx"}),
        replace(CONTACTS, query={"extra_field_id": "1"}),
        replace(CONTACTS, query={"extra_field_id[01]": "1"}),
        replace(CONTACTS, query={"extra_field_id[x]": "1"}),
        replace(CONTACTS, query={"email[1]": "1"}),
        Request(operation=operation("egoi", "searchContacts")),
        Request(operation=operation("egoi", "searchContacts"), query={"contact": ""}),
        Request(operation=operation("egoi", "searchContacts"), query={"contact": "a", "type": "fax"}),
        Request(operation=operation("txtsync", "DeleteContact"), path={"id": 12}),
    ],
    ids=lambda request: f"{request.operation.name} {request.path} {request.query}",
)
def test_a_parameter_of_another_type_name_or_place_is_refused(wrong: Request) -> None:
    with pytest.raises(InvalidInput):
        freeze(wrong, ORIGIN)


def test_a_value_that_is_absent_is_not_a_value_that_is_empty() -> None:
    empty = replace(CONTACTS, query={"first_name": ""})
    assert freeze(empty, ORIGIN).target == "/lists/1/contacts?first_name="
    assert freeze(CONTACTS, ORIGIN).target == "/lists/1/contacts"


# -- what the catalog says -----------------------------------------------------------------------


def test_names_are_unique_and_templates_agree_with_their_parameters() -> None:
    for api in APIS:
        names = [entry.name for entry in operations(api)]
        assert len(names) == len(set(names))
    for entry in OPERATIONS:
        in_path = [p.name for p in entry.parameters if p.location == "path"]
        assert sorted(in_path) == sorted(re.findall(r"\{(\w+)\}", entry.path)), entry.name
        assert all(p.required for p in entry.parameters if p.location == "path"), entry.name
        assert len({p.name for p in entry.parameters}) == len(entry.parameters), entry.name


def test_every_operation_has_success_codes_and_transactional_paths_their_prefix() -> None:
    for entry in OPERATIONS:
        assert entry.success, entry.name
        assert entry.success <= {200, 201, 202, 204}, entry.name
        assert entry.path.startswith("/api/v2/") == (entry.api == "transactional"), entry.name
        assert entry.method in {"GET", "POST", "PUT", "PATCH", "DELETE"}, entry.name
        assert not (entry.has_body and entry.method == "GET"), entry.name
    deletions = {entry.name for entry in OPERATIONS if entry.has_body and entry.method == "DELETE"}
    # The admin who does it is named in the body.
    assert deletions == {
        "detachContactFromConversation",
        "detachTagFromConversation",
        "detachTagFromTicket",
    }


@pytest.mark.parametrize(
    ("name", "success"),
    [
        ("actionAttachTag", {200, 202}),
        ("actionSendEmail", {200}),
        ("actionSendVoice", {200}),
        ("actionSendSms", {202}),
        ("createContact", {201}),
        ("patchContact", {200}),
        ("deleteList", {204}),
        ("createWebhook", {200}),
        ("enableTransactional", {204}),
    ],
)
def test_success_codes_are_irregular(name: str, success: set[int]) -> None:
    assert operation("egoi", name).success == success


_CHANGES_AT_EGOI = """
    patchPushCampaign patchSmartSmsCampaign patchVoiceCampaign patchWebPushCampaign putEmailSender
    updateCampaignGroup updateProduct
"""
_CHANGES_AT_INTERCOM = """
    UpdateCompany updateConversation updateConversationAttribute updateConversationAttributeOption
    updateDataAttribute updateTicketType updateTicketTypeAttribute setAwayAdmin
"""


def test_nothing_above_write_may_be_sent_again_by_itself() -> None:
    again = {(entry.api, entry.name) for entry in OPERATIONS if entry.idempotent and entry.risk > Risk.READ}
    assert again == {
        ("egoi", "patchContact"),
        ("egoi", "patchSmsCampaign"),
        ("egoi", "patchEmailCampaign"),
        ("egoi", "actionAttachTag"),
        ("egoi", "actionDetachTag"),
        ("egoi", "actionPauseOperation"),
        ("egoi", "updateTag"),
        ("egoi", "updateList"),
        ("egoi", "patchBaseField"),
        ("egoi", "patchExtraField"),
        ("egoi", "updateFieldOption"),
        ("txtsync", "UpdateContact"),
        ("txtsync", "UpdateContactByExternalReference"),
        ("intercom", "UpdateContact"),
        *(("egoi", name) for name in _CHANGES_AT_EGOI.split()),
        ("transactional", "updatePushTemplate"),
        *(("intercom", name) for name in _CHANGES_AT_INTERCOM.split()),
    }
    assert all(entry.idempotent for entry in OPERATIONS if entry.risk is Risk.READ)


def test_a_path_parameter_that_a_document_puts_in_the_query_stands_in_the_path() -> None:
    automation = next(p for p in operation("egoi", "getAllActions").parameters if p.name == "automation_id")
    assert automation == Parameter(
        name="automation_id", location="path", type="integer", required=True, minimum=1
    )


def test_a_numbered_parameter_stands_once_for_each_number_in_their_order() -> None:
    asked = replace(CONTACTS, query={"extra_field_id[12]": "b&c", "limit": 5, "extra_field_id[2]": "a"})
    frozen = freeze(asked, ORIGIN)
    query = "limit=5&extra_field_id%5B2%5D=a&extra_field_id%5B12%5D=b%26c"
    assert frozen.target.partition("?")[2] == query
    assert catalog.thaw(frozen) == asked


def test_an_api_is_read_once() -> None:
    assert operations("egoi") is operations("egoi")


def test_the_documents_table_counts_the_operations() -> None:
    page = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text(encoding="utf-8")
    for api in APIS:
        row = re.search(rf"^\| `{api}`[^|]*\|(.*)\|$", page, re.MULTILINE)
        assert row is not None, api
        counts = [sum(entry.risk is risk for entry in operations(api)) for risk in Risk]
        assert [int(cell or "0") for cell in row[1].replace(" ", "").split("|")] == [sum(counts), *counts]
