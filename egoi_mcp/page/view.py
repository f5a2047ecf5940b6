"""What the approval page shows, as values: the server fills them in, the face makes HTML of them."""

from __future__ import annotations

from dataclasses import dataclass

from egoi_mcp.models.preview import Preview


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOffer:
    """A standing rule that approving this one may create.

    `template` is the message's exact text, in which the person may put gaps such as `{name}`; `sender` and
    `operation` are fixed by what was approved. `most_per_day` bounds what may be typed.
    """

    operation: str
    sender: str
    template: str
    per_day: int
    most_per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One action on the page; times are seconds since the epoch.

    `preview` is the whole of it: whoever approves sees everything. `form` is the token that a decision on
    this action, as it is shown here, has to bring back. `outcome` says in words what became of it, `error`
    what was wrong with the form that was just sent. `typed` is whether the number of recipients has to be
    typed to approve.
    """

    id: str
    state: str
    risk: str
    preview: Preview
    connection: str
    client: str
    principal: str
    asked_at: float
    expires_at: float
    held_until: float | None = None
    duplicate_of: str | None = None
    approvals: int = 1
    approved_by: tuple[str, ...] = ()
    typed: bool = False
    pin: bool = False
    may_decide: bool = True
    """Whether approve and decline are offered; where not, `why_not` says why."""
    why_not: str = ""
    may_revoke: bool = False
    form: str = ""
    outcome: str = ""
    error: str = ""
    offer: RuleOffer | None = None
    email_frame: str | None = None
    """The address of the email's HTML, for a sandboxed frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCard:
    """A standing rule in force; `revocable` where it was made on the page and not by the owner's file."""

    id: str
    operation: str
    sender: str
    template: str
    per_day: int
    used_today: int
    expires: str
    made: str
    """By whom, when, from which action; or that the owner's file holds it."""
    revocable: bool
    form: str = ""
    error: str = ""
    """What was wrong with the form that was just sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """The whole page: what waits, what was decided lately, and the rules in force.

    `base` is the path under which the page's addresses lie, with a slash at its end. `notice` is said at
    the top. `zone` is the time zone in which times are shown.
    """

    base: str
    waiting: tuple[Card, ...] = ()
    decided: tuple[Card, ...] = ()
    rules: tuple[RuleCard, ...] = ()
    notice: str = ""
    zone: str = "UTC"
    now: float = 0.0
