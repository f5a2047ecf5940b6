"""A record with its people masked: none of them can be read from it, in whatever way they stand in it."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import FrozenRequest, JsonValue
from egoi_mcp.guard.masking import Mask
from egoi_mcp.guard.people import people_in, spellings
from egoi_mcp.models.preview import Audience, Check, Cost, EmailFace, Excluded, Preview, SmsFace, Timing
from tests.guard.persons import emails, numbers, surroundings, writings

PHONE, EMAIL = "+351900000001", "ana@example.com"
MASK = Mask([PHONE, EMAIL])


def digits_of(text: str) -> str:
    """The text's digits, as if nothing stood between them."""
    plain = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
    return re.sub(r"[^0-9a-z@]", "", plain.casefold())


members = st.sampled_from(
    ["to", "cellphone", "email", "textBody", "contacts", "x", "Custom01", "name", "extra"]
)
others: st.SearchStrategy[JsonValue] = st.one_of(
    st.none(), st.booleans(), st.integers(0, 9999), st.text("abc ", max_size=5)
)


@st.composite
def named(draw: st.DrawFn, number: str, address: str) -> JsonValue:
    """One value that names the person, by number or address, alone or within a text."""
    written = draw(
        st.one_of(writings(number), st.just(number[1:]), st.just(address), st.just(address.upper()))
    )
    return draw(
        st.one_of(st.just(written), surroundings(written), st.just([written]), st.just({written: "x"}))
    )


@given(data=st.data(), number=numbers(), address=emails())
def test_no_number_and_no_address_of_a_row_survives(data: st.DataObject, number: str, address: str) -> None:
    bodies = st.recursive(
        others | named(number, address),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=3),
        max_leaves=8,
    )
    body: JsonValue = {"to": number, "email": address, "more": data.draw(bodies)}
    national = spellings(number)[1]
    spaced = f"{national[:3]} {national[3:]}"
    preview = Preview(
        title=f"Write to {number}",
        account="egoi 700001",
        to=(number, address),
        message=f"Your number {spaced}, {national} or id{number[1:]}x; {address.upper()}",
        facts={"field": f"{national}"},
        personal={"name": "Ana"},
        dropped=(f"{address}: unsubscribed",),
        warnings=(f"{spaced} is no mobile number",),
    )
    target = f"/lists/12/contacts/{number[1:]}?contact={address.replace('@', '%40')}"
    frozen = FrozenRequest("egoi", "POST", "https://vendor.example.com", target, json.dumps(body).encode())

    mask = Mask(people_in([frozen], preview.model_dump()))
    shown = json.dumps(
        [
            mask.body(body, target),
            mask.target(target),
            mask.preview(preview).model_dump(),
            mask.known(f"msg-{number[1:]}-{spaced}"),
            mask.text(f"note {spaced} {address}"),
        ],
        ensure_ascii=False,
    )
    assert national not in digits_of(shown)
    assert digits_of(address) not in digits_of(shown)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Send 1 SMS", "Send 1 SMS"),
        ("call +351 900 000 001 2030", "call +351 *** *01 2030"),
        ("call 351-900000009, code 1234", "call +351 *** *09, code 1234"),
        ("id-900000001-x", "id-***-x"),
        ("900.000.001", "***"),
        ("ANA@example.com!", "A***@e***.com!"),
        ("bo@example.com wrote", "***@e***.com wrote"),
        ("2030-11-20 10:00:00, 12.50 or 1234567", "2030-11-20 10:00:00, 12.50 or 1234567"),
        ("٣٥١ ٩٠٠ ٠٠٠ ٠٠١", "***"),
    ],
)
def test_a_text_keeps_what_names_nobody(text: str, masked: str) -> None:
    assert MASK.text(text) == masked


@pytest.mark.parametrize(
    ("body", "masked"),
    [
        (
            {"base": {"first_name": "Ana", "last_name": "Li"}},
            {"base": {"first_name": "A***", "last_name": "***"}},
        ),
        (
            {"FirstName": "Ana", "Custom01": "x", "AddressLine1": "y"},
            {"FirstName": "A***", "Custom01": "***", "AddressLine1": "***"},
        ),
        ({"birth_date": "1990-01-01", "City": "Z"}, {"birth_date": "***", "City": "***"}),
        ({"extra": [{"field_id": 3, "value": "secret"}]}, {"extra": [{"field_id": 3, "value": "***"}]}),
        ({"contacts": ["a1b2c3d4e5", "VAT 12"]}, {"contacts": ["a1b2c3d4e5", "V***"]}),
        ({"to": 351900000001}, {"to": "***"}),
        ({"to": 351900000002}, {"to": "***"}),
        (
            {"list_id": 12, "tag_id": 7, "ok": True, "x": None, "cost": 0.5},
            {"list_id": 12, "tag_id": 7, "ok": True, "x": None, "cost": 0.5},
        ),
        ({EMAIL: 1}, {"a***@e***.com": 1}),
    ],
)
def test_a_body_keeps_its_shape_and_what_names_nobody(body: JsonValue, masked: JsonValue) -> None:
    assert MASK.body(body, "/lists/12/contacts") == masked


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/tags", "VIP customers"),
        ("/lists/12/segments", "VIP customers"),
        ("/lists/12/contacts", "V***"),
        ("/contacts", "V***"),
        ("/api/v2/email/messages/action/send", "V***"),
    ],
)
def test_a_name_is_shown_where_it_is_that_of_a_thing(target: str, shown: str) -> None:
    assert MASK.body({"name": "VIP customers"}, target) == {"name": shown}


@pytest.mark.parametrize(
    ("target", "masked"),
    [
        (
            "/lists/12/contacts?limit=10&email=ana%40example.com",
            "/lists/12/contacts?limit=10&email=a***@e***.com",
        ),
        ("/contacts/search?contact=%2B351900000009", "/contacts/search?contact=+351 *** *09"),
        ("/lists/12/contacts/a1b2c3d4e5", "/lists/12/contacts/a1b2c3d4e5"),
        ("/tags?name=a%20b", "/tags?name=a%20b"),
        ("", ""),
    ],
)
def test_a_target_keeps_what_names_nobody(target: str, masked: str) -> None:
    assert MASK.target(target) == masked


def test_what_nests_without_end_is_hidden_and_not_followed() -> None:
    deep: JsonValue = "+351900000009"
    for _ in range(900):
        deep = [deep]
    assert "900000009" not in json.dumps(MASK.body(deep, "/x"))


def test_facts_about_one_person_are_left_out() -> None:
    preview = Preview(title="T", account="A", personal={"first name": "Ana"}, facts={"list": "12"})
    assert MASK.preview(preview) == Preview(title="T", account="A", facts={"list": "12"})


def test_every_part_of_a_preview_is_masked_and_nobody_stands_in_two_pieces() -> None:
    said = f"{PHONE} {EMAIL}"
    preview = Preview(
        title="x",
        account="egoi 700001",
        recipients=1,
        audience=Audience(
            by_country={"PT": 1},
            excluded=(Excluded(reason=said, count=1),),
            checks=(Check(against=said, checked=1, why=said),),
        ),
        when=Timing(account=said, recipients=(said,)),
        cost=Cost(amount="1", currency=said, basis=said, balance=said, left=said),
        facts={said: said},
        personal={"name": "Ana"},
        message=said,
        sms=SmsFace(sender=said, encoding="GSM-7", characters=9, room=153, parts=("ring +35190", "0000001!")),
        email=EmailFace(
            sender=said,
            reply_to=said,
            subject=said,
            preheader=said,
            plain=said,
            html="<b>+35190</b>0000001",
            hosts=(said,),
            unsubscribe=said,
        ),
        dropped=(said,),
        warnings=(said,),
        undo=said,
    )
    masked = MASK.preview(preview)
    shown = masked.model_dump_json()
    assert "900000001" not in digits_of(shown)
    assert digits_of(EMAIL) not in digits_of(shown)
    assert masked.sms is not None
    assert len(masked.sms.parts) == 1
    assert masked.email is not None
    assert (masked.email.html, masked.email.plain) == (None, None)
    assert masked.audience is not None
    assert masked.audience.by_country == {"PT": 1}
    # What names nobody stays as it is.
    plain = SmsFace(sender="ACME", encoding="GSM-7", characters=6, room=153, parts=("one", "two"))
    assert MASK.preview(preview.model_copy(update={"sms": plain})).sms == plain
