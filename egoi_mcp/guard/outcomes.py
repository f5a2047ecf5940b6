"""From an action's row to what the model is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import cast

from egoi_mcp.guard.action import Action, Channel, State, Step, StepState
from egoi_mcp.guard.offers import offer
from egoi_mcp.models.outcome import Outcome, Status
from egoi_mcp.pii import Pii

_MOST_RUNS = 10


def how_to_approve(action_id: str, *, shown: bool | None = None) -> str:
    """What a person does about a proposal; whether this client can ask them is not known here.

    `shown` is whether the approval page is open in the owner's browser, None where there is none. Its
    address is never told: this is for the model.
    """
    if shown is not None:
        page = (
            "on the approval page, which is open in the owner's browser"
            if shown
            else "on the approval page, which this opens on the server's machine: egoi-mcp page"
        )
        return (
            f"It waits for a person, who approves it {page}; or in a terminal there: "
            f"egoi-mcp actions approve {action_id}"
        )
    return (
        "It waits for a person, who approves it where the client asks them, or in a terminal on the server's "
        f"machine: egoi-mcp actions approve {action_id}"
    )


def outcome_of(
    action: Action, *, pii: Pii, chat: bool = False, shown: bool | None = None, now: float | None = None
) -> Outcome:
    """The action as it stands.

    `chat` is set where the owner lets a second call approve, and changes only how the next step is said.
    `shown` is that of `how_to_approve`. What undoes it is told where `now` is given (seconds since the
    epoch): it depends on the time.
    """
    status: Status
    match action.state:
        case State.PROPOSED:
            status = "duplicate" if action.duplicate_of else "needs_approval"
        case state:
            status = cast("Status", state.value)
    waiting = action.state in {State.PROPOSED, State.APPROVED}
    undo = offer(action, now) if now is not None else None
    return Outcome(
        status=status,
        message=_message(action, chat=chat, shown=shown),
        action_id=action.id,
        duplicate_of=action.duplicate_of,
        ids=tuple(each for step in action.steps for each in step.ids),
        preview=action.preview.for_model(pii) if waiting else None,
        reversibility=undo.reversibility if undo is not None else None,
        undo=f'undo_action(action_id="{action.id}")' if undo is not None and undo.works else None,
        undo_until=undo.until_iso if undo is not None else None,
    )


def _message(action: Action, *, chat: bool, shown: bool | None) -> str:
    title = action.preview.title
    match action.state:
        case State.PROPOSED:
            return _proposed(action, chat=chat, shown=shown)
        case State.APPROVED if action.held_until is not None:
            until = datetime.fromtimestamp(action.held_until, UTC).isoformat(timespec="seconds")
            return (
                f"{title}: approved, and held until {until} so that it can still be withdrawn. Nothing was "
                "sent yet. It then runs by itself; ask check_action for the outcome, and do not call again."
            )
        case State.APPROVED:
            return f"{title}: approved and about to run. Ask check_action for the outcome; do not call again."
        case State.EXECUTING:
            done = _so_far(action)
            return f"{title}: under way{done}. Ask check_action for the outcome; do not call again."
        case State.SUCCEEDED:
            notes = _notes(action.steps)
            return f"{title}: done.{notes}{_undone(action)}"
        case State.PARTIAL:
            said = f"{_by_step(action.steps)} Nothing is sent again by itself.{_undone(action)}"
            return f"{title}: done in part.{said}"
        case State.FAILED:
            return f"{title}: not done.{_notes(action.steps)}"
        case State.UNKNOWN:
            return (
                f"{title}: the reply was lost, so it may or may not have happened.{_by_step(action.steps)} "
                "It is never sent again by itself. check_action looks for it at the vendor; what that does "
                "not tell, a person settles after a look of their own: "
                f"egoi-mcp actions settle {action.id} --sent or --not-sent"
            )
        case State.DECLINED:
            return f"{title}: a person declined it. Nothing was sent. Ask what should change."
        case State.EXPIRED:
            why = (
                "nobody approved it in time" if action.channel is None else "approved, but not begun in time"
            )
            return f"{title}: {why}. Nothing was sent. Call the tool again to ask anew."
        case State.REVOKED:
            who = "undo_action" if action.channel is Channel.CHAT else "a person"
            return f"{title}: {who} withdrew it. Nothing was sent."
        case State.VOID:
            return (
                action.note
                or f"{title}: void, because something changed since the preview. Nothing was sent."
            )


def _proposed(action: Action, *, chat: bool, shown: bool | None) -> str:
    start = "Nothing was sent. "
    if action.duplicate_of:
        start += (
            f"Refused as a duplicate of {action.duplicate_of}: the same was sent just now, or may have been. "
            "Only a person may have it sent once more. "
        )
        chat = False
    if chat:
        return (
            start + "Show the preview to the person. If they agree, make the same call again with "
            f"approval={action.id}"
        )
    return start + how_to_approve(action.id, shown=shown)


def progress_of(action: Action) -> tuple[int, int, str]:
    """How many requests have ended, how many there are, and that in words.

    What each request is about, the preview may say: in its fact `batches`, with a semicolon between two.
    """
    under_way = [s.number for s in action.steps if s.state in {StepState.PENDING, StepState.SENDING}]
    ended, total = len(action.steps) - len(under_way), len(action.steps)
    parts = action.preview.facts.get("batches", "").split("; ")
    part = f", now {parts[under_way[0] - 1]}" if under_way and len(parts) == total else ""
    return ended, total, f"{ended} of {total} requests have ended{part}"


def _so_far(action: Action) -> str:
    return f": {progress_of(action)[2]}" if len(action.steps) > 1 else ""


def _undone(action: Action) -> str:
    """What is said of an action that was taken back, or is being."""
    match action.undo_state:
        case State.SUCCEEDED:
            return f" It was undone by {action.undone_by}."
        case State.PARTIAL:
            return f" It was undone in part by {action.undone_by}."
        case State.PROPOSED | State.APPROVED | State.EXECUTING | State.UNKNOWN:
            return f" It is being undone by {action.undone_by}, which is {action.undo_state.value}."
        case _:
            return ""


def _notes(steps: tuple[Step, ...]) -> str:
    notes = list(dict.fromkeys(step.note for step in steps if step.note))
    return (" " + "; ".join(notes[:3]).rstrip(".") + ".") if notes else ""


def _by_step(steps: tuple[Step, ...]) -> str:
    if len(steps) == 1:
        return _notes(steps)
    counts = {state: sum(step.state is state for step in steps) for state in StepState}
    said = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
    return f" Of {len(steps)} requests: {said}.{_one_by_one(steps)}"


def _one_by_one(steps: tuple[Step, ...]) -> str:
    """How each request ended; those that ended alike one after the other are told together."""
    runs = [list(run) for _, run in groupby(steps, key=lambda step: (step.state, step.note))]
    told = "".join(f" {_run(run)}." for run in runs[:_MOST_RUNS])
    left = sum(len(run) for run in runs[_MOST_RUNS:])
    return told + (f" And {left} more, which the record shows." if left else "")


def _run(steps: Sequence[Step]) -> str:
    first, last = steps[0], steps[-1]
    which = f"Request {first.number}" if first is last else f"Requests {first.number} to {last.number}"
    return f"{which}: {first.state.value}" + (f", {first.note.rstrip('.')}" if first.note else "")
