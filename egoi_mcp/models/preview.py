"""What a person sees before anything happens."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence

from pydantic import BaseModel, ConfigDict, Field

from egoi_mcp.models.result import visible, visible_throughout
from egoi_mcp.pii import Pii, show_email, show_phone
from egoi_mcp.plain_text import clean, quote
from egoi_mcp.weight import weight

_MOST_CHARACTERS = 4000
"""Room for the longest SMS that this server takes, and for the gist of an email."""

LARGEST_HTML_BYTES = 512 * 1024
"""Above it the HTML of an email is not kept for showing: a row is read again and again while it waits."""

_MOST_TOKENS = 5_000
_FOR_MODEL = (4_000, 2_000, 1_000, 500, 250, 120)
"""How long the texts of a preview may be for a model, the first that fits into so many tokens."""

_MOST_IN_FORM = 2000
_MOST_AROUND = 1500
_MOST_LINE, _ROOM_FOR_COUNT = 200, 30
_MOST_SEEN_IN_FORM = 3
_LAST_IN_FORM = ("encoding", "characters", "unicode because of", "campaign")
"""Facts that yield to who is reached and who is not, where a form has no room for all."""
_MOST_HOSTS = 30
_HOSTS_IN_FACTS = 5
_EXCERPT_END = re.compile(r"\n\[(\d{1,9}) more characters\]\Z")


class Section(BaseModel):
    """Base of a preview's parts; each is data, and says itself in lines of plain text."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Excluded(Section):
    """How many were left out for one reason."""

    reason: str
    count: int


class Check(Section):
    """What the recipients were held against, and how many of them could not be."""

    against: str
    checked: int
    unchecked: int = 0
    why: str = ""
    """Why some could not be checked."""

    def as_text(self) -> str:
        """`suppression list: 12 checked, 3 could not be checked (why)`."""
        rest = f", {self.unchecked} could not be checked" if self.unchecked else ""
        why = f" ({clean(self.why)})" if self.why else ""
        return f"{clean(self.against)}: {self.checked} checked{rest}{why}"


class Audience(Section):
    """Who is reached, counted live: by country (ISO 3166 codes), who is left out, what was checked."""

    by_country: dict[str, int] = Field(default_factory=dict)
    excluded: tuple[Excluded, ...] = ()
    checks: tuple[Check, ...] = ()

    def as_lines(self) -> list[str]:
        """A line for the countries, one for who is left out, one for each check."""
        lines: list[str] = []
        if self.by_country:
            counts = ", ".join(f"{clean(country)} {count}" for country, count in self.by_country.items())
            lines.append(f"By country: {counts}")
        if self.excluded:
            lines.append("Left out: " + ", ".join(f"{e.count} {clean(e.reason)}" for e in self.excluded))
        return [*lines, *(f"Checked against the {check.as_text()}" for check in self.checks)]


class Cost(Section):
    """What it costs at most, by the owner's price table or the vendor; decimal texts, never floats."""

    amount: str
    currency: str = ""
    basis: str = ""
    """How it was reckoned, such as `2 parts x 120 at 0.03`."""
    balance: str | None = None
    """The account's balance as of now."""
    left: str | None = None
    """The balance less the amount."""

    def as_text(self) -> str:
        """`up to 7.20 EUR (2 parts x 120 at 0.03); balance 100.00, 92.80 after it`."""
        unit = f" {clean(self.currency)}" if self.currency else ""
        basis = f" ({clean(self.basis)})" if self.basis else ""
        after = f", {clean(self.left)} after it" if self.left is not None else ""
        balance = f"; balance {clean(self.balance)}{after}" if self.balance is not None else ""
        return f"up to {clean(self.amount)}{unit}{basis}{balance}"


class Timing(Section):
    """When it reaches people: in the account's zone, and by the clocks of who is reached."""

    account: str
    recipients: tuple[str, ...] = ()
    """Such as `PT: 09:30 Europe/Lisbon`."""

    def as_text(self) -> str:
        """The account's time, then the recipients' where they are known."""
        local = f"; for the recipients {', '.join(map(clean, self.recipients))}" if self.recipients else ""
        return f"{clean(self.account)}{local}"


class SmsFace(Section):
    """An SMS as a phone shows it, part by part."""

    sender: str
    encoding: str
    characters: int
    room: int
    """Septets or UTF-16 units that each part holds."""
    parts: tuple[str, ...]

    def as_lines(self) -> list[str]:
        """Each part under its number, its text quoted."""
        lines = [f"Text, in {len(self.parts)} parts:"]
        for number, part in enumerate(self.parts, start=1):
            lines += [f"  part {number} of {len(self.parts)}:", quote(part)]
        return lines


class EmailFace(Section):
    """An email as its reader meets it. The HTML is for a person's eyes in a frame without scripts."""

    sender: str
    reply_to: str = ""
    subject: str = ""
    preheader: str = ""
    plain: str | None = None
    html: str | None = None
    hosts: tuple[str, ...] = ()
    """Where its links lead, each once."""
    links: int = 0
    images: int = 0
    size_bytes: int = 0
    unsubscribe: str = ""
    """What was found of a way to unsubscribe, in words."""

    @property
    def too_large(self) -> bool:
        """Whether the HTML is left out because it is too large to be shown."""
        return self.html is None and self.size_bytes > LARGEST_HTML_BYTES

    def as_lines(self, said: Collection[str] = ()) -> list[str]:
        """What stands around the words; without the `links` and `unsubscribe` that facts have said before."""
        lines = [f"Replies go to: {clean(self.reply_to)}"] if self.reply_to else []
        if self.hosts and ("links" not in said or len(self.hosts) > _HOSTS_IN_FACTS):
            more = f" and {len(self.hosts) - _MOST_HOSTS} more" if len(self.hosts) > _MOST_HOSTS else ""
            lines.append(f"Links lead to: {', '.join(map(clean, self.hosts[:_MOST_HOSTS]))}{more}")
        if "unsubscribe" not in said:
            lines.append(f"Unsubscribe: {clean(self.unsubscribe) or 'nothing found'}")
        if self.too_large:
            lines.append(f"HTML: too large to be shown ({self.size_bytes / 1024:.1f} KiB)")
        return lines


class Preview(BaseModel):
    """One deed, said so that a wrong audience, text or time is seen at once.

    Frozen in the action's row, so that a question asked again reads the same everywhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    account: str
    recipients: int | None = None
    """People reached or contacts changed; None where nobody can know yet."""
    to: tuple[str, ...] = ()
    """The first recipients (E.164 or e-mail address), for a person to recognise."""
    audience: Audience | None = None
    when: Timing | None = None
    cost: Cost | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    personal: dict[str, str] = Field(default_factory=dict)
    """Facts about one person: whoever approves sees them, the model only where it may see everything."""
    message: str | None = None
    """The exact text that goes out."""
    sms: SmsFace | None = None
    email: EmailFace | None = None
    dropped: tuple[str, ...] = ()
    """Recipients left out, each with the reason."""
    warnings: tuple[str, ...] = ()
    undo: str = ""
    """What cannot be undone, or what undoes it."""

    def for_model(self, pii: Pii) -> Preview:
        """The preview without what only a person's eyes need, and with personal data as far as allowed."""
        # The parts and the HTML say again what `message` says.
        seen = self.model_copy(update={"sms": None, "email": None})
        if pii != "full":
            shown = [(show_email if "@" in value else show_phone)(value, pii) for value in self.to]
            seen = seen.model_copy(update={"to": tuple(value for value in shown if value), "personal": {}})
        return seen.shortened()

    def shortened(self) -> Preview:
        """The preview with its longest texts cut, each with a count, so that it fits into an answer."""
        short = self
        for most in _FOR_MODEL:
            if short.weighs() <= _MOST_TOKENS:
                break
            short = self.model_copy(
                update={
                    "facts": {label: excerpt(value, most) for label, value in self.facts.items()},
                    "personal": {label: excerpt(value, most) for label, value in self.personal.items()},
                    "message": None if self.message is None else excerpt(self.message, most),
                }
            )
        return short

    def weighs(self) -> int:
        """About the tokens of the larger of the two forms that a model may get."""
        return max(
            weight(visible(self.as_text())),
            weight(json.dumps(visible_throughout(self.model_dump(exclude_none=True)), ensure_ascii=False)),
        )

    def as_text(self) -> str:
        """The whole preview as plain text; everything from outside is quoted, never markup."""
        lines = [clean(self.title), f"Account: {clean(self.account)}"]
        if self.recipients is not None:
            lines.append(f"Recipients: {self.recipients}")
        lines += self._to(len(self.to))
        lines += self.audience.as_lines() if self.audience is not None else []
        lines += self._when_and_cost()
        lines += [f"{clean(label)}: {clean(value)}" for label, value in (self.facts | self.personal).items()]
        lines += self.email.as_lines(self.facts) if self.email is not None else []
        lines += self._text()
        lines += [f"Left out: {clean(entry)}" for entry in self.dropped]
        lines += [f"Warning: {clean(entry)}" for entry in self.warnings]
        if self.undo:
            lines.append(clean(self.undo))
        return "\n".join(lines)

    def as_question(self) -> str:
        """The preview for a form in a host's window: short lines, and first what a person has to see.

        At most about 1,500 characters besides the text, whose end is a count where it is longer than 2,000.
        What finds no room is counted, never dropped in silence.
        """
        first = [_line(self.title)]
        if self.recipients is not None:
            first.append(f"Recipients: {self.recipients}")
        first += map(_line, self._when_and_cost())
        last = [_line(self.undo)] if self.undo else []
        warned = [_line(f"Warning: {entry}") for entry in self.warnings]
        facts = {label: f"{label}: {value}" for label, value in (self.personal | self.facts).items()}
        technical = [facts.pop(label) for label in _LAST_IN_FORM if label in facts]
        around = [
            f"Account: {self.account}",
            *self._to(_MOST_SEEN_IN_FORM),
            *facts.values(),
            *(self.audience.as_lines() if self.audience is not None else []),
            *(self.email.as_lines(self.facts) if self.email is not None else []),
            *(f"Left out: {entry}" for entry in self.dropped),
            *technical,
        ]
        room = _MOST_AROUND - sum(len(line) + 1 for line in (*first, *last))
        # Half of it is kept for who sends to whom, whatever there is to warn about.
        shown_warnings, left = _fitting(warned, room // 2)
        shown_around, _ = _fitting([_line(entry) for entry in around], room // 2 + left)
        missing = len(warned) - len(shown_warnings) + len(around) - len(shown_around)
        text = ["Text:", quote(excerpt(self.message, _MOST_IN_FORM))] if self.message is not None else []
        more = [f"[{missing} more lines; 'egoi-mcp actions show' has them all]"] if missing else []
        return "\n".join([*first, *shown_warnings, *text, *shown_around, *more, *last])

    def _to(self, most: int) -> list[str]:
        """The first recipients, and whether there are more."""
        if not self.to:
            return []
        shown = self.to[:most]
        more = "" if self.recipients is None or self.recipients <= len(shown) else " and more"
        return ["To: " + ", ".join(clean(value) for value in shown) + more]

    def _when_and_cost(self) -> list[str]:
        lines = [f"When: {self.when.as_text()}"] if self.when is not None else []
        return [*lines, f"Cost: {self.cost.as_text()}"] if self.cost is not None else lines

    def _text(self) -> list[str]:
        """The exact text; of an SMS of several parts, each by itself."""
        if self.message is None:
            return []
        if self.sms is not None and len(self.sms.parts) > 1 and "".join(self.sms.parts) == self.message:
            return self.sms.as_lines()
        return ["Text:", quote(self.message)]


def _line(text: str) -> str:
    """One line of a form; of a longer one, how much is missing."""
    line = clean(text)
    if len(line) <= _MOST_LINE:
        return line
    head = clean(line, _MOST_LINE - _ROOM_FOR_COUNT)
    return f"{head} [{len(line) - len(head) + 1} more characters]"


def _fitting(lines: Sequence[str], room: int) -> tuple[list[str], int]:
    """The first lines that fit into so many characters, and what is left of these."""
    shown: list[str] = []
    for line in lines:
        if len(line) + 1 > room:
            break
        shown.append(line)
        room -= len(line) + 1
    return shown, room


def excerpt(text: str, most: int = _MOST_CHARACTERS) -> str:
    """The text, its end replaced by a count where it is too long to be read in a chat.

    Characters that cannot be seen count as they are written out. Of an excerpt an excerpt can be made: its
    count is that of the whole.
    """
    before = _EXCERPT_END.search(text)
    whole = text if before is None else text[: before.start()]
    gone = 0 if before is None else int(before[1])
    head = whole[:most]
    while len(visible(head)) > most:
        head = head[: len(head) * 3 // 4]
    return text if head == whole else f"{head}\n[{len(whole) - len(head) + gone} more characters]"
