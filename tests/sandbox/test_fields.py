from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox
from tests.sandbox.accounts import Json

pytestmark = pytest.mark.anyio

EXTRA = "/lists/1/fields/extra"


async def test_an_extra_field_is_created_changed_and_deleted_with_its_values(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    made = await egoi.post(EXTRA, json={"name": "Shoe size", "format": "number"})
    assert (made.status_code, made.json()["field_id"]) == (201, "extra_5")
    changed = await egoi.patch(f"{EXTRA}/5", json={"name": "Size", "unique": True})
    assert (changed.json()["name"], changed.json()["unique"]) == ("Size", True)
    contact = next(iter(sandbox.world.egoi.lists[1].contacts.values()))
    contact.extra = [{"field_id": 5, "value": "42"}, {"field_id": 1, "value": "Porto"}]
    assert (await egoi.delete(f"{EXTRA}/5")).status_code == 204
    assert contact.extra == [{"field_id": 1, "value": "Porto"}]
    assert (await egoi.delete(f"{EXTRA}/5")).status_code == 404
    assert sandbox.effects.mutations == ["createExtraField", "patchExtraField", "deleteExtraField"]


async def test_what_does_not_fit_a_field_is_refused(egoi: httpx2.AsyncClient) -> None:
    assert (await egoi.post(EXTRA, json={"name": "x"})).status_code == 422
    assert (await egoi.post(EXTRA, json={"name": "x", "format": "colour"})).status_code == 422
    assert (await egoi.patch(f"{EXTRA}/2", json={})).status_code == 422
    assert (await egoi.patch(f"{EXTRA}/99", json={"name": "x"})).status_code == 404
    assert (await egoi.patch(f"{EXTRA}/email", json={"name": "x"})).status_code == 404


async def test_a_field_that_a_segment_uses_stays(egoi: httpx2.AsyncClient) -> None:
    refused = await egoi.delete(f"{EXTRA}/1")
    assert (refused.status_code, "field_in_use" in refused.json()["errors"]) == (409, True)


async def test_of_a_base_field_only_unique_is_changed_and_in_one_list(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    await egoi.post("/lists", json={"internal_name": "Fair"})
    base = "/lists/5/fields/base"
    assert (await egoi.patch(f"{base}/email", json={"unique": False})).json()["unique"] is False
    assert (await egoi.patch(f"{base}/email", json={"name": "x"})).status_code == 422
    assert (await egoi.patch(f"{base}/nothing", json={"unique": True})).status_code == 404
    lists = sandbox.world.egoi.lists
    assert [field.unique for key in (1, 5) for field in lists[key].fields if field.name == "Email"] == [
        True,
        False,
    ]


async def test_options_are_added_renamed_and_deleted(egoi: httpx2.AsyncClient) -> None:
    options = f"{EXTRA}/4/options"
    made = await egoi.post(options, json={"en": "Tea", "pt": "Chá"})
    assert (made.status_code, made.json()) == (201, {"option_id": 4, "en": "Tea", "pt": "Chá"})
    assert (await egoi.patch(f"{options}/4", json={"fr": "Thé"})).json()["en"] == "Tea"
    assert (await egoi.post(options, json={})).status_code == 422
    assert (await egoi.delete(f"{options}/1")).status_code == 204
    left: Json = (await egoi.get(options)).json()
    assert [item["option_id"] for item in left["items"]] == [2, 3, 4]
    assert (await egoi.delete(f"{options}/1")).status_code == 404
    assert (await egoi.get(f"{EXTRA}/1/options")).status_code == 404
