"""Contacts of a list after a lost reply: as was asked, not, in part, or changed since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Fault, Sandbox
from egoi_mcp.sandbox.egoi.state import Contact
from egoi_mcp.sandbox.faults import FaultKind
from tests.guard.looks.acting import DID_NOT, ENOUGH, HAPPENED, Acting, Deed, acting

pytestmark = pytest.mark.anyio

NEW = {"base": {"email": "new@example.com", "first_name": "Ana", "status": "unconfirmed"}}
CREATE = Deed("createContact", NEW, {"list_id": 3})
WAY_TO_SAY_NO = {"unsubscription_method": "api", "unsubscription_reason": "other"}


def quiet(act: Acting) -> None:
    """Empty the account's queue, which seeds with an import under way."""
    act.sandbox.world.egoi.operations.clear()


def team(sandbox: Sandbox) -> list[Contact]:
    return list(sandbox.world.egoi.lists[3].contacts.values())


def of_team(sandbox: Sandbox, name: str, *places: int) -> Deed:
    """A deed to some of the team."""
    ids = [team(sandbox)[place].contact_id for place in places]
    bodies: dict[str, Any] = {
        "actionAttachTag": {"tag_id": 12, "contacts": ids},
        "actionDetachTag": {"tag_id": 1, "contacts": ids},
        "actionActivateContacts": {"type": "contacts", "contacts": ids},
        "actionDeactivateContacts": {"type": "contacts", "contacts": ids},
        "actionForgetContacts": {"contacts": ids},
        "actionUnsubscribeContact": {"data": [{"contact_id": each, **WAY_TO_SAY_NO} for each in ids]},
        "actionUpdateContacts": {"type": "contacts", "contacts": ids, "base": {"last_name": "Silva"}},
    }
    return Deed(name, bodies[name], {"list_id": 3})


BULK = [
    "actionAttachTag",
    "actionDetachTag",
    "actionActivateContacts",
    "actionDeactivateContacts",
    "actionForgetContacts",
    "actionUnsubscribeContact",
    "actionUpdateContacts",
]


@pytest.mark.parametrize("name", BULK)
@pytest.mark.parametrize(
    ("kind", "passed", "status"),
    [(HAPPENED, 0.0, "succeeded"), (DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed")],
)
async def test_contacts_named_by_id_are_read_one_by_one(
    tmp_path: Path, name: str, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        quiet(act)
        if name == "actionActivateContacts":
            for contact in team(act.sandbox):
                contact.base["status"] = "inactive"
        told = await act.settled(of_team(act.sandbox, name, 0, 1), kind, passed=passed)

        assert told.status == status
        assert ("ask check_action again in" in told.text) is (status == "unknown")


@pytest.mark.parametrize("name", [name for name in BULK if name != "actionUpdateContacts"])
async def test_some_as_was_asked_and_some_not_is_not_told(tmp_path: Path, name: str) -> None:
    async with acting(tmp_path) as act:
        quiet(act)
        if name == "actionActivateContacts":
            for contact in team(act.sandbox):
                contact.base["status"] = "inactive"
        action_id = await act.lose(of_team(act.sandbox, name, 0, 1), DID_NOT, passed=ENOUGH)
        assert (await act.do(of_team(act.sandbox, name, 0))).status == "succeeded"
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "1 of 2 contacts are" in told.text


@pytest.mark.parametrize("name", [name for name in BULK if name != "actionForgetContacts"])
async def test_work_that_the_queue_still_holds_may_be_this(tmp_path: Path, name: str) -> None:
    async with acting(tmp_path) as act:
        if name == "actionActivateContacts":
            team(act.sandbox)[0].base["status"] = "inactive"
        told = await act.settled(of_team(act.sandbox, name, 0), DID_NOT, passed=ENOUGH)

        assert told.status == "unknown"
        assert "queue still holds work on contacts" in told.text


@pytest.mark.parametrize(
    "name", ["actionDeactivateContacts", "actionUnsubscribeContact", "actionUpdateContacts"]
)
async def test_a_contact_that_was_changed_since_leaves_it_open(tmp_path: Path, name: str) -> None:
    async with acting(tmp_path) as act:
        quiet(act)
        action_id = await act.lose(of_team(act.sandbox, name, 0), DID_NOT, passed=ENOUGH)
        edit = Deed(
            "patchContact",
            {"base": {"first_name": "Bea"}},
            {"list_id": 3, "contact_id": team(act.sandbox)[0].contact_id},
        )
        assert (await act.do(edit)).status == "succeeded"
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "may have been changed since" in told.text


@pytest.mark.parametrize(
    "deed",
    [
        Deed("actionAttachTag", {"tag_id": 12, "segment_id": "tag_1"}, {"list_id": 1}),
        Deed(
            "actionDetachTag",
            {"tag_id": 1, "field_id": "email", "contacts": ["a@example.com"]},
            {"list_id": 3},
        ),
        Deed("actionDeactivateContacts", {"type": "all"}, {"list_id": 3}),
        Deed("actionUpdateContacts", {"type": "all", "base": {"language": "pt"}}, {"list_id": 3}),
    ],
)
async def test_contacts_that_no_id_names_are_left_to_a_person(tmp_path: Path, deed: Deed) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(deed, HAPPENED, passed=ENOUGH)

        assert told.status == "unknown"
        assert "not named by id" in told.text
        assert act.sandbox.requests.count("getContact") == 0


async def test_more_contacts_than_are_read_are_left_to_a_person(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        ids = list(act.sandbox.world.egoi.lists[1].contacts)[:41]
        told = await act.settled(
            Deed("actionAttachTag", {"tag_id": 12, "contacts": ids}, {"list_id": 1}), HAPPENED
        )

        assert (told.status, act.sandbox.requests.count("getContact")) == ("unknown", 0)
        assert "more than 40 contacts" in told.text


@pytest.mark.parametrize(
    ("kind", "passed", "status"),
    [(HAPPENED, 0.0, "succeeded"), (DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed")],
)
async def test_a_contacts_values_are_compared(
    tmp_path: Path, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        quiet(act)
        path: dict[str, str | int] = {"list_id": 3, "contact_id": team(act.sandbox)[0].contact_id}
        told = await act.settled(
            Deed("patchContact", {"base": {"first_name": "Zita"}}, path), kind, passed=passed
        )

        assert told.status == status


async def test_a_push_token_is_not_shown_and_settles_nothing(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        path: dict[str, str | int] = {"list_id": 3, "contact_id": team(act.sandbox)[0].contact_id}
        body = {"base": {"push_token_ios": [{"app_id": "a", "token": "t"}]}}
        told = await act.settled(Deed("patchContact", body, path), HAPPENED, passed=ENOUGH)

        assert told.status == "unknown"


async def test_contacts_that_are_gone_tell_nothing_of_their_values(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        quiet(act)
        deed = of_team(act.sandbox, "actionDeactivateContacts", 0)
        action_id = await act.lose(deed, HAPPENED, passed=ENOUGH)
        act.sandbox.world.egoi.lists[3].contacts.clear()
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "no such contact any more" in told.text


async def test_a_contact_made_at_that_time_is_found_with_its_id(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(CREATE, HAPPENED)
        made = next(each for each in team(act.sandbox) if each.text("email") == "new@example.com")

        assert (told.status, told.data["ids"]) == ("succeeded", [made.contact_id])


async def test_a_contact_that_neither_list_nor_search_shows_was_not_made(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(CREATE, DID_NOT)
        early = await act.check(action_id)
        act.session.rows.let_pass(ENOUGH)
        late = await act.check(action_id)

        assert (early.status, late.status) == ("unknown", "failed")
        assert "ask check_action again in 1" in early.text
        assert act.sandbox.requests.count("searchContacts") == 2


async def test_without_the_accounts_zone_nobody_can_say_when_a_contact_was_made(tmp_path: Path) -> None:
    async with acting(tmp_path, zone=None) as act:
        told = await act.settled(CREATE, HAPPENED, passed=ENOUGH)

        assert told.status == "unknown"
        assert "EGOI_ACCOUNT_TIMEZONE" in told.text


async def test_a_contact_that_was_there_before_settles_nothing(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        held = team(act.sandbox)[0]
        body = {"base": {"email": held.text("email"), "status": "unconfirmed"}}
        told = await act.settled(Deed("createContact", body, {"list_id": 3}), DID_NOT, passed=ENOUGH)

        assert told.status == "unknown"
        assert "for longer" in told.text


async def test_a_contact_that_another_action_made_is_not_taken(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(CREATE, DID_NOT)
        assert (await act.do(CREATE)).status == "succeeded"
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert not told.data.get("ids")


async def test_of_two_lost_creations_of_one_contact_neither_is_told(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        first = await act.lose(CREATE, DID_NOT)
        second = await act.lose(CREATE, HAPPENED)

        assert (await act.check(first)).status == "unknown"
        assert (await act.check(second)).status == "unknown"


async def test_a_contact_with_other_values_at_that_time_is_somebody_elses(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(CREATE, HAPPENED)
        made = next(each for each in team(act.sandbox) if each.text("email") == "new@example.com")
        made.base["first_name"] = "Rui"

        assert (await act.check(action_id)).status == "unknown"


async def test_a_vendor_that_is_down_leaves_it_unknown_and_is_named(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(CREATE, HAPPENED)
        act.sandbox.faults.add(Fault(kind="500_before", match="getAllContacts", times=9))
        told = await act.check(action_id)

        assert (told.status, told.is_error) == ("unknown", True)
        assert "the vendor could not be asked what became of it" in told.text
        act.sandbox.faults.clear()
        assert (await act.check(action_id)).status == "succeeded"
