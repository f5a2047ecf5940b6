"""A session with the one tool that most tests of the guard use, so that it opens quickly."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from egoi_mcp.sandbox import Sandbox
from tests.support import SMS, Era, Person, Session, connected

TWO = {**SMS, "to": ["+351900000001", "+351900000002"]}
CAPPED = {
    "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "10",
    "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "20",
}
"""What the owner has to set with `EGOI_MCP_CONFIRM`."""


def sending(
    state_dir: Path,
    environ: Mapping[str, str] | None = None,
    *,
    mode: Era = "legacy",
    person: Person | None = None,
    sandbox: Sandbox | None = None,
) -> AbstractAsyncContextManager[Session]:
    """A session with `send_sms` and `check_action`."""
    only_sms = {"EGOI_MCP_TOOLSETS": "sms"} | dict(environ or {})
    return connected(state_dir, only_sms, mode=mode, person=person, sandbox=sandbox)


def sent(session: Session) -> int:
    """How many messages reached people."""
    return session.sandbox.effects.count("sms")
