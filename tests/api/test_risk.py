"""What each operation is at least, and how many contacts a request changes.

What a request can say that makes it more is in the other files of the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from egoi_mcp.api.catalog import APIS, Api, JsonValue, Request, operation, operations
from egoi_mcp.api.raises import ARRAY_BODIES, RAISES
from egoi_mcp.api.risk import Risk, affected, repeatable, risk_of
from scripts.catalog_risk import EXCEPTIONS, RULES
from tests.api.catalog_requests import OPERATIONS
from tests.api.floors import FLOORS
from tests.api.risks import ONE, TWO, operation_of, risk

_IMPORT: Mapping[str, JsonValue] = {"mode": "add", "compare_field": "email", "contacts": [{}, {}]}


@pytest.mark.parametrize("api", APIS)
def test_every_operation_of_the_catalog_has_the_floor_that_is_spelt_out(api: Api) -> None:
    expected = {
        entry.name: Risk.READ if api == "intercom" and entry.method == "GET" else FLOORS[api].get(entry.name)
        for entry in operations(api)
    }
    assert {entry.name: entry.risk for entry in operations(api)} == expected


@pytest.mark.parametrize("api", ["egoi", "transactional", "txtsync"])
def test_nothing_above_write_is_unknown_to_the_catalog(api: Api) -> None:
    dangerous = {name for name, floor in FLOORS[api].items() if floor > Risk.WRITE}
    assert dangerous <= {entry.name for entry in operations(api)}


def test_the_catalog_holds_what_is_spelt_out_and_no_operation_twice() -> None:
    sizes = {api: len(names) for api, names in FLOORS.items()}
    # With the single send of the transactional API; of Intercom without 59 GETs that no catalog holds.
    assert sizes == {"egoi": 143, "transactional": 56, "txtsync": 12, "intercom": 172}


def test_every_exception_is_of_an_operation_that_exists_and_has_its_risk() -> None:
    spelt_out = {(str(api), name): floor for api, names in FLOORS.items() for name, floor in names.items()}
    assert {key: floor for key, (floor, _) in EXCEPTIONS.items()} == {
        key: spelt_out.get(key) for key in EXCEPTIONS
    }


def test_every_rule_and_every_exception_says_why() -> None:
    reasons = [*(rule.why for rule in RULES), *(why for _, why in EXCEPTIONS.values())]
    assert [why for why in reasons if len(why) < len("looks") or why.endswith(".")] == []


def test_the_order_of_risks_is_how_strictly_they_are_treated() -> None:
    assert list(Risk) == sorted(Risk)
    assert [each.name for each in Risk] == ["READ", "WRITE", "CONSENT", "DISCLOSE", "SEND", "DESTROY"]


def test_a_look_stays_a_look_whatever_it_looks_for() -> None:
    filters: JsonValue = {
        "query": {"field": "status", "operator": "=", "value": "removed"},
        "status": "removed",
        "schedule_date": "2026-12-01 10:00:00",
    }
    assert risk("intercom", "SearchContacts", filters) is Risk.READ
    assert risk("transactional", "smsLengthCalculator", [{"message": "Olá"}]) is Risk.READ
    assert risk("egoi", "getEmailReport", query={"url": True}) is Risk.READ
    assert risk("egoi", "getAllAutomations", query={"status": "inactive"}) is Risk.READ


# -- shapes --------------------------------------------------------------------------------------


def test_an_array_where_an_object_belongs_is_taken_for_the_worst() -> None:
    takes_arrays = {"ImportOrdersBulk", "sendSmsMessages", "sendEmailMessages", "sendPushMessages"}
    for api, names in FLOORS.items():
        for name, floor in names.items():
            if floor > Risk.READ and name not in takes_arrays:
                assert risk(api, name, [{}]) is Risk.DESTROY, name
            if name in takes_arrays:
                assert risk(api, name, [{}]) is floor, name
                assert risk(api, name, {}) is Risk.DESTROY, name


@pytest.mark.parametrize("body", ["text", 1, True])
def test_a_body_that_is_neither_object_nor_array_is_taken_for_the_worst(body: JsonValue) -> None:
    assert risk("egoi", "createTag", body) is Risk.DESTROY


def test_a_body_that_contains_itself_is_taken_for_the_worst() -> None:
    endless: list[JsonValue] = []
    endless.append(endless)
    assert risk("intercom", "SearchContacts", {"query": endless}) is Risk.DESTROY


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


@pytest.mark.parametrize(
    "name", [entry.name for entry in operations("intercom") if "{contact_id}" in entry.path]
)
def test_what_stands_below_an_intercom_contact_is_about_that_one_contact(name: str) -> None:
    entry = operation("intercom", name)
    expected = 0 if entry.risk is Risk.READ else 1
    assert affected(Request(operation=entry, path={"contact_id": "63a1"})) == expected


@pytest.mark.parametrize(
    ("name", "body", "contacts"),
    [
        ("CreateContact", {"email": "ana@example.com"}, 1),
        ("createTag", {"name": "vip"}, 0),
        ("createTag", {"name": "vip", "companies": [{"id": "1"}]}, 0),
        ("createTag", {"name": "vip", "users": [{"id": "1"}, {"id": "2"}]}, 2),
        ("createTag", {"name": "vip", "users": {"id": "1"}}, None),
        ("createTag", {"name": "vip", "Users": [{"id": "1"}]}, None),
        ("createTag", {"name": "vip", "users": [{"id": "1"}], "USERS": []}, None),
        ("createTag", [], 0),
        ("createOrUpdateCompany", {"company_id": "acme"}, 0),
    ],
)
def test_at_intercom_making_a_tag_may_tag_people_at_once(
    name: str, body: JsonValue, contacts: int | None
) -> None:
    assert affected(Request(operation=operation("intercom", name), body=body)) == contacts


def test_a_rule_for_named_operations_says_whose_they_are_or_names_what_one_vendor_alone_has() -> None:
    for each in RAISES:
        for name in each.only | each.but if each.api is None else ():
            assert sum(name in names for names in FLOORS.values()) == 1, name


def test_a_body_that_is_an_array_belongs_to_the_vendor_that_documents_it() -> None:
    for api, name in ARRAY_BODIES:
        theirs = replace(operation_of(api, name), api="intercom")
        assert risk_of(Request(operation=theirs, body=[{}])) is Risk.DESTROY
        assert risk_of(Request(operation=theirs, body={})) is theirs.risk


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


_UPDATE: Mapping[str, JsonValue] = {**_IMPORT, "mode": "update"}
_IMPORTS: list[tuple[Mapping[str, JsonValue], bool]] = [
    (_UPDATE, True),
    ({**_UPDATE, "mode": "update_only"}, True),
    ({**_UPDATE, "contacts": [{"base": {"status": "active"}}]}, True),
    (_IMPORT, False),
    ({**_UPDATE, "mode": "UPDATE"}, False),
    ({**_UPDATE, "Mode": "add"}, False),
    ({**_UPDATE, "compare_field": ""}, False),
    ({**_UPDATE, "force_empty": True}, False),
    ({**_UPDATE, "notify": [3]}, False),
    ({**_UPDATE, "contacts": [{"base": {"status": "unconfirmed"}}]}, False),
    ({**_UPDATE, "contacts": [{"base": {"status": "inactive"}}]}, False),
    ({**_UPDATE, "file": {"url": "https://example.com/x"}}, False),
]


@pytest.mark.parametrize(("body", "again"), _IMPORTS)
def test_only_an_import_that_plainly_updates_and_silences_nobody_may_be_sent_again(
    body: Mapping[str, JsonValue], again: bool
) -> None:
    assert repeatable(Request(operation=operation("egoi", "actionImportBulk"), body=body)) is again
