"""The fields of an E-goi list, and which of them a name means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.contact_fields.values import Wrong, plain, short
from egoi_mcp.models.vendor_json import Json, flag, number, objects, text

_EXTRA_ID = re.compile(r"(?:extra_)?([1-9][0-9]{0,9})")
_LANGUAGES = ("en", "pt", "br", "es", "de", "hu", "fr")
_MOST_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOption:
    """A choice of an extra field; `labels` are its names, one a language."""

    id: int
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListField:
    """An extra field of a list; `format` is date, text, cellphone, phone, number, email or options.

    Source: E-goi v3, `getAllFields`.
    """

    number: int
    name: str
    format: str
    unique: bool = False
    options: tuple[FieldOption, ...] = ()

    @property
    def field_id(self) -> str:
        """What list_audiences and the vendor's filters call it."""
        return f"extra_{self.number}"


class ListFields(Sequence[ListField]):
    """The extra fields of one list, found by id or name; made once for as many contacts as there are."""

    def __init__(self, fields: Iterable[ListField] = ()) -> None:
        self._fields = tuple(fields)
        self._by_number = {each.number: each for each in self._fields}
        self._by_name: dict[str, list[ListField]] = {}
        for each in self._fields:
            self._by_name.setdefault(plain(each.name), []).append(each)

    @classmethod
    def of(cls, rows: object) -> ListFields:
        """Those among the vendor's rows of fields that are extra ones."""
        return cls(found for row in objects(rows) if (found := list_field(row)) is not None)

    @overload
    def __getitem__(self, index: int) -> ListField: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ListField]: ...
    def __getitem__(self, index: int | slice) -> ListField | Sequence[ListField]:
        return self._fields[index]

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[ListField]:
        return iter(self._fields)

    @property
    def names(self) -> tuple[str, ...]:
        """How each is called."""
        return tuple(self._by_name)

    def find(self, name: str) -> ListField | None:
        """The field that an id (`extra_12`, `12`) or a name in any case means; None where none does.

        Raises:
            Wrong: several are called so.
        """
        if (hit := _EXTRA_ID.fullmatch(name.strip())) and (found := self._by_number.get(int(hit[1]))):
            return found
        alike = self._by_name.get(plain(name), [])
        if len(alike) > 1:
            ids = ", ".join(each.field_id for each in alike[:_MOST_SHOWN])
            raise Wrong(f"several fields are called so; give the id: {ids}")
        return alike[0] if alike else None


def list_field(row: Json) -> ListField | None:
    """An extra field by the vendor's row of it; None for a base field.

    Source: E-goi v3, `getAllFields`.
    """
    hit = _EXTRA_ID.fullmatch(text(row, "field_id") or "")
    if hit is None or text(row, "type") == "base":
        return None
    options = (
        FieldOption(id=found, labels=tuple(label for each in _LANGUAGES if (label := text(option, each))))
        for option in objects(row.get("options"))
        if (found := number(option, "option_id")) is not None
    )
    return ListField(
        number=int(hit[1]),
        name=text(row, "name") or "",
        format=text(row, "format") or "text",
        unique=flag(row, "unique") or False,
        options=tuple(options),
    )


def options_of(field: ListField, value: JsonValue) -> JsonValue:
    """The ids of the choices that ids or labels mean, one or several (a list, or a text with ; between).

    Raises:
        Wrong: one means no choice of the field, or more than one.
    """
    given: Sequence[JsonValue]
    if isinstance(value, str):
        alone = _option(field, value)
        given = [value] if alone or ";" not in value else value.split(";")
    else:
        given = value if isinstance(value, Sequence) else [value]
    if not given:
        raise Wrong("must not be empty")
    chosen: dict[int, None] = {}
    for each in given:
        found = _option(field, short(each).strip())
        if len(found) != 1:
            raise Wrong(f"must be {'one of ' if not found else 'the id of one of '}{_choices(field)}")
        chosen[found[0]] = None
    return list(chosen)


def _option(field: ListField, said: str) -> list[int]:
    wanted = said.strip().casefold()
    by_label = [each.id for each in field.options if wanted in (label.casefold() for label in each.labels)]
    return by_label or [each.id for each in field.options if wanted == str(each.id)]


def _choices(field: ListField) -> str:
    said = [f"{each.id} ({each.labels[0]})" if each.labels else str(each.id) for each in field.options]
    more = f" and {len(said) - _MOST_SHOWN} more" if len(said) > _MOST_SHOWN else ""
    return ", ".join(said[:_MOST_SHOWN]) + more if said else "its choices, and it has none"
