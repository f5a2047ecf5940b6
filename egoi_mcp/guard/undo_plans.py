"""What undoes an action, as plans: pure functions of its row and of what was looked up for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.guard.action import Action, Content, Plan
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.reversals import Reversal
from egoi_mcp.guard.undo import undo_words, way_of
from egoi_mcp.guard.undo_looks import Found
from egoi_mcp.guard.witnesses import Witness
from egoi_mcp.models.preview import Preview, excerpt
from egoi_mcp.models.vendor_json import number


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What undoes an action: step by step, with what was looked up for it, and why something is left out."""

    reversals: tuple[Reversal, ...] = ()
    found: tuple[Found, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def requests(self) -> tuple[Request, ...]:
        """Everything that is to be sent."""
        return tuple(request for each in self.reversals for request in each.requests)

    @property
    def running(self) -> tuple[str, ...]:
        """The numbers of the queue that could go out while a person decides."""
        return tuple(number for each in self.found for number in each.running)

    @property
    def campaigns(self) -> tuple[str, ...]:
        """Whose sends stand in the queue."""
        return tuple(campaign for each in self.found for campaign in each.campaigns)

    @property
    def contacts(self) -> int:
        """How many contacts it changes."""
        return sum(each.contacts for each in self.reversals)

    @property
    def facts(self) -> dict[str, str]:
        """What the looks found, for a person."""
        return {label: text for each in self.found for label, text in each.facts.items()}


def undo_plan(action: Action, undo: Undo, *, paused_by: str | None = None) -> Plan:
    """The plan that takes an action back; `paused_by` is the action that has stopped it meanwhile.

    It is said to reach nobody where it changes no contact: what is cancelled goes to no one. What its
    requests only point at by a number of the queue is what the action's own pointed at.
    """
    touched = action.terms.reach
    facts = {
        "action": action.id,
        **({"it ended": _iso(action.finished_at)} if action.finished_at is not None else {}),
        "undoing it": "; ".join(each.does for each in undo.reversals),
        **undo.facts,
        **({"meanwhile": f"paused at once by {paused_by}, so that nothing goes out"} if paused_by else {}),
    }
    warnings = [
        *(text for each in undo.reversals for text in each.warnings),
        *(text for each in undo.found for text in each.warnings),
        *(f"not undone: {each}" for each in undo.left),
    ]
    return Plan(
        connection=action.connection,
        requests=undo.requests,
        recipients=undo.contacts,
        undoes=action.id,
        reach=Reach(lists=touched.lists, senders=touched.senders, recipients=touched.recipients),
        preview=Preview(
            title=f"Undo: {action.preview.title}",
            account=action.preview.account,
            recipients=undo.contacts or None,
            to=action.preview.to,
            facts=facts,
            personal={label: text for each in undo.found for label, text in each.personal.items()},
            warnings=tuple(dict.fromkeys(warnings)),
            undo=_words(undo.requests),
        ),
    )


def showing(plan: Plan, undo: Undo, contents: Sequence[Content | None], witnesses: Sequence[Witness]) -> Plan:
    """A plan that lets queued sends go on, with what people will read as far as this server wrote it."""
    words = [content.text for content in contents if content is not None]
    shown = bool(words) and len(words) == len(contents)
    note = (
        "the text is as this server wrote it; whether it was changed at E-goi since is not known"
        if shown
        else "the text cannot be shown: this server did not write it"
    )
    starts = [found.at for found in undo.found if found.at is not None]
    lists = [number(each.seen, "list_id") for each in witnesses]
    senders = [content.sender for content in contents if content is not None and content.sender]
    message = excerpt("\n\n".join(words)) if shown else None
    warnings = (*plan.preview.warnings, note)
    return replace(
        plan,
        recipients=None,
        unseen_content=not shown,
        reach=Reach(
            lists=tuple(each for each in lists if each is not None),
            senders=tuple(senders),
            texts=tuple(words),
            unknown=() if shown else ("texts",),
            at=min(starts) if starts else None,
        ),
        witnesses=tuple(witnesses),
        preview=plan.preview.model_copy(update={"message": message, "warnings": warnings}),
    )


def pause_plan(action: Action, undo: Undo) -> Plan:
    """The plan that stops what could go out meanwhile."""
    request = Request(
        operation=operation("egoi", "actionPauseOperation"),
        body={"operations": [int(number) for number in undo.running]},
    )
    return Plan(
        connection=action.connection,
        requests=(request,),
        recipients=0,
        preview=Preview(
            title=f"Pause: {action.preview.title}",
            account=action.preview.account,
            facts={"action": action.id, **undo.facts},
            undo=undo_words(request.operation),
        ),
    )


def _words(requests: Sequence[Request]) -> str:
    """What a preview says of undoing the undoing."""
    if all(way_of(each.operation.api, each.operation.name).again for each in requests):
        return undo_words(*(each.operation for each in requests))
    return "This is not undone again here."


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
