"""The vendors' error bodies: E-goi's problem JSON, TxtSync's message, Intercom's error list."""

from __future__ import annotations

import uuid

from egoi_mcp.sandbox.wire import Api, JsonValue, Refusal, Reply

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    408: "Request Timeout",
    409: "Conflict",
    413: "Request Entity Too Large",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_INTERCOM_CODES = {
    400: "parameter_invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    408: "request_timeout",
    409: "conflict",
    413: "request_too_large",
    422: "parameter_invalid",
    429: "rate_limit_exceeded",
    500: "server_error",
    503: "service_unavailable",
}
_PROBLEM_TYPE = "http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html"


def render(api: Api, refusal: Refusal, request_number: int) -> Reply:
    """The vendor's reply for a refusal; `request_number` makes Intercom's request id."""
    if api == "intercom":
        return _error_list(refusal, request_number)
    if api == "txtsync":
        return _message(refusal)
    return _problem(refusal)


def _problem(refusal: Refusal) -> Reply:
    body: dict[str, JsonValue] = {
        "type": _PROBLEM_TYPE,
        "title": _TITLES[refusal.status],
        "status": refusal.status,
        "detail": refusal.detail,
    }
    if refusal.errors:
        body["errors"] = refusal.errors
    return Reply(refusal.status, body, refusal.headers, content_type="application/problem+json")


def _message(refusal: Refusal) -> Reply:
    body: dict[str, JsonValue] = {"Message": refusal.detail}
    if refusal.errors:
        body["ModelState"] = refusal.errors
    return Reply(refusal.status, body, refusal.headers)


def _error_list(refusal: Refusal, request_number: int) -> Reply:
    code = refusal.code or _INTERCOM_CODES[refusal.status]
    errors: list[dict[str, JsonValue]] = [
        {"code": code, "message": reason, "field": name}
        for name, reasons in refusal.errors.items()
        if isinstance(reasons, list)
        for reason in reasons
    ] or [{"code": code, "message": refusal.detail}]
    request_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"sandbox-request-{request_number}"))
    body: JsonValue = {"type": "error.list", "request_id": request_id, "errors": errors}
    return Reply(refusal.status, body, refusal.headers)
