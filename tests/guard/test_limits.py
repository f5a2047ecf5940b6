"""Lists and limits, each tried just inside and just outside, and with the fact it needs left unknown."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.facts import Facts, Ruling
from egoi_mcp.guard.limits import refused
from egoi_mcp.guard.policy import rule_on
from egoi_mcp.guard.reach import Reach, named_sender
from egoi_mcp.policy.keys import VARIABLES, of_table
from egoi_mcp.policy.settings import PolicySettings
from tests.policy.policies import facts_of

ANA, RUI = "+351900000001", "+34600000001"


def ruled(said: dict[str, Any], reach: Reach | None = None, **facts: Any) -> Ruling | None:
    return refused(of_table(said), facts_of(reach=reach or Reach(), **facts))


def passes(said: dict[str, Any], reach: Reach | None = None, **facts: Any) -> bool:
    return ruled(said, reach, **facts) is None


def stops(said: dict[str, Any], reach: Reach | None = None, **facts: Any) -> str:
    """The key that stops it; the words say how the owner changes it, and name no person."""
    found = ruled(said, reach, **facts)
    assert found is not None
    assert found.verdict == "deny"
    (key,) = [key for key in said if VARIABLES.get(key, key) == found.rule]
    assert f"The owner can change that: {key} in policy.toml" in found.reason
    assert not any(person in found.reason for person in (ANA, RUI, "ana@"))
    return key


# -- how many -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("risk", [Risk.SEND, Risk.DESTROY])
def test_no_more_recipients_than_allowed(risk: Risk) -> None:
    said = {"max_recipients_per_action": 5}

    assert passes(said, recipients=5, risk=risk)
    assert stops(said, recipients=6, risk=risk)
    assert stops(said, recipients=None, risk=risk)
    assert passes(said, recipients=6, risk=Risk.WRITE)
    assert passes({"max_recipients_per_action": 0}, recipients=0, risk=risk)


# -- lists ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("risk", [Risk.WRITE, Risk.SEND, Risk.DESTROY])
def test_lists(risk: Risk) -> None:
    assert passes({"allowed_lists": [3]}, Reach(lists=(3,)), risk=risk)
    assert stops({"allowed_lists": [3]}, Reach(lists=(3, 4)), risk=risk)
    assert stops({"denied_lists": [4]}, Reach(lists=(3, 4)), risk=risk)
    assert passes({"denied_lists": [4]}, Reach(lists=(3,)), risk=risk)
    assert passes({"allowed_lists": [3]}, Reach(), risk=risk)
    assert stops({"allowed_lists": []}, Reach(lists=(3,)), risk=risk)


def test_what_is_allowed_and_denied_is_denied() -> None:
    assert stops({"allowed_lists": [3], "denied_lists": [3]}, Reach(lists=(3,))) == "denied_lists"


@pytest.mark.parametrize(
    ("said", "unknown"),
    [
        ({"allowed_lists": [3]}, "lists"),
        ({"denied_lists": [4]}, "lists"),
        ({"allowed_senders": ["ACME"]}, "senders"),
        ({"denied_senders": ["ACME"]}, "senders"),
        ({"denied_senders": ["ACME"]}, "sender_names"),
        ({"allowed_countries": ["PT"]}, "segments"),
        ({"denied_countries": ["AO"]}, "segments"),
        ({"allowed_recipients": ["+351*"]}, "recipients"),
        ({"denied_recipients": ["+351*"]}, "recipients"),
        ({"denied_hosts": ["short.example"]}, "texts"),
        ({"denied_hosts": ["short.example"]}, "hosts"),
    ],
)
def test_what_nobody_can_tell_is_denied_where_a_rule_needs_it(said: dict[str, Any], unknown: str) -> None:
    assert stops(said, Reach(unknown=(unknown,))) == next(iter(said))
    assert passes({}, Reach(unknown=(unknown,)))
    assert passes(said, Reach(unknown=("at",)))


# -- senders --------------------------------------------------------------------------------------------


def test_a_sender_is_known_by_any_of_its_names() -> None:
    looked_up = Reach(senders=(named_sender(12, "ACME", "+351900000009"),))
    for name in ("acme", "ACME", 12, "+351900000009"):
        assert passes({"allowed_senders": [name]}, looked_up)
        assert stops({"denied_senders": [name]}, looked_up)
    assert stops({"allowed_senders": ["ACME Shop"]}, looked_up)
    assert passes({"denied_senders": ["ACME Shop"]}, looked_up)


def test_each_sender_is_looked_at() -> None:
    assert stops({"allowed_senders": ["ACME"]}, Reach(senders=("ACME", "Other")))
    assert stops({"denied_senders": ["Other"]}, Reach(senders=("ACME", "Other")))


def test_a_sender_known_by_its_id_only_is_judged_by_ids_only() -> None:
    by_id = Reach(senders=("12",), unknown=("sender_names",))

    assert passes({"denied_senders": [13]}, by_id)
    assert stops({"denied_senders": [12]}, by_id)
    assert stops({"denied_senders": [13, "ACME"]}, by_id)
    assert passes({"allowed_senders": [12]}, by_id)
    assert stops({"allowed_senders": ["ACME"]}, by_id)


# -- people ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("risk", [Risk.SEND, Risk.CONSENT])
def test_recipients(risk: Risk) -> None:
    portuguese = {"allowed_recipients": ["+351*", "@example.com"]}

    assert passes(portuguese, Reach(recipients=(ANA, "ana@example.com")), risk=risk)
    assert stops(portuguese, Reach(recipients=(ANA, RUI)), risk=risk)
    assert stops(portuguese, Reach(recipients=("ana@mail.example.com",)), risk=risk)
    assert stops({"denied_recipients": ["+34*"]}, Reach(recipients=(ANA, RUI)), risk=risk)
    assert passes({"denied_recipients": ["+34*"]}, Reach(recipients=(ANA,)), risk=risk)


@pytest.mark.parametrize("risk", [Risk.WRITE, Risk.DESTROY])
def test_whoever_is_tagged_or_silenced_is_no_recipient(risk: Risk) -> None:
    said = {"allowed_recipients": [RUI], "denied_recipients": [ANA]}

    assert passes(said, Reach(recipients=(ANA,)), risk=risk)
    assert passes(said, Reach(unknown=("recipients",)), risk=risk)
    assert stops(said, Reach(recipients=(ANA,), risks=("send",)), risk=risk)


def test_countries_are_those_of_the_numbers_and_of_the_segments() -> None:
    only_portugal = {"allowed_countries": ["PT"]}

    assert passes(only_portugal, Reach(recipients=(ANA,), segments=(("PT", 1),)))
    assert stops(only_portugal, Reach(recipients=(ANA, RUI)))
    assert stops(only_portugal, Reach(segments=(("ES", 1), ("PT", 1))))
    assert stops(only_portugal, Reach(segments=(("?", 1),)))
    assert stops({"denied_countries": ["ES"]}, Reach(recipients=(RUI,)))
    assert passes({"denied_countries": ["ES"]}, Reach(recipients=(ANA,)))


def test_an_address_has_no_country_and_only_sends_have_one() -> None:
    said = {"allowed_countries": ["PT"]}

    assert passes(said, Reach(recipients=("ana@example.com",)))
    assert passes(said, Reach(recipients=(RUI,)), risk=Risk.WRITE)


# -- hosts ----------------------------------------------------------------------------------------------


def test_data_leaves_to_no_host_that_the_owner_does_not_name() -> None:
    reach = Reach(hosts=("hooks.example.com",))

    assert passes({"allowed_hosts": ["*.example.com"]}, reach, risk=Risk.DISCLOSE)
    assert stops({"allowed_hosts": ["example.com"]}, reach, risk=Risk.DISCLOSE)
    assert not passes({}, reach, risk=Risk.DISCLOSE)
    assert not passes({}, reach, risk=Risk.SEND)
    assert passes({}, Reach(), risk=Risk.DISCLOSE)


@pytest.mark.parametrize("host", ["http://hooks.example.com", "ftp://hooks.example.com", "?"])
def test_data_leaves_over_https_only_and_where_all_read_the_same_host(host: str) -> None:
    assert stops({"allowed_hosts": ["*.example.com"]}, Reach(hosts=(host,)), risk=Risk.DISCLOSE)


def test_data_does_not_leave_where_nobody_can_tell() -> None:
    unknown = Reach(unknown=("hosts",))

    assert not passes({"allowed_hosts": ["*.example.com"]}, unknown, risk=Risk.DISCLOSE)
    assert passes({}, unknown, risk=Risk.WRITE)


@pytest.mark.parametrize(
    "reach",
    [
        Reach(links=("short.example",)),
        Reach(links=("http://short.example",)),
        Reach(texts=("Look: https://short.example/x",)),
        Reach(texts=("Look: HTTP://Short.Example/x",)),
        Reach(texts=("Look: short.example/x",)),
        Reach(texts=("Look: short。example/x",)),
        Reach(texts=("Look: https://a@short.example:443/x",)),
        Reach(links=("?",)),
    ],
)
@pytest.mark.parametrize("risk", [Risk.WRITE, Risk.SEND])
def test_nothing_leads_to_a_denied_host(reach: Reach, risk: Risk) -> None:
    assert stops({"denied_hosts": ["short.example"]}, reach, risk=risk)


def test_other_links_may_stand_in_a_text() -> None:
    reach = Reach(texts=("Look: https://shop.example/short.example",), links=("shop.example",))

    assert passes({"denied_hosts": ["other.example", "*.shop.example"]}, reach)
    assert passes({"allowed_hosts": ["hooks.example.com"]}, reach)


# -- what sends although its requests do not ------------------------------------------------------------


@pytest.mark.parametrize(
    "said", [{"allowed_recipients": ["+*"]}, {"denied_countries": ["AO"]}, {"denied_recipients": [ANA]}]
)
def test_a_change_of_a_campaign_at_work_reaches_people_that_it_does_not_name(said: dict[str, Any]) -> None:
    changed = Reach(lists=(3,), senders=("ACME",), texts=("Hello",), risks=("write",))

    assert stops(said, changed, risk=Risk.SEND)
    assert passes(said, changed, risk=Risk.WRITE)
    assert passes(said, replace(changed, risks=("send",)), risk=Risk.SEND)


# -- costs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["max_cost_per_day", "max_cost_per_month"])
def test_no_more_is_spent_than_allowed(key: str) -> None:
    said = {key: "1.50"}

    assert passes(said, cost=Decimal("1.50"), cost_known=True)
    assert stops(said, cost=Decimal("1.51"), cost_known=True) == key
    assert stops(said, cost=None, cost_known=True) == key
    assert stops(said, cost=Decimal(0), cost_known=False) == key
    assert passes(said, cost=Decimal(9), cost_known=True, risk=Risk.WRITE)
    assert passes({}, cost=None)


# -- tests first ----------------------------------------------------------------------------------------


def test_what_goes_to_many_is_tested_before() -> None:
    said = {"test_first_above": 5, "seed_recipients": [ANA]}

    assert passes(said, recipients=5)
    assert stops(said, recipients=6) == "test_first_above"
    assert stops(said, recipients=None) == "test_first_above"
    assert passes(said, recipients=6, tested=True)
    assert passes(said, recipients=6, risk=Risk.DESTROY)


def test_the_test_itself_needs_no_test() -> None:
    said = {"test_first_above": 0, "seed_recipients": [ANA]}

    assert passes(said, Reach(recipients=(ANA,)))
    assert stops(said, Reach(recipients=(RUI,)))
    assert stops(said, Reach(recipients=(ANA,), unknown=("recipients",)))


# -- in words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "reach", "recipients", "words"),
    [
        ({"max_recipients_per_action": 5}, Reach(), None, "It reaches an unknown number of recipients,"),
        ({"max_recipients_per_action": 5}, Reach(), 6, "It reaches 6 recipients,"),
        ({"allowed_hosts": []}, Reach(hosts=("?",)), 1, "an address that cannot be read"),
        (
            {"allowed_hosts": []},
            Reach(hosts=("http://a.example",)),
            1,
            "http://a.example, which is not https",
        ),
        ({"allowed_hosts": []}, Reach(hosts=("a.example",)), 1, "a.example, which the owner does not allow"),
    ],
)
def test_it_is_said_what_goes_too_far(
    said: dict[str, Any], reach: Reach, recipients: int | None, words: str
) -> None:
    found = ruled(said, reach, recipients=recipients)

    assert found is not None
    assert words in found.reason


# -- all together ---------------------------------------------------------------------------------------


def test_a_denial_comes_before_a_question() -> None:
    policy = PolicySettings(denied_countries=frozenset({"ES"}))
    facts = Facts(risk=Risk.SEND, recipients=1, reach=Reach(recipients=(RUI,)), duplicate=True)

    assert rule_on(policy, facts).rule == "EGOI_MCP_POLICY_DENIED_COUNTRIES"
    assert "It touches numbers of ES, which the owner denies." in rule_on(policy, facts).reason
