"""TxtSync's contacts as they are: an update empties what it leaves out, so it has to write them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.client import ApiClient
from egoi_mcp.contact_fields.txtsync import MEMBERS
from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.vendor_json import Json, number, objects, text
from egoi_mcp.tools.contact_ids import MOST_ONE_BY_ONE, distinct
from egoi_mcp.tools.contacts import find_txtsync_contact
from egoi_mcp.tools.refusals import a_number
from egoi_mcp.tools.vendor import read

_KEPT_BY_ITSELF = frozenset({"AllowSMS", "TagNames"})
"""Members of an update that say something even if they only repeat what is there, so they are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Contacts by what TxtSync finds them by: external references, or whole numbers."""

    references: Sequence[str] | None
    phones: Sequence[str] | None


async def chosen_rows(client: ApiClient, named: Named) -> list[Json]:
    """Every one of the contacts, each once.

    Raises:
        InvalidInput: neither or both were given, or one finds nobody or several.

    Source: TxtSync connector, `GetContactByExternalReference` and `SearchContact`.
    """
    if (named.references is None) == (named.phones is None):
        raise InvalidInput("external_references or phones: give one of them. Nothing was changed.")
    rows: dict[int, Json] = {}
    for place, each in enumerate(
        distinct("external_references", named.references or (), most=MOST_ONE_BY_ONE, fold=False)
    ):
        row = await find_txtsync_contact(client, each)
        _add(rows, [] if row is None else [row], f"external_references[{place}]")
    for place, each in enumerate(named.phones or ()):
        wanted = a_number(each, label=f"phones[{place}]").e164
        found = objects(await read(client, "txtsync", "SearchContact", query={"searchNumber": wanted}))
        same = [row for row in found if (text(row, "MobileNumber") or "").lstrip("+") == wanted.lstrip("+")]
        _add(rows, same, f"phones[{place}]")
    return list(rows.values())


def _add(rows: dict[int, Json], found: Sequence[Json], label: str) -> None:
    if len(found) != 1:
        what = "TxtSync has no such contact" if not found else f"{len(found)} contacts have it"
        raise InvalidInput(f"{label}: {what}. Nothing was changed. search_contacts shows who is there.")
    contact_id = number(found[0], "ContactID")
    if contact_id is None:
        raise InvalidInput(f"{label}: TxtSync gives this contact no id. Nothing was changed.")
    rows[contact_id] = found[0]


def written_again(row: Json) -> dict[str, JsonValue]:
    """The members of a contact that an update has to write again to keep them."""
    held = {name: row.get(name) for name in MEMBERS.values() if name not in _KEPT_BY_ITSELF}
    return {name: value for name, value in held.items() if isinstance(value, str) and value}
