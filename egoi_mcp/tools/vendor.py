"""What the tools share of talking to a vendor: reading, and finding the one thing a name means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from mcp.server.mcpserver import Context

from egoi_mcp.api.catalog import Api, JsonValue, Request, operation
from egoi_mcp.errors import InvalidInput, NotFound
from egoi_mcp.models.vendor_json import Json, mapping, objects, text
from egoi_mcp.plain_text import clean

if TYPE_CHECKING:
    from egoi_mcp.api.client import ApiClient
    from egoi_mcp.app import App

Ctx: TypeAlias = Context[Any, Any]
PAGE = 1000
"""The most rows that the E-goi API gives at once."""
_MOST_PAGES = 10
_MOST_CANDIDATES = 5
_MOST_NAME = 60


def app_of(ctx: Ctx) -> App:
    """The app that serves this call."""
    return cast("App", ctx.request_context.lifespan_context)


async def read(
    client: ApiClient,
    api: Api,
    name: str,
    *,
    path: Mapping[str, str | int] | None = None,
    query: Mapping[str, str | int | bool] | None = None,
) -> JsonValue:
    """The data of one reading operation.

    Raises:
        ApiError: the vendor refused or could not be reached.
    """
    request = Request(operation=operation(api, name), path=path or {}, query=query or {})
    return (await client.execute(request)).data


async def every(
    client: ApiClient,
    name: str,
    *,
    path: Mapping[str, str | int] | None = None,
    query: Mapping[str, str | int | bool] | None = None,
) -> AsyncIterator[Json]:
    """Every row of an E-goi list, page by page, up to 10,000."""
    for page in range(_MOST_PAGES):
        window: dict[str, str | int | bool] = {**(query or {}), "offset": page * PAGE, "limit": PAGE}
        rows = list(objects(await read(client, "egoi", name, path=path, query=window)))
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return


def one_of(
    rows: list[Json],
    wanted: str,
    *,
    what: str,
    id_member: str,
    names: Callable[[Json], list[str | None]],
    source: str,
) -> Json:
    """The one row that `wanted` means: its id, else its exact name, else its name in any case.

    `source` is the tool that lists the rows, for the text of a refusal.

    Raises:
        InvalidInput: none does, or several do; the text names the candidates.
    """
    wanted = wanted.strip()
    by_id = [row for row in rows if text(row, id_member) == wanted]
    if by_id:
        return by_id[0]
    exact = [row for row in rows if wanted in names(row)]
    folded = wanted.casefold()
    alike = exact or [row for row in rows if folded in [name.casefold() for name in names(row) if name]]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise InvalidInput(
            f"{what}: {len(alike)} are called so: {_candidates(alike, id_member, names)}. Give the id. "
            "Nothing was changed or sent."
        )
    near = [row for row in rows if any(name and folded in name.casefold() for name in names(row))]
    hint = f" Similar: {_candidates(near, id_member, names)}." if near else ""
    raise InvalidInput(f"{what}: none is called so.{hint} {source} shows them. Nothing was changed or sent.")


def _candidates(rows: list[Json], id_member: str, names: Callable[[Json], list[str | None]]) -> str:
    said = [
        f"{text(row, id_member)} ({clean(next((n for n in names(row) if n), '-'), _MOST_NAME)})"
        for row in rows
    ]
    more = f" and {len(said) - _MOST_CANDIDATES} more" if len(said) > _MOST_CANDIDATES else ""
    return ", ".join(said[:_MOST_CANDIDATES]) + more


async def account_label(client: ApiClient, provider: str) -> str:
    """How previews call the account."""
    return f"{provider} {await client.account_id()}"


async def list_name(client: ApiClient, list_id: int) -> tuple[str, Json]:
    """A list's name, and its row.

    Raises:
        InvalidInput: there is no such list.
    """
    found = mapping(await of_list(client, "getList", list_id))
    return text(found, "internal_name", "public_name") or str(list_id), found


async def of_list(
    client: ApiClient, name: str, list_id: int, query: Mapping[str, str | int | bool] | None = None
) -> JsonValue:
    """The data of a reading operation whose path names a list and nothing else.

    Raises:
        InvalidInput: there is no such list.
    """
    try:
        return await read(client, "egoi", name, path={"list_id": list_id}, query=query)
    except NotFound as error:
        raise no_such_list(list_id) from error


def no_such_list(list_id: int) -> InvalidInput:
    """What is said of a list that the account does not have."""
    return InvalidInput(
        f"list_id: the account has no list {list_id}. list_audiences (kind lists) shows them. "
        "Nothing was changed or sent."
    )
