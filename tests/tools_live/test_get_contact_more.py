"""Reading one contact of Intercom, and what happened to one of E-goi lately."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.state import Activity
from egoi_mcp.sandbox.state import IntercomContact
from egoi_mcp.settings import from_environ
from tests.support import connected, opened
from tests.tools_live.live import altered, queries, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts"}
INTERCOM: dict[str, Any] = {"provider": "intercom"}
STATISTICS = (
    "sent",
    "opens",
    "clicks",
    "soft_bounces",
    "hard_bounces",
    "forwards",
    "conversions",
    "social_actions",
)


def of_own_id(sandbox: Sandbox, own_id: str) -> IntercomContact:
    return next(
        each for each in sandbox.world.intercom.contacts.values() if each.fields["external_id"] == own_id
    )


def counts(sandbox: Sandbox) -> dict[str, int]:
    names = ("ShowContact", "ShowContactByExternalId", "SearchContacts")
    return {name: count for name in names if (count := sandbox.requests.count(name))}


# -- Intercom ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "own id", "e-mail"])
async def test_a_user_is_read_by_each_of_its_names_with_tags_and_companies(tmp_path: Path, by: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    held = of_own_id(sandbox, "user-010")
    company = next(iter(sandbox.world.intercom.companies.values()))
    held.companies = [company.id]
    reference = {"id": held.id, "own id": "user-010", "e-mail": "ICOM.010@example.org"}[by]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        called = await session.call("get_contact", **INTERCOM, contact_id=reference)
        assert not called.is_error, called.text
        contact = called.data["contact"]
        assert (contact["contact_id"], contact["role"]) == (held.id, "user")
        assert (contact["external_reference"], contact["email"]) == ("user-010", "icom.010@example.org")
        assert called.data["details"]["custom_attributes.seats"] == "10"
        assert called.data["details"]["signed_up_at"] == contact["created_at"]
        assert called.data["tag_names"] == ["vip", "newsletter"]
        assert called.data["companies"] == [company.fields["name"]]
        assert "\ntags: vip, newsletter\n" in called.text
        assert called.text.endswith(f"\ncompanies: {company.fields['name']}")


@pytest.mark.parametrize("pii", ["masked", "ids"])
async def test_for_whom_somebody_works_is_personal(tmp_path: Path, pii: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    of_own_id(sandbox, "user-010").companies = list(sandbox.world.intercom.companies)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, EGOI_MCP_PII=pii) as session:
        called = await session.call("get_contact", **INTERCOM, contact_id="user-010")
        assert called.data["tag_names"] == ["vip", "newsletter"]
        assert "companies" not in called.data
        assert "Example Ltd" not in called.text


async def test_a_lead_is_read_by_its_id(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    lead = next(each for each in sandbox.world.intercom.contacts.values() if each.role == "lead")
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        called = await session.call("get_contact", **INTERCOM, contact_id=lead.id)
        assert called.data["contact"]["role"] == "lead"
        assert counts(sandbox) == {"ShowContact": 1}


@pytest.mark.parametrize(
    ("own_id", "asked"),
    [
        ("a" * 24, {"ShowContact": 1, "ShowContactByExternalId": 1}),
        ("crm-77", {"ShowContactByExternalId": 1}),
        ("2030/17", {"SearchContacts": 1}),
        ("a..b", {"SearchContacts": 1}),
        ("own@example.com", {"SearchContacts": 2}),
    ],
)
async def test_an_own_id_is_found_whatever_it_looks_like(
    tmp_path: Path, own_id: str, asked: dict[str, int]
) -> None:
    sandbox = Sandbox(SandboxSettings())
    of_own_id(sandbox, "user-001").fields["external_id"] = own_id
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        called = await session.call("get_contact", **INTERCOM, contact_id=own_id)
        assert called.data["contact"]["external_reference"] == own_id
        assert counts(sandbox) == asked


@pytest.mark.parametrize("reference", ["b" * 24, "nothere", "nobody@example.com", "x/y"])
async def test_whom_intercom_does_not_know_is_told_with_where_ids_come_from(
    tmp_path: Path, reference: str
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        said = await refused(session, "get_contact", **INTERCOM, contact_id=reference)
        assert said.startswith("contact_id: Intercom knows no contact with this id, own id or e-mail")
        assert "search_contacts gives ids" in said


async def test_whoever_was_deleted_or_merged_is_told_as_such(tmp_path: Path) -> None:
    def gone(path: str, reply: Any) -> Any:
        error = {"code": "gone", "message": "Contact is gone"}
        return httpx2.Response(410, json={"type": "error.list", "errors": [error]})

    async with altered(tmp_path, gone, TOOLS) as session:
        said = await refused(session, "get_contact", **INTERCOM, contact_id="c" * 24)
        assert "or it was deleted or merged" in said


async def test_an_address_that_several_have_is_answered_with_their_ids_and_roles(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    user, lead = list(sandbox.world.intercom.contacts.values())[1:3]
    assert (user.role, lead.role) == ("user", "lead")
    lead.fields["email"] = user.fields["email"]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        said = await refused(session, "get_contact", **INTERCOM, contact_id=user.fields["email"])
        assert said.startswith("contact_id: 2 contacts of Intercom have it: ")
        assert f"{user.id} (user)" in said
        assert f"{lead.id} (lead)" in said
        assert "@" not in said


async def test_names_that_cannot_be_read_cost_only_themselves(tmp_path: Path) -> None:
    def forbidden(path: str, reply: Any) -> Any:
        error = {"code": "forbidden", "message": "no"}
        refusal = httpx2.Response(403, json={"type": "error.list", "errors": [error]})
        return refusal if path.endswith("/companies") else reply

    async with altered(tmp_path, forbidden, TOOLS) as session:
        called = await session.call("get_contact", **INTERCOM, contact_id="user-010")
        assert called.data["tag_names"] == ["vip", "newsletter"]
        assert called.data["note"] == "The names of its companies could not be read."
        assert "companies" not in called.data


async def test_intercom_has_neither_lists_nor_activities(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for provider, vendor in (("intercom", "Intercom"), ("txtsync", "TxtSync")):
            one = {"provider": provider, "contact_id": "user-001"}
            said = await refused(session, "get_contact", **one, list_id=1)
            assert said == f"list_id: {vendor} has no lists. Leave it out. Nothing was changed."
            said = await refused(session, "get_contact", **one, activities=True)
            assert said == f"activities: {vendor} tells none. Leave it out. Nothing was changed."
        assert session.sandbox.requests.total == 0


async def test_a_vendor_without_credentials_is_named(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    variables = {"EGOI_API_KEY": "k", "EGOI_MCP_STATE_DIR": str(tmp_path), **TOOLS}
    async with opened(from_environ(variables), sandbox=sandbox, transport=sandbox.transport()) as session:
        said = await refused(session, "get_contact", **INTERCOM, contact_id="user-001")
        assert said.startswith("Intercom is not configured on this server (configured: egoi).")


# -- E-goi ---------------------------------------------------------------------------------------


def busy(sandbox: Sandbox) -> None:
    contact = sandbox.world.egoi.lists[3].contacts["cd5096b5fc"]
    since = 1_780_400_000.0
    contact.activities += [
        Activity(at=since, action_name="attach_tag", action_data={"tag_id": 1}),
        Activity(
            at=since + 60,
            action_name="email_click",
            action_data={"campaign_hash": "emlsent001", "url": "https://example.com/?who=lucia"},
        ),
        *(Activity(at=since - n, action_name="email_open") for n in range(1, 40)),
    ]


async def test_what_happened_lately_comes_newest_first_when_asked_for(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    busy(sandbox)
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        one = {"contact_id": "cd5096b5fc", "list_id": "Team"}
        called = await session.call("get_contact", **one, activities=True)
        found = called.data["activities"]
        assert len(found) == 25
        assert found[:2] == [
            {
                "date": "2026-06-02T11:34:20",
                "action": "email_click",
                "about": "campaign_hash emlsent001, url https://example.com/?who=lucia",
            },
            {"date": "2026-06-02T11:33:20", "action": "attach_tag", "about": "tag_id 1"},
        ]
        assert [each["date"] for each in found] == sorted((each["date"] for each in found), reverse=True)
        assert "\n2026-06-02T11:33:20 | attach_tag | tag_id 1\n" in called.text
        assert queries(session, "getAllContactActivities") == [{"offset": "0", "limit": "25"}]
        assert "activities" not in (await session.call("get_contact", **one)).data
        assert session.sandbox.requests.count("getAllContactActivities") == 1


@pytest.mark.parametrize("pii", ["masked", "ids"])
async def test_where_somebody_clicked_is_personal(tmp_path: Path, pii: str) -> None:
    sandbox = Sandbox(SandboxSettings())
    busy(sandbox)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, EGOI_MCP_PII=pii) as session:
        called = await session.call("get_contact", contact_id="cd5096b5fc", list_id=3, activities=True)
        assert called.data["activities"][0]["about"] == "campaign_hash emlsent001"
        assert "lucia" not in called.text


async def test_tags_come_with_their_names_looked_up_once_a_minute(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.egoi.lists[3].contacts["cd5096b5fc"].tags = [1, 99]
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        for _ in range(2):
            called = await session.call("get_contact", contact_id="cd5096b5fc", list_id=3)
            assert called.data["contact"]["tags"] == ["1", "99"]
            assert called.data["tag_names"] == ["vip", "99"]
        assert session.sandbox.requests.count("getAllTags") == 1


async def test_a_short_answer_leaves_the_details_out(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        one = {"contact_id": "cd5096b5fc", "list_id": 3}
        called = await session.call("get_contact", **one, detail="summary")
        assert called.data["details"] == {}
        called = await session.call("get_contact", **one, fields=["birth_date", "email_stats"])
        assert set(called.data["details"]) == {"birth_date", *(f"email_stats.{n}" for n in STATISTICS)}


async def test_a_date_that_is_none_is_left_out_and_no_offset_is_invented(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    contact = sandbox.world.egoi.lists[3].contacts["cd5096b5fc"]
    contact.base |= {"unsubscription_date": "0000-00-00 00:00:00", "subscription_date": "2026-01-02 03:04:05"}
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        called = await session.call("get_contact", contact_id="cd5096b5fc", list_id=3)
        assert "unsubscription_date" not in called.data["details"]
        assert called.data["details"]["subscription_date"] == "2026-01-02T03:04:05"
        assert called.data["contact"]["created_at"] == "2026-01-02T03:04:05"
