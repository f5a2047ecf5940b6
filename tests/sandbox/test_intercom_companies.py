from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox
from tests.sandbox.accounts import Json

pytestmark = pytest.mark.anyio


def _first(sandbox: Sandbox) -> str:
    return next(iter(sandbox.world.intercom.contacts))


async def test_a_company_is_found_by_name_and_by_its_own_id(intercom: httpx2.AsyncClient) -> None:
    by_name: Json = (await intercom.get("/companies", params={"name": "Example Ltd"})).json()
    by_id: Json = (await intercom.get("/companies", params={"company_id": "company-001"})).json()
    assert by_name["data"] == by_id["data"]
    assert by_name["total_count"] == 1
    assert (await intercom.get("/companies")).json()["total_count"] == 2


@pytest.mark.parametrize("query", [{"name": "Nobody Ltd"}, {"company_id": "x"}])
async def test_a_company_that_is_not_there_is_a_404(intercom: httpx2.AsyncClient, query: Json) -> None:
    reply = await intercom.get("/companies", params=query)
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (404, "company_not_found")


async def test_the_own_id_says_whether_a_company_is_made_or_changed(
    intercom: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    made: Json = (await intercom.post("/companies", json={"company_id": "new", "name": "New Ltd"})).json()
    changed: Json = (await intercom.post("/companies", json={"company_id": "new", "size": 3})).json()
    assert (changed["id"], changed["name"], changed["size"]) == (made["id"], "New Ltd", 3)
    assert [each.kind for each in sandbox.effects.changes] == ["company_created", "company_updated"]
    assert (await intercom.post("/companies", json={"name": "New Ltd"})).status_code == 400


async def test_a_contact_is_attached_once_and_detached(
    intercom: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    contact, company = _first(sandbox), next(iter(sandbox.world.intercom.companies))
    path = f"/contacts/{contact}/companies"
    for _ in range(2):
        assert (await intercom.post(path, json={"id": company})).json()["id"] == company
    held: Json = (await intercom.get(path)).json()
    assert [each["id"] for each in held["companies"]] == [company]
    shown: Json = (await intercom.get(f"/contacts/{contact}")).json()
    assert [each["id"] for each in shown["companies"]["data"]] == [company]
    assert (await intercom.delete(f"{path}/{company}")).json()["user_count"] == 0
    assert (await intercom.get(path)).json()["companies"] == []
    assert len(sandbox.effects.changes) == 2
    assert (await intercom.post(path, json={"id": "nothing"})).status_code == 404
