"""`egoi-mcp actions list` and `show`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.guard.action import State
from tests.cli import rows
from tests.cli.processes import environment, run

pytestmark = pytest.mark.anyio


def _json(state_dir: Path, *arguments: str) -> Any:
    ended = run("actions", *arguments, "--json", env=environment(state_dir))
    assert (ended.returncode, ended.stderr) == (0, "")
    return json.loads(ended.stdout)


async def test_a_list_names_the_newest_first_and_masks_recipients(tmp_path: Path) -> None:
    older = await rows.propose(tmp_path, text="One", seconds_ago=60)
    newer = await rows.propose(tmp_path, text="Two")
    listed = _json(tmp_path, "list")
    assert [row["id"] for row in listed] == [newer.id, older.id]
    assert listed[0]["to"] == ["+351 *** *01"]
    assert listed[0] | {"to": ...} == listed[0] | {
        "state": "proposed",
        "risk": "send",
        "title": "Send 1 SMS",
        "connection": "egoi",
        "recipients": 1,
        "to": ...,
    }


async def test_a_list_shows_recipients_where_that_is_asked_for(tmp_path: Path) -> None:
    await rows.propose(tmp_path)
    assert _json(tmp_path, "list", "--full-recipients")[0]["to"] == [rows.PHONE]


async def test_a_list_keeps_to_its_states_and_limit(tmp_path: Path) -> None:
    lost = await rows.propose_and_lose_the_server(tmp_path)
    for text in ("One", "Two"):
        await rows.propose(tmp_path, text=text)
    assert [row["id"] for row in _json(tmp_path, "list", "--state", "unknown")] == [lost.id]
    assert len(_json(tmp_path, "list", "--limit", "2")) == 2


async def test_a_list_for_people_has_a_line_each(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    ended = run("actions", "list", env=environment(tmp_path))
    head, line = ended.stdout.splitlines()
    assert head.split() == ["id", "state", "proposed", "recipients", "title"]
    assert line.startswith(f"{action.id}  proposed")
    assert line.endswith("Send 1 SMS")


def test_an_empty_list_says_where_it_looked(tmp_path: Path) -> None:
    ended = run("actions", "list", env=environment(tmp_path))
    assert ended.stdout == f"No action in {tmp_path}.\n"


async def test_an_action_is_shown_with_its_preview_and_masked_recipients(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    ended = run("actions", "show", action.id, env=environment(tmp_path))
    assert ended.returncode == 0
    assert f"| {rows.TEXT}" in ended.stdout
    assert "sendSmsMessages, pending" in ended.stdout
    assert "To: +351 *** *01" in ended.stdout
    assert rows.PHONE not in ended.stdout


async def test_an_action_in_json_holds_its_preview_and_requests(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    shown = _json(tmp_path, "show", action.id)
    assert shown["preview"]["message"] == rows.TEXT
    assert shown["preview"]["to"] == ["+351 *** *01"]
    assert [step["operation"] for step in shown["requests"]] == ["sendSmsMessages"]


async def test_an_action_whose_server_died_in_flight_is_told_as_unknown(tmp_path: Path) -> None:
    lost = await rows.propose_and_lose_the_server(tmp_path)
    assert (await rows.read(tmp_path, lost.id)).state is State.EXECUTING
    shown = run("actions", "show", lost.id, env=environment(tmp_path)).stdout
    assert f"{lost.id}: unknown" in shown
    assert f"egoi-mcp actions settle {lost.id}" in shown


async def test_text_that_would_move_the_cursor_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path, text="Hello\x1b[2J\x1b]0;x\x07 there")
    shown = run("actions", "show", action.id, env=environment(tmp_path)).stdout
    assert "\x1b" not in shown
    assert "<U+001B>" in shown


def test_an_unknown_id_is_one_sentence_on_stderr(tmp_path: Path) -> None:
    ended = run("actions", "show", "act_nosuch", env=environment(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("egoi-mcp: There is no action 'act_nosuch'")
    assert ended.stderr.count("\n") == 1


def test_a_state_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    ended = run("actions", "list", env=environment(blocked / "state"))
    assert ended.returncode == 1
    assert "state directory cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "arguments", [["actions"], ["actions", "show"], ["actions", "settle", "act_1"], ["nonsense"]]
)
def test_wrong_use_ends_with_2_and_the_usage(tmp_path: Path, arguments: list[str]) -> None:
    ended = run(*arguments, env=environment(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr.startswith("usage: egoi-mcp")


def test_the_version_is_told(tmp_path: Path) -> None:
    assert run("--version", env=environment(tmp_path)).stdout.startswith("egoi-mcp 0.")
