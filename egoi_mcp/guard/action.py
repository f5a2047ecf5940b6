"""An action: one row from proposal to outcome, and the states it may pass through.

proposed ─approve▶ approved ─claim▶ executing ─▶ succeeded | partial | failed | unknown
   ├ decline▶ declined     ├ expire▶ expired        unknown ─settle▶ succeeded | partial | failed
   ├ revoke ▶ revoked      ├ revoke▶ revoked
   └ expire ▶ expired      └ drift ▶ void
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from egoi_mcp.api.catalog import FrozenRequest, Request
from egoi_mcp.api.risk import Risk
from egoi_mcp.models.preview import Preview


class State(StrEnum):
    """Where an action stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    EXECUTING = "executing"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DECLINED = "declined"
    EXPIRED = "expired"
    REVOKED = "revoked"
    VOID = "void"


class StepState(StrEnum):
    """Where one request of an action stands; `sending` means claimed and perhaps on the wire."""

    PENDING = "pending"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """Through which way an action was decided."""

    ELICITATION = "elicitation"
    TERMINAL = "terminal"
    CHAT = "chat"
    POLICY = "policy"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.APPROVED, State.DECLINED, State.EXPIRED, State.REVOKED, State.VOID}),
    State.APPROVED: frozenset({State.EXECUTING, State.EXPIRED, State.REVOKED, State.VOID}),
    State.EXECUTING: frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED}),
    State.SUCCEEDED: frozenset(),
    State.PARTIAL: frozenset(),
    State.FAILED: frozenset(),
    State.DECLINED: frozenset(),
    State.EXPIRED: frozenset(),
    State.REVOKED: frozenset(),
    State.VOID: frozenset(),
}
OPEN = frozenset({State.PROPOSED, State.APPROVED, State.EXECUTING})
"""States of which a digest may have one row at a time."""
DECISIONS = frozenset({State.APPROVED, State.DECLINED, State.REVOKED, State.VOID})
"""What a person, or a rule of the owner, may decide of an action that has not begun."""


def sources(target: State) -> tuple[str, ...]:
    """The states from which `target` may be reached, for an atomic UPDATE's condition."""
    return tuple(state.value for state, targets in TRANSITIONS.items() if target in targets)


def outcome_of_steps(states: Sequence[StepState]) -> State:
    """The final state of an action whose steps ended so.

    `unknown` wins over everything: as long as one request may have taken effect unseen, the action
    as a whole is not known.
    """
    if not states or any(state in {StepState.PENDING, StepState.SENDING} for state in states):
        raise ValueError("an action has an outcome only when every one of its steps has")
    if StepState.UNKNOWN in states:
        return State.UNKNOWN
    if all(state is StepState.SUCCEEDED for state in states):
        return State.SUCCEEDED
    if all(state is StepState.FAILED for state in states):
        return State.FAILED
    return State.PARTIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of a campaign that this server writes, kept so that its send can show it.

    No call of the vendor shows a campaign's content again.
    """

    channel: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a tool wants done: independent, absolute requests and what a person is shown of them.

    `recipients` is the number of people reached, or of contacts changed; None where it is not
    known. `fingerprints` say to whom and what, so that the same to the same is recognised.
    """

    connection: str
    requests: tuple[Request, ...]
    preview: Preview
    recipients: int | None
    fingerprints: tuple[str, ...] = ()
    unseen_content: bool = False
    content: Content | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A plan made ready for its row: frozen bytes, digest, and who asks."""

    id: str
    digest: bytes
    connection: str
    account: str
    risk: Risk
    preview: Preview
    recipients: int | None
    requests: tuple[FrozenRequest, ...]
    operations: tuple[str, ...]
    idempotent: tuple[bool, ...]
    fingerprints: tuple[bytes, ...]
    content: Content | None
    proposer: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of an action, as its row holds it."""

    number: int
    operation: str
    frozen: FrozenRequest
    idempotent: bool
    state: StepState
    ids: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A row, read; times are seconds since the epoch."""

    id: str
    digest: bytes
    connection: str
    account: str
    risk: Risk
    state: State
    preview: Preview
    recipients: int | None
    proposer: str
    owner: str | None
    client: str
    duplicate_of: str | None
    content: Content | None
    created_at: float
    expires_at: float
    finished_at: float | None
    channel: Channel | None
    note: str
    seal: bytes
    steps: tuple[Step, ...] = field(default=())

    @property
    def open(self) -> bool:
        """Whether the action may still change by itself or by a person's decision."""
        return self.state in OPEN
