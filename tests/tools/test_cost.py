"""What SMS cost: segments times the owner's prices, never silently nothing."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.guard.reach import Reach, cost_of
from egoi_mcp.tools.cost import Balance, money, weighed

PRICES = {"PT": Decimal("0.045"), "ES": Decimal("0.06")}
COUNTRIES = st.sampled_from(["PT", "ES", "FR", "?"])
TABLES = st.dictionaries(
    st.sampled_from(["PT", "ES", "*"]), st.decimals(0, 2, places=3), min_size=1, max_size=3
)


def balance(amount: str, age: float = 0.0) -> Balance:
    return Balance(amount=Decimal(amount), currency="EUR", age_seconds=age)


def test_the_cost_says_how_it_was_reckoned_and_what_is_left() -> None:
    found = weighed(PRICES, {"PT": 4, "ES": 1}, balance("250", age=130))
    assert found.cost is not None
    assert found.cost.as_text() == (
        "up to 0.24 EUR (PT 4 x 0.045, ES 1 x 0.06); balance 250.00 2 min ago, 249.76 after it"
    )
    assert found.warnings == ()
    assert found.facts() == {}


def test_a_balance_that_does_not_cover_it_is_warned_about() -> None:
    short = weighed(PRICES, {"PT": 4}, balance("0.10"))
    assert short.cost is not None
    assert short.cost.left == "-0.08"
    assert short.warnings == ("the balance does not cover it: 0.08 EUR are missing",)
    assert weighed(PRICES, {"PT": 4}, balance("0.18")).warnings == ()


def test_a_country_without_a_price_leaves_the_cost_unknown_and_is_named() -> None:
    found = weighed(PRICES, {"PT": 2, "FR": 3}, balance("250"))
    assert found.cost is None
    assert found.facts() == {
        "cost": "not known: the owner's policy has no price for FR (3 segments); "
        "the rest 0.09 EUR (PT 2 x 0.045)"
    }
    assert found.warnings == ("the cost is not known: no price for FR (3 segments)",)


def test_where_the_country_is_not_known_the_highest_price_counts() -> None:
    found = weighed({**PRICES, "*": Decimal("0.01")}, {"?": 10}, None)
    assert found.cost is not None
    assert (found.cost.amount, found.cost.basis) == ("0.60", "country unknown 10 x 0.06")
    assert weighed(PRICES, {"?": 10}, None).cost is None


@given(TABLES, st.dictionaries(COUNTRIES, st.integers(1, 5000), min_size=1))
def test_the_preview_and_the_limits_reckon_the_same(
    prices: dict[str, Decimal], segments: dict[str, int]
) -> None:
    limit = cost_of(prices, Reach(segments=tuple(segments.items())))
    shown = weighed(prices, segments, None).cost
    assert (shown is None) == (limit is None)
    assert shown is None or Decimal(shown.amount) == limit


@given(st.decimals(-(10**6), 10**6, places=4))
def test_money_loses_no_digit_and_has_at_least_two(amount: Decimal) -> None:
    said = money(amount)
    assert Decimal(said) == amount
    assert len(said.partition(".")[2]) >= 2
