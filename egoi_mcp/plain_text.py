"""Text from outside, made safe to stand in a text rendering.

What a reader cannot see must not reach one unseen: control characters, direction overrides, invisible
and tag characters can hide instructions or turn a line around. `clean` takes them out, `quote` shows
them by their numbers. Joiners stay where scripts and emoji need them, between two characters that join.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator

_ELLIPSIS = "…"
_NEWLINE_MARK = "⏎"
_QUOTE_PREFIX = "    | "
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"

_LINE_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_ZERO_WIDTH_JOINER = "\u200d"
_ZERO_WIDTH_NON_JOINER = "\u200c"
_EMOJI_SELECTOR = "\ufe0f"
_TEXT_WITH_EMOJI_FORM = frozenset("#*0123456789\u203c\u2049\u2139\u3030\u303d")

_VISIBLE_FORMAT_CHARACTERS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters that are drawn: signs that Arabic, Syriac and Kaithi put before or around digits."""

_OTHER_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028\u2029\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001d159\U000e0000-\U000e0fff]"
)
"""What is neither control nor format character and yet not drawn: fillers, selectors, tags, separators."""

_JOINING_SCRIPTS = re.compile(
    "[\u0620-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc]"
)
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")


def clean(text: str, limit: int | None = None, *, keep_newlines: bool = False) -> str:
    """Make one line of readable text, at most `limit` characters with the ellipsis that ends a longer one.

    Line breaks become ` ⏎ ` unless `keep_newlines`, other white space single spaces. Halves of
    surrogate pairs and code points that are no characters become U+FFFD. Cleaning twice changes nothing.

    Raises:
        ValueError: `limit` is below 1.
    """
    if limit is not None and limit < 1:
        raise ValueError("limit must be at least 1")
    if _all_drawn(text):
        cleaned = (re.sub(" {2,}", " ", text) if "  " in text else text).strip(" ")
        return cleaned if limit is None or len(cleaned) <= limit else _cut(cleaned, limit)
    broken = _LINE_BREAK.sub("\n", text)
    spaced = "".join(" " if each == "\t" or _category(each) == "Zs" else each for each in broken)
    readable = "".join(_UNREADABLE if _is_no_character(each) else each for each in spaced)
    hidden = _hidden_positions(readable)
    visible = "".join(each for index, each in enumerate(readable) if index not in hidden)
    lines = [line.strip(" ") for line in re.sub(" +", " ", visible).split("\n")]
    if keep_newlines:
        cleaned = re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    else:
        cleaned = f" {_NEWLINE_MARK} ".join(line for line in lines if line)
    return cleaned if limit is None or len(cleaned) <= limit else _cut(cleaned, limit)


def quote(text: str) -> str:
    """Set the exact text apart, each line behind `    | `, with what cannot be seen written `<U+202E>`.

    The four spaces make it a code block where Markdown is drawn, after an empty line, so that nothing
    in it becomes markup.
    """
    return "\n".join(_QUOTE_PREFIX + _with_hidden_shown(line) for line in re.split("\r\n|\n|\r", text))


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """Cut the exact text into what can be seen (False) and what cannot (True, as its numbers `U+202E`).

    Line feeds and tabs stay in the text; other line breaks become line feeds.
    """
    lines = re.sub("\r\n|\r", "\n", text)
    hidden = _hidden_positions(lines.replace("\t", " "))
    for is_hidden, group in itertools.groupby(range(len(lines)), hidden.__contains__):
        if is_hidden:
            yield " ".join(f"U+{ord(lines[index]):04X}" for index in group), True
        else:
            yield "".join(lines[index] for index in group), False


def hidden_characters(text: str) -> tuple[str, ...]:
    """The distinct characters that a reader cannot see, in order, by number and name; white space is none."""
    without_space = _LINE_BREAK.sub("\n", text).replace("\t", " ")
    found = (without_space[index] for index in sorted(_hidden_positions(without_space)))
    return tuple(dict.fromkeys(f"U+{ord(each):04X} {unicodedata.name(each, '')}".strip() for each in found))


def _with_hidden_shown(line: str) -> str:
    hidden = _hidden_positions(line)
    return "".join(f"<U+{ord(each):04X}>" if index in hidden else each for index, each in enumerate(line))


def _all_drawn(text: str) -> bool:
    """Whether it is one line of characters that are drawn, and plain spaces: nearly every text is.

    What Python calls printable is no control or format character, no surrogate, no break, and a character.
    """
    return text.isprintable() and (text.isascii() or _OTHER_INVISIBLE.search(text) is None)


def _cut(text: str, limit: int) -> str:
    """The head of a cleaned text; a joiner must not end it, because cleaning again would remove it."""
    head = text[: limit - 1].rstrip(f" \n{_ZERO_WIDTH_JOINER}{_ZERO_WIDTH_NON_JOINER}")
    return head + _ELLIPSIS


def _category(character: str) -> str:
    return unicodedata.category(character)


def _is_no_character(character: str) -> bool:
    code = ord(character)
    return _category(character) == "Cs" or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _is_invisible(character: str) -> bool:
    """Whether the character by itself is not drawn; a line feed is a line's end, not a hidden character."""
    if character == "\n" or character in _VISIBLE_FORMAT_CHARACTERS:
        return False
    return (
        _category(character) in ("Cc", "Cf")
        or _is_no_character(character)
        or _OTHER_INVISIBLE.fullmatch(character) is not None
    )


def _hidden_positions(text: str) -> set[int]:
    """Where the text holds what is not drawn and has no work to do between its neighbours."""
    hidden: set[int] = set()
    if _all_drawn(text):
        return hidden
    for index, character in enumerate(text):
        if not _is_invisible(character):
            continue
        before = text[index - 1] if index and index - 1 not in hidden else ""
        after = text[index + 1 : index + 2]
        if character == _EMOJI_SELECTOR:
            needed = before != "" and _has_emoji_form(before)
        elif character in (_ZERO_WIDTH_JOINER, _ZERO_WIDTH_NON_JOINER):
            needed = (
                _joins(character, before) and not _is_invisible(after or "\0") and _joins(character, after)
            )
        else:
            needed = False
        if not needed:
            hidden.add(index)
    return hidden


def _has_emoji_form(character: str) -> bool:
    return _category(character) in ("So", "Sm") or character in _TEXT_WITH_EMOJI_FORM


def _joins(joiner: str, neighbour: str) -> bool:
    if not neighbour:
        return False
    if _JOINING_SCRIPTS.fullmatch(neighbour):
        return True
    emoji = (
        neighbour == _EMOJI_SELECTOR
        or _has_emoji_form(neighbour)
        or _SKIN_TONES.fullmatch(neighbour) is not None
    )
    return joiner == _ZERO_WIDTH_JOINER and emoji and not neighbour.isascii()
