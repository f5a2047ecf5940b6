"""Whether an exchange that failed may be tried again, as a pure function.

Only what cannot double an effect is tried again: a request that changes nothing, a request the
vendor turned away with 429, and a request of which no byte was written. Everything else that
leaves the effect open is `Unknown`, and stays so.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus

from egoi_mcp.api.risk import Risk

LONGEST_RETRY_AFTER_SECONDS = 86_400.0
"""A longer wait than a day is taken for a mistake and read as a day."""

_SECONDS = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class Lost(Enum):
    """How an exchange ended that brought no whole, readable reply."""

    UNREACHABLE = "could not be reached"
    TIMED_OUT = "did not answer in time"
    BROKEN = "broke the connection off"
    UNREADABLE = "sent a reply that cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What is known of one attempt that did not succeed.

    `status` is None where no reply began. `written` is False only where it is certain that no
    byte of the request left. `reason` is this side's own word for what happened, fit to show.
    """

    status: int | None = None
    lost: Lost | None = None
    written: bool = True
    retry_after: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLimits:
    """How often and how patiently a request is tried again; attempts count the first one too."""

    attempts: int = 4
    timed_out_attempts: int = 2
    base_seconds: float = 0.5
    limited_base_seconds: float = 2.0
    cap_seconds: float = 8.0
    longest_wait_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again, after this wait."""

    after_seconds: float


@dataclass(frozen=True, slots=True)
class Fail:
    """Give up: the request took no effect, or has none to take."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Give up: the request may have taken effect."""


Verdict = Retry | Fail | Unknown


def classify(
    failure: Failure,
    risk: Risk,
    *,
    attempt: int,
    now: float,
    jitter: float,
    limits: RetryLimits = RetryLimits(),
) -> Verdict:
    """Decide what follows a failed attempt.

    `attempt` counts from 1, `now` is the wall clock in seconds since 1970 (an HTTP date is
    measured against it), `jitter` a random number from 0 to 1.
    """
    status = failure.status
    attempts = _attempts(failure, risk, limits)
    if attempts is None:
        refused = status is not None and is_refusal(status)
        return Fail() if refused or risk is Risk.READ else Unknown()
    asked = retry_after_seconds(failure.retry_after, now)
    wait = _backoff(status, attempt, limits) * (0.5 + 0.5 * jitter) if asked is None else asked
    return Retry(wait) if attempt < attempts and wait <= limits.longest_wait_seconds else Fail()


def is_refusal(status: int) -> bool:
    """A status by which the vendor says that it did not do what was asked."""
    return (
        HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        and status != HTTPStatus.REQUEST_TIMEOUT
    )


def _attempts(failure: Failure, risk: Risk, limits: RetryLimits) -> int | None:
    """How many attempts such a failure may take; None where another could double an effect or is no use."""
    status, lost = failure.status, failure.lost
    never_left = status is None and lost is Lost.UNREACHABLE and not failure.written
    if status == HTTPStatus.TOO_MANY_REQUESTS or never_left:
        return limits.attempts
    if risk is not Risk.READ or (status is not None and is_refusal(status)):
        return None
    if lost is Lost.TIMED_OUT or status == HTTPStatus.REQUEST_TIMEOUT:
        return limits.timed_out_attempts
    return limits.attempts if lost in {Lost.UNREACHABLE, Lost.BROKEN} or status in _PASSING else None


def _backoff(status: int | None, attempt: int, limits: RetryLimits) -> float:
    base = limits.limited_base_seconds if status == HTTPStatus.TOO_MANY_REQUESTS else limits.base_seconds
    # The exponent is bounded so that no number of attempts overflows; the cap has long been reached.
    return min(limits.cap_seconds, math.ldexp(base, min(attempt - 1, 30)))


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """Read a `Retry-After` header, in seconds or as an HTTP date; None where it holds neither.

    A moment that has passed is 0, and more than a day is a day.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
            # A date without a zone (`-0000`) is in universal time by the mail standard.
            aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            seconds = aware.timestamp() - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)
