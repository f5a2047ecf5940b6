"""The rest of the account after a lost reply: the queue, deletions, tags, the suppression list, TxtSync."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from egoi_mcp.sandbox import Fault, Sandbox
from egoi_mcp.sandbox.faults import FaultKind
from tests.guard.looks.acting import DID_NOT, ENOUGH, HAPPENED, Acting, Deed, acting

pytestmark = pytest.mark.anyio

BOTH_WAYS = [(HAPPENED, 0.0, "succeeded"), (DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed")]
DELETIONS = [
    Deed("deleteCampaigns", path={"campaign_hash": "smsdraft01"}),
    Deed("deleteList", path={"list_id": 4}),
    Deed("deleteSegment", path={"list_id": 1, "segment_id": "saved_11"}),
    Deed("deleteTag", path={"tag_id": 12}),
    Deed("deleteCellphoneSender", path={"sender_id": 104}),
    Deed("deleteEmailSender", path={"sender_id": 203}),
    Deed("deleteSuppressionList", path={"suppression_id": 7}),
]
READ = {
    "deleteCampaigns": "getAllCampaigns",
    "deleteList": "getList",
    "deleteSegment": "getAllSegments",
    "deleteTag": "getAllTags",
    "deleteCellphoneSender": "getAllCellphoneSenders",
    "deleteEmailSender": "getAllEmailSenders",
    "deleteSuppressionList": "getAllSuppressionList",
}
CONTACT = {"MobileNumber": "+447700900999", "FirstName": "Ana"}
SUPPRESS = Deed("createSuppressionList", {"type": "email", "value": ["x@example.com", "y@example.com"]})


def txt(name: str, body: dict[str, object] | None = None, reference: str | None = None) -> Deed:
    return Deed(name, body, None if reference is None else {"id": reference}, api="txtsync")


@pytest.mark.parametrize("deed", DELETIONS, ids=lambda deed: deed.name)
@pytest.mark.parametrize(("kind", "passed", "status"), BOTH_WAYS)
async def test_what_was_deleted_is_gone_and_what_is_there_was_not(
    tmp_path: Path, deed: Deed, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        assert (await act.settled(deed, kind, passed=passed)).status == status


@pytest.mark.parametrize("deed", DELETIONS, ids=lambda deed: deed.name)
async def test_a_vendor_that_is_down_tells_nothing_of_a_deletion(tmp_path: Path, deed: Deed) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(deed, HAPPENED, passed=ENOUGH)
        act.sandbox.faults.add(Fault(kind="500_before", match=READ[deed.name], times=9))
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "the vendor could not be asked" in told.text


@pytest.mark.parametrize(
    ("name", "number", "kind", "passed", "status"),
    [
        ("actionPauseOperation", 2, HAPPENED, 0.0, "succeeded"),
        ("actionPauseOperation", 2, DID_NOT, 0.0, "unknown"),
        ("actionPauseOperation", 2, DID_NOT, ENOUGH, "failed"),
        ("actionResumeOperation", 3, HAPPENED, 0.0, "succeeded"),
        ("actionResumeOperation", 3, DID_NOT, 0.0, "unknown"),
        ("actionResumeOperation", 3, DID_NOT, ENOUGH, "failed"),
        ("actionCancelOperation", 2, HAPPENED, ENOUGH, "unknown"),
        ("actionCancelOperation", 2, DID_NOT, 0.0, "unknown"),
        ("actionCancelOperation", 2, DID_NOT, ENOUGH, "failed"),
    ],
)
async def test_the_queue_tells_what_still_waits_and_how(
    tmp_path: Path, name: str, number: int, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(Deed(name, {"operations": [number]}), kind, passed=passed)

        assert told.status == status


@pytest.mark.parametrize(
    ("name", "numbers", "words"),
    [
        ("actionCancelOperation", [2], "ended in some way"),
        ("actionPauseOperation", [2, 3], "some of the operations paused, queued"),
    ],
)
async def test_the_queue_does_not_tell_what_left_it_nor_what_differs(
    tmp_path: Path, name: str, numbers: list[int], words: str
) -> None:
    async with acting(tmp_path) as act:
        kind = HAPPENED if name == "actionCancelOperation" else DID_NOT
        told = await act.settled(Deed(name, {"operations": numbers}), kind, passed=ENOUGH)

        assert told.status == "unknown"
        assert words in told.text


@pytest.mark.parametrize(("kind", "passed", "status"), BOTH_WAYS)
async def test_the_suppression_list_shows_what_was_put_on_it(
    tmp_path: Path, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        assert (await act.settled(SUPPRESS, kind, passed=passed)).status == status


async def test_half_a_suppression_may_be_from_before(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        one = Deed("createSuppressionList", {"type": "email", "value": ["x@example.com"]})
        assert (await act.do(one)).status == "succeeded"
        told = await act.settled(SUPPRESS, DID_NOT, passed=ENOUGH)

        assert told.status == "unknown"
        assert "1 of 2" in told.text
        assert "example.com" not in told.text


@pytest.mark.parametrize(
    ("kind", "passed", "status"),
    [(HAPPENED, ENOUGH, "unknown"), (DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed")],
)
async def test_a_tag_that_nobody_can_date_is_told_only_by_its_absence(
    tmp_path: Path, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        deed = Deed("createTag", {"name": "spring", "color": "#000000"})

        assert (await act.settled(deed, kind, passed=passed)).status == status


@pytest.mark.parametrize(
    ("kind", "passed", "status"),
    [(HAPPENED, ENOUGH, "unknown"), (DID_NOT, 0.0, "unknown"), (DID_NOT, ENOUGH, "failed")],
)
async def test_a_new_contact_at_txtsync_is_told_only_by_its_absence(
    tmp_path: Path, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        assert (await act.settled(txt("AddContact", {**CONTACT}), kind, passed=passed)).status == status


@pytest.mark.parametrize(("kind", "passed", "status"), BOTH_WAYS)
async def test_a_contact_deleted_at_txtsync_is_gone(
    tmp_path: Path, kind: FaultKind, passed: float, status: str
) -> None:
    async with acting(tmp_path) as act:
        deed = txt("DeleteContactByExternalReference", None, "CRM-0001")

        assert (await act.settled(deed, kind, passed=passed)).status == status


def _deed_by_id(sandbox: Sandbox) -> Deed:
    contact = next(iter(sandbox.world.txtsync.contacts.values()))
    body: dict[str, object] = {"FirstName": "Zita", "MobileNumber": contact.fields["MobileNumber"]}
    return txt("UpdateContact", body, str(contact.id))


def _deed_by_reference(sandbox: Sandbox) -> Deed:
    body: dict[str, object] = {"FirstName": "Zita", "ExternalReference": "CRM-0001"}
    return txt("UpdateContactByExternalReference", body, "CRM-0001")


@pytest.mark.parametrize("deed", [_deed_by_id, _deed_by_reference])
@pytest.mark.parametrize(("kind", "status"), [(HAPPENED, "succeeded"), (DID_NOT, "unknown")])
async def test_a_contact_changed_at_txtsync_is_as_was_asked(
    tmp_path: Path, deed: Callable[[Sandbox], Deed], kind: FaultKind, status: str
) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(deed(act.sandbox), kind, passed=ENOUGH)

        assert told.status == status


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (
            txt(
                "UpdateContactByExternalReference",
                {"TagNames": "vip", "ExternalReference": "CRM-0001"},
                "CRM-0001",
            ),
            "its tags it does not",
        ),
        (txt("UpdateContact", {"FirstName": "Zita"}, "9001"), "names no number"),
        (txt("DeleteContact", None, "9001"), "reads no contact by its internal id"),
    ],
)
async def test_what_txtsync_does_not_show_a_person_settles(tmp_path: Path, deed: Deed, words: str) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(deed, HAPPENED, passed=ENOUGH)

        assert told.status == "unknown"
        assert words in told.text


@pytest.mark.parametrize(
    "deed",
    [
        txt("SendSMS", {"From": "ACME", "Message": "Hi", "To": "+447700900201"}),
        txt("SendBulkSMS", {"From": "ACME", "Message": "Hi", "To": ["+447700900201", "+447700900202"]}),
    ],
    ids=lambda deed: deed.name,
)
async def test_txtsync_lists_no_messages_so_a_person_settles(tmp_path: Path, deed: Deed) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(deed, HAPPENED, passed=ENOUGH)
        before = act.sandbox.requests.total
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "a person has to look: TxtSync lists no messages" in told.text
        assert f"egoi-mcp actions settle {action_id}" in told.text
        assert act.sandbox.requests.total == before


async def test_what_nobody_thought_of_stays_unknown_and_says_so(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        deed = Deed("actionApproveOperation", {"operations": [4]})
        told = await act.settled(deed, HAPPENED, passed=ENOUGH)

        assert told.status == "unknown"
        assert "a person has to look: the queue does not show approvals" in told.text


async def test_an_account_that_is_another_by_now_is_not_looked_into(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(DELETIONS[3], DID_NOT, passed=ENOUGH)
        act.session.rows.change("UPDATE actions SET account = '999'")
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "leads to another account" in told.text
        assert act.sandbox.requests.count("getAllTags") == 0


def _forget_when(act: Acting) -> None:
    act.session.rows.change("UPDATE steps SET claimed_at = NULL")


def _empty_the_row(act: Acting) -> None:
    act.session.rows.change("UPDATE steps SET target = '', body = x''")


def _change_the_operation(act: Acting) -> None:
    act.session.rows.change("UPDATE steps SET operation = 'deleteList'")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_forget_when, "does not say when it was sent"),
        (_empty_the_row, "does not hold the request any more"),
        (_change_the_operation, "its row was changed"),
    ],
)
async def test_a_row_that_does_not_say_what_was_sent_settles_nothing(
    tmp_path: Path, damage: Callable[[Acting], None], words: str
) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(DELETIONS[3], HAPPENED, passed=ENOUGH)
        damage(act)
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert words in told.text


async def test_after_a_week_absence_means_nothing_any_more(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(DELETIONS[3], DID_NOT, passed=8 * 86_400.0)

        assert told.status == "unknown"
        assert "so long ago" in told.text


async def test_who_looked_is_kept_beside_the_outcome(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        told = await act.settled(DELETIONS[3], HAPPENED)
        action = await act.action(told.action_id)

        assert [(each.channel.value, each.by) for each in action.decisions[-1:]] == [("vendor", "getAllTags")]
