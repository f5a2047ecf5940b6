"""Which operation somebody means: a ranked search among all that the catalog holds.

BM25 over what an operation is called, what it is for, where it stands and what it takes, each field with its
own weight. Pure, made from the catalog alone; the index is made at the first question.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from egoi_mcp.api.catalog import APIS, Api, Operation, operations
from egoi_mcp.api.details import Schema, all_details, bodies
from egoi_mcp.api.finding_words import EVERYTHING, Meant, deed, meant_by, stem, stems
from egoi_mcp.api.members import folded
from egoi_mcp.api.risk import Risk

_WEIGHTS: Mapping[str, float] = {
    "summary": 3.0,
    "name": 2.0,
    "verb": 2.0,
    "family": 1.5,
    "provider": 1.5,
    "path": 1.0,
    "takes": 0.5,
}
_SATURATION = 1.2
_LENGTH = 0.4
# A question that names a part which an operation has nothing of is hardly about it.
_COVERED = 0.5
# Nor is one that is about more than was asked for.
_BESIDE = 0.2
_PROVIDERS: Mapping[Api, str] = {
    "egoi": "egoi goi marketing",
    "transactional": "egoi goi transactional slingshot",
    "txtsync": "txtsync",
    "intercom": "intercom",
}
_VERBS: Mapping[str, str] = {"DELETE": "delete", "PUT": "change", "PATCH": "change"}


@dataclass(frozen=True, slots=True)
class Found:
    """An operation that may be meant; of two, the one with the higher score rather."""

    operation: Operation
    score: float


def find(
    question: str, *, api: Api | None = None, risk: Risk | None = None, most: int = 5
) -> Sequence[Found]:
    """The operations that a question most likely means, the likeliest first.

    Args:
        question: in plain words, English, Portuguese or Spanish, or the name of an operation.
        api: only operations of this API.
        risk: only operations whose floor is not above this.
        most: how many at most; those that share nothing with the question are never among them.
    """
    index, parts, named = _index(), meant_by(question), folded(question)
    found: list[Found] = []
    for entry in index.holding(parts):
        operation = entry.operation
        if api in {None, operation.api} and (risk is None or operation.risk <= risk):
            exact = folded(operation.name) == named
            found.append(Found(operation, math.inf if exact else index.score(entry, parts)))
    return sorted((each for each in found if each.score > 0), key=lambda each: -each.score)[:most]


@dataclass(frozen=True, slots=True)
class _Entry:
    """An operation with the weight of each stem in it."""

    operation: Operation
    name: frozenset[str]
    weights: Mapping[str, float]


class _Index:
    def __init__(self, every: Iterable[Operation]) -> None:
        fields = [(each, _fields(each)) for each in every]
        lengths = {name: sum(len(found[name]) for _, found in fields) / len(fields) for name in _WEIGHTS}
        self.entries = [
            _Entry(each, frozenset(found["name"]), _weighed(found, lengths)) for each, found in fields
        ]
        self._where: dict[str, list[int]] = {}
        for number, entry in enumerate(self.entries):
            for word in entry.weights:
                self._where.setdefault(word, []).append(number)
        count, held = len(self.entries), {word: len(where) for word, where in self._where.items()}
        self._rarity = {word: math.log(1 + (count - n + 0.5) / (n + 0.5)) for word, n in held.items()}
        # A word that stands nowhere counts as the rarest, so that it can be missed.
        self._rarest = max(self._rarity.values())

    def holding(self, parts: Sequence[Meant]) -> Sequence[_Entry]:
        """The entries that have anything of a question, in the catalog's order."""
        numbers = {number for part in parts for word in part.stems for number in self._where.get(word, ())}
        return [self.entries[number] for number in sorted(numbers)]

    def score(self, entry: _Entry, parts: Sequence[Meant]) -> float:
        total, covered, asked = 0.0, 0.0, 0.0
        used: set[str] = set()
        for part in parts:
            score, word = max((self._of(entry, word, sure), word) for word, sure in part.stems.items())
            # Said twice it is not meant twice.
            if word in used:
                continue
            worth = max(self._rarity.get(each, 0.0) for each in part.stems) or self._rarest
            asked += worth
            if score > 0:
                used.add(word)
                covered += worth
                total += score
        if not total:
            return 0.0
        return total * (1 - _COVERED + _COVERED * covered / asked) * (1 - _BESIDE * self._beside(entry, used))

    def _beside(self, entry: _Entry, used: set[str]) -> float:
        """How much of the operation's own name was not asked for, from 0 to 1."""
        whole = sum(self._rarity[word] for word in entry.name)
        return sum(self._rarity[word] for word in entry.name - used) / whole if whole else 0.0

    def _of(self, entry: _Entry, word: str, sure: float) -> float:
        weight = entry.weights.get(word, 0.0)
        return sure * self._rarity.get(word, 0.0) * weight * (_SATURATION + 1) / (weight + _SATURATION)


@cache
def _index() -> _Index:
    return _Index(entry for api in APIS for entry in operations(api))


def _weighed(found: Mapping[str, Sequence[str]], lengths: Mapping[str, float]) -> Mapping[str, float]:
    weights: dict[str, float] = {}
    for name, words in found.items():
        longer = 1 - _LENGTH + _LENGTH * len(words) / lengths[name] if lengths[name] else 1.0
        for word, times in Counter(words).items():
            weights[word] = weights.get(word, 0.0) + _WEIGHTS[name] * times / longer
    return weights


def _fields(entry: Operation) -> Mapping[str, Sequence[str]]:
    told = all_details(entry.api)[entry.name]
    return {
        # The deed stands in another field; as a word it would be a mailing list.
        "summary": [*stems(told.summary.removeprefix("List ")), *deed(told.summary)],
        "name": stems(entry.name),
        "verb": [stem(_verb(entry)), *([EVERYTHING] if _lists(entry) else [])],
        "family": stems(told.family),
        "provider": stems(_PROVIDERS[entry.api]),
        "path": stems(" ".join(part for part in entry.path.split("/") if not part.startswith("{"))),
        "takes": _takes(entry),
    }


def _lists(entry: Operation) -> bool:
    return entry.method == "GET" and not entry.path.endswith("}")


def _verb(entry: Operation) -> str:
    """What it does in a word; the vendors' names say it in many."""
    if entry.risk is Risk.SEND and "send" in entry.path:
        return "send"
    if entry.method == "GET":
        return "show"
    if entry.path.endswith("/search"):
        return "find"
    return _VERBS.get(entry.method, "add" if entry.risk is Risk.WRITE else "do")


def _takes(entry: Operation) -> Sequence[str]:
    """The names of its parameters and of its body's members."""
    names = [parameter.name for parameter in entry.parameters]
    if entry.has_body:
        known = bodies(entry.api)
        names += _members(known.whole(known.of(entry.name)), entry.api)
    return list(dict.fromkeys(word for name in names for word in stems(name)))


def _members(schema: Schema, api: Api) -> Sequence[str]:
    inner = [bodies(api).whole(each) for each in schema.get("anyOf", ())]
    return [*schema.get("properties", ()), *(name for each in inner for name in each.get("properties", ()))]
