from __future__ import annotations

from zoneinfo import ZoneInfo

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.sandbox.accounts import EGOI_HEADERS, Json, StillClock, client, sandbox_at

pytestmark = pytest.mark.anyio

_IN_AN_HOUR = "2026-11-18 12:06:40"


async def _schedule(egoi: httpx2.AsyncClient, moment: str = _IN_AN_HOUR) -> httpx2.Response:
    body = {
        "list_id": 3,
        "segments": {"type": "none"},
        "destination_field": "cellphone",
        "schedule_date": moment,
    }
    return await egoi.post("/campaigns/sms/smsdraft02/actions/send", json=body)


async def _campaign(egoi: httpx2.AsyncClient) -> Json:
    page: Json = (await egoi.get("/campaigns", params={"campaign_hash": "smsdraft02"})).json()
    return page["items"][0]


async def test_a_scheduled_campaign_waits_in_the_queue(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    assert (await _schedule(egoi)).status_code == 202
    shown = await _campaign(egoi)
    assert shown["status"] == "queued"
    assert shown["schedule_date"] == {"enabled": True, "date": _IN_AN_HOUR}
    queue: Json = (await egoi.get("/operations", params={"status": "queued", "type": "sms"})).json()
    assert queue["items"][0]["operation_data"]["campaign_hash"] == "smsdraft02"
    assert queue["items"][0]["start_date"] == _IN_AN_HOUR
    assert sandbox.effects.count() == 0
    assert sandbox.effects.mutations == ["actionSendSms"]


async def test_it_goes_out_when_its_time_has_come_and_not_before(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    await _schedule(egoi)
    clock.advance(3599)
    assert sandbox.effects.count("sms") == 0
    clock.advance(1)
    assert sandbox.effects.count("sms") == 12
    assert {message.operation for message in sandbox.effects.messages} == {"actionSendSms"}
    assert sandbox.effects.mutations == ["actionSendSms"]
    assert (await _campaign(egoi))["status"] == "sent"
    queue: Json = (await egoi.get("/operations")).json()
    assert "smsdraft02" not in str(queue)


async def test_the_audience_is_who_is_there_at_the_time(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    await _schedule(egoi)
    sandbox.world.egoi.lists[3].contacts.popitem()
    clock.advance(3600)
    assert sandbox.effects.count("sms") == 11


async def test_the_past_is_refused(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    reply = await _schedule(egoi, "2026-11-18 11:06:40")
    assert (reply.status_code, list(reply.json()["errors"])) == (422, ["schedule_date"])
    assert sandbox.effects.mutations == []


async def test_the_time_is_meant_in_the_accounts_zone(clock: StillClock) -> None:
    sandbox = sandbox_at(clock, SandboxSettings(timezone=ZoneInfo("America/Sao_Paulo")))
    async with client(sandbox, EGOI_HEADERS) as egoi:
        assert (await _schedule(egoi, "2026-11-18 09:06:40")).status_code == 202
        clock.advance(3600)
        assert sandbox.effects.count("sms") == 12


async def _operation(egoi: httpx2.AsyncClient) -> int:
    queue: Json = (await egoi.get("/operations", params={"limit": 100})).json()
    number: int = next(
        item["operation_id"]
        for item in queue["items"]
        if item["operation_data"].get("campaign_hash") == "smsdraft02"
    )
    return number


async def test_cancelled_it_never_goes_out(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    await _schedule(egoi)
    reply = await egoi.post("/operations/actions/cancel", json={"operations": [await _operation(egoi)]})
    assert reply.json()["error"] == {"invalid_operation_action": [], "operation_not_found": []}
    clock.advance(7200)
    assert sandbox.effects.count() == 0
    assert (await _campaign(egoi))["status"] == "canceled"


async def test_paused_it_waits_and_resumed_late_it_goes_out_at_once(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    await _schedule(egoi)
    body = {"operations": [await _operation(egoi)]}
    await egoi.post("/operations/actions/pause", json=body)
    clock.advance(7200)
    assert sandbox.effects.count() == 0
    assert (await _campaign(egoi))["status"] == "paused"
    await egoi.post("/operations/actions/resume", json=body)
    assert sandbox.effects.count("sms") == 12


async def test_resumed_in_time_it_goes_out_when_it_should(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    await _schedule(egoi)
    body = {"operations": [await _operation(egoi)]}
    for action in ("pause", "resume"):
        assert (await egoi.post(f"/operations/actions/{action}", json=body)).status_code == 200
    assert sandbox.effects.count() == 0
    clock.advance(3600)
    assert sandbox.effects.count("sms") == 12


async def test_sent_at_once_while_paused_it_leaves_the_queue(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    await _schedule(egoi)
    await egoi.post("/operations/actions/pause", json={"operations": [await _operation(egoi)]})
    body = {"list_id": 3, "segments": {"type": "none"}, "destination_field": "cellphone"}
    assert (await egoi.post("/campaigns/sms/smsdraft02/actions/send", json=body)).status_code == 202
    clock.advance(7200)
    assert sandbox.effects.count("sms") == 12


async def test_what_waits_for_approval_does_not_go_out_without_it(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    account = sandbox.world.egoi
    clock.advance(90 * 366 * 86_400)
    assert account.campaigns["smsqueue01"].status == "queued"
    sent = {message.campaign_hash for message in sandbox.effects.messages}
    assert sent == {"smsqueue01"}
    reply = await egoi.post("/operations/actions/approve", json={"operations": [4, 4, 99]})
    assert reply.json() == {
        "success": [4],
        "error": {"invalid_operation_action": [], "operation_not_found": [4, 99]},
    }
    assert {message.campaign_hash for message in sandbox.effects.messages} == {"smsqueue01", "emlqueue01"}
