"""The requests that undo a request to Intercom; pure, like those of `reversals`, and about its contact alone.

Intercom answers the same whether or not a contact was archived, tagged or in the company before, so what is
taken back may have been so all along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.guard.reversals import Done, Reversal
from egoi_mcp.models.vendor_json import mapping, text

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""What Intercom calls a contact, a tag or a company."""


def archive_created(done: Done) -> Reversal | None:
    """Archive the contact that a request created.

    Source: Intercom, `ArchiveContact`.
    """
    return _archive(done.ids[0], ()) if len(done.ids) == 1 else None


def archive(done: Done) -> Reversal | None:
    """Archive the contact that a request brought back.

    Source: Intercom, `ArchiveContact`.
    """
    return _archive(_named(done), ("a contact that was not archived before is archived too",))


def _archive(contact: str | None, warnings: tuple[str, ...]) -> Reversal | None:
    return _of_contact("ArchiveContact", contact, f"archives contact {contact} at Intercom", warnings)


def unarchive(done: Done) -> Reversal | None:
    """Bring back the contact that a request archived.

    Source: Intercom, `UnarchiveContact`.
    """
    contact = _named(done)
    return _of_contact(
        "UnarchiveContact",
        contact,
        f"brings contact {contact} back from Intercom's archive",
        ("a contact that was archived before is brought back too",),
    )


def take_tag_off(done: Done) -> Reversal | None:
    """Take off the tag that a request attached.

    Source: Intercom, `detachTagFromContact`.
    """
    contact, tag = _named(done), text(mapping(done.request.body), "id")
    return _of_contact(
        "detachTagFromContact",
        contact,
        f"takes the tag {tag} off contact {contact} at Intercom",
        ("a contact that had the tag before loses it too",),
        parts={"tag_id": tag},
    )


def put_tag_on(done: Done) -> Reversal | None:
    """Attach again the tag that a request took off.

    Source: Intercom, `attachTagToContact`.
    """
    contact, tag = _named(done), text(done.request.path, "tag_id")
    return _of_contact(
        "attachTagToContact",
        contact,
        f"attaches the tag {tag} to contact {contact} at Intercom",
        ("a contact that did not have the tag before gets it too",),
        body={"id": tag},
    )


def leave_company(done: Done) -> Reversal | None:
    """Take the contact out of the company that a request put it into.

    Source: Intercom, `detachContactFromACompany`.
    """
    contact, company = _named(done), text(mapping(done.request.body), "id")
    return _of_contact(
        "detachContactFromACompany",
        contact,
        f"takes contact {contact} out of the company {company} at Intercom",
        ("a contact that was in the company before leaves it too",),
        parts={"company_id": company},
    )


def join_company(done: Done) -> Reversal | None:
    """Put the contact back into the company that a request took it out of.

    Source: Intercom, `attachContactToACompany`.
    """
    contact, company = _named(done), text(done.request.path, "company_id")
    return _of_contact(
        "attachContactToACompany",
        contact,
        f"puts contact {contact} into the company {company} at Intercom",
        ("a contact that was not in the company before joins it too",),
        body={"id": company},
    )


def _named(done: Done) -> str | None:
    """The contact whom a request's path names."""
    return text(done.request.path, "contact_id")


def _of_contact(
    name: str,
    contact: str | None,
    does: str,
    warnings: tuple[str, ...],
    *,
    parts: Mapping[str, str | None] | None = None,
    body: Mapping[str, str | None] | None = None,
) -> Reversal | None:
    """One request about one contact; None where an id is missing, or is none."""
    path: dict[str, str | int] = {}
    for parameter, value in {"contact_id": contact, **(parts or {})}.items():
        if value is None or not _ID.fullmatch(value):
            return None
        path[parameter] = value
    said: dict[str, JsonValue] = dict(body or {})
    if not all(isinstance(each, str) and _ID.fullmatch(each) for each in said.values()):
        return None
    request = Request(operation=operation("intercom", name), path=path, body=said or None)
    return Reversal(requests=(request,), does=does, contacts=1, warnings=warnings)
