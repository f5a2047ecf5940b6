"""A ledger with one action of every kind that a record can show."""

from __future__ import annotations

import secrets
from pathlib import Path

from egoi_mcp.api.catalog import Request, freeze, operation
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, Channel, Draft, State, StepState, Terms
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.guard.people import people_in
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.witnesses import Witness
from egoi_mcp.models.preview import Preview
from egoi_mcp.store.protocol import Caps, Decision
from tests.cli.rows import GONE, ORIGIN, store_of

EMAIL = "ana@example.com"
PHONE = "+351900000001"
TERMS = Terms(
    reach=Reach(lists=(12,), senders=("501\nACME",)),
    witnesses=(Witness(kind="list", subject="12", seen={"status": "active"}, count=3),),
    cost=36_000,
    hold_seconds=300.0,
    not_after=1_900_000_000.0,
    principal="owner",
)


async def send(
    state_dir: Path,
    text: str = "Your order is ready",
    *,
    until: str = "proposed",
    seconds_ago: float = 0.0,
    terms: Terms = TERMS,
    risk: Risk = Risk.SEND,
) -> Action:
    """An SMS to one person, brought to a state: proposed, approved, succeeded or unknown."""
    request = Request(
        operation=operation("transactional", "sendSmsMessages"),
        body=[{"to": "351-900000001", "from": "501", "textBody": text, "customData": {"email": EMAIL}}],
    )
    frozen = freeze(request, ORIGIN)
    key = load_state_key(state_dir)
    preview = Preview(
        title="Send 1 SMS",
        account="egoi 700001",
        recipients=1,
        to=(PHONE,),
        message=text,
        personal={"first name": "Ana"},
        undo="Messages that left cannot be called back.",
    )
    draft = Draft(
        id=f"act_{secrets.token_hex(4)}",
        digest=key.action_digest("egoi", "700001", (frozen,)),
        connection="egoi",
        account="700001",
        risk=risk,
        preview=preview,
        recipients=1,
        requests=(frozen,),
        operations=(request.operation.name,),
        idempotent=(False,),
        fingerprints=(key.fingerprint("egoi", text),),
        content=None,
        proposer=GONE,
        client="a test's client 1.0",
        terms=terms,
        marks=tuple(map(key.person, people_in([frozen], preview.model_dump()))),
    )
    async with store_of(state_dir, seconds_ago=seconds_ago) as store:
        action = (await store.propose(draft)).action
        if until == "proposed":
            return action
        action = await store.decide(
            action.id, Decision(state=State.APPROVED, channel=Channel.ELICITATION, by="a test's client 1.0")
        )
    if until == "approved":
        return action
    # Claimed after its hold.
    async with store_of(state_dir, seconds_ago=seconds_ago - terms.hold_seconds) as store:
        claimed = await store.claim(action.id, owner=GONE, caps=Caps())
        assert claimed is not None
        await store.claim_step(action.id, frozen, Risk.SEND)
        state = StepState.SUCCEEDED if until == "succeeded" else StepState.UNKNOWN
        note = "" if until == "succeeded" else f"the reply about {EMAIL} was lost"
        await store.finish_step(action.id, 1, state, ids=["m-351900000001"], note=note, status=202)
        return await store.finish(action.id)
