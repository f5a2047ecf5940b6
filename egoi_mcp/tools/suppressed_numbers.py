"""The suppression list, held against many numbers at once: the vendor has no look-up of many."""

from __future__ import annotations

from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.suppressed import Suppressed
from egoi_mcp.errors import ApiError
from egoi_mcp.models.vendor_json import mapping, number, objects, text
from egoi_mcp.tools.vendor import PAGE, read

_MOST_PAGES = 20
"""A fifth of the calls that a minute has; a list of more entries is checked as far as they reach."""


async def suppressed_numbers(client: ApiClient) -> Suppressed:
    """The account's suppressed mobile numbers, read again where what is known of them is too old.

    Where that fails, what was known before goes on counting, and says how old it is.

    Source: E-goi v3, `getAllSuppressionList`.

    Raises:
        ApiError: it could not be read, and never was.
    """
    kept = client.suppressed
    async with kept.lock:
        if kept.fresh:
            return kept
        known = kept.known
        try:
            await _read(client, kept)
        except ApiError:
            if not known or not kept.known:
                raise
    return kept


async def _read(client: ApiClient, kept: Suppressed) -> None:
    """The whole list, the newest entries first, or only what is newer than the newest known."""
    grows = kept.grows
    asked: dict[str, str | int | bool] = {"type": "cellphone"}
    if grows:
        asked["created_min"] = kept.newest
    found: list[str] = []
    newest, total, rows_read, complete = "", None, 0, False
    kept_begins = kept.clock()
    for page in range(_MOST_PAGES):
        window = {**asked, "offset": page * PAGE, "limit": PAGE}
        answer = await read(client, "egoi", "getAllSuppressionList", query=window)
        rows = list(objects(answer))
        total = number(mapping(answer), "total_items") if page == 0 else total
        found += [value for row in rows if (value := text(row, "value")) is not None]
        newest = max([newest, *(text(row, "created") or "" for row in rows)])
        rows_read += len(rows)
        if len(rows) < PAGE:
            complete = True
            break
    kept.take(found, newest=newest, at=kept_begins, whole=not grows, complete=complete, total=total)


def checked_against(kept: Suppressed) -> str:
    """What a preview calls the list: how many entries of it are known, and since when."""
    minutes = int(kept.age_seconds // 60)
    age = "read just now" if minutes < 1 else f"read {minutes} min ago"
    if kept.complete:
        return f"suppression list ({len(kept)} numbers, {age})"
    of = "more" if kept.total is None else str(kept.total)
    return f"suppression list (only the newest {len(kept)} of {of} entries, {age})"
