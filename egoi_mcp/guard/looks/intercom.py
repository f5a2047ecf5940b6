"""What became of Intercom's contacts, of their tags and companies, and of tags and companies themselves.

Intercom stamps whole seconds since the epoch, so that no zone can be wrong. Its search leaves archived
contacts out, and reading one by id does not: that is how an archived one is told from a deleted one, and all
that shows it. No document says so.

Source: Intercom, `SearchContacts`, `ShowContact`, `listTagsForAContact`, `listCompaniesForAContact`,
`listTags` and `retrieveCompany`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from egoi_mcp.errors import NotFound
from egoi_mcp.guard.looks.case import Case, Finding, Rival, happened
from egoi_mcp.guard.looks.listing import digits
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import JsonValue

CREATES = ("CreateContact",)
_MOST_FOUND = 150
"""The most contacts on one page of the search."""
_IDENTITIES = ("email", "external_id", "phone")
_NOT_SHOWN = frozenset({"avatar", "email_verified"})
"""Members that can be written and are not read back as they were."""


# -- contacts ------------------------------------------------------------------------------------


async def created(case: Case) -> Finding:
    """Whether there is a contact of that address, reference or number, made at that time.

    Raises:
        ApiError: the vendor could not be asked.
    """
    asked = mapping(case.request.body)
    identities = {name: value for name in _IDENTITIES if (value := text(asked, name)) is not None}
    if not identities:
        return case.untold("a contact without an address, a reference or a number cannot be found again")
    # Any one of them is enough: a reader who writes a number otherwise still finds the address.
    parts: list[JsonValue] = [_is(name, value) for name, value in identities.items()]
    rows, everything = await _search(case, {"operator": "OR", "value": parts})
    found = {text(row, "id") or "": row for row in rows}
    if not found:
        return case.missing("not created", "Intercom's search finds no such contact")
    places = {contact: case.span.place(_stamp(row, "created_at"), UTC) for contact, row in found.items()}
    owned = await case.owned(CREATES, tuple(found))
    own = [each for each, place in places.items() if place == "in" and each not in owned]
    alike = [each for each in own if not _unlike(found[each], asked)]
    rivals = any(not rival.step.ids for rival in await case.rivals(CREATES) if _of_one(rival, identities))
    if len(alike) == 1 and len(own) == 1 and everything and not rivals:
        return happened("Intercom shows the contact, made at that time", alike)
    if everything and not own and set(places.values()) == {"far"}:
        return case.untold("Intercom has had such a contact for longer; whether a second was made it hides")
    return case.untold("Intercom shows such a contact, but who made it cannot be told")


async def updated(case: Case) -> Finding:
    """Whether a contact has the values that were asked for.

    Raises:
        ApiError: the vendor could not be asked.
    """
    contact = await _contact(case)
    if contact is None:
        return case.untold("Intercom has no such contact any more")
    asked = mapping(case.request.body)
    if _unlike(contact, asked):
        touched = number(contact, "updated_at")
        if touched is None or touched >= case.span.start:
            return case.untold("the contact is not as was asked, but it was changed since")
        return case.missing("not changed", "the contact is not as was asked")
    if hidden := sorted(_NOT_SHOWN & asked.keys()):
        return case.untold(f"the contact is as was asked, but for {', '.join(hidden)}, which is not shown")
    return happened("the contact is as was asked")


async def archived(case: Case) -> Finding:
    """Whether the search leaves out a contact that there is.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _archive(case, wanted=True)


async def unarchived(case: Case) -> Finding:
    """Whether the search finds a contact.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _archive(case, wanted=False)


async def deleted(case: Case) -> Finding:
    """Whether a contact is gone.

    Raises:
        ApiError: the vendor could not be asked.
    """
    if await _contact(case) is None:
        return happened("Intercom has no such contact any more")
    return case.missing("not deleted", "Intercom still has the contact")


async def _archive(case: Case, *, wanted: bool) -> Finding:
    if await _contact(case) is None:
        return case.untold("Intercom has no such contact any more")
    rows, everything = await _search(case, _is("id", str(case.request.path["contact_id"])))
    if not everything or len(rows) > 1:
        return case.untold("Intercom's search does not answer for one contact alone")
    if (not rows) is wanted:
        return happened(f"the contact is {'in' if wanted else 'out of'} the archive")
    return case.missing("not done", f"the contact is {'not in' if wanted else 'still in'} the archive")


# -- what a contact has --------------------------------------------------------------------------


async def tagged(case: Case) -> Finding:
    """Whether a contact has a tag.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _holds(case, text(mapping(case.request.body), "id"), tags=True, wanted=True)


async def untagged(case: Case) -> Finding:
    """Whether a contact does not have a tag any more.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _holds(case, text(case.request.path, "tag_id"), tags=True, wanted=False)


async def joined(case: Case) -> Finding:
    """Whether a contact is in a company.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _holds(case, text(mapping(case.request.body), "id"), tags=False, wanted=True)


async def left(case: Case) -> Finding:
    """Whether a contact is not in a company any more.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _holds(case, text(case.request.path, "company_id"), tags=False, wanted=False)


async def _holds(case: Case, thing: str | None, *, tags: bool, wanted: bool) -> Finding:
    if thing is None:
        return case.untold("what is not named by its id cannot be looked for")
    name = "listTagsForAContact" if tags else "listCompaniesForAContact"
    try:
        answer = await case.vendor.read(
            "intercom", name, path={"contact_id": case.request.path["contact_id"]}
        )
    except NotFound:
        return case.untold("Intercom has no such contact any more")
    # The document calls the array of companies by two names.
    rows = [*objects(answer, "data"), *objects(answer, "companies")]
    there = any(text(row, "id") == thing for row in rows)
    if not there and not _whole(answer):
        return case.untold("the contact has more of them than can be looked through")
    what = "the tag" if tags else "the company"
    if there is wanted:
        return happened(f"the contact {'has' if there else 'no longer has'} {what}")
    return case.missing("not done", f"the contact {'still has' if there else 'does not have'} {what}")


# -- tags and companies --------------------------------------------------------------------------


async def tag_made(case: Case) -> Finding:
    """Whether there is a tag of that name, or the tag has it: asking for one that there is changes nothing.

    Raises:
        ApiError: the vendor could not be asked.
    """
    asked = mapping(case.request.body)
    name, renamed = text(asked, "name"), text(asked, "id")
    if name is None or asked.keys() - {"name", "id"}:
        return case.untold("whom a tag was put on with its making is not looked through")
    rows = objects(await case.vendor.read("intercom", "listTags"), "data")
    found = [row for row in rows if text(row, "name") == name and renamed in {None, text(row, "id")}]
    if found:
        return happened("Intercom has a tag of that name", [text(row, "id") or "" for row in found[:1]])
    return case.missing("not made", "Intercom has no tag of that name")


async def company_written(case: Case) -> Finding:
    """Whether a company is as was asked.

    Raises:
        ApiError: the vendor could not be asked.
    """
    asked = mapping(case.request.body)
    reference = text(asked, "company_id")
    if reference is None:
        return case.untold("a company without a company_id cannot be found again")
    try:
        answer = await case.vendor.read("intercom", "retrieveCompany", query={"company_id": reference})
    except NotFound:
        return case.missing("not written", "Intercom has no company of that company_id")
    rows = [mapping(answer), *objects(answer, "data")]
    shown = next((row for row in rows if text(row, "company_id") == reference), None)
    if shown is None:
        return case.untold("Intercom does not show the company")
    if all(_company_equal(shown, name, value) for name, value in asked.items()):
        return happened("the company is as was asked", [found] if (found := text(shown, "id")) else [])
    return case.untold("the company is not as was asked, and nothing shows since when")


def _company_equal(shown: Json, name: str, asked: object) -> bool:
    if name == "plan":
        return text(mapping(shown.get(name)), "name") == asked
    if name == "update_last_request_at":
        # An order, not a value.
        return asked is not True
    return _equal(name, shown.get(name), asked)


# -- reading -------------------------------------------------------------------------------------


def _is(name: str, value: str) -> dict[str, JsonValue]:
    return {"field": name, "operator": "=", "value": value}


async def _search(case: Case, query: JsonValue) -> tuple[list[Json], bool]:
    """The contacts that a query finds, and whether these are all."""
    body: JsonValue = {"query": query, "pagination": {"per_page": _MOST_FOUND}}
    answer = await case.vendor.read("intercom", "SearchContacts", body=body)
    return list(objects(answer, "data")), _whole(answer)


async def _contact(case: Case) -> Json | None:
    path = {"contact_id": case.request.path["contact_id"]}
    try:
        return mapping(await case.vendor.read("intercom", "ShowContact", path=path))
    except NotFound:
        return None


def _whole(answer: object) -> bool:
    """Whether a reply holds all that there is, and not a page of it."""
    shown = mapping(answer)
    pages = mapping(shown.get("pages"))
    more = (number(pages, "total_pages") or 1) > (number(pages, "page") or 1)
    return not (more or pages.get("next") or shown.get("has_more") is True)


def _stamp(row: Json, name: str) -> str | None:
    """A time in seconds since the epoch, as ISO 8601."""
    seconds = number(row, name)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _of_one(rival: Rival, identities: Json) -> bool:
    """Whether another step may have made a contact of one of these addresses, references or numbers."""
    if rival.request is None:
        return rival.beside
    body = mapping(rival.request.body)
    return any(_equal(name, body.get(name), value) for name, value in identities.items())


def _unlike(contact: Json, asked: Json) -> list[str]:
    """The members that are shown and not as was asked."""
    return [
        name
        for name, value in asked.items()
        if name not in _NOT_SHOWN and not _equal(name, contact.get(name), value)
    ]


def _equal(name: str, shown: object, asked: object) -> bool:
    """Whether two values say the same; of custom attributes those that were asked for."""
    if name == "custom_attributes":
        held = mapping(shown)
        return all(_equal("", held.get(each), value) for each, value in mapping(asked).items())
    if name == "phone" and isinstance(asked, str):
        return digits(str(shown or "")) == digits(asked)
    if name == "owner_id" and asked is not None:
        return str(shown) == str(asked)
    if isinstance(asked, str) and isinstance(shown, str | None):
        return " ".join((shown or "").split()).casefold() == " ".join(asked.split()).casefold()
    return shown == asked
