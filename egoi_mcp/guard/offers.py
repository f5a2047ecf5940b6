"""What an action's row and the clock say of undoing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from egoi_mcp.api.catalog import thaw
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Action, Reversibility, State, Step, StepState
from egoi_mcp.guard.receipts import lists_each
from egoi_mcp.guard.reversals import Done, Reversal
from egoi_mcp.guard.undo import way_of, worst
from egoi_mcp.models.vendor_json import mapping

NOT_UNDONE = frozenset({None, State.DECLINED, State.EXPIRED, State.REVOKED, State.VOID, State.FAILED})
"""How an undoing action may stand where another may begin; None is that there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What may be said of undoing an action: whether a call does it now, and until when (epoch seconds)."""

    reversibility: Reversibility
    works: bool = False
    until: float | None = None

    @property
    def until_iso(self) -> str | None:
        """`until` as an ISO 8601 time in UTC."""
        if self.until is None:
            return None
        return datetime.fromtimestamp(self.until, UTC).isoformat(timespec="seconds")


def offer(action: Action, now: float) -> Offer | None:
    """What is to be said of undoing an action as its row stands; None where nothing is.

    A held action is withdrawn, which leaves nothing to undo; of one that ended, a call is offered where
    it would work by what is known here. A send of which the vendor alone knows whether it waits is not.
    """
    if action.held_until is not None:
        if now >= action.held_until:
            return None
        return Offer(reversibility="undoable", works=True, until=action.held_until)
    if action.state not in {State.SUCCEEDED, State.PARTIAL}:
        return None
    steps = [step for step in action.steps if took_effect(step)]
    label = worst([_label(action, step, now) for step in steps])
    if action.purged_at is not None or action.undo_state not in NOT_UNDONE or refused_again(action):
        return Offer(reversibility=label)
    working = [step for step in steps if _works(action, step, now)]
    times = [action.terms.reach.at for step in working if _ahead(action, step, now)]
    known = [each for each in times if each is not None]
    return Offer(reversibility=label, works=bool(working), until=min(known) if known else None)


def took_effect(step: Step) -> bool:
    """Whether a step is known to have changed something, in whole or in part."""
    return step.state in {StepState.SUCCEEDED, StepState.PARTIAL}


def refused_again(action: Action) -> str | None:
    """Why an undoing action is not undone itself; None where it may be, or is none."""
    if action.terms.undoes is None:
        return None
    ways = [way_of(step.frozen.api, step.operation) for step in action.steps]
    if all(way.again and way.reverse is not None for way in ways):
        return None
    return "it took back something else, and what was there before that is not kept"


def done_of(step: Step) -> Done | None:
    """What a step did, read from its row; None where the row does not say it in this version's form."""
    try:
        request = thaw(step.frozen)
    except InvalidInput:
        return None
    return Done(request=request, ids=step.ids, exact=lists_each(step.note), at=step.claimed_at)


def reversal_of(step: Step) -> Reversal | None:
    """The requests that undo a step as its row tells it; None where there are none without a look."""
    way = way_of(step.frozen.api, step.operation)
    done = done_of(step) if way.reverse is not None else None
    return way.reverse(done) if way.reverse is not None and done is not None else None


def _label(action: Action, step: Step, now: float) -> Reversibility:
    way = way_of(step.frozen.api, step.operation)
    if way.ahead is not None and _ahead(action, step, now):
        return way.ahead
    return way.exactly if way.exactly is not None and lists_each(step.note) else way.reversibility


def _works(action: Action, step: Step, now: float) -> bool:
    way = way_of(step.frozen.api, step.operation)
    if way.reverse is None or _label(action, step, now) == "irreversible":
        return False
    return way.look in {"queue", "suppressions"} or reversal_of(step) is not None


def _ahead(action: Action, step: Step, now: float) -> bool:
    """Whether the step takes effect at a time to come: the action names it, and a send's bytes do too."""
    at, way = action.terms.reach.at, way_of(step.frozen.api, step.operation)
    if at is None or at <= now or way.ahead is None:
        return False
    done = done_of(step)
    return done is not None and (way.look != "queue" or "schedule_date" in mapping(done.request.body))
