"""Intercom's companies: found by name or by the caller's own id, and those that a contact is in."""

from __future__ import annotations

from dataclasses import dataclass

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import NotFound
from egoi_mcp.models.vendor_json import Json, mapping, objects, text
from egoi_mcp.tools.vendor import one_of, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The company that was meant; `id` is None where it is to be made."""

    id: str | None
    own_id: str
    name: str

    @property
    def label(self) -> str:
        """What a preview calls it."""
        return f"{self.name} ({'new' if self.id is None else self.own_id})"


async def find_company(client: ApiClient, ref: str) -> Company:
    """The company of this name or own id; a new one, of which that is both, where there is none.

    Source: Intercom 2.16, `retrieveCompany`.

    Raises:
        InvalidInput: several are called so.
    """
    ref = ref.strip()
    for member in ("company_id", "name"):
        rows = [row for row in await _companies(client, member, ref) if text(row, member) == ref]
        if rows:
            row = one_of(
                rows,
                ref,
                what="company",
                id_member="company_id",
                names=lambda each: [text(each, "name")],
                source="Intercom",
            )
            company_id = text(row, "id")
            own_id = text(row, "company_id") or company_id or ref
            return Company(id=company_id, own_id=own_id, name=text(row, "name") or ref)
    return Company(id=None, own_id=ref, name=ref)


async def _companies(client: ApiClient, member: str, value: str) -> list[Json]:
    """Those of a name or own id: documented as a list, and one alone may come as itself."""
    try:
        answer = await read(client, "intercom", "retrieveCompany", query={member: value})
    except NotFound:
        return []
    return [mapping(answer)] if mapping(answer).get("type") == "company" else list(objects(answer, "data"))


async def companies_of(client: ApiClient, contact_id: str) -> set[str]:
    """The ids of the companies that a contact is in.

    Source: Intercom 2.16, `listCompaniesForAContact`.
    """
    answer = await read(client, "intercom", "listCompaniesForAContact", path={"contact_id": contact_id})
    rows = [*objects(answer, "companies"), *objects(answer, "data")]
    return {found for row in rows if (found := text(row, "id"))}
