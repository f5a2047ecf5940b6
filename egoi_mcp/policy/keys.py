"""Every key of the policy: what it takes, its environment variable, and how two sources' words are one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from egoi_mcp.errors import SettingsError
from egoi_mcp.policy import kinds
from egoi_mcp.policy.kinds import Kind, Wrong
from egoi_mcp.policy.settings import APPROVAL_CHANNELS, WEEKDAYS, PolicyOverride, PolicySettings
from egoi_mcp.policy.tables import members_of, operations, prices, risks, standing, table_of

_RECIPIENTS = (
    "numbers (+351900000001), addresses (ana@example.com), or families of them (+351*, @example.com)"
)
_COUNTRIES = "two-letter country codes, such as PT (and GB, not UK)"
_HOSTS = "hosts, such as hooks.example.com or *.example.com"
_DAYS = 'days, such as "2030-12-24", "12-25" for every year, or "PT:12-08" for one country'


def limits(within: str = "") -> dict[str, Kind]:
    """The keys that may hold for one connection as well; `within` is where they stand."""
    return {
        "read_only": kinds.flag(),
        "write_threshold": kinds.count(),
        "max_recipients_per_action": kinds.count(),
        "max_sends_per_day": kinds.count(),
        "max_cost_per_day": kinds.money(),
        "max_cost_per_month": kinds.money(),
        "risks": risks(within),
        "operations": operations(within),
    }


@cache
def keys() -> Mapping[str, Kind]:
    """Every key, in the order in which people read of them."""
    return {
        **limits(),
        "confirm": kinds.choice("auto", "chat", "off"),
        "unseen_content": kinds.choice("deny", "confirm"),
        "type_count_above": kinds.count(),
        "prices": prices(),
        "connections": _connections(),
        **_lists(),
        "quiet_hours": kinds.listed('times, such as "21:00-09:00"', kinds.a_span, kinds.union),
        "quiet_days": kinds.listed(f"days of {', '.join(WEEKDAYS)}", kinds.one_of(*WEEKDAYS), kinds.union),
        "holidays": kinds.listed(_DAYS, kinds.a_holiday, kinds.union),
        "quiet_verdict": kinds.choice("deny", "confirm"),
        "quiet_transactional": kinds.flag(),
        "seed_recipients": kinds.listed(
            "numbers (+351900000001) and addresses (ana@example.com)", kinds.a_seed, kinds.both
        ),
        "test_first_above": kinds.count(),
        "approvals_required": kinds.count(at_least=1, most_is_strict=True),
        "approvals_required_above": kinds.count(),
        "approval_channels": kinds.listed(
            f"channels of {', '.join(APPROVAL_CHANNELS)}", kinds.one_of(*APPROVAL_CHANNELS), kinds.both
        ),
        "standing": standing(),
        "remembered_rules": kinds.choice("deny", "allow"),
        "grace_above": kinds.count(),
        "grace_seconds": kinds.seconds(),
    }


VARIABLES: Mapping[str, str] = {
    "read_only": "EGOI_MCP_READ_ONLY",
    "confirm": "EGOI_MCP_CONFIRM",
    "write_threshold": "EGOI_MCP_POLICY_WRITE_THRESHOLD",
    "max_recipients_per_action": "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION",
    "max_sends_per_day": "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY",
    "max_cost_per_day": "EGOI_MCP_POLICY_MAX_COST_PER_DAY",
    "max_cost_per_month": "EGOI_MCP_POLICY_MAX_COST_PER_MONTH",
    "unseen_content": "EGOI_MCP_POLICY_UNSEEN_CONTENT",
    "type_count_above": "EGOI_MCP_POLICY_TYPE_COUNT_ABOVE",
    "allowed_lists": "EGOI_MCP_POLICY_ALLOWED_LISTS",
    "denied_lists": "EGOI_MCP_POLICY_DENIED_LISTS",
    "allowed_senders": "EGOI_MCP_POLICY_ALLOWED_SENDERS",
    "denied_senders": "EGOI_MCP_POLICY_DENIED_SENDERS",
    "allowed_countries": "EGOI_MCP_POLICY_ALLOWED_COUNTRIES",
    "denied_countries": "EGOI_MCP_POLICY_DENIED_COUNTRIES",
    "allowed_recipients": "EGOI_MCP_POLICY_ALLOWED_RECIPIENTS",
    "denied_recipients": "EGOI_MCP_POLICY_DENIED_RECIPIENTS",
    "allowed_hosts": "EGOI_MCP_POLICY_ALLOWED_HOSTS",
    "denied_hosts": "EGOI_MCP_POLICY_DENIED_HOSTS",
    "quiet_hours": "EGOI_MCP_POLICY_QUIET_HOURS",
    "quiet_days": "EGOI_MCP_POLICY_QUIET_DAYS",
    "holidays": "EGOI_MCP_POLICY_HOLIDAYS",
    "quiet_verdict": "EGOI_MCP_POLICY_QUIET_VERDICT",
    "quiet_transactional": "EGOI_MCP_POLICY_QUIET_TRANSACTIONAL",
    "seed_recipients": "EGOI_MCP_POLICY_SEED_RECIPIENTS",
    "test_first_above": "EGOI_MCP_POLICY_TEST_FIRST_ABOVE",
    "approvals_required": "EGOI_MCP_POLICY_APPROVALS_REQUIRED",
    "approvals_required_above": "EGOI_MCP_POLICY_APPROVALS_REQUIRED_ABOVE",
    "approval_channels": "EGOI_MCP_POLICY_APPROVAL_CHANNELS",
    "remembered_rules": "EGOI_MCP_POLICY_REMEMBERED_RULES",
    "grace_above": "EGOI_MCP_POLICY_GRACE_ABOVE",
    "grace_seconds": "EGOI_MCP_POLICY_GRACE_SECONDS",
}
"""The variable of each key that has one; tables and standing rules stand in `policy.toml` only."""
FILE_VARIABLE = "EGOI_MCP_POLICY_FILE"


def of_variable(key: str, text: str) -> object:
    """A key's value as its variable says it.

    Raises:
        SettingsError: the variable does not take that.
    """
    kind = keys()[key]
    try:
        return kind.read(kind.parse(text) if kind.parse is not None else text)
    except Wrong:
        takes = kind.said(variable=True)
        raise SettingsError(f"{VARIABLES[key]} takes {takes}. Nothing was started.") from None


def of_table(table: Mapping[str, object]) -> PolicySettings:
    """A policy as a TOML table says it.

    Raises:
        SettingsError: a key is unknown or takes something else; the text names it, not what it holds.
    """
    return PolicySettings.model_validate(members_of(table, keys(), within=""))


def _connections() -> Kind:
    def read(name: str, value: object) -> object:
        within = f"connections.{name}."
        return PolicyOverride.model_validate(members_of(value, limits(within), within=within))

    return table_of("a table of connections, each with its own limits", read, stricter_override)


def _lists() -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for name, takes, one, in_both in (
        ("lists", "ids of lists", kinds.a_list_id, kinds.both),
        ("senders", "ids or names of senders", kinds.a_name, kinds.both),
        ("countries", _COUNTRIES, kinds.a_country, kinds.both),
        ("recipients", _RECIPIENTS, kinds.a_recipient, kinds.families),
        ("hosts", _HOSTS, kinds.a_host, kinds.families),
    ):
        found[f"allowed_{name}"] = kinds.listed(takes, one, in_both)
        found[f"denied_{name}"] = kinds.listed(takes, one, kinds.union)
    return found


# -- several sources -----------------------------------------------------------------------------


def stricter(one: PolicySettings, other: PolicySettings) -> PolicySettings:
    """Two sources' policies as one: where both speak, the stricter word; where one is silent, the other's."""
    return PolicySettings.model_validate(_joined(one, other, keys()))


def stricter_override(one: PolicyOverride, other: PolicyOverride) -> PolicyOverride:
    """The same for one connection."""
    return PolicyOverride.model_validate(_joined(one, other, limits()))


def on_connection(policy: PolicySettings, connection: str) -> PolicySettings:
    """The policy with what it says of one connection in it, and nothing of the others."""
    override = policy.connections.get(connection)
    if override is None:
        return policy
    spoken, update = spoken_of(policy), dict[str, object]()
    for name in override.model_fields_set:
        own = getattr(override, name)
        update[name] = keys()[name].join(getattr(policy, name), own) if name in spoken else own
    return policy.model_copy(update=update)


def spoken_of(policy: PolicySettings | PolicyOverride) -> frozenset[str]:
    """The keys on which a source has a word: those that it holds, and what belongs to one of them.

    Whoever names quiet hours and not what happens then means the careful default, and no other source may
    say otherwise.
    """
    given = policy.model_fields_set
    return frozenset(given) | {name for name, to in _BELONGS_TO.items() if given & to}


_BELONGS_TO: Mapping[str, set[str]] = {
    "quiet_verdict": {"quiet_hours", "quiet_days", "holidays"},
    "approvals_required_above": {"approvals_required"},
    "grace_seconds": {"grace_above"},
}


def _joined(
    one: PolicySettings | PolicyOverride, other: PolicySettings | PolicyOverride, known: Mapping[str, Kind]
) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, kind in known.items():
        said = [getattr(each, name) for each in (one, other) if name in spoken_of(each)]
        if said:
            found[name] = kind.join(*said) if len(said) == 2 else said[0]
    return found
