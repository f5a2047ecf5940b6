"""Whether a thing is gone from the account, or has been put on or off one of its lists.

Ids are not given out twice, so what is still there was not deleted; and what is not there any more is gone,
whoever took it away.

Source: E-goi v3, `getAllCampaigns`, `getList`, `getAllSegments`, `getAllTags`, `getAllCellphoneSenders`,
`getAllEmailSenders` and `getAllSuppressionList`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from egoi_mcp.errors import NotFound
from egoi_mcp.guard.looks.case import PAGE, Case, Finding, happened
from egoi_mcp.models.vendor_json import Json, mapping, objects, text, texts

MOST_VALUES = 20
"""Values of one request that are looked for one by one in the suppression list."""
_SENDERS = {"deleteCellphoneSender": "getAllCellphoneSenders", "deleteEmailSender": "getAllEmailSenders"}


async def campaign(case: Case) -> Finding:
    """Whether a campaign is gone.

    Raises:
        ApiError: the vendor could not be asked.
    """
    wanted = str(case.request.path["campaign_hash"])
    query: dict[str, str | int | bool] = {"campaign_hash": wanted, "limit": PAGE}
    rows = list(objects(await case.vendor.read("egoi", "getAllCampaigns", query=query)))
    # A filter that is not heeded gives others, perhaps cut, and then the absence of one proves nothing.
    heeded = all(text(row, "campaign_hash") == wanted for row in rows)
    return _gone(case, "campaign_hash", wanted, rows, everything=heeded)


async def contact_list(case: Case) -> Finding:
    """Whether a list is gone.

    Raises:
        ApiError: the vendor could not be asked.
    """
    try:
        await case.vendor.read("egoi", "getList", path={"list_id": case.request.path["list_id"]})
    except NotFound:
        return happened("it is gone from the account")
    return case.missing("not deleted", "it is still there")


async def segment(case: Case) -> Finding:
    """Whether a segment is gone from its list.

    Raises:
        ApiError: the vendor could not be asked.
    """
    path = {"list_id": case.request.path["list_id"]}
    rows, everything = await case.vendor.every("getAllSegments", path=path)
    return _gone(case, "segment_id", str(case.request.path["segment_id"]), rows, everything=everything)


async def tag(case: Case) -> Finding:
    """Whether a tag is gone.

    Raises:
        ApiError: the vendor could not be asked.
    """
    rows, everything = await case.vendor.every("getAllTags", query={"order": "asc", "order_by": "tag_id"})
    return _gone(case, "tag_id", str(case.request.path["tag_id"]), rows, everything=everything)


async def sender(case: Case) -> Finding:
    """Whether a sender is gone.

    Raises:
        ApiError: the vendor could not be asked.
    """
    rows, everything = await case.vendor.every(_SENDERS[case.step.operation])
    return _gone(case, "sender_id", str(case.request.path["sender_id"]), rows, everything=everything)


async def suppression(case: Case) -> Finding:
    """Whether an entry is gone from the suppression list.

    Raises:
        ApiError: the vendor could not be asked.
    """
    wanted = str(case.request.path["suppression_id"])
    rows, everything = await case.vendor.every(
        "getAllSuppressionList", query={"order": "asc", "order_by": "id"}
    )
    return _gone(case, "id", wanted, rows, everything=everything)


async def suppressed(case: Case) -> Finding:
    """Whether values stand in the suppression list.

    Raises:
        ApiError: the vendor could not be asked.
    """
    body = mapping(case.request.body)
    kind, values = text(body, "type"), texts(body, "value")
    if kind is None or not values or len(values) > MOST_VALUES:
        return case.untold(f"at most {MOST_VALUES} values are looked for one by one")
    held = sum([await _is_suppressed(case, kind, value) for value in values])
    if held == len(values):
        return happened(f"the suppression list holds {'it' if held == 1 else f'all {held}'}")
    if held:
        return case.untold(f"the suppression list holds {held} of {len(values)}, perhaps from before")
    return case.missing("not done", "the suppression list does not hold it")


async def new_tag(case: Case) -> Finding:
    """Whether no tag is called so, which is all that can be told: tags carry no date.

    Raises:
        ApiError: the vendor could not be asked.
    """
    name = text(mapping(case.request.body), "name") or ""
    rows, everything = await case.vendor.every("getAllTags", query={"order": "asc", "order_by": "tag_id"})
    if any((text(row, "name") or "").casefold() == name.casefold() for row in rows):
        return case.untold("a tag is called so, but tags carry no date, and it may have been there before")
    if not everything:
        return case.untold("the account has more tags than can be looked through")
    return case.missing("not made", "no tag is called so")


async def _is_suppressed(case: Case, kind: str, value: str) -> bool:
    query: Mapping[str, str | int | bool] = {"type": kind, "value": value, "limit": PAGE}
    rows = objects(await case.vendor.read("egoi", "getAllSuppressionList", query=query))
    return any(
        (text(row, "value") or "").casefold() == value.casefold() and text(row, "type") == kind
        for row in rows
    )


def _gone(case: Case, member: str, wanted: str, rows: Sequence[Json], *, everything: bool) -> Finding:
    if any(text(row, member) == wanted for row in rows):
        return case.missing("not deleted", "it is still there")
    if not everything:
        return case.untold("the list that would show it is longer than can be looked through")
    return happened("it is gone from the account")
