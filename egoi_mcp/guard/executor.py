"""Runs approved actions to their end, whether or not anybody still waits for them."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import anyio
from anyio.abc import TaskGroup

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.replies import Content
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import (
    ActionRequired,
    ApiError,
    AuthenticationFailed,
    BudgetExhausted,
    EgoiMcpError,
    NotAllowed,
    OutcomeUnknown,
    RowDamaged,
    SentBefore,
    StateUnavailable,
)
from egoi_mcp.guard.action import Action, Channel, Draft, State, Step, StepState
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.guard.judging import Judge
from egoi_mcp.guard.observing import Observer
from egoi_mcp.guard.receipts import Receipt, receipt_of
from egoi_mcp.guard.witnesses import look
from egoi_mcp.plain_text import clean
from egoi_mcp.store.proofs import not_as_proposed
from egoi_mcp.store.protocol import Decision, Store

_logger = logging.getLogger(__name__)
_MOST_CHARACTERS = 1000
_MOST_REPLIES = 8
_HOLD_POLL_SECONDS = 0.25
_FIRST_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = 0.05, 5.0


class Executor:
    """Claims approved actions and sends their steps, one action a task."""

    def __init__(
        self,
        store: Store,
        clients: Mapping[str, ApiClient],
        observer: Observer,
        *,
        owner: str,
        key: StateKey,
        judge: Judge,
        tasks: TaskGroup,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._clients = clients
        self._observer = observer
        self._owner = owner
        self._key = key
        self._judge = judge
        self._tasks = tasks
        self._sleep = sleep
        self._now = now
        self._ending = False
        self._running: dict[str, anyio.Event] = {}
        self._stuck: dict[str, EgoiMcpError] = {}
        self._replies: dict[str, JsonValue | Content] = {}

    @property
    def busy(self) -> bool:
        """Whether any action is under way in this process."""
        return bool(self._running)

    def ended(self, action_id: str) -> anyio.Event | None:
        """The event that this process sets when the action ends; None where it does not run here."""
        return self._running.get(action_id)

    def stuck(self, action_id: str) -> EgoiMcpError | None:
        """Why this process could not claim an action: its row, or its account, could not be read."""
        return self._stuck.get(action_id)

    def take_reply(self, action_id: str) -> JsonValue | Content:
        """What the vendor answered to an action of one step, once; None where it is not here any more.

        No row holds it, as it may be personal or secret: only the call that waited for it gets it.
        """
        return self._replies.pop(action_id, None)

    def start(self, action_id: str, *, claimed: bool = False, read: Action | None = None) -> None:
        """Run an approved action, or go on with a `claimed` one, in the background; once at a time.

        `read` is the approved action where the caller has it, and what its row says by then the claim
        sees; or one that the caller claimed itself, as it was proposed.
        """
        if action_id not in self._running:
            self._stuck.pop(action_id, None)
            self._running[action_id] = anyio.Event()
            self._tasks.start_soon(self._run, action_id, claimed, read)

    async def idle(self) -> None:
        """Wait until nothing runs; what is only held is let go of, approved as it is."""
        self._ending = True
        while self._running:
            await next(iter(self._running.values())).wait()

    async def _run(self, action_id: str, claimed: bool, read: Action | None) -> None:
        try:
            if claimed:
                action = read or await self._taken_over(action_id)
            else:
                action = await self._claim(action_id, read)
            if action is not None:
                await self._send_all(action)
        except NotAllowed as refusal:
            _logger.warning("%s was not run: %s", action_id, refusal)
        except (StateUnavailable, ApiError, BudgetExhausted) as error:
            _logger.error("%s was not run: %s", action_id, error)
            self._stuck[action_id] = error
        finally:
            self._running.pop(action_id).set()

    async def _claim(self, action_id: str, read: Action | None) -> Action | None:
        action = read or await self._store.get(action_id)
        if action is None or action.state is not State.APPROVED:
            return None
        # First of all: nothing that a changed row says is waited for, looked up or judged.
        if (note := not_as_proposed(self._key, action)) is not None:
            await self._void(action, note)
            return None
        if action.held_until is not None:
            action = await self._held(action)
        if action is None or action.state is not State.APPROVED:
            return None
        if (reason := await self._changed(action)) is not None:
            await self._void(action, f"{reason} Nothing was sent. Propose it again.")
            return None
        return await self._store.claim(action_id, owner=self._owner, caps=self._judge.caps(action))

    async def _void(self, action: Action, note: str) -> None:
        void = Decision(state=State.VOID, channel=Channel.POLICY, by="policy", note=note)
        await self._store.decide(action.id, void)

    async def _held(self, action: Action) -> Action | None:
        """The action once it is held no more, which a person may bring about by revoking it."""
        current: Action | None = action
        while current is not None and current.held_until is not None and current.held_until > self._now():
            if self._ending:
                return None
            await self._sleep(_HOLD_POLL_SECONDS)
            try:
                current = await self._store.get(action.id)
            except StateUnavailable as error:
                # It is only waited for: whether the state can be used is for the claim to find out.
                _logger.error("a held action could not be read: %s", error)
        return current

    async def _taken_over(self, action_id: str) -> Action | None:
        """An action that another server had claimed, where what is left of it may still be sent.

        It may where all is as it was approved, and the approval is not too old by now; else the rest
        ends as not sent.
        """
        action = await self._store.get(action_id)
        if action is None or action.state is not State.EXECUTING:
            return None
        late = self._now() > action.expires_at
        reason = "Its approval is too old by now." if late else await self._changed(action)
        if reason is None:
            return action
        for step in action.steps:
            if step.state is StepState.PENDING:
                receipt = Receipt(state=StepState.FAILED, note=f"not sent: {reason}")
                await self._record(action_id, step.number, _truthful(step, receipt))
        return None

    def can_send_now(self, connection: str) -> bool:
        """Whether the vendor's limit leaves a call on this connection right now."""
        try:
            return self._clients[connection].budget.snapshot().available_now > 0
        except (KeyError, StateUnavailable):
            return False

    async def unchanged(self, draft: Draft) -> bool:
        """Whether all is still as the draft says, so that it can be claimed as it is proposed.

        False also where that cannot be seen now: what follows then is the longer way, which says why.
        """
        try:
            return await self._moved(draft) is None
        except (StateUnavailable, ApiError, BudgetExhausted):
            return False

    async def _changed(self, action: Action) -> str | None:
        """What is no longer as it was when the action was proposed.

        Raises:
            ApiError: the account could not be read this time; that says nothing about it.
        """
        return await self._judge.forbids(action) or await self._moved(action)

    async def _moved(self, action: Action | Draft) -> str | None:
        """What of the account, and of all that the action rests on, is not as it was."""
        client = self._clients.get(action.connection)
        if client is None:
            return f"The connection {action.connection} is not configured any more."
        try:
            # What reaches people or cannot be taken back goes by the account as it is now.
            account = await client.account_id(again=action.risk > Risk.WRITE)
        except AuthenticationFailed as error:
            return f"The account could not be checked ({error})"
        if account != action.account:
            return f"The connection {action.connection} now leads to another account."
        changed = await self._observer.changed(action)
        return None if changed is None else f"Since it was shown, something has changed: {changed}."

    async def _send_all(self, action: Action) -> None:
        try:
            waiting = [step for step in action.steps if step.state is StepState.PENDING]
            for step in waiting:
                receipt = _truthful(step, await self._send(action, step))
                # With the last one the action ends too.
                await self._record(action.id, step.number, receipt)
                await self._keep_stamp(action, receipt)
            if not waiting:
                await self._insist(lambda: self._store.finish(action.id))
        except BaseException:
            # Cut short, by a shutdown whose grace is over: leave a row that says what is known.
            with anyio.CancelScope(shield=True):
                await self._store.abandon(action.id)
            raise

    async def _keep_stamp(self, action: Action, receipt: Receipt) -> None:
        """Note the vendor's stamp of a campaign right after it was written, so that later edits show."""
        if action.content is None or receipt.state is not StepState.SUCCEEDED or not receipt.ids:
            return
        campaign = receipt.ids[0]
        try:
            found = await look(self._clients[action.connection], "campaign", campaign)
            await self._store.keep_stamp(
                action.connection, action.account, campaign, found.seen.get("updated", "")
            )
        except EgoiMcpError as error:
            _logger.warning("%s: its stamp could not be kept: %s", action.id, error)

    async def _send(self, action: Action, step: Step) -> Receipt:
        """Send one step through the door and say how it ended; every error is an ending."""
        try:
            frozen = await self._store.whole(action.id, step) if step.whole else step.frozen
            reply = await self._clients[action.connection].execute(frozen, action.id)
        except OutcomeUnknown as error:
            return Receipt(state=StepState.UNKNOWN, note=str(error), status=error.status)
        except SentBefore as error:
            _logger.error("%s step %d did not pass the door again: %s", action.id, step.number, error)
            return Receipt(state=StepState.UNKNOWN, note=str(error))
        except ActionRequired as error:
            _logger.error("%s step %d did not pass the door: %s", action.id, step.number, error)
            return Receipt(state=StepState.FAILED, note=str(error))
        except EgoiMcpError as error:
            return Receipt(state=StepState.FAILED, note=str(error), status=_status(error))
        if len(action.steps) == 1:
            self._keep_reply(action.id, reply.data if reply.content is None else reply.content)
        return replace(receipt_of(step.frozen.api, step.operation, reply.data), status=reply.status)

    def _keep_reply(self, action_id: str, reply: JsonValue | Content) -> None:
        self._replies[action_id] = reply
        while len(self._replies) > _MOST_REPLIES:
            del self._replies[next(iter(self._replies))]

    async def _record(self, action_id: str, number: int, receipt: Receipt) -> None:
        await self._insist(
            lambda: self._store.finish_step(
                action_id,
                number,
                receipt.state,
                # The vendor's words reach the row as text that any store takes.
                ids=[clean(each, _MOST_CHARACTERS) for each in receipt.ids],
                note=clean(receipt.note, _MOST_CHARACTERS),
                status=receipt.status,
            )
        )

    async def _insist(self, write: Callable[[], Awaitable[object]]) -> None:
        """Write what has happened, for as long as it takes: the deed is done, and its row must say so.

        While the state cannot be written nothing else can be sent either, so this holds up no one. If
        the process ends first, the step is found claimed without an outcome and told as unknown. A row
        that was damaged meanwhile will not be written better later.
        """
        seconds = _FIRST_RETRY_SECONDS
        while True:
            try:
                await write()
            except RowDamaged:
                raise
            except StateUnavailable as error:
                _logger.error("an outcome could not be written yet: %s", error)
                await self._sleep(seconds)
                seconds = min(seconds * 2, _LONGEST_RETRY_SECONDS)
            else:
                return


def _truthful(step: Step, receipt: Receipt) -> Receipt:
    """How a step ended; one that a dead server may have sent before has not failed for certain."""
    if receipt.state is not StepState.FAILED or step.claimed_at is None:
        return receipt
    note = f"a server that ended may have sent it; now {receipt.note}"
    return replace(receipt, state=StepState.UNKNOWN, note=note)


def _status(error: EgoiMcpError) -> int | None:
    return error.status if isinstance(error, ApiError) else None
