"""What became of operations that wait in the account's queue.

An operation that is not there any more has been carried out, or cancelled; the queue does not say which.

Source: E-goi v3, `getAllOperations`.
"""

from __future__ import annotations

from collections.abc import Collection

from egoi_mcp.guard.looks.case import Case, Finding, happened
from egoi_mcp.models.vendor_json import mapping, text, texts

_MOVING = frozenset({"queued", "processing", "executing"})
_PAUSED = frozenset({"paused"})


async def paused(case: Case) -> Finding:
    """Whether the operations are paused.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _look(case, done=_PAUSED, undone=_MOVING)


async def resumed(case: Case) -> Finding:
    """Whether the operations go on.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _look(case, done=_MOVING, undone=_PAUSED)


async def cancelled(case: Case) -> Finding:
    """Whether the operations still wait, which is all that the queue can tell of a cancelling.

    Raises:
        ApiError: the vendor could not be asked.
    """
    return await _look(case, done=frozenset(), undone=_MOVING | _PAUSED)


async def _look(case: Case, *, done: Collection[str], undone: Collection[str]) -> Finding:
    wanted = set(texts(mapping(case.request.body), "operations"))
    rows, everything = await case.vendor.every("getAllOperations")
    shown = {number: text(row, "status") for row in rows if (number := text(row, "operation_id")) in wanted}
    if wanted and not wanted - shown.keys():
        statuses = set(shown.values())
        said = ", ".join(sorted(status or "of no status" for status in statuses))
        if statuses <= set(done):
            return happened(f"E-goi's queue shows the operations {said}")
        if statuses <= set(undone):
            return case.missing("not done", f"E-goi's queue shows the operations {said}")
        return case.untold(f"E-goi's queue shows some of the operations {said}")
    if not everything:
        return case.untold("E-goi's queue is longer than can be looked through")
    return case.untold("E-goi's queue does not show the operations any more, so they have ended in some way")
