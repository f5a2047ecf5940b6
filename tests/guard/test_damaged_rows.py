"""Rows of which any column holds junk: the server starts, shows the others, and sends nothing of them."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.app import open_app
from egoi_mcp.errors import EgoiMcpError
from egoi_mcp.guard.action import StepState, Terms
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.sandbox import Sandbox
from egoi_mcp.settings import Settings, from_environ
from egoi_mcp.store.protocol import Search
from egoi_mcp.store.schema import MIGRATIONS
from tests.store.ledgers import approved, draft, ended, executing, proposed, store_in
from tests.support import SMS, Rows, connected, until

pytestmark = pytest.mark.anyio

TABLES = ("actions", "steps", "decisions", "fingerprints")
STATES = ("unknown", "succeeded", "executing", "approved", "proposed")
"""One action in each of these states, the last the newest; each writes its state to somebody."""
SEALED = {
    "actions": "id digest connection account risk preview recipients content seal terms "
    "COALESCE(duplicate_of,'')",
    "steps": "action_id operation api method origin target body idempotent",
    "decisions": "action_id state channel decided_by proof",
}
"""What an approval binds: of a row in which one of these was changed nothing at all is sent.

An empty `duplicate_of` is read as none.
"""
JUNK: dict[str, tuple[object, ...]] = {
    "INTEGER": (0, -1, 2**62),
    "REAL": (0.5, -1.0, 1e308, float("inf")),
    "TEXT": ("", "junk", '["\\ud800"]', '{"title":"\\ud800","account":""}', "x" * 5000),
    "BLOB": (b"", b"\xff\x00junk", bytes(32)),
}
"""What the file's own types let in; everything else it refuses."""
BAD_UTF8 = "CAST(x'ff80fe' AS TEXT)"


def columns() -> list[tuple[str, str, str]]:
    """Every column of every table that holds something of an action, and its type."""
    db = sqlite3.connect(":memory:")
    for script in MIGRATIONS:
        db.executescript(script)
    found = [(table, row[1], row[2]) for table in TABLES for row in db.execute(f"PRAGMA table_info({table})")]
    db.close()
    return found


def settings_in(folder: Path) -> Settings:
    return from_environ({"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(folder)})


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The module's own, as its rows are written once."""
    return "asyncio"


@pytest.fixture(scope="module")
async def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with those rows, left by a server that is gone."""
    settings = settings_in(tmp_path_factory.mktemp("rows"))
    key = load_state_key(settings.state_dir)
    store = store_in(settings.state_dir, time.time, key=key)
    origin = settings.connections[0].origins["transactional"]

    def sms(text: str) -> FrozenRequest:
        body = [{"to": "351-900000001", "from": "501", "textBody": text, "maxCount": 1}]
        sent = json.dumps(body, separators=(",", ":")).encode()
        return FrozenRequest("transactional", "POST", origin, "/api/v2/sms/messages/action/send", sent)

    drafts = {
        state: replace(draft(state, requests=[sms(state)], key=key), terms=Terms(principal="owner"))
        for state in STATES
    }
    await ended(store, StepState.UNKNOWN, drafts["unknown"])
    await ended(store, StepState.SUCCEEDED, drafts["succeeded"])
    await executing(store, drafts["executing"], owner="dead")
    await approved(store, drafts["approved"])
    await proposed(store, drafts["proposed"])
    await store.close()
    return settings.state_dir


def bound(state_dir: Path) -> dict[str, list[object]]:
    """All that binds each action, by the text that it sends; byte for byte, as it may be no text any more."""
    db = sqlite3.connect(state_dir / "actions.sqlite3")
    db.text_factory = bytes
    found: dict[str, list[object]] = {}
    for state in STATES:
        part = f'%"textBody":"{state}"%'
        (action_id,) = db.execute(
            "SELECT action_id FROM steps WHERE CAST(body AS TEXT) LIKE ?", (part,)
        ).fetchone() or (b"",)
        found[state] = [
            db.execute(
                f"""SELECT {names.replace(" ", ", ")} FROM {table}
                    WHERE {"id" if table == "actions" else "action_id"} = CAST(? AS TEXT)""",  # noqa: S608 - constants
                (action_id,),
            ).fetchall()
            for table, names in SEALED.items()
        ]
    db.close()
    return found


def damage(state_dir: Path, table: str, column: str, junk: object) -> bool:
    """Write junk into a column of every row or, where it must be unique, of one; whether it was let in."""
    value = BAD_UTF8 if junk is BAD_UTF8 else "?"
    values = () if junk is BAD_UTF8 else (junk,)
    try:
        return Rows(state_dir).change(f"UPDATE OR IGNORE {table} SET {column} = {value}", *values) > 0  # noqa: S608 - constants
    except sqlite3.IntegrityError:
        return False


@pytest.mark.parametrize(("table", "column", "kind"), columns())
async def test_a_server_starts_on_junk_in_any_column_and_sends_nothing_of_it(
    written: Path, tmp_path: Path, table: str, column: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL + 1)
    before = bound(written)
    let_in = 0
    for number, junk in enumerate((None, *JUNK[kind], *([BAD_UTF8] if kind == "TEXT" else []))):
        settings = settings_in(tmp_path / str(number))
        shutil.copytree(written, settings.state_dir)
        if not damage(settings.state_dir, table, column, junk):
            continue
        let_in += 1
        after = bound(settings.state_dir)
        unchanged = {state for state in STATES if after[state] == before[state]}
        sent = await sent_by_a_new_server(settings)
        assert sorted(sent) == sorted(set(sent)), f"{junk!r}: nothing is sent twice"
        assert set(sent) <= unchanged & {"executing", "approved"}, f"{junk!r}: {sent} was sent"
    assert let_in


async def sent_by_a_new_server(settings: Settings) -> list[str]:
    """Which texts a new server sends that is asked to carry on with everything, and lists and purges it."""
    sandbox = Sandbox()
    async with open_app(settings, transport=sandbox.transport()) as app:
        await app.guard.executor.idle()
        found = await app.store.find(Search(limit=100))
        ((count,),) = Rows(settings.state_dir).select("SELECT count(*) FROM actions")
        assert len(found.actions) + len(found.damaged) == count, "a list shows or names every row"
        for action_id in (*found.damaged, *(each.id for each in found.actions)):
            try:
                await app.guard.check(action_id)
            except EgoiMcpError:
                continue
        await app.guard.executor.idle()
        await app.store.purge(bodies_before=time.time() + 1, rows_before=0)
        await app.store.find(Search(limit=100))
    return [message.text for message in sandbox.effects.messages]


async def test_undamaged_rows_are_carried_on(written: Path, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    shutil.copytree(written, settings.state_dir)
    assert sorted(await sent_by_a_new_server(settings)) == ["approved", "executing"]


async def test_a_proposal_that_cannot_be_read_keeps_none_of_the_others_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(tmp_path) as session:
        damaged = await session.call("send_sms", **SMS)
        other = await session.call("send_sms", **{**SMS, "text": "Another order is ready"})
        session.rows.change("UPDATE actions SET preview = 'x' WHERE id = ?", damaged.action_id)
        await session.decide(other.action_id)
        await until(lambda: session.rows.states()[other.action_id] == "succeeded")

        assert session.sandbox.effects.count("sms") == 1
        assert caplog.text.count(f"{damaged.action_id} cannot be watched") == 1
