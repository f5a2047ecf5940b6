from __future__ import annotations

import unicodedata
from typing import Any, cast

import pytest
import regex
import smsutil  # type: ignore[import-untyped]  # it has no types, and no stubs
from hypothesis import example, given
from hypothesis import strategies as st

from egoi_mcp.errors import InvalidInput
from egoi_mcp.sms_text import MAX_PARTS, analyse, gsm_equivalents

# The default alphabet by code, 0x00 to 0x7F, and the extension table, of 3GPP TS 23.038 (6.2.1).
ALPHABET = (
    "40 A3 24 A5 E8 E9 F9 EC F2 C7 0A D8 F8 0D C5 E5 394 5F 3A6 393 39B 3A9 3A0 3A8 3A3 398 39E 1B C6 "
    "E6 DF C9 20 21 22 23 A4 25 26 27 28 29 2A 2B 2C 2D 2E 2F 30 31 32 33 34 35 36 37 38 39 3A 3B 3C "
    "3D 3E 3F A1 41 42 43 44 45 46 47 48 49 4A 4B 4C 4D 4E 4F 50 51 52 53 54 55 56 57 58 59 5A C4 D6 "
    "D1 DC A7 BF 61 62 63 64 65 66 67 68 69 6A 6B 6C 6D 6E 6F 70 71 72 73 74 75 76 77 78 79 7A E4 F6 "
    "F1 FC E0"
)
CODES = {chr(int(point, 16)): code for code, point in enumerate(ALPHABET.split())}
EXTENSION_CODES = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F,
    "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
ESCAPE = 0x1B
BASIC = "".join(CODES).replace("\x1b", "")
EXTENDED = "".join(EXTENSION_CODES)

gsm_texts = st.text(alphabet=st.sampled_from(BASIC + EXTENDED * 4), max_size=700)
sendable_characters = st.characters(exclude_categories=("Cs", "Cc"))
texts = st.one_of(
    gsm_texts,
    st.text(alphabet=st.one_of(sendable_characters, st.sampled_from("\n\r\f😀€ã")), max_size=400),
    st.text(alphabet="a😀", min_size=60, max_size=300),
)


def septets(text: str) -> list[int]:
    codes: list[int] = []
    for character in text:
        codes += [ESCAPE, EXTENSION_CODES[character]] if character in EXTENDED else [CODES[character]]
    return codes


def utf16_units(text: str) -> list[int]:
    octets = text.encode("utf-16-be")
    return [octets[index] << 8 | octets[index + 1] for index in range(0, len(octets), 2)]


def segments(units: list[int], single: int, multiple: int, *, heads: range) -> list[list[int]]:
    """Cut as a network does: full segments, one unit less where the last would be the head of a pair."""
    if len(units) <= single:
        return [units] if units else []
    cut: list[list[int]] = []
    while units:
        room = multiple - 1 if len(units) > multiple and units[multiple - 1] in heads else multiple
        cut.append(units[:room])
        units = units[room:]
    return cut


def reference(text: str, *, gsm: bool) -> list[list[int]]:
    if gsm:
        return segments(septets(text), 160, 153, heads=range(ESCAPE, ESCAPE + 1))
    return segments(utf16_units(text), 70, 67, heads=range(0xD800, 0xDC00))


@given(texts)
@example("")
@example("a" * 152 + "€" + "b" * 152 + "€")
@example("a" * 66 + "😀" + "b" * 10)
def test_segments_are_those_of_the_standard(text: str) -> None:
    sms = analyse(text)
    gsm = all(character in CODES or character in EXTENSION_CODES for character in text)
    expected = reference(text, gsm=gsm)
    assert sms.encoding == ("GSM-7" if gsm else "UCS-2")
    units_of = septets if gsm else utf16_units
    assert [units_of(part) for part in sms.part_texts] == expected
    assert sms.parts == len(expected)
    assert sms.units == sum(map(len, expected))
    assert sms.characters == len(text)


@given(texts, st.sampled_from(("auto", "unicode")))
def test_the_segments_together_are_the_text_and_none_overflows(text: str, encoding: str) -> None:
    sms = analyse(text, "unicode" if encoding == "unicode" else "auto")
    assert "".join(sms.part_texts) == text
    assert sms.parts == len(sms.part_texts)
    assert all(sms.part_texts)
    units_of = septets if sms.encoding == "GSM-7" else utf16_units
    assert all(len(units_of(part)) <= sms.units_per_part for part in sms.part_texts)


joined = st.lists(
    st.sampled_from(
        [
            "a",
            "ã",
            "e\u0301",
            "😀",
            "👨\u200d👩\u200d👧",
            "🇵🇹",
            "👍🏽",
            "❤\ufe0f",
            "का",
            "\r\n",
            "e" + "\u0301" * 80,
        ]
    ),
    min_size=20,
    max_size=150,
).map("".join)
"""Texts of clusters of several code points, one of them too long for a segment."""


@given(st.one_of(texts, joined))
def test_no_emoji_or_accent_is_torn_apart_where_a_person_reads_it(text: str) -> None:
    sms = analyse(text)
    assert "".join(sms.whole_parts) == text
    assert sms.most_parts == max(len(sms.part_texts), len(sms.whole_parts))
    if sms.encoding == "GSM-7":
        assert sms.whole_parts == sms.part_texts
        return
    assert all(len(utf16_units(part)) <= sms.units_per_part for part in sms.whole_parts)
    whole = regex.findall(r"\X", text)
    cut = [each for part in sms.whole_parts for each in regex.findall(r"\X", part)]
    longest = max((len(utf16_units(each)) for each in whole), default=0)
    if longest <= sms.units_per_part:
        assert cut == whole


def test_a_cluster_at_the_boundary_may_take_a_segment_more_and_that_counts() -> None:
    sms = analyse("a" * 60 + "👨\u200d👩\u200d👧" + "b" * 65)
    assert (sms.parts, len(sms.whole_parts), sms.most_parts) == (2, 3, 3)
    assert sms.whole_parts[1].startswith("👨")
    assert not analyse("a" * 60 + "👨\u200d👩\u200d👧" + "b" * 65, max_parts=2).fits


@given(st.one_of(texts, joined))
def test_an_independent_implementation_cuts_the_same(text: str) -> None:
    theirs = cast("Any", smsutil).split(text)
    ours = analyse(text)
    assert [str(part.content) for part in theirs.parts] == list(ours.part_texts or ("",))


@given(texts)
def test_no_segment_could_have_taken_the_next_ones_first_character(text: str) -> None:
    sms = analyse(text)
    units_of = septets if sms.encoding == "GSM-7" else utf16_units
    for part, following in zip(sms.part_texts, sms.part_texts[1:], strict=False):
        assert len(units_of(part + following[0])) > sms.units_per_part


@given(texts)
def test_unicode_can_always_be_asked_for(text: str) -> None:
    sms = analyse(text, "unicode")
    assert sms.encoding == "UCS-2"
    assert [utf16_units(part) for part in sms.part_texts] == reference(text, gsm=False)


def test_every_character_of_the_alphabet_is_one_septet_and_of_the_extension_two() -> None:
    assert len(BASIC) == 127
    assert {analyse(character).units for character in BASIC} == {1}
    assert {analyse(character).units for character in EXTENDED} == {2}
    assert {analyse(character).encoding for character in BASIC + EXTENDED} == {"GSM-7"}


@pytest.mark.parametrize(
    ("text", "parts", "units_per_part"),
    [
        ("", 0, 160),
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 153),
        ("a" * 153 * 2, 2, 153),
        ("a" * (153 * 2 + 1), 3, 153),
        ("€" * 80, 1, 160),
        ("€" * 80 + "a", 2, 153),
        ("ã" * 70, 1, 70),
        ("ã" * 71, 2, 67),
        ("ã" * 67 * 2, 2, 67),
        ("ã" * (67 * 2 + 1), 3, 67),
        ("😀" * 35, 1, 70),
        ("😀" * 36, 2, 67),
    ],
)
def test_the_boundaries_are_where_the_standard_puts_them(text: str, parts: int, units_per_part: int) -> None:
    sms = analyse(text)
    assert (sms.parts, sms.units_per_part) == (parts, units_per_part)


def test_an_escape_pair_at_the_153rd_septet_moves_on_whole() -> None:
    sms = analyse("a" * 152 + "€" + "b" * 152)
    assert sms.part_texts == ("a" * 152, "€" + "b" * 151, "b")
    assert (sms.units, sms.parts) == (306, 3)


def test_an_emoji_at_the_67th_unit_moves_on_whole() -> None:
    sms = analyse("a" * 66 + "😀" + "b" * 65)
    assert sms.part_texts == ("a" * 66, "😀" + "b" * 65)
    assert analyse("a" * 66 + "😀" + "b" * 66).parts == 3


def test_a_cluster_may_be_cut_between_segments_as_networks_cut_it() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    sms = analyse("a" * 65 + family)
    assert sms.part_texts == ("a" * 65 + "\U0001f468", "\u200d\U0001f469\u200d\U0001f467")


def test_what_forces_unicode_is_named_once_where_it_first_stands() -> None:
    sms = analyse("Promoção – “já” às 9h, não")
    assert [(each.character, each.position) for each in sms.first_non_gsm] == [
        ("ç", 6), ("ã", 7), ("–", 10), ("“", 12), ("á", 14), ("”", 15)
    ]  # fmt: skip
    assert sms.first_non_gsm[0].name == "LATIN SMALL LETTER C WITH CEDILLA"
    assert "ç" not in BASIC
    assert "Ç" in BASIC


def test_at_most_ten_such_characters_are_named() -> None:
    assert len(analyse("áâãçêíóôõúűő").first_non_gsm) == 10


def test_a_character_without_a_name_is_named_by_its_number() -> None:
    assert analyse("\ue000").first_non_gsm[0].name == "U+E000"


def test_gsm_asked_for_refuses_what_it_lacks_by_name_and_position() -> None:
    with pytest.raises(InvalidInput) as refusal:
        analyse("Não “já”", "gsm")
    message = str(refusal.value)
    assert "ã (LATIN SMALL LETTER A WITH TILDE) at 2" in message
    assert "LEFT DOUBLE QUOTATION MARK at 5" in message
    assert 'encoding="unicode"' in message


def test_a_direction_override_is_named_and_not_shown() -> None:
    with pytest.raises(InvalidInput, match="RIGHT-TO-LEFT OVERRIDE at 1") as refusal:
        analyse("\u202eabc", "gsm")
    assert "\u202e" not in str(refusal.value)


@pytest.mark.parametrize(
    "character", ["\0", "\t", "\x0b", "\x1b", "\x1f", "\x7f", "\x85", "\ud83d", chr(0xDC00)]
)
def test_what_no_sms_can_carry_is_refused_with_its_position(character: str) -> None:
    with pytest.raises(InvalidInput, match=rf"Character 3 .*U\+{ord(character):04X}"):
        analyse(f"ab{character}c")


@given(st.text(alphabet=st.characters()))
def test_any_text_is_split_or_refused(text: str) -> None:
    refused = any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\r\f" for each in text)
    try:
        sms = analyse(text)
    except InvalidInput:
        assert refused
    else:
        assert not refused
        assert "".join(sms.part_texts) == text


@pytest.mark.parametrize(
    ("length", "max_parts", "fits"), [(306, 2, True), (307, 2, False), (307, None, True)]
)
def test_the_allowed_segments_are_compared(length: int, max_parts: int | None, fits: bool) -> None:
    assert analyse("a" * length, max_parts=max_parts).fits is fits


def test_more_segments_than_the_standard_has_never_fit() -> None:
    assert analyse("a" * 153 * MAX_PARTS).fits
    assert not analyse("a" * (153 * MAX_PARTS + 1)).fits


@pytest.mark.parametrize(
    ("text", "extended"), [("10 EUR", False), ("10 €", True), ("10 € já", False), ("", False)]
)
def test_a_text_that_needs_the_extension_table_says_so(text: str, extended: bool) -> None:
    assert analyse(text).uses_extension is extended


@pytest.mark.parametrize("max_parts", [0, -1, 256])
def test_an_impossible_number_of_segments_is_refused(max_parts: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 255"):
        analyse("Olá", max_parts=max_parts)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("“Hello” – it’s ‘on’ — now…", "\"Hello\" - it's 'on' - now..."),
        ("10\u00a0% «off»", '10 % "off"'),
        ("cafe\u0301\u200b \u2126", "café Ω"),
        ("a\tb", "a b"),
        ("Não", "Não"),
    ],
)
def test_typographic_characters_have_gsm_equivalents(text: str, offered: str) -> None:
    assert gsm_equivalents(text) == offered


@given(gsm_texts)
def test_nothing_is_offered_for_a_text_that_needs_nothing(text: str) -> None:
    assert gsm_equivalents(text) == text


@given(texts)
def test_what_is_offered_needs_nothing_more(text: str) -> None:
    offered = gsm_equivalents(text)
    assert gsm_equivalents(offered) == offered
