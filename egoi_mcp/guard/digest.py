"""Keyed digests: what binds an approval to exact bytes, and recognises the same message again."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.private_files import make_private

_KEY_BYTES = 32
MARK_BYTES = 16
"""The length of a person's mark, a text's and a fingerprint."""

_logger = logging.getLogger(__name__)


class Digested(Protocol):
    """A request, or a step that holds one."""

    def digest(self) -> bytes:
        """The digest of all of its bytes."""
        ...


def _digest(request: Digested) -> bytes:
    return request.digest()


class StateKey:
    """The secret of one state directory; everything that must not be forged is keyed with it.

    Each use derives its own key, so that a digest of one kind never passes as one of another.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != _KEY_BYTES:
            raise ValueError(f"a state key has {_KEY_BYTES} bytes")
        self._secret = secret
        self._derived: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return "StateKey(…)"

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose."""
        if purpose not in self._derived:
            self._derived[purpose] = hmac.digest(
                self._secret, b"egoi-mcp/" + purpose.encode(), hashlib.sha256
            )
        return self._derived[purpose]

    def mac(self, purpose: str, *members: bytes) -> bytes:
        """SHA-256 keyed for `purpose` over the length-prefixed members."""
        message = b"".join(part for member in members for part in (len(member).to_bytes(8, "big"), member))
        return hmac.digest(self.derive(purpose), message, "sha256")

    def action_digest(self, connection: str, account: str, requests: Iterable[Digested]) -> bytes:
        """What an approval approves: these bytes, in this order, on this account."""
        return self.mac("action", connection.encode(), account.encode(), *map(_digest, requests))

    def seal(self, action_id: str, digest: bytes, *members: str) -> bytes:
        """Proof that this state directory's owner wrote what else the row says: preview, counts, content."""
        return self.mac("row", action_id.encode(), digest, *(member.encode() for member in members))

    def approval(
        self, action_id: str, digest: bytes, channel: str, by: str, at: float, *, used: bool = False
    ) -> bytes:
        """Proof that this digest was approved through this channel, by this name, at this time.

        The claim that an approval allows turns its proof into that of a `used` one, which allows none.
        """
        purpose = "used approval" if used else "approval"
        members = (action_id, channel, by, float(at).hex())
        return self.mac(purpose, digest, *(member.encode() for member in members))

    def ticket(
        self, action_id: str, digest: bytes, number: int, owner: str, state: str, expires_at: float
    ) -> bytes:
        """What lets one step of a claimed action go on from this state, in the hands of this owner."""
        members = (action_id, str(number), owner, state, float(expires_at).hex())
        return self.mac("ticket", digest, *(member.encode() for member in members))

    def content(self, connection: str, account: str, campaign_hash: str, content: str) -> bytes:
        """Proof that this state directory's owner kept this as the content of a campaign."""
        members = (connection, account, campaign_hash, content)
        return self.mac("content", *(member.encode("utf-8", "surrogatepass") for member in members))

    def text(self, text: str) -> bytes:
        """The mark of a text, blind to case and spacing, by which a test of the same text is found."""
        folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        return self.mac("text", folded.encode("utf-8", "surrogatepass"))[:MARK_BYTES]

    def person(self, text: str) -> bytes:
        """A person's mark, by number, address or id, that cannot be read back."""
        return self.mac("person", text.strip().casefold().encode())[:MARK_BYTES]

    def fingerprint(self, connection: str, text: str) -> bytes:
        """A recipient-and-message mark that cannot be read back."""
        return self.mac("fingerprint", connection.encode(), text.encode())[:MARK_BYTES]


def load_state_key(state_dir: Path) -> StateKey:
    """Read the directory's key, making directory (0700) and key file (0600) where they are missing.

    What others may do with a directory that was there, or with our files in it, is taken from them and
    told on stderr.

    Raises:
        StateUnavailable: the directory or file cannot be made or read, is another user's, or is damaged.
    """
    path = state_dir / "key"
    try:
        # Each by itself: `parents=True` would make those above with the mode that the umask leaves.
        for folder in (*reversed(state_dir.parents), state_dir):
            folder.mkdir(mode=0o700, exist_ok=True)
        if said := make_private(state_dir):
            _logger.warning("%s", said)
        _create_key(path)
        secret = path.read_bytes()
    except OSError as error:
        raise StateUnavailable(
            f"The state directory cannot be used ({error.strerror or type(error).__name__}). "
            "Nothing was sent. Set EGOI_MCP_STATE_DIR to a folder that this user can write."
        ) from error
    if len(secret) != _KEY_BYTES:
        raise StateUnavailable(
            "The key file of the state directory is damaged. Nothing was sent. "
            "Move the state directory away to start with a new one."
        )
    return StateKey(secret)


def _create_key(path: Path) -> None:
    """Write a new key, atomically: of two processes that start at once, one wins."""
    if path.exists():
        return
    draft = path.with_name(f".key-{os.getpid()}-{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, os.urandom(_KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def message_fingerprints(kind: str, recipients: Iterable[str], text: str) -> tuple[str, ...]:
    """One mark per recipient for "this text to this person", blind to case, spacing and punctuation.

    Two messages that a person would call the same share a mark, however their lists of recipients
    differ; so a retry with the recipients in another order or another batch is recognised.
    """
    folded = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()
    # A text of nothing but emoji or punctuation is compared as it stands.
    body = folded or text.strip()
    return tuple(f"{kind}\n{recipient}\n{body}" for recipient in sorted(set(recipients)))
