"""Actions in a state directory, written as a server would write them."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from egoi_mcp.api.catalog import Request, freeze, operation
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, Channel, Draft, State
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.models.preview import Preview
from egoi_mcp.settings import ActionTimes
from egoi_mcp.store.protocol import Caps, Decision
from egoi_mcp.store.sqlite import SqliteStore

ORIGIN = "https://slingshot.egoiapp.com"
TEXT = "Your order is ready"
PHONE = "+351900000001"
GONE = "0123456789abcdef"
"""A server that is no more: no file of this directory is its own."""
_TIMES = ActionTimes(
    proposal_seconds=600, approval_seconds=600, decline_cooldown_seconds=600, duplicate_seconds=600
)


@asynccontextmanager
async def store_of(state_dir: Path, *, seconds_ago: float = 0.0) -> AsyncGenerator[SqliteStore]:
    """The directory's store, with a clock that is so far behind."""
    store = SqliteStore(state_dir, load_state_key(state_dir), _TIMES, clock=lambda: time.time() - seconds_ago)
    try:
        yield store
    finally:
        await store.close()


async def propose(
    state_dir: Path, *, recipients: int = 1, text: str = TEXT, seconds_ago: float = 0.0
) -> Action:
    """Propose one SMS to so many people, as a server that has ended since."""
    numbers = [f"351-9000{index:05d}" for index in range(1, recipients + 1)]
    request = Request(
        operation=operation("transactional", "sendSmsMessages"),
        body=[{"to": number, "from": "501", "textBody": text} for number in numbers],
    )
    frozen = freeze(request, ORIGIN)
    key = load_state_key(state_dir)
    draft = Draft(
        id=f"act_{secrets.token_hex(4)}",
        digest=key.action_digest("egoi", "700001", (frozen,)),
        connection="egoi",
        account="700001",
        risk=Risk.SEND,
        preview=Preview(
            title=f"Send {recipients} SMS",
            account="egoi 700001",
            recipients=recipients,
            to=tuple(f"+{number.replace('-', '')}" for number in numbers[:5]),
            message=text,
            undo="Messages that left cannot be called back.",
        ),
        recipients=recipients,
        requests=(frozen,),
        operations=(request.operation.name,),
        idempotent=(False,),
        fingerprints=tuple(key.fingerprint("egoi", f"sms\n{number}\n{text}") for number in numbers),
        content=None,
        proposer=GONE,
        client="a test's client 1.0",
    )
    async with store_of(state_dir, seconds_ago=seconds_ago) as store:
        return (await store.propose(draft)).action


async def propose_and_lose_the_server(state_dir: Path) -> Action:
    """An action whose server died while it waited for the vendor's reply."""
    action = await propose(state_dir)
    async with store_of(state_dir) as store:
        await store.decide(action.id, Decision(state=State.APPROVED, channel=Channel.TERMINAL, by="a test"))
        claimed = await store.claim(action.id, owner=GONE, caps=Caps())
        assert claimed is not None
        await store.claim_step(action.id, claimed.steps[0].frozen, Risk.WRITE)
    return claimed


async def read(state_dir: Path, action_id: str) -> Action:
    """The action as its row stands now."""
    async with store_of(state_dir) as store:
        action = await store.get(action_id)
    assert action is not None
    return action
