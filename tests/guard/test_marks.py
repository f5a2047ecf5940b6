"""What the guard writes into a row of a real call, so that a person in it can be found and erased."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp.guard import drafting
from egoi_mcp.guard.action import Channel
from egoi_mcp.guard.digest import load_state_key
from tests.support import ERAS, SMS, Era, Person, Session, connected

pytestmark = pytest.mark.anyio


def marks(session: Session) -> set[bytes]:
    return {bytes.fromhex(str(row[0])) for row in session.rows.select("SELECT hex(mark) FROM people")}


def raw(state_dir: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(state_dir.rglob("*")) if path.is_file())


@pytest.mark.parametrize("mode", ERAS)
async def test_a_person_of_a_real_send_is_erased_by_their_number(tmp_path: Path, mode: Era) -> None:
    async with connected(tmp_path, mode=mode, person=Person()) as session:
        called = await session.call("send_sms", **SMS)
        assert called.status == "succeeded"
        assert load_state_key(session.state_dir).person("+351900000001") in marks(session)
        assert b"900000001" in raw(session.state_dir)
        erased = await session.ledger.erase(["00351 900 000 001"], channel=Channel.TERMINAL, by="owner")
        assert (erased.emptied, erased.scrubbed) == (1, True)
        assert b"900000001" not in raw(session.state_dir)

        told = await session.call("check_action", action_id=called.action_id)
        assert (told.status, "sendSmsMessages: done." in told.text) == ("succeeded", True)


@pytest.mark.parametrize("named", ["new.one@example.com", "+351900000042"])
async def test_a_new_contact_is_erased_by_number_and_address(tmp_path: Path, named: str) -> None:
    contact = {"list_id": 3, "email": "new.one@example.com", "phone": "+351 900 000 042", "first_name": "Ana"}
    async with connected(tmp_path, person=Person()) as session:
        assert (await session.call("create_contact", **contact)).status == "succeeded"
        assert (await session.ledger.erase([named], channel=Channel.TERMINAL, by="owner")).emptied == 1
        for part in (b"new.one", b"900000042", b"Ana"):
            assert part not in raw(session.state_dir)


async def test_what_is_looked_through_beside_the_event_loop_is_marked_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[set[bytes]] = []
    for most in (10**9, 0):
        monkeypatch.setattr(drafting, "_LOOKED_THROUGH_AT_ONCE", most)
        async with connected(tmp_path / str(most), person=Person("cancel")) as session:
            await session.call("send_sms", **SMS)
            key = load_state_key(session.state_dir)
            found.append({key.person(each) for each in ("+351900000001", "900000001")} & marks(session))
            assert len(marks(session)) == 1
    assert [len(each) for each in found] == [1, 1]
