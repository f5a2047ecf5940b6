from __future__ import annotations

from email.utils import parsedate_to_datetime
from itertools import pairwise

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.sandbox import SandboxSettings
from egoi_mcp.sandbox.rate import SlidingWindow
from egoi_mcp.sandbox.settings import RetryAfter
from tests.sandbox.accounts import EGOI_HEADERS, INTERCOM_HEADERS, StillClock, client, sandbox_at


async def _exceed(clock: StillClock, form: RetryAfter) -> httpx2.Response:
    sandbox = sandbox_at(clock, SandboxSettings(rate_calls=3, retry_after=form))
    async with client(sandbox, EGOI_HEADERS) as egoi:
        for _ in range(3):
            assert (await egoi.get("/lists")).status_code == 200
            clock.advance(10)
        return await egoi.post("/tags", json={"name": "late"})


@pytest.mark.anyio
async def test_the_call_beyond_the_limit_is_a_429_with_the_seconds_to_wait(clock: StillClock) -> None:
    reply = await _exceed(clock, "seconds")
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "30")
    assert reply.json()["title"] == "Too Many Requests"


@pytest.mark.anyio
async def test_the_wait_can_come_as_a_date(clock: StillClock) -> None:
    reply = await _exceed(clock, "date")
    assert parsedate_to_datetime(reply.headers["retry-after"]).timestamp() == clock.now() + 30


@pytest.mark.anyio
async def test_the_wait_can_be_left_out(clock: StillClock) -> None:
    reply = await _exceed(clock, "none")
    assert reply.status_code == 429
    assert "retry-after" not in reply.headers


@pytest.mark.anyio
async def test_a_place_is_free_once_the_window_has_passed(clock: StillClock) -> None:
    sandbox = sandbox_at(clock, SandboxSettings(rate_calls=1, rate_window_seconds=60))
    async with client(sandbox, EGOI_HEADERS) as egoi:
        assert (await egoi.get("/lists")).status_code == 200
        clock.advance(59.999)
        assert (await egoi.get("/lists")).status_code == 429
        sandbox.advance(0.001)
        assert (await egoi.get("/lists")).status_code == 200


@pytest.mark.anyio
async def test_a_refused_call_has_no_effect_and_the_key_is_shared_by_both_e_goi_apis(
    clock: StillClock,
) -> None:
    sandbox = sandbox_at(clock, SandboxSettings(rate_calls=1))
    async with client(sandbox, EGOI_HEADERS) as egoi, client(sandbox, INTERCOM_HEADERS) as intercom:
        await egoi.get("/api/v2/ping")
        assert (await egoi.post("/tags", json={"name": "late"})).status_code == 429
        assert (await intercom.get("/me")).status_code == 200
        late = await intercom.get("/me")
        assert (late.status_code, late.json()["errors"][0]["code"]) == (429, "rate_limit_exceeded")
    assert sandbox.effects.mutations == []
    assert sandbox.rate.window("egoi").refused == 1
    assert sandbox.rate.window("egoi").peak == 2


@given(
    calls=st.integers(1, 5),
    gaps=st.lists(st.floats(0, 3, allow_nan=False).map(lambda gap: round(gap, 3)), max_size=60),
)
def test_no_window_ever_admits_more_than_the_limit_and_none_is_refused_without_need(
    calls: int, gaps: list[float]
) -> None:
    window = SlidingWindow(calls, 5.0)
    at = 0.0
    admitted: list[float] = []
    for gap in gaps:
        at += gap
        recent = [earlier for earlier in admitted if at - earlier < 5.0]
        wait_seconds = window.arrive(at)
        assert (wait_seconds == 0.0) == (len(recent) < calls)
        if wait_seconds == 0.0:
            admitted.append(at)
        else:
            assert wait_seconds == pytest.approx(recent[0] + 5.0 - at)
    assert all(later >= earlier for earlier, later in pairwise(admitted))
