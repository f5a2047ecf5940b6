"""What became of E-goi's lists, their fields and options, and of a tag's name.

Fields, options and tags carry no date: one that is called so may have been there before. What a change asks
for is absolute, so that as was asked counts as done; as it was counts as not done only where nothing else
can have changed it back, which for these nothing shows, and a value is told by itself.

Source: E-goi v3, `getAllLists`, `getList`, `getAllFields`, `getAllFieldOptions` and `getAllTags`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from egoi_mcp.errors import NotFound
from egoi_mcp.guard.looks.case import PAGE, Case, Finding, happened
from egoi_mcp.guard.looks.times import before
from egoi_mcp.models.vendor_json import Json, mapping, objects, text

CREATES = ("createList",)
_EXTRA = "extra_"


async def list_made(case: Case) -> Finding:
    """Whether a new list of that name stands among the lists, made at that time.

    Raises:
        ApiError: the vendor could not be asked.
    """
    name = text(mapping(case.request.body), "internal_name")
    if name is None:
        return case.untold("a list without a name cannot be found again")
    query = {"order": "asc", "order_by": "list_id"}
    rows, everything = await case.vendor.every("getAllLists", query=query)
    found = {text(row, "list_id") or "": row for row in rows if _same(text(row, "internal_name"), name)}
    if not found:
        if not everything:
            return case.untold("the account has more lists than can be looked through")
        return case.missing("not made", "no list is called so")
    owned = await case.owned(CREATES, tuple(found))
    places = {each: case.span.place(text(row, "created"), case.zone) for each, row in found.items()}
    own = [each for each, place in places.items() if place == "in" and each not in owned]
    rivals = [rival for rival in await case.rivals(CREATES) if not rival.step.ids]
    if len(own) == 1 and len(found) == 1 and not rivals:
        return happened("E-goi shows the list, made at that time", own)
    zone = "" if case.zone is not None else " without the account's time zone (EGOI_ACCOUNT_TIMEZONE)"
    return case.untold(f"a list is called so, but who made it cannot be told{zone}")


async def list_changed(case: Case) -> Finding:
    """Whether a list has the names that were asked for.

    Raises:
        ApiError: the vendor could not be asked.
    """
    try:
        shown = mapping(
            await case.vendor.read("egoi", "getList", path={"list_id": case.request.path["list_id"]})
        )
    except NotFound:
        return case.untold("E-goi has no such list any more")
    if _as_asked(shown, mapping(case.request.body)):
        return happened("the list is as was asked")
    stamp = text(shown, "updated")
    if stamp is None or not before(stamp, case.span):
        return case.untold("the list is not as was asked, but it may have been changed since")
    return case.missing("not changed", "the list is not as was asked")


async def field_made(case: Case) -> Finding:
    """Whether no field of the list is called so, which is all that can be told.

    Raises:
        ApiError: the vendor could not be asked.
    """
    name = text(mapping(case.request.body), "name") or ""
    rows, everything = await _fields(case)
    if any(_same(text(row, "name"), name) for row in rows):
        return case.untold("a field is called so, but fields carry no date: it may have been there before")
    if not everything:
        return case.untold("the list has more fields than can be looked through")
    return case.missing("not made", "no field of the list is called so")


async def field_changed(case: Case) -> Finding:
    """Whether a field is as was asked.

    Raises:
        ApiError: the vendor could not be asked.
    """
    rows, _ = await _fields(case)
    return _changed(case, _field(case, rows), "field")


async def field_gone(case: Case) -> Finding:
    """Whether an extra field is gone from its list.

    Raises:
        ApiError: the vendor could not be asked.
    """
    rows, everything = await _fields(case)
    if _field(case, rows) is not None:
        return case.missing("not deleted", "the field is still there")
    if not everything:
        return case.untold("the list has more fields than can be looked through")
    return happened("the field is gone from the list")


async def option_gone(case: Case) -> Finding:
    """Whether an option is gone from its field.

    Raises:
        ApiError: the vendor could not be asked.
    """
    wanted = str(case.request.path["option_id"])
    rows = await _options(case)
    if rows is not None and any(text(row, "option_id") == wanted for row in rows):
        return case.missing("not deleted", "the option is still there")
    return happened("the option is gone from the field" if rows is not None else "its field is gone")


async def option_made(case: Case) -> Finding:
    """Whether no option of the field is called so, which is all that can be told.

    Raises:
        ApiError: the vendor could not be asked.
    """
    asked = mapping(case.request.body)
    rows = await _options(case)
    if rows is None:
        return case.untold("E-goi has no such field any more")
    if any(_as_asked(row, asked) for row in rows):
        return case.untold("an option is called so, but options carry no date: it may have been there before")
    return case.missing("not made", "no option of the field is called so")


async def option_changed(case: Case) -> Finding:
    """Whether an option of a field is called as was asked.

    Raises:
        ApiError: the vendor could not be asked.
    """
    wanted = str(case.request.path["option_id"])
    rows = await _options(case) or []
    return _changed(case, next((row for row in rows if text(row, "option_id") == wanted), None), "option")


async def tag_changed(case: Case) -> Finding:
    """Whether a tag has the name and colour that were asked for.

    Raises:
        ApiError: the vendor could not be asked.
    """
    wanted = str(case.request.path["tag_id"])
    rows, _ = await case.vendor.every("getAllTags", query={"order": "asc", "order_by": "tag_id"})
    return _changed(case, next((row for row in rows if text(row, "tag_id") == wanted), None), "tag")


def _changed(case: Case, shown: Json | None, what: str) -> Finding:
    """A thing without a date against what was asked: a difference may be a later change."""
    if shown is None:
        return case.untold(f"E-goi does not show the {what}")
    if _as_asked(shown, mapping(case.request.body)):
        return happened(f"the {what} is as was asked")
    return case.untold(f"the {what} is not as was asked, and nothing shows since when")


def _as_asked(shown: Json, asked: Json) -> bool:
    """Whether every member that was asked for is so; nothing asked is nothing that could be seen."""
    return bool(asked) and all(_equal(shown.get(name), value) for name, value in asked.items())


def _equal(shown: object, asked: object) -> bool:
    if isinstance(asked, str) and isinstance(shown, str):
        return _same(shown, asked)
    return shown == asked


def _same(one: str | None, other: str) -> bool:
    return one is not None and " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


async def _fields(case: Case) -> tuple[Sequence[Json], bool]:
    """The list's fields, a bare array, and whether these are all."""
    path = {"list_id": case.request.path["list_id"]}
    rows = list(objects(await case.vendor.read("egoi", "getAllFields", path=path, query={"limit": PAGE})))
    return rows, len(rows) < PAGE


def _field(case: Case, rows: Sequence[Json]) -> Json | None:
    """The field that the request names, by its number or, a base one, by its name."""
    wanted = str(case.request.path["field_id"])
    return next((row for row in rows if (text(row, "field_id") or "").removeprefix(_EXTRA) == wanted), None)


async def _options(case: Case) -> list[Json] | None:
    path: Mapping[str, str | int] = {name: case.request.path[name] for name in ("list_id", "field_id")}
    try:
        return list(objects(await case.vendor.read("egoi", "getAllFieldOptions", path=path)))
    except NotFound:
        return None
