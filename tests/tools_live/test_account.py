"""The accounts with their senders, budget and policy; and where an action stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.settings import SANDBOX_ORIGIN, from_environ
from tests.support import SMS, Person, connected, opened, until
from tests.tools_live.live import altered, problem, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "account,sms"}


async def test_every_account_comes_with_plan_balance_senders_and_calls_left(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("get_account")
        egoi, txtsync, intercom = called.data["accounts"]
        assert {name: egoi[name] for name in ("provider", "account_id", "name", "plan", "balance")} == {
            "provider": "egoi",
            "account_id": "700001",
            "name": "Acme Sample",
            "plan": "pro",
            "balance": "250.00 EUR",
        }
        assert egoi["calls_left"] == 96
        assert egoi["call_limit"] == "100 calls in 60 seconds"
        assert (txtsync["provider"], txtsync["calls_left"]) == ("txtsync", 99)
        assert (intercom["account_id"], intercom["name"]) == ("sandboxws", "Acme Sample")
        assert "egoi: account 700001, name Acme Sample, plan pro, balance 250.00 EUR" in called.text


async def test_senders_come_with_what_they_are_for_and_those_that_can_send_come_first(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("get_account", provider="egoi")
        (account,) = called.data["accounts"]
        assert account["senders"][3] == {
            "id": "501",
            "name": "ACME",
            "use": "send_sms",
            "status": "confirmed",
        }
        statuses = [each["status"] for each in account["senders"]]
        ready = [status in {"active", "confirmed"} for status in statuses]
        assert ready == sorted(ready, reverse=True)
        assert "  sender 201 | Acme hello@example.com | email campaigns | active" in called.text
        assert "  sender 503 | NEWBRAND | send_sms | pending" in called.text


@pytest.mark.parametrize("provider", ["egoi", "txtsync", "intercom"])
async def test_one_account_is_read_alone(tmp_path: Path, provider: str) -> None:
    async with connected(tmp_path, TOOLS) as session:
        called = await session.call("get_account", provider=provider)
        assert [each["provider"] for each in called.data["accounts"]] == [provider]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, {"mode": "a person approves sends, consent, disclosure and everything that cannot be undone"}),
        ({"EGOI_MCP_READ_ONLY": "1"}, {"mode": "only reading", "contacts changed without asking": "none"}),
        (
            {
                "EGOI_MCP_CONFIRM": "off",
                "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "10",
                "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "20",
            },
            {
                "mode": "nobody is asked, except before what cannot be undone",
                "contacts changed without asking": "any number",
            },
        ),
        (
            {
                "EGOI_MCP_CONFIRM": "chat",
                "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "10",
                "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "20",
            },
            {
                "mode": "the person in the chat approves by a second call",
                "recipients per action": "at most 10",
                "recipients per 24 hours": "at most 20",
            },
        ),
        ({"EGOI_MCP_POLICY_UNSEEN_CONTENT": "confirm"}, {"campaigns not written here": "sent after asking"}),
        ({"EGOI_ACCOUNT_TIMEZONE": "Europe/Lisbon"}, {"account time zone": "Europe/Lisbon"}),
        ({"EGOI_MCP_PII": "masked"}, {"personal data shown to the model": "masked"}),
        ({"EGOI_MCP_POLICY_WRITE_THRESHOLD": "3"}, {"contacts changed without asking": "3 an hour"}),
    ],
)
async def test_the_policy_in_force_is_said_in_words(
    tmp_path: Path, environ: dict[str, str], words: dict[str, str]
) -> None:
    async with connected(tmp_path, TOOLS | environ) as session:
        called = await session.call("get_account", provider="txtsync")
        policy = called.data["policy"]
        assert {name: policy[name] for name in words} == words
        assert all(f"{name}: {value}" in called.text for name, value in words.items())


async def test_a_service_that_is_off_hides_its_own_senders_and_nothing_else(tmp_path: Path) -> None:
    def without_transactional(path: str, reply: Any) -> Any:
        return problem(403, "The service is not enabled.") if path.startswith("/api/v2/") else reply

    async with altered(tmp_path, without_transactional, TOOLS) as session:
        (account,) = (await session.call("get_account", provider="egoi")).data["accounts"]
        assert account["balance"] == "250.00 EUR"
        assert {each["use"] for each in account["senders"]} == {"sms campaigns", "email campaigns"}
        assert account["problem"].startswith("send_sms senders: E-goi transactional does not let this key")


async def test_a_vendor_that_refuses_the_key_does_not_hide_the_others(tmp_path: Path) -> None:
    def no_egoi(path: str, reply: Any) -> Any:
        return problem(401, "Unauthorized.") if path == "/my-account" else reply

    async with altered(tmp_path, no_egoi, TOOLS) as session:
        called = await session.call("get_account")
        egoi, txtsync, intercom = called.data["accounts"]
        assert "refused the key (401)" in egoi["problem"]
        assert "problem E-goi refused the key (401)" in called.text
        assert "problem" not in txtsync
        assert intercom["account_id"] == "sandboxws"


async def test_a_provider_without_credentials_is_absent_and_named_where_it_is_asked_for(
    tmp_path: Path,
) -> None:
    settings = from_environ(
        {
            "EGOI_API_KEY": "sandbox-egoi-key",
            "EGOI_MCP_STATE_DIR": str(tmp_path),
            "EGOI_BASE_URL": SANDBOX_ORIGIN,
        }
    )
    sandbox = Sandbox(SandboxSettings())
    async with opened(settings, sandbox=sandbox, transport=sandbox.transport()) as session:
        called = await session.call("get_account")
        assert [each["provider"] for each in called.data["accounts"]] == ["egoi"]
        said = await refused(session, "get_account", provider="txtsync")
        assert said == (
            "TxtSync is not configured on this server (configured: egoi). Nothing was sent. "
            "The owner adds its credentials to the server's environment."
        )
        said = await refused(session, "send_sms", **{**SMS, "provider": "txtsync", "sender": "ACME"})
        assert said.startswith("TxtSync is not configured on this server")


async def test_the_key_shows_nowhere(tmp_path: Path) -> None:
    def echo(path: str, reply: Any) -> Any:
        if path == "/my-account":
            return httpx2.Response(403, json={"title": "x", "status": 403, "detail": "key sandbox-egoi-key"})
        return reply

    async with altered(tmp_path, echo, TOOLS) as session:
        called = await session.call("get_account")
        assert "sandbox-egoi-key" not in called.text + str(called.data)
        assert "sandbox-client-secret" not in called.text + str(called.data)


# -- check_action --------------------------------------------------------------------------------


async def test_an_action_is_followed_from_the_question_to_the_outcome(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        asked = await session.call("send_sms", **SMS)
        assert asked.status == "needs_approval"
        waiting = await session.call("check_action", action_id=asked.action_id)
        assert waiting.status == "needs_approval"
        assert waiting.data["preview"]["message"] == SMS["text"]
        assert f"egoi-mcp actions approve {asked.action_id}" in waiting.text
        await session.decide(asked.action_id)
        await until(lambda: session.sandbox.effects.count("sms") == 1)
        done = await session.call("check_action", action_id=asked.action_id)
        assert done.status == "succeeded"
        assert done.text.startswith("succeeded: Send 1 transactional SMS through E-goi: done.")
        assert "preview" not in done.data
        assert len(done.data["ids"]) == 1


async def test_an_action_that_was_done_is_told_without_asking_the_vendor_again(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        sent = await session.call("send_sms", **SMS)
        before = session.sandbox.requests.total
        for _ in range(2):
            told = await session.call("check_action", action_id=sent.action_id)
            assert told.status == "succeeded"
        assert session.sandbox.requests.total == before
        assert session.sandbox.effects.count("sms") == 1


@pytest.mark.parametrize(
    ("action_id", "said"),
    [
        ("act_nothere", "There is no action 'act_nothere'. Nothing was changed. Ids come from guarded tools"),
        ("x", "action_id: is not of the right form (From the tool that proposed the action)."),
        ("../../etc", "action_id: is not of the right form"),
        ("", "action_id: is not of the right form"),
    ],
)
async def test_an_action_that_is_not_there_is_told(tmp_path: Path, action_id: str, said: str) -> None:
    async with connected(tmp_path, TOOLS) as session:
        assert (await refused(session, "check_action", action_id=action_id)).startswith(said)
