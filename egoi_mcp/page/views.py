"""From the ledger's rows to what the page shows: all that waits, and what was decided lately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import anyio.to_thread

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.action import Action, Channel, State
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.guard.guard import Guard
from egoi_mcp.guard.pins import Pins
from egoi_mcp.page.forms import action_form
from egoi_mcp.page.sessions import Session
from egoi_mcp.page.standing import cards_of, offer_of
from egoi_mcp.page.view import Card, PageView
from egoi_mcp.page.words import approvers, outcome_words, waits_for_others
from egoi_mcp.settings import Settings
from egoi_mcp.store.proofs import not_as_proposed
from egoi_mcp.store.protocol import Found, Search, Store

LATELY_SECONDS = 3600.0
_MOST_WAITING, _MOST_DECIDED = 100, 20
_NOT_WAITING = tuple(state for state in State if state is not State.PROPOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the page says beyond the rows: at the top, and on single cards."""

    notice: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


NOTHING_SAID = Said()


@dataclass(frozen=True, slots=True)
class Views:
    """What is shown; `pins` are those of the state directory."""

    settings: Settings
    store: Store
    guard: Guard
    key: StateKey
    pins: Pins

    async def page(self, session: Session, *, base: str, now: float, said: Said = NOTHING_SAID) -> PageView:
        """The whole page for one session.

        Raises:
            StateUnavailable: the state directory cannot be read.
        """
        waiting = await self.store.find(Search(states=(State.PROPOSED,), limit=_MOST_WAITING))
        pins = await self._pins()
        decided = await self._decided(now)
        rules = self.guard.rules
        # Oldest first: the next to expire.
        cards = [self._card(each, session, base, pins, said) for each in reversed(waiting.actions)]
        offers = [await offer_of(rules, each) for each in reversed(waiting.actions)]
        return PageView(
            base=base,
            waiting=tuple(
                replace(card, offer=offer if card.may_decide else None)
                for card, offer in zip(cards, offers, strict=True)
            ),
            decided=tuple(self._card(each, session, base, pins, said) for each in decided),
            rules=await cards_of(rules, self.key, session, said.errors),
            notice=said.notice or _notice(waiting),
            zone=self.settings.account_timezone or "UTC",
            now=now,
        )

    async def _decided(self, now: float) -> list[Action]:
        """What is held, however long, and what else was decided lately; the newest first."""
        approved = await self.store.find(Search(states=(State.APPROVED,), limit=_MOST_WAITING))
        lately = await self.store.find(Search(states=_NOT_WAITING, since=now - LATELY_SECONDS, limit=100))
        held = [each for each in approved.actions if each.held_until is not None]
        known = {each.id for each in held}
        others = [each for each in lately.actions if each.id not in known and _concerns_a_person(each)]
        return held + others[:_MOST_DECIDED]

    def typed(self, action: Action) -> bool:
        """Whether approving takes typing the number of recipients."""
        return action.recipients is not None and action.recipients > self.settings.policy.type_count_above

    async def _pins(self) -> bool | str:
        """Whether approving takes a PIN; or why that cannot be told, and so nobody may approve."""
        try:
            return await anyio.to_thread.run_sync(lambda: self.pins.required)
        except StateUnavailable as error:
            return str(error)

    def why_not(self, action: Action, pins: bool | str) -> str:
        """Why nobody may decide on it here; empty where somebody may."""
        if isinstance(pins, str):
            return pins
        if not self.guard.page_may_approve(action.connection):
            return "The owner's policy does not let this be approved on the page."
        if not_as_proposed(self.key, action) is not None:
            return "This row was changed since the server wrote it. It can be neither approved nor sent."
        if action.terms.approvals > 1 and not pins:
            return (
                f"Policy wants {action.terms.approvals} different approvers, each with a PIN, and none is "
                "set. In a terminal: egoi-mcp pin set NAME"
            )
        return ""

    def _card(self, action: Action, session: Session, base: str, pins: bool | str, said: Said) -> Card:
        waits = action.state is State.PROPOSED
        why_not = self.why_not(action, pins) if waits else ""
        revocable = action.state is State.APPROVED and action.held_until is not None
        email = action.preview.email
        framed = email is not None and email.html is not None
        return Card(
            id=action.id,
            state=action.state.value,
            risk=action.risk.name.lower(),
            preview=action.preview,
            connection=action.connection,
            client=action.client,
            principal=action.terms.principal,
            asked_at=action.created_at,
            expires_at=action.expires_at,
            held_until=action.held_until,
            duplicate_of=action.duplicate_of,
            approvals=action.terms.approvals,
            approved_by=approvers(action),
            typed=waits and self.typed(action),
            pin=waits and pins is True,
            may_decide=waits and not why_not,
            why_not=why_not,
            may_revoke=revocable,
            form=action_form(self.key, session, action) if (waits and not why_not) or revocable else "",
            outcome=waits_for_others(action) if waits else outcome_words(action),
            error=said.errors.get(action.id, ""),
            email_frame=f"{base}email/{action.id}" if framed else None,
        )


def _notice(waiting: Found) -> str:
    """What is said of actions that wait and are not among those shown."""
    said: list[str] = []
    if waiting.damaged:
        said.append(f"{len(waiting.damaged)} that wait cannot be read: their rows are damaged.")
    if len(waiting.actions) + len(waiting.damaged) >= _MOST_WAITING:
        said.append(f"More than these may wait: the newest {_MOST_WAITING} are shown.")
    return " ".join(said)


def _concerns_a_person(action: Action) -> bool:
    """Whether a person was asked about it, or can still revoke it; what policy does alone is no news here."""
    by_policy = action.channel is Channel.POLICY
    asked = not by_policy and (action.channel is not None or action.state is State.EXPIRED)
    return asked or action.state is State.VOID
