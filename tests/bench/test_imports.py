"""The import bench in its short form, over real processes and sockets, and its judge on made-up findings.

Real time passes in the first test, since what is tested is what becomes of processes that are killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.import_rows import (
    SentBatch,
    Verdict,
    email_of,
    fewest_requests,
    held_of,
    judge,
    received_of,
    write_rows,
)

ROOT = Path(__file__).resolve().parents[2]
ROWS = 6
EMAILS = tuple(email_of(number) for number in range(ROWS))
ALL_ONCE = Counter(EMAILS)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read as Linux tells it")
def test_a_killed_import_loses_and_doubles_nobody_and_sends_no_more_than_it_must() -> None:
    arguments = ["--rows", "600", "--kills", "2", "--batch-kb", "60", "--kill-batch-kb", "20", "--seed", "7"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.imports", *arguments],
        cwd=ROOT,
        # Killed processes write no coverage down, and measuring it would only slow the others.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("imports {")]
    assert json.loads(line.removeprefix("imports ")) == {"seed": 7, "rows": 600, "not_kept": 0}
    assert "progress told: " in done.stdout


def batches(*states: str) -> list[SentBatch]:
    """The rows in batches of two, each in its state."""
    return [SentBatch(state=state, emails=EMAILS[2 * n : 2 * n + 2]) for n, state in enumerate(states)]


def test_an_import_that_went_as_it_should_is_judged_so() -> None:
    done = batches("succeeded", "succeeded", "succeeded")
    again = ALL_ONCE + Counter(EMAILS[2:4])
    for received in (ALL_ONCE, again):
        assert judge("update", ROWS, done, [1], received=received, held=ALL_ONCE) == Verdict()
    unknown = batches("succeeded", "unknown", "succeeded")
    some = Counter(EMAILS[:2] + EMAILS[4:])
    for received in (ALL_ONCE, some):
        assert judge("add", ROWS, unknown, [1], received=received, held=received) == Verdict()


def test_who_is_lost_is_named() -> None:
    done = batches("succeeded", "succeeded", "succeeded")
    some = Counter(EMAILS[:5])
    found = judge("update", ROWS, done, [], received=some, held=some)
    assert found.lost == ["batch 3 is succeeded: 1 of its rows arrived", f"{EMAILS[5]} is not in the list"]


def test_who_is_doubled_is_named() -> None:
    done = batches("succeeded", "succeeded", "succeeded")
    twice = ALL_ONCE + Counter(EMAILS[:1])
    assert judge("update", ROWS, done, [], received=twice, held=twice).doubled == [
        f"{EMAILS[0]} is in the list 2 times"
    ]
    assert judge("add", ROWS, done, [], received=twice, held=ALL_ONCE).doubled == [
        f"{EMAILS[0]} was sent 2 times"
    ]


def test_a_batch_that_is_told_otherwise_than_it_was_is_named() -> None:
    told = batches("succeeded", "succeeded", "failed")
    found = judge("add", ROWS, told, [1], received=ALL_ONCE, held=ALL_ONCE)
    assert found.untrue == ["batch 2 is succeeded", "batch 3 is failed"]
    assert judge("update", ROWS, batches("unknown"), [0], received={}, held={}).untrue[1:] == [
        "batch 1 is unknown"
    ]
    left = judge(
        "update", ROWS, batches("succeeded", "pending", "sending"), [], received=ALL_ONCE, held=ALL_ONCE
    )
    assert left.open == ["batch 2 is pending", "batch 3 is sending"]


def test_batches_that_do_not_hold_the_rows_are_named() -> None:
    found = judge("update", ROWS, batches("succeeded"), [], received=ALL_ONCE, held=ALL_ONCE)
    assert found.untrue == ["the batches do not hold the rows once, in their order"]


def test_the_rows_are_as_large_as_they_are_said_to_be(tmp_path: Path) -> None:
    sizes = write_rows(tmp_path / "x.csv", 20, 300)
    assert set(sizes) == {300}
    head = {"mode": "add", "compare_field": "email"}
    assert [fewest_requests(sizes, head, most) for most in (20_000, 700, 6100, 6000)] == [1, 10, 1, 2]


def test_what_the_sandbox_counted_is_read_by_row() -> None:
    kinds = [("row_imported", "a"), ("contact_created", "1"), ("row_imported", "b"), ("contact_updated", "2")]
    effects = {"changes": [{"kind": kind, "subject": subject} for kind, subject in (*kinds, *kinds[:1])]}
    assert received_of(effects) == Counter({"a": 2, "b": 1})
    assert held_of(effects) == Counter({"a": 1})
