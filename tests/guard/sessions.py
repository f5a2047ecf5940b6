"""A session with the one tool that most tests of the guard use, so that it opens quickly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from egoi_mcp.guard.action import Action
from egoi_mcp.guard.asking import Ctx
from egoi_mcp.guard.guard import Guard
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


def give_up_once(monkeypatch: pytest.MonkeyPatch, reached: Callable[[], Awaitable[object]]) -> None:
    """Have a call that waits for the end of its action be out of time right after `reached` is over.

    How long the machine takes to get there does not matter then.
    """
    wait = Guard._wait  # pyright: ignore[reportPrivateUsage]  # the one moment that a test has to choose

    async def wait_for_it(
        self: Guard, action_id: str, seconds: float, *, until_final: bool = False, ctx: Ctx | None = None
    ) -> Action:
        if until_final:
            await reached()
            seconds = 0.05
        return await wait(self, action_id, seconds, until_final=until_final, ctx=ctx)

    monkeypatch.setattr(Guard, "_wait", wait_for_it)
