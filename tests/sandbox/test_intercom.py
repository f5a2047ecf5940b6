from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox
from tests.sandbox.accounts import Json

pytestmark = pytest.mark.anyio


def _first(sandbox: Sandbox) -> str:
    return next(iter(sandbox.world.intercom.contacts))


async def test_me_names_the_admin_and_the_workspace(intercom: httpx2.AsyncClient) -> None:
    shown: Json = (await intercom.get("/me")).json()
    assert (shown["id"], shown["app"]["id_code"]) == ("810001", "sandboxws")


async def test_cursors_lead_through_all_contacts_once(intercom: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    seen: list[str] = []
    params: dict[str, str | int] = {"per_page": 8}
    while True:
        page: Json = (await intercom.get("/contacts", params=params)).json()
        seen += [item["id"] for item in page["data"]]
        if "next" not in page["pages"]:
            break
        params["starting_after"] = page["pages"]["next"]["starting_after"]
    assert sorted(seen) == sorted(sandbox.world.intercom.contacts)
    assert (page["pages"]["page"], page["pages"]["total_pages"]) == (4, 4)


@pytest.mark.parametrize(
    "params", [{"per_page": 151}, {"per_page": 0}, {"starting_after": "bm9uc2Vuc2U="}, {"page": 2}]
)
async def test_a_page_that_cannot_be_is_a_400(intercom: httpx2.AsyncClient, params: Json) -> None:
    reply = await intercom.get("/contacts", params=params)
    assert (reply.status_code, reply.json()["type"]) == (400, "error.list")


async def _search(intercom: httpx2.AsyncClient, query: Json, **members: Json) -> Json:
    reply = await intercom.post("/contacts/search", json={"query": query} | members)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_a_search_pages_by_cursor_too(intercom: httpx2.AsyncClient) -> None:
    query = {"field": "role", "operator": "=", "value": "lead"}
    first = await _search(intercom, query, pagination={"per_page": 6})
    after = first["pages"]["next"]["starting_after"]
    second = await _search(intercom, query, pagination={"per_page": 6, "starting_after": after})
    assert (first["total_count"], len(first["data"]), len(second["data"])) == (10, 6, 4)
    assert "next" not in second["pages"]
    assert {item["role"] for item in first["data"] + second["data"]} == {"lead"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"field": "email", "operator": "=", "value": "ICOM.001@example.org"}, 1),
        ({"field": "email", "operator": "~", "value": "icom.00"}, 7),
        ({"field": "email", "operator": "^", "value": "icom.01"}, 9),
        ({"field": "email", "operator": "$", "value": "1@example.org"}, 2),
        ({"field": "email", "operator": "!~", "value": "icom"}, 5),
        ({"field": "external_id", "operator": "IN", "value": ["user-001", "user-002", "none"]}, 2),
        ({"field": "external_id", "operator": "NIN", "value": ["user-001"]}, 29),
        ({"field": "tag_id", "operator": "=", "value": "9101"}, 6),
        ({"field": "tag_id", "operator": "!=", "value": "9101"}, 24),
        # Whole days are compared, whatever the hour.
        ({"field": "created_at", "operator": ">", "value": "1779000000"}, 14),
        ({"field": "created_at", "operator": "=", "value": 1779000000}, 1),
        ({"field": "created_at", "operator": "<", "value": 1779000000}, 15),
        ({"field": "email_domain", "operator": "=", "value": "example.org"}, 25),
        ({"field": "custom_attributes.seats", "operator": "<=", "value": 3}, 3),
        ({"field": "unsubscribed_from_emails", "operator": "=", "value": True}, 3),
        ({"field": "role", "operator": "!=", "value": "user"}, 10),
        (
            {
                "operator": "AND",
                "value": [
                    {"field": "role", "operator": "=", "value": "user"},
                    {
                        "operator": "OR",
                        "value": [
                            {"field": "external_id", "operator": "=", "value": "user-001"},
                            {"field": "external_id", "operator": "=", "value": "user-004"},
                        ],
                    },
                ],
            },
            2,
        ),
    ],
)
async def test_queries(intercom: httpx2.AsyncClient, query: Json, count: int) -> None:
    assert (await _search(intercom, query))["total_count"] == count


@pytest.mark.parametrize(
    "query",
    [
        {"field": "shoe_size", "operator": "=", "value": 1},
        {"field": "email", "operator": "LIKE", "value": "x"},
        {"field": "tag_id", "operator": "~", "value": "x"},
        {"field": "created_at", "operator": ">=", "value": 1},
        {"field": "created_at", "operator": "=", "value": "yesterday"},
        {"field": "has_hard_bounced", "operator": "~", "value": "t"},
        {"field": "email", "operator": "IN", "value": "x"},
        {"operator": "AND", "value": []},
        {
            "operator": "AND",
            "value": [
                {
                    "operator": "OR",
                    "value": [
                        {"operator": "OR", "value": [{"field": "email", "operator": "=", "value": "x"}]}
                    ],
                }
            ],
        },
        {},
    ],
)
async def test_a_query_that_cannot_be_is_a_400(intercom: httpx2.AsyncClient, query: Json) -> None:
    reply = await intercom.post("/contacts/search", json={"query": query})
    assert (reply.status_code, reply.json()["type"]) == (400, "error.list")


async def test_results_can_be_sorted(intercom: httpx2.AsyncClient) -> None:
    query = {"field": "role", "operator": "=", "value": "user"}
    found = await _search(intercom, query, sort={"field": "email", "order": "ascending"})
    emails = [item["email"] for item in found["data"]]
    assert emails == sorted(emails)


async def test_a_contact_is_created_changed_and_read(intercom: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    made = await intercom.post("/contacts", json={"email": "new@example.com", "name": "Emma"})
    contact_id = made.json()["id"]
    assert (made.status_code, made.json()["role"]) == (200, "user")
    changed = await intercom.put(f"/contacts/{contact_id}", json={"name": None, "phone": "+447700900999"})
    assert (changed.json()["name"], changed.json()["phone"]) == (None, "+447700900999")
    assert changed.json()["email"] == "new@example.com"
    assert changed.json()["updated_at"] > made.json()["updated_at"]
    assert (await intercom.get(f"/contacts/{contact_id}")).json() == changed.json()
    assert sandbox.effects.mutations == ["CreateContact", "UpdateContact"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "ICOM.001@example.org"}, 409, "conflict"),
        ({"external_id": "user-001"}, 409, "conflict"),
        ({"name": "Emma"}, 400, "parameter_invalid"),
        ({"email": "new@example.com", "companies": []}, 400, "parameter_invalid"),
        ({"role": "admin"}, 400, "parameter_invalid"),
    ],
)
async def test_a_contact_that_cannot_be_created_is_refused(
    intercom: httpx2.AsyncClient, sandbox: Sandbox, body: Json, status: int, code: str
) -> None:
    reply = await intercom.post("/contacts", json=body)
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (status, code)
    assert sandbox.effects.mutations == []


async def test_a_lead_may_have_nothing_but_its_role(intercom: httpx2.AsyncClient) -> None:
    assert (await intercom.post("/contacts", json={"role": "lead"})).json()["role"] == "lead"


async def test_an_unknown_contact_is_a_404(intercom: httpx2.AsyncClient) -> None:
    for reply in (
        await intercom.get("/contacts/none"),
        await intercom.put("/contacts/none", json={}),
        await intercom.get("/contacts/find_by_external_id/none"),
    ):
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (404, "not_found")


async def test_an_archived_contact_is_in_no_list_and_a_deleted_one_is_gone(
    intercom: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    contact_id = _first(sandbox)
    assert (await intercom.post(f"/contacts/{contact_id}/archive")).json()["archived"] is True
    assert (await intercom.get("/contacts")).json()["total_count"] == 29
    assert (await intercom.post(f"/contacts/{contact_id}/unarchive")).json()["archived"] is False
    assert (await intercom.delete(f"/contacts/{contact_id}")).json()["deleted"] is True
    assert (await intercom.get(f"/contacts/{contact_id}")).status_code == 404


async def test_tags_are_listed_created_attached_and_detached(
    intercom: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    contact_id = _first(sandbox)
    made: Json = (await intercom.post("/tags", json={"name": "gold"})).json()
    assert made == {"type": "tag", "id": "9104", "name": "gold"}
    assert (await intercom.post("/tags", json={"name": "gold"})).json() == made
    assert [item["name"] for item in (await intercom.get("/tags")).json()["data"]][-1] == "gold"
    for _ in range(2):
        assert (await intercom.post(f"/contacts/{contact_id}/tags", json={"id": "9104"})).json() == made
    assert (await intercom.get(f"/contacts/{contact_id}/tags")).json()["data"] == [made]
    assert (await intercom.delete(f"/contacts/{contact_id}/tags/9104")).json() == made
    assert (await intercom.post(f"/contacts/{contact_id}/tags", json={"id": "1"})).status_code == 404
    assert sandbox.effects.mutations == ["createTag", "attachTagToContact", "detachTagFromContact"]


def _message(contact_id: str, **members: Json) -> Json:
    body = {
        "message_type": "email",
        "subject": "Hello",
        "body": "Hi",
        "template": "plain",
        "from": {"type": "admin", "id": 810001},
        "to": {"type": "user", "id": contact_id},
    }
    return body | members


async def test_a_mail_reaches_one_contact(intercom: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    reply = await intercom.post("/messages", json=_message(_first(sandbox)))
    assert (reply.status_code, reply.json()["message_type"], reply.json()["subject"]) == (
        200,
        "email",
        "Hello",
    )
    sent = sandbox.effects.messages
    assert [(message.channel, message.recipient, message.subject) for message in sent] == [
        ("email", "icom.001@example.org", "Hello")
    ]


async def test_an_in_app_message_reaches_several(intercom: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    to = [{"type": "user", "id": contact_id} for contact_id in list(sandbox.world.intercom.contacts)[:3]]
    reply = await intercom.post("/messages", json=_message("", message_type="in_app", to=to))
    assert reply.json()["message_type"] == "inapp"
    assert sandbox.effects.counts() == {"inapp": 3}


async def test_who_unsubscribed_gets_no_mail(intercom: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    contact_id = list(sandbox.world.intercom.contacts)[3]
    assert (await intercom.post("/messages", json=_message(contact_id))).status_code == 200
    assert sandbox.effects.count() == 0


@pytest.mark.parametrize(
    ("members", "status", "code"),
    [
        ({"body": ""}, 400, "parameter_invalid"),
        ({"subject": None}, 422, "parameter_not_found"),
        ({"from": {"type": "admin", "id": 1}}, 400, "parameter_invalid"),
        ({"to": {"type": "user", "id": "none"}}, 404, "not_found"),
        ({"message_type": "whatsapp"}, 400, "parameter_invalid"),
        ({"message_type": "fax"}, 400, "parameter_invalid"),
    ],
)
async def test_a_message_that_cannot_be_sent_reaches_nobody(
    intercom: httpx2.AsyncClient, sandbox: Sandbox, members: Json, status: int, code: str
) -> None:
    reply = await intercom.post("/messages", json=_message(_first(sandbox), **members))
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (status, code)
    assert sandbox.effects.mutations == []
