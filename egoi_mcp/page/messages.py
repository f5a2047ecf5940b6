"""Requests and replies of the page, as values; every reply carries the headers that keep it to itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

MOST_BODY_BYTES = 64 * 1024
_MOST_FIELDS = 20
_FORM = "application/x-www-form-urlencoded"

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NOTHING_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
EMAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-dns-prefetch-control": "off",
    "permissions-policy": "accelerometer=(), camera=(), clipboard-read=(), display-capture=(), "
    "geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What arrived, read once; header names in lower case, a header given twice in neither value."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    peer: tuple[str, int] | None
    server: tuple[str, int | None] | None

    @classmethod
    def of(cls, scope: Scope) -> Request:
        """The request of an ASGI scope."""
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            text = name.decode("latin-1").lower()
            joined = "; " if text == "cookie" else "\n"
            told = value.decode("latin-1")
            headers[text] = f"{headers[text]}{joined}{told}" if text in headers else told
        return cls(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            peer=scope.get("client"),
            server=scope.get("server"),
        )

    def cookies(self, name: str) -> list[str]:
        """The values of the cookies of a name, of which another program on this host may have set some."""
        found: list[str] = []
        for part in self.headers.get("cookie", "").split(";")[:50]:
            try:
                cookie = SimpleCookie(part.strip())
            except CookieError:
                continue
            found += [cookie[name].value] if name in cookie else []
        return found

    def parameter(self, name: str) -> str:
        """The one value of a query parameter; empty where there is none or more than one."""
        try:
            found = [v for n, v in parse_qsl(self.query, max_num_fields=_MOST_FIELDS) if n == name]
        except ValueError:
            return ""
        return found[0] if len(found) == 1 else ""

    async def form(self, receive: Receive) -> dict[str, str] | None:
        """The fields of the form that was sent; None where it is none, too large, or says a thing twice."""
        kind, _, parameter = self.headers.get("content-type", "").lower().partition(";")
        if kind.strip() != _FORM or parameter.strip() not in {"", "charset=utf-8"}:
            return None
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > MOST_BODY_BYTES:
                return None
        try:
            pairs = parse_qsl(
                body.decode("utf-8"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=_MOST_FIELDS,
            )
        except ValueError:
            return None
        fields = dict(pairs)
        return fields if len(fields) == len(pairs) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    policy: str = NOTHING_POLICY
    framed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    async def send(self, send: Send) -> None:
        """Send it, with the headers of every reply."""
        headers = {
            **_HEADERS,
            "x-frame-options": "SAMEORIGIN" if self.framed else "DENY",
            "content-security-policy": self.policy,
            "content-type": self.kind,
            "content-length": str(len(self.body)),
            **self.headers,
        }
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body})


NOT_FOUND = Reply(status=404, body=b"Not found.\n", kind="text/plain; charset=utf-8")
"""The one answer to whatever is not the owner's own browser, whatever it asked."""


def html(text: str, *, status: int = 200, policy: str = PAGE_POLICY) -> Reply:
    """A page."""
    return Reply(status=status, body=text.encode("utf-8", "replace"), policy=policy)


def as_json(value: object, *, status: int = 200) -> Reply:
    """JSON, all of it in ASCII."""
    return Reply(status=status, body=json.dumps(value).encode(), kind="application/json")
