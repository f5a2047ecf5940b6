"""Whatever a client does with the protocol: what was approved leaves once, and nothing else does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.store.protocol import Search
from tests.guard.any_calls import above, frozen_of
from tests.guard.any_legs import Mischief
from tests.guard.deeds import Deeds, deeds
from tests.support import ERAS, Era, Person

pytestmark = pytest.mark.anyio

STEPS = 150
SEEDS = range(4)
ENVIRON = {
    "EGOI_MCP_RATE_LIMIT": "200/0.01",
    "EGOI_MCP_POLICY_ALLOWED_HOSTS": "hooks.example.com",
    "EGOI_MCP_POLICY_UNSEEN_CONTENT": "confirm",
    # What waits for an end that does not come waits for this less two seconds.
    "EGOI_MCP_CALL_TIMEOUT_SECONDS": "2.05",
}
RISKY = (Risk.CONSENT, Risk.DISCLOSE, Risk.SEND, Risk.DESTROY)


async def driven(
    state_dir: Path, mode: Era, seed: int, *, may_approve: bool, environ: Mapping[str, str] | None = None
) -> tuple[Mischief, list[Action]]:
    """A session after all that mischief, and its ledger."""
    sandbox = Sandbox(SandboxSettings(rate_calls=1_000_000))
    person = Person()
    async with deeds(
        state_dir, {**ENVIRON, **(environ or {})}, mode=mode, person=person, sandbox=sandbox
    ) as session:
        mischief = Mischief(session, Random(seed), person, may_approve)
        for _ in range(STEPS):
            await mischief.step()
        found = await session.ledger.find(Search(limit=10_000))
        return mischief, list(found.actions)


def arrived(session: Deeds) -> Counter[FrozenRequest]:
    """What does more than change something, and came to the vendor."""
    return Counter(frozen_of(each) for each in above(session, Risk.WRITE))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mode", ERAS)
async def test_without_an_approval_no_leg_and_no_operation_of_the_catalog_leaves(
    tmp_path: Path, mode: Era, seed: int
) -> None:
    mischief, ledger = await driven(tmp_path, mode, seed, may_approve=False)

    assert arrived(mischief.session) == Counter()
    assert mischief.session.sandbox.effects.count() == 0
    assert mischief.approved == {}
    proposed = Counter(action.risk for action in ledger)
    assert len({risk for risk in RISKY if proposed[risk]}) >= 3, proposed
    assert sum(proposed[risk] for risk in RISKY) >= 20


async def test_the_same_reaches_people_where_the_owner_asks_nobody(tmp_path: Path) -> None:
    nobody = {
        "EGOI_MCP_CONFIRM": "off",
        "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "1000",
        "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "1000",
    }
    mischief, _ = await driven(tmp_path, "auto", 0, may_approve=False, environ=nobody)

    assert arrived(mischief.session).total() >= 5


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mode", ERAS)
async def test_with_approvals_exactly_what_was_approved_leaves_and_once(
    tmp_path: Path, mode: Era, seed: int
) -> None:
    mischief, ledger = await driven(tmp_path, mode, 1000 + seed, may_approve=True)

    allowed = Counter(frozen for requests in mischief.approved.values() for frozen in requests)
    assert arrived(mischief.session) - allowed == Counter()
    for action in ledger:
        if action.risk > Risk.WRITE and any(step.claimed_at is not None for step in action.steps):
            assert action.id in mischief.approved
    assert arrived(mischief.session).total() >= 5, mischief.done
