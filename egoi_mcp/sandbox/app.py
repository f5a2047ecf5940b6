"""The ASGI application: it tells the vendors apart by their credentials, and answers for each."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from egoi_mcp.sandbox import control
from egoi_mcp.sandbox.call import Call, Recorder
from egoi_mcp.sandbox.clock import SandboxClock
from egoi_mcp.sandbox.effects import Effects
from egoi_mcp.sandbox.egoi import audience
from egoi_mcp.sandbox.egoi.routes import EGOI_ROUTES
from egoi_mcp.sandbox.faults import BEFORE, Drop, Dropped, Fault, FaultPlan
from egoi_mcp.sandbox.intercom import INTERCOM_ROUTES
from egoi_mcp.sandbox.intercom_companies import COMPANY_ROUTES
from egoi_mcp.sandbox.problems import render
from egoi_mcp.sandbox.rate import RateLimits, retry_after_header
from egoi_mcp.sandbox.replying import reply_body, write_reply
from egoi_mcp.sandbox.routing import Match, Router
from egoi_mcp.sandbox.seed import seed_world
from egoi_mcp.sandbox.settings import (
    SANDBOX_EGOI_API_KEY,
    SANDBOX_INTERCOM_ACCESS_TOKEN,
    SANDBOX_TXTSYNC_CLIENT_KEY,
    SANDBOX_TXTSYNC_CLIENT_SECRET,
    SandboxSettings,
)
from egoi_mcp.sandbox.state import World
from egoi_mcp.sandbox.traffic import Arrival, RequestLog
from egoi_mcp.sandbox.transactional import TRANSACTIONAL_ROUTES
from egoi_mcp.sandbox.txtsync import TXTSYNC_ROUTES
from egoi_mcp.sandbox.txtsync import deliver_due as deliver_due_txtsync
from egoi_mcp.sandbox.wire import Api, Refusal, Reply

if TYPE_CHECKING:
    import httpx2

ABORT = "egoi_mcp.sandbox.abort"
"""ASGI extension of the sandbox's server: a callable that resets the connection."""
READ_TIMEOUT = "egoi_mcp.sandbox.read_timeout_seconds"
"""ASGI extension of the in-process transport: how long its caller waits for a reply."""

_ROUTERS: Mapping[Api, Router] = {
    "egoi": Router(EGOI_ROUTES),
    "transactional": Router(TRANSACTIONAL_ROUTES),
    "txtsync": Router(TXTSYNC_ROUTES),
    "intercom": Router((*INTERCOM_ROUTES, *COMPANY_ROUTES)),
}
_FAILURES: Mapping[str, tuple[int, str]] = {
    "429": (429, "Too many requests."),
    "500_before": (500, "Something went wrong."),
    "500_after": (500, "Something went wrong."),
    "503_before": (503, "Overloaded, for a while."),
    "408_after": (408, "It took too long."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Incoming:
    """A request, read; `too_large` when the body went over the limit."""

    api: Api
    method: str
    raw_path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    too_large: bool

    @property
    def target(self) -> str:
        return f"{self.raw_path}?{self.query}" if self.query else self.raw_path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What becomes of a request: a reply or none, and how long it takes."""

    reply: Reply
    drop: Drop | None = None
    delay_seconds: float = 0.0
    broken: bool = False


class Sandbox:
    """A stateful stand-in for E-goi, its transactional API, TxtSync and Intercom, on one origin.

    An `ApiKey` header leads to E-goi (paths below /api/v2/ to the transactional API), Basic to TxtSync,
    Bearer to Intercom. A request is handled in one step, without awaiting between reading and writing the
    world. `effects`, `requests`, `faults`, `rate` and `clock` are for tests.
    """

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self.settings = settings or SandboxSettings()
        self.clock = SandboxClock(self.settings)
        self.reset()

    def reset(self) -> None:
        """Begin again: a fresh world, no effects, no faults, no requests; advanced time stays advanced."""
        self.world: World = seed_world(self.settings)
        self.requests = RequestLog()
        self.faults = FaultPlan()
        self.rate = RateLimits(self.settings)
        self._effects = Effects()

    @property
    def effects(self) -> Effects:
        """Everything that took effect up to now; scheduled sends that are due go out first."""
        self._deliver_due()
        return self._effects

    def advance(self, seconds: float) -> None:
        """Let time pass, for the wall clock and the rate limit alike."""
        self.clock.advance(seconds)

    def transport(self) -> httpx2.AsyncBaseTransport:
        """A transport that leads to this sandbox without a socket, faults included."""
        from egoi_mcp.sandbox.transport import SandboxTransport

        return SandboxTransport(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request.

        Raises:
            Dropped: the reply is withheld, and the server offers no way to reset the connection.
        """
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        raw_path = (
            scope.get("raw_path", request.url.path.encode()).decode("ascii", "replace").partition("?")[0]
        )
        try:
            body, too_large = await _read(request, self.settings.body_limit_bytes)
        except ClientDisconnect:
            # Half a request is none.
            return
        if raw_path.startswith(control.PREFIX):
            reply = control.answer(self, request.method, raw_path, body)
            await write_reply(send, reply.status, reply_body(reply), reply.headers, reply.content_type)
            return
        headers = {name.lower(): value for name, value in request.headers.items()}
        incoming = _Incoming(
            api=_api(headers, raw_path),
            method=request.method,
            raw_path=raw_path,
            query=request.url.query,
            headers=headers,
            body=body,
            too_large=too_large,
        )
        outcome = self._answer(incoming)
        await self._act_out(outcome, scope, receive, send)

    async def _act_out(self, outcome: _Outcome, scope: Scope, receive: Receive, send: Send) -> None:
        extensions: Mapping[str, object] = scope.get("extensions") or {}
        if outcome.delay_seconds:
            patience = extensions.get(READ_TIMEOUT)
            if isinstance(patience, int | float) and patience < outcome.delay_seconds:
                await self.settings.sleep(patience)
                raise Dropped("hang")
            await self.settings.sleep(outcome.delay_seconds)
        if outcome.drop is not None:
            await _drop(outcome.drop, extensions.get(ABORT), receive)
            return
        reply = outcome.reply
        content = reply_body(reply)
        status = reply.status
        if outcome.broken and status < 300:
            # A 204 cannot have a body, so a broken one comes with 200.
            status, content = (200 if status == 204 else status), content[: len(content) // 2] + b'{"'
        await write_reply(send, status, content, reply.headers, reply.content_type)

    def _answer(self, incoming: _Incoming) -> _Outcome:
        self._deliver_due()
        match = _ROUTERS[incoming.api].match(incoming.method, incoming.raw_path)
        outcome = self._outcome(incoming, match)
        self.requests.record(
            Arrival(
                api=incoming.api,
                method=incoming.method,
                target=incoming.target,
                template=match.route.template if match else None,
                operation=match.route.operation if match else None,
                headers=incoming.headers,
                body=incoming.body,
                status=outcome.reply.status,
            )
        )
        return outcome

    def _outcome(self, incoming: _Incoming, match: Match | None) -> _Outcome:
        try:
            self._let_in(incoming)
        except Refusal as refusal:
            return _Outcome(reply=self._render(incoming.api, refusal))
        operation = match.route.operation if match else None
        fault = self.faults.take(incoming.method, incoming.raw_path, operation)
        reply = None
        if fault is None or fault.kind not in BEFORE:
            reply = self._handled(incoming, match)
        if fault is None:
            return _Outcome(reply=reply or Reply(204))
        return self._faulty(incoming, fault, reply)

    def _let_in(self, incoming: _Incoming) -> None:
        account = _authenticated(incoming.api, incoming.headers)
        wait_seconds = self.rate.arrive(account, self.clock.monotonic())
        if wait_seconds:
            headers = retry_after_header(self.settings, wait_seconds, self.clock.now())
            raise Refusal(429, "Too many requests in a given time.", headers=headers)

    def _handled(self, incoming: _Incoming, match: Match | None) -> Reply:
        try:
            if incoming.too_large:
                raise Refusal(413, "The body is too large.")
            if match is None:
                raise Refusal(404, "There is nothing at this address.", code="not_found")
            size = self._effects.size
            reply = match.route.handler(self._call(incoming, match))
            if self._effects.size > size:
                self._effects.mutations.append(match.route.operation)
        except Refusal as refusal:
            return self._render(incoming.api, refusal)
        return reply

    def _call(self, incoming: _Incoming, match: Match) -> Call:
        return Call(
            api=incoming.api,
            operation=match.route.operation,
            world=self.world,
            effects=self._effects,
            settings=self.settings,
            now=self.clock.now(),
            path=match.path,
            query_pairs=parse_qsl(incoming.query, keep_blank_values=True),
            headers=incoming.headers,
            raw_body=incoming.body,
        )

    def _faulty(self, incoming: _Incoming, fault: Fault, reply: Reply | None) -> _Outcome:
        delay = fault.delay_seconds
        if fault.kind in _FAILURES:
            status, detail = _FAILURES[fault.kind]
            headers: dict[str, str] = {}
            if fault.kind == "429":
                headers = retry_after_header(self.settings, fault.retry_after_seconds, self.clock.now())
            failure = self._render(incoming.api, Refusal(status, detail, headers=headers))
            return _Outcome(reply=failure, delay_seconds=delay)
        reply = reply or Reply(204)
        if fault.kind == "slow":
            return self._slow(incoming, reply, delay)
        drops: Mapping[str, Drop] = {
            "refused": "refused",
            "reset_before": "reset",
            "reset_after": "reset",
            "timeout_before": "hang",
            "timeout_after": "hang",
        }
        return _Outcome(
            reply=reply, drop=drops.get(fault.kind), delay_seconds=delay, broken=fault.kind == "unreadable"
        )

    def _slow(self, incoming: _Incoming, reply: Reply, delay_seconds: float) -> _Outcome:
        """A late reply; beyond E-goi's own time-out its 408 comes instead, and the effect stands."""
        reading = incoming.method == "GET"
        settings = self.settings
        limit = settings.server_timeout_read_seconds if reading else settings.server_timeout_write_seconds
        if incoming.api in {"egoi", "transactional"} and delay_seconds >= limit:
            failure = self._render(incoming.api, Refusal(408, "It took too long."))
            return _Outcome(reply=failure, delay_seconds=limit)
        return _Outcome(reply=reply, delay_seconds=delay_seconds)

    def _render(self, api: Api, refusal: Refusal) -> Reply:
        return render(api, refusal, self.requests.total + 1)

    def _deliver_due(self) -> None:
        now = self.clock.now()

        def recorder(api: Api, operation: str) -> Recorder:
            return Recorder(
                api=api,
                operation=operation,
                world=self.world,
                effects=self._effects,
                settings=self.settings,
                now=now,
            )

        audience.deliver_due(self.world.egoi, lambda operation: recorder("egoi", operation), now)
        deliver_due_txtsync(self.world.txtsync, recorder("txtsync", "SendSMS"))


async def _read(request: Request, limit_bytes: int) -> tuple[bytes, bool]:
    """The body, and whether it went over the limit; what goes over it is read and thrown away."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit_bytes:
            chunks.append(chunk)
    return (b"", True) if size > limit_bytes else (b"".join(chunks), False)


def _api(headers: Mapping[str, str], raw_path: str) -> Api:
    if "apikey" not in headers:
        scheme = headers.get("authorization", "").partition(" ")[0].casefold()
        if scheme == "basic":
            return "txtsync"
        if scheme == "bearer":
            return "intercom"
    return "transactional" if raw_path.startswith("/api/v2/") else "egoi"


def _authenticated(api: Api, headers: Mapping[str, str]) -> str:
    """The account of the credentials, under which requests are counted.

    Raises:
        Refusal: 401, they are wrong or missing.
    """
    _, _, given = headers.get("authorization", "").partition(" ")
    if api == "txtsync":
        try:
            pair = base64.b64decode(given, validate=True).decode()
        except (binascii.Error, UnicodeError):
            pair = ""
        if pair == f"{SANDBOX_TXTSYNC_CLIENT_KEY}:{SANDBOX_TXTSYNC_CLIENT_SECRET}":
            return "txtsync"
        challenge = {"WWW-Authenticate": "Basic"}
        raise Refusal(401, "Authorization has been denied for this request.", headers=challenge)
    if api == "intercom":
        if given == SANDBOX_INTERCOM_ACCESS_TOKEN:
            return "intercom"
        raise Refusal(401, "Access Token Invalid", code="unauthorized")
    if headers.get("apikey") == SANDBOX_EGOI_API_KEY:
        return "egoi"
    raise Refusal(401, "The key is missing or not known.")


async def _drop(how: Drop, abort: object, receive: Receive) -> None:
    """Withhold the reply: by the server's means over sockets, by an exception in process."""
    if not callable(abort):
        raise Dropped(how)
    if how != "hang":
        abort()
    while (await receive())["type"] != "http.disconnect":
        pass
