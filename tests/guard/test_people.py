"""Whom a request names: found in any writing, and only they."""

from __future__ import annotations

import json
import re
import time
from urllib.parse import quote

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import FrozenRequest, JsonValue
from egoi_mcp.guard.people import addresses_in, erases, people_in, spellings
from tests.guard.persons import contact_ids, emails, numbers, surroundings, writings

ORIGIN = "https://vendor.example.com"


def request(
    body: JsonValue = None, *, target: str = "/sms", api: str = "egoi", method: str = "POST"
) -> FrozenRequest:
    sent = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    return FrozenRequest(api, method, ORIGIN, target, sent)  # type: ignore[arg-type]  # any API of the catalog


@given(data=st.data(), number=numbers())
def test_a_number_is_found_in_every_writing_wherever_it_stands(data: st.DataObject, number: str) -> None:
    written = data.draw(writings(number))
    where = data.draw(st.sampled_from(["alone", "in a text", "in the path", "in the query"]))
    if where == "in the query":
        named = people_in([request(target=f"/contacts/search?contact={quote(written, safe='')}")])
    elif where == "in the path":
        named = people_in([request(target=f"/messages/{quote(written, safe='')}")])
    else:
        said = written if where == "alone" else data.draw(surroundings(written))
        named = people_in([request([{"x": [said]}])])
    assert set(spellings(number)) & set(named)
    assert set(spellings(written)) & set(named)


@given(data=st.data(), address=emails())
def test_an_address_is_found_in_any_case_wherever_it_stands(data: st.DataObject, address: str) -> None:
    written = data.draw(st.sampled_from([address, address.upper(), address.swapcase(), f" {address} "]))
    place = data.draw(st.sampled_from(["alone", "in a text", "in the query", "in a link", "a member's name"]))
    bodies: dict[str, JsonValue] = {
        "alone": {"to": written},
        "in a text": {"text": f"write to {written}, please"},
        "in a link": {"text": f"https://example.com/x?e={quote(written.strip(), safe='')}"},
        "a member's name": {written.strip(): 1},
    }
    if place == "in the query":
        named = people_in([request(target=f"/contacts/search?contact={quote(written, safe='')}")])
    else:
        named = people_in([request(bodies[place])])
    assert set(spellings(address)) <= set(named)


@given(identity=contact_ids(), upper=st.booleans())
def test_a_contact_id_is_found_in_body_path_and_answer_lists(identity: str, upper: bool) -> None:
    written = identity.upper() if upper else identity
    for each in (
        request({"contacts": [written]}),
        request({"data": [{"contact_id": written}]}),
        request(target=f"/lists/12/contacts/{written}", method="PATCH"),
        request(target=f"/contacts/{written}", api="txtsync", method="DELETE"),
    ):
        assert set(spellings(identity)) <= set(people_in([each]))


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"contacts": ["VAT 500 000 000"]}, "vat 500 000 000"),
        ({"contacts": [7]}, "7"),
        ({"ExternalReference": "CRM-1"}, "crm-1"),
        ({"external_id": "u-1"}, "u-1"),
        ({"to": 351900000001}, "+351900000001"),
        ({"MobileNumber": "900001"}, "900001"),
        ({"cellphone": "351900000001"}, "+351900000001"),
    ],
)
def test_what_a_member_is_called_tells_that_it_names_somebody(body: JsonValue, name: str) -> None:
    assert name in people_in([request(body)])


@pytest.mark.parametrize("text", ["/contacts/external/CRM-1", "/contacts/external/CRM-1?x=1"])
def test_an_external_reference_in_a_path_names_a_contact(text: str) -> None:
    assert people_in([request(target=text)]) == ("crm-1",)


@pytest.mark.parametrize(
    "body",
    [
        {"list_id": 12, "tag_id": 7, "campaign_hash": "h4sh"},
        {"schedule_date": "2030-11-20 10:00:00", "title": "Spring 2030-31-2"},
        {"text": "Only 12.50 today, code 1234-5678, from 9 to 18"},
        {"segments": {"type": "none"}, "created": 1795000000},
        {"contacts": []},
        None,
    ],
)
def test_what_names_nobody_finds_nobody(body: JsonValue) -> None:
    assert people_in([request(body, target="/lists/12/contacts/actions/attach-tag")]) == ()


def test_several_people_in_one_text_are_each_found() -> None:
    text = "+351 900 000 001, 351-900000002 +351900000003 2030 or 00351900000004; bo@example.com."
    found = people_in((), text)
    assert [each for each in found if each.startswith("+")] == [f"+35190000000{n}" for n in (1, 2, 3, 4)]
    assert "bo@example.com" in found


def test_a_body_that_is_no_json_is_looked_through_as_text() -> None:
    broken = FrozenRequest("egoi", "POST", ORIGIN, "/x", b'{"to": "351-900000001", ')
    assert people_in([broken]) == ("+351900000001",)


@given(one=numbers(), other=numbers())
def test_different_numbers_share_no_spelling(one: str, other: str) -> None:
    same_digits = one[-9:] == other[-9:]
    assert same_digits or not set(spellings(one)) & set(spellings(other))


@pytest.mark.parametrize(
    ("written", "main"),
    [
        ("+351 900 000 001", "+351900000001"),
        ("351-900000001", "+351900000001"),
        ("Ana@Example.com ", "ana@example.com"),
        ("A1B2C3D4E5", "a1b2c3d4e5"),
        ("900000001", "900000001"),
    ],
)
def test_a_person_has_a_main_spelling(written: str, main: str) -> None:
    assert spellings(written)[0] == main


@pytest.mark.parametrize(
    ("api", "method", "target", "erased"),
    [
        ("egoi", "POST", "/lists/12/contacts/actions/forget", True),
        ("egoi", "POST", "/lists/12/contacts/actions/unsubscribe", False),
        ("egoi", "DELETE", "/lists/12", False),
        ("txtsync", "DELETE", "/contacts/7", True),
        ("txtsync", "DELETE", "/contacts/external/CRM-1", True),
        ("txtsync", "PUT", "/contacts/7", False),
        ("txtsync", "DELETE", "/system/applications/webhooks/7", False),
        ("intercom", "DELETE", "/contacts/6762f0cc1bb69f9f2193bb5b", True),
        ("intercom", "DELETE", "/contacts/6762f0cc1bb69f9f2193bb5b/tags/7", False),
        ("intercom", "POST", "/contacts/6762f0cc1bb69f9f2193bb5b/archive", False),
    ],
)
def test_which_requests_make_a_vendor_forget(api: str, method: str, target: str, erased: bool) -> None:
    assert erases(request(target=target, api=api, method=method)) is erased


EMAIL = re.compile(r"[^\s@<>\"(),;:\[\]\\]+@[^\s@<>\"'(),;:\[\]\\/?#&=]+")


@given(st.text(alphabet="a.@/'<>&=?\\ \n", max_size=40))
def test_addresses_stand_where_one_expression_would_find_them(text: str) -> None:
    hypothesis.assume(text.strip().count("@") != 1 or any(each.isspace() for each in text.strip()))
    expected = [
        (found.start(), found.start() + len(found[0].rstrip(".'!?"))) for found in EMAIL.finditer(text)
    ]
    assert [(each.start, each.end) for each in addresses_in(text)] == expected


@pytest.mark.parametrize("end", ["", "@", " ana@example.com", "<ana@example.com", "@" * 1000])
def test_a_picture_in_an_email_is_read_through_once(end: str) -> None:
    begun = time.process_time()
    people_in([request({"htmlBody": f'<img src="data:image/png;base64,{"iVBORw0KGgo" * 40_000}">{end}@'})])
    # From every letter anew it took minutes.
    assert time.process_time() - begun < 5
