"""What may be tried again, and after which wait."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.retry import (
    LONGEST_RETRY_AFTER_SECONDS,
    Fail,
    Failure,
    Lost,
    Retry,
    RetryLimits,
    Unknown,
    Verdict,
    classify,
    retry_after_seconds,
)
from egoi_mcp.api.risk import Risk

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC).timestamp()
CHANGES = [risk for risk in Risk if risk is not Risk.READ]

unreached = Failure(lost=Lost.UNREACHABLE, written=False)
statuses = st.none() | st.integers(100, 599)
retry_afters = st.none() | st.text() | st.integers().map(str) | st.floats().map(str)
failures = st.builds(
    Failure,
    status=statuses,
    lost=st.none() | st.sampled_from(Lost),
    written=st.booleans(),
    retry_after=retry_afters,
)
risks = st.sampled_from(Risk)
jitters = st.floats(0, 1)


def judge(failure: Failure, risk: Risk = Risk.READ, attempt: int = 1, jitter: float = 1.0) -> Verdict:
    return classify(failure, risk, attempt=attempt, now=NOW, jitter=jitter)


# -- what is tried again -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_a_look_is_tried_again_after_a_passing_failure(status: int) -> None:
    assert isinstance(judge(Failure(status=status)), Retry)


@pytest.mark.parametrize("lost", [Lost.UNREACHABLE, Lost.BROKEN, Lost.TIMED_OUT])
def test_a_look_is_tried_again_after_a_lost_connection(lost: Lost) -> None:
    assert isinstance(judge(Failure(lost=lost)), Retry)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500, 501, 302])
def test_a_look_is_not_tried_again_after_a_settled_failure(status: int) -> None:
    assert judge(Failure(status=status)) == Fail()


def test_a_look_with_an_unreadable_reply_is_not_tried_again() -> None:
    assert judge(Failure(status=200, lost=Lost.UNREADABLE)) == Fail()


@pytest.mark.parametrize("risk", CHANGES)
def test_a_change_is_tried_again_when_the_vendor_turned_it_away(risk: Risk) -> None:
    assert isinstance(judge(Failure(status=429), risk), Retry)


@pytest.mark.parametrize("risk", CHANGES)
def test_a_change_is_tried_again_when_not_a_byte_of_it_left(risk: Risk) -> None:
    assert isinstance(judge(unreached, risk), Retry)


@pytest.mark.parametrize("risk", CHANGES)
@pytest.mark.parametrize(
    "failure",
    [
        Failure(status=408),
        Failure(status=500),
        Failure(status=502),
        Failure(status=503, retry_after="1"),
        Failure(status=302),
        Failure(lost=Lost.TIMED_OUT),
        Failure(lost=Lost.BROKEN),
        Failure(status=200, lost=Lost.UNREADABLE),
        Failure(status=200, lost=Lost.BROKEN),
        Failure(lost=Lost.UNREACHABLE, written=True),
        Failure(lost=Lost.TIMED_OUT, written=False),
    ],
)
def test_a_change_whose_reply_was_lost_is_unknown(failure: Failure, risk: Risk) -> None:
    assert judge(failure, risk) == Unknown()


@pytest.mark.parametrize("risk", CHANGES)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
def test_a_change_that_was_refused_failed(status: int, risk: Risk) -> None:
    assert judge(Failure(status=status), risk) == Fail()


# -- properties ----------------------------------------------------------------------------------


@given(failures, risks, st.integers(1, 10_000), jitters)
def test_nothing_that_could_double_an_effect_is_tried_again(
    failure: Failure, risk: Risk, attempt: int, jitter: float
) -> None:
    verdict = judge(failure, risk, attempt, jitter)
    if risk is not Risk.READ and isinstance(verdict, Retry):
        assert failure.status == 429 or (failure.status is None and not failure.written)


@given(failures, st.sampled_from(CHANGES), st.integers(1, 10), jitters)
def test_a_change_only_fails_for_certain_when_it_was_refused_or_never_left(
    failure: Failure, risk: Risk, attempt: int, jitter: float
) -> None:
    verdict = judge(failure, risk, attempt, jitter)
    if isinstance(verdict, Fail):
        never_left = failure.status is None and not failure.written
        refused = failure.status is not None and 400 <= failure.status < 500 and failure.status != 408
        assert never_left or refused


@given(failures, st.integers(1, 10), jitters)
def test_the_outcome_of_a_look_is_never_unknown(failure: Failure, attempt: int, jitter: float) -> None:
    assert not isinstance(judge(failure, Risk.READ, attempt, jitter), Unknown)


@given(failures, risks, jitters)
def test_the_number_of_attempts_is_bounded(failure: Failure, risk: Risk, jitter: float) -> None:
    assert not isinstance(judge(failure, risk, RetryLimits().attempts, jitter), Retry)


@given(failures, risks, st.integers(1, 10), jitters)
def test_every_wait_is_bounded(failure: Failure, risk: Risk, attempt: int, jitter: float) -> None:
    verdict = judge(failure, risk, attempt, jitter)
    if isinstance(verdict, Retry):
        assert 0 <= verdict.after_seconds <= RetryLimits().longest_wait_seconds


# -- waits ---------------------------------------------------------------------------------------


def test_the_wait_doubles_with_every_attempt() -> None:
    waits = [judge(Failure(status=503), attempt=attempt) for attempt in (1, 2, 3)]
    assert waits == [Retry(0.5), Retry(1.0), Retry(2.0)]


def test_the_wait_is_spread_so_that_clients_do_not_come_back_together() -> None:
    assert judge(Failure(status=503), jitter=0.0) == Retry(0.25)


def test_a_time_out_is_met_fewer_times_than_a_quick_failure() -> None:
    assert isinstance(judge(Failure(lost=Lost.TIMED_OUT), attempt=1), Retry)
    assert judge(Failure(lost=Lost.TIMED_OUT), attempt=2) == Fail()
    assert isinstance(judge(Failure(lost=Lost.BROKEN), attempt=2), Retry)


def test_a_429_without_a_wait_is_left_alone_for_longer() -> None:
    assert judge(Failure(status=429)) == Retry(2.0)


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_the_vendor_asks_for_is_kept(status: int) -> None:
    assert judge(Failure(status=status, retry_after="17")) == Retry(17.0)


def test_a_wait_beyond_patience_is_a_failure() -> None:
    assert judge(Failure(status=429, retry_after="121")) == Fail()


# -- Retry-After ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("30", 30.0), (" 30 ", 30.0), ("1.5", 1.5), ("-5", 0.0), ("999999999", 86_400.0)],
)
def test_a_number_of_seconds_is_read(value: str, seconds: float) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@given(st.integers(0, 86_400))
def test_an_http_date_is_read(seconds: int) -> None:
    date = format_datetime(datetime.fromtimestamp(NOW + seconds, UTC), usegmt=True)
    assert retry_after_seconds(date, NOW) == seconds


def test_a_date_that_has_passed_is_no_wait() -> None:
    assert retry_after_seconds("Sun, 01 Mar 2026 11:59:00 GMT", NOW) == 0.0


def test_a_date_without_a_zone_is_in_universal_time() -> None:
    assert retry_after_seconds("Sun, 01 Mar 2026 12:00:09 -0000", NOW) == 9.0


@pytest.mark.parametrize(
    "value", [None, "", "soon", "1e9", "0x10", "٣", "1,5", "inf", "nan", "Sun, 99 Mar 99999 12:00:00 GMT"]
)
def test_what_is_neither_is_ignored(value: str | None) -> None:
    assert retry_after_seconds(value, NOW) is None


@given(st.text() | st.floats().map(str) | st.integers().map(str) | st.datetimes().map(format_datetime))
def test_whatever_the_header_holds_the_wait_is_sane(value: str) -> None:
    seconds = retry_after_seconds(value, NOW)
    assert seconds is None or (math.isfinite(seconds) and 0 <= seconds <= LONGEST_RETRY_AFTER_SECONDS)
