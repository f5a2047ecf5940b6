"""The page's addresses as one ASGI application: who may in, and what each address answers.

Whoever is not the owner's own browser gets the same answer to everything, whether or not there is
anything: wrong host, unknown path, no cookie. Only a POST decides, and only with the form that this
session was shown.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.page.deciding import Desk, Refusal
from egoi_mcp.page.messages import EMAIL_POLICY, NOT_FOUND, NOTHING_POLICY, Reply, Request, as_json, html
from egoi_mcp.page.peers import is_other_user
from egoi_mcp.page.render import render, render_notice
from egoi_mcp.page.sessions import SESSION_SECONDS, Session, Sessions
from egoi_mcp.page.tickets import Tickets
from egoi_mcp.page.view import PageView
from egoi_mcp.page.views import NOTHING_SAID, Said

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_STATIC = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}
_NOT_FETCHED_BY_A_PERSON = ("sec-purpose", "purpose")
_NAMES = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What opens one page: its id, the port it is reached at, its cookie's name, sessions and tickets."""

    page: str
    port: int
    cookie: str
    sessions: Sessions
    tickets: Tickets

    @property
    def base(self) -> str:
        """The path under which everything lies."""
        return f"/{self.page}/"

    def inside(self, path: str) -> str | None:
        """What the path names under the page's own; None where it is not under it."""
        head, rest = path[: len(self.base)], path[len(self.base) :]
        ours = hmac.compare_digest(head.encode("utf-8", "surrogateescape"), self.base.encode())
        return rest if ours else None

    def origin(self, request: Request) -> str | None:
        """The origin that the request calls this server by; None where that is none of its names."""
        host = request.headers.get("host", "")
        return f"http://{host}" if host in {f"{name}:{self.port}" for name in _NAMES} else None


class Site:
    """The application. `seen` is called whenever a browser with a session shows the page."""

    def __init__(self, door: Door, desk: Desk, *, now: Callable[[], float], seen: Callable[[], None]) -> None:
        self._door = door
        self._desk = desk
        self._now = now
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; there is nothing else here."""
        if scope["type"] != "http":
            return
        reply = await self._reply(Request.of(scope), receive)
        await reply.send(send)

    async def _reply(self, request: Request, receive: Receive) -> Reply:
        door, now = self._door, self._now()
        # All of it is looked at always, so that the time an answer takes tells nothing.
        origin = door.origin(request)
        inside = door.inside(request.path)
        session = door.sessions.find(request.cookies(door.cookie), now)
        stranger = is_other_user(request.peer, request.server)
        if origin is None or inside is None or stranger:
            return NOT_FOUND
        if inside == "open" and request.method == "GET":
            return self._open(request, now)
        if session is None:
            return NOT_FOUND
        try:
            if request.method == "GET":
                return await self._get(inside, request, session)
            if request.method == "POST" and comes_from(request, origin, door.base):
                return await self._post(inside, request, receive, session)
        except StateUnavailable as error:
            text = render_notice("The state directory cannot be used", f"{error} Nothing was decided.")
            return html(text, status=503)
        return NOT_FOUND

    def _open(self, request: Request, now: float) -> Reply:
        """Take the ticket for a cookie. A browser that only looks ahead does not use the ticket up."""
        if any(name in request.headers for name in _NOT_FETCHED_BY_A_PERSON):
            return NOT_FOUND
        if not self._door.tickets.take(request.parameter("ticket"), now):
            return NOT_FOUND
        door = self._door
        cookie = (
            f"{door.cookie}={door.sessions.begin(now)}; Path={door.base}; Max-Age={SESSION_SECONDS:.0f}; "
            "HttpOnly; SameSite=Strict"
        )
        # A browser that came here from elsewhere would not send a strict cookie along a redirect.
        text = (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta http-equiv="refresh" content="0; url=./">'
            '<title>Approvals</title><p><a href="./">Go on to the approval page</a></p></html>'
        )
        return Reply(body=text.encode(), policy=NOTHING_POLICY, headers={"set-cookie": cookie})

    async def _get(self, inside: str, request: Request, session: Session) -> Reply:
        if inside == "":
            self._seen()
            return html(render(await self._view(session)))
        if inside == "live":
            if not request.parameter("hidden"):
                self._seen()
            return await self._live(request.parameter("since"), session)
        if inside in _STATIC:
            body = (files("egoi_mcp.page") / "static" / inside).read_bytes()
            return Reply(body=body, kind=_STATIC[inside], policy=NOTHING_POLICY)
        folder, _, action_id = inside.partition("/")
        return await self._email(action_id) if folder == "email" else NOT_FOUND

    async def _post(self, inside: str, request: Request, receive: Receive, session: Session) -> Reply:
        fields = await request.form(receive)
        if fields is None or inside not in {"decide", "rules"}:
            return NOT_FOUND
        deed = self._desk.decide if inside == "decide" else self._desk.revoke_rule
        return await self._after(await deed(session, fields), session)

    async def _after(self, refused: Refusal | None, session: Session) -> Reply:
        if refused is None:
            return Reply(status=303, policy=NOTHING_POLICY, headers={"location": self._door.base})
        return html(render(await self._view(session, refused.said)), status=refused.status)

    async def _view(self, session: Session, said: Said = NOTHING_SAID) -> PageView:
        return await self._desk.views.page(session, base=self._door.base, now=self._now(), said=said)

    async def _live(self, since: str, session: Session) -> Reply:
        view = await self._view(session)
        # The time alone is no news.
        version = hashlib.sha256(repr(replace(view, now=0.0)).encode("utf-8", "replace")).hexdigest()[:16]
        if since == version:
            return as_json({"changed": False, "version": version, "html": ""})
        return as_json({"changed": True, "version": version, "html": main_of(render(view))})

    async def _email(self, action_id: str) -> Reply:
        from egoi_mcp.page.email_frame import inert

        action = await self._desk.views.store.get(action_id[:40])
        email = action.preview.email if action is not None else None
        if email is None or email.html is None:
            return NOT_FOUND
        return Reply(body=inert(email.html).encode("utf-8", "replace"), policy=EMAIL_POLICY, framed=True)


def comes_from(request: Request, origin: str, base: str) -> bool:
    """Whether a browser sent the form from this page itself.

    A browser that is told to name no referrer calls the origin of a form `null`; then what it says of
    the two sites counts, which no page can make up. What contradicts decides.
    """
    site = request.headers.get("sec-fetch-site")
    given = request.headers.get("origin")
    referrer = request.headers.get("referer")
    if site not in {None, "same-origin"} or given not in {None, "null", origin}:
        return False
    if referrer is not None and not referrer.startswith(f"{origin}{base}"):
        return False
    return given == origin or site == "same-origin" or (given is None and referrer is not None)


def main_of(page: str) -> str:
    """The `<main>` of a page, for the script that puts it in the place of the old one."""
    _, start, rest = page.partition("<main")
    inner, end, _ = rest.rpartition("</main>")
    return f"{start}{inner}{end}"
