"""Erasing contacts at their vendor, and with them what this server's record holds of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_ids import (
    MOST_ONE_BY_ONE,
    MOST_SHOWN,
    VENDORS,
    Seen,
    counted,
    distinct,
    distinct_ids,
    first_of,
    look_at,
    seen,
)
from egoi_mcp.tools.contacts import find_txtsync_contact, fits_a_path
from egoi_mcp.tools.names import find_list
from egoi_mcp.tools.refusals import needed, not_taken
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

How = Literal["archive", "delete"]

_HERE = (
    "once the vendor says it is done, every action in this server's record that names one of these ids is "
    "emptied, this one's own row included"
)
_STAYS = (
    "a tombstone: a keyed hash of the id, the time and the number of actions emptied; it says nobody's name"
)
_NOT_SAID = "whether messages and backups keep traces of them, the vendor does not say"
_UNSHOWN = "TxtSync reads nobody by its id, so who they are cannot be shown here"
_NOT_FOUND_HERE = (
    "numbers and addresses that other actions hold without the id are not known to be theirs: "
    "egoi-mcp actions erase --recipient erases those"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """The requests that erase, and what a preview says of them."""

    title: str
    requests: tuple[Request, ...]
    count: int
    seen: Seen
    facts: dict[str, str]
    personal: dict[str, str]
    warnings: tuple[str, ...] = ()
    erases_here: bool = True


async def erase_contacts(
    ctx: Ctx,
    *,
    provider: p.Provider = "egoi",
    list_id: p.ListRef | None = None,
    contact_ids: p.ContactIds | None = None,
    external_references: p.ExternalReferences | None = None,
    how: Annotated[How, Field(description="Intercom: archive hides them, delete is for good")] | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Erase contacts for good: E-goi forgets them (list_id), TxtSync and Intercom delete them; what this
    server recorded of them goes too. To only stop messages use unsubscribe_contacts. A person approves first.
    """
    app = app_of(ctx)
    client = app.client(provider)
    if provider != "intercom":
        not_taken(VENDORS[provider], how=how)
    if provider != "egoi":
        not_taken(VENDORS[provider], list_id=list_id)
    if provider == "txtsync":
        deed = await _at_txtsync(client, contact_ids, external_references)
    else:
        not_taken(VENDORS[provider], external_references=external_references)
        needed(VENDORS[provider], contact_ids=contact_ids)
        if provider == "egoi":
            needed("E-goi; list_audiences (kind lists) gives it", list_id=list_id)
            deed = await _at_egoi(client, list_id or "", contact_ids or ())
        else:
            needed("Intercom: archive or delete", how=how)
            deed = await _at_intercom(client, contact_ids or (), how or "archive")
    if deed.count == deed.seen.missing:
        raise InvalidInput(f"{VENDORS[provider]} has none of these contacts. Nothing was changed.")
    consequence = (
        {"erased here": _HERE, "stays here": _STAYS} if deed.erases_here else {"erased here": "nothing"}
    )
    plan = Plan(
        connection=client.connection.name,
        requests=deed.requests,
        recipients=deed.count,
        preview=Preview(
            title=deed.title,
            account=await account_label(client, provider),
            recipients=deed.count,
            to=deed.seen.to,
            facts={**deed.facts, **consequence},
            personal={**deed.seen.personal, **deed.personal},
            warnings=(
                *deed.seen.warnings,
                *deed.warnings,
                *((_NOT_FOUND_HERE,) if deed.erases_here else ()),
            ),
            undo=undo_words(deed.requests[0].operation),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


async def _at_egoi(client: ApiClient, list_id: str, contact_ids: Sequence[str]) -> _Deed:
    """Forgotten in one list.

    Source: E-goi v3, `actionForgetContacts`.
    """
    ids = distinct_ids("egoi", contact_ids)
    named = await find_list(client, list_id, now=True)
    forget = operation("egoi", "actionForgetContacts")
    return _Deed(
        title=f"Have E-goi forget {counted(len(ids))} for good",
        requests=(Request(operation=forget, path={"list_id": int(named.id)}, body={"contacts": list(ids)}),),
        count=len(ids),
        seen=await look_at(client, "egoi", ids, list_id=int(named.id)),
        facts={
            "list": f"{named.id} ({named.name})",
            "contact ids": first_of(ids),
            "gone at E-goi": "these contacts of this list; the same person in another list is another one. "
            "E-goi may keep their address in its suppression list, as forgotten",
        },
        personal={},
    )


async def _at_txtsync(
    client: ApiClient, contact_ids: Sequence[str] | None, references: Sequence[str] | None
) -> _Deed:
    """Deleted one by one, by TxtSync's ids or by one's own.

    Source: TxtSync connector, `DeleteContact` and `DeleteContactByExternalReference`.
    """
    if (contact_ids is None) == (references is None):
        raise InvalidInput("contact_ids or external_references: give one of them. Nothing was changed.")
    by_id, by_reference = (
        operation("txtsync", "DeleteContact"),
        operation("txtsync", "DeleteContactByExternalReference"),
    )
    if contact_ids is not None:
        chosen = distinct_ids("txtsync", contact_ids, most=MOST_ONE_BY_ONE)
        known, shown, entry = by_id, Seen(), {"contact ids": first_of(chosen)}
    else:
        chosen = distinct("external_references", references or (), most=MOST_ONE_BY_ONE, fold=False)
        if not all(fits_a_path(each) for each in chosen):
            raise InvalidInput(
                "external_references: one holds a character that cannot stand in an address. Nothing was "
                "changed. Delete that contact by contact_ids; search_contacts gives its contact_id."
            )
        shown = seen([await find_txtsync_contact(client, each) for each in chosen[:MOST_SHOWN]])
        known, entry = by_reference, {}
    return _Deed(
        title=f"Delete {counted(len(chosen))} at TxtSync for good",
        requests=tuple(Request(operation=known, path={"id": each}) for each in chosen),
        count=len(chosen),
        seen=shown,
        facts={**entry, "gone at TxtSync": f"the contacts; {_NOT_SAID}"},
        personal={} if contact_ids is not None else {"external references": first_of(chosen)},
        warnings=() if contact_ids is None else (_UNSHOWN,),
    )


async def _at_intercom(client: ApiClient, contact_ids: Sequence[str], how: How) -> _Deed:
    """Archived or deleted one by one.

    Source: Intercom, `ArchiveContact` and `DeleteContact`.
    """
    ids = distinct_ids("intercom", contact_ids, most=MOST_ONE_BY_ONE)
    shown = await look_at(client, "intercom", ids)
    facts = {"contact ids": first_of(ids)}
    if how == "archive":
        archive = operation("intercom", "ArchiveContact")
        return _Deed(
            title=f"Archive {counted(len(ids))} at Intercom",
            requests=tuple(Request(operation=archive, path={"contact_id": each}) for each in ids),
            count=len(ids),
            seen=shown,
            facts={
                **facts,
                "gone at Intercom": "nothing: they are hidden, and all that is kept of them stays. It is no "
                "erasure; how=delete is",
            },
            personal={},
            erases_here=False,
        )
    delete = operation("intercom", "DeleteContact")
    return _Deed(
        title=f"Delete {counted(len(ids))} at Intercom for good",
        requests=tuple(Request(operation=delete, path={"contact_id": each}) for each in ids),
        count=len(ids),
        seen=shown,
        facts={**facts, "gone at Intercom": f"the contacts; {_NOT_SAID}"},
        personal={},
    )
