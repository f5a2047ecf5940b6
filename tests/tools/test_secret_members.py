"""Secrets are known by their names in any spelling, and what only looks alike is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import APIS, JsonValue, operations
from egoi_mcp.api.details import details
from egoi_mcp.tools.secret_members import REDACTED, is_secret, without_secrets

SECRETS = [
    "access_key",
    "secret_key",
    "secretKey",
    "signing_key",
    "hmac",
    "authorization",
    "bearer",
    "auth",
    "refresh_token",
    "id_token",
    "session_token",
    "device_token",
    "webhook_token",
    "fcm_token",
    "server_key",
    "encryption_key",
    "jwt",
    "credentials",
    "pwd",
    "pass",
    "passphrase",
    "smtp_pass",
    "otp",
    "pin",
    "cookie",
    "password",
    "passwd",
    "client_secret",
    "api_key",
    "apikey",
    "X-Api-Key",
    "private_key",
    "privateKey",
    "access_token",
    "token",
    "push_token_ios",
    "push_token_android",
    "authKey",
    "certificate",
    "csrfToken",
    "AccessKeyId",
    "set-cookie",
    "X-Auth-Token",
    "smtpPassword",
    "userPass",
    "sim_pin",
    "otp_code",
    "webhook_secret",
    "consumerKey",
    "ACCESS-KEY",
    "Proxy-Authorization",
    "connection_string",
    "refreshtokens",
    "password1",
    "api_key_2",
    "token_value",
    "password_hash",
    "auth_header",
    "private_key_pem",
    "recovery_codes",
    "authorization_code",
]
OPEN = [
    "page_token",
    "next_page_token",
    "nextPageToken",
    "prevPageToken",
    "continuation_token",
    "cursor",
    "next_cursor",
    "starting_after",
    "scroll_param",
    "campaign_hash",
    "authentication_status",
    "customer_authentication",
    "bypass_authentication",
    "pin_length",
    "pass_rate",
    "passed",
    "bypass",
    "compass",
    "pass_count",
    "token_ids",
    "token_type",
    "token_count",
    "max_tokens",
    "tokens",
    "author",
    "author_id",
    "authored",
    "key",
    "keyboard",
    "monkey",
    "message_key",
    "field_key",
    "template_key",
    "primary_key",
    "sort_key",
    "public_key",
    "shipping",
    "ping",
    "map_pin",
    "pinned",
    "mapping",
    "secretary",
    "cookie_policy",
    "session_id",
    "assigned",
    "signed_up_at",
    "significant",
    "opt_in",
    "has_more",
    "password_changed_at",
    "certificate_id",
    "credential_type",
    "address1",
    "list_hash",
    "error_code",
    "country_code",
    "key_value",
    "auth_type",
]
# What the vendors' documents call what is sent and answered; the rest of it is shown.
REDACTED_OF_CATALOGS = {"authKey", "certificate", "password", "push_token_android", "push_token_ios", "token"}
SECRET_IN_SOME = {"code", "message"}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", ["hunter2", 1234, ["hunter2"], {"is": "hunter2"}])
def test_a_secret_is_taken_out_by_its_name(name: str, value: JsonValue) -> None:
    assert is_secret(name)
    assert without_secrets({"a": [{name: value, "id": 1}]}) == {"a": [{name: REDACTED, "id": 1}]}


@pytest.mark.parametrize("name", OPEN)
def test_what_only_looks_like_one_stays(name: str) -> None:
    assert without_secrets({name: "a1b2c3d4"}) == {name: "a1b2c3d4"}


@pytest.mark.parametrize("value", [None, True, False, "", [], {}])
def test_whether_there_is_a_secret_is_none(value: JsonValue) -> None:
    assert without_secrets({"password": value}) == {"password": value}


def named(schema: object) -> Iterator[str]:
    """The names of the members that a catalog's schemas describe, at any depth."""
    if isinstance(schema, dict):
        members = cast("dict[str, Any]", schema)
        properties = members.get("properties")
        yield from cast("dict[str, Any]", properties) if isinstance(properties, dict) else ()
        for each in members.values():
            yield from named(each)
    elif isinstance(schema, list):
        for each in cast("list[object]", schema):
            yield from named(each)


def test_which_members_of_the_catalogs_are_redacted() -> None:
    every: set[str] = set()
    for api in APIS:
        written = resources.files("egoi_mcp.api").joinpath("bodies", f"{api}.json").read_text("utf-8")
        every |= set(named(json.loads(written)))
        every |= {parameter.name for entry in operations(api) for parameter in entry.parameters}
    marked = {name for api in APIS for entry in operations(api) for name in details(entry).secrets}
    assert len(every) > 400
    assert {name for name in every if is_secret(name)} == REDACTED_OF_CATALOGS
    assert marked == SECRET_IN_SOME | (REDACTED_OF_CATALOGS - {"token"})


# -- signatures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["signature", "X-Hub-Signature-256", "webhook_signature"])
def test_a_signature_is_a_secret_unless_it_stands_below_a_letter(name: str) -> None:
    assert without_secrets({name: "sha256=0a1b2c3d"}) == {name: REDACTED}
    for letter in ("Best regards, Ana", "<p>Ana</p>"):
        assert without_secrets({name: letter}) == {name: letter}


# -- names beside their values -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            [{"name": "Authorization", "value": "Bearer X"}, {"name": "Accept", "value": "text/csv"}],
            [{"name": "Authorization", "value": REDACTED}, {"name": "Accept", "value": "text/csv"}],
        ),
        ([{"key": "api_key", "value": "X"}], [{"key": "api_key", "value": REDACTED}]),
        ([{"Header": "X-Auth", "Value": 7}], [{"Header": "X-Auth", "Value": REDACTED}]),
        (
            {"authorization": "Bearer X", "X-Shop-Key": "k", "accept": "a"},
            {"authorization": REDACTED, "X-Shop-Key": REDACTED, "accept": "a"},
        ),
        ([["X-Api-Key", "X"], ["Accept", "a"]], [["X-Api-Key", REDACTED], ["Accept", "a"]]),
        (["X-Api-Key: X", "Accept: a"], [f"X-Api-Key: {REDACTED}", "Accept: a"]),
        ("Bearer abcdef", REDACTED),
        ("Basic dXNlcjpwdw==", REDACTED),
    ],
)
def test_headers_are_read_however_they_are_written(value: JsonValue, shown: JsonValue) -> None:
    assert without_secrets({"headers": value}) == {"headers": shown}


def test_pairs_are_read_wherever_they_stand() -> None:
    pairs = [{"name": "password", "value": "p"}, {"name": "city", "value": "Faro"}]
    assert without_secrets(pairs) == [{"name": "password", "value": REDACTED}, pairs[1]]


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Secret", "content": "A campaign of that name", "id": 1},
        {"name": "Cookies", "description": "Whoever likes them"},
        {"name": "city", "value": "Faro"},
        {"text": "Basic responsibilities of a team: Bearer bonds"},
        {"text": "Authorization: ask your manager"},
    ],
)
def test_words_about_secrets_are_none(value: JsonValue) -> None:
    assert without_secrets(value) == value


# -- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pw@host/?api_key=X", f"https://{REDACTED}@host/?api_key={REDACTED}"),
        ("https://u:p@ss@host/a", f"https://{REDACTED}@host/a"),
        ("https://ghp_x@host/a", f"https://{REDACTED}@host/a"),
        ("https://h/?a=1&access_token=X&b=2", f"https://h/?a=1&access_token={REDACTED}&b=2"),
        ("https://h/#id_token=X", f"https://h/#id_token={REDACTED}"),
        ("https://h/?a=1&amp;password=X", f"https://h/?a=1&amp;password={REDACTED}"),
        ('<a href="https://h/?token=X">x</a>', f'<a href="https://h/?token={REDACTED}">x</a>'),
        ("see https://h/?client%5Fsecret=X now", f"see https://h/?client%5Fsecret={REDACTED} now"),
        ("redis://:pw@cache:6379/0", f"redis://{REDACTED}@cache:6379/0"),
    ],
)
def test_credentials_in_addresses_are_taken_out(text: str, shown: str) -> None:
    assert without_secrets({"url": text}) == {"url": shown}


@pytest.mark.parametrize(
    "text",
    [
        "https://h/lists?page_token=X&limit=2",
        "https://h/@user/a?starting_after=X",
        "https://files.example/a.pdf?expires=1&signature=abc&X-Amz-Credential=c&X-Amz-Signature=d",
        "write to ana@example.com, or see https://h/contact",
        "a?password=X without an address",
    ],
)
def test_addresses_stay_usable(text: str) -> None:
    assert without_secrets({"url": text}) == {"url": text}


# -- any answer ----------------------------------------------------------------------------------

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*SECRETS, *OPEN, "headers", "name", "value"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_taking_secrets_out_twice_changes_nothing(value: JsonValue) -> None:
    once = without_secrets(value)
    assert without_secrets(once) == once


@given(st.dictionaries(st.sampled_from(OPEN), st.integers() | st.text(alphabet="ab ", max_size=9)))
def test_nothing_is_lost_where_nothing_is_secret(value: dict[str, Any]) -> None:
    assert without_secrets({"rows": [value]}) == {"rows": [value]}
