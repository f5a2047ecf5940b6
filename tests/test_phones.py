from __future__ import annotations

import re
import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from egoi_mcp.errors import InvalidInput
from egoi_mcp.phones import Phone, country_counts, dedupe, parse_phone

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
CONTACT_PATTERN = re.compile(r"[0-9]{1,3}-[0-9]{4,20}")

phone_like = st.text(alphabet="0123456789 +-.()/\u202a٣", max_size=24)
regions = st.one_of(st.none(), st.sampled_from(REGIONS))


@st.composite
def possible_phones(draw: st.DrawFn) -> Phone:
    """A number that the library gives as an example, sometimes with its last digits changed."""
    kind = draw(
        st.sampled_from((phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE))
    )
    found = phonenumbers.example_number_for_type(draw(st.sampled_from(REGIONS)), kind)
    if found is None:
        return parse_phone("+351900000001")
    e164 = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return parse_phone(e164[:-2] + draw(st.from_regex(r"[0-9]{2}", fullmatch=True)))


@pytest.mark.parametrize(
    ("text", "e164", "egoi", "region"),
    [
        ("+351 900 000 001", "+351900000001", "351-900000001", "PT"),
        ("+44 7700 900001", "+447700900001", "44-7700900001", "GB"),
        ("+34 600 000 000", "+34600000000", "34-600000000", "ES"),
        ("+49 1512 3456789", "+4915123456789", "49-15123456789", "DE"),
        ("+55 11 91234-5678", "+5511912345678", "55-11912345678", "BR"),
        ("+1 202 555 0101", "+12025550101", "1-2025550101", "US"),
        ("+33 6 39 98 00 01", "+33639980001", "33-639980001", "FR"),
        ("(+351) 900.000.001", "+351900000001", "351-900000001", "PT"),
        ("00351 900 000 001", "+351900000001", "351-900000001", "PT"),
        ("351-900000001", "+351900000001", "351-900000001", "PT"),
        ("351-900 000 001", "+351900000001", "351-900000001", "PT"),
        ("+44 (0)7700 900001", "+447700900001", "44-7700900001", "GB"),
        ("+39 06 12345678", "+390612345678", "39-0612345678", "IT"),
        ("+800 1234 5678", "+80012345678", "800-12345678", "001"),
    ],
)
def test_a_number_with_its_country_code_is_read(text: str, e164: str, egoi: str, region: str) -> None:
    phone = parse_phone(text)
    assert (phone.e164, phone.egoi, phone.region) == (e164, egoi, region)


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("900 000 001", "PT", "+351900000001"),
        ("900000001", "pt", "+351900000001"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("0151/23456789", "DE", "+4915123456789"),
        ("(202) 555-0101", "US", "+12025550101"),
        ("1 202 555 0101", "US", "+12025550101"),
        ("202-5550101", "US", "+12025550101"),
        ("07700 900001", "GB", "+447700900001"),
        ("11 91234-5678", "BR", "+5511912345678"),
        ("392 1234567", "IT", "+393921234567"),
        ("392-1234567", "IT", "+393921234567"),
    ],
)
def test_a_national_number_is_read_with_its_country(text: str, region: str, e164: str) -> None:
    assert parse_phone(text, region).e164 == e164


@pytest.mark.parametrize("region", ["PT", "DE", "US", "IT", "BR"])
@pytest.mark.parametrize("text", ["+44 7700 900001", "0044 7700 900001", "44-7700900001"])
def test_a_number_with_its_country_code_stays_so_where_a_default_country_is_given(
    text: str, region: str
) -> None:
    assert parse_phone(text, region).e164 == "+447700900001"


def test_a_countrys_own_prefix_for_calls_abroad_is_understood() -> None:
    assert parse_phone("011 351 900000001", "US").e164 == "+351900000001"


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("501-5550101", "US"),  # Belize's code, and an area code of Arkansas
        ("55-912345678", "BR"),  # Brazil's code, and an area code of its south
        ("4915123456789", "DE"),  # a mobile without its +, or a landline of Leer without its 0
    ],
)
def test_what_reads_as_two_numbers_is_refused(text: str, region: str) -> None:
    with pytest.raises(InvalidInput, match="as a national and as an international one"):
        parse_phone(text, region)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        (" \u200e ", "is empty"),
        ("900000001", "names no country"),
        ("ana@example.com", "characters that no phone number has"),
        ("+351 900 000 001, +351 900 000 002", "characters that no phone number has"),
        ("+351900000001+351900000002", "characters that no phone number has"),
        ("+351 900 000 001 ext 5", "characters that no phone number has"),
        ("+1 800 FLOWERS", "characters that no phone number has"),
        ("+", "characters that no phone number has"),
        ("+999 123 456 789", "country code that does not exist"),
        ("999-123456789", "country code that does not exist"),
        ("202-5550101", "country code that does not exist"),
        ("1268-4641234", "names no country"),
        ("+351 9000", "wrong number of digits for its country"),
        ("+351 900 000 001 2", "wrong number of digits for its country"),
        ("+1 555 0101", "lacks its area code"),
        ("00", "wrong number of digits"),
        ("9" * 65, "too long"),
    ],
)
def test_what_is_no_number_is_refused_with_the_fault_and_the_entry(text: str, fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault) as refusal:
        parse_phone(text, label="to[3]")
    assert str(refusal.value).startswith("to[3]: ")


def test_the_hyphen_ends_the_calling_code() -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        parse_phone("202-5550101")
    assert parse_phone("20-25550101").region == "EG"


def test_an_unknown_default_country_is_refused_without_repeating_it() -> None:
    with pytest.raises(InvalidInput, match="two-letter ISO code") as refusal:
        parse_phone("900000001", "+351900000001")
    assert "900000001" not in str(refusal.value)


def test_a_reserved_number_passes_and_is_marked() -> None:
    reserved = parse_phone("+351 900 000 001")
    assert (reserved.valid, reserved.mobile) == (False, None)


def test_the_kind_of_number_is_told_where_the_number_tells_it() -> None:
    assert parse_phone("+34 600 000 000").mobile is True
    assert parse_phone("+39 06 12345678").mobile is False
    assert parse_phone("+1 202 555 0101").mobile is None


@pytest.mark.parametrize(
    ("text", "fits"), [("+351 900 000 001", True), ("+380 50 123 4567", False), ("+420 601 123 456", False)]
)
def test_a_calling_code_with_a_zero_does_not_fit_a_campaign_to_one_contact(text: str, fits: bool) -> None:
    assert parse_phone(text).fits_campaign_contact is fits


def test_the_representation_does_not_show_the_number() -> None:
    assert "900000001" not in repr(parse_phone("+351900000001"))


@pytest.mark.parametrize("region", REGIONS)
def test_every_countrys_example_survives_both_forms(region: str) -> None:
    mobile = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    example_number = mobile or phonenumbers.example_number(region)
    assert example_number is not None
    e164 = phonenumbers.format_number(example_number, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(example_number, phonenumbers.PhoneNumberFormat.NATIONAL)
    phone = parse_phone(e164)
    assert phone.e164 == e164
    assert parse_phone(phone.egoi) == phone
    assert CONTACT_PATTERN.fullmatch(phone.egoi)
    assert parse_phone(national, region) == phone
    assert phone.valid


@given(possible_phones(), regions)
def test_reading_a_number_again_changes_nothing(phone: Phone, region: str | None) -> None:
    assert parse_phone(phone.e164, region) == phone
    assert parse_phone(phone.egoi) == phone


@given(st.one_of(phone_like, st.text()), regions)
@example("+", None)
@example("+0", None)
@example("0000", "DE")
@example("00", "BR")
@example("+44 00 7700 900001", None)
@example("\ud800", None)
def test_any_text_is_a_number_in_both_forms_or_refused_without_repeating_it(
    text: str, region: str | None
) -> None:
    refusal = ""
    phone = None
    try:
        phone = parse_phone(text, region, label="to")
    except InvalidInput as error:
        refusal = str(error)
    if phone is None:
        assert refusal
        assert not re.search(r"\d", refusal)
    else:
        assert re.fullmatch(r"\+[1-9][0-9]{4,14}", phone.e164)
        assert phone.e164 == f"+{phone.calling_code}{phone.national}"
        assert CONTACT_PATTERN.fullmatch(phone.egoi)
        assert parse_phone(phone.e164) == phone
        assert parse_phone(phone.egoi) == phone


def test_duplicates_are_found_across_forms() -> None:
    phones = [
        parse_phone(text) for text in ("+351900000001", "+447700900001", "351-900000001", "+351900000002")
    ]
    assert dedupe(phones) == ((phones[0], phones[1], phones[3]), (2,))


@given(st.lists(st.sampled_from([parse_phone(f"+3519000000{n:02}") for n in range(5)])))
def test_deduplication_keeps_the_first_of_each_and_loses_none(phones: list[Phone]) -> None:
    unique, duplicates = dedupe(phones)
    assert len(unique) + len(duplicates) == len(phones)
    assert list(unique) == [phone for index, phone in enumerate(phones) if index not in duplicates]
    assert len(set(unique)) == len(unique)
    assert set(unique) == set(phones)


def test_countries_are_counted_the_most_frequent_first() -> None:
    texts = [
        "+34600000000",
        "+351900000001",
        "+447700900001",
        "+351900000002",
        "+33639980001",
        "+34600000001",
    ]
    counts = country_counts(parse_phone(text) for text in texts)
    assert list(counts.items()) == [("ES", 2), ("PT", 2), ("FR", 1), ("GB", 1)]


def test_importing_the_module_does_not_load_the_numbering_plans() -> None:
    code = "import sys, egoi_mcp.phones, egoi_mcp.pii; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
