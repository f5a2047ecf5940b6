"""Calling any operation of the vendors' APIs by its name, through the same door as every other tool."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from mcp_types import InputRequiredResult
from pydantic import Field, JsonValue

from egoi_mcp.api.catalog import Operation, Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.app import App
from egoi_mcp.errors import InvalidInput, PolicyDenied
from egoi_mcp.models.called import Called
from egoi_mcp.policy.keys import on_connection
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.operation_names import named, provider_of
from egoi_mcp.tools.vendor import Ctx, app_of

_WHOLE = re.compile(r"-?[0-9]{1,16}")
_NOTHING = "Nothing was sent."

OperationName = Annotated[
    str, Field(min_length=1, max_length=120, description="From find_operations; api:name where two share one")
]


async def call_operation(
    ctx: Ctx,
    *,
    operation: OperationName,
    path: dict[str, JsonValue] | None = None,
    query: dict[str, JsonValue] | None = None,
    body: dict[str, JsonValue] | None = None,
    items: Annotated[list[dict[str, JsonValue]], Field(description="Where the body is an array")]
    | None = None,
    fields: Annotated[
        list[str],
        Field(description="Only these members, as base.email"),
    ]
    | None = None,
    limit: p.Limit = 25,
    cursor: p.Cursor | None = None,
    legal_basis: p.LegalBasis | None = None,
    source: p.BasisSource | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Called | InputRequiredResult:
    """Call an API operation where no other tool does it; find_operations gives its name and arguments. Reads
    are answered at once; a person approves what sends, discloses or destroys.
    """
    app = app_of(ctx)
    entry = named(operation, app.settings.connections)
    client = app.client(provider_of(entry.api))
    request = _request(entry, path or {}, query or {}, _body(entry, body, items))
    if risk_of(request) is Risk.READ:
        if legal_basis is not None or source is not None:
            raise InvalidInput(f"legal_basis and source: {entry.name} only reads. Leave them out. {_NOTHING}")
        _refuse_denied(app, client, entry)
        from egoi_mcp.tools.operation_replies import Replies

        replies = Replies(app=app, client=client, entry=entry, fields=tuple(fields or ()))
        return await replies.page(request, limit, cursor)
    if cursor is not None:
        raise InvalidInput(f"cursor: {entry.name} does not list anything. Leave it out. {_NOTHING}")
    from egoi_mcp.tools.operation_plan import plan_of

    plan = await plan_of(client, request, legal_basis, source)
    outcome = await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)
    if isinstance(outcome, InputRequiredResult):
        return outcome
    told = Called.model_validate(dict(outcome))
    reply = app.guard.executor.take_reply(told.action_id or "")
    if reply is None:
        return told
    from egoi_mcp.tools.operation_replies import Replies

    return await Replies(app=app, client=client, entry=entry, fields=tuple(fields or ())).beside(told, reply)


def _body(entry: Operation, body: object, items: object) -> Any:  # noqa: ANN401 - whatever JSON it is
    """The body out of the two arguments that one may come in."""
    from egoi_mcp.api.details import bodies

    if body is not None and items is not None:
        raise InvalidInput(f"body and items: give one of them. {_NOTHING}")
    if not entry.has_body:
        return body if body is not None else items
    known = bodies(entry.api)
    is_array = known.whole(known.of(entry.name)).get("type") == "array"
    if is_array and body is not None:
        raise InvalidInput(f"body: the body of {entry.name} is an array. Give it in items. {_NOTHING}")
    if not is_array and items is not None:
        raise InvalidInput(f"items: the body of {entry.name} is an object. Give it in body. {_NOTHING}")
    return items if is_array else body


def _request(entry: Operation, path: Mapping[str, Any], query: Mapping[str, Any], body: Any) -> Request:  # noqa: ANN401 - whatever JSON it is
    """The request, once nothing is wrong with it.

    Raises:
        InvalidInput: something is; each fault by its place, its rule and what would be right.
    """
    from egoi_mcp.api.checking import check

    path, query = _as_typed(entry, path), _as_typed(entry, query)
    problems = check(entry, path, query, body)
    if problems:
        said = "; ".join(map(str, problems))
        raise InvalidInput(f"{entry.name}: {said}{'' if said.endswith('?') else '.'} {_NOTHING}")
    return Request(operation=entry, path=path, query=query, body=body)


def _as_typed(entry: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as their types want them: an address is text, and hosts write numbers either way."""
    types = {each.name: each.type for each in entry.parameters}
    return {name: _typed(types.get(name.partition("[")[0]), value) for name, value in given.items()}


def _typed(kind: str | None, value: object) -> object:
    if kind == "integer" and isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _refuse_denied(app: App, client: ApiClient, entry: Operation) -> None:
    """Keep to what the owner says of an operation that only reads; nobody is asked about those."""
    policy = on_connection(app.settings.policy, client.connection.name)
    if policy.operations.get(entry.name, "allow") != "allow":
        raise PolicyDenied(
            f"The owner's policy keeps {entry.name} from being called (operations.{entry.name}). {_NOTHING}",
            rule=f"operations.{entry.name}",
        )
