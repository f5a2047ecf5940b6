"""`egoi-mcp rules`: the standing rules in force, and the end of one that a decision made."""

from __future__ import annotations

import json
import time
from zoneinfo import ZoneInfo

import anyio

from egoi_mcp.cli import DONE
from egoi_mcp.cli.ledger import Ledger, open_ledger
from egoi_mcp.guard.judging import Judge
from egoi_mcp.guard.owners import os_user
from egoi_mcp.guard.remembered import Remembered, Rules
from egoi_mcp.plain_text import clean, quote
from egoi_mcp.settings import from_environ


def list_rules(*, as_json: bool) -> int:
    """Print every standing rule in force."""
    found = anyio.run(_listed)
    if as_json:
        print(json.dumps([_as_data(each) for each in found], ensure_ascii=False, indent=2))
        return DONE
    if not found:
        print("No standing rule is in force: everything that sends is asked about, as the policy says.")
    for each in found:
        print(_as_text(each))
    return DONE


def revoke_rule(rule_id: str) -> int:
    """End a rule that a decision made; it only tightens, so no terminal and no PIN is needed."""
    anyio.run(_revoke, rule_id)
    print(
        f"{clean(rule_id)} has ended, in every server at once. What it let pass is asked about from now on."
    )
    return DONE


async def _listed() -> tuple[Remembered, ...]:
    async with open_ledger(from_environ()) as ledger:
        return await _rules(ledger).listed()


async def _revoke(rule_id: str) -> None:
    async with open_ledger(from_environ()) as ledger:
        await _rules(ledger).revoke(rule_id, by=os_user())


def _rules(ledger: Ledger) -> Rules:
    settings = ledger.settings
    zone = ZoneInfo(settings.account_timezone) if settings.account_timezone else None
    judge = Judge(settings, ledger.store, ledger.key)
    return Rules(settings.policy, ledger.store, judge, zone=zone, now=time.time)


def _as_data(rule: Remembered) -> dict[str, object]:
    return {
        "id": rule.id,
        "operation": rule.operation,
        "sender": rule.sender,
        "template": rule.template,
        "per_day": rule.per_day,
        "used_in_24_hours": rule.used_today,
        "expires": rule.expires.isoformat() if rule.expires is not None else None,
        "made": rule.made,
        "revocable": rule.revocable,
    }


def _as_text(rule: Remembered) -> str:
    until = f", until {rule.expires.isoformat()}" if rule.expires is not None else ""
    ends = f"egoi-mcp rules revoke {rule.id}" if rule.revocable else "take it out of policy.toml"
    return "\n".join(
        [
            f"{clean(rule.id)}: {rule.operation} from {clean(rule.sender)} to one recipient, "
            f"{rule.per_day} in 24 hours ({rule.used_today} used){until}",
            quote(rule.template),
            f"  made {clean(rule.made)}; to end it: {ends}",
        ]
    )
