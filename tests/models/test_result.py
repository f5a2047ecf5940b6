"""Nothing in a result hides from its reader, and what people write stays as they wrote it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.models.result import Result, visible, visible_throughout

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Done(Result):
    def as_text(self) -> str:
        return "done"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a\\u202eb"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("\x1b[2J", "\\u001b[2J"),
        ("a\rb", "a\\u000db"),
        ("a\u2028b", "a\\u2028b"),
        ("\ufeffa", "\\ufeffa"),
        ("\ud83d", "\\ud83d"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_hides_or_reorders_text_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Olá, João!",
        "two\nlines\tand a tab",
        "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL} \N{HEAVY BLACK HEART}\ufe0f",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian needs the non-joiner
        "\u05e9\u05dc\u05d5\u05dd\u200f",  # Hebrew with a right-to-left mark
        "C:\\new",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_the_line_ends_of_windows_are_line_ends() -> None:
    assert visible("a\r\nb") == "a\nb"


def test_every_text_of_a_value_is_made_visible_names_of_members_included() -> None:
    assert visible_throughout({"a\0": ["\0", {"b": "\0"}, 1, None]}) == {
        "a\\u0000": ["\\u0000", {"b": "\\u0000"}, 1, None]
    }


@given(JSON)
def test_a_visible_value_can_be_sent_and_is_its_own_visible_form(value: object) -> None:
    shown = visible_throughout(value)
    json.dumps(shown, ensure_ascii=False).encode()
    assert visible_throughout(shown) == shown


def test_a_result_is_no_error_unless_it_says_so() -> None:
    assert not Done().is_error


def test_a_result_without_a_text_cannot_be_made() -> None:
    class Mute(Result):
        pass

    with pytest.raises(TypeError, match="as_text"):
        Mute()  # type: ignore[abstract]  # pyright: ignore[reportAbstractUsage] - that it cannot be made is tested
