"""The fields of an E-goi list, and the options of those that hold a list of values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.guard.witnesses import Witness, list_witness
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.manage_list import by_status
from egoi_mcp.tools.names import Named, find_field, find_list
from egoi_mcp.tools.refusals import needed, not_taken
from egoi_mcp.tools.vendor import Ctx, account_label, app_of, one_of, read

Do = Literal["create", "update", "delete", "add_option", "update_option", "delete_option"]
Format = Literal["date", "text", "cellphone", "phone", "number", "email", "options"]
_LANGUAGES = ("en", "pt", "br", "es", "de", "hu", "fr")

_TWICE = "what E-goi makes of values that several contacts hold is documented nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What becomes of the field or option, as it was given."""

    name: str | None
    format: Format | None
    unique: bool | None
    option: str | None
    labels: Mapping[str, str] | None

    def only(self, do: Do, *names: str) -> None:
        """Refuse what this deed does not take."""
        for each in ("name", "format", "unique", "option", "labels"):
            if each not in names:
                not_taken(f"do={do}", **{each: getattr(self, each)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """One request, and what a preview says of it; `recipients` is None where nobody can tell."""

    title: str
    request: Request
    facts: dict[str, str] = dataclass_field(default_factory=dict[str, str])
    recipients: int | None = 0
    warnings: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()


async def manage_field(
    ctx: Ctx,
    *,
    do: Do,
    list_id: p.ListRef,
    field: p.FieldRef | None = None,
    name: p.AudienceName | None = None,
    format: Annotated[Format, Field(description="With create; options: a list of values")] | None = None,
    unique: Annotated[bool, Field(description="No two contacts may hold the same value")] | None = None,
    option: Annotated[
        str, Field(min_length=1, max_length=255, description="Id or a label of it, from list_audiences")
    ]
    | None = None,
    labels: Annotated[dict[str, str], Field(description=f"Language to label: {', '.join(_LANGUAGES)}")]
    | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Create, update or delete a field of an E-goi list, or an option of a field of format options. Of a base
    field only unique changes. Deleting takes contacts' values with it, and a person approves that first.
    """
    app = app_of(ctx)
    client = app.client("egoi")
    given = _Given(name=name, format=format, unique=unique, option=option, labels=labels)
    named = await find_list(client, list_id, now=True)
    if do == "create":
        not_taken("creating a field", field=field)
        deed = _created(named, given)
    else:
        needed(f"do={do}", field=field)
        found = await find_field(client, int(named.id), field or "", now=True)
        deed = await (_of_field if do in {"update", "delete"} else _of_option)(
            client, do, named, found, given
        )
    plan = Plan(
        connection=client.connection.name,
        requests=(deed.request,),
        recipients=deed.recipients,
        witnesses=deed.witnesses,
        preview=Preview(
            title=deed.title,
            account=await account_label(client, "egoi"),
            recipients=deed.recipients or None,
            facts={"list": f"{named.id} ({named.name})", **deed.facts},
            warnings=deed.warnings,
            undo=undo_words(deed.request.operation),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


def _created(named: Named, given: _Given) -> _Deed:
    """Source: E-goi v3, `createExtraField`."""
    given.only("create", "name", "format", "unique")
    needed("creating a field", name=given.name, format=given.format)
    body: dict[str, JsonValue] = {"name": given.name, "format": given.format}
    body |= {} if given.unique is None else {"unique": given.unique}
    return _Deed(
        title=f"Create the field {given.name!r}",
        request=Request(
            operation=operation("egoi", "createExtraField"), path={"list_id": int(named.id)}, body=body
        ),
        facts=_said(given),
    )


async def _of_field(client: ApiClient, do: Do, named: Named, found: Named, given: _Given) -> _Deed:
    """Source: E-goi v3, `patchExtraField`, `patchBaseField` and `deleteExtraField`."""
    base = text(found.row, "type") == "base"
    facts = {"field": f"{found.id} ({found.name})"}
    path: dict[str, str | int] = {"list_id": int(named.id)}
    if do == "delete":
        given.only(do)
        path["field_id"] = _extra_number(found)
        row = mapping(await read(client, "egoi", "getList", path={"list_id": int(named.id)}))
        return _Deed(
            title=f"Delete the field {found.name!r} with its values",
            request=Request(operation=operation("egoi", "deleteExtraField"), path=path),
            facts={**facts, "contacts of the list": by_status(row)},
            recipients=number(mapping(row.get("stats")), "total_contacts"),
            warnings=("every contact of the list loses its value of the field",),
            witnesses=(list_witness(named.id, row),),
        )
    given.only(do, *(("unique",) if base else ("name", "unique")))
    if given.name is None and given.unique is None:
        raise InvalidInput("name or unique: give what changes. Nothing was changed.")
    named_anew: dict[str, JsonValue] = {} if given.name is None else {"name": given.name}
    body = named_anew | ({} if given.unique is None else {"unique": given.unique})
    path["field_id"] = found.id if base else _extra_number(found)
    return _Deed(
        title=f"Change the field {found.name!r}",
        request=Request(
            operation=operation("egoi", "patchBaseField" if base else "patchExtraField"), path=path, body=body
        ),
        facts={**facts, **_said(given)},
        warnings=(_TWICE,) if given.unique else (),
    )


async def _of_option(client: ApiClient, do: Do, named: Named, found: Named, given: _Given) -> _Deed:
    """Source: E-goi v3, `createFieldOption`, `updateFieldOption` and `deleteFieldOption`."""
    if text(found.row, "format") != "options":
        raise InvalidInput("field: is none of format options, so it has none. Nothing was changed.")
    path: dict[str, str | int] = {"list_id": int(named.id), "field_id": _extra_number(found)}
    facts = {"field": f"{found.id} ({found.name})"}
    if do == "add_option":
        given.only(do, "labels")
        needed(f"do={do}", labels=given.labels)
        return _Deed(
            title=f"Add an option to the field {found.name!r}",
            request=Request(
                operation=operation("egoi", "createFieldOption"), path=path, body=_labels(given.labels)
            ),
            facts={**facts, **_said(given)},
        )
    needed(f"do={do}", option=given.option)
    chosen = await _option(client, path, given.option or "")
    path["option_id"] = number(chosen, "option_id") or 0
    facts["option"] = f"{path['option_id']} ({', '.join(filter(None, _names(chosen)))})"
    if do == "update_option":
        given.only(do, "option", "labels")
        needed(f"do={do}", labels=given.labels)
        return _Deed(
            title=f"Rename an option of the field {found.name!r}",
            request=Request(
                operation=operation("egoi", "updateFieldOption"), path=path, body=_labels(given.labels)
            ),
            facts={**facts, **_said(given)},
        )
    given.only(do, "option")
    return _Deed(
        title=f"Delete an option of the field {found.name!r}",
        request=Request(operation=operation("egoi", "deleteFieldOption"), path=path),
        facts=facts,
        recipients=None,
        warnings=("contacts that chose it lose that; how many they are, the vendor does not say",),
    )


async def _option(client: ApiClient, path: Mapping[str, str | int], ref: str) -> Json:
    """The option that an id or a label means.

    Source: E-goi v3, `getAllFieldOptions`.
    """
    rows = list(objects(await read(client, "egoi", "getAllFieldOptions", path=path)))
    return one_of(
        rows,
        ref,
        what="option",
        id_member="option_id",
        names=_names,
        source="list_audiences (kind options)",
    )


def _names(row: Json) -> list[str | None]:
    return [text(row, language) for language in _LANGUAGES]


def _extra_number(found: Named) -> int:
    """What the vendor's addresses call an extra field that its lists call `extra_12`."""
    if text(found.row, "type") == "base" or not (digits := found.id.removeprefix("extra_")).isdecimal():
        raise InvalidInput(
            "field: is a base field, of which only unique changes (do=update). Nothing was changed."
        )
    return int(digits)


def _labels(labels: Mapping[str, str] | None) -> dict[str, JsonValue]:
    given = dict(labels or {})
    if not given or not given.keys() <= set(_LANGUAGES):
        raise InvalidInput(f"labels: takes one or more of {', '.join(_LANGUAGES)}. Nothing was changed.")
    if not all(label.strip() for label in given.values()):
        raise InvalidInput("labels: one is empty. Nothing was changed.")
    return dict(given)


def _said(given: _Given) -> dict[str, str]:
    """What is new, for a preview."""
    unique = None if given.unique is None else ("yes" if given.unique else "no")
    said = {"name": given.name, "format": given.format, "unique": unique}
    labels = {f"label {language}": label for language, label in (given.labels or {}).items()}
    return {label: value for label, value in said.items() if value is not None} | labels
