"""The vendor's lists of transactional messages: what they show, and when their silence can be believed.

Source: E-goi transactional v2, `listAllSmsMessages`. It documents no paging and no limit, so a list is taken
for whole only where its own rows prove it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from egoi_mcp.guard.looks.case import Case
from egoi_mcp.guard.looks.times import FAR_SECONDS, Place, Span, moment
from egoi_mcp.models.vendor_json import Json, objects, text

FEW = 3
"""Numbers that are asked for one by one at once; for more the list of everybody is read first."""
MOST_ASKED = 20
"""Numbers that are asked for one by one where that list does not prove that they are missing."""
LEAST_PAGE = 10
"""No page of the vendor's APIs is shorter than this, so a list of fewer rows was not cut."""
_DAY_SECONDS = 86_400.0
_WRITTEN = re.compile(r"[0-9]{1,3}-[0-9]{4,20}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message as a list shows it; `to` is digits alone, `written` as the vendor writes it."""

    id: str
    to: str
    written: str
    group: str
    at: float | None
    place: Place


def digits(number: str) -> str:
    """A number in any writing as its digits."""
    return "".join(character for character in number if character in "0123456789")


def folded(words: str) -> str:
    """A text or name blind to spacing at its ends and to line breaks."""
    return " ".join(words.split())


def whole(rows: Sequence[Row], span: Span) -> bool:
    """Whether the rows are certainly all that the vendor has of a span, each with its number and id.

    They are where there are fewer than a page holds, or where they stand in order of time, in either
    direction, and go on beyond the span's far end.
    """
    if not all(row.to and row.id for row in rows):
        return False
    if len(rows) < LEAST_PAGE:
        return True
    times = [row.at for row in rows if row.at is not None]
    if len(times) < len(rows):
        return False
    wide = span.widened(FAR_SECONDS)
    if times == sorted(times, reverse=True):
        return times[-1] < wide.start
    return times == sorted(times) and times[-1] > wide.end


@dataclass(slots=True)
class Listing:
    """What the lists have shown so far of messages to some numbers.

    `written` maps each number's digits to the form in which it was sent.
    """

    case: Case
    written: Mapping[str, str]
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    _silent: set[str] = field(default_factory=set[str])
    _form_known: bool = False

    async def ask_each(self, numbers: Sequence[str]) -> None:
        """Read the list of each number.

        Raises:
            ApiError: the vendor could not be asked.
        """
        for number in numbers:
            found = await self._read({"destination": self.written[number]})
            # A filter that is not heeded gives others' messages too, and then proves nothing by itself.
            if all(row.to == number for row in found):
                self._form_known = self._form_known or bool(found)
                if whole(found, self.case.span):
                    self._silent.add(number)

    async def ask_all(self) -> None:
        """Read the list of everybody for the days around the span.

        Raises:
            ApiError: the vendor could not be asked.
        """
        found = await self._read({})
        self._form_known = self._form_known or any(_WRITTEN.fullmatch(row.written) for row in found)
        if whole(found, self.case.span):
            self._silent |= self.written.keys()
            self._form_known = True

    def silent(self, number: str) -> bool:
        """Whether all messages to a number are known, so that one that is not among them does not exist.

        Where only the list of the number itself says so, it counts if the vendor is seen to write numbers
        as they were asked for: a filter in a form that it does not know would find nothing either.
        """
        return self._form_known and number in self._silent

    async def _read(self, query: Mapping[str, str]) -> list[Row]:
        span = self.case.span.widened(FAR_SECONDS + _DAY_SECONDS)
        window = {"dateStart": _day(span.start)}
        if span.end < self.case.now:
            window["dateEnd"] = _day(span.end)
        answer = await self.case.vendor.read("transactional", "listAllSmsMessages", query={**window, **query})
        found = [self._row(each) for each in objects(answer)]
        self.rows |= {row.id: row for row in found if row.id and row.to in self.written}
        return found

    def _row(self, row: Json) -> Row:
        written, stamp = text(row, "subscriberMobile") or "", text(row, "createDate")
        return Row(
            id=text(row, "messageId", "id") or "",
            to=digits(written),
            written=written,
            group=folded(text(row, "groupName") or "").casefold(),
            at=moment(stamp, self.case.zone),
            place=self.case.span.place(stamp, self.case.zone),
        )


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
