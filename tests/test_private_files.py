"""A state directory is its owner's alone, from the start on."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from egoi_mcp.app import open_app
from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.guard.owners import Owner
from egoi_mcp.private_files import make_private
from egoi_mcp.settings import from_environ
from tests.cli.processes import environment, run

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="modes and users of this kind are POSIX"),
]

FILES = ("key", "actions.sqlite3", "actions.sqlite3-wal", "actions.sqlite3-shm", "budget-0123", "pins.json")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """A state directory with every file of ours, all private."""
    folder = tmp_path / "state"
    (folder / "owners").mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    for name in (*FILES, "owners/0123456789abcdef.lock"):
        (folder / name).touch(0o600)
        (folder / name).chmod(0o600)
    return folder


def test_what_is_private_is_left_as_it_is_and_nothing_is_said(state_dir: Path) -> None:
    assert make_private(state_dir) == ""


@pytest.mark.parametrize("name", ["", "owners", *FILES, "owners/0123456789abcdef.lock"])
@pytest.mark.parametrize("bits", [0o040, 0o004, 0o020, 0o001, 0o077])
def test_what_others_may_do_is_taken_from_them_and_said(state_dir: Path, name: str, bits: int) -> None:
    opened = state_dir / name if name else state_dir
    before = mode(opened)
    opened.chmod(before | bits)

    said = make_private(state_dir)
    assert mode(opened) == before
    assert opened.name in said
    assert str(state_dir) in said
    assert make_private(state_dir) == ""


def test_files_that_are_not_ours_are_left_alone(state_dir: Path) -> None:
    (state_dir / "notes.txt").touch()
    (state_dir / "notes.txt").chmod(0o644)

    assert make_private(state_dir) == ""
    assert mode(state_dir / "notes.txt") == 0o644


def test_a_link_is_not_followed(state_dir: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    other.chmod(0o644)
    (state_dir / "pins.json").unlink()
    (state_dir / "pins.json").symlink_to(other)

    assert make_private(state_dir) == ""
    assert mode(other) == 0o644


def test_a_directory_behind_a_link_is_made_private(state_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(state_dir)
    state_dir.chmod(0o755)

    assert "link" in make_private(tmp_path / "link")
    assert mode(state_dir) == 0o700


@pytest.mark.parametrize("name", ["", "key", "actions.sqlite3", "owners"])
def test_what_belongs_to_another_user_is_refused(
    state_dir: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = state_dir / name if name else state_dir
    uid = theirs.stat().st_uid
    lstat = Path.lstat

    def as_of_another(self: Path) -> os.stat_result:
        found = lstat(self)
        if self.name != theirs.name:
            return found
        return os.stat_result((*tuple(found)[:4], uid + 1, *tuple(found)[5:10]))

    monkeypatch.setattr(Path, "lstat", as_of_another)
    with pytest.raises(StateUnavailable, match=r"another user.*Nothing was sent"):
        make_private(state_dir)


async def test_a_server_tightens_its_state_directory_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(tmp_path)})
    load_state_key(settings.state_dir)
    settings.state_dir.chmod(0o755)
    (settings.state_dir / "key").chmod(0o640)
    async with open_app(settings) as app:
        await app.store.newest(limit=1)
        modes = {path.name: mode(path) for path in settings.state_dir.iterdir()}
    assert mode(settings.state_dir) == 0o700
    assert modes.pop("owners") == 0o700
    assert set(modes.values()) == {0o600}
    assert {"key", "actions.sqlite3", "actions.sqlite3-wal"} <= modes.keys()
    assert "Other users of this machine could use sandbox, key" in caplog.text


def test_a_command_says_it_on_stderr(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    state_dir.mkdir(mode=0o755)
    state_dir.chmod(0o755)
    ended = run("actions", "list", env=environment(state_dir))
    assert (ended.returncode, ended.stdout) == (0, f"No action in {state_dir}.\n")
    assert "now they cannot" in ended.stderr
    assert run("actions", "list", env=environment(state_dir)).stderr == ""


def test_the_lock_of_an_owner_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        owner = Owner(tmp_path / "state")
        (lock,) = (tmp_path / "state" / "owners").iterdir()
        assert (mode(lock), mode(lock.parent)) == (0o600, 0o700)
        owner.release()
    finally:
        os.umask(before)
