"""Hypothesis strategies for requests that the catalog takes."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import strategies as st

from egoi_mcp.api.catalog import (
    APIS,
    FrozenRequest,
    JsonValue,
    Operation,
    Parameter,
    Request,
    freeze,
    operations,
)

ORIGIN = "https://api.example.com"
OPERATIONS: tuple[Operation, ...] = tuple(entry for api in APIS for entry in operations(api))

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
SCALARS: st.SearchStrategy[JsonValue] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
JSON: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
BODIES: st.SearchStrategy[JsonValue] = st.dictionaries(WORDS, JSON, max_size=5) | st.lists(JSON, max_size=4)


def _is_one_segment(text: str) -> bool:
    normal = unicodedata.normalize("NFKC", text)
    return ".." not in normal and normal != "." and text == text.strip() and not set(normal) & set("/\\?#%")


def values(parameter: Parameter) -> st.SearchStrategy[str | int | bool]:
    """Values that a parameter takes."""
    if parameter.type == "boolean":
        return st.booleans()
    if parameter.type == "integer":
        return st.integers(parameter.minimum or 0, parameter.maximum or 10**9)
    texts: st.SearchStrategy[str]
    if parameter.enum:
        texts = st.sampled_from(parameter.enum)
    elif parameter.pattern:
        texts = st.from_regex(re.compile(parameter.pattern, re.ASCII), fullmatch=True)
    else:
        texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), min_size=1)
    return texts.filter(lambda text: bool(text) and _is_one_segment(text))


@st.composite
def requests(draw: st.DrawFn, of: Operation | None = None) -> Request:
    """Any request that the catalog takes, with bodies that no vendor has to like."""
    entry = of or draw(st.sampled_from(OPERATIONS))
    path: dict[str, str | int] = {}
    query: dict[str, str | int | bool] = {}
    for parameter in draw(st.permutations(entry.parameters)):
        if parameter.location == "path":
            path[parameter.name] = draw(values(parameter))
        elif parameter.numbered:
            for number in draw(st.sets(st.integers(1, 10**9 - 1), max_size=3)):
                query[f"{parameter.name}[{number}]"] = draw(values(parameter))
        elif parameter.required or draw(st.booleans()):
            query[parameter.name] = draw(values(parameter))
    body = draw(BODIES) if entry.has_body else None
    return Request(operation=entry, path=path, query=query, body=body)


def frozen_requests() -> st.SearchStrategy[FrozenRequest]:
    """The same, as bytes."""
    return requests().map(lambda request: freeze(request, ORIGIN))
