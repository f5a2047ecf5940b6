"""Whatever a vendor answers, its members are read as texts by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.models.result import visible
from egoi_mcp.models.vendor_json import flattened, text
from egoi_mcp.weight import cost

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_any_object_is_read_and_nothing_empty_is_shown(value: dict[str, Any]) -> None:
    found = flattened(value)
    assert all(said.strip() and len(said) <= 500 for said in found.values())


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers(), max_size=6))
def test_plain_members_come_under_their_own_names(value: dict[str, int]) -> None:
    assert flattened(value) == {name: str(number) for name, number in value.items()}
    assert flattened({"held": value}) == {f"held.{name}": str(number) for name, number in value.items()}
    assert flattened({"rows": [value, value]}) == {
        f"rows.{name}": f"{number}, {number}" for name, number in value.items()
    }


def test_truth_values_arrays_and_nulls() -> None:
    value: dict[str, Any] = {
        "yes": True,
        "no": False,
        "none": None,
        "empty": "",
        "list": [1, "b", 2.5, True, None, []],
    }
    assert flattened(value) == {"yes": "true", "no": "false", "list": "1, b, 2.5"}


def test_what_lies_too_deep_is_left_out() -> None:
    value: Any = "end"
    for _ in range(200):
        value = {"a": value}
    assert flattened(value) == {}
    assert flattened({"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}) == {"a.a.a.a.a.a": "1"}


def test_long_arrays_are_cut() -> None:
    assert flattened({"ids": list(range(1_000))})["ids"].endswith(", 48, 49")
    assert len(flattened({"texts": ["some words " * 40] * 50})["texts"]) == 500


@pytest.mark.parametrize("dear", ["\N{TAG LATIN CAPITAL LETTER A}", "\u3400", "\u07ca", "|~", "a\n"])
def test_what_costs_more_than_words_is_cut_sooner(dear: str) -> None:
    said = text({"name": dear * (400 // len(dear)) + "b"}, "name")
    assert said is not None
    assert said.endswith("…")
    assert cost(visible(said)) <= 310
    assert (
        text({"name": "Some words that people write. " * 16}, "name")
        == ("Some words that people write. " * 16).strip()
    )
