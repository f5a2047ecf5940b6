"""What a dead server left half done goes on only where everything is still as it was approved."""

from __future__ import annotations

import json
import time
from pathlib import Path

import anyio
import pytest

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.app import open_app
from egoi_mcp.guard.action import Action, State, StepState
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.sandbox import Fault, Sandbox
from egoi_mcp.settings import Settings, from_environ
from egoi_mcp.store.sqlite import SqliteStore
from tests.guard.sessions import sending
from tests.store.ledgers import draft, executing, store_in
from tests.support import ERAS, SMS, Era, Person, Rows, connected

pytestmark = pytest.mark.anyio

SEND = "/api/v2/sms/messages/action/send"


def settings_in(tmp_path: Path, **more: str) -> Settings:
    return from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(tmp_path), **more})


def batch(number: str, settings: Settings) -> FrozenRequest:
    origin = settings.connections[0].origins["transactional"]
    body = [{"to": number, "from": "501", "textBody": "Hello", "maxCount": 1}]
    return FrozenRequest(
        "transactional", "POST", origin, SEND, json.dumps(body, separators=(",", ":")).encode()
    )


async def half_done(settings: Settings, *, account: str = "700001", age: float = 0.0) -> str:
    """An action of two requests whose owner died after the first."""
    key = load_state_key(settings.state_dir)
    store = store_in(settings.state_dir, lambda: time.time() - age, key=key)
    requests = [batch(number, settings) for number in ("351-900000001", "351-900000002")]
    wanted = draft(requests=requests, recipients=2, account=account, key=key)
    action = await executing(store, wanted, owner="dead")
    await store.claim_step(action.id, requests[0], Risk.WRITE)
    await store.finish_step(action.id, 1, StepState.SUCCEEDED)
    await store.close()
    return action.id


async def after_a_start(settings: Settings, sandbox: Sandbox, action_id: str) -> Action:
    """The action once a new server has started and has nothing left to do."""
    async with open_app(settings, transport=sandbox.transport()) as app:
        await app.guard.executor.idle()
        action = await app.store.get(action_id)
        assert action is not None
        return action


async def test_the_rest_goes_on_under_the_same_approval(tmp_path: Path) -> None:
    sandbox, settings = Sandbox(), settings_in(tmp_path)
    action = await after_a_start(settings, sandbox, await half_done(settings))

    assert action.state is State.SUCCEEDED
    assert [message.recipient for message in sandbox.effects.messages] == ["351-900000002"]


@pytest.mark.parametrize(
    ("account", "age", "environ", "why"),
    [
        ("999999", 0.0, {}, "another account"),
        ("700001", 3600.0, {}, "too old"),
        ("700001", 0.0, {"EGOI_MCP_READ_ONLY": "1"}, "only reads"),
        ("700001", 0.0, {"EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "1"}, "allows 1"),
    ],
)
async def test_the_rest_is_not_sent_where_something_is_no_longer_as_approved(
    tmp_path: Path, account: str, age: float, environ: dict[str, str], why: str
) -> None:
    sandbox, settings = Sandbox(), settings_in(tmp_path, **environ)
    action = await after_a_start(settings, sandbox, await half_done(settings, account=account, age=age))

    assert action.state is State.PARTIAL
    assert sandbox.effects.messages == []
    assert action.steps[1].note.startswith("not sent:")
    assert why in action.steps[1].note


async def tag_cut_off(settings: Settings, *, age: float = 0.0) -> str:
    """The attaching of a tag, which may be repeated, whose owner died while it waited for the reply."""
    key = load_state_key(settings.state_dir)
    store = store_in(settings.state_dir, lambda: time.time() - age, key=key)
    body = b'{"tag_id":1,"contacts":["11605c0096"]}'
    origin = settings.connections[0].origins["egoi"]
    attach = FrozenRequest("egoi", "POST", origin, "/lists/1/contacts/actions/attach-tag", body)
    wanted = draft(requests=[attach], risk=Risk.WRITE, idempotent=True, key=key)
    action = await executing(store, wanted, owner="dead")
    await store.claim_step(action.id, attach, Risk.WRITE)
    await store.close()
    return action.id


async def test_what_may_be_repeated_is_repeated(tmp_path: Path) -> None:
    sandbox, settings = Sandbox(), settings_in(tmp_path)
    action = await after_a_start(settings, sandbox, await tag_cut_off(settings))

    assert action.state is State.SUCCEEDED
    assert sandbox.requests.count("actionAttachTag") == 1


async def test_what_may_have_been_sent_and_is_not_repeated_is_unknown(tmp_path: Path) -> None:
    sandbox, settings = Sandbox(), settings_in(tmp_path)
    action = await after_a_start(settings, sandbox, await tag_cut_off(settings, age=3600.0))

    assert (action.state, action.steps[0].state) == (State.UNKNOWN, StepState.UNKNOWN)
    assert "may have sent it" in action.steps[0].note
    assert "too old" in action.steps[0].note
    assert sandbox.requests.count("actionAttachTag") == 0


async def test_what_may_have_been_sent_and_is_refused_when_repeated_is_unknown(tmp_path: Path) -> None:
    sandbox, settings = Sandbox(), settings_in(tmp_path)
    action_id = await tag_cut_off(settings)
    del sandbox.world.egoi.tags[1]
    action = await after_a_start(settings, sandbox, action_id)

    assert (action.state, action.steps[0].state) == (State.UNKNOWN, StepState.UNKNOWN)
    assert "may have sent it" in action.steps[0].note
    assert sandbox.requests.count("actionAttachTag") == 1


async def test_what_could_not_go_on_at_the_start_goes_on_when_it_is_asked_about(tmp_path: Path) -> None:
    sandbox, settings = Sandbox(), settings_in(tmp_path)
    action_id = await half_done(settings)
    sandbox.faults.add(Fault(kind="500_before", match="getMyAccount", times=8))
    async with open_app(settings, transport=sandbox.transport()) as app:
        await app.guard.executor.idle()
        stuck = await app.store.get(action_id)
        assert stuck is not None
        sandbox.faults.clear()
        with anyio.fail_after(30):
            outcome = await app.guard.check(action_id)

    assert (stuck.state, outcome.status) == (State.EXECUTING, "succeeded")
    assert [message.recipient for message in sandbox.effects.messages] == ["351-900000002"]


@pytest.mark.parametrize("mode", ERAS)
async def test_a_proposal_whose_words_changed_at_the_vendor_is_withdrawn(tmp_path: Path, mode: Era) -> None:
    sandbox = Sandbox()
    async with connected(tmp_path, mode=mode, sandbox=sandbox, person=Person("cancel")) as session:
        made = await session.call(
            "create_campaign", channel="sms", list_id=3, title="T", sender="ACME", text="Hello. STOP to end"
        )
        send = {"campaign": made.data["ids"][0], "audience": "whole_list", "when": "now"}
        asked = await session.call("send_campaign", **send)
        assert asked.status == "needs_approval"
        sandbox.world.egoi.campaigns[made.data["ids"][0]].updated += 3600
        again = await session.call("send_campaign", **send)

        assert again.status == "denied"
        assert session.rows.states()[asked.action_id] == "void"
        assert sandbox.effects.count("sms") == 0


async def test_what_was_sent_and_set_back_in_the_file_is_not_known_rather_than_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_step = SqliteStore.claim_step
    rows: list[Rows] = []
    tickets: list[object] = []

    async def claim_and_copy(self: SqliteStore, action_id: str, frozen: FrozenRequest, risk: Risk) -> None:
        tickets.append(rows[0].select("SELECT ticket FROM steps")[0][0])
        await claim_step(self, action_id, frozen, risk)

    monkeypatch.setattr(SqliteStore, "claim_step", claim_and_copy)
    async with sending(tmp_path, person=Person()) as session:
        rows.append(session.rows)
        by_txtsync = {"provider": "txtsync", "sender": "ACME", "to": ["+447700900777"]}
        told = await session.call("send_sms", **(SMS | by_txtsync))
        assert (told.status, session.sandbox.effects.count("sms")) == ("succeeded", 1)
        session.rows.change("UPDATE actions SET state = 'executing', finished_at = NULL")
        session.rows.change(
            "UPDATE steps SET state = 'pending', claimed_at = NULL, finished_at = NULL, ticket = ?",
            tickets[0],
        )
        again = await session.call("check_action", action_id=told.action_id)

        assert again.status == "unknown"
        assert session.rows.states() == {told.action_id: "unknown"}
        assert session.sandbox.effects.count("sms") == 1
