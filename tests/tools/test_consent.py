"""Which requests say that somebody may be written to, so that a legal basis is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import Api, JsonValue, Request, operation, operations
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.errors import InvalidInput
from egoi_mcp.tools.consent import basis_facts, needs_basis, require_basis

CONTACTS: dict[str, JsonValue] = {"type": "contacts", "contacts": ["0123456789"]}


def request(api: Api, name: str, body: JsonValue) -> Request:
    return Request(operation=operation(api, name), body=body)


MAY: list[tuple[Api, str, Any]] = [
    ("egoi", "createContact", {"base": {"email": "a@example.com"}}),
    ("egoi", "createContact", {"base": {"status": "active"}}),
    ("egoi", "createContact", {"base": {"status": "inactive", "push_token_ios": [{"token": "t"}]}}),
    ("egoi", "createContact", {"base": {"status": "unconfirmed", "push_token_ios": [{"token": "t"}]}}),
    ("egoi", "patchContact", {"base": {"status": "active"}}),
    ("egoi", "patchContact", {"base": {"consent": "contract"}}),
    ("egoi", "patchContact", {"base": {"email_status": "active"}}),
    ("egoi", "patchContact", {"extra": [{"field_id": 3, "value": "x", "status": "active"}]}),
    ("egoi", "updateContactByField", {"base": {"phone_status": "active"}}),
    ("egoi", "actionUpdateContacts", {"type": "all", "base": {"status": "active"}}),
    ("egoi", "actionActivateContacts", CONTACTS),
    ("egoi", "actionActivateContacts", {"type": "all"}),
    ("txtsync", "AddContact", {"MobileNumber": "+447700900777"}),
    ("txtsync", "UpdateContact", {"AllowSMS": True}),
    ("intercom", "CreateContact", {"email": "a@example.com"}),
    ("intercom", "UpdateContact", {"unsubscribed_from_emails": False}),
]
MAY_NOT: list[tuple[Api, str, Any]] = [
    ("egoi", "createContact", {"base": {"status": "inactive"}}),
    ("egoi", "createContact", {"base": {"status": "unconfirmed"}}),
    ("egoi", "patchContact", {"base": {"status": "inactive"}}),
    ("egoi", "patchContact", {"base": {"consent": "withdrawn"}}),
    ("egoi", "patchContact", {"base": {"first_name": "Ana"}}),
    ("egoi", "actionUpdateContacts", {"type": "all", "base": {"language": "pt"}}),
    ("egoi", "actionDeactivateContacts", CONTACTS),
    ("txtsync", "UpdateContact", {"AllowSMS": False}),
    ("txtsync", "UpdateContact", {"City": "Porto"}),
    ("intercom", "CreateContact", {"unsubscribed_from_emails": True}),
    ("intercom", "UpdateContact", {"unsubscribed_from_emails": True}),
    ("intercom", "UpdateContact", {"name": "Ana"}),
]


@pytest.mark.parametrize(("api", "name", "body"), MAY)
def test_one_who_may_be_written_to_needs_a_basis(api: Api, name: str, body: Any) -> None:
    asked = request(api, name, body)
    assert needs_basis(asked)
    for legal_basis, source in ((None, None), ("consent", None), (None, "web form"), ("", "web form")):
        with pytest.raises(
            InvalidInput, match=r"^legal_basis and source: are required.* Nothing was changed\."
        ):
            require_basis([asked], legal_basis, source, nothing="Nothing was changed.")
    require_basis([asked], "consent", "web form", nothing="Nothing was changed.")


@pytest.mark.parametrize(("api", "name", "body"), MAY_NOT)
def test_anybody_else_needs_none(api: Api, name: str, body: Any) -> None:
    asked = request(api, name, body)
    assert not needs_basis(asked)
    require_basis([asked], None, None, nothing="Nothing was changed.")


def test_one_of_several_requests_is_enough() -> None:
    quiet, loud = (
        request("egoi", "patchContact", {"base": {"status": each}}) for each in ("inactive", "active")
    )
    with pytest.raises(InvalidInput):
        require_basis([quiet, loud], None, None, nothing="Nothing was changed.")


WRITING = [
    entry
    for api in ("egoi", "txtsync", "intercom")
    for entry in operations(api)
    if entry.risk is Risk.WRITE or entry.risk is Risk.CONSENT
]
NAMES = st.sampled_from(
    [
        "status",
        "consent",
        "email_status",
        "AllowSMS",
        "unsubscribed_from_emails",
        "push_token_ios",
        "City",
        "base",
    ]
)
BODIES = st.recursive(
    st.sampled_from(["active", "inactive", "contract", "withdrawn", "x", True, False, None, 1]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
)


@given(st.sampled_from(WRITING), st.dictionaries(NAMES, BODIES, max_size=3))
def test_nothing_whose_risk_is_consent_goes_without_a_basis(entry: Any, body: Any) -> None:
    asked = Request(operation=entry, body=body)
    if risk_of(asked) is Risk.CONSENT:
        assert needs_basis(asked)


def test_what_was_stated_is_said_and_nothing_else() -> None:
    assert basis_facts("consent", "web form") == {"legal basis": "consent", "source": "web form"}
    assert basis_facts(None, "web form") == {"source": "web form"}
