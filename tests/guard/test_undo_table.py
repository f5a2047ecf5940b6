"""The table of ways: every operation stands in it, and the tools' labels are what it says."""

from __future__ import annotations

import ast
import inspect
import sys
from collections import Counter
from dataclasses import replace
from importlib import import_module
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import APIS, JsonValue, Request, freeze, operation, operations
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.action import Action, Approval, Channel, Reversibility, State, StepState, Terms
from egoi_mcp.guard.offers import NOT_UNDONE, offer
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.undo import WAYS, undo_words, way_of, worst
from egoi_mcp.server import tools_of
from egoi_mcp.settings import Settings
from egoi_mcp.tools.tool import REVERSIBILITY, Tool
from scripts.docs import ROOT
from tests.guard.actions import an_action, steps

ACTING = {(api, each.name): each for api in APIS for each in operations(api) if each.risk > Risk.READ}
TAKEN_OFF = {
    ("intercom", "detachTagFromContact"),
    ("intercom", "detachContactFromACompany"),
    ("intercom", "detachContactFromConversation"),
    ("intercom", "detachSubscriptionTypeToContact"),
    ("intercom", "detachTagFromArticle"),
    ("intercom", "detachTagFromContentSnippet"),
    ("intercom", "detachTagFromConversation"),
    ("intercom", "detachTagFromInternalArticle"),
    ("intercom", "detachTagFromTicket"),
    ("intercom", "unlinkConversationFromTicket"),
}
"""What one contact, conversation or text loses by a DELETE and can be given back."""
LABELS: tuple[Reversibility, ...] = ("undoable", "compensable", "irreversible")
NOW = 1_000.0


# -- the table -----------------------------------------------------------------------------------


def test_every_operation_that_does_more_than_read_has_its_way_and_no_other_has() -> None:
    assert WAYS.keys() == ACTING.keys()


def test_what_deletes_sends_or_discloses_is_never_called_undoable() -> None:
    for key, each in ACTING.items():
        irrevocable = each.method == "DELETE" or each.risk in {Risk.SEND, Risk.DISCLOSE}
        assert not (irrevocable and WAYS[key].reversibility == "undoable"), key
    deleting = {key for key, each in ACTING.items() if each.method == "DELETE"}
    assert {key for key in deleting if WAYS[key].reversibility != "irreversible"} == TAKEN_OFF


def test_undoable_is_promised_only_where_a_call_does_it() -> None:
    for key, way in WAYS.items():
        if "undoable" in {way.reversibility, way.exactly, way.ahead}:
            assert way.reverse is not None, key


def test_every_way_says_what_it_is_in_words_that_a_preview_can_show() -> None:
    for key, way in WAYS.items():
        assert way.how[0].isupper(), key
        assert way.how.endswith("."), key
        assert bool(way.ahead) == bool(way.how_ahead), key
        # Whoever reads of the call can use it.
        if "undo_action" in way.how + way.how_ahead:
            assert way.reverse is not None, key


def test_an_operation_that_nobody_wrote_down_is_not_undone() -> None:
    way = way_of("egoi", "actionInventedTomorrow")
    assert (way.reversibility, way.reverse) == ("irreversible", None)


@given(st.lists(st.sampled_from(LABELS)))
def test_of_several_the_worst_holds(labels: list[Reversibility]) -> None:
    found = worst(labels)
    assert found in (labels or LABELS)
    assert all(LABELS.index(found) >= LABELS.index(each) for each in labels)


def test_the_words_for_a_time_to_come_are_said_only_of_one() -> None:
    send = operation("egoi", "actionSendSms")
    assert undo_words(send).startswith("Messages that left cannot be called back")
    assert undo_words(send, ahead=True).startswith("Until then the send can be cancelled")
    assert undo_words(send, send) == undo_words(send)


# -- the tools -----------------------------------------------------------------------------------


def acting_tools() -> list[Tool]:
    tools = tools_of(Settings(state_dir=ROOT))
    return [tool for tool in tools if "preview_only" in tool.parameters["properties"]]


def named_operations(tool: Tool) -> set[tuple[str, str]]:
    """The acting operations that the tool's module names, and the tools' modules that it imports."""
    tree = ast.parse(inspect.getsource(sys.modules[tool.fn.__module__]))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules = [import_module(name) for name in imported if name.startswith("egoi_mcp.tools.")]
    texts = {
        node.value
        for each in (tree, *(ast.parse(inspect.getsource(module)) for module in modules))
        for node in ast.walk(each)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    shared = Counter(name for _, name in ACTING)
    # A name that two vendors share is meant where its vendor is named beside it.
    return {(api, name) for api, name in ACTING if name in texts and (shared[name] == 1 or api in texts)}


def test_every_tool_that_acts_and_no_other_says_whether_it_can_be_undone() -> None:
    labelled = {
        tool.name: (tool.meta or {}).get(REVERSIBILITY) for tool in tools_of(Settings(state_dir=ROOT))
    }
    acting = {tool.name for tool in acting_tools()}
    assert {name for name, label in labelled.items() if label is not None} == acting
    assert {labelled[name] for name in acting} <= set(LABELS)


@pytest.mark.parametrize("tool", acting_tools(), ids=lambda tool: tool.name)
def test_a_tools_label_is_the_worst_of_its_operations(tool: Tool) -> None:
    label = (tool.meta or {})[REVERSIBILITY]
    if tool.name in {"undo_action", "call_operation"}:
        # They name none: what they do is whatever reverses, or any operation, deleting and sending among it.
        assert label == "irreversible"
        return
    named = named_operations(tool)
    assert named
    assert label == worst([WAYS[key].reversibility for key in named])


# -- what is offered -----------------------------------------------------------------------------

SEND = Request(
    operation=operation("egoi", "actionSendSms"),
    path={"campaign_hash": "abc"},
    body={"list_id": 3, "segments": {"type": "none"}, "schedule_date": "2030-01-01 10:00:00"},
)
TAG = Request(
    operation=operation("egoi", "actionAttachTag"),
    path={"list_id": 1},
    body={"tag_id": 1, "contacts": ["0000000001"]},
)


def ended(
    request: Request, state: State = State.SUCCEEDED, at: float | None = None, **members: object
) -> Action:
    """An action of one request that ended so."""
    step = replace(
        steps(StepState.SUCCEEDED)[0],
        operation=request.operation.name,
        frozen=freeze(request, "https://vendor.example.com"),
        note="1 done",
        ids=("0000000001",),
    )
    terms = Terms(reach=Reach(at=at))
    return an_action(state, **{"steps": (step,), "terms": terms, **members})


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_scheduled_send_is_offered_to_be_undone_before_its_time_and_not_after(
    at: float, now: float
) -> None:
    said = offer(ended(SEND, at=at), now)
    assert said is not None
    ahead = now < at
    assert (said.works, said.reversibility) == ((True, "undoable") if ahead else (False, "irreversible"))
    assert said.until == (at if ahead else None)


def test_a_send_now_is_not_taken_for_a_scheduled_one_whatever_the_terms_say() -> None:
    body: JsonValue = {"list_id": 3, "segments": {"type": "none"}}
    said = offer(ended(replace(SEND, body=body), at=NOW + 60), NOW)
    assert said is not None
    assert (said.works, said.reversibility) == (False, "irreversible")


@pytest.mark.parametrize("state", list(State))
def test_only_what_ended_with_an_effect_is_offered(state: State) -> None:
    said = offer(ended(TAG, state), NOW)
    assert (said is not None and said.works) is (state in {State.SUCCEEDED, State.PARTIAL})


@pytest.mark.parametrize("undo_state", [None, *State])
def test_what_is_undone_or_being_undone_is_not_offered_again(undo_state: State | None) -> None:
    undone_by = None if undo_state is None else "act_22222222"
    said = offer(ended(TAG, undone_by=undone_by, undo_state=undo_state), NOW)
    assert said is not None
    assert said.works is (undo_state in NOT_UNDONE)


@given(st.floats(0.1, 1e5), st.floats(0, 2e5))
def test_a_held_action_is_offered_to_be_withdrawn_while_it_is_held(hold: float, now: float) -> None:
    approved = Approval(state=State.APPROVED, channel=Channel.TERMINAL, by="owner", at=100.0)
    action = an_action(State.APPROVED, terms=Terms(hold_seconds=hold), decisions=(approved,))
    said = offer(action, now)
    assert (said is not None) is (now < 100.0 + hold)
    assert said is None or (said.works, said.until) == (True, 100.0 + hold)


@pytest.mark.parametrize(
    ("exact", "ids"), list(product([True, False], [("0000000001",), (), ("0000000002",)]))
)
def test_a_tag_comes_off_those_who_got_it_or_off_all_who_were_named(
    exact: bool, ids: tuple[str, ...]
) -> None:
    action = ended(TAG)
    note = "1 done" if exact else "accepted; the vendor gave no result per contact"
    said = offer(replace(action, steps=(replace(action.steps[0], ids=ids, note=note),)), NOW)
    assert said is not None
    assert said.reversibility == ("undoable" if exact else "compensable")
    assert said.works is (not exact or ids == ("0000000001",))


def test_a_row_of_another_version_is_told_and_not_offered() -> None:
    action = ended(TAG)
    broken = replace(action.steps[0], frozen=replace(action.steps[0].frozen, target="/nowhere"))
    said = offer(replace(action, steps=(broken,)), NOW)
    assert said is not None
    assert not said.works
