"""How many tokens a text costs a model, near enough to keep answers short.

A tokenizer's tables take megabytes and a quarter of a second to load. This counts pieces as tokenizers cut
them: words, up to three digits, the runs of punctuation that JSON, HTML and addresses have. Answers and prose
weigh 0.9 to 1.3 times what a tokenizer counts. What people do not write (keys, random letters, strings of
punctuation, rare scripts) has no tokens of its own: its letters and signs are counted nearly one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from string import ascii_lowercase

_WORD = r"[ _.@/&-]?[A-Z]?[a-zà-ÿ]{1,7}+| ?[A-Z]{1,2}+|[0-9]{1,3}+"
_MARKUP = r'"?/?>(?:</?)?"?|</|/>|\{\{'
_JSON = r'"?[}\])]{0,2}[,:=;](?:[\[{<("]|\\")?"?|[\[{(<]?"|\}\},?|\\(?:"/?[>,;]?|[ntr/|])'
_RULES = r"-{2,8}|={2,8}|\.{2,3}"
_PIECE = rf"{_WORD}| ?(?:{_MARKUP}|{_JSON}|{_RULES}|[!-/:-@\[-`{{-~])|\s+|[^\x00-\x7f]|[\x00-\x1f\x7f ]"

# Each letter, often used ones first, with what follows it in English, Portuguese and Spanish but for one pair
# in a few thousand.
_FOLLOWERS = (
    "e:abcdefgilmnopqrstuvwxy t:acehiloprstuyz a:bcdfgiklmnprstuvy o:abcdefgiklmnoprstuvwy "
    "i:abcdefglmnopqrstvz n:acdefgiklnopstuvy s:acefhikmopstuwy r:abcdegiklmnorstuvwy h:aeinorlt "
    "l:adeilopstuvy d:adeimorsuy c:aceehikloprstuy u:abcdeilmnprstv m:abcdeimnopsu f:aefiolrtu "
    "p:adehilorstu g:aeghilmnorsu w:aehinors y:nopst b:abeijlorsuy v:aeio k:eis x:aeipt j:aeou q:u "
    "z:aeiou"
)
_VOWELS = "aeiou"
_LONGEST_WORD = 10
_LETTERS = bytes(code | 0x20 if chr(code).isalpha() else 0x20 for code in range(128)) + b" " * 128

_ACCENTED = "[à-ÿ]+"
_BEYOND_LATIN_1 = "[^\x00-\xff]+"
# Of two-byte letters those of Slavic, Baltic and Turkish names and of the plain Greek, Cyrillic, Hebrew and
# Arabic alphabets are one token.
_TWO = (
    "[\u0100-\u0104\u0108-\u010b\u0110-\u0117\u011a-\u011d\u0120-\u012f\u0132-\u0140\u0145-\u0147\u014a-\u0151"
    "\u0154-\u0159\u015c-\u015d\u0162-\u0168\u016c-\u0178\u0180-\u0390\u03ca-\u040f\u0452-\u05cf\u05eb-\u061f"
    "\u064b-\U0010ffff]"
)
_THREE = (
    "[\u0800-\u08ff\u0f00-\u0fff\u1100-\u11ff\u1380-\u177f\u1800-\u1dff\u1f80-\u1fbf\u2340-\u243f\u27c0-\u2fff"
    "\u31a0-\u31ff\u3240-\u4dff\ua000-\uabff\ud7a4-\uf8ff\ufb50-\ufdff\U00010000-\U0010ffff]"
)
_FOUR = "[\U00010000-\U0001cfff\U0001e000-\U0001efff\U00020000-\U0010ffff]"
_FIRST_HAN, _LAST_HANGUL = "\u4e00", "\ud7a3"


def weight(text: str) -> int:
    """About the tokens of a text, and seldom fewer than there are."""
    found = _count(_PIECE, text) + _odd_pairs(text) * 4 // 5
    if not text.isascii():
        found += _beyond_ascii(text)
    # No token is shorter than a byte.
    return min(found, len(text.encode("utf-8", "surrogatepass")))


def cost(text: str) -> int:
    """What a part of an answer is reckoned at: its weight, or what it could cost by its length alone.

    Words that no language has look like words, and cost a token for two and a half of their letters. A line
    feed in JSON becomes a sign with two spaces in text.
    """
    by_length = len(text.encode("utf-8", "surrogatepass")) * 32 // 95
    return max(weight(text) + 3 * text.count("\\n"), by_length)


def _odd_pairs(text: str) -> int:
    """Pairs of letters that words do not have: about as many as a random string has tokens."""
    words = text.encode("ascii", "replace").translate(_LETTERS).split()
    by_times: dict[int, list[bytes]] = {}
    long = 0
    for word, times in Counter(words).items():
        by_times.setdefault(times, []).append(word)
        if len(word) > _LONGEST_WORD:
            long += times * ((len(word) - _LONGEST_WORD) // 5 + 1)
    odd = _odd()
    return long + sum(times * len(odd.findall(b" ".join(each))) for times, each in by_times.items())


def _beyond_ascii(text: str) -> int:
    """What characters cost beyond the one that each is counted as; of Latin-1 what accents do."""
    accented = _compiled(_ACCENTED).findall(text)
    found = sum(map(len, accented)) - len(accented) // 3
    wide = "".join(_compiled(_BEYOND_LATIN_1).findall(text))
    if not wide:
        return found
    # What is repeated more than any character of a language can be one of the rarest.
    most = max(3, len(wide) // 20)
    for each, times in Counter(wide).items():
        if each in _common_han():
            found -= min(times, most)
        elif times > most and _FIRST_HAN <= each <= _LAST_HANGUL:
            found += times - most
    return found + _count(_TWO, wide) + _count(_THREE, wide) + _count(_FOUR, wide)


def _count(pattern: str, text: str) -> int:
    return len(_compiled(pattern).findall(text))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when first used: it takes milliseconds that every start would pay."""
    return re.compile(pattern)


@cache
def _odd() -> re.Pattern[bytes]:
    """The first letter of every pair, three vowels or equal letters and five consonants that no word has."""
    alternatives: list[str] = []
    for letter, followers in (each.split(":") for each in _FOLLOWERS.split()):
        others = "".join(sorted(set(ascii_lowercase) - set(followers)))
        like_it = f"[{_VOWELS}]{{2}}" if letter in _VOWELS else f"[^ {_VOWELS}y]{{4}}"
        alternatives.append(f"{letter}(?=[{others}]|{letter}{letter}|{like_it})")
    return re.compile("|".join(alternatives).encode())


@cache
def _common_han() -> frozenset[str]:
    """The 3,755 characters that Chinese is mostly written with: the first level of GB 2312."""
    pairs = bytes(each for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF) for each in (lead, trail))
    return frozenset(pairs.decode("gb2312", "ignore"))
