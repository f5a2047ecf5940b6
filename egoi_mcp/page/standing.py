"""Standing rules on the page: what is offered with a decision, what came back of it, what is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Action
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.guard.remembered import Rules
from egoi_mcp.page.forms import rule_form
from egoi_mcp.page.sessions import Session
from egoi_mcp.page.view import RuleCard, RuleOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The rule that a form asks for."""

    template: str
    per_day: int
    expires: date | None

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Wanted | None:
        """What the form says; None where its box is not ticked.

        Raises:
            InvalidInput: the number or the date is none.
        """
        if fields.get("remember") != "on":
            return None
        per_day, until = fields.get("per_day", "").strip(), fields.get("expires", "").strip()
        if not per_day.isascii() or not per_day.isdigit() or len(per_day) > 6:
            raise InvalidInput("How many a day is a whole number. Nothing was decided.")
        try:
            expires = date.fromisoformat(until) if until else None
        except ValueError as error:
            raise InvalidInput("The day on which the rule ends is no date. Nothing was decided.") from error
        # Browsers send a line's end as two characters, whatever it was.
        template = fields.get("template", "").replace("\r\n", "\n")
        return cls(template=template, per_day=int(per_day), expires=expires)


async def offer_of(rules: Rules, action: Action) -> RuleOffer | None:
    """What the card of an action offers."""
    found = await rules.offer(action)
    if found is None:
        return None
    return RuleOffer(
        operation=found.operation,
        sender=found.sender,
        template=found.template,
        per_day=found.per_day,
        most_per_day=found.most_per_day,
    )


async def cards_of(
    rules: Rules, key: StateKey, session: Session, errors: Mapping[str, str]
) -> tuple[RuleCard, ...]:
    """The rules in force, each with the form that ends it where it was made on the page."""
    return tuple(
        RuleCard(
            id=each.id,
            operation=each.operation,
            sender=each.sender,
            template=each.template,
            per_day=each.per_day,
            used_today=each.used_today,
            expires=each.expires.isoformat() if each.expires is not None else "",
            made=each.made,
            revocable=each.revocable,
            form=rule_form(key, session, each.id) if each.revocable else "",
            error=errors.get(each.id, ""),
        )
        for each in await rules.listed()
    )
