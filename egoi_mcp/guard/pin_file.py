"""`pins.json`: the approvers of a state directory, in one file that is only ever replaced whole.

It is sealed with the directory's key, so that a damaged, edited or foreign file is refused and not
misread. A missing file means that no PIN was set. So whoever may delete this user's files can do away
with all PINs, and whoever may copy them can put an older file back: a PIN is proof against what sits
at the terminal or in the browser, not against a program that has this user's rights.
"""

from __future__ import annotations

import hmac
import json
import os
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from filelock import FileLock, Timeout
from pydantic import Field, TypeAdapter

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.digest import load_state_key

LOCK_SECONDS = 15.0
"""A step takes a check for each approver, about a second in all; who keeps the lock longer was stopped."""

_MOST_BYTES = 65_536
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_Count = Annotated[int, Field(ge=0)]
_Time = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Cost:
    """scrypt's parameters: `n` rounds (a power of two), block size `r`, `p` times over."""

    n: Annotated[int, Field(ge=2)]
    r: Annotated[int, Field(ge=1)]
    p: Annotated[int, Field(ge=1)]

    @property
    def memory_bytes(self) -> int:
        """What one check takes, as OpenSSL counts it."""
        return 128 * self.r * (self.n + self.p + 2)


@dataclass(frozen=True, slots=True)
class Approver:
    """One who may approve: the PIN's salted hash, and the wrong tries since the last right one.

    `since` and `failed_at` are seconds since the epoch; `admitted_by` names the approver whose PIN let
    this one in, and is empty for the first.
    """

    name: str
    since: _Time
    admitted_by: str
    cost: Cost
    salt: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] = field(repr=False)
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = field(repr=False)
    failures: _Count = 0
    failed_at: _Time = 0.0


@dataclass(frozen=True, slots=True)
class Book:
    """All approvers, in the order in which they were admitted."""

    approvers: tuple[Approver, ...]

    def named(self, name: str) -> Approver | None:
        """The approver of a name, in whatever case it is written."""
        return next((each for each in self.approvers if _folded(each.name) == _folded(name)), None)

    def having(self, *changed: Approver) -> Book:
        """This book with these approvers in the place of those of the same name, new ones at the end."""
        by_name = {each.name: each for each in (*self.approvers, *changed)}
        return replace(self, approvers=tuple(by_name.values()))

    def without(self, gone: Approver) -> Book:
        """This book less one approver."""
        return replace(self, approvers=tuple(each for each in self.approvers if each.name != gone.name))


_BOOK = TypeAdapter(Book)


class PinFile:
    """The file of one state directory; reading needs no lock, changing it does.

    Raises, from every method:
        StateUnavailable: the file or its folder cannot be used, or the file is not what was written.
    """

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir
        self._path = state_dir / "pins.json"

    @contextmanager
    def alone(self) -> Generator[None]:
        """Keep every other process and thread from changing the file meanwhile."""
        load_state_key(self._folder)
        lock = FileLock(self._folder / "pins.lock", mode=0o600)
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout as error:
            raise StateUnavailable(
                f"Another process has kept the approvers' PINs locked for {LOCK_SECONDS:g} s. Nothing was "
                "approved or changed. Look for a stopped egoi-mcp process and end it."
            ) from error
        except OSError as error:
            raise _unavailable(error) from error
        try:
            yield
        finally:
            lock.release()

    def read(self) -> Book:
        """What was last written; an empty book where there is no file."""
        try:
            handle = os.open(self._path, os.O_RDONLY | _NO_LINK)
            with os.fdopen(handle, "rb") as file:
                text = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return Book(approvers=())
        except OSError as error:
            raise _unavailable(error) from error
        book = self._opened(text)
        if book is None:
            raise StateUnavailable(
                f"{self._path} is damaged, or sealed with another key than the state directory's. No PIN can "
                "be checked, so nothing is approved here. Put a sound copy back, or remove the file and set "
                "the PINs anew."
            )
        return book

    def write(self, book: Book) -> None:
        """Replace the file, on the disk before this returns; only within `alone`."""
        body = _BOOK.dump_json(book)
        text = json.dumps({"seal": self._seal(body), "book": body.decode()})
        draft = self._folder / ".pins.json"
        try:
            draft.unlink(missing_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            _sync_folder(self._folder)
        except OSError as error:
            raise _unavailable(error) from error

    def _opened(self, text: bytes) -> Book | None:
        """The book, if its seal is right; nothing in it is looked at before."""
        try:
            sealed = json.loads(text)
            body: bytes = sealed["book"].encode()
            if not hmac.compare_digest(str(sealed["seal"]).encode(), self._seal(body).encode()):
                return None
            return _BOOK.validate_json(body, strict=True)
        # What json, the type and a missing member say: it is all the same damage.
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def _seal(self, body: bytes) -> str:
        return load_state_key(self._folder).mac("pin-file", body).hex()


def _sync_folder(folder: Path) -> None:
    """Make a rename last; Windows knows no such thing."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _unavailable(error: OSError) -> StateUnavailable:
    return StateUnavailable(
        f"The approvers' PINs cannot be read or written ({error.strerror or type(error).__name__}). Nothing "
        "was approved or changed. See that this user can write the state directory and its pins.json."
    )
