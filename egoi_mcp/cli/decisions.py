"""`egoi-mcp actions approve`, `decline`, `revoke` and `settle`: a person decides, at a terminal."""

from __future__ import annotations

import anyio

from egoi_mcp.cli import DONE, FAILED
from egoi_mcp.cli.actions import as_text, duplicate_warning, local_time
from egoi_mcp.cli.ledger import FINAL, Ledger, open_ledger
from egoi_mcp.cli.pins import approver, pins_of
from egoi_mcp.cli.terminal import ask, require_terminal
from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.action import Action, Channel, State
from egoi_mcp.guard.outcomes import outcome_of
from egoi_mcp.guard.owners import os_user
from egoi_mcp.plain_text import clean
from egoi_mcp.settings import Settings, from_environ
from egoi_mcp.store.protocol import Decision

_OUTCOME_SECONDS = 10.0
_POLL_SECONDS = 0.1
_SUCCESSES = frozenset({State.SUCCEEDED})


def approve(action_id: str) -> int:
    """Show the whole preview, ask, approve, and tell what happens; anything but the word leaves it open."""
    require_terminal("approve")
    settings = from_environ()
    action = _read(settings, action_id)
    if action.state is not State.PROPOSED:
        raise NotAllowed(_no_proposal(action))
    word = _word(action, settings.policy.type_count_above)
    print(as_text(action, full_recipients=True))
    print(f"Nothing has been sent yet. It can be approved until {local_time(action.expires_at)}.\n")
    if action.duplicate_of:
        print(duplicate_warning(action.duplicate_of))
    what = "the number of recipients" if word != "approve" else "approve"
    if ask(f"To do exactly this, once, type {what}; anything else leaves it undecided: ") != word:
        print("Not approved. Nothing was changed; it can still be approved or declined.")
        return FAILED
    named = pins_of(settings).required
    return anyio.run(_approve, settings, action_id, approver(settings), named)


def decline(action_id: str) -> int:
    """Refuse a proposal."""
    require_terminal("decline")
    return anyio.run(_decide, from_environ(), action_id, State.DECLINED)


def revoke(action_id: str) -> int:
    """Take back a proposal or an approval that has not begun."""
    require_terminal("revoke")
    return anyio.run(_decide, from_environ(), action_id, State.REVOKED)


def settle(action_id: str, *, sent: bool) -> int:
    """Record what a person found in the vendor's account about an action whose outcome is unknown."""
    require_terminal("settle")
    settings = from_environ()
    action = _read(settings, action_id)
    if action.state is not State.UNKNOWN:
        raise NotAllowed(
            f"Action {action.id} is {action.state.value}; only one whose outcome is unknown is settled. "
            "Nothing was changed."
        )
    word = "sent" if sent else "not sent"
    print(as_text(action, full_recipients=True))
    print(
        f"\nThis records that it was {word}. "
        + ("" if sent else "After that the same may be proposed again without a warning. ")
        + "Look at the vendor's account first."
    )
    if ask(f"To confirm, type {word}: ") != word:
        print("Not settled. Nothing was changed.")
        return FAILED
    return anyio.run(_settle, settings, action_id, sent, approver(settings))


def _read(settings: Settings, action_id: str) -> Action:
    """The action; nothing stays open while the person reads and thinks, so that Ctrl-C is only Ctrl-C."""

    async def read() -> Action:
        async with open_ledger(settings) as ledger:
            return await ledger.get(action_id)

    return anyio.run(read)


async def _approve(settings: Settings, action_id: str, by: str, named: bool) -> int:
    decision = Decision(state=State.APPROVED, channel=Channel.TERMINAL, by=by, named=named)
    async with open_ledger(settings) as ledger:
        approved = await ledger.store.decide(action_id, decision)
        if approved.state is State.PROPOSED:
            print(_awaits_others(approved))
            return DONE
        if approved.held_until is not None:
            print(
                f"Approved. It is held until {local_time(approved.held_until)}, and goes out then while a "
                f"server runs. Until then nothing is sent, and this takes it back: "
                f"egoi-mcp actions revoke {action_id}"
            )
            return DONE
        if ledger.proposer_lives(approved):
            print("Approved. The server carries it out.")
            return _told(await _outcome(ledger, action_id))
    print(
        "Approved. The server that proposed it has ended, so nothing was sent yet: the next check_action "
        f"or identical call of the assistant carries it out, until {local_time(approved.expires_at)}."
    )
    return DONE


async def _decide(settings: Settings, action_id: str, state: State) -> int:
    async with open_ledger(settings) as ledger:
        await ledger.get(action_id)
        decided = await ledger.store.decide(
            action_id, Decision(state=state, channel=Channel.TERMINAL, by=os_user())
        )
    print(f"{clean(decided.preview.title)}: {state.value}. Nothing was sent.")
    return DONE


async def _settle(settings: Settings, action_id: str, sent: bool, by: str) -> int:
    async with open_ledger(settings) as ledger:
        settled = await ledger.store.settle(action_id, sent=sent, by=by)
    print(f"{clean(settled.preview.title)}: {settled.state.value}, as you said.")
    return DONE


def _word(action: Action, type_count_above: int) -> str:
    """What the person types: above the threshold the number, so that it has been read."""
    if action.recipients is not None and action.recipients > type_count_above:
        return str(action.recipients)
    return "approve"


async def _outcome(ledger: Ledger, action_id: str) -> Action:
    """The row once it is final, or as it stands when the patience ends."""
    action = await ledger.get(action_id)
    with anyio.move_on_after(_OUTCOME_SECONDS):
        while action.state not in FINAL:
            await anyio.sleep(_POLL_SECONDS)
            action = await ledger.get(action_id)
    return action


def _awaits_others(action: Action) -> str:
    """What is said where several people have to approve and not all have."""
    given = sorted({each.by for each in action.decisions if each.state is State.APPROVED})
    return (
        f"{len(given)} of {action.terms.approvals} approvals are given ({', '.join(given)}). Nothing was "
        "sent yet; another approver, with a PIN of their own, approves until "
        f"{local_time(action.expires_at)}: egoi-mcp actions approve {action.id}"
    )


def _told(action: Action) -> int:
    if action.state in FINAL:
        print(clean(outcome_of(action, pii="full").message))
        return DONE if action.state in _SUCCESSES else FAILED
    stands = "under way" if action.state is State.EXECUTING else "approved, and not begun yet"
    print(f"It is {stands}. See: egoi-mcp actions show {action.id}")
    return DONE


def _no_proposal(action: Action) -> str:
    """Why there is nothing to approve."""
    match action.state:
        case State.APPROVED | State.EXECUTING:
            return f"Action {action.id} is approved already. Nothing was changed."
        case State.EXPIRED:
            return (
                f"Action {action.id} has expired: nobody approved it in time, and nothing was sent. "
                "Ask the assistant to propose it again."
            )
        case State.UNKNOWN:
            return (
                f"Action {action.id} was approved, and what became of it is unknown. Nothing was changed. "
                "Look at the vendor's account, then: "
                f"egoi-mcp actions settle {action.id} --sent or --not-sent"
            )
        case state:
            return (
                f"Action {action.id} is {state.value}, so there is nothing to approve. Nothing was changed."
            )
