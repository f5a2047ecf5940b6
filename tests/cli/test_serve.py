"""`egoi-mcp serve`: who gets in, and from where."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from egoi_mcp.cli.serve import PATH, BearerToken, is_loopback, token_for
from egoi_mcp.errors import SettingsError
from egoi_mcp.settings import Settings
from tests.cli import rows
from tests.cli.processes import DEADLINE_SECONDS, environment, read_until, run, started

pytestmark = pytest.mark.anyio
TOKEN = "made-up-token-of-forty-characters-000000"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what is refused without a token
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
HEADERS = {"Accept": "application/json, text/event-stream"}


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


def _visitor() -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(BearerToken(_inside, TOKEN))
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT"])
@pytest.mark.parametrize("path", ["/", PATH, "/anything"])
async def test_without_the_token_no_method_and_no_path_gets_in(method: str, path: str) -> None:
    async with _visitor() as visitor:
        reply = await visitor.request(method, path)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert b"inside" not in reply.content


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}0",
        f"Bearer {TOKEN.upper()}",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN} {TOKEN}",
    ],
)
async def test_another_token_does_not_get_in(given: str) -> None:
    async with _visitor() as visitor:
        assert (await visitor.post(PATH, headers={"Authorization": given})).status_code == 401


async def test_two_authorizations_do_not_get_in_though_one_is_right() -> None:
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer another")]
    async with _visitor() as visitor:
        assert (await visitor.post(PATH, headers=headers)).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_token_gets_in(scheme: str) -> None:
    async with _visitor() as visitor:
        reply = await visitor.post(PATH, headers={"Authorization": f"{scheme} {TOKEN}"})
    assert reply.text == "inside"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_loopback_a_token_is_made_for_the_run(tmp_path: Path, host: str) -> None:
    settings = Settings(state_dir=tmp_path)
    (first, made), (second, _) = token_for(host, settings), token_for(host, settings)
    assert made
    assert len(first) >= 32
    assert first != second


@pytest.mark.parametrize(
    "host", [EVERYWHERE, "::", "192.0.2.1", "mcp.example.com", "", "127.0.0.1.example.com"]
)
def test_elsewhere_the_owner_sets_the_token(tmp_path: Path, host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(SettingsError, match="EGOI_MCP_HTTP_TOKEN must be set"):
        token_for(host, Settings(state_dir=tmp_path))
    settings = Settings(state_dir=tmp_path, http_token=SecretStr(TOKEN))
    assert token_for(host, settings) == (TOKEN, False)


@pytest.mark.parametrize("host", ["127.0.0.1", EVERYWHERE])
def test_a_short_token_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="32 characters or more"):
        token_for(host, Settings(state_dir=tmp_path, http_token=SecretStr("x" * 31)))


@contextmanager
def _serving(
    tmp_path: Path, *arguments: str, **more: str
) -> Generator[tuple[subprocess.Popen[bytes], str, str]]:
    """A server on a free port: the process, its address, and what it wrote."""
    env = environment(tmp_path, EGOI_MCP_SANDBOX="1", **more)
    with started("serve", "--port", "0", *arguments, env=env) as process:
        assert process.stderr is not None
        wanted = "once: " if "EGOI_MCP_HTTP_TOKEN" not in more else "Ctrl-C"
        said = bytearray()
        read_until(process.stderr.fileno(), wanted, said)
        text = read_until(process.stderr.fileno(), "\n", said)
        found = re.search(r"http://127\.0\.0\.1:\d+/mcp", text)
        assert found is not None
        yield process, found[0], text


async def test_an_mcp_client_with_the_printed_token_works(tmp_path: Path) -> None:
    with _serving(tmp_path) as (process, url, said):
        token = said.split("once: ")[1].strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=DEADLINE_SECONDS) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            proposed = await client.call_tool(
                "send_sms",
                {"to": [rows.PHONE], "text": rows.TEXT, "sender": "ACME", "purpose": "transactional"},
            )
        assert proposed.structured_content is not None
        assert proposed.structured_content["status"] == "needs_approval"
        process.terminate()
        assert process.wait(DEADLINE_SECONDS) == 0


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_both_eras_of_the_protocol_are_served(tmp_path: Path, mode: str) -> None:
    with _serving(tmp_path, EGOI_MCP_HTTP_TOKEN=TOKEN) as (_, url, said):
        assert TOKEN not in said
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=DEADLINE_SECONDS) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            assert "send_sms" in {tool.name for tool in (await client.list_tools()).tools}


async def test_a_wrong_token_host_or_origin_is_turned_away(tmp_path: Path) -> None:
    with _serving(tmp_path, "--allow-host", "mcp.example.com", EGOI_MCP_HTTP_TOKEN=TOKEN) as (_, url, _said):
        right = {**HEADERS, "Authorization": f"Bearer {TOKEN}"}
        cases = {
            401: [HEADERS, {**right, "Authorization": "Bearer wrong"}],
            421: [{**right, "Host": "evil.example.org"}],
            403: [{**right, "Origin": "https://evil.example.org"}],
            200: [
                right,
                {**right, "Host": "mcp.example.com"},
                {**right, "Origin": "https://mcp.example.com"},
            ],
        }
        async with httpx2.AsyncClient(timeout=DEADLINE_SECONDS) as http:
            found = {
                status: [
                    (await http.post(url, json=INITIALIZE, headers=headers)).status_code
                    for headers in several
                ]
                for status, several in cases.items()
            }
    assert found == {status: [status] * len(several) for status, several in cases.items()}


async def test_a_stream_that_stays_open_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with _serving(tmp_path, EGOI_MCP_HTTP_TOKEN=TOKEN) as (process, url, _):
        headers = {**HEADERS, "Authorization": f"Bearer {TOKEN}"}
        async with httpx2.AsyncClient(headers=headers, timeout=DEADLINE_SECONDS) as http:
            opened = await http.post(url, json=INITIALIZE)
            session = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
            async with http.stream("GET", url, headers=session) as stream:
                assert stream.status_code == 200
                process.terminate()
                assert await anyio.to_thread.run_sync(process.wait, DEADLINE_SECONDS) == 0
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_another_address_without_a_token_is_refused_with_one_line(tmp_path: Path) -> None:
    ended = run("serve", "--host", EVERYWHERE, "--port", "0", env=environment(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.startswith("egoi-mcp: 0.0.0.0 can be reached from other machines")
    assert ended.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("serve", "--port", port, env=environment(tmp_path, EGOI_MCP_SANDBOX="1"))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"egoi-mcp: 127.0.0.1 port {port} cannot be listened at")
    assert ended.stderr.count("\n") == 1


def test_a_state_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    state_dir = tmp_path / "sandbox"
    state_dir.mkdir(mode=0o700)
    (state_dir / "actions.sqlite3").write_bytes(b"no database, as anybody can see" * 100)
    env = environment(tmp_path, EGOI_MCP_SANDBOX="1", EGOI_MCP_HTTP_TOKEN=TOKEN)
    ended = run("serve", "--port", "0", env=env)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("egoi-mcp: The state directory could not be used")
    assert "Traceback" not in ended.stderr
