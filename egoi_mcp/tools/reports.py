"""What became of a campaign."""

from __future__ import annotations

from collections.abc import Iterable

from egoi_mcp.errors import InvalidInput, NotFound
from egoi_mcp.models.campaigns import Report
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text
from egoi_mcp.plain_text import clean
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.campaigns import find_campaign, summary_of
from egoi_mcp.tools.vendor import Ctx, app_of, read

_SMS_COUNTS = ("destinations", "sends", "delivered", "error", "invalid", "pending")
_EMAIL_COUNTS = (
    "sends",
    "opens",
    "unique_opens",
    "clicks",
    "unique_clicks",
    "hard_bounces",
    "soft_bounces",
    "complaints",
    "unsubscriptions",
)
_EMAIL_PARTS = ("date", "weekday", "hour", "location", "reader")
_MOST_LINES = 10
_MOST_NAME = 80


async def get_report(ctx: Ctx, *, campaign: p.CampaignHash) -> Report:
    """Read the delivery report of an E-goi SMS or email campaign: counts, rates, and the networks, domains
    or links that matter most.
    """
    client = app_of(ctx).client("egoi")
    summary = summary_of(await find_campaign(client, campaign))
    if summary.channel not in {"sms", "email"}:
        channel = f"a {summary.channel} campaign" if summary.channel else "of no known channel"
        raise InvalidInput(f"campaign: is {channel}; reports are read here for sms and email.")
    sms = summary.channel == "sms"
    # What would fill the context is not asked for; domains and links stay.
    query: dict[str, str | int | bool] = {} if sms else dict.fromkeys(_EMAIL_PARTS, False)
    name = "getSMSReport" if sms else "getEmailReport"
    note: str | None = None
    answer: Json = {}
    try:
        answer = mapping(await read(client, "egoi", name, path={"campaign_hash": campaign}, query=query))
    except NotFound:
        unsent = summary.status in {"draft", "queued", "canceled"}
        note = f"E-goi has no report of it{': nothing has been sent' if unsent else ' yet'}."
    overall = mapping(answer.get("overall"))
    counts = counts_of(overall, _SMS_COUNTS if sms else _EMAIL_COUNTS)
    return Report(
        campaign=campaign,
        channel=summary.channel or "",
        title=summary.title,
        status=summary.status,
        counts=counts,
        rates=rates_of(counts),
        breakdown=_networks(answer) if sms else _domains_and_links(answer),
        note=note,
    )


def counts_of(overall: Json, names: Iterable[str]) -> dict[str, int]:
    """The counts that the vendor gave, in the order of `names`."""
    return {name: count for name in names if (count := number(overall, name)) is not None}


def rates_of(counts: dict[str, int]) -> dict[str, float]:
    """Each count in percent of `sends`, to one decimal; nothing where nothing was sent.

    `opens` and `clicks` count events and may pass 100; their unique forms count people.
    """
    sends = counts.get("sends", 0)
    if sends <= 0:
        return {}
    return {
        name: round(100 * count / sends, 1)
        for name, count in counts.items()
        if name not in {"sends", "destinations"}
    }


def _networks(answer: Json) -> tuple[str, ...]:
    rows = sorted(objects(answer, "networks"), key=lambda row: -(number(row, "sends") or 0))
    return tuple(
        f"network {_named(row, 'network')}: {number(row, 'sends') or 0} sent, "
        f"{number(row, 'delivered') or 0} delivered"
        for row in rows[:_MOST_LINES]
    )


def _domains_and_links(answer: Json) -> tuple[str, ...]:
    domains = sorted(objects(answer, "domain"), key=lambda row: -(number(row, "sends") or 0))
    links = sorted(objects(answer, "url"), key=lambda row: -(number(row, "clicks") or 0))
    return (
        *(
            f"domain {_named(row, 'domain')}: {number(row, 'sends') or 0} sent, "
            f"{number(row, 'opens') or 0} opens, {number(row, 'hard_bounces') or 0} hard bounces"
            for row in domains[: _MOST_LINES // 2]
        ),
        *(
            f"link {_named(row, 'url')}: {number(row, 'clicks') or 0} clicks"
            for row in links[: _MOST_LINES // 2]
        ),
    )


def _named(row: Json, member: str) -> str:
    return clean(text(row, member) or "-", _MOST_NAME)
