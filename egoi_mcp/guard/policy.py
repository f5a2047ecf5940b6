"""What the owner allows, as pure functions of the settings and a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, Channel
from egoi_mcp.settings import PolicySettings
from egoi_mcp.store.protocol import Caps

Verdict = Literal["allow", "confirm", "deny"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the policy says of a plan, by which rule, in words a person can act on."""

    verdict: Verdict
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the policy looks at.

    `recipients` is None where nobody knows how many are reached or changed; `recent_writes` counts
    contacts changed on the connection within the hour without a person.
    """

    risk: Risk
    recipients: int | None
    recent_writes: int = 0
    unseen_content: bool = False
    duplicate: bool = False


def rule_on(policy: PolicySettings, facts: Facts) -> Ruling:
    """Allow, confirm or deny; where two rules speak, the stricter wins."""
    if facts.risk is Risk.READ:
        return Ruling(verdict="allow", rule="reading", reason="It only reads.")
    return _denied(policy, facts) or _to_confirm(policy, facts) or _allowed(facts)


def policy_now_forbids(policy: PolicySettings, action: Action) -> str | None:
    """Why an approved action may not begin under this policy; None where it may.

    It may be another policy than the one under which it was approved: that of the server that carries
    on where an earlier one has ended.
    """
    facts = Facts(risk=action.risk, recipients=action.recipients, duplicate=action.duplicate_of is not None)
    ruling = rule_on(policy, facts)
    by_chat = action.channel is Channel.CHAT and policy.confirm == "chat"
    by_person = by_chat or action.channel in {Channel.ELICITATION, Channel.TERMINAL}
    if ruling.verdict == "allow" or (ruling.verdict == "confirm" and by_person):
        return None
    return ruling.reason


def caps_of(policy: PolicySettings) -> Caps:
    """The limits that a claim reserves."""
    return Caps(
        recipients_per_action=policy.max_recipients_per_action,
        sends_per_day=policy.max_sends_per_day,
        unconfirmed_writes_per_hour=policy.write_threshold if policy.confirm != "off" else None,
    )


def _denied(policy: PolicySettings, facts: Facts) -> Ruling | None:
    if policy.read_only:
        return Ruling(
            verdict="deny",
            rule="EGOI_MCP_READ_ONLY",
            reason="This server only reads. The owner can change that by unsetting EGOI_MCP_READ_ONLY.",
        )
    if facts.risk is Risk.SEND and facts.unseen_content and policy.unseen_content == "deny":
        return Ruling(
            verdict="deny",
            rule="EGOI_MCP_POLICY_UNSEEN_CONTENT",
            reason=(
                "Its text cannot be shown: this server did not write the campaign, and the vendor shows no "
                "campaign's content. Create it again with create_campaign, or the owner sets "
                "EGOI_MCP_POLICY_UNSEEN_CONTENT=confirm."
            ),
        )
    most = policy.max_recipients_per_action
    if facts.risk >= Risk.SEND and most is not None and (facts.recipients is None or facts.recipients > most):
        number = "an unknown number of" if facts.recipients is None else str(facts.recipients)
        return Ruling(
            verdict="deny",
            rule="EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION",
            reason=f"It reaches {number} recipients, and the owner's policy allows {most} an action.",
        )
    return None


def _to_confirm(policy: PolicySettings, facts: Facts) -> Ruling | None:
    if facts.duplicate:
        return Ruling(
            verdict="confirm",
            rule="duplicate",
            reason="The same has just been sent, or may have been, so only a person may send it again.",
        )
    if facts.risk is Risk.DESTROY:
        return Ruling(verdict="confirm", rule="destroy", reason="It cannot be undone, or silences people.")
    if policy.confirm == "off":
        return None
    if facts.risk > Risk.WRITE:
        return Ruling(verdict="confirm", rule=facts.risk.name.lower(), reason=_REASONS[facts.risk])
    if facts.recipients is None:
        return Ruling(verdict="confirm", rule="write", reason="Nobody knows how many contacts it changes.")
    if facts.recipients + facts.recent_writes > policy.write_threshold:
        return Ruling(
            verdict="confirm",
            rule="EGOI_MCP_POLICY_WRITE_THRESHOLD",
            reason=(
                f"It changes {facts.recipients} contacts after {facts.recent_writes} in the last hour, and "
                f"above {policy.write_threshold} a person decides."
            ),
        )
    return None


def _allowed(facts: Facts) -> Ruling:
    return Ruling(verdict="allow", rule=facts.risk.name.lower(), reason="The owner's policy allows it.")


_REASONS = {
    Risk.CONSENT: "It says that people may be contacted.",
    Risk.DISCLOSE: "Data leaves to an address that the call chose.",
    Risk.SEND: "It reaches people or costs money.",
}
