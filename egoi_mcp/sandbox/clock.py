"""The sandbox's time: the injected clocks plus what a test has advanced, and the vendors' date forms."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from egoi_mcp.sandbox.settings import SandboxSettings

_STAMP = "%Y-%m-%d %H:%M:%S"


class SandboxClock:
    """Wall and monotonic time, both movable forwards."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._advanced_seconds = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._settings.clock() + self._advanced_seconds

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back; the rate limit counts in it."""
        return self._settings.monotonic() + self._advanced_seconds

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once.

        Raises:
            ValueError: `seconds` is negative or not a number.
        """
        if not seconds >= 0:
            raise ValueError("time only goes forwards")
        self._advanced_seconds += seconds


def stamp(epoch: float, zone: tzinfo) -> str:
    """`YYYY-MM-DD hh:mm:ss` in the account's zone, the form of every E-goi date-time."""
    return datetime.fromtimestamp(epoch, zone).strftime(_STAMP)


def from_stamp(text: str, zone: tzinfo) -> float:
    """Seconds since the epoch of a `YYYY-MM-DD hh:mm:ss` in the account's zone.

    Raises:
        ValueError: the text is not of that form, or no such moment exists.
    """
    return datetime.strptime(text, _STAMP).replace(tzinfo=zone).timestamp()


def iso(epoch: float) -> str:
    """`YYYY-MM-DDThh:mm:ssZ`, the form of TxtSync and of the transactional API."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 date-time; without an offset it is UTC.

    Raises:
        ValueError: the text is no ISO 8601 date-time.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
