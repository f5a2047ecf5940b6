"""What a call that waits tells its client meanwhile; no address, for the model may see it."""

from __future__ import annotations

import anyio

from egoi_mcp.guard.action import Action, State
from egoi_mcp.guard.asking import Ctx
from egoi_mcp.guard.outcomes import progress_of

WAITING = "waiting for a person's decision on the approval page"
EVERY_SECONDS = 5.0


class Progress:
    """Tells each thing once, and while a person is waited for every few seconds, so that no client gives up.

    Progress only grows: waiting stays below 1, which the first request to end reaches.
    """

    def __init__(self, ctx: Ctx | None, *, shown: bool = False) -> None:
        self._ctx = ctx
        self._shown = shown
        self._ended = 0
        self._began = anyio.current_time()
        self._due = self._began

    async def tell(self, action: Action) -> None:
        """Tell where the action stands, where that is news."""
        if self._ctx is None:
            return
        if action.state is State.PROPOSED:
            now = anyio.current_time()
            if self._shown and now >= self._due:
                self._due = now + EVERY_SECONDS
                await self._ctx.report_progress(1 - 60 / (61 + now - self._began), None, WAITING)
            return
        ended, total, said = progress_of(action)
        if total > 1 and ended > self._ended:
            self._ended = ended
            await self._ctx.report_progress(ended, total, said)
