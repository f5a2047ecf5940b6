"""The choices of the fault bench: all from the seed, and every kind among them."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.fault_clock import MovableClock, move_wall_clock
from bench.fault_person import Book
from bench.fault_plan import Blow, Choice, Kind, Replay, Wire, make_plan
from bench.fault_wire import action_of


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(20, 200))
def test_the_same_seed_chooses_the_same_and_leaves_no_kind_out(seed: int, sends: int) -> None:
    plan = make_plan(seed, sends)
    assert plan == make_plan(seed, sends)
    assert sum(job.is_send for job in plan.jobs) >= sends
    assert {job.kind for job in plan.jobs} == set(get_args(Kind))
    assert {job.choice for job in plan.jobs} == set(get_args(Choice))
    assert {job.replay for job in plan.jobs} == set(get_args(Replay))
    assert {event.kind for event in plan.events} == {*get_args(Wire), *get_args(Blow)}


def test_another_seed_chooses_otherwise() -> None:
    assert make_plan(1, 60) != make_plan(2, 60)


@settings(max_examples=5)
@given(st.integers(0, 10**6))
def test_no_two_jobs_send_the_same_text(seed: int) -> None:
    jobs = make_plan(seed, 100).everything.values()
    assert max(Counter(job.text for job in jobs).values()) == 1


def test_a_person_approves_one_action_of_a_job_as_often_as_asked_and_no_other() -> None:
    book, job = Book(), make_plan(1, 20).jobs[0]
    assert [book.approves(job, each) for each in ("act_a", "act_a", "act_b", "act_a")] == [
        True,
        True,
        False,
        True,
    ]


def test_the_action_of_a_question_is_the_one_that_it_asks_about() -> None:
    asked = "ATTENTION: the same was sent just now (act_old2).\n\nSend\n\nAction act_new3. Nothing yet."
    assert action_of(asked) == "act_new3"
    assert action_of("no action at all") == ""


def test_a_jump_moves_the_clock_of_all_who_share_it_and_of_nobody_afterwards(tmp_path: Path) -> None:
    ours, theirs = MovableClock(tmp_path / "clock"), MovableClock(tmp_path / "clock")
    put_back = move_wall_clock(theirs)
    try:
        before = time.time()
        ours.jump(-3600.0)
        assert -3600.0 <= time.time() - before < -3500.0
        ours.jump(7200.0)
        assert 3600.0 <= time.time() - before < 3700.0
    finally:
        put_back()
    assert time.time() - before < 3600.0
