"""Writing one Intercom contact: created or updated, and put into a company once both are there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mcp_types import InputRequiredResult

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.contact_fields.intercom import intercom_contact
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Action, Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.models.vendor_json import Json, mapping, objects, text
from egoi_mcp.tools.consent import basis_facts, require_basis
from egoi_mcp.tools.contact_writing import (
    Values,
    checked,
    labelled,
    shown,
    shown_change,
    without_unchanged,
)
from egoi_mcp.tools.contacts import intercom_search
from egoi_mcp.tools.intercom_companies import Company, companies_of, find_company
from egoi_mcp.tools.vendor import Ctx, account_label, app_of

_ATTACH = "attachContactToACompany"
_ATTACHED = re.compile(r"/contacts/([^/]+)/companies")
_MOST_ALIKE = 5
_HELD_UP = frozenset({"needs_approval", "duplicate", "approved", "executing", "unknown"})
"""How an action stands that may be carried out yet, or may have been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Why somebody may be contacted, and where that comes from, as far as it was stated."""

    legal_basis: str | None
    source: str | None


async def create_or_update(
    ctx: Ctx,
    client: ApiClient,
    values: Values,
    company: str | None,
    basis: Basis,
    *,
    preview_only: bool,
    approval: str,
) -> Outcome | InputRequiredResult:
    """Create a user or lead; one with the same e-mail (a lead also: number) or own id is updated instead.

    Source: Intercom 2.16, `SearchContacts`, `CreateContact`, `UpdateContact`.
    """
    nothing = "Nothing was created."
    body = checked(intercom_contact(values), nothing=nothing)
    body.setdefault("role", "user")
    if body["role"] == "user" and not (body.get("email") or body.get("external_id")):
        raise InvalidInput(f"email or external_reference: a user needs one of them. {nothing}")
    if not any(body.get(name) for name in ("email", "external_id", "phone", "name")):
        raise InvalidInput(f"email, phone or first_name: a lead needs one of them. {nothing}")
    row = await _already_there(client, body)
    if row is not None:
        body = _with_the_name_it_has(body, row, values)
    return await write(
        ctx,
        client,
        body,
        row,
        company,
        basis,
        preview_only=preview_only,
        approval=approval,
        again="create_contact",
    )


async def write(
    ctx: Ctx,
    client: ApiClient,
    body: Mapping[str, JsonValue],
    row: Json | None,
    company: str | None,
    basis: Basis,
    *,
    preview_only: bool,
    approval: str,
    again: str,
) -> Outcome | InputRequiredResult:
    """Write a contact (a new one where there is no `row` of it), then put it into the company.

    The second is an action of its own, as it needs the ids that the first one's replies give. `again` is
    the tool to call again where the first is held up.

    Raises:
        InvalidInput: there is nothing to write, or a legal basis has to be stated first.
    """
    app = app_of(ctx)
    meant = await find_company(client, company) if company is not None else None
    about = ctx.request_state or approval
    answered = await app.store.get(about) if about else None
    if meant is not None and meant.id is not None and (attached := _attached_by(answered)) is not None:
        # What comes back answered was about the second action, so the first has been done.
        plan = await _attaching(client, attached, meant.id, meant.name)
        return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)
    contact_id = text(row, "id") if row is not None else None
    inside = ""
    if meant is not None and contact_id is not None and meant.id in await companies_of(client, contact_id):
        meant, inside = None, " and is in the company"
    first = await _writing(client, body, row, meant, basis)
    if first is None:
        if meant is None or meant.id is None or contact_id is None:
            raise InvalidInput(f"The contact has all of these values{inside} already. Nothing was changed.")
        plan = await _attaching(client, contact_id, meant.id, meant.name)
        return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)
    outcome = await app.guard.carry_out(ctx, first, preview_only=preview_only, approval=approval)
    if meant is None or preview_only or isinstance(outcome, InputRequiredResult):
        return outcome
    if outcome.status in _HELD_UP:
        said = f"The company is attached only after that: call {again} again then."
        return outcome.model_copy(update={"message": f"{outcome.message} {said}"})
    if outcome.status != "succeeded":
        return outcome
    # Each request made one thing: where one was not named, nobody can tell which of them it was.
    ids = outcome.ids if len(outcome.ids) == len(first.requests) else ()
    contact, joined = contact_id or next(iter(ids), None), meant.id or next(reversed(ids), None)
    if contact is None or joined is None:
        said = "The vendor named no ids, so no company was attached; update_contact attaches it."
        return outcome.model_copy(update={"message": f"{outcome.message} {said}"})
    plan = await _attaching(client, contact, joined, meant.name)
    after = await app.guard.carry_out(ctx, plan, follows=True)
    return after if isinstance(after, InputRequiredResult) else _together(outcome, after, contact)


def _attached_by(action: Action | None) -> str | None:
    """The contact that an action puts into a company; None where it does something else."""
    if action is None or action.operations != (_ATTACH,):
        return None
    found = _ATTACHED.fullmatch(action.steps[0].frozen.target)
    return found[1] if found else None


def _together(done: Outcome, after: Outcome, contact: str) -> Outcome:
    """The second action, told together with the first, which is done."""
    first = f" (action {done.action_id})" if done.action_id else ""
    return after.model_copy(
        update={
            "status": "partial" if after.status in {"denied", "failed", "void"} else after.status,
            "message": f"{done.message}{first} {after.message}",
            "ids": tuple(dict.fromkeys((contact, *done.ids, *after.ids))),
        }
    )


async def _writing(
    client: ApiClient,
    body: Mapping[str, JsonValue],
    row: Json | None,
    company: Company | None,
    basis: Basis,
) -> Plan | None:
    """What can be written at once: the contact, and the company if it is new; None where nothing is to be.

    Source: Intercom 2.16, `CreateContact`, `UpdateContact`, `createOrUpdateCompany`.
    """
    if row is None:
        requests = [Request(operation=operation("intercom", "CreateContact"), body=body)]
        said = shown(labelled(body))
    else:
        row = _as_written(row)
        changed = without_unchanged(body, row)
        path: dict[str, str | int] = {"contact_id": text(row, "id") or ""}
        update = operation("intercom", "UpdateContact")
        requests = [Request(operation=update, path=path, body=changed)] if changed else []
        said = shown_change(labelled(changed), labelled(row))
    nothing = "Nothing was created." if row is None else "Nothing was changed."
    require_basis(requests, basis.legal_basis, basis.source, nothing=nothing)
    contacts = len(requests)
    if company is not None and company.id is None:
        made: Values = {"company_id": company.own_id, "name": company.name}
        requests.append(Request(operation=operation("intercom", "createOrUpdateCompany"), body=made))
    if not requests:
        return None
    role = text(body, "role") or (text(row, "role") if row is not None else None) or "contact"
    deed = f"Create a {role}" if row is None else f"Change a {role}"
    addressed = body if row is None else {**row, **body}
    return Plan(
        connection=client.connection.name,
        requests=tuple(requests),
        recipients=1,
        preview=Preview(
            title=f"{deed if contacts else 'Create a company'} at Intercom",
            account=await account_label(client, "intercom"),
            recipients=1,
            to=tuple(each for each in (text(addressed, "email"), text(addressed, "phone")) if each),
            facts={
                **said.facts,
                **basis_facts(basis.legal_basis, basis.source),
            },
            personal={
                **said.personal,
                **({"company": f"{company.label}, attached afterwards"} if company is not None else {}),
            },
            warnings=("no company is called so: a new one is made",)
            if company is not None and company.id is None
            else (),
            undo=undo_words(*(request.operation for request in requests)),
        ),
    )


async def _attaching(client: ApiClient, contact_id: str, company_id: str, name: str) -> Plan:
    """The contact put into the company.

    Source: Intercom 2.16, `attachContactToACompany`.
    """
    attach = operation("intercom", _ATTACH)
    return Plan(
        connection=client.connection.name,
        requests=(Request(operation=attach, path={"contact_id": contact_id}, body={"id": company_id}),),
        recipients=1,
        preview=Preview(
            title="Put an Intercom contact into a company",
            account=await account_label(client, "intercom"),
            recipients=1,
            facts={"contact id": contact_id, "company id": company_id},
            # For whom somebody works is as personal as where they live.
            personal={"company": name},
            undo=undo_words(attach),
        ),
    )


def _with_the_name_it_has(body: Values, row: Json, values: Values) -> Values:
    """Half a name changes nothing where it is in the one that is there already.

    Raises:
        InvalidInput: it is not, and would take the whole name's place.
    """
    halves = [text(values, name) for name in ("first_name", "last_name")]
    given, held = next((each for each in halves if each), None), text(row, "name")
    if given is None or all(halves) or held is None:
        return body
    if given.casefold() not in held.casefold().split():
        raise InvalidInput(
            "first_name and last_name: the contact is there already, and Intercom keeps one name. Give both. "
            "Nothing was changed."
        )
    return {name: value for name, value in body.items() if name != "name"}


# -- looking -------------------------------------------------------------------------------------


async def find_intercom(client: ApiClient, field: str, value: str, role: str | None = None) -> Json | None:
    """The one contact whose member has this value; None where there is none.

    Source: Intercom 2.16, `SearchContacts`.

    Raises:
        InvalidInput: there are several; the text holds their ids.
    """
    filters: list[JsonValue] = [{"field": field, "operator": "=", "value": value}]
    filters += [{"field": "role", "operator": "=", "value": role}] if role is not None else []
    query: Values = {"operator": "AND", "value": filters}
    answer = await intercom_search(client, query, limit=_MOST_ALIKE + 1)
    rows = [row for row in objects(answer, "data") if (text(row, field) or "").casefold() == value.casefold()]
    if len(rows) > 1:
        ids = ", ".join(text(row, "id") or "-" for row in rows[:_MOST_ALIKE])
        raise InvalidInput(
            f"{field}: {len(rows)} contacts have it: {ids}. Nothing was changed. Give update_contact an id."
        )
    return rows[0] if rows else None


async def _already_there(client: ApiClient, body: Mapping[str, JsonValue]) -> Json | None:
    role, email, own = text(body, "role"), text(body, "email"), text(body, "external_id")
    phone = text(body, "phone")
    found = await find_intercom(client, "email", email, role) if email else None
    if found is None and own:
        found = await find_intercom(client, "external_id", own)
    if found is None and phone and role == "lead" and not email:
        found = await find_intercom(client, "phone", phone, role)
    return found


def _as_written(row: Json) -> Json:
    """A contact's row with its picture in the form in which it is written."""
    return {**row, "avatar": mapping(row.get("avatar")).get("image_url")}
