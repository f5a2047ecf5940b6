"""What an SMS costs against the balance, and how seldom the vendor is asked for it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import SMS, Person, Session, connected
from tests.support.clock import Clock
from tests.tools_live.live import previewed

pytestmark = pytest.mark.anyio


def priced(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "policy.toml"
    file.write_text('prices = { PT = "0.045", ES = "0.06" }', encoding="utf-8")
    file.chmod(0o600)
    return {"EGOI_MCP_TOOLSETS": "sms", "EGOI_MCP_POLICY_FILE": str(file)}


def operations(session: Session) -> list[str | None]:
    return [each.operation for each in session.sandbox.requests.arrivals]


async def cost(session: Session, **changed: object) -> dict[str, Any]:
    preview = (await previewed(session, "send_sms", **{**SMS, **changed})).data["preview"]
    return dict(preview["cost"])


async def test_parts_times_recipients_times_prices_against_the_balance(tmp_path: Path) -> None:
    async with connected(tmp_path / "state", priced(tmp_path)) as session:
        found = await cost(session, to=["+351900000001", "+34600000001"], text="a" * 161)
        assert found == {
            "amount": "0.21",
            "currency": "EUR",
            "basis": "ES 2 x 0.06, PT 2 x 0.045",
            "balance": "250.00",
            "left": "249.79",
        }
        at_txtsync = await cost(session, provider="txtsync", sender="ACME")
        assert at_txtsync == {"amount": "0.045", "currency": "", "basis": "PT 1 x 0.045"}


async def test_whose_number_nobody_can_tell_nobody_can_price(tmp_path: Path) -> None:
    async with connected(tmp_path / "state", priced(tmp_path)) as session:
        tags = {"provider": "txtsync", "sender": "ACME", "to": None, "to_tags": ["vip"]}
        preview = (await previewed(session, "send_sms", **{**SMS, **tags})).data["preview"]
        assert preview["facts"]["cost"] == "not known: nobody can tell how many messages it will be"


async def test_a_second_send_asks_the_vendor_for_no_more_than_without_prices(tmp_path: Path) -> None:
    asked: list[list[str | None]] = []
    for environ in (priced(tmp_path), {"EGOI_MCP_TOOLSETS": "sms"}):
        async with connected(tmp_path / str(len(asked)), environ, person=Person()) as session:
            assert (await session.call("send_sms", **SMS)).status == "succeeded"
            before = len(operations(session))
            assert (await session.call("send_sms", **{**SMS, "text": "Another"})).status == "succeeded"
            asked.append(operations(session)[before:])
    assert asked[0] == asked[1]


async def test_a_balance_is_read_again_when_it_is_old_and_says_its_age_before(tmp_path: Path) -> None:
    clock, sandbox = Clock(), Sandbox(SandboxSettings())
    async with connected(tmp_path / "state", priced(tmp_path), sandbox=sandbox, now=clock) as session:
        assert (await cost(session))["balance"] == "250.00"
        sandbox.world.egoi.balance = Decimal("0.01")
        clock.advance(540)
        assert (await cost(session))["balance"] == "250.00 9 min ago"
        clock.advance(61)
        found = await previewed(session, "send_sms", **SMS)
        assert found.data["preview"]["cost"]["balance"] == "0.01"
        assert "the balance does not cover it: 0.035 EUR are missing" in found.data["preview"]["warnings"]
