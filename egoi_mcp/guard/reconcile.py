"""Settling what was left unknown by what the vendor's account shows, without ever sending.

Everything is read through the door without an action, and without one the door lets nothing pass that does
more than read. What cannot be told for certain stays unknown: a wrong `failed` would have it sent twice, a
wrong `succeeded` never.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo

import anyio

from egoi_mcp.api import catalog
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import ApiError, BudgetExhausted, InvalidInput, NotAllowed
from egoi_mcp.guard.action import Action, State, Step, StepState
from egoi_mcp.guard.looks.case import MOST_CALLS, Case, Finding, Reader, TooManyCalls
from egoi_mcp.guard.looks.times import WAIT_SECONDS, SteadyClock, span_of
from egoi_mcp.plain_text import clean
from egoi_mcp.store.protocol import Store

_logger = logging.getLogger(__name__)
_MOST_CHARACTERS = 1000
_MARGIN_SECONDS = 1.0
"""What is left of the caller's time to say what was found."""
LONGEST_LOOK_SECONDS = 20.0
"""How long one look may take, so that whoever asked is answered while a vendor is silent."""


class Reconciler:
    """Looks for what became of unknown actions.

    `now` is the wall clock in seconds since the epoch, `monotonic` a clock in seconds that nobody can set,
    `up_for` how long both have been steady already. `zone` is that of the vendor's account where the owner
    said it, `wait_seconds` how long after a step's end its absence means something.
    """

    def __init__(
        self,
        store: Store,
        clients: Mapping[str, ApiClient],
        *,
        now: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
        up_for: float = 0.0,
        zone: tzinfo | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._store = store
        self._clients = clients
        self._clock = SteadyClock(now, monotonic, up_for=up_for)
        self._zone = zone
        self._wait_seconds = wait_seconds

    async def settle(self, action: Action) -> Action:
        """The action with every step settled that the vendor's account tells of, each by itself.

        A step that stays unknown says in its note, in what is returned and not in the row, where was looked
        and what a person does. An action that is not unknown is given back as it is.

        Raises:
            StateUnavailable: the row could not be read or written.
        """
        unknown = [step for step in action.steps if step.state is StepState.UNKNOWN]
        if action.state is not State.UNKNOWN or not unknown:
            return action
        said: dict[int, str] = {}
        stopped = "the vendor did not answer in time; ask check_action again"
        left = anyio.current_effective_deadline() - anyio.current_time() - _MARGIN_SECONDS
        with anyio.move_on_after(max(0.0, min(LONGEST_LOOK_SECONDS, left))):
            stopped = await self._look_at(action, unknown, said)
        for step in unknown:
            said.setdefault(step.number, stopped)
        current = await self._store.get(action.id)
        return _saying(action if current is None else current, said)

    async def _look_at(self, action: Action, unknown: Sequence[Step], said: dict[int, str]) -> str:
        """Look step by step, keep what is found, and put into `said` what cannot be told; why it stopped."""
        client = self._clients.get(action.connection)
        if client is None:
            return f"not looked for: the connection {action.connection} is not configured here"
        reader = Reader(client)
        try:
            if await client.account_id() != action.account:
                return f"not looked for: the connection {action.connection} leads to another account now"
            for step in unknown:
                finding = await self._find(action, step, reader)
                if finding.state is StepState.UNKNOWN:
                    said[step.number] = finding.note
                else:
                    await self._keep(action, step, finding, by=", ".join(reader.asked))
        except TooManyCalls:
            return f"this needs more than the {MOST_CALLS} calls of one look; ask check_action in a minute"
        except (ApiError, BudgetExhausted) as error:
            return f"the vendor could not be asked what became of it ({str(error).rstrip('.')})"
        except NotAllowed as error:
            return f"not looked for: {str(error).rstrip('.')}"
        return ""

    async def _find(self, action: Action, step: Step, reader: Reader) -> Finding:
        # Imported here: most servers never have to look.
        from egoi_mcp.guard.looks.table import LOOKS, why_a_person

        key = (step.frozen.api, step.operation)
        entry, span = LOOKS.get(key), span_of(step)
        if entry is None:
            return _untold(f"a person has to look: {why_a_person(*key)}")
        if span is None:
            return _untold("a person has to look: its row does not say when it was sent")
        try:
            request = catalog.thaw(step.frozen)
        except InvalidInput:
            return _untold("a person has to look: its row does not hold the request any more")
        if request.operation.name != step.operation:
            return _untold("a person has to look: its row was changed")
        case = Case(
            action=action,
            step=step,
            request=request,
            span=span,
            vendor=reader,
            ledger=self._store,
            clock=self._clock,
            wait_seconds=self._wait_seconds,
            zone=self._zone,
        )
        try:
            return await entry.look(case)
        except InvalidInput:
            return _untold("a person has to look: the vendor cannot be asked for what the request names")

    async def _keep(self, action: Action, step: Step, finding: Finding, *, by: str) -> None:
        """Write one step's outcome into the row, with what was made and when the vendor stamped it."""
        ids = [clean(each, _MOST_CHARACTERS) for each in finding.ids]
        await self._store.resolve(
            action.id,
            {step.number: finding.state},
            by=by,
            notes={step.number: clean(finding.note, _MOST_CHARACTERS)},
            ids={step.number: ids},
        )
        if finding.stamp and ids:
            await self._store.keep_stamp(action.connection, action.account, ids[0], finding.stamp)
        _logger.info("%s step %d: %s, by %s", action.id, step.number, finding.state.value, by)


def _untold(note: str) -> Finding:
    return Finding(state=StepState.UNKNOWN, note=note)


def _saying(action: Action, said: Mapping[int, str]) -> Action:
    """The action with what was looked at beside why its reply was lost, on each step that stays unknown."""
    return replace(
        action,
        steps=tuple(
            replace(step, note="; ".join(filter(None, (step.note.rstrip("."), said.get(step.number)))))
            if step.state is StepState.UNKNOWN
            else step
            for step in action.steps
        ),
    )
