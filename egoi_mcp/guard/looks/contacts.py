"""What became of contacts of a list: created, changed, tagged, silenced, forgotten.

What a request asks for here is absolute: a status, a tag, a value. Where the contacts are all as was asked,
it counts as done, whoever did it; where none is, it was not done, unless they were changed since.

Source: E-goi v3, `getContact`, `getAllContacts`, `searchContacts` and `getAllOperations`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from egoi_mcp.errors import NotFound
from egoi_mcp.guard.looks.case import Case, Finding, Rival, happened
from egoi_mcp.guard.looks.times import before
from egoi_mcp.models.vendor_json import Json, mapping, objects, text, texts

CREATES = ("createContact",)
MOST_CONTACTS = 40
"""Contacts of one request that are read one by one."""
_BULK = frozenset({"import_contacts", "update_contacts", "mass_operation", "unify"})
"""Types of the queue's operations that change contacts after their request was answered."""
_IDENTITIES = ("email", "cellphone", "phone")
_TOUCHES = ("change_date", "subscription_date", "unsubscription_date", "consent_date")
_READ_ONLY = frozenset({"contact_id", "push_token_android", "push_token_ios"})

IsAsAsked = Callable[[Json], bool | None]
"""Whether a contact as `getContact` gives it is as was asked; None where that is not shown."""


async def created(case: Case) -> Finding:
    """Whether the list has a contact of that address or number, made at that time.

    Raises:
        ApiError: the vendor could not be asked.
    """
    asked = mapping(mapping(case.request.body).get("base"))
    list_id = case.request.path["list_id"]
    identities = {name: value for name in _IDENTITIES if (value := text(asked, name)) is not None}
    if not identities:
        return case.untold("a contact without an address or a number cannot be found again")
    found: dict[str, Json] = {}
    for name, value in identities.items():
        query: dict[str, str | int | bool] = {name: value, "limit": 100}
        rows = await case.vendor.read("egoi", "getAllContacts", path={"list_id": list_id}, query=query)
        bases = [mapping(row.get("base")) for row in objects(rows)]
        found |= {
            contact_id: base
            for base in bases
            if (contact_id := text(base, "contact_id")) is not None
            and (text(base, name) or "").casefold() == value.casefold()
        }
    if not found:
        if await _known_elsewhere(case, identities):
            return case.untold("E-goi's search finds such a contact, and the list does not show it")
        return case.missing("not created", "neither the list nor E-goi's search shows such a contact")
    owned = await case.owned(CREATES, tuple(found))
    places = {
        contact_id: case.span.place(text(base, "subscription_date"), case.zone)
        for contact_id, base in found.items()
    }
    own = [
        contact_id
        for contact_id, base in found.items()
        if contact_id not in owned and places[contact_id] == "in" and not _unlike(base, asked)
    ]
    rivals = any(not rival.step.ids for rival in await case.rivals(CREATES) if _of_one(rival, identities))
    if len(own) == 1 and len(found) == 1 and not rivals:
        return happened("the list shows the contact, made at that time", own)
    if set(places.values()) == {"far"}:
        return case.untold("the list has had such a contact for longer, so a second one was hardly made")
    zone = "" if case.zone is not None else " without the account's time zone (EGOI_ACCOUNT_TIMEZONE)"
    return case.untold(f"the list shows such a contact, but who made it cannot be told{zone}")


async def patched(case: Case) -> Finding:
    """Whether one contact has the values that were asked for.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _as_asked(case, [str(case.request.path["contact_id"])], _has_values(case.request.body))


async def updated(case: Case) -> Finding:
    """Whether contacts named by id have the values that were asked for.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _as_asked(case, _named(case), _has_values(case.request.body))


async def tagged(case: Case) -> Finding:
    """Whether contacts named by id carry a tag.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _tags(case, attached=True)


async def untagged(case: Case) -> Finding:
    """Whether contacts named by id do not carry a tag any more.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _tags(case, attached=False)


async def activated(case: Case) -> Finding:
    """Whether contacts named by id are active.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _as_asked(case, _named(case), _has_status("active"))


async def deactivated(case: Case) -> Finding:
    """Whether contacts named by id are inactive.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _as_asked(case, _named(case), _has_status("inactive"))


async def unsubscribed(case: Case) -> Finding:
    """Whether contacts are removed from the list.

    Raises:
        ApiError: the vendor could not be asked.
    """
    data = objects(mapping(case.request.body), "data")
    contacts = [contact for row in data if (contact := text(row, "contact_id")) is not None]
    return await _as_asked(case, contacts, _has_status("removed"))


async def forgotten(case: Case) -> Finding:
    """Whether contacts are gone from the list.

    Raises:
        ApiError: the vendor could not be asked.
    """
    contacts = _named(case)
    if (refusal := _unreadable(case, contacts)) is not None:
        return refusal
    left = sum([await _contact(case, each) is not None for each in contacts])
    if not left:
        return happened(f"{_of(len(contacts), contacts)} gone from the list")
    if left == len(contacts):
        return await _unless_still_at_work(case, f"{_of(left, contacts)} still in the list")
    return case.untold(f"{_of(left, contacts)} still in the list, and the others are not")


async def _tags(case: Case, *, attached: bool) -> Finding:
    body = mapping(case.request.body)
    tag = text(body, "tag_id")
    if body.get("segment_id") is not None or body.get("field_id") is not None or tag is None:
        return case.untold("contacts that are not named by id are not read one by one")

    def as_asked(contact: Json) -> bool | None:
        return None if contact.get("tags") is None else (tag in texts(contact, "tags")) is attached

    return await _as_asked(case, _named(case), as_asked, tags=True)


async def _as_asked(
    case: Case, contacts: Sequence[str], as_asked: IsAsAsked, *, tags: bool = False
) -> Finding:
    """Read the contacts and say what their being as asked, or not, means."""
    if (refusal := _unreadable(case, contacts)) is not None:
        return refusal
    found = [await _contact(case, each) for each in contacts]
    there = [contact for contact in found if contact is not None]
    answers = [as_asked(contact) for contact in there]
    done = sum(answer is True for answer in answers)
    if done == len(contacts):
        return happened(f"{_of(done, contacts)} as was asked")
    if not there:
        return case.untold("the list has no such contact any more")
    if done:
        return case.untold(f"{_of(done, contacts)} as was asked, and the others are not")
    if None in answers:
        return case.untold("E-goi does not show what was asked for on every contact")
    # A tag leaves no date on the contact; a value does, and a later change of it must not pass for none.
    if not tags and not all(_untouched(case, contact) for contact in there):
        return case.untold("none of the contacts is as was asked, but they may have been changed since")
    return await _unless_still_at_work(case, "none of the contacts is as was asked")


async def _unless_still_at_work(case: Case, shown: str) -> Finding:
    """Absence, unless the account's queue still holds work on contacts, which may be this."""
    rows, everything = await case.vendor.every("getAllOperations")
    if not everything or any(text(row, "type") in _BULK for row in rows):
        return case.untold(f"{shown}, but E-goi's queue still holds work on contacts; ask check_action later")
    return case.missing("not done", shown)


def _unreadable(case: Case, contacts: Sequence[str]) -> Finding | None:
    if not contacts:
        return case.untold("contacts that are not named by id are not read one by one")
    if len(contacts) > MOST_CONTACTS:
        return case.untold(f"more than {MOST_CONTACTS} contacts are not read one by one")
    return None


def _named(case: Case) -> Sequence[str]:
    """The contacts that the body names by id."""
    return tuple(dict.fromkeys(texts(mapping(case.request.body), "contacts")))


async def _contact(case: Case, contact_id: str) -> Json | None:
    path: dict[str, str | int] = {"list_id": case.request.path["list_id"], "contact_id": contact_id}
    try:
        return mapping(await case.vendor.read("egoi", "getContact", path=path))
    except NotFound:
        return None


async def _known_elsewhere(case: Case, identities: Mapping[str, str]) -> bool:
    """Whether the account's search finds one of the addresses or numbers in the list."""
    for name, value in identities.items():
        try:
            answer = await case.vendor.read("egoi", "searchContacts", query={"type": name, "contact": value})
        except NotFound:
            continue
        if any(text(row, "list_id") == str(case.request.path["list_id"]) for row in objects(answer)):
            return True
    return False


def _of_one(rival: Rival, identities: Mapping[str, str]) -> bool:
    """Whether another step may have made a contact of one of these addresses or numbers."""
    if rival.request is None:
        return rival.beside
    base = mapping(mapping(rival.request.body).get("base"))
    return any((text(base, name) or "").casefold() == value.casefold() for name, value in identities.items())


def _has_status(status: str) -> IsAsAsked:
    def as_asked(contact: Json) -> bool | None:
        shown = text(mapping(contact.get("base")), "status")
        return None if shown is None else shown == status

    return as_asked


def _has_values(body: object) -> IsAsAsked:
    base = mapping(mapping(body).get("base"))
    extra = {text(each, "field_id"): each.get("value") for each in objects(mapping(body), "extra")}

    def as_asked(contact: Json) -> bool | None:
        held = {text(each, "field_id"): each.get("value") for each in objects(contact, "extra")}
        if any(name in _READ_ONLY for name in base):
            return None
        return not _unlike(mapping(contact.get("base")), base) and all(
            _equal(held.get(number), value) for number, value in extra.items()
        )

    return as_asked


def _unlike(base: Json, asked: Json) -> list[str]:
    """The members that are not as was asked."""
    return [name for name, value in asked.items() if not _equal(base.get(name), value)]


def _equal(shown: object, asked: object) -> bool:
    """Whether two values say the same; an emptied one may be shown as null or not at all."""
    if isinstance(asked, str) and isinstance(shown, str | None):
        return " ".join((shown or "").split()).casefold() == " ".join(asked.split()).casefold()
    return shown == asked


def _untouched(case: Case, contact: Json) -> bool:
    """Whether every date of a contact lies before the step."""
    base = mapping(contact.get("base"))
    dates = [text(base, name) for name in _TOUCHES]
    return base.get("change_date") is not None and all(
        before(date, case.span) for date in dates if date is not None
    )


def _of(count: int, contacts: Sequence[str]) -> str:
    """How many of the contacts, with the verb that follows."""
    if len(contacts) == 1:
        return "the contact is"
    return f"{count} of {len(contacts)} contacts are"
