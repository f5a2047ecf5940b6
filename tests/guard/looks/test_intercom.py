"""Intercom's contacts, tags and companies after a lost reply: as was asked, not, or nobody can tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.guard.action import Action
from egoi_mcp.sandbox import Sandbox
from egoi_mcp.sandbox.faults import FaultKind
from egoi_mcp.sandbox.state import IntercomContact
from tests.guard.looks.acting import DID_NOT, ENOUGH, HAPPENED, Acting, Deed, Quirk, acting

pytestmark = pytest.mark.anyio

NEW = {"role": "lead", "email": "new@example.com", "phone": "+351900000077", "name": "Ana"}
CREATE = Deed("CreateContact", NEW, api="intercom")
NAMES = [
    "CreateContact",
    "UpdateContact",
    "ArchiveContact",
    "UnarchiveContact",
    "DeleteContact",
    "attachTagToContact",
    "detachTagFromContact",
    "createTag",
]


def people(sandbox: Sandbox) -> dict[str, IntercomContact]:
    return sandbox.world.intercom.contacts


def somebody(sandbox: Sandbox) -> IntercomContact:
    """Somebody with one tag of several."""
    return next(each for each in people(sandbox).values() if each.tags == ["9102"])


def deed(sandbox: Sandbox, name: str) -> Deed:
    """A deed to somebody at Intercom, who is put where it can happen."""
    contact = somebody(sandbox)
    contact.archived = name == "UnarchiveContact"
    path: dict[str, str | int] = {"contact_id": contact.id}
    bodies: dict[str, JsonValue] = {
        "UpdateContact": {"name": "Rita", "phone": "+351 900 000 077", "custom_attributes": {"seats": 99}},
        "attachTagToContact": {"id": "9103"},
        "createTag": {"name": "spring"},
    }
    if name == "detachTagFromContact":
        path["tag_id"] = "9102"
    if name == "CreateContact":
        return CREATE
    return Deed(name, bodies.get(name), {} if name == "createTag" else path, api="intercom")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("kind", "passed", "status"),
    [(HAPPENED, 0.0, "succeeded"), (DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed")],
)
async def test_what_became_of_a_contact_is_seen_and_absence_counts_in_time(
    tmp_path: Path, name: str, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(deed(act.sandbox, name), kind, passed=passed)

        assert told.status == status, told.text
        assert ("ask check_action again in" in told.text) is (status == "unknown")


async def settled_row(act: Acting, what: Deed, kind: FaultKind = HAPPENED) -> Action:
    action_id = await act.lose(what, kind)
    await act.check(action_id)
    return await act.action(action_id)


async def test_a_contact_that_is_found_made_is_known_by_its_id(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        before = set(people(act.sandbox))
        (step,) = (await settled_row(act, CREATE)).steps

        assert set(step.ids) == set(people(act.sandbox)) - before


async def test_one_of_two_contacts_alike_is_nobodys_for_certain(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        assert (await act.do(CREATE)).status == "succeeded"
        assert (await act.settled(CREATE, HAPPENED)).status == "succeeded"

    # Leads may share an address: one that nobody here made leaves both open.
    async with acting(tmp_path / "other") as act:
        action_id = await act.lose(CREATE, HAPPENED)
        made = list(people(act.sandbox).values())[-1]
        twin = IntercomContact(
            id="f" * 24,
            role="lead",
            fields=dict(made.fields),
            created_at=made.created_at,
            updated_at=made.updated_at,
        )
        people(act.sandbox)[twin.id] = twin
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "who made it cannot be told" in told.text


async def test_a_contact_that_there_was_for_long_is_not_taken_for_the_new_one(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        old = next(
            each for each in people(act.sandbox).values() if each.role == "lead" and each.fields["email"]
        )
        body = {"role": "lead", "email": old.fields["email"]}
        told = await act.settled(Deed("CreateContact", body, api="intercom"), DID_NOT, passed=ENOUGH)

        assert told.status == "unknown"
        assert "such a contact for longer" in told.text


async def test_a_contact_that_was_changed_since_leaves_it_open(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(deed(act.sandbox, "UpdateContact"), DID_NOT, passed=ENOUGH)
        edit = Deed("UpdateContact", {"name": "Bea"}, {"contact_id": somebody(act.sandbox).id}, "intercom")
        assert (await act.do(edit)).status == "succeeded"
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "it was changed since" in told.text


@pytest.mark.parametrize("name", ["UpdateContact", "ArchiveContact", "UnarchiveContact"])
async def test_of_a_contact_that_is_gone_nothing_is_told(tmp_path: Path, name: str) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(deed(act.sandbox, name), DID_NOT, passed=ENOUGH)
        del people(act.sandbox)[somebody(act.sandbox).id]
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "no such contact any more" in told.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"role": "lead", "name": "Ana"}, "cannot be found again"),
        ({"role": "user", "email": "new@example.com", "name": ""}, ""),
    ],
)
async def test_a_contact_without_anything_to_find_it_by_is_not_looked_for(
    tmp_path: Path, body: JsonValue, words: str
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(Deed("CreateContact", body, api="intercom"), HAPPENED)

        assert told.status == ("unknown" if words else "succeeded"), told.text
        assert words in told.text


async def test_a_picture_is_not_shown_and_so_is_not_called_done(tmp_path: Path) -> None:
    async with acting(tmp_path, EGOI_MCP_POLICY_ALLOWED_HOSTS="example.com") as act:
        path: dict[str, str | int] = {"contact_id": somebody(act.sandbox).id}
        body = {"avatar": "https://example.com/a.png"}
        told = await act.settled(Deed("UpdateContact", body, path, "intercom"), HAPPENED)

        assert told.status == "unknown"
        assert "but for avatar, which is not shown" in told.text


async def test_whom_a_tag_was_put_on_at_once_is_left_to_a_person(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        body = {"name": "spring", "users": [{"id": somebody(act.sandbox).id}]}
        told = await act.settled(Deed("createTag", body, api="intercom"), DID_NOT, passed=ENOUGH)

        assert told.status == "unknown"
        assert "not looked through" in told.text


async def test_two_vendors_deleting_by_one_name_are_each_looked_for_at_their_own(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        at_txtsync = await act.settled(Deed("DeleteContact", None, {"id": "9001"}, "txtsync"), HAPPENED)
        at_intercom = await act.settled(deed(act.sandbox, "DeleteContact"), HAPPENED)

        assert at_txtsync.status == "unknown"
        assert "TxtSync reads no contact by its internal id" in at_txtsync.text
        assert at_intercom.status == "succeeded"
        asked = [each.operation for each in act.sandbox.requests.arrivals]
        assert "ShowContact" in asked
        assert "SearchContact" not in asked


COMPANY = {"company_id": "acme", "name": "Acme Sample", "size": 12, "custom_attributes": {"tier": "gold"}}
COMPANY_DEED = Deed("createOrUpdateCompany", COMPANY, api="intercom")


@pytest.mark.parametrize(
    "name", ["createOrUpdateCompany", "attachContactToACompany", "detachContactFromACompany"]
)
@pytest.mark.parametrize(
    ("kind", "passed", "status"),
    [(HAPPENED, 0.0, "succeeded"), (DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed")],
)
async def test_companies_and_who_is_in_them_are_seen(
    tmp_path: Path, name: str, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        path: dict[str, str | int] = {"contact_id": somebody(act.sandbox).id}
        what = COMPANY_DEED
        if name != "createOrUpdateCompany":
            made = await act.action((await act.do(what)).action_id)
            company = made.steps[0].ids[0]
            join = Deed("attachContactToACompany", {"id": company}, path, "intercom")
            what = join
            if name == "detachContactFromACompany":
                assert (await act.do(join)).status == "succeeded"
                what = Deed(name, None, {**path, "company_id": company}, "intercom")
        assert (await act.settled(what, kind, passed=passed)).status == status


class Answers(Quirk):
    """A vendor whose replies to one path hold more than the sandbox knows of."""

    def __init__(self, sandbox: Sandbox, path: str, **more: Any) -> None:
        super().__init__(sandbox)
        self._path, self._more = path, more

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request on, and add to what it answers."""
        reply = await super().handle_async_request(request)
        if request.method != "GET" or not request.url.path.endswith(self._path):
            return reply
        data = json.loads(await reply.aread())
        for each in data.get("data", []):
            each.update(self._more.get("each", {}))
        return httpx2.Response(reply.status_code, json=data | self._more.get("whole", {}))


@pytest.mark.parametrize(
    ("plan", "asked", "status"),
    [("pro", "pro", "succeeded"), ("free", "pro", "unknown"), (None, "pro", "unknown")],
)
async def test_a_companys_plan_is_shown_by_its_name(
    tmp_path: Path, plan: str | None, asked: str, status: str
) -> None:
    each = {"plan": None if plan is None else {"type": "plan", "id": "1", "name": plan}}
    async with acting(tmp_path, quirk=lambda sandbox: Answers(sandbox, "/companies", each=each)) as act:
        body = {**COMPANY, "plan": asked, "update_last_request_at": False}
        told = await act.settled(Deed("createOrUpdateCompany", body, api="intercom"), HAPPENED)

        assert told.status == status, told.text


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"name": "Acme Sample"}, DID_NOT, "without a company_id cannot be found again"),
        ({**COMPANY, "update_last_request_at": True}, HAPPENED, "nothing shows since when"),
    ],
)
async def test_a_company_that_cannot_be_told_by_its_values_is_left_open(
    tmp_path: Path, body: JsonValue, kind: FaultKind, words: str
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(Deed("createOrUpdateCompany", body, api="intercom"), kind, passed=ENOUGH)

        assert told.status == "unknown"
        assert words in told.text


@pytest.mark.parametrize("more", [{"pages": {"page": 1, "total_pages": 2}}, {"has_more": True}])
async def test_a_page_of_a_contacts_tags_proves_no_absence(tmp_path: Path, more: Any) -> None:
    async with acting(tmp_path, quirk=lambda sandbox: Answers(sandbox, "/tags", whole=more)) as act:
        for name in ("attachTagToContact", "detachTagFromContact"):
            what = deed(act.sandbox, name)
            kind: FaultKind = DID_NOT if name.startswith("attach") else HAPPENED
            told = await act.settled(what, kind, passed=ENOUGH)

            assert told.status == "unknown"
            assert "more of them than can be looked through" in told.text
