"""What is wrong with arguments is said in plain words, before anything leaves, and says no value."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import APIS, Api, operation, operations
from egoi_mcp.api.checking import MOST_PROBLEMS, check
from tests.api.catalog_requests import JSON, OPERATIONS
from tests.support.valid import mutated_arguments, valid_arguments

SEEDS = range(3)
SMS: Mapping[str, Any] = {"list_id": 3, "segments": {"type": "none"}, "destination_field": "cellphone"}
HASH = {"campaign_hash": "a1B2"}
LIST = {"list_id": 1}
MESSAGE: Mapping[str, Any] = {"to": "351-900000001", "from": "1", "textBody": "hello"}


def said(
    api: Api, name: str, path: Mapping[str, Any], query: Mapping[str, Any], body: object = None
) -> list[str]:
    return [str(problem) for problem in check(operation(api, name), path, query, body)]


# -- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (None, "body is missing; it needs destination_field, list_id and segments"),
        ({}, "body is empty; it needs destination_field, list_id and segments"),
        ([], "body has to be an object"),
        ({**SMS, "list_id": "3"}, "body.list_id has to be a whole number, and is text"),
        ({**SMS, "list_id": 0}, "body.list_id has to be 1 or more"),
        ({**SMS, "list_id": True}, "body.list_id has to be a whole number, and is true or false"),
        ({**SMS, "list_id": 3.0}, "body.list_id has to be a whole number, and is a number"),
        ({**SMS, "list_id": None}, "body.list_id has to be a whole number, and is null"),
        # A misspelt time is a send at once.
        ({**SMS, "scheduleDate": "x"}, "body.scheduleDate is not known; did you mean schedule_date?"),
        (
            {**SMS, "schedule_date": "2030-01-31T09:30:00Z"},
            "body.schedule_date has to be a time like 2030-01-31 09:30:00",
        ),
        (
            {**SMS, "schedule_date": "2030-02-31 09:30:00"},
            "body.schedule_date has to be a time like 2030-01-31 09:30:00",
        ),
        (
            {**SMS, "segments": {"type": "list"}},
            "body.segments.type has to be one of none, contact or segment",
        ),
        ({**SMS, "segments": {}}, "body.segments.type is missing: one of none, contact or segment"),
        (
            {**SMS, "segments": {"type": "segment"}},
            "body.segments.data is missing: an array (with type segment)",
        ),
        (
            {**SMS, "segments": {"type": "none", "data": ["9"]}},
            "body.segments.data is not known; there is type (with type none)",
        ),
        ({**SMS, "campaign_hash": "a"}, "body.campaign_hash belongs in path, not in the body"),
        ({**SMS, "Ana Silva": 1}, "body.(a name) is not known"),
    ],
)
def test_a_fault_names_its_place_the_rule_and_what_is_right(body: object, problem: str) -> None:
    found = said("egoi", "actionSendSms", HASH, {}, body)
    assert [line for line in found if line.startswith(problem)], found


OWN_RULES: list[tuple[Api, str, Mapping[str, Any], Mapping[str, Any], object, str]] = [
    ("egoi", "createContact", LIST, {}, {"email": "x"}, "body.email belongs inside base"),
    (
        "egoi",
        "createContact",
        LIST,
        {},
        {"base": {"cellphone": "+351900000000"}},
        "body.base.cellphone has to be a number like 351-900000000: country code, hyphen, number",
    ),
    (
        "egoi",
        "createContact",
        LIST,
        {},
        {"base": {"status": "activ"}},
        "body.base.status has to be one of active, inactive, removed or unconfirmed; did you mean active?",
    ),
    ("egoi", "actionAttachTag", LIST, {}, {"tag_id": 3}, "body needs contacts; or segment_id; or"),
    (
        "egoi",
        "actionImportBulk",
        LIST,
        {},
        {"mode": "add", "compare_field": "email", "contacts": [{"base": {}}]},
        "body.contacts needs at least 2 entries",
    ),
    (
        "egoi",
        "actionForgetContacts",
        LIST,
        {},
        {"contacts": ["0123456789"] * 1001},
        "body.contacts takes at most 1000 entries, and got 1001",
    ),
    ("egoi", "getAllContacts", LIST, {"limit": 5000}, None, "query.limit has to be 1000 or less"),
    (
        "egoi",
        "getAllContacts",
        LIST,
        {"firstname": "Ana"},
        None,
        "query.firstname is not known; did you mean first_name?",
    ),
    (
        "egoi",
        "getAllContacts",
        LIST,
        {"extra_field_id": "x"},
        None,
        "query.extra_field_id needs a number in brackets: extra_field_id[12]",
    ),
    ("egoi", "getAllContacts", {}, {"list_id": 1}, None, "query.list_id belongs in path"),
    ("egoi", "getAllContacts", {}, {}, None, "path.list_id is missing"),
    ("egoi", "getList", {"list_id": 1}, {}, {}, "body has to be left out: this operation takes none"),
    (
        "egoi",
        "getProduct",
        {"catalog_id": 1, "product_identifier": ""},
        {},
        None,
        "path.product_identifier is empty",
    ),
    ("transactional", "sendSmsMessages", {}, {}, MESSAGE, "body has to be an array, and is an object"),
    ("transactional", "sendSmsMessages", {}, {}, [], "body needs at least 1 entry"),
    (
        "transactional",
        "sendSmsMessages",
        {},
        {},
        [MESSAGE, {**MESSAGE, "maxCount": 0}],
        "body[1].maxCount has to be 1 or more",
    ),
    (
        "transactional",
        "addWebHook",
        {},
        {},
        {"url": "https://example.com/x", "channel": "sms", "actions": ["view"]},
        "body.actions[0] has to be one of processed, failed, sent, delivered or canceled",
    ),
    (
        "txtsync",
        "SendSMS",
        {},
        {},
        {"from": "Shop", "Message": "hello", "To": "+351900000001"},
        "body.from is not known; did you mean From?",
    ),
    (
        "intercom",
        "CreateContact",
        {},
        {},
        {"name": "Ana"},
        "body needs email; or external_id; or role",
    ),
    (
        "intercom",
        "SearchContacts",
        {},
        {},
        {"query": {"operator": "AND", "value": [{"field": "email", "operator": "="}]}},
        "body.query.value[0].value is missing",
    ),
    (
        "intercom",
        "createConversationAttribute",
        {},
        {},
        {"name": "size", "data_type": "integer", "multiline": True},
        "body.multiline is not known",
    ),
    (
        "intercom",
        "lisDataEvents",
        {},
        {"type": "user"},
        None,
        "query needs one of user_id, intercom_user_id or email",
    ),
]


@pytest.mark.parametrize(("api", "name", "path", "query", "body", "problem"), OWN_RULES)
def test_each_vendors_own_rules_are_said(
    api: Api, name: str, path: Mapping[str, Any], query: Mapping[str, Any], body: object, problem: str
) -> None:
    found = said(api, name, path, query, body)
    assert [line for line in found if line.startswith(problem)], found


def test_what_is_right_has_no_fault() -> None:
    assert said("egoi", "actionSendSms", HASH, {}, SMS) == []
    assert said("egoi", "actionSendSms", HASH, {}, {**SMS, "schedule_date": "2030-01-31 09:30:00"}) == []
    assert said("egoi", "getAllContacts", LIST, {"extra_field_id[12]": "x", "offset": 0}) == []
    assert said("transactional", "sendSmsMessages", {}, {}, [MESSAGE]) == []
    assert said("intercom", "lisDataEvents", {}, {"type": "user", "email": "ana@example.com"}) == []


def test_many_faults_are_cut_short() -> None:
    body = {"contacts": [{"nobody": n} for n in range(100)], "mode": "add", "compare_field": "email"}
    found = said("egoi", "actionImportBulk", LIST, {}, body)
    assert len(found) == MOST_PROBLEMS
    assert max(len(line) for line in found) < 300


def test_a_search_that_nests_without_end_is_refused_and_not_followed() -> None:
    condition: dict[str, Any] = {"field": "email", "operator": "=", "value": "x"}
    for _ in range(400):
        condition = {"operator": "AND", "value": [condition]}
    found = check(operation("intercom", "SearchContacts"), {}, {}, {"query": condition})
    assert [problem.rule for problem in found] == ["depth"]


# -- every operation -------------------------------------------------------------------------------

SECRET = "zq93-private"


@given(
    entry=st.sampled_from(OPERATIONS),
    body=st.recursive(
        st.just(SECRET) | JSON,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["base", "contacts", "segments", "type", "to", "x y"]), inner)
        ),
        max_leaves=8,
    ),
    query=st.dictionaries(st.sampled_from(["limit", "type", "email", "first name"]), st.just(SECRET)),
)
def test_nothing_that_is_given_is_said_again(entry: Any, body: object, query: dict[str, str]) -> None:
    for problem in check(entry, {}, query, body):
        assert SECRET not in str(problem)
        assert "\n" not in str(problem)
        assert len(problem.says) < 500


@pytest.mark.parametrize("api", APIS)
def test_valid_arguments_of_every_operation_are_taken_and_each_fault_in_them_is_refused(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    valid, faults, refused = 0, Counter[str](), Counter[str]()
    for entry in operations(api):
        for seed in SEEDS:
            arguments = valid_arguments(entry, seed)
            assert check(entry, arguments.path, arguments.query, arguments.body) == [], entry.name
            valid += 1
        for mutated in mutated_arguments(entry, valid_arguments(entry, 0)):
            faults[mutated.kind] += 1
            given = mutated.arguments
            found = check(entry, given.path, given.query, given.body)
            assert found, (entry.name, mutated.kind, mutated.where)
            refused[mutated.kind] += 1
    with capsys.disabled():
        told = f"{valid} of {valid} valid taken, {refused.total()} of {faults.total()} faults refused"
        sys.stdout.write(f"\n{api}: {told}\n")
    assert refused == faults
    assert len(faults) >= 8


def test_a_fault_is_found_at_its_place() -> None:
    """Where nothing but one member is wrong, that member is named."""
    for entry in OPERATIONS:
        for mutated in mutated_arguments(entry, valid_arguments(entry, 1)):
            if mutated.kind != "an unknown member" or mutated.where.startswith("body"):
                continue
            given = mutated.arguments
            found = check(entry, given.path, given.query, given.body)
            assert mutated.where in [problem.where for problem in found], entry.name


def test_an_operation_without_parameters_says_that_there_are_none() -> None:
    entry = replace(operation("egoi", "ping"), parameters=(), has_body=False)
    assert [str(p) for p in check(entry, {}, {"limit": 1})] == ["query.limit is not known; there is none"]
