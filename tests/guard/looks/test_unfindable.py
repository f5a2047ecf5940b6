"""Requests that name nothing to look for, and things that only half a vendor shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.guard.looks.acting import DID_NOT, ENOUGH, HAPPENED, Acting, Deed, Quirk, acting
from tests.guard.looks.test_contacts import CREATE

pytestmark = pytest.mark.anyio

IDS = [f"{place:010x}" for place in range(41)]


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (Deed("createContact", {"base": {"first_name": "Ana"}}, {"list_id": 3}), "cannot be found again"),
        (Deed("createSmsCampaign", {"list_id": 3}), "without a name or a list"),
        (Deed("createSmsCampaign", {"internal_name": "June"}), "without a name or a list"),
        (Deed("actionForgetContacts", {"contacts": IDS}, {"list_id": 3}), "more than 40 contacts"),
        (Deed("createSuppressionList", {"type": "email", "value": IDS}), "at most 20 values"),
        (Deed("patchSmsCampaign", {"internal_name": "x"}, {"campaign_hash": "gone"}), "no stamp"),
        (Deed("AddContact", {"FirstName": "Ana"}, api="txtsync"), "without a number"),
        (
            Deed(
                "UpdateContactByExternalReference",
                {"ExternalReference": "a/b"},
                {"id": "CRM-0001"},
                "txtsync",
            ),
            "does not fit into an address",
        ),
        (
            Deed("UpdateContact", {"MobileNumber": "+447700900999"}, {"id": "9001"}, "txtsync"),
            "does not show the contact",
        ),
    ],
)
async def test_what_cannot_be_looked_for_says_so(tmp_path: Path, deed: Deed, words: str) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(deed, DID_NOT, passed=ENOUGH)

        assert told.status == "unknown"
        assert words in told.text


class ShowsNobody(Quirk):
    """A vendor whose lists leave contacts out, as one may that are not confirmed."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer an empty list, and send everything else on."""
        if request.method == "GET" and request.url.path.endswith("/contacts"):
            return httpx2.Response(200, json={"total_items": 0, "items": []})
        return await super().handle_async_request(request)


async def test_a_contact_that_only_the_search_finds_is_not_called_missing(tmp_path: Path) -> None:
    async with acting(tmp_path, quirk=ShowsNobody) as act:
        told = await act.settled(CREATE, HAPPENED, passed=ENOUGH)

        assert told.status == "unknown"
        assert "E-goi's search finds such a contact" in told.text


async def test_a_search_that_answers_404_has_found_nobody(tmp_path: Path) -> None:
    async with acting(tmp_path, sandbox=Sandbox(SandboxSettings(search_miss="not_found"))) as act:
        assert (await act.settled(CREATE, DID_NOT, passed=ENOUGH)).status == "failed"


@pytest.mark.parametrize(("value", "status"), [("Porto", "succeeded"), ("Braga", "unknown")])
async def test_extra_fields_are_compared_too(tmp_path: Path, value: str, status: str) -> None:
    async with acting(tmp_path) as act:
        contact = next(iter(act.sandbox.world.egoi.lists[1].contacts.values()))
        path: dict[str, str | int] = {"list_id": 1, "contact_id": contact.contact_id}
        body: dict[str, Any] = {"extra": [{"field_id": 1, "format": "text", "value": "Porto"}]}
        action_id = await act.lose(Deed("patchContact", body, path), HAPPENED)
        next(each for each in contact.extra if each["field_id"] == 1)["value"] = value

        assert (await act.check(action_id)).status == status


async def test_after_some_days_the_list_is_asked_up_to_a_day(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        body = [{"to": "351-900000100", "from": "501", "textBody": "Hi"}]
        deed = Deed("sendSmsMessages", body, api="transactional")
        recent = await asked_for(act, await act.lose(deed, DID_NOT, passed=ENOUGH))
        old = await asked_for(act, await act.lose(deed, DID_NOT, passed=6 * 86_400.0))

        assert ("dateStart=" in recent, "dateEnd=" in recent) == (True, False)
        assert ("dateStart=" in old, "dateEnd=" in old) == (True, True)


async def asked_for(act: Acting, action_id: str) -> str:
    await act.check(action_id)
    return next(
        arrival.target
        for arrival in reversed(act.sandbox.requests.arrivals)
        if arrival.operation == "listAllSmsMessages"
    )
