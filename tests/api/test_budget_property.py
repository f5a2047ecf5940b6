"""Whatever comes in whatever order: never more than the limit, in turn, and nothing is wasted."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.budget_simulation import (
    NAP,
    Caller,
    Push,
    Story,
    begun_in_a_pause,
    idle_while_wanted,
    most_at_the_vendor,
    out_of_turn,
    tell,
)

# Sums of eighths are exact, so that a pause ends at the very moment at which the clock says so.
EIGHTHS = st.integers(0, 240).map(lambda eighths: eighths / 8)
SHORT = st.one_of(st.just(0.0), st.integers(0, 32).map(lambda eighths: eighths / 8), EIGHTHS)
LANES = st.sampled_from(["interactive", "interactive", "bulk"])
LIMITS = st.integers(1, 6)
PUSHES = st.lists(st.builds(Push, at=EIGHTHS, seconds=SHORT, process=st.integers(0, 2)), max_size=2)

STEADY = st.builds(Caller, arrives=EIGHTHS, takes=SHORT, lane=LANES, process=st.integers(0, 2))
ANY = st.builds(
    Caller,
    arrives=EIGHTHS,
    takes=SHORT,
    lane=LANES,
    process=st.integers(0, 2),
    outcome=st.sampled_from([None, None, "replied", "lost", "unsent"]),
    cancelled_after=st.one_of(st.none(), st.none(), SHORT),
    timeout_seconds=st.one_of(st.none(), st.none(), EIGHTHS),
)


def told_over_a_file(calls: int, callers: list[Caller], pushes: list[Push]) -> Story:
    with tempfile.TemporaryDirectory() as folder:
        return tell(calls, callers, pushes=pushes, path=Path(folder, "budget"))


@settings(max_examples=150)
@given(calls=LIMITS, callers=st.lists(ANY, max_size=30), pushes=PUSHES)
def test_one_process_keeps_the_limit_and_the_order_and_wastes_nothing(
    calls: int, callers: list[Caller], pushes: list[Push]
) -> None:
    story = tell(calls, callers, pushes=pushes)
    assert most_at_the_vendor(story) <= calls
    assert out_of_turn(story) == []
    assert begun_in_a_pause(story) == []
    bulk_calls = max(1, int(calls * 0.8))
    # One waking serves slots that free together, so each may lie for the length of a nap.
    assert idle_while_wanted(story, bulk_calls) <= NAP * (2 * len(callers) + 2)


@settings(max_examples=150)
@given(calls=LIMITS, callers=st.lists(ANY, max_size=30), pushes=PUSHES)
def test_several_processes_together_keep_the_limit_and_each_keeps_its_order(
    calls: int, callers: list[Caller], pushes: list[Push]
) -> None:
    story = told_over_a_file(calls, callers, pushes)
    assert most_at_the_vendor(story) <= calls
    assert out_of_turn(story, within_process=True) == []
    assert begun_in_a_pause(story) == []


@settings(max_examples=100)
@given(calls=LIMITS, callers=st.lists(STEADY, max_size=30), pushes=PUSHES)
def test_where_nobody_gives_up_the_order_holds_over_all_processes_and_nothing_is_wasted(
    calls: int, callers: list[Caller], pushes: list[Push]
) -> None:
    story = told_over_a_file(calls, callers, pushes)
    assert all(seen.granted is not None for seen in story.seen), "nobody starves"
    assert most_at_the_vendor(story) <= calls
    # Two processes that take slots which have freed do so each after its own nap.
    assert out_of_turn(story, by_more_than=NAP) == []
    bulk_calls = max(1, int(calls * 0.8))
    assert idle_while_wanted(story, bulk_calls) <= NAP * (2 * len(callers) + 2)


@settings(max_examples=100)
@given(calls=LIMITS, callers=st.lists(ANY, min_size=1, max_size=30))
def test_a_caller_with_a_deadline_is_served_in_time_or_refused(calls: int, callers: list[Caller]) -> None:
    for seen in tell(calls, callers).seen:
        patience = seen.caller.timeout_seconds
        if patience is None:
            assert seen.refused is None
        elif seen.granted is not None:
            assert seen.granted <= seen.arrived + patience + NAP
        elif seen.refused is not None:
            assert seen.left <= seen.arrived + patience + NAP
            assert seen.left + seen.refused.wait_seconds > seen.arrived + patience
