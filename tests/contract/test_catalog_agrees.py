"""The catalog says what the vendors' documents say, but for what is listed here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from egoi_mcp.api.catalog import APIS, Api, Operation, Parameter, Request, freeze, operations
from egoi_mcp.api.risk import Risk
from scripts.build_catalog import API_FOLDER, BUILDERS
from scripts.catalog_facts import PATTERN_FIXES
from tests.api.catalog_requests import OPERATIONS, ORIGIN, requests
from tests.contract.vendor_documents import SPECS, VendorDocuments, documents_of_the_environment

# Of Intercom some families only.
NOT_IN_THE_CATALOG_COUNT: Mapping[Api, int] = {"egoi": 0, "transactional": 0, "txtsync": 0, "intercom": 114}

pytestmark = pytest.mark.skipif(
    documents_of_the_environment() is None, reason=f"{SPECS} names no folder with the vendors' documents"
)


@pytest.fixture(params=OPERATIONS, ids=lambda entry: f"{entry.api} {entry.name}")
def entry(request: pytest.FixtureRequest) -> Operation:
    found: Operation = request.param
    return found


def test_an_operation_has_the_documents_method_path_and_body(
    vendor_documents: VendorDocuments, entry: Operation
) -> None:
    documented = vendor_documents.operations(entry.api)[entry.name]
    assert (entry.method, entry.path) == (documented.method, documented.path)
    assert entry.has_body == (documented.body is not None)


def test_an_operation_has_the_documents_success_codes(
    vendor_documents: VendorDocuments, entry: Operation
) -> None:
    documented = vendor_documents.operations(entry.api)[entry.name].success
    if entry.api == "transactional":
        # Its document names none.
        assert documented == frozenset()
    else:
        assert entry.success == documented


def test_an_operation_has_the_documents_parameters(
    vendor_documents: VendorDocuments, entry: Operation
) -> None:
    documented = {p["name"]: p for p in vendor_documents.operations(entry.api)[entry.name].parameters}
    own = {p.name: p for p in entry.parameters}
    assert set(documented) == set(own)
    for name, parameter in own.items():
        assert _facts(parameter) == _documented_facts(documented[name]), name
        if "pattern" in documented[name]:
            pattern = documented[name]["pattern"]
            assert parameter.pattern == PATTERN_FIXES.get(pattern, pattern), name


def _facts(parameter: Parameter) -> tuple[object, ...]:
    bounds = (parameter.minimum, parameter.maximum)
    said = (parameter.location, parameter.type, parameter.required, parameter.enum, bounds)
    return (*said, parameter.numbered)


def _documented_facts(parameter: Mapping[str, Any]) -> tuple[object, ...]:
    kind = "string" if parameter["type"] in {"date", "number", "object"} else parameter["type"]
    bounds = (parameter.get("minimum"), parameter.get("maximum"))
    numbered = parameter["type"] == "object"
    return (parameter["in"], kind, parameter["required"], tuple(parameter.get("enum", ())), bounds, numbered)


@given(request=requests())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_every_path_and_query_that_the_catalog_takes_is_one_that_the_documents_take(request: Request) -> None:
    documents = documents_of_the_environment()
    assert documents is not None
    frozen = freeze(request, ORIGIN)
    found = documents.check_target(frozen.method, frozen.api, frozen.target)
    # A date that no calendar has is the vendor's to refuse.
    assert [line for line in found if not re.match(r"\w*(date|Date|created|updated)", line)] == []


@pytest.mark.parametrize("api", APIS)
def test_every_operation_is_in_the_catalog_but_some_of_intercom(
    vendor_documents: VendorDocuments, api: Api
) -> None:
    left_out = vendor_documents.operations(api).keys() - {entry.name for entry in operations(api)}
    assert len(left_out) == NOT_IN_THE_CATALOG_COUNT[api]


@pytest.mark.parametrize("kind", BUILDERS)
@pytest.mark.parametrize("api", APIS)
def test_the_committed_catalog_is_what_the_documents_give(
    vendor_documents: VendorDocuments, api: Api, kind: str
) -> None:
    committed = (API_FOLDER / kind / f"{api}.json").read_text(encoding="utf-8")
    assert committed == BUILDERS[kind](vendor_documents.folder, api)


def test_every_campaign_send_of_the_document_is_a_send(vendor_documents: VendorDocuments) -> None:
    sends = {
        name for name, entry in vendor_documents.operations("egoi").items() if "/actions/send" in entry.path
    }
    assert len(sends) == 6
    assert {entry.name for entry in operations("egoi") if entry.risk is Risk.SEND} >= sends
