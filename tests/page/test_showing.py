"""When the page is brought before the owner's eyes, when it is not, and what the model is told of it."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest

from egoi_mcp.guard.guard import Guard
from egoi_mcp.guard.outcomes import how_to_approve
from egoi_mcp.page import server as page_server
from egoi_mcp.page.addresses import running
from egoi_mcp.sandbox import Sandbox
from tests.guard.sessions import TWO, sent
from tests.page.pages import AT_ONCE, paged, waiting
from tests.support import ERAS, SMS, Called, Era, Person, until

pytestmark = pytest.mark.anyio

NOBODY = """
import encodings.idna, os, socket, sys
os.setgid(65534)
os.setuid(65534)
port, target = sys.argv[1:]
asked = f"GET {target} HTTP/1.1", f"host: 127.0.0.1:{port}", "connection: close", "", ""
with socket.create_connection(("127.0.0.1", int(port))) as way:
    way.sendall("\\r\\n".join(asked).encode())
    while chunk := way.recv(65536):
        sys.stdout.buffer.write(chunk)
"""


async def test_calls_at_once_open_one_page(tmp_path: Path) -> None:
    async with paged(tmp_path, AT_ONCE) as (session, owner):
        async with anyio.create_task_group() as tasks:
            for text in ("one", "two", "three"):
                tasks.start_soon(partial(session.call, "send_sms", **{**SMS, "text": text}))

        assert len(owner.opened) == 1
        await owner.enter()
        page = (await owner.look()).text
        assert [text in page for text in session.rows.states()] == [True] * 3


async def test_a_page_that_is_open_is_not_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_server, "_OPENING_SECONDS", 0.0)
    async with waiting(tmp_path) as (session, owner, _):
        await owner.look()
        told = await session.call("send_sms", **TWO)
        assert (len(owner.opened), told.status) == (1, "needs_approval")
        assert "which is open in the owner's browser" in told.text
        # And once it has not been looked at for a while, it is.
        monkeypatch.setattr(page_server, "_SEEN_SECONDS", 0.0)
        await session.call("send_sms", **{**SMS, "text": "Another text"})
        assert len(owner.opened) == 2


@pytest.mark.parametrize(("news", "opened"), [("live?hidden=", 1), ("live?hidden=1", 2)])
async def test_a_tab_that_nobody_looks_at_is_not_on_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, news: str, opened: int
) -> None:
    monkeypatch.setattr(page_server, "_OPENING_SECONDS", 0.0)
    async with waiting(tmp_path) as (session, owner, _):
        monkeypatch.setattr(owner.pages[0], "_seen_at", 0.0)
        assert (await owner.look(news)).status_code == 200
        await session.call("send_sms", **TWO)
        assert len(owner.opened) == opened


@pytest.mark.parametrize("mode", ERAS)
async def test_without_a_screen_the_call_returns_and_says_how_the_page_is_opened(
    tmp_path: Path, mode: Era
) -> None:
    async with paged(tmp_path, mode=mode) as (session, owner):
        owner.has_screen = False
        asked = await session.call("send_sms", **SMS)

        assert (asked.status, sent(session)) == ("needs_approval", 0)
        assert "which this opens on the server's machine: egoi-mcp page" in asked.text
        assert f"egoi-mcp actions approve {asked.action_id}" in asked.text
        # The page is there all the same.
        await owner.enter_anew()
        await owner.decide(asked.action_id)
        await until(lambda: session.ended(asked.action_id))
        assert sent(session) == 1


@pytest.mark.parametrize(
    ("environ", "person"),
    [
        ({"EGOI_MCP_POLICY_APPROVAL_CHANNELS": "terminal,elicitation"}, None),
        ({}, Person("cancel")),
    ],
    ids=["policy has no page", "the client asks"],
)
@pytest.mark.parametrize("mode", ERAS)
async def test_where_it_is_not_the_way_to_approve_no_page_begins(
    tmp_path: Path, mode: Era, environ: dict[str, str], person: Person | None
) -> None:
    async with paged(tmp_path, environ, mode=mode, person=person) as (session, owner):
        asked = await session.call("send_sms", **SMS)

        assert (asked.status, owner.opened, owner.site) == ("needs_approval", [], None)
        assert "page" not in asked.text
        assert not (session.state_dir / "pages").exists()


async def test_a_client_that_can_ask_and_then_cannot_leaves_it_to_the_page(tmp_path: Path) -> None:
    async def fail() -> None:
        raise RuntimeError("the window was closed")

    async with paged(tmp_path, person=Person("approve", first=fail)) as (session, owner):
        told: list[Called] = []

        async def call() -> None:
            told.append(await session.call("send_sms", **SMS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await until(lambda: bool(owner.opened))
            await owner.enter()
            await owner.decide(await session.proposal())

        assert [(each.status, sent(session)) for each in told] == [("succeeded", 1)]


async def test_what_policy_does_not_let_the_page_approve_is_shown_and_not_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        form = await owner.form(action_id)

        def never(_guard: Guard, _connection: str) -> bool:
            return False

        monkeypatch.setattr(Guard, "page_may_approve", never)
        answer = await owner.decide(action_id, form=form)

        assert (answer.status_code, await owner.form(action_id)) == (422, "")
        assert "policy does not let this be approved on the page." in answer.text
        assert session.rows.states() == {action_id: "proposed"}


async def test_no_word_to_the_model_holds_the_address(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        texts = [(await session.call("check_action", action_id=action_id)).text]
        texts.append((await session.call("send_sms", **SMS)).text)
        texts.append(how_to_approve(action_id, shown=True))
        parts = urlsplit(owner.opened[0])
        for secret in (str(parts.port), parts.path.strip("/").split("/")[0], parts.query, owner.cookie):
            assert not any(secret in text for text in texts), secret


@pytest.mark.skipif(sys.platform == "win32", reason="modes of this kind are POSIX")
async def test_the_file_that_leads_to_the_page_is_private_and_goes_with_the_server(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, _):
        folder = session.state_dir / "pages"
        (path,) = folder.iterdir()
        assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, path)] == [0o700, 0o600]
        assert path.stem == session.rows.select("SELECT proposer FROM actions")[0][0]
        assert "ticket" not in path.read_text()
        port = urlsplit(owner.opened[0]).port
        # It is the page of a real listener, which ends with the server.
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{port}/")
            assert (answer.status_code, answer.text) == (404, "Not found.\n")
            assert not {"server", "date"} & answer.headers.keys()
    assert list(folder.iterdir()) == []
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port or 0)):
        pass


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="it takes being two users")
async def test_another_user_of_the_machine_gets_nowhere_with_an_address_that_they_read(
    tmp_path: Path,
) -> None:
    async with waiting(tmp_path) as (_, owner, _action):
        parts = urlsplit(f"http://{owner.host}{owner.fresh_path()}")
        target = f"{parts.path}?{parts.query}"
        as_nobody = [sys.executable, "-c", NOBODY, str(parts.port), target]
        theirs = await anyio.run_process(as_nobody, check=False)
        assert theirs.stdout.startswith(b"HTTP/1.1 404 Not Found\r\n"), theirs.stderr
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://{owner.host}{target}")).status_code == 200


async def test_a_browser_that_stays_connected_does_not_keep_the_server(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with waiting(tmp_path) as (_, owner, _action):
            host, _, port = owner.host.partition(":")
            idle = await stack.enter_async_context(await anyio.connect_tcp(host, int(port)))
            await idle.send(f"GET / HTTP/1.1\r\nhost: {owner.host}\r\n\r\n".encode())
            assert (await idle.receive()).startswith(b"HTTP/1.1 404")
        # What the server had to say has been said, and the connection is at its end.
        assert b"".join([chunk async for chunk in idle]) in {b"", b"Not found.\n"}


async def test_what_a_dead_server_left_leads_nowhere_and_is_removed(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, _, _action):
        folder = session.state_dir / "pages"
        (path,) = folder.iterdir()
        dead = folder / f"{'0' * 16}.json"
        dead.write_text(path.read_text().replace(path.stem, dead.stem))
        (folder / f"{'1' * 16}.json").write_text(path.read_text())
        (folder / f"{'2' * 16}.json").write_text("{")
        found = running(session.state_dir, lambda owner: owner == path.stem)

        assert [each.owner for each in found] == [path.stem]
        assert not dead.exists()


async def test_a_fixed_port_that_is_taken_is_said_once_and_the_terminal_remains(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with paged(tmp_path, {"EGOI_MCP_PAGE_PORT": str(port)}) as (session, owner):
            asked = await session.call("send_sms", **SMS)
            await session.call("send_sms", **TWO)
            await session.decide(asked.action_id)
            await until(lambda: session.ended(asked.action_id))

            assert (asked.status, owner.opened, sent(session)) == ("needs_approval", [], 1)
    said = [record.message for record in caplog.records if "approval page" in record.message]
    assert len(said) == 1
    assert f"cannot listen at port {port}" in said[0]


async def test_of_two_servers_with_one_fixed_port_the_first_ones_page_shows_both(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = AT_ONCE | {"EGOI_MCP_PAGE_PORT": str(port)}
    sandbox = Sandbox()
    async with (
        paged(tmp_path, environ, sandbox=sandbox) as (one, first),
        paged(tmp_path, environ, sandbox=sandbox) as (two, second),
    ):
        await one.call("send_sms", **SMS)
        asked = await two.call("send_sms", **TWO | {"text": "Another text"})
        assert second.site is None
        first.opened += second.opened
        await first.enter()
        await first.decide(asked.action_id)
        await until(lambda: two.ended(asked.action_id))

        assert two.rows.states()[asked.action_id] == "succeeded"
