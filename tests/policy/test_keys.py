"""Every key: what it takes in a file, what it refuses, and that it says so by its name alone."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

import pytest

from egoi_mcp.errors import SettingsError
from egoi_mcp.policy.keys import VARIABLES, keys, of_table, of_variable
from egoi_mcp.policy.settings import PolicyOverride, PolicySettings
from egoi_mcp.policy.tables import operation_names

RULE = {
    "name": "pickup",
    "operation": "sendSmsMessages",
    "sender": "ACME",
    "template": "Hello {name}",
    "per_day": 5,
}


def said(text: str) -> PolicySettings:
    return of_table(tomllib.loads(text, parse_float=Decimal))


GOOD: list[tuple[str, str, Any]] = [
    ("read_only", "true", True),
    ("confirm", '"chat"', "chat"),
    ("write_threshold", "0", 0),
    ("max_recipients_per_action", "5", 5),
    ("max_sends_per_day", "5", 5),
    ("max_cost_per_day", "12.50", Decimal("12.50")),
    ("max_cost_per_day", '"12.50"', Decimal("12.50")),
    ("max_cost_per_month", "3", Decimal(3)),
    ("unseen_content", '"Confirm"', "confirm"),
    ("type_count_above", "1", 1),
    ("prices", '{pt = "0.045", "*" = 1}', {"PT": Decimal("0.045"), "*": Decimal(1)}),
    ("risks", '{send = "deny", destroy = "confirm", write = "allow"}', None),
    ("operations", '{actionSendSms = "allow"}', {"actionSendSms": "allow"}),
    ("connections", "{egoi = {read_only = true}}", {"egoi": PolicyOverride(read_only=True)}),
    ("allowed_lists", '[3, "7"]', {3, 7}),
    ("denied_lists", "[]", frozenset()),
    ("allowed_senders", '["ACME Shop", 12]', {"acme shop", "12"}),
    ("denied_senders", '["+351 900"]', {"+351 900"}),
    ("allowed_countries", '["pt", "ES"]', {"PT", "ES"}),
    ("denied_countries", '["AO"]', {"AO"}),
    ("allowed_recipients", '["+351*", "@Example.com"]', {"+351*", "@example.com"}),
    ("denied_recipients", '["Ana@example.com"]', {"ana@example.com"}),
    ("allowed_hosts", '["*.Example.com"]', {"*.example.com"}),
    ("denied_hosts", '["short.example"]', {"short.example"}),
    ("quiet_hours", '["21:00-9:00", "12:30 – 13:00", "22:00-24:00"]', None),
    ("quiet_days", '["Sun", "mon"]', {"sun", "mon"}),
    ("holidays", '["12-25", "PT:12-08", "2030-04-19", 2030-04-20, "02-29"]', None),
    ("quiet_verdict", '"confirm"', "confirm"),
    ("remembered_rules", '"deny"', "deny"),
    ("quiet_transactional", "true", True),
    ("seed_recipients", '["+351900000001", "ana@example.com"]', {"+351900000001", "ana@example.com"}),
    ("test_first_above", "10", 10),
    ("approvals_required", "2", 2),
    ("approvals_required_above", "10", 10),
    ("approval_channels", '["terminal"]', {"terminal"}),
    ("grace_above", "10", 10),
    ("grace_seconds", "0.5", 0.5),
]


@pytest.mark.parametrize(("key", "text", "value"), GOOD, ids=[f"{g[0]}={g[1]}" for g in GOOD])
def test_a_key_takes(key: str, text: str, value: Any) -> None:
    policy = said(f"{key} = {text}")

    assert policy.model_fields_set == {key}
    if value is not None:
        assert getattr(policy, key) == value


def test_times_and_days_have_one_form() -> None:
    policy = said(
        'quiet_hours = ["21:00-9:00", "12:30 – 13:00", "22:00-24:00"]\n'
        'holidays = ["12-25", "pt:12-08", "2030-04-19", 2030-04-20, "02-29"]'
    )

    assert policy.quiet_hours == {"21:00-09:00", "12:30-13:00", "22:00-24:00"}
    assert policy.holidays == {"12-25", "PT:12-08", "2030-04-19", "2030-04-20", "02-29"}


COUNTS = (
    "write_threshold",
    "max_recipients_per_action",
    "max_sends_per_day",
    "type_count_above",
    "test_first_above",
    "approvals_required_above",
    "grace_above",
)
LISTS = [key for key in keys() if key.startswith(("allowed_", "denied_"))]
BAD: list[tuple[str, str]] = [
    *[(key, text) for key in ("read_only", "quiet_transactional") for text in ("1", '"true"', "[]")],
    *[(key, text) for key in COUNTS for text in ("-1", "true", '"5"', "1.5", "[5]", "1_000_000_000")],
    ("approvals_required", "0"),
    *[("confirm", text) for text in ("true", '"never"', "1")],
    *[("unseen_content", text) for text in ('"allow"', "false")],
    ("quiet_verdict", '"allow"'),
    ("remembered_rules", '"confirm"'),
    *[
        (key, text)
        for key in ("max_cost_per_day", "max_cost_per_month")
        for text in ('"-1"', '"1e3"', '"1,50"', "true", "nan", "inf", "[]", '"1.1234567"')
    ],
    *[("grace_seconds", text) for text in ("0", "-1", '"5"', "true", "86401", "nan", "inf")],
    *[
        (key, text)
        for key in (*LISTS, "seed_recipients")
        for text in ('"x"', "1", "true", "{}", "[true]", "[[]]")
    ],
    *[
        (f"{what}_lists", text)
        for what in ("allowed", "denied")
        for text in ("[0]", "[-1]", '["x"]', "[1.5]")
    ],
    *[("allowed_senders", text) for text in ('[""]', '["  "]', '["a\\nb"]', "[1.5]")],
    *[("denied_countries", text) for text in ('["UK"]', '["PRT"]', '["351"]', '["*"]')],
    *[("denied_recipients", text) for text in ('["900000001"]', '["ana"]', '["*"]')],
    *[("allowed_hosts", text) for text in ('["https://example.com"]', '["*"]', '["a b"]')],
    *[("seed_recipients", text) for text in ('["+351*"]', '["@example.com"]', '["+*"]')],
    *[("quiet_hours", text) for text in ('"21:00-09:00"', '["21-09"]', '["9:00-9:00"]', '["25:00-26:00"]')],
    *[("quiet_hours", text) for text in ('["24:00-08:00"]', '["21:00"]', '["12:60-13:00"]', "[2100]")],
    *[("quiet_days", text) for text in ('["sunday"]', "[7]")],
    *[
        ("holidays", text)
        for text in ('["13-01"]', '["02-30"]', '["UK:12-26"]', '["8 December"]', '[":12-08"]')
    ],
    *[("holidays", text) for text in ("[2030-04-20T10:00:00]", "[1208]", '["2030-02-29"]', '["20301208"]')],
    *[("approval_channels", text) for text in ('["email"]', '"page"')],
    *[(key, text) for key in ("prices", "risks", "operations", "connections") for text in ("[]", "1", '"x"')],
    ("standing", "{}"),
    ("standing", '"x"'),
]


@pytest.mark.parametrize(("key", "text"), BAD, ids=[f"{b[0]}={b[1]}" for b in BAD])
def test_a_key_refuses_and_says_what_it_takes(key: str, text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        said(f"{key} = {text}")

    assert str(refused.value) == f"{key} takes {keys()[key].said(variable=False)}."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "max_recipient_per_action = 5",
            "max_recipient_per_action is no key of the policy; max_recipients_per_action is.",
        ),
        ("deny_countries = []", "deny_countries is no key of the policy; denied_countries is."),
        ("zzz = 1", "zzz is no key of the policy."),
        ('"a\\nb" = 1', "a name is no key of the policy."),
        ('risks.sends = "deny"', "risks.sends is no risk; send is."),
        ('risks.read = "deny"', "risks.read is no risk"),
        ('risks.destroy = "allow"', "risks.destroy takes one of deny, confirm."),
        ('risks.send = "never"', "risks.send takes one of deny, confirm, allow."),
        (
            'operations.sendSMSMessages = "deny"',
            "operations.sendSMSMessages is no operation; sendSmsMessages is.",
        ),
        (
            "operations.sendSmsMessages = true",
            "operations.sendSmsMessages takes one of deny, confirm, allow.",
        ),
        ('prices.UK = "0.05"', "prices.UK is no country code, and not *."),
        ('prices.PT = "cheap"', "prices.PT takes an amount"),
        ("connections.egoi = 1", "connections.egoi takes a table."),
        (
            "connections.egoi.read_onli = true",
            "connections.egoi.read_onli is no key of the policy; read_only is.",
        ),
        ("connections.egoi.confirm = 'off'", "connections.egoi.confirm is no key of the policy"),
        ("connections.egoi.write_threshold = -1", "connections.egoi.write_threshold takes a whole number"),
        ('connections.egoi.risks.send = "x"', "connections.egoi.risks.send takes one of"),
    ],
)
def test_what_lies_deeper_is_told_by_its_whole_name(text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        said(text)

    assert str(refused.value).startswith(told)


# -- standing rules -------------------------------------------------------------------------------


def test_standing_rules_are_read_and_ordered_by_name() -> None:
    policy = of_table(
        {"standing": [RULE, {**RULE, "name": "codes", "recipients": 1, "expires": "2030-12-31"}]}
    )

    assert [rule.name for rule in policy.standing] == ["codes", "pickup"]
    assert policy.standing[1].sender == "acme"
    assert (policy.standing[0].expires, policy.standing[1].expires) != (None, None)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "standing.name takes a name"),
        ({"name": "x" * 61}, "standing.name takes a name"),
        ({"operation": "sendSms"}, "standing.operation: sendSms is no operation; "),
        ({"operation": 1}, "standing.operation takes the name of an operation"),
        ({"sender": ""}, "standing.sender takes"),
        ({"template": "Hello {a}{b}"}, "standing.template has two gaps with nothing between them."),
        ({"template": 1}, "standing.template takes a text"),
        ({"template": "x" * 1601}, "standing.template takes a text"),
        ({"recipients": 2}, "standing.recipients takes 1."),
        ({"recipients": True}, "standing.recipients takes 1."),
        ({"per_day": 0}, "standing.per_day takes a whole number, 1 or more."),
        ({"expires": "soon"}, "standing.expires takes a day"),
        ({"expire": "2030-12-31"}, "standing.expire is no key of the policy; expires is."),
    ],
)
def test_a_standing_rule_refuses(change: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        of_table({"standing": [{**RULE, **change}]})

    assert str(refused.value).startswith(told)


@pytest.mark.parametrize("missing", sorted(RULE))
def test_a_standing_rule_needs_all_that_makes_it_narrow(missing: str) -> None:
    rule = {name: value for name, value in RULE.items() if name != missing}
    with pytest.raises(SettingsError, match=f"a rule lacks its {missing}"):
        of_table({"standing": [rule]})


def test_two_standing_rules_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="two rules of the same name"):
        of_table({"standing": [RULE, {**RULE, "per_day": 6}]})


# -- the table of keys ----------------------------------------------------------------------------


def test_every_member_of_the_policy_is_a_key_and_every_key_a_member() -> None:
    assert set(keys()) == set(PolicySettings.model_fields)


def test_every_variable_is_a_keys_and_only_tables_have_none() -> None:
    assert set(keys()) - set(VARIABLES) == {"prices", "risks", "operations", "connections", "standing"}
    assert {name for name, kind in keys().items() if kind.parse is None} == set(keys()) - set(VARIABLES)


@pytest.mark.parametrize("key", sorted(VARIABLES))
def test_a_variables_error_names_it_and_what_it_takes(key: str) -> None:
    with pytest.raises(SettingsError) as refused:
        of_variable(key, "+nonsense, {}, \a")

    told = str(refused.value)
    assert told.startswith(f"{VARIABLES[key]} takes ")
    assert told.endswith(" Nothing was started.")
    assert "nonsense" not in told


def test_the_operations_that_can_be_named_are_the_catalogs() -> None:
    from egoi_mcp.api.catalog import APIS, operations

    assert operation_names() == {each.name for api in APIS for each in operations(api)}
