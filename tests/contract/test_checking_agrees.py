"""What the check takes, the vendors' documents take; and the summaries are our own words."""

from __future__ import annotations

import sys

import pytest

from egoi_mcp.api.catalog import APIS, Api, Request, freeze, operations
from egoi_mcp.api.checking import check
from egoi_mcp.api.details import all_details
from egoi_mcp.errors import InvalidInput
from tests.api.catalog_requests import ORIGIN
from tests.contract.vendor_documents import SPECS, VendorDocuments, documents_of_the_environment
from tests.support.valid import mutated_arguments, valid_arguments

SEEDS = range(10, 14)

pytestmark = pytest.mark.skipif(
    documents_of_the_environment() is None, reason=f"{SPECS} names no folder with the vendors' documents"
)


@pytest.mark.parametrize("api", APIS)
def test_valid_arguments_of_every_operation_are_what_the_documents_take(
    vendor_documents: VendorDocuments, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    taken, made = 0, 0
    for entry in operations(api):
        for seed in SEEDS:
            given = valid_arguments(entry, seed)
            made += 1
            assert check(entry, given.path, given.query, given.body) == [], (entry.name, seed)
            request = Request(operation=entry, path=given.path, query=given.query, body=given.body)
            frozen = freeze(request, ORIGIN)
            assert vendor_documents.check(frozen.method, api, frozen.target, frozen.body) == [], entry.name
            taken += 1
    with capsys.disabled():
        sys.stdout.write(f"\n{api}: {taken} of {made} valid arguments taken by the document\n")
    assert taken == made >= len(SEEDS)


# What the check asks beyond the documents: conditions inside conditions of a search, which they leave open,
# and members without which a body says nothing, which they require nowhere.
STRICTER = frozenset(
    [
        "SearchContacts",
        "searchConversations",
        "searchTickets",
        "UpdateContact",
        "createContact",
        "createTag",
        "createConnectedSites",
        "addApp",
        "addDomain",
        "addWebHook",
        "createAlertTemplate",
        "createMultiChannelFlow",
        "emailValidator",
        "executeMultiChannel",
        "requestVerify",
    ]
)


@pytest.mark.parametrize("api", APIS)
def test_a_fault_that_the_check_finds_is_one_to_the_documents_too(
    vendor_documents: VendorDocuments, api: Api
) -> None:
    alone: set[str] = set()
    for entry in operations(api):
        for mutated in mutated_arguments(entry, valid_arguments(entry, 0)):
            given = mutated.arguments
            request = Request(operation=entry, path=given.path, query=given.query, body=given.body)
            try:
                frozen = freeze(request, ORIGIN)
            except InvalidInput:
                continue
            if not vendor_documents.check(frozen.method, api, frozen.target, frozen.body):
                alone.add(entry.name)
    assert alone <= STRICTER


def test_no_summary_is_a_sentence_of_a_vendor(vendor_documents: VendorDocuments) -> None:
    files = [each for each in vendor_documents.folder.iterdir() if each.is_file()]
    said = "\n".join(each.read_text(encoding="utf-8") for each in files).lower()
    assert said
    own = [each.summary for api in APIS for each in all_details(api).values()]
    # A few words, such as "Delete a segment", are nobody's.
    assert [text for text in own if text.lower() in said and len(text.split()) > 4] == []
