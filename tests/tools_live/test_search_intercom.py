"""Finding Intercom's users and leads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.seed_contacts import SEED_EPOCH
from egoi_mcp.sandbox.settings import SANDBOX_INTERCOM_ACCESS_TOKEN
from egoi_mcp.settings import from_environ
from tests.support import Session, connected, opened
from tests.tools_live.live import altered, bodies, queries, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts"}


async def found(session: Session, **arguments: object) -> list[dict[str, Any]]:
    called = await session.call("search_contacts", provider="intercom", **arguments)
    assert not called.is_error, called.text
    contacts: list[dict[str, Any]] = called.data["contacts"]
    return contacts


def asked(session: Session) -> Any:
    return bodies(session, "SearchContacts")[-1]["query"]


async def test_a_user_comes_in_the_shape_of_every_vendor(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    held = next(c for c in sandbox.world.intercom.contacts.values() if c.fields["external_id"] == "user-002")
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        (contact,) = await found(session, query="icom.002@example.org")
        assert contact == {
            "contact_id": held.id,
            "external_reference": "user-002",
            "role": "user",
            "name": held.fields["name"],
            "email": "icom.002@example.org",
            "phone": "+447700900302",
            "status": "active",
            "consent": "allows e-mail",
            "tags": ["9102"],
            "created_at": "2026-05-30",
        }
        assert held.created_at == SEED_EPOCH - 2 * 86_400


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        (
            {"query": "icom.001@example.org"},
            {"field": "email", "operator": "=", "value": "icom.001@example.org"},
        ),
        (
            {"query": "+44 7700 900301"},
            {
                "operator": "OR",
                "value": [
                    {"field": "phone", "operator": "=", "value": "+447700900301"},
                    {"field": "external_id", "operator": "=", "value": "+44 7700 900301"},
                ],
            },
        ),
        (
            {"query": "user-001"},
            {
                "operator": "OR",
                "value": [
                    {"field": "name", "operator": "~", "value": "user-001"},
                    {"field": "external_id", "operator": "=", "value": "user-001"},
                ],
            },
        ),
        (
            {"query": "icom.006@example.org", "role": "lead"},
            {
                "operator": "AND",
                "value": [
                    {"field": "email", "operator": "=", "value": "icom.006@example.org"},
                    {"field": "role", "operator": "=", "value": "lead"},
                ],
            },
        ),
    ],
)
async def test_an_address_a_number_a_name_and_an_own_id_are_found(
    tmp_path: Path, arguments: dict[str, str], query: object
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        assert len(await found(session, **arguments)) == 1
        assert asked(session) == query


async def test_a_part_of_a_name_is_enough_and_goes_with_a_role(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        everybody = await found(session, query="an")
        assert {each["name"] for each in everybody} == {"Hannah"}
        leads = await found(session, query="an", role="lead")
        assert [each for each in everybody if each["role"] == "lead"] == leads
        # All members of a group are groups, as the vendor's document has it.
        assert [each["operator"] for each in asked(session)["value"]] == ["OR", "AND"]


async def test_leads_are_listed_by_their_role_and_everybody_without_a_question(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        leads = await session.call("search_contacts", provider="intercom", role="lead")
        assert (leads.data["total"], {each["role"] for each in leads.data["contacts"]}) == (10, {"lead"})
        assert asked(session) == {"field": "role", "operator": "=", "value": "lead"}
        users = await session.call("search_contacts", provider="intercom", role="user")
        assert users.data["total"] == 20
        assert len(await found(session, limit=100)) == 30
        assert queries(session, "ListContacts") == [{"per_page": "100"}]


@pytest.mark.parametrize("arguments", [{}, {"role": "user"}, {"query": "example"}, {"role": "lead"}])
@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_every_contact_comes_once_by_cursor_in_whichever_session(
    tmp_path: Path, arguments: dict[str, Any], limit: int
) -> None:
    sandbox = Sandbox(SandboxSettings())
    seen: list[str] = []
    cursor: dict[str, str] = {}
    total = 0
    for page in range(40):
        async with connected(tmp_path / str(page), TOOLS, sandbox=sandbox) as session:
            called = await session.call(
                "search_contacts", provider="intercom", **arguments, limit=limit, **cursor
            )
            assert not called.is_error, called.text
            seen += [each["contact_id"] for each in called.data["contacts"]]
            total = called.data["total"]
        if "next_cursor" not in called.data or page == 4:
            break
        cursor = {"cursor": called.data["next_cursor"]}
    assert len(seen) == len(set(seen)) == min(total, 5 * limit)


async def test_rows_that_do_not_fit_come_with_the_next_page_of_the_same_cursor(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    for contact in sandbox.world.intercom.contacts.values():
        contact.fields["name"] = "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 450
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            called = await session.call("search_contacts", provider="intercom", limit=25, **cursor)
            seen += [each["contact_id"] for each in called.data["contacts"]]
            assert len(called.data["contacts"]) < 25
            if "next_cursor" not in called.data:
                break
            cursor = {"cursor": called.data["next_cursor"]}
        assert len(seen) == len(set(seen)) == 30


@pytest.mark.parametrize(
    ("filters", "query", "count"),
    [
        ({"tag": "vip"}, {"field": "tag_id", "operator": "=", "value": "9101"}, 6),
        (
            {"custom_attributes.plan": "pro"},
            {"field": "custom_attributes.plan", "operator": "=", "value": "pro"},
            10,
        ),
        (
            {"custom_attributes.seats": {"<=": 3}},
            {"field": "custom_attributes.seats", "operator": "<=", "value": 3},
            3,
        ),
        (
            {"external_id": ["user-001", "user-002"]},
            {"field": "external_id", "operator": "IN", "value": ["user-001", "user-002"]},
            2,
        ),
        (
            {"unsubscribed_from_emails": True},
            {"field": "unsubscribed_from_emails", "operator": "=", "value": True},
            3,
        ),
        (
            {"created_at": {">": "2026-05-16", "<": 1_779_796_800}},
            {
                "operator": "AND",
                "value": [
                    {"field": "created_at", "operator": ">", "value": 1_778_889_600},
                    {"field": "created_at", "operator": "<", "value": 1_779_796_800},
                ],
            },
            9,
        ),
        ({"name": None}, {"field": "name", "operator": "=", "value": None}, 4),
        ({"email": {"$": "1@example.org"}}, {"field": "email", "operator": "$", "value": "1@example.org"}, 2),
    ],
)
async def test_members_are_compared_by_the_vendors_operators(
    tmp_path: Path, filters: dict[str, Any], query: object, count: int
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        assert len(await found(session, filters=filters)) == count
        assert asked(session) == query


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"emial": "x"}, "filters: Intercom compares no member of that name. Did you mean 'email'?"),
        ({"zzzz": "x"}, "filters: Intercom compares no member of that name. Nothing"),
        ({"name": {"like": "x"}}, "filters.name: an operator is one of"),
        ({"name": {"=": ["x"]}}, "filters.name: an operator is one of"),
        ({"name": {"IN": "x"}}, "filters.name: an operator is one of"),
        ({"name": 1.5}, "filters.name: must be a text, a whole number, true or false."),
        ({"custom_attributes.x": {"=": {}}}, "filters.custom_attributes: must be a text"),
        ({"created_at": "yesterday"}, "filters.created_at: must be a date, such as 2026-03-01"),
        ({"created_at": True}, "filters.created_at: must be a date"),
        ({"unsubscribed_from_emails": "yes"}, "filters.unsubscribed_from_emails: must be true or false."),
        ({"tag": "nothere"}, "filters.tag: none is called so."),
        ({f"custom_attributes.a{n}": "x" for n in range(15)}, "filters: Intercom takes fewer than 15."),
    ],
)
async def test_a_filter_that_cannot_be_is_refused_before_it_is_asked(
    tmp_path: Path, filters: dict[str, Any], said: str
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        told = await refused(session, "search_contacts", provider="intercom", filters=filters)
        assert told.startswith(said)
        assert bodies(session, "SearchContacts") == []


async def test_what_intercom_has_not_is_refused(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for name in ("list_id", "segment"):
            said = await refused(session, "search_contacts", provider="intercom", **{name: "1"})
            assert said == f"{name}: Intercom has none. Leave it out. Nothing was changed."
        said = await refused(session, "search_contacts", query="ana@example.com", role="lead")
        assert said == "role: E-goi has none. Leave it out. Nothing was changed."


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({}, "active"),
        ({"has_hard_bounced": True}, "bounced"),
        ({"has_hard_bounced": True, "marked_email_as_spam": True}, "complained"),
        ({"has_hard_bounced": True, "unsubscribed_from_emails": True}, "unsubscribed"),
    ],
)
async def test_the_gravest_of_what_keeps_mail_away_is_the_status(
    tmp_path: Path, members: dict[str, bool], status: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    for contact in sandbox.world.intercom.contacts.values():
        contact.fields["unsubscribed_from_emails"] = False
        contact.fields |= members
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        assert {each["status"] for each in await found(session, limit=5)} == {status}


async def test_an_error_list_is_told_with_its_code_and_without_what_was_searched(tmp_path: Path) -> None:
    def refuse(path: str, reply: Any) -> Any:
        error = {"code": "parameter_invalid", "message": "secret@example.com is no good", "field": "query"}
        return httpx2.Response(400, json={"type": "error.list", "request_id": "r", "errors": [error]})

    async with altered(tmp_path, refuse, TOOLS) as session:
        said = await refused(session, "search_contacts", provider="intercom", query="secret@example.com")
        assert said.startswith("Intercom refused SearchContacts (400")
        assert "query" in said
        assert "secret" not in said


@pytest.mark.parametrize(
    "host", ["https://api.intercom.io", "https://api.eu.intercom.io", "https://api.au.intercom.io"]
)
async def test_each_region_is_asked_at_its_own_address_with_the_pinned_version(
    tmp_path: Path, host: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    seen: list[httpx2.Request] = []

    class Watching(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            seen.append(request)
            return await sandbox.transport().handle_async_request(request)

    variables = {"INTERCOM_ACCESS_TOKEN": SANDBOX_INTERCOM_ACCESS_TOKEN, "EGOI_MCP_STATE_DIR": str(tmp_path)}
    settings = from_environ({**variables, **TOOLS, "INTERCOM_BASE_URL": host})
    async with opened(settings, sandbox=sandbox, transport=Watching()) as session:
        assert len(await found(session, role="lead")) == 10
    assert {f"{each.url.scheme}://{each.url.host}" for each in seen} == {host}
    assert {each.headers["intercom-version"] for each in seen} == {"2.16"}
    assert {each.headers["authorization"] for each in seen} == {f"Bearer {SANDBOX_INTERCOM_ACCESS_TOKEN}"}
