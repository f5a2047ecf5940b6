"""Actions as values, for what is a pure function of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, State, Step, StepState
from egoi_mcp.models.preview import Preview


def steps(*states: StepState) -> tuple[Step, ...]:
    """One step a state."""
    return tuple(
        Step(
            number=number,
            operation="sendSmsMessages",
            frozen=FrozenRequest("transactional", "POST", "https://vendor.example.com", "/sms", b"[]"),
            idempotent=False,
            state=state,
        )
        for number, state in enumerate(states, start=1)
    )


_ACTION = Action(
    id="act_23456789",
    digest=bytes(32),
    connection="egoi",
    account="700001",
    risk=Risk.SEND,
    state=State.PROPOSED,
    preview=Preview(
        title="Send 1 SMS", account="egoi 700001", recipients=1, to=("+351900000001",), message="Hello"
    ),
    recipients=1,
    proposer="proposer",
    owner=None,
    client="test 1",
    duplicate_of=None,
    content=None,
    created_at=0.0,
    expires_at=600.0,
    finished_at=None,
    channel=None,
    note="",
    seal=bytes(32),
    steps=steps(StepState.PENDING),
)


def an_action(state: State = State.PROPOSED, **members: Any) -> Action:
    """An action in a state, other members as given."""
    return replace(_ACTION, state=state, **members)
