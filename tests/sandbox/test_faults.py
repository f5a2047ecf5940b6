from __future__ import annotations

import httpx2
import pytest
from starlette.types import Message, Scope

from egoi_mcp.sandbox import Fault, Sandbox, SandboxSettings
from egoi_mcp.sandbox.faults import FAULT_KINDS, FaultKind, FaultPlan
from tests.sandbox.accounts import EGOI_HEADERS, INTERCOM_HEADERS, StillClock, client, sandbox_at

pytestmark = pytest.mark.anyio

_PATH = "/campaigns/sms/smsdraft02/actions/send"
_BODY = {"list_id": 3, "segments": {"type": "none"}, "destination_field": "cellphone"}
_SENT = 12


async def _send(egoi: httpx2.AsyncClient) -> httpx2.Response:
    return await egoi.post(_PATH, json=_BODY)


@pytest.mark.parametrize(
    ("kind", "status", "effect"),
    [
        ("429", 429, 0),
        ("500_before", 500, 0),
        ("503_before", 503, 0),
        ("500_after", 500, _SENT),
        ("408_after", 408, _SENT),
    ],
)
async def test_a_failure_comes_before_or_after_the_effect(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, kind: FaultKind, status: int, effect: int
) -> None:
    sandbox.faults.add(Fault(kind=kind, match="actionSendSms"))
    reply = await _send(egoi)
    assert (reply.status_code, reply.json()["status"]) == (status, status)
    assert sandbox.effects.count("sms") == effect


@pytest.mark.parametrize(
    ("kind", "error", "effect"),
    [
        ("refused", httpx2.ConnectError, 0),
        ("reset_before", httpx2.ReadError, 0),
        ("reset_after", httpx2.ReadError, _SENT),
        ("timeout_before", httpx2.ReadTimeout, 0),
        ("timeout_after", httpx2.ReadTimeout, _SENT),
    ],
)
async def test_a_lost_reply_raises_what_a_connection_would(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, kind: FaultKind, error: type[Exception], effect: int
) -> None:
    sandbox.faults.add(Fault(kind=kind))
    with pytest.raises(error):
        await _send(egoi)
    assert sandbox.effects.count("sms") == effect


@pytest.mark.parametrize(
    ("kind", "written"), [("refused", False), ("reset_before", True), ("reset_after", True)]
)
async def test_the_trace_tells_whether_anything_was_written(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, kind: FaultKind, written: bool
) -> None:
    events: list[str] = []

    async def trace(event: str, info: object) -> None:
        events.append(event)

    sandbox.faults.add(Fault(kind=kind))
    with pytest.raises(httpx2.TransportError):
        await egoi.post(_PATH, json=_BODY, extensions={"trace": trace})
    assert ("http11.send_request_headers.started" in events) is written
    await egoi.get("/lists", extensions={"trace": trace})
    assert "http11.receive_response_headers.complete" in events


async def test_an_unreadable_reply_has_its_effect_and_its_status(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault(kind="unreadable"))
    reply = await _send(egoi)
    assert reply.status_code == 202
    with pytest.raises(ValueError, match=r".+"):
        reply.json()
    assert sandbox.effects.count("sms") == _SENT


async def test_an_unreadable_204_has_a_body_after_all(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind="unreadable", match="DELETE /tags"))
    reply = await egoi.delete("/tags/12")
    assert (reply.status_code, reply.content) == (200, b'{"')


async def test_a_slow_reply_is_a_reply(egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock) -> None:
    sandbox.faults.add(Fault(kind="slow", delay_seconds=3))
    assert (await _send(egoi)).status_code == 202
    assert clock.slept_seconds == [3]


async def test_a_reply_slower_than_the_callers_patience_is_a_timeout_with_the_effect(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    sandbox.faults.add(Fault(kind="slow", delay_seconds=30))
    with pytest.raises(httpx2.ReadTimeout):
        await egoi.post(_PATH, json=_BODY, timeout=5)
    assert clock.slept_seconds == [5]
    assert sandbox.effects.count("sms") == _SENT


@pytest.mark.parametrize(("method", "limit_seconds"), [("GET", 10.0), ("POST", 60.0)])
async def test_beyond_the_vendors_own_timeout_comes_its_408_and_the_effect_stands(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock, method: str, limit_seconds: float
) -> None:
    sandbox.faults.add(Fault(kind="slow", delay_seconds=600))
    if method == "GET":
        reply = await egoi.get("/lists", timeout=None)
    else:
        reply = await egoi.post(_PATH, json=_BODY, timeout=None)
    assert reply.status_code == 408
    assert clock.slept_seconds == [limit_seconds]
    assert sandbox.effects.count("sms") == (0 if method == "GET" else _SENT)


async def test_faults_come_in_order_each_as_often_as_it_should(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault(kind="503_before", match="GET /lists", times=2))
    sandbox.faults.add(Fault(kind="429", match="/lists", retry_after_seconds=7))
    assert sandbox.faults.pending == 3
    replies = [await egoi.get("/lists") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [503, 503, 429, 200]
    assert replies[2].headers["retry-after"] == "7"


async def test_a_fault_hits_what_it_is_meant_for_alone(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind="500_before", match="POST /tags"))
    assert (await egoi.get("/tags")).status_code == 200
    assert (await egoi.post("/tags", json={"name": "x"})).status_code == 500
    assert (await egoi.post("/tags", json={"name": "x"})).status_code == 201


async def test_each_vendor_fails_in_its_own_form(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind="503_before"))
    async with client(sandbox, INTERCOM_HEADERS) as intercom:
        reply = await intercom.get("/me")
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (503, "service_unavailable")


async def test_a_refused_request_uses_no_fault_up(clock: StillClock) -> None:
    sandbox = sandbox_at(clock, SandboxSettings(rate_calls=1))
    sandbox.faults.add(Fault(kind="500_before"))
    async with client(sandbox, {"Apikey": "wrong"}) as stranger, client(sandbox, EGOI_HEADERS) as egoi:
        assert (await stranger.get("/lists")).status_code == 401
        assert (await egoi.get("/lists")).status_code == 500
        assert (await egoi.get("/lists")).status_code == 429


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_a_cleared_fault_does_not_happen(kind: FaultKind) -> None:
    plan = FaultPlan()
    plan.add(Fault(kind=kind))
    plan.clear()
    assert plan.take("GET", "/lists", "getAllLists") is None


async def test_without_another_sleep_the_sandbox_really_waits() -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.faults.add(Fault(kind="slow", delay_seconds=1e-6))
    async with client(sandbox, EGOI_HEADERS) as egoi:
        assert (await egoi.get("/lists")).status_code == 200


def test_a_fault_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        Fault(kind="explosion")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the point
    with pytest.raises(ValueError, match="at least once"):
        Fault(kind="429", times=0)
    with pytest.raises(ValueError, match="negative"):
        Fault(kind="slow", delay_seconds=-1)


async def test_a_caller_that_goes_away_within_its_request_has_made_none(sandbox: Sandbox) -> None:
    begun: Message = {"type": "http.request", "body": b"{", "more_body": True}
    parts: list[Message] = [begun, {"type": "http.disconnect"}]
    scope: Scope = {"type": "http", "method": "POST", "path": _PATH, "query_string": b"", "headers": []}

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        raise AssertionError("nobody is there to answer")

    await sandbox(scope, receive, send)
    assert parts == []
    assert sandbox.requests.total == 0
