"""Hostile names of contacts, tags, lists, segments, fields and options through every tool that removes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.state import Segment
from tests.support import Person, connected
from tests.tools_live.test_hostile_texts import HOSTILE, UNSEEN, assert_tame

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "default,audiences_admin"}
INTERCOM: dict[str, Any] = {"provider": "intercom"}
TXTSYNC: dict[str, Any] = {"provider": "txtsync"}


@pytest.fixture(params=HOSTILE.values(), ids=list(HOSTILE))
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def hostile(name: str) -> Sandbox:
    """An account in which everything that people name is named so."""
    sandbox = Sandbox(SandboxSettings())
    account = sandbox.world.egoi
    account.lists[1].internal_name = account.lists[1].public_name = name
    account.tags[1].name = name
    account.lists[1].segments["saved_13"] = Segment(
        segment_id="saved_13", name=name, type="saved", created=0, updated=0
    )
    for field in account.lists[1].fields:
        field.name = name
        for option in field.options:
            option["en"] = name
    contact = next(iter(account.lists[1].contacts.values()))
    contact.base |= {"first_name": name, "last_name": name, "email": None, "cellphone": name}
    sandbox.world.txtsync.contacts[9001].fields |= {"FirstName": name, "LastName": name, "City": name}
    workspace = sandbox.world.intercom
    next(iter(workspace.contacts.values())).fields |= {"name": name, "phone": name, "email": None}
    workspace.tags["9101"] = name
    account.suppressions[1].value = account.suppressions[6].value = name
    return sandbox


def deeds(sandbox: Sandbox, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Calls of every tool that show some of it."""
    egoi = {"list_id": "1", "contact_ids": list(sandbox.world.egoi.lists[1].contacts)[:1]}
    contact = {**INTERCOM, "contact_ids": list(sandbox.world.intercom.contacts)[:1]}
    text = name.replace("\x00", "")
    return [
        ("unsubscribe_contacts", {**egoi, "observation": text}),
        ("unsubscribe_contacts", contact),
        ("unsubscribe_contacts", {**TXTSYNC, "external_references": ["CRM-0001"]}),
        ("erase_contacts", egoi),
        ("erase_contacts", {**contact, "how": "delete"}),
        ("erase_contacts", {**TXTSYNC, "external_references": ["CRM-0001"]}),
        ("tag_contacts", {"do": "attach", **egoi, "tag": "1"}),
        ("tag_contacts", {"do": "detach", **egoi, "tag": "1"}),
        ("tag_contacts", {"do": "attach", "list_id": "1", "tag": "1", "segment": "saved_13"}),
        ("tag_contacts", {"do": "attach", "list_id": "1", "tag": "1", "field": "extra_1", "values": [text]}),
        ("tag_contacts", {"do": "attach", **contact, "tag": "9101"}),
        ("manage_list", {"do": "create", "name": text}),
        ("manage_list", {"do": "update", "list_id": "1", "public_name": text}),
        ("manage_list", {"do": "delete", "list_id": "1"}),
        ("delete_segment", {"list_id": "1", "segment": "saved_13"}),
        ("manage_field", {"do": "create", "list_id": "1", "name": text, "format": "text"}),
        ("manage_field", {"do": "delete", "list_id": "1", "field": "extra_2"}),
        ("manage_field", {"do": "delete_option", "list_id": "1", "field": "extra_4", "option": "2"}),
        ("manage_field", {"do": "add_option", "list_id": "1", "field": "extra_4", "labels": {"en": text}}),
        ("manage_tag", {"do": "create", "name": text}),
        ("manage_tag", {"do": "delete", "tag": "1"}),
        ("manage_tag", {**INTERCOM, "do": "update", "tag": "9101", "name": text}),
    ]


async def test_previews_and_questions_show_hostile_names_as_text(tmp_path: Path, name: str) -> None:
    sandbox = hostile(name)
    person = Person("decline")
    variables = {**TOOLS, "EGOI_MCP_POLICY_WRITE_THRESHOLD": "0"}
    async with connected(tmp_path, variables, sandbox=sandbox, person=person) as session:
        for tool, arguments in deeds(sandbox, name):
            shown = await session.call(tool, **arguments, preview_only=True)
            assert shown.status == "preview", (tool, arguments, shown.text)
            assert_tame(shown)
    assert person.forms == []


async def test_the_person_reads_them_on_their_own_lines(tmp_path: Path, name: str) -> None:
    sandbox = hostile(name)
    person = Person("decline")
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=person) as session:
        asked = [
            each for each in deeds(sandbox, name) if each[0] in {"unsubscribe_contacts", "erase_contacts"}
        ]
        for tool, arguments in asked:
            assert (await session.call(tool, **arguments)).status == "declined", tool
        assert len(person.questions) == len(asked)
        for question in person.questions:
            assert not any(character in question for character in UNSEEN)
            assert not any(line.startswith(("SYSTEM", "next_cursor")) for line in question.split("\n"))


async def test_what_is_done_is_told_as_tamely(tmp_path: Path, name: str) -> None:
    sandbox = hostile(name)
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        contacts = list(sandbox.world.egoi.lists[1].contacts)
        tag: dict[str, Any] = {"list_id": "1", "tag": "1"}
        assert_tame(await session.call("tag_contacts", do="attach", **tag, contact_ids=contacts[:1]))
        assert_tame(await session.call("tag_contacts", do="detach", **tag, segment="saved_13"))
        assert_tame(await session.call("manage_tag", do="delete", tag="1"))
        assert_tame(await session.call("list_suppressed", limit=100))


async def test_candidates_are_as_tame(tmp_path: Path, name: str) -> None:
    sandbox = hostile(name)
    options = next(each.options for each in sandbox.world.egoi.lists[1].fields if each.options)
    for option in options:
        option["en"] = "xy " + name
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        for wanted in ("xy", "xy " + name.replace("\x00", "")):
            field: dict[str, Any] = {"list_id": "1", "field": "extra_4", "option": wanted}
            called = await session.call("manage_field", do="delete_option", **field)
            assert called.is_error
            assert_tame(called, lines=1)
