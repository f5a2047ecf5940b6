"""The configuration as one frozen value, read once from the environment.

No other module reads the environment. A wrong value stops the start with the variable's name and
what it takes; a secret's value is never repeated.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from egoi_mcp.errors import SettingsError
from egoi_mcp.pii import Pii
from egoi_mcp.policy.checks import check
from egoi_mcp.policy.file import policy_files, read_policy
from egoi_mcp.policy.keys import FILE_VARIABLE, VARIABLES, of_variable, stricter
from egoi_mcp.policy.settings import Confirm, PolicySettings, UnseenContent
from egoi_mcp.screen import PageSettings, page_settings

__all__ = [
    "DEFAULT_TOOLSETS",
    "SANDBOX_ORIGIN",
    "TOOLSETS",
    "ActionTimes",
    "Confirm",
    "Connection",
    "PageSettings",
    "PolicySettings",
    "Provider",
    "RateLimit",
    "Settings",
    "Timeouts",
    "Toolset",
    "UnseenContent",
    "foreign_environ",
    "from_environ",
]

Provider = Literal["egoi", "txtsync", "intercom"]
Toolset = Literal["contacts", "tags", "campaigns", "sms", "reports", "account", "api", "audiences_admin"]

TOOLSETS: tuple[Toolset, ...] = get_args(Toolset)
DEFAULT_TOOLSETS: tuple[Toolset, ...] = tuple(name for name in TOOLSETS if name != "audiences_admin")
"""What is on where nobody chooses; `default` in a list of toolsets stands for these."""
_DEFAULT = "default"
SANDBOX_ORIGIN = "https://sandbox.invalid"
"""The in-process sandbox's address: a reserved name, so that no resolver can ever lead it anywhere."""

_ORIGIN_VARIABLES: Mapping[str, tuple[str, str]] = {
    "egoi": ("EGOI_BASE_URL", "https://api.egoiapp.com"),
    "transactional": ("EGOI_TRANSACTIONAL_BASE_URL", "https://slingshot.egoiapp.com"),
    "txtsync": ("TXTSYNC_BASE_URL", "https://api.txtsync.com"),
    "intercom": ("INTERCOM_BASE_URL", "https://api.intercom.io"),
}
_ALWAYS_KNOWN = (
    *(variable for variable, _ in _ORIGIN_VARIABLES.values()),
    "EGOI_API_KEY",
    "TXTSYNC_CLIENT_KEY",
    "TXTSYNC_CLIENT_SECRET",
    "INTERCOM_ACCESS_TOKEN",
)
"""Settings that some starts do not look at, the sandbox's for one."""
_PREFIXES = ("EGOI_", "TXTSYNC_", "INTERCOM_")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_MOST_DAYS = 3650
_T = TypeVar("_T", bound=str)


class Frozen(BaseModel):
    """Base of the configuration's values: frozen, and strict about unknown members."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RateLimit(Frozen):
    """At most `calls` calls in any `window_seconds`; the vendors' connectors publish 100 in 60."""

    calls: int = Field(default=100, ge=1)
    window_seconds: float = Field(default=60.0, gt=0)


class Timeouts(Frozen):
    """How long each part of a call may take; reads and writes are the vendor's own limits."""

    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    write_seconds: float = 60.0
    call_seconds: float = 45.0


class ActionTimes(Frozen):
    """How long an action stays in each of its waiting states."""

    proposal_seconds: float = 600.0
    approval_seconds: float = 600.0
    decline_cooldown_seconds: float = 600.0
    duplicate_seconds: float = 600.0
    grace_seconds: float = 20.0


class Retention(Frozen):
    """How many days the ledger keeps: bodies and previews from an action's end, rows from its proposal."""

    bodies_days: int = Field(default=7, ge=1)
    ledger_days: int = Field(default=365, ge=1)


class Imports(Frozen):
    """From where files of contacts may be imported, how large they may be, and how large one request is.

    Without a folder none is read. The largest request is the vendor's own limit.
    """

    folder: Path | None = None
    most_file_bytes: int = Field(default=200_000_000, ge=1)
    most_batch_bytes: int = Field(default=20_000_000, ge=1000, le=20_000_000)


class Connection(Frozen):
    """One account at one vendor: where it is and how to sign in."""

    name: str
    provider: Provider
    origins: Mapping[str, str]
    api_key: SecretStr | None = None
    client_key: SecretStr | None = None
    client_secret: SecretStr | None = None
    access_token: SecretStr | None = None


class Settings(Frozen):
    """Everything that can be configured, with its defaults."""

    connections: tuple[Connection, ...] = ()
    sandbox: bool = False
    state_dir: Path
    toolsets: tuple[Toolset, ...] = DEFAULT_TOOLSETS
    policy: PolicySettings = PolicySettings()
    policy_files: tuple[Path, ...] = ()
    rate_limit: RateLimit = RateLimit()
    timeouts: Timeouts = Timeouts()
    action_times: ActionTimes = ActionTimes()
    retention: Retention = Retention()
    imports: Imports = Imports()
    approval_wait_seconds: float | None = None
    page: PageSettings = PageSettings()
    pii: Pii = "full"
    account_timezone: str | None = None
    http_token: SecretStr | None = None
    debug: bool = False

    def connection(self, provider: Provider) -> Connection | None:
        """The connection of a provider, or None where no credentials were given."""
        return next((c for c in self.connections if c.provider == provider), None)

    def approval_wait(self, *, shown: bool) -> float:
        """Seconds a call waits for a person.

        Without a setting: 30 where the question is on the person's screen, and none where the
        person first has to be told of it.
        """
        if self.approval_wait_seconds is not None:
            return self.approval_wait_seconds
        return 30.0 if shown else 0.0


def from_environ(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (the process's own where omitted).

    Raises:
        SettingsError: a variable holds what it cannot take; the text names the variable.
    """
    env = _Environ(os.environ if environ is None else environ)
    sandbox = env.flag("EGOI_MCP_SANDBOX")
    connections = _sandbox_connections() if sandbox else _connections(env)
    files = _policy_files(env, sandbox=sandbox)
    settings = Settings(
        connections=connections,
        sandbox=sandbox,
        state_dir=_state_dir(env, sandbox=sandbox),
        toolsets=_toolsets(env),
        policy=_policy(env, files, connections),
        policy_files=files,
        rate_limit=_rate_limit(env),
        timeouts=Timeouts(
            connect_seconds=env.seconds("EGOI_MCP_CONNECT_TIMEOUT_SECONDS", 5.0),
            read_seconds=env.seconds("EGOI_MCP_READ_TIMEOUT_SECONDS", 10.0),
            write_seconds=env.seconds("EGOI_MCP_WRITE_TIMEOUT_SECONDS", 60.0),
            call_seconds=env.seconds("EGOI_MCP_CALL_TIMEOUT_SECONDS", 45.0),
        ),
        action_times=ActionTimes(
            proposal_seconds=env.seconds("EGOI_MCP_PROPOSAL_EXPIRY_SECONDS", 600.0),
            approval_seconds=env.seconds("EGOI_MCP_APPROVAL_EXPIRY_SECONDS", 600.0),
            decline_cooldown_seconds=env.seconds("EGOI_MCP_DECLINE_COOLDOWN_SECONDS", 600.0),
            duplicate_seconds=env.seconds("EGOI_MCP_DUPLICATE_SECONDS", 600.0),
            grace_seconds=env.seconds("EGOI_MCP_SHUTDOWN_GRACE_SECONDS", 20.0),
        ),
        retention=Retention(
            bodies_days=env.days("EGOI_MCP_BODIES_DAYS", 7), ledger_days=env.days("EGOI_MCP_LEDGER_DAYS", 365)
        ),
        imports=_imports(env),
        approval_wait_seconds=env.optional_seconds("EGOI_MCP_APPROVAL_WAIT_SECONDS"),
        page=page_settings(env.text),
        pii=env.choice("EGOI_MCP_PII", get_args(Pii), "full"),
        account_timezone=_timezone(env),
        http_token=env.secret("EGOI_MCP_HTTP_TOKEN"),
        debug=env.flag("EGOI_MCP_DEBUG"),
    )
    env.refuse_misspelt()
    return settings


def foreign_environ() -> dict[str, str]:
    """This process's environment without what is this package's own, keys first of all."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_PREFIXES)}


class _Environ:
    """Typed look-ups; every error names the variable and what it takes."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._known = set(_ALWAYS_KNOWN)

    def refuse_misspelt(self) -> None:
        """Stop at a name that is almost a setting's: a limit that was misspelt would not hold.

        Raises:
            SettingsError: there is one; the text names the setting that was probably meant.
        """
        for name in sorted(set(self._environ) - self._known):
            if name.startswith(_PREFIXES) and (meant := get_close_matches(name, self._known, 1, 0.85)):
                raise SettingsError(f"{name} is no setting; {meant[0]} is. Nothing was started.")

    def text(self, name: str) -> str | None:
        self._known.add(name)
        value = self._environ.get(name, "").strip()
        return value or None

    def secret(self, name: str) -> SecretStr | None:
        value = self.text(name)
        if value is None:
            return None
        if not value.isascii() or not value.isprintable() or " " in value:
            raise SettingsError(
                f"{name} holds a character that no key has (a space, a quote mark of a word processor, "
                "or a line break). Copy the key again. Nothing was started."
            )
        return SecretStr(value)

    def flag(self, name: str) -> bool:
        value = (self.text(name) or "0").lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise SettingsError(f"{name} takes 1 or 0. Nothing was started.")

    def choice(self, name: str, choices: tuple[_T, ...], default: _T) -> _T:
        value = self.text(name)
        if value is None:
            return default
        for choice in choices:
            if value.lower() == choice:
                return choice
        raise SettingsError(f"{name} takes one of {', '.join(choices)}. Nothing was started.")

    def days(self, name: str, default: int) -> int:
        return self.whole(name, default, most=_MOST_DAYS, unit="days")

    def whole(self, name: str, default: int, *, most: int, unit: str) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not 1 <= int(value) <= most:
            raise SettingsError(f"{name} takes a number of {unit} from 1 to {most}. Nothing was started.")
        return int(value)

    def optional_seconds(self, name: str) -> float | None:
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value):
            raise SettingsError(f"{name} takes a number of seconds, such as 30 or 0.5. Nothing was started.")
        return float(value)

    def seconds(self, name: str, default: float) -> float:
        value = self.optional_seconds(name)
        if value is None:
            return default
        if value <= 0:
            raise SettingsError(f"{name} takes more than 0 seconds. Nothing was started.")
        return value


def _policy(env: _Environ, files: tuple[Path, ...], connections: tuple[Connection, ...]) -> PolicySettings:
    """What the environment and the files say, as one."""
    texts = {key: env.text(variable) for key, variable in VARIABLES.items()}
    policy = PolicySettings.model_validate(
        {key: of_variable(key, text) for key, text in texts.items() if text is not None}
    )
    for path in files:
        policy = stricter(policy, read_policy(path))
    check(policy, connections={*(each.name for each in connections), *get_args(Provider)})
    return policy


def _policy_files(env: _Environ, *, sandbox: bool) -> tuple[Path, ...]:
    """Before the stand-in only the file that was named: a trial is not the real accounts' business."""
    return policy_files(env.text(FILE_VARIABLE), folders=() if sandbox else None)


def _connections(env: _Environ) -> tuple[Connection, ...]:
    found: list[Connection] = []
    if (key := env.secret("EGOI_API_KEY")) is not None:
        origins = {api: _origin(env, api) for api in ("egoi", "transactional")}
        found.append(Connection(name="egoi", provider="egoi", origins=origins, api_key=key))
    client_key, client_secret = env.secret("TXTSYNC_CLIENT_KEY"), env.secret("TXTSYNC_CLIENT_SECRET")
    if (client_key is None) != (client_secret is None):
        raise SettingsError(
            "TxtSync needs both TXTSYNC_CLIENT_KEY and TXTSYNC_CLIENT_SECRET. Nothing was started."
        )
    if client_key is not None:
        found.append(
            Connection(
                name="txtsync",
                provider="txtsync",
                origins={"txtsync": _origin(env, "txtsync")},
                client_key=client_key,
                client_secret=client_secret,
            )
        )
    if (token := env.secret("INTERCOM_ACCESS_TOKEN")) is not None:
        found.append(
            Connection(
                name="intercom",
                provider="intercom",
                origins={"intercom": _origin(env, "intercom")},
                access_token=token,
            )
        )
    return tuple(found)


def _sandbox_connections() -> tuple[Connection, ...]:
    def at(*apis: str) -> dict[str, str]:
        return dict.fromkeys(apis, SANDBOX_ORIGIN)

    return (
        Connection(
            name="egoi",
            provider="egoi",
            origins=at("egoi", "transactional"),
            api_key=SecretStr("sandbox-egoi-key"),
        ),
        Connection(
            name="txtsync",
            provider="txtsync",
            origins=at("txtsync"),
            client_key=SecretStr("sandbox-client-key"),
            client_secret=SecretStr("sandbox-client-secret"),
        ),
        Connection(
            name="intercom",
            provider="intercom",
            origins=at("intercom"),
            access_token=SecretStr("sandbox-token"),
        ),
    )


def _origin(env: _Environ, api: str) -> str:
    variable, default = _ORIGIN_VARIABLES[api]
    value = env.text(variable)
    if value is None:
        return default
    wrong = f"{variable} takes a scheme and a host, such as {default}, and no path. Nothing was started."
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(wrong) from error
    if parts.scheme not in {"http", "https"} or not host or parts.path not in {"", "/"}:
        raise SettingsError(wrong)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise SettingsError(wrong)
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise SettingsError(f"{variable} must be https: http reaches only this machine. Nothing was started.")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _state_dir(env: _Environ, *, sandbox: bool) -> Path:
    given = env.text("EGOI_MCP_STATE_DIR")
    if given is None:
        # Imported here: a start that names its folder does not pay for it.
        import platformdirs

        base = Path(platformdirs.user_state_dir("egoi-mcp"))
    else:
        base = Path(given).expanduser()
        if not base.is_absolute():
            raise SettingsError("EGOI_MCP_STATE_DIR takes an absolute path. Nothing was started.")
    return base / "sandbox" if sandbox else base


def _toolsets(env: _Environ) -> tuple[Toolset, ...]:
    value = env.text("EGOI_MCP_TOOLSETS")
    if value is None:
        return DEFAULT_TOOLSETS
    wanted = {name.strip().lower() for name in value.split(",") if name.strip()}
    if unknown := wanted - {*TOOLSETS, _DEFAULT}:
        raise SettingsError(
            f"EGOI_MCP_TOOLSETS names {', '.join(sorted(unknown))}; it takes a list of {_DEFAULT}, "
            f"{', '.join(TOOLSETS)}. Nothing was started."
        )
    chosen = wanted.union(DEFAULT_TOOLSETS) if _DEFAULT in wanted else wanted
    return tuple(name for name in TOOLSETS if name in chosen)


def _imports(env: _Environ) -> Imports:
    folder = env.text("EGOI_MCP_IMPORT_DIR")
    if folder is not None and not Path(folder).expanduser().is_absolute():
        raise SettingsError("EGOI_MCP_IMPORT_DIR takes an absolute path. Nothing was started.")
    return Imports(
        folder=None if folder is None else Path(folder).expanduser(),
        most_file_bytes=env.whole("EGOI_MCP_IMPORT_MAX_MB", 200, most=2000, unit="megabytes") * 1_000_000,
        most_batch_bytes=env.whole("EGOI_MCP_IMPORT_BATCH_KB", 20_000, most=20_000, unit="kilobytes") * 1000,
    )


def _rate_limit(env: _Environ) -> RateLimit:
    value = env.text("EGOI_MCP_RATE_LIMIT")
    if value is None:
        return RateLimit()
    match = re.fullmatch(r"([1-9][0-9]{0,5})/([0-9]{1,5}(?:\.[0-9]{1,3})?)", value)
    if match is None or float(match[2]) <= 0:
        raise SettingsError("EGOI_MCP_RATE_LIMIT takes calls/seconds, such as 100/60. Nothing was started.")
    return RateLimit(calls=int(match[1]), window_seconds=float(match[2]))


def _timezone(env: _Environ) -> str | None:
    name = env.text("EGOI_ACCOUNT_TIMEZONE")
    if name is None:
        return None
    # Imported here: most starts schedule nothing.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            "EGOI_ACCOUNT_TIMEZONE takes a time zone's name, such as Europe/Lisbon. Nothing was started."
        ) from error
    return name
