"""Where a name, a number or a contact may not be what was meant, the deed asks anew or is not done."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import Person, connected
from tests.tools_live.live import bodies, previewed, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts,tags"}


async def test_a_deed_asks_anew_whom_a_name_means(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        await session.call("list_audiences", kind="tags")
        tag = {"list_id": "Team", "contact_ids": ["cd5096b5fc"]}
        first = await session.call("tag_contacts", do="attach", **tag, tag="beta")
        assert first.status == "succeeded", first.text
        world = session.sandbox.world.egoi
        old, other = (each for each in world.tags.values() if each.name in {"beta", "vip"})
        old.name, other.name = other.name, old.name
        second = await session.call("tag_contacts", do="attach", **tag, tag="beta")

        assert second.status == "succeeded", second.text
        sent = [body["tag_id"] for body in bodies(session, "actionAttachTag")]
        assert sent[0] != sent[1]


async def test_activating_a_whole_list_says_what_is_not_known_of_those_who_unsubscribed(
    tmp_path: Path,
) -> None:
    whole = {"list_id": "Team", "audience": "whole_list", "legal_basis": "consent", "source": "web form"}
    async with connected(tmp_path, TOOLS) as session:
        active = await previewed(session, "update_contact", **whole, status="active")
        inactive = await previewed(session, "update_contact", **whole, status="inactive")
    assert "those among them who unsubscribed become active too" in active.text
    assert "who unsubscribed" not in inactive.text


async def test_a_reference_that_cannot_stand_in_an_address_is_not_erased_by(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        said = await refused(session, "erase_contacts", provider="txtsync", external_references=["CRM 1/2"])
        assert "Nothing was changed. Delete that contact by contact_ids" in said


async def test_nobody_is_unsubscribed_where_nobody_is_there(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        said = await refused(session, "unsubscribe_contacts", list_id="Team", contact_ids=["ffffffffff"])
        assert said == "E-goi has none of these contacts. Nothing was changed."


async def test_a_number_without_its_plus_is_the_same_number(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    sandbox.world.txtsync.contacts[9001].fields["MobileNumber"] = "351900000001"
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        found = await session.call("search_contacts", provider="all", query="+351900000001")
        rows = {row["provider"]: row for row in found.data["contacts"]}
        read = await session.call("get_contact", provider="txtsync", contact_id="CRM-0001", detail="full")

        assert rows["txtsync"]["phone"] == "+351900000001"
        assert rows["txtsync"]["person"] == rows["egoi"]["person"]
        assert read.data["details"]["MobileNumber"] == "+351900000001"
