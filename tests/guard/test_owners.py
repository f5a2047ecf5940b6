"""Who of the owners lives: what the operating system says of a real process, whatever ended or paused it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.owners import Owner

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and modes are POSIX")

OWN = """
import sys
from pathlib import Path
from egoi_mcp.guard.owners import Owner
owner = Owner(Path(sys.argv[1]))
print(owner.id, flush=True)
sys.stdin.readline()
owner.release()
"""


@contextmanager
def process(state_dir: Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Another process that owns, and its identity."""
    started = subprocess.Popen(
        [sys.executable, "-c", OWN, str(state_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert started.stdout is not None
        yield started, started.stdout.readline().strip()
    finally:
        started.kill()
        started.communicate()


def test_a_process_is_alive_until_it_is_killed(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    with process(tmp_path) as (other, other_id):
        assert owner.alive(other_id)
        other.send_signal(signal.SIGKILL)
        other.wait()

        assert not owner.alive(other_id)
        assert not owner.alive(other_id)
    owner.release()


def test_a_paused_process_is_alive(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    with process(tmp_path) as (other, other_id):
        other.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, other.pid, os.WSTOPPED | os.WNOWAIT)

        assert owner.alive(other_id)
        other.send_signal(signal.SIGCONT)
    owner.release()


def test_a_process_that_let_go_is_not_alive_and_leaves_no_file(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    with process(tmp_path) as (other, other_id):
        other.communicate("\n")

        assert not owner.alive(other_id)
    owner.release()
    assert list((tmp_path / "owners").iterdir()) == []


def test_an_owner_is_alive_to_itself_and_to_others_until_it_lets_go(tmp_path: Path) -> None:
    one, other = Owner(tmp_path), Owner(tmp_path)

    assert one.id != other.id
    assert one.alive(one.id)
    assert one.alive(other.id)
    assert other.alive(one.id)
    other.release()
    assert not one.alive(other.id)
    one.release()


def test_asking_about_the_living_does_not_take_their_lock(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    with process(tmp_path) as (_, other_id):
        assert all(owner.alive(other_id) for _ in range(3))
    owner.release()


@pytest.mark.parametrize("name", ["", "0123456789abcdef", "../key", "a/b", ".", "gone.lock"])
def test_who_never_was_is_not_alive_and_makes_no_file(tmp_path: Path, name: str) -> None:
    owner = Owner(tmp_path)

    assert not owner.alive(name)
    assert [path.name for path in (tmp_path / "owners").iterdir()] == [f"{owner.id}.lock"]
    owner.release()


def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    (file,) = (tmp_path / "owners").iterdir()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    owner.release()


def test_a_directory_that_cannot_be_made_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "owners").write_text("")

    with pytest.raises(StateUnavailable, match="EGOI_MCP_STATE_DIR"):
        Owner(tmp_path)


def test_a_name_that_no_file_can_have_is_not_alive(tmp_path: Path) -> None:
    owner = Owner(tmp_path)

    assert not owner.alive("x" * 5000)
    owner.release()
