"""`egoi-mcp rules`: what is in force, and the end of a rule that a decision made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from egoi_mcp.policy.settings import StandingRule
from tests.cli.processes import environment, run
from tests.cli.rows import store_of

pytestmark = pytest.mark.anyio

POLICY = """
[[standing]]
name = "pickup"
operation = "sendSmsMessages"
sender = "ACME"
template = "Hello {name:30}, your order is ready"
per_day = 50
"""


async def keep(state_dir: Path) -> str:
    rule = StandingRule(
        name="new",
        operation="sendSmsMessages",
        sender="501",
        template="Your table\x1b[2J is booked",
        per_day=5,
    )
    async with store_of(state_dir) as store:
        kept = await store.rules.keep(
            rule,
            connection="egoi",
            account="700001",
            sender_label="ACME 501",
            action_id="act_22222222",
            made_by="owner",
        )
    return kept.rule.name


async def test_rules_are_listed_with_how_to_end_each(tmp_path: Path) -> None:
    env = environment(tmp_path / "state")
    assert "No standing rule is in force" in run("rules", "list", env=env).stdout
    rule_id = await keep(tmp_path / "state")
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    policy.chmod(0o600)
    env |= {"EGOI_MCP_POLICY_FILE": str(policy)}
    listed = run("rules", "list", env=env)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert (
        f"{rule_id}: sendSmsMessages from ACME 501 to one recipient, 5 in 24 hours (0 used)" in listed.stdout
    )
    assert "    | Your table<U+001B>[2J is booked" in listed.stdout
    assert f"to end it: egoi-mcp rules revoke {rule_id}" in listed.stdout
    assert "pickup: sendSmsMessages from acme to one recipient" in listed.stdout
    assert "take it out of policy.toml" in listed.stdout
    data = json.loads(run("rules", "list", "--json", env=env).stdout)
    assert [(each["id"], each["revocable"]) for each in data] == [(rule_id, True), ("pickup", False)]


async def test_a_rule_is_ended_once(tmp_path: Path) -> None:
    rule_id = await keep(tmp_path)
    env = environment(tmp_path)
    ended = run("rules", "revoke", rule_id, env=env)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"{rule_id} has ended, in every server at once" in ended.stdout
    assert "No standing rule is in force" in run("rules", "list", env=env).stdout
    again = run("rules", "revoke", rule_id, env=env)
    assert again.returncode == 1
    assert "Nothing was changed" in again.stderr
