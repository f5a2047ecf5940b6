"""Whatever a model calls, no more than a change leaves without a person, and with one what they approved."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk, affected, risk_of
from egoi_mcp.guard.action import Channel, State
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.store.protocol import Search
from tests.guard.any_calls import AT_WORK, Model, above, frozen_of, meant
from tests.support import ERAS, Answer, Era, Person, Session, connected

pytestmark = pytest.mark.anyio

CALLS = 120
ENVIRON = {
    "EGOI_ACCOUNT_TIMEZONE": "Europe/Lisbon",
    "EGOI_MCP_RATE_LIMIT": "100000/60",
}
NEVER: tuple[Answer, ...] = ("decline", "cancel", "empty")
UNCOUNTED: tuple[Answer, ...] = (*NEVER, "without count", "wrong count")
SEEDS = range(8)
RISKY = (Risk.CONSENT, Risk.DISCLOSE, Risk.SEND, Risk.DESTROY)
NOT_DONE = {State.PROPOSED, State.DECLINED, State.EXPIRED, State.VOID, State.REVOKED}


def no_approval(person: Person, random: Random) -> Answer:
    """An answer to the last form that approves nothing."""
    counts = "recipients" in person.forms[-1].requested_schema["properties"]
    return random.choice(UNCOUNTED if counts else NEVER)


def roomy() -> Sandbox:
    return Sandbox(SandboxSettings(rate_calls=100_000))


async def drive(session: Session, random: Random, calls: int = CALLS) -> Counter[str]:
    """Make so many calls; how many of them ended how."""
    model = Model(random, (await session.client.list_tools()).tools)
    ended: Counter[str] = Counter()
    for _ in range(calls):
        name, arguments = model.next_call()
        called = await session.call(name, **arguments)
        ended[called.status if "status" in called.data else ("refused" if called.is_error else "read")] += 1
        model.learn(called)
    return ended


def freely_changed(session: Session) -> Counter[str]:
    """Contacts that were changed without a person, by connection."""
    counts: Counter[str] = Counter()
    for arrival in session.sandbox.requests.arrivals:
        request = meant(arrival)
        if risk_of(request) is Risk.WRITE:
            counts["txtsync" if arrival.api == "txtsync" else "egoi"] += affected(request) or 0
    return counts


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mode", ERAS)
async def test_without_an_approval_nothing_above_a_change_arrives(
    tmp_path: Path, seed: int, mode: Era
) -> None:
    random = Random(seed)
    # Every other seed has a client that cannot ask anybody.
    person = Person(random.choice(NEVER)) if seed % 2 else None
    async with connected(tmp_path, ENVIRON, mode=mode, person=person, sandbox=roomy()) as session:
        campaigns = session.sandbox.world.egoi.campaigns
        at_work = {name: campaigns[name].content for name in AT_WORK}
        if person is not None:

            async def any_answer() -> None:
                person.answer = no_approval(person, random)

            person.first = any_answer
        ended = await drive(session, random)

        assert above(session, Risk.WRITE) == []
        assert session.sandbox.effects.count() == 0
        assert all(count <= 25 for count in freely_changed(session).values())
        assert {name: campaigns[name].content for name in AT_WORK} == at_work
        # The calls were worth making: some proposed what a person would have had to approve.
        risky = (await session.ledger.find(Search(risks=RISKY, limit=1000))).actions
        assert len(risky) >= 3, ended
        assert {action.state for action in risky} <= NOT_DONE


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mode", ERAS)
async def test_with_approvals_exactly_what_was_approved_arrives_and_once(
    tmp_path: Path, seed: int, mode: Era
) -> None:
    random = Random(1000 + seed)
    person = Person()
    # The bytes as they were approved: of an action that erases somebody the ledger forgets them.
    approved: dict[str, tuple[FrozenRequest, ...]] = {}
    async with connected(tmp_path, ENVIRON, mode=mode, person=person, sandbox=roomy()) as session:

        async def now_and_then() -> None:
            person.answer = "approve" if random.random() < 0.6 else no_approval(person, random)
            if person.answer == "approve":
                action = await session.ledger.get(person.questions[-1].rpartition("Action ")[2].split(".")[0])
                assert action is not None
                approved[action.id] = tuple(step.frozen for step in action.steps)

        person.first = now_and_then
        await drive(session, random)

        ledger = (await session.ledger.find(Search(limit=1000))).actions
        allowed = Counter(
            frozen
            for action in ledger
            if action.id in approved and action.risk > Risk.WRITE
            for step, frozen in zip(action.steps, approved[action.id], strict=True)
            if step.claimed_at is not None
        )
        arrived = Counter(frozen_of(each) for each in above(session, Risk.WRITE))
        # Risk counts by action too: a change of a campaign at work is a send, by its request a change.
        assert arrived <= allowed, arrived - allowed
        assert allowed.total(), "nothing was approved"
        for action in ledger:
            if action.risk > Risk.WRITE and action.state in {State.SUCCEEDED, State.PARTIAL, State.FAILED}:
                assert action.id in approved
                assert action.channel is Channel.ELICITATION
        assert all(count <= 25 + _approved_writes(session) for count in freely_changed(session).values())


def _approved_writes(session: Session) -> int:
    """Contacts of changes that a person approved, which do not count against the threshold."""
    found = session.rows.select(
        """SELECT COALESCE(SUM(recipients), 0) FROM actions WHERE risk = 1 AND EXISTS (
               SELECT 1 FROM decisions WHERE action_id = id AND state = 'approved' AND channel != 'policy')"""
    )
    return int(str(found[0][0]))
