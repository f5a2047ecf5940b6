from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.sandbox.accounts import EGOI_HEADERS, Json, StillClock, client, sandbox_at

pytestmark = pytest.mark.anyio


async def test_the_account_says_who_it_is_and_what_it_has(egoi: httpx2.AsyncClient) -> None:
    account: Json = (await egoi.get("/my-account")).json()
    assert account["general_info"]["client_id"] == "700001"
    assert account["balance_info"] == {"balance": "250.00", "currency": "EUR"}
    assert account["plan_info"] == {"type": "pro"}
    assert (await egoi.post("/ping")).json() == {"result": "success"}


async def test_senders_have_states_and_no_total(egoi: httpx2.AsyncClient) -> None:
    everything: Json = (await egoi.get("/senders/cellphone")).json()
    assert "total_items" not in everything
    assert [(item["sender_id"], item["status"], item["type"]) for item in everything["items"]] == [
        (101, "active", "numeric"),
        (102, "active", "alpha_numeric"),
        (103, "moderation", "alpha_numeric"),
        (104, "rejected", "numeric"),
    ]
    active: Json = (await egoi.get("/senders/email", params={"status": "active"})).json()
    assert [item["sender_id"] for item in active["items"]] == [201]
    phones: Json = (await egoi.get("/senders/phone")).json()
    assert [item["phone"] for item in phones["items"]] == ["351-210000900"]


async def test_a_sender_is_deleted_unless_a_waiting_campaign_is_from_it(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    campaigns = sandbox.world.egoi.campaigns.values()
    in_use = next(each for each in campaigns if each.channel == "sms" and each.status == "queued").sender_id
    assert (await egoi.delete(f"/senders/cellphone/{in_use}")).status_code == 409
    assert (await egoi.delete("/senders/cellphone/104")).status_code == 204
    assert (await egoi.delete("/senders/cellphone/104")).status_code == 404
    assert (await egoi.delete("/senders/cellphone/203")).status_code == 404
    assert (await egoi.delete("/senders/email/203")).status_code == 204
    assert [each.subject for each in sandbox.effects.changed("sender_deleted")] == ["104", "203"]


async def test_the_suppression_list_is_filtered_grows_and_gives_up_manual_entries(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    found: Json = (await egoi.get("/suppression-list", params={"value": "351-900000666"})).json()
    assert [(item["id"], item["method"]) for item in found["items"]] == [(7, "manual")]
    body = {"type": "cellphone", "value": ["351-900000001", "351-900000666"]}
    assert (await egoi.post("/suppression-list", json=body)).status_code == 202
    assert sandbox.world.egoi.suppressed("cellphone", "351-900000001")
    assert len(sandbox.effects.changed("suppressed")) == 1
    assert (await egoi.delete("/suppression-list/12")).status_code == 204
    assert (await egoi.delete("/suppression-list/12")).status_code == 404
    assert (await egoi.delete("/suppression-list/9")).status_code == 409


async def test_the_queue_is_shown_and_filtered(egoi: httpx2.AsyncClient) -> None:
    queue: Json = (await egoi.get("/operations")).json()
    assert (queue["total_items"], [item["operation_id"] for item in queue["items"]]) == (
        6,
        [6, 5, 4, 3, 2, 1],
    )
    paused: Json = (await egoi.get("/operations", params={"status": "paused"})).json()
    assert [item["operation_id"] for item in paused["items"]] == [5, 3]


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("approve", [4]),
        ("cancel", [1, 2, 3, 4, 5]),
        ("pause", [1, 2, 4, 6]),
        ("resume", [3, 5]),
    ],
)
async def test_each_action_of_the_queue_has_its_states(
    egoi: httpx2.AsyncClient, action: str, allowed: list[int]
) -> None:
    numbers = [1, 2, 3, 4, 5, 6]
    reply = await egoi.post(f"/operations/actions/{action}", json={"operations": [*numbers, 99]})
    assert reply.json() == {
        "success": allowed,
        "error": {
            "invalid_operation_action": [number for number in numbers if number not in allowed],
            "operation_not_found": [99],
        },
    }


async def test_the_transactional_service_is_enabled_once(clock: StillClock, egoi: httpx2.AsyncClient) -> None:
    assert (await egoi.post("/my-account/actions/enable-transactional")).status_code == 409
    off = sandbox_at(clock, SandboxSettings(transactional_enabled=False))
    async with client(off, EGOI_HEADERS) as other:
        assert (await other.post("/my-account/actions/enable-transactional")).status_code == 204
    assert off.effects.mutations == ["enableTransactional"]


async def test_automations_and_their_actions(egoi: httpx2.AsyncClient) -> None:
    found: Json = (await egoi.get("/automations", params={"status": "active"})).json()
    assert [item["automation_id"] for item in found["items"]] == [1]
    actions: Json = (await egoi.get("/automations/1/actions")).json()
    assert [item["action_id"] for item in actions["items"]] == [11, 12]
    assert (await egoi.get("/automations/9/actions")).status_code == 404


async def test_webhooks_are_kept_and_their_address_written_down(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    body = {"list_id": 3, "url": "https://hooks.example.com/", "actions": ["sms_send"]}
    made = await egoi.post("/webhooks", json=body)
    assert (made.status_code, made.json()) == (200, {"webhook_id": 1} | body)
    assert (await egoi.get("/webhooks")).json()["total_items"] == 1
    assert [change.subject for change in sandbox.effects.changed("disclosed")] == [
        "https://hooks.example.com/"
    ]
    assert (await egoi.delete("/webhooks/1")).status_code == 204
    assert (await egoi.delete("/webhooks/1")).status_code == 404
