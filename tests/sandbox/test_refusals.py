from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.validation import parse_json
from egoi_mcp.sandbox.wire import Refusal
from tests.sandbox.accounts import EGOI_HEADERS, Json, StillClock, client, sandbox_at

pytestmark = pytest.mark.anyio

_SEND: dict[str, Json] = {"list_id": 3, "segments": {"type": "none"}, "destination_field": "cellphone"}


async def test_an_unknown_path_or_method_is_a_404_in_the_vendors_form(
    egoi: httpx2.AsyncClient, txtsync: httpx2.AsyncClient, intercom: httpx2.AsyncClient
) -> None:
    assert (await egoi.get("/nothing")).json()["status"] == 404
    assert (await egoi.put("/lists")).status_code == 404
    assert (await egoi.get("/api/v2/nothing")).json()["title"] == "NotFound"
    assert "Message" in (await txtsync.get("/nothing")).json()
    assert (await intercom.get("/nothing")).json()["type"] == "error.list"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000])
async def test_an_unreadable_body_is_a_400(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, content: bytes
) -> None:
    reply = await egoi.post("/tags", content=content)
    assert (reply.status_code, reply.json()["title"]) == (400, "Bad Request")
    assert sandbox.effects.mutations == []


async def test_a_body_over_the_limit_is_a_413_and_has_no_effect(clock: StillClock) -> None:
    sandbox = sandbox_at(clock, SandboxSettings(body_limit_bytes=100))
    async with client(sandbox, EGOI_HEADERS) as egoi:
        assert (await egoi.post("/tags", json={"name": "a" * 100})).status_code == 413
        assert (await egoi.post("/tags", json={"name": "a" * 80})).status_code == 201
    assert sandbox.effects.mutations == ["createTag"]


async def test_the_limit_is_20_mb() -> None:
    assert SandboxSettings().body_limit_bytes == 20 * 1024 * 1024


_MISFITS: list[tuple[Json, str]] = [
    ({}, "list_id"),
    (_SEND | {"list_id": "3"}, "list_id"),
    (_SEND | {"list_id": True}, "list_id"),
    (_SEND | {"segments": {"type": "everyone"}}, "segments"),
    (_SEND | {"segments": {"type": "segment", "data": []}}, "segments.data"),
    (_SEND | {"segments": {"type": "segment"}}, "segments.data"),
    (_SEND | {"segments": {"type": "contact", "data": "+351900000001"}}, "segments.data"),
    (_SEND | {"segments": {"type": "contact", "data": "380-900000001"}}, "segments.data"),
    (_SEND | {"segments": {"type": "none", "data": ["x"]}}, "segments.data"),
    (_SEND | {"schedule_date": "2026-12-01T10:00:00"}, "schedule_date"),
    (_SEND | {"schedule_date": "2026-13-01 10:00:00"}, "schedule_date"),
    (_SEND | {"schedule_date": None}, "schedule_date"),
    (_SEND | {"scheduled_date": "2026-12-01 10:00:00"}, "scheduled_date"),
    (_SEND | {"destination_field": "email"}, "destination_field"),
    ([], "body"),
]


@pytest.mark.parametrize(("body", "field"), _MISFITS)
async def test_a_body_that_does_not_fit_is_a_422_that_names_the_field(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, body: Json, field: str
) -> None:
    reply = await egoi.post("/campaigns/sms/smsdraft02/actions/send", json=body)
    assert reply.status_code == 422
    assert reply.json()["title"] == "Unprocessable Entity"
    assert field in reply.json()["errors"]
    assert sandbox.effects.mutations == []


@pytest.mark.parametrize(
    ("params", "field"),
    [({"limit": 0}, "limit"), ({"limit": 1001}, "limit"), ({"offset": -1}, "offset"), ({"q": 1}, "q")],
)
async def test_a_query_that_does_not_fit_is_a_422(
    egoi: httpx2.AsyncClient, params: dict[str, int], field: str
) -> None:
    reply = await egoi.get("/lists/1/contacts", params=params)
    assert reply.status_code == 422
    assert field in reply.json()["errors"]


async def test_told_to_ignore_unknown_members_a_misspelt_schedule_sends_at_once(clock: StillClock) -> None:
    sandbox = sandbox_at(clock, SandboxSettings(unknown_members="ignore"))
    body = _SEND | {"scheduled_date": "2026-12-01 10:00:00"}
    async with client(sandbox, EGOI_HEADERS) as egoi:
        assert (await egoi.post("/campaigns/sms/smsdraft02/actions/send", json=body)).status_code == 202
    assert sandbox.effects.count("sms") == 12


def test_a_duplicated_surrogate_free_text_survives_the_parser() -> None:
    assert parse_json('{"a": "Olá 👋"}'.encode()) == {"a": "Olá 👋"}


def test_infinity_is_no_json() -> None:
    with pytest.raises(Refusal):
        parse_json(b"[Infinity]")
