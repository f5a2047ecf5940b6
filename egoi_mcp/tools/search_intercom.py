"""Searching Intercom's users and leads."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text
from egoi_mcp.phones import parse_phone
from egoi_mcp.tools.contact_hits import Hits, Question, offset_in
from egoi_mcp.tools.contact_shapes import intercom_summary, same_person_keys
from egoi_mcp.tools.contacts import intercom_search
from egoi_mcp.tools.names import find_tag
from egoi_mcp.tools.paging import not_ours
from egoi_mcp.tools.vendor import read

Query = Mapping[str, JsonValue]

_DATES = frozenset(
    {
        *("created_at", "signed_up_at", "updated_at", "last_seen_at", "last_contacted_at", "last_replied_at"),
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
        # The document misspells this one, and what it calls it is what the search knows.
        *("android_app_name", "andoid_sdk_version", "segment_id", "tag_id"),
    }
)
FIELDS = _DATES | _SWITCHES | _TEXTS
"""What the search compares, as the document lists it; `custom_attributes.NAME` beside it."""
OPERATORS = frozenset({"=", "!=", "IN", "NIN", "<", "<=", ">", ">=", "~", "!~", "^", "$"})
_MOST_FILTERS = 15


async def search_intercom(client: ApiClient, question: Question) -> Hits:
    """The contacts that the question means, by Intercom's own cursors.

    A position is the cursor of the page and how many of its rows were shown before.

    Source: Intercom, `SearchContacts`, and `ListContacts` where nothing is looked for.

    Raises:
        InvalidInput: Intercom cannot be asked that, or a tag's name does not decide.
    """
    question.refuse("Intercom", "list_id", "segment")
    cursor, skipped = _place(question.position)
    query = await _query(client, question)
    if query is not None:
        answer = await intercom_search(client, query, limit=question.limit, starting_after=cursor)
    else:
        window: dict[str, str | int | bool] = {"per_page": question.limit}
        window |= {"starting_after": cursor} if cursor is not None else {}
        answer = mapping(await read(client, "intercom", "ListContacts", query=window))
    rows = list(objects(answer, "data"))[skipped:]
    following = text(mapping(mapping(answer.get("pages")).get("next")), "starting_after")

    def after(shown: int) -> JsonValue:
        if shown < len(rows):
            return [cursor or "", skipped + shown]
        return [following, 0] if following is not None else None

    return Hits(
        contacts=tuple(intercom_summary(row, question.wanted) for row in rows),
        keys=tuple(same_person_keys(row, "intercom") for row in rows),
        after=after,
        total=number(answer, "total_count"),
    )


def _place(position: JsonValue) -> tuple[str | None, int]:
    if position is None:
        return None, 0
    if not isinstance(position, list) or len(position) != 2 or not isinstance(position[0], str):
        raise not_ours()
    return position[0] or None, offset_in(position[1])


async def _query(client: ApiClient, question: Question) -> Query | None:
    """The query object: what is looked for, the role and the filters, all of which must hold."""
    singles = [_filter("role", "=", question.role)] if question.role is not None else []
    for name, value in question.filters.items():
        singles += await _filters(client, name, value)
    if len(singles) >= _MOST_FILTERS:
        raise InvalidInput(f"filters: Intercom takes fewer than {_MOST_FILTERS}. Nothing was changed.")
    looked_for = _looked_for(question.query)
    if len(looked_for) < 2:
        return _all_of([*looked_for, *singles])
    either: Query = {"operator": "OR", "value": looked_for}
    # The members of a group are all groups, or all comparisons.
    return either if not singles else {"operator": "AND", "value": [either, _group(singles)]}


def _all_of(singles: Sequence[Query]) -> Query | None:
    if not singles:
        return None
    return singles[0] if len(singles) == 1 else _group(singles)


def _group(singles: Sequence[Query]) -> Query:
    return {"operator": "AND", "value": list(singles)}


def _looked_for(query: str | None) -> list[Query]:
    """An address, a number, or else a part of a name or the customer's own id."""
    if query is None:
        return []
    if "@" in query:
        return [_filter("email", "=", query)]
    with suppress(InvalidInput):
        return [
            _filter("phone", "=", parse_phone(query, label="query").e164),
            _filter("external_id", "=", query),
        ]
    return [_filter("name", "~", query), _filter("external_id", "=", query)]


def _filter(field: str, operator: str, value: JsonValue) -> Query:
    return {"field": field, "operator": operator, "value": value}


async def _filters(client: ApiClient, name: str, value: object) -> list[Query]:
    """One filter: a value that is equal, a list of which one is, or `{operator: value}`."""
    if name == "tag":
        return [_filter("tag_id", "=", (await find_tag(client, str(value), what="filters.tag")).id)]
    if name not in FIELDS and not name.startswith("custom_attributes."):
        near = difflib.get_close_matches(name, sorted(FIELDS), n=1, cutoff=0.5)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise InvalidInput(f"filters: Intercom compares no member of that name.{meant} Nothing was changed.")
    label = f"filters.{name}" if name in FIELDS else "filters.custom_attributes"
    if not isinstance(value, Mapping):
        return [_filter(name, "IN" if _is_list(value) else "=", _value(name, label, value))]
    found: list[Query] = []
    for operator, each in cast(Json, value).items():
        if operator not in OPERATORS or (operator in {"IN", "NIN"}) != _is_list(each):
            raise InvalidInput(
                f"{label}: an operator is one of {' '.join(sorted(OPERATORS))}, and IN and NIN take a list. "
                "Nothing was changed."
            )
        found.append(_filter(name, operator, _value(name, label, each)))
    return found


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _value(name: str, label: str, value: object) -> JsonValue:
    """The value in the form that the member has: whole seconds for a time, true or false for a switch."""
    if isinstance(value, list):
        return [_value(name, label, each) for each in cast(list[object], value)]
    if name in _DATES:
        return value if isinstance(value, int) and not isinstance(value, bool) else _seconds(label, value)
    if name in _SWITCHES:
        if not isinstance(value, bool):
            raise InvalidInput(f"{label}: must be true or false. Nothing was changed.")
        return value
    if value is not None and not isinstance(value, str | int | bool):
        raise InvalidInput(f"{label}: must be a text, a whole number, true or false. Nothing was changed.")
    return value if name not in _TEXTS or value is None else str(value)


def _seconds(label: str, value: object) -> int:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(
            f"{label}: must be a date, such as 2026-03-01; Intercom compares whole days. Nothing was changed."
        ) from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
