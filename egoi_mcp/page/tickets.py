"""One-time addresses of a page: made with the state directory's key, taken once, and soon worthless.

Only who can read the state directory can make one. Nothing else leads into a page.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlencode

from egoi_mcp.guard.digest import StateKey

TICKET_SECONDS = 60.0
_LONGEST = 200


def open_path(key: StateKey, *, owner: str, page: str, now: float) -> str:
    """The path, with a fresh ticket, that opens the page of a server; `now` in seconds since the epoch."""
    return f"/{page}/open?{urlencode({'ticket': make_ticket(key, owner=owner, page=page, now=now)})}"


def make_ticket(key: StateKey, *, owner: str, page: str, now: float) -> str:
    """A ticket for one page of one server process, good for a minute."""
    until = f"{now + TICKET_SECONDS:.3f}"
    nonce = secrets.token_hex(16)
    return f"{until}-{nonce}-{_mac(key, owner, page, until, nonce)}"


class Tickets:
    """The tickets that one page takes, each once."""

    def __init__(self, key: StateKey, *, owner: str, page: str) -> None:
        self._key = key
        self._owner = owner
        self._page = page
        self._taken: dict[str, float] = {}

    def take(self, ticket: str, now: float) -> bool:
        """Whether the ticket opens the page, which it does not again."""
        self._taken = {nonce: until for nonce, until in self._taken.items() if until > now}
        parts = ticket[:_LONGEST].split("-")
        until, nonce, mac = parts if len(parts) == 3 else ("0", "", "")
        genuine = hmac.compare_digest(
            mac.encode(), _mac(self._key, self._owner, self._page, until, nonce).encode()
        )
        if not genuine or not now < float(until) <= now + TICKET_SECONDS + 1 or nonce in self._taken:
            return False
        self._taken[nonce] = float(until)
        return True


def _mac(key: StateKey, owner: str, page: str, until: str, nonce: str) -> str:
    return key.mac("page ticket", *(member.encode() for member in (owner, page, until, nonce))).hex()
