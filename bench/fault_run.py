"""One run: two servers, a vendor, a person and a wall clock; then the recovery, and what is left to judge."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.fault_audit import Row, Verdict, effects_of, judge, rows_of, without_lost_drafts
from bench.fault_blows import Blows
from bench.fault_clock import MovableClock, move_wall_clock
from bench.fault_disk import disk
from bench.fault_fleet import Fleet, environment
from bench.fault_jobs import Conversation, World
from bench.fault_person import Book, Person, marker_of
from bench.fault_plan import TAGGED_UNASKED, Plan
from bench.fault_traffic import Feed, Traffic
from bench.fault_vendor import CAMPAIGN_LIST, TAGGED_LIST, Vendor
from bench.fault_wire import Gone, Server
from egoi_mcp.guard.action import Action, State
from egoi_mcp.settings import from_environ

CALLS, WINDOW_SECONDS = 100, 1.0
"""The limit of the vendors' connectors, 100 calls in 60 s, sixty times as fast; the sandbox keeps it too."""
GRACE_SECONDS = 3.0
SCALED = {
    "EGOI_MCP_RATE_LIMIT": f"{CALLS}/{WINDOW_SECONDS:g}",
    "EGOI_MCP_CONNECT_TIMEOUT_SECONDS": "1",
    "EGOI_MCP_READ_TIMEOUT_SECONDS": "1",
    "EGOI_MCP_WRITE_TIMEOUT_SECONDS": "1",
    "EGOI_MCP_CALL_TIMEOUT_SECONDS": "8",
    "EGOI_MCP_APPROVAL_WAIT_SECONDS": "1.5",
    "EGOI_MCP_SHUTDOWN_GRACE_SECONDS": f"{GRACE_SECONDS:g}",
    "EGOI_MCP_POLICY_WRITE_THRESHOLD": str(TAGGED_UNASKED),
}
"""How the servers are set up, so that what takes minutes takes seconds."""
_WORKERS, _AHEAD = 8, 6
_ASKING_SECONDS = 30.0


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run came to."""

    planned: int
    driven: Counter[str]
    """Sends whose call left, by kind; tags under "tag"."""
    faults: Counter[str]
    clients: Counter[str]
    states: Counter[str]
    verdict: Verdict
    sent_unwritten: list[str]
    refusals: list[str]
    taken_from_the_paused: list[str]
    looked_at: int
    left_by_the_ended: list[str]
    reversed: list[str]
    unwarned: list[str]
    disorderly: list[str]
    starts: int
    refused_starts: int
    requests: int
    refused_for_the_limit: int
    tracebacks: list[str]
    trail: dict[str, list[str]] = field(repr=False)
    stood_still: list[str] = field(default_factory=list[str])
    """Actions with which no living server went on, though it was asked."""
    seconds: float = 0.0

    @property
    def sends(self) -> int:
        """How many sends left."""
        return sum(count for kind, count in self.driven.items() if kind != "tag")


async def run(plan: Plan, folder: Path, *, seconds: float, small_disk: bool = False) -> Report:
    """Carry out a plan in an empty folder; after so many seconds no job begins any more."""
    began = time.monotonic()
    clock_file = folder / "clock"
    clock = MovableClock(clock_file)
    async with AsyncExitStack() as stack:
        where = stack.enter_context(disk(folder / "state", small=small_disk))
        # The terminal is of the same machine, so its clock jumps too.
        stack.callback(move_wall_clock(clock))
        vendor = await Vendor.start(calls=CALLS, window_seconds=WINDOW_SECONDS, seed=1)
        stack.push_async_callback(vendor.end)
        environ = environment({**SCALED, **vendor.environ(), "EGOI_MCP_STATE_DIR": str(where.state_dir)})
        book = Book()
        person = Person(plan.everything, from_environ(environ), book)
        fleet = Fleet(environ, clock_file, plan.eras, person.answers)
        stack.push_async_callback(fleet.close)
        world = World(
            fleet=fleet,
            person=person,
            book=book,
            clock=clock,
            contacts=await vendor.contact_ids(TAGGED_LIST),
            team=await vendor.contact_ids(CAMPAIGN_LIST),
        )
        for job in plan.jobs:
            if job.kind == "tag":
                await vendor.make_tag(job.marker)
        for slot in (0, 1):
            await fleet.start(slot)
        traffic, feed = Traffic(), Feed(len(plan.jobs), _AHEAD)
        blows = Blows(
            world=world,
            vendor=vendor,
            clock=clock,
            disk=where,
            traffic=traffic,
            grace_seconds=GRACE_SECONDS,
        )
        async with asyncio.TaskGroup() as tasks:
            late = tasks.create_task(_stop_later(feed, seconds))
            workers = [tasks.create_task(_work(plan, world, traffic, feed)) for _ in range(_WORKERS)]
            await _deal_all(plan, blows, feed)
            await asyncio.wait(workers)
            late.cancel()
        await vendor.forget_faults()
        stood_still = await _asked_about(world, *[await fleet.up(slot) for slot in (0, 1)])
        actions = await _recovered(world, clock)
        counted = await vendor.effects()
        report = _report(plan, world, blows, actions, counted)
        report.stood_still, report.seconds = blows.never_calm + stood_still, time.monotonic() - began
        return report


async def _stop_later(feed: Feed, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await feed.stop()


async def _work(plan: Plan, world: World, traffic: Traffic, feed: Feed) -> None:
    while (place := await feed.take()) is not None:
        async with traffic.job():
            await Conversation(world, plan.jobs[place]).run()


async def _deal_all(plan: Plan, blows: Blows, feed: Feed) -> None:
    for event in plan.events:
        if not await feed.reached(event.at):
            break
        await blows.deal(event)
    await feed.no_more_faults()


async def _recovered(world: World, clock: MovableClock) -> list[Action]:
    """End every server, one in good order and one not, start a fresh one, and have everything told.

    Approved actions are asked about, of the proposals every other one is declined and the rest is left
    to expire, and what is unknown is asked about once.
    """
    fleet, person = world.fleet, world.person
    await fleet.end(1, "stdin_eof", seconds=GRACE_SECONDS + 12)
    await fleet.kill(0)
    await fleet.start(0)
    server = await fleet.up(0)
    await _asked_about(world, server)
    for place, row in enumerate(await person.rows(State.PROPOSED)):
        if place % 2 and (job := person.jobs.get(marker_of(row))) is not None:
            await person.decide(job, row.id, State.DECLINED)
    # A proposal made before the clock was set back ends when the clock is there again.
    ends = [row.expires_at for row in await person.rows(State.PROPOSED)]
    clock.jump(max(0.0, max(ends, default=0.0) - time.time()) + 1.0)
    for row in await person.rows(State.UNKNOWN):
        await server.call("check_action", {"action_id": row.id})
    return await person.rows()


async def _asked_about(world: World, *servers: Server) -> list[str]:
    """Have the servers asked about all that is approved or under way, until nothing is; what still is."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + _ASKING_SECONDS
    while rows := await world.person.rows(State.APPROVED, State.EXECUTING):
        if loop.time() > give_up:
            return [f"{marker_of(row)} {row.id} is {row.state.value}" for row in rows]
        for row in rows:
            for server in servers:
                with suppress(Gone):
                    await server.call("check_action", {"action_id": row.id})
    return []


def _report(
    plan: Plan, world: World, blows: Blows, actions: Sequence[Action], counted: dict[str, Any]
) -> Report:
    jobs = plan.everything
    rows = rows_of(actions, jobs, world.book)
    effects, lost = without_lost_drafts(rows, effects_of(counted))
    verdict = judge(rows, effects)
    if lost:
        verdict.contradictions.append(f"{lost} drafts were made of which no row knows")
    fleet = world.fleet
    return Report(
        planned=sum(job.is_send for job in jobs.values()),
        driven=Counter(jobs[marker].kind for marker in world.driven),
        faults=blows.dealt,
        clients=world.did,
        states=Counter(row.state for row in rows if not _only_drafts(row)),
        verdict=verdict,
        sent_unwritten=blows.sent_unwritten,
        refusals=blows.refusals,
        taken_from_the_paused=blows.taken_from_the_paused,
        looked_at=blows.looked_at,
        left_by_the_ended=blows.left_by_the_ended,
        reversed=world.reversed,
        unwarned=world.unwarned,
        disorderly=fleet.disorderly,
        starts=fleet.starts,
        refused_starts=fleet.refused_starts,
        requests=counted["total_requests"],
        refused_for_the_limit=counted["rate"]["refused"],
        tracebacks=[line for line in fleet.stderr if line.startswith("Traceback")],
        trail=world.book.trail,
    )


def _only_drafts(row: Row) -> bool:
    return all(mark.startswith("draft ") for request in row.requests for mark in request.marks) and not any(
        request.campaign for request in row.requests
    )
