from __future__ import annotations

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.state import Contact
from tests.sandbox.accounts import EGOI_HEADERS, Json, StillClock, client, sandbox_at

pytestmark = pytest.mark.anyio

_ACTIONS = "/lists/3/contacts/actions"


def _team(sandbox: Sandbox) -> list[Contact]:
    return list(sandbox.world.egoi.lists[3].contacts.values())


async def test_attaching_a_tag_answers_202_and_counts_only_who_lacked_it(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    team = _team(sandbox)
    body = {"tag_id": 1, "contacts": [team[2].contact_id, team[3].contact_id]}
    reply = await egoi.post(f"{_ACTIONS}/attach-tag", json=body)
    assert (reply.status_code, reply.json()) == (202, {"result": "success"})
    assert [change.subject for change in sandbox.effects.changed("tag_attached")] == [
        f"1:{team[3].contact_id}"
    ]


async def test_the_connectors_form_answers_200_with_who_was_and_was_not_tagged(clock: StillClock) -> None:
    sandbox = sandbox_at(clock, SandboxSettings(attach_tag_form="detailed"))
    team = _team(sandbox)
    body = {"tag_id": 1, "contacts": [team[0].contact_id, team[3].contact_id, "ffffffffff"]}
    async with client(sandbox, EGOI_HEADERS) as egoi:
        reply = await egoi.post(f"{_ACTIONS}/attach-tag", json=body)
    assert reply.status_code == 200
    assert reply.json() == {
        "tag_id": 1,
        "success": [team[3].contact_id],
        "error": {"invalid_contact": ["ffffffffff"], "has_tag_id": [team[0].contact_id]},
    }


async def test_tags_go_on_by_segment_and_by_the_values_of_a_field(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    team = _team(sandbox)
    await egoi.post(f"{_ACTIONS}/attach-tag", json={"tag_id": 2, "segment_id": "saved_31"})
    by_number = {"tag_id": 2, "field_id": "cellphone", "contacts": ["351-900000012"]}
    await egoi.post(f"{_ACTIONS}/attach-tag", json=by_number)
    assert [contact for contact in team if 2 in (contact.tags or [])] == [team[0], team[1], team[11]]


async def test_a_tag_comes_off_and_twice_is_no_effect(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    body = {"tag_id": 1, "contacts": [_team(sandbox)[0].contact_id]}
    for _ in range(2):
        assert (await egoi.post(f"{_ACTIONS}/detach-tag", json=body)).status_code == 202
    assert sandbox.effects.mutations == ["actionDetachTag"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"tag_id": 999, "contacts": ["ffffffffff"]}, 404),
        ({"tag_id": 1, "segment_id": "none"}, 404),
        ({"tag_id": 1}, 422),
        ({"tag_id": 1, "contacts": []}, 422),
        ({"tag_id": 1, "contacts": ["ffffffffff"], "segment_id": "tag_1"}, 422),
        ({"contacts": ["ffffffffff"]}, 422),
    ],
)
async def test_a_tagging_that_makes_no_sense_is_refused(
    egoi: httpx2.AsyncClient, body: Json, status: int
) -> None:
    assert (await egoi.post(f"{_ACTIONS}/attach-tag", json=body)).status_code == status


async def test_deactivating_everybody_and_activating_one(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    team = _team(sandbox)
    assert (await egoi.post(f"{_ACTIONS}/deactivate", json={"type": "all"})).status_code == 202
    body = {"type": "contacts", "contacts": [team[4].contact_id]}
    assert (await egoi.post(f"{_ACTIONS}/activate", json=body)).status_code == 202
    assert [contact.status for contact in team].count("active") == 1
    assert len(sandbox.effects.changed("contact_deactivated")) == 12
    assert (await egoi.post(f"{_ACTIONS}/activate", json={"type": "contacts"})).status_code == 422
    assert (await egoi.post(f"{_ACTIONS}/activate", json={})).status_code == 422


async def test_unsubscribing_answers_contact_by_contact(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    team = [contact.contact_id for contact in _team(sandbox)]
    wanted = {"unsubscription_method": "api", "unsubscription_reason": "other"}
    data = [
        {"contact_id": team[0], **wanted},
        {"contact_id": team[0], **wanted},
        {"contact_id": team[1], **wanted, "unsubscription_reason": "bored"},
        {"contact_id": team[2], **wanted, "unsubscription_method": "phone"},
        {"contact_id": "ffffffffff", **wanted},
    ]
    reply = await egoi.post(f"{_ACTIONS}/unsubscribe", json={"data": data})
    assert reply.status_code == 200
    assert reply.json() == {
        "success": [team[0]],
        "errors": {
            "invalid_unsubscription_reason": [team[1]],
            "invalid_unsubscription_method": [team[2]],
            "contact_not_in_list": ["ffffffffff"],
            "contact_already_removed": [team[0]],
        },
    }
    assert _team(sandbox)[0].status == "removed"
    assert _team(sandbox)[0].text("change_date") == _team(sandbox)[0].text("unsubscription_date")[:10]


async def test_forgotten_contacts_are_gone(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    contact_id = _team(sandbox)[0].contact_id
    assert (await egoi.post(f"{_ACTIONS}/forget", json={"contacts": [contact_id]})).status_code == 202
    assert (await egoi.get(f"/lists/3/contacts/{contact_id}")).status_code == 404
    too_many = [f"{number:010x}" for number in range(1001)]
    assert (await egoi.post(f"{_ACTIONS}/forget", json={"contacts": too_many})).status_code == 422


async def test_a_bulk_update_changes_the_segment_and_leaves_removed_contacts(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    contacts = sandbox.world.egoi.lists[1].contacts.values()
    removed = [dict(contact.base) for contact in contacts if contact.status == "removed"]
    body = {"type": "segment", "segment_id": "tag_1", "base": {"language": "hu"}}
    assert (await egoi.post("/lists/1/contacts/actions/update", json=body)).status_code == 202
    changed = [contact for contact in contacts if contact.text("language") == "hu"]
    assert changed
    assert all(1 in (contact.tags or []) for contact in changed)
    assert [dict(contact.base) for contact in contacts if contact.status == "removed"] == removed


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "all", "base": {"email": "one@example.com"}}, 409),
        ({"type": "all"}, 422),
        ({"type": "all", "segment_id": "tag_1", "base": {"language": "pt"}}, 422),
        ({"type": "contacts", "base": {"language": "pt"}}, 422),
    ],
)
async def test_a_bulk_update_that_cannot_be_is_refused(
    egoi: httpx2.AsyncClient, body: Json, status: int
) -> None:
    assert (await egoi.post(f"{_ACTIONS}/update", json=body)).status_code == status


async def _import(egoi: httpx2.AsyncClient, **members: Json) -> httpx2.Response:
    contacts = [
        {"base": {"cellphone": "351-900000001", "last_name": "Importado"}, "tags": [2]},
        {"base": {"cellphone": "351-900000888", "last_name": "Importado"}, "tags": [2]},
    ]
    body = {"mode": "update", "compare_field": "cellphone", "contacts": contacts} | members
    return await egoi.post(f"{_ACTIONS}/import-bulk", json=body)


@pytest.mark.parametrize(
    ("mode", "updated", "created"),
    [("add", False, True), ("update", True, True), ("update_only", True, False)],
)
async def test_an_import_adds_updates_or_both(
    egoi: httpx2.AsyncClient, sandbox: Sandbox, mode: str, updated: bool, created: bool
) -> None:
    assert (await _import(egoi, mode=mode)).status_code == 202
    team = {contact.text("cellphone"): contact for contact in _team(sandbox)}
    assert (team["351-900000001"].text("last_name") == "Importado") is updated
    assert ("351-900000888" in team) is created


async def test_an_import_needs_two_contacts_and_a_unique_field(egoi: httpx2.AsyncClient) -> None:
    assert (await _import(egoi, contacts=[{"base": {"cellphone": "351-900000888"}}])).status_code == 422
    assert (await _import(egoi, compare_field="last_name")).status_code == 422
    assert (
        await _import(egoi, file={"url": "https://example.com/a.csv", "field_mapping": []})
    ).status_code == 422


async def test_empty_values_erase_only_when_forced(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    contacts = [{"base": {"cellphone": f"351-90000000{place}", "last_name": ""}} for place in (1, 2)]
    await _import(egoi, contacts=contacts)
    assert _team(sandbox)[0].text("last_name") == "Exemplo"
    await _import(egoi, contacts=contacts, force_empty=True)
    assert _team(sandbox)[0].text("last_name") == ""


async def test_data_that_leaves_is_written_down_with_its_address(
    egoi: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    await _import(egoi, callback_url="https://hooks.example.com/import")
    body = {"format": "csv", "callback_url": "https://hooks.example.com/export"}
    assert (await egoi.post(f"{_ACTIONS}/export", json=body)).status_code == 202
    assert [change.subject for change in sandbox.effects.changed("disclosed")] == [
        "https://hooks.example.com/import",
        "https://hooks.example.com/export",
    ]


async def test_an_automation_starts_for_known_contacts(egoi: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    contact_id = next(iter(sandbox.world.egoi.lists[1].contacts))
    body = {"automation_id": 1, "action_id": 11, "contacts": [contact_id, "ffffffffff"]}
    reply = await egoi.post("/lists/1/contacts/actions/start-automation", json=body)
    assert reply.status_code == 200
    assert reply.json() == {
        "automation_id": 1,
        "action_id": 11,
        "success": [contact_id],
        "error": ["ffffffffff"],
    }
    inactive = body | {"automation_id": 2, "action_id": 21}
    assert (await egoi.post("/lists/1/contacts/actions/start-automation", json=inactive)).status_code == 422
