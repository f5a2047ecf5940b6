"""Routes of the vendors' APIs: method and path template to the operation's handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from egoi_mcp.sandbox.wire import Reply

if TYPE_CHECKING:
    from egoi_mcp.sandbox.call import Call

Handler: TypeAlias = "Callable[[Call], Reply]"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its name in the vendor's document, its method, path template and handler."""

    operation: str
    method: str
    template: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the path parameters of one request."""

    route: Route
    path: Mapping[str, str]


class Router:
    """Finds the route of a request; literal segments beat parameters."""

    def __init__(self, routes: Sequence[Route]) -> None:
        by_literals = sorted(routes, key=lambda route: _literals(route.template), reverse=True)
        self._routes = [(route, _pattern(route.template)) for route in by_literals]

    def match(self, method: str, raw_path: str) -> Match | None:
        """The route of a method and a still percent-encoded path."""
        for route, pattern in self._routes:
            found = pattern.fullmatch(raw_path) if route.method == method else None
            if found:
                return Match(route, {name: unquote(text) for name, text in found.groupdict().items()})
        return None


def _literals(template: str) -> int:
    return sum(1 for segment in template.split("/") if segment and not segment.startswith("{"))


def _pattern(template: str) -> re.Pattern[str]:
    segments = (
        f"(?P<{segment[1:-1]}>[^/]+)" if segment.startswith("{") else re.escape(segment)
        for segment in template.split("/")
    )
    return re.compile("/".join(segments))
