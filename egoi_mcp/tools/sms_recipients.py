"""Who gets an SMS: numbers and contacts in whatever form they come, and who is left out, with reasons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.vendor_json import flag, mapping, text
from egoi_mcp.phones import Phone, country_counts, dedupe, parse_phone
from egoi_mcp.tools.contacts import find_egoi_contact, find_txtsync_contact
from egoi_mcp.tools.vendor import every

_MOST_SUPPRESSED = 10_000
_MOST_DROPPED_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom the caller named: numbers, ids of a list's contacts, or external references."""

    to: list[str] | None
    contact_ids: list[str] | None
    list_id: int | None
    country: str | None
    promotional: bool


@dataclass(slots=True)
class Recipients:
    """Who is reached, who is left out with the reason, and what a person should know of them."""

    phones: list[Phone] = field(default_factory=list[Phone])
    dropped: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    not_active: Counter[str] = field(default_factory=Counter[str])

    def by_country(self) -> str:
        """`PT 2, ES 1`, the most frequent first."""
        return ", ".join(f"{country} {count}" for country, count in country_counts(self.phones).items())

    def left_out(self) -> tuple[str, ...]:
        """The reasons, the first ten of them."""
        rest = len(self.dropped) - _MOST_DROPPED_SHOWN
        return (*self.dropped[:_MOST_DROPPED_SHOWN], *([f"and {rest} more"] if rest > 0 else []))


async def recipients_of(client: ApiClient, provider: str, named: Named) -> Recipients:
    """Everybody who is named and may be written to, each number once.

    Raises:
        InvalidInput: nobody is left, or an argument is missing or of no use.
    """
    found = Recipients()
    _add_numbers(named, found)
    contact_ids = list(dict.fromkeys(named.contact_ids or ()))
    for contact_id in contact_ids:
        if provider == "egoi":
            await _add_egoi_contact(client, contact_id, named, found)
        else:
            await _add_txtsync_contact(client, contact_id, found)
    unique, repeated = dedupe(found.phones)
    found.phones = list(unique)
    if times := len(repeated) + len(named.contact_ids or ()) - len(contact_ids):
        found.dropped.append(f"{times} repeated: the same number or contact stands there more than once")
    if provider == "egoi" and named.promotional and found.phones:
        await _leave_out_suppressed(client, found)
    if not found.phones:
        reasons = "; ".join(found.left_out()) or "neither to nor contact_ids names anybody"
        raise InvalidInput(f"Nobody is left to send to ({reasons}). Nothing was sent.")
    _add_notes(named, found)
    return found


def _add_numbers(named: Named, found: Recipients) -> None:
    if named.country is not None:
        # Once, before a wrong country makes every number wrong.
        _check_country(named.country)
    for index, entry in enumerate(named.to or ()):
        _add_number(entry, f"to[{index}]", found, named.country)


def _check_country(country: str) -> None:
    import phonenumbers

    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidInput("country: must be a country's two-letter code, such as PT. Nothing was sent.")


def _add_number(number: str, label: str, found: Recipients, country: str | None = None) -> None:
    try:
        found.phones.append(parse_phone(number, country, label=label))
    except InvalidInput as error:
        found.dropped.append(str(error))


async def _add_egoi_contact(client: ApiClient, contact_id: str, named: Named, found: Recipients) -> None:
    if named.list_id is None:
        raise InvalidInput("list_id: is required with contact_ids at E-goi. Nothing was sent.")
    contact = await find_egoi_contact(client, named.list_id, contact_id)
    base = mapping(mapping(contact).get("base"))
    cellphone, status = text(base, "cellphone"), text(base, "status") or "of unknown status"
    if contact is None:
        found.dropped.append(f"{contact_id}: list {named.list_id} has no such contact")
    elif cellphone is None:
        found.dropped.append(f"{contact_id}: has no mobile number")
    elif text(base, "cellphone_status") == "inactive":
        found.dropped.append(f"{contact_id}: the mobile number is inactive")
    elif named.promotional and status != "active":
        found.dropped.append(f"{contact_id}: is {status}, and this is promotional")
    else:
        if status != "active":
            found.not_active[status] += 1
        _add_number(cellphone, contact_id, found)


async def _add_txtsync_contact(client: ApiClient, reference: str, found: Recipients) -> None:
    contact = await find_txtsync_contact(client, reference)
    cellphone = text(contact, "MobileNumber") if contact is not None else None
    if contact is None:
        found.dropped.append(f"{reference}: TxtSync knows no such external reference")
    elif flag(contact, "AllowSMS") is False:
        found.dropped.append(f"{reference}: refuses SMS")
    elif cellphone is None:
        found.dropped.append(f"{reference}: has no mobile number")
    else:
        _add_number(cellphone, reference, found)


async def _leave_out_suppressed(client: ApiClient, found: Recipients) -> None:
    """Take out the numbers of the account's suppression list, which has no look-up of many at once."""
    suppressed: set[str] = set()
    rows = 0
    async for row in every(client, "getAllSuppressionList", query={"type": "cellphone"}):
        rows += 1
        value = text(row, "value")
        if value is not None:
            suppressed.add("".join(c for c in value if c.isdigit()))
    kept = [phone for phone in found.phones if phone.e164[1:] not in suppressed]
    if len(kept) < len(found.phones):
        found.dropped.append(f"{len(found.phones) - len(kept)} on the suppression list")
    found.phones = kept
    if rows >= _MOST_SUPPRESSED:
        found.notes.append(f"only the newest {rows} entries of the suppression list were checked")


def _add_notes(named: Named, found: Recipients) -> None:
    """What could not be checked, and what looks wrong, counted."""
    count = len(found.phones)
    if named.promotional and named.to:
        found.notes.append(
            f"not checked: whether the people behind the numbers in to ({len(named.to)}) have unsubscribed; "
            "contact_ids are checked"
        )
    if found.not_active:
        said = ", ".join(f"{number} {status}" for status, number in found.not_active.items())
        found.notes.append(f"contacts that are not active get this too: {said}")
    if doubtful := sum(not phone.valid for phone in found.phones):
        found.notes.append(f"{doubtful} of {count} numbers lie in no range that their country has assigned")
    if fixed := sum(phone.mobile is False for phone in found.phones):
        found.notes.append(f"{fixed} of {count} numbers are no mobile numbers")
