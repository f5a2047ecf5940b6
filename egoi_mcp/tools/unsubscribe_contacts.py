"""Unsubscribing contacts: they stay, and are written to no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.models.vendor_json import flag, number
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_ids import (
    MOST_ONE_BY_ONE,
    VENDORS,
    Seen,
    counted,
    distinct_ids,
    first_of,
    look_at,
    seen,
)
from egoi_mcp.tools.names import find_list
from egoi_mcp.tools.refusals import needed, not_taken
from egoi_mcp.tools.txtsync_rows import Named, chosen_rows, written_again
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

Method = Literal["manual", "form", "unsubscribe_link", "bounce", "api"]
Reason = Literal["not_interested", "lack_of_time", "email_address_change", "spam", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Why:
    """What is kept of why they unsubscribed, as it was given; E-goi alone keeps it."""

    method: Method | None
    reason: Reason | None
    observation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """The requests that unsubscribe, and what a preview says of them."""

    requests: tuple[Request, ...]
    count: int
    seen: Seen
    facts: dict[str, str]
    personal: dict[str, str]
    undo: str
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


async def unsubscribe_contacts(
    ctx: Ctx,
    *,
    provider: p.Provider = "egoi",
    list_id: p.ListRef | None = None,
    contact_ids: p.ContactIds | None = None,
    external_references: p.ExternalReferences | None = None,
    phones: Annotated[
        list[Annotated[str, Field(max_length=40)]],
        Field(min_length=1, max_length=MOST_ONE_BY_ONE, description="TxtSync, with country code"),
    ]
    | None = None,
    method: Annotated[Method, Field(description="E-goi: how they asked; default api")] | None = None,
    reason: Annotated[Reason, Field(description="E-goi: why; default other")] | None = None,
    observation: Annotated[str, Field(min_length=1, max_length=255, description="E-goi: a note")]
    | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Unsubscribe contacts so that nobody writes to them: at E-goi from a list, at Intercom from e-mails, at
    TxtSync from SMS. They stay contacts; erase_contacts removes them. A person approves first.
    """
    app = app_of(ctx)
    client = app.client(provider)
    why = _Why(method=method, reason=reason, observation=observation)
    if provider == "txtsync":
        not_taken("TxtSync", list_id=list_id, method=method, reason=reason, observation=observation)
        if contact_ids is not None:
            raise InvalidInput(
                "contact_ids: TxtSync reads nobody by an id, and an update has to write again what is there. "
                "Give external_references or phones. Nothing was changed."
            )
        deed = await _at_txtsync(client, Named(references=external_references, phones=phones))
    else:
        not_taken(VENDORS[provider], external_references=external_references, phones=phones)
        needed(VENDORS[provider], contact_ids=contact_ids)
        if provider == "egoi":
            needed("E-goi; list_audiences (kind lists) gives it", list_id=list_id)
            deed = await _at_egoi(client, list_id or "", contact_ids or (), why)
        else:
            not_taken("Intercom", list_id=list_id, method=method, reason=reason, observation=observation)
            deed = await _at_intercom(client, contact_ids or ())
    if deed.count == deed.seen.missing:
        raise InvalidInput(f"{VENDORS[provider]} has none of these contacts. Nothing was changed.")
    plan = Plan(
        connection=client.connection.name,
        requests=deed.requests,
        recipients=deed.count,
        preview=Preview(
            title=f"Unsubscribe {counted(deed.count)} at {VENDORS[provider]}",
            account=await account_label(client, provider),
            recipients=deed.count,
            to=deed.seen.to,
            facts=deed.facts,
            personal={**deed.seen.personal, **deed.personal},
            dropped=deed.dropped,
            warnings=(*deed.seen.warnings, *deed.warnings),
            undo=deed.undo,
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


async def _at_egoi(client: ApiClient, list_id: str, contact_ids: Sequence[str], why: _Why) -> _Deed:
    """Out of one list.

    Source: E-goi v3, `actionUnsubscribeContact`.
    """
    ids = distinct_ids("egoi", contact_ids)
    named = await find_list(client, list_id, now=True)
    kept: dict[str, JsonValue] = {
        "unsubscription_method": why.method or "api",
        "unsubscription_reason": why.reason or "other",
    }
    kept |= {"unsubscription_observation": why.observation} if why.observation is not None else {}
    unsubscribe = operation("egoi", "actionUnsubscribeContact")
    rows: list[JsonValue] = [{"contact_id": each, **kept} for each in ids]
    return _Deed(
        requests=(Request(operation=unsubscribe, path={"list_id": int(named.id)}, body={"data": rows}),),
        count=len(ids),
        seen=await look_at(client, "egoi", ids, list_id=int(named.id)),
        facts={
            "what ends": "E-goi writes to them from this list no more; other lists that hold them go on",
            "list": f"{named.id} ({named.name})",
            "contact ids": first_of(ids),
            "method": why.method or "api",
            "reason": why.reason or "other",
        },
        personal={} if why.observation is None else {"observation": why.observation},
        undo=undo_words(unsubscribe),
    )


async def _at_intercom(client: ApiClient, contact_ids: Sequence[str]) -> _Deed:
    """From e-mails.

    Source: Intercom, `UpdateContact`.
    """
    ids = distinct_ids("intercom", contact_ids, most=MOST_ONE_BY_ONE)
    update = operation("intercom", "UpdateContact")
    return _Deed(
        requests=tuple(
            Request(operation=update, path={"contact_id": each}, body={"unsubscribed_from_emails": True})
            for each in ids
        ),
        count=len(ids),
        seen=await look_at(client, "intercom", ids),
        facts={
            "what ends": "Intercom sends them no e-mails; messages inside the app are no e-mails",
            "contact ids": first_of(ids),
        },
        personal={},
        undo=_AGAIN.format("unsubscribed_from_emails"),
    )


async def _at_txtsync(client: ApiClient, named: Named) -> _Deed:
    """From SMS, everything else written again as it is.

    Source: TxtSync connector, `UpdateContact`.
    """
    rows = await chosen_rows(client, named)
    left = [row for row in rows if flag(row, "AllowSMS") is not False]
    if not left:
        raise InvalidInput("Nobody of these may be sent SMS as it is. Nothing was changed.")
    update = operation("txtsync", "UpdateContact")
    quiet = len(rows) - len(left)
    return _Deed(
        requests=tuple(
            Request(
                operation=update,
                path={"id": str(number(row, "ContactID"))},
                body={**written_again(row), "AllowSMS": False},
            )
            for row in left
        ),
        count=len(left),
        seen=seen(left[:5]),
        facts={
            "what ends": "TxtSync sends them no SMS",
            "contact ids": first_of([str(number(row, "ContactID")) for row in left]),
        },
        personal={},
        undo=_AGAIN.format("AllowSMS"),
        dropped=(f"{quiet} who may not be sent SMS already",) if quiet else (),
        warnings=(
            "TxtSync's answers show no tags, and whether an update keeps them is documented nowhere: they "
            "may be replaced",
        ),
    )


_AGAIN = (
    "They can be allowed to be written to again (update_contact, {}), which a person approves with the legal "
    "basis and its source; what was not sent meanwhile stays unsent."
)
