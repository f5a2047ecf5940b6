"""What callers of a budget can rely on, told in virtual time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import anyio
import pytest

from egoi_mcp.api.budget import RateBudget
from egoi_mcp.api.budget_file import BudgetFile
from egoi_mcp.api.budget_state import NANOSECONDS, Limit
from egoi_mcp.errors import BudgetExhausted
from tests.api.budget_simulation import (
    LONGEST,
    LOST,
    NAP,
    SPAN,
    VIRTUAL_TIME,
    WINDOW,
    Caller,
    Push,
    around,
    budget,
    tell,
    waits,
)

pytestmark = pytest.mark.anyio

LIMIT = Limit(1, round(SPAN * NANOSECONDS))
DEAD = 7  # the id of a process that is no more


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Asynchronous tests here run in virtual time too."""
    return VIRTUAL_TIME


# -- when a slot frees ---------------------------------------------------------------------------


def test_calls_below_the_limit_do_not_wait() -> None:
    assert waits(3, Caller(), Caller(), Caller()) == [0, 0, 0]


def test_the_call_above_the_limit_waits_a_window_and_the_guard() -> None:
    assert waits(2, Caller(), Caller(), Caller()) == [0, 0, around(SPAN)]


def test_a_slot_frees_a_window_after_the_reply_not_after_the_grant() -> None:
    assert waits(1, Caller(takes=4), Caller(arrives=1)) == [0, around(4 + SPAN - 1)]


def test_silence_saves_nothing_up() -> None:
    late = [Caller(arrives=0.9 * WINDOW + n / 1000) for n in range(4)]
    assert waits(3, Caller(), *late) == [0, 0, 0, around(SPAN - 0.9 * WINDOW - 0.002), around(SPAN - 0.003)]


def test_a_long_call_delays_nobody_who_can_use_another_slot() -> None:
    assert waits(2, Caller(takes=50), Caller(takes=1), Caller(arrives=2)) == [0, 0, around(1 + SPAN - 2)]


def test_a_call_that_lost_its_reply_keeps_its_slot_a_little_longer() -> None:
    assert waits(1, Caller(takes=1, outcome="lost"), Caller()) == [0, around(1 + LOST + SPAN)]


def test_a_call_that_was_never_sent_hands_its_slot_to_the_next_at_once() -> None:
    assert waits(1, Caller(takes=1, outcome="unsent"), Caller()) == [0, 1]


async def test_a_block_that_an_exception_leaves_has_lost_its_reply() -> None:
    own = budget(1)
    with pytest.raises(ConnectionError):
        async with own.slot():
            raise ConnectionError
    assert own.snapshot().in_use == 1
    assert own.snapshot().next_free_seconds == pytest.approx(SPAN)
    await anyio.sleep(SPAN)
    assert own.snapshot().available_now == 0
    await anyio.sleep(LOST)
    assert own.snapshot().available_now == 1


async def test_the_slot_of_a_process_that_died_frees_a_window_after_the_longest_call(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    await budget(1, path=path).reserve()
    survivor = budget(1, path=path)
    start = anyio.current_time()
    async with survivor.slot():
        assert anyio.current_time() - start == around(LONGEST + SPAN)


async def test_a_call_that_outlives_the_longest_counts_from_its_end_as_well() -> None:
    own = budget(1)
    grant = await own.reserve()
    await anyio.sleep(LONGEST + SPAN)
    assert own.snapshot().available_now == 1
    own.release(grant)
    assert own.snapshot().available_now == 0


# -- the line ------------------------------------------------------------------------------------


def test_a_cancelled_caller_makes_the_rest_of_the_line_move_up() -> None:
    assert waits(1, Caller(), Caller(cancelled_after=5), Caller(), Caller()) == [
        0,
        pytest.approx(math.nan, nan_ok=True),
        around(SPAN),
        around(2 * SPAN + NAP),
    ]


def test_a_newcomer_does_not_take_the_slot_of_somebody_who_is_just_waking(tmp_path: Path) -> None:
    callers = (Caller(), Caller(arrives=1), Caller(arrives=SPAN + NAP / 2, process=1))
    assert waits(1, *callers, path=tmp_path / "budget") == [0, around(SPAN - 1), around(SPAN - NAP / 2 + NAP)]


async def test_a_caller_cancelled_as_it_is_granted_hands_the_slot_on() -> None:
    own = budget(1)
    first = await own.reserve()
    scope = anyio.CancelScope()

    async def unlucky() -> None:
        with scope:
            await own.reserve()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(unlucky)
        await anyio.sleep(1)
        own.release(first, "unsent")
        assert own.snapshot().in_use == 1
        scope.cancel()
    assert own.snapshot().available_now == 1


async def test_a_caller_that_is_cancelled_already_takes_nothing() -> None:
    own = budget(1)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await own.reserve()
    assert own.snapshot().in_use == 0


def test_processes_take_their_turns_in_one_line(tmp_path: Path) -> None:
    callers = [Caller(arrives=n / 10, process=n % 3) for n in range(6)]
    found = waits(2, *callers, path=tmp_path / "budget")
    served = [caller.arrives + wait for caller, wait in zip(callers, found, strict=True)]
    assert served == sorted(served)
    assert served[-1] == around(2 * SPAN + 0.1 + NAP)


async def test_a_caller_behind_a_waiting_process_that_died_gets_the_slot_after_the_dead_one_s(
    tmp_path: Path,
) -> None:
    path = tmp_path / "budget"
    own = budget(1, path=path)
    async with own.slot():
        pass
    start = anyio.current_time()
    with BudgetFile(path, LIMIT, anyio.current_time) as state:
        state.join(DEAD, state.next_serial(), "interactive", state.opens_at(0))
    async with own.slot():
        assert anyio.current_time() - start == around(2 * SPAN)
    assert own.snapshot().in_use == 1


async def test_a_newcomer_does_not_wait_for_a_process_that_died(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    own = budget(1, path=path)
    with BudgetFile(path, LIMIT, anyio.current_time) as state:
        state.join(DEAD, state.next_serial(), "interactive", state.now)
    await anyio.sleep(1.1)
    assert (await own.reserve()).waited_seconds == 0


async def test_a_process_that_was_taken_for_dead_comes_back_to_its_old_place(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    early, late = budget(1, path=path), budget(1, path=path)
    order: list[str] = []
    await early.reserve()

    async def call(name: str, own: RateBudget) -> None:
        async with own.slot():
            order.append(name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, "early", early)
        await anyio.sleep(1)
        tasks.start_soon(call, "late", late)
        await anyio.sleep(1)
        with BudgetFile(path, LIMIT, anyio.current_time) as state:
            state.part(set(state.parties))
    assert order == ["early", "late"]


# -- deadlines -----------------------------------------------------------------------------------


async def test_a_caller_who_cannot_be_served_in_time_is_told_so_at_once() -> None:
    own = budget(2)
    for _ in range(2):
        async with own.slot():
            pass
    start = anyio.current_time()
    with pytest.raises(BudgetExhausted) as told:
        await own.reserve(timeout_seconds=3)
    assert anyio.current_time() == start
    assert told.value.wait_seconds == pytest.approx(SPAN)
    assert str(told.value) == (
        "All 2 calls that 10 s allow are in use: the next call can begin in 10.0 s at the earliest, and "
        "this one may wait 3.0 s. Nothing was sent. Try again in 11 s."
    )


def test_a_caller_who_can_be_served_in_time_waits() -> None:
    assert waits(1, Caller(), Caller(timeout_seconds=SPAN + 0.001)) == [0, around(SPAN)]


def test_a_deadline_counts_who_is_before_in_line() -> None:
    found = waits(
        1, Caller(), Caller(), Caller(timeout_seconds=1.5 * SPAN), Caller(timeout_seconds=2.5 * SPAN)
    )
    assert found == [0, around(SPAN), pytest.approx(math.nan, nan_ok=True), around(2 * SPAN + NAP)]


def test_a_deadline_that_turns_out_too_early_is_told_when_that_is_known() -> None:
    story = tell(1, [Caller(takes=8), Caller(arrives=1, timeout_seconds=12)])
    (refused,) = [s for s in story.seen if s.refused is not None]
    assert refused.left - refused.arrived == around(SPAN)
    assert refused.refused is not None
    assert refused.refused.wait_seconds == pytest.approx(7, abs=NAP)


def test_without_patience_only_a_free_slot_is_taken() -> None:
    assert waits(1, Caller(timeout_seconds=0), Caller(arrives=1, timeout_seconds=0)) == [
        0,
        pytest.approx(math.nan, nan_ok=True),
    ]


# -- bulk work -----------------------------------------------------------------------------------


def test_bulk_work_leaves_a_part_of_the_limit_free() -> None:
    bulk = [Caller(lane="bulk") for _ in range(9)]
    assert waits(10, *bulk) == [0] * 8 + [around(SPAN)]


def test_interactive_calls_do_not_wait_behind_a_bulk_flood(tmp_path: Path) -> None:
    flood = [Caller(lane="bulk", process=n % 3) for n in range(60)]
    people = [Caller(arrives=SPAN * n + 0.5, process=n % 3) for n in range(8)]
    assert waits(10, *flood, *people, path=tmp_path / "budget")[60:] == [0] * 8


def test_bulk_work_yields_to_an_interactive_caller_of_any_process(tmp_path: Path) -> None:
    callers = (Caller(), Caller(arrives=1, lane="bulk"), Caller(arrives=2, process=1))
    assert waits(1, *callers, path=tmp_path / "budget") == [0, around(2 * SPAN - 1 + NAP), around(SPAN - 2)]


async def test_a_refused_bulk_caller_is_told_of_its_share() -> None:
    own = budget(5)
    for _ in range(4):
        await own.reserve("bulk")
    with pytest.raises(BudgetExhausted, match=r"The 80% of the 5 calls that 10 s allow that bulk work may"):
        await own.reserve("bulk", timeout_seconds=1)
    assert (await own.reserve()).waited_seconds == 0


# -- a vendor that says 429 ----------------------------------------------------------------------


def test_a_429_holds_every_process_up(tmp_path: Path) -> None:
    callers = (Caller(arrives=1), Caller(arrives=2, process=1), Caller(arrives=31, process=1))
    pushes = (Push(at=0, seconds=30),)
    assert waits(5, *callers, pushes=pushes, path=tmp_path / "budget") == [around(29), around(28), 0]


def test_a_429_holds_up_those_who_wait_already() -> None:
    assert waits(1, Caller(), Caller(), pushes=(Push(at=5, seconds=20),)) == [0, around(25)]


def test_a_shorter_429_does_not_shorten_a_longer_one() -> None:
    pushes = (Push(at=0, seconds=30), Push(at=1, seconds=1))
    assert waits(1, Caller(arrives=2), pushes=pushes) == [around(28)]


async def test_a_caller_refused_in_a_pause_is_told_of_the_pause() -> None:
    own = budget(5)
    own.push_back(30)
    with pytest.raises(BudgetExhausted, match=r"The vendor asked for a pause: .* in 30\.0 s") as told:
        await own.reserve(timeout_seconds=10)
    assert told.value.wait_seconds == 30


@pytest.mark.parametrize("seconds", [-1, math.inf, math.nan])
def test_a_pause_without_an_end_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="number of seconds"):
        RateBudget(calls=1, window_seconds=1).push_back(seconds)
