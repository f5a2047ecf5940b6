"""The door over real sockets: the exact bytes, and every way in which a connection can end."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import anyio
import httpx2
import pytest

from egoi_mcp.api import catalog
from egoi_mcp.api.catalog import Request
from egoi_mcp.errors import ApiError, OutcomeUnknown, Unreachable, VendorFailed
from egoi_mcp.settings import Timeouts
from tests.api.doors import ACTION, Rest, approved, change, door, look
from tests.api.loopback import loopback, nobody_listens, read_request, reset, respond

pytestmark = pytest.mark.anyio

QUICK = Timeouts(connect_seconds=5.0, read_seconds=0.05, write_seconds=0.05)
CREATED = respond("201 Created", b'{"contact_id":"a1b2c3d4e5"}')


async def outcome(origin: str, request: Request, timeouts: Timeouts | None = None) -> ApiError | None:
    """Send one request over a new door; the error it came to, or None."""
    client = door(origin=origin, gate=approved(request, origin), timeouts=timeouts)
    try:
        await client.execute(request, ACTION)
    except ApiError as error:
        return error
    finally:
        await client.aclose()
    return None


# -- the bytes -----------------------------------------------------------------------------------


async def test_the_target_and_the_body_go_over_the_wire_to_the_byte() -> None:
    request = change({"base": {"email": "ana@example.com", "first_name": "Ána\u2028 'x' \\"}, "n": 1.0})
    async with loopback(CREATED) as here:
        frozen = catalog.freeze(request, here.origin)
        assert await outcome(here.origin, request) is None
    head, _, body = here.received[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == f"POST {frozen.target} HTTP/1.1".encode()
    assert body == frozen.body
    assert b"1.0" in body


@pytest.mark.parametrize(
    "text",
    [
        "ana+news@example.com",
        "a b",
        "a/b",
        "a%2Fb",
        "%",
        "?&=#",
        "'\"<>|{}[]^`\\",
        "é\u2603",
        "..",
        "a..b",
        ";,:$!*()~",
    ],
)
async def test_a_query_goes_over_the_wire_as_it_was_frozen(text: str) -> None:
    request = look("SearchContact", "txtsync", search=text)
    async with loopback(respond()) as here:
        client = door(origin=here.origin, provider="txtsync")
        frozen = client.freeze(request)
        await client.execute(frozen)
        await client.aclose()
    line = here.received[0].split(b"\r\n")[0]
    assert line == f"GET {frozen.target} HTTP/1.1".encode()


async def test_a_request_without_a_body_has_none() -> None:
    async with loopback(respond()) as here:
        client = door(origin=here.origin)
        await client.execute(look())
        await client.aclose()
    head, _, body = here.received[0].partition(b"\r\n\r\n")
    assert body == b""
    assert b"content-type" not in head.lower()
    assert b"content-length" not in head.lower()
    assert b"cookie" not in head.lower()


async def test_a_connection_is_used_again() -> None:
    peers: set[object] = set()

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            peers.add(writer.get_extra_info("peername"))
            writer.write(respond())
            if not await read_request(reader):
                return

    async with loopback(note) as here:
        client = door(origin=here.origin)
        for _ in range(3):
            await client.execute(look())
        await client.aclose()
    assert len(peers) == 1


async def test_redirects_are_not_followed() -> None:
    async with loopback(respond("302 Found", b"", "Location: /lists?offset=1"), respond()) as here:
        client = door(origin=here.origin)
        with pytest.raises(VendorFailed, match="status 302"):
            await client.execute(look())
        await client.aclose()
    assert len(here.received) == 1


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nobody_listens())
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with loopback(respond()) as here:
        client = door(origin=here.origin)
        assert (await client.execute(look())).status == 200
        await client.aclose()


# -- before anything was written -----------------------------------------------------------------


async def test_a_refused_connection_is_certain_not_to_have_sent_anything() -> None:
    rest = Rest()
    origin = nobody_listens()
    client = door(origin=origin, gate=approved(change(), origin), rest=rest)
    with pytest.raises(Unreachable, match=r"\(the connection was refused\)\. Nothing was sent\."):
        await client.execute(change(), ACTION)
    assert rest.waits == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name is not known"),
        (ssl.SSLError(1, "wrong version number"), "no secure connection could be agreed on"),
        (ssl.SSLCertVerificationError(1, "self-signed certificate"), "its certificate is not trusted"),
        (TimeoutError(), "the connection took too long"),
        (OSError(101, "Network is unreachable"), ""),
        (
            ExceptionGroup("all attempts", [OSError(101, ""), ConnectionRefusedError()]),
            "the connection was refused",
        ),
    ],
)
async def test_why_there_is_no_connection_is_told(cause: Exception, told: str) -> None:
    def fail(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no connection") from cause

    with pytest.raises(Unreachable) as caught:
        await door(httpx2.MockTransport(fail)).execute(look())
    assert str(caught.value).startswith(f"E-goi could not be reached{f' ({told})' if told else ''}. ")


async def test_a_server_that_does_not_speak_tls_was_not_reached() -> None:
    async with loopback(respond()) as here:
        origin = here.origin.replace("http://", "https://")
        error = await outcome(origin, change(), Timeouts(connect_seconds=0.05))
    assert type(error) is Unreachable
    assert here.received == []


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    arrived: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await read_request(reader))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    origin = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    error = await outcome(origin, change())
    server.close()
    assert type(error) is Unreachable
    assert "its certificate is not trusted" in str(error)
    assert arrived == []


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one file."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vendor.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


async def test_a_connection_that_failed_after_the_request_was_begun_leaves_a_change_unknown() -> None:
    async def fail_late(request: httpx2.Request) -> httpx2.Response:
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        raise httpx2.ConnectError("after all")

    client = door(httpx2.MockTransport(fail_late), gate=approved(change()))
    with pytest.raises(OutcomeUnknown, match=r"^E-goi broke the connection off"):
        await client.execute(change(), ACTION)


# -- after something was written -----------------------------------------------------------------


async def test_a_reset_after_the_request_leaves_a_change_unknown_and_sent_once() -> None:
    async with loopback(None) as here:
        error = await outcome(here.origin, change())
    assert type(error) is OutcomeUnknown
    assert len(here.received) == 1


async def test_a_reset_in_the_midst_of_the_request_leaves_a_change_unknown() -> None:
    connections: list[object] = []

    async def reset_at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        reset(writer)

    server = await asyncio.start_server(reset_at_once, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    error = await outcome(origin, change({"base": {"email": "ana@example.com", "note": "x" * 10_000_000}}))
    server.close()
    assert type(error) is OutcomeUnknown
    assert len(connections) == 1


async def test_a_look_gets_past_a_reset() -> None:
    async with loopback(None, respond()) as here:
        client = door(origin=here.origin)
        assert (await client.execute(look())).status == 200
        await client.aclose()
    assert len(here.received) == 2


async def test_an_answer_that_breaks_off_leaves_a_change_unknown() -> None:
    async def break_off(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CREATED[:-5])
        await writer.drain()

    async with loopback(break_off) as here:
        error = await outcome(here.origin, change())
    assert type(error) is OutcomeUnknown
    assert len(here.received) == 1


async def test_a_refusal_whose_explanation_breaks_off_is_a_refusal() -> None:
    async def break_off(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(respond("422 Unprocessable Entity", b'{"detail":"No"}')[:-5])
        await writer.drain()

    async with loopback(break_off) as here:
        error = await outcome(here.origin, change())
    assert error is not None
    assert error.status == 422
    assert not isinstance(error, OutcomeUnknown)


async def test_a_change_answered_too_late_is_unknown() -> None:
    async with loopback(silent) as here:
        error = await outcome(here.origin, change(), QUICK)
    assert type(error) is OutcomeUnknown
    assert "did not answer in time" in str(error)
    assert len(here.received) == 1


async def test_a_look_answered_too_late_is_tried_twice() -> None:
    async with loopback(silent) as here:
        client = door(origin=here.origin, timeouts=QUICK)
        with pytest.raises(VendorFailed, match="did not answer in time"):
            await client.execute(look())
        await client.aclose()
    assert len(here.received) == 2


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Say nothing until the other side goes away."""
    await reader.read()


async def test_an_answer_that_drips_is_cut_off() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0)

    whole = Timeouts(connect_seconds=0.05, read_seconds=0.1, write_seconds=0.1)
    async with loopback(drip) as here:
        with anyio.fail_after(10):
            error = await outcome(here.origin, change(), whole)
    assert type(error) is OutcomeUnknown


async def test_reads_and_writes_have_time_outs_of_their_own() -> None:
    unequal = Timeouts(connect_seconds=5.0, read_seconds=30.0, write_seconds=0.05)
    async with loopback(silent) as here:
        with anyio.fail_after(10):
            assert type(await outcome(here.origin, change(), unequal)) is OutcomeUnknown


async def test_an_error_closes_no_other_request() -> None:
    async with loopback(respond("500 Internal Server Error"), respond()) as here:
        client = door(origin=here.origin)
        with pytest.raises(VendorFailed):
            await client.execute(look())
        assert (await client.execute(look())).status == 200
        await client.aclose()


# -- what is logged ------------------------------------------------------------------------------


async def test_the_http_library_logs_no_request_whatever_level_is_set(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with loopback(respond()) as here:
        client = door(origin=here.origin)
        for name in ("", "httpx2", "httpcore2", "httpcore2.http11", "httpcore2.connection"):
            caplog.set_level(logging.DEBUG, name)
        await client.execute(look("searchContacts", type="email", contact="ana@example.com"))
        for name in ("httpx2", "httpcore2", "httpcore2.http11", "httpcore2.connection"):
            caplog.set_level(logging.DEBUG, name)
        await client.execute(look("searchContacts", type="email", contact="ana@example.com"))
        await client.aclose()
    assert [record for record in caplog.records if record.name.startswith("http")] == []


def test_the_http_library_is_not_loaded_before_the_first_call() -> None:
    # In a process of its own: this one has loaded it long ago.
    code = "import sys, egoi_mcp.api.client; sys.exit('httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
