"""Making, renaming and deleting tags themselves; tag_contacts is about contacts."""

from __future__ import annotations

from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_ids import VENDORS
from egoi_mcp.tools.names import Named, find_tag
from egoi_mcp.tools.refusals import needed, not_taken
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

Do = Literal["create", "update", "delete"]
_COMES_OFF = (
    "it comes off every contact that has it, in all lists; how many they are, the vendor does not say",
    "segments and automations that use it find nobody by it any more",
)


async def manage_tag(
    ctx: Ctx,
    *,
    do: Do,
    provider: p.Provider = "egoi",
    tag: p.TagRef | None = None,
    name: p.AudienceName | None = None,
    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", description="E-goi, as #00AA33")] | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Create (name), update or delete (tag) a tag at E-goi, or create or rename one at Intercom. Deleting it
    takes it off every contact, and a person approves that first.
    """
    if provider == "txtsync":
        raise InvalidInput(
            "provider: TxtSync has no call for tags; a contact written with tags makes them. Nothing was "
            "changed."
        )
    app = app_of(ctx)
    client = app.client(provider)
    known: Named | None = None
    if do == "create":
        not_taken("creating a tag", tag=tag)
        needed("creating a tag", name=name)
    else:
        needed(f"do={do}", tag=tag)
        known = await find_tag(client, tag or "", now=True)
    if do == "update" and name is None and color is None:
        raise InvalidInput("name or color: give what changes. Nothing was changed.")
    if do == "delete":
        not_taken("deleting a tag", name=name, color=color)
    request = _at_egoi(do, known, name, color) if provider == "egoi" else _at_intercom(do, known, name, color)
    called = name if known is None else known.name
    given = {"name": name, "color": color, "tag": None if known is None else f"{known.id} ({known.name})"}
    plan = Plan(
        connection=client.connection.name,
        requests=(request,),
        # Nobody can tell how many contacts have a tag.
        recipients=None if do == "delete" else 0,
        preview=Preview(
            title=f"{do.capitalize()} the tag {called!r} at {VENDORS[provider]}",
            account=await account_label(client, provider),
            facts={label: value for label, value in given.items() if value is not None},
            warnings=_COMES_OFF if do == "delete" else (),
            undo=undo_words(request.operation),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


def _at_egoi(do: Do, known: Named | None, name: str | None, color: str | None) -> Request:
    """Source: E-goi v3, `createTag`, `updateTag` and `deleteTag`."""
    given: dict[str, JsonValue] = {"name": name, "color": color}
    body = {member: value for member, value in given.items() if value is not None}
    if known is None:
        return Request(operation=operation("egoi", "createTag"), body=body)
    path: dict[str, str | int] = {"tag_id": int(known.id)}
    if do == "delete":
        return Request(operation=operation("egoi", "deleteTag"), path=path)
    # A PUT: a name that it leaves out may be emptied.
    return Request(operation=operation("egoi", "updateTag"), path=path, body={"name": known.name, **body})


def _at_intercom(do: Do, known: Named | None, name: str | None, color: str | None) -> Request:
    """Source: Intercom, `createTag`, which renames where it is given an id."""
    not_taken("Intercom", color=color)
    if do == "delete":
        raise InvalidInput("do: Intercom's tags are deleted in Intercom. Nothing was changed.")
    given: dict[str, JsonValue] = {"name": name}
    given |= {} if known is None else {"id": known.id}
    return Request(operation=operation("intercom", "createTag"), body=given)
