"""What the owner allows, as pure functions of the settings and a plan."""

from __future__ import annotations

from decimal import Decimal

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action
from egoi_mcp.guard.facts import Facts, Ruling, ruling
from egoi_mcp.guard.limits import refused
from egoi_mcp.guard.quiet_hours import quiet_because
from egoi_mcp.guard.standing import only_seeds, standing_of
from egoi_mcp.policy.keys import on_connection
from egoi_mcp.policy.settings import PolicySettings, Verdict
from egoi_mcp.store.protocol import Caps

__all__ = [
    "Facts",
    "Ruling",
    "approvals_needed",
    "caps_of",
    "channels_of",
    "grace_of",
    "policy_now_forbids",
    "rule_on",
    "standing_of",
]


def rule_on(policy: PolicySettings, facts: Facts) -> Ruling:
    """Allow, confirm or deny; where two rules speak, the stricter wins."""
    if facts.risks <= {"read"}:
        return Ruling(verdict="allow", rule="reading", reason="It only reads.")
    policy = on_connection(policy, facts.connection)
    if (denied := _denied(policy, facts)) is not None:
        return denied
    asked = _to_confirm(policy, facts)
    if asked is not None and not channels_of(policy):
        return ruling(
            "deny", "approval_channels", f"{asked.reason} No channel is left to approve it through."
        )
    return asked or _allowed(policy, facts)


def policy_now_forbids(policy: PolicySettings, action: Action, *, facts: Facts | None = None) -> str | None:
    """Why an approved action may not begin under this policy; None where it may.

    It may be another policy than the one under which it was approved: that of the server that carries
    on where an earlier one has ended. `facts` are those of this moment; without them they are what the
    row says, and all the rest counts as not known.
    """
    if facts is None:
        facts = Facts(
            risk=action.risk,
            recipients=action.recipients,
            duplicate=action.duplicate_of is not None,
            operations=tuple(step.operation for step in action.steps),
            connection=action.connection,
        )
    ruling_now = rule_on(policy, facts)
    if ruling_now.verdict != "confirm":
        return None if ruling_now.verdict == "allow" else ruling_now.reason
    if action.channel is None or action.channel.value not in channels_of(
        on_connection(policy, facts.connection)
    ):
        return ruling_now.reason
    needed, given = approvals_needed(policy, facts), len(set(facts.approvals) - {""})
    if needed > 1 and given < needed:
        return f"It needs the approval of {needed} different people, and {given} gave theirs by name."
    return None


def channels_of(policy: PolicySettings) -> frozenset[str]:
    """The channels through which a person may approve; by chat only where the owner chose that."""
    return frozenset(
        channel for channel in policy.approval_channels if channel != "chat" or policy.confirm == "chat"
    )


def approvals_needed(policy: PolicySettings, facts: Facts) -> int:
    """How many different people approve an action that has to be confirmed; two or more go by their names."""
    policy = on_connection(policy, facts.connection)
    few = facts.recipients is not None and facts.recipients <= policy.approvals_required_above
    return 1 if few else policy.approvals_required


def grace_of(policy: PolicySettings, facts: Facts) -> float:
    """Seconds for which an approved send is held, so that it can still be revoked."""
    policy = on_connection(policy, facts.connection)
    if policy.grace_above is None or not facts.sends:
        return 0.0
    few = facts.recipients is not None and facts.recipients <= policy.grace_above
    return 0.0 if few else policy.grace_seconds


def caps_of(policy: PolicySettings, connection: str = "") -> Caps:
    """The limits that a claim on a connection reserves."""
    policy = on_connection(policy, connection)
    return Caps(
        recipients_per_action=policy.max_recipients_per_action,
        sends_per_day=policy.max_sends_per_day,
        unconfirmed_writes_per_hour=policy.write_threshold if policy.confirm != "off" else None,
        cost_per_day=_millionths(policy.max_cost_per_day),
        cost_per_month=_millionths(policy.max_cost_per_month),
    )


def _millionths(cost: Decimal | None) -> int | None:
    return None if cost is None else int(cost * 1_000_000)


# -- deny ----------------------------------------------------------------------------------------


def _denied(policy: PolicySettings, facts: Facts) -> Ruling | None:
    if policy.read_only:
        return ruling("deny", "read_only", "This server only reads.")
    for key, verdict in _stated(policy, facts):
        if verdict == "deny":
            return ruling("deny", key, f"The owner's policy denies {key.partition('.')[2]}.")
    if facts.sends and facts.unseen_content and policy.unseen_content == "deny":
        return ruling(
            "deny",
            "unseen_content",
            "Its text cannot be shown: this server did not write it, and the vendor does not show it. "
            "A campaign can be created again with create_campaign.",
        )
    if (found := refused(policy, facts)) is not None:
        return found
    if policy.quiet_verdict == "deny" and (quiet := quiet_because(policy, facts)) is not None:
        return ruling("deny", *quiet)
    return None


# -- confirm -------------------------------------------------------------------------------------


def _to_confirm(policy: PolicySettings, facts: Facts) -> Ruling | None:
    if facts.duplicate:
        return Ruling(
            verdict="confirm",
            rule="duplicate",
            reason="The same has just been sent, or may have been, so only a person may send it again.",
        )
    if "destroy" in facts.risks:
        return Ruling(verdict="confirm", rule="destroy", reason="It cannot be undone, or silences people.")
    if facts.sends and facts.unseen_content:
        return ruling("confirm", "unseen_content", "Its text cannot be shown.")
    if (quiet := quiet_because(policy, facts)) is not None:
        return ruling("confirm", *quiet)
    by_rule = only_seeds(policy, facts) or standing_of(policy, facts) is not None
    if not by_rule and (asked := _asked(policy, facts)) is not None:
        return asked
    return _too_many_writes(policy, facts)


def _asked(policy: PolicySettings, facts: Facts) -> Ruling | None:
    """What the owner says of this risk or operation, or else what is careful."""
    stated = _stated(policy, facts)
    for key, verdict in stated:
        if verdict == "confirm":
            return ruling("confirm", key, f"The owner's policy asks a person about {key.partition('.')[2]}.")
    if policy.confirm == "off":
        return None
    said = dict(stated)
    if facts.operations and all(f"operations.{name}" in said for name in facts.operations):
        return None
    for risk, reason in _REASONS.items():
        if risk in facts.risks and f"risks.{risk}" not in said:
            return Ruling(verdict="confirm", rule=risk, reason=reason)
    return None


def _too_many_writes(policy: PolicySettings, facts: Facts) -> Ruling | None:
    if facts.risk is not Risk.WRITE or policy.confirm == "off":
        return None
    if facts.recipients is None:
        return Ruling(verdict="confirm", rule="write", reason="Nobody knows how many contacts it changes.")
    if facts.recipients + facts.recent_writes <= policy.write_threshold:
        return None
    return ruling(
        "confirm",
        "write_threshold",
        f"It changes {facts.recipients} contacts after {facts.recent_writes} in the last hour, and above "
        f"{policy.write_threshold} a person decides.",
    )


def _stated(policy: PolicySettings, facts: Facts) -> list[tuple[str, Verdict]]:
    """What the owner says of the risks and operations of a plan, by key.

    Where nobody knows the operations, it may be any that the policy speaks of.
    """
    found: list[tuple[str, Verdict]] = [
        (f"risks.{risk}", verdict) for risk, verdict in policy.risks.items() if risk in facts.risks
    ]
    return found + [
        (f"operations.{name}", verdict)
        for name, verdict in policy.operations.items()
        if not facts.operations or name in facts.operations
    ]


# -- allow ---------------------------------------------------------------------------------------


def _allowed(policy: PolicySettings, facts: Facts) -> Ruling:
    if (standing := standing_of(policy, facts)) is not None:
        rule = f"standing:{standing.name}"
        return Ruling(verdict="allow", rule=rule, reason="A standing rule of the owner's allows it.")
    if only_seeds(policy, facts):
        return Ruling(
            verdict="allow", rule="seed_recipients", reason="It only reaches the owner's own test recipients."
        )
    return Ruling(verdict="allow", rule=facts.risk.name.lower(), reason="The owner's policy allows it.")


_REASONS = {
    "send": "It reaches people or costs money.",
    "disclose": "Data leaves to an address that the call chose.",
    "consent": "It says that people may be contacted.",
}
