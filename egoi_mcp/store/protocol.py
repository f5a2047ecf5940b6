"""What the guard asks of the place where actions are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, Channel, Content, Draft, State, Step, StepState
from egoi_mcp.policy.settings import StandingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The row of a draft: its own, or the open one that already held the same digest.

    `claimed` says that it was approved and claimed as it was written.
    """

    action: Action
    created: bool
    claimed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Limits that a claim reserves inside its own transaction; None is no limit.

    `sends_per_day` counts recipients of SEND actions claimed in the last 24 hours,
    `unconfirmed_writes_per_hour` contacts changed without a person in the last hour. Costs are in
    millionths of the account's currency, in the last 24 hours and 30 days. `standing` is the owner's
    rule by which the action was approved, and how many it may approve in 24 hours; `kept` is the id of that
    rule where a person made it with a decision, so that it can have been ended since.
    """

    recipients_per_action: int | None = None
    sends_per_day: int | None = None
    unconfirmed_writes_per_hour: int | None = None
    cost_per_day: int | None = None
    cost_per_month: int | None = None
    standing: tuple[str, int] | None = None
    kept: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who claims an action, within which limits; with `first` its first step too, to be sent at once."""

    owner: str
    caps: Caps
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision on an action: the state it leads to, through which channel, by whom.

    `named` says that `by` is a person who proved who they are.
    """

    state: State
    channel: Channel
    by: str = ""
    note: str = ""
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which actions to find; times are seconds since the epoch, of the proposal."""

    states: tuple[State, ...] = ()
    risks: tuple[Risk, ...] = ()
    since: float | None = None
    until: float | None = None
    limit: int = 50

    def as_sql(self) -> tuple[str, tuple[object, ...]]:
        """A condition with marks, and their values."""
        conditions: list[tuple[str, tuple[object, ...]]] = []
        if self.states:
            marks = ", ".join("?" * len(self.states))
            conditions.append((f"state IN ({marks})", tuple(state.value for state in self.states)))
        if self.risks:
            marks = ", ".join("?" * len(self.risks))
            conditions.append((f"risk IN ({marks})", tuple(int(risk) for risk in self.risks)))
        if self.since is not None:
            conditions.append(("created_at >= ?", (self.since,)))
        if self.until is not None:
            conditions.append(("created_at < ?", (self.until,)))
        values = tuple(value for _, given in conditions for value in given)
        return " AND ".join(text for text, _ in conditions) or "TRUE", values


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRule:
    """A standing rule that a person made with a decision; `used` counts its last 24 hours.

    The rule's `name` is its id. `sender_label` is how the sender was shown to who made it, `made_at` is in
    seconds since the epoch.
    """

    rule: StandingRule
    connection: str
    account: str
    sender_label: str
    action_id: str
    made_by: str
    made_at: float
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found, newest first; `damaged` are the ids of rows that cannot be read."""

    actions: tuple[Action, ...] = ()
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How many actions lost their requests and preview, and how many went altogether.

    `scrubbed` says that what went can be read in no byte of the files any more; where it is false, the
    next purge sees to it.
    """

    emptied: int = 0
    removed: int = 0
    scrubbed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What erasing people did: how many actions were emptied, and how many of those were voided for it.

    `waiting` are the ids of actions under way or of unknown outcome: they are emptied as they end.
    `contents` is how many campaigns' kept texts went, `scrubbed` as of a purge.
    """

    emptied: int = 0
    voided: int = 0
    waiting: tuple[str, ...] = ()
    contents: int = 0
    scrubbed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """That somebody was erased, when (seconds since the epoch), and from how many actions; not who."""

    erased_at: float
    actions: int


class Rules(Protocol):
    """Standing rules that people made with decisions."""

    async def in_force(self, connection: str = "", account: str = "") -> tuple[KeptRule, ...]:
        """The rules in force, oldest first; those of a connection and account, where they are named."""
        ...

    async def counted(self) -> tuple[KeptRule, ...]:
        """The rules in force, and how often each was used in the last 24 hours."""
        ...

    async def used(self, names: Sequence[str]) -> dict[str, int]:
        """How often each of these rules was used in the last 24 hours."""
        ...

    async def keep(
        self,
        rule: StandingRule,
        *,
        connection: str,
        account: str,
        sender_label: str,
        action_id: str,
        made_by: str,
    ) -> KeptRule:
        """Keep a rule, under an id that becomes its name."""
        ...

    async def end(self, rule_id: str, *, by: str) -> None:
        """End a rule for good, in every process at once.

        Raises:
            NotAllowed: there is no such rule, or it has ended.
        """
        ...


class Store(Protocol):
    """Atomic moves over durable rows; every method that changes a row is one transaction.

    Raises:
        StateUnavailable: from any method, when the row could not be read or written.
    """

    @property
    def rules(self) -> Rules:
        """The standing rules that people made with decisions."""
        ...

    async def propose(
        self, draft: Draft, *, approve: Decision | None = None, claim: Claim | None = None
    ) -> Proposed:
        """Insert the draft's row, or return the open row of the same digest.

        `approve` is policy's own approval, given in the same moment to a new row that repeats nothing;
        with `claim` it is also claimed in that moment, where it is not held and no cap is in its way.

        Raises:
            NotAllowed: the same digest was declined within the cool-down.
        """
        ...

    async def get(self, action_id: str) -> Action | None:
        """The row as it stands now, waiting rows past their time already expired."""
        ...

    async def open_action(self, digest: bytes) -> Action | None:
        """The one row of this digest that has not ended, where there is one."""
        ...

    async def newest(self, *, limit: int = 50, states: Sequence[State] = ()) -> list[Action]:
        """The newest rows first, of these states (all where none is named); damaged ones are left out."""
        ...

    async def find(self, search: Search) -> Found:
        """The actions that are searched for, newest first, and which rows of them are damaged."""
        ...

    async def decide(self, action_id: str, decision: Decision) -> Action:
        """Approve, decline, revoke or void, if the row's state allows it.

        Raises:
            NotAllowed: there is no such row, or its state does not allow it.
        """
        ...

    async def claim(self, action_id: str, *, owner: str, caps: Caps) -> Action | None:
        """Move an approved row to executing and reserve the caps; None when another was first.

        Raises:
            NotAllowed: a cap has no room, or the row is not what was approved; the row is void.
        """
        ...

    async def whole(self, action_id: str, step: Step) -> FrozenRequest:
        """The request of a step with its body.

        Raises:
            StateUnavailable: it cannot be read, or is not what the step's digest says.
        """
        ...

    async def claim_step(self, action_id: str, frozen: FrozenRequest, risk: Risk) -> None:
        """Claim the one pending step that holds exactly these bytes, durably.

        `risk` is what the door found them to be.

        Raises:
            ActionRequired: no executing, truly approved action of at least that risk holds it unclaimed.
        """
        ...

    async def finish_step(
        self,
        action_id: str,
        number: int,
        state: StepState,
        *,
        ids: Sequence[str] = (),
        note: str = "",
        status: int | None = None,
    ) -> None:
        """Record how a step ended, and the status of the vendor's reply; with the last, the action ends."""
        ...

    async def finish(self, action_id: str) -> Action:
        """Give an action whose steps have all ended its final state."""
        ...

    async def abandon(self, action_id: str) -> None:
        """Tell the truth about an action that its owner stops driving: what was on its way is unknown."""
        ...

    async def settle(self, action_id: str, *, sent: bool, by: str) -> Action:
        """A person's word on an unknown action.

        Raises:
            NotAllowed: the action is not unknown.
        """
        ...

    async def resolve(
        self,
        action_id: str,
        found: Mapping[int, StepState],
        *,
        by: str,
        notes: Mapping[int, str],
        ids: Mapping[int, Sequence[str]] | None = None,
    ) -> Action:
        """What the vendor's account shows of unknown steps, by their numbers; steps not named stay unknown.

        `ids` are those of the things found, where they are certainly a step's own. What was written into a
        campaign is kept with them, as when a reply brings them.

        Raises:
            NotAllowed: the action is not unknown.
        """
        ...

    async def ids_elsewhere(
        self, action_id: str, operations: Sequence[str], ids: Sequence[str]
    ) -> frozenset[str]:
        """Those of the ids that other actions on the same account hold, from steps of these operations."""
        ...

    async def neighbours(
        self, action_id: str, operations: Sequence[str], *, since: float, until: float
    ) -> list[Step]:
        """Steps of other actions on the same account, claimed in that time, that may have taken effect."""
        ...

    async def recover(
        self, *, owner: str, alive: Callable[[str], bool], connections: Sequence[str]
    ) -> list[str]:
        """Take over what dead owners left; the ids that `owner` should now go on with."""
        ...

    async def unconfirmed_writes(self, connection: str) -> int:
        """Contacts changed on a connection in the last hour without a person's approval."""
        ...

    async def tested(self, texts: Sequence[bytes], *, since: float) -> bool:
        """Whether each of these texts has gone out to the owner's own recipients after `since`."""
        ...

    async def content(self, connection: str, account: str, campaign_hash: str) -> Content | None:
        """The content of a campaign that this server wrote."""
        ...

    async def keep_stamp(self, connection: str, account: str, campaign_hash: str, updated: str) -> None:
        """Note the vendor's stamp of a campaign as this server left it."""
        ...

    async def purge(self, *, bodies_before: float, rows_before: float) -> Purged:
        """Remove requests and previews of what ended before the one time, rows proposed before the other.

        What waits to be erased and has ended goes too. It is done in small steps, between which other
        calls and processes get their turn.
        """
        ...

    async def erase(self, people: Sequence[str], *, channel: Channel, by: str) -> Erased:
        """Remove people from the rows, each by a number, an address or a contact's id.

        A keyed tombstone stays of each. `channel` and `by` are who decided it, for the actions that are
        voided because of it.
        """
        ...

    async def tombstones(self, people: Sequence[str] = ()) -> list[Tombstone]:
        """What was erased, newest first; of these people only, where some are named."""
        ...

    async def close(self) -> None:
        """Let go of the file or connection."""
        ...
