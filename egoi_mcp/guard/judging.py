"""From drafts and rows to the policy's rulings: what it looks at, gathered in one place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, Channel, Draft, State, Terms
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.guard.facts import Facts, Ruling
from egoi_mcp.guard.policy import (
    approvals_needed,
    caps_of,
    channels_of,
    grace_of,
    policy_now_forbids,
    rule_on,
)
from egoi_mcp.guard.reach import cost_of
from egoi_mcp.guard.standing import only_seeds
from egoi_mcp.policy.keys import on_connection
from egoi_mcp.policy.settings import PolicySettings
from egoi_mcp.settings import Settings
from egoi_mcp.store.protocol import Caps, Store

_MILLION = Decimal(1_000_000)
_TESTED_SECONDS = 7 * 86_400.0
"""How long a test of a text to the owner's own recipients counts."""
STANDING = "standing:"


class Judge:
    """The owner's policy over what the ledger knows; `now` is the wall clock in seconds since 1970."""

    def __init__(
        self, settings: Settings, store: Store, key: StateKey, *, now: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._policy = settings.policy
        self._store = store
        self._key = key
        self._now = now
        self._kept: dict[str, int] = {}

    async def rule(self, draft: Draft, *, duplicate: bool) -> Ruling:
        """What the policy says of a draft."""
        return rule_on(await self._policy_for(draft), await self.facts(draft, duplicate=duplicate))

    def bind(self, terms: Terms, *, risk: Risk, recipients: int | None, connection: str) -> Terms:
        """The terms with what the policy makes of them: cost, approvals, the hold, whether it is a test."""
        policy = on_connection(self._policy, connection)
        cost = cost_of(policy.prices, terms.reach) if risk is Risk.SEND and policy.prices else None
        facts = Facts(risk=risk, recipients=recipients, connection=connection, reach=terms.reach)
        return replace(
            terms,
            cost=None if cost is None else int((cost * _MILLION).to_integral_value(ROUND_CEILING)),
            approvals=approvals_needed(self._policy, facts),
            # What has a time of its own can be cancelled until then.
            hold_seconds=grace_of(self._policy, facts) if terms.reach.at is None else 0.0,
            tests=only_seeds(policy, facts),
        )

    async def forbids(self, action: Action) -> str | None:
        """Why an approved action may not begin now; None where it may."""
        facts = await self.facts(action, duplicate=action.duplicate_of is not None)
        return policy_now_forbids(await self._policy_for(action), action, facts=facts)

    def caps(self, action: Action) -> Caps:
        """The limits that the claim of an action reserves."""
        rule = next((each.by for each in action.decisions if each.by.startswith(STANDING)), "")
        return self.caps_by_rule(action.connection, rule if action.channel is Channel.POLICY else "")

    def caps_by_rule(self, connection: str, rule: str) -> Caps:
        """The limits of an action that this rule of the policy approves."""
        caps = caps_of(self._policy, connection)
        if not rule.startswith(STANDING):
            return caps
        name = rule.removeprefix(STANDING)
        own = {each.name: each.per_day for each in self._policy.standing}
        # Of a rule that is not in force any more, none is left.
        most = own.get(name, self._kept.get(name, 0))
        return replace(caps, standing=(rule, most), kept="" if name in own else name)

    def channels(self, connection: str) -> frozenset[str]:
        """The channels through which an action on a connection may be approved."""
        return channels_of(on_connection(self._policy, connection))

    async def _policy_for(self, row: Draft | Action) -> PolicySettings:
        """The policy, with the rules that people's decisions made for this account beside the owner's own."""
        if row.risk is not Risk.SEND or self._policy.remembered_rules == "deny":
            return self._policy
        rules = [each.rule for each in await self._store.rules.in_force(row.connection, row.account)]
        if not rules:
            return self._policy
        self._kept.update((rule.name, rule.per_day) for rule in rules)
        return self._policy.model_copy(update={"standing": (*self._policy.standing, *rules)})

    async def facts(self, row: Draft | Action, *, duplicate: bool) -> Facts:
        """What the policy looks at of a draft, or of a row as it stands now."""
        terms = row.terms
        return Facts(
            risk=row.risk,
            recipients=row.recipients,
            # At the claim the ledger adds them up itself, in the claim's own transaction.
            recent_writes=await self._recent_writes(row) if isinstance(row, Draft) else 0,
            unseen_content=terms.unseen_content,
            duplicate=duplicate,
            operations=row.operations,
            connection=row.connection,
            reach=terms.reach,
            cost=None if terms.cost is None else Decimal(terms.cost) / _MILLION,
            cost_known=terms.cost is not None,
            tested=await self._tested(row),
            now=self._now(),
            account_zone=self._settings.account_timezone,
            approvals=() if isinstance(row, Draft) else _approvers(row),
        )

    async def _recent_writes(self, row: Draft | Action) -> int:
        return await self._store.unconfirmed_writes(row.connection) if row.risk is Risk.WRITE else 0

    async def _tested(self, row: Draft | Action) -> bool:
        """Whether every text of it has gone to the owner's own recipients lately."""
        wanted = on_connection(self._policy, row.connection).test_first_above
        if wanted is None or row.risk < Risk.SEND or "texts" in row.terms.reach.unknown:
            return False
        marks = [self._key.text(each) for each in row.terms.reach.texts]
        return await self._store.tested(marks, since=self._now() - _TESTED_SECONDS)


def _approvers(action: Action) -> tuple[str, ...]:
    return tuple(each.by for each in action.decisions if each.state is State.APPROVED)
