"""Reading one request: which lists, senders, people, texts and addresses it names, and what it leaves open.

Names of members are recognised in any spelling and at any depth, as `egoi_mcp.api.members` reads them. What
is not understood is left open rather than taken for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from egoi_mcp.api.catalog import Api, JsonValue, Request
from egoi_mcp.api.members import at, folded, is_array, names_address, said_by
from egoi_mcp.api.packed import PackedObjects
from egoi_mcp.api.raises import RAISES, Raise
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.errors import InvalidInput
from egoi_mcp.phones import parse_phone
from egoi_mcp.policy.patterns import host, is_family, recipient
from egoi_mcp.policy.templates import DOTS
from egoi_mcp.sms_text import Encoding, analyse

EVERYTHING = frozenset({"lists", "senders", "sender_names", "recipients", "segments", "hosts", "texts", "at"})
"""What a request may leave open. `sender_names`: it says a sender's id, and not what the sender is called."""

_UNREADABLE = "?"
_LONGEST_MESSAGE = 2000
_MOST_NAMED = 1000
"""So many people are named one by one; that there are more leaves open who they are."""
_MOST_LINKS = 10_000
# Only from where a word begins: from each letter of it anew a long one takes its length squared.
_DOTTED = re.compile(r"(?<![\w-])(?<![\w-]\.)[\w-]+(?:\.[\w-]+)*\.[^\W\d_][\w-]+")
_LINK = re.compile(r"https?:[/\\]{2}[^\s<>\"'()\[\]{}|^`]+", re.IGNORECASE)

_LISTS = {"listid", "listids", "lists"}
_SENDER_IDS = {"senderid", "emailsenderid", "phonesenderid"}
_PEOPLE = {"to", "cc", "bcc", "email", "emailaddress", "cellphone", "phone", "phonenumber", "mobilenumber"}
_POINTS_AT_PEOPLE = {"contact", "contactid", "contactids", "contacts", "file", "segmentid", "totagname"}
"""People that are named by an id, a tag, a segment or a file: who they are, only the vendor knows."""
_TEXTS = {"textbody", "htmlbody", "message", "subject", "body", "plaintext", "snippet", "pagehtml", "text"}
_FILLED_IN = {"templateid", "templatename", "alerttemplatename", "mergetags", "codelength"}
"""With one of these the text that people get is another than the one that stands there, or none does."""
_EXTRAS = {"registered"}
"""With one of these a message is dearer than its segments say."""

_MEANT = _LISTS | _SENDER_IDS | {"from"} | _PEOPLE | _POINTS_AT_PEOPLE | _TEXTS | _FILLED_IN | _EXTRAS
"""Names that say more of a member than that it may be an address."""

Key = tuple[Api, str]
"""An API and the name of an operation of it: two vendors may call different things alike."""


def _of(api: Api, *names: str) -> set[Key]:
    return {(api, name) for name in names}


_EMAILS = _of("transactional", "sendEmailMessages")
_PUSHES = _of("transactional", "sendPushMessages")
_SMS = _of("transactional", "sendSmsMessages", "sendSmsMessagesSingle") | _of(
    "txtsync", "SendSMS", "SendBulkSMS"
)
"""The sends whose SMS stand in the request."""
_MESSAGES = _SMS | _EMAILS
_CAMPAIGNS = _of("egoi", "actionSendEmail", "actionSendSmartSms", "actionSendSms", "actionSendVoice")
_VERIFIES = _of("transactional", "requestVerify")
_NEW_AT_EGOI = _of("egoi", "createContact")
_SAYS: Mapping[str, set[Key]] = {
    "recipients": _SMS
    | _CAMPAIGNS
    | _EMAILS
    | _VERIFIES
    | _NEW_AT_EGOI
    | _of("txtsync", "AddContact")
    | _of("intercom", "CreateContact")
    | _of("egoi", "createCellphoneSender", "createEmailSender", "createPhoneSender"),
    "senders": _MESSAGES | _VERIFIES,
    "texts": _MESSAGES | _PUSHES,
    "lists": _CAMPAIGNS
    | _of("egoi", "createWebhook", "createSmsCampaign", "createEmailCampaign")
    | _of("egoi", "generateContactActivityReport", "generateSendsReport")
    | _of("egoi", "generateSubscriptionsReport", "generateUnsubscriptionsReport"),
}
"""The operations that say themselves what they touch. In any other one a member of such a name may be one
that the vendor does not read, so that it tells nothing."""
_NO_SMS = (
    _EMAILS
    | _PUSHES
    | _of("egoi", "actionEnableEmailRss", "actionEnableWebPushRss", "actionSendEmail", "actionSendPush")
    | _of("egoi", "actionSendWebPush", "createEmailSender", "registerPushEvent")
)
"""Sends of something else; any other one may lead to SMS that nobody can count here."""
_LATER = _of("egoi", "CreateOrder", "ImportOrdersBulk", "createCart") | _of(
    "egoi", "actionEnableEmailRss", "actionEnableWebPushRss", "actionStartAutomation"
)
"""What they lead to happens at a time that the vendor chooses."""
_ADDRESSED = (
    _of("egoi", "createWebhook")
    | _of("transactional", "addWebHook")
    | _of("txtsync", "InboundSMS", "OutboundSMS")
)
"""They are nothing without an address that data goes to."""


@dataclass(slots=True)
class Reading:
    """What one request names; the members are those of `Reach`."""

    risks: set[Risk]
    lists: list[int] = field(default_factory=list[int])
    senders: list[str] = field(default_factory=list[str])
    recipients: list[str] = field(default_factory=list[str])
    segments: dict[str, int] = field(default_factory=dict[str, int])
    hosts: list[str] = field(default_factory=list[str])
    links: dict[str, None] = field(default_factory=dict[str, None])
    texts: list[str] = field(default_factory=list[str])
    extras: list[str] = field(default_factory=list[str])
    unknown: set[str] = field(default_factory=set[str])


def read(request: Request) -> Reading:
    """Everything that the policy wants to know of a request, as far as it says so itself."""
    said = said_by(request)
    found = Reading({risk_of(request), request.operation.risk} - {Risk.READ})
    if not said.complete:
        found.unknown |= EVERYTHING
        return found
    discloses = _disclosing(request.operation.api, request.operation.name, request.operation.risk)
    for name, value in said.members:
        if type(value) is str and name not in _MEANT and not name.startswith("schedule"):
            # Of an import's millions of members most are such.
            _read_address(name, value, found, discloses=discloses)
            continue
        for each in _each(value):
            _read_address(name, each, found, discloses=discloses)
            _read_list(name, each, found)
            _read_sender(request, name, each, found)
            _read_people(name, each, found)
            _read_text(name, each, found)
            if name in _EXTRAS and each is not False:
                found.extras.append(name)
        if name.startswith("schedule") and value is not None:
            found.unknown.add("at")
    _read_campaign_contact(request, found)
    _read_messages(request, found)
    found.risks |= {Risk.DISCLOSE} if found.hosts else set()
    _leave_open(request, found)
    return found


def _key(request: Request) -> Key:
    return request.operation.api, request.operation.name


def _each(value: JsonValue) -> Iterator[JsonValue]:
    """A value, or the members of an array, nulls left out."""
    if isinstance(value, PackedObjects):
        # One stands for all: they are looked at member by member.
        yield value[0]
    elif is_array(value):
        for each in value:
            yield from _each(each)
    elif value is not None:
        yield value


# -- what the names mean -------------------------------------------------------------------------


def _read_list(name: str, value: JsonValue, found: Reading) -> None:
    if name not in _LISTS:
        return
    if re.fullmatch(r"[1-9][0-9]{0,15}", str(value)):
        found.lists.append(int(str(value)))
    else:
        found.unknown.add("lists")


def _read_sender(request: Request, name: str, value: JsonValue, found: Reading) -> None:
    if name not in _SENDER_IDS and not (name == "from" and _key(request) in _SMS):
        return
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).strip():
        found.unknown |= {"senders", "sender_names"}
        return
    found.senders.append(str(value).strip())
    if request.operation.api != "txtsync":
        # An id; what people see is only at the vendor. TxtSync's sender is what people see.
        found.unknown.add("sender_names")


def _read_people(name: str, value: JsonValue, found: Reading) -> None:
    if name in _POINTS_AT_PEOPLE:
        found.unknown.add("recipients")
    elif name in _PEOPLE and value != "":
        _add_person(value, found)


def _add_person(value: JsonValue, found: Reading) -> None:
    """Add a number or an address; what is neither leaves open who it is."""
    if len(found.recipients) >= _MOST_NAMED:
        found.unknown.add("recipients")
        return
    person: str | None = None
    if isinstance(value, str) and "@" in value:
        person = recipient(value)
    elif isinstance(value, str):
        number = number_and_country(value)
        person = None if number is None else number[0]
    if person is None or is_family(person):
        found.unknown.add("recipients")
    else:
        found.recipients.append(person)


def _read_text(name: str, value: JsonValue, found: Reading) -> None:
    if name in _TEXTS and isinstance(value, str):
        found.texts.append(value)
    elif name in _FILLED_IN:
        found.unknown |= {"texts", "segments"}


def _read_campaign_contact(request: Request, found: Reading) -> None:
    """A campaign's send names one contact as data of its `segments`, or points at many."""
    if not isinstance(request.body, Mapping):
        return
    names = [folded(str(name)) for name in request.body]
    if "segments" not in names:
        return
    if at(request.body, "segments", "type") == "contact" and names.count("segments") == 1:
        _add_person(at(request.body, "segments", "data"), found)
    else:
        found.unknown.add("recipients")


# -- addresses -----------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _disclosing(api: Api, name: str, floor: Risk) -> tuple[Raise, ...]:
    """What makes a member of this operation an address that data can leave to."""
    return tuple(
        each
        for each in RAISES
        if each.risk is Risk.DISCLOSE and each.named is not None and each.holds_for(api, name, floor)
    )


def _read_address(name: str, value: JsonValue, found: Reading, *, discloses: tuple[Raise, ...]) -> None:
    """Where data can go, and where other members than texts point at."""
    if not isinstance(value, str):
        return
    leaves = any(each.valued is None or each.valued(value) for each in _named_so(discloses, name))
    if leaves and not value.isdigit():
        found.hosts.append(host_of(value))
    elif name not in _TEXTS:
        found.links.update(dict.fromkeys(links_in(value)))
        if len(found.links) > _MOST_LINKS:
            found.links.popitem()
            found.unknown.add("hosts")


@lru_cache(maxsize=4096)
def _named_so(discloses: tuple[Raise, ...], name: str) -> tuple[Raise, ...]:
    """Those of them that a member of this name can be."""
    return tuple(each for each in discloses if each.named is not None and each.named(name))


def links_in(text: str) -> list[str]:
    """The hosts that a text points at; in a short one also what a phone would take for one."""
    found = [host_of(link[0]) for link in _LINK.finditer(text)]
    if len(text) > _LONGEST_MESSAGE or not names_address(text):
        return found
    plain = unicodedata.normalize("NFKC", text).translate(DOTS)
    return found + [name for each in _DOTTED.findall(plain) if (name := host(each)) is not None]


def host_of(address: str) -> str:
    """The host of an address, with its scheme where it is not https; `?` where readers may differ on it."""
    if any(character.isspace() or character == "\\" or not character.isprintable() for character in address):
        return _UNREADABLE
    try:
        parts = urlsplit(address)
        name = host(parts.hostname or "")
    except ValueError:
        return _UNREADABLE
    if name is None or is_family(name) or not parts.scheme:
        return _UNREADABLE
    return name if parts.scheme == "https" else f"{parts.scheme}://{name}"


# -- messages ------------------------------------------------------------------------------------


def _read_messages(request: Request, found: Reading) -> None:
    """Look at each message of a send by itself, and count the segments of SMS by country."""
    key = _key(request)
    if key not in _MESSAGES:
        return
    for message in _each(request.body):
        members = list(message.items()) if isinstance(message, Mapping) else []
        said = {folded(str(member)): value for member, value in members}
        if len(said) < len(members):
            # The same member in two spellings: nobody knows which one counts.
            found.unknown |= {"segments", "texts"}
        # The messages beside it do not speak for it.
        found.unknown |= set() if said.get("to") else {"recipients"}
        found.unknown |= set() if said.get("from") or said.get("senderid") else {"senders", "sender_names"}
        if key in _SMS:
            _count_segments(said, found)


def _count_segments(said: Mapping[str, JsonValue], found: Reading) -> None:
    parts = _parts(said.get("textbody", said.get("message")), said.get("encoding"))
    if parts is None:
        found.unknown |= {"segments", "texts"}
        return
    for person in _each(said.get("to")):
        number = number_and_country(person) if isinstance(person, str) else None
        country = _UNREADABLE if number is None else number[1]
        found.segments[country] = found.segments.get(country, 0) + parts
    if said.get("totagname"):
        found.unknown.add("segments")


def _parts(text: JsonValue, encoding: JsonValue) -> int | None:
    """Segments of one message; the vendor may send fewer (`maxCount`), never more."""
    wire: Encoding = "unicode" if encoding == "unicode" else "auto"
    return _parts_of(text, wire) if isinstance(text, str) else None


@lru_cache(maxsize=64)
def _parts_of(text: str, wire: Encoding) -> int | None:
    """`_parts` of a text, remembered: a batch says the same to a thousand people."""
    try:
        return analyse(text, wire).most_parts
    except InvalidInput:
        return None


@lru_cache(maxsize=16384)
def number_and_country(text: str) -> tuple[str, str] | None:
    """A phone number in E.164, and the ISO code of its country; None where the text is no number."""
    try:
        phone = parse_phone(text)
    except InvalidInput:
        return None
    return phone.e164, phone.region


# -- what stays open -----------------------------------------------------------------------------


def _leave_open(request: Request, found: Reading) -> None:
    """Name what a request of this kind touches without saying it, or without saying all of it."""
    operation, path, key = request.operation, request.path, _key(request)
    says = {what for what, keys in _SAYS.items() if key in keys and getattr(found, what)}
    if operation.api == "egoi" and max(found.risks, default=Risk.READ) > Risk.WRITE and "list_id" not in path:
        found.unknown |= {"lists"} - says
    if key in _ADDRESSED and not found.hosts:
        found.unknown.add("hosts")
    if {Risk.CONSENT, Risk.SEND} & found.risks:
        # Of a path that leads into the contacts, it is they whom it is about, whatever else is said.
        among_contacts = "/contacts/" in operation.path and path
        found.unknown |= {"recipients"} if among_contacts else {"recipients"} - says
    if Risk.SEND not in found.risks:
        return
    found.unknown |= {"senders", "texts"} - says
    found.unknown |= set() if "senders" in says else {"sender_names"}
    # Who is asked by message to confirm is asked by SMS only where there is a number.
    asked_by_mail = key in _NEW_AT_EGOI and all("@" in each for each in found.recipients)
    if key not in _NO_SMS | _SMS and not asked_by_mail:
        found.unknown.add("segments")
    if key in _LATER:
        found.unknown.add("at")
