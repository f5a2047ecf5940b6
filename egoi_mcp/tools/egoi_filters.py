"""The filters of a list's contacts: checked, put into E-goi's form, and held against what came back.

Source: E-goi v3, `getAllContacts` and `getAllContactsBySegment`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from egoi_mcp.api.catalog import operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.vendor_json import Json, objects, text, texts
from egoi_mcp.phones import parse_phone
from egoi_mcp.tools.names import Named, find_field

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Query parameters, and the extra fields among them with the values that every row must hold."""

    query: Mapping[str, str | int | bool] = field(default_factory=dict[str, "str | int | bool"])
    extra: Mapping[str, str] = field(default_factory=dict[str, str])

    def check(self, rows: Sequence[Json]) -> None:
        """Refuse an answer that does not keep to the extra fields.

        The document writes that parameter in two ways and no reply says which one holds. A vendor that
        does not know the way it is written here would answer the whole list as if it were the selection.

        Raises:
            InvalidInput: a row holds another value.
        """
        for number, value in self.extra.items():
            if not all(_holds(row, number, value) for row in rows):
                raise InvalidInput(
                    f"filters: E-goi answered contacts whose extra_{number} is another, so it did not keep "
                    "to the filter and the answer is not shown. Use a segment instead (list_audiences, kind "
                    "segments). Nothing was changed."
                )


def segment_filters(given: Mapping[str, object]) -> Mapping[str, bool]:
    """The one thing that can be said of a segment's contacts: whether those who left are shown.

    Raises:
        InvalidInput: another filter.
    """
    if not given:
        return {}
    shown = given.get("show_removed")
    if set(given) != {"show_removed"} or not isinstance(shown, bool):
        raise InvalidInput(
            "filters: with a segment E-goi knows show_removed, true or false, and nothing else. Leave the "
            "segment out for the others. Nothing was changed."
        )
    return {"show_removed": shown}


async def list_filters(client: ApiClient, list_id: int, given: Mapping[str, object]) -> Filters:
    """The filters of one list, fields named by id or name.

    Raises:
        InvalidInput: a field that the list does not have, one that cannot be filtered by, or a value that
            the field does not take.
    """
    if len(given) > _MOST:
        raise InvalidInput(f"filters: at most {_MOST}. Nothing was changed.")
    query: dict[str, str | int | bool] = {}
    extra: dict[str, str] = {}
    for name, value in given.items():
        if name in _BASE:
            query[name] = _BASE[name](name, value)
            continue
        found = await find_field(client, list_id, name, what="filters")
        if found.id in _BASE:
            query[found.id] = _BASE[found.id](found.id, value)
        elif found.id.startswith("extra_"):
            number = found.id.removeprefix("extra_")
            extra[number] = _extra_value(found, value)
            query[f"extra_field_id[{number}]"] = extra[number]
        else:
            raise InvalidInput(
                f"filters: E-goi cannot filter by {found.id}. It takes {', '.join(_BASE)} and extra fields. "
                "Nothing was changed."
            )
    return Filters(query=query, extra=extra)


def _said(name: str, value: object) -> str:
    if (
        isinstance(value, bool)
        or not isinstance(value, str | int | float)
        or not (said := str(value).strip())
    ):
        raise InvalidInput(f"filters.{name}: must be a text or a number. Nothing was changed.")
    return said


def _phone(name: str, value: object) -> str:
    return parse_phone(_said(name, value), label=f"filters.{name}").egoi


def _switch(name: str, value: object) -> bool:
    """True for a channel that is on: `true`, or E-goi's own word for it."""
    words: Mapping[object, bool] = {"active": True, "inactive": False, "true": True, "false": False}
    found = value if isinstance(value, bool) else words.get(value if isinstance(value, str) else None)
    if found is None:
        raise InvalidInput(f"filters.{name}: must be true (active) or false (inactive). Nothing was changed.")
    return found


def _date(name: str, value: object) -> str:
    said = _said(name, value)
    if not _DATE.fullmatch(said):
        raise InvalidInput(f"filters.{name}: must be a date, such as 2026-03-01. Nothing was changed.")
    return said


def _language(name: str, value: object) -> str:
    said = _said(name, value)
    known = next(p.enum for p in operation("egoi", "getAllContacts").parameters if p.name == "language")
    if said not in known:
        raise InvalidInput(f"filters.{name}: must be one of {', '.join(known)}. Nothing was changed.")
    return said


_BASE: Mapping[str, Callable[[str, object], str | bool]] = {
    "first_name": _said,
    "last_name": _said,
    "email": _said,
    "email_status": _switch,
    "cellphone": _phone,
    "cellphone_status": _switch,
    "phone": _phone,
    "phone_status": _switch,
    "birth_date": _date,
    "language": _language,
}


def _extra_value(found: Named, value: object) -> str:
    kind = text(found.row, "format")
    if kind in {"cellphone", "phone"}:
        return _phone(found.id, value)
    if kind == "date":
        return _date(found.id, value)
    said = _said(found.id, value)
    return _option(found, said) if kind == "options" else said


def _option(found: Named, wanted: str) -> str:
    """The id of the option with this id, or this name in any language."""
    options = list(objects(found.row.get("options")))
    for option in options:
        number = text(option, "option_id")
        names = {str(value).casefold() for name, value in option.items() if name != "option_id"}
        if number and (number == wanted or wanted.casefold() in names):
            return number
    raise InvalidInput(
        f"filters.{found.id}: has no such option. list_audiences (kind options, field {found.id}) shows "
        "them. Nothing was changed."
    )


def _holds(row: Json, number: str, value: str) -> bool:
    for each in objects(row.get("extra")):
        if (text(each, "field_id") or "").removeprefix("extra_") == number:
            held = (text(each, "value") or "", *texts(each, "value"))
            return any(value.casefold() in one.casefold() for one in held)
    return False
