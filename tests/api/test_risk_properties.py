"""What holds for every request, whatever it says and however it is spelt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import Api, JsonValue, Operation, Request
from egoi_mcp.api.members import Said, said_by
from egoi_mcp.api.raises import RAISES, Raise
from egoi_mcp.api.risk import Risk, affected, repeatable, risk_of
from tests.api.catalog_requests import BODIES, JSON, OPERATIONS, SCALARS, WORDS, requests
from tests.api.floors import FLOORS
from tests.api.risks import ONE, operation_of

ANY_OPERATION = st.sampled_from([operation_of(api, name) for api, names in FLOORS.items() for name in names])
_OF_THE_CATALOG = st.sampled_from([entry for entry in OPERATIONS if entry.has_body])
URL = "https://hooks.example.com"


def _deep() -> JsonValue:
    body: JsonValue = {}
    for _ in range(70):
        body = {"inner": body}
    return body


# One request for each row of the table, which no other row raises as far.
SAMPLES: list[tuple[Api, str, JsonValue]] = [
    ("egoi", "createTag", _deep()),
    ("egoi", "createTag", {"n\u0430me": "vip"}),
    ("egoi", "createTag", {"callback_url": URL}),
    ("egoi", "createTag", []),
    ("egoi", "createVoiceCampaign", {"content": {"audio": URL}}),
    ("egoi", "createSmsCampaign", {"schedule_date": "2026-12-01 10:00:00"}),
    ("egoi", "createContact", {"base": {"status": "active"}}),
    ("egoi", "createContact", {"base": {"status": "unconfirmed"}}),
    ("egoi", "patchContact", {"base": {"status": "active"}}),
    ("egoi", "patchContact", {"base": {"email_status": "inactive"}}),
    ("egoi", "patchContact", {"base": {"consent": "contract"}}),
    ("egoi", "patchContact", {"base": {"consent": "withdrawn"}}),
    ("egoi", "patchContact", {"base": {"push_token_ios": [{"app_id": "a", "token": "b"}]}}),
    ("egoi", "patchContact", {"base": {"unsubscription_reason": "spam"}}),
    ("egoi", "actionImportBulk", {"file": {"field_mapping": [{"field_id": "status"}]}}),
    ("egoi", "actionUpdateContacts", {"type": "all", "base": {}}),
    ("egoi", "actionDetachTag", {"tag_id": 1, "segment_id": "9"}),
    ("egoi", "actionImportBulk", {"force_empty": True}),
    ("egoi", "ImportProducts", {"mode": "rewrite"}),
    ("txtsync", "AddContact", {"MobileNumber": "+351900000001"}),
    ("txtsync", "UpdateContact", {"AllowSMS": True}),
    ("txtsync", "UpdateContact", {"AllowSMS": False}),
    ("intercom", "CreateContact", {"email": "ana@example.com"}),
    ("intercom", "UpdateContact", {"unsubscribed_from_emails": False}),
    ("intercom", "UpdateContact", {"unsubscribed_from_emails": True}),
    ("intercom", "attachSubscriptionTypeToContact", {"id": "7", "consent_type": "opt_out"}),
    ("intercom", "createTag", {"name": "vip", "companies": [{"id": "1", "untag": True}]}),
    ("intercom", "updateTicketType", {"archived": True}),
    ("intercom", "createArticle", {"state": "published"}),
]
# And what is as low as it can be: whatever is added makes it more, or leaves it.
COMPLETE: list[tuple[Api, str, JsonValue]] = [
    ("egoi", "createContact", {"base": {"status": "inactive"}}),
    ("egoi", "createContact", {"base": {"status": "active"}}),
    ("egoi", "patchContact", {"base": {"first_name": "Ana"}}),
    ("egoi", "patchContact", {"base": {"status": "active"}}),
    ("egoi", "actionUpdateContacts", {"type": "contacts", "contacts": [ONE], "base": {}}),
    ("egoi", "actionActivateContacts", {"type": "contacts", "contacts": [ONE]}),
    ("egoi", "actionDetachTag", {"tag_id": 1, "contacts": [ONE]}),
    ("egoi", "actionAttachTag", {"tag_id": 1, "contacts": [ONE]}),
    ("egoi", "actionImportBulk", {"mode": "add", "compare_field": "email", "contacts": [{}, {}]}),
    ("egoi", "createSmsCampaign", {"list_id": 1, "internal_name": "June"}),
    ("egoi", "ImportProducts", {"products": [], "mode": "add"}),
    ("txtsync", "AddContact", {"MobileNumber": "+351900000001", "AllowSMS": False}),
    ("txtsync", "UpdateContact", {"FirstName": "Rui"}),
    ("intercom", "CreateContact", {"email": "ana@example.com", "unsubscribed_from_emails": True}),
    ("intercom", "UpdateContact", {"name": "Ana"}),
    ("intercom", "attachSubscriptionTypeToContact", {"id": "7", "consent_type": "opt_in"}),
    ("intercom", "createTag", {"name": "vip"}),
    ("intercom", "createArticle", {"title": "Hello", "state": "draft"}),
]
# Members that keep a request low where they stand exactly there: adding one of them says more clearly what is
# meant, and only that may lower.
QUIETING = {"base", "status", "type", "contacts", "AllowSMS", "unsubscribed_from_emails", "consent_type"}


def _request(sample: tuple[Api, str, JsonValue]) -> Request:
    api, name, body = sample
    return Request(operation=operation_of(api, name), body=body)


def _fires(row: Raise, said: Said) -> bool:
    if not row.holds_for(said.operation.api, said.operation.name, said.operation.risk):
        return False
    if row.says is not None:
        return row.says(said)
    return any(
        row.named is not None and row.named(name) and (row.valued is None or row.valued(value))
        for name, value in said.members
    )


# -- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "sample"), list(zip(RAISES, SAMPLES, strict=True)))
def test_every_row_of_the_table_decides_something(row: Raise, sample: tuple[Api, str, JsonValue]) -> None:
    request = _request(sample)
    said = said_by(request)
    others = [each.risk for each in RAISES if each is not row and _fires(each, said)]
    assert _fires(row, said)
    assert max([request.operation.risk, *others]) < row.risk
    assert risk_of(request) is row.risk


def test_every_operation_that_a_row_names_exists() -> None:
    for row in RAISES:
        for name in row.only | row.but:
            assert [api for api, names in FLOORS.items() if name in names and row.api in {None, api}], name


# -- never less ----------------------------------------------------------------------------------


@given(requests())
def test_no_request_is_below_its_operations_floor(request: Request) -> None:
    assert risk_of(request) >= request.operation.risk


@given(ANY_OPERATION, JSON, st.dictionaries(WORDS, st.booleans() | WORDS, max_size=3))
def test_no_request_to_any_operation_of_the_vendors_is_below_its_floor(
    entry: Operation, body: JsonValue, query: Mapping[str, str | bool]
) -> None:
    assert risk_of(Request(operation=entry, query=query, body=body)) >= entry.risk


@given(requests())
def test_risk_is_a_function_of_the_request_alone(request: Request) -> None:
    assert risk_of(request) is risk_of(replace(request))


@given(_OF_THE_CATALOG, JSON)
def test_no_body_whatever_its_shape_crashes_the_reading(entry: Operation, body: JsonValue) -> None:
    request = Request(operation=entry, body=body)
    count = affected(request)
    assert risk_of(request) >= entry.risk
    assert count is None or count >= 0
    most = Risk.CONSENT if entry.name == "actionImportBulk" else Risk.WRITE
    assert not repeatable(request) or risk_of(request) <= most


# -- more members --------------------------------------------------------------------------------

DANGEROUS = [
    *("status", "Status", "email_status", "consent", "push_token_ios", "base", "extra", "AllowSMS", "untag"),
    *("force_empty", "callback_url", "notify", "mode", "segment_id", "field_id", "Contacts", "TYPE", "state"),
    *("unsubscribedFromEmails", "consentType", "unsubscription_date", "schedule_date", "feed", "opt_in"),
]
NAMES = st.sampled_from(DANGEROUS) | WORDS
SPEAKING = BODIES | st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=3), max_size=4)


@given(st.sampled_from(COMPLETE), st.dictionaries(NAMES, JSON, max_size=4))
def test_more_members_never_make_a_complete_request_less(
    sample: tuple[Api, str, Mapping[str, JsonValue]], added: Mapping[str, JsonValue]
) -> None:
    api, name, body = sample
    assert risk_of(_request((api, name, {**added, **body}))) >= risk_of(_request(sample))


@st.composite
def _with_one_more(draw: st.DrawFn, body: JsonValue) -> JsonValue:
    """The body with one more member in one of its objects."""
    if isinstance(body, Mapping):
        inner = [name for name, value in body.items() if value and isinstance(value, Mapping | list)]
        name = draw(st.sampled_from(["", *inner]))
        if name in inner:
            return {**body, name: draw(_with_one_more(body[name]))}
        names = NAMES.filter(lambda name: name not in body and name not in QUIETING)
        return {**body, draw(names): draw(JSON)}
    if isinstance(body, list) and body:
        place = draw(st.integers(0, len(body) - 1))
        return [*body[:place], draw(_with_one_more(body[place])), *body[place + 1 :]]
    return body


@given(st.data(), ANY_OPERATION, st.sampled_from([body for *_, body in SAMPLES + COMPLETE]) | SPEAKING)
def test_one_more_member_anywhere_never_lowers(
    data: st.DataObject, entry: Operation, body: JsonValue
) -> None:
    request = Request(operation=entry, body=body)
    assert risk_of(replace(request, body=data.draw(_with_one_more(body)))) >= risk_of(request)


@given(ANY_OPERATION, SPEAKING)
def test_the_risk_is_the_strongest_of_the_floor_and_the_rows_that_fire(
    entry: Operation, body: JsonValue
) -> None:
    request = Request(operation=entry, body=body)
    said = said_by(request)
    assert risk_of(request) is max([entry.risk, *(row.risk for row in RAISES if _fires(row, said))])


# -- other spellings -----------------------------------------------------------------------------

# Greek and Cyrillic letters that look like Latin ones, and letters with accents.
LOOK_ALIKES = str.maketrans("aceopxy", "\u0430\u0441\u0435\u03bf\u0440\u0445\u0443")
ACCENTS = str.maketrans("aceious", "\u00e1\u00e7\u00e9\u00ed\u00f3\u00fa\u0161")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    str.swapcase,
    lambda name: name.replace("_", ""),
    lambda name: name.replace("_", "-"),
    lambda name: name.replace("_", " "),
    lambda name: f" {name}\u200b",
    "\u00ad".join,
    ".".join,
    lambda name: name.translate(FULL_WIDTH),
    lambda name: name.translate(ACCENTS),
    lambda name: name.translate(LOOK_ALIKES),
    lambda name: name[:1].translate(LOOK_ALIKES) + name[1:],
)
SPELLINGS = st.sampled_from(_SPELLINGS)


@st.composite
def _misspelt(draw: st.DrawFn, body: JsonValue) -> JsonValue:
    """The body with some of its names in another spelling; two members never become one."""
    if isinstance(body, Mapping):
        other: dict[str, JsonValue] = {}
        for name, value in body.items():
            spelt = draw(SPELLINGS)(name) if draw(st.booleans()) else name
            free = spelt not in other and spelt not in body
            other[spelt if free else name] = draw(_misspelt(value))
        return other
    return [draw(_misspelt(value)) for value in body] if isinstance(body, list) else body


@given(st.data(), st.sampled_from(SAMPLES + COMPLETE))
def test_another_spelling_of_a_name_never_lowers(
    data: st.DataObject, sample: tuple[Api, str, JsonValue]
) -> None:
    api, name, body = sample
    assert risk_of(_request((api, name, data.draw(_misspelt(body))))) >= risk_of(_request(sample))


@given(st.data(), ANY_OPERATION, SPEAKING)
def test_another_spelling_never_lowers_any_request(
    data: st.DataObject, entry: Operation, body: JsonValue
) -> None:
    request = Request(operation=entry, body=body)
    assert risk_of(replace(request, body=data.draw(_misspelt(body)))) >= risk_of(request)


FILLED = SCALARS.filter(lambda value: value not in (None, "")) | st.just([URL]) | st.just({"to": URL})
RAISING: list[tuple[Api, str, st.SearchStrategy[JsonValue], Risk]] = [
    ("egoi", "callback_url", FILLED, Risk.DISCLOSE),
    ("egoi", "notify", FILLED, Risk.DISCLOSE),
    ("egoi", "url", FILLED, Risk.DISCLOSE),
    ("transactional", "webhook", FILLED, Risk.DISCLOSE),
    ("txtsync", "URL", FILLED, Risk.DISCLOSE),
    ("intercom", "from_url", FILLED, Risk.DISCLOSE),
    ("egoi", "schedule_date", FILLED, Risk.SEND),
    ("egoi", "force_empty", JSON.filter(lambda value: value is not False), Risk.DESTROY),
    ("egoi", "unsubscription_reason", st.just("spam"), Risk.DESTROY),
    ("egoi", "field_id", st.sampled_from(["status", "Consent", "push_token_ios"]), Risk.DESTROY),
    ("intercom", "untag", JSON.filter(lambda value: value is not False), Risk.DESTROY),
    ("intercom", "archived", JSON.filter(lambda value: value is not False), Risk.DESTROY),
    ("intercom", "state", JSON.filter(lambda value: value != "draft"), Risk.SEND),
]
# These mean less for a contact that is not there yet.
RAISING_A_CHANGE: list[tuple[Api, str, st.SearchStrategy[JsonValue], Risk]] = [
    ("egoi", "status", st.just("active"), Risk.CONSENT),
    ("egoi", "status", JSON.filter(lambda value: value != "active"), Risk.DESTROY),
    ("egoi", "email_status", JSON.filter(lambda value: value != "active"), Risk.DESTROY),
    ("egoi", "consent", st.just("contract"), Risk.CONSENT),
    ("egoi", "consent", SCALARS.filter(lambda value: not isinstance(value, str)), Risk.DESTROY),
    ("egoi", "push_token_ios", st.just([{"token": "x"}]), Risk.CONSENT),
    ("txtsync", "AllowSMS", st.just(True), Risk.CONSENT),
    ("txtsync", "AllowSMS", JSON.filter(lambda value: value is not True), Risk.DESTROY),
    ("intercom", "unsubscribed_from_emails", st.just(False), Risk.CONSENT),
    ("intercom", "unsubscribed_from_emails", JSON.filter(lambda value: value is not False), Risk.DESTROY),
]
NEW_CONTACTS = {"createContact", "AddContact", "CreateContact"}


@given(st.data(), st.sampled_from(RAISING + RAISING_A_CHANGE), SPELLINGS, st.integers(0, 6))
def test_what_raises_raises_at_any_depth_and_in_any_spelling(
    data: st.DataObject,
    raising: tuple[Api, str, st.SearchStrategy[JsonValue], Risk],
    spelt: Callable[[str], str],
    depth: int,
) -> None:
    api, name, values, expected = raising
    body: JsonValue = {spelt(name): data.draw(values)}
    for level in range(depth):
        body = [body] if level % 2 else {"inner": body}
    allowed = [
        each
        for each, floor in FLOORS[api].items()
        if floor > Risk.READ and (raising in RAISING or each not in NEW_CONTACTS)
    ]
    entry = operation_of(api, data.draw(st.sampled_from(allowed)))
    around = data.draw(BODIES)
    assert risk_of(Request(operation=entry, body={"body": around, "added": body})) >= expected
