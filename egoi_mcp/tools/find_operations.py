"""Finding an operation of the vendors' APIs by what it does."""

from __future__ import annotations

from typing import Annotated, Literal

import anyio.to_thread
from pydantic import Field

from egoi_mcp.api.catalog import APIS, Api, Operation
from egoi_mcp.api.risk_level import Risk
from egoi_mcp.models.found import FoundOperation, FoundOperations
from egoi_mcp.models.result import visible
from egoi_mcp.settings import Toolset
from egoi_mcp.tools.operation_names import provider_of
from egoi_mcp.tools.vendor import Ctx, app_of
from egoi_mcp.weight import weight

MOST_TOKENS = 1_100
"""What the few best are read as, with room for an error of the estimate."""
_MOST, _FEWEST, _LOOKED_AT = 5, 3, 400
_FIRST_BODY, _OTHER_BODY, _ONLY_BODY = 900, 260, 2_600
_KEY = "* is required. Call one with call_operation; ask again with an operation's name for all of its body."
_NONE = "None fits. Ask in other words, or leave out provider and risk."

RiskName = Literal["read", "write", "consent", "disclose", "send", "destroy"]


async def find_operations(
    ctx: Ctx,
    *,
    query: Annotated[str, Field(min_length=1, max_length=400, description="What it should do, or its name")],
    provider: Literal["egoi", "txtsync", "intercom"] | None = None,
    risk: Annotated[RiskName, Field(description="At most this risk")] | None = None,
) -> FoundOperations:
    """Find API operations for call_operation by plain words (English, Portuguese, Spanish), where no other
    tool fits: automations, webhooks, orders, conversations, tickets, companies.
    """
    app = app_of(ctx)
    reached = {api for each in app.settings.connections for api in each.origins}
    apis: tuple[Api, ...] = tuple(
        api for api in APIS if api in reached and provider in {None, provider_of(api)}
    )
    wanted = None if risk is None else Risk[risk.upper()]

    def look() -> FoundOperations:
        return _found(query, apis, wanted, app.settings.toolsets)

    # The first one reads the catalogs, which takes longer than others may wait.
    return await anyio.to_thread.run_sync(look)


def _found(
    query: str, apis: tuple[Api, ...], risk: Risk | None, toolsets: tuple[Toolset, ...]
) -> FoundOperations:
    from egoi_mcp.api.finding import find

    if exact := _called(query, apis):
        if risk is not None and not any(each.risk <= risk for each in exact):
            return FoundOperations(operations=(), note=_too_risky(exact))
        exact = [each for each in exact if risk is None or each.risk <= risk]
        room = _ONLY_BODY // len(exact)
        return FoundOperations(operations=tuple(_told(each, room, toolsets) for each in exact), note=_KEY)
    every = find(query, risk=risk, most=_LOOKED_AT)
    best = [each.operation for each in every if each.operation.api in apis][:_MOST]
    if not best:
        return FoundOperations(operations=(), note=_NONE)
    told = [_told(each, _OTHER_BODY if n else _FIRST_BODY, toolsets) for n, each in enumerate(best)]
    while len(told) > _FEWEST and _size(told) > MOST_TOKENS:
        told.pop()
    if _size(told) > MOST_TOKENS:
        told[0] = _told(best[0], _OTHER_BODY, toolsets)
    while len(told) > 1 and _size(told) > MOST_TOKENS:
        told.pop()
    return FoundOperations(operations=tuple(told), note=_KEY)


def _called(query: str, apis: tuple[Api, ...]) -> list[Operation]:
    """The operations of which the query is the name, alone or as api:name, in any case."""
    from egoi_mcp.api.catalog import operations

    api, _, name = (each.strip().lower() for each in query.rpartition(":"))
    every = [each for one in apis if api in {"", one} for each in operations(one)]
    return [each for each in every if each.name.lower() == name]


def _too_risky(named: list[Operation]) -> str:
    said = ", ".join(f"{each.api}:{each.name} is {each.risk.name.lower()}" for each in named)
    return f"{said}; ask with that risk, or leave it out."


def _told(entry: Operation, most_body: int, toolsets: tuple[Toolset, ...]) -> FoundOperation:
    from egoi_mcp.api.details import details
    from egoi_mcp.api.shapes import body_text, parameters_text
    from egoi_mcp.tools.better_tools import better_tool
    from egoi_mcp.tools.operation_plan import RISK_WORDS

    known = details(entry)
    return FoundOperation(
        operation=f"{entry.api}:{entry.name}",
        does=known.summary,
        risk=RISK_WORDS[entry.risk],
        request=f"{entry.method} {entry.path}",
        path=parameters_text(entry, "path") or None,
        query=parameters_text(entry, "query") or None,
        body=body_text(entry, most_body) or None,
        better=better_tool(entry, toolsets),
    )


def _size(told: list[FoundOperation]) -> int:
    """Tokens of the larger of the two forms that a model may get, about."""
    found = FoundOperations(operations=tuple(told), note=_KEY)
    return max(weight(visible(found.as_text())), weight(found.model_dump_json(exclude_none=True)))
