"""The control endpoints under /__sandbox__/, for test programs of any language; no credentials, no limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from egoi_mcp.sandbox.faults import Fault, FaultKind
from egoi_mcp.sandbox.problems import render
from egoi_mcp.sandbox.validation import Body, check, parse_json
from egoi_mcp.sandbox.wire import JsonObject, Refusal, Reply

if TYPE_CHECKING:
    from egoi_mcp.sandbox.app import Sandbox

PREFIX = "/__sandbox__/"


class FaultBody(Body):
    """A fault, as `Fault` describes it."""

    kind: FaultKind
    match: str = "*"
    times: int = Field(default=1, ge=1)
    delay_seconds: float = Field(default=0.0, ge=0)
    retry_after_seconds: float = Field(default=1.0, ge=0)


class ClockBody(Body):
    """How far to move the clock."""

    advance_seconds: float = Field(ge=0)


def answer(sandbox: Sandbox, method: str, raw_path: str, body: bytes) -> Reply:
    """The reply to a control request.

    GET health and effects; POST faults, clock and reset; DELETE faults.
    """
    try:
        return _answer(sandbox, method, raw_path.removeprefix(PREFIX), body)
    except Refusal as refusal:
        return render("egoi", refusal, 0)


def _answer(sandbox: Sandbox, method: str, name: str, body: bytes) -> Reply:
    match (method, name):
        case ("GET", "health"):
            return Reply(200, {"status": "ok", "now": sandbox.clock.now(), "seed": sandbox.settings.seed})
        case ("GET", "effects"):
            return Reply(200, _effects(sandbox))
        case ("POST", "faults"):
            fault = check(FaultBody, parse_json(body), api="egoi", unknown="refuse")
            sandbox.faults.add(Fault(**fault.model_dump()))
            return Reply(201, {"pending": sandbox.faults.pending})
        case ("DELETE", "faults"):
            sandbox.faults.clear()
            return Reply(200, {"pending": 0})
        case ("POST", "clock"):
            seconds = check(ClockBody, parse_json(body), api="egoi", unknown="refuse").advance_seconds
            sandbox.advance(seconds)
            return Reply(200, {"now": sandbox.clock.now()})
        case ("POST", "reset"):
            sandbox.reset()
            return Reply(200, {"status": "ok"})
        case _:
            raise Refusal(404, "There is no such control.")


def _effects(sandbox: Sandbox) -> JsonObject:
    egoi = sandbox.rate.window("egoi")
    return dict(sandbox.effects.as_json()) | {
        "requests": sandbox.requests.by_route(),
        "total_requests": sandbox.requests.total,
        "pending_faults": sandbox.faults.pending,
        "rate": {"refused": egoi.refused, "peak": egoi.peak},
    }
