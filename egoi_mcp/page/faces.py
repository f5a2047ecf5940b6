"""What a card says in large type, from its values: pure, and plain text throughout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from egoi_mcp.models.preview import Preview
from egoi_mcp.page.view import Card, PageView
from egoi_mcp.plain_text import clean

_MOST_LABEL = 90
MOST_COUNTRIES = 8
_BELOW_THE_PHONE = frozenset({"encoding", "characters", "segments per message"})

_RISKS = {
    "READ": "Looks something up",
    "WRITE": "Changes data",
    "CONSENT": "Changes what people agreed to",
    "DISCLOSE": "Sends data elsewhere",
    "SEND": "Reaches people",
    "DESTROY": "Deletes or silences",
}

_STATES = {
    "proposed": "Waiting",
    "approved": "Approved",
    "executing": "Running",
    "succeeded": "Done",
    "partial": "Done in part",
    "failed": "Failed",
    "unknown": "Outcome unknown",
    "declined": "Declined",
    "expired": "Expired",
    "revoked": "Revoked",
    "void": "Void",
}

# What a rule lets pass, by the operation that it names first.
_DEEDS = {"sendSmsMessages": "SMS through E-goi", "SendSMS": "SMS through TxtSync"}

Tone = Literal["good", "bad", "doubt", "busy", "quiet"]

_TONES: dict[str, Tone] = {
    "approved": "busy",
    "executing": "busy",
    "succeeded": "good",
    "partial": "doubt",
    "failed": "bad",
    "unknown": "doubt",
    "void": "doubt",
}

_UNDER_WAY = frozenset({"approved", "executing"})

# Words by which a preview says what turns a slip into an incident.
_STRONG = ("whole list", "cannot be shown", "nobody is in it")


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the facts in large type: what it is, its value, and a line in small type."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning; a strong one stands above the others and is drawn so."""

    text: str
    strong: bool


def risk_words(card: Card) -> str:
    """The kind of deed in two or three words."""
    return _RISKS.get(card.risk.upper(), card.risk)


def deed_words(operation: str) -> str:
    """What a standing rule lets pass: `SMS through E-goi, transactional`; else the operation's own name."""
    name, comma, rest = operation.partition(",")
    return f"{_DEEDS.get(name, name)}{comma}{rest}"


def state_words(card: Card) -> str:
    """Where it stands, in a word or two."""
    return _STATES.get(card.state, card.state)


def said(card: Card) -> str:
    """State and outcome as a screen reader says them when they change."""
    return clean(f"{state_words(card)}. {card.outcome}")


def tone(card: Card) -> Tone:
    """How the state is coloured; the words say the same."""
    return _TONES.get(card.state, "quiet")


def people(card: Card) -> str:
    """`124 people`, `1 person`, `12 contacts`, or that nobody knows."""
    count = card.preview.recipients
    one, many = ("person", "people") if card.risk.upper() == "SEND" else ("contact", "contacts")
    if count is None:
        return f"Unknown number of {many}"
    return f"{count:,} {one if count == 1 else many}".replace(",", "\N{NO-BREAK SPACE}")


def facts(card: Card) -> list[Fact]:
    """To how many, when, at what cost, on which account: what is to be seen in five seconds."""
    preview = card.preview
    sends = card.risk.upper() == "SEND"
    found = [Fact("Reaches" if sends else "Concerns", people(card), _reach_note(card))]
    if preview.when is not None:
        # Its offset and the time in UTC are for whoever compares, in small type.
        at, offset, rest = preview.when.account.partition(" (UTC")
        utc = [f"UTC{rest.replace(')', '', 1)}"] if offset else []
        found.append(Fact("When", at, "; ".join([*utc, *preview.when.recipients])))
    elif sends or "when" in preview.facts:
        unsaid = "Later: see the details" if _is_later(card) else "Now, once you approve"
        found.append(Fact("When", preview.facts.get("when", unsaid)))
    if preview.cost is not None:
        cost = preview.cost
        after = f", {cost.left} after it" if cost.left is not None else ""
        balance = f"balance {cost.balance}{after}" if cost.balance is not None else ""
        note = "; ".join(part for part in (cost.basis, balance) if part)
        found.append(Fact("Costs at most", f"{cost.amount} {cost.currency}".strip(), note))
    elif sends:
        why = "e-mail is paid for by the account's plan" if preview.email else "no price is set for it"
        found.append(Fact("Costs", "Not known", preview.facts.get("cost", why).removeprefix("not known: ")))
    connection = card.connection if card.connection not in preview.account else ""
    found.append(Fact("Account", preview.account, f"connection {connection}" if connection else ""))
    return found


def _is_later(card: Card) -> bool:
    """Whether it goes out at a time that was set; previews say so at the end of their title."""
    return card.preview.title.endswith(" later")


def _reach_note(card: Card) -> str:
    preview = card.preview
    if preview.recipients == 1 and len(preview.to) == 1:
        return preview.to[0]
    if preview.audience is not None and preview.audience.by_country:
        counts = [f"{country} {count}" for country, count in preview.audience.by_country.items()]
        more = [f"and {len(counts) - MOST_COUNTRIES} more"] if many_countries(preview) else []
        return ", ".join([*counts[:MOST_COUNTRIES], *more])
    return ""


def many_countries(preview: Preview) -> bool:
    """Whether there are more than have room beside the number of people."""
    return preview.audience is not None and len(preview.audience.by_country) > MOST_COUNTRIES


def rows(preview: Preview) -> dict[str, str]:
    """The facts that have no place of their own, personal ones too: here is who may see everything."""
    shown = {"cost"} | ({"when"} if preview.when is None else set[str]())
    if preview.sms is not None:
        shown |= _BELOW_THE_PHONE
    if preview.email is not None:
        shown |= {name for name, value in preview.facts.items() if value == preview.email.sender}
    found = {name: value for name, value in (preview.facts | preview.personal).items() if name not in shown}
    # The vendor's id of it tells a reader least.
    if "campaign" in found:
        found["campaign"] = found.pop("campaign")
    return found


def warnings(card: Card) -> list[Caution]:
    """Every warning, the strongest first."""
    found = [Caution(_sentence(text), _is_strong(text)) for text in card.preview.warnings]
    if card.duplicate_of is not None:
        found.insert(0, Caution(f"The same was sent just now, or may have been ({card.duplicate_of}).", True))
    audience = card.preview.audience
    for check in audience.checks if audience is not None else ():
        # Where nothing could be, that is how it is for such a send; the list of checks tells it.
        if check.checked and check.unchecked:
            why = f": {check.why}" if check.why else ""
            text = f"{check.unchecked} could not be checked against the {check.against}{why}"
            found.append(Caution(_sentence(text), False))
    return sorted(found, key=lambda warning: not warning.strong)


def _is_strong(text: str) -> bool:
    folded = text.casefold()
    return any(words in folded for words in _STRONG)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def approve_label(card: Card) -> str:
    """What the button does: `Approve: send to 124 people`."""
    title = clean(card.preview.title)
    if card.risk.upper() == "SEND" and card.preview.recipients is not None and title.startswith("Send "):
        return f"Approve: {'schedule for' if _is_later(card) else 'send to'} {people(card)}"
    return clean(f"Approve: {title[:1].lower()}{title[1:]}", _MOST_LABEL)


def page_title(view: PageView) -> str:
    """The tab's title; the number that waits leads, so that it is seen in a narrow tab."""
    waiting = len(view.waiting)
    return f"({waiting}) Waiting for your decision" if waiting else "Nothing waits for your decision"


def is_busy(view: PageView) -> bool:
    """Whether anything may change by itself soon."""
    return bool(view.waiting) or any(card.state in _UNDER_WAY for card in view.decided)


class Clock:
    """Times as the page shows them: in the view's zone, with the day where it is another one."""

    def __init__(self, view: PageView) -> None:
        self._zone = _zone(view.zone)
        self.name = view.zone if self._zone is not UTC else "UTC"
        self._now = datetime.fromtimestamp(view.now, self._zone)

    def time(self, seconds: float) -> str:
        """`14:32` today, `2026-11-26 14:32` on another day."""
        at = datetime.fromtimestamp(seconds, self._zone)
        return at.strftime("%H:%M" if at.date() == self._now.date() else "%Y-%m-%d %H:%M")

    def iso(self, seconds: float) -> str:
        """The time for programs, with its offset."""
        return datetime.fromtimestamp(seconds, self._zone).isoformat(timespec="seconds")


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
