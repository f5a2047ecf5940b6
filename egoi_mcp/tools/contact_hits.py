"""What a search for contacts asks of each vendor, and what each gives back, whatever its way of paging."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import anyio

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.errors import EgoiMcpError, InvalidInput
from egoi_mcp.models.contacts import ContactSummary
from egoi_mcp.tools.contact_members import Wanted
from egoi_mcp.tools.paging import not_ours

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for; `position` is where the page begins, in the vendor's own terms."""

    query: str | None
    wanted: Wanted
    limit: int
    position: JsonValue = None
    list_id: str | None = None
    segment: str | None = None
    filters: Mapping[str, object] = field(default_factory=dict[str, object])
    role: str | None = None

    def refuse(self, vendor: str, *names: str) -> None:
        """Refuse what the vendor has no such thing for.

        Raises:
            InvalidInput: one of these members is given.
        """
        for name in names:
            if getattr(self, name):
                raise InvalidInput(f"{name}: {vendor} has none. Leave it out. Nothing was changed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """One vendor's page.

    `keys` holds, row by row, what tells that two rows are the same person; `after` gives the position
    that follows so many of the rows, None where nothing does.
    """

    contacts: tuple[ContactSummary, ...]
    keys: tuple[frozenset[str], ...]
    after: Callable[[int], JsonValue]
    total: int | None = None
    note: str | None = None


def offset_after(offset: int, given: int, *, total: int | None, limit: int) -> Callable[[int], int | None]:
    """The position after so many of the rows, where a vendor pages by offset; None at the end.

    `given` is how many rows came; without a total, a full page is taken to have a next one.
    """

    def after(shown: int) -> int | None:
        ends = offset + shown
        more = shown < given or (given >= limit if total is None else ends < total)
        return ends if more and shown else None

    return after


def offset_in(position: JsonValue) -> int:
    """The offset that a position is, 0 at the beginning.

    Raises:
        InvalidInput: it is none, so the cursor is not one of ours.
    """
    if position is None:
        return 0
    if type(position) is not int or position < 0:
        raise not_ours()
    return position


async def together(calls: Sequence[Callable[[], Awaitable[_T]]]) -> list[_T]:
    """The answers of calls that are made at once, in their order; the first that failed fails them all."""
    found: dict[int, _T] = {}
    failed: list[EgoiMcpError] = []

    async def one(place: int, call: Callable[[], Awaitable[_T]]) -> None:
        try:
            found[place] = await call()
        except EgoiMcpError as error:
            # Raised below, where no task group wraps it.
            failed.append(error)

    async with anyio.create_task_group() as tasks:
        for place, call in enumerate(calls):
            tasks.start_soon(one, place, call)
    if failed:
        raise failed[0]
    return [found[place] for place in range(len(calls))]
