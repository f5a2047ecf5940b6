"""Approver PINs: what a person knows and the assistant beside them does not.

A PIN names its approver, so no two are alike. Every guess that somebody can make is counted on the disk
before it is looked at, an end of the process included, and five wrong ones close the approver for a
while. Each approver is counted alone: one's own right PIN buys no tries at another's. Who guesses at the
earliest moments has 34 tries on the first day, and 24 on each after it.

What this does not do: a program with this user's rights can delete the file (see `pin_file`), and can
keep an approver closed by guessing wrong, hour after hour. Whoever knows one PIN can admit an approver of
another name; `approvers` tells who admitted whom. Whoever may set the machine's clock forward waits less.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from egoi_mcp.errors import InvalidInput, NotAllowed
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.guard.pin_file import Approver, Book, Cost, PinFile

SHORTEST = 6
FREE_TRIES = 5
FIRST_LOCK_SECONDS = 30.0
LONGEST_LOCK_SECONDS = 3600.0
MOST_APPROVERS = 10
"""A PIN is tried against each, so that this bounds the time a check takes."""
COST = Cost(n=2**15, r=8, p=1)
"""About 90 ms and 32 MiB for each approver, measured on one core of an AMD EPYC with Python 3.11.

The file keeps each PIN's own; one that was set at another cost is hashed again when it is next right.
"""
_LONGEST_NAME = 40
_UNCHANGED = "Nothing was changed."
_SALT_BYTES = 16


class Pins:
    """The approvers of a state directory; `now` tells seconds since the epoch.

    Each check takes tens of milliseconds of this thread, so an event loop calls it from another.

    Raises, from every method:
        StateUnavailable: the PINs cannot be read or written; never taken for "no PIN is needed".
    """

    def __init__(self, state_dir: Path, *, now: Callable[[], float], cost: Cost = COST) -> None:
        self._state_dir = state_dir
        self._file = PinFile(state_dir)
        self._now = now
        self._cost = cost

    @property
    def required(self) -> bool:
        """Whether an approval takes a PIN: as soon as one is set."""
        return bool(self.approvers())

    def names(self) -> tuple[str, ...]:
        """Who has a PIN, in the order in which they were admitted."""
        return tuple(approver.name for approver in self.approvers())

    def approvers(self) -> tuple[Approver, ...]:
        """The same with what else is known of each."""
        return self._file.read().approvers

    def has(self, name: str) -> bool:
        """Whether an approver of this name has a PIN, in whatever case the name is written."""
        return self._file.read().named(_normal(name)) is not None

    def verify(self, pin: str) -> str:
        """The approver whose PIN this is.

        Raises:
            NotAllowed: it is nobody's, or too many wrong ones came before; the text says how long to wait.
        """
        with self._file.alone():
            book, now = self._read()
            _, approver = self._tried(book, book.approvers, pin, now)
        return approver.name

    def set(self, name: str, pin: str, *, allowed_by: str = "") -> None:
        """Give an approver a PIN, or another one.

        The first needs nobody's leave. After that `allowed_by` is the present PIN of the approver whose
        own is changed, or anybody's where a new approver is admitted.

        Raises:
            InvalidInput: no such name or PIN can be; the text says why.
            NotAllowed: `allowed_by` is not right, or the PIN is taken.
        """
        name, pin = _valid_name(name), _strong(pin)
        with self._file.alone():
            book, now = self._read()
            admitted_by = ""
            if book.approvers:
                before = book.named(name)
                if before is None and len(book.approvers) >= MOST_APPROVERS:
                    raise NotAllowed(
                        f"There is room for {MOST_APPROVERS} approvers and no more. {_UNCHANGED}"
                    )
                owners = book.approvers if before is None else (before,)
                book, by = self._tried(book, owners, allowed_by, now)
                name, admitted_by = (name, by.name) if before is None else (before.name, before.admitted_by)
                book = self._with_free(book, pin, name, by, now)
            salt, hashed = self._hashed(pin)
            self._file.write(book.having(Approver(name, now, admitted_by, self._cost, salt, hashed)))

    def clear(self, name: str, pin: str) -> None:
        """Take an approver's PIN away, by that PIN.

        Raises:
            NotAllowed: there is no such approver, or it is another PIN.
        """
        with self._file.alone():
            book, now = self._read()
            approver = book.named(name)
            if approver is None:
                raise NotAllowed(f"No approver of that name has a PIN. {_UNCHANGED} See: egoi-mcp pin list")
            book, approver = self._tried(book, (approver,), pin, now)
            self._file.write(book.without(approver))

    def _tried(
        self, book: Book, approvers: Sequence[Approver], pin: str, now: float
    ) -> tuple[Book, Approver]:
        """Whose of these approvers the PIN is, and the book after that."""
        pin = _normal(pin)
        if not approvers or not pin:
            raise NotAllowed(f"{'No PIN was typed' if approvers else 'No PIN is set'}. {_UNCHANGED}")
        tried = self._counted(book, approvers, now)
        right = [approver for approver in tried if self._is_of(pin, approver)]
        if not right:
            raise NotAllowed(_wrong(tried, [each for each in approvers if _wait(each, now)], now))
        approver = replace(right[0], failures=0, failed_at=0.0)
        if approver.cost != self._cost:
            salt, hashed = self._hashed(pin)
            approver = replace(approver, cost=self._cost, salt=salt, hash=hashed)
        # It was no guess at the others' PINs, so their counts are what they were.
        after = book.having(approver)
        self._file.write(after)
        return after, approver

    def _with_free(self, book: Book, pin: str, name: str, by: Approver, now: float) -> Book:
        """The book after a new PIN was held against everybody else's.

        The answer tells whether it is one of theirs, so it counts as a guess, which nothing takes back.
        """
        taken = name != by.name and self._is_of(pin, by)
        others = [each for each in book.approvers if each.name not in {name, by.name}]
        if others and not taken:
            tried = self._counted(book, others, now, all_of_them=True)
            book = book.having(*tried)
            taken = any(self._is_of(pin, each) for each in tried)
        if taken:
            raise NotAllowed(f"This PIN cannot be taken: it is in use. {_UNCHANGED} Choose another.")
        return book

    def _counted(
        self, book: Book, approvers: Sequence[Approver], now: float, *, all_of_them: bool = False
    ) -> list[Approver]:
        """Those of these approvers who are open, with one failure more.

        It is on the disk already, before any PIN is looked at: ending the process saves nobody a try.
        """
        waits = [_wait(each, now) for each in approvers]
        if min(waits) > 0 or (all_of_them and max(waits) > 0):
            wait = max(waits) if all_of_them else min(waits)
            raise NotAllowed(
                f"Too many wrong PINs were typed, so none is looked at for {_span(wait)}. {_UNCHANGED}"
            )
        tried = [
            replace(each, failures=each.failures + 1, failed_at=now)
            for each, wait in zip(approvers, waits, strict=True)
            if wait == 0
        ]
        self._file.write(book.having(*tried))
        return tried

    def _read(self) -> tuple[Book, float]:
        """The book and the time, no failure lying ahead of it.

        Where the clock was set back, a wait begins again, at no more than its full length.
        """
        book, now = self._file.read(), self._now()
        current = book.having(*(replace(each, failed_at=min(each.failed_at, now)) for each in book.approvers))
        if current != book:
            self._file.write(current)
        return current, now

    def _is_of(self, pin: str, approver: Approver) -> bool:
        hashed = self._hash(pin, bytes.fromhex(approver.salt), approver.cost)
        return hmac.compare_digest(hashed, bytes.fromhex(approver.hash))

    def _hashed(self, pin: str) -> tuple[str, str]:
        """A new salt and the hash with it, in hexadecimal."""
        salt = os.urandom(_SALT_BYTES)
        return salt.hex(), self._hash(pin, salt, self._cost).hex()

    def _hash(self, pin: str, salt: bytes, cost: Cost) -> bytes:
        # With the directory's key, so that the file without the key is nothing to guess against.
        pepper = load_state_key(self._state_dir).derive("pin")
        peppered = hmac.digest(pepper, pin.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return hashlib.scrypt(
            peppered, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=cost.memory_bytes, dklen=32
        )


def lock_seconds(failures: int) -> float:
    """How long so many wrong PINs in a row close an approver, from the last of them on."""
    if failures < FREE_TRIES:
        return 0.0
    doublings = min(failures - FREE_TRIES, 16)  # far beyond the longest
    return min(FIRST_LOCK_SECONDS * 2.0**doublings, LONGEST_LOCK_SECONDS)


def _wait(approver: Approver, now: float) -> float:
    """Seconds until this approver's PIN is looked at again."""
    return max(0.0, approver.failed_at + lock_seconds(approver.failures) - now)


def _wrong(tried: Sequence[Approver], closed: Sequence[Approver], now: float) -> str:
    """What is said of a wrong PIN: how many tries are left, or how long to wait; never whose it may be."""
    said = [f"That PIN is not right. {_UNCHANGED}"]
    left = FREE_TRIES - min(each.failures for each in tried)
    if left > 0:
        said.append(f"{left} more {'try' if left == 1 else 'tries'} before a wait.")
    else:
        said.append(f"The next try is possible in {_span(min(lock_seconds(e.failures) for e in tried))}.")
    if closed:
        longest = max(_wait(each, now) for each in closed)
        said.append(
            f"{len(closed)} of {len(closed) + len(tried)} PINs, guessed at too often, are not looked at "
            f"for up to {_span(longest)}."
        )
    return " ".join(said)


def _span(seconds: float) -> str:
    """Rounded up, so that the wait is over when it says so."""
    if seconds <= 90:
        whole, unit = math.ceil(seconds), "second"
    else:
        whole, unit = math.ceil(seconds / 60), "minute"
    return f"{whole} {unit}{'' if whole == 1 else 's'}"


def _normal(text: str) -> str:
    """The same for what looks and types the same, whatever keyboard or form made it."""
    return unicodedata.normalize("NFKC", text).strip()


def _valid_name(name: str) -> str:
    name = _normal(name)
    if not name.isprintable() or not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidInput(
            f"An approver's name has 1 to {_LONGEST_NAME} characters that can be seen. {_UNCHANGED}"
        )
    return name


def _strong(pin: str) -> str:
    """The PIN, if it is not among the first that anybody would guess."""
    pin = _normal(pin)
    if len(pin) < SHORTEST or not pin.isprintable():
        raise InvalidInput(f"A PIN has {SHORTEST} or more characters, all printable. {_UNCHANGED}")
    folded = pin.casefold()
    # Digits wrap around: 890123 is as straight as 123456.
    turn = 10 if folded.isdecimal() else 0x110000
    steps = {(ord(after) - ord(before)) % turn for before, after in pairwise(folded)}
    # A text that recurs within two of itself is one part again and again: 111111, 121212, abcabc.
    if len(steps) == 1 or folded in (folded + folded)[1:-1]:
        raise InvalidInput(
            f"A PIN in a straight line (123456) or of one part again and again (121212) is guessed first. "
            f"{_UNCHANGED} Choose another."
        )
    return pin
