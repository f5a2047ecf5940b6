"""Making, renaming and deleting lists, and deleting segments; all of it off unless the owner turns it on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import ERAS, Era, Person, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "audiences_admin"}
ADMIN = {
    "manage_list",
    "manage_field",
    "manage_tag",
    "delete_segment",
    "list_suppressed",
    "manage_suppression",
}


async def names(state_dir: Path, toolsets: str = "") -> set[str]:
    async with connected(state_dir, EGOI_MCP_TOOLSETS=toolsets) as session:
        return {tool.name for tool in (await session.client.list_tools()).tools}


async def test_it_is_off_by_default_and_added_to_the_defaults_by_two_words(tmp_path: Path) -> None:
    usual = await names(tmp_path)
    assert usual.isdisjoint(ADMIN)
    assert await names(tmp_path, "default,audiences_admin") == usual | ADMIN
    assert await names(tmp_path, "default") == usual


async def test_a_list_is_created_and_renamed_without_anybody_being_asked(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("manage_list", do="create", name="Fair", public_name="Feira")
        assert done.status == "succeeded", done.text
        assert bodies(session, "createList") == [{"internal_name": "Fair", "public_name": "Feira"}]
        changes: dict[str, Any] = {"name": "Fair 2026", "public_name": "Feira 2026", "group_id": 7}
        done = await session.call("manage_list", do="update", list_id="Fair", **changes)
        assert done.status == "succeeded", done.text
        assert bodies(session, "updateList") == [
            {"internal_name": "Fair 2026", "public_name": "Feira 2026", "group_id": 7}
        ]
        assert sandbox.world.egoi.lists[5].internal_name == "Fair 2026"
        assert person.forms == []


@pytest.mark.parametrize("mode", ERAS)
async def test_deleting_a_list_asks_for_how_many_contacts_it_has(tmp_path: Path, mode: Era) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, mode=mode, person=person) as session:
        done = await session.call("manage_list", do="delete", list_id="Newsletter")
        (question,) = person.questions
        assert "Delete the list 'Newsletter' with all its contacts" in question
        assert "contacts: 120 (" in question
        assert "Recipients: 120" in question
        assert "recipients" in person.forms[0].requested_schema["properties"]
        assert "What is deleted cannot be brought back." in question
        assert done.status == "succeeded", done.text
        assert 2 not in sandbox.world.egoi.lists


@pytest.mark.parametrize("answer", ["decline", "wrong count", "without count", "empty"])
async def test_no_list_goes_without_a_whole_approval(tmp_path: Path, answer: Any) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person(answer)) as session:
        done = await session.call("manage_list", do="delete", list_id="2")
        assert done.status in {"declined", "needs_approval"}
        assert mutations(session) == []


async def test_a_list_that_grew_while_the_person_read_stays(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())

    async def join() -> None:
        lists = sandbox.world.egoi.lists
        newcomers = [each for each in lists[1].contacts.values() if each.status == "active"][:5]
        lists[3].contacts |= {each.contact_id: each for each in newcomers}

    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person(first=join)) as session:
        done = await session.call("manage_list", do="delete", list_id="3")
        assert done.status == "void"
        assert "list 3 has grown from" in done.text
        assert 3 in sandbox.world.egoi.lists


async def test_why_the_vendor_keeps_a_list_is_told(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        done = await session.call("manage_list", do="delete", list_id="1")
        assert done.status == "failed"
        assert "409" in done.text or "conflict" in done.text.lower()


async def test_a_saved_segment_goes_and_its_contacts_stay(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        shown = await previewed(session, "delete_segment", list_id="Team", segment="Leads")
        assert facts(shown) == {
            "list": "3 (Team)",
            "segment": "saved_31 (Leads), 2 contacts as of now, who stay",
        }
        before = len(sandbox.world.egoi.lists[3].contacts)
        done = await session.call("delete_segment", list_id="Team", segment="Leads")
        assert done.status == "succeeded", done.text
        assert "saved_31" not in sandbox.world.egoi.lists[3].segments
        assert len(sandbox.world.egoi.lists[3].contacts) == before
        assert len(person.forms) == 1


async def test_no_segment_goes_where_the_person_declines_or_it_is_none_of_those_saved(
    tmp_path: Path,
) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person("decline")) as session:
        done = await session.call("delete_segment", list_id="3", segment="saved_31")
        assert done.status == "declined"
        said = await refused(session, "delete_segment", list_id="3", segment="tag_1")
        assert said == "segment: is of type tag; only saved ones are deleted. Nothing was changed."
        assert mutations(session) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"do": "create"}, "name: is required for creating a list."),
        ({"do": "create", "name": "x", "list_id": "3"}, "list_id: creating a list takes no such thing."),
        ({"do": "create", "name": "x", "group_id": 1}, "group_id: creating a list takes no such thing."),
        ({"do": "update", "name": "x"}, "list_id: is required for do=update."),
        ({"do": "update", "list_id": "3"}, "name, public_name or group_id: give what changes."),
        ({"do": "delete"}, "list_id: is required for do=delete."),
        ({"do": "delete", "list_id": "3", "name": "x"}, "name: deleting a list takes no such thing."),
        ({"do": "delete", "list_id": "Nowhere"}, "list_id: "),
        ({"do": "empty", "list_id": "3"}, "do: must be 'create', 'update' or 'delete'"),
    ],
)
async def test_what_does_not_go_together_is_refused_by_name(
    tmp_path: Path, arguments: dict[str, Any], said: str
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        refusal = await refused(session, "manage_list", **arguments)
        assert refusal.startswith(said)
        assert "Nothing was" in refusal
