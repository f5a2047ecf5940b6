"""The whole record of an action, for programs and for people, masked unless that is waived."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from egoi_mcp.api.risk import Risk
from egoi_mcp.cli.records import KEPT_APART, Shown
from egoi_mcp.guard.action import Channel, State, StepState, Terms
from egoi_mcp.models.audit import ActionRecord, ActionSummary, DamagedRow
from egoi_mcp.store.protocol import Decision
from tests.cli.audited import EMAIL, PHONE, send
from tests.cli.processes import environment, run
from tests.cli.rows import store_of
from tests.guard.actions import an_action, steps
from tests.support import Rows

pytestmark = pytest.mark.anyio

LISTED: TypeAdapter[list[ActionSummary | DamagedRow]] = TypeAdapter(list[ActionSummary | DamagedRow])


def shown(state_dir: Path, *arguments: str) -> str:
    ended = run("actions", *arguments, env=environment(state_dir))
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def record(state_dir: Path, action_id: str, *more: str) -> dict[str, Any]:
    text = shown(state_dir, "show", action_id, "--json", *more)
    ActionRecord.model_validate_json(text)
    given: dict[str, Any] = json.loads(text)
    return given


def listed(state_dir: Path, *arguments: str) -> list[str]:
    text = shown(state_dir, "list", "--json", *arguments)
    LISTED.validate_json(text)
    return [row["id"] for row in json.loads(text)]


async def test_a_record_says_who_asked_what_was_shown_who_approved_what_was_sent_and_what_came_back(
    tmp_path: Path,
) -> None:
    action = await send(tmp_path, until="succeeded")
    told = record(tmp_path, action.id)
    assert (
        told
        | {
            "state": "succeeded",
            "risk": "send",
            "client": "a test's client 1.0",
            "principal": "owner",
            "channel": "elicitation",
            "intact": True,
            "emptied_at": None,
            "note": "",
        }
        == told
    )
    assert told["preview"]["message"] == "Your order is ready"
    assert told["decisions"] == [
        {
            "state": "approved",
            "channel": "elicitation",
            "by": "a test's client 1.0",
            "at": told["approved_at"],
        }
    ]
    assert told["terms"] == {
        "approvals_needed": 1,
        "held_seconds": 300.0,
        "held_until": None,
        "not_after": "2030-03-17T17:46:40+00:00",
        "cost": 0.036,
        "tests": False,
        "unseen_content": False,
        "lists": [12],
        "senders": ["501 ACME"],
        "hosts": [],
        "witnesses": [{"kind": "list", "subject": "12", "seen": {"status": "active"}, "people": 3}],
    }
    (request,) = told["requests"]
    assert request["claimed_at"] is not None
    assert request["finished_at"] is not None
    assert (
        request
        | {
            "operation": "sendSmsMessages",
            "method": "POST",
            "origin": "https://slingshot.egoiapp.com",
            "target": "/api/v2/sms/messages/action/send",
            "body": [
                {
                    "to": "+351 *** *01",
                    "from": "501",
                    "textBody": "Your order is ready",
                    "customData": {"email": "***"},
                }
            ],
            "state": "succeeded",
            "status": 202,
            "ids": ["m-***"],
        }
        == request
    )


@pytest.mark.parametrize(
    "arguments", [("show", "--json"), ("show", "--requests"), ("list", "--json"), ("list",)]
)
@pytest.mark.parametrize("state", ["proposed", "unknown"])
async def test_nobody_can_be_read_from_what_is_masked(
    tmp_path: Path, state: str, arguments: tuple[str, ...]
) -> None:
    action = await send(tmp_path, f"Call {PHONE} or 900 000 001, {EMAIL.upper()}", until=state)
    ids = [action.id] if arguments[0] == "show" else []
    text = shown(tmp_path, arguments[0], *ids, *arguments[1:])
    digits = "".join(each for each in text if each.isdigit() or each.isalpha())
    assert "900000001" not in digits
    assert EMAIL not in text.casefold()
    assert "Ana" not in text


async def test_everybody_can_be_read_where_that_is_asked_for(tmp_path: Path) -> None:
    action = await send(tmp_path, until="unknown")
    told = record(tmp_path, action.id, "--full-recipients")
    assert told["to"] == [PHONE]
    assert told["preview"]["personal"] == {"first name": "Ana"}
    assert told["requests"][0]["body"][0]["to"] == "351-900000001"
    assert told["requests"][0]["ids"] == ["m-351900000001"]
    assert EMAIL in told["requests"][0]["note"]
    text = shown(tmp_path, "show", action.id, "--full-recipients", "--requests")
    assert '"to": "351-900000001"' in text


async def test_the_terms_are_told_in_words(tmp_path: Path) -> None:
    terms = Terms(
        approvals=2,
        hold_seconds=300.0,
        cost=1_500_000,
        tests=True,
        unseen_content=True,
        not_after=1_900_000_000.0,
        undoes="act_earlier1",
        principal="owner",
    )
    action = await send(tmp_path, terms=terms)
    text = shown(tmp_path, "show", action.id)
    for said in (
        f"{action.id}: proposed (send)",
        "by a test's client 1.0 for owner",
        "Needs 2 different approvers",
        "Held for 300 seconds after its approval",
        "Makes no sense after 2030-03-17",
        "Costs 1.5 in the account's currency",
        "Goes to the owner's own recipients only",
        "Its text cannot be shown",
        "It takes back act_earlier1",
    ):
        assert said in text


async def test_what_it_rests_on_and_who_decided_is_told_in_words(tmp_path: Path) -> None:
    action = await send(tmp_path, until="approved")
    text = shown(tmp_path, "show", action.id)
    assert "Rests on list 12: status active, 3 people" in text
    assert "Held until " in text
    assert ": approved in the assistant's window, a test's client 1.0" in text
    assert "sendSmsMessages, pending" in text
    assert "POST" not in text


async def test_a_request_is_shown_as_it_is_sent_where_that_is_asked_for(tmp_path: Path) -> None:
    action = await send(tmp_path, until="succeeded")
    text = shown(tmp_path, "show", action.id, "--requests")
    assert "    | POST https://slingshot.egoiapp.com/api/v2/sms/messages/action/send" in text
    assert '    |     "textBody": "Your order is ready"' in text
    assert "succeeded, status 202" in text


async def test_one_action_names_the_other_that_takes_it_back(tmp_path: Path) -> None:
    first = await send(tmp_path, "One", until="succeeded")
    second = await send(tmp_path, "Two", terms=Terms(undoes=first.id))
    assert record(tmp_path, first.id)["undone_by"] == second.id
    assert record(tmp_path, second.id)["undoes"] == first.id
    assert f"Taken back by {second.id}" in shown(tmp_path, "show", first.id)


async def test_a_row_that_was_changed_says_so(tmp_path: Path) -> None:
    action = await send(tmp_path)
    Rows(tmp_path).change("UPDATE actions SET recipients = 2")
    assert record(tmp_path, action.id)["intact"] is False
    assert "ATTENTION: the row was changed" in shown(tmp_path, "show", action.id)


async def test_an_emptied_action_says_when(tmp_path: Path) -> None:
    action = await send(tmp_path, until="succeeded", seconds_ago=10 * 86_400)
    run("actions", "purge", env=environment(tmp_path))
    told = record(tmp_path, action.id)
    assert told["emptied_at"] is not None
    assert (told["intact"], told["to"], told["preview"]["message"]) == (None, [], None)
    assert told["requests"][0] | {"target": "", "body": None, "ids": [], "status": 202} == told["requests"][0]
    text = shown(tmp_path, "show", action.id, "--requests")
    assert "Its requests and its preview were removed" in text
    assert "Request 1: sendSmsMessages, succeeded, status 202" in text


# -- lists ---------------------------------------------------------------------------------------


async def test_a_list_is_searched_by_time_state_and_risk(tmp_path: Path) -> None:
    old = await send(tmp_path, "Old", until="succeeded", seconds_ago=3 * 86_400)
    unknown = await send(tmp_path, "Unknown", until="unknown", seconds_ago=3600)
    write = await send(tmp_path, "Write", risk=Risk.WRITE, seconds_ago=60)

    assert listed(tmp_path) == [write.id, unknown.id, old.id]
    assert listed(tmp_path, "--since", "2d") == [write.id, unknown.id]
    assert listed(tmp_path, "--until", "2d") == [old.id]
    assert listed(tmp_path, "--since", "4d", "--until", "30m") == [unknown.id, old.id]
    assert listed(tmp_path, "--since", "2000-01-01", "--until", "2001-01-01T00:00Z") == []
    assert listed(tmp_path, "--risk", "write") == [write.id]
    assert listed(tmp_path, "--risk", "write", "--risk", "send", "--state", "unknown") == [unknown.id]
    assert listed(tmp_path, "--limit", "1") == [write.id]
    assert shown(tmp_path, "list", "--state", "void") == f"No such action in {tmp_path}.\n"


@pytest.mark.parametrize("arguments", [["--since", "soon"], ["--risk", "read"], ["--until", "2030-02-30"]])
def test_a_search_that_cannot_be_read_is_wrong_use(tmp_path: Path, arguments: list[str]) -> None:
    ended = run("actions", "list", *arguments, env=environment(tmp_path))
    assert ended.returncode == 2
    assert arguments[0] in ended.stderr


async def test_a_damaged_row_hides_none_of_the_others(tmp_path: Path) -> None:
    well = await send(tmp_path, "Well")
    damaged = await send(tmp_path, "Damaged")
    Rows(tmp_path).change("UPDATE actions SET terms = 'junk' WHERE id = ?", damaged.id)
    assert listed(tmp_path) == [well.id, damaged.id]
    assert json.loads(shown(tmp_path, "list", "--json"))[1] == {"id": damaged.id, "damaged": True}
    lines = shown(tmp_path, "list").splitlines()
    assert lines[1].startswith(well.id)
    assert lines[2] == f"{damaged.id}  its row is damaged; nothing is done with it"
    ended = run("actions", "show", damaged.id, env=environment(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"The row of action {damaged.id!r} is damaged" in ended.stderr


async def test_every_decision_is_kept(tmp_path: Path) -> None:
    action = await send(tmp_path, until="approved")
    async with store_of(tmp_path) as store:
        await store.decide(action.id, Decision(state=State.REVOKED, channel=Channel.TERMINAL, by="owner"))
    told = record(tmp_path, action.id)
    assert [(each["state"], each["channel"]) for each in told["decisions"]] == [
        ("approved", "elicitation"),
        ("revoked", "terminal"),
    ]
    assert (told["channel"], told["approved_at"] is None) == ("terminal", False)


def test_of_a_body_that_is_kept_apart_only_that_is_shown() -> None:
    (step,) = steps(StepState.SUCCEEDED)
    seen = Shown(an_action(State.SUCCEEDED), full_recipients=True)
    assert seen.sent(step) == []
    assert seen.sent(replace(step, whole=bytes(32))) == KEPT_APART
