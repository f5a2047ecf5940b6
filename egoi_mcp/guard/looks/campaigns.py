"""What became of campaigns: made, changed, or sent now or later.

Source: E-goi v3, `getAllCampaigns` and `getAllOperations`.
"""

from __future__ import annotations

from egoi_mcp.guard.looks.case import PAGE, Case, Finding, Rival, happened
from egoi_mcp.guard.looks.times import Span
from egoi_mcp.guard.witnesses import Witness
from egoi_mcp.models.vendor_json import Json, mapping, objects, text

SENDS = (
    "actionSendEmail",
    "actionSendPush",
    "actionSendSmartSms",
    "actionSendSms",
    "actionSendVoice",
    "actionSendWebPush",
)
CREATES = ("createEmailCampaign", "createSmsCampaign")
CHANGES = ("patchEmailCampaign", "patchSmsCampaign")
START_LAG_SECONDS = 900.0
"""How long after it was asked for a send may begin: it stands in the account's queue."""
_WAITING = frozenset({"draft", "paused"})
"""Statuses in which nothing of a send has begun, and which it may have had before."""
_UNDER_WAY = {
    "queued": "",
    "sending": "",
    "sent": "",
    "paused": "; it has been paused",
    "canceled": "; it has been cancelled since",
}
_CHANNELS = {"createEmailCampaign": "email", "createSmsCampaign": "sms"}


async def sent(case: Case) -> Finding:
    """Whether a campaign has left the state in which the person saw it.

    Raises:
        ApiError: the vendor could not be asked.
    """
    campaign = str(case.request.path["campaign_hash"])
    row = await _campaign(case, campaign)
    if row is None:
        return case.untold("the campaign is not in E-goi's list any more")
    before = _witness(case, campaign)
    status = text(row, "status") or "of no status"
    was = before.seen.get("status") if before is not None else None
    if status == "draft" or (status in _WAITING and status == was):
        if await _queued(case, campaign):
            return happened(f"the campaign is {status}, and stands in E-goi's queue")
        return case.missing("not sent", f"the campaign is {status}, as it was, and not in E-goi's queue")
    if was not in _WAITING or status not in _UNDER_WAY:
        return case.untold(f"the campaign is {status}, which does not tell whether this send made it so")
    if any(_names(rival, campaign) for rival in await case.rivals(SENDS)):
        return case.untold(f"the campaign is {status}, and another action may have sent it")
    if (other := _by_another(case, row)) is not None:
        return case.untold(f"the campaign is {status}, but it {other}, perhaps by somebody at E-goi")
    return happened(f"the campaign is {status}{_UNDER_WAY[status]}")


async def created(case: Case) -> Finding:
    """Whether a new campaign of that name stands in the list, made at that time.

    The list is not filtered by name: a filter that reads a name differently would find nothing.

    Raises:
        ApiError: the vendor could not be asked.
    """
    body = mapping(case.request.body)
    name, list_id = text(body, "internal_name"), text(body, "list_id")
    if name is None or list_id is None or not list_id.isdigit():
        return case.untold("a campaign without a name or a list cannot be found again")
    query: dict[str, str | int | bool] = {
        "channel": _CHANNELS[case.step.operation],
        "list_id": int(list_id),
        "order": "desc",
        "order_by": "created",
        "limit": PAGE,
    }
    rows = list(objects(await case.vendor.read("egoi", "getAllCampaigns", query=query)))
    hashes = {text(row, "campaign_hash") or "": row for row in rows}
    owned = await case.owned(CREATES, tuple(hashes))
    places = {
        campaign: case.span.place(text(row, "created"), case.zone)
        for campaign, row in hashes.items()
        if campaign not in owned
    }
    called = {campaign for campaign in places if _same(text(hashes[campaign], "internal_name"), name)}
    own = [campaign for campaign, place in places.items() if place == "in" and campaign in called]
    # Another name at that very time, or that name at another: one of the two may be how it was written down.
    doubts = [
        campaign
        for campaign, place in places.items()
        if campaign not in own and ((place == "in") or (place == "near" and campaign in called))
    ]
    rivals = any(_makes(rival, name) and not rival.step.ids for rival in await case.rivals(CREATES))
    if len(own) == 1 and not rivals:
        made = hashes[own[0]]
        note = "E-goi's list shows the campaign, made at that time"
        return happened(note, own, stamp=text(made, "created") or "")
    if own or doubts:
        return case.untold(_doubt(case, called))
    if len(rows) >= PAGE and _reaches(rows[-1], case):
        return case.untold("E-goi's list of campaigns is longer than can be looked through")
    return case.missing("not made", "E-goi's list shows no such campaign of that time")


async def changed(case: Case) -> Finding:
    """Whether a campaign's stamp has moved since it was shown; what its words are now nothing shows.

    Raises:
        ApiError: the vendor could not be asked.
    """
    campaign = str(case.request.path["campaign_hash"])
    row = await _campaign(case, campaign)
    before = _witness(case, campaign)
    stamp = None if row is None else text(row, "updated")
    if before is None or stamp is None or not before.seen.get("updated"):
        return case.untold("E-goi shows no stamp of the campaign to compare with")
    if stamp == before.seen["updated"]:
        return case.missing("not changed", "E-goi's stamp of the campaign has not moved")
    return case.untold("the campaign has been changed, but no call shows what its words are now")


async def _campaign(case: Case, campaign: str) -> Json | None:
    query: dict[str, str | int | bool] = {"campaign_hash": campaign, "limit": 10}
    found = await case.vendor.read("egoi", "getAllCampaigns", query=query)
    return next((row for row in objects(found) if text(row, "campaign_hash") == campaign), None)


def _witness(case: Case, campaign: str) -> Witness | None:
    """The campaign as it was when the person was shown it; sealed with the action."""
    return next(
        (each for each in case.action.terms.witnesses if each.key == ("campaign", campaign)),
        None,
    )


async def _queued(case: Case, campaign: str) -> bool:
    rows, _ = await case.vendor.every("getAllOperations")
    return any(text(mapping(row.get("operation_data")), "campaign_hash") == campaign for row in rows)


def _by_another(case: Case, row: Json) -> str | None:
    """What about a campaign under way shows that another send made it so; None where nothing does."""
    scheduled, shown = text(mapping(case.request.body), "schedule_date"), mapping(row.get("schedule_date"))
    if scheduled is not None:
        due = text(shown, "date")
        # Both in the account's own zone, so they are compared as they are written.
        as_asked = due is None or due.replace("T", " ") == scheduled.replace("T", " ")
        return None if as_asked else "is scheduled for another time"
    if shown.get("enabled") is True:
        return "is scheduled, and this send was for at once"
    began = text(row, "start_date")
    if began is None:
        return None
    span = Span(case.span.start, case.span.end + START_LAG_SECONDS)
    place = span.place(began, case.zone)
    # Without the account's zone, only what no zone explains speaks against it.
    return None if place == "in" or (place == "near" and case.zone is None) else "began at another time"


def _names(rival: Rival, campaign: str) -> bool:
    request = rival.request
    return rival.beside if request is None else str(request.path.get("campaign_hash")) == campaign


def _makes(rival: Rival, name: str) -> bool:
    request = rival.request
    return rival.beside if request is None else _same(text(mapping(request.body), "internal_name"), name)


def _same(one: str | None, other: str) -> bool:
    return one is not None and " ".join(one.split()) == " ".join(other.split())


def _doubt(case: Case, called: set[str]) -> str:
    if called and case.zone is None:
        return (
            "E-goi's list shows a campaign of that name, but when it was made cannot be told without the "
            "account's time zone (EGOI_ACCOUNT_TIMEZONE)"
        )
    return "E-goi's list shows campaigns that may be this one or another's"


def _reaches(oldest: Json, case: Case) -> bool:
    """Whether the last row of a full page is not yet older than the step."""
    return case.span.place(text(oldest, "created"), case.zone) != "far"
