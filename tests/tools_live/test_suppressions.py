"""The suppression list: shown, added to and taken from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.tools.suppressions import Kind, Method
from tests.support import Person, connected
from tests.tools_live.live import bodies, mutations, previewed, queries, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "audiences_admin"}


# -- shown ---------------------------------------------------------------------------------------


async def test_entries_are_shown_newest_first_with_numbers_in_the_form_that_people_read(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path, TOOLS) as session:
        page = await session.call("list_suppressed", limit=5)
        assert page.data["total"] == 11
        assert page.data["entries"][0] == {
            "id": "11",
            "type": "cellphone",
            "value": "+447700900666",
            "method": "other",
            "created": page.data["entries"][0]["created"],
        }
        assert "T" in page.data["entries"][0]["created"]
        assert page.text.startswith(
            "5 of 11 suppressed (id | value | type, method, since):\n11 | +447700900666"
        )
        rest = await session.call("list_suppressed", limit=5, cursor=page.data["next_cursor"])
        assert [each["id"] for each in rest.data["entries"]] == ["6", "5", "4", "3", "2"]


async def test_every_filter_reaches_the_vendor(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        asked: dict[str, Any] = {
            "type": "cellphone",
            "method": "manual",
            "value": "+351 900 000 666",
            "campaign": "smssent001",
            "since": "2020-01-01",
            "until": "2030-12-31",
        }
        page = await session.call("list_suppressed", **asked, limit=7)
        assert page.text == "Nothing is on the suppression list so."
        assert queries(session, "getAllSuppressionList") == [
            {
                "type": "cellphone",
                "method": "manual",
                "value": "351-900000666",
                "campaign_hash": "smssent001",
                "created_min": "2020-01-01 00:00:00",
                "created_max": "2030-12-31 23:59:59",
                "offset": "0",
                "limit": "7",
                "order": "desc",
                "order_by": "id",
            }
        ]
        del asked["campaign"]
        found = await session.call("list_suppressed", **asked)
        assert [each["id"] for each in found.data["entries"]] == ["7"]


@pytest.mark.parametrize("method", get_args(Method))
@pytest.mark.parametrize("kind", get_args(Kind))
async def test_every_type_and_method_can_be_asked_for(tmp_path: Path, kind: str, method: str) -> None:
    async with connected(tmp_path, TOOLS) as session:
        page = await session.call("list_suppressed", type=kind, method=method)
        assert all((each["type"], each["method"]) == (kind, method) for each in page.data["entries"])


@pytest.mark.parametrize(
    ("pii", "shown"),
    [
        ("full", ["+351900000666", "noreply", "blocked.example.net"]),
        ("masked", ["+351 *** *66", "n***", "blocked.example.net"]),
        ("ids", [None, None, "blocked.example.net"]),
    ],
)
async def test_the_model_sees_as_much_of_a_value_as_it_may(
    tmp_path: Path, pii: str, shown: list[str | None]
) -> None:
    async with connected(tmp_path, TOOLS, EGOI_MCP_PII=pii) as session:
        page = await session.call("list_suppressed", method="manual")
        found = {each["id"]: each.get("value") for each in page.data["entries"]}
        assert [found["7"], found["6"], found["5"]] == shown
        if pii != "full":
            assert "900000666" not in page.text


# -- added ---------------------------------------------------------------------------------------

ADDED: list[tuple[str, list[str], list[str]]] = [
    ("email", ["ana@example.com", " ANA@example.com"], ["ana@example.com"]),
    ("email_domain", ["example.com"], ["example.com"]),
    ("email_user", ["info"], ["info"]),
    ("cellphone", ["+351 900 000 001", "+351900000002"], ["351-900000001", "351-900000002"]),
    ("phone", ["+351 21 000 0001"], ["351-210000001"]),
]


@pytest.mark.parametrize(("kind", "given", "wire"), ADDED, ids=[each[0] for each in ADDED])
async def test_values_of_every_type_are_added_in_the_vendors_form(
    tmp_path: Path, kind: str, given: list[str], wire: list[str]
) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person) as session:
        done = await session.call("manage_suppression", do="add", type=kind, values=given)
        assert done.status == "succeeded", done.text
        assert bodies(session, "createSuppressionList") == [{"type": kind, "value": wire}]
        (question,) = person.questions
        assert "on the suppression list" in question
        assert "nothing is sent to them any more, from any list, orders and codes included" in question
        assert ("Recipients" in question) == (kind in {"email", "cellphone", "phone"})


async def test_the_addition_can_be_undone(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    zone = {"EGOI_ACCOUNT_TIMEZONE": "UTC"}
    async with connected(tmp_path, {**TOOLS, **zone}, sandbox=sandbox, person=Person()) as session:
        added: dict[str, Any] = {"do": "add", "type": "email", "values": ["ana@example.com"]}
        done = await session.call("manage_suppression", **added)
        assert 12 in sandbox.world.egoi.suppressions
        undone = await session.call("undo_action", action_id=done.action_id)
        assert undone.status == "succeeded", undone.text
        assert 12 not in sandbox.world.egoi.suppressions


# -- taken off -----------------------------------------------------------------------------------


async def test_manual_entries_are_taken_off_by_their_values(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        off: dict[str, Any] = {"do": "remove", "type": "cellphone", "values": ["+351900000666"]}
        done = await session.call("manage_suppression", **off)
        assert done.status == "succeeded", done.text
        assert mutations(session) == ["deleteSuppressionList"]
        assert 7 not in sandbox.world.egoi.suppressions
        (question,) = person.questions
        assert "Take 1 cellphone off the suppression list" in question
        assert "who asked not to be must not be taken off" in question
        assert "+351900000666" in question


async def test_what_is_not_there_or_not_by_hand_is_refused(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        off: dict[str, Any] = {"do": "remove", "type": "cellphone"}
        said = await refused(session, "manage_suppression", **off, values=["+351900000123"])
        assert said == "values[0]: is not on the suppression list. Nothing was changed."
        values = ["+351900000666", "+351900000667"]
        said = await refused(session, "manage_suppression", **off, values=values)
        assert said.startswith("values[1]: is there by forgotten, and E-goi takes only manual entries off.")
        values = [f"+3519000010{place:02d}" for place in range(21)]
        said = await refused(session, "manage_suppression", **off, values=values)
        assert said.startswith("values: at most 20 are taken off at once.")


@pytest.mark.parametrize("do", ["add", "remove"])
async def test_nothing_changes_where_the_person_declines(tmp_path: Path, do: str) -> None:
    async with connected(tmp_path, TOOLS, person=Person("decline")) as session:
        done = await session.call("manage_suppression", do=do, type="email_user", values=["noreply"])
        assert (done.status, mutations(session)) == ("declined", [])


async def test_the_model_sees_no_values_where_it_may_not(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, EGOI_MCP_PII="ids") as session:
        for kind, values in (("email", ["ana@example.com"]), ("email_user", ["ana"])):
            shown = await previewed(session, "manage_suppression", do="add", type=kind, values=values)
            assert "ana" not in shown.text


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("email", "ana", "values: a value of type email is one address."),
        ("email", "a@b@c", "values: a value of type email is one address."),
        ("email_domain", "ana@example.com", "values: a value of type email_domain is written without the @."),
        ("email_user", "a b", "values: a value of type email_user is written without the @."),
        ("cellphone", "900000001", "values: "),
        ("phone", "ana@example.com", "values: "),
    ],
)
async def test_a_value_of_another_type_is_refused(tmp_path: Path, kind: str, value: str, said: str) -> None:
    async with connected(tmp_path, TOOLS) as session:
        for do in ("add", "remove"):
            refusal = await refused(session, "manage_suppression", do=do, type=kind, values=[value])
            assert refusal.startswith(said)
