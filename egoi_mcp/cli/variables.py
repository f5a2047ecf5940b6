"""Every environment variable, for the doctor and for the documents; `settings.py` is what reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from egoi_mcp.policy.keys import FILE_VARIABLE
from egoi_mcp.policy.keys import VARIABLES as POLICY_VARIABLES
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


_POLICY = (
    ("read_only", "0", "1: nothing is changed or sent, approved or not"),
    (
        "confirm",
        "auto",
        "who approves: `auto` a person; `chat` a second call, for hosts that show every call to a person; "
        "`off` nobody, except before what cannot be undone. The last two need both caps below",
    ),
    ("max_recipients_per_action", "no limit", "a send to more is refused"),
    ("max_sends_per_day", "no limit", "recipients of all sends in 24 hours; more are refused"),
    ("max_cost_per_day", "no limit", "what SMS may cost in 24 hours; `prices` stand in `policy.toml`"),
    ("max_cost_per_month", "no limit", "the same in a month"),
    ("write_threshold", "25", "contacts that may be changed in an hour without a person"),
    (
        "unseen_content",
        "deny",
        "`deny` or `confirm`: campaigns whose text this server did not write and so cannot show",
    ),
    ("type_count_above", "25", "above so many recipients an approval takes typing their number"),
    ("allowed_lists", "any", "ids of the lists that may be touched, with commas between them"),
    ("denied_lists", "none", "ids of lists that may not"),
    ("allowed_senders", "any", "ids or names of the senders that may send"),
    ("denied_senders", "none", "those that may not"),
    ("allowed_countries", "any", "countries whose numbers may be reached, such as `PT,ES`"),
    ("denied_countries", "none", "countries whose numbers may not"),
    (
        "allowed_recipients",
        "any",
        "who may be written to: `+351900000001`, `+351*`, `ana@example.com`, `@example.com`",
    ),
    ("denied_recipients", "none", "who may not"),
    (
        "allowed_hosts",
        "none",
        "where data may go (webhooks, callbacks): `hooks.example.com`, `*.example.com`",
    ),
    ("denied_hosts", "none", "hosts that neither data nor a text's links may lead to"),
    ("quiet_hours", "none", "when nothing promotional is sent, by the recipient's clock: `21:00-09:00`"),
    ("quiet_days", "none", "days of `mon` to `sun`"),
    ("holidays", "none", "`2030-12-24`, `12-25` of every year, `PT:12-08` in one country"),
    ("quiet_verdict", "deny", "`deny` or `confirm` what would reach somebody in a quiet time"),
    ("quiet_transactional", "0", "1: quiet times hold for transactional messages too"),
    ("seed_recipients", "none", "your own numbers and addresses, to which tests go without a person"),
    ("test_first_above", "never", "what goes to more people has to go to the seeds first"),
    ("approvals_required", "1", "how many different people approve"),
    ("approvals_required_above", "0", "only for more recipients than so many; below, one approves"),
    ("approval_channels", "all", "ways to approve: a list of `elicitation`, `terminal`, `page`, `chat`"),
    ("remembered_rules", "allow", "`deny`: no decision on the approval page makes a standing rule"),
    ("grace_above", "never", "a send to more is held after its approval, and can be revoked"),
    ("grace_seconds", "300", "for how long"),
)


def _of_policy(key: str, default: str, meaning: str) -> Variable:
    return Variable(POLICY_VARIABLES[key], default, meaning, lambda s: getattr(s.policy, key))


VARIABLES = (
    Variable("EGOI_API_KEY", "", "E-goi's API key, for `egoi` tools"),
    Variable("TXTSYNC_CLIENT_KEY", "", "TxtSync's client key; needs the secret too"),
    Variable("TXTSYNC_CLIENT_SECRET", "", "TxtSync's client secret"),
    Variable("INTERCOM_ACCESS_TOKEN", "", "Intercom's access token"),
    Variable(
        "EGOI_MCP_SANDBOX", "0", "1: the built-in stand-in takes the vendors' place", lambda s: s.sandbox
    ),
    Variable("EGOI_MCP_STATE_DIR", "the user's state folder", "where actions are kept; an absolute path"),
    *(_of_policy(key, default, meaning) for key, default, meaning in _POLICY),
    Variable(
        FILE_VARIABLE,
        "",
        "one more `policy.toml`, by its absolute path; those in the system's and the user's configuration "
        "folder are read anyway ([docs/policy.md](docs/policy.md))",
        lambda s: s.policy_files,
    ),
    Variable(
        "EGOI_MCP_TOOLSETS",
        "default",
        f"which tools are on: a list of {', '.join(TOOLSETS)}; `default` stands for all of them but "
        "audiences_admin, so that `default,audiences_admin` adds it",
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
        "30, or 0 where nothing is on a person's screen",
        "how long a call waits for a person",
        lambda s: s.approval_wait_seconds,
    ),
    Variable(
        "EGOI_MCP_BROWSER",
        "auto",
        "what opens the approval page: `auto` your browser, `off` nothing, or a command, in which `%s` is "
        "the address ([docs/approval-page.md](docs/approval-page.md))",
        lambda s: s.page.browser,
    ),
    Variable(
        "EGOI_MCP_PAGE_PORT",
        "any free one",
        "the port of the approval page on 127.0.0.1: fixed for containers and SSH",
        lambda s: s.page.port,
    ),
    Variable(
        "EGOI_MCP_PAGE_HOST",
        "127.0.0.1",
        "in a container only: the address that the page listens at there, such as 0.0.0.0",
        lambda s: s.page.host,
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
    Variable(
        "EGOI_MCP_IMPORT_DIR",
        "none",
        "the folder whose CSV and JSON files import_contacts may read",
        lambda s: s.imports.folder,
    ),
    Variable(
        "EGOI_MCP_IMPORT_MAX_MB",
        "200",
        "how large such a file may be",
        lambda s: s.imports.most_file_bytes // 1_000_000,
    ),
    Variable(
        "EGOI_MCP_IMPORT_BATCH_KB",
        "20000",
        "how large one request of an import may be; the vendor takes 20 MB",
        lambda s: s.imports.most_batch_bytes // 1000,
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
