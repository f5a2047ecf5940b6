"""Pages and orders of E-goi's collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from egoi_mcp.sandbox.validation import Paging
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Reply


def page(items: Sequence[JsonObject], paging: Paging, *, total: bool = True) -> Reply:
    """The asked page; some collections do not say how many there are in all."""
    shown = items[paging.offset : paging.offset + paging.limit]
    body: dict[str, JsonValue] = {"total_items": len(items)} if total else {}
    return Reply(200, body | {"items": shown})


def in_order(items: Sequence[JsonObject], by: str, order: str) -> list[JsonObject]:
    """The items sorted by one member, numbers as numbers and texts as texts."""

    def key(item: Mapping[str, JsonValue]) -> tuple[float, str]:
        value = item.get(by)
        return (value, "") if isinstance(value, int | float) else (0.0, str(value or ""))

    return sorted(items, key=key, reverse=order == "desc")


def without_nones(members: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}
