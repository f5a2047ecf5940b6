"""Intercom's contact search: filters, groups of filters, and pages by cursor."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias, cast

from pydantic import Field

from egoi_mcp.sandbox.state import IntercomContact
from egoi_mcp.sandbox.validation import NullableBody
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, invalid

Scalar: TypeAlias = str | int | bool | None
Operator = Literal["=", "!=", "IN", "NIN", "<", "<=", ">", ">=", "~", "!~", "^", "$"]
_DATES = frozenset(
    {
        *("created_at", "updated_at", "signed_up_at", "last_seen_at", "last_contacted_at", "last_replied_at"),
        *("last_email_opened_at", "last_email_clicked_at", "ios_last_seen_at", "android_last_seen_at"),
    }
)
_SWITCHES = frozenset({"unsubscribed_from_emails", "marked_email_as_spam", "has_hard_bounced"})
_TEXTS = frozenset(
    {
        *("id", "role", "name", "avatar", "owner_id", "email", "email_domain", "phone", "formatted_phone"),
        *("external_id", "language_override", "browser", "browser_language", "os", "location.country"),
        *("location.region", "location.city", "ios_app_version", "ios_device", "ios_app_device"),
        *("ios_os_version", "ios_app_name", "ios_sdk_version", "android_app_version", "android_device"),
        *("android_app_name", "andoid_sdk_version", "segment_id", "tag_id"),
    }
)
_FIELDS = _DATES | _SWITCHES | _TEXTS
_DAY = 86_400
_MOST_FILTERS = 15


class Filter(NullableBody):
    """One comparison."""

    field: str
    operator: Operator
    value: Scalar | list[str | int]


class Group(NullableBody):
    """Comparisons that all, or any, must hold; groups nest once."""

    operator: Literal["AND", "OR"]
    value: list[Group | Filter] = Field(min_length=1, max_length=_MOST_FILTERS)


class Pagination(NullableBody):
    """Cursor and size of a page."""

    per_page: int = Field(default=50, ge=1, le=150)
    starting_after: str | None = None


class Sort(NullableBody):
    """The order of the results."""

    field: str
    order: Literal["ascending", "descending"] = "descending"


class Search(NullableBody):
    """Body of SearchContacts."""

    query: Group | Filter
    pagination: Pagination = Pagination()
    sort: Sort | None = None


def matching(contacts: Sequence[IntercomContact], search: Search) -> list[IntercomContact]:
    """The contacts for whom the query holds, in the asked order.

    Raises:
        Refusal: 400, a field or an operator that the search does not know, or groups too deep.
    """
    _check(search.query, depth=0)
    found = [contact for contact in contacts if _holds(contact, search.query)]
    if search.sort is not None:
        by = search.sort.field
        found.sort(key=lambda contact: _order(contact, by), reverse=search.sort.order == "descending")
    return found


def _order(contact: IntercomContact, by: str) -> tuple[int, str]:
    value = _value(contact, by)
    return (value, "") if isinstance(value, int) else (0, str(value or ""))


def _check(query: Group | Filter, depth: int) -> None:
    if isinstance(query, Group):
        if depth > 1:
            raise invalid("query", "groups nest too deep", status=400)
        for part in query.value:
            _check(part, depth + 1)
        return
    if query.field not in _FIELDS and not query.field.startswith("custom_attributes."):
        raise invalid("query.field", f"{query.field} cannot be searched", status=400)
    if query.field == "tag_id" and query.operator not in {"=", "!="}:
        raise invalid("query.operator", "tag_id knows = and != alone", status=400)
    if query.field in _DATES and query.operator not in {"=", "<", ">"}:
        raise invalid("query.operator", "dates know =, < and > alone", status=400)
    if query.field in _SWITCHES and query.operator not in {"=", "!=", "IN", "NIN"}:
        raise invalid("query.operator", "truth values know =, !=, IN and NIN alone", status=400)
    if query.field in _DATES and not re.fullmatch(r"-?[0-9]{1,12}", str(query.value)):
        raise invalid("query.value", "a date is a whole number of seconds", status=400)
    if (query.operator in {"IN", "NIN"}) != isinstance(query.value, list):
        raise invalid("query.value", "a list goes with IN and NIN alone", status=400)


def _holds(contact: IntercomContact, query: Group | Filter) -> bool:
    if isinstance(query, Group):
        held = (_holds(contact, part) for part in query.value)
        return all(held) if query.operator == "AND" else any(held)
    if query.field == "tag_id":
        return (query.value in contact.tags) == (query.operator == "=")
    value = _value(contact, query.field)
    if query.field in _DATES:
        # Days are compared, of a workspace that is on UTC.
        days = value // _DAY if isinstance(value, int) else None
        return _COMPARE[query.operator](days, int(str(query.value)) // _DAY)
    return _COMPARE[query.operator](value, query.value)


def _value(contact: IntercomContact, field: str) -> JsonValue:
    if field.startswith("custom_attributes."):
        attributes = contact.fields.get("custom_attributes")
        return attributes.get(field.partition(".")[2]) if isinstance(attributes, dict) else None
    email = contact.fields.get("email")
    own: Mapping[str, JsonValue] = {
        "email_domain": email.rpartition("@")[2] if isinstance(email, str) else None,
        "id": contact.id,
        "role": contact.role,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
    }
    return own[field] if field in own else contact.fields.get(field)


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _equal(held: JsonValue, wanted: object) -> bool:
    return _folded(held) == _folded(wanted)


def _in(held: JsonValue, wanted: object) -> bool:
    items = cast("list[object]", wanted) if isinstance(wanted, list) else []
    return _folded(held) in [_folded(item) for item in items]


def _text(compare: Callable[[str, str], bool]) -> Callable[[JsonValue, object], bool]:
    def applied(held: JsonValue, wanted: object) -> bool:
        return (
            isinstance(held, str) and isinstance(wanted, str) and compare(held.casefold(), wanted.casefold())
        )

    return applied


def _number(compare: Callable[[float, float], bool]) -> Callable[[JsonValue, object], bool]:
    def applied(held: JsonValue, wanted: object) -> bool:
        try:
            return isinstance(held, int | float) and compare(held, float(str(wanted)))
        except ValueError:
            return False

    return applied


_contains = _text(lambda held, wanted: wanted in held)
_COMPARE: Mapping[Operator, Callable[[JsonValue, object], bool]] = {
    "=": _equal,
    "!=": lambda held, wanted: not _equal(held, wanted),
    "IN": _in,
    "NIN": lambda held, wanted: not _in(held, wanted),
    "~": _contains,
    "!~": lambda held, wanted: not _contains(held, wanted),
    "^": _text(str.startswith),
    "$": _text(str.endswith),
    "<": _number(lambda held, wanted: held < wanted),
    "<=": _number(lambda held, wanted: held <= wanted),
    ">": _number(lambda held, wanted: held > wanted),
    ">=": _number(lambda held, wanted: held >= wanted),
}


def cursor_page(
    contacts: Sequence[IntercomContact], per_page: int, starting_after: str | None
) -> tuple[Sequence[IntercomContact], JsonObject]:
    """One page after a cursor, and the `pages` object that leads to the next.

    Raises:
        Refusal: 400, the cursor is none of this sandbox's.
    """
    start = 0
    if starting_after is not None:
        ids = [contact.id for contact in contacts]
        last = _read_cursor(starting_after)
        if last not in ids:
            raise invalid("starting_after", "unknown cursor", status=400)
        start = ids.index(last) + 1
    shown = contacts[start : start + per_page]
    pages: dict[str, JsonValue] = {
        "type": "pages",
        "page": start // per_page + 1,
        "per_page": per_page,
        "total_pages": -(-len(contacts) // per_page),
    }
    if start + per_page < len(contacts):
        cursor = base64.urlsafe_b64encode(f"after:{shown[-1].id}".encode()).decode()
        pages["next"] = {"per_page": per_page, "starting_after": cursor}
    return shown, pages


def _read_cursor(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text.encode()).decode().removeprefix("after:")
    except (binascii.Error, UnicodeError):
        return ""
