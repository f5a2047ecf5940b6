"""What counts as a person's yes: a plain approval with all that was asked for, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import ElicitResult

from egoi_mcp.guard.action import State
from egoi_mcp.guard.asking import question, read_answer
from tests.guard.actions import an_action

VALUES = (
    st.none() | st.booleans() | st.integers(-5, 60) | st.floats() | st.text(max_size=9) | st.lists(st.text())
)
CONTENTS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "decision": st.sampled_from(["approve", "decline", "Approve", " approve", "yes", ""]) | VALUES,
        "recipients": VALUES,
        "other": VALUES,
    },
)
ACTIONS = st.sampled_from(["accept", "decline", "cancel"])


def answer(action: str, content: dict[str, Any] | None) -> ElicitResult:
    return ElicitResult.model_construct(action=action, content=content)


@given(ACTIONS, CONTENTS, st.none() | st.integers(0, 50), st.integers(0, 50))
def test_only_a_plain_approval_with_the_right_number_approves(
    action: str, content: dict[str, Any] | None, recipients: int | None, above: int
) -> None:
    read = read_answer(answer(action, content), an_action(recipients=recipients), type_count_above=above)
    said = content or {}
    typed = said.get("recipients")
    counted = recipients is None or recipients <= above or (typed == recipients and typed is not True)

    approved = action == "accept" and said.get("decision") == "approve" and counted and typed is not False
    if recipients is None or recipients <= above:
        approved = action == "accept" and said.get("decision") == "approve"
    assert (read == "approve") is approved
    assert (read == "decline") is (
        action == "decline" or (action == "accept" and said.get("decision") == "decline")
    )


@pytest.mark.parametrize("typed", [True, "30", None, 29, 30.5, float("nan"), [30]])
def test_only_the_number_itself_is_the_number(typed: object) -> None:
    given_answer = answer("accept", {"decision": "approve", "recipients": typed})

    assert read_answer(given_answer, an_action(recipients=30), type_count_above=25) == "wrong_count"


def test_one_is_not_true() -> None:
    given_answer = answer("accept", {"decision": "approve", "recipients": True})

    assert read_answer(given_answer, an_action(recipients=1), type_count_above=0) == "wrong_count"


@given(st.none() | st.integers(0, 50), st.integers(0, 50))
def test_the_form_asks_for_the_number_exactly_where_it_is_read(recipients: int | None, above: int) -> None:
    action = an_action(recipients=recipients)
    form = question(action, type_count_above=above)
    without = read_answer(answer("accept", {"decision": "approve"}), action, type_count_above=above)

    assert ("recipients" in form.requested_schema["required"]) is (without == "wrong_count")
    assert (without == "approve") is (recipients is None or recipients <= above)


def test_every_member_of_the_form_is_required_and_has_no_default() -> None:
    schema = question(an_action(recipients=100), type_count_above=25).requested_schema

    assert set(schema["required"]) == set(schema["properties"]) == {"decision", "recipients"}
    assert not any("default" in member for member in schema["properties"].values())


def test_a_duplicate_is_said_before_everything_else() -> None:
    form = question(an_action(State.PROPOSED, duplicate_of="act_22222222"), type_count_above=25)

    assert form.message.startswith("ATTENTION: the same was sent just now, or may have been (act_22222222).")


def test_the_question_says_that_nothing_has_been_sent() -> None:
    assert question(an_action(), type_count_above=25).message.endswith(
        "Action act_23456789. Nothing has been sent yet."
    )
