"""A door to try: one connection with made-up credentials, a gate that keeps a book, a real budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx2
from pydantic import SecretStr

from egoi_mcp.api import catalog
from egoi_mcp.api.budget import RateBudget
from egoi_mcp.api.catalog import Api, FrozenRequest, JsonValue, Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import ActionRequired, PolicyDenied
from egoi_mcp.settings import Connection, Timeouts

EGOI_KEY = "egoi-key-5f1c"
TXTSYNC_KEY = "txtsync-client-key-77aa"
TXTSYNC_SECRET = "txtsync-client-secret-88bb"
INTERCOM_TOKEN = "intercom-token-99cc"
ORIGIN = "https://vendor.example.com"
ACTION = "act-1"


@dataclass
class BookGate:
    """Lets looks pass unless they are denied, and claims each step of an action once."""

    steps: Mapping[str, list[FrozenRequest]] = field(default_factory=dict[str, list[FrozenRequest]])
    denied: frozenset[str] = frozenset()
    permitted: list[str] = field(default_factory=list[str])
    claimed: list[FrozenRequest] = field(default_factory=list[FrozenRequest])

    def permit(self, request: Request, risk: Risk) -> None:
        assert risk is Risk.READ
        if request.operation.name in self.denied:
            raise PolicyDenied("The owner's policy denies this; nothing was sent.", rule="operations")
        self.permitted.append(request.operation.name)

    async def claim_step(self, action_id: str, frozen: FrozenRequest, risk: Risk) -> None:
        if frozen not in self.steps.get(action_id, []) or frozen in self.claimed:
            raise ActionRequired("No open step of an action holds this request; nothing was sent.")
        self.claimed.append(frozen)


@dataclass
class Rest:
    """A sleep that takes no time and keeps the waits."""

    waits: list[float] = field(default_factory=list[float])

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


@dataclass
class Vendor:
    """A vendor that answers from a list and keeps what it was asked; the last answer is repeated."""

    answers: list[httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]]
    requests: list[httpx2.Request] = field(default_factory=list[httpx2.Request])

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx2.Response):
            # A new one each time: a response can be read once.
            return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return answer(request)

    def transport(self) -> httpx2.AsyncBaseTransport:
        return httpx2.MockTransport(self)


def connection(provider: str, origin: str = ORIGIN) -> Connection:
    """A connection of the provider, every API of it at `origin`."""
    if provider == "egoi":
        return Connection(
            name="egoi",
            provider="egoi",
            origins={"egoi": origin, "transactional": origin},
            api_key=SecretStr(EGOI_KEY),
        )
    if provider == "txtsync":
        return Connection(
            name="txtsync",
            provider="txtsync",
            origins={"txtsync": origin},
            client_key=SecretStr(TXTSYNC_KEY),
            client_secret=SecretStr(TXTSYNC_SECRET),
        )
    return Connection(
        name="intercom",
        provider="intercom",
        origins={"intercom": origin},
        access_token=SecretStr(INTERCOM_TOKEN),
    )


def budget(calls: int = 1000) -> RateBudget:
    """A budget of this process alone."""
    return RateBudget(calls=calls, window_seconds=60.0)


def door(
    transport: httpx2.AsyncBaseTransport | None = None,
    *,
    provider: str = "egoi",
    origin: str = ORIGIN,
    gate: BookGate | None = None,
    calls: RateBudget | None = None,
    timeouts: Timeouts | None = None,
    rest: Rest | None = None,
) -> ApiClient:
    """A client; waits take no time and are not spread."""
    return ApiClient(
        connection(provider, origin),
        gate=BookGate() if gate is None else gate,
        budget=budget() if calls is None else calls,
        timeouts=Timeouts() if timeouts is None else timeouts,
        transport=transport,
        now=lambda: 1_772_366_400.0,  # 2026-03-01 12:00 UTC
        sleep=Rest() if rest is None else rest,
        jitter=lambda: 1.0,
    )


def look(name: str = "getAllLists", api: Api = "egoi", **query: str | int) -> Request:
    """A request that changes nothing."""
    return Request(operation=catalog.operation(api, name), query=query)


def change(body: JsonValue = None) -> Request:
    """A request that creates a contact."""
    return Request(
        operation=catalog.operation("egoi", "createContact"),
        path={"list_id": 7},
        body={"base": {"email": "ana@example.com"}} if body is None else body,
    )


def approved(request: Request, origin: str = ORIGIN) -> BookGate:
    """A gate whose action `ACTION` holds exactly this request."""
    return BookGate(steps={ACTION: [catalog.freeze(request, origin)]})


def answer(
    status: int, data: JsonValue = None, *, text: str | None = None, headers: Mapping[str, str] | None = None
) -> httpx2.Response:
    """A vendor's answer, as JSON unless `text` is given."""
    if text is not None:
        return httpx2.Response(status, text=text, headers=headers)
    return httpx2.Response(status, json=data, headers=headers)
