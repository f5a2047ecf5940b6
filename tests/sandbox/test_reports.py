from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox
from tests.sandbox.accounts import Json, StillClock

pytestmark = pytest.mark.anyio

_RANGE = {"start": "2026-01-01 00:00:00", "end": "2026-06-01 00:00:00"}


async def test_an_sms_report_counts_what_was_delivered(egoi: httpx2.AsyncClient) -> None:
    body = {
        "list_id": 1,
        "segments": {"type": "segment", "data": ["saved_12"]},
        "destination_field": "cellphone",
    }
    await egoi.post("/campaigns/sms/smsdraft01/actions/send", json=body)
    report: Json = (await egoi.get("/reports/sms/smsdraft01")).json()
    sent = report["overall"]["sends"]
    assert 0 < sent <= 18
    assert report["overall"] == {
        "destinations": sent,
        "sends": sent,
        "delivered": sent,
        "error": 0,
        "invalid": 0,
        "pending": 0,
    }
    assert [row["network"] for row in report["networks"]] == ["ES"]
    short: Json = (await egoi.get("/reports/sms/smsdraft01", params={"networks": "false"})).json()
    assert "networks" not in short


async def test_an_email_report_counts_by_domain_and_date(egoi: httpx2.AsyncClient) -> None:
    await egoi.post(
        "/campaigns/email/emldraft02/actions/send", json={"list_id": 3, "segments": {"type": "none"}}
    )
    report: Json = (await egoi.get("/reports/email/emldraft02")).json()
    assert report["overall"]["sends"] == 12
    assert {row["domain"]: row["sends"] for row in report["domain"]} == {
        "example.com": 4,
        "example.net": 4,
        "example.org": 4,
    }
    assert [row["date"] for row in report["date"]] == ["2026-11-18"]
    short: Json = (await egoi.get("/reports/email/emldraft02", params={"domain": "false"})).json()
    assert "domain" not in short


async def test_past_campaigns_have_their_figures(egoi: httpx2.AsyncClient) -> None:
    report: Json = (await egoi.get("/reports/sms/smssent001")).json()
    assert report["overall"]["delivered"] + report["overall"]["error"] == report["overall"]["sends"] == 91
    mail: Json = (await egoi.get("/reports/email/emlsent001")).json()
    assert mail["overall"]["opens"] > mail["overall"]["clicks"] > 0


async def test_what_did_not_go_out_has_no_report(egoi: httpx2.AsyncClient) -> None:
    for path in ("sms/smsdraft01", "sms/smsqueue01", "sms/emlsent001", "email/emldraft01", "sms/none"):
        assert (await egoi.get(f"/reports/{path}")).status_code == 404


async def test_an_advanced_report_is_a_job_that_ends(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    body: Json = {
        "title": "Sends",
        "range": _RANGE,
        "campaigns": [],
        "columns": {},
        "options": {},
        "callback_url": "https://hooks.example.com/report",
    }
    assert (await egoi.post("/reports/advanced/sms-events", json=body)).status_code == 202
    seen: list[str] = []
    for seconds in (0, 10, 30):
        clock.advance(seconds)
        listed: Json = (await egoi.get("/reports/advanced")).json()
        seen.append(listed["items"][0]["status"])
    assert seen == ["queued", "running", "finished"]
    finished: Json = (await egoi.get("/reports/advanced", params={"status": "finished"})).json()
    assert finished["items"][0]["file"].startswith("https://reports.example.com/")
    assert len(sandbox.effects.changed("disclosed")) == 1


async def test_an_advanced_report_needs_a_title_and_a_range(egoi: httpx2.AsyncClient) -> None:
    assert (await egoi.post("/reports/advanced/sends", json={"range": _RANGE})).status_code == 422
    backwards = {"start": _RANGE["end"], "end": _RANGE["start"]}
    reply = await egoi.post("/reports/advanced/sends", json={"title": "x", "range": backwards})
    assert list(reply.json()["errors"]) == ["range.end"]
