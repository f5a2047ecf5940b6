"""Changing contacts: one at any vendor, many at E-goi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from mcp_types import InputRequiredResult
from pydantic import Field

from egoi_mcp.api.client import ApiClient
from egoi_mcp.contact_fields.intercom import intercom_contact
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.vendor_json import Json
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.contact_writing import checked, gathered, refuse_given, refuse_landline
from egoi_mcp.tools.contacts import find_intercom_contact
from egoi_mcp.tools.egoi_updates import Audience, egoi_update
from egoi_mcp.tools.intercom_contacts import Basis, find_intercom, write
from egoi_mcp.tools.refusals import a_number
from egoi_mcp.tools.txtsync_updates import txtsync_update
from egoi_mcp.tools.vendor import Ctx, app_of

_NOTHING = "Nothing was changed."
_FOUND_BY = {
    "email": "email",
    "phone": "phone",
    "external_id": "external_id",
    "external_reference": "external_id",
}


async def update_contact(
    ctx: Ctx,
    *,
    provider: p.Provider = "egoi",
    list_id: p.ListRef | None = None,
    contact_id: p.ContactId | None = None,
    match: Annotated[
        dict[str, str],
        Field(
            description=(
                'Instead of contact_id: one unique value, as {"email": "ana@example.com"}; TxtSync: '
                "external_reference or phone; Intercom: email, external_id or phone"
            ),
        ),
    ]
    | None = None,
    contact_ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=100)]],
        Field(min_length=1, max_length=1000, description="E-goi: many, all set to the same"),
    ]
    | None = None,
    segment: Annotated[
        str,
        Field(min_length=1, max_length=255, description="E-goi: everybody in this segment, by id or name"),
    ]
    | None = None,
    audience: Annotated[Literal["whole_list"], Field(description="E-goi: everybody in the list")]
    | None = None,
    status: Annotated[
        Literal["active", "inactive", "unconfirmed"],
        Field(description="E-goi; unsubscribe_contacts removes"),
    ]
    | None = None,
    fields: p.ContactFields | None = None,
    tags: p.TagNames | None = None,
    company: p.Company | None = None,
    legal_basis: p.LegalBasis | None = None,
    source: p.BasisSource | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Change contacts: one by contact_id or match, or many E-goi contacts by contact_ids, segment or
    audience. Only what is given changes. A person is asked where it says that they may, or may no longer, be
    contacted, and for many contacts.
    """
    app = app_of(ctx)
    client = app.client(provider)
    basis = Basis(legal_basis=legal_basis, source=source)
    given: dict[str, object] = {"contact_id": contact_id, "match": match}
    given |= {"contact_ids": contact_ids, "segment": segment, "audience": audience}
    _one_of(provider, given, match)
    if provider == "intercom":
        refuse_given("Intercom", nothing=_NOTHING, list_id=list_id, status=status)
        refuse_given("Intercom", nothing=_NOTHING, instead="tag_contacts puts tags on it.", tags=tags)
        body = checked(intercom_contact(fields or {}, deed="update"), nothing=_NOTHING)
        row = await _intercom_row(client, contact_id, match)
        again = "update_contact"
        return await write(
            ctx, client, body, row, company, basis, preview_only=preview_only, approval=approval, again=again
        )
    plan: Plan
    if provider == "txtsync":
        refuse_given("TxtSync", nothing=_NOTHING, list_id=list_id, status=status)
        values = gathered(fields, {"tags": tags, "company": company}, nothing=_NOTHING)
        plan = await txtsync_update(client, values, basis, contact_id=contact_id, match=match)
    else:
        refuse_given("E-goi", nothing=_NOTHING, company=company)
        refuse_given("E-goi", nothing=_NOTHING, instead="tag_contacts puts tags on it.", tags=tags)
        refuse_landline(fields, nothing=_NOTHING)
        values = gathered(fields, {"status": status}, nothing=_NOTHING)
        whom = Audience(
            contact_id=contact_id, match=match, contact_ids=contact_ids, segment=segment, audience=audience
        )
        plan = await egoi_update(client, list_id, whom, values, basis)
    return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


def _one_of(provider: str, given: Mapping[str, object], match: Mapping[str, str] | None) -> None:
    """Refuse what does not say plainly, and in one way, who is meant."""
    said = [name for name, value in given.items() if value is not None]
    allowed = list(given) if provider == "egoi" else ["contact_id", "match"]
    if wrong := [name for name in said if name not in allowed]:
        raise InvalidInput(f"{wrong[0]}: only E-goi changes many contacts at once. {_NOTHING}")
    if match is not None and len(match) != 1:
        raise InvalidInput(f"match: give exactly one name with its value. {_NOTHING}")
    # TxtSync reads no contact by its id, so that a match goes with it there.
    if provider == "txtsync" and said == ["contact_id", "match"]:
        return
    if len(said) != 1:
        raise InvalidInput(f"Give exactly one of {', '.join(allowed)}. {_NOTHING}")


async def _intercom_row(client: ApiClient, contact_id: str | None, match: dict[str, str] | None) -> Json:
    """The contact that an id, an own id, an address or a number means."""
    name, value = next(iter(match.items())) if match else ("contact_id", contact_id or "")
    if contact_id is not None:
        found = await find_intercom_contact(client, contact_id)
    elif name in _FOUND_BY:
        wanted = a_number(value, label="match").e164 if name == "phone" else value.strip()
        found = await find_intercom(client, _FOUND_BY[name], wanted)
    else:
        raise InvalidInput(f"match: Intercom finds by email, external_id or phone. {_NOTHING}")
    if found is None:
        raise InvalidInput(
            f"{name}: Intercom has no such contact. {_NOTHING} search_contacts finds contacts."
        )
    return found
