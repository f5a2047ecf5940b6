"""The file of the PINs: private, whole, never misread, and one process's at a time."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.errors import NotAllowed, StateUnavailable
from egoi_mcp.guard import pin_file
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.guard.pins import FREE_TRIES
from tests.guard.pins import OTHER, PIN, WRONG, approver, pins, process
from tests.support import Clock

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and signals of this kind are POSIX")

GUESS = """
import sys
from pathlib import Path
from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.pins import Pins
from egoi_mcp.guard.pin_file import Cost
pins = Pins(Path(sys.argv[1]), now=lambda: float(sys.argv[2]), cost=Cost(n=1024, r=8, p=1))
print("ready", flush=True)
sys.stdin.readline()
wrong = 0
while True:
    try:
        pins.verify(sys.argv[3])
    except NotAllowed as refusal:
        if str(refusal).startswith("Too many"):
            break
        wrong += 1
print(wrong)
"""
DIES_AT_THE_HASH = """
import hashlib, os, signal, sys
from pathlib import Path
from egoi_mcp.guard.pins import Pins
hashlib.scrypt = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
Pins(Path(sys.argv[1]), now=lambda: float(sys.argv[2])).verify(sys.argv[3])
"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state_dir(tmp_path: Path, clock: Clock) -> Path:
    """A state directory with one PIN, Ana's."""
    folder = tmp_path / "state"
    pins(folder, clock).set("Ana", PIN)
    return folder


@posix
def test_only_the_owner_can_read_the_files(tmp_path: Path, clock: Clock) -> None:
    before = os.umask(0)
    try:
        pins(tmp_path / "state", clock).set("Ana", PIN)
        pins(tmp_path / "state", clock).verify(PIN)
    finally:
        os.umask(before)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
    assert found == {"key": 0o600, "pins.json": 0o600, "pins.lock": 0o600}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_the_file_holds_no_pin(state_dir: Path) -> None:
    assert PIN not in (state_dir / "pins.json").read_text(encoding="utf-8")


def test_salts_and_hashes_are_not_in_what_is_printed(state_dir: Path, clock: Clock) -> None:
    ana = approver(state_dir, clock, "Ana")
    assert ana.salt not in repr(ana)
    assert ana.hash not in repr(ana)


# -- what is not what was written ----------------------------------------------------------------


def refused(state_dir: Path, clock: Clock, match: str) -> None:
    """Every use of the PINs fails closed."""
    damaged = pins(state_dir, clock)
    with pytest.raises(StateUnavailable, match=match):
        _ = damaged.required
    with pytest.raises(StateUnavailable, match=match):
        damaged.verify(PIN)
    with pytest.raises(StateUnavailable, match=match):
        damaged.set("Ana", OTHER, allowed_by=PIN)
    with pytest.raises(StateUnavailable, match=match):
        damaged.clear("Ana", PIN)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"seal": "", "book": {}}',
        b'{"seal": 1, "book": {"approvers": []}}',
        b'{"seal": 1, "book": "{}"}',
        b'{"seal": "", "book": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b" " * 100_000,
    ],
    ids=range(13),
)
def test_a_damaged_file_is_refused_and_left_as_it_is(state_dir: Path, clock: Clock, content: bytes) -> None:
    (state_dir / "pins.json").write_bytes(content)
    refused(state_dir, clock, "damaged")
    assert (state_dir / "pins.json").read_bytes() == content


@pytest.mark.parametrize(
    ("member", "value"),
    [("failures", 0), ("failed_at", 0.0), ("name", "Eva"), ("admitted_by", "Eva"), ("since", 1.0)],
)
def test_an_edited_file_is_refused(state_dir: Path, clock: Clock, member: str, value: object) -> None:
    with pytest.raises(NotAllowed):
        pins(state_dir, clock).verify(WRONG)
    path = state_dir / "pins.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    book = json.loads(written["book"])
    assert book["approvers"][0][member] != value
    book["approvers"][0][member] = value
    path.write_text(json.dumps(written | {"book": json.dumps(book)}), encoding="utf-8")
    refused(state_dir, clock, "damaged")


def sealed(state_dir: Path, book: str, seal: str) -> None:
    """Put a book of the test's own in the file."""
    (state_dir / "pins.json").write_text(json.dumps({"seal": seal, "book": book}), encoding="utf-8")


def test_an_approver_who_was_taken_out_of_the_file_is_missed(state_dir: Path, clock: Clock) -> None:
    written = json.loads((state_dir / "pins.json").read_text(encoding="utf-8"))
    sealed(state_dir, '{"approvers": []}', written["seal"])
    refused(state_dir, clock, "damaged")


@pytest.mark.parametrize("book", ["{}", "", "null", '{"approvers": [7]}'])
def test_what_is_no_book_is_refused_under_the_right_seal_too(
    state_dir: Path, clock: Clock, book: str
) -> None:
    sealed(state_dir, book, load_state_key(state_dir).mac("pin-file", book.encode()).hex())
    refused(state_dir, clock, "damaged")


@given(data=st.data())
def test_no_changed_byte_is_misread(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A change of white space is none; any other is refused."""
    state_dir, clock = tmp_path_factory.mktemp("state"), Clock()
    pins(state_dir, clock).set("Ana", PIN)
    path = state_dir / "pins.json"
    content = bytearray(path.read_bytes())
    before = json.loads(content)
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255).filter(lambda value: value != content[at]))
    path.write_bytes(content)
    try:
        found = pins(state_dir, clock).approvers()
    except StateUnavailable:
        return
    assert json.loads(content) == before
    assert [each.name for each in found] == ["Ana"]


def test_another_directorys_file_is_refused(state_dir: Path, tmp_path: Path, clock: Clock) -> None:
    pins(tmp_path / "other", clock).set("Eva", OTHER)
    shutil.copy(tmp_path / "other" / "pins.json", state_dir / "pins.json")
    refused(state_dir, clock, "another key")


def test_with_another_key_the_file_is_refused(state_dir: Path, clock: Clock) -> None:
    (state_dir / "key").unlink()
    refused(state_dir, clock, "another key")


def test_a_file_that_cannot_be_read_is_no_missing_one(state_dir: Path, clock: Clock) -> None:
    (state_dir / "pins.json").unlink()
    (state_dir / "pins.json").mkdir()
    refused(state_dir, clock, "cannot be read or written")


@posix
def test_a_link_to_nowhere_is_no_missing_file(state_dir: Path, clock: Clock) -> None:
    (state_dir / "pins.json").unlink()
    (state_dir / "pins.json").symlink_to(state_dir / "nowhere")
    refused(state_dir, clock, "cannot be read or written")


# -- writing -------------------------------------------------------------------------------------


def test_a_try_that_cannot_be_counted_is_not_looked_at(
    state_dir: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (state_dir / "pins.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def looked_at(*_: object, **__: object) -> bytes:
        raise AssertionError("the PIN was looked at")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(hashlib, "scrypt", looked_at)
    for pin in (PIN, WRONG):
        with pytest.raises(StateUnavailable, match="No space left"):
            pins(state_dir, clock).verify(pin)
    monkeypatch.undo()
    assert (state_dir / "pins.json").read_bytes() == before
    assert pins(state_dir, clock).verify(PIN) == "Ana"
    assert sorted(path.name for path in state_dir.iterdir()) == ["key", "pins.json", "pins.lock"]


def test_the_try_is_on_the_disk_when_the_pin_is_looked_at(
    state_dir: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, counts = hashlib.scrypt, list[int]()

    def looking(*given: object, **named: object) -> bytes:
        counts.append(approver(state_dir, clock, "Ana").failures)
        return real(*given, **named)  # type: ignore[arg-type]  # what it was given is passed on as it is

    monkeypatch.setattr(hashlib, "scrypt", looking)
    for pin in (WRONG, PIN):
        try:
            pins(state_dir, clock).verify(pin)
        except NotAllowed:
            counts.append(-1)
    assert counts == [1, -1, 2]
    assert approver(state_dir, clock, "Ana").failures == 0


@posix
def test_killing_the_process_at_the_hash_saves_no_try(state_dir: Path, clock: Clock) -> None:
    for tried in range(1, FREE_TRIES + 1):
        killed = process(DIES_AT_THE_HASH, str(state_dir), str(clock()), PIN)
        _, said = killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL, said
        assert approver(state_dir, clock, "Ana").failures == tried
    with pytest.raises(NotAllowed, match="none is looked at for 30 seconds"):
        pins(state_dir, clock).verify(PIN)
    clock.advance(30)
    assert pins(state_dir, clock).verify(PIN) == "Ana"


def test_processes_that_guess_at_once_have_the_tries_of_one(state_dir: Path, clock: Clock) -> None:
    guessing = [process(GUESS, str(state_dir), str(clock()), WRONG) for _ in range(3)]
    for each in guessing:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in guessing:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    ended = [each.communicate(timeout=60) for each in guessing]
    assert all(each.returncode == 0 for each in guessing), ended
    assert sum(int(counted) for counted, _ in ended) == FREE_TRIES
    assert approver(state_dir, clock, "Ana").failures == FREE_TRIES


def test_a_process_that_keeps_the_lock_stops_no_other_for_ever(
    state_dir: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pin_file, "LOCK_SECONDS", 0.0)
    with FileLock(state_dir / "pins.lock"):
        with pytest.raises(StateUnavailable, match="Another process has kept"):
            pins(state_dir, clock).verify(PIN)
        assert pins(state_dir, clock).names() == ("Ana",)
    assert pins(state_dir, clock).verify(PIN) == "Ana"


def test_a_draft_that_a_dead_process_left_is_no_hindrance(state_dir: Path, clock: Clock) -> None:
    (state_dir / ".pins.json").write_text("half of", encoding="utf-8")
    assert pins(state_dir, clock).verify(PIN) == "Ana"
    assert not (state_dir / ".pins.json").exists()
