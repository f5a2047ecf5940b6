"""An action's record with its people masked: whoever it names cannot be read from it, nor written to.

Two things work together. What looks like an address or a number is masked wherever it stands; and the
numbers and addresses that the action itself names are masked in every writing, also inside an id or a
text where they would not be recognised. Ids of contacts stay: outside the account they say nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast
from urllib.parse import unquote

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.guard.action import Action
from egoi_mcp.guard.people import (
    BETWEEN,
    Mention,
    addresses_in,
    folded_name,
    is_vendor_id,
    names_ids,
    names_numbers,
    numbers_in,
    people_in,
    spellings,
)
from egoi_mcp.models.preview import Audience, Preview, Section, SmsFace
from egoi_mcp.pii import mask_email, mask_name, mask_phone

_S = TypeVar("_S", bound=Section)

HIDDEN = "***"
_NAMES = frozenset(
    {"firstname", "lastname", "middlename", "fullname", "surname", "nickname", "displayname", "contactname"}
)
_PRIVATE = re.compile(
    r"birthdate|dateofbirth|birthday|gender|street|city|county|postcode|postalcode|zipcode|custom\d\d"
    r"|address(?:line)?\d?"
)
_FREE_FIELDS = frozenset({"extra", "customattributes", "customdata"})
# Where a plain `name` is that of a thing and of no person.
_OF_THINGS = re.compile(
    r"(?:/[A-Za-z0-9_-]+)*/(?:tags|segments|fields|senders|campaigns|lists)(?:/[A-Za-z0-9_-]+)?"
)
_NUMBER_KEY = re.compile(r"\+?\d{7,15}")
_MOST_DEPTH = 64


class Mask:
    """What hides these people, by their keys, and whatever else looks like a person."""

    def __init__(self, people: Iterable[str]) -> None:
        keys = tuple(people)
        numbers = [each for each in keys if _NUMBER_KEY.fullmatch(each)]
        digits = {each.lstrip("+") for number in numbers for each in spellings(number)}
        self._numbers = _any_of(
            f"{BETWEEN}{{0,3}}".join(each) for each in digits if _NUMBER_KEY.fullmatch(each)
        )
        self._addresses = _any_of(re.escape(each) for each in keys if "@" in each)

    @classmethod
    def of(cls, action: Action) -> Mask:
        """The mask of everybody whom an action names."""
        return cls(people_in([step.frozen for step in action.steps], action.preview.model_dump(mode="json")))

    def text(self, text: str, *, alone: bool = False) -> str:
        """The text with every address and number masked; `alone` says that it is meant as a number."""
        text = _masked(text, addresses_in(text), mask_email)
        if self._addresses is not None:
            text = self._addresses.sub(lambda found: mask_email(found[0]), text)
        return self.known(_masked(text, numbers_in(text, alone=alone), mask_phone))

    def known(self, text: str) -> str:
        """The text with only the action's own numbers masked, for what is mostly digits by nature."""
        if self._numbers is None:
            return text
        spans = [Mention(*found.span(), ()) for found in self._numbers.finditer(_plain_digits(text))]
        return _masked(text, spans, lambda _: HIDDEN)

    def target(self, target: str) -> str:
        """A path and query; what is masked in it stands there as it reads, and the rest as it was sent."""
        path, question, query = target.partition("?")
        pairs = [pair.partition("=") for pair in query.split("&")]
        shown = "&".join(f"{name}{sign}{self._part(value, name)}" for name, sign, value in pairs)
        return "/".join(self._part(segment, "") for segment in path.split("/")) + question + shown

    def body(self, value: JsonValue, target: str) -> JsonValue:
        """A request's body; `target` tells whether a `name` in it is a person's."""
        of_things = _OF_THINGS.fullmatch(target.partition("?")[0]) is not None
        return self._value(value, "", names=_NAMES if of_things else _NAMES | {"name"}, depth=0)

    def preview(self, preview: Preview) -> Preview:
        """A preview; facts about one person are left out, and so is what says the words again."""
        return Preview(
            title=self.text(preview.title),
            account=preview.account,
            recipients=preview.recipients,
            to=tuple(self.text(each, alone=True) for each in preview.to),
            audience=self._audience(preview.audience),
            when=None if preview.when is None else self._texts(preview.when),
            cost=None if preview.cost is None else self._texts(preview.cost),
            facts={self.text(label): self.text(fact) for label, fact in preview.facts.items()},
            message=None if preview.message is None else self.text(preview.message),
            sms=self._sms(preview.sms),
            # A number that tags or lines take apart would not be recognised in the HTML.
            email=None
            if preview.email is None
            else self._texts(preview.email.model_copy(update={"html": None, "plain": None})),
            dropped=tuple(self.text(each) for each in preview.dropped),
            warnings=tuple(self.text(each) for each in preview.warnings),
            undo=self.text(preview.undo),
        )

    def _texts(self, section: _S) -> _S:
        """A part of a preview with every text of it masked, those in tuples too."""
        changed: dict[str, object] = {}
        for name, value in section:
            if isinstance(value, str):
                changed[name] = self.text(value)
            elif isinstance(value, tuple):
                members = cast("tuple[object, ...]", value)
                changed[name] = tuple(self.text(each) if isinstance(each, str) else each for each in members)
        return section.model_copy(update=changed)

    def _audience(self, audience: Audience | None) -> Audience | None:
        if audience is None:
            return None
        return audience.model_copy(
            update={
                "excluded": tuple(map(self._texts, audience.excluded)),
                "checks": tuple(map(self._texts, audience.checks)),
            }
        )

    def _sms(self, sms: SmsFace | None) -> SmsFace | None:
        """An SMS; where somebody is named, in one piece, as a number may be cut between two parts."""
        if sms is None:
            return None
        whole = "".join(sms.parts)
        masked = self.text(whole)
        parts = sms.parts if masked == whole else (masked,)
        return sms.model_copy(update={"sender": self.text(sms.sender), "parts": parts})

    def _part(self, encoded: str, name: str) -> str:
        plain = unquote(encoded)
        masked = self.text(plain, alone=names_numbers(folded_name(name)))
        return encoded if masked == plain else masked

    def _value(self, value: JsonValue, member: str, *, names: frozenset[str], depth: int) -> JsonValue:
        if value is None or isinstance(value, bool):
            return value
        if depth > _MOST_DEPTH or _PRIVATE.fullmatch(member):
            return HIDDEN
        if isinstance(value, Mapping):
            return self._members(value, member, names=names, depth=depth + 1)
        if isinstance(value, int | float):
            return self._number(value, member)
        if not isinstance(value, str):
            return [self._value(each, member, names=names, depth=depth + 1) for each in value]
        if member in names:
            return mask_name(value)
        masked = self.text(value, alone=names_numbers(member))
        if masked == value and names_ids(member) and not is_vendor_id(value):
            return mask_name(value)
        return masked

    def _members(
        self, value: Mapping[str, JsonValue], member: str, *, names: frozenset[str], depth: int
    ) -> JsonValue:
        free = member in _FREE_FIELDS
        shown: dict[str, JsonValue] = {}
        for name, each in value.items():
            hidden = free and folded_name(name) not in {"fieldid", "format"}
            inner = HIDDEN if hidden else self._value(each, folded_name(name), names=names, depth=depth)
            shown[self.text(name)] = inner
        return shown

    def _number(self, value: float, member: str) -> JsonValue:
        written = str(value)
        masked = self.text(written, alone=True) if names_numbers(member) else self.known(written)
        return value if masked == written else masked


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """One pattern of all, the longest first, so that none hides in a shorter one."""
    longest_first = sorted(set(patterns), key=len, reverse=True)
    return re.compile("|".join(longest_first), re.IGNORECASE) if longest_first else None


def _masked(text: str, mentions: Iterable[Mention], mask: Callable[[str], str]) -> str:
    parts: list[str] = []
    at = 0
    for mention in mentions:
        parts += [text[at : mention.start], mask(text[mention.start : mention.end])]
        at = mention.end
    return "".join((*parts, text[at:]))


def _plain_digits(text: str) -> str:
    """The text, character by character, with the digits of every script as ASCII ones."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
