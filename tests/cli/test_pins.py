"""`egoi-mcp pin`, and approving with a PIN, at a real terminal and away from one."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.action import State
from egoi_mcp.guard.pin_file import Cost
from egoi_mcp.guard.pins import FREE_TRIES, Pins
from tests.cli import rows
from tests.cli.processes import Terminal, at_terminal, environment, run
from tests.support import Rows

if sys.platform != "win32":
    import termios

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals of this kind"),
]
PIN, OTHER, WRONG = "482915", "739164", "605283"
QUESTION, YOURS = "leaves it undecided: ", "Your PIN: "
PRESENT, ADMIT, NEW, AGAIN = "Present PIN of owner: ", "your own PIN: ", "or more: ", "The same again: "


def pins(state_dir: Path) -> Pins:
    """The directory's PINs, at a cost that does not count."""
    return Pins(state_dir, now=time.time, cost=Cost(n=2, r=1, p=1))


def answer(terminal: Terminal, *answers: tuple[str, str]) -> tuple[int, str]:
    """Answer each question when it comes: the exit code, and what was on the screen."""
    for question, typed in answers:
        terminal.read_until(question)
        terminal.type(typed)
    return terminal.end()


def shows_what_is_typed(terminal: Terminal) -> bool:
    """Whether the terminal echoes, and Ctrl-Z and Ctrl-\\ are what they were."""
    attributes = termios.tcgetattr(terminal.descriptor)
    keys = attributes[6][termios.VSUSP], attributes[6][termios.VQUIT]
    return bool(attributes[3] & termios.ECHO) and keys == (b"\x1a", b"\x1c")


# -- setting, clearing, listing ------------------------------------------------------------------


def test_the_first_pin_is_asked_twice_and_never_shown(tmp_path: Path) -> None:
    with at_terminal("pin", "set", env=environment(tmp_path)) as terminal:
        code, screen = answer(terminal, (NEW, PIN), (AGAIN, PIN))
        assert shows_what_is_typed(terminal)
    assert code == 0
    assert "The PIN of owner is set." in screen
    assert PIN not in screen
    assert pins(tmp_path).verify(PIN) == "owner"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (PIN, OTHER, "The two differ. Nothing was changed."),
        ("123456", "123456", "is guessed first. Nothing was changed."),
        ("4829", "4829", "A PIN has 6 or more characters"),
    ],
)
def test_a_pin_that_cannot_be_taken_is_not_set(tmp_path: Path, first: str, second: str, said: str) -> None:
    with at_terminal("pin", "set", env=environment(tmp_path)) as terminal:
        code, screen = answer(terminal, (NEW, first), (AGAIN, second))
    assert code == 1
    assert said in screen
    assert not pins(tmp_path).required


@pytest.mark.parametrize(("typed", "code", "valid"), [(PIN, 0, OTHER), (WRONG, 1, PIN)])
def test_changing_a_pin_takes_the_present_one(tmp_path: Path, typed: str, code: int, valid: str) -> None:
    pins(tmp_path).set("owner", PIN)
    with at_terminal("pin", "set", env=environment(tmp_path)) as terminal:
        ended, screen = answer(terminal, (PRESENT, typed), (NEW, OTHER), (AGAIN, OTHER))
    assert ended == code, screen
    assert pins(tmp_path).verify(valid) == "owner"


@pytest.mark.parametrize(
    ("typed", "code", "names"), [(PIN, 0, ("owner", "Ana")), (WRONG, 1, ("owner",)), ("", 1, ("owner",))]
)
def test_another_approver_is_admitted_by_one_who_is(
    tmp_path: Path, typed: str, code: int, names: tuple[str, ...]
) -> None:
    pins(tmp_path).set("owner", PIN)
    with at_terminal("pin", "set", "Ana", env=environment(tmp_path)) as terminal:
        ended, screen = answer(terminal, (ADMIT, typed), (NEW, OTHER), (AGAIN, OTHER))
    assert ended == code, screen
    assert pins(tmp_path).names() == names


@pytest.mark.parametrize(("typed", "code", "required"), [(PIN, 0, False), (WRONG, 1, True)])
def test_a_pin_is_cleared_by_that_pin(tmp_path: Path, typed: str, code: int, required: bool) -> None:
    pins(tmp_path).set("owner", PIN)
    with at_terminal("pin", "clear", env=environment(tmp_path)) as terminal:
        ended, screen = answer(terminal, ("PIN of owner: ", typed))
    assert ended == code
    assert ("Approving takes no PIN any more." in screen) == (not required)
    assert pins(tmp_path).required == required


def test_the_list_tells_who_and_what_was_tried(tmp_path: Path) -> None:
    env = environment(tmp_path)
    assert "No PIN is set" in run("pin", "list", env=env).stdout
    pins(tmp_path).set("owner", PIN)
    pins(tmp_path).set("Ana", OTHER, allowed_by=PIN)
    with at_terminal("pin", "clear", "Ana", env=env) as terminal:
        answer(terminal, ("PIN of Ana: ", WRONG))
    ended = run("pin", "list", env=env)
    assert ended.returncode == 0
    owner, ana = ended.stdout.splitlines()
    assert owner.startswith("owner: set 20")
    assert ana.endswith(", admitted by owner; guesses at it since it was last right: 1")


@pytest.mark.parametrize("deed", ["set", "clear"])
def test_away_from_a_terminal_no_pin_is_changed(tmp_path: Path, deed: str) -> None:
    pins(tmp_path).set("owner", PIN)
    ended = run("pin", deed, env=environment(tmp_path), stdin=f"{PIN}\n{OTHER}\n{OTHER}\n")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"egoi-mcp: Only a person at a terminal may {deed} an approver's PIN")
    assert pins(tmp_path).verify(PIN) == "owner"


def test_a_terminal_that_is_not_the_process_s_own_is_not_asked(tmp_path: Path) -> None:
    with at_terminal("pin", "set", env=environment(tmp_path), controlling=False) as terminal:
        code, screen = terminal.end()
    assert (code, "has no terminal of its own" in screen) == (1, True)
    assert not pins(tmp_path).required


# -- the silent terminal -------------------------------------------------------------------------


def test_ctrl_c_at_the_pin_gives_the_terminal_back(tmp_path: Path) -> None:
    with at_terminal("pin", "set", env=environment(tmp_path)) as terminal:
        terminal.read_until(NEW)
        assert not shows_what_is_typed(terminal)
        terminal.press("\x03")
        code, screen = terminal.end()
        assert shows_what_is_typed(terminal)
    assert (code, "egoi-mcp: interrupted." in screen) == (130, True)
    assert "Traceback" not in screen
    assert not pins(tmp_path).required


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_gives_the_terminal_back(tmp_path: Path, number: signal.Signals) -> None:
    with at_terminal("pin", "set", env=environment(tmp_path)) as terminal:
        terminal.read_until(NEW)
        terminal.process.send_signal(number)
        code, screen = terminal.end()
        assert shows_what_is_typed(terminal)
    assert code == 128 + number
    assert "Traceback" not in screen


def test_ctrl_z_and_ctrl_backslash_do_not_leave_a_silent_terminal(tmp_path: Path) -> None:
    with at_terminal("pin", "set", env=environment(tmp_path)) as terminal:
        terminal.read_until(NEW)
        terminal.press("\x1a\x1c")
        code, screen = answer(terminal, (NEW, PIN), (AGAIN, PIN))
        assert shows_what_is_typed(terminal)
    assert (code, "The two differ" in screen) == (1, True)


def test_the_end_of_the_terminal_s_input_is_no_pin(tmp_path: Path) -> None:
    pins(tmp_path).set("owner", PIN)
    with at_terminal("pin", "clear", env=environment(tmp_path)) as terminal:
        terminal.read_until("PIN of owner: ")
        terminal.press("\x04")
        code, screen = terminal.end()
        assert shows_what_is_typed(terminal)
    assert (code, "No PIN was typed" in screen) == (1, True)
    assert pins(tmp_path).required


# -- approving and settling ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "code", "state"),
    [(OTHER, 0, State.APPROVED), (WRONG, 1, State.PROPOSED), ("", 1, State.PROPOSED)],
)
async def test_approving_takes_a_pin_once_one_is_set(
    tmp_path: Path, typed: str, code: int, state: State
) -> None:
    action = await rows.propose(tmp_path)
    pins(tmp_path).set("owner", PIN)
    pins(tmp_path).set("Ana", OTHER, allowed_by=PIN)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        ended, screen = answer(terminal, (QUESTION, "approve"), (YOURS, typed))
    assert ended == code, screen
    assert not typed or typed not in screen
    assert (await rows.read(tmp_path, action.id)).state is state
    decided = Rows(tmp_path).select("SELECT decided_by FROM decisions WHERE action_id = ?", action.id)
    assert decided == ([("Ana",)] if code == 0 else [])


async def test_another_word_is_not_asked_for_a_pin(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    pins(tmp_path).set("owner", PIN)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        code, screen = answer(terminal, (QUESTION, "no"))
    assert (code, YOURS in screen) == (1, False)


async def test_too_many_wrong_pins_close_approving_to_the_right_one(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    ahead = Pins(tmp_path, now=lambda: time.time() + 3000, cost=Cost(n=2, r=1, p=1))
    ahead.set("owner", PIN)
    for _ in range(FREE_TRIES):
        with pytest.raises(NotAllowed):
            ahead.verify(WRONG)
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        code, screen = answer(terminal, (QUESTION, "approve"), (YOURS, PIN))
    assert code == 1
    assert (
        "Too many wrong PINs were typed, so none is looked at for 30 seconds. Nothing was changed." in screen
    )
    assert (await rows.read(tmp_path, action.id)).state is State.PROPOSED


async def test_a_damaged_file_of_pins_approves_nothing(tmp_path: Path) -> None:
    action = await rows.propose(tmp_path)
    pins(tmp_path).set("owner", PIN)
    (tmp_path / "pins.json").write_text("{}", encoding="utf-8")
    with at_terminal("actions", "approve", action.id, env=environment(tmp_path)) as terminal:
        code, screen = answer(terminal, (QUESTION, "approve"))
    assert code == 1
    assert "pins.json is damaged" in screen
    assert (await rows.read(tmp_path, action.id)).state is State.PROPOSED


@pytest.mark.parametrize(("typed", "state"), [(PIN, State.FAILED), (WRONG, State.UNKNOWN)])
async def test_settling_takes_a_pin_too(tmp_path: Path, typed: str, state: State) -> None:
    action = await rows.propose_and_lose_the_server(tmp_path)
    pins(tmp_path).set("owner", PIN)
    with at_terminal("actions", "settle", action.id, "--not-sent", env=environment(tmp_path)) as terminal:
        answer(terminal, ("type not sent: ", "not sent"), (YOURS, typed))
    assert (await rows.read(tmp_path, action.id)).state is state


@pytest.mark.parametrize(("deed", "state"), [("decline", State.DECLINED), ("revoke", State.REVOKED)])
async def test_what_only_makes_safer_takes_no_pin(tmp_path: Path, deed: str, state: State) -> None:
    action = await rows.propose(tmp_path)
    pins(tmp_path).set("owner", PIN)
    with at_terminal("actions", deed, action.id, env=environment(tmp_path)) as terminal:
        assert terminal.end()[0] == 0
    assert (await rows.read(tmp_path, action.id)).state is state
