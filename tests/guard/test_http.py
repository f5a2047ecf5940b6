"""Over HTTP who answers is who asked, so no answer of the client counts; the terminal's does."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import pytest
import uvicorn
from mcp import Client
from mcp_types import ElicitResult, InputRequiredResult, InputResponses

from egoi_mcp.sandbox import Sandbox
from egoi_mcp.server import build_server
from egoi_mcp.settings import from_environ
from tests.guard.sessions import CAPPED, sending, sent
from tests.support import ERAS, SMS, Called, Era, Person, Session, ledger_of, until

pytestmark = pytest.mark.anyio


class _Server(uvicorn.Server):
    """uvicorn that leaves this process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def over_http(
    state_dir: Path, mode: Era, person: Person | None, environ: Mapping[str, str] | None = None
) -> AsyncGenerator[Session]:
    """A session through a real HTTP server on loopback."""
    sandbox = Sandbox()
    settings = from_environ(
        {"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": str(state_dir), **(environ or {})}
    )
    server = build_server(settings, transport=sandbox.transport())
    app = server.streamable_http_app(streamable_http_path="/mcp", host="127.0.0.1")
    http = _Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
    ledger = ledger_of(settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(http.serve, [listener])
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
            try:
                async with Client(url, mode=mode, elicitation_callback=person) as client:
                    yield Session(
                        client=client,
                        server=server,
                        settings=settings,
                        sandbox=sandbox,
                        person=person,
                        ledger=ledger,
                    )
            finally:
                # Where a test fails too: the server would keep it waiting.
                http.should_exit = True
    await ledger.close()


@pytest.mark.parametrize("mode", ERAS)
async def test_the_clients_own_answer_never_approves(tmp_path: Path, mode: Era) -> None:
    person = Person("approve")
    async with over_http(tmp_path, mode, person) as session:
        asked = await session.call("send_sms", **SMS)

        assert (asked.status, asked.is_error, sent(session)) == ("needs_approval", False, 0)
        assert person.questions == []
        assert f"egoi-mcp actions approve {asked.action_id}" in asked.text
        # Nor is there a page: whoever asks is on another machine than the owner's screen.
        assert "page" not in asked.text, asked.text
        assert not (session.state_dir / "pages").exists()


@pytest.mark.parametrize("mode", ERAS)
async def test_a_second_call_in_the_chat_never_approves(tmp_path: Path, mode: Era) -> None:
    async with over_http(tmp_path, mode, Person(), {"EGOI_MCP_CONFIRM": "chat", **CAPPED}) as session:
        shown = await session.call("send_sms", **SMS)
        again = await session.call("send_sms", **SMS, approval=shown.action_id)

        assert (shown.status, again.status, sent(session)) == ("needs_approval", "needs_approval", 0)
        assert "approval=" not in shown.text


@pytest.mark.parametrize("mode", ERAS)
async def test_the_terminal_approves_while_the_call_waits(tmp_path: Path, mode: Era) -> None:
    async with over_http(tmp_path, mode, Person(), {"EGOI_MCP_APPROVAL_WAIT_SECONDS": "30"}) as session:
        told: list[Called] = []

        async def call() -> None:
            told.append(await session.call("send_sms", **SMS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await until(session.proposed)
            await session.decide(await session.proposal())

        assert [(each.status, sent(session)) for each in told] == [("succeeded", 1)]


@pytest.mark.parametrize("mode", ERAS)
async def test_what_policy_allows_needs_nobody_over_http_either(tmp_path: Path, mode: Era) -> None:
    async with over_http(tmp_path, mode, None, {"EGOI_MCP_CONFIRM": "off", **CAPPED}) as session:
        assert (await session.call("send_sms", **SMS)).status == "succeeded"
        again = await session.call("send_sms", **SMS)

        assert (again.status, sent(session)) == ("duplicate", 1)


async def test_an_answer_to_a_question_that_was_asked_elsewhere_does_not_count(tmp_path: Path) -> None:
    async with (
        sending(tmp_path, mode="auto", person=Person()) as local,
        over_http(tmp_path, "auto", Person()) as remote,
    ):
        asked = await local.leg("send_sms", SMS)
        assert isinstance(asked, InputRequiredResult)
        approval: InputResponses = {"approve": ElicitResult(action="accept", content={"decision": "approve"})}
        told = await remote.leg("send_sms", SMS, asked=asked, answers=approval)

        assert isinstance(told, Called)
        assert (told.status, sent(local) + sent(remote)) == ("needs_approval", 0)
