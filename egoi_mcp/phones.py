"""Phone numbers: E.164 on our side, `CCC-NNNNNNNNN` on E-goi's.

A number is taken when its length is one that its country has, not only when its range is assigned:
reserved numbers (tests, examples) must pass, and a preview warns where `Phone.valid` is false. What
can be read in two ways is refused instead of guessed. No message here repeats a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from egoi_mcp.errors import InvalidInput

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_LONGEST_TEXT = 64
_LONGEST_E164_DIGITS = 15
_SHORTEST_NATIONAL_DIGITS = 4
_FORMS = (
    "Understood are + and the country code, <country code>-<number>, and a national number with its country."
)
_PHONE_CHARACTERS = re.compile(r"[(\[ ]*\+?[0-9 .()\[\]/-]*")
_EGOI_FORM = re.compile(r"([0-9]{1,3})-([0-9 ]{4,})")
_CAMPAIGN_CONTACT = re.compile(r"[1-9]{1,4}-[0-9]{3,14}")


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone number, as `parse_phone` read it; its `repr` does not show the number.

    `region` is the ISO 3166 code, "001" for numbers of no country; where countries share a calling code
    and the range is none's, it is the main one's. `valid` says whether the number lies in a range that
    is assigned, `mobile` whether that range is a mobile one (None: cannot be told from the number).
    """

    e164: str = field(repr=False)
    calling_code: str
    national: str = field(repr=False)
    region: str
    valid: bool
    mobile: bool | None

    @property
    def egoi(self) -> str:
        """The number in E-goi's form, `351-900000001`."""
        return f"{self.calling_code}-{self.national}"

    @property
    def fits_campaign_contact(self) -> bool:
        """Whether a campaign may be sent to this single number.

        The published pattern of these sends takes no 0 in the calling code (380, 420, 880), which
        contacts may well have.

        Source: E-goi v3, `segments` of the SMS and Smart SMS sends.
        """
        return _CAMPAIGN_CONTACT.fullmatch(self.egoi) is not None


def parse_phone(text: str, default_region: str | None = None, *, label: str = "phone") -> Phone:
    """Read one phone number, written in E.164, in E-goi's form, or nationally with a country.

    Spaces, dots, brackets, slashes and hyphens between the digits are ignored, 00 counts as +.
    `default_region` is the ISO 3166 code of the country that a national number belongs to, and
    `label` what a message calls the entry (`to[3]`).

    Raises:
        InvalidInput: the text is no phone number, or more than one.
    """
    try:
        return _read(text, default_region)
    except InvalidInput:
        # Read once more for the words: a refusal names the entry.
        return _read.__wrapped__(text, default_region, label)


def code_and_number(text: str, default_region: str | None = None, *, label: str = "phone") -> tuple[str, str]:
    """The calling code and the national number of a text, read as `parse_phone` reads it.

    Which country's it is, and in which range, is not looked up: that takes twice as long as reading it.

    Raises:
        InvalidInput: the text is no phone number, or more than one.
    """
    import phonenumbers

    number = _number_in(text, default_region, label)
    return str(number.country_code), phonenumbers.national_significant_number(number)


@lru_cache(maxsize=16_384)
def _read(text: str, default_region: str | None, label: str = "phone") -> Phone:
    """`parse_phone`, remembered: a guarded call reads the same number for its tool, policy and marks."""
    return _phone(_number_in(text, default_region, label))


def _number_in(text: str, default_region: str | None, label: str) -> PhoneNumber:
    written = _plain(text, label)
    region = _known_region(default_region)
    digits = re.sub(r"[^0-9]", "", written)
    if "+" in written:
        return _dialled(digits, label)
    if digits.startswith("00"):
        return _the_only([digits[2:], *_as_dialled_in(region, digits)], label)
    if egoi := _EGOI_FORM.fullmatch(written):
        return _from_egoi_form(egoi[1], digits, region, label)
    if region is None:
        raise _unreadable(label, "names no country")
    readings = [_code_of(region) + digits, *_as_dialled_in(region, digits)]
    if digits.startswith(_code_of(region)):
        readings.append(digits)
    return _the_only(readings, label)


def dedupe(phones: Iterable[Phone]) -> tuple[tuple[Phone, ...], tuple[int, ...]]:
    """Keep the first of equal numbers; the second member holds the indexes of the others."""
    unique: dict[str, Phone] = {}
    duplicates: list[int] = []
    for index, phone in enumerate(phones):
        if phone.e164 in unique:
            duplicates.append(index)
        else:
            unique[phone.e164] = phone
    return tuple(unique.values()), tuple(duplicates)


def country_counts(phones: Iterable[Phone]) -> dict[str, int]:
    """How many numbers each country has, by ISO code, the most frequent first."""
    counts = Counter(phone.region for phone in phones)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _plain(text: str, label: str) -> str:
    """The text in ASCII digits and separators; contact books add invisible direction marks to copies."""
    if len(text) > _LONGEST_TEXT:
        raise InvalidInput(f"{label}: the text is too long for a phone number. {_FORMS}")
    written = text if text.isascii() else "".join(map(_plain_character, text))
    written = written.replace("\t", " ").strip()
    if not written:
        raise _unreadable(label, "is empty")
    if not _PHONE_CHARACTERS.fullmatch(written) or not any(map(str.isdigit, written)):
        raise InvalidInput(f"{label}: the text holds characters that no phone number has. {_FORMS}")
    return written


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    if category == "Zs" or character == "\t":
        return " "
    return "+" if character == "\N{FULLWIDTH PLUS SIGN}" else character


def _known_region(region: str | None) -> str | None:
    if region is None:
        return None
    import phonenumbers

    code = region.strip().upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidInput("The country of national phone numbers must be a two-letter ISO code such as PT.")
    return code


def _code_of(region: str) -> str:
    import phonenumbers

    return str(phonenumbers.country_code_for_region(region))


def _as_dialled_in(region: str | None, digits: str) -> list[str]:
    """The digits as a phone in that country would dial them, its own prefix for calls abroad included."""
    if region is None:
        return []
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return []
    return [f"{number.country_code}{phonenumbers.national_significant_number(number)}"]


def _from_egoi_form(code: str, digits: str, region: str | None, label: str) -> PhoneNumber:
    """The hyphen says where the calling code ends, unless a national number is written the same way.

    A national reading counts where the first one is impossible, and makes the text ambiguous where the
    country writes an assigned number so (501-555... is Belize, and Arkansas; but Germans begin with a 0).
    """
    if region is None:
        return _dialled(digits, label, code)
    try:
        number = _dialled(digits, label, code)
    except InvalidInput:
        return _the_only([_code_of(region) + digits], label)
    national = _possible([_code_of(region) + digits])
    if any(each != number and _is_written_at_home(each, digits) for each in national):
        raise _ambiguous(label)
    return number


def _is_written_at_home(number: PhoneNumber, digits: str) -> bool:
    """Whether these are the digits that the number's own country writes, trunk prefix included."""
    import phonenumbers

    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return phonenumbers.is_valid_number(number) and re.sub(r"[^0-9]", "", written) == digits


def _the_only(readings: Sequence[str], label: str) -> PhoneNumber:
    """The one number that the readings agree on; where they do not, an assigned range decides.

    Raises:
        InvalidInput: no reading is possible, or several are and not exactly one is assigned.
    """
    import phonenumbers

    numbers = _possible(readings)
    if not numbers:
        return _dialled(readings[0], label)
    if len(numbers) > 1:
        numbers = [number for number in numbers if phonenumbers.is_valid_number(number)]
    if len(numbers) != 1:
        raise _ambiguous(label)
    return numbers[0]


def _ambiguous(label: str) -> InvalidInput:
    return InvalidInput(
        f"{label}: the phone number can be read as a national and as an international one;"
        " write + and the country code."
    )


def _possible(readings: Sequence[str]) -> list[PhoneNumber]:
    """The distinct numbers among the readings."""
    numbers: list[PhoneNumber] = []
    for reading in readings:
        with suppress(InvalidInput):
            number = _dialled(reading, label="")
            if number not in numbers:
                numbers.append(number)
    return numbers


def _dialled(digits: str, label: str, code: str | None = None) -> PhoneNumber:
    """The number that + and these digits are; `code` says which calling code they must begin with.

    Raises:
        InvalidInput: no country has that calling code, or numbers of that length.
    """
    number, fault = _number(digits)
    if number is not None and code is not None and code != str(number.country_code):
        fault = "has a country code that does not exist"
    if number is None or fault:
        raise _unreadable(label, fault)
    return number


@lru_cache(maxsize=16_384)
def _number(digits: str) -> tuple[PhoneNumber | None, str]:
    """The number that + and these digits are, and what is wrong with it; each form of it asks once."""
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return None, "has a country code that does not exist"
        return None, "has a wrong number of digits"
    national = phonenumbers.national_significant_number(number)
    length = phonenumbers.is_possible_number_with_reason(number)
    if length == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return number, "lacks its area code"
    e164_digits = f"{number.country_code}{national}"
    if (
        length != phonenumbers.ValidationResult.IS_POSSIBLE
        or len(national) < _SHORTEST_NATIONAL_DIGITS
        or len(e164_digits) > _LONGEST_E164_DIGITS
        or not _reads_back(number, e164_digits)
    ):
        return number, "has a wrong number of digits for its country"
    return number, ""


def _unreadable(label: str, fault: str) -> InvalidInput:
    return InvalidInput(f"{label}: the phone number {fault}. {_FORMS}")


def _reads_back(number: PhoneNumber, digits: str) -> bool:
    """Whether the form that goes out is read as the same number; doubled trunk prefixes are not."""
    import phonenumbers

    try:
        return phonenumbers.parse(f"+{digits}") == number
    except phonenumbers.NumberParseException:
        return False


def _phone(number: PhoneNumber) -> Phone:
    import phonenumbers

    return _described(f"{number.country_code}{phonenumbers.national_significant_number(number)}")


@lru_cache(maxsize=16_384)
def _described(digits: str) -> Phone:
    """What is known of a number that has been read, by its digits."""
    import phonenumbers

    number = _dialled(digits, label="")
    code = str(number.country_code)
    national = phonenumbers.national_significant_number(number)
    main_region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    return Phone(
        e164=f"+{code}{national}",
        calling_code=code,
        national=national,
        region=phonenumbers.region_code_for_number(number) or main_region,
        valid=phonenumbers.is_valid_number(number),
        mobile=_mobile(number),
    )


def _mobile(number: PhoneNumber) -> bool | None:
    import phonenumbers

    kind = phonenumbers.number_type(number)
    if kind in (phonenumbers.PhoneNumberType.UNKNOWN, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE):
        return None
    return bool(kind == phonenumbers.PhoneNumberType.MOBILE)
