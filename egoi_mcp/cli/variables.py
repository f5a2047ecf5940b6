"""Every environment variable, for the doctor and for the documents; `settings.py` is what reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from egoi_mcp.settings import TOOLSETS, Settings


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its default in words, what it does, and where its value ends up.

    `value` is None where the settings alone do not tell whether it was set.
    """

    name: str
    default: str
    meaning: str
    value: Callable[[Settings], object] | None = None


VARIABLES = (
    Variable("EGOI_API_KEY", "", "E-goi's API key, for `egoi` tools"),
    Variable("TXTSYNC_CLIENT_KEY", "", "TxtSync's client key; needs the secret too"),
    Variable("TXTSYNC_CLIENT_SECRET", "", "TxtSync's client secret"),
    Variable("INTERCOM_ACCESS_TOKEN", "", "Intercom's access token"),
    Variable(
        "EGOI_MCP_SANDBOX", "0", "1: the built-in stand-in takes the vendors' place", lambda s: s.sandbox
    ),
    Variable("EGOI_MCP_STATE_DIR", "the user's state folder", "where actions are kept; an absolute path"),
    Variable(
        "EGOI_MCP_READ_ONLY",
        "0",
        "1: nothing is changed or sent, approved or not",
        lambda s: s.policy.read_only,
    ),
    Variable(
        "EGOI_MCP_CONFIRM",
        "auto",
        "who approves: `auto` a person; `chat` a second call, for hosts that show every call to a person; "
        "`off` nobody, except before what cannot be undone. The last two need both caps below",
        lambda s: s.policy.confirm,
    ),
    Variable(
        "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION",
        "no limit",
        "a send to more is refused",
        lambda s: s.policy.max_recipients_per_action,
    ),
    Variable(
        "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY",
        "no limit",
        "recipients of all sends in 24 hours; more are refused",
        lambda s: s.policy.max_sends_per_day,
    ),
    Variable(
        "EGOI_MCP_POLICY_WRITE_THRESHOLD",
        "25",
        "contacts that may be changed in an hour without a person",
        lambda s: s.policy.write_threshold,
    ),
    Variable(
        "EGOI_MCP_POLICY_UNSEEN_CONTENT",
        "deny",
        "`deny` or `confirm`: campaigns whose text this server did not write and so cannot show",
        lambda s: s.policy.unseen_content,
    ),
    Variable(
        "EGOI_MCP_POLICY_TYPE_COUNT_ABOVE",
        "25",
        "above so many recipients an approval takes typing their number",
        lambda s: s.policy.type_count_above,
    ),
    Variable(
        "EGOI_MCP_TOOLSETS",
        "all",
        f"which tools are on: a list of {', '.join(TOOLSETS)}",
        lambda s: s.toolsets,
    ),
    Variable(
        "EGOI_MCP_PII",
        "full",
        "what the model sees of numbers, addresses and names: `full`, `masked` or `ids`",
        lambda s: s.pii,
    ),
    Variable(
        "EGOI_ACCOUNT_TIMEZONE",
        "none",
        "the E-goi account's time zone, such as Europe/Lisbon; nothing can be scheduled without it",
        lambda s: s.account_timezone,
    ),
    Variable(
        "EGOI_MCP_RATE_LIMIT",
        "100/60",
        "calls/seconds to each account, shared by all servers on this machine",
        lambda s: s.rate_limit,
    ),
    Variable(
        "EGOI_MCP_HTTP_TOKEN",
        "",
        "bearer token of `egoi-mcp serve`, 32 characters or more",
        lambda s: s.http_token,
    ),
    Variable(
        "EGOI_MCP_APPROVAL_WAIT_SECONDS",
        "30, or 0 where the client cannot ask",
        "how long a call waits for a person",
        lambda s: s.approval_wait_seconds,
    ),
    Variable(
        "EGOI_MCP_PROPOSAL_EXPIRY_SECONDS",
        "600",
        "how long a proposal waits for a decision",
        lambda s: s.action_times.proposal_seconds,
    ),
    Variable(
        "EGOI_MCP_APPROVAL_EXPIRY_SECONDS",
        "600",
        "how long an approval waits for its execution",
        lambda s: s.action_times.approval_seconds,
    ),
    Variable(
        "EGOI_MCP_DECLINE_COOLDOWN_SECONDS",
        "600",
        "how long what was declined is not asked again",
        lambda s: s.action_times.decline_cooldown_seconds,
    ),
    Variable(
        "EGOI_MCP_DUPLICATE_SECONDS",
        "600",
        "how long the same message to the same person counts as a repetition",
        lambda s: s.action_times.duplicate_seconds,
    ),
    Variable(
        "EGOI_MCP_CALL_TIMEOUT_SECONDS",
        "45",
        "the most that one tool call takes",
        lambda s: s.timeouts.call_seconds,
    ),
    Variable(
        "EGOI_MCP_CONNECT_TIMEOUT_SECONDS",
        "5",
        "time to reach a vendor",
        lambda s: s.timeouts.connect_seconds,
    ),
    Variable(
        "EGOI_MCP_READ_TIMEOUT_SECONDS",
        "10",
        "time for a vendor's answer to a read",
        lambda s: s.timeouts.read_seconds,
    ),
    Variable(
        "EGOI_MCP_WRITE_TIMEOUT_SECONDS",
        "60",
        "time for a vendor's answer to a change",
        lambda s: s.timeouts.write_seconds,
    ),
    Variable(
        "EGOI_MCP_SHUTDOWN_GRACE_SECONDS",
        "20",
        "time for actions under way when the server ends",
        lambda s: s.action_times.grace_seconds,
    ),
    Variable(
        "EGOI_MCP_BODIES_DAYS",
        "7",
        "how many days after an action's end its requests and preview are kept",
        lambda s: s.retention.bodies_days,
    ),
    Variable(
        "EGOI_MCP_LEDGER_DAYS",
        "365",
        "how many days after its proposal an action's row is kept",
        lambda s: s.retention.ledger_days,
    ),
    Variable("EGOI_MCP_DEBUG", "0", "1: more on stderr", lambda s: s.debug),
    Variable("EGOI_BASE_URL", "https://api.egoiapp.com", "scheme and host, no path; https"),
    Variable("EGOI_TRANSACTIONAL_BASE_URL", "https://slingshot.egoiapp.com", "the same"),
    Variable("TXTSYNC_BASE_URL", "https://api.txtsync.com", "the same"),
    Variable("INTERCOM_BASE_URL", "https://api.intercom.io", "the same"),
)


def changed(settings: Settings) -> list[str]:
    """The variables that make these settings differ from the defaults; names only, never values."""
    default = Settings(state_dir=settings.state_dir)
    return [
        variable.name
        for variable in VARIABLES
        if variable.value is not None and variable.value(settings) != variable.value(default)
    ]
