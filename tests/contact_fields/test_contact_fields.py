"""What can be written of a contact: any mapping is taken, and each wrong value has one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.contact_fields.egoi import egoi_contact
from egoi_mcp.contact_fields.intercom import intercom_contact
from egoi_mcp.contact_fields.list_fields import FieldOption, ListField, ListFields
from egoi_mcp.contact_fields.txtsync import txtsync_contact
from egoi_mcp.contact_fields.values import ContactBody, Deed, shown

OPTIONS = (FieldOption(id=1, labels=("Red", "Vermelho")), FieldOption(id=2, labels=("Blue", "Azul")))
FIELDS = ListFields(
    [
        ListField(number=1, name="Shop", format="text"),
        ListField(number=2, name="Since", format="date"),
        ListField(number=3, name="Points", format="number"),
        ListField(number=4, name="Work e-mail", format="email"),
        ListField(number=5, name="Work phone", format="phone"),
        ListField(number=6, name="Second mobile", format="cellphone"),
        ListField(number=7, name="Colours", format="options", options=OPTIONS),
        ListField(number=8, name="Card", format="text", unique=True),
        ListField(number=9, name="Twice", format="text"),
        ListField(number=10, name="twice", format="text"),
    ]
)
DEEDS: tuple[Deed, ...] = ("create", "update", "bulk", "import")
TOKENS: list[JsonValue] = [{"app_id": "app_1", "token": "t"}]
PHONE = "+351 900 000 001"

EGOI: dict[str, tuple[JsonValue, str, JsonValue]] = {
    "status": ("Active", "base", "active"),
    "consent": ("contract", "base", "contract"),
    "first_name": ("Ana", "base", "Ana"),
    "last_name": ("Exemplo", "base", "Exemplo"),
    "birth_date": ("2000-02-29", "base", "2000-02-29"),
    "language": ("PT", "base", "pt"),
    "email": (" ana@example.com", "base", "ana@example.com"),
    "email_status": ("inactive", "base", "inactive"),
    "cellphone": (PHONE, "base", "351-900000001"),
    "cellphone_status": ("active", "base", "active"),
    "phone": ("00351 210 000 001", "base", "351-210000001"),
    "phone_status": ("active", "base", "active"),
    "push_token_android": (TOKENS, "base", TOKENS),
    "push_token_ios": (TOKENS, "base", TOKENS),
    "utm_source": ("shop", "utm", "shop"),
    "utm_medium": ("mail", "utm", "mail"),
    "utm_campaign": ("june", "utm", "june"),
    "utm_content": ("a", "utm", "a"),
    "utm_term": ("b", "utm", "b"),
    "referrer": ("https://example.com", "referrer", "https://example.com"),
    "gclid": ("1", "advertising", "1"),
    "msclkid": ("2", "advertising", "2"),
    "fbclid": ("3", "advertising", "3"),
}
UPDATE_ONLY = {"consent", "email_status", "cellphone_status", "phone_status"}
NEW_ONLY = {name for name, (_, part, _) in EGOI.items() if part != "base"}


def at(body: Mapping[str, JsonValue], part: str) -> Mapping[str, JsonValue]:
    found = body.get(part, {})
    assert isinstance(found, Mapping)
    return found


@pytest.mark.parametrize("name", EGOI)
@pytest.mark.parametrize("deed", DEEDS)
def test_each_member_goes_where_its_deed_takes_it(name: str, deed: Deed) -> None:
    value, part, sent = EGOI[name]
    contact = egoi_contact({name: value}, FIELDS, deed=deed)
    refused = (name in UPDATE_ONLY and deed in {"create", "import"}) or (
        name in NEW_ONLY and (deed in {"update", "bulk"} or (part == "advertising" and deed == "import"))
    )
    refused = refused or (
        deed == "bulk" and name in {"email", "cellphone", *(n for n in EGOI if "push" in n)}
    )
    if refused:
        assert len(contact.problems) == 1
        assert contact.problems[0].startswith(f"{name}: ")
        assert at(contact.body, part) == {}
    else:
        assert contact == ContactBody(body={part: {name: sent}})


EXTRA: list[tuple[str, JsonValue, dict[str, JsonValue]]] = [
    ("extra_1", "Porto", {"field_id": 1, "value": "Porto"}),
    ("1", 7, {"field_id": 1, "value": "7"}),
    ("shop", "Porto", {"field_id": 1, "value": "Porto"}),
    ("SINCE", "2020-01-31", {"field_id": 2, "value": "2020-01-31"}),
    ("Points", 12.50, {"field_id": 3, "value": "12.5"}),
    ("Points", "-3", {"field_id": 3, "value": "-3"}),
    ("work e-mail", "ana@example.com", {"field_id": 4, "value": "ana@example.com"}),
    ("Work phone", "+351 210 000 001", {"field_id": 5, "value": "351-210000001"}),
    ("extra_6", PHONE, {"field_id": 6, "value": "351-900000001"}),
    ("Colours", "azul", {"field_id": 7, "value": [2]}),
    ("Colours", ["Red", 2, "1"], {"field_id": 7, "value": [1, 2]}),
    ("Colours", "Red; Blue", {"field_id": 7, "value": [1, 2]}),
    ("Colours", 2, {"field_id": 7, "value": [2]}),
]


@pytest.mark.parametrize(("name", "value", "sent"), EXTRA)
def test_extra_fields_are_found_by_id_and_name_and_sent_in_their_format(
    name: str, value: JsonValue, sent: dict[str, JsonValue]
) -> None:
    assert egoi_contact({name: value}, FIELDS) == ContactBody(body={"extra": [sent]})


@pytest.mark.parametrize("name", ["extra_4", "Work e-mail", "work_e_mail"])
def test_the_state_of_an_extra_field_goes_with_its_value(name: str) -> None:
    contact = egoi_contact({name: "ana@example.com", f"{name}_status": "inactive"}, FIELDS)
    assert contact.body == {"extra": [{"field_id": 4, "value": "ana@example.com", "status": "inactive"}]}
    assert contact.problems == ()
    alone = egoi_contact({f"{name}_status": "inactive"}, FIELDS)
    assert alone == ContactBody(problems=("extra_4_status: goes with the field's value.",))


WRONG: list[tuple[str, JsonValue, str]] = [
    ("status", "removed", "status: removing somebody is what unsubscribe_contacts does."),
    ("status", "on", "status: must be active, inactive or unconfirmed."),
    ("consent", "yes", "consent: must be any, consent, contract,"),
    ("first_name", ["Ana"], "first_name: must be text."),
    ("first_name", True, "first_name: must be text."),
    ("first_name", "x" * 256, "first_name: must have at most 255 characters."),
    ("first_name", "a\x00", "first_name: holds a character that cannot be sent"),
    ("birth_date", "2001-02-29", "birth_date: the calendar has no such day."),
    ("birth_date", "29-02-2000", "birth_date: must be a date, such as 2026-03-01."),
    ("birth_date", "", "birth_date: is empty; leave it out."),
    ("email", "ana", "email: must be one e-mail address."),
    ("cellphone", "900000001", "cellphone: the phone number names no country."),
    ("phone", None, "phone: must be text."),
    ("push_token_ios", [], "push_token_ios: must be a list of objects"),
    ("push_token_ios", [{"app_id": "a b", "token": "x"}], "push_token_ios: app_id holds letters"),
    ("extra_1", "x" * 1001, "extra_1: must have at most 1000 characters."),
    ("Since", "1/2/2020", "Since: must be a date"),
    ("Points", "1,5", "Points: must be a number"),
    ("Work e-mail", "x", "Work e-mail: must be one e-mail address."),
    ("Work phone", "x", "Work phone: the text holds characters that no phone number has"),
    ("Colours", "Green", "Colours: must be one of 1 (Red), 2 (Blue)."),
    ("Colours", [], "Colours: must not be empty."),
    ("extra_1_status", "active", "extra_1_status: a field of the format text has no state."),
    ("Twice", "x", "Twice: several fields are called so; give the id: extra_9, extra_10."),
    ("frist_name", "x", "frist_name: E-goi takes no such thing. Did you mean first_name?"),
    ("Shopp", "x", "Shopp: E-goi takes no such thing. Did you mean shop?"),
    ("extra_99", "x", "extra_99: E-goi takes no such thing."),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONG)
def test_a_wrong_value_is_named_with_the_rule(name: str, value: JsonValue, said: str) -> None:
    contact = egoi_contact({name: value}, FIELDS, deed="update")
    assert len(contact.problems) == 1
    assert contact.problems[0].startswith(said)
    assert contact.body in ({}, {"base": {}})


def test_a_member_that_is_given_twice_counts_once() -> None:
    contact = egoi_contact({"email": "a@example.com", "E-mail": "b@example.com"}, FIELDS)
    assert contact.problems[0].startswith("E-mail: E-goi takes no such thing.")
    contact = egoi_contact({"cellphone": PHONE, "mobile": PHONE}, FIELDS)
    assert contact.problems == ("mobile: is given twice.",)


@pytest.mark.parametrize("name", ["first_name", "last_name", "Shop"])
def test_an_empty_text_erases_where_a_contact_is_changed_and_is_refused_where_one_is_made(name: str) -> None:
    assert egoi_contact({name: ""}, FIELDS, deed="update").problems == ()
    assert egoi_contact({name: ""}, FIELDS, deed="create").problems == (f"{name}: is empty; leave it out.",)


def test_a_unique_extra_field_is_not_the_same_for_many() -> None:
    (problem,) = egoi_contact({"Card": "1"}, FIELDS, deed="bulk").problems
    assert problem.startswith("Card: belongs to one contact")
    assert egoi_contact({"Card": "1"}, FIELDS, deed="update").problems == ()


def test_national_numbers_are_read_with_the_region_that_is_given() -> None:
    assert egoi_contact({"cellphone": "900000001"}, region="PT").body == {
        "base": {"cellphone": "351-900000001"}
    }


def test_an_import_may_say_that_somebody_is_removed() -> None:
    assert egoi_contact({"status": "removed"}, deed="import").body == {"base": {"status": "removed"}}


@pytest.mark.parametrize("name", ["ana@example.com", "+351 900 000 001", "900000001"])
def test_what_may_be_somebody_is_not_repeated_even_as_a_name(name: str) -> None:
    for contact in (egoi_contact({name: "x"}), txtsync_contact({name: "x"}), intercom_contact({name: "x"})):
        (problem,) = contact.problems
        assert problem.startswith("(a name that is not repeated here): ")
        assert "900" not in problem
        assert "ana" not in problem


# -- the other vendors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("phone", "+44 7700 900777", {"MobileNumber": "+447700900777"}),
        ("MobileNumber", "+44 7700 900777", {"MobileNumber": "+447700900777"}),
        ("email", "a@example.com", {"EmailAddress": "a@example.com"}),
        ("EmailAddress", "a@example.com", {"EmailAddress": "a@example.com"}),
        ("address_line_1", "1 Example Road", {"AddressLine1": "1 Example Road"}),
        ("Custom05", 5, {"Custom05": "5"}),
        ("tags", ["vip", " vip ", "new"], {"TagNames": "vip,new"}),
        ("tag_names", "vip, new", {"TagNames": "vip,new"}),
        ("allow_sms", "No", {"AllowSMS": False}),
    ],
)
def test_txtsync_members_have_their_own_names(
    name: str, value: JsonValue, sent: dict[str, JsonValue]
) -> None:
    assert txtsync_contact({name: value}, deed="update") == ContactBody(body=sent)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("phone", "7700900777", "phone: the phone number names no country."),
        ("tags", [], "tags: must not be empty."),
        ("tags", ["a,b"], "tags: a tag's name holds no comma."),
        ("tags", 7, "tags: must be a list of names."),
        ("allow_sms", "maybe", "allow_sms: must be true or false."),
        ("cty", "x", "cty: TxtSync takes no such thing. Did you mean city?"),
    ],
)
def test_what_txtsync_does_not_take_is_named(name: str, value: JsonValue, said: str) -> None:
    (problem,) = txtsync_contact({name: value}, deed="update").problems
    assert problem.startswith(said)


def test_a_new_txtsync_contact_says_nothing_of_allowing_sms() -> None:
    (problem,) = txtsync_contact({"AllowSMS": True}).problems
    assert problem.startswith("AllowSMS: goes with update_contact")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"role": "Lead"}, {"role": "lead"}),
        ({"external_reference": "7"}, {"external_id": "7"}),
        ({"phone": PHONE}, {"phone": "+351900000001"}),
        ({"first_name": "Ana", "last_name": "Exemplo"}, {"name": "Ana Exemplo"}),
        ({"picture": "https://example.com/a.png"}, {"avatar": "https://example.com/a.png"}),
        ({"signed_up_at": "2026-03-01"}, {"signed_up_at": 1772323200}),
        ({"signed_up_at": "2026-03-01T01:00:00+01:00"}, {"signed_up_at": 1772323200}),
        ({"last_seen_at": 1772323200}, {"last_seen_at": 1772323200}),
        ({"owner_id": 814}, {"owner_id": "814"}),
        ({"email_verified": True}, {"email_verified": True}),
        ({"unsubscribed_from_emails": "true"}, {"unsubscribed_from_emails": True}),
        ({"custom_attributes": {"plan": "a", "n": 1}}, {"custom_attributes": {"plan": "a", "n": 1}}),
        ({"phone": None}, {"phone": None}),
    ],
)
def test_intercom_members_in_their_own_form(given: dict[str, JsonValue], sent: dict[str, JsonValue]) -> None:
    assert intercom_contact(given, deed="update") == ContactBody(body=sent)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("role", "admin", "role: must be user or lead."),
        ("avatar", "http://example.com/a.png", "avatar: must be an address that begins with https://"),
        ("signed_up_at", "yesterday", "signed_up_at: must be a time"),
        ("signed_up_at", "2026-03-01T09:30:00", "signed_up_at: needs its zone"),
        ("signed_up_at", 1772323200000, "signed_up_at: must be a time"),
        ("owner_id", "Ana", "owner_id: must be an id"),
        ("email", None, "email: must be text."),
        ("custom_attributes", [], "custom_attributes: must be an object"),
        ("custom_attributes", {"a.b": 1}, "custom_attributes: an attribute's name"),
        ("custom_attributes", {"a": [1]}, "custom_attributes: an attribute is a text"),
        ("plan", "x", "plan: Intercom takes no such thing."),
    ],
)
def test_what_intercom_does_not_take_is_named(name: str, value: JsonValue, said: str) -> None:
    (problem,) = intercom_contact({name: value}, deed="update").problems
    assert problem.startswith(said)


def test_a_name_goes_without_its_parts() -> None:
    contact = intercom_contact({"first_name": "Ana", "name": "Ana Exemplo"})
    assert contact == ContactBody(
        body={"name": "Ana Exemplo"},
        problems=("first_name: goes without name, of which it would be a part.",),
    )


def test_half_a_name_is_a_new_contacts_whole_one_and_none_of_a_contact_that_is_there() -> None:
    assert intercom_contact({"first_name": "Ana"}).body == {"name": "Ana"}
    half = intercom_contact({"first_name": "Ana"}, deed="update")
    assert half == ContactBody(problems=("first_name: Intercom keeps one name; give name.",))


def test_null_empties_nothing_where_a_contact_is_made() -> None:
    assert intercom_contact({"phone": None}).problems == ("phone: must be text.",)


# -- anything ------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.just(10**400)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
NAMES = (
    st.text(max_size=80)
    | st.sampled_from([*EGOI, "extra_3", "Colours", "mobile", "work phone_status", "MobileNumber", "tags"])
    | st.sampled_from(["role", "name", "custom_attributes", "signed_up_at", "allow_sms", "first name"])
)
TRANSLATIONS: tuple[Callable[[Mapping[str, JsonValue], Deed], ContactBody], ...] = (
    lambda values, deed: egoi_contact(values, FIELDS, deed=deed),
    lambda values, deed: txtsync_contact(values, deed=deed),
    lambda values, deed: intercom_contact(values, deed=deed),
)


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.sampled_from(DEEDS), st.sampled_from(TRANSLATIONS))
def test_any_mapping_is_read_and_each_problem_names_its_member(
    values: dict[str, JsonValue],
    deed: Deed,
    translate: Callable[[Mapping[str, JsonValue], Deed], ContactBody],
) -> None:
    contact = translate(values, deed)
    named = sorted(problem for problem in contact.problems)
    assert len(named) <= len(values)
    names = {shown(name) for name in values} | {f"extra_{each.number}_status" for each in FIELDS}
    for problem in named:
        assert any(problem.startswith(f"{name}: ") for name in names), problem
    assert contact == translate(values, deed)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from(TRANSLATIONS))
def test_one_value_alone_is_sent_or_has_exactly_one_problem(
    values: dict[str, JsonValue], translate: Callable[[Mapping[str, JsonValue], Deed], ContactBody]
) -> None:
    for name, value in values.items():
        contact = translate({name: value}, "update")
        sent = [part for part in contact.body.values() if part not in ({}, [])] or (
            # An empty text or null is a value of these vendors too.
            list(contact.body) if "base" not in contact.body else []
        )
        assert len(contact.problems) + bool(sent) == 1, contact


@given(st.integers(0, 10**9), st.dates(), st.sampled_from(["Red", "azul"]), st.text("abc ", min_size=1))
def test_good_values_come_back_as_they_were(points: int, day: Any, colour: str, word: str) -> None:
    text = f"x{word}"
    contact = egoi_contact(
        {"Points": points, "Since": day.isoformat(), "birth_date": day.isoformat(), "Shop": text}, FIELDS
    )
    assert contact.problems == ()
    assert at(contact.body, "base") == {"birth_date": day.isoformat()}
    extra = contact.body["extra"]
    assert isinstance(extra, list)
    again = {f"extra_{each['field_id']}": each["value"] for each in extra if isinstance(each, dict)}
    assert again == {"extra_3": str(points), "extra_2": day.isoformat(), "extra_1": text}
    once_more = egoi_contact(again, FIELDS)
    assert once_more.body["extra"] == extra
    assert egoi_contact({"Colours": colour}, FIELDS).problems == ()
