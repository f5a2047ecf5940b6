"""What a look may cost, and vendors that read or write their lists in another manner than was thought."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.guard import reconcile
from egoi_mcp.guard.looks.case import MOST_CALLS, PAGE
from egoi_mcp.sandbox import Fault, Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.state import Campaign, Operation, Tag
from egoi_mcp.sandbox.faults import FaultKind
from tests.guard.looks.acting import DID_NOT, ENOUGH, HAPPENED, Acting, Deed, Quirk, acting
from tests.support import Hold

pytestmark = pytest.mark.anyio

TAG = Deed("deleteTag", path={"tag_id": 12})
WORDS = "Your order is ready"
Change = Callable[[dict[str, Any]], dict[str, Any]]
LONG = 5 * PAGE + 1
"""One row more than a look reads of a list."""


def batch(start: int, count: int = 20) -> Deed:
    body = [
        {"to": f"351-900000{place}", "from": "501", "textBody": WORDS}
        for place in range(start, start + count)
    ]
    return Deed("sendSmsMessages", body, api="transactional")


async def test_a_look_takes_no_more_than_its_calls_and_the_next_goes_on(tmp_path: Path) -> None:
    """Four batches of 20 people: one list for all, and 20 texts for each."""
    patient = Sandbox(SandboxSettings(rate_calls=1000))
    async with acting(tmp_path, sandbox=patient, EGOI_MCP_RATE_LIMIT="1000/60") as act:
        act.sandbox.faults.add(Fault(kind=HAPPENED, match="sendSmsMessages", times=4))
        lost = await act.do(batch(100), batch(130), batch(160), batch(190))
        told: list[str] = []
        calls: list[int] = []
        for _ in range(2):
            before = act.sandbox.requests.total
            told.append((await act.check(lost.action_id)).text)
            calls.append(act.sandbox.requests.total - before)

        assert calls == [MOST_CALLS, 21]
        assert "Of 4 requests: 3 succeeded, 1 unknown." in told[0]
        assert f"more than the {MOST_CALLS} calls of one look" in told[0]
        assert told[1].startswith("succeeded: ")


async def test_a_vendor_that_is_silent_does_not_hold_up_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "LONGEST_LOOK_SECONDS", 0.01)
    silence = Hold()
    async with acting(tmp_path, sandbox=Sandbox(SandboxSettings(sleep=silence))) as act:
        action_id = await act.lose(TAG, HAPPENED)
        act.sandbox.faults.add(Fault(kind="slow", match="getAllTags", delay_seconds=5.0, times=9))
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "the vendor did not answer in time; ask check_action again" in told.text


async def test_a_spent_budget_leaves_it_unknown(tmp_path: Path) -> None:
    async with acting(tmp_path, EGOI_MCP_RATE_LIMIT="3/3600") as act:
        told = await act.settled(TAG, HAPPENED)

        assert told.status == "unknown"
        assert "the vendor could not be asked" in told.text
        assert act.sandbox.requests.count("getAllTags") == 0


async def test_a_connection_that_is_not_configured_any_more_is_named(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        action_id = await act.lose(TAG, HAPPENED)
        act.session.rows.change("UPDATE actions SET connection = 'old'")
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "the connection old is not configured here" in told.text


async def test_a_list_of_more_rows_than_are_read_shows_no_absence(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        tags = act.sandbox.world.egoi.tags
        tags |= {
            number: Tag(tag_id=number, name=f"t{number}", color="#000000") for number in range(20, 20 + LONG)
        }
        gone = await act.settled(TAG, HAPPENED, passed=ENOUGH)
        made = await act.settled(
            Deed("createTag", {"name": "spring", "color": "#000000"}), DID_NOT, passed=ENOUGH
        )

        assert (gone.status, made.status) == ("unknown", "unknown")
        assert "longer than can be looked through" in gone.text
        assert "more tags than can be looked through" in made.text


async def test_a_queue_of_more_rows_than_are_read_shows_no_absence(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        act.sandbox.world.egoi.operations |= {
            number: Operation(
                operation_id=number, type="ads", status="queued", created=0.0, start=0.0, internal_name=""
            )
            for number in range(100, 100 + LONG)
        }
        cancel = Deed("actionCancelOperation", {"operations": [2]})
        told = await act.settled(cancel, HAPPENED, passed=ENOUGH)

        assert told.status == "unknown"
        assert "queue is longer than can be looked through" in told.text


async def test_a_page_full_of_new_campaigns_shows_no_absence(tmp_path: Path) -> None:
    async with acting(tmp_path) as act:
        body = {"list_id": 3, "internal_name": "June", "content": {"type": "text", "message": "Hi"}}
        action_id = await act.lose(Deed("createSmsCampaign", body), DID_NOT, passed=ENOUGH)
        crowd(act)
        told = await act.check(action_id)

        assert told.status == "unknown"
        assert "list of campaigns is longer" in told.text


def crowd(act: Acting) -> None:
    """A thousand campaigns of an hour ago."""
    made = act.sandbox.clock.now() - 3600.0
    act.sandbox.world.egoi.campaigns |= {
        f"crowd{number}": Campaign(
            id=9000 + number,
            campaign_hash=f"crowd{number}",
            channel="sms",
            status="draft",
            internal_name="May",
            list_id=3,
            content={"type": "text", "message": "Hi"},
            created=made,
            updated=made,
        )
        for number in range(PAGE)
    }


@pytest.mark.parametrize("nothing_else", [True, False])
async def test_a_filter_by_number_that_is_not_heeded_shows_no_absence(
    tmp_path: Path, nothing_else: bool
) -> None:
    """Then the list of everybody comes back, which counts only where it is certainly whole."""
    async with acting(tmp_path, quirk=partial(Quirk, deaf_to=("destination",))) as act:
        for place in range(0 if nothing_else else 12):
            act.outside(f"351-900000{150 + place}", "Something else")
        told = await act.settled(batch(100, 1), DID_NOT, passed=ENOUGH)

        assert told.status == ("failed" if nothing_else else "unknown")


async def test_a_filter_by_campaign_that_is_not_heeded_shows_no_absence(tmp_path: Path) -> None:
    async with acting(tmp_path, quirk=partial(Quirk, deaf_to=("campaign_hash",))) as act:
        told = await act.settled(
            Deed("deleteCampaigns", path={"campaign_hash": "smsdraft01"}), HAPPENED, passed=ENOUGH
        )

        assert told.status == "unknown"


def _without(*names: str) -> Change:
    return lambda row: {name: value for name, value in row.items() if name not in names}


def _with(member: str, value: Callable[[str], object]) -> Change:
    return lambda row: row | {member: value(row[member])}


@pytest.mark.parametrize("member", ["messageId", "subscriberMobile"])
@pytest.mark.parametrize("kind", [HAPPENED, DID_NOT])
async def test_rows_that_do_not_say_whose_they_are_show_no_absence(
    tmp_path: Path, member: str, kind: FaultKind
) -> None:
    async with acting(tmp_path, quirk=partial(Quirk, row=_without(member))) as act:
        act.outside("351-900000100", "Something else")
        told = await act.settled(batch(100, 1), kind, passed=ENOUGH)

        assert told.status == "unknown"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (_with("createDate", lambda _: "2026"), "unknown"),
        (_with("createDate", lambda date: date.rstrip("Z")), "succeeded"),
        (_with("groupName", lambda _: " Default "), "succeeded"),
        (_with("groupName", lambda _: None), "unknown"),
        (_with("subscriberMobile", lambda number: "+" + number.replace("-", "")), "succeeded"),
        (_with("messageId", int), "succeeded"),
    ],
)
async def test_a_row_may_be_written_in_another_manner(tmp_path: Path, change: Change, status: str) -> None:
    async with acting(tmp_path, quirk=partial(Quirk, row=change)) as act:
        assert (await act.settled(batch(100, 1), HAPPENED)).status == status


async def test_numbers_in_another_form_than_was_asked_for_show_no_absence(tmp_path: Path) -> None:
    """Of a vendor that writes them otherwise nobody knows whether it understood the filter."""

    def otherwise(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"subscriberMobile": row["subscriberMobile"].replace("-", "")}

    async with acting(tmp_path, quirk=partial(Quirk, row=otherwise)) as act:
        for place in range(12):
            act.outside(f"351-900000{150 + place}", "Something else")
        told = await act.settled(batch(100, 1), DID_NOT, passed=ENOUGH)

        assert told.status == "unknown"
