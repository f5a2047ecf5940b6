"""The tokens that forms bring back: bound to the session, and to the very row that was shown."""

from __future__ import annotations

import hmac

from egoi_mcp.guard.action import Action
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.page.sessions import Session


def action_form(key: StateKey, session: Session, action: Action) -> str:
    """The token of a decision on an action as it stands; it dies as soon as the row moves."""
    return key.mac(
        "page form",
        session.proof,
        action.id.encode(),
        action.digest,
        action.seal,
        action.state.value.encode(),
        len(action.decisions).to_bytes(4, "big"),
    ).hex()


def rule_form(key: StateKey, session: Session, rule_id: str) -> str:
    """The token of revoking a standing rule."""
    return key.mac("page rule form", session.proof, rule_id.encode()).hex()


def same(given: str, wanted: str) -> bool:
    """Compare two tokens in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())
