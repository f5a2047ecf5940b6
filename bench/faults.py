"""Does the guard hold when everything around it fails?

    python -m bench.faults                       1,000 guarded sends, about five minutes on two cores
    python -m bench.faults --sends 60 --seed 7   fewer, each kind of fault at least once
    python -m bench.faults --tmpfs               the full disk is a full one: needs root

Two server processes on one state directory, the sandbox as a third, a terminal in this one, all over real
pipes and sockets. While clients send, replies are lost, late, broken or refused; servers are killed, ended
and paused; the wall clock jumps; the disk is full or the state locked; lines, answers and decisions come
twice. Then all servers are ended, a fresh one is started, and rows are compared with what the sandbox
counted. Exits with 1 where a figure that must be 0 is not, or where not all sends left. Needs Linux.

Replay: one `random.Random(seed)` makes every choice before anything starts (`fault_plan`): jobs, what
persons and clients do, the faults with their order, place and length, and each server's protocol. What
cannot be replayed is when the operating system runs which process, and so what exactly a fault meets, and
the ids and keys that the product draws for itself. A finding prints all that was said of its job.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.fault_plan import make_plan
from bench.fault_run import SCALED, Report, run

_MOST_LINES = 20


def zeros(report: Report) -> Mapping[str, Sequence[str]]:
    """What must not have happened, with a line for every case."""
    verdict = report.verdict
    unclear = [text for text in report.refusals if "othing was" not in text]
    return {
        "effects that happened more than once": verdict.more_than_once,
        "effects without approval": verdict.without_approval,
        "actions whose final state contradicts what the sandbox counted": verdict.contradictions,
        "actions left open after recovery": verdict.left_open,
        "sent while no row could be written": report.sent_unwritten,
        "refusals then that did not say that nothing was sent": unclear,
        "actions that no living server went on with": report.stood_still,
        "actions taken from a server that was only paused": report.taken_from_the_paused,
        "actions left under way by a server that ended in good order": report.left_by_the_ended,
        "decisions taken of actions that had ended": report.reversed,
        "sends proposed again without a word about the first": report.unwarned,
        "ends that were not in good order": report.disorderly,
        "calls beyond the vendor's limit": ["one"] * report.refused_for_the_limit,
        "tracebacks on stderr": report.tracebacks,
    }


def tell(report: Report, seed: int) -> None:
    """Print the report for people."""
    print(f"seed {seed}: {report.sends:,} of {report.planned:,} guarded sends in {report.seconds:.1f} s,")
    print(f"  and {report.driven['tag']} tag attachments; {report.requests:,} requests at the vendor")
    print(f"  {report.starts} server processes, {report.refused_starts} starts refused (state busy)")
    print(
        "scaled: " + ", ".join(f"{name.removeprefix('EGOI_MCP_')}={value}" for name, value in SCALED.items())
    )
    for title, counts in (
        ("sends by kind", report.driven),
        ("faults", report.faults),
        ("clients", report.clients),
        ("final states", report.states),
    ):
        print(f"{title}: " + _listed(counts))
    print(f"refused while no row could be written: {len(report.refusals)}")
    print(f"rows of a paused server that the other one looked at: {report.looked_at}")
    for title, cases in zeros(report).items():
        print(f"{title}: {len(cases)}")
    for title, cases in zeros(report).items():
        for case in cases[:_MOST_LINES]:
            print(f"NOT KEPT {title}: {case}")
            for marker, said in report.trail.items():
                if marker in case:
                    print("".join(f"    {line}\n" for line in said), end="")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and tell; 1 where anything was not kept or not all sends were driven."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.faults", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--sends", type=int, default=1000, help="how many guarded sends (1000)")
    parser.add_argument("--seed", type=int, help="the same seed chooses the same (random)")
    parser.add_argument("--seconds", type=float, default=900.0, help="begin no job after so long (900)")
    parser.add_argument(
        "--tmpfs", action="store_true", help="the state on a small tmpfs, which the full disk fills (root)"
    )
    given = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    with tempfile.TemporaryDirectory() as folder:
        plan = make_plan(seed, given.sends)
        report = asyncio.run(run(plan, Path(folder), seconds=given.seconds, small_disk=given.tmpfs))
    tell(report, seed)
    kept = not any(zeros(report).values()) and report.sends >= given.sends
    figures = {
        "seed": seed,
        "sends": report.sends,
        "seconds": round(report.seconds, 1),
        "faults": report.faults,
        "clients": report.clients,
        "states": report.states,
        "refused_unwritten": len(report.refusals),
        "looked_at": report.looked_at,
        "not_kept": {title: len(cases) for title, cases in zeros(report).items()},
    }
    print("faults", json.dumps(figures))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
