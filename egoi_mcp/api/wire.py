"""One HTTP exchange, told as a value; `ApiClient` is its only caller.

What the HTTP library raises ends here. Its exceptions and log records hold addresses with personal
data in them and headers with keys, so none of them may be chained to an error that somebody reads.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import anyio

from egoi_mcp import __version__
from egoi_mcp.api.json_body import LARGE_BODY_BYTES
from egoi_mcp.api.retry import Failure, Lost
from egoi_mcp.errors import InvalidInput

if TYPE_CHECKING:
    import httpx2

    from egoi_mcp.api.catalog import FrozenRequest
    from egoi_mcp.settings import Timeouts

LARGEST_REPLY_BYTES = 32 * 1024 * 1024
LONGEST_EXCHANGE_SECONDS = 110.0
"""No exchange lasts longer, whatever the time-outs: the call budget takes it for ended after 120."""

_KEEP_ALIVE_SECONDS = 4.0
"""Shorter than servers commonly keep a connection: a request written into one that the vendor is
just closing would be an unknown outcome for no reason."""

_MOST_CONNECTIONS = 100
_PIECE_BYTES = 262_144
_LOGGERS = (
    "httpx2",
    "httpcore2",
    *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a whole reply where `lost` is None, else how it was lost.

    `written` is False only where it is certain that no byte of the request left. `reason` is this
    side's word for the loss, fit to show.
    """

    status: int | None = None
    content_type: str = ""
    retry_after: str | None = None
    body: bytes = field(default=b"", repr=False)
    lost: Lost | None = None
    written: bool = True
    reason: str = ""

    def failure(self, lost: Lost | None = None) -> Failure:
        """The answer as a failure; `lost` overrules how it was lost."""
        return Failure(
            status=self.status,
            lost=self.lost if lost is None else lost,
            written=self.written,
            retry_after=self.retry_after,
            reason=self.reason,
        )


class Wire:
    """The HTTP connections to one vendor, built at the first exchange.

    Certificates are verified, TLS is 1.2 or newer, redirects are not followed, cookies are not kept,
    and neither proxies nor certificate files are taken from the environment.
    """

    def __init__(self, *, timeouts: Timeouts, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._timeouts = timeouts
        self._transport = transport
        self._http: httpx2.AsyncClient | None = None

    def prepare(self, frozen: FrozenRequest) -> None:
        """Do what can fail before anything leaves.

        Raises:
            InvalidInput: the HTTP library would refuse the address or encode it anew.
        """
        import httpx2

        self._client()
        try:
            target = _url(frozen.origin + frozen.target).raw_path
        except httpx2.InvalidURL:
            target = b""
        if target != frozen.target.encode("utf-8", "surrogatepass"):
            raise InvalidInput("The address of the request cannot be sent as it stands. Nothing was sent.")

    async def exchange(self, frozen: FrozenRequest, headers: Mapping[str, str]) -> Answer:
        """Send the bytes once and read the reply, 32 MB of it at most; raises nothing of the wire's."""
        import httpx2

        times = self._timeouts
        read_seconds = times.read_seconds if frozen.method == "GET" else times.write_seconds
        limits = httpx2.Timeout(
            connect=times.connect_seconds,
            read=read_seconds,
            write=times.write_seconds,
            pool=times.connect_seconds,
        )
        receiving = _Receiving()
        lost: Lost | None = None
        reason = ""
        try:
            # A vendor that sends one byte now and then passes every single time-out, but not this one.
            whole_seconds = times.connect_seconds + times.write_seconds + read_seconds
            with anyio.fail_after(min(whole_seconds, LONGEST_EXCHANGE_SECONDS)):
                await receiving.receive(self._client(), frozen, headers, limits)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            # Both must say so: the kind of the exception, and that the headers were never begun.
            lost = Lost.BROKEN if receiving.written else Lost.UNREACHABLE
            reason = _reason(error)
        except (httpx2.TimeoutException, TimeoutError):
            lost = Lost.TIMED_OUT
        except httpx2.DecodingError:
            lost = Lost.UNREADABLE
        except _TooLarge:
            lost, reason = Lost.UNREADABLE, f"it is over {LARGEST_REPLY_BYTES // 1024**2} MB"
        except (httpx2.HTTPError, OSError):
            lost = Lost.BROKEN
        return receiving.answer(lost, reason)

    async def aclose(self) -> None:
        """Close every connection."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    def _client(self) -> httpx2.AsyncClient:
        if self._http is None:
            import httpx2

            _silence_loggers()
            context = httpx2.create_ssl_context(trust_env=False)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._http = httpx2.AsyncClient(
                transport=self._transport,
                verify=context,
                trust_env=False,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                limits=httpx2.Limits(max_connections=_MOST_CONNECTIONS, keepalive_expiry=_KEEP_ALIVE_SECONDS),
                headers={
                    "Accept": "application/json",
                    # Only what every Python unpacks, and in bounded pieces.
                    "Accept-Encoding": "gzip",
                    "User-Agent": f"egoi-mcp/{__version__}",
                },
            )
        return self._http


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PIECE_BYTES):
        yield body[start : start + _PIECE_BYTES]


class _TooLarge(Exception):
    """The reply is over the limit."""


class _Receiving:
    """A reply as far as it has come; what came before a loss is kept."""

    def __init__(self) -> None:
        self.written = False
        self._status: int | None = None
        self._content_type = ""
        self._retry_after: str | None = None
        self._body = bytearray()

    async def receive(
        self,
        http: httpx2.AsyncClient,
        frozen: FrozenRequest,
        headers: Mapping[str, str],
        limits: httpx2.Timeout,
    ) -> None:
        body: bytes | AsyncIterator[bytes] = frozen.body
        if len(frozen.body) >= LARGE_BODY_BYTES:
            # Written as a whole, a body is copied twice into the transport's buffer.
            body, headers = _pieces(frozen.body), {**headers, "Content-Length": str(len(frozen.body))}
        request = http.build_request(
            frozen.method,
            _url(frozen.origin + frozen.target),
            content=body,
            headers=headers,
            timeout=limits,
            extensions={"trace": self._trace},
        )
        response = await http.send(request, stream=True)
        try:
            self._status = response.status_code
            self._content_type = response.headers.get("content-type", "")
            self._retry_after = response.headers.get("retry-after")
            async for piece in response.aiter_bytes():
                self._body += piece
                if len(self._body) > LARGEST_REPLY_BYTES:
                    raise _TooLarge
        finally:
            await response.aclose()

    def answer(self, lost: Lost | None, reason: str) -> Answer:
        return Answer(
            status=self._status,
            content_type=self._content_type,
            retry_after=self._retry_after,
            body=b"" if lost is not None else bytes(self._body),
            lost=lost,
            written=self.written or lost is not Lost.UNREACHABLE,
            reason=reason,
        )

    async def _trace(self, event: str, _info: Mapping[str, object]) -> None:
        if event.endswith("send_request_headers.started"):
            self.written = True


@lru_cache(maxsize=256)
def _url(text: str) -> httpx2.URL:
    """An address, parsed once for the check and the sending."""
    import httpx2

    return httpx2.URL(text)


def _reason(error: BaseException) -> str:
    """Why no connection came about, in a few words that hold nothing of the request."""
    pending: list[object] = [error]
    while pending:
        cause = pending.pop()
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not trusted"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection could be agreed on"
        if isinstance(cause, socket.gaierror):
            return "its name is not known"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, TimeoutError):
            return "the connection took too long"
        if isinstance(cause, BaseException):
            pending += [cause.__cause__ or cause.__context__, *getattr(cause, "exceptions", ())]
    return ""


def _silence_loggers() -> None:
    """Keep the HTTP library's records of requests out of every log, whatever level is set later."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.addFilter(_is_warning)


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
