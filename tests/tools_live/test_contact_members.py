"""Every member that a vendor's document names for a contact can be seen, and is hidden where it is personal.

The documents are not part of this project: what reads them is left out where `EGOI_MCP_SPECS` names none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.settings import Provider
from egoi_mcp.tools.contact_members import KNOWN
from tests.contract.vendor_documents import SPECS
from tests.support import Called
from tests.tools_live.live import altered, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts"}
SOMEBODY = next(iter(Sandbox(SandboxSettings()).world.intercom.contacts))
READS: dict[tuple[Provider, str], tuple[str, str, dict[str, Any]]] = {
    ("egoi", "getContact"): (
        "/lists/3/contacts/cd5096b5fc",
        "get_contact",
        {"contact_id": "cd5096b5fc", "list_id": 3},
    ),
    ("egoi", "getAllContacts"): ("/lists/3/contacts", "search_contacts", {"list_id": 3}),
    ("egoi", "getAllContactsBySegment"): (
        "/lists/1/contacts/segment/saved_11",
        "search_contacts",
        {"list_id": 1, "segment": "saved_11"},
    ),
    ("txtsync", "SearchContact"): ("/contacts", "search_contacts", {"query": "Sample"}),
    ("txtsync", "GetContactByExternalReference"): (
        "/contacts/external/CRM-0001",
        "get_contact",
        {"contact_id": "CRM-0001"},
    ),
    ("intercom", "ListContacts"): ("/contacts", "search_contacts", {}),
    ("intercom", "SearchContacts"): ("/contacts/search", "search_contacts", {"role": "lead"}),
    ("intercom", "ShowContactByExternalId"): (
        "/contacts/find_by_external_id/user-001",
        "get_contact",
        {"contact_id": "user-001"},
    ),
    ("intercom", "ShowContact"): (f"/contacts/{SOMEBODY}", "get_contact", {"contact_id": SOMEBODY}),
}
PERSONAL = {
    *("first_name", "last_name", "birth_date", "email", "cellphone", "phone", "unsubscription_observation"),
    *("email_stats.last_open_city", "push_token_android.token", "traffic_stats.referrer.referrer"),
    *("FirstName", "LastName", "FullName", "MobileNumber", "EmailAddress", "CompanyName", "AddressLine1"),
    *("City", "Postcode", "Custom01", "Custom05", "name", "location.city", "avatar.image_url"),
    *("social_profiles.data.url", "email_domain"),
}
MASKED_AT_MOST = {
    *("first_name", "last_name", "email", "cellphone", "phone", "FirstName", "LastName", "FullName"),
    *("MobileNumber", "EmailAddress", "name"),
}
"""Of what is personal, what a mask shows the form of."""


def documented(provider: Provider, operation: str) -> Mapping[str, Any]:
    """The schema of one contact in the reply to an operation."""
    folder = os.environ.get(SPECS)
    if not folder:
        pytest.skip(f"{SPECS} names no folder with the vendors' documents")
    entries = json.loads((Path(folder) / "operations" / f"{provider}.json").read_text(encoding="utf-8"))
    entry = next(each for each in entries if each["operationId"] == operation)
    schema: Mapping[str, Any] = entry["success"]["200"]
    while schema["type"] == "array" or {"items", "data"} & set(schema["properties"]):
        schema = schema["items"] if schema["type"] == "array" else _listed(schema)
    return schema


def _listed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    held: Mapping[str, Any] = schema["properties"]
    listed: Mapping[str, Any] = (held.get("items") or held["data"])["items"]
    return listed


def names_of(schema: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The members of a schema that hold a text, a number or a truth value, inner ones with dots."""
    for name, member in schema.get("properties", {}).items():
        inner = member.get("items", member)
        if name == "extra":
            yield "extra"
        elif "properties" in inner:
            yield from names_of(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def sample(schema: Mapping[str, Any], name: str = "") -> Any:
    """A value of the schema, every member filled; of several forms, an array has one each."""
    if forms := schema.get("oneOf"):
        return sample(forms[0], name)
    kind = schema["type"]
    if kind == "object":
        return {each: sample(member, each) for each, member in schema.get("properties", {}).items()}
    if kind == "array":
        forms = schema["items"].get("oneOf", [schema["items"]])
        rows = [sample(form, name) for form in forms]
        return [{**row, "field_id": n} for n, row in enumerate(rows, 1)] if name == "extra" else rows
    if kind == "boolean":
        return True
    if name == "ExternalReference":
        # A row that is somebody else's is not taken.
        return "CRM-0001"
    if kind == "integer":
        return 1_780_000_000 if name.endswith("_at") else 7
    return (
        schema["enum"][0] if "enum" in schema else "2026-03-01 10:11:12" if "date" in name else f"the {name}"
    )


def with_every_member(row: Any, path: str) -> Any:
    def change(asked: str, reply: Any) -> Any:
        if asked != path:
            return reply
        if isinstance(reply, list):
            return [row]
        if "items" in reply:
            return {"items": [row], "total_items": 1}
        return {"data": [row], "total_count": 1, "pages": None} if "data" in reply else row

    return change


def shown(called: Called) -> dict[str, str]:
    assert not called.is_error, called.text
    fields: dict[str, str] = called.data.get("details") or called.data["contacts"][0]["fields"]
    return fields


def listed(called: Called) -> dict[str, Any]:
    contact: dict[str, Any] = called.data.get("contact") or called.data["contacts"][0]
    return contact


@pytest.mark.parametrize(("provider", "operation"), READS)
async def test_every_member_that_a_reply_has_can_be_seen(
    tmp_path: Path, provider: Provider, operation: str
) -> None:
    schema = documented(provider, operation)
    path, tool, arguments = READS[provider, operation]
    row = sample(schema)
    async with altered(tmp_path, with_every_member(row, path), TOOLS) as session:
        called = await session.call(tool, provider=provider, **arguments, detail="full")
        fields = shown(called)
        expected = {name.removeprefix("base.") for name in names_of(schema)}
        if provider == "egoi":
            assert listed(called)["tags"] == ["7"]
            expected -= {"tags", "extra"}
            expected |= {f"extra_{n}" for n in range(1, 8)} | {f"extra_{n}.status" for n in (3, 4, 6)}
        missing = {name for name in expected if name not in fields}
        # An object whose members the document does not name.
        assert missing <= {"custom_attributes"}
        for name in expected - missing:
            assert f"{name}: " in called.text


@pytest.mark.parametrize("provider", ["egoi", "txtsync", "intercom"])
def test_the_names_that_can_be_asked_for_are_those_of_the_documents(provider: Provider) -> None:
    found: set[str] = set()
    for whose, operation in READS:
        if whose == provider:
            found |= {name.removeprefix("base.") for name in names_of(documented(provider, operation))}
    # Told in another way: tags in the summary, extra fields by their own ids.
    found -= {"tags", "extra", "custom_attributes"}
    beside = {"type"} if provider == "intercom" else set[str]()
    more = (
        {f"{each}.type" for each in ("tags", "notes", "companies", "social_profiles")} if beside else beside
    )
    assert found <= KNOWN[provider]
    assert KNOWN[provider] - found <= more


def row_of(names: frozenset[str], provider: Provider) -> dict[str, Any]:
    """A contact that holds every one of these members, each its own name."""
    row: dict[str, Any] = {"base": {}} if provider == "egoi" else {}
    for name in sorted(names):
        *outer, last = name.split(".")
        held = row["base"] if provider == "egoi" and not outer else row
        for each in outer:
            held = held.setdefault(each, {})
        held[last] = f"secret {last}"
    if provider == "egoi":
        row["extra"] = [{"field_id": 5, "format": "text", "value": "secret extra"}]
        row["base"]["brand_new"] = "secret new"
    if provider == "intercom":
        row["custom_attributes"] = {"plan": "secret plan"}
    return row


@pytest.mark.parametrize("pii", ["masked", "ids"])
@pytest.mark.parametrize("provider", ["egoi", "txtsync", "intercom"])
async def test_no_personal_free_or_unknown_member_is_shown_behind_a_mask(
    tmp_path: Path, provider: Provider, pii: str
) -> None:
    operation = {"egoi": "getContact", "txtsync": "GetContactByExternalReference", "intercom": "ShowContact"}
    path, tool, arguments = READS[provider, operation[provider]]
    row = row_of(KNOWN[provider], provider)
    if provider == "txtsync":
        row["ExternalReference"] = arguments["contact_id"]
    async with altered(tmp_path, with_every_member(row, path), TOOLS, EGOI_MCP_PII=pii) as session:
        fields = shown(await session.call(tool, provider=provider, **arguments, detail="full"))
        personal = PERSONAL & KNOWN[provider]
        assert personal
        assert {name for name in personal if name in fields} == (
            MASKED_AT_MOST & personal if pii == "masked" else set()
        )
        assert [fields[name] for name in personal if name in fields and "secret" in fields[name]] == []
        assert not any(each.startswith(("extra_", "custom_attributes", "brand_new")) for each in fields)
        # What is nobody's secret stays.
        assert {"egoi": "consent", "txtsync": "TotalLinksSent", "intercom": "role"}[provider] in fields


@pytest.mark.parametrize(
    ("provider", "arguments", "fields", "found"),
    [
        ("egoi", {"list_id": 1, "limit": 1}, ["consent", "extra_2"], {"consent": "consent", "extra_2": "10"}),
        ("egoi", {"list_id": 1, "limit": 1}, ["CONSENT"], {"consent": "consent"}),
        ("txtsync", {"query": "CRM-0001"}, ["City", "AllowSMS"], {"City": "Leeds", "AllowSMS": "true"}),
        (
            "intercom",
            {"query": "user-001"},
            ["custom_attributes", "location.city", "signed_up_at"],
            {
                "custom_attributes.plan": "pro",
                "custom_attributes.seats": "1",
                "signed_up_at": "2026-05-31T12:00:00Z",
            },
        ),
        ("intercom", {"query": "user-001"}, ["custom_attributes.Plan"], {"custom_attributes.plan": "pro"}),
    ],
)
async def test_only_the_members_that_are_named_stand_beside_the_summary(
    tmp_path: Path, provider: str, arguments: dict[str, Any], fields: list[str], found: dict[str, str]
) -> None:
    async with altered(tmp_path, lambda _, reply: reply, TOOLS) as session:
        plain = await session.call("search_contacts", provider=provider, **arguments)
        assert "fields" not in plain.data["contacts"][0]
        called = await session.call("search_contacts", provider=provider, **arguments, fields=fields)
        assert called.data["contacts"][0] == {**plain.data["contacts"][0], "fields": found}


@pytest.mark.parametrize(
    ("provider", "field", "near"),
    [
        ("egoi", "consnet", "'consent'"),
        ("egoi", "email_stats.open", "'email_stats.opens'"),
        ("txtsync", "custom1", "'Custom01'"),
        ("intercom", "last_seen", "'last_seen_at'"),
        ("all", "TotalOutbound", "'TotalOutboundSMS'"),
    ],
)
async def test_a_member_that_nobody_has_is_refused_with_the_nearest(
    tmp_path: Path, provider: str, field: str, near: str
) -> None:
    async with altered(tmp_path, lambda _, reply: reply, TOOLS) as session:
        said = await refused(
            session, "search_contacts", provider=provider, query="x@example.com", fields=[field]
        )
        assert said.startswith("fields: ")
        assert f"Did you mean {near}?" in said
        said = await refused(
            session, "search_contacts", provider=provider, query="x@example.com", fields=["@@@"]
        )
        assert "Did you mean" not in said
        assert session.sandbox.requests.total == 0
