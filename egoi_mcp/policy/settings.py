"""The owner's policy as one frozen value.

A member that was given (`model_fields_set`) is the owner's word; the others have the careful default, and a
source that is silent about a member has no say in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from pydantic import BaseModel, Field

Confirm = Literal["auto", "chat", "off"]
UnseenContent = Literal["deny", "confirm"]
QuietVerdict = Literal["deny", "confirm"]
RememberedRules = Literal["deny", "allow"]
Verdict = Literal["allow", "confirm", "deny"]
RiskName = Literal["write", "consent", "disclose", "send", "destroy"]
ApprovalChannel = Literal["elicitation", "terminal", "page", "chat"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

RISK_NAMES: tuple[RiskName, ...] = get_args(RiskName)
APPROVAL_CHANNELS: tuple[ApprovalChannel, ...] = get_args(ApprovalChannel)
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""From Monday, as `datetime.weekday` counts."""


class PolicyOverride(BaseModel, frozen=True, extra="forbid"):
    """What holds on one connection as well; where it and the rest of the policy speak, the stricter wins."""

    read_only: bool = False
    write_threshold: int = Field(default=25, ge=0)
    max_recipients_per_action: int | None = Field(default=None, ge=0)
    max_sends_per_day: int | None = Field(default=None, ge=0)
    max_cost_per_day: Decimal | None = Field(default=None, ge=0)
    max_cost_per_month: Decimal | None = Field(default=None, ge=0)
    risks: Mapping[RiskName, Verdict] = {}
    operations: Mapping[str, Verdict] = {}


class StandingRule(BaseModel, frozen=True, extra="forbid"):
    """A routine message that needs no click: one operation, one sender, one template, one person.

    `template` is the text with `{…}` gaps; `{name:30}` takes up to 30 visible characters, `{name}` 20.
    `promotional` says of which kind the caller has to call it, for what is not is held against no
    suppression list; None takes both. `per_day` counts 24 hours; from the day after `expires`, in the
    account's time zone, it fits nothing.
    """

    name: str
    operation: str
    sender: str
    template: str
    recipients: Literal[1] = 1
    per_day: int = Field(ge=1)
    expires: date | None = None
    promotional: bool | None = None


class PolicySettings(BaseModel, frozen=True, extra="forbid"):
    """What the owner allows; every member is a key of `policy.toml`, and most are environment variables.

    `allowed_…` is None where nothing was said, so that everything may pass; an empty one lets nothing pass.
    Only `allowed_hosts` reads None as none: data leaves to no address that the owner did not name. Prices
    are for one SMS segment, in the account's currency, by ISO country code, `*` for every other country.
    """

    read_only: bool = False
    confirm: Confirm = "auto"
    write_threshold: int = Field(default=25, ge=0)
    max_recipients_per_action: int | None = Field(default=None, ge=0)
    max_sends_per_day: int | None = Field(default=None, ge=0)
    max_cost_per_day: Decimal | None = Field(default=None, ge=0)
    max_cost_per_month: Decimal | None = Field(default=None, ge=0)
    prices: Mapping[str, Decimal] = {}
    unseen_content: UnseenContent = "deny"
    type_count_above: int = Field(default=25, ge=0)

    risks: Mapping[RiskName, Verdict] = {}
    operations: Mapping[str, Verdict] = {}
    connections: Mapping[str, PolicyOverride] = {}

    allowed_lists: frozenset[int] | None = None
    denied_lists: frozenset[int] = frozenset()
    allowed_senders: frozenset[str] | None = None
    denied_senders: frozenset[str] = frozenset()
    allowed_countries: frozenset[str] | None = None
    denied_countries: frozenset[str] = frozenset()
    allowed_recipients: frozenset[str] | None = None
    denied_recipients: frozenset[str] = frozenset()
    allowed_hosts: frozenset[str] | None = None
    denied_hosts: frozenset[str] = frozenset()

    quiet_hours: frozenset[str] = frozenset()
    quiet_days: frozenset[Weekday] = frozenset()
    holidays: frozenset[str] = frozenset()
    quiet_verdict: QuietVerdict = "deny"
    quiet_transactional: bool = False

    seed_recipients: frozenset[str] = frozenset()
    test_first_above: int | None = Field(default=None, ge=0)
    approvals_required: int = Field(default=1, ge=1)
    approvals_required_above: int = Field(default=0, ge=0)
    approval_channels: frozenset[ApprovalChannel] = frozenset(APPROVAL_CHANNELS)
    standing: tuple[StandingRule, ...] = ()
    remembered_rules: RememberedRules = "allow"
    grace_above: int | None = Field(default=None, ge=0)
    grace_seconds: float = Field(default=300.0, gt=0)
