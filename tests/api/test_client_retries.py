"""The door when the vendor refuses, fails or is slow: what is tried again, and what it comes to."""

from __future__ import annotations

import gzip
import math
from collections.abc import AsyncIterator

import anyio
import httpx2
import pytest

from egoi_mcp.api import catalog
from egoi_mcp.api.budget import RateBudget
from egoi_mcp.api.catalog import JsonValue, Request
from egoi_mcp.errors import (
    ApiError,
    AuthenticationFailed,
    Conflict,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unreachable,
    VendorFailed,
)
from tests.api.doors import (
    ACTION,
    ORIGIN,
    BookGate,
    Rest,
    Vendor,
    answer,
    approved,
    budget,
    change,
    door,
    look,
)

pytestmark = pytest.mark.anyio

OK = answer(200, {"items": []})
CREATED = answer(201, {"contact_id": "a1b2c3d4e5"})


class NotingBudget(RateBudget):
    """A budget that remembers by how much it was pushed back, without holding anybody up."""

    def __init__(self) -> None:
        super().__init__(calls=100, window_seconds=60.0)
        self.pushes: list[float] = []

    def push_back(self, seconds: float) -> None:
        self.pushes.append(seconds)


# -- looks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
async def test_a_look_gets_past_a_passing_failure(status: int) -> None:
    vendor, rest = Vendor([answer(status), OK]), Rest()
    reply = await door(vendor.transport(), rest=rest, calls=NotingBudget()).execute(look())
    assert reply.status == 200
    assert len(vendor.requests) == 2
    assert rest.waits == [2.0 if status == 429 else 0.5]


@pytest.mark.parametrize(
    "lost",
    [
        httpx2.ConnectError(""),
        httpx2.ReadError(""),
        httpx2.ReadTimeout(""),
        httpx2.RemoteProtocolError(""),
        OSError(),
    ],
)
async def test_a_look_gets_past_a_lost_connection(lost: Exception) -> None:
    vendor = Vendor([lost, OK])
    assert (await door(vendor.transport()).execute(look())).status == 200


async def test_a_post_that_looks_is_tried_again_like_a_get() -> None:
    search = Request(
        operation=catalog.operation("intercom", "SearchContacts"),
        body={"query": {"field": "role", "operator": "=", "value": "lead"}},
    )
    vendor = Vendor([answer(502), answer(200, {"data": []})])
    reply = await door(vendor.transport(), provider="intercom").execute(search)
    assert reply.data == {"data": []}
    assert vendor.requests[0].content == vendor.requests[1].content


async def test_a_look_gives_up_after_four_attempts_with_growing_waits() -> None:
    vendor, rest = Vendor([answer(503)]), Rest()
    with pytest.raises(VendorFailed, match="status 503") as caught:
        await door(vendor.transport(), rest=rest).execute(look())
    assert len(vendor.requests) == 4
    assert rest.waits == [0.5, 1.0, 2.0]
    assert caught.value.status == 503


async def test_a_look_that_never_gets_through_is_unreachable() -> None:
    vendor = Vendor([httpx2.ConnectError("")])
    with pytest.raises(Unreachable):
        await door(vendor.transport()).execute(look())
    assert len(vendor.requests) == 4


@pytest.mark.parametrize("status", [301, 302, 500, 501])
async def test_a_look_is_not_tried_again_after_a_settled_failure(status: int) -> None:
    vendor = Vendor([answer(status, headers={"Location": "https://elsewhere.example.org/"})])
    with pytest.raises(VendorFailed):
        await door(vendor.transport()).execute(look())
    assert len(vendor.requests) == 1


# -- changes -------------------------------------------------------------------------------------


async def test_a_change_that_was_turned_away_is_sent_again_under_one_claim() -> None:
    vendor, gate = Vendor([answer(429), answer(429), CREATED]), approved(change())
    reply = await door(vendor.transport(), gate=gate, calls=NotingBudget()).execute(change(), ACTION)
    assert reply.status == 201
    assert len(vendor.requests) == 3
    assert len(gate.claimed) == 1


async def test_a_change_of_which_nothing_was_written_is_sent_again_under_one_claim() -> None:
    vendor, gate = Vendor([httpx2.ConnectTimeout(""), httpx2.PoolTimeout(""), CREATED]), approved(change())
    await door(vendor.transport(), gate=gate).execute(change(), ACTION)
    assert len(vendor.requests) == 3
    assert len(gate.claimed) == 1


@pytest.mark.parametrize(
    "lost",
    [
        httpx2.ReadTimeout(""),
        httpx2.WriteTimeout(""),
        httpx2.ReadError(""),
        httpx2.WriteError(""),
        httpx2.RemoteProtocolError(""),
        OSError(),
        answer(408),
        answer(500),
        answer(502),
        answer(503, headers={"Retry-After": "1"}),
        answer(504),
        answer(302, headers={"Location": "/elsewhere"}),
        answer(200, text="<html>Sign in</html>", headers={"Content-Type": "text/html"}),
        answer(201, text='{"cut', headers={"Content-Type": "application/json"}),
    ],
)
async def test_a_change_whose_reply_was_lost_is_unknown_and_sent_once(
    lost: Exception | httpx2.Response,
) -> None:
    vendor = Vendor([lost, CREATED])
    with pytest.raises(OutcomeUnknown) as caught:
        await door(vendor.transport(), gate=approved(change())).execute(change(), ACTION)
    assert len(vendor.requests) == 1
    assert caught.value.operation == "createContact"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, NotFound),
        (409, Conflict),
        (413, Rejected),
        (422, Rejected),
    ],
)
async def test_a_refused_change_is_sent_once_and_told_as_refused(status: int, kind: type[ApiError]) -> None:
    vendor = Vendor([answer(status, {"title": "No", "detail": "Not like this"})])
    with pytest.raises(kind) as caught:
        await door(vendor.transport(), gate=approved(change())).execute(change(), ACTION)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(vendor.requests) == 1


async def test_a_change_that_the_vendor_keeps_turning_away_is_rate_limited_not_unknown() -> None:
    vendor = Vendor([answer(429)])
    with pytest.raises(RateLimited, match="was not carried out"):
        await door(vendor.transport(), gate=approved(change()), calls=NotingBudget()).execute(
            change(), ACTION
        )
    assert len(vendor.requests) == 4


# -- waits and deadlines -------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["7", "Sun, 01 Mar 2026 12:00:07 GMT"])
async def test_a_429_is_waited_out_and_holds_every_call_back(header: str) -> None:
    vendor, rest, calls = Vendor([answer(429, headers={"Retry-After": header}), OK]), Rest(), NotingBudget()
    await door(vendor.transport(), rest=rest, calls=calls).execute(look())
    assert rest.waits == [7.0]
    assert calls.pushes == [7.0]


async def test_a_503_is_waited_out_but_holds_nobody_else_back() -> None:
    vendor, rest, calls = Vendor([answer(503, headers={"Retry-After": "3"}), OK]), Rest(), NotingBudget()
    await door(vendor.transport(), rest=rest, calls=calls).execute(look())
    assert rest.waits == [3.0]
    assert calls.pushes == []


async def test_a_wait_beyond_the_deadline_fails_at_once_and_is_told() -> None:
    vendor, rest, calls = Vendor([answer(429, headers={"Retry-After": "60"})]), Rest(), NotingBudget()
    with anyio.fail_after(45), pytest.raises(RateLimited, match="Try again in 60 s") as caught:
        await door(vendor.transport(), rest=rest, calls=calls).execute(look())
    assert caught.value.retry_after_seconds == 60.0
    assert len(vendor.requests) == 1
    assert rest.waits == []
    assert calls.pushes == [60.0]


async def test_an_absurd_wait_is_told_but_does_not_hold_everybody_up_for_long() -> None:
    vendor, calls = Vendor([answer(429, headers={"Retry-After": "86400"})]), NotingBudget()
    with pytest.raises(RateLimited, match="86400 s"):
        await door(vendor.transport(), calls=calls).execute(look())
    assert calls.pushes == [300.0]


async def test_a_look_whose_back_off_does_not_fit_fails_with_what_happened() -> None:
    vendor, rest = Vendor([answer(502)]), Rest()
    with anyio.fail_after(0.4), pytest.raises(VendorFailed, match="status 502"):
        await door(vendor.transport(), rest=rest).execute(look())
    assert len(vendor.requests) == 1
    assert rest.waits == []


async def test_no_slot_for_another_attempt_is_told_as_the_failure_and_the_wait() -> None:
    vendor, gate, calls = Vendor([answer(429)]), approved(change()), budget(calls=1)
    with anyio.fail_after(45), pytest.raises(RateLimited) as caught:
        await door(vendor.transport(), gate=gate, calls=calls).execute(change(), ACTION)
    assert len(vendor.requests) == 1
    assert caught.value.retry_after_seconds is not None
    assert 59 < caught.value.retry_after_seconds < 61


async def test_every_attempt_that_was_written_takes_a_slot_of_its_own() -> None:
    calls = budget(calls=10)
    await door(Vendor([answer(502), answer(502), OK]).transport(), calls=calls).execute(look())
    assert calls.snapshot().in_use == 3


async def test_an_attempt_that_never_left_takes_no_slot() -> None:
    calls = budget(calls=10)
    await door(Vendor([httpx2.ConnectError(""), OK]).transport(), calls=calls).execute(look())
    assert calls.snapshot().in_use == 1


async def test_a_call_without_a_reply_takes_its_slot() -> None:
    calls = budget(calls=10)
    with pytest.raises(OutcomeUnknown):
        await door(
            Vendor([httpx2.ReadTimeout("")]).transport(), gate=approved(change()), calls=calls
        ).execute(change(), ACTION)
    assert calls.snapshot().in_use == 1


async def test_cancelling_is_not_swallowed_and_the_call_counts() -> None:
    started = anyio.Event()

    async def never_answers(_request: httpx2.Request) -> httpx2.Response:
        started.set()
        await anyio.sleep(math.inf)
        raise AssertionError("unreachable")

    gate, calls = approved(change()), budget(calls=10)
    client = door(httpx2.MockTransport(never_answers), gate=gate, calls=calls)
    ended: list[str] = []

    async def send() -> None:
        try:
            await client.execute(change(), ACTION)
        except anyio.get_cancelled_exc_class():
            ended.append("cancelled")
            raise

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        await started.wait()
        tasks.cancel_scope.cancel()
    assert ended == ["cancelled"]
    assert len(gate.claimed) == 1
    assert calls.snapshot().in_use == 1


# -- what counts as an answer --------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206])
async def test_any_2xx_is_success_whatever_the_document_says(status: int) -> None:
    body = answer(status) if status != 204 else httpx2.Response(204)
    reply = await door(Vendor([body]).transport(), gate=approved(change())).execute(change(), ACTION)
    assert (reply.status, reply.data) == (status, None)


async def test_a_change_may_be_answered_with_nothing() -> None:
    vendor = Vendor([httpx2.Response(202)])
    reply = await door(vendor.transport(), gate=approved(change())).execute(change(), ACTION)
    assert reply.data is None


async def test_a_look_answered_with_nothing_is_a_failure() -> None:
    with pytest.raises(VendorFailed, match="cannot be read"):
        await door(Vendor([httpx2.Response(200)]).transport()).execute(look())


async def test_a_text_answer_is_kept() -> None:
    send = Request(
        operation=catalog.operation("txtsync", "SendBulkSMS"),
        body={"From": "Shop", "Message": "Olá", "ToTagName": ["vip"]},
    )
    vendor = Vendor([httpx2.Response(200, text="Queued")])
    gate = BookGate(steps={ACTION: [catalog.freeze(send, ORIGIN)]})
    reply = await door(vendor.transport(), provider="txtsync", gate=gate).execute(send, ACTION)
    assert reply.data == "Queued"


async def test_a_reply_over_32_mb_is_not_read_to_its_end() -> None:
    # 64 MB that take 64 kB on the wire.
    packed = httpx2.ByteStream(gzip.compress(bytes(64 * 1024 * 1024)))
    vendor = Vendor([lambda _: httpx2.Response(200, stream=packed, headers={"Content-Encoding": "gzip"})])
    with pytest.raises(VendorFailed, match="over 32 MB"):
        await door(vendor.transport()).execute(look())
    assert len(vendor.requests) == 1


async def test_a_reply_that_cannot_be_unpacked_is_unreadable() -> None:
    def broken(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(
            201, stream=httpx2.ByteStream(b"not gzip"), headers={"Content-Encoding": "gzip"}
        )

    with pytest.raises(OutcomeUnknown, match="cannot be read"):
        await door(Vendor([broken]).transport(), gate=approved(change())).execute(change(), ACTION)


class Endless(httpx2.AsyncByteStream):
    """A body without an end, that knows whether it was let go of."""

    def __init__(self) -> None:
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield bytes(1024 * 1024)

    async def aclose(self) -> None:
        self.closed = True


async def test_a_reply_that_is_not_read_to_its_end_is_let_go_of() -> None:
    endless = Endless()
    with pytest.raises(VendorFailed):
        await door(Vendor([lambda _: httpx2.Response(200, stream=endless)]).transport()).execute(look())
    assert endless.closed


async def test_a_failing_gateways_page_is_told_by_its_status() -> None:
    page = answer(500, text="<html>Oops</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(VendorFailed, match="E-goi answered getAllLists with status 500"):
        await door(Vendor([page]).transport()).execute(look())


async def test_cookies_are_not_kept() -> None:
    vendor = Vendor([answer(200, {}, headers={"Set-Cookie": "session=1; Path=/"})])
    client = door(vendor.transport())
    await client.execute(look())
    await client.execute(look())
    assert "cookie" not in vendor.requests[1].headers


async def test_the_error_carries_the_vendors_code_and_the_field() -> None:
    body: JsonValue = {
        "title": "Conflict",
        "errors": {"unique_field_in_use": "A unique field is already in use"},
    }
    with pytest.raises(Conflict, match="already in use") as caught:
        await door(Vendor([answer(409, body)]).transport(), gate=approved(change())).execute(change(), ACTION)
    assert caught.value.code == "unique_field_in_use"
