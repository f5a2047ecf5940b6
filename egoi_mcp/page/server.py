"""The approval page of one server process: started when it is first needed, ended with the server."""

from __future__ import annotations

import logging
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.guard.guard import Guard
from egoi_mcp.guard.owners import Owner
from egoi_mcp.settings import Settings, foreign_environ
from egoi_mcp.store.protocol import Store

if TYPE_CHECKING:
    from egoi_mcp.page.addresses import Address
    from egoi_mcp.page.listener import Listener
    from egoi_mcp.page.site import Site

_logger = logging.getLogger(__name__)
_SEEN_SECONDS = 5.0
"""A page that asked for news so lately is open in a browser."""
_OPENING_SECONDS = 15.0
"""How long a browser that was just started may take to ask for the page; no second one is started."""
_END_SECONDS = 3.0


class ApprovalPage:
    """Brings proposals before the owner's eyes; `opener` replaces the browser of this machine."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        guard: Guard,
        *,
        key: StateKey,
        owner: Owner,
        tasks: TaskGroup,
        now: Callable[[], float] = time.time,
        opener: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._guard = guard
        self._key = key
        self._owner = owner
        self._tasks = tasks
        self._now = now
        self._opener = opener or self._own_browser
        self._starting = anyio.Lock()
        self._address: Address | None = None
        self._listener: Listener | None = None
        self._ended = anyio.Event()
        self._complained = False
        self._seen_at = self._opened_at = 0.0

    async def show(self, action_id: str) -> bool:
        """Whether the page with this action is on the owner's screen; the listener is started for it."""
        async with self._starting:
            address = self._address or await self._start()
            if address is None:
                return False
            now = self._now()
            seen = now - self._seen_at < _SEEN_SECONDS or now - self._opened_at < _OPENING_SECONDS
            if seen and address.owner == self._owner.id:
                return True
            opened = await self._opener(address.url(self._key, now))
            self._opened_at = now if opened else 0.0
            return opened

    async def close(self) -> None:
        """End the listener in good order; a request under way is answered."""
        if self._listener is None:
            return
        self._listener.end()
        with anyio.move_on_after(_END_SECONDS, shield=True):
            await self._ended.wait()

    async def _own_browser(self, url: str) -> bool:
        from egoi_mcp.page.browser import open_browser

        return await open_browser(self._settings.page, url, foreign_environ())

    async def _start(self) -> Address | None:
        """Listen; where another server of the state directory holds a fixed port, its page does."""
        # Imported here, with all of the page: a start that asks nobody never loads it.
        from egoi_mcp.page.addresses import Address, leave, running
        from egoi_mcp.page.listener import Listener, listening

        page = self._settings.page
        # What servers left that were killed goes here too.
        others = running(self._settings.state_dir, self._owner.alive)
        try:
            listener = listening(page.host, page.port)
        except OSError as error:
            if (other := next((each for each in others if each.port == page.port), None)) is not None:
                return other
            self._complain(
                f"the approval page cannot listen at port {page.port} ({error.strerror or error}), so there "
                "is none: set another EGOI_MCP_PAGE_PORT. 'egoi-mcp actions approve' in a terminal works."
            )
            return None
        port: int = listener.getsockname()[1]
        address = Address(owner=self._owner.id, page=secrets.token_urlsafe(16), port=port, since=self._now())
        try:
            leave(self._settings.state_dir, address)
        except StateUnavailable as error:
            self._complain(str(error))
        self._listener = Listener(self.site(address))
        self._address = address
        self._tasks.start_soon(self._serve, self._listener, listener)
        return address

    def site(self, address: Address) -> Site:
        """The application that answers at an address."""
        from egoi_mcp.guard.pins import Pins
        from egoi_mcp.page.deciding import Desk
        from egoi_mcp.page.sessions import Sessions
        from egoi_mcp.page.site import Door, Site
        from egoi_mcp.page.tickets import Tickets
        from egoi_mcp.page.views import Views

        door = Door(
            page=address.page,
            port=address.port,
            cookie=f"egoi_mcp_{address.owner[:8]}",
            sessions=Sessions(),
            tickets=Tickets(self._key, owner=address.owner, page=address.page),
        )
        pins = Pins(self._settings.state_dir, now=self._now)
        views = Views(self._settings, self._store, self._guard, self._key, pins)
        return Site(door, Desk(views), now=self._now, seen=self._was_seen)

    async def _serve(self, server: Listener, listener: socket.socket) -> None:
        from egoi_mcp.page.addresses import take_back

        try:
            with listener:
                await server.serve(sockets=[listener])
        except OSError as error:
            self._complain(f"the approval page has ended ({error.strerror or type(error).__name__}).")
        finally:
            self._ended.set()
            take_back(self._settings.state_dir, self._owner.id)

    def _was_seen(self) -> None:
        self._seen_at = self._now()

    def _complain(self, text: str) -> None:
        """Said once, on stderr, without the address."""
        if not self._complained:
            _logger.warning("%s", text)
            self._complained = True
