"""Ten thousand tamperings before the claim: what was not approved is not sent, and nothing twice."""

from __future__ import annotations

import functools
import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from egoi_mcp.guard import executor
from egoi_mcp.guard.executor import Executor
from egoi_mcp.store import claims, proofs
from tests.guard.tampering import calls, campaigns
from tests.guard.tampering.cases import Stage, restore, run, snapshot
from tests.guard.tampering.run import COUNTS, SEED, WORLD_CASES, Report, stand
from tests.support import ERAS, Era

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
ALL_SENT = (
    "the row, between two requests",
    "the row, after the end",
    "the campaign, by another action",
    "the call, after it (newer era)",
    "the call, after it (older era)",
)
"""Kinds in each case of which something approved goes out before the change."""
NONE_SENT = (
    "the row, after it was stopped",
    "the row, after it was declined",
    "the row, never approved",
    "the row, while it is held",
    "address, key, connection",
    "a stricter policy",
    "a policy that asks",
    "a looser policy",
    "the account",
)
"""Kinds in which nothing may go out at all."""


def test_ten_thousand_tamperings_send_nothing_that_was_not_approved(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts = max(1, min(8, os.cpu_count() or 1))
    command = [
        sys.executable,
        "-m",
        "tests.guard.tampering.run",
        "--json",
        "--seed",
        SEED,
        "--of",
        str(parts),
    ]
    runs = [
        subprocess.Popen(
            [*command, "--part", str(part)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Measuring which lines run would take longer than running them.
            env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        )
        for part in range(parts)
    ]
    report = Report()
    for each in runs:
        told, broken = each.communicate()
        assert each.returncode == 0, broken[-5000:]
        cases, sent, wrong = json.loads(told)
        report.add(Report(Counter(cases), Counter(sent), wrong))
    with capsys.disabled():
        sys.stdout.write(f"\nseed {SEED}\n{report}\n")

    assert report.wrong == []
    assert report.cases == COUNTS
    assert report.cases.total() >= 10_000
    for kind in ALL_SENT:
        assert report.sent[kind] == COUNTS[kind]
    for kind in NONE_SENT:
        assert report.sent[kind] == 0
    # Most changes of a row stop it, and a few change nothing that was approved.
    changed = "the row, between approval and claim"
    assert 0.05 < report.sent[changed] / COUNTS[changed] < 0.4


# -- the harness can fail ------------------------------------------------------------------------


@pytest.fixture
def quietly(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Hundreds of refusals are no news, and certificates are read once."""
    monkeypatch.setattr(httpx2, "create_ssl_context", functools.cache(httpx2.create_ssl_context))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


async def untouched(stage: Stage) -> str:
    """Approved, and nothing changed."""
    action = await stage.approved()
    await stage.after(action)
    return ""


async def another_text(stage: Stage) -> str:
    """Approved, and another text written over its own."""
    action = await stage.approved()
    stage.world.db.execute(
        "UPDATE steps SET body = CAST(replace(CAST(body AS TEXT), ?, 'Buy now') AS BLOB) WHERE action_id = ?",
        (stage.mark, action.id),
    )
    await stage.after(action)
    return ""


@pytest.mark.parametrize("case", [untouched, campaigns.unchanged], ids=["an action", "a campaign"])
@pytest.mark.usefixtures("quietly")
async def test_without_a_change_exactly_what_was_approved_goes_out(case: Callable[[Stage], Any]) -> None:
    async with stand() as (world, others):
        rows = snapshot(world)
        for number in range(40):
            stage = Stage(world, others, Random(number), f"control {number}")
            await case(stage)
            assert world.oracle.new() == []
            assert world.oracle.left() == 0
            restore(world, rows)


@pytest.mark.usefixtures("quietly")
async def test_nothing_that_a_changed_row_names_is_looked_up() -> None:
    async with stand() as (world, others):
        action = await Stage(world, others, Random(0), "looked up").approved()
        no_list = '[{"kind": "list", "subject": "no number", "seen": {}, "count": 9}]'
        world.db.execute(
            "UPDATE actions SET terms = json_set(terms, '$.witnesses', json(?)) WHERE id = ?",
            (no_list, action.id),
        )
        asked = world.watch.sandbox.requests.total
        await world.drive()

        assert world.watch.sandbox.requests.total == asked
        assert world.rows.states()[action.id] == "void"


@pytest.mark.parametrize("mode", ERAS)
async def test_a_call_without_a_change_does_exactly_what_was_approved(tmp_path: Path, mode: Era) -> None:
    async with calls.line(tmp_path, mode) as held:
        for number in range(20):
            held.rng, held.mark = Random(number), f"n{number}"
            await calls.unchanged(held)
            assert held.oracle.new() == []
            assert held.oracle.left() == 0


def nothing(*_arguments: object, **_members: object) -> None:
    """Find nothing wrong."""


def always(*_arguments: object) -> bool:
    """Find everything in order."""
    return True


async def unlooked(_self: Executor, _action: object) -> None:
    """Look at nothing again."""


def approved_by_used_ones(*arguments: Any, used: bool = False) -> bool:
    """Take an approval that was used for one that was not."""
    return APPROVED(*arguments, used=False) or APPROVED(*arguments, used=True)


APPROVED = proofs.approved
Patches = list[tuple[object, str, object]]
DISABLED: dict[str, tuple[Patches, Callable[[Stage], Any]]] = {
    "the seal": (
        [
            (proofs, "not_as_approved", nothing),
            (proofs, "not_as_proposed", nothing),
            (executor, "not_as_proposed", nothing),
        ],
        another_text,
    ),
    "the approval": ([(proofs, "not_as_approved", nothing)], WORLD_CASES["the row, never approved"][0]),
    "that it is used up": (
        [(proofs, "approved", approved_by_used_ones), (proofs, "claimed_before", nothing)],
        WORLD_CASES["the row, after the end"][0],
    ),
    "the tickets": (
        [(proofs, "has_ticket", always)],
        WORLD_CASES["the row, after the end"][0],
    ),
    "how old it is": ([(claims, "too_late", nothing)], WORLD_CASES["the row, after it was stopped"][0]),
    "the policy": ([(Executor, "_changed", unlooked)], WORLD_CASES["a stricter policy"][0]),
    "the account": ([(Executor, "_changed", unlooked)], WORLD_CASES["the account"][0]),
    "the campaign": ([(Executor, "_changed", unlooked)], WORLD_CASES["the campaign, at the vendor"][0]),
    "the list": ([(Executor, "_changed", unlooked)], WORLD_CASES["its sender or list, at the vendor"][0]),
}


@pytest.mark.usefixtures("quietly")
@pytest.mark.parametrize("name", DISABLED)
async def test_the_oracle_finds_what_goes_out_once_a_check_is_missing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches, case = DISABLED[name]
    async with stand() as (world, others):
        rows = snapshot(world)
        for place, member, stand_in in patches:
            monkeypatch.setattr(place, member, stand_in)
        for number in range(1500):
            done = await run(world, others, case, f"without {name} {number}")
            restore(world, rows)
            if done.wrong:
                return
    pytest.fail("nothing was found")
