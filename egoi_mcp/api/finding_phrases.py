"""What people say when they mean an operation, and how near a question comes to it.

`phrases.json` holds some twenty ways to ask for each operation, in three languages. A question is compared
with every one of them by the words and pairs of words that both have, the rare ones counting most, and the
nearest few of an operation are its score. The same phrases teach what a question wants done: a naive Bayes
model of their words and pairs, with where a phrase begins as a word of its own.
"""

from __future__ import annotations

import json
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nlargest

from egoi_mcp.api.finding_words import is_filler, plain_words, stem

_NEAREST = 8
_UNSEEN, _CERTAINTY = 0.1, 0.15
"""What a word counts that no phrase of a deed has, and how far the model is trusted, from 0 to 1."""
_VENDORS = frozenset({"egoi", "goi", "intercom", "txtsync", "txt"})
"""Which vendor is meant is weighed apart; here its name only makes phrases alike."""
_BEGINS, _FILLS = "^", "~"
"""Before what only says how a phrase begins, and before words that say nothing of what it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Phrases by the words that they hold; phrases and operations go by their numbers.

    `holding` gives for a word or a pair of words the phrases that hold it, `owners` and `lengths` give for
    a phrase its operation and the length of its vector, `deeds` gives what each operation does.
    """

    holding: Mapping[str, array[int]]
    owners: array[int]
    lengths: array[float]
    deeds: Sequence[str]
    words_of_deed: Mapping[str, int]
    phrases_of_deed: Mapping[str, int]

    def nearness(self, question: str) -> dict[int, float]:
        """How near a question comes to each operation that shares a word with it."""
        products: defaultdict[int, float] = defaultdict(float)
        for term in _terms(question):
            if _is_about_something(term) and (holding := self.holding.get(term)) is not None:
                weight = _rarity(len(holding), len(self.owners)) ** 2
                for number in holding:
                    products[number] += weight
        of_one: defaultdict[int, list[float]] = defaultdict(list)
        for number, product in products.items():
            of_one[self.owners[number]].append(product / self.lengths[number])
        return {owner: sum(nlargest(_NEAREST, found)) for owner, found in of_one.items()}

    def wanted(self, question: str) -> dict[str, float]:
        """How likely a question wants each deed, the likeliest as 1.0."""
        logs = {deed: math.log(count) for deed, count in self.phrases_of_deed.items()}
        for term in _terms(question):
            if (holding := self.holding.get(term)) is None:
                continue
            seen = Counter(self.deeds[self.owners[number]] for number in holding)
            for deed, words in self.words_of_deed.items():
                logs[deed] += math.log((seen[deed] + _UNSEEN) / (words + _UNSEEN * len(self.holding)))
        most = max(logs.values())
        return {deed: math.exp((found - most) * _CERTAINTY) for deed, found in logs.items()}


def phrases(operations: Sequence[str], *, more: Sequence[Sequence[str]], deeds: Sequence[str]) -> Phrases:
    """The phrases of these operations, each of them `api:name`, with `more` of each and what each does."""
    holding: defaultdict[str, array[int]] = defaultdict(lambda: array("H"))
    owners, every = array("H"), list[list[str]]()
    words_of_deed: Counter[str] = Counter()
    for owner, (name, others) in enumerate(zip(operations, more, strict=True)):
        for phrase in (*known_phrases()[name], *others):
            terms = _terms(phrase)
            for term in terms:
                holding[term].append(len(every))
            words_of_deed[deeds[owner]] += len(terms)
            owners.append(owner)
            every.append([each for each in terms if _is_about_something(each)])
    rarity = {term: _rarity(len(found), len(every)) for term, found in holding.items()}
    lengths = array("f", (math.sqrt(sum(rarity[each] ** 2 for each in terms)) or 1.0 for terms in every))
    return Phrases(
        holding=dict(holding),
        owners=owners,
        lengths=lengths,
        deeds=deeds,
        words_of_deed=words_of_deed,
        phrases_of_deed=Counter(deeds[owner] for owner in owners),
    )


@cache
def known_phrases() -> Mapping[str, Sequence[str]]:
    """What people say when they mean an operation, by `api:name`."""
    from importlib import resources

    text = resources.files("egoi_mcp.api").joinpath("phrases.json").read_text(encoding="utf-8")
    read: Mapping[str, Sequence[str]] = json.loads(text)
    return read


def _rarity(holding: int, count: int) -> float:
    return math.log((1 + count) / (1 + holding)) + 1


def _terms(text: str) -> list[str]:
    """The words and pairs of neighbouring words of a text as stems, each once."""
    words = [each for each in plain_words(text) if each not in _VENDORS]
    stems = [stem(each) for each in words]
    marked = [_FILLS + one if is_filler(word) else one for word, one in zip(words, stems, strict=True)]
    pairs = [f"{one} {other}" for one, other in zip([_BEGINS, *stems], stems, strict=False)]
    return list(dict.fromkeys([*marked, *pairs]))


def _is_about_something(term: str) -> bool:
    return term[0] not in {_BEGINS, _FILLS}
