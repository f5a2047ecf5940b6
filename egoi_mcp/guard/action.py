"""An action: one row from proposal to outcome, and the states it may pass through.

proposed ─approve▶ approved ─claim▶ executing ─▶ succeeded | partial | failed | unknown
   ├ decline▶ declined     ├ expire▶ expired        unknown ─settle▶ succeeded | partial | failed
   ├ revoke ▶ revoked      ├ revoke▶ revoked
   └ expire ▶ expired      └ drift ▶ void

An action that has to be held after its approval stays approved meanwhile, and can be revoked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from egoi_mcp.api.catalog import FrozenRequest, Request
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.witnesses import Witness
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
    PAGE = "page"
    CHAT = "chat"
    POLICY = "policy"
    VENDOR = "vendor"


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


Reversibility = Literal["undoable", "compensable", "irreversible"]
"""Undoable: as if it had not been. Compensable: can be made good, but was. Irreversible: neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of a campaign that this server writes, kept so that its send can show it.

    No call of the vendor shows a campaign's content again. `sender` is the vendor's id of who it is
    from, `digest` the hash of the request that wrote it (added when that is proposed), `updated` the
    vendor's stamp of the campaign as this server left it. `text` is an SMS's text and an email's words; what
    else an email is made of follows. Its `html` is None where it is too large to be shown (`html_bytes`).
    """

    channel: str
    title: str
    text: str
    sender: str = ""
    digest: str = ""
    updated: str = ""
    subject: str = ""
    preheader: str = ""
    plain: str | None = None
    html: str | None = None
    html_bytes: int = 0
    reply_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a tool wants done: independent, absolute requests and what a person is shown of them.

    `recipients` is the number of people reached, or of contacts changed; None where it is not
    known. `fingerprints` say to whom and what, so that the same to the same is recognised. `reach`
    adds what the requests only point at, `witnesses` what was read to show them; both are completed
    from the requests themselves. After `not_after` (seconds since the epoch) it makes no sense any
    more: a scheduled time. `undoes` is the action that it takes back. `apart` says that the requests are too
    large to be held all at once: each is made anew whenever it is looked at, and its body is kept apart.
    """

    connection: str
    requests: Sequence[Request]
    preview: Preview
    recipients: int | None
    fingerprints: tuple[str, ...] = ()
    unseen_content: bool = False
    content: Content | None = None
    reach: Reach | None = None
    witnesses: tuple[Witness, ...] = ()
    not_after: float | None = None
    undoes: str | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What binds an action besides its bytes; sealed in its row with them.

    `cost` is in millionths of the account's currency, None where nobody knows. `approvals` is how many
    different people must approve, `hold_seconds` how long it is held after that. `tests` says that every
    recipient is one of the owner's own, `undoes` which action it takes back.
    """

    reach: Reach = field(default_factory=Reach)
    witnesses: tuple[Witness, ...] = ()
    unseen_content: bool = False
    cost: int | None = None
    approvals: int = 1
    hold_seconds: float = 0.0
    not_after: float | None = None
    tests: bool = False
    undoes: str | None = None
    principal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A plan made ready for its row: frozen bytes, digest, and who asks.

    `marks` are keyed marks of the people that it names, `texts` of what it says; neither can be read back.
    `apart` is the plan's.
    """

    id: str
    digest: bytes
    connection: str
    account: str
    risk: Risk
    preview: Preview
    recipients: int | None
    requests: Sequence[FrozenRequest]
    operations: tuple[str, ...]
    idempotent: tuple[bool, ...]
    fingerprints: tuple[bytes, ...]
    content: Content | None
    proposer: str
    client: str
    terms: Terms = field(default_factory=Terms)
    marks: Sequence[bytes] = ()
    texts: tuple[bytes, ...] = ()
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of an action, as its row holds it; `status` is that of the vendor's reply.

    `whole` is the digest of a request whose body is kept apart and not in `frozen`; the body is read, and
    held against it, when the step is sent.
    """

    number: int
    operation: str
    frozen: FrozenRequest
    idempotent: bool
    state: StepState
    ids: tuple[str, ...] = ()
    note: str = ""
    status: int | None = None
    claimed_at: float | None = None
    finished_at: float | None = None
    whole: bytes = b""

    def digest(self) -> bytes:
        """The digest of the request."""
        return self.whole or self.frozen.digest()

    def holds(self, frozen: FrozenRequest) -> bool:
        """Whether it is this request, to the byte."""
        return frozen.digest() == self.whole if self.whole else frozen == self.frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One decision on an action, as its row holds it; times are seconds since the epoch."""

    state: State
    channel: Channel
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A row, read; times are seconds since the epoch.

    `purged_at` is when its requests and preview were removed, after which only the fact remains.
    `undone_by` is the newest action that takes it back, `undo_state` where that one stands.
    """

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
    terms: Terms = field(default_factory=Terms)
    decisions: tuple[Approval, ...] = ()
    undone_by: str | None = None
    undo_state: State | None = None
    purged_at: float | None = None
    steps: tuple[Step, ...] = field(default=())

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of its requests, in their order."""
        return tuple(step.operation for step in self.steps)

    @property
    def open(self) -> bool:
        """Whether the action may still change by itself or by a person's decision."""
        return self.state in OPEN

    @property
    def approved_at(self) -> float | None:
        """When the last approval that it needed was given."""
        given = [each.at for each in self.decisions if each.state is State.APPROVED]
        return max(given) if given and self.state is not State.PROPOSED else None

    @property
    def held_until(self) -> float | None:
        """Until when an approved action is held; None where it is not."""
        approved = self.approved_at
        if self.state is not State.APPROVED or approved is None or not self.terms.hold_seconds:
            return None
        return approved + self.terms.hold_seconds
