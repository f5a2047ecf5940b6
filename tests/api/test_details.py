"""Every operation says what it is for, how its answers go on and what in them is secret."""

from __future__ import annotations

import re

import pytest

from egoi_mcp.api.catalog import APIS, Api, operation, operations
from egoi_mcp.api.details import all_details, body_schema, details, vendor_seconds
from egoi_mcp.errors import UnknownOperation
from tests.api.catalog_requests import OPERATIONS

LONGEST_SUMMARY = 110


@pytest.mark.parametrize("api", APIS)
def test_every_operation_has_details_and_a_body_where_it_takes_one(api: Api) -> None:
    assert all_details(api).keys() == {entry.name for entry in operations(api)}
    for entry in operations(api):
        assert (body_schema(api, entry.name) is not None) is entry.has_body, entry.name


def test_a_summary_is_one_short_clause_that_no_other_operation_has() -> None:
    told = [details(entry).summary for entry in OPERATIONS]
    assert len(set(told)) == len(told) == 328
    for summary in told:
        assert re.fullmatch(r"[A-Z][a-z]+,? \S.*[^.]", summary), summary
        assert len(summary) <= LONGEST_SUMMARY, summary


def test_a_family_is_a_plain_name_of_more_than_nothing() -> None:
    for api in APIS:
        families = {each.family for each in all_details(api).values()}
        assert all(re.fullmatch(r"[a-z_]+", family) for family in families)


@pytest.mark.parametrize(
    ("api", "name", "paging"),
    [
        ("egoi", "getAllContacts", "offset"),
        ("egoi", "getAllActions", "offset"),
        ("egoi", "getList", "none"),
        ("egoi", "searchContacts", "none"),
        ("intercom", "ListContacts", "cursor"),
        ("intercom", "SearchContacts", "cursor"),
        ("intercom", "listConversations", "cursor"),
        ("intercom", "listAllCompanies", "page"),
        ("intercom", "searchActivityLogs", "page"),
        ("intercom", "scrollOverAllCompanies", "scroll"),
        ("txtsync", "SearchContact", "none"),
    ],
)
def test_how_answers_go_on_is_known(api: Api, name: str, paging: str) -> None:
    assert details(operation(api, name)).paging == paging


def test_keys_codes_and_push_tokens_are_secret() -> None:
    assert "code" in details(operation("transactional", "getVerify")).secrets
    assert "authKey" in details(operation("transactional", "listApps")).secrets
    assert "push_token_ios" in details(operation("egoi", "getContact")).secrets
    assert details(operation("egoi", "getAllLists")).secrets == ()


def test_vendors_time_outs_are_those_of_their_documents() -> None:
    assert vendor_seconds(operation("egoi", "getAllLists")) == 10
    assert vendor_seconds(operation("egoi", "createTag")) == 60
    assert vendor_seconds(operation("transactional", "sendSmsMessages")) == 60
    assert vendor_seconds(operation("txtsync", "SendSMS")) is None
    assert vendor_seconds(operation("intercom", "ListContacts")) is None


def test_no_operation_of_another_vendor_is_described() -> None:
    with pytest.raises(UnknownOperation):
        body_schema("txtsync", "createTag")
