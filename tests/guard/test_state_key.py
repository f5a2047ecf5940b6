"""The secret of a state directory: made once, readable by its owner only, never shown."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.digest import StateKey, load_state_key

LOAD = """
import sys
from pathlib import Path
from egoi_mcp.guard.digest import load_state_key
print("ready", flush=True)
sys.stdin.readline()
print(load_state_key(Path(sys.argv[1])).derive("test").hex())
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_the_key_and_the_directories_made_for_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_state_key(tmp_path / "outer" / "inner")
    finally:
        os.umask(before)

    assert mode(tmp_path / "outer" / "inner" / "key") == 0o600
    assert mode(tmp_path / "outer" / "inner") == 0o700
    assert mode(tmp_path / "outer") == 0o700


def test_a_directory_that_was_there_is_made_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    load_state_key(tmp_path)

    assert mode(tmp_path) == 0o700
    assert mode(tmp_path / "key") == 0o600


def test_the_key_is_random_and_stays_the_same(tmp_path: Path) -> None:
    one, again, other = (load_state_key(tmp_path / name) for name in ("one", "one", "other"))

    assert one.derive("test") == again.derive("test") != other.derive("test")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["key"]


def test_threads_that_make_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    got: list[bytes] = []

    def load() -> None:
        start.wait()
        got.append(load_state_key(tmp_path / "state").derive("test"))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 8
    assert len(set(got)) == 1
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["key"]


def test_processes_that_make_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", LOAD, str(tmp_path / "state")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()

    assert len({process.communicate()[0] for process in processes}) == 1
    assert all(process.returncode == 0 for process in processes)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 31, b"x" * 33])
def test_a_damaged_key_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)

    with pytest.raises(StateUnavailable, match="damaged"):
        load_state_key(tmp_path)
    assert (tmp_path / "key").read_bytes() == content


def test_a_state_directory_that_cannot_be_made_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StateUnavailable, match="EGOI_MCP_STATE_DIR"):
        load_state_key(tmp_path / "file" / "state")


def test_a_key_that_is_a_folder_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()

    with pytest.raises(StateUnavailable, match="EGOI_MCP_STATE_DIR"):
        load_state_key(tmp_path)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        StateKey(bytes(length))


def test_the_key_is_never_shown(tmp_path: Path) -> None:
    key = StateKey(b"abcdefghijklmnopqrstuvwxyz012345")
    shown = f"{key!r} {key} {[key]}"

    assert "abc" not in shown
    assert "616263" not in shown
    assert "…" in shown
