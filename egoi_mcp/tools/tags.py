"""Putting tags on contacts, and taking them off."""

from __future__ import annotations

from collections.abc import Mapping

from mcp_types import InputRequiredResult

from egoi_mcp.api.catalog import Api, operation
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.names import find_tag
from egoi_mcp.tools.refusals import needed, not_taken
from egoi_mcp.tools.tag_targets import Change, Whom, at_egoi, at_intercom
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

_TITLES: dict[Change, str] = {
    "attach": "Attach the tag {tag!r} to {whom}",
    "detach": "Take the tag {tag!r} off {whom}",
}
_OPERATIONS: Mapping[tuple[Api, Change], str] = {
    ("egoi", "attach"): "actionAttachTag",
    ("egoi", "detach"): "actionDetachTag",
    ("intercom", "attach"): "attachTagToContact",
    ("intercom", "detach"): "detachTagFromContact",
}
_TXTSYNC: dict[Change, str] = {
    "attach": (
        "provider: TxtSync has no call that attaches a tag; update_contact with tags writes a contact's tags "
        "anew, and its answers do not show which ones it holds."
    ),
    "detach": "provider: TxtSync has no call that takes a tag off, and its answers show none.",
}


async def tag_contacts(
    ctx: Ctx,
    *,
    do: Change,
    tag: p.TagRef,
    provider: p.Provider = "egoi",
    list_id: p.ListRef | None = None,
    contact_ids: p.ContactIds | None = None,
    segment: p.SegmentId | None = None,
    field: p.FieldRef | None = None,
    values: p.FieldValues | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Attach a tag to E-goi contacts of one list (contact_ids, segment, or field with values), or to Intercom
    contacts, or detach it. The tag must exist: none is created. Above a threshold of contacts a person is
    asked, and for every detaching but from one E-goi contact.
    """
    whom = Whom(list_id=list_id, contact_ids=contact_ids, segment=segment, field=field, values=values)
    return await _change(ctx, do, provider, tag, whom, preview_only=preview_only, approval=approval)


async def _change(
    ctx: Ctx,
    change: Change,
    provider: p.Provider,
    tag: str,
    whom: Whom,
    *,
    preview_only: bool,
    approval: str,
) -> Outcome | InputRequiredResult:
    if provider == "txtsync":
        raise InvalidInput(f"{_TXTSYNC[change]} Nothing was changed.")
    app = app_of(ctx)
    client = app.client(provider)
    if provider == "intercom":
        not_taken(
            "Intercom", list_id=whom.list_id, segment=whom.segment, field=whom.field, values=whom.values
        )
        needed("Intercom", contact_ids=whom.contact_ids)
    named = await find_tag(client, tag, now=True)
    changing = operation(provider, _OPERATIONS[provider, change])
    if provider == "intercom":
        target = at_intercom(change, named.id, whom.contact_ids or (), operation=changing)
    else:
        target = await at_egoi(client, change, int(named.id), whom, operation=changing)
    plan = Plan(
        connection=client.connection.name,
        requests=target.requests,
        recipients=target.recipients,
        witnesses=target.witnesses,
        preview=Preview(
            title=_TITLES[change].format(tag=named.name, whom=target.words),
            account=await account_label(client, provider),
            recipients=target.recipients,
            facts={**target.facts, "tag": f"{named.id} ({named.name})"},
            personal=target.personal,
            warnings=target.warnings,
            undo=undo_words(changing),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)
