"""The faults, one after the other, each at its place among the jobs."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from bench.fault_clock import MovableClock
from bench.fault_disk import STATE_FILE, Disk
from bench.fault_fleet import Fleet
from bench.fault_jobs import Conversation, World
from bench.fault_plan import SENDS, Event
from bench.fault_traffic import Traffic
from bench.fault_vendor import Vendor
from bench.fault_wire import Gone, Server, Told, owners_of
from egoi_mcp.guard.action import State

_LOOK_SECONDS = 0.05
_SLOW_SECONDS = 0.7
_UNDER_WAY_LOOKS = 30
_SETTLE_SECONDS = 20.0


class Blows:
    """Acts out the events of a plan and counts what it saw meanwhile."""

    def __init__(
        self,
        *,
        world: World,
        vendor: Vendor,
        clock: MovableClock,
        disk: Disk,
        traffic: Traffic,
        grace_seconds: float,
    ) -> None:
        self._world = world
        self._fleet: Fleet = world.fleet
        self._vendor = vendor
        self._clock = clock
        self._disk = disk
        self._state_dir = disk.state_dir
        self._traffic = traffic
        self._end_seconds = grace_seconds + 12.0
        self.dealt: Counter[str] = Counter()
        self.sent_unwritten: list[str] = []
        """Effects at the vendor while no row could be written and nothing had been under way before."""
        self.never_calm: list[str] = []
        """Actions that stayed under way although nothing failed any more."""
        self.refusals: list[str] = []
        """What calls were answered meanwhile."""
        self.taken_from_the_paused: list[str] = []
        self.left_by_the_ended: list[str] = []
        self.looked_at = 0
        """Rows of a paused server that the other one was asked about."""

    async def deal(self, event: Event) -> None:
        """Act out one event; it is over when this returns, but for what the sandbox has still to do."""
        self.dealt[event.kind] += 1
        if event.on_the_wire:
            await self._vendor.script(event.kind, event.match, times=event.times, delay_seconds=event.seconds)
            return
        match event.kind:
            case "kill":
                await self._something_under_way(event)
                await self._fleet.kill(event.slot)
                await self._fleet.start(event.slot)
            case "sigterm" | "stdin_eof":
                await self._something_under_way(event)
                await self._end_in_good_order(event)
            case "pause":
                await self._something_under_way(event)
                await self._pause(event)
            case "clock_forward":
                self._clock.jump(event.seconds)
            case "clock_back":
                self._clock.jump(-event.seconds)
            case "disk_full":
                await self._something_under_way(event)
                async with self._full_disk(self._servers(event)):
                    await asyncio.sleep(event.seconds)
            case "locked":
                async with self._locked():
                    await asyncio.sleep(event.seconds)
            case "vendor_pause":
                self._vendor.pause()
                await asyncio.sleep(event.seconds)
                self._vendor.go_on()
            case _:
                async with self._traffic.none():
                    await self._while_nothing_can_be_written(event)

    async def _something_under_way(self, event: Event) -> None:
        """Make the next replies slow and let a moment pass, so that the blow meets a send half done."""
        for operation in SENDS[: 1 + event.times]:
            await self._vendor.script("slow", operation, times=event.times, delay_seconds=_SLOW_SECONDS)
        server = await self._fleet.up(event.slot)
        owners = owners_of(server.pid, self._state_dir)
        for _ in range(_UNDER_WAY_LOOKS):
            if self._under_way_of(owners):
                break
            await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.sleep(event.lead_seconds)

    def _servers(self, event: Event) -> list[Server]:
        slots = (0, 1) if event.both else (event.slot,)
        return [server for slot in slots if (server := self._fleet.running(slot)) is not None]

    async def _end_in_good_order(self, event: Event) -> None:
        server = await self._fleet.up(event.slot)
        owners = owners_of(server.pid, self._state_dir)
        await self._fleet.end(event.slot, event.kind, seconds=self._end_seconds)
        self.left_by_the_ended += self._under_way_of(owners)
        await self._fleet.start(event.slot)

    def _under_way_of(self, owners: set[str]) -> list[str]:
        """The rows that these owners have under way, read past the ledger, which would take the dead's."""
        db = sqlite3.connect(self._state_dir / STATE_FILE, timeout=30)
        try:
            found = db.execute("SELECT id, owner FROM actions WHERE state = 'executing'").fetchall()
        finally:
            db.close()
        return [action_id for action_id, owner in found if owner in owners]

    async def _pause(self, event: Event) -> None:
        """Stop a server in whatever it does, and have the other one look at the rows that it holds."""
        server = await self._fleet.up(event.slot)
        owners = owners_of(server.pid, self._state_dir)
        server.signal(signal.SIGSTOP)
        loop = asyncio.get_running_loop()
        go_on = loop.time() + event.seconds
        try:
            held = self._under_way_of(owners)
            for action_id in held:
                self.looked_at += 1
                await self._look(1 - event.slot, action_id)
            still = self._under_way_of(owners)
            self.taken_from_the_paused += [each for each in held if each not in still]
            await asyncio.sleep(max(0.0, go_on - loop.time()))
        finally:
            server.signal(signal.SIGCONT)

    async def _look(self, slot: int, action_id: str) -> None:
        other = self._fleet.running(slot)
        if other is None:
            return
        try:
            await other.call("check_action", {"action_id": action_id})
        except Gone:
            return

    @asynccontextmanager
    async def _full_disk(self, servers: Sequence[Server]) -> AsyncGenerator[None]:
        """While the disk is full for these servers at least."""
        with self._disk.full([server.pid for server in servers]):
            yield

    @asynccontextmanager
    async def _locked(self) -> AsyncGenerator[None]:
        """While another process holds the state file's write lock."""
        db = sqlite3.connect(
            self._state_dir / STATE_FILE, timeout=30, isolation_level=None, check_same_thread=False
        )
        try:
            await asyncio.to_thread(db.execute, "BEGIN IMMEDIATE")
            yield
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
            db.close()

    async def _while_nothing_can_be_written(self, event: Event) -> None:
        """With nothing under way: no row can be written, people approve, clients call, and nothing may leave.

        Of the probes, two have been proposed before; one of them is approved at the terminal meanwhile.
        """
        if not await self._all_settled():
            self.never_calm += [row.id for row in await self._world.person.rows(State.EXECUTING)]
            return
        talks = [Conversation(self._world, job) for job in event.probes]
        for talk in talks:
            await talk.prepare()
        waiting = [await talk.propose(job.slot) for talk, job in zip(talks[:2], event.probes, strict=False)]
        before = await self._vendor.happened()
        full = event.kind == "disk_full_calm"
        blocked = self._full_disk([await self._fleet.up(slot) for slot in (0, 1)]) if full else self._locked()
        async with blocked:
            loop = asyncio.get_running_loop()
            until = loop.time() + event.seconds
            approval = asyncio.create_task(self._approve_at_the_terminal(event, waiting[0]))
            calls = [
                asyncio.create_task(talk.ask(job.slot))
                for talk, job in zip(talks[1:], event.probes[1:], strict=True)
            ]
            await asyncio.sleep(max(0.0, until - loop.time()))
            # What still waits when the state can be written again has not been refused.
            self.refusals += [call.result().text for call in calls if call.done()]
            self.sent_unwritten += (await self._vendor.happened() - before).elements()
        await approval
        ends = [waiting[0], *await asyncio.gather(*calls)]
        await asyncio.gather(*(talk.follow(end) for talk, end in zip(talks, ends, strict=True)))

    async def _approve_at_the_terminal(self, event: Event, waiting: Told) -> None:
        job = event.probes[0]
        if waiting.action_id and self._world.book.approves(job, waiting.action_id):
            await self._world.person.decide(job, waiting.action_id, State.APPROVED)

    async def _all_settled(self) -> bool:
        """Wait until both servers run, no row is under way and nothing happens; False if that never is."""
        for slot in (0, 1):
            await self._fleet.up(slot)
        await self._vendor.forget_faults()

        async def quiet() -> bool:
            if await self._world.person.rows(State.EXECUTING, State.APPROVED):
                return False
            happened = await self._vendor.happened()
            await asyncio.sleep(_LOOK_SECONDS)
            return await self._vendor.happened() == happened

        loop = asyncio.get_running_loop()
        give_up = loop.time() + _SETTLE_SECONDS
        while not await quiet():
            if loop.time() > give_up:
                return False
            for row in await self._world.person.rows(State.EXECUTING, State.APPROVED):
                for slot in (0, 1):
                    await self._look(slot, row.id)
        return True
