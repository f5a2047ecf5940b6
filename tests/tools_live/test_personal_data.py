"""What the model sees of people is what the owner lets it see, and the approver always sees it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import SMS, Person, Session, connected
from tests.tools_live.live import altered

pytestmark = pytest.mark.anyio

EVERYTHING_PERSONAL = (
    "Lucía",
    "Exemplo",
    "lucia.001",
    "900000001",
    "Grace",
    "txt.001",
    "900201",
    "Sample Street",
    "Leeds",
    "tier-1",
    "Lisboa",
    "icom.001",
    "900301",
    "custom_attributes",
)


async def everything_read(session: Session) -> str:
    """Everything that reading tools tell of two people, as text and as data."""
    (row,) = (await session.call("search_contacts", query="+351900000001")).data["contacts"]
    called = [
        await session.call("search_contacts", query="+351900000001"),
        await session.call("search_contacts", query="lucia.001@example.org"),
        await session.call("search_contacts", list_id=3),
        await session.call("get_contact", contact_id=row["contact_id"], list_id=3),
        await session.call("search_contacts", provider="txtsync", query="CRM-0001"),
        await session.call("get_contact", provider="txtsync", contact_id="CRM-0001"),
        await session.call("search_contacts", provider="all", query="lucia.001@example.org", detail="full"),
        await session.call("search_contacts", provider="txtsync", query="CRM-0001", detail="full"),
        await session.call("search_contacts", provider="intercom", query="user-001", detail="full"),
        await session.call("search_contacts", list_id=1, limit=2, fields=["extra_1", "last_name"]),
        await session.call("get_contact", provider="intercom", contact_id="user-001"),
        await session.call("get_contact", contact_id=row["contact_id"], list_id=3, activities=True),
    ]
    assert not any(each.is_error for each in called), [each.text for each in called]
    return "\n".join(each.text + str(each.data) for each in called)


@pytest.mark.parametrize("pii", ["masked", "ids"])
async def test_reading_shows_no_name_address_number_or_field_of_anybody(tmp_path: Path, pii: str) -> None:
    async with connected(tmp_path, EGOI_MCP_PII=pii) as session:
        shown = await everything_read(session)
        assert [each for each in EVERYTHING_PERSONAL if each in shown] == []
        # What tools need stays: ids, lists, statuses and the customer's own reference.
        for needed in (
            "cd5096b5fc",
            "CRM-0001",
            "user-001",
            "active",
            "allows SMS",
            "consent",
            "signed_up_at",
        ):
            assert needed in shown


async def test_a_mask_keeps_what_tells_people_apart_for_a_person(tmp_path: Path) -> None:
    async with connected(tmp_path, EGOI_MCP_PII="masked") as session:
        (row,) = (await session.call("search_contacts", query="+351900000001")).data["contacts"]
        assert row == {
            "contact_id": "cd5096b5fc",
            "list_id": 3,
            "name": "L***",
            "email": "l***@e***.org",
            "phone": "+351 *** *01",
            "status": "active",
            "consent": "consent",
            "tags": ["1"],
            "created_at": "2026-04-24",
        }


async def test_ids_alone_leave_the_members_out(tmp_path: Path) -> None:
    async with connected(tmp_path, EGOI_MCP_PII="ids") as session:
        (row,) = (await session.call("search_contacts", query="+351900000001")).data["contacts"]
        told = {"contact_id", "list_id", "status", "consent", "tags"}
        assert set(row) == told | {"created_at"}


async def test_with_everything_shown_the_rest_is_there(tmp_path: Path) -> None:
    async with connected(tmp_path, EGOI_MCP_PII="full") as session:
        shown = await everything_read(session)
        assert [each for each in EVERYTHING_PERSONAL if each not in shown] == []


@pytest.mark.parametrize("reference", ["ana@example.com", "+447700900777", "0044 7700 900777", "900-777-000"])
@pytest.mark.parametrize(("pii", "seen"), [("masked", False), ("ids", False), ("full", True)])
async def test_a_reference_that_is_an_address_or_a_number_is_one(
    tmp_path: Path, reference: str, pii: str, seen: bool
) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.txtsync.contacts[9001].fields["ExternalReference"] = reference
    async with connected(tmp_path, sandbox=sandbox, EGOI_MCP_PII=pii) as session:
        called = await session.call("get_contact", provider="txtsync", contact_id=reference)
        assert not called.is_error
        assert (reference in called.text + str(called.data)) is seen


@pytest.mark.parametrize(("pii", "seen"), [("masked", False), ("ids", False), ("full", True)])
async def test_where_somebody_was_is_personal(tmp_path: Path, pii: str, seen: bool) -> None:
    def opened_in_porto(path: str, reply: Any) -> Any:
        if "/contacts/" in path and "email_stats" in reply:
            reply["email_stats"] |= {"sent": 3, "last_open_city": "Porto", "last_open_country": "Portugal"}
        return reply

    async with altered(tmp_path, opened_in_porto, EGOI_MCP_PII=pii) as session:
        called = await session.call("get_contact", contact_id="cd5096b5fc", list_id=3)
        assert ("Porto" in called.text) is seen
        assert called.data["details"]["email_stats.sent"] == "3"


@pytest.mark.parametrize("pii", ["masked", "ids"])
async def test_the_approver_sees_what_the_model_does_not(tmp_path: Path, pii: str) -> None:
    person = Person("decline")
    new: dict[str, Any] = {
        "list_id": 3,
        "email": "new@example.com",
        "first_name": "Inês",
        "last_name": "Amostra",
        "fields": {"birth_date": "2000-01-31"},
        "status": "active",
        "legal_basis": "consent",
        "source": "spring fair",
    }
    async with connected(tmp_path, person=person, EGOI_MCP_PII=pii) as session:
        seen = [
            await session.call("create_contact", **new, preview_only=True),
            await session.call("create_contact", **new),
            await session.call("send_sms", **SMS, preview_only=True),
            await session.call("send_sms", **SMS),
        ]
        told = "\n".join(each.text + str(each.data) for each in seen)
        for hidden in ("new@example.com", "Inês", "Amostra", "2000-01-31", "900000001"):
            assert hidden not in told
        contact, sms = person.questions
        for shown in ("new@example.com", "first name: Inês", "last name: Amostra", "birth date: 2000-01-31"):
            assert shown in contact
        assert "+351900000001" in sms


@pytest.mark.parametrize("pii", ["full", "masked", "ids"])
async def test_no_refusal_repeats_what_was_passed(tmp_path: Path, pii: str) -> None:
    secret = "lucia.001@example.org"
    calls: list[tuple[str, dict[str, Any]]] = [
        ("search_contacts", {"query": secret, "limit": 0}),
        ("search_contacts", {"query": secret, "list_id": 99}),
        ("get_contact", {"contact_id": secret, "list_id": 3}),
        ("get_contact", {"contact_id": secret, "provider": "txtsync"}),
        ("get_contact", {"contact_id": secret, "provider": "intercom"}),
        ("get_contact", {"contact_id": "0123456789", "list_id": secret}),
        ("search_contacts", {"list_id": 1, "segment": secret}),
        ("search_contacts", {"list_id": 1, "filters": {secret: secret}}),
        ("search_contacts", {"list_id": 1, "filters": {"language": secret}}),
        ("search_contacts", {"list_id": 1, "filters": {"phone": secret}}),
        ("search_contacts", {"list_id": 1, "filters": {"Interests": secret}}),
        ("search_contacts", {"provider": "intercom", "filters": {secret: secret}}),
        ("search_contacts", {"provider": "intercom", "filters": {"created_at": secret}}),
        ("search_contacts", {"provider": "intercom", "filters": {"name": {secret: secret}}}),
        ("search_contacts", {"provider": "txtsync", "filters": {secret: secret}}),
        ("search_contacts", {"provider": "all", "query": secret, "filters": {secret: secret}}),
        ("search_contacts", {"query": secret, "fields": [secret]}),
        ("search_contacts", {"query": secret, "cursor": secret}),
        ("create_contact", {"email": secret, "list_id": 99}),
        ("create_contact", {"email": secret + " x", "list_id": 3}),
        ("create_contact", {"phone": secret, "list_id": 3}),
        ("import_contacts", {"list_id": secret, "mode": "add", "rows": [{"email": secret}]}),
        ("import_contacts", {"list_id": 3, "mode": "add", "rows": [{"email": secret}]}),
        ("import_contacts", {"list_id": 3, "mode": "add", "rows": [{secret: secret, "email": secret}] * 2}),
        ("import_contacts", {"list_id": 3, "mode": "add", "file": secret}),
        ("import_contacts", {"list_id": 3, "mode": "add", "rows": [{}], "columns": {secret: "email"}}),
        ("import_contacts", {"list_id": 3, "mode": "add", "rows": [{}], "columns": {"email": secret}}),
        ("import_contacts", {"list_id": 3, "mode": "add", "rows": [{}], "compare_field": secret}),
        ("tag_contacts", {"do": "attach", "list_id": 3, "tag": "nothere", "contact_ids": [secret]}),
        (
            "tag_contacts",
            {"do": "attach", "list_id": 3, "tag": "vip", "field": "cellphone", "values": [secret]},
        ),
        ("tag_contacts", {"do": "detach", "list_id": 3, "tag": "vip", "segment": secret}),
        ("tag_contacts", {"do": "detach", "provider": "intercom", "tag": secret, "contact_ids": ["0" * 24]}),
        ("unsubscribe_contacts", {"list_id": 3, "contact_ids": [secret]}),
        ("unsubscribe_contacts", {"provider": "txtsync", "external_references": [secret]}),
        ("unsubscribe_contacts", {"provider": "txtsync", "phones": [secret]}),
        ("erase_contacts", {"list_id": secret, "contact_ids": ["0123456789"]}),
        ("erase_contacts", {"provider": "txtsync", "external_references": [secret]}),
        ("manage_field", {"do": "delete", "list_id": 1, "field": secret}),
        ("manage_suppression", {"do": "remove", "type": "email", "values": [secret]}),
        ("manage_suppression", {"do": "add", "type": "cellphone", "values": [secret]}),
        ("send_sms", {**SMS, "to": [secret]}),
        ("send_campaign", {"campaign": secret, "audience": "whole_list", "when": "now"}),
        ("check_action", {"action_id": secret}),
        ("undo_action", {"action_id": secret}),
        ("get_report", {"campaign": secret}),
        ("list_audiences", {secret: secret}),
    ]
    everything = {"EGOI_MCP_PII": pii, "EGOI_MCP_TOOLSETS": "default,audiences_admin"}
    async with connected(tmp_path, everything) as session:
        for name, arguments in calls:
            called = await session.call(name, **arguments)
            assert called.is_error, name
            assert "lucia" not in called.text, (name, called.text)
