"""Finding the operation that a plain question means, over every catalog at once.

Two rankings are added. One is BM25 over weighted fields: an operation's name, family, summary, parameters,
body, and the plain words that people use for it (`synonyms.json`); a word of the question stands for the
words that mean the same, the best of which counts. The other is how near the question comes to what people
say when they mean the operation (`finding_phrases`). What the question wants done (to look, make, change,
take away, send) and the vendor that it names weigh both.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from egoi_mcp.api.catalog import APIS, Api, Operation, operations
from egoi_mcp.api.details import all_details, bodies
from egoi_mcp.api.finding_phrases import Phrases, phrases
from egoi_mcp.api.finding_words import plain, plain_words, stem, stems
from egoi_mcp.api.risk_level import Risk

_WEIGHTS: Mapping[str, float] = {
    "aliases": 2.2,
    "summary": 1.5,
    "name": 1.6,
    "family": 1.0,
    "members": 0.1,
}
_SATURATION, _LENGTH = 1.0, 0.45
_NAMED_VENDOR, _OTHER_VENDOR, _BESIDE_TRANSACTIONAL = 1.3, 0.15, 0.6
_LONGEST_PHRASE = 4
# One that is about more than was asked for is hardly meant.
_BESIDE = 0.15
_AS_MEANT, _IN_PHRASE, _WEAK, _VERB = 0.8, 0.7, 0.6, 0.6
_SHORTEST_MISSPELT, _MOST_OFF, _CLOSE, _MISSPELT = 5, 2, 0.84, 0.7
_DEEPEST_MEMBERS = 1

_VENDOR_WORDS: Mapping[str, Api] = {
    **dict.fromkeys(("intercom",), "intercom"),
    **dict.fromkeys(("txtsync", "txt"), "txtsync"),
    **dict.fromkeys(("egoi", "goi"), "egoi"),
    **dict.fromkeys(("transactional", "transacional", "transacionais"), "transactional"),
    **dict.fromkeys(("transaccional", "transaccionales"), "transactional"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One operation and how well it fits; scores compare only within one question."""

    operation: Operation
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    operation: Operation
    summary: str
    terms: Mapping[str, float]
    deed: str
    length: float
    name: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The data of `synonyms.json` by stems: what phrases and words stand for, and deeds by their verbs."""

    phrases: Mapping[tuple[str, ...], tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]]
    deeds: Mapping[str, frozenset[str]]
    aliases: Mapping[str, str]
    weak: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    documents: tuple[_Document, ...]
    postings: Mapping[str, tuple[tuple[int, float], ...]]
    rarity: Mapping[str, float]
    words: _Words
    phrases: Phrases

    def of_vendors(self, scores: Mapping[int, float], weights: Mapping[Api, float]) -> dict[int, float]:
        """The scores, each weighed by how sure it is that its operation's API was meant."""
        return {
            number: score * weights.get(self.documents[number].operation.api, 1.0)
            for number, score in scores.items()
        }

    def beside(self, number: int, asked: set[str]) -> float:
        """How much of an operation's own name was not asked for, from 0 to 1."""
        name = self.documents[number].name
        whole = sum(self.rarity[each] for each in name)
        return sum(self.rarity[each] for each in name - asked) / whole if whole else 0.0

    def known(self, meanings: Mapping[str, float]) -> Mapping[str, float]:
        """The meanings as the index has them: a word that it has not may be a misspelt one that it has."""
        if any(term in self.rarity for term in meanings):
            return meanings
        near = {term: self._nearest(term) for term in meanings if len(term) >= _SHORTEST_MISSPELT}
        return {found: meanings[term] * _MISSPELT for term, found in near.items() if found is not None}

    def _nearest(self, term: str) -> str | None:
        alike = [
            each for each in self.rarity if each[:2] == term[:2] and abs(len(each) - len(term)) <= _MOST_OFF
        ]
        found = get_close_matches(term, alike, n=1, cutoff=_CLOSE)
        return found[0] if found else None


def find(question: str, *, api: Api | None = None, risk: Risk | None = None, most: int = 5) -> list[Found]:
    """The operations that fit a question best, the best first; none where no word of it is known.

    Args:
        question: plain words, English, Portuguese or Spanish, or an operation's name.
        api: only operations of this API.
        risk: only operations whose floor is not above this.
        most: how many at most.
    """
    index = _index()
    called = question.strip().rpartition(":")[2].lower()
    wanted = index.phrases.wanted(question)
    fits: defaultdict[int, float] = defaultdict(float)
    for scores in (_scores(index, question), index.phrases.nearness(question)):
        weighed = index.of_vendors(scores, _vendor_weights(question))
        best = max(weighed.values(), default=1.0)
        for number, score in weighed.items():
            fits[number] += score / best
    ranked: list[Found] = []
    for number, fit in fits.items():
        document = index.documents[number]
        entry = document.operation
        if api in {None, entry.api} and (risk is None or entry.risk <= risk):
            exact = entry.name.lower() == called
            ranked.append(Found(entry, math.inf if exact else fit * wanted[document.deed]))
    ranked.sort(key=lambda each: (-each.score, each.operation.api, each.operation.name))
    return ranked[:most]


def _scores(index: _Index, question: str) -> dict[int, float]:
    scores: defaultdict[int, float] = defaultdict(float)
    touched: defaultdict[int, set[str]] = defaultdict(set)
    for meanings in map(index.known, _concepts(index.words, question)):
        best: dict[int, float] = {}
        for term, weight in meanings.items():
            rarity = index.rarity.get(term, 0.0) * weight
            for number, strength in index.postings.get(term, ()):
                best[number] = max(best.get(number, 0.0), rarity * strength)
        for number, score in best.items():
            scores[number] += score
            touched[number].update(meanings)
    return {
        number: score * (1 - _BESIDE * index.beside(number, touched[number]))
        for number, score in scores.items()
    }


def _concepts(words: _Words, question: str) -> list[dict[str, float]]:
    """What each word or phrase of the question may be called in the index, with how sure that is."""
    said = stems(question)
    every = [stem(each) for each in plain_words(question)]
    concepts: list[dict[str, float]] = []
    covered: set[str] = set()
    at = 0
    while at < len(every):
        for length in range(min(_LONGEST_PHRASE, len(every) - at), 0, -1):
            phrase = tuple(every[at : at + length])
            if length > 1 and phrase in words.phrases:
                concepts += [{term: 1.0} for term in words.phrases[phrase]]
                covered.update(phrase)
                at += length
                break
        else:
            at += 1
    for each in dict.fromkeys(said):
        if each in _VENDOR_WORDS:
            continue
        weight = _IN_PHRASE if each in covered else 1.0
        weight *= _WEAK if each in words.weak else 1.0
        # A verb counts by itself beside; as a word it says less than what it is done to.
        weight *= _VERB if each in words.deeds else 1.0
        meanings = {each: weight}
        for term in words.words.get(each, ()):
            meanings[term] = max(meanings.get(term, 0.0), _AS_MEANT * weight)
        concepts.append(meanings)
    return concepts


def _vendor_weights(question: str) -> Mapping[Api, float]:
    """How much an operation's score counts by its API; nothing where the question names no vendor."""
    named: set[Api] = {
        vendor for each in plain_words(question) if (vendor := _VENDOR_WORDS.get(each)) is not None
    }
    if not named:
        return {}
    weights: dict[Api, float] = dict.fromkeys(APIS, _OTHER_VENDOR)
    if "egoi" in named:
        weights |= {"egoi": _NAMED_VENDOR, "transactional": 1.0}
    if "transactional" in named:
        weights |= {"egoi": _BESIDE_TRANSACTIONAL, "transactional": _NAMED_VENDOR}
    return {**weights, **dict.fromkeys(named - {"egoi", "transactional"}, _NAMED_VENDOR)}


# -- the index -------------------------------------------------------------------------------------


@cache
def _index() -> _Index:
    words = _words()
    documents = tuple(_document(entry, words) for api in APIS for entry in operations(api))
    mean = sum(each.length for each in documents) / len(documents)
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, document in enumerate(documents):
        damping = _SATURATION * (1 - _LENGTH + _LENGTH * document.length / mean)
        for term, weight in document.terms.items():
            postings[term].append((number, weight * (_SATURATION + 1) / (weight + damping)))
    count = len(documents)
    rarity = {
        term: math.log(1 + (count - len(found) + 0.5) / (len(found) + 0.5))
        for term, found in postings.items()
    }
    return _Index(
        documents=documents,
        postings={term: tuple(found) for term, found in postings.items()},
        rarity=rarity,
        words=words,
        phrases=phrases(
            [f"{each.operation.api}:{each.operation.name}" for each in documents],
            more=[(each.summary, each.operation.name) for each in documents],
            deeds=[each.deed for each in documents],
        ),
    )


def _document(entry: Operation, words: _Words) -> _Document:
    known = all_details(entry.api)[entry.name]
    fields = {
        # What begins one is the deed; as a word it would be a mailing list.
        "summary": known.summary.removeprefix("List "),
        "name": entry.name,
        "family": known.family.replace("_", " "),
        "members": " ".join(_members(entry)),
        "aliases": words.aliases.get(f"{entry.api}:{entry.name}", ""),
    }
    terms: defaultdict[str, float] = defaultdict(float)
    for name, text in fields.items():
        for term, count in Counter(stems(text)).items():
            terms[term] += _WEIGHTS[name] * min(count, 2)
    return _Document(
        operation=entry,
        summary=known.summary,
        terms=terms,
        deed=_deed_of(entry, known.summary, words),
        length=sum(terms.values()),
        name=frozenset(each for each in stems(entry.name) if each not in words.deeds),
    )


def _members(entry: Operation) -> list[str]:
    """The names of parameters and of the body's members."""
    names = [each.name for each in entry.parameters]
    if entry.has_body:
        known = bodies(entry.api)
        whole = known.whole(known.of(entry.name))
        whole = known.whole(whole.get("items", {})) if whole.get("type") == "array" else whole
        for variant in (whole, *map(known.whole, whole.get("anyOf", ()))):
            names += variant.get("properties", {})
    return list(dict.fromkeys(names))


def _deed_of(entry: Operation, summary: str, words: _Words) -> str:
    """What kind of deed it is: look, make, change, remove or send."""
    if all_details(entry.api)[entry.name].family in {"reports", "advanced_reports"}:
        return "look"
    first = stem(plain(summary.split(maxsplit=1)[0]))
    found = words.deeds.get(first)
    if found:
        return sorted(found)[0]
    if entry.risk is Risk.READ:
        return "look"
    return "remove" if entry.method == "DELETE" else "send" if entry.risk is Risk.SEND else "change"


@cache
def _words() -> _Words:
    from importlib import resources

    text = resources.files("egoi_mcp.api").joinpath("synonyms.json").read_text(encoding="utf-8")
    read: Mapping[str, Any] = json.loads(text)
    words: defaultdict[str, list[str]] = defaultdict(list)
    for meaning, said in read["words"].items():
        for each in plain_words(said):
            words[stem(each)] += stems(meaning)
    phrases = {
        tuple(stem(each) for each in plain_words(phrase)): tuple(stems(meaning))
        for meaning, said in read["phrases"].items()
        for phrase in said
    }
    deeds: defaultdict[str, set[str]] = defaultdict(set)
    for deed, said in read["deeds"].items():
        for each in plain_words(said):
            deeds[stem(each)].add(deed)
    return _Words(
        phrases=phrases,
        words={word: tuple(dict.fromkeys(meanings)) for word, meanings in words.items()},
        deeds={verb: frozenset(found) for verb, found in deeds.items()},
        aliases=read["operations"],
        weak=frozenset(stem(each) for each in plain_words(read["weak"])),
    )
