"""How a client gets one job done, with all the ways in which clients do it badly."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.fault_clock import MovableClock
from bench.fault_fleet import Fleet
from bench.fault_person import Book, Person
from bench.fault_plan import Job, phones
from bench.fault_vendor import CAMPAIGN_LIST, TAGGED_LIST
from bench.fault_wire import Gone, Pending, Server, Told

ENDED = frozenset(
    {"succeeded", "partial", "failed", "unknown", "denied", "declined", "expired", "revoked", "void"}
)
WAITING = frozenset({"needs_approval", "duplicate", "question"})
_TRIES = 3
_FOLLOW_SECONDS, _LOOK_SECONDS = 10.0, 0.1
_GONE = Told(status="gone")


@dataclass(slots=True, kw_only=True)
class World:
    """What all jobs share. `contacts` are of the list of tags, `team` of the list of campaigns."""

    fleet: Fleet
    person: Person
    book: Book
    clock: MovableClock
    contacts: Sequence[str]
    team: Sequence[str]
    driven: set[str] = field(default_factory=set[str])
    """Markers of the jobs of which a call that sends has left."""
    did: Counter[str] = field(default_factory=Counter[str])
    """What clients did beside the plain call, as often as it really came to it."""
    reversed: list[str] = field(default_factory=list[str])
    """Actions that had ended and could be decided once more."""
    unwarned: list[str] = field(default_factory=list[str])
    """Sends proposed once more without a word about the first."""


class Conversation:
    """One client's way with one job."""

    def __init__(self, world: World, job: Job) -> None:
        self._world = world
        self._job = job
        self._tool, self._arguments = "", dict[str, object]()
        self._cancelled = job.replay != "cancel"

    async def run(self) -> None:
        """See the job through, or give up and leave it to recovery."""
        job, world = self._job, self._world
        await self.prepare()
        offset = world.clock.offset
        if job.replay == "both_servers":
            first = _best(await asyncio.gather(self.ask(0), self.ask(1)))
            world.did["the same call to both servers"] += 1
        else:
            first = await self.ask(job.slot)
        told = await self.follow(first)
        if job.replay == "again":
            world.did["the whole call again"] += 1
            self._judge_repetition(told, await self.ask(1 - job.slot), offset)
        undecided = job.replay != "decided_again" and job.choice not in {
            "decline",
            "decline_terminal",
            "revoke",
        }
        if not undecided and told.action_id and told.status in ENDED:
            world.did["decided again"] += 1
            if await world.person.decide_again(job, told.action_id):
                world.reversed.append(f"{job.marker} {told.action_id} was {told.status}")

    async def prepare(self) -> None:
        """Make what has to be there before the send: a campaign's draft."""
        if self._job.kind == "campaign" and (campaign := await self._campaign()):
            self._tool, self._arguments = "send_campaign", self._campaign_arguments(campaign)
        else:
            self._tool, self._arguments = self._plain_call()

    async def ask(self, slot: int) -> Told:
        """Make the call on a server and answer what it asks; a `gone` one has told nothing."""
        server = await self._world.fleet.up(slot)
        self._world.driven.add(self._job.marker)
        try:
            told = await self._call(server)
        except Gone:
            told = _GONE
        self._note(f"slot {slot} {server.era}: {told.status} {told.action_id} {told.text[:160]!r}")
        return told

    def _judge_repetition(self, first: Told, again: Told, offset: float) -> None:
        """The same send once more must be told as such, unless the clock says that the first was long ago."""
        done = first.status in {"succeeded", "unknown"} and self._job.is_send
        another = again.action_id not in {"", first.action_id}
        if done and another and not again.duplicate_of and self._world.clock.offset == offset:
            self._world.unwarned.append(f"{self._job.marker} {again.action_id} after {first.action_id}")

    async def propose(self, slot: int) -> Told:
        """Make the call and close the form unanswered."""
        not_now = self._world.person.not_now
        not_now.add(self._job.marker)
        try:
            return await self.ask(slot)
        finally:
            not_now.remove(self._job.marker)

    async def follow(self, told: Told) -> Told:
        """Do what a patient client does after a call: ask check_action, or call again where it cannot."""
        job, person = self._job, self._world.person
        tries, slot = _TRIES, job.slot
        loop = asyncio.get_running_loop()
        give_up = loop.time() + _FOLLOW_SECONDS
        while told.status not in ENDED and loop.time() < give_up:
            if not told.action_id or told.status in WAITING:
                if told.action_id and job.choice == "ignore":
                    return told
                await person.decide_elsewhere(job, told.action_id)
            if told.action_id and (told.status not in WAITING or job.choice != "approve"):
                told = await self._check(slot, told)
                slot = 1 - slot
            elif tries:
                tries -= 1
                slot = 1 - slot
                told = await self.ask(slot)
            else:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        return told

    async def _call(self, server: Server) -> Told:
        job, did = self._job, self._world.did
        pending = server.begin(self._tool, self._arguments)
        if job.replay == "same_line":
            did["the same line again"] += 1
            server.say_again(pending)
        if not self._cancelled:
            self._cancelled = True
            asyncio.get_running_loop().call_later(job.cancel_seconds, server.cancel, pending)
        told = await server.end_of(pending)
        if told.status == "cancelled":
            did["cancelled call"] += 1
        return await self._answer(server, told) if told.status == "question" else told

    async def _answer(self, server: Server, asked: Told) -> Told:
        """The last leg of a call of the newer protocol, once or several times."""
        job = self._job
        answer = await self._world.person.answer(asked.text, asked.wants_count)
        if answer is None:
            return replace(asked, status="needs_approval")
        servers = [server]
        if job.replay == "many_answers":
            other = self._world.fleet.running(1 - server.slot)
            both = [server, other] if other is not None and other.era == "modern" else [server]
            servers = [each for each in both for _ in range(job.copies)]
            self._world.did["the last leg several times" + (", to both" if len(both) == 2 else "")] += 1
        legs = [
            (each, each.begin(self._tool, self._arguments, answer=answer, request_state=asked.request_state))
            for each in servers
        ]
        told = _best(await asyncio.gather(*(_end_or_gone(each, leg) for each, leg in legs)))
        return told if told.action_id else replace(asked, status=told.status, text=told.text)

    async def _check(self, slot: int, told: Told) -> Told:
        server = await self._world.fleet.up(slot)
        try:
            found = await server.call("check_action", {"action_id": told.action_id})
        except Gone:
            return told
        self._note(f"slot {slot} check: {found.status} {found.text[:120]!r}")
        return found if found.action_id else told

    async def _campaign(self) -> str:
        """The hash of a new draft; a title a try, since the reply may be lost and the draft be there."""
        job = self._job
        for number in range(_TRIES * 2):
            server = await self._world.fleet.up((job.slot + number) % 2)
            arguments = {
                "channel": "sms",
                "list_id": CAMPAIGN_LIST,
                "title": f"{job.marker} try {number}",
                "sender": "ACME",
                "text": job.text,
            }
            try:
                told = await server.call("create_campaign", arguments)
                if told.status == "question":
                    answer = await self._world.person.answer(told.text, told.wants_count)
                    leg = server.begin(
                        "create_campaign", arguments, answer=answer, request_state=told.request_state
                    )
                    told = await server.end_of(leg)
            except Gone:
                continue
            self._note(f"draft: {told.status} {told.action_id} {told.text[:120]!r}")
            if told.status == "succeeded" and told.ids:
                return told.ids[0]
        return ""

    def _campaign_arguments(self, campaign: str) -> dict[str, object]:
        job = self._job
        more: Mapping[str, Mapping[str, object]] = {
            "contact": {"contact": self._world.team[job.recipients[0] % len(self._world.team)]},
            "segments": {"segment_ids": ["saved_31"]},
        }
        chosen = more.get(job.audience, {})
        return {"campaign": campaign, "audience": job.audience, "when": "now", **chosen}

    def _plain_call(self) -> tuple[str, dict[str, object]]:
        job = self._job
        if job.kind == "tag":
            chosen = [self._world.contacts[place] for place in job.recipients]
            whom = {"list_id": TAGGED_LIST, "contact_ids": chosen}
            return "tag_contacts", {"do": "attach", "tag": job.marker, **whom}
        return "send_sms", {
            "to": list(phones(job)),
            "text": job.text,
            "sender": "ACME",
            "purpose": "transactional",
            "provider": "txtsync" if job.kind.startswith("txtsync") else "egoi",
        }

    def _note(self, said: str) -> None:
        self._world.book.trail[self._job.marker].append(said)


async def _end_or_gone(server: Server, leg: Pending) -> Told:
    try:
        return await server.end_of(leg)
    except Gone:
        return _GONE


def _best(told: Sequence[Told]) -> Told:
    """Of several replies to the same, the one that says most."""
    ranked = sorted(told, key=lambda each: (each.status in ENDED, bool(each.action_id)))
    return ranked[-1] if ranked else _GONE
