"""What the door to the wire asks before it opens."""

from __future__ import annotations

from egoi_mcp.api.catalog import FrozenRequest, Request
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired
from egoi_mcp.store.protocol import Store


class LedgerGate:
    """Reads pass; everything else passes only as the claimed step of an executing action.

    The claim is the ledger's own: nothing that a caller holds or says can stand in for the row.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def permit(self, request: Request, risk: Risk) -> None:
        """Let a request pass that no action holds.

        Raises:
            ActionRequired: it does more than read.
        """
        if risk is not Risk.READ:
            raise ActionRequired(
                f"{request.operation.name} changes things, so it needs an approved action. Nothing was sent."
            )

    async def claim_step(self, action_id: str, frozen: FrozenRequest, risk: Risk) -> None:
        """Claim the step that holds exactly these bytes; durable when it returns.

        Raises:
            ActionRequired: no executing action of at least that risk holds them unclaimed.
        """
        await self._store.claim_step(action_id, frozen, risk)
