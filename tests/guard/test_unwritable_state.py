"""A state that cannot be written: nothing is sent, and that is said."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from egoi_mcp.app import open_app
from egoi_mcp.errors import StateUnavailable
from egoi_mcp.settings import from_environ
from egoi_mcp.store import database
from tests.guard.sessions import give_up_once, sending, sent
from tests.support import ERAS, SMS, Called, Era, Person, Rows, until

pytestmark = pytest.mark.anyio
resource = pytest.importorskip("resource", reason="limits of files are POSIX")

WRITES = {
    "the proposal": ("INSERT ON actions", "true"),
    "the decision": ("INSERT ON decisions", "true"),
    "the claim": ("UPDATE ON actions", "NEW.state = 'executing'"),
    "the step's claim": ("UPDATE ON steps", "NEW.state = 'sending'"),
}


def fail(rows: Rows, event: str, condition: str) -> None:
    """Have every write of one kind fail, as on a full disk."""
    rows.change(
        f"CREATE TRIGGER full BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
    )


@contextmanager
def no_file_beyond(size_bytes: int) -> Generator[None]:
    """Let no file of this process grow beyond a size: what a full disk does to every write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("event", "condition"), WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("mode", ERAS)
async def test_without_the_row_nothing_is_sent(
    tmp_path: Path, mode: Era, event: str, condition: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with sending(tmp_path, mode=mode, person=Person()) as session:
        fail(session.rows, event, condition)
        told = await session.call("send_sms", **SMS)

        assert told.is_error
        assert "disk is full" in told.text
        assert "nothing was sent" in told.text
        assert (sent(session), session.sandbox.requests.count("sendSmsMessages")) == (0, 0)
        assert "succeeded" not in session.rows.states().values()

        session.rows.change("DROP TRIGGER full")
        assert (await session.call("send_sms", **SMS)).status == "succeeded"
        assert sent(session) == 1


@pytest.mark.parametrize("full_for", ["the call budget", "the proposal"])
@pytest.mark.parametrize("mode", ERAS)
async def test_on_a_full_disk_nothing_is_sent(tmp_path: Path, mode: Era, full_for: str) -> None:
    async with sending(tmp_path, mode=mode, person=Person()) as session:
        log = session.state_dir / "actions.sqlite3-wal"
        with no_file_beyond(log.stat().st_size if full_for == "the proposal" else 0):
            told = await session.call("send_sms", **SMS)
        assert told.is_error
        assert "nothing was sent" in told.text.lower()
        assert ("state directory could not be used" in told.text) is (full_for == "the proposal")
        assert (sent(session), session.rows.states()) == (0, {})

        assert (await session.call("send_sms", **SMS)).status == "succeeded"


async def test_a_state_that_another_program_holds_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    async with sending(tmp_path, person=Person()) as session:
        with session.rows.open() as db:
            db.execute("BEGIN IMMEDIATE")
            told = await session.call("send_sms", **SMS)
            db.execute("ROLLBACK")

        assert told.is_error
        assert "database is locked" in told.text
        assert sent(session) == 0


async def test_an_outcome_that_cannot_be_written_yet_is_written_as_soon_as_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    told: list[Called] = []
    async with sending(tmp_path, person=Person()) as session:
        fail(session.rows, "UPDATE ON steps", "NEW.state = 'succeeded'")

        async def call() -> None:
            told.append(await session.call("send_sms", **SMS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await until(lambda: "could not be written yet" in caplog.text)
            assert list(session.rows.states().values()) == ["executing"]
            session.rows.change("DROP TRIGGER full")

        assert [(each.status, sent(session)) for each in told] == [("succeeded", 1)]


async def test_an_outcome_that_could_never_be_written_is_told_as_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"EGOI_MCP_SHUTDOWN_GRACE_SECONDS": "0.05"}
    async with sending(tmp_path, environ, person=Person()) as session:
        fail(session.rows, "UPDATE ON steps", "NEW.state IN ('succeeded', 'unknown')")
        give_up_once(monkeypatch, lambda: until(lambda: sent(session) == 1))
        told = await session.call("send_sms", **SMS)
        assert (told.status, sent(session)) == ("executing", 1)
    session.rows.change("DROP TRIGGER full")
    async with sending(tmp_path) as following:
        looked = await following.call("check_action", action_id=told.action_id)

        assert (looked.status, looked.is_error) == ("unknown", True)


async def test_a_row_that_is_damaged_while_its_request_runs_holds_nothing_up(tmp_path: Path) -> None:
    async with sending(tmp_path, person=Person()) as session:
        session.rows.change(
            "CREATE TRIGGER damage AFTER UPDATE ON steps WHEN NEW.state = 'sending' "
            "BEGIN UPDATE actions SET preview = '{'; END"
        )
        told = await session.call("send_sms", **SMS)

        assert told.is_error
        assert "is damaged" in told.text
        await until(lambda: session.rows.states().popitem()[1] == "succeeded")
        assert sent(session) == 1


@pytest.mark.parametrize("name", ["actions.sqlite3", "owners", "key"])
async def test_a_server_does_not_start_on_a_state_that_it_cannot_use(tmp_path: Path, name: str) -> None:
    settings = from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(tmp_path)})
    settings.state_dir.mkdir()
    if name == "owners":
        (settings.state_dir / name).write_text("")
    else:
        (settings.state_dir / name).mkdir()

    with pytest.raises(StateUnavailable, match=r"[Nn]othing was sent"):
        async with open_app(settings):
            pytest.fail("the server started")
