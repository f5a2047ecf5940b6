"""A row of an import as an E-goi contact: which column is which member, and what is compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.contact_fields.egoi import egoi_contact, is_base
from egoi_mcp.contact_fields.list_fields import ListFields
from egoi_mcp.contact_fields.values import Wrong, plain
from egoi_mcp.errors import InvalidInput

_NOTHING = "Nothing was imported."
_AMBIGUOUS = "phone"
_ERASED = frozenset({"first_name", "last_name"})
"""Base members of which an empty text is a value that the vendor takes."""
_MOST_IGNORED = 20
_PLAIN = re.compile(r"[^\W\d][\w -]{0,39}")


def shown_column(name: str) -> str:
    """A column's name for a refusal; one that may be somebody's address or number is not repeated."""
    return name if _PLAIN.fullmatch(name) else "(a name that is not repeated here)"


@dataclass(kw_only=True)
class Columns:
    """What each column means.

    `chosen` are the caller's own (column to member); every other column that is called like a member is that
    member, and the rest is ignored and remembered in `ignored`, the first twenty of them.
    """

    fields: ListFields
    chosen: Mapping[str, str]
    ignored: dict[str, None] = field(default_factory=dict[str, None])
    _known: dict[str, str | None] = field(default_factory=dict[str, str | None])
    _unseen: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        """Raises InvalidInput where a column was given a member that there is not."""
        for column, member in self.chosen.items():
            if self._member(member) is None:
                raise InvalidInput(
                    f"columns: {shown_column(member)} is no member of a contact and no field of this list. "
                    f"{_NOTHING} list_audiences (kind fields) shows the list's own."
                )
            self._known[column] = member
            self._unseen.add(column)

    @property
    def used(self) -> dict[str, str]:
        """The columns that were found to mean something, and what."""
        return {column: member for column, member in self._known.items() if member is not None}

    def member_of(self, column: str) -> str | None:
        """The member that a column fills; None where it is ignored."""
        if column not in self._known:
            self._known[column] = None if plain(column) == _AMBIGUOUS else self._member(column)
        member = self._known[column]
        if member is not None:
            self._unseen.discard(column)
        elif len(self.ignored) < _MOST_IGNORED:
            self.ignored[column] = None
        return member

    def check(self) -> None:
        """See that every column of the rows that were read could be told.

        Raises:
            InvalidInput: one is called phone, which E-goi takes for the landline and people for the mobile;
                or one that was given a member stands in no row.
        """
        if any(plain(each) == _AMBIGUOUS for each in self.ignored):
            raise InvalidInput(
                'columns: say what the column phone is, as {"phone": "cellphone"} or {"phone": "landline"}. '
                + _NOTHING
            )
        if self._unseen:
            raise InvalidInput(f"columns: no row has {shown_column(min(self._unseen))}. {_NOTHING}")

    def _member(self, name: str) -> str | None:
        try:
            return name if is_base(name) or self.fields.find(name.removesuffix("_status")) else None
        except Wrong as wrong:
            raise InvalidInput(f"columns: {shown_column(name)}: {wrong}. {_NOTHING}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Makes the contact of a row; `compare` is the field that it is compared by, `status` the default."""

    columns: Columns
    compare: str
    status: str | None
    force_empty: bool

    def contact_of(self, row: Mapping[str, JsonValue]) -> tuple[JsonValue, str]:
        """The contact and the value that it is compared by.

        Raises:
            InvalidInput: a value does not fit its member, or two columns fill the same one.
        """
        values, empty = self._filled(row)
        if self.status is not None:
            values.setdefault("status", self.status)
        made = egoi_contact(values, self.columns.fields, deed="import")
        if made.problems:
            raise InvalidInput("; ".join(problem.rstrip(".") for problem in made.problems[:3]))
        contact = dict(made.body)
        if self.force_empty:
            _erase(contact, empty, self.columns.fields)
        return contact, _compared(contact, self.compare)

    def _filled(self, row: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], list[str]]:
        """The members that have a value, and those whose cell is empty."""
        values: dict[str, JsonValue] = {}
        empty: list[str] = []
        for column, value in row.items():
            member = self.columns.member_of(column)
            if member is None:
                continue
            if value is None or (isinstance(value, str) and not value.strip()):
                empty.append(member)
            elif member in values:
                raise InvalidInput(f"{member} is given twice")
            else:
                values[member] = value
        return values, empty


def _erase(contact: dict[str, JsonValue], empty: Iterable[str], fields: ListFields) -> None:
    """Put the empty values in that erase what was there."""
    base = contact.get("base")
    erased: dict[str, JsonValue] = {name: "" for each in empty if (name := plain(each)) in _ERASED}
    if erased:
        contact["base"] = {**(base if isinstance(base, Mapping) else {}), **erased}
    found = (fields.find(each) for each in empty if not is_base(each))
    texts: list[JsonValue] = [
        {"field_id": each.number, "value": ""} for each in found if each is not None and each.format == "text"
    ]
    extra = contact.get("extra")
    if texts:
        contact["extra"] = [*(extra if isinstance(extra, list) else []), *texts]


def _compared(contact: Mapping[str, JsonValue], name: str) -> str:
    base, extra = contact.get("base"), contact.get("extra")
    value: JsonValue = base.get(name) if isinstance(base, Mapping) else None
    if name.startswith("extra_") and isinstance(extra, list):
        number = int(name.removeprefix("extra_"))
        entries = [each for each in extra if isinstance(each, Mapping) and each.get("field_id") == number]
        value = entries[0].get("value") if entries else None
    return value.casefold() if isinstance(value, str) else ""
