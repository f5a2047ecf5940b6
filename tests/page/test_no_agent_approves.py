"""An agent that keeps every byte it is sent, and has an HTTP client and a port scanner, approves nothing."""

from __future__ import annotations

import base64
import re
import shlex
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters

from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.page.addresses import Address, running
from tests.cli.processes import ROOT, command, environment
from tests.page.agent import Agent, Asked, Known, ask, decision, found_ports, listed_ports
from tests.page.pages import form_in
from tests.support import ERAS, SMS, Called, Era, Rows, read, until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="what listens is read from /proc"),
]
AROUND = 100
"""How far from the page's port the agent scans: other tests of this machine are left alone."""
KEEPS = """
import os, sys
with open(sys.argv[1] + ".new", "w") as file:
    file.write(sys.argv[2])
os.replace(sys.argv[1] + ".new", sys.argv[1])
"""


@dataclass
class Host:
    """A host on the server's pipes that keeps all that comes out of them, and the owner beside it."""

    client: Client
    folder: Path
    answers: list[Called] = field(default_factory=list[Called])

    @property
    def rows(self) -> Rows:
        """The ledger."""
        return Rows(self.folder / "state" / "sandbox")

    @property
    def heard(self) -> bytes:
        """Every byte that the server has written, logs included."""
        return (self.folder / "stdout").read_bytes() + (self.folder / "stderr").read_bytes()

    @property
    def opened(self) -> Path:
        """What the owner's browser was given."""
        return self.folder / "opened"

    async def send(self) -> None:
        """The guarded call, with its progress."""

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            """It is among the bytes."""

        self.answers.append(read(await self.client.call_tool("send_sms", SMS, progress_callback=heard)))

    async def ask_everything(self, action_id: str) -> None:
        """All that a model and its host can ask for, and errors of all kinds."""
        await self.client.list_tools(cache_mode="refresh")
        for prompt in (await self.client.list_prompts(cache_mode="refresh")).prompts:
            await self.client.get_prompt(prompt.name)
        await self.client.list_resources(cache_mode="refresh")
        await self.client.list_resource_templates(cache_mode="refresh")
        for address in ("egoi-mcp://approval", "ui://approval", "http://127.0.0.1/"):
            with suppress(MCPError):
                await self.client.read_resource(address)
        calls: list[tuple[str, dict[str, Any]]] = [
            ("get_account", {}),
            ("check_action", {"action_id": action_id}),
            ("check_action", {"action_id": "act_22222222"}),
            ("check_action", {"action_id": f"{action_id} http://127.0.0.1"}),
            ("undo_action", {"action_id": "act_22222222"}),
            ("send_sms", {**SMS, "to": ["nobody"]}),
            ("send_sms", {**SMS, "approval": action_id}),
            ("call_operation", {"operation": "approve"}),
            ("approve_action", {"action_id": action_id}),
        ]
        for name, arguments in calls:
            with suppress(MCPError):
                await self.client.call_tool(name, arguments)


@asynccontextmanager
async def host(folder: Path, mode: Era) -> AsyncGenerator[Host]:
    """`egoi-mcp` as a host starts it, saying as much as it ever does; a call waits while a test goes on."""
    browser = shlex.join([sys.executable, "-c", KEEPS, str(folder / "opened")])
    env = environment(
        folder / "state",
        EGOI_MCP_SANDBOX="1",
        EGOI_MCP_BROWSER=browser,
        EGOI_MCP_DEBUG="1",
        EGOI_MCP_CALL_TIMEOUT_SECONDS="300",
        EGOI_MCP_APPROVAL_WAIT_SECONDS="240",
    )
    kept = [shlex.quote(str(folder / name)) for name in ("stderr", "stdout")]
    line = f"{shlex.join(command())} 2>{kept[0]} | tee {kept[1]}"
    server = StdioServerParameters(command="sh", args=["-c", line], env=env, cwd=ROOT)
    async with Client(server, mode=mode) as client:
        yield Host(client, folder)


@dataclass(frozen=True, slots=True)
class Owner:
    """What only the owner has: the address with a ticket that is still good, the cookie, the form."""

    address: Address
    ticket: str
    cookie: str
    action_id: str
    form: str

    @property
    def base(self) -> str:
        """The page's path."""
        return f"/{self.address.page}/"

    @classmethod
    async def enter(cls, opened: str, state_dir: Path) -> Owner:
        """Open the page as the browser does, and leave another address unused."""
        async with httpx2.AsyncClient(trust_env=False) as browser:
            entered = await browser.get(opened)
            assert entered.status_code == 200
            page = (await browser.get(f"{opened.partition('/open')[0]}/")).text
        (action_id,) = set(re.findall(r"act_[a-z0-9]{8}", page))
        (address,) = running(state_dir, lambda _: True)
        unused = address.url(load_state_key(state_dir), time.time())
        return cls(
            address=address,
            ticket=unused.partition("ticket=")[2],
            cookie=entered.headers["set-cookie"].partition(";")[0],
            action_id=action_id,
            form=form_in(page, action_id),
        )

    def known(self) -> Known:
        """What an agent is told that is told more than it can find out."""
        name = self.cookie.partition("=")[0]
        return Known(base=self.base, cookie=name, owner=self.address.owner)

    def click(self) -> Asked:
        """The request that approves."""
        return decision(
            self.address.port, self.base, cookie=self.cookie, action=self.action_id, form=self.form
        )


@pytest.mark.parametrize("mode", ERAS)
async def test_with_every_byte_and_every_port_an_agent_neither_finds_nor_uses_the_page(
    tmp_path: Path, mode: Era
) -> None:
    before = listed_ports()
    async with host(tmp_path, mode) as server, anyio.create_task_group() as tasks:
        await server.ask_everything("act_22222222")
        numbers_before = _numbers(server.heard)
        tasks.start_soon(server.send)
        await until(server.opened.exists)
        opened = server.opened.read_text()
        owner = await Owner.enter(opened, tmp_path / "state" / "sandbox")
        port = owner.address.port
        await server.ask_everything(owner.action_id)
        agent = Agent(server.heard)
        assert owner.action_id in agent.actions, "it knows what it wants approved"

        assert port in listed_ports() - before
        found = found_ports(set(range(max(1024, port - AROUND), min(port + AROUND, 65_536))) - before)
        assert port in found
        answers = {each: await ask(each, agent.requests(each)) for each in found}[port]
        # And if something told it where the page is, and what its cookie is called.
        answers += await ask(port, agent.requests(port, owner.known()))

        assert [answer.partition(b"\r\n")[0] for answer in answers] == [b"HTTP/1.1 404 Not Found"], answers
        assert answers.total() > 400
        assert (server.rows.states(), server.answers) == ({owner.action_id: "proposed"}, [])

        # The very same request, with what only the owner has, approves: the agent asked in the right way.
        (answer,) = await ask(port, [owner.click()])
        assert answer.startswith(b"HTTP/1.1 303 ")
        await until(lambda: bool(server.answers))
        assert ([each.status for each in server.answers], server.rows.states()) == (
            ["succeeded"],
            {owner.action_id: "succeeded"},
        )
        await server.ask_everything(owner.action_id)
        secrets = [owner.address.page, owner.ticket, urlsplit(opened).query, owner.form]
        secrets.append(owner.cookie.partition("=")[2])
        heard = server.heard
        assert [secret for secret in secrets if any(form in heard for form in _forms(secret))] == []
        assert str(port) not in _numbers(heard) - numbers_before
        assert len(heard) > 10_000

        # And bytes that held the ticket would have let it in.
        told = await ask(
            port, Agent(f"{owner.ticket} {owner.action_id}".encode()).requests(port, owner.known())
        )
        assert sum(count for answer, count in told.items() if answer.startswith(b"HTTP/1.1 200 ")) == 1


def _forms(secret: str) -> list[bytes]:
    """A secret as it may be written."""
    return [secret.encode(), base64.b64encode(secret.encode()).rstrip(b"="), secret.encode().hex().encode()]


def _numbers(heard: bytes) -> set[str]:
    """The whole numbers of five or fewer digits that stand for themselves."""
    return set(re.findall(r"(?<![\w.+-])[0-9]{1,5}(?![\w.]*[\w])", heard.decode("utf-8", "replace")))
