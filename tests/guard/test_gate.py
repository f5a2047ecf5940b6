"""The gate behind the door: looks pass, everything else only as a claimed step."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired
from egoi_mcp.guard.gate import LedgerGate
from tests.store.ledgers import executing, request, store_in

pytestmark = pytest.mark.anyio


def test_a_look_passes_without_an_action(tmp_path: Path) -> None:
    LedgerGate(store_in(tmp_path)).permit(Request(operation=operation("egoi", "getAllLists")), Risk.READ)


@pytest.mark.parametrize("risk", [risk for risk in Risk if risk is not Risk.READ])
def test_nothing_else_does(tmp_path: Path, risk: Risk) -> None:
    gate = LedgerGate(store_in(tmp_path))

    with pytest.raises(ActionRequired, match=r"createTag.*Nothing was sent"):
        gate.permit(Request(operation=operation("egoi", "createTag"), body={"name": "x"}), risk)


async def test_the_claim_of_a_step_is_the_ledgers(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    gate = LedgerGate(store)
    action = await executing(store)
    with pytest.raises(ActionRequired):
        await gate.claim_step(action.id, request("another"), Risk.WRITE)
    await gate.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)

    with pytest.raises(ActionRequired):
        await gate.claim_step(action.id, action.steps[0].frozen, Risk.WRITE)
    await store.close()
