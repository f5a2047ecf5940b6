"""Asking a person through the MCP client, in both of the protocol's eras.

From 2026-07-28 on a server cannot ask during a call: the call ends with the question and comes back
with the answer. Before, it asks and waits.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import anyio
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from pydantic import ValidationError

from egoi_mcp.guard.action import Action
from egoi_mcp.guard.owners import os_user

Ctx: TypeAlias = Context[Any, Any]
Answer = Literal["approve", "decline", "none", "wrong_count", "impossible"]
"""`impossible` where the client said that it can ask, and then could not."""

MODERN = "2026-07-28"
_KEY = "approve"


def over_http(ctx: Ctx) -> bool:
    """Whether the call came over HTTP, where who answers is who asked."""
    return ctx.request_context.request is not None


def is_modern(ctx: Ctx) -> bool:
    """Whether the call's protocol has no requests from the server."""
    version = ctx.protocol_version
    return version is not None and version >= MODERN


def can_ask(ctx: Ctx) -> bool:
    """Whether the client said that it can show a form to a person, and the way to it is open."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities is not None else None
    if elicitation is None or over_http(ctx):
        return False
    # An empty capability is the older way to say "forms"; one that only names URLs cannot show any.
    if elicitation.form is None and elicitation.url is not None:
        return False
    return is_modern(ctx) or ctx.session.can_send_request


def client_name(ctx: Ctx) -> str:
    """The client's own name and version, for the record; it proves nothing."""
    params = ctx.session.client_params
    if params is None:
        return ""
    return f"{params.client_info.name} {params.client_info.version}".strip()[:100]


def principal(ctx: Ctx) -> str:
    """Who asks, for the record: the operating system's user, or over HTTP where the call came from."""
    request = ctx.request_context.request
    if request is None:
        return os_user()
    return f"http {request.client.host}" if request.client is not None else "http"


def question(action: Action, *, type_count_above: int) -> ElicitRequestFormParams:
    """The form: the preview in short lines, and a decision that no default can make.

    Some hosts accept an empty form by themselves and some preselect the first choice, so the
    decision is required and its first choice is the harmless one.
    """
    properties: dict[str, Any] = {
        "decision": {
            "type": "string",
            "title": "Decision",
            "description": "approve: do exactly this, once. decline: do not.",
            "enum": ["decline", "approve"],
        }
    }
    if _count_needed(action, type_count_above):
        properties["recipients"] = {
            "type": "integer",
            "title": "Number of recipients",
            "description": "To approve, type the number of recipients shown above.",
        }
    lead = ""
    if action.duplicate_of:
        lead = f"ATTENTION: the same was sent just now, or may have been ({action.duplicate_of}).\n\n"
    return ElicitRequestFormParams(
        message=f"{lead}{action.preview.as_question()}\n\nAction {action.id}. Nothing has been sent yet.",
        requested_schema={"type": "object", "properties": properties, "required": list(properties)},
    )


def as_input_required(action: Action, params: ElicitRequestFormParams) -> InputRequiredResult:
    """The question as the end of a call that the client makes again with the answer."""
    return InputRequiredResult(input_requests={_KEY: ElicitRequest(params=params)}, request_state=action.id)


def returned_answer(ctx: Ctx, action: Action, *, type_count_above: int) -> Answer:
    """The answer that a call made again brought along."""
    response = (ctx.input_responses or {}).get(_KEY)
    if not isinstance(response, ElicitResult):
        return "none"
    return read_answer(response, action, type_count_above=type_count_above)


async def ask(ctx: Ctx, action: Action, params: ElicitRequestFormParams, *, type_count_above: int) -> Answer:
    """Ask during the call and wait; a client that fails to ask is no answer."""
    try:
        result = await ctx.session.elicit_form(params.message, params.requested_schema, ctx.request_id)
    except (MCPError, ValidationError):
        return "impossible"
    except (anyio.ClosedResourceError, anyio.BrokenResourceError):
        return "none"
    return read_answer(result, action, type_count_above=type_count_above)


def read_answer(result: ElicitResult, action: Action, *, type_count_above: int) -> Answer:
    """What the form says; anything but a plain approval with all it needs approves nothing."""
    if result.action == "decline":
        return "decline"
    if result.action != "accept":
        return "none"
    content = result.content or {}
    decision = content.get("decision")
    if decision == "decline":
        return "decline"
    if decision != "approve":
        return "none"
    if _count_needed(action, type_count_above):
        typed = content.get("recipients")
        if isinstance(typed, bool) or not isinstance(typed, int | float) or typed != action.recipients:
            return "wrong_count"
    return "approve"


def _count_needed(action: Action, type_count_above: int) -> bool:
    return action.recipients is not None and action.recipients > type_count_above
