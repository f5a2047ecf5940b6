"""What the tests of the risk share: the risk of a request that is made up on the spot."""

from __future__ import annotations

from collections.abc import Mapping

from egoi_mcp.api.catalog import Api, JsonValue, Operation, Request
from egoi_mcp.api.risk import risk_of
from egoi_mcp.api.risk_level import Risk
from tests.api.floors import FLOORS

ONE = "0123456789"
TWO = "abcdef0123"


def operation_of(api: Api, name: str) -> Operation:
    """Any operation that a vendor has, whether the catalog holds it or not: what its risk depends on."""
    return Operation(
        api=api,
        name=name,
        method="POST",
        path=f"/{name}",
        risk=FLOORS[api][name],
        success=frozenset({200}),
        parameters=(),
        has_body=True,
        idempotent=False,
    )


def risk(
    api: Api,
    name: str,
    body: JsonValue = None,
    *,
    path: Mapping[str, str | int] | None = None,
    query: Mapping[str, str | int | bool] | None = None,
) -> Risk:
    """The risk of a request to an operation that a vendor has."""
    return risk_of(Request(operation=operation_of(api, name), path=path or {}, query=query or {}, body=body))
