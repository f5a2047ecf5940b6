"""What a look is given, and what it gives back."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from egoi_mcp.api.catalog import Api, JsonValue, Request, operation, thaw
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Action, Step, StepState
from egoi_mcp.guard.looks.times import FAR_SECONDS, Span, SteadyClock, end_of, span_of
from egoi_mcp.models.vendor_json import Json, objects
from egoi_mcp.store.protocol import Store

MOST_CALLS = 65
"""Calls that one look at an action may take, of the 100 a minute that everything shares. A batch of messages
takes 2 for one person, 21 for many, and at most 61: 21 lists and 40 single messages."""
OLDEST_SECONDS = 7 * 86_400.0
"""For how long absence means something: how long the vendors keep what they list is not documented."""
PAGE = 1000
"""The most rows that the E-goi API gives at once."""

_MAY_HAVE = frozenset({StepState.SENDING, StepState.UNKNOWN, StepState.SUCCEEDED, StepState.PARTIAL})

Query = Mapping[str, str | int | bool]


class TooManyCalls(Exception):
    """A look has taken the calls that it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of a step by what the vendor shows; UNKNOWN where that does not tell.

    `note` says it in words without anything personal. `ids` are those of the things made, where they are
    certainly this step's. `stamp` is the vendor's of a campaign that was found made.
    """

    state: StepState
    note: str = ""
    ids: tuple[str, ...] = ()
    stamp: str = ""


class Reader:
    """Reads through the door, each thing once, and counts; it has no way to do anything else."""

    def __init__(self, client: ApiClient, *, most_calls: int = MOST_CALLS) -> None:
        self._client = client
        self._most = most_calls
        self._read: dict[tuple[str | bytes, ...], JsonValue] = {}
        self.calls = 0
        self.asked: list[str] = []

    async def read(
        self,
        api: Api,
        name: str,
        *,
        path: Mapping[str, str | int] | None = None,
        query: Query | None = None,
        body: JsonValue = None,
    ) -> JsonValue:
        """The data of one reading operation; some take what they look for as a body.

        Raises:
            TooManyCalls: the look has taken its calls.
            ApiError: the vendor refused or could not be reached.
        """
        request = Request(operation=operation(api, name), path=path or {}, query=query or {}, body=body)
        frozen = self._client.freeze(request)
        key = (frozen.api, frozen.method, frozen.target, frozen.body)
        if key not in self._read:
            if self.calls >= self._most:
                raise TooManyCalls(f"one look takes at most {self._most} calls")
            self.calls += 1
            if name not in self.asked:
                self.asked.append(name)
            # Without an action the door lets nothing pass that does more than read.
            self._read[key] = (await self._client.execute(request)).data
        return self._read[key]

    async def every(
        self,
        name: str,
        *,
        path: Mapping[str, str | int] | None = None,
        query: Query | None = None,
        most_pages: int = 5,
    ) -> tuple[list[Json], bool]:
        """The rows of an E-goi list page by page, and whether these are all."""
        found: list[Json] = []
        for page in range(most_pages):
            window = {**(query or {}), "offset": page * PAGE, "limit": PAGE}
            rows = list(objects(await self.read("egoi", name, path=path, query=window)))
            found += rows
            if len(rows) < PAGE:
                return found, True
        return found, False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another step that may account for what is found.

    `request` is None where its row was emptied, so that it may have been anything; `beside` says that by
    their rows the two were at the same time.
    """

    step: Step
    request: Request | None
    beside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One step whose outcome is unknown: the request, when it was sent, and what may be asked.

    `zone` is that of the account, in which stamps without one are meant; None where the owner has not said.
    """

    action: Action
    step: Step
    request: Request
    span: Span
    vendor: Reader
    ledger: Store
    clock: SteadyClock
    wait_seconds: float
    zone: tzinfo | None

    @property
    def wait_left(self) -> float:
        """Seconds until absence means something; 0 from then on."""
        ended = end_of(self.step)
        passed = 0.0 if ended is None else self.clock.surely_passed(ended)
        return max(0.0, self.wait_seconds - passed)

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self.clock.now()

    def missing(self, deed: str, shown: str) -> Finding:
        """What is not there has not happened, once the vendor has had the time for it.

        `deed` says so ("not sent"), `shown` what the vendor shows.
        """
        if self.wait_left > 0:
            return self.untold(
                f"{shown} so far; ask check_action again in {math.ceil(self.wait_left)} seconds"
            )
        if self.now - self.span.end > OLDEST_SECONDS:
            return self.untold(f"{shown}, but it is so long ago that the vendor may not keep it")
        return Finding(state=StepState.FAILED, note=f"{deed}: {shown}")

    def untold(self, note: str) -> Finding:
        """What the vendor shows does not tell."""
        return Finding(state=StepState.UNKNOWN, note=note)

    async def owned(self, operations: Sequence[str], ids: Sequence[str]) -> frozenset[str]:
        """Those of the ids that this ledger has as the doing of another step."""
        own = {each for step in self.action.steps if self._like(step, operations) for each in step.ids}
        return await self.ledger.ids_elsewhere(self.action.id, operations, ids) | (own & set(ids))

    async def rivals(self, operations: Sequence[str]) -> list[Rival]:
        """Other steps, of this action too, that may have done what is found, whichever clock they went by."""
        wide = self.span.widened(FAR_SECONDS)
        found = await self.beside(operations, since=wide.start, until=wide.end)
        return [Rival(step=step, request=_opened(step), beside=self._meets(step)) for step in found]

    def _like(self, step: Step, operations: Sequence[str]) -> bool:
        """Whether another step of this action is of one of these operations of the same API."""
        same_api = step.frozen.api == self.request.operation.api
        return step.number != self.step.number and same_api and step.operation in operations

    def _meets(self, step: Step) -> bool:
        span = span_of(step)
        return span is not None and span.meets(self.span)

    async def beside(self, operations: Sequence[str], *, since: float, until: float) -> list[Step]:
        """Other steps on the same account, claimed in that time, that may have taken effect."""
        others = await self.ledger.neighbours(self.action.id, operations, since=since, until=until)
        own = [
            step
            for step in self.action.steps
            if self._like(step, operations)
            and step.state in _MAY_HAVE
            and step.claimed_at is not None
            and since <= step.claimed_at <= until
        ]
        return [*others, *own]


Look = Callable[[Case], Awaitable[Finding]]


def _opened(step: Step) -> Request | None:
    try:
        return thaw(step.frozen)
    except InvalidInput:
        return None


def happened(note: str, ids: Sequence[str] = (), *, stamp: str = "") -> Finding:
    """The vendor shows that it happened."""
    return Finding(state=StepState.SUCCEEDED, note=note, ids=tuple(ids), stamp=stamp)
