from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import SANDBOX_EGOI_API_KEY, Sandbox
from tests.sandbox.accounts import Json, client

pytestmark = pytest.mark.anyio


async def _get(sandbox: Sandbox, path: str, headers: dict[str, str]) -> httpx2.Response:
    async with client(sandbox, headers) as opened:
        return await opened.get(path)


async def test_without_credentials_e_goi_answers_401_in_problem_json(sandbox: Sandbox) -> None:
    reply = await _get(sandbox, "/lists", {})
    body: Json = reply.json()
    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"
    assert body["title"] == "Unauthorized"
    assert body["status"] == 401


@pytest.mark.parametrize("path", ["/lists", "/api/v2/sms/senders"])
async def test_a_wrong_key_is_a_problem_on_both_e_goi_apis(sandbox: Sandbox, path: str) -> None:
    reply = await _get(sandbox, path, {"ApiKey": "wrong"})
    assert (reply.status_code, reply.json()["status"]) == (401, 401)


@pytest.mark.parametrize("name", ["Apikey", "ApiKey", "apikey"])
async def test_the_key_opens_both_e_goi_apis_however_the_header_is_written(
    sandbox: Sandbox, name: str
) -> None:
    for path in ("/lists", "/api/v2/sms/senders"):
        assert (await _get(sandbox, path, {name: SANDBOX_EGOI_API_KEY})).status_code == 200


async def test_txtsync_refuses_wrong_basic_credentials_its_own_way(sandbox: Sandbox) -> None:
    for value in ("Basic d3Jvbmc6d3Jvbmc=", "Basic %%%", "Basic"):
        reply = await _get(sandbox, "/contacts", {"Authorization": value})
        assert reply.status_code == 401
        assert "Message" in reply.json()
        assert reply.headers["www-authenticate"] == "Basic"


async def test_intercom_refuses_a_wrong_token_with_an_error_list(sandbox: Sandbox) -> None:
    reply = await _get(sandbox, "/me", {"Authorization": "Bearer wrong"})
    body: Json = reply.json()
    assert reply.status_code == 401
    assert body["type"] == "error.list"
    assert body["errors"][0]["code"] == "unauthorized"
    assert body["request_id"]


async def test_the_same_path_leads_to_the_vendor_of_the_credentials(
    txtsync: httpx2.AsyncClient, intercom: httpx2.AsyncClient
) -> None:
    of_txtsync: Json = (await txtsync.get("/contacts")).json()
    of_intercom: Json = (await intercom.get("/contacts")).json()
    assert len(of_txtsync) == 40
    assert of_intercom["total_count"] == 30


async def test_requests_are_counted_by_route_and_kept_without_credentials(
    sandbox: Sandbox, egoi: httpx2.AsyncClient
) -> None:
    await egoi.get("/lists/3/contacts", params={"limit": 2})
    await egoi.get("/lists/1/contacts")
    assert sandbox.requests.count("getAllContacts") == 2
    assert sandbox.requests.count_route("GET", "/lists/{list_id}/contacts") == 2
    first = sandbox.requests.arrivals[0]
    assert first.target == "/lists/3/contacts?limit=2"
    assert "apikey" not in first.headers
