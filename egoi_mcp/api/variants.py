"""Which of several shapes an object was meant to have, by the members that tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from egoi_mcp.api.details import Bodies, Schema


def narrowed(
    known: Bodies, variants: Sequence[Schema], value: Mapping[str, Any]
) -> tuple[Sequence[Schema], tuple[str, Sequence[object]] | None]:
    """The variants that an object can mean.

    Where a member that tells them apart is missing or has a value that none takes, that member and the
    values that it can have come with them.
    """
    left = list(variants)
    for name in _telling(known, variants):
        allowed = {id(each): _values_of(known, each, name) for each in left}
        every = list(dict.fromkeys(one for values in allowed.values() for one in values))
        if name not in value:
            if len(left) > 1 and all(name in each.get("required", ()) for each in left):
                return left, (name, every)
            continue
        fitting = [each for each in left if value[name] in allowed[id(each)]]
        if not fitting:
            return left, (name, every)
        left = fitting
    return left, None


def kinds(known: Bodies, variant: Schema) -> str:
    """The one value of the member that says what kind a variant is, as it is written: `type` contact."""
    for name in ("type", "mode", "data_type", "message_type"):
        values = _values_of(known, variant, name)
        if len(values) == 1:
            return f"{name} {values[0]}"
    return ""


def _values_of(known: Bodies, variant: Schema, name: str) -> Sequence[object]:
    schema = variant.get("properties", {}).get(name)
    found: Sequence[object] = known.whole(schema).get("enum", ()) if schema else ()
    return found


def _telling(known: Bodies, variants: Sequence[Schema]) -> list[str]:
    """The members that every variant lists values of, and not all the same."""
    if not variants:
        return []
    return [
        name
        for name in variants[0].get("properties", {})
        if all(_values_of(known, each, name) for each in variants)
        and len({tuple(_values_of(known, each, name)) for each in variants}) > 1
    ]
