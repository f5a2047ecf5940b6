"""Every request that arrived, whatever became of it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from egoi_mcp.sandbox.wire import Api

_KEPT = 10_000
_SECRET_HEADERS = {"apikey", "authorization"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One request as it came in; credentials are left out of `headers`.

    `operation` and `template` are None for a path that no vendor of this sandbox knows.
    """

    api: Api
    method: str
    target: str
    template: str | None
    operation: str | None
    headers: Mapping[str, str]
    body: bytes
    status: int


class RequestLog:
    """The last requests in full, and counts of all of them."""

    def __init__(self) -> None:
        self.arrivals: deque[Arrival] = deque(maxlen=_KEPT)
        self._routes: Counter[tuple[str, str]] = Counter()
        self._operations: Counter[str] = Counter()
        self.total = 0

    def record(self, arrival: Arrival) -> None:
        """Count a request."""
        kept = {name: value for name, value in arrival.headers.items() if name not in _SECRET_HEADERS}
        self.arrivals.append(
            Arrival(
                api=arrival.api,
                method=arrival.method,
                target=arrival.target,
                template=arrival.template,
                operation=arrival.operation,
                headers=kept,
                body=arrival.body,
                status=arrival.status,
            )
        )
        self._routes[arrival.method, arrival.template or arrival.target.partition("?")[0]] += 1
        if arrival.operation:
            self._operations[arrival.operation] += 1
        self.total += 1

    def count(self, operation: str | None = None) -> int:
        """How many requests arrived, of one operation or of all."""
        return self.total if operation is None else self._operations[operation]

    def count_route(self, method: str, template: str) -> int:
        """How many requests arrived for a method and path template, such as `/lists/{list_id}/contacts`."""
        return self._routes[method, template]

    def by_route(self) -> dict[str, int]:
        """Counts by `METHOD /template`."""
        return {f"{method} {template}": count for (method, template), count in sorted(self._routes.items())}
