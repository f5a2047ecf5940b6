"""Following an action, and taking it back."""

from __future__ import annotations

from mcp_types import InputRequiredResult

from egoi_mcp.models.outcome import Outcome
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.vendor import Ctx, app_of


async def check_action(ctx: Ctx, *, action_id: p.ActionId) -> Outcome:
    """Look up an action by its id: its state and outcome. Never sends anything that was not approved;
    use it after executing, unknown, a time-out or a person's approval, instead of calling again.
    """
    return await app_of(ctx).guard.check(action_id)


async def undo_action(
    ctx: Ctx,
    *,
    action_id: p.ActionId,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Undo an action by its id, as far as the vendor allows it. One that has not begun is withdrawn and a
    queued send is paused, both at once; cancelling, resubscribing and deleting a person approves first.
    """
    return await app_of(ctx).guard.undo(ctx, action_id, preview_only=preview_only, approval=approval)
