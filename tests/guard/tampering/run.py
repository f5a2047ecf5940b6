"""The tamperings, counted: ten thousand of them by kind, from one seed, in one process or in several.

    python -m tests.guard.tampering.run --seed 7                    all of them, with another seed
    python -m tests.guard.tampering.run --seed 7 --kind "the call, by chat" --only 12

A case is drawn from the seed, its kind and its number alone, so that one can be run again by itself.
"""

from __future__ import annotations

import argparse
import functools
import json
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import anyio
import httpx2

from egoi_mcp.settings import from_environ
from tests.guard.tampering.calls import CALL_CASES, line
from tests.guard.tampering.campaigns import CAMPAIGN_CASES
from tests.guard.tampering.cases import ROW_CASES, Case, bystanders, restore, run, snapshot
from tests.guard.tampering.settings import SETTINGS_CASES
from tests.guard.tampering.world import RATE, World, loosen, world

SEED = "2026"
WORLD_CASES: Mapping[str, tuple[Case, int]] = {**ROW_CASES, **SETTINGS_CASES, **CAMPAIGN_CASES}
COUNTS: Mapping[str, int] = {
    **{kind: count for kind, (_, count) in WORLD_CASES.items()},
    **{kind: count for kind, (_, _, _, count) in CALL_CASES.items()},
}
"""How many of each kind there are."""
_ENVIRON = {
    "EGOI_API_KEY": "sandbox-egoi-key",
    "EGOI_BASE_URL": "https://egoi.example.com",
    "EGOI_TRANSACTIONAL_BASE_URL": "https://messages.example.com",
    "TXTSYNC_CLIENT_KEY": "sandbox-client-key",
    "TXTSYNC_CLIENT_SECRET": "sandbox-client-secret",
    "TXTSYNC_BASE_URL": "https://txtsync.example.com",
    "EGOI_MCP_RATE_LIMIT": RATE,
    # A call that waits for an action which never ends waits for this less two seconds.
    "EGOI_MCP_CALL_TIMEOUT_SECONDS": "2.02",
}


@dataclass(slots=True)
class Report:
    """What came of the cases, by kind: how many there were, and in how many something approved went out."""

    cases: Counter[str] = field(default_factory=Counter[str])
    sent: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])

    def add(self, other: Report) -> None:
        """Count another share in."""
        self.cases.update(other.cases)
        self.sent.update(other.sent)
        self.wrong += other.wrong

    def __str__(self) -> str:
        lines = [f"{kind}: {self.cases[kind]}, approved went out in {self.sent[kind]}" for kind in self.cases]
        return "\n".join(
            [*lines, f"{self.cases.total()} tamperings, {len(self.wrong)} sent what was not approved"]
        )


@contextmanager
def _folder() -> Generator[Path]:
    """A state directory, in memory where there is a place for it: nobody will need it after a power cut."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@asynccontextmanager
async def stand() -> AsyncGenerator[tuple[World, tuple[str, ...]]]:
    """A world with bystanders, in a file that takes anything."""
    with _folder() as folder:
        async with world(from_environ({**_ENVIRON, "EGOI_MCP_STATE_DIR": str(folder)})) as opened:
            others = await bystanders(opened)
            loosen(opened.db)
            yield opened, others


async def in_a_world(
    report: Report, seed: str, kinds: Sequence[str], numbers: Mapping[str, Sequence[int]]
) -> None:
    """Run cases of these kinds on the row, the settings and the campaigns."""
    async with stand() as (opened, others):
        rows = snapshot(opened)
        for kind in kinds:
            for number in numbers[kind]:
                with _told(seed, kind, number):
                    done = await run(opened, others, WORLD_CASES[kind][0], f"{seed} {kind} {number}")
                restore(opened, rows)
                _count(report, seed, kind, number, done.said, done.sent, done.wrong)


async def on_the_line(report: Report, seed: str, kind: str, numbers: Sequence[int]) -> None:
    """Run cases of a kind on the call."""
    case, mode, chat, _ = CALL_CASES[kind]
    with _folder() as folder:
        async with line(folder, mode, chat=chat) as held:
            for number in numbers:
                held.rng, held.mark = Random(f"{seed} {kind} {number}"), f"n{number}"
                before = len(held.oracle.watch.arrived)
                with _told(seed, kind, number):
                    said = await case(held)
                wrong = held.oracle.new()
                sent = len(held.oracle.watch.arrived) - before - len(wrong)
                held.oracle.withdraw()
                _count(report, seed, kind, number, said, sent, wrong)


def _count(
    report: Report, seed: str, kind: str, number: int, said: str, sent: int, wrong: Sequence[str]
) -> None:
    report.cases[kind] += 1
    report.sent[kind] += sent > 0
    report.wrong += [f"--seed {seed} --kind {kind!r} --only {number}: {said}: {each}" for each in wrong]


@contextmanager
def _told(seed: str, kind: str, number: int) -> Generator[None]:
    """Name the case in which something broke."""
    try:
        yield
    except BaseException:
        sys.stderr.write(f"broken in --seed {seed} --kind {kind!r} --only {number}\n")
        raise


async def share(seed: str, *, part: int = 0, of: int = 1, kind: str = "", only: int | None = None) -> Report:
    """Every `of`-th case of each kind, of one kind or one case of it where they are named."""
    report = Report()
    numbers = {
        each: [only] if only is not None else range(part, count, of)
        for each, count in COUNTS.items()
        if kind in {"", each}
    }
    if kinds := [each for each in numbers if each in WORLD_CASES]:
        await in_a_world(report, seed, kinds, numbers)
    for each, chosen in numbers.items():
        if each in CALL_CASES:
            await on_the_line(report, seed, each, chosen)
    return report


def main() -> None:
    """Run them and print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--kind", default="", choices=["", *COUNTS])
    parser.add_argument("--only", type=int)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    # What is the same in thousands of cases costs once, and their thousands of warnings tell nothing.
    httpx2.create_ssl_context = functools.cache(httpx2.create_ssl_context)
    logging.disable(logging.CRITICAL)
    report = anyio.run(
        functools.partial(share, given.seed, part=given.part, of=given.of, kind=given.kind, only=given.only)
    )
    told = (
        json.dumps([report.cases, report.sent, report.wrong])
        if given.json
        else "\n".join([*report.wrong, str(report)])
    )
    sys.stdout.write(f"{told}\n")


if __name__ == "__main__":
    main()
