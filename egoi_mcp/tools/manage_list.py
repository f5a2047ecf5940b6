"""Making, renaming and deleting E-goi's lists, and deleting their segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.guard.witnesses import Witness, list_witness, look
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.models.vendor_json import Json, mapping, number, text
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_ids import counted
from egoi_mcp.tools.names import Named, find_list, find_segment
from egoi_mcp.tools.refusals import needed, not_taken
from egoi_mcp.tools.vendor import Ctx, account_label, app_of, read

Do = Literal["create", "update", "delete"]
_STATUSES = ("active", "inactive", "removed", "unconfirmed")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What a list is to be called, as it was given."""

    name: str | None
    public_name: str | None
    group_id: int | None

    @property
    def body(self) -> dict[str, JsonValue]:
        """The vendor's words for it."""
        members = {"internal_name": self.name, "public_name": self.public_name, "group_id": self.group_id}
        return {member: value for member, value in members.items() if value is not None}

    @property
    def facts(self) -> dict[str, str]:
        """What a preview says of it."""
        said = {"name": self.name, "public name": self.public_name, "group": self.group_id}
        return {label: str(value) for label, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """One request and what a preview says of it; what is made or renamed changes no contact."""

    title: str
    request: Request
    facts: dict[str, str]
    recipients: int | None = 0
    warnings: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()


async def manage_list(
    ctx: Ctx,
    *,
    do: Do,
    list_id: p.ListRef | None = None,
    name: p.AudienceName | None = None,
    public_name: Annotated[str, Field(min_length=1, max_length=255, description="What contacts see")]
    | None = None,
    group_id: Annotated[int, Field(ge=1, description="E-goi's id of a group of lists")] | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Create (name), update (list_id and what changes) or delete (list_id) an E-goi list. Deleting takes all
    its contacts, and a person approves that first.
    """
    app = app_of(ctx)
    client = app.client("egoi")
    given = _Given(name=name, public_name=public_name, group_id=group_id)
    if do == "create":
        not_taken("creating a list", list_id=list_id, group_id=group_id)
        needed("creating a list", name=name)
        deed = _Deed(
            title=f"Create the list {name!r}",
            request=Request(operation=operation("egoi", "createList"), body=given.body),
            facts=given.facts,
        )
    else:
        needed(f"do={do}", list_id=list_id)
        found = await find_list(client, list_id or "", now=True)
        deed = _changed(found, given) if do == "update" else await _deleted(client, found, given)
    plan = Plan(
        connection=client.connection.name,
        requests=(deed.request,),
        recipients=deed.recipients,
        witnesses=deed.witnesses,
        preview=Preview(
            title=deed.title,
            account=await account_label(client, "egoi"),
            recipients=deed.recipients or None,
            facts=deed.facts,
            warnings=deed.warnings,
            undo=undo_words(deed.request.operation),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


def _changed(found: Named, given: _Given) -> _Deed:
    """Source: E-goi v3, `updateList`."""
    if not given.body:
        raise InvalidInput("name, public_name or group_id: give what changes. Nothing was changed.")
    return _Deed(
        title=f"Change the list {found.name!r}",
        request=Request(
            operation=operation("egoi", "updateList"), path={"list_id": int(found.id)}, body=given.body
        ),
        facts={"list": f"{found.id} ({found.name})", **given.facts},
    )


async def _deleted(client: ApiClient, found: Named, given: _Given) -> _Deed:
    """Source: E-goi v3, `getList` and `deleteList`."""
    not_taken("deleting a list", name=given.name, public_name=given.public_name, group_id=given.group_id)
    path: dict[str, str | int] = {"list_id": int(found.id)}
    row = mapping(await read(client, "egoi", "getList", path=path))
    return _Deed(
        title=f"Delete the list {found.name!r} with all its contacts",
        request=Request(operation=operation("egoi", "deleteList"), path=path),
        facts={"list": f"{found.id} ({found.name})", "contacts": by_status(row)},
        recipients=number(mapping(row.get("stats")), "total_contacts"),
        warnings=("its fields and segments, and what its contacts hold, go with it",),
        witnesses=(list_witness(found.id, row),),
    )


async def delete_segment(
    ctx: Ctx,
    *,
    list_id: p.ListRef,
    segment: p.SegmentId,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Delete a saved segment of an E-goi list, not its contacts. A person approves first."""
    app = app_of(ctx)
    client = app.client("egoi")
    found = await find_list(client, list_id, now=True)
    chosen = await find_segment(client, int(found.id), segment, now=True)
    if (kind := text(chosen.row, "type")) not in {None, "saved"}:
        raise InvalidInput(f"segment: is of type {kind}; only saved ones are deleted. Nothing was changed.")
    witness = await look(client, "segment", f"{found.id}/{chosen.id}")
    delete = operation("egoi", "deleteSegment")
    people = "an unknown number of contacts" if witness.count is None else counted(witness.count)
    plan = Plan(
        connection=client.connection.name,
        requests=(Request(operation=delete, path={"list_id": int(found.id), "segment_id": chosen.id}),),
        recipients=0,
        witnesses=(witness,),
        preview=Preview(
            title=f"Delete the segment {chosen.name!r}",
            account=await account_label(client, "egoi"),
            facts={
                "list": f"{found.id} ({found.name})",
                "segment": f"{chosen.id} ({chosen.name}), {people} as of now, who stay",
            },
            warnings=("its filter is not kept",),
            undo=undo_words(delete),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


def by_status(row: Json) -> str:
    """How many contacts a list has, in all and by status, as far as the vendor says it.

    Source: E-goi v3, `getList`.
    """
    stats = mapping(row.get("stats"))
    total = number(stats, "total_contacts")
    said = [f"{count} {name}" for name in _STATUSES if (count := number(stats, f"total_{name}")) is not None]
    return f"{'unknown' if total is None else total}" + (f" ({', '.join(said)})" if said else "")
