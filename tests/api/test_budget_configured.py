"""Differing limits, what a budget tells, what it refuses, and a file that cannot be used."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import anyio
import pytest

from egoi_mcp.api.budget import Lane, RateBudget, default_guard_seconds
from egoi_mcp.errors import StateUnavailable
from tests.api.budget_simulation import SPAN, VIRTUAL_TIME, WINDOW, around, budget

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Asynchronous tests here run in virtual time too."""
    return VIRTUAL_TIME


# -- processes that are configured differently ---------------------------------------------------


async def test_the_fewer_calls_hold_for_all_while_they_are_in_use(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    lax, strict = budget(5, path=path), budget(2, path=path)
    assert strict.snapshot().limit == 2
    assert lax.snapshot().limit == 2
    await anyio.sleep(10 * SPAN)
    assert lax.snapshot().limit == 2
    await anyio.sleep(1)
    assert lax.snapshot().limit == 5
    assert strict.snapshot().limit == 2


async def test_the_longer_window_holds_for_all_and_knows_the_calls_before_it(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    short, long = budget(3, path=path), budget(4, path=path, window=5 * WINDOW)
    for _ in range(3):
        async with short.slot():
            pass
    await anyio.sleep(2 * SPAN)
    assert short.snapshot().available_now == 3
    found = long.snapshot()
    assert (found.limit, found.window_seconds, found.available_now) == (3, 5 * WINDOW, 0)
    assert short.snapshot().available_now == 0


async def test_many_different_limits_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    for calls in range(9, 1, -1):
        assert budget(calls, path=path, window=WINDOW * calls).snapshot().limit == calls
    found = budget(9, path=path).snapshot()
    assert (found.limit, found.window_seconds) == (2, 9 * WINDOW)


# -- what a budget tells -------------------------------------------------------------------------


async def test_a_snapshot_counts_calls_under_way_and_calls_of_the_window() -> None:
    own = budget(3)
    assert own.snapshot().next_free_seconds == 0
    async with own.slot():
        pass
    await own.reserve()
    await anyio.sleep(4)
    found = own.snapshot()
    assert (found.limit, found.window_seconds, found.in_use, found.available_now) == (3, WINDOW, 2, 1)
    await own.reserve()
    found = own.snapshot()
    assert (found.in_use, found.available_now) == (3, 0)
    assert found.next_free_seconds == pytest.approx(SPAN - 4)
    await anyio.sleep(SPAN - 4)
    assert own.snapshot().available_now == 1


async def test_a_grant_tells_how_long_it_waited() -> None:
    own = budget(1)
    async with own.slot() as grant:
        assert grant.waited_seconds == 0
    async with own.slot("bulk") as grant:
        assert (grant.lane, grant.waited_seconds) == ("bulk", around(SPAN))


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls": 0},
        {"window_seconds": 0},
        {"window_seconds": math.inf},
        {"guard_seconds": -1},
        {"bulk_share": 0},
        {"bulk_share": 1.1},
        {"lost_reply_seconds": math.nan},
    ],
)
def test_a_limit_that_means_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"takes|bulk_share"):
        RateBudget(**{"calls": 1, "window_seconds": 1.0, **wrong})  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(("window", "guard"), [(60.0, 0.06), (0.2, 0.001)])
def test_the_guard_is_a_thousandth_of_the_window_and_a_millisecond_at_least(
    window: float, guard: float
) -> None:
    assert default_guard_seconds(window) == pytest.approx(guard, abs=0.0001)


async def test_clock_and_sleep_can_be_given() -> None:
    now = 50.0
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    own = RateBudget(calls=1, window_seconds=60, guard_seconds=0, clock=lambda: now, sleep=sleep)
    for _ in range(3):
        async with own.slot():
            pass
    assert slept == [around(60), around(60)]


# -- a file that cannot be used ------------------------------------------------------------------


def _break(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("lane", ["interactive", "bulk"])
async def test_without_its_file_nothing_is_granted(tmp_path: Path, lane: Lane) -> None:
    (tmp_path / "budget").mkdir()
    own = RateBudget(calls=5, window_seconds=60, path=tmp_path / "budget")
    with pytest.raises(StateUnavailable, match=r"cannot be used .*Nothing was sent"):
        await own.reserve(lane)
    with pytest.raises(StateUnavailable):
        own.snapshot()


async def test_callers_in_line_are_told_when_the_file_is_lost_for_good(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    own = budget(1, path=path)
    await own.reserve()
    told: list[StateUnavailable] = []

    async def call() -> None:
        try:
            await own.reserve()
        except StateUnavailable as error:
            told.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(call)
        await anyio.sleep(1)
        _break(path)
    assert len(told) == 3


async def test_what_comes_after_a_call_does_not_fail_without_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = RateBudget(calls=5, window_seconds=60, path=tmp_path / "budget")
    grants = [await own.reserve(), await own.reserve()]
    _break(tmp_path / "budget")
    with caplog.at_level(logging.WARNING):
        own.release(grants[0])
        own.release(grants[1], "unsent")
        own.push_back(1)
    assert [record.message.split(".")[0].split(";")[0] for record in caplog.records] == [
        "The end of a call was not noted",
        "A caller's place was not given back",
        "The vendor's wish to wait was not noted for other processes",
    ]
