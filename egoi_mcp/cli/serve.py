"""`egoi-mcp serve`: MCP over streamable HTTP, for bots and for hosts that are no desktop programs."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import anyio
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from egoi_mcp.cli import DONE, complain
from egoi_mcp.cli.run import say_what_is_missing
from egoi_mcp.cli.signals import ending_signals
from egoi_mcp.errors import SettingsError
from egoi_mcp.server import build_server
from egoi_mcp.settings import Settings, from_environ
from egoi_mcp.sockets import answering_at_once

PATH = "/mcp"
_VARIABLE = "EGOI_MCP_HTTP_TOKEN"
_FEWEST_TOKEN_CHARACTERS = 32
_OPEN_STREAMS_SECONDS = 3
"""How long calls under way may finish at the end; streams that stay open by nature are cut after it."""


class BearerToken:
    """Lets pass only HTTP requests that carry the token; everything else ends here."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._wanted = b"Bearer " + token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 to a request without the token, whatever its path and method."""
        if scope["type"] != "http":
            return
        given = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
        if len(given) == 1 and self._opens(given[0]):
            await self._app(scope, receive, send)
            return
        headers = [(b"www-authenticate", b"Bearer"), (b"content-type", b"text/plain; charset=utf-8")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b"A bearer token is required.\n"})

    def _opens(self, given: bytes) -> bool:
        scheme, _, token = given.partition(b" ")
        # The scheme's name is read in any case; the token is compared in constant time.
        return hmac.compare_digest(scheme.lower().capitalize() + b" " + token.strip(), self._wanted)


def serve(host: str, port: int, allowed_hosts: Sequence[str]) -> int:
    """Serve until a signal asks for the end; actions under way get their grace."""
    settings = from_environ()
    token, made_here = token_for(host, settings)
    say_what_is_missing(settings)
    with _listening(host, port) as listener:
        bound_port: int = listener.getsockname()[1]
        app = build_http_app(settings, token, host=host, allowed_hosts=allowed_hosts)
        complain(f"serving MCP at http://{_in_url(host)}:{bound_port}{PATH} (Ctrl-C ends it)")
        if made_here:
            complain(f"the bearer token of this run, shown once: {token}")
        if not is_loopback(host):
            complain("this is plain HTTP: put a proxy that speaks TLS between it and the network.")
        anyio.run(_serve, app, token, listener)
    return DONE


def token_for(host: str, settings: Settings) -> tuple[str, bool]:
    """The token that requests must carry, and whether it was made for this run.

    Raises:
        SettingsError: the owner's token is too short, or the address needs one and there is none.
    """
    if settings.http_token is None:
        if is_loopback(host):
            return secrets.token_urlsafe(_FEWEST_TOKEN_CHARACTERS), True
        raise SettingsError(
            f"{host} can be reached from other machines, so {_VARIABLE} must be set, to "
            f"{_FEWEST_TOKEN_CHARACTERS} characters or more. Nothing was started."
        )
    token = settings.http_token.get_secret_value()
    if len(token) < _FEWEST_TOKEN_CHARACTERS:
        raise SettingsError(
            f"{_VARIABLE} takes {_FEWEST_TOKEN_CHARACTERS} characters or more. Nothing was started."
        )
    return token, False


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address; a name other than localhost is not trusted to be."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def build_http_app(
    settings: Settings, token: str, *, host: str, allowed_hosts: Sequence[str] = ()
) -> Starlette:
    """The ASGI application, without its door: put it behind `BearerToken`."""
    return build_server(settings).streamable_http_app(
        streamable_http_path=PATH, host=host, transport_security=_security(host, allowed_hosts)
    )


def _security(host: str, allowed_hosts: Sequence[str]) -> TransportSecuritySettings:
    """Names that a request may call this server by, so that no web page reaches it under one of its own."""
    names = dict.fromkeys(("127.0.0.1", "localhost", "[::1]", _in_url(host), *allowed_hosts))
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[each for name in names for each in (name, f"{name}:*")],
        allowed_origins=[
            each for name in names for scheme in ("http", "https") for each in _origins(scheme, name)
        ],
    )


def _origins(scheme: str, name: str) -> tuple[str, str]:
    return f"{scheme}://{name}", f"{scheme}://{name}:*"


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers, which would kill the process before actions have ended."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _serve(app: Starlette, token: str, listener: socket.socket) -> None:
    config = uvicorn.Config(
        BearerToken(app, token),
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_OPEN_STREAMS_SECONDS,
    )
    server = _Server(config)
    # Entered here and not by uvicorn: an error at the start is then ours to tell.
    async with app.router.lifespan_context(app), anyio.create_task_group() as tasks:
        tasks.start_soon(_end_at_a_signal, server)
        await server.serve(sockets=[listener])
        tasks.cancel_scope.cancel()


async def _end_at_a_signal(server: uvicorn.Server) -> None:
    """The first signal ends the serving in good order, the second at once."""
    if not (asking := ending_signals()):
        return
    with anyio.open_signal_receiver(*asking) as signals:
        async for asked in signals:
            # By this method, and not by its flag: streams that stay open by nature listen for the call.
            server.handle_exit(asked, None)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens at the address.

    Raises:
        SettingsError: the address is unknown, not of this machine, or taken.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return answering_at_once(socket.create_server(address[:2], family=family, backlog=128))
    except OSError as error:
        raise SettingsError(
            f"{host} port {port} cannot be listened at ({error.strerror or error}). "
            "Nothing was started. Choose another with --host and --port."
        ) from error


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
