"""What the guard asks of the place where actions are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.guard.action import Action, Channel, Content, Draft, State, StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The row of a draft: its own, or the open one that already held the same digest."""

    action: Action
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Limits that a claim reserves inside its own transaction; None is no limit.

    `sends_per_day` counts recipients of SEND actions claimed in the last 24 hours,
    `unconfirmed_writes_per_hour` contacts changed without a person in the last hour.
    """

    recipients_per_action: int | None = None
    sends_per_day: int | None = None
    unconfirmed_writes_per_hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision on an action: the state it leads to, through which channel, by whom."""

    state: State
    channel: Channel
    by: str = ""
    note: str = ""


class Store(Protocol):
    """Atomic moves over durable rows; every method that changes a row is one transaction.

    Raises:
        StateUnavailable: from any method, when the row could not be read or written.
    """

    async def propose(self, draft: Draft) -> Proposed:
        """Insert the draft's row, or return the open row of the same digest.

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
        """The newest rows first, of these states (all where none is named)."""
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

    async def claim_step(self, action_id: str, frozen: FrozenRequest) -> None:
        """Claim the one pending step that holds exactly these bytes, durably.

        Raises:
            ActionRequired: no executing, truly approved action of this process holds it unclaimed.
        """
        ...

    async def finish_step(
        self, action_id: str, number: int, state: StepState, *, ids: Sequence[str] = (), note: str = ""
    ) -> None:
        """Record how a step ended."""
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

    async def recover(
        self, *, owner: str, alive: Callable[[str], bool], connections: Sequence[str]
    ) -> list[str]:
        """Take over what dead owners left; the ids that `owner` should now go on with."""
        ...

    async def unconfirmed_writes(self, connection: str) -> int:
        """Contacts changed on a connection in the last hour without a person's approval."""
        ...

    async def content(self, connection: str, account: str, campaign_hash: str) -> Content | None:
        """The content of a campaign that this server wrote."""
        ...

    async def close(self) -> None:
        """Let go of the file or connection."""
        ...
