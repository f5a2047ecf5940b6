"""Lists, fields, options and tags of E-goi after a lost reply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox.faults import FaultKind
from tests.guard.looks.acting import DID_NOT, ENOUGH, HAPPENED, Deed, acting

pytestmark = pytest.mark.anyio

OPTIONS: dict[str, str | int] = {"list_id": 1, "field_id": 4}
CREATE_LIST = Deed("createList", {"internal_name": "June", "public_name": "Our June"})
MAKES = {
    "createExtraField": Deed("createExtraField", {"name": "Size", "format": "text"}, {"list_id": 1}),
    "createFieldOption": Deed("createFieldOption", {"en": "Another", "pt": "Outro"}, OPTIONS),
}
CHANGES = {
    "updateTag": Deed("updateTag", {"name": "Spring", "color": "#00FF00"}, {"tag_id": 1}),
    "patchExtraField": Deed("patchExtraField", {"name": "Town"}, {"list_id": 1, "field_id": 1}),
    "patchBaseField": Deed("patchBaseField", {"unique": True}, {"list_id": 1, "field_id": "phone"}),
    "updateFieldOption": Deed("updateFieldOption", {"en": "Other"}, {**OPTIONS, "option_id": 1}),
}


@pytest.mark.parametrize(
    ("kind", "passed", "status"),
    [(HAPPENED, 0.0, "succeeded"), (DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed")],
)
@pytest.mark.parametrize(
    "deed",
    [CREATE_LIST, Deed("updateList", {"public_name": "Our list"}, {"list_id": 1})],
    ids=lambda d: d.name,
)
async def test_a_list_carries_dates_that_tell(
    tmp_path: Path, deed: Deed, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(deed, kind, passed=passed)

        assert told.status == status, told.text
        assert ("ask check_action again in" in told.text) is (status == "unknown")


async def test_a_list_that_is_found_made_is_known_by_its_id_and_another_action_does_not_take_it(
    tmp_path: Path,
) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(CREATE_LIST, HAPPENED)
        assert (await act.check(action_id)).status == "succeeded"
        (step,) = (await act.action(action_id)).steps
        assert step.ids == (str(max(act.sandbox.world.egoi.lists)),)

        again = Deed("createList", {"internal_name": "June", "public_name": "Another"})
        told = await act.settled(again, DID_NOT, passed=ENOUGH)
        assert told.status == "unknown"
        assert "who made it cannot be told" in told.text


async def test_without_the_accounts_zone_nobody_knows_who_made_a_list(tmp_path: Path) -> None:
    async with acting(tmp_path, zone=None) as act:
        told = await act.settled(CREATE_LIST, HAPPENED)

        assert told.status == "unknown"
        assert "EGOI_ACCOUNT_TIMEZONE" in told.text


async def test_a_list_that_was_changed_since_leaves_it_open(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        deed = Deed("updateList", {"public_name": "Our list"}, {"list_id": 1})
        action_id = await act.lose(deed, DID_NOT, passed=ENOUGH)
        edit = Deed("updateList", {"internal_name": "another"}, {"list_id": 1})
        assert (await act.do(edit)).status == "succeeded"
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "may have been changed since" in told.text


@pytest.mark.parametrize("name", MAKES)
@pytest.mark.parametrize(
    ("kind", "passed", "status", "words"),
    [
        (HAPPENED, ENOUGH, "unknown", "may have been there before"),
        (DID_NOT, 0.0, "unknown", "ask check_action again in"),
        (DID_NOT, ENOUGH, "failed", ""),
    ],
)
async def test_what_carries_no_date_is_only_known_where_it_is_missing(
    tmp_path: Path, name: str, kind: FaultKind, passed: float, status: str, words: str
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(MAKES[name], kind, passed=passed)

        assert told.status == status, told.text
        assert words in told.text


@pytest.mark.parametrize("name", ["deleteExtraField", "deleteFieldOption"])
@pytest.mark.parametrize(
    ("kind", "passed", "status"),
    [(HAPPENED, 0.0, "succeeded"), (DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed")],
)
async def test_a_field_or_an_option_that_is_gone_was_deleted(
    tmp_path: Path, name: str, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        path = OPTIONS if name == "deleteExtraField" else {**OPTIONS, "option_id": 1}
        told = await act.settled(Deed(name, None, path), kind, passed=passed)

        assert told.status == status, told.text


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize(("kind", "status"), [(HAPPENED, "succeeded"), (DID_NOT, "unknown")])
async def test_a_change_without_a_date_is_only_known_where_it_is_as_was_asked(
    tmp_path: Path, name: str, kind: FaultKind, status: str
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(CHANGES[name], kind, passed=ENOUGH)

        assert told.status == status, told.text
        assert ("nothing shows since when" in told.text) is (status == "unknown")


@pytest.mark.parametrize(
    ("deed", "gone"),
    [
        (CHANGES["updateTag"], "tags"),
        (MAKES["createFieldOption"], "field"),
        (CHANGES["patchExtraField"], "field"),
        (CHANGES["updateFieldOption"], "field"),
        (Deed("updateList", {"public_name": "Our list"}, {"list_id": 1}), "list"),
    ],
    ids=lambda value: value.name if isinstance(value, Deed) else value,
)
async def test_of_what_is_gone_nothing_is_told(tmp_path: Path, deed: Deed, gone: str) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(deed, DID_NOT, passed=ENOUGH)
        world: Any = act.sandbox.world.egoi
        if gone == "tags":
            del world.tags[1]
        elif gone == "list":
            del world.lists[1]
        else:
            world.lists[1].fields.clear()
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "any more" in told.text or "does not show" in told.text


async def test_a_list_without_a_name_cannot_be_found_again(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(Deed("createList", {"public_name": "June"}), DID_NOT, passed=ENOUGH)

        assert "without a name cannot be found again" in told.text
