"""An operation is found by its name, by what it is for, and by other words for it in three languages."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.finding import LEAST_FIRST, LEAST_WITHIN_THREE, QUESTIONS, figures
from egoi_mcp.api.catalog import APIS, Api
from egoi_mcp.api.details import details
from egoi_mcp.api.finding import _index, find  # pyright: ignore[reportPrivateUsage]  # the model in it
from egoi_mcp.api.finding_phrases import known_phrases
from egoi_mcp.api.finding_words import plain, stem, stems
from egoi_mcp.api.risk import Risk
from tests.api.catalog_requests import OPERATIONS


def test_every_operation_is_found_first_by_its_name() -> None:
    for entry in OPERATIONS:
        assert find(entry.name, api=entry.api)[0].operation == entry, entry.name


def test_every_operation_is_among_the_first_three_by_its_own_summary() -> None:
    for entry in OPERATIONS:
        first = [found.operation for found in find(details(entry).summary, most=3)]
        assert entry in first, entry.name


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("opt out a contact", "actionUnsubscribeContact"),
        ("dar de baja a un contacto", "actionUnsubscribeContact"),
        ("show the blacklist", "getAllSuppressionList"),
        ("lista negra", "getAllSuppressionList"),
        ("send a text message campaign", "actionSendSms"),
        ("make a mailing list", "createList"),
        ("criar uma lista", "createList"),
        ("iniciar uma automação", "actionStartAutomation"),
        ("turn HTML into a PDF", "htmlToPdf"),
        ("abandoned basket", "createCart"),
    ],
)
def test_other_words_in_three_languages_lead_to_the_operation(asked: str, name: str) -> None:
    assert name in [found.operation.name for found in find(asked, most=3)]


@pytest.mark.parametrize("api", APIS)
def test_only_operations_of_the_asked_api_are_found(api: Api) -> None:
    found = find("contact message list delete", api=api, most=100)
    assert {each.operation.api for each in found} == {api}


@given(risk=st.sampled_from(list(Risk)))
def test_only_operations_up_to_the_asked_risk_are_found(risk: Risk) -> None:
    found = find("contact campaign send delete export", risk=risk, most=400)
    assert found
    assert max(each.operation.risk for each in found) <= risk


@given(st.text(max_size=200), st.integers(1, 10))
def test_any_question_is_answered_in_order_and_no_more_than_asked_for(question: str, most: int) -> None:
    found = find(question, most=most)
    scores = [each.score for each in found]
    assert len(found) <= most
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)
    assert [each.operation for each in find(question, most=most)] == [each.operation for each in found]


def test_what_shares_nothing_with_any_operation_finds_nothing() -> None:
    assert find("") == []
    assert find("the of and") == []
    assert find("xyzzy plugh") == []


def test_forms_of_a_word_share_a_stem_and_other_words_do_not() -> None:
    for one, other in (("contact", "contacts"), ("enviar", "enviado"), ("delete", "deletes")):
        assert stem(one) == stem(other)
    for one, other in (("sender", "send"), ("conversion", "conversation"), ("list", "last")):
        assert stem(one) != stem(other)
    assert plain("Automação às ÚLTIMAS") == "automacao as ultimas"
    assert stems("getAllContactsBySegment") == [stem(each) for each in ("get", "all", "contacts", "segment")]


def test_the_synonyms_are_plain_words_that_stand_for_something() -> None:
    table = json.loads(resources.files("egoi_mcp.api").joinpath("synonyms.json").read_text("utf-8"))
    for meant, phrases in {**table["words"], **table["phrases"]}.items():
        assert stems(meant), meant
        said = [phrases] if isinstance(phrases, str) else phrases
        assert all(plain(phrase) == phrase for phrase in said), meant
        assert len(set(said)) == len(said), meant
    assert set(table["operations"]) == {f"{each.api}:{each.name}" for each in OPERATIONS}


def test_every_operation_has_phrases_in_three_languages_and_no_two_share_one() -> None:
    known = known_phrases()
    assert set(known) == {f"{each.api}:{each.name}" for each in OPERATIONS}
    said = [plain(phrase) for phrases in known.values() for phrase in phrases]
    assert len(set(said)) == len(said)
    assert all(len(phrases) >= 20 for phrases in known.values())
    # Phrases are about things, not about somebody: no addresses, no numbers of people.
    assert not [phrase for phrase in said if re.search(r"[0-9]{5}|@[a-z]|https?:", phrase)]


@pytest.mark.parametrize(
    ("asked", "deed"),
    [
        ("show me the newsletter", "look"),
        ("quais são os webhooks?", "look"),
        ("add a new column", "make"),
        ("rename that segment", "change"),
        ("quitar una opción del desplegable", "remove"),
        ("text everybody now", "send"),
    ],
)
def test_what_is_wanted_done_is_learnt_from_the_phrases(asked: str, deed: str) -> None:
    wanted = _index().phrases.wanted(asked)
    assert max(wanted, key=lambda each: wanted[each]) == deed
    assert max(wanted.values()) == 1.0


@pytest.mark.parametrize("half", ["work", "held"])
def test_plain_questions_find_the_right_operation(half: str) -> None:
    right, within_three, count = figures(QUESTIONS / f"{half}.json")
    assert count >= 60
    assert right / count >= LEAST_FIRST
    assert within_three / count >= LEAST_WITHIN_THREE


def test_the_halves_of_the_questions_have_none_in_common_and_name_real_operations() -> None:
    halves = [json.loads((QUESTIONS / f"{half}.json").read_text("utf-8")) for half in ("work", "held")]
    asked = [each["question"] for half in halves for each in half]
    assert len(set(asked)) == len(asked)
    right = {name for half in halves for each in half for name in each["operations"]}
    assert right <= {f"{each.api}:{each.name}" for each in OPERATIONS}
