"""What the owner lets pass without a click: messages that fit a standing rule, and tests to the seeds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.facts import Facts
from egoi_mcp.policy.settings import PolicySettings, StandingRule
from egoi_mcp.policy.templates import fits

_FIRST_TO_SEE_A_DAY = timezone(timedelta(hours=14))


def standing_of(policy: PolicySettings, facts: Facts) -> StandingRule | None:
    """The standing rule that this send fits, the first by name; None where a person decides.

    How often it has been used today is for the ledger to say.
    """
    if not is_routine(facts):
        return None
    return next((rule for rule in policy.standing if _fits(rule, facts)), None)


def only_seeds(policy: PolicySettings, facts: Facts) -> bool:
    """Whether everybody that a send reaches is known and one of the owner's own test recipients."""
    people = set(facts.reach.recipients)
    return (
        facts.sends
        and bool(people)
        and not facts.unknown("recipients")
        and facts.recipients is not None
        and facts.recipients <= len(people)
        and people <= policy.seed_recipients
    )


def is_routine(facts: Facts) -> bool:
    """Whether it is one plain message now, of one known text and sender, to one known person."""
    reach = facts.reach
    return (
        facts.risk is Risk.SEND
        and facts.risks <= {"send"}
        and not facts.duplicate
        and not facts.unseen_content
        and not reach.extras
        and facts.recipients == 1
        and reach.at is None
        and [len(each) for each in (facts.operations, reach.recipients, reach.senders, reach.texts)]
        == [1] * 4
        and not any(map(facts.unknown, ("recipients", "senders", "texts", "at")))
    )


def _fits(rule: StandingRule, facts: Facts) -> bool:
    names = {name.casefold() for name in facts.reach.senders[0].split("\n")}
    return (
        facts.operations[0] == rule.operation
        and rule.sender.casefold() in names
        and rule.promotional in {None, facts.reach.promotional}
        and not _expired(rule, facts)
        and fits(rule.template, facts.reach.texts[0])
    )


def _expired(rule: StandingRule, facts: Facts) -> bool:
    """Whether the rule's last day is over for the account; where its zone is not known, for anybody."""
    if rule.expires is None:
        return False
    if facts.now is None:
        return True
    try:
        return datetime.fromtimestamp(facts.now, _zone(facts.account_zone)).date() > rule.expires
    except (ValueError, OverflowError, OSError):
        return True


def _zone(name: str | None) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return _FIRST_TO_SEE_A_DAY if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _FIRST_TO_SEE_A_DAY
