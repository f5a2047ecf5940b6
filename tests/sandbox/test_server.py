from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import anyio
import httpx2
import pytest

from egoi_mcp.errors import SettingsError
from egoi_mcp.sandbox import Fault, Sandbox, running, serve
from tests.sandbox.accounts import EGOI_HEADERS, Json, StillClock, sandbox_at

pytestmark = pytest.mark.anyio

_PATH = "/campaigns/sms/smsdraft02/actions/send"
_BODY = {"list_id": 3, "segments": {"type": "none"}, "destination_field": "cellphone"}
_CONTROL = "/__sandbox__"


@pytest.fixture
def base_url(sandbox: Sandbox) -> Iterator[str]:
    with running(sandbox) as url:
        yield url


@pytest.fixture
async def egoi(base_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=base_url, headers=EGOI_HEADERS, trust_env=False) as opened:
        yield opened


async def test_it_answers_over_a_socket_as_in_process(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    assert (await egoi.post(_PATH, json=_BODY)).status_code == 202
    assert sandbox.effects.count("sms") == 12
    gone = await egoi.delete("/tags/12")
    assert (gone.status_code, gone.content) == (204, b"")


@pytest.mark.parametrize(("kind", "effect"), [("reset_before", 0), ("refused", 0), ("reset_after", 12)])
async def test_a_reset_closes_the_connection_with_or_without_the_effect(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, kind: str, effect: int
) -> None:
    reply = await egoi.post(f"{_CONTROL}/faults", json={"kind": kind, "match": "actionSendSms"})
    assert (reply.status_code, reply.json()) == (201, {"pending": 1})
    with pytest.raises(httpx2.ReadError):
        await egoi.post(_PATH, json=_BODY)
    assert sandbox.effects.count("sms") == effect
    assert (await egoi.get("/lists")).status_code == 200


async def test_a_silent_server_lets_the_caller_run_into_its_timeout(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault(kind="timeout_after"))
    with pytest.raises(httpx2.ReadTimeout):
        await egoi.post(_PATH, json=_BODY, timeout=httpx2.Timeout(30, read=0.5))
    assert sandbox.effects.count("sms") == 12


async def test_an_unreadable_reply_arrives_whole_and_broken(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault(kind="unreadable"))
    reply = await egoi.post(_PATH, json=_BODY)
    assert reply.status_code == 202
    with pytest.raises(ValueError, match=r".+"):
        reply.json()


async def test_a_body_beyond_20_mb_is_a_413_over_a_socket(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    reply = await egoi.post("/tags", content=b" " * (20 * 1024 * 1024 + 1))
    assert reply.status_code == 413
    assert sandbox.effects.mutations == []


async def test_control_shows_effects_moves_the_clock_and_resets(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    await egoi.post(_PATH, json=_BODY | {"schedule_date": "2026-11-18 12:06:40"})
    before: Json = (await egoi.get(f"{_CONTROL}/effects")).json()
    assert (before["counts"], before["mutations"]) == ({}, ["actionSendSms"])
    moved: Json = (await egoi.post(f"{_CONTROL}/clock", json={"advance_seconds": 3600})).json()
    assert moved["now"] == clock.now() + 3600
    after: Json = (await egoi.get(f"{_CONTROL}/effects")).json()
    assert after["counts"] == {"sms": 12}
    assert after["messages"][0]["recipient"] == "351-900000001"
    assert after["requests"] == {"POST /campaigns/sms/{campaign_hash}/actions/send": 1}
    assert (await egoi.post(f"{_CONTROL}/reset")).status_code == 200
    assert (await egoi.get(f"{_CONTROL}/effects")).json()["messages"] == []
    assert (await egoi.get(f"{_CONTROL}/health")).json()["status"] == "ok"


async def test_control_refuses_what_it_does_not_know(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    assert (await egoi.post(f"{_CONTROL}/faults", json={"kind": "explosion"})).status_code == 422
    assert (await egoi.post(f"{_CONTROL}/faults", json={"kind": "429", "when": 1})).status_code == 422
    assert (await egoi.post(f"{_CONTROL}/clock", json={"advance_seconds": -1})).status_code == 422
    assert (await egoi.get(f"{_CONTROL}/nothing")).status_code == 404
    await egoi.post(f"{_CONTROL}/faults", json={"kind": "429"})
    assert (await egoi.delete(f"{_CONTROL}/faults")).json() == {"pending": 0}
    assert sandbox.requests.total == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com", ""])  # noqa: S104 - refused
async def test_only_loopback_addresses_are_listened_on(sandbox: Sandbox, host: str) -> None:
    with pytest.raises(SettingsError):
        await serve(sandbox, host=host)
    with pytest.raises(SettingsError), running(sandbox, host=host):
        pass


async def test_serving_tells_its_port_and_ends_when_cancelled(clock: StillClock) -> None:
    sandbox = sandbox_at(clock)
    ports: list[int] = []
    listening = anyio.Event()

    def started(port: int) -> None:
        ports.append(port)
        listening.set()

    async def run() -> None:
        await serve(sandbox, host="localhost", started=started)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await listening.wait()
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{ports[0]}", trust_env=False) as opened:
            assert (await opened.get(f"{_CONTROL}/health")).status_code == 200
        group.cancel_scope.cancel()
    assert sandbox.requests.total == 0


async def test_a_taken_port_is_said_so(sandbox: Sandbox, base_url: str) -> None:
    port = int(base_url.rpartition(":")[2])
    with pytest.raises(OSError, match=r".+"):
        await serve(sandbox, port=port)
