"""Every operation of the vendors has its floor, by a rule or an exception that decides something."""

from __future__ import annotations

import re

import pytest

from egoi_mcp.api.catalog import APIS, Api
from egoi_mcp.api.risk import Risk
from scripts.build_catalog import documented
from scripts.catalog_risk import EXCEPTIONS, RULES, Uncovered, floor, ruled
from tests.api.floors import FLOORS
from tests.contract.vendor_documents import SPECS, VendorDocuments, documents_of_the_environment

OPERATION_COUNT = {"egoi": 143, "transactional": 56, "txtsync": 12, "intercom": 231}

pytestmark = pytest.mark.skipif(
    documents_of_the_environment() is None, reason=f"{SPECS} names no folder with the vendors' documents"
)


@pytest.fixture
def every_operation(vendor_documents: VendorDocuments) -> list[tuple[Api, str, str, str]]:
    """API, name, method and path of all of them."""
    return [
        (api, entry["name"], entry["method"], entry["path"])
        for api in APIS
        for entry in documented(vendor_documents.folder, api)
    ]


@pytest.mark.parametrize("api", APIS)
def test_every_operation_of_a_document_has_the_floor_that_is_spelt_out(
    every_operation: list[tuple[Api, str, str, str]], api: Api
) -> None:
    found = {
        (name, method): floor(api, name, method, path)[0]
        for a, name, method, path in every_operation
        if a == api
    }
    assert len(found) == OPERATION_COUNT[api]
    spelt_out = FLOORS[api]
    expected = {
        (name, method): spelt_out[name]
        if api != "intercom" or method != "GET"
        else spelt_out.get(name, Risk.READ)
        for name, method in found
    }
    assert found == expected
    assert spelt_out.keys() <= {name for name, _ in found}


def test_every_deletion_destroys(every_operation: list[tuple[Api, str, str, str]]) -> None:
    deletions = [
        (api, name, method, path) for api, name, method, path in every_operation if method == "DELETE"
    ]
    assert len([api for api, *_ in deletions if api == "intercom"]) == 31
    assert {floor(*each)[0] for each in deletions} == {Risk.DESTROY}


def test_every_exception_names_an_operation_and_says_something_else_than_its_rule(
    every_operation: list[tuple[Api, str, str, str]],
) -> None:
    rules = {(str(api), name): ruled(method, path) for api, name, method, path in every_operation}
    assert EXCEPTIONS.keys() - rules.keys() == set()
    said_twice = [
        key for key, (risk, _) in EXCEPTIONS.items() if (rule := rules[key]) is not None and rule.risk is risk
    ]
    assert said_twice == []


def test_every_rule_decides_about_an_operation(every_operation: list[tuple[Api, str, str, str]]) -> None:
    deciding = [
        ruled(method, path) for api, name, method, path in every_operation if (api, name) not in EXCEPTIONS
    ]
    assert [rule for rule in RULES if rule not in deciding] == []


def test_rules_that_fit_the_same_operation_agree_or_the_stronger_comes_first(
    every_operation: list[tuple[Api, str, str, str]],
) -> None:
    for api, name, method, path in every_operation:
        fitting = [r for r in RULES if re.fullmatch(r.method, method) and re.fullmatch(r.path, path)]
        if (api, name) not in EXCEPTIONS:
            assert fitting[0].risk is max(rule.risk for rule in fitting), name


def test_an_operation_that_nothing_covers_is_told() -> None:
    with pytest.raises(Uncovered, match="egoi unheardOf"):
        floor("egoi", "unheardOf", "POST", "/unheard/of")
