"""Does an import of 100,000 contacts stay small, send no more than it must, and survive its server?

    python -m bench.imports                               100,000 rows, then 20 kills in each mode
    python -m bench.imports --rows 5000 --kills 5         less of it
    python -m bench.imports --bytes 1000                  longer rows

The server is a process of its own, the sandbox another, over pipes and a real socket. First the import runs
undisturbed, in the largest requests that the vendor takes: printed are the server's peak memory (`VmHWM`),
the calls against the fewest that hold the rows, and the progress that was told. Then the same import is sent
in smaller requests, so that there are many, and its server is killed again and again, at moments that one
seed draws; each time another takes it over. At the end every row is compared with what the sandbox counted.
Exits with 1 where a figure is not what it must be. Needs Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.fault_clock import MovableClock
from bench.fault_disk import STATE_FILE
from bench.fault_fleet import environment
from bench.fault_vendor import Vendor
from bench.fault_wire import Server, Told, action_of
from bench.import_rows import SentBatch, Verdict, fewest_requests, held_of, judge, received_of, write_rows
from egoi_mcp.api.json_body import MAX_BODY_BYTES

CALLS, WINDOW_SECONDS = 100, 1.0
"""The vendors' 100 calls in 60 s, sixty times as fast; server and sandbox keep it."""
MOST_MEMORY_MIB = 200
_LIST, _PATIENCE_SECONDS, _SLOW_SECONDS = 2, 120.0, 0.25
_LOOKS, _LOOK_SECONDS = 12_000, 0.01
_FILE = "contacts.csv"
_BASIS = {"legal_basis": "consent", "source": "synthetic rows of a benchmark"}
_COUNT = re.compile(r"^Recipients: (\d+)", re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class Run:
    """What one import came to."""

    mode: str
    seconds: float = 0.0
    proposed_seconds: float = 0.0
    """How long it took until the person was asked."""
    peak_mib: float = 0.0
    calls: int = 0
    fewest: int = 0
    progress: list[str] = field(default_factory=list[str])
    told: str = ""
    kills: int = 0
    moments: list[float] = field(default_factory=list[float])
    in_flight: list[int] = field(default_factory=list[int])
    verdict: Verdict = field(default_factory=Verdict)


class Bench:
    """A vendor, a state directory and the folder with the file; one server at a time."""

    def __init__(self, vendor: Vendor, folder: Path, *, batch_kb: int) -> None:
        self.vendor = vendor
        self._folder = folder
        self._state = folder / "state"
        self._clock = folder / "clock"
        MovableClock(self._clock)
        self._environ = environment(
            {
                **vendor.environ(),
                "EGOI_MCP_STATE_DIR": str(self._state),
                "EGOI_MCP_RATE_LIMIT": f"{CALLS}/{WINDOW_SECONDS:g}",
                "EGOI_MCP_IMPORT_DIR": str(folder),
                "EGOI_MCP_IMPORT_BATCH_KB": str(batch_kb),
                "EGOI_MCP_CALL_TIMEOUT_SECONDS": f"{_PATIENCE_SECONDS - 5:g}",
                "EGOI_MCP_TOOLSETS": "contacts",
            }
        )
        self.action_id = ""
        self.asked_at = 0.0
        self.asked = asyncio.Event()

    async def start(self) -> Server:
        """Another server of the same state directory."""
        return await Server.start(0, "legacy", self._environ, self._clock, self._answer, _PATIENCE_SECONDS)

    async def _answer(self, question: str, wants_count: bool) -> Sequence[Mapping[str, Any]]:
        self.action_id, self.asked_at = action_of(question), time.monotonic()
        self.asked.set()
        content: dict[str, str | int] = {"decision": "approve"}
        if wants_count and (shown := _COUNT.search(question)):
            content["recipients"] = int(shown[1])
        return [{"action": "accept", "content": content}]

    def begin(self, server: Server, mode: str) -> asyncio.Task[Told]:
        """The call that imports the file."""
        arguments = {"list_id": _LIST, "mode": mode, "file": _FILE, **_BASIS}
        return asyncio.create_task(server.call("import_contacts", arguments))

    def steps(self) -> list[str]:
        """The states of the batches, read past the ledger, which would take a dead server's over."""
        db = sqlite3.connect(self._state / STATE_FILE, timeout=30)
        try:
            found = db.execute("SELECT state FROM steps ORDER BY number").fetchall()
        finally:
            db.close()
        return [state for (state,) in found]

    async def until_sending(self) -> None:
        """Wait until a batch is on its way, or none is left."""
        for _ in range(_LOOKS):
            states = self.steps()
            if "sending" in states or "pending" not in states:
                return
            await asyncio.sleep(_LOOK_SECONDS)
        raise TimeoutError("no batch was begun")

    def batches(self) -> list[SentBatch]:
        """The batches, as the state file holds them."""
        db = sqlite3.connect(self._state / STATE_FILE, timeout=30)
        try:
            return [
                SentBatch(state=state, emails=_emails(db, number))
                for number, state in db.execute("SELECT number, state FROM steps ORDER BY number").fetchall()
            ]
        finally:
            db.close()

    async def judged(self, run: Run, rows: int) -> None:
        """Compare rows and vendor."""
        effects = await self.vendor.effects()
        received, held = received_of(effects), held_of(effects)
        run.calls = effects["requests"].get("POST /lists/{list_id}/contacts/actions/import-bulk", 0)
        run.verdict = judge(run.mode, rows, self.batches(), run.in_flight, received=received, held=held)


def _emails(db: sqlite3.Connection, number: int) -> tuple[str, ...]:
    # The few rows of a short run stand in their steps.
    parts = db.execute(
        "SELECT body FROM steps WHERE number = :number AND length(body) > 0 UNION ALL"
        " SELECT bytes FROM (SELECT bytes FROM bodies WHERE number = :number ORDER BY part)",
        {"number": number},
    ).fetchall()
    body = json.loads(b"".join(part for (part,) in parts))
    return tuple(each["base"]["email"] for each in body["contacts"])


def peak_mib(pid: int) -> float:
    """The most memory that a process has had in use, in MiB."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


@asynccontextmanager
async def bench_of(sizes_of: Path, *, batch_kb: int) -> AsyncGenerator[Bench]:
    """A fresh vendor and state; the file is a link to the one that was written before."""
    vendor = await Vendor.start(calls=CALLS, window_seconds=WINDOW_SECONDS, seed=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / _FILE).hardlink_to(sizes_of)
        try:
            yield Bench(vendor, folder, batch_kb=batch_kb)
        finally:
            await vendor.end()


async def undisturbed(file: Path, sizes: Sequence[int], *, batch_kb: int) -> Run:
    """One import that nothing happens to."""
    run = Run(mode="update")
    async with bench_of(file, batch_kb=batch_kb) as bench:
        server = await bench.start()
        began = time.monotonic()
        told = await bench.begin(server, run.mode)
        told = await _followed(server, told)
        run.seconds, run.proposed_seconds = time.monotonic() - began, bench.asked_at - began
        run.told, run.peak_mib = told.status, peak_mib(server.pid)
        run.progress = [f"{each['progress']:g} of {each['total']:g}" for each in server.progress]
        await bench.judged(run, len(sizes))
        head = {"mode": run.mode, "compare_field": "email"}
        run.fewest = fewest_requests(sizes, head, min(batch_kb * 1000, MAX_BODY_BYTES))
        await _end(server)
    return run


async def killed(mode: str, file: Path, rows: int, *, batch_kb: int, kills: int, dice: random.Random) -> Run:
    """One import whose server is killed so often while it is under way."""
    run = Run(mode=mode)
    async with bench_of(file, batch_kb=batch_kb) as bench:
        server = await bench.start()
        began = time.monotonic()
        call = bench.begin(server, mode)
        await bench.asked.wait()
        run.proposed_seconds = bench.asked_at - began
        await bench.vendor.script("slow", "actionImportBulk", times=10_000, delay_seconds=_SLOW_SECONDS)
        for _ in range(kills):
            moment = dice.uniform(0.0, 3 * _SLOW_SECONDS)
            await bench.until_sending()
            await asyncio.sleep(moment)
            run.peak_mib = max(run.peak_mib, peak_mib(server.pid))
            if "pending" not in bench.steps():
                await _end(server)
                break
            server.signal(signal.SIGKILL)
            await server.ended()
            run.kills += 1
            run.moments.append(round(moment, 3))
            run.in_flight += [place for place, state in enumerate(bench.steps()) if state == "sending"]
            server = await bench.start()
        call.cancel()
        told = await _followed(server, await server.call("check_action", {"action_id": bench.action_id}))
        run.seconds, run.told = time.monotonic() - began, told.text
        run.peak_mib = max(run.peak_mib, peak_mib(server.pid))
        await bench.judged(run, rows)
        await _end(server)
    return run


async def _followed(server: Server, told: Told) -> Told:
    """Ask after an action until it has ended."""
    while told.status in {"approved", "executing"}:
        await asyncio.sleep(0.1)
        told = await server.call("check_action", {"action_id": told.action_id})
    return told


async def _end(server: Server) -> None:
    server.signal(signal.SIGKILL)
    await server.ended()


def tell(run: Run) -> list[str]:
    """Print a run; what is not as it must be."""
    wrong = [
        f"{title}: {each}"
        for title in ("lost", "doubled", "untrue", "open")
        for each in getattr(run.verdict, title)
    ]
    print(
        f"mode {run.mode}: {run.seconds:.1f} s, asked after {run.proposed_seconds:.1f} s, {run.kills} kills"
    )
    print(f"  peak memory of the server {run.peak_mib:.0f} MiB, {run.calls} calls")
    if run.fewest:
        print(f"  the fewest calls that hold the rows: {run.fewest}")
        print(f"  progress told: {', '.join(run.progress) or 'none'}")
        if run.calls != run.fewest:
            wrong.append(f"{run.calls} calls where {run.fewest} are enough")
        if not run.progress:
            wrong.append("no progress was told")
        if run.told != "succeeded":
            wrong.append(f"it ended as {run.told}")
    else:
        places = ", ".join(str(place + 1) for place in run.in_flight) or "none"
        print(f"  seconds from a batch's claim to each kill: {run.moments}")
        print(f"  batches on their way at a kill: {places}")
    if run.peak_mib >= MOST_MEMORY_MIB:
        wrong.append(f"{run.peak_mib:.0f} MiB, and at most {MOST_MEMORY_MIB} are allowed")
    print(
        "  "
        + ", ".join(
            f"{title} {len(getattr(run.verdict, title))}" for title in ("lost", "doubled", "untrue", "open")
        )
    )
    return wrong


async def measure(given: argparse.Namespace, seed: int) -> list[str]:
    """Everything, one after the other; what is not as it must be."""
    dice = random.Random(seed)  # noqa: S311 - only when to kill
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / _FILE
        sizes = write_rows(file, given.rows, given.bytes)
        whole, each = sum(sizes) / 1e6, sum(sizes) // len(sizes)
        print(f"seed {seed}: {given.rows:,} rows of about {each} bytes, {whole:.1f} MB")
        print(f"scaled: {CALLS} calls in {WINDOW_SECONDS:g} s instead of 60 s, on both sides")
        print(f"a call may take {_PATIENCE_SECONDS - 5:g} s instead of 45 s")
        wrong += tell(await undisturbed(file, sizes, batch_kb=given.batch_kb))
        if given.kills:
            print(f"scaled: requests of {given.kill_batch_kb} KB, replies {_SLOW_SECONDS:g} s late")
        for mode in ("update", "add") if given.kills else ():
            run = await killed(
                mode, file, given.rows, batch_kb=given.kill_batch_kb, kills=given.kills, dice=dice
            )
            wrong += tell(run)
            if run.kills < given.kills:
                wrong.append(f"mode {mode}: only {run.kills} kills met the import under way")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; 1 where anything is not as it must be."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.imports", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rows", type=int, default=100_000, help="how many contacts (100,000)")
    parser.add_argument("--bytes", type=int, default=300, help="bytes of each, as it is sent (300)")
    parser.add_argument("--batch-kb", type=int, default=20_000, help="the largest request (20,000)")
    parser.add_argument("--kills", type=int, default=20, help="how often each mode's server is killed (20)")
    parser.add_argument("--kill-batch-kb", type=int, default=500, help="the largest request then (500)")
    parser.add_argument("--seed", type=int, help="the same seed draws the same moments (random)")
    given = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    wrong = asyncio.run(measure(given, seed))
    for each in wrong[:20]:
        print(f"NOT KEPT {each}")
    print("imports", json.dumps({"seed": seed, "rows": given.rows, "not_kept": len(wrong)}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
