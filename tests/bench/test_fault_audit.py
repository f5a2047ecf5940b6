"""The judge of the fault bench: what it finds, and that it finds nothing where all is true."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.fault_audit import Row, Sent, Verdict, judge, without_lost_drafts

ENDS = ("succeeded", "failed", "unknown")


def sent(*marks: str, state: str = "succeeded") -> Sent:
    """One request that would leave these marks."""
    return Sent(state=state, marks=marks)


def row(*requests: Sent, state: str = "succeeded", approved: bool = True, name: str = "act_1") -> Row:
    """An action."""
    return Row(id=name, marker="F00001", state=state, approved=approved, requests=requests)


def found(verdict: Verdict) -> set[str]:
    """Which kinds of findings there are."""
    kinds = ("more_than_once", "without_approval", "contradictions", "left_open")
    return {kind for kind in kinds if getattr(verdict, kind)}


def test_a_send_that_is_told_as_it_happened_is_no_finding() -> None:
    assert found(judge([row(sent("a", "b"))], {"a": 1, "b": 1})) == set()


def test_a_send_that_happened_twice_is_found() -> None:
    assert found(judge([row(sent("a"))], {"a": 2})) == {"more_than_once", "contradictions"}


def test_an_effect_of_which_no_row_knows_is_found() -> None:
    assert found(judge([], {"a": 1})) == {"without_approval", "contradictions"}


def test_an_effect_of_an_action_that_nobody_approved_is_found() -> None:
    assert found(judge([row(sent("a"), approved=False)], {"a": 1})) == {"without_approval"}


@pytest.mark.parametrize("state", ENDS)
def test_an_action_carried_out_without_approval_is_found_without_any_effect(state: str) -> None:
    verdict = judge([row(sent("a", state=state), state=state, approved=False)], {})
    assert "without_approval" in found(verdict)


def test_an_effect_of_an_action_told_as_failed_is_found() -> None:
    assert found(judge([row(sent("a", state="failed"), state="failed")], {"a": 1})) == {"contradictions"}


def test_a_success_without_its_effect_is_found() -> None:
    assert found(judge([row(sent("a", "b"))], {"a": 1})) == {"contradictions"}


@pytest.mark.parametrize("count", [0, 1])
def test_unknown_is_true_whether_it_happened_or_not(count: int) -> None:
    assert found(judge([row(sent("a", state="unknown"), state="unknown")], {"a": count})) == set()


@pytest.mark.parametrize("state", ["declined", "expired", "revoked", "void"])
def test_an_effect_of_an_action_that_never_began_is_found(state: str) -> None:
    waiting = row(sent("a", state="pending"), state=state)
    assert found(judge([waiting], {})) == set()
    assert found(judge([waiting], {"a": 1})) == {"contradictions"}


@pytest.mark.parametrize("state", ["proposed", "approved", "executing"])
def test_an_action_that_is_still_open_is_found(state: str) -> None:
    assert found(judge([row(sent("a", state="pending"), state=state)], {})) == {"left_open"}


def test_a_partial_outcome_is_judged_request_by_request() -> None:
    partial = row(sent("a"), sent("b", state="failed"), state="partial")
    assert found(judge([partial], {"a": 1})) == set()
    assert found(judge([partial], {"b": 1})) == {"contradictions"}


def test_a_second_proposal_of_the_same_that_was_declined_is_no_finding() -> None:
    second = row(sent("a", state="pending"), state="declined", name="act_2")
    assert found(judge([row(sent("a")), second], {"a": 1})) == set()


def test_the_same_send_that_succeeded_in_two_rows_has_two_effects_or_is_found() -> None:
    assert "contradictions" in found(judge([row(sent("a")), row(sent("a"), name="act_2")], {"a": 1}))


def test_a_tag_put_on_twice_is_on_once() -> None:
    tag = Sent(state="succeeded", marks=("tag 1:c",), idempotent=True)
    assert found(judge([row(tag), row(tag, name="act_2")], {"tag 1:c": 1})) == set()


def test_a_campaign_that_reached_others_than_its_preview_said_is_found() -> None:
    campaign = row(Sent(state="succeeded", campaign="c", reaches=2))
    assert found(judge([campaign], {"campaign c 1": 1, "campaign c 2": 1})) == set()
    assert found(judge([campaign], {"campaign c 1": 1})) == {"contradictions"}
    assert found(judge([campaign], {"campaign d 1": 1})) == {"contradictions", "without_approval"}


@pytest.mark.parametrize(
    ("state", "requests"),
    [
        ("succeeded", ("succeeded", "unknown")),
        ("failed", ("succeeded",)),
        ("unknown", ("failed",)),
        ("partial", ("succeeded", "unknown")),
        ("partial", ("succeeded", "succeeded")),
        ("declined", ("failed",)),
    ],
)
def test_a_row_that_contradicts_its_own_requests_is_found(state: str, requests: tuple[str, ...]) -> None:
    steps = [sent(str(place), state=each) for place, each in enumerate(requests)]
    effects = {str(place): 1 for place, each in enumerate(requests) if each == "succeeded"}
    assert found(judge([row(*steps, state=state)], effects)) == {"contradictions"}


def test_a_draft_that_no_row_accounts_for_is_counted() -> None:
    knows = row(sent("draft a"))
    does_not = row(Sent(state="unknown"), state="unknown", name="act_2")
    effects = Counter({"draft a": 1, "draft b": 1, "sms 1 x": 1})
    assert without_lost_drafts([knows, does_not], effects) == (Counter({"draft a": 1, "sms 1 x": 1}), 0)
    assert without_lost_drafts([knows], effects)[1] == 1


@st.composite
def true_stories(draw: st.DrawFn) -> tuple[list[Row], dict[str, int]]:
    """Rows, and effects that agree with them."""
    rows: list[Row] = []
    effects: dict[str, int] = {}
    for place in range(draw(st.integers(1, 5))):
        ends = draw(st.lists(st.sampled_from(ENDS), min_size=1, max_size=3))
        requests = [sent(f"{place}.{at}.a", f"{place}.{at}.b", state=end) for at, end in enumerate(ends)]
        for request in requests:
            happened = request.state == "succeeded" or (request.state == "unknown" and draw(st.booleans()))
            effects |= dict.fromkeys(request.marks if happened else (), 1)
        state = "unknown" if "unknown" in ends else ends[0] if len(set(ends)) == 1 else "partial"
        rows.append(row(*requests, state=state, name=f"act_{place}"))
    return rows, effects


@given(true_stories())
def test_a_true_story_has_no_findings(story: tuple[list[Row], dict[str, int]]) -> None:
    assert found(judge(*story)) == set()


@given(true_stories(), st.data())
def test_any_effect_too_many_is_found(story: tuple[list[Row], dict[str, int]], data: st.DataObject) -> None:
    rows, effects = story
    certain = [m for each in rows for r in each.requests if r.state != "unknown" for m in r.marks]
    mark = data.draw(st.sampled_from([*certain, *effects, "of nobody"]))
    assert found(judge(rows, {**effects, mark: effects.get(mark, 0) + 1})) != set()


@given(true_stories(), st.data())
def test_any_effect_too_few_is_found(story: tuple[list[Row], dict[str, int]], data: st.DataObject) -> None:
    rows, effects = story
    certain = [m for each in rows for r in each.requests if r.state == "succeeded" for m in r.marks]
    assume(certain)
    missing = data.draw(st.sampled_from(certain))
    assert found(judge(rows, {mark: n for mark, n in effects.items() if mark != missing})) != set()


@given(true_stories(), st.data())
def test_any_approval_too_few_is_found(story: tuple[list[Row], dict[str, int]], data: st.DataObject) -> None:
    rows, effects = story
    place = data.draw(st.integers(0, len(rows) - 1))
    unasked = row(*rows[place].requests, state=rows[place].state, approved=False, name="act_x")
    verdict = judge([*rows[:place], unasked, *rows[place + 1 :]], effects)
    assert "without_approval" in found(verdict)
