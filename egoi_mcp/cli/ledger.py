"""The actions of a state directory, opened for a person at the terminal; no vendor is involved."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.action import Action, State
from egoi_mcp.guard.digest import StateKey, load_state_key
from egoi_mcp.guard.owners import Owner
from egoi_mcp.settings import Settings
from egoi_mcp.store.proofs import not_as_proposed
from egoi_mcp.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Ledger:
    """The store of a state directory, and who of its servers lives."""

    settings: Settings
    store: SqliteStore
    owner: Owner
    key: StateKey

    async def get(self, action_id: str) -> Action:
        """The action of an id.

        Raises:
            NotAllowed: there is none.
        """
        action = await self.store.get(action_id)
        if action is None:
            raise NotAllowed(
                f"There is no action {action_id[:40]!r} in {self.settings.state_dir}. Nothing was changed. "
                "Where the server's environment sets EGOI_MCP_STATE_DIR or EGOI_MCP_SANDBOX, set it here too."
            )
        return action

    def intact(self, action: Action) -> bool | None:
        """Whether the row is as the server wrote it; None where it was emptied, and nothing can tell."""
        return None if action.purged_at is not None else not_as_proposed(self.key, action) is None

    def proposer_lives(self, action: Action) -> bool:
        """Whether the server that proposed the action still runs, and so runs it by itself once approved."""
        return self.owner.alive(action.proposer)


@asynccontextmanager
async def open_ledger(settings: Settings) -> AsyncGenerator[Ledger]:
    """Open the ledger, tell the truth about what dead servers left in flight, and close it at the end.

    Raises:
        StateUnavailable: the state directory cannot be used.
    """
    key = load_state_key(settings.state_dir)
    store = SqliteStore(settings.state_dir, key, settings.action_times, time.time)
    owner = Owner(settings.state_dir)
    try:
        await store.recover(owner=owner.id, alive=owner.alive, connections=())
        yield Ledger(settings, store, owner, key)
    finally:
        await store.close()
        owner.release()


FINAL = frozenset(State) - {State.PROPOSED, State.APPROVED, State.EXECUTING}
"""The states in which nothing more happens by itself."""
