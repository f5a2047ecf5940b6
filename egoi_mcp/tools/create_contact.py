"""Creating one contact: in an E-goi list, at TxtSync, or a user or lead at Intercom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.contact_fields.egoi import egoi_contact
from egoi_mcp.contact_fields.list_fields import ListFields
from egoi_mcp.contact_fields.txtsync import txtsync_contact
from egoi_mcp.contact_fields.values import plain
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.models.vendor_json import mapping, text
from egoi_mcp.phones import Phone, parse_phone
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.consent import basis_facts, require_basis
from egoi_mcp.tools.contact_writing import (
    Values,
    checked,
    fields_of,
    gathered,
    labelled,
    refuse_given,
    refuse_landline,
    shown,
)
from egoi_mcp.tools.intercom_contacts import Basis, create_or_update
from egoi_mcp.tools.names import find_list
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

_NOTHING = "Nothing was created."


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    """The request that creates a contact, and what a preview says of it."""

    request: Request
    where: str
    values: Mapping[str, object]
    to: tuple[str, ...]


async def create_contact(
    ctx: Ctx,
    *,
    provider: p.Provider = "egoi",
    list_id: p.ListRef | None = None,
    email: p.Email | None = None,
    phone: p.Phone | None = None,
    first_name: p.PersonName | None = None,
    last_name: p.PersonName | None = None,
    status: Annotated[
        Literal["unconfirmed", "active", "inactive"],
        Field(
            description=(
                "E-goi, default inactive; unconfirmed: E-goi may ask them to confirm; "
                "active: may be contacted"
            )
        ),
    ]
    | None = None,
    role: Annotated[Literal["user", "lead"], Field(description="Intercom, default user")] | None = None,
    external_reference: Annotated[
        str, Field(min_length=1, max_length=100, description="TxtSync, Intercom: your own id")
    ]
    | None = None,
    company: p.Company | None = None,
    tags: p.TagNames | None = None,
    fields: p.ContactFields | None = None,
    legal_basis: p.LegalBasis | None = None,
    source: p.BasisSource | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Create one contact: in an E-goi list (list_id, and email or phone), at TxtSync (phone), or at Intercom,
    where one with the same email is updated. Elsewhere search first: one that exists is refused. A person is
    asked wherever they may then be contacted.
    """
    app = app_of(ctx)
    client = app.client(provider)
    number = parse_phone(phone, label="phone") if phone is not None else None
    named: Values = {"email": email, "first_name": first_name, "last_name": last_name}
    basis = Basis(legal_basis=legal_basis, source=source)
    if provider == "intercom":
        refuse_given("Intercom", nothing=_NOTHING, list_id=list_id, status=status)
        refuse_given("Intercom", nothing=_NOTHING, instead="tag_contacts puts tags on it.", tags=tags)
        named |= {"external_id": external_reference, "phone": number.e164 if number else None, "role": role}
        values = gathered(fields, named, nothing=_NOTHING)
        return await create_or_update(
            ctx, client, values, company, basis, preview_only=preview_only, approval=approval
        )
    refuse_given("TxtSync" if provider == "txtsync" else "E-goi", nothing=_NOTHING, role=role)
    if provider == "txtsync":
        refuse_given("TxtSync", nothing=_NOTHING, list_id=list_id, status=status)
        named |= {"external_reference": external_reference, "company": company, "tags": tags}
        named |= {"phone": number.e164 if number else None}
        new = _at_txtsync(gathered(fields, named, nothing=_NOTHING), basis)
    else:
        refuse_given("E-goi", nothing=_NOTHING, external_reference=external_reference, company=company)
        refuse_given("E-goi", nothing=_NOTHING, instead="tag_contacts puts tags on it.", tags=tags)
        refuse_landline(fields, nothing=_NOTHING)
        named |= {"cellphone": number.egoi if number else None, "status": status}
        new = await _at_egoi(client, list_id, gathered(fields, named, nothing=_NOTHING), basis)
    said = shown(new.values)
    plan = Plan(
        connection=client.connection.name,
        requests=(new.request,),
        recipients=1,
        preview=Preview(
            title=f"Create a contact in {new.where}",
            account=await account_label(client, provider),
            recipients=1,
            to=new.to,
            facts={**said.facts, **basis_facts(legal_basis, source)},
            personal=said.personal,
            warnings=_doubts(number, text(new.values, "status")),
            undo=undo_words(new.request.operation),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


async def _at_egoi(client: ApiClient, list_id: str | None, values: Values, basis: Basis) -> _New:
    """A contact of a list; what has no consent stated is refused before anything is read.

    Source: E-goi v3, `createContact`.
    """
    if list_id is None:
        raise InvalidInput("list_id: is required for E-goi. list_audiences (kind lists) gives it.")
    if not any(plain(name) == "status" for name in values):
        values = {"status": "inactive", **values}
    _require(basis, _egoi_request(1, egoi_contact(values).body))
    found = await find_list(client, list_id)
    fields = await fields_of(client, int(found.id), tuple(values))
    body = checked(egoi_contact(values, fields), nothing=_NOTHING)
    base = mapping(body.get("base"))
    if not any(base.get(name) for name in ("email", "cellphone", "phone")):
        raise InvalidInput(f"email or phone: one of them is required. {_NOTHING}")
    request = _egoi_request(int(found.id), body)
    _require(basis, request)
    return _New(
        request=request,
        where=f"list {found.id} ({found.name})",
        values=labelled(body, fields),
        to=_to(text(base, "email"), text(base, "cellphone", "phone")),
    )


def _egoi_request(list_id: int, body: Mapping[str, JsonValue]) -> Request:
    return Request(operation=operation("egoi", "createContact"), path={"list_id": list_id}, body=body)


def _at_txtsync(values: Values, basis: Basis) -> _New:
    """A contact with TxtSync's member names, which may be sent SMS from then on.

    Source: TxtSync connector, `AddContact`.
    """
    body = checked(txtsync_contact(values), nothing=_NOTHING)
    if "MobileNumber" not in body:
        raise InvalidInput(f"phone: is required for TxtSync. {_NOTHING}")
    request = Request(operation=operation("txtsync", "AddContact"), body=body)
    _require(basis, request)
    to = _to(text(body, "EmailAddress"), text(body, "MobileNumber"))
    return _New(request=request, where="TxtSync", values=labelled(body, ListFields()), to=to)


def _require(basis: Basis, request: Request) -> None:
    require_basis([request], basis.legal_basis, basis.source, nothing=_NOTHING)


def _to(email: str | None, number: str | None) -> tuple[str, ...]:
    phone = parse_phone(number).e164 if number else None
    return tuple(each for each in (email, phone) if each)


def _doubts(number: Phone | None, status: str | None) -> tuple[str, ...]:
    doubts: list[str] = []
    if status == "unconfirmed":
        doubts.append("E-goi may write to them and ask them to confirm")
    if number is None:
        return tuple(doubts)
    if not number.valid:
        doubts.append("the number lies in no range that its country has assigned")
    if number.mobile is False:
        doubts.append("the number is no mobile number, so no SMS will reach it")
    return tuple(doubts)
