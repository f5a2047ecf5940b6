"""The stand-in for Intercom's companies: found by name or own id, and attached to contacts."""

from __future__ import annotations

from pydantic import Field

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.egoi.state import derived_id
from egoi_mcp.sandbox.intercom import contact_of
from egoi_mcp.sandbox.routing import Route
from egoi_mcp.sandbox.state import IntercomCompany, IntercomWorkspace
from egoi_mcp.sandbox.validation import Filled, NullableBody, Query
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Refusal, Reply, invalid


class CompanyBody(NullableBody):
    """Body of createOrUpdateCompany."""

    name: Filled | None = None
    company_id: Filled | None = None
    plan: str | None = None
    size: int | None = None
    website: str | None = None
    industry: str | None = None
    custom_attributes: dict[str, str | int | float | bool | None] | None = None
    remote_created_at: int | None = None
    update_last_request_at: bool | None = None
    monthly_spend: int | None = None


class CompanyQuery(Query):
    """Query of retrieveCompany; tags and segments of companies there are none."""

    name: str | None = None
    company_id: str | None = None
    tag_id: str | None = None
    segment_id: str | None = None
    page: int = Field(default=1, ge=1)
    per_page: int = Field(default=15, ge=1, le=60)


class CompanyReference(NullableBody):
    """Body of attachContactToACompany."""

    id: Filled


def find(call: Call) -> Reply:
    """GET /companies: those of a name or an own id, 404 where there is none; all without either."""
    query = call.query(CompanyQuery)
    asked = {"name": query.name, "company_id": query.company_id}
    wanted = {name: value for name, value in asked.items() if value is not None}
    found = [
        company
        for company in call.world.intercom.companies.values()
        if all(company.fields.get(name) == value for name, value in wanted.items())
    ]
    if query.tag_id or query.segment_id:
        found = []
    if wanted and not found:
        raise _no_company()
    start = (query.page - 1) * query.per_page
    pages: JsonObject = {
        "type": "pages",
        "page": query.page,
        "per_page": query.per_page,
        "total_pages": -(-len(found) // query.per_page),
    }
    data = [_shown(call, company) for company in found[start : start + query.per_page]]
    return Reply(200, {"type": "list", "data": data, "total_count": len(found), "pages": pages})


def _no_company() -> Refusal:
    return Refusal(404, "Company Not Found", code="company_not_found")


def _company(workspace: IntercomWorkspace, company_id: str) -> IntercomCompany:
    found = workspace.companies.get(company_id)
    if found is None:
        raise _no_company()
    return found


def _shown(call: Call, company: IntercomCompany) -> JsonObject:
    workspace = call.world.intercom
    members = sum(company.id in contact.companies for contact in workspace.contacts.values())
    shown: dict[str, JsonValue] = {
        "type": "company",
        "id": company.id,
        "app_id": workspace.id_code,
        "company_id": company.fields.get("company_id"),
        "name": company.fields.get("name"),
        "created_at": company.created_at,
        "updated_at": company.updated_at,
        "monthly_spend": company.fields.get("monthly_spend") or 0,
        "session_count": 0,
        "user_count": members,
        "custom_attributes": company.fields.get("custom_attributes") or {},
        "tags": {"type": "tag.list", "tags": []},
        "segments": {"type": "segment.list", "segments": []},
    }
    names = ("size", "website", "industry", "remote_created_at")
    return shown | {name: company.fields[name] for name in names if company.fields.get(name) is not None}


def create_or_update(call: Call) -> Reply:
    """POST /companies: the one with this own id is changed, else one is made."""
    workspace = call.world.intercom
    given = call.body(CompanyBody).model_dump(exclude_unset=True)
    own_id = given.get("company_id")
    if own_id is None:
        raise invalid("company_id", "give the company's own id", status=400)
    known = next((each for each in workspace.companies.values() if each.fields["company_id"] == own_id), None)
    if known is None:
        now = int(call.now)
        company_id = derived_id(call.world.seed, "new-company", len(workspace.companies), 24)
        known = IntercomCompany(id=company_id, fields=given, created_at=now, updated_at=now)
        workspace.companies[company_id] = known
        call.changed("company_created", company_id)
    else:
        known.fields |= given
        known.updated_at = int(call.now)
        call.changed("company_updated", known.id)
    return Reply(200, _shown(call, known))


def of_contact(call: Call) -> Reply:
    """GET /contacts/{contact_id}/companies."""
    workspace = call.world.intercom
    shown = [_shown(call, _company(workspace, each)) for each in contact_of(call).companies]
    pages: JsonObject = {"type": "pages", "page": 1, "per_page": 50, "total_pages": 1}
    return Reply(200, {"type": "list", "companies": shown, "total_count": len(shown), "pages": pages})


def attach(call: Call) -> Reply:
    """POST /contacts/{contact_id}/companies: answers the company."""
    contact = contact_of(call)
    company = _company(call.world.intercom, call.body(CompanyReference).id)
    if company.id not in contact.companies:
        contact.companies.append(company.id)
        call.changed("company_attached", f"{company.id}:{contact.id}")
    return Reply(200, _shown(call, company))


def detach(call: Call) -> Reply:
    """DELETE /contacts/{contact_id}/companies/{company_id}: answers the company."""
    contact = contact_of(call)
    company = _company(call.world.intercom, call.path["company_id"])
    if company.id in contact.companies:
        contact.companies.remove(company.id)
        call.changed("company_detached", f"{company.id}:{contact.id}")
    return Reply(200, _shown(call, company))


_OF_CONTACT = "/contacts/{contact_id}/companies"
COMPANY_ROUTES: tuple[Route, ...] = (
    Route("retrieveCompany", "GET", "/companies", find),
    Route("createOrUpdateCompany", "POST", "/companies", create_or_update),
    Route("listCompaniesForAContact", "GET", _OF_CONTACT, of_contact),
    Route("attachContactToACompany", "POST", _OF_CONTACT, attach),
    Route("detachContactFromACompany", "DELETE", f"{_OF_CONTACT}/{{company_id}}", detach),
)
