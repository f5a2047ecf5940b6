"""Words of a question as a search compares them: folded, without fillers, cut to their stems.

One light stemmer serves English, Portuguese and Spanish. It need not find roots, only bring forms of a word
together, and it treats an index and a question alike.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORTEST_STEMMED = 4
_LEAST_LEFT = 3
_FILLER_WORDS = """
    a an the of to in on at by for with from and or as is are was were be been it its this that these
    those i we you he she they me us him her them my our your his their do does did have has had can
    could will would should may might must there here so if than then too very just now please some any
    into onto about up off out want need like let one ones who whom whose which what how when where why
    s t re ll ve don o os um uma uns umas de da dos das no na nos nas em ao aos pelo pela por para com
    sem e ou que se eu ele ela eles elas te lhe meu minha nosso nossa nossos nossas seu sua este esta
    estes estas esse essa isto isso aquele aquela foi ser ter tem temos estao estava ja quero queria
    preciso el la los las un una unos unas del al y en es son fue ha han hay lo le les mi mis nuestro
    nuestra nuestros nuestras su sus estos ese esa eso quiero necesito ya solo cuando como
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_SPECIAL = {"customers": "customer", **{each: each for each in ("customer", "news", "status", "address")}}


def plain(text: str) -> str:
    """The text in lower case and without accents."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def plain_words(text: str) -> list[str]:
    """Every word of a text, folded; `createCName` is two."""
    return _WORD.findall(plain(_CAMEL.sub(" ", text)))


def is_filler(word: str) -> bool:
    """Whether a folded word says nothing of what a text is about."""
    return word in _FILLERS


def stems(text: str) -> list[str]:
    """The words of a text that say something, as stems."""
    return [stem(each) for each in plain_words(text) if each not in _FILLERS]


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A folded word without its ending."""
    if word in _SPECIAL or len(word) < _SHORTEST_STEMMED or word.isdigit():
        return _SPECIAL.get(word, word)
    word = _singular(word)
    for ending in (
        "amento",
        "imento",
        "acao",
        "acion",
        "icao",
        "icion",
        "ando",
        "endo",
        "iendo",
        "ing",
        "ed",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_LEFT:
            return _undoubled(word[: -len(ending)])
    for ending in ("arlo", "arla", "arle", "ados", "adas", "ado", "ada", "ido", "ida", "ar", "ir"):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_LEFT:
            return word[: -len(ending)]
    return word[:-1] if word[-1] in "aeo" and len(word) > _SHORTEST_STEMMED else word


def _singular(word: str) -> str:
    if word.endswith(("coes", "ciones")):
        return word.removesuffix("coes").removesuffix("ciones") + ("cao" if word.endswith("coes") else "cion")
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("xes", "ches", "shes", "sses", "ores", "ades")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _undoubled(word: str) -> str:
    """`tagg` of `tagged` is `tag`; `call` and `add` are whole."""
    if len(word) > _LEAST_LEFT and word[-1] == word[-2] and word[-1] not in "ls":
        return word[:-1]
    return word[:-1] if word[-1] in "aeo" and len(word) > _SHORTEST_STEMMED else word
