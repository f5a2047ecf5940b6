"""The numbers of an account's suppression list as they were read, none of which can be read back."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable

import anyio

FRESH_SECONDS = 600.0
"""For so long what was read is believed."""
WHOLE_SECONDS = 3600.0
"""After so long everything is read again: reading only what is new shows nothing that was taken off."""
_KEY_BYTES = 16
_MARK_BYTES = 8


class Suppressed:
    """Marks of numbers, keyed with a secret that ends with this process; `now` is a clock in seconds.

    `total` is how many entries the vendor's list had, None where it does not say. A clock that is set
    back makes everything old.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._key = secrets.token_bytes(_KEY_BYTES)
        self.lock = anyio.Lock()
        """Held by whoever reads the list."""
        self.forget()

    def __repr__(self) -> str:
        return f"<Suppressed of {len(self)}>"

    def __len__(self) -> int:
        return len(self._marks)

    def __contains__(self, number: str) -> bool:
        return self._mark(number) in self._marks

    @property
    def fresh(self) -> bool:
        """Whether what was read can be believed as it is."""
        return not self._outdated and self._within(self._read_at, FRESH_SECONDS)

    @property
    def grows(self) -> bool:
        """Whether reading what is newer than `newest` is enough."""
        return bool(self.newest) and self.complete and self._within(self._whole_at, WHOLE_SECONDS)

    @property
    def known(self) -> bool:
        """Whether the list has been read at all."""
        return self._read_at is not None

    @property
    def age_seconds(self) -> float:
        """For how long nothing was read; 0 where nothing ever was."""
        return max(0.0, self._now() - self._read_at) if self._read_at is not None else 0.0

    def forget(self) -> None:
        """Begin anew: the whole list has to be read."""
        self._marks: set[bytes] = set()
        self._read_at: float | None = None
        self._whole_at: float | None = None
        self._outdated = False
        self.complete = False
        self.total: int | None = None
        self.newest = ""

    def outdate(self, *, whole: bool) -> None:
        """Something may have changed the list: `whole` where an entry may be gone, too."""
        if whole:
            self.forget()
        self._outdated = True

    def clock(self) -> float:
        """The time of the clock that ages are measured with."""
        return self._now()

    def take(
        self,
        numbers: Iterable[str],
        *,
        newest: str,
        at: float,
        whole: bool,
        complete: bool,
        total: int | None,
    ) -> None:
        """Take in what a reading that began `at` found.

        `newest` is the time of its newest entry in the vendor's own words, `whole` says that it began with
        nothing, `complete` that it came to the end of the list.
        """
        if whole:
            self.forget()
            self._whole_at, self.total = at, total
        self._marks.update(map(self._mark, numbers))
        self.newest = max(self.newest, newest)
        # What began complete and could not read all that is new misses something from now on.
        self.complete = complete
        self._read_at = at
        self._outdated = False

    def _within(self, since: float | None, seconds: float) -> bool:
        return since is not None and 0 <= self._now() - since < seconds

    def _mark(self, number: str) -> bytes:
        digits = "".join(character for character in number if character.isdigit())
        return hashlib.blake2b(digits.encode(), key=self._key, digest_size=_MARK_BYTES).digest()
