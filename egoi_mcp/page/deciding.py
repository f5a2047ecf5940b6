"""A decision on the page: from the form that came back to the row that moves, or to what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import anyio
import anyio.to_thread

from egoi_mcp.errors import EgoiMcpError, InvalidInput, NotAllowed
from egoi_mcp.guard.action import Action, Channel, State
from egoi_mcp.guard.owners import os_user
from egoi_mcp.page.forms import action_form, rule_form, same
from egoi_mcp.page.sessions import Session
from egoi_mcp.page.standing import Wanted
from egoi_mcp.page.views import Said, Views
from egoi_mcp.page.words import no_longer
from egoi_mcp.store.protocol import Decision

_STATES = {"approve": State.APPROVED, "decline": State.DECLINED, "revoke": State.REVOKED}
_FROM = {State.APPROVED: State.PROPOSED, State.DECLINED: State.PROPOSED, State.REVOKED: State.APPROVED}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was decided, and what that is as an HTTP status."""

    said: Said
    status: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Where decisions are taken."""

    views: Views

    async def decide(self, session: Session, fields: Mapping[str, str]) -> Refusal | None:
        """Approve, decline or revoke; None where that was done.

        Raises:
            StateUnavailable: the row could not be read or written, so nothing was decided.
        """
        action = await self.views.store.get(fields.get("action", "")[:40])
        state = _STATES.get(fields.get("decision", ""))
        if action is None or state is None:
            return Refusal(Said(notice="There is no such action any more. Nothing was decided."), 409)
        if not same(fields.get("form", ""), action_form(self.views.key, session, action)):
            return _on(action, no_longer(action), 409)
        if action.state is not _FROM[state]:
            return _on(action, no_longer(action), 409)
        try:
            by, named, rule = os_user(), False, None
            if state is State.APPROVED:
                rule = self._rule(action, fields)
                by, named = await self._approver(action, fields)
            return await self._decided(
                action, Decision(state=state, channel=Channel.PAGE, by=by, named=named), rule
            )
        except (NotAllowed, InvalidInput) as refusal:
            return _on(action, str(refusal), 422)

    async def revoke_rule(self, session: Session, fields: Mapping[str, str]) -> Refusal | None:
        """End a standing rule that was made on the page; None where that was done.

        It takes no PIN, as declining does not: with fewer rules more is asked.

        Raises:
            StateUnavailable: the rules could not be read or written.
        """
        rules, rule_id = self.views.guard.rules, fields.get("rule", "")[:40]
        wanted = rule_form(self.views.key, session, rule_id)
        if not same(fields.get("form", ""), wanted):
            return Refusal(Said(notice="There is no such rule any more. Nothing was changed."), 409)
        try:
            await rules.revoke(rule_id, by=os_user())
        except (NotAllowed, InvalidInput) as refusal:
            return Refusal(Said(errors={rule_id: str(refusal)}), 422)
        return None

    def _rule(self, action: Action, fields: Mapping[str, str]) -> Wanted | None:
        """The standing rule that the form asks for beside the approval.

        Raises:
            InvalidInput: it cannot be.
        """
        wanted = Wanted.of(fields)
        if wanted is not None:
            self.views.guard.rules.check(action, wanted.template, wanted.per_day, wanted.expires)
        return wanted

    async def _approver(self, action: Action, fields: Mapping[str, str]) -> tuple[str, bool]:
        """Who approves, and whether they proved it.

        Raises:
            NotAllowed: the number is not the number of recipients, the PIN is not right, or nobody may.
        """
        views = self.views
        needed = await anyio.to_thread.run_sync(lambda: views.pins.required)
        if why_not := views.why_not(action, needed):
            raise NotAllowed(why_not)
        if views.typed(action) and fields.get("recipients", "").strip() != str(action.recipients):
            raise NotAllowed(
                "The number typed is not the number of recipients, so it was not approved. Nothing was sent."
            )
        if not needed:
            return os_user(), False
        pin = fields.get("pin", "")
        return await anyio.to_thread.run_sync(views.pins.verify, pin), True

    async def _decided(self, action: Action, decision: Decision, rule: Wanted | None) -> Refusal | None:
        async with AsyncExitStack() as stack:
            # What was clicked counts even if the server is ending: row and start belong together.
            stack.enter_context(anyio.CancelScope(shield=True))
            decided = await self.views.store.decide(action.id, decision)
            self.views.guard.noticed(decided)
            if rule is None or decided.state is not State.APPROVED:
                return None
            try:
                await self.views.guard.rules.remember(
                    decided,
                    template=rule.template,
                    per_day=rule.per_day,
                    expires=rule.expires,
                    by=decision.by,
                )
            except EgoiMcpError as error:
                return Refusal(Said(notice=f"It was approved, but the rule was not made: {error}"), 200)
        return None


def _on(action: Action, error: str, status: int) -> Refusal:
    return Refusal(Said(errors={action.id: error}), status)
