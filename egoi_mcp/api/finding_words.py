"""Words of names, summaries and questions, in English, Portuguese and Spanish, brought to one form."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z0-9]+")
_EMPTY_ENGLISH = """
    a an the of to in on at by for from with into onto and or but is are be been it its this that these those
    i me my we us our you your they them their he she his her do does did done how what which who whom can
    could would should will want need please there here has have had am was were if so as than then up out
    some any all every each also just not no one
"""
_EMPTY_PORTUGUESE_AND_SPANISH = """
    o os as um uma uns umas de do da dos das em no na nos nas ao aos por pelo pela para com sem e ou que
    qual quais como quero queria preciso posso me meu minha meus minhas seu sua este esta esse essa isto isso
    el la los las un unos unas del al con sin y u lo le les mi mis su sus ese esa esto eso
    cual cuales quiero necesito puedo todos todas todo toda
"""
_EMPTY = frozenset(f"{_EMPTY_ENGLISH} {_EMPTY_PORTUGUESE_AND_SPANISH}".split())
_LEAST = 3
# Words that would share a stem with another one.
_APART = {
    **dict.fromkeys(("sender", "senders"), "sender"),
    **dict.fromkeys(("conversion", "conversions", "conversao", "conversoes"), "convert"),
}
EVERYTHING = "(everything)"
"""Stands for all of a kind; no text has it."""
# The longest first; each of them leaves what two forms of a word share.
_ENDINGS = (
    *("izations", "ization", "amientos", "amiento", "aciones", "imentos", "imento", "adores", "adoras"),
    *("acoes", "acao", "acion", "ations", "ation", "mente", "ments", "ment", "iones", "ings", "ing"),
    *("icoes", "icao", "icion", "idos", "idas", "ados", "adas", "ador", "ions", "ion", "oes", "ao"),
    *("ido", "ida", "ado", "ada", "ers", "er", "or", "ies", "ied", "ed", "es", "ar", "ir", "s", "y"),
    *("a", "e", "o"),
)
# The shortest beginning is what the longest ending leaves.
_ENDED = re.compile(rf"(.{{{_LEAST},}}?)(?:{'|'.join(_ENDINGS)})")


def plain(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _every_word(text: str) -> list[str]:
    return _WORD.findall(plain(_CAMEL.sub(" ", text)))


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """What the forms of a word share: `contacts`, `contactos` and `contacto` are one."""
    if word.isdigit() or word in _APART:
        return _APART.get(word, word)
    for _ in range(2):
        shorter = _ENDED.fullmatch(word)
        if shorter is None:
            break
        word = shorter[1]
    return word


@lru_cache(maxsize=4096)
def stems(text: str) -> tuple[str, ...]:
    """The stems of a text or of a name such as `getAllContactsBySegment`, empty words left out."""
    return tuple(stem(word) for word in _every_word(text) if word not in _EMPTY)


class Meant(NamedTuple):
    """One part of a question: the stems that stand for it, each with how surely it does (0 to 1)."""

    stems: Mapping[str, float]


@cache
def _synonyms() -> Mapping[tuple[str, ...], frozenset[str]]:
    """Phrases as stems, and the stems of what they stand for."""
    from importlib import resources

    text = resources.files("egoi_mcp.api").joinpath("synonyms.json").read_text("utf-8")
    found: dict[tuple[str, ...], set[str]] = {}
    for meant, phrases in json.loads(text).items():
        for phrase in phrases:
            found.setdefault(_phrase(_every_word(phrase)), set()).update(stems(meant))
    return {key: frozenset(meant) for key, meant in found.items()}


def _phrase(every: Sequence[str]) -> tuple[str, ...]:
    """A phrase to compare: empty words belong to it (`opt out` is not `opt in`), and are no stems."""
    return tuple(word if word in _EMPTY else stem(word) for word in every)


@cache
def _longest() -> int:
    return max(map(len, _synonyms()))


_AS_MEANT = 0.9
_PART = 0.4


def meant_by(question: str) -> Sequence[Meant]:
    """What a question asks for, part by part: known phrases first, the longest of them, then single words."""
    every = _every_word(question)
    left, table = _phrase(every), _synonyms()
    found: list[Meant] = []
    at = 0
    while at < len(left):
        length = next((n for n in range(_longest(), 0, -1) if left[at : at + n] in table), 0)
        if at == 0 and length <= 1 and every[0] == "list" and len(left) > 1:
            # What begins a question is the deed, not a list.
            found += [Meant({stem("show"): 1.0}), Meant({EVERYTHING: _PART})]
        elif length or every[at] not in _EMPTY:
            found.append(_part(left[at : at + max(length, 1)], table))
        at += max(length, 1)
    return [each for each in found if each.stems]


def deed(summary: str) -> list[str]:
    """What the first word of a summary stands for, as questions have it: `Make` is `add`."""
    first = _phrase(_every_word(summary)[:1])
    return sorted(_synonyms().get(first, ()))


def _part(phrase: tuple[str, ...], table: Mapping[tuple[str, ...], frozenset[str]]) -> Meant:
    sure = 1.0 if len(phrase) == 1 else _PART
    weights = {each: sure for each in phrase if each not in _EMPTY}
    for each in table.get(phrase, ()):
        weights[each] = max(weights.get(each, 0.0), _AS_MEANT)
    return Meant(weights)
