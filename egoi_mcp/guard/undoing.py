"""Undoing an action: withdrawn where it has not begun, else taken back by an action of its own.

A send that waits in the vendor's queue is paused first, at once and without a person, and only then is its
cancelling proposed. What is feared of a send is that it goes out because nobody clicks in time. Pausing is
a WRITE that can be taken back, so it need not wait; cancelling is for good, a DESTROY that a person approves.
Where the person declines, the send stays paused: letting it go on is a SEND, which a person approves too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from mcp_types import InputRequiredResult

from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.errors import InvalidInput, NotAllowed
from egoi_mcp.guard import asking
from egoi_mcp.guard.action import Action, Channel, Plan, State, Step, StepState
from egoi_mcp.guard.asking import Ctx
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.guard.offers import done_of, refused_again, took_effect
from egoi_mcp.guard.undo import way_of
from egoi_mcp.guard.undo_looks import Found, look
from egoi_mcp.guard.undo_plans import Undo, pause_plan, showing, undo_plan
from egoi_mcp.guard.witnesses import look as witness
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.store.proofs import not_as_proposed
from egoi_mcp.store.protocol import Decision, Store

if TYPE_CHECKING:
    from egoi_mcp.api.client import ApiClient

_NOTHING_DONE = frozenset({State.DECLINED, State.EXPIRED, State.REVOKED, State.VOID, State.FAILED})
_NOT_BEGUN = frozenset({State.PROPOSED, State.APPROVED})
_WITHDRAWN = "withdrawn by undo_action before it began"


class Guarding(Protocol):
    """What undoing needs of the guard."""

    async def carry_out(
        self, ctx: Ctx, plan: Plan, *, preview_only: bool = False, approval: str = ""
    ) -> Outcome | InputRequiredResult:
        """Do what a plan says, after the approval that the policy asks for."""
        ...

    async def would_allow(self, ctx: Ctx, plan: Plan) -> bool:
        """Whether the policy lets a plan be carried out without a person."""
        ...

    def tell(self, action: Action) -> Outcome:
        """An action as it stands."""
        ...


class Undoer:
    """Takes actions back."""

    def __init__(
        self,
        guard: Guarding,
        store: Store,
        clients: Mapping[str, ApiClient],
        *,
        key: StateKey,
        zone: str | None,
    ) -> None:
        self._guard = guard
        self._store = store
        self._clients = clients
        self._key = key
        self._zone = zone

    async def undo(
        self, ctx: Ctx, action_id: str, *, preview_only: bool, approval: str
    ) -> Outcome | InputRequiredResult:
        """Undo an action where that is possible; else say why not, and what a person can do.

        Raises:
            InvalidInput: there is no such action.
            ApiError: what it did could not be looked up; nothing was undone.
            StateUnavailable: the row could not be read or written; nothing was undone.
        """
        action = await self._action(action_id)
        if action.state in _NOT_BEGUN:
            if preview_only:
                return _would_withdraw(action)
            action = await self._withdrawn(ctx, action)
            if action.state is State.REVOKED:
                return self._guard.tell(action)
        refusal = await self._refusal(action)
        if refusal is not None:
            return refusal
        found = await self._find(action)
        # An answer that comes back, or a second call, is about what the first call has proposed.
        first = ctx.request_state is None and not approval
        stopped: Outcome | None = None
        if found.running and first:
            stopped, said = await self._stop(ctx, action, found, preview_only=preview_only)
            if stopped is not None and stopped.status != "succeeded":
                found = await self._find(action)
        else:
            said = ""
        if not found.requests:
            return _refused(action, found)
        plan = await self._plan(action, found, stopped)
        outcome = await self._guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)
        if isinstance(outcome, InputRequiredResult):
            return outcome
        return _with(outcome, said, _still_paused(outcome, found, stopped))

    async def _action(self, action_id: str) -> Action:
        action = await self._store.get(action_id)
        if action is None:
            raise InvalidInput(
                f"There is no action {action_id[:20]!r}. Nothing was undone. Ids come from guarded tools "
                "such as send_sms, and look like act_k3v9x2mq."
            )
        return action

    async def _withdrawn(self, ctx: Ctx, action: Action) -> Action:
        """The action, revoked unless it began or ended in the same moment; that needs nobody's approval."""
        revoke = Decision(
            state=State.REVOKED, channel=Channel.CHAT, by=asking.client_name(ctx), note=_WITHDRAWN
        )
        try:
            return await self._store.decide(action.id, revoke)
        except NotAllowed:
            return await self._action(action.id)

    async def _refusal(self, action: Action) -> Outcome | None:
        """Why an action cannot be undone, as far as its row says it; None where it may."""
        told = self._guard.tell(action)
        if action.state in _NOTHING_DONE:
            return _with(told, "There is nothing to undo.")
        if action.state is State.EXECUTING:
            return _with(told, "Nothing was undone.", "It can be undone when it has ended.")
        if action.undone_by is not None and action.undo_state not in _NOTHING_DONE | _NOT_BEGUN:
            undoing = self._guard.tell(await self._action(action.undone_by))
            how = "was undone already" if action.undo_state is State.SUCCEEDED else "is not undone twice"
            return _with(undoing, f"Action {action.id} {how}; nothing was done again.")
        if action.purged_at is not None:
            return _denied(action, "what it did is no longer kept here")
        if not_as_proposed(self._key, action) is not None:
            return _denied(action, "its row was changed, so what it did is not known for sure")
        if (reason := refused_again(action)) is not None:
            return _denied(action, reason)
        client = self._clients.get(action.connection)
        if client is None:
            return _denied(action, f"the connection {action.connection} is not configured any more")
        if await client.account_id() != action.account:
            return _denied(action, f"the connection {action.connection} now leads to another account")
        if action.state is State.UNKNOWN and not any(_can_be_seen(step) for step in action.steps):
            return _with(told, "Nothing was undone: whether there is anything to undo is not known.")
        return None

    async def _find(self, action: Action) -> Undo:
        """The requests that undo what took effect, after a look at the vendor where one is needed."""
        undo = Undo()
        for step in action.steps:
            if took_effect(step) or _can_be_seen(step):
                undo = await self._with_step(action, undo, step)
        return undo

    async def _with_step(self, action: Action, undo: Undo, step: Step) -> Undo:
        way = way_of(step.frozen.api, step.operation)
        done = done_of(step)
        if way.reverse is None or done is None:
            return replace(undo, left=(*undo.left, way.how))
        found = Found()
        if way.look is not None:
            found = await look(way.look, self._clients[action.connection], done, self._zone)
            if found.nothing:
                return replace(undo, left=(*undo.left, f"{found.nothing}. {way.how}"))
            done = replace(done, ids=found.ids)
        reversal = way.reverse(done)
        if reversal is None:
            why = "it changed nothing" if done.exact else "the vendor did not say what it made or changed"
            return replace(undo, left=(*undo.left, f"{why}."))
        return replace(undo, reversals=(*undo.reversals, reversal), found=(*undo.found, found))

    async def _plan(self, action: Action, undo: Undo, stopped: Outcome | None) -> Plan:
        paused_by = stopped.action_id if stopped is not None and stopped.status == "succeeded" else None
        plan = undo_plan(action, undo, paused_by=paused_by)
        if all(risk_of(request) is not Risk.SEND for request in plan.requests):
            return plan
        campaigns = undo.campaigns
        client = self._clients[action.connection]
        return showing(
            plan,
            undo,
            [await self._store.content(action.connection, action.account, each) for each in campaigns],
            [await witness(client, "campaign", each) for each in campaigns],
        )

    async def _stop(
        self, ctx: Ctx, action: Action, undo: Undo, *, preview_only: bool
    ) -> tuple[Outcome | None, str]:
        """Pause at once what could go out while a person decides; what came of it, and what is said of it.

        Where the policy lets the cancelling itself go ahead, or wants a person for the pause too, there is
        nothing to win by it.
        """
        plan = pause_plan(action, undo)
        if await self._guard.would_allow(ctx, await self._plan(action, undo, None)):
            return None, ""
        if not await self._guard.would_allow(ctx, plan):
            return None, "It could not be paused without a person, so it may go out meanwhile."
        if preview_only:
            return None, "Before anybody is asked it would be paused in E-goi's queue at once."
        outcome = await self._guard.carry_out(ctx, plan)
        if isinstance(outcome, InputRequiredResult) or outcome.status != "succeeded":
            left = outcome if isinstance(outcome, Outcome) else None
            return left, "It could not be paused, so it may go out meanwhile."
        return outcome, (
            f"It is paused in E-goi's queue since now ({outcome.action_id}), so nothing goes out meanwhile."
        )


def _can_be_seen(step: Step) -> bool:
    """Whether the vendor's queue tells of a step whose outcome is unknown."""
    return step.state is StepState.UNKNOWN and way_of(step.frozen.api, step.operation).look == "queue"


def _would_withdraw(action: Action) -> Outcome:
    return Outcome(
        status="preview",
        message=(
            "Only a preview; nothing was changed. The action has not begun, so undo_action would withdraw it "
            "at once, without asking, and nothing of it would be done."
        ),
        action_id=action.id,
    )


def _still_paused(outcome: Outcome, undo: Undo, stopped: Outcome | None) -> str:
    """What is said where the send stays paused because its cancelling did not come about, or not yet."""
    paused = stopped is not None and stopped.status == "succeeded"
    queued = any(found.ids and not found.running and found.campaigns for found in undo.found)
    if outcome.status in {"preview", "succeeded", "partial", "executing"} or not (paused or queued):
        return ""
    if stopped is not None and paused:
        return (
            "It stays paused until it is cancelled or resumed; to let it go out after all: "
            f'undo_action(action_id="{stopped.action_id}"), which a person approves.'
        )
    return "It stays paused in E-goi's queue until it is cancelled or a person resumes it there."


def _refused(action: Action, undo: Undo) -> Outcome:
    reasons = " ".join(dict.fromkeys(undo.left)) or "Nothing of it took effect."
    reasons = reasons[0].upper() + reasons[1:]
    return Outcome(
        status="denied",
        message=f"{action.preview.title}: this cannot be undone. {reasons} Nothing was changed.",
        action_id=action.id,
    )


def _denied(action: Action, reason: str) -> Outcome:
    return Outcome(
        status="denied",
        message=(
            f"{action.preview.title}: this is not undone here, because {reason}. Nothing was changed. What "
            "the vendor lets be taken back, a person can take back in its account."
        ),
        action_id=action.id,
    )


def _with(outcome: Outcome, lead: str, tail: str = "") -> Outcome:
    said = " ".join(part for part in (lead, outcome.message, tail) if part)
    return outcome.model_copy(update={"message": said})
