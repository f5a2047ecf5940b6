"""The one door to the wire.

`ApiClient.execute`, with `execute_any` behind it, is the only thing in this package that speaks to a
vendor. It works the risk of what it is given out for itself, from the bytes that will leave; what is
more than a look opens only for an action that holds exactly these bytes. After that it keeps the call
budget, tries again what cannot double an effect, and tells every failure as one of `egoi_mcp.errors`.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

import anyio
import anyio.to_thread

from egoi_mcp.api import catalog, egoi, intercom, txtsync
from egoi_mcp.api.json_body import LARGE_BODY_BYTES
from egoi_mcp.api.recent import Recent
from egoi_mcp.api.replies import (
    Content,
    UnreadableReply,
    Vendor,
    VendorError,
    decode,
    error_for,
    given_values,
    quotable_error,
    secrets_of,
)
from egoi_mcp.api.retry import (
    Failure,
    Lost,
    Retry,
    RetryLimits,
    Unknown,
    classify,
    retry_after_seconds,
)
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.api.suppressed import Suppressed
from egoi_mcp.api.wire import Wire
from egoi_mcp.errors import (
    ActionRequired,
    ApiError,
    BudgetExhausted,
    InvalidInput,
    StateUnavailable,
    VendorFailed,
)

if TYPE_CHECKING:
    import httpx2

    from egoi_mcp.api.budget import Lane, Outcome, RateBudget
    from egoi_mcp.api.catalog import Api, FrozenRequest, JsonValue, Request
    from egoi_mcp.settings import Connection, Timeouts

LONGEST_PUSH_BACK_SECONDS = 300.0
"""How long one `Retry-After` may hold up every process; a longer one is met again after that."""

_VENDORS: Mapping[str, Vendor] = {
    "egoi": egoi.V3,
    "transactional": egoi.TRANSACTIONAL,
    "txtsync": txtsync.TXTSYNC,
    "intercom": intercom.INTERCOM,
}


class Gate(Protocol):
    """What decides whether a request may leave; the guard is one."""

    def permit(self, request: Request, risk: Risk) -> None:
        """Let a request that only looks pass without an action.

        Raises:
            PolicyDenied: the owner's policy says no.
        """

    async def claim_step(self, action_id: str, frozen: FrozenRequest, risk: Risk) -> None:
        """Claim, durably and once, the step of the action that holds exactly these bytes.

        `risk` is what the bytes were found to be.

        Raises:
            ActionRequired: there is no such step, or it has been claimed before.
        """


@dataclass(frozen=True, slots=True)
class Reply:
    """A vendor's answer that it did what was asked.

    `data` is None where it sent no body, and where it sent a file, which is the `content` then.
    """

    status: int
    data: JsonValue = field(repr=False)
    content: Content | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Refused:
    """An attempt that did not succeed, with what the vendor said, made fit to show."""

    failure: Failure
    said: VendorError


class ApiClient:
    """The door of one connection.

    `now` is the wall clock in seconds since 1970, `sleep` waits a number of seconds, `jitter` gives
    a random number from 0 to 1.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        gate: Gate,
        budget: RateBudget,
        timeouts: Timeouts,
        transport: httpx2.AsyncBaseTransport | None = None,
        limits: RetryLimits | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Raises SettingsError where a credential that an API of the connection needs is missing."""
        for api in connection.origins:
            _VENDORS[api].sign_in(connection)
        self._connection = connection
        self._gate = gate
        self._budget = budget
        self._wire = Wire(timeouts=timeouts, transport=transport)
        self._limits = RetryLimits() if limits is None else limits
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._closed = False
        self._account: str | None = None
        self._account_data: JsonValue = None
        self._account_read_at = -math.inf
        self._account_lock = anyio.Lock()
        self.recent = Recent(now)
        """What was read a moment ago; whatever may have changed something empties it."""
        self.suppressed = Suppressed(now)
        """Whom E-goi's suppression list keeps from being written to, as it was read."""

    def __repr__(self) -> str:
        return f"<ApiClient {self._connection.name}>"

    @property
    def connection(self) -> Connection:
        """The connection whose door this is."""
        return self._connection

    @property
    def budget(self) -> RateBudget:
        """The call budget that every process with the same key shares."""
        return self._budget

    def now(self) -> float:
        """The wall clock in seconds since 1970, by which everything of this connection goes."""
        return self._now()

    def freeze(self, request: Request) -> FrozenRequest:
        """Encode a request into the bytes that would be sent to this connection.

        Raises:
            InvalidInput: an argument does not fit the operation, the API is not this connection's,
                or the body is over 20 MB.
        """
        return catalog.freeze(request, self._origin(request.operation.api))

    async def execute(
        self, request: Request | FrozenRequest, action: str | None = None, *, lane: Lane = "interactive"
    ) -> Reply:
        """Send one request and give the vendor's answer: as JSON, where it is asked for what it knows.

        A file is no answer to a question of which members are read, and fails as what cannot be read does.
        That something was done is said by it as well as by anything else.

        Raises:
            NotAllowed: the gate, or the policy behind it, keeps the request back.
            InvalidInput: the request is not exactly one operation of this connection.
            BudgetExhausted: no call slot frees before the deadline; nothing was sent or claimed.
            ApiError: the vendor refused or failed; `OutcomeUnknown` where it may have acted.
        """
        reply = await self.execute_any(request, action, lane=lane)
        if action is None and reply.content is not None:
            opened = request if isinstance(request, catalog.Request) else catalog.thaw(request)
            unreadable = _Refused(Failure(status=reply.status, lost=Lost.UNREADABLE), VendorError())
            raise self._error(unreadable, opened, Risk.READ, wait_seconds=None)
        return reply

    async def execute_any(
        self, request: Request | FrozenRequest, action: str | None = None, *, lane: Lane = "interactive"
    ) -> Reply:
        """Send one request and give the vendor's answer, JSON or a file.

        What only looks needs no action. Everything else is sent only for an `action` of which a step
        holds exactly these bytes, and that step is claimed once, however many attempts follow. Any
        2xx is success: the vendors' documents are not reliable about which one comes.

        Raises:
            NotAllowed: the gate, or the policy behind it, keeps the request back.
            InvalidInput: the request is not exactly one operation of this connection.
            BudgetExhausted: no call slot frees before the deadline; nothing was sent or claimed.
            ApiError: the vendor refused or failed; `OutcomeUnknown` where it may have acted.
        """
        frozen = request if isinstance(request, catalog.FrozenRequest) else self.freeze(request)
        if len(frozen.body) >= LARGE_BODY_BYTES:
            # Looking at every member of a large body takes seconds, in which others are served.
            opened, risk = await anyio.to_thread.run_sync(self._weighed, frozen)
        else:
            opened, risk = self._weighed(frozen)
        if action is None:
            if risk is not Risk.READ:
                raise ActionRequired(
                    f"{opened.operation.name} needs an approved action that holds exactly this request; "
                    "nothing was sent."
                )
            self._gate.permit(opened, risk)
        unclaimed = action
        refused: _Refused | None = None
        number = 0
        while True:
            number += 1
            try:
                async with self._budget.slot(lane, timeout_seconds=_remaining_seconds()) as grant:
                    grant.outcome = "unsent"
                    self._refuse_when_closed()
                    # Not before there is a slot: a claimed step must not be left waiting for one.
                    if unclaimed is not None:
                        await self._gate.claim_step(unclaimed, frozen, risk)
                        unclaimed = None
                    grant.outcome = None
                    try:
                        outcome = await self._attempt(frozen, opened, risk)
                    finally:
                        # A deed whose reply was lost may have been done all the same.
                        if risk is not Risk.READ:
                            self._forget_what_changed(opened, risk)
                    grant.outcome = _ended(outcome)
            except BudgetExhausted as exhausted:
                if refused is None:
                    raise
                raise self._error(refused, opened, risk, wait_seconds=exhausted.wait_seconds) from None
            if isinstance(outcome, Reply):
                return outcome
            refused = outcome
            await self._wait_for_another(outcome, opened, risk, number)

    async def account_id(self, *, again: bool = False) -> str:
        """The vendor's id of the account behind the credentials, looked up once, or `again`.

        Raises:
            ApiError: the look-up failed, or its reply does not name the account.
        """
        async with self._account_lock:
            if again or self._account is None:
                self._account = await self._look_up_account()
            return self._account

    async def account_data(self, *, most_seconds: float) -> tuple[JsonValue, float]:
        """The vendor's own description of the account, at most so old, and its age in seconds.

        Looking up the account's id has read it already; None at a vendor that describes none.

        Raises:
            ApiError: the look-up failed.
        """
        await self.account_id()
        if not 0 <= self._now() - self._account_read_at <= most_seconds:
            await self.account_id(again=True)
        return self._account_data, max(0.0, self._now() - self._account_read_at)

    async def aclose(self) -> None:
        """Close the connections to the vendor and the budget's file; nothing can be sent after that."""
        self._closed = True
        await self._wire.aclose()
        self._budget.close()

    def _forget_what_changed(self, opened: Request, risk: Risk) -> None:
        self.recent.clear()
        if opened.operation.api == "egoi" and risk not in {Risk.WRITE, Risk.SEND}:
            taken_off = opened.operation.method == "DELETE" or risk is Risk.CONSENT
            self.suppressed.outdate(whole=taken_off)

    def _origin(self, api: Api) -> str:
        origin = self._connection.origins.get(api)
        if origin is None:
            raise InvalidInput(
                f"The connection {self._connection.name} does not reach the {api} API. Nothing was sent."
            )
        return origin

    def _open(self, frozen: FrozenRequest) -> Request:
        """What the bytes mean, where they are for this connection and can be sent as they stand."""
        self._refuse_when_closed()
        if frozen.origin != self._origin(frozen.api):
            raise ActionRequired(
                f"The request was made for another address than the connection {self._connection.name} "
                "has now. Nothing was sent. Preview it again."
            )
        opened = catalog.thaw(frozen)
        self._wire.prepare(frozen)
        return opened

    def _weighed(self, frozen: FrozenRequest) -> tuple[Request, Risk]:
        opened = self._open(frozen)
        return opened, risk_of(opened)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise StateUnavailable("This server is shutting down. Nothing was sent.")

    async def _attempt(self, frozen: FrozenRequest, opened: Request, risk: Risk) -> Reply | _Refused:
        vendor = _VENDORS[frozen.api]
        answer = await self._wire.exchange(
            frozen,
            {
                **vendor.sign_in(self._connection),
                **vendor.headers(opened.operation),
                **({"Content-Type": "application/json"} if frozen.body else {}),
            },
        )
        if answer.lost is not None or answer.status is None:
            return _Refused(answer.failure(), VendorError())
        try:
            read = decode(answer.body, answer.content_type)
        except UnreadableReply:
            if _is_success(answer.status):
                return _Refused(answer.failure(Lost.UNREADABLE), VendorError())
            read = None
        content = read if isinstance(read, Content) else None
        data = None if isinstance(read, Content) else read
        if not _is_success(answer.status):
            secrets = secrets_of(self._connection, vendor)
            said = quotable_error(vendor.read_error(data), secrets=secrets, given=given_values(opened))
            return _Refused(answer.failure(), said)
        if risk is Risk.READ and not answer.body.strip() and answer.status != HTTPStatus.NO_CONTENT:
            return _Refused(answer.failure(Lost.UNREADABLE), VendorError())
        return Reply(answer.status, data, content)

    async def _wait_for_another(self, refused: _Refused, opened: Request, risk: Risk, number: int) -> None:
        """Wait until the request may be tried again, or raise what it came to."""
        now = self._now()
        verdict = classify(
            refused.failure, risk, attempt=number, now=now, jitter=self._jitter(), limits=self._limits
        )
        asked = retry_after_seconds(refused.failure.retry_after, now)
        wait = verdict.after_seconds if isinstance(verdict, Retry) else asked
        if refused.failure.status == HTTPStatus.TOO_MANY_REQUESTS and wait is not None:
            self._budget.push_back(min(wait, LONGEST_PUSH_BACK_SECONDS))
        remaining = _remaining_seconds()
        if not isinstance(verdict, Retry) or (remaining is not None and verdict.after_seconds >= remaining):
            unknown = isinstance(verdict, Unknown)
            raise self._error(refused, opened, risk, wait_seconds=wait, unknown=unknown)
        await self._sleep(verdict.after_seconds)

    def _error(
        self,
        refused: _Refused,
        opened: Request,
        risk: Risk,
        *,
        wait_seconds: float | None,
        unknown: bool = False,
    ) -> ApiError:
        return error_for(
            refused.failure,
            vendor=_VENDORS[opened.operation.api].name,
            operation=opened.operation.name,
            risk=risk,
            unknown=unknown,
            said=refused.said,
            wait_seconds=wait_seconds,
        )

    async def _look_up_account(self) -> str:
        provider = self._connection.provider
        if provider == "txtsync":
            self._account_read_at = self._now()
            return txtsync.account_id(self._connection)
        if provider == "intercom":
            entry, read = catalog.operation("intercom", intercom.ACCOUNT_OPERATION), intercom.account_id
        else:
            entry, read = catalog.operation("egoi", egoi.ACCOUNT_OPERATION), egoi.account_id
        begun = self._now()
        reply = await self.execute(catalog.Request(operation=entry))
        self._account_data, self._account_read_at = reply.data, begun
        found = read(reply.data)
        if found is None:
            raise VendorFailed(
                f"{_VENDORS[entry.api].name} did not say which account the key is for. It only reads, "
                "so nothing was changed. Try again later, or run 'egoi-mcp doctor'.",
                operation=entry.name,
                status=reply.status,
            )
        return found


def _ended(outcome: Reply | _Refused) -> Outcome:
    """How the attempt counts against the budget."""
    if isinstance(outcome, Reply) or outcome.failure.status is not None:
        return "replied"
    return "lost" if outcome.failure.written else "unsent"


def _is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _remaining_seconds() -> float | None:
    """Seconds until the surrounding scope is cancelled; None where nothing will."""
    deadline = anyio.current_effective_deadline()
    return None if math.isinf(deadline) and deadline > 0 else max(0.0, deadline - anyio.current_time())
