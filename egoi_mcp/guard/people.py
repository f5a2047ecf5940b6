"""Whom requests and texts name: phone numbers, e-mail addresses and contact ids, each in one form.

A number is E.164 whatever way it was written, an address is folded, an id is lower case. A number that was
written without its country is its digits, and so is every person's who could be written like that. Names
are not looked for: they say nothing that can be found again.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from egoi_mcp.api.catalog import FrozenRequest, JsonValue
from egoi_mcp.api.json_body import LARGE_BODY_BYTES, decode_packed
from egoi_mcp.api.packed import PackedObjects
from egoi_mcp.errors import InvalidInput

_NO_LOCAL_PART = re.compile(r"[\s@<>\"(),;:\[\]\\]")
_DOMAIN = re.compile(r"[^\s@<>\"'(),;:\[\]\\/?#&=]+")
_BEFORE_ADDRESS = re.compile(r"[=/&|?!{}'`#]")
"""What an address may begin with by the standard, and is more often what stands before one."""

_BEHIND_ADDRESS = ".'!?"

# What may stand between two digits of one number: spaces, hyphens and dashes, dots, brackets, slashes, and
# characters that are not drawn.
BETWEEN = r"[ \t\xa0\xad\u2000-\u200f\u2010-\u2015\u202a-\u202f\u205f-\u206f\u2212\u3000\ufeff.()\[\]/-]"
_GROUP = re.compile(r"\d+")
_RUN = re.compile(rf"(?:[+\uff0b]{BETWEEN}{{0,2}})?[(\[]?\d(?:{BETWEEN}{{0,3}}\d){{3,}}")
_DATE = re.compile(r"(?:19|20)\d\d-\d\d-\d\d(?![\d-])")
_EGOI_FORM = re.compile(r"\d{1,3}-\d{4,}")
_ONLY_DIGITS = re.compile(rf"(?:{BETWEEN}|\d)+")
_FEWEST_BARE_DIGITS, _FEWEST_NATIONAL_DIGITS, _MOST_DIGITS = 9, 7, 15
_MOST_GROUPS = 8

_MAY_NAME = re.compile(r"[@\d%]")
_VENDOR_ID = re.compile(
    r"[0-9a-f]{10}|[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII
)
_LONGEST_ID = 200
_AFTER_CONTACTS = frozenset({"actions", "by-field", "search", "export", "import"})
_ERASING = re.compile(r"/contacts/(?:external/)?[^/?]+")
_FORGETTING = re.compile(r"/lists/[0-9]+/contacts/actions/forget")
_ID_MEMBERS = frozenset(
    {
        "contact",
        "contacts",
        "contactid",
        "contactids",
        "contactuid",
        "externalid",
        "externalreference",
        "leadid",
        "regardingreference",
        "uid",
        "userid",
    }
)
_NUMBER_MEMBERS = frozenset({"to", "recipient", "recipients", "msisdn", "number", "numbers", "searchnumber"})


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names somebody, and by which of their keys."""

    start: int
    end: int
    keys: tuple[str, ...]


def people_in(requests: Iterable[FrozenRequest], *said: JsonValue) -> tuple[str, ...]:
    """The keys of everybody whom the requests name in target or body, and whom `said` names; each once."""
    return tuple(dict.fromkeys(named_in(requests, *said)))


def named_in(requests: Iterable[FrozenRequest], *said: JsonValue) -> Iterator[str]:
    """The keys that `people_in` gives, one by one, some of them more than once."""
    # What stands there a thousand times, a message's text or a member's name, is looked through once.
    texts: dict[tuple[str, str], None] = {}
    for request in requests:
        yield from _named_in_one(request, texts)
        # The next one may be made only now, and be as large.
        del request
    for value in said:
        texts.update(dict.fromkeys(_texts_in(value, "")))
    for text, member in texts:
        yield from _keys_in(text, member)


def _named_in_one(request: FrozenRequest, texts: dict[tuple[str, str], None]) -> Iterator[str]:
    """Put a request's texts to the others; of packed objects give the keys, for their texts are too many."""
    for name, value in (*_in_target(request.target), ("", _body(request.body))):
        packed: list[PackedObjects] = []
        texts.update(dict.fromkeys(_texts_in(value, name, packed)))
        for text, member in (each for array in packed for one in array for each in _texts_in(one, "")):
            yield from _keys_in(text, member)


def spellings(person: str) -> tuple[str, ...]:
    """The keys under which one person may have been found, by a number, an address or an id of theirs.

    The first is the main one. Digits without a + are an id, and a number whose + was left out.
    """
    said = person.strip()
    if "@" in said:
        return (folded(said),)
    read = _international(said)
    if read is None:
        return tuple(dict.fromkeys((folded(said), *_bare_readings(said, _FEWEST_NATIONAL_DIGITS))))
    e164, national = read
    return tuple(dict.fromkeys((e164, *_bare(national))))


def erases(request: FrozenRequest) -> bool:
    """Whether a request that succeeded has made the vendor forget the contacts that it names.

    Source: E-goi v3, `actionForgetContacts`; TxtSync connector, `DeleteContact` and
    `DeleteContactByExternalReference`; Intercom, `DELETE /contacts/{id}`.
    """
    path = request.target.partition("?")[0]
    if request.api == "egoi":
        return request.method == "POST" and _FORGETTING.fullmatch(path) is not None
    return request.method == "DELETE" and _ERASING.fullmatch(path) is not None


def folded(text: str) -> str:
    """A text without case, and without look-alike characters of other widths."""
    return unicodedata.normalize("NFKC", text.strip()).casefold()


@lru_cache(maxsize=1024)
def folded_name(name: str) -> str:
    """A member's name without case and separators: `Contact_ID` and `contactId` are `contactid`."""
    return "".join(each for each in folded(name) if each.isalnum())


def names_ids(name: str) -> bool:
    """Whether a member of this folded name says which contact is meant."""
    return name in _ID_MEMBERS


def names_numbers(name: str) -> bool:
    """Whether a member of this folded name says a phone number, also as digits alone."""
    return name in _NUMBER_MEMBERS or "phone" in name or "mobile" in name


def is_vendor_id(text: str) -> bool:
    """Whether the text has the form of an id that a vendor gives: it says nothing outside the account."""
    return _VENDOR_ID.fullmatch(text) is not None


# -- values --------------------------------------------------------------------------------------


def _body(body: bytes) -> JsonValue:
    if len(body) >= LARGE_BODY_BYTES and (packed := decode_packed(body)) is not None:
        return packed
    text = body.decode("utf-8", "replace")
    try:
        value: JsonValue = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
    return value


def _in_target(target: str) -> Iterator[tuple[str, str]]:
    """Every value of a path and query, with the name of the member that it is like."""
    path, _, query = target.partition("?")
    segments = [unquote(segment) for segment in path.split("/")]
    of_contacts = ""
    for segment in segments:
        literal = segment in _AFTER_CONTACTS or (of_contacts and segment == "external")
        yield ("" if literal else of_contacts), segment
        follows = segment == "contacts" or (of_contacts and segment == "external")
        of_contacts = "contactid" if follows else ""
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        yield unquote(name), unquote(value)


def _texts_in(
    value: JsonValue, name: str, packed: list[PackedObjects] | None = None
) -> Iterator[tuple[str, str]]:
    """The texts in a JSON value and what each is called; an array's members are called like their array.

    Packed arrays are left to the caller, in `packed`.
    """
    left: list[tuple[str, JsonValue]] = [(folded_name(name), value)]
    while left:
        member, each = left.pop()
        if isinstance(each, str):
            yield each, member
        elif isinstance(each, Mapping):
            for inner, below in each.items():
                yield inner, ""
                left.append((folded_name(inner), below))
        elif isinstance(each, PackedObjects) and packed is not None:
            packed.append(each)
        elif isinstance(each, Sequence):
            left += [(member, below) for below in each]
        elif type(each) is int and (names_ids(member) or names_numbers(member)):
            yield str(each), member


def _keys_in(text: str, member: str) -> Iterable[str]:
    return _in_short(text, member) if len(text) <= _LONGEST_ID else _in_text(text, member)


@lru_cache(maxsize=4096)
def _in_short(text: str, member: str) -> tuple[str, ...]:
    """`_in_text`, remembered: most of what requests and previews say they all say."""
    return tuple(_in_text(text, member))


def _in_text(text: str, member: str) -> Iterator[str]:
    """The keys in a text of that name."""
    whole = text.strip()
    of_contact = names_ids(member)
    if not whole or not (of_contact or _MAY_NAME.search(whole) or is_vendor_id(whole)):
        return
    for mention in (*addresses_in(text), *numbers_in(text, alone=names_numbers(member))):
        yield from mention.keys
    if is_vendor_id(whole) or (of_contact and len(whole) <= _LONGEST_ID):
        yield folded(whole)
    if "%" in text and (decoded := unquote(text)) != text:
        yield from _in_text(decoded, member)


# -- addresses -----------------------------------------------------------------------------------


def addresses_in(text: str) -> Iterator[Mention]:
    """The e-mail addresses in a text; the whole text where it is one."""
    if "@" not in text:
        return
    whole = text.strip()
    if whole.count("@") == 1 and not any(each.isspace() for each in whole):
        end = len(text.rstrip()) - (len(whole) - len(whole.rstrip(_BEHIND_ADDRESS)))
        yield Mention(0, end, _readings_of_address(whole))
        return
    for start, end in _written_addresses(text):
        written = text[start:end].rstrip(_BEHIND_ADDRESS)
        yield Mention(start, start + len(written), _readings_of_address(written))


def _written_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where addresses begin and end.

    One expression for all of it would look from every letter of a long word for its `@`, and a picture in the
    HTML of an email is a word of 100,000 letters.
    """
    behind, at = 0, text.find("@")
    while at >= 0:
        start = at - len(_NO_LOCAL_PART.split(text[behind:at])[-1])
        domain = _DOMAIN.match(text, at + 1)
        if start < at and domain is not None:
            yield start, domain.end()
        behind = at + 1 if start == at or domain is None else domain.end()
        at = text.find("@", behind)


def _readings_of_address(written: str) -> tuple[str, ...]:
    """As it stands, and without what may only stand before or behind it: `to=ana@…`, `'ana@…'`."""
    inner = next(_written_addresses(written), None)
    bare = (written[slice(*inner)] if inner else written).rstrip(_BEHIND_ADDRESS)
    local, _, domain = bare.rpartition("@")
    shorter = _BEFORE_ADDRESS.split(local)[-1]
    readings = [written, bare, *([f"{shorter}@{domain}"] if shorter else [])]
    return tuple(dict.fromkeys(folded(each) for each in readings))


# -- numbers -------------------------------------------------------------------------------------


def numbers_in(text: str, *, alone: bool = False) -> Iterator[Mention]:
    """The phone numbers in a text: with their country in any writing, without it as nine digits or more.

    `alone` says that the text is meant as a number, so that fewer digits are one too.
    """
    whole = text.strip()
    for run in _RUN.finditer(text):
        if _DATE.match(run[0]):
            continue
        yield from _in_run(text, run.start(), run.end(), alone=alone, whole=run[0] == whole)


def _in_run(text: str, start: int, end: int, *, alone: bool, whole: bool) -> Iterator[Mention]:
    """The numbers in digits that only separators interrupt; the longest that reads as one, from the left."""
    if (read := _international(text[start:end])) is not None:
        yield Mention(start, end, (read[0],))
        return
    if whole and (keys := _bare_readings(text[start:end], 4 if alone else _FEWEST_BARE_DIGITS)):
        yield Mention(start, end, keys)
        return
    groups = [(found.start() + start, found.end() + start) for found in _GROUP.finditer(text[start:end])]
    at = 0
    while at < len(groups):
        begin = start if at == 0 else groups[at][0]
        taken = 1
        for count in range(min(_MOST_GROUPS, len(groups) - at), 0, -1):
            stop = groups[at + count - 1][1]
            if (read := _international(text[begin:stop])) is not None:
                yield Mention(begin, stop, (read[0],))
                taken = count
                break
        else:
            if keys := _bare_readings(text[slice(*groups[at])], _FEWEST_BARE_DIGITS):
                yield Mention(*groups[at], keys)
        at += taken


def _bare_readings(written: str, fewest: int) -> tuple[str, ...]:
    """A number without a sign of its country: its digits, and what they are where + was left out."""
    digits = _digits(written)
    if not _ONLY_DIGITS.fullmatch(written) or not fewest <= len(digits) <= _MOST_DIGITS:
        return ()
    read = _international(f"+{digits}")
    return (*_bare(digits), *((read[0],) if read is not None else ()))


def _bare(text: str) -> tuple[str, ...]:
    """The key of a number's digits without its country and its trunk prefix."""
    digits = _digits(text).lstrip("0")
    return (digits,) if digits else ()


def _digits(text: str) -> str:
    decimals = "".join(filter(str.isdecimal, text))
    return decimals if decimals.isascii() else "".join(str(unicodedata.decimal(each)) for each in decimals)


@lru_cache(maxsize=4096)
def _international(written: str) -> tuple[str, str] | None:
    """A number that says its country, as E.164 and without the country."""
    marked = "+" in written or "\uff0b" in written
    if not marked and not _digits(written).startswith("00") and not _EGOI_FORM.search(_hyphened(written)):
        return None
    # Imported here: a request that names no number does not pay for the tables.
    from egoi_mcp.phones import code_and_number

    try:
        code, national = code_and_number(written)
    except InvalidInput:
        return None
    return f"+{code}{national}", national


def _hyphened(written: str) -> str:
    if written.isascii():
        return written
    return "".join("-" if unicodedata.category(each) == "Pd" else each for each in written)
