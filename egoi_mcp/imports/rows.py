"""Sorting rows out: each is ready to be imported, wrong, or one that an earlier row is compared equal to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from egoi_mcp.api.json_body import JsonValue, encode_body
from egoi_mcp.errors import InvalidInput

_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row as it was read: its line in the file, or its place in the list, and its values by column.

    `wrong` says why it could not be read as a row.
    """

    number: int
    values: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue], repr=False)
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A row that is imported: the contact's bytes, and the value that it is compared by."""

    number: int
    contact: bytes = field(repr=False)
    compared: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid:
    """A row that is left out, and why; the reason holds nothing of the row."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A row that is left out because an earlier one has the same value to compare by."""

    number: int


Row: TypeAlias = Ready | Invalid | Duplicate


def sort_out(
    records: Iterable[Record],
    *,
    contact_of: Callable[[Mapping[str, JsonValue]], tuple[JsonValue, str]],
    most_bytes: int,
) -> Iterator[Row]:
    """What becomes of each record, in order: exactly one thing. Of rows that compare equal the first counts.

    `contact_of` gives the contact of a record's values and the value that it is compared by, empty where it
    has none; it raises `InvalidInput` where the values are no contact, and its first line is the reason.
    """
    # Eight bytes of each value would do, but then two people could be taken for one.
    seen: set[str] = set()
    for record in records:
        if record.wrong:
            yield Invalid(number=record.number, reason=record.wrong)
            continue
        try:
            contact, compared = contact_of(record.values)
            encoded = encode_body(contact)
        except InvalidInput as error:
            yield Invalid(number=record.number, reason=_reason(error))
            continue
        if not compared:
            yield Invalid(number=record.number, reason="nothing to compare by")
        elif len(encoded) >= most_bytes:
            yield Invalid(number=record.number, reason=f"longer than {most_bytes:,} bytes")
        elif compared in seen:
            yield Duplicate(number=record.number)
        else:
            seen.add(compared)
            yield Ready(number=record.number, contact=encoded, compared=compared)


def _reason(error: InvalidInput) -> str:
    """The refusal without what is said of the call as a whole: other rows may be imported."""
    return str(error).partition(". ")[0].rstrip(".")


@dataclass(slots=True)
class Tally:
    """How many rows became what, and the first of those that are left out."""

    ready: int = 0
    invalid: int = 0
    duplicate: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])
    first_invalid: list[Invalid] = field(default_factory=list[Invalid])
    first_duplicate: list[int] = field(default_factory=list[int])

    @property
    def rows(self) -> int:
        """All of them."""
        return self.ready + self.invalid + self.duplicate

    def count(self, row: Row) -> None:
        """Count one row."""
        match row:
            case Ready():
                self.ready += 1
            case Invalid():
                self.invalid += 1
                self.reasons[row.reason] += 1
                if len(self.first_invalid) < _MOST_SHOWN:
                    self.first_invalid.append(row)
            case Duplicate():
                self.duplicate += 1
                if len(self.first_duplicate) < _MOST_SHOWN:
                    self.first_duplicate.append(row.number)

    def left_out(self) -> tuple[str, ...]:
        """The rows that are left out, counted by reason, and the first of them by number."""
        told = self.reasons.most_common(_MOST_SHOWN)
        said = [f"{_counted(count)}: {reason}" for reason, count in told]
        if others := self.invalid - sum(count for _, count in told):
            said.append(f"{_counted(others)} for other reasons")
        if self.first_invalid:
            first = (f"row {each.number}, {each.reason}" for each in self.first_invalid)
            said.append(f"the first: {'; '.join(first)}")
        if self.duplicate:
            numbers = ", ".join(map(str, self.first_duplicate))
            more = ", …" if self.duplicate > len(self.first_duplicate) else ""
            equal = f"{_counted(self.duplicate)} equal to an earlier one, which counts"
            said.append(f"{equal}: row {numbers}{more}")
        return tuple(said)


def _counted(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
