from __future__ import annotations

from decimal import Decimal

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox
from egoi_mcp.sandbox.sms_parts import parts
from tests.sandbox.accounts import Json

pytestmark = pytest.mark.anyio

_SMS = {
    "list_id": 3,
    "internal_name": "Hello",
    "sender_id": 102,
    "content": {"type": "text", "message": "Olá da Acme"},
}
_EMAIL = {
    "list_id": 3,
    "internal_name": "Mail",
    "subject": "Olá",
    "sender_id": 201,
    "content": {"type": "html", "body": "<p>Olá</p>"},
}
_ALL_PHONES = {"list_id": 3, "segments": {"type": "none"}, "destination_field": "cellphone"}


async def _created(egoi: httpx2.AsyncClient, kind: str, body: Json) -> str:
    reply = await egoi.post(f"/campaigns/{kind}", json=body)
    assert reply.status_code == 201, reply.text
    campaign_hash: str = reply.json()["campaign_hash"]
    return campaign_hash


async def _send(egoi: httpx2.AsyncClient, kind: str, campaign_hash: str, **members: Json) -> httpx2.Response:
    return await egoi.post(f"/campaigns/{kind}/{campaign_hash}/actions/send", json=_ALL_PHONES | members)


async def test_campaigns_come_a_hundred_a_page_newest_first(egoi: httpx2.AsyncClient) -> None:
    page: Json = (await egoi.get("/campaigns")).json()
    assert page["total_items"] == len(page["items"]) == 34
    created = [item["created"] for item in page["items"]]
    assert created == sorted(created, reverse=True)
    assert not any("content" in item or "message" in item for item in page["items"])


@pytest.mark.parametrize(
    ("params", "hashes"),
    [
        ({"campaign_hash": "smsdraft01"}, ["smsdraft01"]),
        ({"status": "draft", "channel": "sms", "order": "asc"}, ["smsdraft01", "smsdraft02"]),
        ({"list_id": 3, "channel": "email"}, ["emldraft02"]),
        (
            {"schedule_date_min": "2099-01-01 00:00:00", "channel": "sms", "order": "asc"},
            ["smsqueue01", "smspause01"],
        ),
        ({"campaign_hash": "none"}, []),
    ],
)
async def test_campaigns_are_filtered(egoi: httpx2.AsyncClient, params: Json, hashes: list[str]) -> None:
    page: Json = (await egoi.get("/campaigns", params=params)).json()
    assert [item["campaign_hash"] for item in page["items"]] == hashes


async def test_a_new_campaign_is_a_draft_and_reaches_nobody(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    campaign_hash = await _created(egoi, "sms", _SMS)
    page: Json = (await egoi.get("/campaigns", params={"campaign_hash": campaign_hash})).json()
    assert page["items"][0]["status"] == "draft"
    assert sandbox.effects.count() == 0


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("sms", _SMS | {"list_id": 99}, "list_id"),
        ("sms", _SMS | {"sender_id": 999}, "sender_id"),
        ("sms", _SMS | {"sender_id": 201}, "sender_id"),
        ("sms", _SMS | {"content": {"type": "text", "message": ""}}, "content.message"),
        (
            "sms",
            _SMS | {"content": {"type": "text", "message": "a" * 161}, "options": {"max_messages": 1}},
            "content.message",
        ),
        ("sms", _SMS | {"options": {"max_messages": 8}}, "options.max_messages"),
        ("sms", _SMS | {"subject": "none here"}, "subject"),
        ("email", _EMAIL | {"content": {"type": "html"}}, "content.body"),
        ("email", _EMAIL | {"sender_id": 101}, "sender_id"),
        (
            "smart-sms",
            {"list_id": 3, "internal_name": "x", "campaign_content": {"message": "x"}},
            "page_content",
        ),
    ],
)
async def test_a_campaign_that_does_not_fit_is_a_422(
    egoi: httpx2.AsyncClient, kind: str, body: Json, field: str
) -> None:
    reply = await egoi.post(f"/campaigns/{kind}", json=body)
    assert reply.status_code == 422
    assert field in reply.json()["errors"]


async def test_the_whole_list_gets_one_sms_each_and_pays_for_it(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    campaign_hash = await _created(egoi, "sms", _SMS)
    reply = await _send(egoi, "sms", campaign_hash)
    assert (reply.status_code, reply.json()) == (202, {"result": "success"})
    assert sorted(message.recipient for message in sandbox.effects.messages) == [
        f"351-900000{place:03d}" for place in range(1, 13)
    ]
    one = sandbox.effects.messages_to("+351 900 000 001")[0]
    assert (one.text, one.sender, one.campaign_hash) == ("Olá da Acme", "ACME", campaign_hash)
    assert sandbox.effects.mutations == ["createSmsCampaign", "actionSendSms"]
    assert sandbox.world.egoi.balance == Decimal("250.00") - 12 * Decimal("0.035")


async def test_segments_reach_their_members_each_once(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    segments = {"type": "segment", "data": ["tag_1", "saved_31"]}
    await _send(egoi, "sms", "smsdraft02", segments=segments)
    assert [message.recipient for message in sandbox.effects.messages] == [
        "351-900000001",
        "351-900000002",
        "351-900000003",
    ]


async def test_a_single_contact_is_reached_by_number(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    await _send(egoi, "sms", "smsdraft02", segments={"type": "contact", "data": "351-900000005"})
    assert [message.recipient for message in sandbox.effects.messages] == ["351-900000005"]


@pytest.mark.parametrize(
    ("segments", "field"),
    [
        ({"type": "contact", "data": "351-900000999"}, "segments.data"),
        ({"type": "segment", "data": ["tag_1", "tag_9"]}, "segments.data"),
    ],
)
async def test_an_audience_that_the_list_does_not_have_is_a_422(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, segments: Json, field: str
) -> None:
    reply = await _send(egoi, "sms", "smsdraft02", segments=segments)
    assert reply.status_code == 422
    assert field in reply.json()["errors"]
    assert sandbox.effects.mutations == []


async def test_only_active_unsuppressed_contacts_with_the_channel_on_are_reached(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    account = sandbox.world.egoi
    await _send(egoi, "sms", "smsdraft01", list_id=1)
    reached = {message.contact_id for message in sandbox.effects.messages}
    suppressed = {entry.value for entry in account.suppressions.values() if entry.type == "cellphone"}
    expected = {
        contact_id
        for contact_id, contact in account.lists[1].contacts.items()
        if contact.base["status"] == "active"
        and contact.base.get("cellphone")
        and contact.base["cellphone_status"] == "active"
        and contact.base["cellphone"] not in suppressed
    }
    assert reached == expected
    assert 0 < len(reached) < account.lists[1].contacts.__len__()


async def test_another_number_field_can_be_the_destination(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    reply = await _send(egoi, "sms", "smsdraft01", list_id=1, destination_field="extra_3")
    assert reply.status_code == 202
    assert {message.recipient[:7] for message in sandbox.effects.messages} == {"351-900"}
    assert 0 < sandbox.effects.count("sms") <= 18


async def test_a_mail_goes_out_with_200_and_respects_domain_suppression(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    await egoi.post("/suppression-list", json={"type": "email_domain", "value": ["example.org"]})
    campaign_hash = await _created(egoi, "email", _EMAIL)
    body = {"list_id": 3, "segments": {"type": "none"}}
    reply = await egoi.post(f"/campaigns/email/{campaign_hash}/actions/send", json=body)
    assert (reply.status_code, reply.json()) == (200, {"result": "success"})
    assert sandbox.effects.count("email") == 8
    assert not any(message.recipient.endswith("example.org") for message in sandbox.effects.messages)
    assert {message.subject for message in sandbox.effects.messages} == {"Olá"}


async def test_a_smart_sms_goes_out(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    page = {"type": "import", "page_url": "https://example.com/", "page_internal_name": "p"}
    body = {
        "list_id": 3,
        "internal_name": "s",
        "sender_id": 101,
        "campaign_content": {"message": "See"},
        "page_content": page,
    }
    campaign_hash = await _created(egoi, "smart-sms", body)
    assert (await _send(egoi, "smart-sms", campaign_hash)).status_code == 202
    assert sandbox.effects.counts() == {"smart_sms": 12}


@pytest.mark.parametrize(
    ("campaign_hash", "status"),
    [
        ("smssent001", 409),
        ("smssendin1", 409),
        ("smsqueue01", 409),
        ("smscancel1", 409),
        ("emldraft01", 404),
        ("unknown", 404),
    ],
)
async def test_only_a_draft_or_paused_campaign_of_the_channel_can_be_sent(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, campaign_hash: str, status: int
) -> None:
    assert (await _send(egoi, "sms", campaign_hash, list_id=1)).status_code == status
    assert sandbox.effects.mutations == []


async def test_a_campaign_goes_out_once(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    assert (await _send(egoi, "sms", "smsdraft02")).status_code == 202
    again = await _send(egoi, "sms", "smsdraft02")
    assert (again.status_code, again.json()["title"]) == (409, "Conflict")
    assert sandbox.effects.count("sms") == 12


@pytest.mark.parametrize(("sender_id", "status"), [(103, 403), (104, 403), (None, 422)])
async def test_a_sender_that_is_not_active_sends_nothing(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, sender_id: int | None, status: int
) -> None:
    body = {name: value for name, value in (_SMS | {"sender_id": sender_id}).items() if value is not None}
    campaign_hash = await _created(egoi, "sms", body)
    assert (await _send(egoi, "sms", campaign_hash)).status_code == status
    assert sandbox.effects.count() == 0


async def test_the_list_of_a_send_has_to_be_the_campaigns(egoi: httpx2.AsyncClient) -> None:
    reply = await _send(egoi, "sms", "smsdraft02", list_id=1)
    assert (reply.status_code, list(reply.json()["errors"])) == (422, ["list_id"])


async def test_a_changed_draft_says_so_even_within_the_same_second(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    stamps: list[str] = []
    for text in ("one", "two"):
        reply = await egoi.patch("/campaigns/sms/smsdraft02", json={"content": {"message": text}})
        assert (reply.status_code, reply.json()) == (200, {"campaign_hash": "smsdraft02"})
        page: Json = (await egoi.get("/campaigns", params={"campaign_hash": "smsdraft02"})).json()
        stamps.append(page["items"][0]["updated"])
    assert stamps[0] < stamps[1]
    await _send(egoi, "sms", "smsdraft02")
    assert {message.text for message in sandbox.effects.messages} == {"two"}


async def test_what_is_sent_cannot_be_changed_and_a_change_has_to_change_something(
    egoi: httpx2.AsyncClient,
) -> None:
    assert (await egoi.patch("/campaigns/sms/smssent001", json={"internal_name": "x"})).status_code == 422
    assert (await egoi.patch("/campaigns/sms/smsdraft01", json={})).status_code == 422
    assert (await egoi.patch("/campaigns/email/emldraft01", json={"subject": "New"})).status_code == 200


async def test_deleting_answers_204_but_not_for_what_waits_or_went_out_lately(
    egoi: httpx2.AsyncClient,
) -> None:
    assert (await egoi.delete("/campaigns/smsdraft01")).status_code == 204
    assert (await egoi.delete("/campaigns/smsdraft01")).status_code == 404
    assert (await egoi.delete("/campaigns/smsqueue01")).status_code == 409
    assert (await egoi.delete("/campaigns/smssent001")).status_code == 204
    await _send(egoi, "sms", "smsdraft02")
    assert (await egoi.delete("/campaigns/smsdraft02")).status_code == 409


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ç" * 70, 1),
        ("ç" * 71, 2),
        ("👋" * 35, 1),
        ("👋" * 36, 2),
    ],
)
def test_parts_of_an_sms(text: str, count: int) -> None:
    assert parts(text) == count
