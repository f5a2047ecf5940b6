"""Putting tags on contacts."""

from __future__ import annotations

from mcp_types import InputRequiredResult

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contacts import is_egoi_id
from egoi_mcp.tools.names import find_list, find_tag
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

_MOST_SHOWN = 5


async def attach_tag(
    ctx: Ctx,
    *,
    list_id: p.ListRef,
    tag: p.TagRef,
    contact_ids: p.ContactIds,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Attach a tag to E-goi contacts of one list. The tag must exist: none is created. Above a
    threshold of contacts a person is asked.
    """
    app = app_of(ctx)
    client = app.client("egoi")
    contacts = _distinct(contact_ids)
    named = await find_list(client, list_id)
    found = await find_tag(client, tag)
    more = f" and {len(contacts) - _MOST_SHOWN} more" if len(contacts) > _MOST_SHOWN else ""
    attach = operation("egoi", "actionAttachTag")
    plan = Plan(
        connection=client.connection.name,
        requests=(
            Request(
                operation=attach,
                path={"list_id": int(named.id)},
                body={"tag_id": int(found.id), "contacts": list(contacts)},
            ),
        ),
        recipients=len(contacts),
        preview=Preview(
            title=f"Attach the tag {found.name!r} to {_counted(contacts)}",
            account=await account_label(client, "egoi"),
            recipients=len(contacts),
            facts={
                "list": f"{named.id} ({named.name})",
                "tag": f"{found.id} ({found.name})",
                "contact ids": ", ".join(contacts[:_MOST_SHOWN]) + more,
            },
            undo=undo_words(attach),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


def _counted(contacts: list[str]) -> str:
    return "1 contact" if len(contacts) == 1 else f"{len(contacts)} contacts"


def _distinct(contact_ids: list[str]) -> list[str]:
    """The ids, each once; their letters mean the same in either case.

    Raises:
        InvalidInput: one is no id of an E-goi contact.
    """
    if wrong := sum(not is_egoi_id(each) for each in contact_ids):
        raise InvalidInput(
            f"contact_ids: {wrong} of {len(contact_ids)} are not ids of E-goi contacts (10 hex digits). "
            "Nothing was changed. search_contacts gives them."
        )
    first: dict[str, str] = {}
    for each in contact_ids:
        first.setdefault(each.casefold(), each)
    return list(first.values())
