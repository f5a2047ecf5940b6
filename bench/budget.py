"""Does the call budget hold over real processes, and what does it cost?

    python -m bench.budget            all scenarios, about a minute
    python -m bench.budget --quick    whether the limit holds, in two seconds

Four processes with sixteen tasks each make 1,000 calls of no duration at 100 in 1 s, in three
scenarios: plain; after one call and 0.9 s of silence (where a bucket that has filled up lets twice
the limit through); and with a third of those who wait cancelled. A fourth has a bulk flood in all
processes, and one interactive caller.

Each call is stamped with the clock that the processes share, between its grant and its release, and
the stamps are counted over every window [t, t + 1 s). Exits with 1 where a bound is not kept: never
more than the limit in a window, at least 97 % of the calls that the limit allows, and on Linux at
most 100 microseconds of processor time a grant (without cancellations).
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import anyio

from egoi_mcp.api.budget import Grant, Lane, RateBudget, default_guard_seconds

LEAST_UTILISATION = 0.97
MOST_CPU_MICROSECONDS = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What each process does. `start` is the moment at which all begin, on the shared clock."""

    path: Path
    calls: int
    window_seconds: float
    tasks: int
    grants: int
    lane: Lane = "interactive"
    cancelled_share: float = 0.0
    guests: int = 0
    """How many interactive calls the first process makes beside this, one every tenth of a window."""
    seed: int = 0
    start: float = 0.0


@dataclass(slots=True)
class Record:
    """What a process saw: nanoseconds of each call, its processor time, waits of its interactive guest."""

    stamps: list[int] = field(default_factory=list[int])
    cpu_seconds: float = 0.0
    waited: int = 0
    cancelled: int = 0
    guest_waits: list[float] = field(default_factory=list[float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The figures of one scenario."""

    scenario: str
    limit: int
    window_seconds: float
    guard_seconds: float
    grants: int
    most_in_window: int
    utilisation: float
    cpu_microseconds: float
    waited: int
    cancelled: int
    guest_wait_median: float | None = None
    guest_wait_most: float | None = None


def most_in_any_window(stamps: Sequence[int], window: int) -> int:
    """The most stamps in any [t, t + window); `stamps` in ascending order."""
    most = first = 0
    for at, stamp in enumerate(stamps):
        while stamp - stamps[first] >= window:
            first += 1
        most = max(most, at - first + 1)
    return most


def utilisation(stamps: Sequence[int], calls: int, window: int, before: int) -> float:
    """How long the calls after the first `before` had to take, by how long they took."""
    ideal = list(stamps[:before])
    start = stamps[before]
    for at in range(before, len(stamps)):
        ideal.append(max(start, ideal[at - calls] + window) if at >= calls else start)
    took = stamps[-1] - start
    return (ideal[-1] - start) / took if took else 1.0


# -- one process ---------------------------------------------------------------------------------


async def _carry(load: Load) -> Record:
    budget = RateBudget(calls=load.calls, window_seconds=load.window_seconds, path=load.path)
    dice = random.Random(load.seed)  # noqa: S311 - a load, not a secret
    record = Record()
    left = load.grants

    async def caller() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            grant = await _patiently(budget, load, dice)
            if grant is None:
                record.waited += 1
                record.cancelled += 1
                left += 1
                continue
            record.stamps.append(time.monotonic_ns())
            budget.release(grant)
            record.waited += grant.waited_seconds > 0

    async def visitor() -> None:
        for _ in range(load.guests):
            await anyio.sleep(load.window_seconds * dice.uniform(0.05, 0.15))
            grant = await budget.reserve()
            record.stamps.append(time.monotonic_ns())
            budget.release(grant)
            record.guest_waits.append(grant.waited_seconds)

    await anyio.sleep(max(0.0, load.start - time.monotonic()))
    cpu = time.process_time()
    async with anyio.create_task_group() as tasks:
        for _ in range(load.tasks):
            tasks.start_soon(caller)
        if load.guests:
            tasks.start_soon(visitor)
    record.cpu_seconds = time.process_time() - cpu
    budget.close()
    return record


def _process(pipe: Connection) -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(
            _carry, Load(path=Path(folder, "warm"), calls=100, window_seconds=0.05, tasks=16, grants=300)
        )
    gc.freeze()  # as the server does once it has started
    pipe.send(None)
    while (load := pipe.recv()) is not None:
        pipe.send(anyio.run(_carry, load))


class Processes:
    """Real processes that carry a load together."""

    def __init__(self, count: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        for _ in range(count):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=_process, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

        for pipe in self._pipes:
            pipe.recv()

    def carry(self, load: Load, *, start: float) -> list[Record]:
        """Give each process the load, to begin at a moment of the shared clock, and gather what they saw."""
        for number, pipe in enumerate(self._pipes):
            own = replace(load, start=start, seed=load.seed + number, guests=0 if number else load.guests)
            pipe.send(own)
        return [pipe.recv() for pipe in self._pipes]

    def close(self) -> None:
        """Let them end."""
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join()


async def _patiently(budget: RateBudget, load: Load, dice: random.Random) -> Grant | None:
    """A grant, or None where the caller was cancelled while it waited."""
    if dice.random() >= load.cancelled_share:
        return await budget.reserve(load.lane)
    with anyio.move_on_after(dice.uniform(0, load.window_seconds / 4)):
        return await budget.reserve(load.lane)
    return None


# -- scenarios -----------------------------------------------------------------------------------


def run(scenario: str, load: Load, processes: Processes, *, silence_windows: float = 0.0) -> Result:
    """One scenario; with a silence, one call is made that long before the others."""
    earlier: list[int] = []
    start = time.monotonic() + 0.1
    if silence_windows:
        budget = RateBudget(calls=load.calls, window_seconds=load.window_seconds, path=load.path)
        grant = anyio.run(budget.reserve)
        earlier.append(time.monotonic_ns())
        budget.release(grant)
        budget.close()
        start = earlier[0] / 1e9 + silence_windows * load.window_seconds
    records = processes.carry(load, start=start)
    stamps = earlier + sorted(stamp for record in records for stamp in record.stamps)
    guests = [wait for record in records for wait in record.guest_waits]
    window = int(load.window_seconds * 1e9)
    return Result(
        scenario=scenario,
        limit=load.calls,
        window_seconds=load.window_seconds,
        guard_seconds=default_guard_seconds(load.window_seconds),
        grants=len(stamps),
        most_in_window=most_in_any_window(stamps, window),
        utilisation=utilisation(stamps, load.calls, window, len(earlier)),
        cpu_microseconds=sum(record.cpu_seconds for record in records) / len(stamps) * 1e6,
        waited=sum(record.waited for record in records),
        cancelled=sum(record.cancelled for record in records),
        guest_wait_median=statistics.median(guests) if guests else None,
        guest_wait_most=max(guests) if guests else None,
    )


def failures(result: Result, *, quick: bool) -> list[str]:
    """The bounds that a result breaks."""
    broken: list[str] = []
    if result.most_in_window > result.limit:
        broken.append(f"{result.most_in_window} calls in a window, {result.limit} allowed")
    if quick or result.guest_wait_most is not None:
        return broken  # the quick form is too short for the rest; a flood of bulk work may not fill the limit
    if result.utilisation < LEAST_UTILISATION:
        broken.append(f"utilisation {result.utilisation:.1%}, at least {LEAST_UTILISATION:.0%} wanted")
    if sys.platform == "linux" and not result.cancelled and result.cpu_microseconds > MOST_CPU_MICROSECONDS:
        broken.append(f"{result.cpu_microseconds:.0f} us a grant, at most {MOST_CPU_MICROSECONDS:.0f} wanted")
    return broken


def told(result: Result) -> str:
    """A result as a line to read."""
    line = (
        f"{result.scenario:22} {result.grants:5} calls: most in any {result.window_seconds:g} s "
        f"{result.most_in_window}, utilisation {result.utilisation:6.1%}, "
        f"{result.cpu_microseconds:4.0f} us CPU a grant"
    )
    if result.cancelled:
        line += f", {result.cancelled} of {result.waited} waiters cancelled"
    if result.guest_wait_median is not None and result.guest_wait_most is not None:
        line += (
            f", an interactive call behind it waited {1000 * result.guest_wait_median:.1f} ms (median), "
            f"{1000 * result.guest_wait_most:.1f} ms (most)"
        )
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scenarios and tell; 1 where a bound is broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.budget", description="Does the call budget hold?")
    parser.add_argument("--quick", action="store_true", help="only whether the limit holds, in two seconds")
    quick = parser.parse_args(arguments).quick
    processes = Processes(4)
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        load = Load(path=Path(folder, "budget"), calls=100, window_seconds=1.0, tasks=16, grants=250)
        if quick:
            load = replace(load, calls=50, window_seconds=0.2, tasks=4, grants=50)
        scenarios: list[Callable[[], Result]] = [
            lambda: run("plain", replace(load, path=Path(folder, "plain")), processes),
            lambda: run(
                "after a silence", replace(load, path=Path(folder, "silence")), processes, silence_windows=0.9
            ),
            lambda: run(
                "a third cancelled",
                replace(load, path=Path(folder, "cancelled"), cancelled_share=0.4),
                processes,
            ),
            lambda: run(
                "behind a bulk flood",
                replace(load, path=Path(folder, "bulk"), lane="bulk", guests=50),
                processes,
            ),
        ]
        for scenario in scenarios[: 3 if quick else 4]:
            result = scenario()
            print(told(result))
            print("budget", json.dumps(asdict(result)), flush=True)
            broken += [f"{result.scenario}: {failure}" for failure in failures(result, quick=quick)]
    processes.close()
    for line in broken:
        print("NOT KEPT", line)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
