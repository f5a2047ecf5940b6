"""What a policy must say as a whole before a server starts under it."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from egoi_mcp.errors import SettingsError
from egoi_mcp.policy.settings import PolicyOverride, PolicySettings


def check(policy: PolicySettings, *, connections: Collection[str]) -> None:
    """Stop the start where one part of a policy is of no use, or of too much, without another.

    `connections` are the names that there are.

    Raises:
        SettingsError: the text says which key, and what it needs.
    """
    capped = policy.max_recipients_per_action is not None and policy.max_sends_per_day is not None
    if not capped and (unasked := _unasked(policy)) is not None:
        raise SettingsError(
            f"{unasked} needs EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION and "
            "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY, or these keys of policy.toml, so that a mistake stays small. "
            "Nothing was started."
        )
    if policy.test_first_above is not None and not policy.seed_recipients:
        raise SettingsError("test_first_above needs seed_recipients, to whom tests go. Nothing was started.")
    for name in sorted(set(policy.connections) - set(connections)):
        close = get_close_matches(name, connections, 1, 0.6)
        raise SettingsError(
            f"connections.{name} is no connection of this server"
            + (f"; {close[0]} is" if close else f" (there are {', '.join(sorted(connections))})")
            + ". Nothing was started."
        )


def _unasked(policy: PolicySettings) -> str | None:
    """What lets messages leave without a person; None where nothing does."""
    if policy.confirm != "auto":
        return f"EGOI_MCP_CONFIRM={policy.confirm}"
    parts: list[tuple[str, PolicySettings | PolicyOverride]] = [("", policy)]
    parts += [(f"connections.{name}.", each) for name, each in policy.connections.items()]
    for where, part in parts:
        for risk, verdict in part.risks.items():
            if verdict == "allow" and risk != "write":
                return f"{where}risks.{risk} = allow"
        for operation, verdict in part.operations.items():
            if verdict == "allow":
                return f"{where}operations.{operation} = allow"
    return None
