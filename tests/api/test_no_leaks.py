"""No key and nobody's data in what is printed, logged or raised, however a call fails."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

import egoi_mcp
from egoi_mcp.api import catalog
from egoi_mcp.api.catalog import JsonValue, Request
from egoi_mcp.api.client import ApiClient, Reply
from egoi_mcp.errors import EgoiMcpError
from egoi_mcp.settings import Timeouts
from tests.api.doors import (
    ACTION,
    EGOI_KEY,
    INTERCOM_TOKEN,
    TXTSYNC_KEY,
    TXTSYNC_SECRET,
    Vendor,
    answer,
    approved,
    connection,
    door,
)
from tests.api.loopback import Conversation, loopback, nobody_listens, respond

pytestmark = pytest.mark.anyio

BASIC = httpx2.BasicAuth(TXTSYNC_KEY, TXTSYNC_SECRET)
BASIC_WORD = (
    next(BASIC.auth_flow(httpx2.Request("GET", "https://example.com"))).headers["authorization"].split()[1]
)
EMAIL = "ana.segredo@example.com"
PHONE = "351-900000017"
NAME = "Anacleta"
TEXT = "O seu codigo e 4821"
SECRETS = (
    EGOI_KEY,
    TXTSYNC_KEY,
    TXTSYNC_SECRET,
    BASIC_WORD,
    INTERCOM_TOKEN,
    EMAIL,
    "segredo",
    PHONE,
    "900000017",
    NAME,
    TEXT,
    "codigo e 4821",
)
PACKAGE = str(Path(egoi_mcp.__file__).parent)

LOOK = Request(
    operation=catalog.operation("egoi", "searchContacts"), query={"type": "email", "contact": EMAIL}
)
CHANGE = Request(
    operation=catalog.operation("egoi", "createContact"),
    path={"list_id": 7},
    body={"base": {"email": EMAIL, "cellphone": PHONE, "first_name": NAME}, "extra": [{"value": TEXT}]},
)
INTERCOM_LOOK = Request(
    operation=catalog.operation("intercom", "SearchContacts"),
    body={"query": {"operator": "AND", "value": [{"field": "email", "value": EMAIL}, {"value": NAME}, TEXT]}},
)
TXTSYNC_SEND = Request(
    operation=catalog.operation("txtsync", "SendSMS"),
    body={"From": NAME, "Message": TEXT, "To": "+351900000017"},
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request, and an error body that repeats everything the vendor was told."""

    provider: str
    request: Request
    echo: JsonValue


CASES = {
    "look": Case(
        provider="egoi",
        request=LOOK,
        echo={"title": "No", "detail": f"{EMAIL} {quote(EMAIL)} {EMAIL.upper()} by {EGOI_KEY}"},
    ),
    "change": Case(
        provider="egoi",
        request=CHANGE,
        echo={
            "title": "Unprocessable Entity",
            "detail": f"{EMAIL} {PHONE} {NAME}",
            "errors": {
                "base": {
                    "email": f"'{EMAIL}' is taken",
                    "cellphone": f"+{PHONE.replace('-', ' ')} is no number of {NAME.upper()}",
                    "text": f"'{TEXT}' by {EGOI_KEY}",
                    PHONE: "is twice here",
                },
            },
        },
    ),
    "rule": Case(provider="egoi", request=CHANGE, echo={"errors": {EMAIL: PHONE, NAME: TEXT}}),
    "intercom": Case(
        provider="intercom",
        request=INTERCOM_LOOK,
        echo={
            "type": "error.list",
            "errors": [
                {"code": EMAIL, "message": f"{NAME} <{EMAIL}> {TEXT} by {INTERCOM_TOKEN}", "field": "email"},
                {"code": INTERCOM_TOKEN, "message": None},
            ],
        },
    ),
    "txtsync": Case(
        provider="txtsync",
        request=TXTSYNC_SEND,
        echo={
            "ErrorCode": TXTSYNC_KEY,
            "Message": (
                f"{TXTSYNC_KEY}:{TXTSYNC_SECRET} ({BASIC_WORD}) may not send '{TEXT}' to {PHONE} from {NAME}"
            ),
        },
    ),
    "txtsync-text": Case(provider="txtsync", request=TXTSYNC_SEND, echo=f"Basic {BASIC_WORD}: {TEXT} {NAME}"),
}


def wires(echo: JsonValue) -> dict[str, httpx2.Response | Exception]:
    """Every way to fail, with as much in it as a vendor or a library could put there."""
    told = f"{EMAIL} {PHONE} {NAME} {TEXT} {EGOI_KEY} {TXTSYNC_SECRET} {BASIC_WORD} {INTERCOM_TOKEN}"
    refusals = {str(status): answer(status, echo) for status in (400, 401, 403, 404, 408, 409, 422, 500, 503)}
    return {
        **refusals,
        "429": answer(429, echo, headers={"Retry-After": "500"}),
        "500-page": answer(500, text=f"<html>{told}</html>", headers={"Content-Type": "text/html"}),
        "302": answer(302, headers={"Location": f"https://example.org/?contact={EMAIL}"}),
        "page": answer(200, text=f"<html>{told}"),
        "cut-off": answer(200, text=f'{{"email": "{told}'),
        "timed-out": httpx2.ReadTimeout(told),
        "refused": httpx2.ConnectError(told),
        "broken": httpx2.RemoteProtocolError(told),
        "os-error": OSError(5, told),
    }


@dataclass
class Evidence:
    """Everything that anybody could read after a failed run."""

    texts: list[str] = field(default_factory=list[str])

    def add_error(self, error: BaseException) -> None:
        for link in chain(error):
            self.texts += [str(link), repr(link), repr(link.args), repr(getattr(link, "__dict__", {}))]
            self.texts += traceback.format_exception(link)
            self.texts += [repr(value) for value in package_locals(link)]

    def leaks(self) -> list[str]:
        everything = "\n".join(self.texts)
        folded = everything.casefold()
        return [secret for secret in SECRETS if secret.casefold() in folded]


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, suppressed or not."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def package_locals(error: BaseException) -> Iterator[object]:
    """What a crash reporter finds in the package's frames."""
    for frame, _line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.startswith(PACKAGE):
            yield from frame.f_locals.values()


async def fail(client: ApiClient, request: Request) -> Evidence:
    """Send, fail, and gather what is left behind."""
    evidence = Evidence()
    try:
        await client.execute(request, ACTION)
    except EgoiMcpError as error:
        evidence.add_error(error)
    finally:
        await client.aclose()
    assert evidence.texts, "the run was to fail"
    frozen = client.freeze(request)
    evidence.texts += [repr(thing) for thing in (client, client.connection, request, frozen)]
    evidence.texts += [str(client.connection), str(vars(client))]
    return evidence


@pytest.fixture(autouse=True)
def loud(caplog: pytest.LogCaptureFixture) -> None:
    """Every logger at its most talkative."""
    for name in (
        "",
        "egoi_mcp",
        "httpx2",
        "httpcore2",
        "httpcore2.http11",
        "httpcore2.connection",
        "asyncio",
    ):
        caplog.set_level(logging.DEBUG, name)


def read_all(
    evidence: Evidence, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> list[str]:
    """The secrets that can be found anywhere."""
    for record in caplog.records:
        evidence.texts += [record.getMessage(), repr(record.args), repr(vars(record))]
    evidence.texts += capfd.readouterr()
    return evidence.leaks()


@pytest.mark.parametrize("wire", wires(None))
@pytest.mark.parametrize("case", CASES)
async def test_a_failed_call_tells_nothing_of_keys_and_people(
    case: str, wire: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    provider, request = CASES[case].provider, CASES[case].request
    vendor = Vendor([wires(CASES[case].echo)[wire]])
    client = door(vendor.transport(), provider=provider, gate=approved(request))
    evidence = await fail(client, request)
    assert vendor.requests
    assert read_all(evidence, caplog, capfd) == []


async def _hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("request_", [LOOK, CHANGE], ids=["look", "change"])
@pytest.mark.parametrize(
    "reply",
    [
        respond("401 Unauthorized", b"{}"),
        respond("422 Unprocessable Entity", f'{{"detail":"{EMAIL} {PHONE}"}}'.encode()),
        respond("500 Internal Server Error", EMAIL.encode()),
        respond("200 OK", b"<html>" + EMAIL.encode()),
        b"this is no HTTP " + EMAIL.encode() + b"\r\n\r\n",
        _hang,
        None,
    ],
    ids=["401", "422", "500", "page", "no-http", "hang", "reset"],
)
async def test_a_call_that_fails_over_a_socket_tells_nothing_either(
    reply: bytes | Conversation | None,
    request_: Request,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with loopback(reply) as here:
        client = door(
            origin=here.origin,
            gate=approved(request_, here.origin),
            timeouts=Timeouts(read_seconds=0.05, write_seconds=0.05),
        )
        evidence = await fail(client, request_)
    assert here.received
    assert read_all(evidence, caplog, capfd) == []


@pytest.mark.parametrize("request_", [LOOK, CHANGE], ids=["look", "change"])
async def test_a_refused_connection_tells_nothing_either(
    request_: Request, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    origin = nobody_listens()
    client = door(origin=origin, gate=approved(request_, origin))
    assert read_all(await fail(client, request_), caplog, capfd) == []


async def test_a_call_that_succeeds_logs_nothing_of_keys_and_people(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    evidence = Evidence()
    async with loopback(respond("200 OK", f'{{"email":"{EMAIL}"}}'.encode())) as here:
        client = door(origin=here.origin)
        reply = await client.execute(LOOK)
        await client.aclose()
    assert reply == Reply(200, {"email": EMAIL})
    evidence.texts.append(repr(reply))
    assert read_all(evidence, caplog, capfd) == []


def test_the_connection_shows_no_key() -> None:
    evidence = Evidence()
    for provider in ("egoi", "txtsync", "intercom"):
        evidence.texts += [
            repr(connection(provider)),
            str(connection(provider)),
            connection(provider).model_dump_json(),
        ]
    assert evidence.leaks() == []


def test_a_leak_would_be_found() -> None:
    evidence = Evidence()
    try:
        try:
            raise ValueError(EMAIL)
        except ValueError:
            raise RuntimeError("clean") from None
    except RuntimeError as error:
        evidence.add_error(error)
    assert EMAIL in evidence.leaks()
    assert EGOI_KEY in Evidence([f"key={EGOI_KEY}"]).leaks()
