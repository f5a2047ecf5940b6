"""Policies and facts for property tests, drawn from few values so that they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.facts import Facts
from egoi_mcp.guard.reach import Reach
from egoi_mcp.guard.reading import EVERYTHING
from egoi_mcp.policy.settings import (
    APPROVAL_CHANNELS,
    RISK_NAMES,
    PolicyOverride,
    PolicySettings,
    StandingRule,
)

NOON = 1_900_000_000.0
"""Monday 2030-03-17 17:46:40 UTC."""
VERDICTS = st.sampled_from(["allow", "confirm", "deny"])
COUNTS = st.integers(0, 6)
MONEY = st.sampled_from([Decimal("0"), Decimal("0.5"), Decimal("2"), Decimal("10")])
OPERATIONS = ("sendSmsMessages", "actionSendSms", "actionAttachTag")
NUMBERS = ("+351900000001", "+351900000002", "+34600000001", "ana@example.com", "rui@mail.example.com")
FAMILIES = (*NUMBERS, "+351*", "+3519*", "+*", "@example.com", "@mail.example.com")
HOSTS = ("example.com", "hooks.example.com", "short.example")
HOST_FAMILIES = (*HOSTS, "*.example.com", "*.hooks.example.com")
COUNTRIES = ("PT", "ES", "AO")
SENDERS = ("acme", "acme test", "12")
TEMPLATES = ("Your code is {code}", "Your code is {code:4}", "Hello")
QUIET = ("21:00-09:00", "17:00-18:00", "00:00-24:00")


def _some(*values: Any) -> st.SearchStrategy[frozenset[Any]]:
    return st.frozensets(st.sampled_from(values), max_size=3)


STANDING: st.SearchStrategy[tuple[StandingRule, ...]] = st.lists(
    st.builds(
        StandingRule,
        name=st.sampled_from(["a", "b", "c"]),
        operation=st.sampled_from(OPERATIONS[:2]),
        sender=st.sampled_from(SENDERS),
        template=st.sampled_from(TEMPLATES),
        per_day=st.integers(1, 2),
        expires=st.none() | st.sampled_from([date(2030, 3, 16), date(2030, 3, 17), date(2031, 1, 1)]),
    ),
    max_size=2,
    unique_by=lambda rule: rule.name,
).map(lambda rules: tuple(sorted(rules, key=lambda rule: rule.name)))

LIMITS: Mapping[str, st.SearchStrategy[Any]] = {
    "read_only": st.booleans(),
    "write_threshold": COUNTS,
    "max_recipients_per_action": COUNTS,
    "max_sends_per_day": COUNTS,
    "max_cost_per_day": MONEY,
    "max_cost_per_month": MONEY,
    "risks": st.dictionaries(st.sampled_from(RISK_NAMES), VERDICTS, max_size=3),
    "operations": st.dictionaries(st.sampled_from(OPERATIONS), VERDICTS, max_size=2),
}
MEMBERS: Mapping[str, st.SearchStrategy[Any]] = {
    **LIMITS,
    "confirm": st.sampled_from(["auto", "chat", "off"]),
    "unseen_content": st.sampled_from(["deny", "confirm"]),
    "type_count_above": COUNTS,
    "prices": st.dictionaries(st.sampled_from([*COUNTRIES, "*"]), MONEY, max_size=3),
    "connections": st.dictionaries(
        st.sampled_from(["egoi", "txtsync"]),
        st.fixed_dictionaries({}, optional=dict(LIMITS)).map(PolicyOverride.model_validate),
        max_size=2,
    ),
    "allowed_lists": _some(1, 2, 3),
    "denied_lists": _some(1, 2, 3),
    "allowed_senders": _some(*SENDERS),
    "denied_senders": _some(*SENDERS),
    "allowed_countries": _some(*COUNTRIES),
    "denied_countries": _some(*COUNTRIES),
    "allowed_recipients": _some(*FAMILIES),
    "denied_recipients": _some(*FAMILIES),
    "allowed_hosts": _some(*HOST_FAMILIES),
    "denied_hosts": _some(*HOST_FAMILIES),
    "quiet_hours": _some(*QUIET),
    "quiet_days": _some("sun", "mon"),
    "holidays": _some("03-17", "2030-03-17", "PT:03-17", "ES:03-17", "12-25"),
    "quiet_verdict": st.sampled_from(["deny", "confirm"]),
    "quiet_transactional": st.booleans(),
    "seed_recipients": _some(*NUMBERS),
    "test_first_above": COUNTS,
    "approvals_required": st.integers(1, 3),
    "approvals_required_above": COUNTS,
    "approval_channels": _some(*APPROVAL_CHANNELS),
    "standing": STANDING,
    "remembered_rules": st.sampled_from(["deny", "allow"]),
    "grace_above": COUNTS,
    "grace_seconds": st.sampled_from([1.0, 60.0, 300.0]),
}

POLICIES = st.fixed_dictionaries({}, optional=dict(MEMBERS)).map(PolicySettings.model_validate)
"""Any policy: each key said or not."""
_OPEN = {"confirm": "off", "unseen_content": "confirm", "allowed_hosts": frozenset(HOST_FAMILIES)}
SPARSE = st.sets(st.sampled_from(sorted(MEMBERS)), max_size=4).flatmap(
    lambda names: st.tuples(
        st.booleans(), st.fixed_dictionaries({name: MEMBERS[name] for name in names})
    ).map(lambda drawn: PolicySettings.model_validate({**_OPEN, **drawn[1]} if drawn[0] else drawn[1]))
)
"""Policies of a few keys, under which something still passes; every other one asks about nothing."""
_SELDOM = st.sampled_from([False, False, False, False, True])

REACHES = st.builds(
    Reach,
    lists=st.lists(st.integers(1, 4), max_size=2, unique=True).map(tuple),
    senders=st.lists(st.sampled_from(["ACME", "12", "12\nACME", "99"]), max_size=2, unique=True).map(tuple),
    recipients=st.lists(st.sampled_from(NUMBERS), max_size=2, unique=True).map(tuple),
    segments=st.dictionaries(st.sampled_from([*COUNTRIES, "?"]), st.integers(1, 3), max_size=2).map(
        lambda counts: tuple(sorted(counts.items()))
    ),
    hosts=st.sampled_from([(), (), (), *((host,) for host in (*HOSTS, "?", "http://example.com"))]),
    links=st.lists(st.sampled_from([*HOSTS, "?"]), max_size=1).map(tuple),
    texts=st.lists(
        st.sampled_from(["Your code is 123456", "Hello", "See https://short.example/x"]),
        max_size=2,
        unique=True,
    ).map(tuple),
    risks=st.lists(st.sampled_from(RISK_NAMES), max_size=2, unique=True).map(tuple),
    unknown=st.sampled_from([(), (), ("recipients",), *((each,) for each in sorted(EVERYTHING))]),
    promotional=st.booleans(),
    at=st.none() | st.sampled_from([NOON - 5, NOON + 3600 * 5]),
)
FACTS = st.builds(
    Facts,
    risk=st.sampled_from(list(Risk)),
    recipients=st.none() | COUNTS,
    recent_writes=COUNTS,
    unseen_content=_SELDOM,
    duplicate=_SELDOM,
    operations=st.lists(st.sampled_from([*OPERATIONS, "other"]), max_size=2).map(tuple),
    connection=st.sampled_from(["", "egoi", "txtsync"]),
    reach=REACHES,
    cost=st.none() | MONEY,
    cost_known=st.sampled_from([True, True, False]),
    tested=st.booleans(),
    now=st.sampled_from([NOON, NOON, None]),
    account_zone=st.none() | st.sampled_from(["Europe/Lisbon", "Asia/Tokyo", "No/Where"]),
    approvals=st.lists(st.sampled_from(["", "Ana", "Rui"]), max_size=2).map(tuple),
)


def facts_of(**members: Any) -> Facts:
    """A send to one person, or what else the members say; its requests are of the risk that it has."""
    given: dict[str, Any] = {"risk": Risk.SEND, "recipients": 1, "reach": Reach(), **members}
    reach: Reach = given["reach"]
    if not reach.risks:
        given["reach"] = replace(reach, risks=(given["risk"].name.lower(),))
    return Facts(**given)
