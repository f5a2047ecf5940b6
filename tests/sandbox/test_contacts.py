from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.sandbox.accounts import EGOI_HEADERS, Json, StillClock, client, sandbox_at

pytestmark = pytest.mark.anyio

_NEW = {"base": {"first_name": "Rui", "email": "rui.new@example.com", "cellphone": "351-900000777"}}


def _team(sandbox: Sandbox) -> list[str]:
    return list(sandbox.world.egoi.lists[3].contacts)


async def test_pages_cover_the_list_once(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    seen: list[str] = []
    for offset in range(0, 180, 50):
        page: Json = (await egoi.get("/lists/1/contacts", params={"offset": offset, "limit": 50})).json()
        assert page["total_items"] == 180
        seen += [item["base"]["contact_id"] for item in page["items"]]
    assert seen == list(sandbox.world.egoi.lists[1].contacts)


async def test_a_page_has_ten_by_default_and_may_be_empty(egoi: httpx2.AsyncClient) -> None:
    assert len((await egoi.get("/lists/1/contacts")).json()["items"]) == 10
    assert (await egoi.get("/lists/4/contacts")).json() == {"total_items": 0, "items": []}
    assert (await egoi.get("/lists/99/contacts")).status_code == 404


async def test_filters_compare_whole_values_without_regard_to_case(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    name = next(iter(sandbox.world.egoi.lists[3].contacts.values())).text("first_name")
    page: Json = (
        await egoi.get("/lists/3/contacts", params={"first_name": name.upper(), "limit": 100})
    ).json()
    assert page["total_items"] >= 1
    assert {item["base"]["first_name"] for item in page["items"]} == {name}
    assert (await egoi.get("/lists/3/contacts", params={"first_name": name[:-1]})).json()["total_items"] == 0


async def test_a_channel_status_is_filtered_by_a_truth_value(egoi: httpx2.AsyncClient) -> None:
    page: Json = (
        await egoi.get("/lists/1/contacts", params={"cellphone_status": "true", "limit": 1000})
    ).json()
    assert {item["base"]["cellphone_status"] for item in page["items"]} == {"active"}
    assert page["total_items"] < 180


async def test_an_extra_field_is_filtered_by_its_number(egoi: httpx2.AsyncClient) -> None:
    page: Json = (await egoi.get("/lists/1/contacts", params={"extra_field_id[1]": "Madrid"})).json()
    assert page["total_items"] == 18


async def test_search_finds_a_contact_in_every_list_and_answers_ids(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    number = next(iter(sandbox.world.egoi.lists[1].contacts.values())).text("cellphone")
    found: Json = (await egoi.get("/contacts/search", params={"type": "cellphone", "contact": number})).json()
    assert [item["list_id"] for item in found["items"]] == [1, 2]
    assert set(found["items"][0]) == {"contact_id", "list_id"}
    assert (await egoi.get("/contacts/search")).status_code == 422


async def test_a_search_without_result_is_an_empty_list_or_a_404(
    clock: StillClock, egoi: httpx2.AsyncClient
) -> None:
    params = {"contact": "nobody@example.com"}
    assert (await egoi.get("/contacts/search", params=params)).json() == {"items": []}
    other = sandbox_at(clock, SandboxSettings(search_miss="not_found"))
    async with client(other, EGOI_HEADERS) as strict:
        assert (await strict.get("/contacts/search", params=params)).status_code == 404


async def test_a_created_contact_can_be_read_and_is_an_effect(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    reply = await egoi.post("/lists/3/contacts", json=_NEW)
    contact_id = reply.json()["contact_id"]
    assert reply.status_code == 201
    shown: Json = (await egoi.get(f"/lists/3/contacts/{contact_id.upper()}")).json()
    assert shown["base"]["status"] == "active"
    assert shown["base"]["cellphone"] == "351-900000777"
    assert shown["base"]["cellphone_status"] == "active"
    assert [change.subject for change in sandbox.effects.changed("contact_created")] == [contact_id]
    assert sandbox.effects.mutations == ["createContact"]


@pytest.mark.parametrize("field", ["email", "cellphone"])
async def test_a_value_that_the_list_holds_already_is_a_409_with_the_contact(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, field: str
) -> None:
    holder = next(iter(sandbox.world.egoi.lists[3].contacts.values()))
    reply = await egoi.post("/lists/3/contacts", json={"base": {field: holder.text(field)}})
    assert reply.status_code == 409
    assert reply.json()["errors"]["contacts"] == [holder.contact_id]
    assert reply.json()["errors"]["field_id"] == field
    assert sandbox.effects.mutations == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"base": {"first_name": "Rui"}}, "base"),
        ({"base": {"cellphone": "+351900000777"}}, "base.cellphone"),
        ({"base": {"email": "rui"}}, "base.email"),
        ({"base": {"email": "r@example.com", "birth_date": "2001-02-30"}}, "base.birth_date"),
        (
            {"base": {"email": "r@example.com"}, "extra": [{"field_id": 9, "format": "text", "value": "x"}]},
            "extra.0.field_id",
        ),
        (
            {"base": {"email": "r@example.com"}, "extra": [{"field_id": 1, "format": "date", "value": "x"}]},
            "extra.0.format",
        ),
        ({"base": {"email": "r@example.com", "status": "gone"}}, "base.status"),
    ],
)
async def test_a_contact_that_does_not_fit_is_a_422(egoi: httpx2.AsyncClient, body: Json, field: str) -> None:
    reply = await egoi.post("/lists/1/contacts", json=body)
    assert reply.status_code == 422
    assert field in reply.json()["errors"]


async def test_a_change_touches_what_it_names_alone(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    contact_id = _team(sandbox)[0]
    before = dict(sandbox.world.egoi.lists[3].contacts[contact_id].base)
    reply = await egoi.patch(f"/lists/3/contacts/{contact_id}", json={"base": {"last_name": "Novo"}})
    assert (reply.status_code, reply.json()) == (200, {"contact_id": contact_id})
    after = sandbox.world.egoi.lists[3].contacts[contact_id].base
    assert after == before | {"last_name": "Novo", "change_date": "2026-11-18"}


async def test_an_extra_value_replaces_the_one_of_its_field(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    contact = next(iter(sandbox.world.egoi.lists[1].contacts.values()))
    extra = [{"field_id": 1, "format": "text", "value": "Porto"}]
    await egoi.patch(f"/lists/1/contacts/{contact.contact_id}", json={"extra": extra})
    assert contact.text("extra_1") == "Porto"
    assert contact.text("extra_2") == "10"


async def test_removing_by_a_change_is_refused(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    reply = await egoi.patch(f"/lists/3/contacts/{_team(sandbox)[0]}", json={"base": {"status": "removed"}})
    assert reply.status_code == 422
    assert "base.status" in reply.json()["errors"]


async def test_a_change_to_a_taken_number_is_a_409_but_ones_own_number_is_fine(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    first, second = _team(sandbox)[:2]
    body = {"base": {"cellphone": "351-900000002"}}
    assert (await egoi.patch(f"/lists/3/contacts/{first}", json=body)).status_code == 409
    assert (await egoi.patch(f"/lists/3/contacts/{second}", json=body)).status_code == 200


async def test_activities_are_newest_first_filtered_and_without_a_total(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    contact_id = _team(sandbox)[0]
    await egoi.patch(f"/lists/3/contacts/{contact_id}", json={"base": {"last_name": "Novo"}})
    path = f"/lists/3/contacts/{contact_id}/activities"
    everything: Json = (await egoi.get(path)).json()
    assert [item["action_name"] for item in everything["items"]] == ["edit_subscription", "subscription"]
    assert "total_items" not in everything
    recent: Json = (await egoi.get(path, params={"date_min": "2026-11-01 00:00:00"})).json()
    assert len(recent["items"]) == 1
    named: Json = (await egoi.get(path, params={"action_name": "subscription"})).json()
    assert len(named["items"]) == 1


async def test_a_segment_shows_its_members_and_the_removed_only_when_asked(
    egoi: httpx2.AsyncClient,
) -> None:
    path = "/lists/1/contacts/segment/tag_1"
    shown: Json = (await egoi.get(path, params={"limit": 100})).json()
    with_removed: Json = (await egoi.get(path, params={"limit": 100, "show_removed": "true"})).json()
    assert all(1 in item["tags"] for item in shown["items"])
    assert "removed" not in {item["base"]["status"] for item in shown["items"]}
    assert with_removed["total_items"] == 24
    assert (await egoi.get("/lists/1/contacts/segment/none")).status_code == 404
