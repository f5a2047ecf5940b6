"""What a dead server left half done goes on only where everything is still as it was approved."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.app import open_app
from egoi_mcp.guard.action import Action, State, StepState
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.sandbox import Sandbox
from egoi_mcp.settings import Settings, from_environ
from tests.store.ledgers import draft, executing, store_in
from tests.support import ERAS, Era, Person, connected

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
