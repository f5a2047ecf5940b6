"""Creating one contact, in an E-goi list or at TxtSync."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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
from egoi_mcp.phones import Phone, parse_phone
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.vendor import Ctx, account_label, app_of, list_name

Language = Literal["en", "pt", "br", "es", "de", "hu", "fr"]
Status = Literal["unconfirmed", "active", "inactive"]
LegalBasis = Literal["consent", "contract", "legitimate_interest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """Who is created: what both vendors keep of somebody."""

    email: str | None
    phone: Phone | None
    first_name: str | None
    last_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewContact:
    """The request that creates a contact, and what a preview says of it."""

    request: Request
    where: str
    facts: dict[str, str | None]
    personal: dict[str, str | None]


async def create_contact(
    ctx: Ctx,
    *,
    provider: p.Provider = "egoi",
    list_id: p.ListId | None = None,
    email: p.Email | None = None,
    phone: p.Phone | None = None,
    first_name: p.PersonName | None = None,
    last_name: p.PersonName | None = None,
    language: Annotated[Language, Field(description="E-goi")] | None = None,
    birth_date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="E-goi")] | None = None,
    status: Annotated[
        Status,
        Field(
            description=(
                "E-goi, default inactive; unconfirmed: E-goi may ask them to confirm; active: may be "
                "contacted, needs legal_basis and source"
            )
        ),
    ]
    | None = None,
    legal_basis: Annotated[LegalBasis, Field(description="Why they may be contacted; kept here")]
    | None = None,
    source: Annotated[str, Field(min_length=1, max_length=200, description="Where that comes from")]
    | None = None,
    external_reference: Annotated[
        str, Field(min_length=1, max_length=100, description="TxtSync: your own id")
    ]
    | None = None,
    company: Annotated[str, Field(min_length=1, max_length=100, description="TxtSync")] | None = None,
    tags: Annotated[
        list[str], Field(min_length=1, max_length=20, description="TxtSync: tag names; new ones are made")
    ]
    | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Create one contact: in an E-goi list (list_id, and email or phone) or at TxtSync (phone). Search first:
    one that exists is refused. A person is asked unless it stays inactive, and at TxtSync always.
    """
    app = app_of(ctx)
    client = app.client(provider)
    number = parse_phone(phone, label="phone") if phone is not None else None
    person = _Person(email=email, phone=number, first_name=first_name, last_name=last_name)
    if provider == "txtsync":
        _unknown("TxtSync", list_id=list_id, language=language, birth_date=birth_date, status=status)
        new = _at_txtsync(person, external_reference, company, tags=tags)
    else:
        _unknown("E-goi", external_reference=external_reference, company=company)
        _unknown("E-goi", "attach_tag puts tags on it afterwards.", tags=tags)
        _require_basis(status, legal_basis, source)
        new = await _at_egoi(client, list_id, person, status or "inactive", language, birth_date)
    plan = Plan(
        connection=client.connection.name,
        requests=(new.request,),
        recipients=1,
        preview=Preview(
            title=f"Create a contact in {new.where}",
            account=await account_label(client, provider),
            recipients=1,
            to=tuple(each for each in (email, number.e164 if number else None) if each),
            facts=_given({**new.facts, "legal basis": legal_basis, "source": source}),
            personal=_given({"first name": first_name, "last name": last_name, **new.personal}),
            warnings=_doubts(number, status),
            undo=undo_words(new.request.operation),
        ),
    )
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


async def _at_egoi(
    client: ApiClient,
    list_id: int | None,
    person: _Person,
    status: Status,
    language: Language | None,
    birth_date: str | None,
) -> _NewContact:
    """A contact of a list.

    Source: E-goi v3, `createContact`.
    """
    if list_id is None:
        raise InvalidInput("list_id: is required for E-goi. list_audiences (kind lists) gives it.")
    if person.email is None and person.phone is None:
        raise InvalidInput("email or phone: one of them is required. Nothing was created.")
    base: dict[str, JsonValue] = {
        "status": status,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "cellphone": person.phone.egoi if person.phone else None,
        "birth_date": _real_date(birth_date),
        "language": language,
    }
    named, _ = await list_name(client, list_id)
    return _NewContact(
        request=Request(
            operation=operation("egoi", "createContact"),
            path={"list_id": list_id},
            body={"base": {name: value for name, value in base.items() if value is not None}},
        ),
        where=f"list {list_id} ({named})",
        facts={"status": status, "language": language},
        personal={"birth date": birth_date},
    )


def _at_txtsync(
    person: _Person, external_reference: str | None, company: str | None, *, tags: list[str] | None
) -> _NewContact:
    """A contact with TxtSync's member names; tags are one comma-separated text.

    Source: TxtSync connector, `AddContact`.
    """
    if person.phone is None:
        raise InvalidInput("phone: is required for TxtSync. Nothing was created.")
    if any("," in tag or not tag.strip() for tag in tags or ()):
        raise InvalidInput("tags: a tag's name holds no comma and is not empty. Nothing was created.")
    named = ",".join(tag.strip() for tag in tags) if tags else None
    members: dict[str, JsonValue] = {
        "MobileNumber": person.phone.e164,
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "EmailAddress": person.email,
        "ExternalReference": external_reference,
        "CompanyName": company,
        "TagNames": named,
    }
    return _NewContact(
        request=Request(
            operation=operation("txtsync", "AddContact"),
            body={name: value for name, value in members.items() if value is not None},
        ),
        where="TxtSync",
        facts={"tags": named, "company": company},
        personal={"external reference": external_reference},
    )


def _require_basis(status: Status | None, legal_basis: str | None, source: str | None) -> None:
    if status == "active" and not (legal_basis and source):
        raise InvalidInput(
            "legal_basis and source: are required for status=active, which says that the person may be "
            "contacted. Nothing was created."
        )


def _real_date(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise InvalidInput("birth_date: the calendar has no such day. Nothing was created.") from error


def _doubts(number: Phone | None, status: Status | None) -> tuple[str, ...]:
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


def _given(values: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _unknown(vendor: str, instead: str = "Leave it out.", **given: object) -> None:
    for name, value in given.items():
        if value is not None:
            raise InvalidInput(f"{name}: {vendor} takes no such thing here. {instead} Nothing was created.")
