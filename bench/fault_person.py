"""The person whom the servers ask, at the form and at the terminal, and the book of what they approved."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bench.fault_plan import Job
from bench.fault_wire import action_of
from egoi_mcp.cli.ledger import Ledger, open_ledger
from egoi_mcp.errors import NotAllowed, StateUnavailable
from egoi_mcp.guard.action import Action, Channel, State
from egoi_mcp.settings import Settings
from egoi_mcp.store.protocol import Decision

Form = dict[str, Any]
DECLINE: Form = {"action": "decline"}
CLOSE: Form = {"action": "cancel"}
_MARKER = re.compile(r"\bF\d{5}\b")
_COUNT = re.compile(r"^Recipients: (\d+)", re.MULTILINE)
_TRIES, _READS, _PAUSE_SECONDS = 4, 20, 0.25
_MANY = 1_000_000


class Book:
    """Which actions the person meant to approve, written down before the approval leaves their hands.

    A person approves one action a job: the same one as often as it is asked for, and no second one.
    """

    def __init__(self) -> None:
        self.approved: dict[str, str] = {}
        self.created: set[str] = set()
        """Actions that only make a draft, where policy had somebody asked."""
        self.trail: defaultdict[str, list[str]] = defaultdict(list)
        """What was said of each job, for whoever has to find out what went wrong."""

    def approves(self, job: Job, action_id: str) -> bool:
        """Whether the person approves this action; if so, it stands in the book from now on."""
        return self.approved.setdefault(job.marker, action_id) == action_id


class Person:
    """Answers forms and decides at the terminal, as each job's choice has it."""

    def __init__(self, jobs: Mapping[str, Job], settings: Settings, book: Book) -> None:
        self.jobs = jobs
        self._settings = settings
        self.book = book
        self.not_now: set[str] = set()
        """Markers of jobs whose form is closed unanswered, whatever the person wants in the end."""
        self._at_the_terminal: dict[str, asyncio.Task[None]] = {}

    async def answers(self, question: str, wants_count: bool) -> list[Form]:
        """What an older client writes back: nothing, one answer, or the same several times."""
        answer = await self.answer(question, wants_count)
        job = self._job(question)
        many = job is not None and job.replay == "many_answers"
        return [] if answer is None else [answer] * (job.copies if many and job is not None else 1)

    async def answer(self, question: str, wants_count: bool) -> Form | None:
        """The filled form; None where it is left open."""
        action_id, job = action_of(question), self._job(question)
        if job is None:
            return DECLINE
        if question.startswith("Create "):
            self.book.created.add(action_id)
            return _accepted(question, wants_count)
        self.book.trail[job.marker].append(f"asked {action_id}")
        if job.marker in self.not_now:
            return CLOSE
        await asyncio.sleep(job.think_seconds)
        match job.choice:
            case "approve":
                return _accepted(question, wants_count) if self.book.approves(job, action_id) else DECLINE
            case "decline":
                return DECLINE
            case "quarrel":
                self._go_to_the_terminal(job, action_id)
                return _accepted(question, wants_count) if self.book.approves(job, action_id) else DECLINE
            case "ignore":
                return None if job.silent else CLOSE
            case _:
                self._go_to_the_terminal(job, action_id)
                return None if job.silent else CLOSE

    async def decide_elsewhere(self, job: Job, action_id: str) -> None:
        """Decide at the terminal, where that is this person's choice; nothing where it is not.

        Without an id, the proposal is looked for as `egoi-mcp actions list` shows it.
        """
        if job.choice in {"approve", "decline", "ignore"}:
            return
        if not action_id:
            action_id = await self._proposal_of(job)
        if action_id:
            self._go_to_the_terminal(job, action_id)
            await self._at_the_terminal[f"{job.marker} {action_id}"]

    async def decide_again(self, job: Job, action_id: str) -> bool:
        """Decide of an action that has ended, both ways; whether either was taken."""
        self.book.approves(job, action_id)
        approved = await self.decide(job, action_id, State.APPROVED)
        return await self.decide(job, action_id, State.DECLINED) or approved

    async def decide(self, job: Job, action_id: str, state: State) -> bool:
        """Decide through the ledger, as `egoi-mcp actions` does; whether that was taken.

        Where the state is busy it is tried again.
        """
        decision = Decision(state=state, channel=Channel.TERMINAL, by="bench")
        said = "the state could not be used"
        for _ in range(_TRIES):
            try:
                async with self.ledger() as ledger:
                    await ledger.store.decide(action_id, decision)
                said = "done"
                break
            except NotAllowed as refusal:
                said = str(refusal)
                break
            except StateUnavailable:
                await asyncio.sleep(_PAUSE_SECONDS)
        self.book.trail[job.marker].append(f"terminal {state.value} {action_id}: {said}")
        return said == "done"

    async def rows(self, *states: State) -> list[Action]:
        """The rows of these states, all where none is named.

        Raises:
            StateUnavailable: the state stayed busy.
        """
        for left in reversed(range(_READS)):
            try:
                async with self.ledger() as ledger:
                    return await ledger.store.newest(limit=_MANY, states=states)
            except StateUnavailable:
                if not left:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError("the last try returns or raises")

    @asynccontextmanager
    async def ledger(self) -> AsyncGenerator[Ledger]:
        """The actions, opened and closed as the command line does."""
        async with open_ledger(self._settings) as ledger:
            yield ledger

    async def _proposal_of(self, job: Job) -> str:
        for action in await self.rows(State.PROPOSED):
            if marker_of(action) == job.marker:
                return action.id
        return ""

    def _go_to_the_terminal(self, job: Job, action_id: str) -> None:
        key = f"{job.marker} {action_id}"
        if key not in self._at_the_terminal:
            self._at_the_terminal[key] = asyncio.create_task(self._at_terminal(job, action_id))

    async def _at_terminal(self, job: Job, action_id: str) -> None:
        await asyncio.sleep(job.think_seconds)
        approving = job.choice in {"approve_terminal", "revoke"} and self.book.approves(job, action_id)
        await self.decide(job, action_id, State.APPROVED if approving else State.DECLINED)
        if job.choice == "revoke":
            await self.decide(job, action_id, State.REVOKED)

    def _job(self, question: str) -> Job | None:
        found = _MARKER.search(question)
        return self.jobs.get(found[0]) if found else None


def marker_of(action: Action) -> str:
    """Whose row it is."""
    found = _MARKER.search(f"{action.preview.message} {action.preview.title}")
    return found[0] if found else ""


def _accepted(question: str, wants_count: bool) -> Form:
    content: dict[str, str | int] = {"decision": "approve"}
    if wants_count and (shown := _COUNT.search(question)):
        content["recipients"] = int(shown[1])
    return {"action": "accept", "content": content}
