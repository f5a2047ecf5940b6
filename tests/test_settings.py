"""The configuration: every variable with what it takes and what it refuses, and no secret ever shown."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from egoi_mcp.errors import SettingsError
from egoi_mcp.settings import DEFAULT_TOOLSETS, SANDBOX_ORIGIN, TOOLSETS, Settings, from_environ

CAPS = {
    "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "10",
    "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "20",
}
SECRETS = {
    "EGOI_API_KEY": "secret-egoi-key",
    "TXTSYNC_CLIENT_KEY": "secret-txtsync-key",
    "TXTSYNC_CLIENT_SECRET": "secret-txtsync-secret",
    "INTERCOM_ACCESS_TOKEN": "secret-intercom-token",
    "EGOI_MCP_HTTP_TOKEN": "secret-http-token",
}


def settings(**environ: str) -> Settings:
    return from_environ({"EGOI_MCP_STATE_DIR": "/state", **environ})


# -- every variable --------------------------------------------------------------------------------

Read = Callable[[Settings], object]
GOOD: list[tuple[str, str, Read, object]] = [
    *[
        ("EGOI_MCP_READ_ONLY", text, lambda s: s.policy.read_only, True)
        for text in ("1", "true", "YES", " on ")
    ],
    *[
        ("EGOI_MCP_READ_ONLY", text, lambda s: s.policy.read_only, False)
        for text in ("0", "False", "no", "off", "")
    ],
    ("EGOI_MCP_SANDBOX", "1", lambda s: s.sandbox, True),
    ("EGOI_MCP_DEBUG", "1", lambda s: s.debug, True),
    ("EGOI_MCP_CONFIRM", "auto", lambda s: s.policy.confirm, "auto"),
    ("EGOI_MCP_PII", "masked", lambda s: s.pii, "masked"),
    ("EGOI_MCP_PII", "IDS", lambda s: s.pii, "ids"),
    ("EGOI_MCP_POLICY_WRITE_THRESHOLD", "0", lambda s: s.policy.write_threshold, 0),
    ("EGOI_MCP_POLICY_TYPE_COUNT_ABOVE", "3", lambda s: s.policy.type_count_above, 3),
    ("EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION", "0", lambda s: s.policy.max_recipients_per_action, 0),
    ("EGOI_MCP_POLICY_MAX_SENDS_PER_DAY", "100", lambda s: s.policy.max_sends_per_day, 100),
    ("EGOI_MCP_POLICY_UNSEEN_CONTENT", "confirm", lambda s: s.policy.unseen_content, "confirm"),
    ("EGOI_MCP_POLICY_MAX_COST_PER_DAY", "12.50", lambda s: s.policy.max_cost_per_day, Decimal("12.50")),
    ("EGOI_MCP_POLICY_MAX_COST_PER_MONTH", "0", lambda s: s.policy.max_cost_per_month, 0),
    ("EGOI_MCP_POLICY_ALLOWED_LISTS", " 3, 7,", lambda s: s.policy.allowed_lists, {3, 7}),
    ("EGOI_MCP_POLICY_ALLOWED_LISTS", ",", lambda s: s.policy.allowed_lists, frozenset()),
    ("EGOI_MCP_POLICY_DENIED_LISTS", "3", lambda s: s.policy.denied_lists, {3}),
    (
        "EGOI_MCP_POLICY_ALLOWED_SENDERS",
        "ACME Shop,12",
        lambda s: s.policy.allowed_senders,
        {"acme shop", "12"},
    ),
    ("EGOI_MCP_POLICY_DENIED_SENDERS", "ACME", lambda s: s.policy.denied_senders, {"acme"}),
    ("EGOI_MCP_POLICY_ALLOWED_COUNTRIES", "pt,ES", lambda s: s.policy.allowed_countries, {"PT", "ES"}),
    ("EGOI_MCP_POLICY_DENIED_COUNTRIES", "AO", lambda s: s.policy.denied_countries, {"AO"}),
    (
        "EGOI_MCP_POLICY_ALLOWED_RECIPIENTS",
        "+351*,@example.com",
        lambda s: s.policy.allowed_recipients,
        {"+351*", "@example.com"},
    ),
    (
        "EGOI_MCP_POLICY_DENIED_RECIPIENTS",
        "+351 900 000 001",
        lambda s: s.policy.denied_recipients,
        {"+351900000001"},
    ),
    ("EGOI_MCP_POLICY_ALLOWED_HOSTS", "*.example.com", lambda s: s.policy.allowed_hosts, {"*.example.com"}),
    ("EGOI_MCP_POLICY_DENIED_HOSTS", "short.example", lambda s: s.policy.denied_hosts, {"short.example"}),
    ("EGOI_MCP_POLICY_QUIET_HOURS", "21:00-9:00", lambda s: s.policy.quiet_hours, {"21:00-09:00"}),
    ("EGOI_MCP_POLICY_QUIET_DAYS", "sat,Sun", lambda s: s.policy.quiet_days, {"sat", "sun"}),
    ("EGOI_MCP_POLICY_HOLIDAYS", "12-25,PT:12-08", lambda s: s.policy.holidays, {"12-25", "PT:12-08"}),
    ("EGOI_MCP_POLICY_QUIET_VERDICT", "confirm", lambda s: s.policy.quiet_verdict, "confirm"),
    ("EGOI_MCP_POLICY_QUIET_TRANSACTIONAL", "1", lambda s: s.policy.quiet_transactional, True),
    (
        "EGOI_MCP_POLICY_SEED_RECIPIENTS",
        "+351900000001",
        lambda s: s.policy.seed_recipients,
        {"+351900000001"},
    ),
    ("EGOI_MCP_POLICY_APPROVALS_REQUIRED", "2", lambda s: s.policy.approvals_required, 2),
    ("EGOI_MCP_POLICY_APPROVALS_REQUIRED_ABOVE", "9", lambda s: s.policy.approvals_required_above, 9),
    (
        "EGOI_MCP_POLICY_APPROVAL_CHANNELS",
        "page,terminal",
        lambda s: s.policy.approval_channels,
        {"page", "terminal"},
    ),
    ("EGOI_MCP_POLICY_GRACE_ABOVE", "9", lambda s: s.policy.grace_above, 9),
    ("EGOI_MCP_POLICY_REMEMBERED_RULES", "deny", lambda s: s.policy.remembered_rules, "deny"),
    ("EGOI_MCP_POLICY_GRACE_SECONDS", "60", lambda s: s.policy.grace_seconds, 60.0),
    (
        "EGOI_MCP_RATE_LIMIT",
        "50/10.5",
        lambda s: (s.rate_limit.calls, s.rate_limit.window_seconds),
        (50, 10.5),
    ),
    ("EGOI_MCP_APPROVAL_WAIT_SECONDS", "0", lambda s: s.approval_wait_seconds, 0.0),
    ("EGOI_MCP_APPROVAL_WAIT_SECONDS", "2.5", lambda s: s.approval_wait_seconds, 2.5),
    ("EGOI_MCP_CONNECT_TIMEOUT_SECONDS", "1", lambda s: s.timeouts.connect_seconds, 1.0),
    ("EGOI_MCP_READ_TIMEOUT_SECONDS", "1", lambda s: s.timeouts.read_seconds, 1.0),
    ("EGOI_MCP_WRITE_TIMEOUT_SECONDS", "1", lambda s: s.timeouts.write_seconds, 1.0),
    ("EGOI_MCP_CALL_TIMEOUT_SECONDS", "1", lambda s: s.timeouts.call_seconds, 1.0),
    ("EGOI_MCP_PROPOSAL_EXPIRY_SECONDS", "1", lambda s: s.action_times.proposal_seconds, 1.0),
    ("EGOI_MCP_APPROVAL_EXPIRY_SECONDS", "1", lambda s: s.action_times.approval_seconds, 1.0),
    ("EGOI_MCP_DECLINE_COOLDOWN_SECONDS", "1", lambda s: s.action_times.decline_cooldown_seconds, 1.0),
    ("EGOI_MCP_DUPLICATE_SECONDS", "1", lambda s: s.action_times.duplicate_seconds, 1.0),
    ("EGOI_MCP_SHUTDOWN_GRACE_SECONDS", "1", lambda s: s.action_times.grace_seconds, 1.0),
    ("EGOI_MCP_BODIES_DAYS", "1", lambda s: s.retention.bodies_days, 1),
    ("EGOI_MCP_BODIES_DAYS", "3650", lambda s: s.retention.bodies_days, 3650),
    ("EGOI_MCP_LEDGER_DAYS", "30", lambda s: s.retention.ledger_days, 30),
    ("EGOI_MCP_IMPORT_DIR", "/srv/imports", lambda s: s.imports.folder, Path("/srv/imports")),
    ("EGOI_MCP_IMPORT_MAX_MB", "1", lambda s: s.imports.most_file_bytes, 1_000_000),
    ("EGOI_MCP_IMPORT_BATCH_KB", "20000", lambda s: s.imports.most_batch_bytes, 20_000_000),
    ("EGOI_MCP_IMPORT_BATCH_KB", "1", lambda s: s.imports.most_batch_bytes, 1000),
    ("EGOI_MCP_TOOLSETS", "sms", lambda s: s.toolsets, ("sms",)),
    ("EGOI_MCP_TOOLSETS", " SMS ,contacts,", lambda s: s.toolsets, ("contacts", "sms")),
    ("EGOI_MCP_TOOLSETS", "sms,audiences_admin", lambda s: s.toolsets, ("sms", "audiences_admin")),
    ("EGOI_MCP_TOOLSETS", "Default, audiences_admin", lambda s: s.toolsets, TOOLSETS),
    ("EGOI_ACCOUNT_TIMEZONE", "Europe/Lisbon", lambda s: s.account_timezone, "Europe/Lisbon"),
    ("EGOI_MCP_STATE_DIR", "/elsewhere", lambda s: s.state_dir, Path("/elsewhere")),
    ("EGOI_MCP_STATE_DIR", "~/state", lambda s: s.state_dir, Path.home() / "state"),
    ("EGOI_MCP_HTTP_TOKEN", "a-token", lambda s: s.http_token and s.http_token.get_secret_value(), "a-token"),
]


@pytest.mark.parametrize(("variable", "text", "read", "value"), GOOD, ids=[f"{g[0]}={g[1]}" for g in GOOD])
def test_a_variable_takes(variable: str, text: str, read: Read, value: object) -> None:
    assert read(settings(**{variable: text})) == value


FLAGS = ("EGOI_MCP_READ_ONLY", "EGOI_MCP_SANDBOX", "EGOI_MCP_DEBUG", "EGOI_MCP_POLICY_QUIET_TRANSACTIONAL")
COUNTS = (
    "EGOI_MCP_POLICY_WRITE_THRESHOLD",
    "EGOI_MCP_POLICY_TYPE_COUNT_ABOVE",
    "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION",
    "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY",
    "EGOI_MCP_POLICY_TEST_FIRST_ABOVE",
    "EGOI_MCP_POLICY_APPROVALS_REQUIRED",
    "EGOI_MCP_POLICY_APPROVALS_REQUIRED_ABOVE",
    "EGOI_MCP_POLICY_GRACE_ABOVE",
)
SECONDS = (
    "EGOI_MCP_CONNECT_TIMEOUT_SECONDS",
    "EGOI_MCP_READ_TIMEOUT_SECONDS",
    "EGOI_MCP_WRITE_TIMEOUT_SECONDS",
    "EGOI_MCP_CALL_TIMEOUT_SECONDS",
    "EGOI_MCP_PROPOSAL_EXPIRY_SECONDS",
    "EGOI_MCP_APPROVAL_EXPIRY_SECONDS",
    "EGOI_MCP_DECLINE_COOLDOWN_SECONDS",
    "EGOI_MCP_DUPLICATE_SECONDS",
    "EGOI_MCP_SHUTDOWN_GRACE_SECONDS",
)
ORIGINS = ("EGOI_BASE_URL", "EGOI_TRANSACTIONAL_BASE_URL", "TXTSYNC_BASE_URL", "INTERCOM_BASE_URL")
BAD: list[tuple[str, str]] = [
    *[(flag, text) for flag in FLAGS for text in ("2", "maybe", "ye s", "1.0")],
    *[(count, text) for count in COUNTS for text in ("-1", "1.5", "many", "1e3", "٣", "9999999999", "0x10")],
    *[
        (name, text)
        for name in SECONDS
        for text in ("0", "-1", "1e9", "nan", "inf", "1,5", "soon", "1.", "0.0")
    ],
    *[("EGOI_MCP_APPROVAL_WAIT_SECONDS", text) for text in ("-1", "nan", "30s")],
    *[
        (name, text)
        for name in ("EGOI_MCP_BODIES_DAYS", "EGOI_MCP_LEDGER_DAYS")
        for text in ("0", "-1", "1.5", "3651", "a week", "7d")
    ],
    *[("EGOI_MCP_IMPORT_DIR", text) for text in ("imports", "./x", "..")],
    *[("EGOI_MCP_IMPORT_MAX_MB", text) for text in ("0", "2001", "-1", "1.5", "10 MB")],
    *[("EGOI_MCP_IMPORT_BATCH_KB", text) for text in ("0", "20001", "x")],
    *[("EGOI_MCP_CONFIRM", text) for text in ("never", "on", "true")],
    *[("EGOI_MCP_PII", text) for text in ("none", "all", "0")],
    *[("EGOI_MCP_POLICY_UNSEEN_CONTENT", text) for text in ("allow", "1")],
    ("EGOI_MCP_POLICY_QUIET_VERDICT", "allow"),
    ("EGOI_MCP_POLICY_APPROVALS_REQUIRED", "0"),
    *[("EGOI_MCP_POLICY_MAX_COST_PER_DAY", text) for text in ("-1", "1,5", "1e3", "nan", "12.50 EUR")],
    *[("EGOI_MCP_POLICY_GRACE_SECONDS", text) for text in ("0", "-1", "nan", "90000", "1,5")],
    *[("EGOI_MCP_POLICY_ALLOWED_LISTS", text) for text in ("all", "3;7", "3 7", "-3", "0")],
    *[("EGOI_MCP_POLICY_ALLOWED_COUNTRIES", text) for text in ("UK", "Portugal", "351")],
    *[("EGOI_MCP_POLICY_DENIED_RECIPIENTS", text) for text in ("900000001", "*", "ana")],
    *[("EGOI_MCP_POLICY_SEED_RECIPIENTS", text) for text in ("+351*", "@example.com")],
    *[("EGOI_MCP_POLICY_ALLOWED_HOSTS", text) for text in ("https://example.com", "*", "a/b")],
    *[("EGOI_MCP_POLICY_QUIET_HOURS", text) for text in ("21-9", "21:00", "9:00-9:00")],
    *[("EGOI_MCP_POLICY_QUIET_DAYS", text) for text in ("sunday", "7")],
    *[("EGOI_MCP_POLICY_HOLIDAYS", text) for text in ("13-01", "UK:12-26")],
    *[("EGOI_MCP_POLICY_APPROVAL_CHANNELS", text) for text in ("email", "page;chat")],
    *[("EGOI_MCP_POLICY_FILE", text) for text in ("policy.toml", "./policy.toml")],
    *[("EGOI_MCP_TOOLSETS", text) for text in ("smss", "sms;contacts", "all")],
    *[
        ("EGOI_MCP_RATE_LIMIT", text)
        for text in ("100", "0/60", "100/0", "-1/60", "100/60/2", "a/b", "100 / 60")
    ],
    *[("EGOI_ACCOUNT_TIMEZONE", text) for text in ("Lisbon", "../etc/passwd", "/etc/localtime", "UTC+1")],
    *[("EGOI_MCP_STATE_DIR", text) for text in ("state", "./state", "../state")],
    *[
        (origin, text)
        for origin in ORIGINS
        for text in (
            "api.example.com",
            "https://",
            "https://api.example.com/v3",
            "https://api.example.com?x=1",
            "https://api.example.com#x",
            "https://user:pass@api.example.com",
            "https://api.example.com:port",
            "https://api.example.com:99999",
            "ftp://api.example.com",
            "http://api.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://127.0.0.2",
            "https://[::1",
            "file:///etc/passwd",
        )
    ],
]


@pytest.mark.parametrize(("variable", "text"), BAD, ids=[f"{b[0]}={b[1]}" for b in BAD])
def test_a_variable_refuses(variable: str, text: str) -> None:
    keys = {
        "EGOI_API_KEY": "k",
        "TXTSYNC_CLIENT_KEY": "k",
        "TXTSYNC_CLIENT_SECRET": "s",
        "INTERCOM_ACCESS_TOKEN": "t",
    }
    with pytest.raises(SettingsError) as refused:
        settings(**{**keys, variable: text})

    assert variable in str(refused.value)
    assert "Nothing was started." in str(refused.value)


@pytest.mark.parametrize("variable", sorted({name for name, *_ in GOOD} - {"EGOI_MCP_STATE_DIR"}))
@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_variable_is_an_absent_one(variable: str, text: str) -> None:
    assert settings(**{variable: text}) == settings()


def test_what_is_not_set_has_the_careful_default() -> None:
    default = settings()

    assert (default.policy.confirm, default.policy.unseen_content) == ("auto", "deny")
    assert (default.policy.write_threshold, default.policy.type_count_above) == (25, 25)
    assert default.toolsets == DEFAULT_TOOLSETS == tuple(t for t in TOOLSETS if t != "audiences_admin")
    assert settings(EGOI_MCP_TOOLSETS="default").toolsets == DEFAULT_TOOLSETS
    assert (default.rate_limit.calls, default.rate_limit.window_seconds) == (100, 60.0)
    assert default.connections == ()
    assert not default.sandbox
    assert default.account_timezone is None


def test_other_variables_are_nobodys_business() -> None:
    assert settings(EGOI_SOMETHING="1", PATH="/bin") == settings()


EVERY_NAME = sorted({name for name, *_ in GOOD} | {name for name, _ in BAD} | set(SECRETS))


@pytest.mark.parametrize("name", EVERY_NAME)
def test_a_name_that_is_almost_a_settings_is_refused_by_name(name: str) -> None:
    misspelt = f"{name[:-2]}{name[-1]}"
    with pytest.raises(SettingsError) as refused:
        settings(**{misspelt: "secret-value"})

    assert f"{misspelt} is no setting; " in str(refused.value)
    assert any(f"; {known} is" in str(refused.value) for known in EVERY_NAME)
    assert "secret-value" not in str(refused.value)


@pytest.mark.parametrize("sandbox", ["0", "1"])
def test_no_settings_own_name_is_taken_for_a_misspelt_one(sandbox: str) -> None:
    every = {name: text for name, text, *_ in GOOD} | SECRETS | dict.fromkeys(ORIGINS, "")

    assert settings(**every | {"EGOI_MCP_SANDBOX": sandbox}).sandbox is (sandbox == "1")


def test_without_a_state_directory_it_is_the_users_own() -> None:
    directory = from_environ({}).state_dir

    assert directory.is_absolute()
    assert "egoi-mcp" in directory.parts


def test_the_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings().policy, "confirm", "off")  # noqa: B010 - what is tried here


# -- confirmation -----------------------------------------------------------------------------------


@pytest.mark.parametrize("confirm", ["chat", "off"])
@pytest.mark.parametrize("missing", [*CAPS, "both"])
def test_fewer_questions_need_both_caps(confirm: str, missing: str) -> None:
    given_caps = {name: value for name, value in CAPS.items() if missing not in {name, "both"}}
    with pytest.raises(SettingsError, match=f"EGOI_MCP_CONFIRM={confirm} needs"):
        settings(EGOI_MCP_CONFIRM=confirm, **given_caps)

    assert settings(EGOI_MCP_CONFIRM=confirm, **CAPS).policy.confirm == confirm


@pytest.mark.parametrize(
    ("given_seconds", "shown", "seconds"),
    [("", True, 30.0), ("", False, 0.0), ("7", True, 7.0), ("7", False, 7.0)],
)
def test_how_long_a_call_waits_for_a_person(given_seconds: str, shown: bool, seconds: float) -> None:
    assert settings(EGOI_MCP_APPROVAL_WAIT_SECONDS=given_seconds).approval_wait(shown=shown) == seconds


# -- connections ------------------------------------------------------------------------------------


def test_each_vendor_with_credentials_is_a_connection() -> None:
    read = settings(**SECRETS)

    assert [(c.name, dict(c.origins)) for c in read.connections] == [
        ("egoi", {"egoi": "https://api.egoiapp.com", "transactional": "https://slingshot.egoiapp.com"}),
        ("txtsync", {"txtsync": "https://api.txtsync.com"}),
        ("intercom", {"intercom": "https://api.intercom.io"}),
    ]
    egoi, txtsync, intercom = read.connections
    assert egoi.api_key is not None
    assert egoi.api_key.get_secret_value() == SECRETS["EGOI_API_KEY"]
    assert read.connection("txtsync") is txtsync
    assert read.connection("intercom") is intercom


@pytest.mark.parametrize("only", ["TXTSYNC_CLIENT_KEY", "TXTSYNC_CLIENT_SECRET"])
def test_half_a_pair_of_credentials_stops_the_start(only: str) -> None:
    with pytest.raises(SettingsError, match="both TXTSYNC_CLIENT_KEY and TXTSYNC_CLIENT_SECRET") as refused:
        settings(**{only: "secret-half"})
    assert "secret-half" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("HTTPS://API.Example.COM", "https://api.example.com"),
        ("https://api.example.com:8443", "https://api.example.com:8443"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://localhost:8765", "http://localhost:8765"),
        ("http://[::1]:8765", "http://[::1]:8765"),
    ],
)
@pytest.mark.parametrize("variable", ORIGINS)
def test_an_address_is_a_scheme_and_a_host(variable: str, text: str, origin: str) -> None:
    read = settings(**SECRETS, **{variable: text})

    assert origin in [each for connection in read.connections for each in connection.origins.values()]


def test_the_sandbox_uses_no_credentials_no_address_and_no_state_of_a_real_account() -> None:
    real = {**SECRETS, "EGOI_BASE_URL": "https://api.example.com"}
    sandbox = settings(**real, EGOI_MCP_SANDBOX="1")

    assert {origin for c in sandbox.connections for origin in c.origins.values()} == {SANDBOX_ORIGIN}
    assert sandbox.state_dir == Path("/state/sandbox")
    for connection in sandbox.connections:
        for secret in (
            connection.api_key,
            connection.client_key,
            connection.client_secret,
            connection.access_token,
        ):
            assert secret is None or secret.get_secret_value() not in SECRETS.values()


# -- secrets ----------------------------------------------------------------------------------------


def test_no_secret_is_in_any_rendering_of_the_settings() -> None:
    read = settings(**SECRETS)
    shown = f"{read!r} {read} {read.model_dump()} {read.model_dump_json()} {list(read)}"

    assert not any(secret in shown for secret in SECRETS.values())


@pytest.mark.parametrize("variable", SECRETS)
@pytest.mark.parametrize(
    "bad", ["secret with space", "secret\nline", "secret“quoted”", "secret\x00", "sécret"]
)
def test_a_secret_with_a_foreign_character_is_refused_without_being_shown(variable: str, bad: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(**{**SECRETS, variable: bad})

    shown = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
    assert variable in str(refused.value)
    assert bad not in shown
    assert repr(bad)[1:-1] not in shown


def _refusal(variable: str, text: str) -> SettingsError | None:
    try:
        settings(**SECRETS, **{variable: text})
    except SettingsError as refused:
        return refused
    return None


@given(st.sampled_from(sorted({name for name, _ in BAD})), st.text(max_size=30))
def test_no_error_shows_a_secret_that_stands_in_the_wrong_variable(variable: str, noise: str) -> None:
    misplaced = f"k3y-{noise}-s3cret"
    refused = _refusal(variable, misplaced)
    assume(refused is not None)

    assert not any(secret in "".join(traceback.format_exception(refused)) for secret in SECRETS.values())
    # A toolset is named back: it is a word of a list, and the only variable that is.
    assert variable == "EGOI_MCP_TOOLSETS" or misplaced not in str(refused)


def test_surrounding_space_of_a_copied_key_is_no_part_of_it() -> None:
    egoi = settings(EGOI_API_KEY="  a-key\n").connection("egoi")

    assert egoi is not None
    assert egoi.api_key is not None
    assert egoi.api_key.get_secret_value() == "a-key"
