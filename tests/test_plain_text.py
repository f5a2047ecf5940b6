from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from egoi_mcp.plain_text import clean, hidden_characters, quote

ZWJ, ZWNJ, EMOJI = "\u200d", "\u200c", "\ufe0f"
FAMILY = f"\U0001f468{ZWJ}\U0001f469{ZWJ}\U0001f467"
HEART = f"\u2764{EMOJI}"
PERSIAN = f"می{ZWNJ}خواهم"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TAGS = "".join(map(chr, range(0xE0000, 0xE0080)))
JOINERS = {ZWJ, ZWNJ}
VISIBLE_FORMAT = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")

hostile = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            f"\r\n\t\v\f\x00\x1b\x85\u2028 \u00a0\u200b\ufeff\ufe00{ZWJ}{ZWNJ}{EMOJI}{BIDI}a1#❤\U0001f468ا…⏎"
        ),
        st.sampled_from(TAGS),
    ),
    max_size=40,
)
limits = st.one_of(st.none(), st.integers(1, 20))


def offending(text: str) -> list[str]:
    """The characters of a text that a reader cannot see, joiners aside."""
    return [
        each
        for each in text
        if (
            unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            and each not in JOINERS | VISIBLE_FORMAT
        )
        or 0xE0000 <= ord(each) <= 0xE0FFF
        or 0xFE00 <= ord(each) <= 0xFE0E
    ]


@given(hostile, limits)
@example(BIDI + TAGS + "\x00\x1b[31m\ud800", None)
def test_nothing_unseen_survives_cleaning(text: str, limit: int | None) -> None:
    assert offending(clean(text, limit)) == []


@given(hostile, limits)
def test_only_line_feeds_survive_where_newlines_are_kept(text: str, limit: int | None) -> None:
    assert set(offending(clean(text, limit, keep_newlines=True))) <= {"\n"}


@given(hostile, limits, st.booleans())
@example(FAMILY, 3, False)
@example(f"a{ZWJ}{ZWJ}\U0001f468", None, False)
@example(f"\U0001f468\u200b{ZWJ}\U0001f469", None, False)
@example(f"a{EMOJI}{ZWJ}\U0001f469", None, False)
@example("\r\v\n", None, True)
def test_cleaning_twice_changes_nothing(text: str, limit: int | None, keep: bool) -> None:
    cleaned = clean(text, limit, keep_newlines=keep)
    assert clean(cleaned, limit, keep_newlines=keep) == cleaned
    assert clean(cleaned, keep_newlines=keep) == cleaned


@given(hostile, st.integers(1, 20), st.booleans())
def test_no_cleaned_text_is_longer_than_its_limit(text: str, limit: int, keep: bool) -> None:
    whole = clean(text, keep_newlines=keep)
    cut = clean(text, limit, keep_newlines=keep)
    assert len(cut) <= limit
    assert cut == whole if len(whole) <= limit else cut.endswith("…")
    assert whole.startswith(cut.removesuffix("…")) or cut == whole


@given(hostile)
def test_joiners_survive_only_between_two_visible_characters(text: str) -> None:
    cleaned = clean(text)
    for index, each in enumerate(cleaned):
        if each in JOINERS:
            neighbours = cleaned[index - 1], cleaned[index + 1]
            assert index > 0
            assert not JOINERS & set(neighbours)
            assert not any(neighbour.isspace() for neighbour in neighbours)
            assert not any(neighbour.isascii() for neighbour in neighbours)


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S"), max_codepoint=0x2FF)))
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert clean(text) == text
    assert hidden_characters(text) == ()


@pytest.mark.parametrize(
    "text", ["Olá, Ana!", FAMILY, HEART, f"1{EMOJI}\u20e3", PERSIAN, "héllo wörld", "日本"]
)
def test_what_people_write_is_left_as_it_is(text: str) -> None:
    assert clean(text) == text
    assert hidden_characters(text) == ()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nb\n\n\nc", "a ⏎ b ⏎ c"),
        ("  a \t\u00a0 b\u3000", "a b"),
        ("\n\na\u2028", "a"),
        ("user\u202egpj.exe", "usergpj.exe"),
        (f"hi{TAGS}", "hi"),
        (f"a{ZWJ}b{ZWNJ}c", "abc"),
        ("p\u00ada\u200by\ufeff", "pay"),
        ("\x1b[31mred\x07", "[31mred"),
        ("a\ud800b\uffff", "a\ufffdb\ufffd"),
        ("a\U000e0101b\ufe00", "ab"),
        ("", ""),
        ("\u200b", ""),
    ],
)
def test_what_hides_or_breaks_is_taken_out(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_newlines_are_kept_where_asked_and_blank_lines_are_few() -> None:
    assert clean("\n a \r\nb\n\n\n\nc \n", keep_newlines=True) == "a\nb\n\nc"


@pytest.mark.parametrize(("limit", "cut"), [(11, "Olá a todos"), (10, "Olá a tod…"), (5, "Olá…"), (1, "…")])
def test_a_longer_text_ends_in_an_ellipsis(limit: int, cut: str) -> None:
    assert clean("Olá a todos", limit) == cut


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_a_mistake(limit: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        clean("a", limit)


def test_a_quotation_shows_each_line_behind_its_prefix() -> None:
    assert quote("Olá\r\n\n**b**\rfim") == "    | Olá\n    | \n    | **b**\n    | fim"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a<U+202E>b"),
        ("a\u2028| b", "a<U+2028>| b"),
        ("a\x85\v\x1eb", "a<U+0085><U+000B><U+001E>b"),
        ("a\tb", "a<U+0009>b"),
        ("\U000e0041", "<U+E0041>"),
        ("\ud800", "<U+D800>"),
        (f"a{ZWJ}b", "a<U+200D>b"),
        (FAMILY, FAMILY),
    ],
)
def test_a_quotation_shows_what_cannot_be_seen_by_number(text: str, shown: str) -> None:
    assert quote(text) == f"    | {shown}"


@given(hostile)
def test_no_line_of_a_quotation_escapes_its_prefix(text: str) -> None:
    quoted = quote(text)
    assert all(line.startswith("    | ") for line in quoted.splitlines())
    assert set(offending(quoted)) <= {"\n"}


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_a_quotation_holds_the_text_unchanged(text: str) -> None:
    if not hidden_characters(text):
        assert quote(text) == f"    | {text}"


@given(hostile)
def test_what_is_hidden_is_what_a_quotation_shows_by_number(text: str) -> None:
    single_line = text.replace("\r", "").replace("\n", "")
    named = [each.partition(" ")[0] for each in hidden_characters(single_line)]
    assert all(f"<{number}>" in quote(single_line) for number in named)


def test_hidden_characters_are_named_once() -> None:
    assert hidden_characters("a\u202eb\u200bc\u202e\n\t") == (
        "U+202E RIGHT-TO-LEFT OVERRIDE",
        "U+200B ZERO WIDTH SPACE",
    )
