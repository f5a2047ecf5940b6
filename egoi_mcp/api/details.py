"""What a search among the operations and a generic call need beside the catalog, read at first use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from egoi_mcp.api.catalog import Api, Operation, operation

Paging = Literal["offset", "cursor", "page", "scroll", "none"]

_READ_SECONDS, _WRITE_SECONDS = 10, 60


@dataclass(frozen=True, slots=True)
class Details:
    """What one operation is for, and what its answers are like.

    `family` groups operations (`contacts`, `sms`), `summary` says in a clause what it does, `paging` how its
    answers go on, and `secrets` names members of an answer that are shown to nobody, at any depth.
    """

    family: str
    summary: str
    paging: Paging
    secrets: tuple[str, ...]


@cache
def all_details(api: Api) -> Mapping[str, Details]:
    """The details of every operation of one API, by name."""
    return {
        name: Details(family, summary, paging, tuple(secrets))
        for name, family, summary, paging, secrets in _read("details", api)
    }


def details(entry: Operation) -> Details:
    """The details of one operation."""
    return all_details(entry.api)[entry.name]


def vendor_seconds(entry: Operation) -> int | None:
    """After how many seconds the vendor itself gives up on a request; `None` where no document says it."""
    if entry.api not in {"egoi", "transactional"}:
        return None
    return _READ_SECONDS if entry.method in {"GET", "DELETE"} else _WRITE_SECONDS


# -- bodies ----------------------------------------------------------------------------------------

Schema = Mapping[str, Any]
"""What may be sent, in the small form that `scripts/catalog_bodies.py` describes."""


class Bodies:
    """The bodies of one API: a schema for each operation that takes one, and the shapes that they share."""

    def __init__(self, api: Api) -> None:
        read = _read("bodies", api)
        self._shapes: list[Schema] = read["shapes"]
        self._bodies: Mapping[str, Schema] = read["bodies"]

    def of(self, name: str) -> Schema:
        """What the operation of that name takes.

        Raises:
            KeyError: it takes no body.
        """
        return self._bodies[name]

    def whole(self, schema: Schema) -> Schema:
        """A schema itself, where only the number of its shape stands."""
        number = schema.get("use")
        return schema if number is None else {**self._shapes[number], **_beside(schema)}


def _beside(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "use"}


@cache
def bodies(api: Api) -> Bodies:
    """The bodies of one API, read on first use."""
    return Bodies(api)


def body_schema(api: Api, name: str) -> Schema | None:
    """What the body of an operation may hold; `None` where it takes none.

    Raises:
        UnknownOperation: the catalog has no such operation.
    """
    return bodies(api).of(name) if operation(api, name).has_body else None


def _read(folder: str, api: Api) -> Any:  # noqa: ANN401 - each file has its own shape
    from importlib import resources

    return json.loads(resources.files("egoi_mcp.api").joinpath(folder, f"{api}.json").read_text("utf-8"))
