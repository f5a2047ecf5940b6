"""What the page says of an action, to the person who decides: never what only a model could do."""

from __future__ import annotations

from egoi_mcp.guard.action import Action, State
from egoi_mcp.guard.outcomes import outcome_of, progress_of


def outcome_words(action: Action) -> str:
    """What became of an action; empty while it waits for its decision."""
    match action.state:
        case State.PROPOSED:
            return ""
        case State.APPROVED if action.held_until is not None:
            return "Approved, and held. Nothing was sent yet; until then it can be revoked here."
        case State.APPROVED:
            return "Approved. Nothing was sent yet; it is about to run."
        case State.EXECUTING:
            so_far = f": {progress_of(action)[2]}" if len(action.steps) > 1 else ""
            return f"Approved and under way{so_far}."
        case State.DECLINED:
            return "Declined. Nothing was sent. The same is not asked again for a while."
        case State.REVOKED:
            return "Revoked. Nothing was sent."
        case State.EXPIRED if action.channel is None:
            return "Expired: nobody approved it in time. Nothing was sent. The assistant can propose it anew."
        case State.EXPIRED:
            return "Expired: it was approved, but not begun in time. Nothing was sent."
        case State.UNKNOWN:
            return (
                "The reply was lost, so it may or may not have happened. It is never sent again by itself. "
                "Look at the vendor's account, then in a terminal: "
                f"egoi-mcp actions settle {action.id} --sent or --not-sent"
            )
        case _:
            return outcome_of(action, pii="full").message


def waits_for_others(action: Action) -> str:
    """Who has approved where several have to; empty where nobody has yet."""
    given = approvers(action)
    if not given or action.terms.approvals < 2:
        return ""
    return f"{len(given)} of {action.terms.approvals} approvals are given ({', '.join(given)})."


def approvers(action: Action) -> tuple[str, ...]:
    """The names of those who approved, each once."""
    return tuple(dict.fromkeys(each.by for each in action.decisions if each.state is State.APPROVED))


def no_longer(action: Action) -> str:
    """What is said of a form whose action has moved since it was shown."""
    if action.state is State.PROPOSED:
        return "It has changed since this was shown. Nothing was decided. Read it again, then decide."
    is_now = action.state.value
    return f"It was decided elsewhere, or its time has passed: it is {is_now}. Nothing was decided now."
