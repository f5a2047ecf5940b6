"""What the model is told of an action in each of its states: what happened, what did not, what next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from egoi_mcp.guard.action import Action, State, Step, StepState
from egoi_mcp.guard.outcomes import outcome_of
from egoi_mcp.models.outcome import ERRORS
from tests.guard.actions import an_action, steps

NOT_SENT = (State.PROPOSED, State.DECLINED, State.EXPIRED, State.REVOKED, State.VOID)
WAITING = (State.PROPOSED, State.APPROVED)


def told(action: Action, **how: bool) -> str:
    return outcome_of(action, pii="full", **how).message


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_status_and_its_sentence(state: State) -> None:
    outcome = outcome_of(an_action(state), pii="full")

    assert outcome.status == ("needs_approval" if state is State.PROPOSED else state.value)
    assert outcome.action_id == "act_23456789"
    assert outcome.message.strip()
    assert outcome.as_text().startswith(f"{outcome.status}: ")


@pytest.mark.parametrize("state", list(State))
def test_only_denied_failed_unknown_and_void_are_errors(state: State) -> None:
    assert outcome_of(an_action(state), pii="full").is_error is (
        state in {State.FAILED, State.UNKNOWN, State.VOID}
    )
    assert {"denied", "failed", "unknown", "void"} == ERRORS


@pytest.mark.parametrize("state", NOT_SENT)
def test_what_was_not_sent_says_so(state: State) -> None:
    assert "Nothing was sent" in told(an_action(state))


@pytest.mark.parametrize("state", [state for state in State if state not in NOT_SENT])
def test_what_may_have_been_sent_never_says_that_nothing_was(state: State) -> None:
    assert "nothing was sent" not in told(an_action(state)).lower()


@pytest.mark.parametrize("state", list(State))
def test_the_preview_is_shown_while_there_is_something_to_decide(state: State) -> None:
    assert (outcome_of(an_action(state), pii="full").preview is not None) is (state in WAITING)


@pytest.mark.parametrize("state", [State.APPROVED, State.EXECUTING])
def test_what_is_under_way_asks_for_check_action_and_no_second_call(state: State) -> None:
    assert "check_action" in told(an_action(state))
    assert "do not call again" in told(an_action(state))


def test_a_proposal_says_how_a_person_approves() -> None:
    assert "egoi-mcp actions approve act_23456789" in told(an_action(State.PROPOSED))
    assert "approval=act_23456789" not in told(an_action(State.PROPOSED))


def test_in_a_chat_the_second_call_approves() -> None:
    assert "approval=act_23456789" in told(an_action(State.PROPOSED), chat=True)


def test_a_duplicate_names_the_earlier_one_and_no_chat_approves_it() -> None:
    action = an_action(State.PROPOSED, duplicate_of="act_22222222")
    outcome = outcome_of(action, pii="full", chat=True)

    assert (outcome.status, outcome.duplicate_of) == ("duplicate", "act_22222222")
    assert "act_22222222" in outcome.message
    assert "approval=" not in outcome.message
    assert "egoi-mcp actions approve act_23456789" in outcome.message


def test_an_unknown_outcome_says_that_it_may_have_happened_and_who_settles_it() -> None:
    message = told(an_action(State.UNKNOWN))

    assert "may or may not have happened" in message
    assert "never sent again by itself" in message
    assert "egoi-mcp actions settle act_23456789" in message


def test_a_void_action_says_why() -> None:
    note = "The connection now leads to another account. Nothing was sent."

    assert told(an_action(State.VOID, note=note)) == note


def test_several_requests_are_counted_by_how_they_ended() -> None:
    ended = steps(StepState.SUCCEEDED, StepState.SUCCEEDED, StepState.FAILED, StepState.UNKNOWN)
    message = told(an_action(State.UNKNOWN, steps=ended))

    assert "Of 4 requests: 2 succeeded, 1 failed, 1 unknown." in message


def test_requests_that_ended_alike_one_after_the_other_are_told_together() -> None:
    ended = steps(StepState.SUCCEEDED, StepState.FAILED, StepState.FAILED, StepState.UNKNOWN)
    noted = tuple(replace(each, note="the number is wrong.") if each.number == 2 else each for each in ended)
    alike = tuple(replace(each, note="refused") if each.number in {2, 3} else each for each in ended)

    assert (
        "Request 1: succeeded. Request 2: failed, the number is wrong. Request 3: failed. Request 4: unknown."
    ) in told(an_action(State.PARTIAL, steps=noted))
    assert "Request 1: succeeded. Requests 2 to 3: failed, refused. Request 4: unknown." in told(
        an_action(State.UNKNOWN, steps=alike)
    )


def test_of_many_requests_the_first_ten_runs_are_told_and_the_rest_counted() -> None:
    ended = steps(*[StepState.SUCCEEDED, StepState.FAILED] * 8)
    message = told(an_action(State.PARTIAL, steps=ended))

    assert "Of 16 requests: 8 succeeded, 8 failed." in message
    assert "Request 10: failed. And 6 more, which the record shows." in message
    assert "Request 11" not in message


def test_notes_are_said_once_and_at_most_three_of_them() -> None:
    noted = tuple(
        replace(step, note=note)
        for step, note in zip(steps(*[StepState.FAILED] * 5), ["a", "a", "b", "c", "d"], strict=True)
    )

    assert told(an_action(State.FAILED, steps=noted)).endswith(" a; b; c.")


def test_ids_come_from_every_step_in_order() -> None:
    made: tuple[Step, ...] = tuple(
        replace(step, ids=ids)
        for step, ids in zip(
            steps(StepState.SUCCEEDED, StepState.SUCCEEDED), [("1", "2"), ("3",)], strict=True
        )
    )

    assert outcome_of(an_action(State.SUCCEEDED, steps=made), pii="full").ids == ("1", "2", "3")


def test_the_model_sees_of_the_recipients_what_the_owner_lets_it_see() -> None:
    action = an_action(State.PROPOSED)

    assert "+351900000001" in outcome_of(action, pii="full").as_text()
    for pii in ("masked", "ids"):
        assert "351900000001" not in outcome_of(action, pii=pii).as_text()
        assert "351900000001" not in outcome_of(action, pii=pii).model_dump_json()


def test_an_action_under_way_tells_how_many_of_its_requests_have_ended() -> None:
    some = steps(StepState.SUCCEEDED, StepState.SENDING, StepState.PENDING)
    assert "under way: 1 of 3 requests have ended. Ask" in told(an_action(State.EXECUTING, steps=some))
    assert "under way. Ask" in told(an_action(State.EXECUTING, steps=steps(StepState.SENDING)))


def test_what_each_request_is_about_is_told_where_the_preview_says_it() -> None:
    some = steps(StepState.SUCCEEDED, StepState.SENDING, StepState.PENDING)
    action = an_action(State.EXECUTING, steps=some)
    said = action.preview.model_copy(update={"facts": {"batches": "rows 2-9; rows 10-17; rows 18-20"}})
    assert "1 of 3 requests have ended, now rows 10-17. Ask" in told(replace(action, preview=said))
    said = action.preview.model_copy(update={"facts": {"batches": "rows 2-9; …"}})
    assert "1 of 3 requests have ended. Ask" in told(replace(action, preview=said))
