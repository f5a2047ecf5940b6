"""Real stores on a temporary state directory, and drafts to put into them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, Channel, Content, Draft, State, StepState
from egoi_mcp.guard.digest import StateKey, message_fingerprints
from egoi_mcp.models.preview import Preview
from egoi_mcp.settings import ActionTimes
from egoi_mcp.store.protocol import Caps, Decision, Store
from egoi_mcp.store.sqlite import SqliteStore
from tests.support import Clock

KEY: Final = StateKey(b"k" * 32)
TIMES: Final = ActionTimes(
    proposal_seconds=600.0, approval_seconds=600.0, decline_cooldown_seconds=600.0, duplicate_seconds=600.0
)
NO_CAPS: Final = Caps()
ORIGIN: Final = "https://vendor.example.com"

_numbers = itertools.count(1)


def store_in(
    state_dir: Path,
    clock: Callable[[], float] | None = None,
    *,
    key: StateKey = KEY,
    times: ActionTimes = TIMES,
) -> SqliteStore:
    """A store on the directory; several on one directory are several processes' stores."""
    return SqliteStore(state_dir, key, times, clock or Clock())


def request(body: str = "hello", *, target: str = "/api/v2/sms/messages/action/send") -> FrozenRequest:
    """Bytes of a request that changes something."""
    return FrozenRequest("transactional", "POST", ORIGIN, target, body.encode())


def draft(
    text: str = "Hello",
    to: Sequence[str] = ("+351900000001",),
    *,
    requests: Sequence[FrozenRequest] | None = None,
    risk: Risk = Risk.SEND,
    recipients: int | None = 1,
    idempotent: bool = False,
    connection: str = "egoi",
    account: str = "700001",
    proposer: str = "proposer",
    content: Content | None = None,
    key: StateKey = KEY,
) -> Draft:
    """A draft of a message to people; without `requests`, one that holds the text and the people in order."""
    frozen = tuple(requests) if requests is not None else (request(f"{text}\n{','.join(to)}"),)
    return Draft(
        id=f"act_{next(_numbers):08d}",
        digest=key.action_digest(connection, account, frozen),
        connection=connection,
        account=account,
        risk=risk,
        preview=Preview(title="Send it", account=f"egoi {account}", recipients=recipients, message=text),
        recipients=recipients,
        requests=frozen,
        operations=("sendSmsMessages",) * len(frozen),
        idempotent=(idempotent,) * len(frozen),
        fingerprints=tuple(
            key.fingerprint(connection, mark) for mark in message_fingerprints("sms", to, text)
        ),
        content=content,
        proposer=proposer,
        client="test 1",
    )


def approval(channel: Channel = Channel.TERMINAL) -> Decision:
    """A person's yes."""
    return Decision(state=State.APPROVED, channel=channel, by="owner")


async def proposed(store: Store, wanted: Draft | None = None) -> Action:
    """A new proposal."""
    return (await store.propose(wanted or draft())).action


async def approved(
    store: Store, wanted: Draft | None = None, *, channel: Channel = Channel.TERMINAL
) -> Action:
    """A new proposal that somebody approved."""
    action = await proposed(store, wanted)
    return await store.decide(action.id, approval(channel))


async def executing(
    store: Store,
    wanted: Draft | None = None,
    *,
    owner: str = "owner",
    caps: Caps = NO_CAPS,
    channel: Channel = Channel.TERMINAL,
) -> Action:
    """An action under way, none of whose steps is claimed."""
    action = await approved(store, wanted, channel=channel)
    claimed = await store.claim(action.id, owner=owner, caps=caps)
    assert claimed is not None
    return claimed


async def ended(store: Store, state: StepState, wanted: Draft | None = None) -> Action:
    """An action all of whose steps were claimed and ended so."""
    action = await executing(store, wanted)
    for step in action.steps:
        await store.claim_step(action.id, step.frozen, Risk.WRITE)
        await store.finish_step(action.id, step.number, state)
    return await store.finish(action.id)
