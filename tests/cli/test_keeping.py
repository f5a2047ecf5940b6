"""`egoi-mcp actions purge`, `erase` and `tombstones`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from egoi_mcp.guard.action import State
from tests.cli.audited import EMAIL, PHONE, send
from tests.cli.processes import at_terminal, environment, run
from tests.cli.rows import read
from tests.support import Rows

pytestmark = pytest.mark.anyio
at_a_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="there are no pseudo-terminals of this kind"
)
DAY = 86_400.0
QUESTION = "To erase, type erase: "


async def test_purge_says_what_it_removed(tmp_path: Path) -> None:
    await send(tmp_path, "Old", until="succeeded", seconds_ago=10 * DAY)
    await send(tmp_path, "Ancient", until="unknown", seconds_ago=400 * DAY)
    await send(tmp_path, "New", until="succeeded")
    ended = run("actions", "purge", env=environment(tmp_path))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == (
        "Actions emptied: 1 (ended more than 7 days ago, or with somebody who was erased). "
        "Removed: 1 (proposed more than 365 days ago).\n"
    )
    assert Rows(tmp_path).count() == 2


async def test_purge_keeps_to_the_owners_days(tmp_path: Path) -> None:
    await send(tmp_path, "Old", until="succeeded", seconds_ago=10 * DAY)
    env = environment(tmp_path, EGOI_MCP_BODIES_DAYS="11", EGOI_MCP_LEDGER_DAYS="12")
    assert "emptied: 0 (ended more than 11 days ago" in run("actions", "purge", env=env).stdout
    env |= {"EGOI_MCP_LEDGER_DAYS": "9"}
    assert "Removed: 1 (proposed more than 9 days ago)" in run("actions", "purge", env=env).stdout


@at_a_terminal
async def test_a_person_is_erased_after_typing_it(tmp_path: Path) -> None:
    waits = await send(tmp_path, "One", until="approved")
    done = await send(tmp_path, "Two", until="succeeded")
    unknown = await send(tmp_path, "Three", until="unknown")
    env = environment(tmp_path)
    with at_terminal("actions", "erase", "--recipient", "351-900000001", env=env) as terminal:
        asked = terminal.read_until(QUESTION)
        terminal.type("erase")
        code, screen = terminal.end()
    assert f"351-900000001: the phone number {PHONE}" in asked
    assert str(tmp_path) in asked
    assert code == 0
    assert "Actions emptied: 2, of them voided: 1" in screen
    assert f"Under way or of unknown outcome, and emptied as they end: {unknown.id}." in screen
    assert (await read(tmp_path, waits.id)).state is State.VOID
    assert (await read(tmp_path, done.id)).purged_at is not None
    assert (await read(tmp_path, unknown.id)).purged_at is None


@at_a_terminal
@pytest.mark.parametrize("typed", ["", "yes", "ERASE", "erase it"])
async def test_another_word_erases_nobody(tmp_path: Path, typed: str) -> None:
    action = await send(tmp_path, until="succeeded")
    env = environment(tmp_path)
    with at_terminal("actions", "erase", "--recipient", EMAIL, env=env) as terminal:
        terminal.read_until(QUESTION)
        terminal.type(typed)
        code, screen = terminal.end()
    assert (code, "Not erased. Nothing was changed." in screen) == (1, True)
    assert (await read(tmp_path, action.id)).purged_at is None
    assert run("actions", "tombstones", env=env).stdout == "Nobody was erased.\n"


async def test_away_from_a_terminal_nobody_is_erased(tmp_path: Path) -> None:
    action = await send(tmp_path, until="succeeded")
    ended = run("actions", "erase", "--recipient", PHONE, env=environment(tmp_path), stdin="erase\n")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Only a person at a terminal may erase people from the ledger" in ended.stderr
    assert (await read(tmp_path, action.id)).purged_at is None


@at_a_terminal
@pytest.mark.parametrize(
    ("who", "said"),
    [
        (EMAIL.upper(), "an e-mail address"),
        ("+351 900 000 001", f"the phone number {PHONE}"),
        ("A1B2C3D4E5", "a contact's id"),
        ("900000001", "a contact's id. Where it is a phone number, write + and the country code"),
    ],
)
def test_it_says_how_each_person_is_read(tmp_path: Path, who: str, said: str) -> None:
    with at_terminal("actions", "erase", "--recipient", who, env=environment(tmp_path)) as terminal:
        asked = terminal.read_until(QUESTION)
    assert f"{who}: {said}\r\n" in asked


@at_a_terminal
@pytest.mark.parametrize("who", ["", "  ", "x" * 201])
def test_nobody_in_particular_is_refused(tmp_path: Path, who: str) -> None:
    with at_terminal("actions", "erase", "--recipient", who, env=environment(tmp_path)) as terminal:
        code, screen = terminal.end()
    assert (code, "Nothing was changed." in screen) == (1, True)


def test_erasing_nobody_is_wrong_use(tmp_path: Path) -> None:
    assert run("actions", "erase", env=environment(tmp_path)).returncode == 2


@at_a_terminal
async def test_tombstones_tell_when_and_whether_and_not_who(tmp_path: Path) -> None:
    await send(tmp_path, until="succeeded")
    env = environment(tmp_path)
    with at_terminal("actions", "erase", "--recipient", PHONE, env=env) as terminal:
        terminal.read_until(QUESTION)
        terminal.type("erase")
        terminal.end()
    listed = run("actions", "tombstones", env=env).stdout
    assert "  actions: 1" in listed
    assert PHONE[1:] not in listed
    (stone,) = json.loads(run("actions", "tombstones", "--json", env=env).stdout)
    assert set(stone) == {"erased_at", "actions"}
    assert run("actions", "tombstones", "--recipient", "00351 900 000 001", env=env).stdout == listed
    other = run("actions", "tombstones", "--recipient", EMAIL, env=env)
    assert (other.returncode, other.stdout) == (0, "None of them was erased.\n")
