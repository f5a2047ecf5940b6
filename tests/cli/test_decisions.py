"""`egoi-mcp actions approve`, `decline`, `revoke` and `settle`, at a real terminal and away from one."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters

from egoi_mcp.guard.action import Channel, State
from tests.cli import rows
from tests.cli.processes import ROOT, at_terminal, environment, run

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals of this kind"),
]
QUESTION = "leaves it undecided: "


async def test_typing_approve_approves_and_says_that_the_server_is_gone(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        shown = terminal.read_until(QUESTION)
        terminal.type("approve")
        code, screen = terminal.end()
    assert f"| {rows.TEXT}" in shown
    assert rows.PHONE in shown
    assert code == 0
    assert "The server that proposed it has ended" in screen
    approved = await rows.read(tmp_path, action.id)
    assert (approved.state, approved.channel) == (State.APPROVED, Channel.TERMINAL)


async def test_a_living_server_carries_it_out_and_the_terminal_shows_the_outcome(tmp_path: Path) -> None:
    env = environment(tmp_path, EGOI_MCP_SANDBOX="1")
    server = StdioServerParameters(command=sys.executable, args=["-m", "egoi_mcp"], env=env, cwd=ROOT)

    def approve(action_id: str) -> tuple[int, str]:
        with at_terminal("actions", "approve", action_id, env=env) as terminal:
            terminal.read_until(QUESTION)
            terminal.type("approve")
            return terminal.end()

    async with Client(server) as client:
        proposed = await client.call_tool(
            "send_sms",
            {"to": [rows.PHONE], "text": rows.TEXT, "sender": "ACME", "purpose": "transactional"},
        )
        assert proposed.structured_content is not None
        assert proposed.structured_content["status"] == "needs_approval"
        action_id = proposed.structured_content["action_id"]
        code, screen = await anyio.to_thread.run_sync(approve, action_id)
        checked = await client.call_tool("check_action", {"action_id": action_id})
    assert checked.structured_content is not None
    assert checked.structured_content["status"] == "succeeded"
    assert code == 0
    assert "done." in screen


@pytest.mark.parametrize("typed", ["", "yes", "approve it", "APPROVE", "1"])
async def test_another_word_leaves_it_undecided(tmp_path: Path, typed: str) -> None:
    action = await rows.propose(tmp_path)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        terminal.read_until(QUESTION)
        terminal.type(typed)
        code, screen = terminal.end()
    assert code == 1
    assert "Not approved" in screen
    assert (await rows.read(tmp_path, action.id)).state is State.PROPOSED


@pytest.mark.parametrize(
    ("typed", "state"), [("30", State.APPROVED), ("approve", State.PROPOSED), ("29", State.PROPOSED)]
)
async def test_many_recipients_take_typing_their_number(tmp_path: Path, typed: str, state: State) -> None:
    action = await rows.propose(tmp_path, recipients=30)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        assert "type the number of recipients" in terminal.read_until(QUESTION)
        terminal.type(typed)
        terminal.end()
    assert (await rows.read(tmp_path, action.id)).state is state


async def test_what_was_typed_before_the_question_is_no_answer(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    with at_terminal(
        "actions", "approve", action.id, env=environment(tmp_path), typed_before="approve"
    ) as terminal:
        terminal.read_until(QUESTION)
        terminal.type("no")
        terminal.end()
    assert (await rows.read(tmp_path, action.id)).state is State.PROPOSED


@pytest.mark.parametrize(
    "arguments",
    [["approve"], ["decline"], ["revoke"], ["settle", "--sent"], ["settle", "--not-sent"]],
    ids=" ".join,
)
async def test_away_from_a_terminal_nothing_is_decided(tmp_path: Path, arguments: list[str]) -> None:
    action = await rows.propose_and_lose_the_server(tmp_path)
    deed, *flags = arguments
    ended = run("actions", deed, action.id, *flags, env=environment(tmp_path), stdin="approve\nsent\n")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"egoi-mcp: Only a person at a terminal may {deed} an action")
    assert (await rows.read(tmp_path, action.id)).state is State.EXECUTING


async def test_a_terminal_that_is_not_the_process_s_own_cannot_answer(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    with at_terminal(
        "actions", "approve", action.id, env=environment(tmp_path), controlling=False
    ) as terminal:
        terminal.type("approve")
        code, screen = terminal.end()
    assert code == 1
    assert "has no terminal of its own" in screen
    assert (await rows.read(tmp_path, action.id)).state is State.PROPOSED


async def test_ctrl_c_at_the_question_leaves_it_undecided(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        terminal.read_until(QUESTION)
        terminal.press("\x03")
        code, screen = terminal.end()
    assert (code, "egoi-mcp: interrupted." in screen) == (130, True)
    assert "Traceback" not in screen
    assert (await rows.read(tmp_path, action.id)).state is State.PROPOSED


async def test_the_end_of_the_terminal_s_input_leaves_it_undecided(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        terminal.read_until(QUESTION)
        terminal.press("\x04")
        code, screen = terminal.end()
    assert (code, "Not approved" in screen) == (1, True)
    assert (await rows.read(tmp_path, action.id)).state is State.PROPOSED


async def test_a_repetition_is_pointed_out_before_the_question(tmp_path: Path) -> None:
    first = await rows.propose(tmp_path)
    with at_terminal("actions", "approve", first.id, env=environment(tmp_path)) as terminal:
        terminal.read_until(QUESTION)
        terminal.type("approve")
        terminal.end()
    again = await rows.propose(tmp_path, recipients=2)
    with at_terminal("actions", "approve", again.id, env=environment(tmp_path)) as terminal:
        shown = terminal.read_until(QUESTION)
        terminal.type("no")
        terminal.end()
    assert f"ATTENTION: the same was sent just now, or may have been ({first.id})" in shown


async def test_an_expired_proposal_cannot_be_approved(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path, seconds_ago=3600)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        code, screen = terminal.end()
    assert code == 1
    assert f"Action {action.id} has expired" in screen


async def test_what_is_approved_already_is_not_approved_again(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    for expected in (QUESTION, "is approved already"):
        with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
            terminal.read_until(expected)
            terminal.type("approve")
            terminal.end()


@pytest.mark.parametrize(("deed", "state"), [("decline", State.DECLINED), ("revoke", State.REVOKED)])
async def test_a_proposal_is_refused_or_taken_back(tmp_path: Path, deed: str, state: State) -> None:
    action = await rows.propose(tmp_path)
    with at_terminal("actions", deed, action.id, env=environment(tmp_path)) as terminal:
        code, screen = terminal.end()
    assert code == 0
    assert f"Send 1 SMS: {state.value}. Nothing was sent." in screen
    assert (await rows.read(tmp_path, action.id)).state is state


async def test_an_approval_that_has_not_begun_is_revoked_and_not_declined(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        terminal.read_until(QUESTION)
        terminal.type("approve")
        terminal.end()
    with at_terminal("actions", "decline", action.id, env=environment(tmp_path)) as terminal:
        code, screen = terminal.end()
    assert (code, "cannot become declined" in screen) == (1, True)
    with at_terminal("actions", "revoke", action.id, env=environment(tmp_path)) as terminal:
        assert terminal.end()[0] == 0
    assert (await rows.read(tmp_path, action.id)).state is State.REVOKED


@pytest.mark.parametrize(
    ("flag", "word", "state"),
    [("--sent", "sent", State.SUCCEEDED), ("--not-sent", "not sent", State.FAILED)],
)
async def test_an_unknown_outcome_is_settled_by_a_person(
    tmp_path: Path, flag: str, word: str, state: State
) -> None:
    action = await rows.propose_and_lose_the_server(tmp_path)
    with at_terminal("actions", "settle", action.id, flag, env=environment(tmp_path)) as terminal:
        terminal.read_until(f"type {word}: ")
        terminal.type(word)
        code, screen = terminal.end()
    assert code == 0
    assert f"{state.value}, as you said" in screen
    assert (await rows.read(tmp_path, action.id)).state is state


async def test_another_word_settles_nothing(tmp_path: Path) -> None:
    action = await rows.propose_and_lose_the_server(tmp_path)
    with at_terminal("actions", "settle", action.id, "--not-sent", env=environment(tmp_path)) as terminal:
        terminal.read_until("type not sent: ")
        terminal.type("sent")
        assert terminal.end()[0] == 1
    assert (await rows.read(tmp_path, action.id)).state is State.UNKNOWN


async def test_only_an_unknown_outcome_is_settled(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    with at_terminal("actions", "settle", action.id, "--sent", env=environment(tmp_path)) as terminal:
        code, screen = terminal.end()
    assert (code, "only one whose outcome is unknown is settled" in screen) == (1, True)
