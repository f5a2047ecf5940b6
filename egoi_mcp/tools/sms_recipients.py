"""Who gets an SMS: numbers and contacts in whatever form they come, and who is left out, with reasons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.preview import Audience, Check, Excluded
from egoi_mcp.models.vendor_json import flag, mapping, text
from egoi_mcp.phones import Phone, country_counts, parse_phone
from egoi_mcp.policy.settings import PolicySettings
from egoi_mcp.tools.contacts import find_egoi_contact, find_txtsync_contact
from egoi_mcp.tools.suppressed_numbers import checked_against, suppressed_numbers

_MOST_DROPPED_SHOWN = 10
SEEDS = "seeds"
"""Stands in `to` for the owner's own test recipients, whom the model need not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom the caller named: numbers, ids of a list's contacts, or external references.

    `seeds` are the owner's own numbers, for which `seeds` may stand in `to`.
    """

    to: list[str] | None
    contact_ids: list[str] | None
    list_id: int | None
    country: str | None
    promotional: bool
    seeds: tuple[str, ...] = ()


@dataclass(slots=True)
class Recipients:
    """Who is reached, who is left out with the reason, and what a person should know of them.

    `excluded` counts by reason whom `dropped` names one by one; `checks` says what they were held against.
    """

    phones: list[Phone] = field(default_factory=list[Phone])
    dropped: list[str] = field(default_factory=list[str])
    excluded: Counter[str] = field(default_factory=Counter[str])
    checks: list[Check] = field(default_factory=list[Check])
    notes: list[str] = field(default_factory=list[str])
    not_active: Counter[str] = field(default_factory=Counter[str])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    """How the caller named each number first, by its E.164 form."""
    named: int = 0
    """How many numbers came from `to`."""

    def drop(self, label: str, why: str, reason: str) -> None:
        """Leave one entry out: `why` for itself, `reason` for the count."""
        self.dropped.append(f"{label}: {why}")
        self.excluded[reason] += 1

    def audience(self) -> Audience:
        """Who is reached and who is not, as a preview says it."""
        return Audience(
            by_country=country_counts(self.phones),
            excluded=tuple(Excluded(reason=reason, count=count) for reason, count in self.excluded.items()),
            checks=tuple(self.checks),
        )

    def left_out(self) -> tuple[str, ...]:
        """The entries that were left out, the first ten of them."""
        rest = len(self.dropped) - _MOST_DROPPED_SHOWN
        return (*self.dropped[:_MOST_DROPPED_SHOWN], *([f"and {rest} more"] if rest > 0 else []))


def seed_numbers(policy: PolicySettings) -> tuple[str, ...]:
    """The owner's own numbers, to which tests go."""
    return tuple(sorted(each for each in policy.seed_recipients if "@" not in each))


async def recipients_of(client: ApiClient, provider: str, named: Named) -> Recipients:
    """Everybody who is named and may be written to, each number once.

    Raises:
        InvalidInput: nobody is left, or an argument is missing or of no use.
    """
    found = Recipients()
    _add_numbers(named, found)
    contacts = list(dict.fromkeys(named.contact_ids or ()))
    for contact_id in contacts:
        if provider == "egoi":
            await _add_egoi_contact(client, contact_id, named, found)
        else:
            await _add_txtsync_contact(client, contact_id, found)
    if again := len(named.contact_ids or ()) - len(contacts):
        found.excluded["repeated"] += again
    await _check_suppression(client, provider, named, found)
    if not found.phones:
        reasons = "; ".join(found.left_out()) or "neither to nor contact_ids names anybody"
        raise InvalidInput(f"Nobody is left to send to ({reasons}). Nothing was sent.")
    _check_consent(provider, named, len(contacts), found)
    _add_notes(found)
    return found


def _add_numbers(named: Named, found: Recipients) -> None:
    if named.country is not None:
        # Once, before a wrong country makes every number wrong.
        _check_country(named.country)
    for index, entry in enumerate(named.to or ()):
        if entry.strip().casefold() == SEEDS:
            _add_seeds(named, f"to[{index}]", found)
        else:
            _add_number(entry, f"to[{index}]", found, named.country)
    found.named = len(found.phones)


def _add_seeds(named: Named, label: str, found: Recipients) -> None:
    if not named.seeds:
        raise InvalidInput(
            f"{label}: the owner's policy names no number of its own to test with. Nothing was sent. "
            "The owner adds it to seed_recipients."
        )
    for seed in named.seeds:
        _add_number(seed, label, found)


def _check_country(country: str) -> None:
    import phonenumbers

    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidInput("country: must be a country's two-letter code, such as PT. Nothing was sent.")


def _add_number(number: str, label: str, found: Recipients, country: str | None = None) -> None:
    try:
        phone = parse_phone(number, country, label=label)
    except InvalidInput as error:
        found.dropped.append(str(error))
        found.excluded["invalid"] += 1
        return
    if phone.e164 in found.labels:
        found.drop(label, f"the same number as {found.labels[phone.e164]}", "repeated")
        return
    found.labels[phone.e164] = label
    found.phones.append(phone)


async def _add_egoi_contact(client: ApiClient, contact_id: str, named: Named, found: Recipients) -> None:
    if named.list_id is None:
        raise InvalidInput("list_id: is required with contact_ids at E-goi. Nothing was sent.")
    contact = await find_egoi_contact(client, named.list_id, contact_id)
    base = mapping(mapping(contact).get("base"))
    cellphone, status = text(base, "cellphone"), text(base, "status") or "of unknown status"
    if contact is None:
        found.drop(contact_id, f"list {named.list_id} has no such contact", f"not in list {named.list_id}")
    elif cellphone is None:
        found.drop(contact_id, "has no mobile number", "without a mobile number")
    elif text(base, "cellphone_status") == "inactive":
        found.drop(contact_id, "the mobile number is inactive", "with an inactive mobile number")
    elif named.promotional and status != "active":
        reason = "unsubscribed" if status in {"removed", "unsubscribed"} else status
        found.drop(contact_id, f"is {status}, and this is promotional", reason)
    else:
        if status != "active":
            found.not_active[status] += 1
        _add_number(cellphone, contact_id, found)


async def _add_txtsync_contact(client: ApiClient, reference: str, found: Recipients) -> None:
    contact = await find_txtsync_contact(client, reference)
    cellphone = text(contact, "MobileNumber") if contact is not None else None
    if contact is None:
        found.drop(reference, "TxtSync knows no such external reference", "no contacts of TxtSync")
    elif flag(contact, "AllowSMS") is False:
        found.drop(reference, "refuses SMS", "refuse SMS")
    elif cellphone is None:
        found.drop(reference, "has no mobile number", "without a mobile number")
    else:
        _add_number(cellphone, reference, found)


async def _check_suppression(client: ApiClient, provider: str, named: Named, found: Recipients) -> None:
    """Leave out whom E-goi's suppression list names; say where nobody was held against one."""
    count = len(found.phones)
    if provider != "egoi" or not named.promotional:
        why = "this is transactional" if provider == "egoi" else "TxtSync has none that can be read"
        found.checks += [Check(against="suppression list", checked=0, unchecked=count, why=why)] * bool(count)
        return
    if not count:
        return
    suppressed = await suppressed_numbers(client)
    kept: list[Phone] = []
    for phone in found.phones:
        if phone.e164 in suppressed:
            found.drop(found.labels[phone.e164], "is on the suppression list", "on the suppression list")
        else:
            kept.append(phone)
    found.phones = kept
    missing = not suppressed.complete
    found.checks.append(
        Check(
            against=checked_against(suppressed),
            # Of those who were not found in a part of the list, nobody knows.
            checked=count - len(kept) if missing else count,
            unchecked=len(kept) if missing else 0,
            why="older entries were not read" if missing else "",
        )
    )


def _check_consent(provider: str, named: Named, contacts: int, found: Recipients) -> None:
    """Whether they still want it is known of contacts alone, and not of bare numbers."""
    of = f"status in list {named.list_id}" if provider == "egoi" else "AllowSMS at TxtSync"
    numbers = found.named
    if not contacts and not named.promotional:
        # What somebody asked for or needs goes to them whatever they said of promotions.
        return
    found.checks.append(
        Check(
            against=of if contacts else "consent of contacts",
            checked=contacts,
            unchecked=numbers,
            why="numbers that were given are not looked up as contacts" if numbers else "",
        )
    )


def _add_notes(found: Recipients) -> None:
    """What looks wrong, counted."""
    count = len(found.phones)
    if found.not_active:
        said = ", ".join(f"{number} {status}" for status, number in found.not_active.items())
        found.notes.append(f"contacts that are not active get this too: {said}")
    if doubtful := sum(not phone.valid for phone in found.phones):
        found.notes.append(f"{doubtful} of {count} numbers lie in no range that their country has assigned")
    if fixed := sum(phone.mobile is False for phone in found.phones):
        found.notes.append(f"{fixed} of {count} numbers are no mobile numbers")
