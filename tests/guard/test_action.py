"""The states of an action, and the outcome that its steps add up to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.guard.action import DECISIONS, OPEN, TRANSITIONS, State, StepState, outcome_of_steps, sources

ENDED = st.sampled_from([StepState.SUCCEEDED, StepState.PARTIAL, StepState.FAILED, StepState.UNKNOWN])
RUNNING = st.sampled_from([StepState.PENDING, StepState.SENDING])


def test_every_state_has_its_arrows() -> None:
    assert set(TRANSITIONS) == set(State)


def test_only_an_approved_action_can_begin_and_only_a_proposal_can_be_approved() -> None:
    assert sources(State.EXECUTING) == ("approved",)
    assert sources(State.APPROVED) == ("proposed",)
    assert sources(State.PROPOSED) == ()


def test_what_has_begun_can_only_end() -> None:
    assert TRANSITIONS[State.EXECUTING] == {State.SUCCEEDED, State.PARTIAL, State.FAILED, State.UNKNOWN}
    assert not TRANSITIONS[State.EXECUTING] & DECISIONS


def test_only_the_unknown_changes_after_the_end() -> None:
    final = set(State) - OPEN - {State.UNKNOWN}

    assert all(not TRANSITIONS[state] for state in final)
    assert not TRANSITIONS[State.UNKNOWN] & (OPEN | {State.UNKNOWN})


@pytest.mark.parametrize("target", list(State))
def test_sources_are_the_arrows_read_backwards(target: State) -> None:
    assert set(sources(target)) == {source for source in State if target in TRANSITIONS[source]}


@given(st.lists(ENDED, min_size=1), st.integers(0, 5))
def test_one_unknown_step_makes_the_whole_unknown(states: list[StepState], at: int) -> None:
    states.insert(at, StepState.UNKNOWN)

    assert outcome_of_steps(states) is State.UNKNOWN


@given(st.lists(ENDED, min_size=1))
def test_the_outcome_is_success_or_failure_only_if_every_step_is(states: list[StepState]) -> None:
    outcome = outcome_of_steps(states)

    assert (outcome is State.SUCCEEDED) is (set(states) == {StepState.SUCCEEDED})
    assert (outcome is State.FAILED) is (set(states) == {StepState.FAILED})
    assert (outcome is State.UNKNOWN) is (StepState.UNKNOWN in states)
    assert outcome in TRANSITIONS[State.EXECUTING]


@given(st.lists(ENDED), RUNNING, st.integers(0, 5))
def test_there_is_no_outcome_while_a_step_is_open(states: list[StepState], step: StepState, at: int) -> None:
    states.insert(at, step)

    with pytest.raises(ValueError, match="every one of its steps"):
        outcome_of_steps(states)


def test_no_steps_have_no_outcome() -> None:
    with pytest.raises(ValueError, match="every one of its steps"):
        outcome_of_steps([])
