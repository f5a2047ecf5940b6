"""Where nobody has to be asked an action is looked at once more and claimed as it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import anyio
import anyio.lowlevel
import pytest

from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.action import Action, Draft, Plan
from egoi_mcp.guard.asking import Ctx
from egoi_mcp.guard.drafting import Drafter
from egoi_mcp.guard.guard import Guard
from egoi_mcp.sandbox.faults import Fault
from egoi_mcp.store.protocol import Claim, Decision, Proposed
from egoi_mcp.store.sqlite import SqliteStore
from tests.guard.sessions import CAPPED
from tests.guard.test_witnesses import HAPPENINGS, ZONE, Happening, drafted
from tests.support import ERAS, SMS, Era, Session, connected, until

pytestmark = pytest.mark.anyio

OFF = {
    "EGOI_MCP_CONFIRM": "off",
    "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "1000",
    "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "1000",
}


async def another_account(session: Session, campaign: str) -> None:
    session.sandbox.world.egoi.client_id = "700002"


async def nothing_happens(session: Session, campaign: str) -> None:
    """Leave everything as it is."""


def happens_after_the_draft(
    monkeypatch: pytest.MonkeyPatch, happening: Happening, session: Session, campaign: str
) -> None:
    draft = Drafter.draft

    async def draft_and_then(self: Drafter, ctx: Ctx, plan: Plan) -> Draft:
        drafted = await draft(self, ctx, plan)
        if any(request.operation.name.startswith("actionSend") for request in plan.requests):
            await happening(session, campaign)
        return drafted

    monkeypatch.setattr(Drafter, "draft", draft_and_then)


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("name", [*HAPPENINGS, "another account", "nothing"])
async def test_what_changes_between_the_look_and_the_claim_is_not_sent(
    tmp_path: Path, name: str, mode: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = {"another account": (another_account, "another account"), "nothing": (nothing_happens, "")}
    happening, said = {**HAPPENINGS, **mine}[name]
    async with connected(tmp_path, {**ZONE, **OFF}, mode=mode) as session:
        campaign = await drafted(session)
        happens_after_the_draft(monkeypatch, happening, session, campaign)
        told = await session.call("send_campaign", campaign=campaign, audience="whole_list", when="now")

        went_out = session.sandbox.effects.mutations.count("actionSendSms")
        assert (told.status, went_out) == (("succeeded", 1) if name == "nothing" else ("void", 0))
        assert said in told.text


async def test_it_takes_one_transaction_to_write_approve_and_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose = SqliteStore.propose
    seen: list[Proposed] = []

    async def propose_and_note(
        self: SqliteStore, draft: Draft, *, approve: Decision | None = None, claim: Claim | None = None
    ) -> Proposed:
        seen.append(await propose(self, draft, approve=approve, claim=claim))
        return seen[-1]

    monkeypatch.setattr(SqliteStore, "propose", propose_and_note)
    async with connected(tmp_path, {"EGOI_MCP_CONFIRM": "off", **CAPPED}) as session:
        told = await session.call("send_sms", **SMS)

    assert told.status == "succeeded"
    assert [each.claimed for each in seen] == [True]


async def test_what_cannot_be_looked_at_again_stays_approved_and_can_be_carried_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def vendor_fails(session: Session, campaign: str) -> None:
        session.sandbox.faults.add(Fault(kind="reset_before", match="getMyAccount", times=20))

    async with connected(tmp_path, {**ZONE, **OFF}) as session:
        campaign = await drafted(session)
        happens_after_the_draft(monkeypatch, vendor_fails, session, campaign)
        told = await session.call("send_campaign", campaign=campaign, audience="whole_list", when="now")
        action_id = list(session.rows.states())[-1]

        assert told.is_error, told.text
        assert session.rows.states()[action_id] == "approved"
        assert session.sandbox.effects.count() == 0
        session.sandbox.faults.clear()
        assert (await session.call("check_action", action_id=action_id)).status == "succeeded"


async def test_a_call_cancelled_as_it_is_claimed_is_carried_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose, row = SqliteStore.propose, cast(Any, Guard)._row
    scopes: list[anyio.CancelScope] = []

    async def in_a_scope(self: Guard, *arguments: Any) -> Action:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            return cast(Action, await row(self, *arguments))
        raise NotAllowed("The call was cancelled.")

    async def propose_and_cancel(
        self: SqliteStore, draft: Draft, *, approve: Decision | None = None, claim: Claim | None = None
    ) -> Proposed:
        proposed = await propose(self, draft, approve=approve, claim=claim)
        scopes[0].cancel()
        await anyio.lowlevel.checkpoint()
        return proposed

    monkeypatch.setattr(Guard, "_row", in_a_scope)
    monkeypatch.setattr(SqliteStore, "propose", propose_and_cancel)
    async with connected(tmp_path, {"EGOI_MCP_CONFIRM": "off", **CAPPED}) as session:
        await session.call("send_sms", **SMS)
        (action_id,) = session.rows.states()
        await until(lambda: session.ended(action_id))

        assert session.rows.states() == {action_id: "succeeded"}
        assert session.sandbox.effects.count("sms") == 1
