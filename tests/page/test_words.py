"""What the page says of an action in each of its states: to a person, and never what did not happen."""

from __future__ import annotations

import pytest

from egoi_mcp.guard.action import Channel, State
from egoi_mcp.page.words import no_longer, outcome_words
from tests.guard.actions import an_action

NOT_SENT = {State.APPROVED, State.DECLINED, State.EXPIRED, State.REVOKED}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("channel", [Channel.PAGE, None])
def test_a_person_is_told_what_became_of_it(state: State, channel: Channel | None) -> None:
    words = outcome_words(an_action(state, channel=channel))

    assert (words == "") == (state is State.PROPOSED)
    assert ("Nothing was sent" in words) == (state in NOT_SENT | {State.VOID})
    # What only a model can do is no advice for a person.
    assert "check_action" not in words
    assert "do not call again" not in words


def test_an_unknown_outcome_is_settled_by_a_person_who_looked() -> None:
    words = outcome_words(an_action(State.UNKNOWN))
    assert "may or may not have happened" in words
    assert "egoi-mcp actions settle act_23456789 --sent or --not-sent" in words


@pytest.mark.parametrize("state", State)
def test_a_form_of_before_decides_nothing_and_says_so(state: State) -> None:
    words = no_longer(an_action(state))
    assert "Nothing was decided" in words
    assert (state.value in words) == (state is not State.PROPOSED)
