"""What passes without a click: exactly what fits a standing rule, and what goes to nobody but the seeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.risk import Risk
from egoi_mcp.guard.facts import Facts
from egoi_mcp.guard.policy import rule_on, standing_of
from egoi_mcp.guard.reach import Reach, merged, named_sender, reach_of
from egoi_mcp.guard.standing import only_seeds
from egoi_mcp.policy.settings import PolicySettings, StandingRule
from tests.policy.policies import FACTS, SPARSE

ANA, RUI = "+351900000001", "+351900000002"
RULE = StandingRule(
    name="pickup",
    operation="sendSmsMessages",
    sender="acme",
    template="Hello {name}, your order is ready",
    per_day=5,
)
TEXT = "Hello Ana, your order is ready"
POLICY = PolicySettings(standing=(RULE,))
NOW = datetime(2030, 3, 12, 12, tzinfo=UTC).timestamp()
FITTING = Facts(
    risk=Risk.SEND,
    recipients=1,
    operations=("sendSmsMessages",),
    reach=Reach(
        senders=(named_sender(12, "ACME"),),
        recipients=(ANA,),
        segments=(("PT", 1),),
        texts=(TEXT,),
        risks=("send",),
    ),
    now=NOW,
)


def reaching(**members: Any) -> Facts:
    return replace(FITTING, reach=replace(FITTING.reach, **members))


def test_a_message_that_fits_is_sent_without_a_click() -> None:
    ruling = rule_on(POLICY, FITTING)

    assert (ruling.verdict, ruling.rule) == ("allow", "standing:pickup")
    assert standing_of(POLICY, FITTING) is RULE


@pytest.mark.parametrize(
    "facts",
    [
        replace(FITTING, operations=("SendSMS",)),
        replace(FITTING, operations=("sendSmsMessages", "sendSmsMessages")),
        replace(FITTING, operations=()),
        replace(FITTING, recipients=2),
        replace(FITTING, recipients=None),
        replace(FITTING, risk=Risk.DESTROY),
        replace(FITTING, duplicate=True),
        replace(FITTING, unseen_content=True),
        reaching(senders=("ACME Shop",)),
        reaching(senders=("12",)),
        reaching(senders=("ACME", "12")),
        reaching(senders=()),
        reaching(recipients=(ANA, RUI)),
        reaching(recipients=()),
        reaching(texts=("Hello Ana, your order is lost",)),
        reaching(texts=("Hello Ana\n, your order is ready",)),
        reaching(texts=("Hello evil.example, your order is ready",)),
        reaching(texts=(TEXT, "More")),
        reaching(texts=()),
        reaching(at=NOW + 3600),
        reaching(risks=("disclose", "send"), hosts=("hooks.example.com",)),
        *(reaching(unknown=(name,)) for name in ("recipients", "senders", "texts", "at")),
    ],
)
def test_a_message_that_differs_in_anything_is_asked_about(facts: Facts) -> None:
    assert standing_of(POLICY, facts) is None
    assert rule_on(POLICY, facts).verdict != "allow"


def test_the_sender_may_be_named_by_its_id() -> None:
    by_id = PolicySettings(standing=(RULE.model_copy(update={"sender": "12"}),))

    assert standing_of(by_id, reaching(senders=("12",), unknown=("sender_names",))) is not None
    assert standing_of(POLICY, reaching(senders=("12",), unknown=("sender_names",))) is None


def test_the_first_rule_by_name_that_fits_is_the_one() -> None:
    other = RULE.model_copy(update={"name": "other", "template": TEXT})
    policy = PolicySettings(standing=(RULE.model_copy(update={"sender": "nobody", "name": "a"}), other, RULE))

    assert standing_of(policy, FITTING) is other


@pytest.mark.parametrize(
    ("zone", "now", "fits"),
    [
        ("Europe/Lisbon", datetime(2030, 3, 12, 23, 59, tzinfo=UTC), True),
        ("Europe/Lisbon", datetime(2030, 3, 13, 0, 0, tzinfo=UTC), False),
        ("America/New_York", datetime(2030, 3, 13, 3, 59, tzinfo=UTC), True),
        ("America/New_York", datetime(2030, 3, 13, 4, 0, tzinfo=UTC), False),
        (None, datetime(2030, 3, 12, 9, 59, tzinfo=UTC), True),
        (None, datetime(2030, 3, 12, 10, 0, tzinfo=UTC), False),
        ("No/Where", datetime(2030, 3, 12, 10, 0, tzinfo=UTC), False),
        ("Europe/Lisbon", None, False),
    ],
)
def test_a_rule_ends_with_its_last_day(zone: str | None, now: datetime | None, fits: bool) -> None:
    policy = PolicySettings(standing=(RULE.model_copy(update={"expires": date(2030, 3, 12)}),))
    at = None if now is None else now.timestamp()

    assert (standing_of(policy, replace(FITTING, now=at, account_zone=zone)) is not None) is fits


def test_a_rule_without_an_end_needs_no_clock() -> None:
    assert standing_of(POLICY, replace(FITTING, now=None)) is RULE


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"read_only": True}, "deny"),
        ({"risks": {"send": "deny"}}, "deny"),
        ({"max_recipients_per_action": 0}, "deny"),
        ({"denied_recipients": {ANA}}, "deny"),
        ({"quiet_hours": {"00:00-24:00"}}, "deny"),
        ({"quiet_hours": {"00:00-24:00"}, "quiet_verdict": "confirm"}, "confirm"),
        ({"risks": {"send": "confirm"}}, "allow"),
        ({"operations": {"sendSmsMessages": "confirm"}}, "allow"),
    ],
)
def test_a_standing_rule_answers_the_question_and_lifts_no_limit(said: dict[str, Any], verdict: str) -> None:
    policy = PolicySettings.model_validate({**said, "standing": (RULE,)})

    assert rule_on(policy, FITTING).verdict == verdict


@given(SPARSE, FACTS)
def test_whatever_a_standing_rule_lets_pass_is_one_known_message_to_one_known_person(
    policy: PolicySettings, facts: Facts
) -> None:
    ruling = rule_on(policy, facts)

    if ruling.rule.startswith("standing:"):
        assert ruling.verdict == "allow"
        assert len(facts.reach.recipients) == len(facts.reach.texts) == facts.recipients == 1
        assert not {"recipients", "texts", "senders"} & set(facts.reach.unknown)


# -- what the requests themselves say -------------------------------------------------------------------


def sms(**members: JsonValue) -> Facts:
    message: dict[str, JsonValue] = {
        "to": "351-900000001",
        "from": "12",
        "textBody": TEXT,
        "encoding": "gsm0338",
    }
    request = Request(operation=operation("transactional", "sendSmsMessages"), body=[{**message, **members}])
    looked_up = Reach(senders=(named_sender(12, "ACME"),))
    return replace(FITTING, reach=merged(reach_of([request]), looked_up))


def test_a_request_as_the_tool_makes_it_fits() -> None:
    assert standing_of(POLICY, sms()) is RULE
    assert standing_of(POLICY, sms(maxCount=1, priority="urgent", group="orders")) is RULE


@pytest.mark.parametrize(
    "members",
    [
        {"to": ["351-900000001", "351-900000002"]},
        {"To": "351-900000002"},
        {"cc": ["ana@example.com"]},
        {"TextBody": "Anything"},
        {"mergeTags": ["name:Ana"]},
        {"templateId": "7"},
        {"from": "13"},
        {"callbackUrl": "https://hooks.example.com"},
        {"to": "nobody"},
    ],
)
def test_a_request_that_says_more_does_not(members: dict[str, JsonValue]) -> None:
    assert standing_of(POLICY, sms(**members)) is None


# -- seeds ------------------------------------------------------------------------------------------------

SEEDS = PolicySettings(seed_recipients=frozenset({ANA, RUI}))


def test_a_test_to_the_seeds_needs_no_person() -> None:
    ruling = rule_on(SEEDS, FITTING)

    assert (ruling.verdict, ruling.rule) == ("allow", "seed_recipients")
    assert rule_on(SEEDS, replace(reaching(recipients=(ANA, RUI)), recipients=2)).verdict == "allow"


@pytest.mark.parametrize(
    "facts",
    [
        reaching(recipients=(ANA, "+351900000003")),
        reaching(recipients=()),
        reaching(unknown=("recipients",)),
        replace(FITTING, recipients=2),
        replace(FITTING, recipients=None),
        replace(FITTING, risk=Risk.CONSENT, reach=replace(FITTING.reach, risks=("consent",))),
    ],
)
def test_anybody_else_makes_it_no_test(facts: Facts) -> None:
    assert not only_seeds(SEEDS, facts)
    assert rule_on(SEEDS, facts).verdict == "confirm"


def test_destroying_and_repeating_is_asked_about_for_seeds_too() -> None:
    assert rule_on(SEEDS, replace(FITTING, duplicate=True)).verdict == "confirm"
    assert rule_on(SEEDS, replace(FITTING, risk=Risk.DESTROY)).verdict == "confirm"
    assert rule_on(SEEDS, replace(FITTING, unseen_content=True)).verdict == "deny"


def test_limits_hold_for_seeds_too() -> None:
    capped = SEEDS.model_copy(update={"max_recipients_per_action": 0})

    assert rule_on(capped, FITTING).verdict == "deny"
