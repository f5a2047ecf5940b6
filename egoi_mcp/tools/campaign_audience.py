"""Whom a campaign's send reaches: the vendor's words for it, and what a preview says of it."""

from __future__ import annotations

from dataclasses import dataclass

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import ApiError, InvalidInput
from egoi_mcp.guard.witnesses import Witness, list_witness, look
from egoi_mcp.models import preview
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text
from egoi_mcp.phones import parse_phone
from egoi_mcp.tools.contacts import find_egoi_contact, is_egoi_id
from egoi_mcp.tools.listed_people import MOST_LISTED, ListedPeople, people_of, sorted_out, unlisted
from egoi_mcp.tools.names import find_segment
from egoi_mcp.tools.vendor import list_name, of_list


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who a send reaches: the vendor's `segments`, how many, and how a preview says it.

    `recipients` is None where nobody knows, `people` where nobody read who they are one by one.
    """

    segments: JsonValue
    recipients: int | None
    facts: dict[str, str]
    people: ListedPeople | None
    to: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()

    def said(self) -> preview.Audience:
        """Who is reached and who is not, as a preview says it."""
        if self.people is not None:
            return self.people.audience()
        many = f"only up to {MOST_LISTED} contacts are looked at one by one"
        return unlisted(self.recipients, why=many)


def campaign_fingerprint(campaign: str, segments: object) -> str:
    """By which a send of a campaign is recognised as one that was made before, whichever tool made it.

    Sends to one person are told apart from each other; sends to many count as the same.
    """
    read = mapping(segments)
    to = text(read, "data") if read.get("type") == "contact" else None
    mark = "people" if to is None else f"contact {to.casefold()}"
    return f"campaign\n{campaign}\n{mark}"


async def audience_of(
    client: ApiClient,
    channel: str,
    list_id: int,
    audience: str,
    *,
    segment_ids: list[str] | None,
    contact: str | None,
) -> Audience:
    """The audience that the arguments mean.

    Raises:
        InvalidInput: they contradict each other, name what is not there, or somebody who gets no mail.
    """
    if (segment_ids is not None) != (audience == "segments"):
        raise InvalidInput("segment_ids: goes with audience=segments, and only with it. Nothing was sent.")
    if (contact is not None) != (audience == "contact"):
        raise InvalidInput("contact: goes with audience=contact, and only with it. Nothing was sent.")
    named, row = await list_name(client, list_id)
    label = f"{list_id} ({named})"
    if contact is not None:
        return await _one_contact(client, channel, list_id, label, contact)
    if segment_ids is not None:
        return await _of_segments(client, channel, list_id, label, segment_ids)
    witness = list_witness(str(list_id), row)
    active = witness.count
    contacts = number(mapping(row.get("stats")), "total_contacts")
    people = await people_of(client, channel, list_id, None, contacts if contacts is not None else active)
    return Audience(
        segments={"type": "none"},
        recipients=active if people is None else people.reached,
        people=people,
        facts={"list": label, "audience": f"the whole list, {_counted(active)} active contacts as of now"},
        warnings=("this goes to the WHOLE LIST",),
        witnesses=(witness,),
    )


async def _one_contact(client: ApiClient, channel: str, list_id: int, label: str, contact: str) -> Audience:
    field = "email" if channel == "email" else "cellphone"
    found = await _named(client, channel, list_id, contact.strip())
    if not found:
        raise InvalidInput(
            f"contact: list {list_id}, to which the campaign goes, has no such contact. Nothing was sent. "
            "search_contacts finds contacts."
        )
    if all(text(base, "status") not in {None, "active"} for base in found):
        raise InvalidInput(
            f"contact: is {text(found[0], 'status')} in list {list_id}, so no campaign goes to it. "
            "Nothing was sent."
        )
    if all(text(base, f"{field}_status") == "inactive" for base in found):
        raise InvalidInput(f"contact: its {field} is switched off in list {list_id}. Nothing was sent.")
    address = text(found[0], field)
    if address is None:
        raise InvalidInput(f"contact: has no {field} in list {list_id}. Nothing was sent.")
    wire, shown = _address(channel, address)
    people = await _looked_at(client, channel, found[0])
    if people is not None and people.excluded["on the suppression list"]:
        raise InvalidInput(
            "contact: is on the suppression list, so E-goi sends it nothing. Nothing was sent."
        )
    return Audience(
        segments={"type": "contact", "data": wire},
        recipients=1,
        people=people,
        facts={"list": label, "audience": "one contact"},
        to=(shown,),
    )


async def _looked_at(client: ApiClient, channel: str, base: Json) -> ListedPeople | None:
    try:
        return await sorted_out(client, channel, [base])
    except ApiError:
        return None


async def _named(client: ApiClient, channel: str, list_id: int, contact: str) -> list[Json]:
    """The base members of the list's contacts that an id, an address or a number means."""
    if is_egoi_id(contact):
        found = await find_egoi_contact(client, list_id, contact)
        return [] if found is None else [mapping(found.get("base"))]
    wire, _ = _address(channel, contact)
    field = "email" if channel == "email" else "cellphone"
    answer = await of_list(client, "getAllContacts", list_id, {field: wire, "limit": 100})
    bases = [mapping(row.get("base")) for row in objects(answer)]
    # Whether the vendor's filter compares whole values is not documented.
    return [base for base in bases if (text(base, field) or "").casefold() == wire.casefold()]


def _address(channel: str, contact: str) -> tuple[str, str]:
    """The contact's address as it is sent, and as a person reads it."""
    if channel == "email":
        if contact.count("@") != 1 or any(c.isspace() for c in contact):
            raise InvalidInput("contact: an email campaign goes to an e-mail address. Nothing was sent.")
        return contact, contact
    try:
        phone = parse_phone(contact, label="contact")
    except InvalidInput as error:
        raise InvalidInput(f"{error} Nothing was sent.") from error
    if not phone.fits_campaign_contact:
        raise InvalidInput(
            "contact: E-goi sends no campaign to one number whose country code holds a 0. Nothing was "
            "sent. Use a segment, or send_sms."
        )
    return phone.egoi, phone.e164


async def _of_segments(
    client: ApiClient, channel: str, list_id: int, label: str, wanted: list[str]
) -> Audience:
    chosen = [await find_segment(client, list_id, each, what="segment_ids", now=True) for each in wanted]
    names = {segment.id: segment.name for segment in chosen}
    witnesses = [await look(client, "segment", f"{list_id}/{segment_id}") for segment_id in names]
    counts = dict(zip(names, (witness.count for witness in witnesses), strict=True))
    known = [count for count in counts.values() if count is not None]
    most = sum(known) if len(known) == len(counts) else None
    people = await people_of(client, channel, list_id, tuple(names), most)
    said = ", ".join(f"{key} ({name}: {_counted(counts[key])})" for key, name in names.items())
    repeated = people is None and len(names) > 1
    return Audience(
        segments={"type": "segment", "data": list(names)},
        recipients=most if people is None else people.reached,
        people=people,
        facts={"list": label, "segments": f"{said}, as of now"},
        warnings=("a contact in several of the segments is counted in each",) if repeated else (),
        witnesses=tuple(witnesses),
    )


def _counted(count: int | None) -> str:
    return "an unknown number of" if count is None else str(count)
