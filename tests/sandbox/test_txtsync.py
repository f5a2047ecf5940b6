from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox
from tests.sandbox.accounts import TXTSYNC_AUTH, Json, StillClock, client

pytestmark = pytest.mark.anyio

_SMS = {"From": "ACME", "Message": "Hello", "To": "+447700900201"}


async def test_an_sms_is_sent_and_answered_with_an_array(
    txtsync: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    reply = await txtsync.post("/sms/send", json=_SMS)
    sms: Json = reply.json()[0]
    assert reply.status_code == 200
    assert (sms["Status"], sms["ContactID"], sms["Segments"], sms["CurrencyCode"]) == ("Sent", 9001, 1, "GBP")
    assert [message.id for message in sandbox.effects.messages_to("+447700900201")] == [str(sms["SMSID"])]
    assert sandbox.effects.mutations == ["SendSMS"]


async def test_a_contact_that_does_not_allow_sms_gets_none(
    txtsync: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    reply = await txtsync.post("/sms/send", json=_SMS | {"To": "+447700900205"})
    assert (reply.json()[0]["Status"], reply.json()[0]["ErrorCode"]) == ("Failed", "OptedOut")
    assert sandbox.effects.count() == 0
    assert sandbox.effects.mutations == []


async def test_a_number_without_a_contact_is_sent_to(txtsync: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    reply = await txtsync.post("/sms/send", json=_SMS | {"To": "+447700900999"})
    assert reply.json()[0]["ContactID"] == 0
    assert sandbox.effects.count("sms", api="txtsync") == 1


async def test_a_scheduled_sms_goes_out_at_its_time(
    txtsync: httpx2.AsyncClient, sandbox: Sandbox, clock: StillClock
) -> None:
    reply = await txtsync.post("/sms/send", json=_SMS | {"ScheduledDate": "2026-11-18T12:06:40Z"})
    assert reply.json()[0]["Status"] == "Scheduled"
    assert sandbox.effects.count() == 0
    clock.advance(3600)
    assert sandbox.effects.count("sms") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"Message": "x", "To": "+447700900201"}, "From"),
        (_SMS | {"To": "07700 900201"}, "To"),
        (_SMS | {"ScheduledDate": "tomorrow"}, "ScheduledDate"),
        (_SMS | {"Schedule": "2026-12-01"}, "Schedule"),
    ],
)
async def test_an_sms_that_does_not_fit_is_a_400_that_names_the_field(
    txtsync: httpx2.AsyncClient, sandbox: Sandbox, body: Json, field: str
) -> None:
    reply = await txtsync.post("/sms/send", json=body)
    assert reply.status_code == 400
    assert field in reply.json()["ModelState"]
    assert sandbox.effects.mutations == []


async def test_sends_need_their_extra_header(sandbox: Sandbox) -> None:
    async with client(sandbox, {}, TXTSYNC_AUTH) as without:
        for path, body in (("/sms/send", _SMS), ("/sms/send/bulk", _SMS | {"To": ["+447700900201"]})):
            assert (await without.post(path, json=body)).status_code == 400
        assert (await without.get("/contacts")).status_code == 200


async def test_a_bulk_send_by_tag_reaches_whoever_allows_it_once(
    txtsync: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    body = {"From": "ACME", "Message": "Hi", "To": ["+447700900210"], "ToTagName": ["vip", "leads"]}
    reply = await txtsync.post("/sms/send/bulk", json=body)
    assert (reply.status_code, reply.json()) == (200, "9 messages queued")
    account = sandbox.world.txtsync
    expected = {
        contact.fields["MobileNumber"]
        for contact in account.contacts.values()
        if contact.allow_sms and {"vip", "leads"} & set(contact.tags)
    }
    assert {message.recipient for message in sandbox.effects.messages} == expected
    assert sandbox.effects.count("sms") == len(expected) == 9


@pytest.mark.parametrize("members", [{}, {"ToTagName": ["unused"]}, {"ToTagName": ["VIP"]}])
async def test_a_bulk_send_to_nobody_is_refused(
    txtsync: httpx2.AsyncClient, sandbox: Sandbox, members: Json
) -> None:
    reply = await txtsync.post("/sms/send/bulk", json={"From": "ACME", "Message": "Hi"} | members)
    assert reply.status_code == 400
    assert sandbox.effects.count() == 0


async def test_contacts_are_found_by_name_number_or_reference(txtsync: httpx2.AsyncClient) -> None:
    by_reference: Json = (await txtsync.get("/contacts", params={"search": "crm-0007"})).json()
    assert [item["ContactID"] for item in by_reference] == [9007]
    by_number: Json = (await txtsync.get("/contacts", params={"searchNumber": "+447700900207"})).json()
    assert [item["ContactID"] for item in by_number] == [9007]
    external: Json = (await txtsync.get("/contacts/external/CRM-0007")).json()
    assert external == by_number
    assert "TagNames" not in external[0]
    assert (await txtsync.get("/contacts/external/none")).json() == []


async def test_a_contact_is_added_with_tags(txtsync: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    body = {"MobileNumber": "+447700900555", "FirstName": "Emma", "TagNames": "vip, fresh"}
    reply = await txtsync.post("/contacts", json=body)
    assert (reply.status_code, reply.json()["ContactID"], reply.json()["FullName"]) == (200, 9041, "Emma")
    assert sandbox.world.txtsync.contacts[9041].tags == ["vip", "fresh"]
    assert (await txtsync.post("/contacts", json=body)).status_code == 409
    assert (await txtsync.post("/contacts", json={"FirstName": "Emma"})).status_code == 400
    reference = {"MobileNumber": "+447700900556", "ExternalReference": "CRM-0001"}
    assert (await txtsync.post("/contacts", json=reference)).status_code == 409
    assert sandbox.effects.mutations == ["AddContact"]


async def test_an_update_empties_what_it_leaves_out_but_keeps_tags_and_permission(
    txtsync: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    contact = sandbox.world.txtsync.contacts[9010]
    tags = list(contact.tags)
    assert (await txtsync.put("/contacts/9010", json={"FirstName": "Zoë"})).status_code == 200
    assert contact.fields["FirstName"] == "Zoë"
    assert contact.fields["City"] is None
    assert contact.fields["MobileNumber"] == "+447700900210"
    assert (contact.tags, contact.allow_sms) == (tags, True)
    await txtsync.put(
        "/contacts/9010", json={"TagNames": "leads", "AllowSMS": False, "ExternalReference": "CRM-0010"}
    )
    assert (contact.tags, contact.allow_sms) == (["leads"], False)
    taken = {"MobileNumber": "+447700900211"}
    assert (await txtsync.put("/contacts/external/CRM-0010", json=taken)).status_code == 409


async def test_contacts_are_deleted_by_either_id(txtsync: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    assert (await txtsync.delete("/contacts/9001")).status_code == 200
    assert (await txtsync.delete("/contacts/external/CRM-0002")).status_code == 200
    assert (await txtsync.delete("/contacts/9001")).status_code == 404
    assert (await txtsync.put("/contacts/external/CRM-0002", json={})).status_code == 404
    assert len(sandbox.world.txtsync.contacts) == 38


async def test_webhooks_answer_with_their_address_and_can_be_removed(
    txtsync: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    for kind in (0, 5):
        made = await txtsync.post(
            f"/system/applications/webhooks/type/{kind}", json={"URL": "https://example.com/h"}
        )
        assert made.status_code == 200
        assert (await txtsync.delete(made.headers["location"])).status_code == 200
        assert (await txtsync.delete(made.headers["location"])).status_code == 404
    assert len(sandbox.effects.changed("disclosed")) == 2
    assert (await txtsync.post("/system/applications/webhooks/type/1", json={"URL": "x"})).status_code == 404
