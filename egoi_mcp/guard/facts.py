"""What the policy looks at, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.reach import NOT_LOOKED_AT, Reach
from egoi_mcp.policy.keys import VARIABLES
from egoi_mcp.policy.settings import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the policy says of a plan, by which rule, in words a person can act on."""

    verdict: Verdict
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the policy looks at; what nobody passes on counts as not known.

    `recipients` is None where nobody knows how many are reached or changed; `recent_writes` counts
    contacts changed on the connection within the hour without a person. `cost` is in the account's
    currency, and holds only where `cost_known`. `tested`: the same text has gone to the seeds.
    `now` is in seconds since the epoch. `approvals` names each person who approved.
    """

    risk: Risk
    recipients: int | None
    recent_writes: int = 0
    unseen_content: bool = False
    duplicate: bool = False
    operations: tuple[str, ...] = ()
    connection: str = ""
    reach: Reach = NOT_LOOKED_AT
    cost: Decimal | None = None
    cost_known: bool = False
    tested: bool = False
    now: float | None = None
    account_zone: str | None = None
    approvals: tuple[str, ...] = ()

    @property
    def risks(self) -> frozenset[str]:
        """The risk of the whole and those of its parts, as the policy names them."""
        return frozenset({self.risk.name.lower(), *self.reach.risks})

    @property
    def sends(self) -> bool:
        """Whether any part of it reaches people."""
        return "send" in self.risks

    def unknown(self, name: str) -> bool:
        """Whether a member of the reach may hold more than it says.

        What sends although its requests do not (a campaign at work is changed) reaches people that they do
        not name.
        """
        unsaid = self.sends and "send" not in self.reach.risks and name in {"recipients", "segments", "at"}
        return unsaid or name in self.reach.unknown


def rule_of(key: str) -> str:
    """A rule's name as the owner writes it: the variable, or the key of `policy.toml` where there is none."""
    return VARIABLES.get(key, key)


def ruling(verdict: Verdict, key: str, what: str) -> Ruling:
    """A ruling by a key of the policy, with how the owner changes it."""
    where = f"{key} in policy.toml" + (f", or {VARIABLES[key]}" if key in VARIABLES else "")
    return Ruling(verdict=verdict, rule=rule_of(key), reason=f"{what} The owner can change that: {where}.")
