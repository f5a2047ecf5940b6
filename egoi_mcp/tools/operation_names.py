"""Which operation a name means, and whose."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from egoi_mcp.api.catalog import APIS, Api, Operation, operations
from egoi_mcp.errors import InvalidInput
from egoi_mcp.settings import Connection, Provider

VENDORS: Mapping[Api, str] = {
    "egoi": "E-goi",
    "transactional": "E-goi's transactional API",
    "txtsync": "TxtSync",
    "intercom": "Intercom",
}
_PROVIDERS: Mapping[Api, Provider] = {
    "egoi": "egoi",
    "transactional": "egoi",
    "txtsync": "txtsync",
    "intercom": "intercom",
}
_MOST_NEAR = 3
_CLOSE = 0.5


def provider_of(api: Api) -> Provider:
    """Whose connection leads to an API."""
    return _PROVIDERS[api]


def named(name: str, connections: tuple[Connection, ...]) -> Operation:
    """The one operation that `name` (or `api:name`) means.

    Of a name that two vendors share, the configured vendor's is meant where only one of them is.

    Raises:
        InvalidInput: none is called so, or several are; the text names the nearest, or the choices.
    """
    given, colon, rest = (each.strip() for each in name.rpartition(":"))
    if colon and given not in APIS:
        raise InvalidInput(
            f"operation: there is no API of that name; there are {', '.join(APIS)}. {_NOTHING}"
        )
    apis: list[Api] = [api for api in APIS if given in {"", api}]
    found = [each for api in apis for each in operations(api) if each.name == rest]
    reached = {api for each in connections for api in each.origins}
    if len(found) > 1:
        found = [each for each in found if each.api in reached] or found
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(f"{each.api}:{each.name}" for each in found)
        raise InvalidInput(f"operation: several vendors have one of this name. Say {choices}. {_NOTHING}")
    near = ", ".join(_nearest(rest, apis))
    hint = f" Nearest: {near}." if near else ""
    raise InvalidInput(
        f"operation: there is none of this name.{hint} find_operations finds them by what they do. {_NOTHING}"
    )


_NOTHING = "Nothing was sent."


def _nearest(name: str, apis: list[Api]) -> Iterator[str]:
    known = {f"{each.api}:{each.name}": each.name.lower() for api in apis for each in operations(api)}
    ranked = difflib.get_close_matches(name.lower()[:80], set(known.values()), n=_MOST_NEAR, cutoff=_CLOSE)
    shown = 0
    for near in ranked:
        for full, lower in known.items():
            if lower == near and shown < _MOST_NEAR:
                shown += 1
                yield full
