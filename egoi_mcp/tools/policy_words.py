"""The policy in force in short words: what this server does by itself, what it asks, and what it refuses."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from egoi_mcp.policy.settings import APPROVAL_CHANNELS, PolicyOverride, PolicySettings
from egoi_mcp.settings import Settings
from egoi_mcp.store.protocol import KeptRule

_MOST_NAMED = 8
"""Of a list so many are named, and the others counted: the model reads this every time."""


def policy_in_words(settings: Settings) -> dict[str, str]:
    """What holds always, and of all else only what the owner set.

    No recipient is named, only how many and of what sort: the model may not be meant to see them.
    """
    policy = settings.policy
    confirm = {
        "auto": "a person approves sends, consent, disclosure and everything that cannot be undone",
        "chat": "the person in the chat approves by a second call",
        "off": "nobody is asked, except before what cannot be undone",
    }[policy.confirm]
    freely = "any number" if policy.confirm == "off" else f"{policy.write_threshold} an hour"
    words = {
        "mode": "only reading" if policy.read_only else confirm,
        "contacts changed without asking": "none" if policy.read_only else freely,
        "campaigns not written here": "refused" if policy.unseen_content == "deny" else "sent after asking",
        "personal data shown to the model": settings.pii,
        "account time zone": settings.account_timezone or "not set: nothing can be scheduled",
        **_limits(policy),
        **_verdicts(policy),
        **_lists(policy),
        **_quiet(policy),
        **_approvals(policy),
        **{f"on {name} also": _override(each) for name, each in sorted(policy.connections.items())},
    }
    return {name: said for name, said in words.items() if said}


def _limits(policy: PolicySettings | PolicyOverride) -> dict[str, str]:
    limits = {
        "recipients per action": policy.max_recipients_per_action,
        "recipients per 24 hours": policy.max_sends_per_day,
        "cost per 24 hours": policy.max_cost_per_day,
        "cost per month": policy.max_cost_per_month,
    }
    return {name: f"at most {value}" for name, value in limits.items() if value is not None}


def _verdicts(policy: PolicySettings | PolicyOverride) -> dict[str, str]:
    said: dict[str, str] = {}
    words = {"deny": "refused", "confirm": "always asked about", "allow": "done without asking"}
    stated = [*policy.risks.items(), *policy.operations.items()]
    for verdict, word in words.items():
        said[word] = _some([name for name, each in stated if each == verdict])
    return said


def _lists(policy: PolicySettings) -> dict[str, str]:
    said: dict[str, str] = {}
    for what, allowed, denied in (
        ("lists", policy.allowed_lists, policy.denied_lists),
        ("senders", policy.allowed_senders, policy.denied_senders),
        ("countries", policy.allowed_countries, policy.denied_countries),
        ("hosts", policy.allowed_hosts, policy.denied_hosts),
    ):
        said[f"only {what}"] = "" if allowed is None else _some(allowed) or "none"
        said[f"no {what}"] = _some(denied)
    only = policy.allowed_recipients
    said["only recipients"] = (
        "" if only is None else f"{len(only)} named by the owner (numbers, addresses, families)"
    )
    if policy.denied_recipients:
        said["no recipients"] = f"{len(policy.denied_recipients)} named by the owner"
    return said


def _quiet(policy: PolicySettings) -> dict[str, str]:
    times = _some([*policy.quiet_hours, *policy.quiet_days, *policy.holidays])
    if not times:
        return {}
    what = "everything" if policy.quiet_transactional else "promotional sends"
    verdict = "refused" if policy.quiet_verdict == "deny" else "asked about"
    return {"quiet, by the recipients' clock": f"{times}: {what} {verdict}"}


def _approvals(policy: PolicySettings) -> dict[str, str]:
    said: dict[str, str] = {}
    if policy.seed_recipients:
        said["test recipients"] = f"{len(policy.seed_recipients)}, sent to without asking"
    if policy.test_first_above is not None:
        said["test first"] = (
            f"what goes to more than {policy.test_first_above} goes to the test recipients first"
        )
    if policy.approvals_required > 1:
        above = policy.approvals_required_above
        said["approvals"] = f"{policy.approvals_required} people" + (
            f" above {above} recipients" if above else ""
        )
    if policy.approval_channels < set(APPROVAL_CHANNELS):
        said["approved only by"] = (
            _some(policy.approval_channels) or "no channel: what needs a person is refused"
        )
    if policy.standing:
        said["routine messages without asking"] = _some(
            [f"{rule.name} ({rule.per_day} a day)" for rule in policy.standing]
        )
    if policy.remembered_rules == "deny":
        said["standing rules"] = "none are made with decisions"
    if policy.grace_above is not None:
        said["held after approval"] = (
            f"sends to more than {policy.grace_above}, {policy.grace_seconds:g} seconds"
        )
    return said


def remembered_in_words(rules: Sequence[KeptRule]) -> dict[str, str]:
    """The standing rules that people made with decisions."""
    if not rules:
        return {}
    return {
        "routine messages without asking, by decision": _some(
            [f"{each.rule.name} ({each.rule.per_day} a day)" for each in rules]
        )
    }


def _override(override: PolicyOverride) -> str:
    parts = ["only reading"] if override.read_only else []
    if "write_threshold" in override.model_fields_set:
        parts.append(f"contacts changed without asking: {override.write_threshold} an hour")
    parts += [
        f"{name}: {said}" for name, said in {**_limits(override), **_verdicts(override)}.items() if said
    ]
    return "; ".join(parts)


def _some(names: Collection[object]) -> str:
    """The first few, and how many more there are."""
    shown = sorted(map(str, names))
    rest = len(shown) - _MOST_NAMED
    return ", ".join(shown[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
