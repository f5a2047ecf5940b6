"""Whether a batch of transactional SMS was taken, by the vendor's list of messages.

A message is a step's own where recipient, time, group, sender and text are as they were sent and nobody else
in the ledger has its id. One difference may be the vendor's way of writing it down, so it leaves doubt; two
make it another message. As long as there is doubt, nothing is settled.

Source: E-goi transactional v2, `listAllSmsMessages` and `listSingleSmsMessage`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from egoi_mcp.api.catalog import JsonValue, Request
from egoi_mcp.errors import NotFound
from egoi_mcp.guard.action import StepState
from egoi_mcp.guard.looks.case import Case, Finding, Rival, happened
from egoi_mcp.guard.looks.listing import FEW, MOST_ASKED, Listing, Row, digits, folded
from egoi_mcp.models.vendor_json import Json, mapping, text

OPERATIONS = ("sendSmsMessages", "sendSmsMessagesSingle")
MOST_READ = 20
"""Messages whose text is read one by one; of more, so many spread over all of them."""
_DEFAULT_GROUP = "default"
_REFUSED = frozenset({"send_failed", "broken", "rejected"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One message as it was sent, in the form in which it is compared."""

    to: str
    group: str
    sender: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How one message's sendings compare with what the vendor shows.

    `wanted` is how often this step sent it, `rivals` how often other steps may have, `found` how many are
    there without another owner, `doubts` how many there may be one of them.
    """

    wanted: int
    rivals: int
    found: int
    doubts: int

    @property
    def sent(self) -> int | None:
        """How many of the step's own went out; None where that cannot be told."""
        if self.found == self.wanted + self.rivals:
            return self.wanted
        if self.doubts or self.found > self.wanted or (self.rivals and self.found):
            return None
        return self.found


@dataclass(slots=True)
class _Matches:
    """The messages found: those that are one of the wanted, and numbers with doubtful ones."""

    own: dict[Wanted, list[Row]] = field(default_factory=dict[Wanted, "list[Row]"])
    doubts: Counter[str] = field(default_factory=Counter[str])
    refused: int = 0
    unread: int = 0


async def look(case: Case) -> Finding:
    """The messages of a batch, found one by one.

    Raises:
        ApiError: the vendor could not be asked.
    """
    wanted = wanted_of(case.request)
    if wanted is None:
        return case.untold("messages with a template or merge tags cannot be compared with the vendor's list")
    rivals, unreadable = _sent_beside(await case.rivals(OPERATIONS))
    listing = Listing(case, {digits(number): number for number in _numbers(case.request)})
    numbers = tuple(listing.written)
    by_number = len(numbers) <= FEW
    await (listing.ask_each(numbers) if by_number else listing.ask_all())
    matches = await _matches(listing, wanted, doubtful_too=False)
    tallies = _tallies(wanted, matches, rivals)
    if not all(tally.sent == tally.wanted for tally in tallies.values()):
        if case.wait_left > 0:
            return case.missing("not sent", _shown(tallies))
        await _listen_again(listing, wanted, matches, by_number=by_number)
        matches = await _matches(listing, wanted, doubtful_too=True)
        tallies = _tallies(wanted, matches, rivals)
    return _finding(case, listing, tallies, matches, unreadable=unreadable)


def wanted_of(request: Request) -> Counter[Wanted] | None:
    """The messages of a request, each with how often it stands there; None where one cannot be compared."""
    found: Counter[Wanted] = Counter()
    for message in _bodies(request):
        to, sender, words = (message.get(name) for name in ("to", "from", "textBody"))
        group = message.get("group", _DEFAULT_GROUP)
        plain = isinstance(to, str) and isinstance(words, str) and isinstance(group, str)
        if not plain or not isinstance(sender, str | int) or message.get("mergeTags"):
            return None
        found[
            Wanted(
                to=digits(str(to)),
                group=folded(str(group)).casefold(),
                sender=str(sender),
                words=folded(str(words)),
            )
        ] += 1
    return found or None


def _bodies(request: Request) -> list[Json]:
    body: JsonValue = request.body
    items: Sequence[JsonValue] = body if isinstance(body, list | tuple) else [body]
    return [mapping(item) for item in items]


def _numbers(request: Request) -> list[str]:
    return [str(message.get("to")) for message in _bodies(request)]


def _sent_beside(rivals: Sequence[Rival]) -> tuple[Counter[Wanted], bool]:
    """What other steps may have sent without an id in the ledger, and whether one cannot be read any more."""
    found: Counter[Wanted] = Counter()
    unreadable = False
    for rival in rivals:
        theirs = None if rival.request is None else wanted_of(rival.request)
        if theirs is None:
            # Emptied, or a template: whatever is found of that time could be its.
            unreadable = unreadable or (rival.beside and not rival.step.ids)
        elif len(rival.step.ids) < theirs.total():
            found += theirs
    return found, unreadable


async def _listen_again(
    listing: Listing, wanted: Mapping[Wanted, int], matches: _Matches, *, by_number: bool
) -> None:
    """Ask in a second way for numbers of which something is missing, where the first proves nothing."""
    lacking = sorted({each.to for each, count in wanted.items() if len(matches.own.get(each, ())) < count})
    if all(listing.silent(number) for number in lacking):
        return
    if by_number:
        await listing.ask_all()
    elif len(lacking) <= MOST_ASKED:
        await listing.ask_each(lacking)


async def _matches(listing: Listing, wanted: Mapping[Wanted, int], *, doubtful_too: bool) -> _Matches:
    """Compare the vendor's rows with what was sent, reading the text of those that may be one of them."""
    case = listing.case
    owned = await case.owned(OPERATIONS, tuple(listing.rows))
    rows = [row for row in listing.rows.values() if row.place != "far" and row.id not in owned]
    by_number: dict[str, list[Wanted]] = {}
    for each in wanted:
        by_number.setdefault(each.to, []).append(each)
    close = [row for row in rows if any(_differences(row, each) == 0 for each in by_number[row.to])]
    apart = [row for row in rows if min(_differences(row, each) for each in by_number[row.to]) == 1]
    matches = _Matches()
    read = close if len(close) <= MOST_READ else _spread(close, MOST_READ)
    for row in read:
        await _match(case, row, by_number[row.to], matches)
    chosen = {row.id for row in read}
    rest = [row for row in close if row.id not in chosen]
    if rest:
        _take_unread(rest, close, by_number, wanted, matches)
    if doubtful_too:
        for place, row in enumerate(apart):
            if place < MOST_READ:
                await _match(case, row, by_number[row.to], matches)
            else:
                matches.doubts[row.to] += 1
    return matches


def _differences(row: Row, wanted: Wanted) -> int:
    """In how much a row differs from a message to the same number: time and group."""
    return (row.place != "in") + (row.group != wanted.group)


async def _match(case: Case, row: Row, candidates: Sequence[Wanted], matches: _Matches) -> None:
    """Read one message and give it to the one of the wanted that it is, or to its number as a doubt."""
    message: Json = {}
    with suppress(NotFound):
        message = mapping(
            await case.vendor.read("transactional", "listSingleSmsMessage", path={"id": row.id})
        )
    words, sender = message.get("textBody"), text(message, "senderId")
    readable = isinstance(words, str) and sender is not None
    least = 2
    for each in candidates:
        differences = _differences(row, each)
        differences += isinstance(words, str) and folded(words) != each.words
        differences += sender is not None and sender != each.sender
        if differences == 0 and readable:
            matches.own.setdefault(each, []).append(row)
            matches.refused += (text(message, "status") or "") in _REFUSED
            return
        least = min(least, differences)
    if least < 2:
        matches.doubts[row.to] += 1


def _take_unread(
    rest: Sequence[Row],
    close: Sequence[Row],
    by_number: Mapping[str, Sequence[Wanted]],
    wanted: Mapping[Wanted, int],
    matches: _Matches,
) -> None:
    """Take the rest by time, number and group where every text that was read was the one that was sent.

    It is doubted where a number has more than its messages, or several texts were sent to one.
    """
    held = Counter(row.to for row in close)
    exact = all(len(by_number[to]) == 1 and count == wanted[by_number[to][0]] for to, count in held.items())
    if not exact or matches.doubts or len(close) - len(rest) > sum(map(len, matches.own.values())):
        matches.doubts.update(row.to for row in rest)
        return
    for row in rest:
        matches.own.setdefault(by_number[row.to][0], []).append(row)
    matches.unread = len(rest)


def _spread(rows: Sequence[Row], count: int) -> list[Row]:
    return [rows[place * len(rows) // count] for place in range(count)]


def _tallies(
    wanted: Mapping[Wanted, int], matches: _Matches, rivals: Mapping[Wanted, int]
) -> dict[Wanted, Tally]:
    return {
        each: Tally(
            wanted=count,
            rivals=rivals.get(each, 0),
            found=len(matches.own.get(each, ())),
            doubts=matches.doubts[each.to],
        )
        for each, count in wanted.items()
    }


def _finding(
    case: Case, listing: Listing, tallies: Mapping[Wanted, Tally], matches: _Matches, *, unreadable: bool
) -> Finding:
    """The step's outcome from all of its messages."""
    told = [tally.sent for tally in tallies.values()]
    total = sum(tally.wanted for tally in tallies.values())
    sent = sum(count for count in told if count is not None)
    if None in told or (unreadable and (matches.own or matches.doubts)):
        return case.untold(
            f"{_shown(tallies)}, and others to the same numbers at that time; which is which it does not tell"
        )
    if any(tally.sent != tally.wanted and not listing.silent(each.to) for each, tally in tallies.items()):
        return case.untold(f"{_shown(tallies)}, and it may be shortened, so the rest cannot be told")
    rivals = any(tally.rivals for tally in tallies.values())
    ids = () if rivals else [row.id for rows in matches.own.values() for row in rows]
    if sent == total:
        return happened(_shown(tallies) + _remarks(matches), ids)
    if sent:
        note = f"{_shown(tallies)}; the other {total - sent} were not sent{_remarks(matches)}"
        return Finding(state=StepState.PARTIAL, note=note, ids=tuple(ids))
    return case.missing("not sent", _shown(tallies))


def _shown(tallies: Mapping[Wanted, Tally]) -> str:
    total = sum(tally.wanted for tally in tallies.values())
    found = sum(min(tally.found, tally.wanted) for tally in tallies.values())
    return f"E-goi's list of messages shows {found} of {total}"


def _remarks(matches: _Matches) -> str:
    said = ""
    if matches.unread:
        read = sum(map(len, matches.own.values())) - matches.unread
        said += f" (the texts of {read} were compared)"
    if matches.refused:
        said += f"; {matches.refused} could not be delivered"
    return said
