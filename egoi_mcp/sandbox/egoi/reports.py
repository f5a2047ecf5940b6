"""Campaign reports, computed from what was delivered, and report jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from egoi_mcp.sandbox.call import Call
from egoi_mcp.sandbox.egoi.bulk import ACCEPTED
from egoi_mcp.sandbox.egoi.campaign_bodies import ReportQuery, SmsReportQuery
from egoi_mcp.sandbox.egoi.collections import in_order, page
from egoi_mcp.sandbox.egoi.state import AdvancedReport, Campaign, Channel, derived_id
from egoi_mcp.sandbox.validation import Body, DateTime, Filled, Order, Paging
from egoi_mcp.sandbox.wire import JsonObject, JsonValue, Reply, invalid, not_found

_RUNNING_AFTER_SECONDS = 5.0
_FINISHED_AFTER_SECONDS = 30.0
_NETWORKS = {"351": "PT", "34": "ES", "55": "BR", "44": "GB", "49": "DE", "33": "FR", "1": "US"}


def sms_report(call: Call) -> Reply:
    """GET /reports/sms/{campaign_hash}: 404 for a campaign that did not go out."""
    query = call.query(SmsReportQuery)
    campaign = _reported(call, "sms")
    errors = (campaign.history or {}).get("error", 0)
    sends = (campaign.history or {}).get("sends", len(campaign.deliveries))
    report: dict[str, JsonValue] = {
        "campaign_hash": campaign.campaign_hash,
        "overall": {
            "destinations": sends,
            "sends": sends,
            "delivered": sends - errors,
            "error": errors,
            "invalid": 0,
            "pending": 0,
        },
    }
    if query.networks:
        counted = Counter(_NETWORKS.get(item.address.partition("-")[0], "?") for item in campaign.deliveries)
        if campaign.history is not None:
            counted["PT"] = sends - errors
        report["networks"] = [
            {"network": name, "sends": count, "delivered": count, "error": 0, "invalid": 0, "pending": 0}
            for name, count in sorted(counted.items())
        ]
    return Reply(200, report)


def email_report(call: Call) -> Reply:
    """GET /reports/email/{campaign_hash}: 404 for a campaign that did not go out."""
    query = call.query(ReportQuery)
    campaign = _reported(call, "email")
    history = campaign.history or {}
    overall = _events(history.get("sends", len(campaign.deliveries)))
    overall |= {name: history.get(name, 0) for name in ("opens", "clicks")}
    overall |= {"unique_opens": history.get("opens", 0), "unique_clicks": history.get("clicks", 0)}
    overall["soft_bounces"] = history.get("error", 0)
    report: dict[str, JsonValue] = {"campaign_hash": campaign.campaign_hash, "overall": overall}
    moments = [datetime.fromtimestamp(item.at, call.settings.timezone) for item in campaign.deliveries]
    parts: Mapping[str, Counter[str]] = {
        "date": Counter(moment.strftime("%Y-%m-%d") for moment in moments),
        "weekday": Counter(moment.strftime("%A").lower() for moment in moments),
        "hour": Counter(moment.strftime("%H") for moment in moments),
        "domain": Counter(item.address.rpartition("@")[2] for item in campaign.deliveries),
        "location": Counter(),
        "url": Counter(),
        "reader": Counter(),
    }
    for name, counted in parts.items():
        if getattr(query, name):
            report[name] = [{name: key} | _events(count) for key, count in sorted(counted.items())]
    return Reply(200, report)


def _events(sends: int) -> dict[str, JsonValue]:
    quiet = ("opens", "clicks", "hard_bounces", "soft_bounces", "complaints", "unsubscriptions")
    counted: dict[str, JsonValue] = {"sends": sends}
    return counted | dict.fromkeys(quiet, 0)


def _reported(call: Call, channel: Channel) -> Campaign:
    campaign = call.world.egoi.campaign(call.path["campaign_hash"], channel)
    if campaign.history is None and campaign.started is None:
        raise not_found("report")
    return campaign


class ReportRange(Body):
    """The time that a report is about."""

    start: DateTime
    end: DateTime


class NewReport(Body):
    """What all report jobs need; the columns differ by kind and are not looked at."""

    model_config = ConfigDict(extra="allow", strict=True)

    title: Filled
    range: ReportRange
    callback_url: Filled | None = None


class ReportsQuery(Paging):
    """Filters of /reports/advanced."""

    status: Literal["queued", "running", "finished", "stopped", "canceled", "paused", "error"] | None = None
    title: str | None = None
    created_min: DateTime | None = None
    created_max: DateTime | None = None
    order: Order = "desc"
    order_by: Literal["advanced_report_id", "title", "created"] = "advanced_report_id"


def start_advanced(call: Call) -> Reply:
    """POST /reports/advanced/…: starts a job."""
    account = call.world.egoi
    body = call.body(NewReport)
    if body.range.end < body.range.start:
        raise invalid("range.end", "before the start")
    number = account.next_id("report")
    account.reports[number] = AdvancedReport(id=number, title=body.title, created=call.now)
    call.changed("report_started", number)
    if body.callback_url:
        call.changed("disclosed", body.callback_url)
    return ACCEPTED


def list_advanced(call: Call) -> Reply:
    """GET /reports/advanced: a job runs after 5 seconds and is finished after 30."""
    query = call.query(ReportsQuery)
    shown = [_advanced(call, report) for report in call.world.egoi.reports.values()]
    found = [
        item
        for item in shown
        if query.status in (None, item["status"])
        and query.title in (None, item["title"])
        and (query.created_min or "") <= str(item["created"]) <= (query.created_max or "9999")
    ]
    return page(in_order(found, query.order_by, query.order), query)


def _advanced(call: Call, report: AdvancedReport) -> JsonObject:
    age = call.now - report.created
    key = derived_id(call.world.seed, "report", report.id, 32)
    item: dict[str, JsonValue] = {
        "advanced_report_id": report.id,
        "title": report.title,
        "hash": key,
        "status": "queued" if age < _RUNNING_AFTER_SECONDS else "running",
        "created": call.stamp(report.created),
    }
    if age >= _FINISHED_AFTER_SECONDS:
        item |= {"status": "finished", "file": f"https://reports.example.com/{key}.csv"}
    return item
