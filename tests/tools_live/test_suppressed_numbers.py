"""A promotion is held against the suppression list, which is read as seldom as can be answered for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.api.suppressed import FRESH_SECONDS, WHOLE_SECONDS
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.clock import stamp
from egoi_mcp.sandbox.egoi.state import Suppression
from tests.support import SMS, Person, Session, connected
from tests.support.clock import Clock
from tests.tools_live.live import altered, previewed, problem, queries, refused

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "sms,contacts"}
ANA = "+351900000001"
PROMOTION: dict[str, Any] = {**SMS, "purpose": "promotional", "text": "10% off. Reply STOP to opt out"}
WHOLE = {"type": "cellphone", "offset": "0", "limit": "1000"}


def suppress(sandbox: Sandbox, *numbers: str, created: float | None = None) -> None:
    entries = sandbox.world.egoi.suppressions
    for number in numbers:
        entry = max(entries) + 1
        when = max(each.created for each in entries.values()) + 1 if created is None else created
        entries[entry] = Suppression(
            id=entry, type="cellphone", method="unsubscribe", value=number, created=when
        )


def checked(preview: dict[str, Any]) -> str:
    """What the preview says of the suppression list."""
    (said,) = [each["against"] for each in preview["audience"]["checks"] if "suppression" in each["against"]]
    return str(said)


async def shown(session: Session, *to: str) -> dict[str, Any]:
    preview: dict[str, Any] = (await previewed(session, "send_sms", **{**PROMOTION, "to": list(to)})).data[
        "preview"
    ]
    return preview


async def test_the_list_is_read_once_and_only_what_is_new_when_it_is_old(tmp_path: Path) -> None:
    clock, sandbox = Clock(), Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, now=clock) as session:
        assert checked(await shown(session, ANA)) == "suppression list (5 numbers, read just now)"
        newest = stamp(
            max(
                each.created for each in sandbox.world.egoi.suppressions.values() if each.type == "cellphone"
            ),
            SandboxSettings().timezone,
        )
        suppress(sandbox, "351-900000001")
        clock.advance(FRESH_SECONDS - 1)
        assert checked(await shown(session, ANA)) == "suppression list (5 numbers, read 9 min ago)"
        assert queries(session, "getAllSuppressionList") == [WHOLE]
        clock.advance(1)
        left = await shown(session, ANA, "+351900000002")
        assert checked(left) == "suppression list (6 numbers, read just now)"
        assert left["dropped"] == ["to[0]: is on the suppression list"]
        assert queries(session, "getAllSuppressionList")[1:] == [{**WHOLE, "created_min": newest}]


async def test_who_was_taken_off_is_known_again_within_the_hour(tmp_path: Path) -> None:
    clock, sandbox = Clock(), Sandbox(SandboxSettings())
    suppress(sandbox, "351-900000001")
    async with connected(tmp_path, TOOLS, sandbox=sandbox, now=clock) as session:
        assert (await shown(session, ANA, "+351900000002"))["recipients"] == 1
        del sandbox.world.egoi.suppressions[max(sandbox.world.egoi.suppressions)]
        clock.advance(FRESH_SECONDS)
        assert (await shown(session, ANA, "+351900000002"))["recipients"] == 1
        clock.advance(WHOLE_SECONDS - FRESH_SECONDS)
        assert (await shown(session, ANA, "+351900000002"))["recipients"] == 2
        assert ["created_min" in each for each in queries(session, "getAllSuppressionList")] == [
            False,
            True,
            False,
        ]


async def test_sending_reads_nothing_again_and_silencing_somebody_does(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings())
    async with connected(tmp_path, TOOLS, sandbox=sandbox, person=Person()) as session:
        for text in ("One. STOP", "Two. STOP"):
            sent = await session.call("send_sms", **{**PROMOTION, "text": text})
            assert sent.status == "succeeded", sent.text
        assert queries(session, "getAllSuppressionList") == [WHOLE]
        contact = next(iter(sandbox.world.egoi.lists[3].contacts))
        gone = await session.call("unsubscribe_contacts", list_id=3, contact_ids=[contact])
        assert gone.status == "succeeded", gone.text
        await shown(session, "+351900000002")
        assert len(queries(session, "getAllSuppressionList")) == 2


async def test_a_list_that_cannot_be_read_stops_a_promotion_unless_it_is_known(tmp_path: Path) -> None:
    allowed = False

    def forbidden(path: str, reply: Any) -> Any:
        return reply if allowed or path != "/suppression-list" else problem(403, "No permission.")

    async with altered(tmp_path, forbidden, TOOLS, person=Person()) as session:
        said = await refused(session, "send_sms", **PROMOTION)
        assert "(403)" in said
        allowed = True
        assert (await shown(session, ANA))["recipients"] == 1
        contact = next(iter(session.sandbox.world.egoi.lists[3].contacts))
        gone = await session.call("unsubscribe_contacts", list_id=3, contact_ids=[contact])
        assert gone.status == "succeeded", gone.text
        allowed = False
        # Not as fresh as it should be, and better than nothing.
        assert checked(await shown(session, ANA)) == "suppression list (5 numbers, read just now)"
        assert len(queries(session, "getAllSuppressionList")) == 3


async def test_of_a_list_that_is_too_long_the_newest_entries_count_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = Sandbox(SandboxSettings())
    suppress(sandbox, *(f"351-91{number:07d}" for number in range(2500)))
    monkeypatch.setattr("egoi_mcp.tools.suppressed_numbers._MOST_PAGES", 2)
    async with connected(tmp_path, TOOLS, sandbox=sandbox) as session:
        preview = await shown(session, ANA, "+351910002499", "+351910000001")
        assert preview["dropped"] == ["to[1]: is on the suppression list"]
        assert preview["audience"]["checks"][0] == {
            "against": "suppression list (only the newest 2000 of 2505 entries, read just now)",
            "checked": 1,
            "unchecked": 2,
            "why": "older entries were not read",
        }
