"""What became of TxtSync's contacts; of its messages no call shows anything.

Its contacts carry no date of their making and no tags, and none is read by its internal id.

Source: TxtSync connector, `GetContactByExternalReference` and `SearchContact`.
"""

from __future__ import annotations

import re

from egoi_mcp.errors import NotFound
from egoi_mcp.guard.looks.case import Case, Finding, happened
from egoi_mcp.guard.looks.listing import digits
from egoi_mcp.models.vendor_json import Json, mapping, objects, text

_FITS_A_PATH = re.compile(r"[A-Za-z0-9_@+-]+(\.[A-Za-z0-9_@+-]+)*")
_NOT_SHOWN = "TagNames"


async def created(case: Case) -> Finding:
    """Whether there is no contact with that number, which is all that can be told.

    Raises:
        ApiError: the vendor could not be asked.
    """
    number = text(mapping(case.request.body), "MobileNumber")
    if number is None:
        return case.untold("a contact without a number cannot be found again")
    if await _by_number(case, number):
        return case.untold("TxtSync has a contact with that number, which may have been there before")
    return case.missing("not created", "TxtSync has no contact with that number")


async def deleted(case: Case) -> Finding:
    """Whether no contact has the external reference any more.

    Raises:
        ApiError: the vendor could not be asked.
    """
    if await _by_reference(case, str(case.request.path["id"])) is None:
        return happened("TxtSync has no contact with that external reference any more")
    return case.missing("not deleted", "TxtSync still has the contact")


async def updated_by_reference(case: Case) -> Finding:
    """Whether the contact of an external reference has the values that were asked for.

    Raises:
        ApiError: the vendor could not be asked.
    """
    reference = text(mapping(case.request.body), "ExternalReference") or str(case.request.path["id"])
    if not _FITS_A_PATH.fullmatch(reference):
        return case.untold("the contact's external reference does not fit into an address")
    return _compared(case, await _by_reference(case, reference))


async def updated(case: Case) -> Finding:
    """Whether the contact of an internal id has the values that were asked for, found by its number.

    Raises:
        ApiError: the vendor could not be asked.
    """
    number = text(mapping(case.request.body), "MobileNumber")
    if number is None:
        return case.untold("TxtSync reads no contact by its internal id, and the request names no number")
    wanted = str(case.request.path["id"])
    rows = await _by_number(case, number)
    return _compared(case, next((row for row in rows if text(row, "ContactID") == wanted), None))


def _compared(case: Case, contact: Json | None) -> Finding:
    """A contact against the members of the request; a difference may be the vendor's way of writing."""
    if contact is None:
        return case.untold("TxtSync does not show the contact")
    asked = mapping(case.request.body)
    if not all(_equal(name, contact.get(name), value) for name, value in asked.items() if name != _NOT_SHOWN):
        return case.untold("the contact is not, or not wholly, as was asked, and nothing shows since when")
    if asked.get(_NOT_SHOWN):
        return case.untold("the contact is as was asked, as far as TxtSync shows it: its tags it does not")
    return happened("the contact is as was asked")


def _equal(name: str, shown: object, asked: object) -> bool:
    if isinstance(asked, str) and isinstance(shown, str | None):
        if name == "MobileNumber":
            return digits(shown or "") == digits(asked)
        return " ".join((shown or "").split()) == " ".join(asked.split())
    return shown == asked


async def _by_number(case: Case, number: str) -> list[Json]:
    rows = objects(await case.vendor.read("txtsync", "SearchContact", query={"searchNumber": number}))
    return [row for row in rows if digits(text(row, "MobileNumber") or "") == digits(number)]


async def _by_reference(case: Case, reference: str) -> Json | None:
    try:
        found = await case.vendor.read("txtsync", "GetContactByExternalReference", path={"id": reference})
    except NotFound:
        return None
    rows = objects(found if isinstance(found, list) else [found])
    return next((row for row in rows if text(row, "ExternalReference") == reference), None)
