"""Tags themselves, made, renamed and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Fault, Sandbox, SandboxSettings
from tests.support import Person, connected
from tests.tools_live.live import bodies, mutations, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "audiences_admin"}
INTERCOM: dict[str, Any] = {"provider": "intercom"}


async def test_a_tag_is_created_and_the_creation_can_be_undone(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person()
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("manage_tag", do="create", name="spring", color="#00AA33")
        assert done.status == "succeeded", done.text
        assert bodies(session, "createTag") == [{"name": "spring", "color": "#00AA33"}]
        assert person.forms == []
        assert done.data["reversibility"] == "undoable"
        assert (await session.call("undo_action", action_id=done.action_id)).status == "succeeded"
        assert 13 not in sandbox.world.egoi.tags


async def test_a_change_writes_the_name_again_and_what_is_new(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        assert (await session.call("manage_tag", do="update", tag="beta", color="#000000")).status == (
            "succeeded"
        )
        assert (await session.call("manage_tag", do="update", tag="beta", name="gamma")).status == "succeeded"
        assert bodies(session, "updateTag") == [{"name": "beta", "color": "#000000"}, {"name": "gamma"}]


async def test_an_old_name_means_nothing_after_a_change_whose_reply_was_lost(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        sandbox.faults.add(Fault(kind="reset_after", match="updateTag"))
        lost = await session.call("manage_tag", do="update", tag="beta", name="gamma")
        assert lost.status == "unknown", lost.text
        assert "none is called so" in await refused(session, "manage_tag", do="delete", tag="beta")
        assert mutations(session) == ["updateTag"]


@pytest.mark.parametrize(("answer", "status"), [("approve", "succeeded"), ("decline", "declined")])
async def test_a_tag_comes_off_everybody_where_a_person_approves(
    tmp_path: Path, answer: Any, status: str
) -> None:
    sandbox = Sandbox(SandboxSettings())
    person = Person(answer)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        done = await session.call("manage_tag", do="delete", tag="VIP")
        assert done.status == status, done.text
        (question,) = person.questions
        assert "Delete the tag 'vip' at E-goi" in question
        assert "it comes off every contact that has it, in all lists" in question
        assert "What is deleted cannot be brought back." in question
        contacts = sandbox.world.egoi.lists[3].contacts.values()
        assert any(1 in (each.tags or []) for each in contacts) == (answer == "decline")


async def test_intercom_makes_and_renames_tags(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        done = await session.call("manage_tag", **INTERCOM, do="create", name="spring")
        assert done.status == "succeeded", done.text
        done = await session.call("manage_tag", **INTERCOM, do="update", tag="spring", name="summer")
        assert done.status == "succeeded", done.text
        assert bodies(session, "createTag") == [{"name": "spring"}, {"name": "summer", "id": "9104"}]
        assert sandbox.world.intercom.tags["9104"] == "summer"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"do": "create"}, "name: is required for creating a tag."),
        ({"do": "create", "name": "x", "tag": "vip"}, "tag: creating a tag takes no such thing."),
        ({"do": "create", "name": "x", "color": "red"}, "color: is not of the right form"),
        ({"do": "update", "name": "x"}, "tag: is required for do=update."),
        ({"do": "update", "tag": "vip"}, "name or color: give what changes."),
        ({"do": "delete", "tag": "vip", "name": "x"}, "name: deleting a tag takes no such thing."),
        ({"do": "delete", "tag": "PROMO"}, "tag: 2 are called so: 4 (Promo), 5 (promo). Give the id."),
        (
            {**INTERCOM, "do": "create", "name": "x", "color": "#000000"},
            "color: Intercom takes no such thing.",
        ),
        ({**INTERCOM, "do": "update", "tag": "vip", "color": "#000000"}, "color: Intercom takes no such thi"),
        ({**INTERCOM, "do": "delete", "tag": "vip"}, "do: Intercom's tags are deleted in Intercom."),
        ({"provider": "txtsync", "do": "create", "name": "x"}, "provider: TxtSync has no call for tags;"),
    ],
)
async def test_what_does_not_go_together_is_refused_by_name(
    tmp_path: Path, arguments: dict[str, Any], said: str
) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        refusal = await refused(session, "manage_tag", **arguments)
        assert refusal.startswith(said)
        assert "Nothing was" in refusal
        assert mutations(session) == []
