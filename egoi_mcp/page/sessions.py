"""Who has opened the page: sessions of a browser, bounded in time and number, and never written down."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

SESSION_SECONDS = 8 * 3600.0
MOST_SESSIONS = 8


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that holds the cookie; `proof` is what its forms are bound to."""

    proof: bytes
    until: float


class Sessions:
    """The open sessions of one page. They are found by a hash, so that no comparison tells of the secret."""

    def __init__(self) -> None:
        self._open: dict[bytes, Session] = {}

    def begin(self, now: float) -> str:
        """Begin a session; its secret, for the cookie. Above the most, the oldest ends."""
        self._forget(now)
        while len(self._open) >= MOST_SESSIONS:
            del self._open[next(iter(self._open))]
        secret = secrets.token_urlsafe(32)
        proof = _hash(secret)
        self._open[proof] = Session(proof, now + SESSION_SECONDS)
        return secret

    def find(self, secrets_given: Sequence[str], now: float) -> Session | None:
        """The session of one of these cookies' values."""
        self._forget(now)
        found = [self._open.get(_hash(each)) for each in secrets_given]
        return next((each for each in found if each is not None), None)

    def _forget(self, now: float) -> None:
        self._open = {proof: each for proof, each in self._open.items() if each.until > now}


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
