"""What somebody looked up of a request, joined with what it says; and what it costs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.guard.reach import NOT_LOOKED_AT, Reach, cost_of, merged, named_sender, reach_of
from tests.policy.policies import REACHES

ANA, RUI = "+351900000001", "+34600000001"


def sms() -> Reach:
    """What an SMS says of itself, whose sender it names by an id."""
    message: JsonValue = [{"to": "351-900000001", "from": "12", "textBody": "Hello"}]
    return reach_of([Request(operation=operation("transactional", "sendSmsMessages"), body=message)])


# -- what was looked up -----------------------------------------------------------------------------------


@given(REACHES)
def test_looking_nothing_up_changes_nothing(said: Reach) -> None:
    plain = replace(said, unknown=tuple(sorted(said.unknown)))

    assert merged(plain, Reach()) == replace(plain, segments=tuple(sorted(said.segments)))


@given(REACHES, REACHES)
def test_nothing_that_was_said_gets_lost(said: Reach, found: Reach) -> None:
    both = merged(said, found)

    for name in ("lists", "recipients", "hosts", "links", "texts", "risks"):
        assert set(getattr(both, name)) == {*getattr(said, name), *getattr(found, name)}
    assert {name for each in both.senders for name in each.split("\n")} == {
        name for each in (*said.senders, *found.senders) for name in each.split("\n")
    }
    assert set(found.unknown) <= set(both.unknown) <= {*said.unknown, *found.unknown}
    assert both.promotional is (said.promotional and found.promotional)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("lists", Reach(lists=(3,))),
        ("senders", Reach(senders=("12",))),
        ("sender_names", Reach(senders=(named_sender(12, "ACME"),))),
        ("recipients", Reach(recipients=(ANA,))),
        ("segments", Reach(segments=(("PT", 2),))),
        ("hosts", Reach(hosts=("hooks.example.com",))),
        ("texts", Reach(texts=("Hello",))),
        ("at", Reach(at=5.0)),
    ],
)
def test_what_was_open_is_known_once_it_was_looked_up(name: str, found: Reach) -> None:
    assert name not in merged(NOT_LOOKED_AT, found).unknown
    assert name in merged(NOT_LOOKED_AT, Reach()).unknown
    assert name in merged(NOT_LOOKED_AT, replace(found, unknown=(name,))).unknown


def test_an_id_is_no_name() -> None:
    assert "sender_names" in merged(sms(), Reach(senders=("12",))).unknown
    assert "sender_names" in merged(sms(), Reach(senders=(named_sender(12, "ACME"), "13"))).unknown


def test_a_sender_that_was_looked_up_is_one_sender() -> None:
    assert merged(sms(), Reach(senders=(named_sender(12, "ACME", None, " "),))).senders == ("12\nACME",)
    assert merged(sms(), Reach(senders=("13\nOther",))).senders == ("12", "13\nOther")


def test_of_two_counts_of_the_same_messages_the_larger_holds() -> None:
    said, found = Reach(segments=(("ES", 1), ("PT", 3))), Reach(segments=(("FR", 1), ("PT", 2)))

    assert merged(said, found).segments == (("ES", 1), ("FR", 1), ("PT", 3))


# -- costs ------------------------------------------------------------------------------------------------

PRICES = {"PT": Decimal("0.045"), "*": Decimal("0.1")}


def test_a_cost_is_segments_times_prices() -> None:
    assert cost_of(PRICES, Reach(segments=(("PT", 10),))) == Decimal("0.450")
    assert cost_of(PRICES, Reach(segments=(("ES", 2), ("PT", 1)))) == Decimal("0.245")
    assert cost_of(PRICES, Reach()) == 0
    assert cost_of({}, Reach()) == 0


def test_a_cost_that_is_not_wholly_known_is_none() -> None:
    assert cost_of({"PT": Decimal(1)}, Reach(segments=(("ES", 1), ("PT", 1)))) is None
    assert cost_of(PRICES, Reach(segments=(("PT", 1),), unknown=("segments",))) is None
    assert cost_of({"PT": Decimal(1)}, Reach(segments=(("?", 1),))) is None


def test_a_number_of_no_known_country_costs_what_the_dearest_does() -> None:
    assert cost_of(PRICES, Reach(segments=(("?", 2),))) == Decimal("0.2")
    assert cost_of({"AO": Decimal(3), **PRICES}, Reach(segments=(("?", 2),))) == Decimal(6)
