"""Where the state of a budget lives: in this process, or in a file that all processes of the machine share.

Both are entered for one short, synchronous step: `with shared as state:`. The file is locked for that
time, read whole and written whole (a few kilobytes), with a checksum. It is read, not mapped: a mapped
file that somebody truncates kills every process that looks at it.

What cannot be trusted counts as used up: a damaged, truncated or deleted file closes the budget for
one span. A file of an earlier boot says only that its calls ended before this boot's clock began.
"""

from __future__ import annotations

import errno
import os
import secrets
import struct
import sys
import time
import zlib
from array import array
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol

from egoi_mcp.api.budget_state import NANOSECONDS, BudgetState, Limit, Line
from egoi_mcp.errors import StateUnavailable

LOCK_SECONDS = 1.0
"""A step takes tens of microseconds; whoever keeps the lock this long was stopped in the middle of one."""

_MAGIC = b"egoibdg1"
_SEAL = struct.Struct("=8sII")  # magic, length and checksum of the rest
_HEAD_NUMBERS = 11  # boot (two); now, serial, not before; how many of each of the six lists follow
_CLOSED = -1
_NO_BOOT = bytes(16)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CLOCK_SLACK = 1 * NANOSECONDS


class Shared(Protocol):
    """A state that is one caller's alone between entering and leaving, and kept only if no error leaves."""

    def __enter__(self) -> BudgetState: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def close(self) -> None:
        """Let go of what the operating system holds; entering again is allowed."""


class BudgetMemory:
    """The state of a budget that nobody else shares."""

    def __init__(self, limit: Limit, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._state = BudgetState()

    def __enter__(self) -> BudgetState:
        self._state.advance(max(self._state.now, _nanoseconds(self._clock)), self._limit)
        return self._state

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        pass

    def close(self) -> None:
        """Nothing is held."""


class BudgetFile:
    """The state of a budget that every process shares which names the same file.

    Objects in one process exclude each other too: each opens the file for itself, and the lock belongs
    to the open file. `boot` names the run of the machine that `clock` counts in, 16 bytes.

    Raises, on entering:
        StateUnavailable: the file cannot be opened, locked, read or written.
    """

    def __init__(
        self, path: Path, limit: Limit, clock: Callable[[], float], boot: bytes | None = None
    ) -> None:
        self._path = path
        self._limit = limit
        self._clock = clock
        self._boot = _boot_id() if boot is None else boot
        self._file = _CLOSED
        self._process = 0
        self._state = BudgetState()
        self._written = b""

    def __enter__(self) -> BudgetState:
        try:
            file, size, replaced = self._locked_file()
            try:
                data = _read(file, size)
                # Not before the lock is held: a moment read earlier may lie before what another has written.
                now = _nanoseconds(self._clock)
                self._state = self._trusted(data, now, replaced=replaced)
                self._state.advance(max(now, self._state.now), self._limit)
            except BaseException:
                self._written = b""
                _unlock(file)
                raise
        except OSError as error:
            raise self._unavailable(error) from error
        return self._state

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        try:
            try:
                self._written = b""
                if kind is None:
                    data = encode(self._state, self._boot)
                    _write(self._file, data)
                    self._written = data
            finally:
                _unlock(self._file)
        except OSError as failure:
            raise self._unavailable(failure) from failure

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        if self._file != _CLOSED:
            os.close(self._file)
            self._file = _CLOSED

    def _trusted(self, data: bytes, now: int, *, replaced: bool) -> BudgetState:
        """What the file says, or the strictest that can have been true."""
        if self._written and data.startswith(self._written) and not replaced:
            return self._state  # nobody else was here since
        decoded = None if replaced else decode(data)
        if decoded is None:
            return BudgetState.all_ended_at(now, self._limit.calls)
        state, boot = decoded
        went_back = now < state.now - _CLOCK_SLACK
        if boot != self._boot or (went_back and boot == _NO_BOOT):
            return BudgetState.all_ended_at(0, self._limit.calls)
        return BudgetState.all_ended_at(now, self._limit.calls) if went_back else state

    def _locked_file(self) -> tuple[int, int, bool]:
        """The file, open and locked; its size; and whether it stands in for one that somebody removed."""
        replaced = False
        while True:
            # After a fork both processes would own one lock.
            if self._file == _CLOSED or self._process != os.getpid():
                self.close()
                self._file = self._open()
                self._process = os.getpid()
            _lock(self._file, self._path)
            found = os.fstat(self._file)
            if found.st_nlink > 0:
                return self._file, found.st_size, replaced
            _unlock(self._file)
            self.close()
            replaced = True

    def _open(self) -> int:
        flags = (
            os.O_RDWR
            | getattr(os, "O_CLOEXEC", 0)
            | getattr(os, "O_NOFOLLOW", 0)
            | getattr(os, "O_BINARY", 0)
        )
        while True:
            try:
                file = os.open(self._path, flags)
            except FileNotFoundError:
                self._create(flags)
                continue
            if sys.platform != "win32" and os.fstat(file).st_mode & 0o077:
                os.fchmod(file, 0o600)
            return file

    def _create(self, flags: int) -> None:
        """Put a whole file in place at once: one that is there and empty has been truncated."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        data = encode(BudgetState(now=_nanoseconds(self._clock)), self._boot)
        room = (
            24 * self._limit.calls + 8192
        )  # for calls and callers, so that a full disk does not tear it later
        file = os.open(new, flags | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try:
                _write(file, data + bytes(room))
            finally:
                os.close(file)
            try:
                os.link(new, self._path)
            except FileExistsError:
                pass
            except OSError:
                # No links on this file system. A rename may replace another's new file, who then notices.
                os.rename(new, self._path)
        finally:
            new.unlink(missing_ok=True)

    def _unavailable(self, error: OSError) -> StateUnavailable:
        reason = error.strerror or error
        return StateUnavailable(
            f"The call budget's file {self._path} cannot be used ({reason}). Nothing was sent."
        )


# -- the format ----------------------------------------------------------------------------------


def encode(state: BudgetState, boot: bytes) -> bytes:
    """The state as bytes, for this machine only: a seal, and after it nothing but 64-bit numbers."""
    numbers = array("q", boot)
    numbers.extend(
        (
            state.now,
            state.serial,
            state.not_before,
            len(state.limits),
            len(state.ends),
            len(state.flights),
            len(state.parties),
            len(state.interactive.serials),
            len(state.bulk.serials),
        )
    )
    for limit, seen in state.limits.items():
        numbers.extend((limit.calls, limit.span, seen))
    numbers.extend(state.ends)
    for pairs in (state.flights, state.parties):
        if pairs:
            numbers.extend(pairs.keys())
            numbers.extend(pairs.values())
    for line in (state.interactive, state.bulk):
        if line.serials:
            numbers.extend(line.serials)
            numbers.extend(line.owners)
    body = numbers.tobytes()
    return _SEAL.pack(_MAGIC, len(body), zlib.crc32(body)) + body


def decode(data: bytes) -> tuple[BudgetState, bytes] | None:
    """The state and the boot that `encode` was given; None where these are not its bytes."""
    if len(data) < _SEAL.size:
        return None
    magic, length, checksum = _SEAL.unpack_from(data)
    body = data[_SEAL.size : _SEAL.size + length]
    if magic != _MAGIC or len(body) != length or zlib.crc32(body) != checksum:
        return None
    numbers = array("q", body)
    now, serial, not_before, limits, ends, flights, parties, interactive, bulk = numbers[2:_HEAD_NUMBERS]
    # Written out, since this is most of what a step costs.
    at_ends = _HEAD_NUMBERS + 3 * limits
    at_flights = at_ends + ends
    at_parties = at_flights + 2 * flights
    at_interactive = at_parties + 2 * parties
    at_bulk = at_interactive + 2 * interactive
    state = BudgetState(
        now,
        serial,
        not_before,
        numbers[at_ends:at_flights],
        _pairs(numbers[at_flights:at_parties]),
        _pairs(numbers[at_parties:at_interactive]),
        Line(
            numbers[at_interactive : at_interactive + interactive],
            numbers[at_interactive + interactive : at_bulk],
        ),
        Line(numbers[at_bulk : at_bulk + bulk], numbers[at_bulk + bulk :]),
        {Limit(*numbers[at : at + 2]): numbers[at + 2] for at in range(_HEAD_NUMBERS, at_ends, 3)},
    )
    return state, body[: len(_NO_BOOT)]


def _pairs(numbers: array[int]) -> dict[int, int]:
    half = len(numbers) // 2
    return dict(zip(numbers[:half], numbers[half:], strict=True)) if half else {}


# -- the operating system ------------------------------------------------------------------------


def _nanoseconds(clock: Callable[[], float]) -> int:
    return int(clock() * NANOSECONDS)


def _boot_id() -> bytes:
    """Linux names each boot. Elsewhere a clock that has gone back tells that there was one."""
    try:
        return bytes.fromhex(_BOOT_ID.read_text(encoding="ascii").strip().replace("-", ""))
    except (OSError, ValueError):
        return _NO_BOOT


def _lock(file: int, path: Path) -> None:
    """Wait for the lock, though not for ever: a stopped process must not stop all others."""
    if _try_lock(file):
        return
    give_up = time.monotonic() + LOCK_SECONDS
    pause = 0.0003
    while not _try_lock(file):
        if time.monotonic() > give_up:
            raise StateUnavailable(
                f"Another process has kept the call budget's file {path} locked for {LOCK_SECONDS:g} s. "
                "Nothing was sent. Look for a stopped egoi-mcp process and end it."
            )
        # No lock of a file tells when it is free; whoever holds it is done in microseconds.
        time.sleep(pause)
        pause = min(2 * pause, 0.005)


if sys.platform == "win32":  # untried
    import msvcrt

    _LOCKED_BYTE = 1 << 30  # behind the data: other processes cannot even read a byte that is locked

    def _try_lock(file: int) -> bool:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file: int) -> None:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

    def _read(file: int, size: int) -> bytes:
        os.lseek(file, 0, os.SEEK_SET)
        return os.read(file, size)

    def _write(file: int, data: bytes) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        if os.write(file, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

else:
    import fcntl

    # flock, whose lock belongs to the open file; lockf's belongs to the process, would let two objects in
    # one process in at once, and falls with the first file of theirs that is closed.
    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)

    def _read(file: int, size: int) -> bytes:
        return os.pread(file, size, 0)

    def _write(file: int, data: bytes) -> None:
        if os.pwrite(file, data, 0) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
