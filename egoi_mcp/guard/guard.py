"""The guard: from a plan to an outcome, with a person between the two where policy wants one."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

import anyio
from anyio.abc import TaskGroup
from mcp_types import ElicitRequestFormParams, InputRequiredResult

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput, NotAllowed, StateUnavailable
from egoi_mcp.guard import asking
from egoi_mcp.guard.action import OPEN, Action, Channel, Draft, Plan, State
from egoi_mcp.guard.asking import Ctx
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.guard.drafting import Drafter, outdated
from egoi_mcp.guard.executor import Executor
from egoi_mcp.guard.facts import Ruling
from egoi_mcp.guard.judging import Judge
from egoi_mcp.guard.observing import Observer
from egoi_mcp.guard.outcomes import outcome_of
from egoi_mcp.guard.owners import Owner
from egoi_mcp.guard.progress import Progress
from egoi_mcp.guard.reconcile import Reconciler
from egoi_mcp.guard.remembered import Rules
from egoi_mcp.guard.undoing import Undoer
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.settings import Settings
from egoi_mcp.store.protocol import Claim, Decision, Proposed, Store

_logger = logging.getLogger(__name__)
_ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_UNDER_WAY = frozenset({State.APPROVED, State.EXECUTING})
_POLL_SECONDS = 0.1
_WATCH_SECONDS = 0.25
_MARGIN_SECONDS = 2.0
_MOST_HELD = 1000


class Guard:
    """Carries out plans, each exactly once, and only those that policy or a person approves."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clients: Mapping[str, ApiClient],
        *,
        key: StateKey,
        owner: Owner,
        tasks: TaskGroup,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._policy = settings.policy
        self._store = store
        self._clients = clients
        self._key = key
        self._owner = owner
        self._sleep = sleep
        self._now = now
        self._undoer = Undoer(self, store, clients, key=key, zone=settings.account_timezone)
        observer = Observer(store, clients)
        self._judge = Judge(settings, store, key)
        self._drafter = Drafter(clients, observer, self._judge, key=key, owner=owner)
        zone = ZoneInfo(settings.account_timezone) if settings.account_timezone else None
        self._reconciler = Reconciler(store, clients, now=time.time, zone=zone)
        self.rules = Rules(settings.policy, store, self._judge, zone=zone, now=now)
        """Standing rules that decisions made."""
        self._proposed: set[str] = set()
        self._news = anyio.Event()
        self.show: Callable[[str], Awaitable[bool]] | None = None
        """Brings an action before a person's eyes; whether it did. None where there is no such page."""
        self._on_page: dict[str, bool] = {}
        self.executor = Executor(
            store,
            clients,
            observer,
            owner=owner.id,
            key=key,
            judge=self._judge,
            tasks=tasks,
            sleep=sleep,
            now=now,
        )

    async def carry_out(
        self, ctx: Ctx, plan: Plan, *, preview_only: bool = False, approval: str = "", follows: bool = False
    ) -> Outcome | InputRequiredResult:
        """Do what the plan says, once, after the approval that the policy asks for.

        `approval` is the action id that a second call brings back where the owner chose
        `EGOI_MCP_CONFIRM=chat`. `follows` says that the same call carried out another plan before this one,
        to which any answer belongs that the call brought along. The plan's requests may all be reads of
        nothing: then there is nothing to approve and it is refused as empty.

        Raises:
            InvalidInput: the plan holds no request, or the same one twice.
            ApiError: the account could not be read; nothing was sent.
            StateUnavailable: the row could not be written; nothing was sent.
        """
        draft = await self._drafter.draft(ctx, plan)
        ruling = await self._judge.rule(draft, duplicate=False)
        if preview_only:
            return self._previewed(plan, ruling)
        if ruling.verdict == "deny":
            await self._withdraw(draft, ruling)
            return _denied(ruling)
        try:
            action = await self._row(None if follows else ctx.request_state, draft, ruling)
        except NotAllowed as refusal:
            return Outcome(status="denied", message=str(refusal))
        if action.state is State.PROPOSED and action.duplicate_of is not None:
            ruling = await self._judge.rule(draft, duplicate=True)
        # Who is named in a large one takes megabytes, and from here on only its row counts.
        del draft
        if action.state is State.PROPOSED:
            decided = await self._decide(ctx, action, ruling, approval, follows=follows)
            if not isinstance(decided, Action):
                return decided
            action = decided
        self._carry_on(action)
        if self._held(action):
            return self._tell(action)
        return self._tell(await self._wait(action.id, self._time_left(), until_final=True, ctx=ctx))

    async def undo(
        self, ctx: Ctx, action_id: str, *, preview_only: bool = False, approval: str = ""
    ) -> Outcome | InputRequiredResult:
        """Withdraw an action that has not begun, or take back one that has ended; see `Undoer.undo`."""
        return await self._undoer.undo(ctx, action_id, preview_only=preview_only, approval=approval)

    def page_may_approve(self, connection: str) -> bool:
        """Whether policy lets the approval page decide on a connection's actions."""
        return "page" in self._judge.channels(connection)

    def noticed(self, action: Action) -> None:
        """An action that another part of this process has just decided: an approved one starts at once."""
        self._carry_on(action)

    async def would_allow(self, ctx: Ctx, plan: Plan) -> bool:
        """Whether the policy lets a plan be carried out without a person."""
        draft = await self._drafter.draft(ctx, plan)
        return (await self._judge.rule(draft, duplicate=False)).verdict == "allow"

    async def check(self, action_id: str) -> Outcome:
        """Where an action stands; an approved one whose server is gone is carried on.

        What is unknown is looked for at the vendor, by reading alone.

        Raises:
            InvalidInput: there is no such action.
        """
        await self.recover()
        action = await self._store.get(action_id)
        if action is None:
            raise InvalidInput(
                f"There is no action {action_id[:20]!r}. Nothing was changed. Ids come from guarded "
                "tools such as send_sms, and look like act_k3v9x2mq."
            )
        if action.state is State.APPROVED:
            self._carry_on(action)
            action = await self._wait(action_id, self._time_left(), until_final=True)
        elif self._left_lying(action):
            self.executor.start(action_id, claimed=True)
            action = await self._wait(action_id, self._time_left(), until_final=True)
        if action.state is State.UNKNOWN:
            action = await self._reconciler.settle(action)
        return self._tell(action)

    def _left_lying(self, action: Action) -> bool:
        """Whether this process took the action over and could not go on with it then."""
        ours = action.state is State.EXECUTING and action.owner == self._owner.id
        return ours and self.executor.ended(action.id) is None

    async def recover(self) -> None:
        """Tell the truth about what dead servers left under way, and go on with what is approved."""
        left = await self._store.recover(
            owner=self._owner.id, alive=self._owner.alive, connections=tuple(self._clients)
        )
        for action_id in left:
            self.executor.start(action_id, claimed=True)
        for action in await self._store.newest(states=[State.APPROVED], limit=_MOST_HELD):
            # Held after its approval, and nobody is left to carry it out when that is over.
            if (
                action.terms.hold_seconds
                and action.connection in self._clients
                and not self._owner.alive(action.proposer)
            ):
                self.executor.start(action.id)

    async def watch(self) -> None:
        """Run this process's proposals as soon as they are approved, wherever that happens; endless."""
        unread: set[str] = set()
        while True:
            if not self._proposed:
                self._news = anyio.Event()
                await self._news.wait()
            for action_id in tuple(self._proposed):
                try:
                    action = await self._store.get(action_id)
                except StateUnavailable as error:
                    # Said once each: what is wrong with one of them keeps none of the others waiting.
                    if action_id not in unread:
                        _logger.error("%s cannot be watched: %s", action_id, error)
                        unread.add(action_id)
                    continue
                unread.discard(action_id)
                if action is not None and action.state is State.APPROVED:
                    self.executor.start(action_id)
                if action is None or action.state is not State.PROPOSED:
                    self._proposed.discard(action_id)
                    self._on_page.pop(action_id, None)
            await self._sleep(_WATCH_SECONDS)

    def _previewed(self, plan: Plan, ruling: Ruling) -> Outcome:
        said = {
            "allow": "It would be done without asking.",
            "confirm": f"A person would be asked first. {ruling.reason}",
            "deny": f"It would be refused. {ruling.reason}",
        }[ruling.verdict]
        return Outcome(
            status="preview",
            message=f"Only a preview; nothing was sent. {said}",
            preview=plan.preview.for_model(self._settings.pii),
        )

    async def _row(self, answered: str | None, draft: Draft, ruling: Ruling) -> Action:
        """The action of this draft: the one the client was asked about, the open one, or a new one."""
        if answered is not None:
            asked = await self._store.get(answered)
            if asked is None:
                raise NotAllowed(
                    "The question that was answered is not known here. Nothing was sent. Call again."
                )
            if asked.digest != draft.digest:
                raise NotAllowed(await self._no_longer_that(asked))
            return asked
        # What nobody has to be asked about is approved as it is written.
        allowed = ruling.verdict == "allow"
        by_policy = (
            Decision(state=State.APPROVED, channel=Channel.POLICY, by=ruling.rule) if allowed else None
        )
        claim: Claim | None = None
        if allowed and not draft.terms.hold_seconds and await self.executor.unchanged(draft):
            # Nobody has to be asked and all was looked at this moment: one transaction does it all.
            claim = Claim(
                owner=self._owner.id,
                caps=self._judge.caps_by_rule(draft.connection, ruling.rule),
                # A step that is claimed must not be left waiting for a call of the vendor's limit.
                first=self.executor.can_send_now(draft.connection),
            )
        # What is claimed is carried out, even if the call is cancelled right after it.
        written: list[Proposed] = []
        with anyio.CancelScope(shield=True):
            written.append(await self._store.propose(draft, approve=by_policy, claim=claim))
            if written[0].claimed:
                self.executor.start(written[0].action.id, claimed=True, read=written[0].action)
        proposed = written[0]
        if not proposed.created and (change := outdated(proposed.action, draft)) is not None:
            await self._void(proposed.action, f"since it was shown, something has changed: {change}")
            proposed = await self._store.propose(draft, approve=by_policy)
        if proposed.action.state is State.PROPOSED:
            self._proposed.add(proposed.action.id)
            self._news.set()
        return proposed.action

    async def _no_longer_that(self, asked: Action) -> str:
        """Void the proposal that a person was asked about, if it still is one; what is to be said of it."""
        if asked.state is not State.PROPOSED:
            return (
                "What this call would do is no longer what the person was asked about in action "
                f"{asked.id}, which is {asked.state.value}. No more was done. Ask check_action about that "
                "one, or call again to ask anew."
            )
        return await self._void(asked, "what would be sent is no longer what the person was shown")

    async def _withdraw(self, draft: Draft, ruling: Ruling) -> None:
        """Void the open proposal of the same requests: what is denied now must not be approved later."""
        earlier = await self._store.open_action(draft.digest)
        if earlier is not None and earlier.state is not State.EXECUTING:
            await self._void(earlier, ruling.reason.rstrip("."))

    async def _void(self, action: Action, reason: str) -> str:
        """Void an action that has not begun; what is to be said of it."""
        note = f"Action {action.id} is void: {reason}. Nothing was sent. Call again to ask anew."
        void = Decision(state=State.VOID, channel=Channel.POLICY, by="policy", note=note)
        try:
            await self._store.decide(action.id, void)
        except NotAllowed:
            # Begun or ended in the same moment: its row says how, and is what the caller reads next.
            _logger.info("%s was decided before it could be voided", action.id)
        return note

    async def _decide(
        self, ctx: Ctx, action: Action, ruling: Ruling, approval: str, *, follows: bool
    ) -> Action | Outcome | InputRequiredResult:
        """Have the proposal decided; the action once it is approved, else what is to be said."""
        if ruling.verdict == "deny":
            return _denied(ruling)
        # Where a person was asked, their answer counts, even if by now nobody would have to be.
        if ruling.verdict == "allow" and (follows or ctx.request_state is None):
            return await self._approve(action, Channel.POLICY, by=ruling.rule)
        # Where it takes several people, each proves who they are, and not here.
        alone = action.terms.approvals == 1
        channels = self._judge.channels(action.connection) if alone else frozenset[str]()
        if "chat" in channels and action.duplicate_of is None and not asking.over_http(ctx):
            if approval == action.id:
                return await self._approve(action, Channel.CHAT, by=asking.client_name(ctx))
            return self._tell(action, chat=True)
        if "elicitation" in channels and asking.can_ask(ctx):
            return await self._ask(ctx, action, follows=follows)
        return await self._on_the_page(ctx, action)

    async def _on_the_page(self, ctx: Ctx, action: Action) -> Action | Outcome:
        """Have it decided on the approval page, where there is one, or wherever else a person decides."""
        shown = await self._show(ctx, action)
        patience = min(self._settings.approval_wait(shown=shown), self._time_left())
        action = await self._wait(action.id, patience, ctx=ctx, shown=shown)
        return action if action.state in _UNDER_WAY else self._tell(action)

    async def _show(self, ctx: Ctx, action: Action) -> bool:
        """Whether the question is on a person's screen by now, on the approval page."""
        if self.show is None or asking.over_http(ctx) or not self.page_may_approve(action.connection):
            return False
        self._on_page[action.id] = await self.show(action.id)
        return self._on_page[action.id]

    async def _ask(
        self, ctx: Ctx, action: Action, *, follows: bool
    ) -> Action | Outcome | InputRequiredResult:
        above = self._policy.type_count_above
        params = asking.question(action, type_count_above=above)
        if asking.is_modern(ctx):
            if follows or ctx.request_state is None:
                return asking.as_input_required(action, params)
            answer = asking.returned_answer(ctx, action, type_count_above=above)
        else:
            answer = await self._ask_and_watch(ctx, action, params)
        if answer == "approve":
            return await self._approve(action, Channel.ELICITATION, by=asking.client_name(ctx))
        if answer == "decline":
            await self._try_to_decide(action, State.DECLINED, Channel.ELICITATION, by=asking.client_name(ctx))
        action = await self._fresh(action.id)
        if action.state is not State.PROPOSED:
            return action if action.state in _UNDER_WAY else self._tell(action)
        if answer == "impossible":
            return await self._on_the_page(ctx, action)
        outcome = self._tell(action)
        if answer == "wrong_count":
            lead = "The number typed is not the number of recipients, so it was not approved. "
            return outcome.model_copy(update={"message": lead + outcome.message})
        return outcome

    async def _ask_and_watch(
        self, ctx: Ctx, action: Action, params: ElicitRequestFormParams
    ) -> asking.Answer:
        """Ask through the client, until it answers, the time is up, or another channel decides."""
        answers: list[asking.Answer] = []
        async with anyio.create_task_group() as tasks:

            async def put_the_question() -> None:
                answers.append(
                    await asking.ask(ctx, action, params, type_count_above=self._policy.type_count_above)
                )
                tasks.cancel_scope.cancel()

            tasks.start_soon(put_the_question)
            await self._wait(action.id, min(self._settings.approval_wait(shown=True), self._time_left()))
            tasks.cancel_scope.cancel()
        return answers[0] if answers else "none"

    async def _approve(self, action: Action, channel: Channel, *, by: str) -> Action | Outcome:
        """Approve; an action that somebody else decided meanwhile is told as it is."""
        action = await self._try_to_decide(action, State.APPROVED, channel, by=by)
        return action if action.state in _UNDER_WAY else self._tell(action)

    async def _try_to_decide(self, action: Action, state: State, channel: Channel, *, by: str) -> Action:
        async with AsyncExitStack() as stack:
            # An answer that was given counts even if the call is cancelled right after it.
            stack.enter_context(anyio.CancelScope(shield=True))
            try:
                return await self._store.decide(action.id, Decision(state=state, channel=channel, by=by))
            except NotAllowed:
                # Decided elsewhere in the same moment: the row says how.
                _logger.info("%s could not be %s any more", action.id, state.value)
        return await self._fresh(action.id)

    def _carry_on(self, action: Action) -> None:
        """Run an approved action here if its proposer is this process, or gone."""
        if action.state is State.APPROVED and (
            action.proposer == self._owner.id or not self._owner.alive(action.proposer)
        ):
            self.executor.start(action.id, read=action)

    async def _wait(
        self,
        action_id: str,
        seconds: float,
        *,
        until_final: bool = False,
        ctx: Ctx | None = None,
        shown: bool = False,
    ) -> Action:
        """Poll the row until it is decided (or final), at most so long; the last state seen.

        Through `ctx` it is told, of several requests, how many have ended; and of a question that is
        `shown` to a person, that it waits for them.
        """
        progress = Progress(ctx, shown=shown)
        waiting = OPEN if until_final else frozenset({State.PROPOSED})
        give_up = anyio.current_time() + seconds
        if until_final:
            await self._ended(action_id, seconds)
        action = await self._fresh(action_id)
        # What is held goes out later than anybody waits for, and can be withdrawn meanwhile.
        while (
            action.state in waiting
            and not self._held(action)
            and (left := give_up - anyio.current_time()) > 0
        ):
            if (error := self.executor.stuck(action_id)) is not None:
                if action.state is State.APPROVED:
                    raise error
                return action
            await progress.tell(action)
            if not await self._ended(action_id, left):
                await anyio.sleep(min(left, _POLL_SECONDS))
            action = await self._fresh(action_id)
        await progress.tell(action)
        return action

    async def _ended(self, action_id: str, seconds: float) -> bool:
        """Wait a poll's time for what runs in this process to end; False where it does not run here."""
        ended = self.executor.ended(action_id)
        if ended is None:
            return False
        with anyio.move_on_after(min(seconds, _POLL_SECONDS)):
            await ended.wait()
        return True

    async def _fresh(self, action_id: str) -> Action:
        action = await self._store.get(action_id)
        if action is None:
            raise NotAllowed(f"Action {action_id} is gone from the state directory. Nothing was sent.")
        return action

    def _time_left(self) -> float:
        """Seconds until this call must answer, with room to say so."""
        deadline = anyio.current_effective_deadline() - anyio.current_time() - _MARGIN_SECONDS
        return max(0.0, min(deadline, self._settings.timeouts.call_seconds))

    def _held(self, action: Action) -> bool:
        return action.held_until is not None and action.held_until > self._now()

    def tell(self, action: Action) -> Outcome:
        """The action as it stands, and what undoes it."""
        return self._tell(action)

    def _tell(self, action: Action, *, chat: bool = False) -> Outcome:
        shown = self._on_page.get(action.id)
        return outcome_of(action, pii=self._settings.pii, chat=chat, shown=shown, now=self._now())


def _denied(ruling: Ruling) -> Outcome:
    return Outcome(status="denied", message=f"{ruling.reason} Nothing was sent. (Rule: {ruling.rule})")
