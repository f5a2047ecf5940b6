"""Why somebody may be written to: asked of every request that makes it so, and kept with its action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from egoi_mcp.api.catalog import JsonValue, Request
from egoi_mcp.api.members import said_by
from egoi_mcp.api.raises import RAISES
from egoi_mcp.api.risk_level import Risk
from egoi_mcp.errors import InvalidInput


def needs_basis(request: Request) -> bool:
    """Whether a request says that somebody may be written to, whatever else it does.

    A contact that E-goi asks to confirm is asked for the consent itself, so that there is none to state.
    """
    said = said_by(_as_if_confirmed(request))
    if request.operation.risk is Risk.CONSENT:
        return True
    for each in RAISES:
        if each.risk is not Risk.CONSENT:
            continue
        if not each.holds_for(request.operation.api, request.operation.name, request.operation.risk):
            continue
        if each.says is not None and each.says(said):
            return True
        if each.named is not None and any(
            each.named(name) and (each.valued is None or each.valued(value)) for name, value in said.members
        ):
            return True
    return False


def require_basis(
    requests: Sequence[Request], legal_basis: str | None, source: str | None, *, nothing: str
) -> None:
    """Refuse requests that need a legal basis and do not have it stated, with its source.

    Raises:
        InvalidInput: one is missing; `nothing` says what was not done.
    """
    if not (legal_basis and source) and any(needs_basis(each) for each in requests):
        raise InvalidInput(
            "legal_basis and source: are required, because this says that the person may be contacted. "
            f"{nothing}"
        )


def basis_facts(legal_basis: str | None, source: str | None) -> dict[str, str]:
    """What was stated, for a preview, whose row keeps it."""
    given = {"legal basis": legal_basis, "source": source}
    return {name: value for name, value in given.items() if value is not None}


def _as_if_confirmed(request: Request) -> Request:
    body = request.body
    base = body.get("base") if isinstance(body, Mapping) else None
    if not isinstance(body, Mapping) or not isinstance(base, Mapping) or base.get("status") != "unconfirmed":
        return request
    quiet: dict[str, JsonValue] = {**body, "base": {**base, "status": "inactive"}}
    return Request(operation=request.operation, path=request.path, query=request.query, body=quiet)
