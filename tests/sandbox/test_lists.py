from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox
from tests.sandbox.accounts import Json

pytestmark = pytest.mark.anyio


async def test_lists_come_in_the_asked_order_and_by_name(egoi: httpx2.AsyncClient) -> None:
    lists: Json = (await egoi.get("/lists")).json()
    assert (lists["total_items"], [item["list_id"] for item in lists["items"]]) == (4, [4, 3, 2, 1])
    by_name: Json = (await egoi.get("/lists", params={"order_by": "internal_name", "order": "asc"})).json()
    assert [item["internal_name"] for item in by_name["items"]] == [
        "Customers",
        "Empty",
        "Newsletter",
        "Team",
    ]
    named: Json = (await egoi.get("/lists", params={"internal_name": "Team"})).json()
    assert [item["list_id"] for item in named["items"]] == [3]


async def test_a_list_counts_its_contacts_by_status(egoi: httpx2.AsyncClient) -> None:
    shown: Json = (await egoi.get("/lists/1")).json()
    assert shown["stats"] == {
        "total_contacts": 180,
        "total_active": 153,
        "total_inactive": 9,
        "total_removed": 9,
        "total_unconfirmed": 9,
        "total_waiting_new_confirmation": 0,
    }
    assert (await egoi.get("/lists/99")).status_code == 404
    assert (await egoi.get("/lists/abc")).status_code == 404


async def test_a_list_is_created_changed_and_deleted(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    made = await egoi.post("/lists", json={"internal_name": "Fair", "public_name": "Feira"})
    assert (made.status_code, made.json()["list_id"]) == (201, 5)
    assert (await egoi.post("/lists", json={"internal_name": "Fair"})).status_code == 409
    changed = await egoi.patch("/lists/5", json={"public_name": "Feira 2026"})
    assert (changed.status_code, changed.json()["public_name"]) == (200, "Feira 2026")
    assert changed.json()["updated"] > made.json()["updated"]
    assert (await egoi.patch("/lists/5", json={})).status_code == 422
    gone = await egoi.delete("/lists/5")
    assert (gone.status_code, gone.content) == (204, b"")
    assert sandbox.effects.mutations == ["createList", "updateList", "deleteList"]


async def test_a_list_with_queued_operations_stays(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    assert (await egoi.delete("/lists/1")).status_code == 409
    assert (await egoi.delete("/lists/3")).status_code == 204
    assert set(sandbox.world.egoi.lists) == {1, 2, 4}


async def test_fields_are_a_bare_array(egoi: httpx2.AsyncClient) -> None:
    fields: Json = (await egoi.get("/lists/1/fields", params={"limit": 100})).json()
    assert [item["field_id"] for item in fields[-4:]] == ["extra_1", "extra_2", "extra_3", "extra_4"]
    assert {item["field_id"] for item in fields if item["unique"]} == {"email", "cellphone"}


async def test_segments_of_each_type_are_listed(egoi: httpx2.AsyncClient) -> None:
    everything: Json = (await egoi.get("/lists/1/segments")).json()
    assert everything["total_items"] == 9
    saved: Json = (await egoi.get("/lists/1/segments", params={"type": "saved"})).json()
    assert [item["segment_id"] for item in saved["items"]] == ["saved_11", "saved_12", "saved_13"]
    assert saved["items"][1]["segment_filter"]["segment_filter_array"] == [
        {"segment_field": "extra_1", "segment_operator": "equal_to", "segment_value": "Madrid"}
    ]
    automatic: Json = (await egoi.get("/lists/1/segments", params={"type": "auto"})).json()
    assert set(automatic["items"][0]) == {"segment_id", "name", "type"}


async def test_only_saved_segments_can_be_deleted(egoi: httpx2.AsyncClient) -> None:
    assert (await egoi.delete("/lists/1/segments/saved_13")).status_code == 204
    assert (await egoi.delete("/lists/1/segments/saved_13")).status_code == 404
    assert (await egoi.delete("/lists/1/segments/auto_1")).status_code == 409


async def test_tags_are_paged_and_two_differ_by_case_alone(egoi: httpx2.AsyncClient) -> None:
    first: Json = (await egoi.get("/tags", params={"order": "asc"})).json()
    rest: Json = (await egoi.get("/tags", params={"order": "asc", "offset": 10})).json()
    names = [item["name"] for item in first["items"] + rest["items"]]
    assert (first["total_items"], len(first["items"]), len(rest["items"])) == (12, 10, 2)
    assert names[:5] == ["vip", "newsletter", "churn-risk", "Promo", "promo"]


async def test_a_tag_is_created_changed_and_deleted_off_every_contact(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    made = await egoi.post("/tags", json={"name": "VIP", "color": "#00FF00"})
    assert (made.status_code, made.json()) == (201, {"tag_id": 13, "name": "VIP", "color": "#00FF00"})
    assert (await egoi.post("/tags", json={"name": "VIP"})).status_code == 409
    assert (await egoi.put("/tags/13", json={"name": "vip"})).status_code == 409
    assert (await egoi.put("/tags/13", json={"name": "gold"})).json()["name"] == "gold"
    assert (await egoi.delete("/tags/1")).status_code == 204
    assert not any(
        1 in (contact.tags or [])
        for contact_list in sandbox.world.egoi.lists.values()
        for contact in contact_list.contacts.values()
    )
    assert (await egoi.post("/tags", json={})).status_code == 422
    assert (await egoi.delete("/tags/1")).status_code == 404
