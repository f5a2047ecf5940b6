"""Standing rules that a decision makes: always this sender, this text, one recipient, so many a day.

They are offered only where the decision itself is of that kind, hold on its connection and account alone, and
can be ended at any time. Nothing else is remembered of a decision.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from egoi_mcp.errors import InvalidInput, NotAllowed
from egoi_mcp.guard.action import Action, State
from egoi_mcp.guard.judging import Judge
from egoi_mcp.guard.standing import is_routine
from egoi_mcp.policy.settings import PolicySettings, StandingRule
from egoi_mcp.policy.templates import Gap, fits, parts_of
from egoi_mcp.store.protocol import Store

USUAL_PER_DAY, MOST_PER_DAY = 20, 100
LEAST_OWN, MOST_GAPS = 12, 5
"""Letters and digits that a template holds itself, and the gaps that it may have."""
_NOTHING = "Nothing was decided."


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The rule that approving an action may make; its text can be given gaps, its sender not changed."""

    operation: str
    sender: str
    template: str
    per_day: int = USUAL_PER_DAY
    most_per_day: int = MOST_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A rule in force; `made` says by whom, when and with which action, `used_today` counts 24 hours."""

    id: str
    operation: str
    sender: str
    template: str
    per_day: int
    used_today: int
    expires: date | None
    made: str
    revocable: bool


class Rules:
    """What the owner lets pass without a click, as far as decisions made it; `now` is the wall clock."""

    def __init__(
        self,
        policy: PolicySettings,
        store: Store,
        judge: Judge,
        *,
        zone: tzinfo | None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._policy = policy
        self._store = store
        self._judge = judge
        self._zone = zone
        self._now = now

    async def offer(self, action: Action) -> Offer | None:
        """The rule that approving this proposal may make; None where it is no routine message."""
        if action.state is not State.PROPOSED or not await self._may_be_routine(action):
            return None
        reach = action.terms.reach
        return Offer(
            operation=f"{action.operations[0]}, {_kind(reach.promotional)}",
            sender=" ".join(reach.senders[0].split("\n")[::-1]),
            template=reach.texts[0],
        )

    def check(self, action: Action, template: str, per_day: int, expires: date | None) -> None:
        """Refuse a rule that says less than what was decided.

        Raises:
            InvalidInput: the template is none, does not fit the message, or says next to nothing; the
                number is none that a rule may have; the day has passed.
        """
        self._rule(action, template, per_day, expires)

    async def remember(
        self, action: Action, *, template: str, per_day: int, expires: date | None, by: str
    ) -> StandingRule:
        """Make the rule of an action that a person has approved.

        Raises:
            InvalidInput: as of `check`.
            NotAllowed: it was not approved by a person, or is no routine message.
            StateUnavailable: it cannot be written, so there is no rule.
        """
        rule = self._rule(action, template, per_day, expires)
        if action.approved_at is None or not await self._may_be_routine(action):
            raise NotAllowed("Only a routine message that was approved makes a rule. There is no new rule.")
        kept = await self._store.rules.keep(
            rule,
            connection=action.connection,
            account=action.account,
            sender_label=" ".join(action.terms.reach.senders[0].split("\n")[::-1]),
            action_id=action.id,
            made_by=by,
        )
        return kept.rule

    async def listed(self) -> tuple[Remembered, ...]:
        """Every rule in force: those that decisions made, oldest first, then those of the owner's file."""
        made = await self._store.rules.counted() if self._policy.remembered_rules == "allow" else ()
        used = await self._store.rules.used([rule.name for rule in self._policy.standing])
        return (
            *(
                Remembered(
                    id=each.rule.name,
                    operation=", ".join([each.rule.operation, *_kinds(each.rule)]),
                    sender=each.sender_label,
                    template=each.rule.template,
                    per_day=each.rule.per_day,
                    used_today=each.used,
                    expires=each.rule.expires,
                    made=f"by {each.made_by} on {self._day(each.made_at)}, with {each.action_id}, on "
                    f"{each.connection} {each.account}",
                    revocable=True,
                )
                for each in made
            ),
            *(
                Remembered(
                    id=rule.name,
                    operation=rule.operation,
                    sender=rule.sender,
                    template=rule.template,
                    per_day=rule.per_day,
                    used_today=used[rule.name],
                    expires=rule.expires,
                    made="by the owner's policy.toml",
                    revocable=False,
                )
                for rule in self._policy.standing
            ),
        )

    async def revoke(self, rule_id: str, *, by: str) -> None:
        """End a rule that a decision made; every process asks again from then on.

        Raises:
            NotAllowed: there is no such rule, or the owner's file holds it.
        """
        await self._store.rules.end(rule_id, by=by)

    def _rule(self, action: Action, template: str, per_day: int, expires: date | None) -> StandingRule:
        reach = action.terms.reach
        if len(reach.texts) != 1 or len(reach.senders) != 1 or len(action.operations) != 1:
            raise InvalidInput(f"Only one message with one sender makes a rule. {_NOTHING}")
        check_template(template, reach.texts[0])
        if not 1 <= per_day <= MOST_PER_DAY:
            raise InvalidInput(f"A rule lets through 1 to {MOST_PER_DAY} a day. {_NOTHING}")
        if expires is not None and expires < datetime.fromtimestamp(self._now(), self._zone).date():
            raise InvalidInput(f"The day on which the rule ends has passed. {_NOTHING}")
        return StandingRule(
            name="new",
            operation=action.operations[0],
            # The vendor's id of it: another sender may take over a name.
            sender=reach.senders[0].split("\n")[0],
            template=template,
            per_day=per_day,
            expires=expires,
            # Called transactional, it would pass over whoever wants no promotions.
            promotional=reach.promotional,
        )

    async def _may_be_routine(self, action: Action) -> bool:
        if self._policy.remembered_rules == "deny" or action.terms.approvals > 1:
            return False
        facts = await self._judge.facts(action, duplicate=action.duplicate_of is not None)
        return is_routine(facts) and can_be_template(facts.reach.texts[0])

    def _day(self, at: float) -> str:
        return datetime.fromtimestamp(at, self._zone).strftime("%Y-%m-%d")


def _kind(promotional: bool) -> str:
    return "promotional" if promotional else "transactional"


def _kinds(rule: StandingRule) -> list[str]:
    return [] if rule.promotional is None else [_kind(rule.promotional)]


def can_be_template(text: str) -> bool:
    """Whether a message can stand as a template of itself: it says something, and its braces are no gaps."""
    try:
        check_template(text, text)
    except InvalidInput:
        return False
    return not any(isinstance(part, Gap) for part in parts_of(text))


def check_template(template: str, text: str) -> None:
    """Refuse a template that is none, that the message does not fit, or that says next to nothing.

    Raises:
        InvalidInput: with what is wrong with it.
    """
    try:
        parts = parts_of(template)
        fitting = fits(template, text)
    except ValueError as error:
        raise InvalidInput(f"The rule's text {error}. {_NOTHING}") from None
    if not fitting:
        raise InvalidInput(
            "The rule's text is not that of this message: put a gap such as {name} or {time:10} where it "
            f"changes, and leave the rest as it is. {_NOTHING}"
        )
    gaps = [part for part in parts if isinstance(part, Gap)]
    own = sum(character.isalnum() for part in parts if isinstance(part, str) for character in part)
    if len(gaps) > MOST_GAPS or own < LEAST_OWN or sum(gap.most for gap in gaps) > 2 * own:
        raise InvalidInput(
            f"The rule's text leaves too much open: it has at least {LEAST_OWN} letters of its own, at most "
            f"{MOST_GAPS} gaps, and gaps no wider than twice its own letters. {_NOTHING}"
        )
