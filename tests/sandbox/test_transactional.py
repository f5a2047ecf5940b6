from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.sandbox.accounts import EGOI_HEADERS, Json, StillClock, client, sandbox_at

pytestmark = pytest.mark.anyio

_MANY = "/api/v2/sms/messages/action/send"
_ONE = f"{_MANY}/single"
_SMS = {"to": "351-900000001", "from": "501", "textBody": "Your order is on its way"}


async def test_an_array_is_sent_and_answered_with_ids(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    reply = await egoi.post(_MANY, json=[_SMS, _SMS | {"to": "351-900000002", "from": "502"}])
    assert reply.status_code == 201
    ids = [item["messageId"] for item in reply.json()]
    assert [(message.id, message.recipient, message.sender) for message in sandbox.effects.messages] == [
        (ids[0], "351-900000001", "ACME"),
        (ids[1], "351-900000002", "Acme line"),
    ]
    assert sandbox.effects.mutations == ["sendSmsMessages"]


async def test_a_single_message_is_sent_with_its_gaps_filled(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    body = _SMS | {"textBody": "Olá {{ name }} {{unknown}}", "mergeTags": ["name:Ana"]}
    reply = await egoi.post(_ONE, json=body)
    assert reply.status_code == 201
    shown: Json = (await egoi.get(f"/api/v2/sms/messages/{reply.json()['messageId']}")).json()
    assert (shown["textBody"], shown["status"]) == ("Olá Ana {{unknown}}", "delivered")
    assert sandbox.effects.count("sms", api="transactional") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ([], "body"),
        ([_SMS] * 101, "body"),
        ([_SMS, _SMS | {"to": "+351900000001"}], "1.to"),
        ([_SMS, {"to": "351-900000001"}], "1.from"),
        ([_SMS, _SMS | {"from": "999"}], "1.from"),
        ([_SMS, _SMS | {"encoding": "utf8"}], "1.encoding"),
        ([_SMS, _SMS | {"textBody": "a" * 161}], "1.textBody"),
        ([_SMS, _SMS | {"text": "x"}], "1.text"),
    ],
)
async def test_one_wrong_message_sends_none(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, body: Json, field: str
) -> None:
    reply = await egoi.post(_MANY, json=body)
    assert reply.status_code == 400
    assert field in reply.json()["errors"]
    assert sandbox.effects.mutations == []


async def test_a_longer_text_needs_a_higher_max_count(egoi: httpx2.AsyncClient) -> None:
    assert (await egoi.post(_ONE, json=_SMS | {"textBody": "a" * 161, "maxCount": 2})).status_code == 201


@pytest.mark.parametrize("sender_id", ["503", "504"])
async def test_a_sender_that_is_not_confirmed_is_a_403(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, sender_id: str
) -> None:
    reply = await egoi.post(_MANY, json=[_SMS, _SMS | {"from": sender_id}])
    assert (reply.status_code, reply.json()["title"]) == (403, "Forbidden")
    assert sandbox.effects.count() == 0


async def test_a_service_that_is_off_is_a_403(clock: StillClock) -> None:
    off = sandbox_at(clock, SandboxSettings(transactional_enabled=False))
    async with client(off, EGOI_HEADERS) as egoi:
        assert (await egoi.post(_ONE, json=_SMS)).status_code == 403
    assert off.effects.mutations == []


async def test_senders_and_groups_are_bare_arrays(egoi: httpx2.AsyncClient) -> None:
    senders: Json = (await egoi.get("/api/v2/sms/senders")).json()
    assert [(item["id"], item["senderStatus"]) for item in senders] == [
        ("501", "confirmed"),
        ("502", "confirmed"),
        ("503", "pending"),
        ("504", "rejected"),
    ]
    groups: Json = (await egoi.get("/api/v2/groups")).json()
    assert [item["name"] for item in groups] == ["default", "orders", "greetings"]
    mails: Json = (await egoi.get("/api/v2/email/senders")).json()
    assert mails[0]["email"] == "hello@example.com"


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({}, 26),
        ({"group": "orders"}, 8),
        ({"status": "send_failed"}, 4),
        ({"status": "scheduled"}, 2),
        ({"destination": "351-900000001"}, 2),
        ({"dateStart": "2026-05-31", "dateEnd": "2026-05-31"}, 2),
        ({"dateStart": "2027-01-01", "dateEnd": "2027-01-02"}, 0),
    ],
)
async def test_messages_are_filtered(egoi: httpx2.AsyncClient, params: Json, count: int) -> None:
    assert len((await egoi.get("/api/v2/sms/messages", params=params)).json()) == count


async def test_a_wrong_filter_is_a_400(egoi: httpx2.AsyncClient) -> None:
    for params in ({"status": "gone"}, {"dateStart": "31-05-2026"}, {"from": "501"}):
        assert (await egoi.get("/api/v2/sms/messages", params=params)).status_code == 400


async def test_a_scheduled_message_is_cancelled_by_the_path_that_says_send(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    path = "/api/v2/messages/700031/action/send"
    assert (await egoi.post(path)).status_code == 200
    assert (await egoi.post(path)).status_code == 404
    assert (await egoi.post("/api/v2/messages/700001/action/send")).status_code == 400
    assert sandbox.effects.count() == 0
    assert sandbox.effects.mutations == ["cancelScheduledMessage"]


async def test_the_report_groups_by_day_or_month(egoi: httpx2.AsyncClient) -> None:
    by_month: Json = (await egoi.get("/api/v2/sms/reports", params={"groupBy": "month"})).json()
    rows = {(row["groupName"], row["timePeriod"]): row["metricsSent"] for row in by_month}
    assert rows == {("default", "2026-05"): 13, ("default", "2026-06"): 1, ("orders", "2026-05"): 6}
    by_day: Json = (await egoi.get("/api/v2/sms/reports", params={"group": "orders"})).json()
    assert sum(row["metricsDelivered"] for row in by_day) == 6
    assert {row["groupName"] for row in by_day} == {"orders"}


async def test_ping(egoi: httpx2.AsyncClient) -> None:
    assert (await egoi.get("/api/v2/ping")).json() == {"apiStatus": "ok", "date": "2026-11-18T11:06:40Z"}
