"""The file that processes share: what it keeps, and what is believed when it cannot be."""

from __future__ import annotations

import errno
import os
import stat
import sys
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api import budget_file
from egoi_mcp.api.budget_file import BudgetFile, decode, encode
from egoi_mcp.api.budget_state import NANOSECONDS, BudgetState, Limit, Line
from egoi_mcp.errors import StateUnavailable

SPAN = 60 * NANOSECONDS
LIMIT = Limit(3, SPAN)
BOOT, OTHER_BOOT, NO_BOOT = b"B" * 16, b"C" * 16, bytes(16)


class Clock:
    """Seconds since the machine began, as the test says."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def opened(path: Path, clock: Clock, boot: bytes = BOOT) -> BudgetFile:
    return BudgetFile(path, LIMIT, clock, boot)


def free(file: BudgetFile) -> int:
    with file as state:
        return state.free()


def call(file: BudgetFile) -> None:
    with file as state:
        serial = state.next_serial()
        state.begin(serial, SPAN)
        state.end(serial)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "budget"


# -- what it keeps -------------------------------------------------------------------------------

NUMBERS = st.integers(-(2**63), 2**63 - 1)
ARRAYS = st.lists(NUMBERS, max_size=5).map(lambda numbers: array("q", numbers))
PAIRS = st.dictionaries(NUMBERS, NUMBERS, max_size=4)
LINES = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=5).map(
    lambda pairs: Line(array("q", [a for a, _ in pairs]), array("q", [b for _, b in pairs]))
)
STATES = st.builds(
    BudgetState,
    now=NUMBERS,
    serial=NUMBERS,
    not_before=NUMBERS,
    ends=ARRAYS,
    flights=PAIRS,
    parties=PAIRS,
    interactive=LINES,
    bulk=LINES,
    limits=st.dictionaries(st.builds(Limit, NUMBERS, NUMBERS), NUMBERS, max_size=4),
)


@given(state=STATES, behind=st.binary(max_size=9))
def test_what_is_written_is_read_again_whatever_lies_behind_it(state: BudgetState, behind: bytes) -> None:
    assert decode(encode(state, BOOT) + behind) == (state, BOOT)


@given(state=STATES, data=st.data())
def test_one_wrong_byte_is_noticed(state: BudgetState, data: st.DataObject) -> None:
    written = bytearray(encode(state, BOOT))
    written[data.draw(st.integers(0, len(written) - 1))] ^= data.draw(st.integers(1, 255))
    assert decode(bytes(written)) is None


@given(state=STATES, data=st.data())
def test_a_missing_end_is_noticed(state: BudgetState, data: st.DataObject) -> None:
    written = encode(state, BOOT)
    assert decode(written[: data.draw(st.integers(0, len(written) - 1))]) is None


def test_two_objects_see_one_state(path: Path, clock: Clock) -> None:
    one, other = opened(path, clock), opened(path, clock)
    call(one)
    assert free(other) == 2
    call(other)
    assert free(one) == 1


def test_a_step_that_fails_leaves_nothing(path: Path, clock: Clock) -> None:
    file = opened(path, clock)

    def fail() -> None:
        with file as state:
            state.begin(state.next_serial(), SPAN)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert free(file) == 3
    assert free(opened(path, clock)) == 3


def test_only_the_owner_can_read_it(path: Path, clock: Clock) -> None:
    call(opened(path, clock))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["budget"]


def test_a_file_that_others_could_read_is_closed_to_them(path: Path, clock: Clock) -> None:
    call(opened(path, clock))
    path.chmod(0o664)
    assert free(opened(path, clock)) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_in_its_place_is_not_followed(path: Path, clock: Clock) -> None:
    path.parent.mkdir()
    path.symlink_to(path.parent / "elsewhere")
    with pytest.raises(StateUnavailable):
        call(opened(path, clock))
    assert not (path.parent / "elsewhere").exists()


# -- what is believed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage", [b"", b"\0" * 4096, b"not a budget", None], ids=["empty", "zeros", "text", "half"]
)
def test_a_damaged_file_closes_the_budget_for_one_span(
    path: Path, clock: Clock, damage: bytes | None
) -> None:
    file = opened(path, clock)
    call(file)
    path.write_bytes(path.read_bytes()[:100] if damage is None else damage)
    assert free(file) == 0
    assert free(opened(path, clock)) == 0
    clock.now += 59.9
    assert free(file) == 0
    clock.now += 0.1
    assert free(file) == 3


def test_a_file_that_is_removed_under_a_process_closes_the_budget_for_one_span(
    path: Path, clock: Clock
) -> None:
    file = opened(path, clock)
    call(file)
    path.unlink()
    newcomer = opened(path, clock)
    assert free(newcomer) == 3
    assert free(file) == 0
    assert free(newcomer) == 0
    clock.now += 60
    assert (free(file), free(newcomer)) == (3, 3)
    call(file)
    assert free(newcomer) == 2


def test_calls_of_an_earlier_boot_ended_before_this_one(path: Path) -> None:
    call(opened(path, Clock(5000.0)))
    clock = Clock(30.0)
    file = opened(path, clock, OTHER_BOOT)
    assert free(file) == 0
    clock.now = 60.0
    assert free(file) == 3
    call(opened(path, Clock(5000.0)))
    assert free(opened(path, Clock(6000.0), OTHER_BOOT)) == 3


def test_where_boots_have_no_name_a_clock_that_went_back_tells(path: Path) -> None:
    call(opened(path, Clock(5000.0), NO_BOOT))
    clock = Clock(4000.0)
    assert free(opened(path, clock, NO_BOOT)) == 3
    call(opened(path, Clock(5000.0), NO_BOOT))
    clock.now = 59.0
    assert free(opened(path, clock, NO_BOOT)) == 0


def test_a_clock_that_goes_back_within_a_boot_is_not_believed(path: Path) -> None:
    call(opened(path, Clock(5000.0)))
    clock = Clock(4000.0)
    file = opened(path, clock)
    assert free(file) == 0
    clock.now += 60
    assert free(file) == 3


def test_a_clock_that_is_read_a_little_late_is_no_reboot(path: Path) -> None:
    call(opened(path, Clock(5000.0)))
    assert free(opened(path, Clock(4999.5))) == 2


def test_a_serial_of_a_lost_file_is_not_given_out_again(path: Path, clock: Clock) -> None:
    file = opened(path, clock)
    with file as state:
        before = state.next_serial()
    clock.now += 1
    path.write_bytes(b"")
    with file as state:
        assert state.next_serial() > before


# -- what the operating system does --------------------------------------------------------------


def test_two_objects_in_one_process_exclude_each_other(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget_file, "LOCK_SECONDS", 0.0)
    one, other = opened(path, clock), opened(path, clock)
    with one, pytest.raises(StateUnavailable, match=r"locked for 0 s\. Nothing was sent"):
        free(other)
    assert free(other) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="finds the open file in /proc")
def test_a_child_process_opens_the_file_for_itself(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget_file, "LOCK_SECONDS", 0.0)
    file = opened(path, clock)
    assert free(file) == 3
    (inherited,) = [
        int(name)
        for name in os.listdir("/proc/self/fd")
        if os.path.realpath(f"/proc/self/fd/{name}") == str(path)
    ]
    kept = os.dup(inherited)  # the parent's
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with file:
        assert is_locked_for(kept)
    os.close(kept)


def is_locked_for(file: int) -> bool:
    import fcntl  # absent on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def test_a_disk_that_is_full_grants_nothing_and_leaves_no_lock(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_written(_file: int, _data: bytes, _at: int) -> int:
        return 0

    file = opened(path, clock)
    call(file)
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", nothing_written)
        with pytest.raises(StateUnavailable, match=os.strerror(errno.ENOSPC)):
            call(file)
    assert free(opened(path, clock)) == 2
    assert free(file) == 2


def test_a_file_system_without_links_will_do(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    call(opened(path, clock))
    assert free(opened(path, clock)) == 2
    assert [entry.name for entry in path.parent.iterdir()] == ["budget"]


def test_the_process_that_comes_second_takes_the_first_one_s_file(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link
    first = opened(path, clock)

    def too_late(source: str, target: str) -> None:
        monkeypatch.setattr(os, "link", link)
        call(first)
        link(source, target)

    monkeypatch.setattr(os, "link", too_late)
    second = opened(path, clock)
    assert free(second) == 2
    assert free(first) == 2


def test_closing_is_no_end(path: Path, clock: Clock) -> None:
    file = opened(path, clock)
    call(file)
    file.close()
    file.close()
    assert free(file) == 2
