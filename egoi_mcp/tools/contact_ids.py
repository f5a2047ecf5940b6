"""Contacts that a call names: each once, in its vendor's form, and the first few looked at for a preview."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput, NotFound, Rejected
from egoi_mcp.models.vendor_json import Json, mapping, text
from egoi_mcp.phones import parse_phone
from egoi_mcp.settings import Provider
from egoi_mcp.tools.contacts import find_egoi_contact
from egoi_mcp.tools.vendor import read

VENDORS: Mapping[Provider, str] = {"egoi": "E-goi", "txtsync": "TxtSync", "intercom": "Intercom"}
"""What a vendor is called in texts."""
MOST_ONE_BY_ONE = 50
"""Contacts of one call where a vendor takes them one by one: half of what a minute allows."""
MOST_SHOWN = 5
_FORMS: Mapping[Provider, tuple[re.Pattern[str], str]] = {
    "egoi": (re.compile(r"[0-9a-fA-F]{10}"), "10 hex digits"),
    "txtsync": (re.compile(r"[1-9][0-9]{0,17}"), "a number"),
    "intercom": (re.compile(r"[0-9a-fA-F]{24}"), "24 hex digits"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The first few of the contacts, as the vendor has them now: how they are reached and called.

    `missing` counts those of the `looked` that are not there.
    """

    to: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    looked: int = 0
    missing: int = 0

    @property
    def personal(self) -> dict[str, str]:
        """The names, for a preview."""
        return {"names": ", ".join(self.names)} if self.names else {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a preview says of those that are not there."""
        if not self.missing:
            return ()
        return (f"of the first {self.looked}, {self.missing} are not among the vendor's contacts",)


def distinct_ids(provider: Provider, contact_ids: Sequence[str], *, most: int | None = None) -> list[str]:
    """The ids, each once; their letters mean the same in either case.

    Raises:
        InvalidInput: one is no id of a contact of this vendor, or they are more than `most`.
    """
    form, words = _FORMS[provider]
    if wrong := sum(not form.fullmatch(each) for each in contact_ids):
        raise InvalidInput(
            f"contact_ids: {wrong} of {len(contact_ids)} are not ids of {VENDORS[provider]} contacts "
            f"({words}). Nothing was changed. search_contacts gives them."
        )
    return distinct("contact_ids", contact_ids, most=most)


def distinct(name: str, values: Iterable[str], *, most: int | None = None, fold: bool = True) -> list[str]:
    """The values of the argument `name`, each once; with `fold` their letters mean the same in either case.

    Raises:
        InvalidInput: they are more than `most`.
    """
    first: dict[str, str] = {}
    for each in values:
        first.setdefault(each.casefold() if fold else each, each)
    if most is not None and len(first) > most:
        raise InvalidInput(
            f"{name}: each contact is a request of its own, so at most {most} at once. Nothing was changed. "
            "Split them into several calls."
        )
    return list(first.values())


async def look_at(
    client: ApiClient, provider: Provider, contact_ids: Sequence[str], *, list_id: int | None = None
) -> Seen:
    """The first few of the contacts; at TxtSync nobody can be read by an id.

    Raises:
        ApiError: the vendor could not be asked.

    Source: E-goi v3, `getContact`; Intercom, `ShowContact`.
    """
    wanted = contact_ids[:MOST_SHOWN] if provider != "txtsync" else ()
    rows = [await _found(client, provider, each, list_id) for each in wanted]
    return seen(rows)


async def _found(client: ApiClient, provider: Provider, contact_id: str, list_id: int | None) -> Json | None:
    if provider == "egoi" and list_id is not None:
        found = await find_egoi_contact(client, list_id, contact_id)
        return None if found is None else mapping(found.get("base"))
    # By this id alone: that of the customer's own may be the same, and somebody else's.
    try:
        return mapping(await read(client, "intercom", "ShowContact", path={"contact_id": contact_id}))
    except NotFound:
        return None
    except Rejected as error:
        # Deleted, or merged into another.
        if error.status != HTTPStatus.GONE:
            raise
        return None


def seen(rows: Sequence[Json | None]) -> Seen:
    """Contacts by their rows, in whichever vendor's words; None is one that is not there."""
    there = [row for row in rows if row is not None]
    reached = [_address(row) for row in there]
    names = [_name(row) for row in there]
    return Seen(
        to=tuple(each for each in reached if each),
        names=tuple(each for each in names if each),
        looked=len(rows),
        missing=len(rows) - len(there),
    )


def _address(row: Json) -> str | None:
    """An e-mail address, else a number, in E.164 where it can be read as one; at TxtSync the number first."""
    if (email := text(row, "email")) is not None:
        return email
    number = text(row, "cellphone", "phone", "MobileNumber")
    if number is not None:
        with suppress(InvalidInput):
            return parse_phone(number if number[:1] == "+" or "-" in number else f"+{number}").e164
    return number or text(row, "EmailAddress")


def _name(row: Json) -> str | None:
    whole = text(row, "name", "FullName")
    parts = (text(row, "first_name", "FirstName"), text(row, "last_name", "LastName"))
    return whole or " ".join(part for part in parts if part) or None


def counted(count: int, noun: str = "contact") -> str:
    """`1 contact`, `2 contacts`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def first_of(values: Sequence[str]) -> str:
    """The first few values and how many more there are, for a preview."""
    more = f" and {len(values) - MOST_SHOWN} more" if len(values) > MOST_SHOWN else ""
    return ", ".join(values[:MOST_SHOWN]) + more
