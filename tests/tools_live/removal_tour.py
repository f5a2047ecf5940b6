"""A tour of what unsubscribes, erases, tags and manages audiences: each of its operations goes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.support import Person, Session, connected

Done = Callable[..., Awaitable[dict[str, Any]]]


async def removals(tmp_path: Path) -> None:
    """Call those tools, in an account of their own: a minute allows no more calls in one."""
    toolsets = {"EGOI_MCP_TOOLSETS": "default,audiences_admin"}
    async with connected(tmp_path, toolsets, person=Person()) as session:

        async def done(tool: str, /, **arguments: object) -> dict[str, Any]:
            called = await session.call(tool, **arguments)
            assert not called.is_error, called.text
            assert "action_id" not in called.data or called.status == "succeeded", called.text
            return called.data

        await _unsubscribe_and_erase(session, done)
        await _manage_audiences(done)


async def _unsubscribe_and_erase(session: Session, done: Done) -> None:
    """Every deed at every vendor."""
    world = session.sandbox.world
    one, two = list(world.egoi.lists[3].contacts)[-2:]
    first, second, third = list(world.intercom.contacts)[:3]
    intercom: dict[str, Any] = {"provider": "intercom"}
    txtsync: dict[str, Any] = {"provider": "txtsync"}
    await done("tag_contacts", do="attach", **intercom, tag="vip", contact_ids=[first])
    await done("tag_contacts", do="detach", **intercom, tag="vip", contact_ids=[first])
    await done("tag_contacts", do="detach", list_id="3", tag="vip", segment="Leads")
    await done("tag_contacts", do="attach", list_id="1", tag="vip", field="City", values=["Madrid"])
    await done("unsubscribe_contacts", list_id="3", contact_ids=[one], observation="x")
    await done("unsubscribe_contacts", **intercom, contact_ids=[first])
    await done("unsubscribe_contacts", **txtsync, phones=["+447700900203"])
    await done("erase_contacts", list_id="3", contact_ids=[two])
    await done("erase_contacts", **intercom, contact_ids=[second], how="archive")
    await done("erase_contacts", **intercom, contact_ids=[third], how="delete")
    await done("erase_contacts", **txtsync, contact_ids=["9004"])
    await done("erase_contacts", **txtsync, external_references=["CRM-0006"])


async def _manage_audiences(done: Done) -> None:
    """Everything of the toolset audiences_admin."""
    await done("manage_list", do="create", name="Fair")
    await done("manage_list", do="update", list_id="4", public_name="Feira")
    await done("manage_list", do="delete", list_id="4")
    await done("delete_segment", list_id="3", segment="Leads")
    of_list: dict[str, Any] = {"list_id": "1"}
    await done("manage_field", do="create", **of_list, name="Shoe size", format="number")
    await done("manage_field", do="update", **of_list, field="email", unique=True)
    await done("manage_field", do="update", **of_list, field="2", name="Points")
    await done("manage_field", do="delete", **of_list, field="2")
    await done("manage_field", do="add_option", **of_list, field="4", labels={"en": "Tea"})
    await done(
        "manage_field", do="update_option", **of_list, field="4", option="1", labels={"en": "Red wine"}
    )
    await done("manage_field", do="delete_option", **of_list, field="4", option="2")
    await done("manage_tag", do="create", name="spring")
    await done("manage_tag", do="update", tag="beta", name="gamma")
    await done("manage_tag", do="delete", tag="trial")
    await done("list_suppressed", type="email", method="manual", since="2020-01-01", until="2030-01-01")
    await done("manage_suppression", do="add", type="cellphone", values=["+351900000005"])
    await done("manage_suppression", do="remove", type="cellphone", values=["+351900000666"])
