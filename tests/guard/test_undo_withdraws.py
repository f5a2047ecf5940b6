"""What has not begun is withdrawn at once, and nothing of it happens."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from egoi_mcp.errors import NotAllowed
from egoi_mcp.sandbox import Sandbox
from tests.guard.deeds import (
    Deeds,
    deeds,
)
from tests.support import ERAS, SMS, Era, Person, until

pytestmark = pytest.mark.anyio

UNKNOWN_CONTACT = "0123456789"
TAG = 12


@pytest.mark.parametrize("mode", ERAS)
async def test_a_proposal_is_withdrawn_at_once_and_nothing_is_sent(tmp_path: Path, mode: Era) -> None:
    person = Person("cancel")
    async with deeds(tmp_path, mode=mode, person=person) as session:
        asked = await session.call("send_sms", **SMS)
        told = await session.undo(asked)

        assert (told.status, told.is_error) == ("revoked", False)
        assert "undo_action withdrew it. Nothing was sent." in told.text
        assert session.sandbox.effects.size == 0
        assert len(person.forms) == 1
        (decision,) = session.rows.select("SELECT state, channel, decided_by FROM decisions")
        assert decision[:2] == ("revoked", "chat")
        assert decision[2]


async def test_a_proposal_that_was_withdrawn_cannot_be_approved(tmp_path: Path) -> None:
    async with deeds(tmp_path, person=Person("cancel")) as session:
        asked = await session.call("send_sms", **SMS)
        await session.undo(asked)
        again = await session.undo(asked)

        assert again.status == "revoked"
        assert again.text.startswith("revoked: There is nothing to undo.")
        assert session.rows.states() == {asked.action_id: "revoked"}


async def test_a_preview_of_withdrawing_withdraws_nothing(tmp_path: Path) -> None:
    async with deeds(tmp_path, person=Person("cancel")) as session:
        asked = await session.call("send_sms", **SMS)
        told = await session.undo(asked, preview_only=True)

        assert told.status == "preview"
        assert "would withdraw it" in told.text
        assert session.rows.states() == {asked.action_id: "proposed"}


async def test_withdrawing_and_approving_at_once_leave_one_truth(tmp_path: Path) -> None:
    sandbox = Sandbox()
    async with deeds(tmp_path, person=Person("cancel"), sandbox=sandbox) as session:
        asked = await session.call("send_sms", **SMS)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(session.undo, asked)
            tasks.start_soon(_approve_if_still_open, session, asked.action_id)
        await until(lambda: session.ended(asked.action_id))

        (state,) = session.rows.states().values()
        assert (state, sandbox.effects.count("sms")) in {("revoked", 0), ("succeeded", 1)}


async def _approve_if_still_open(session: Deeds, action_id: str) -> None:
    try:
        await session.decide(action_id)
    except NotAllowed:
        return
