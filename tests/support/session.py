"""An MCP client connected, in this process, to the server over a sandbox."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx2
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, InputRequiredResult, InputResponses, TextContent

from egoi_mcp.guard.action import Channel, State
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.server import build_server
from egoi_mcp.settings import ActionTimes, Settings, from_environ
from egoi_mcp.store.protocol import Decision
from egoi_mcp.store.sqlite import SqliteStore
from tests.support.person import Person
from tests.support.rows import Rows

Era = Literal["legacy", "auto"]
ERAS: tuple[Era, ...] = ("legacy", "auto")

SMS: dict[str, Any] = {
    "text": "Your order is ready",
    "sender": "501",
    "purpose": "transactional",
    "to": ["+351900000001"],
}
"""Arguments of `send_sms` that reach one person of the sandbox."""


@dataclass(frozen=True, slots=True)
class Called:
    """A tool's answer: its text, its structured content (empty where it failed), and which it was."""

    is_error: bool
    text: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def status(self) -> str:
        """A guarded tool's status, such as `succeeded`."""
        return str(self.data.get("status"))

    @property
    def action_id(self) -> str:
        """The action's id; empty where there is none."""
        return str(self.data.get("action_id", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A connected client and everything behind it."""

    client: Client
    server: MCPServer[Any]
    settings: Settings
    sandbox: Sandbox
    person: Person | None
    ledger: SqliteStore

    @property
    def state_dir(self) -> Path:
        """Where the server keeps its state."""
        return self.settings.state_dir

    @property
    def rows(self) -> Rows:
        """The state file."""
        return Rows(self.state_dir)

    async def call(self, name: str, /, **arguments: object) -> Called:
        """Call a tool as a host does, questions to the person included."""
        return read(await self.client.call_tool(name, arguments))

    async def leg(
        self,
        name: str,
        arguments: dict[str, Any],
        *,
        asked: InputRequiredResult | None = None,
        answers: InputResponses | None = None,
    ) -> Called | InputRequiredResult:
        """One leg of a call, with nobody to answer: the question `asked` before goes back with `answers`."""
        result = await self.client.session.call_tool(
            name,
            arguments,
            input_responses=answers,
            request_state=asked.request_state if asked is not None else None,
            allow_input_required=True,
        )
        return result if isinstance(result, InputRequiredResult) else read(result)

    async def decide(
        self, action_id: str, state: State = State.APPROVED, *, channel: Channel = Channel.TERMINAL
    ) -> None:
        """Decide an action as the terminal does."""
        await self.ledger.decide(action_id, Decision(state=state, channel=channel, by="owner"))

    async def proposal(self) -> str:
        """The id of the newest action that waits for a decision; empty where none does."""
        found = await self.ledger.newest(states=[State.PROPOSED], limit=1)
        return found[0].id if found else ""

    async def proposed(self) -> bool:
        """Whether an action waits for a decision."""
        return bool(await self.proposal())

    async def ended(self, action_id: str) -> bool:
        """Whether nothing more happens to the action by itself."""
        action = await self.ledger.get(action_id)
        return action is not None and not action.open


def read(result: CallToolResult) -> Called:
    """A tool's answer, made small."""
    text = "\n".join(each.text for each in result.content if isinstance(each, TextContent))
    return Called(is_error=bool(result.is_error), text=text, data=result.structured_content or {})


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    sandbox: Sandbox,
    transport: httpx2.AsyncBaseTransport | None = None,
    mode: Era = "legacy",
    person: Person | None = None,
    now: Callable[[], float] = time.time,
) -> AsyncGenerator[Session]:
    """Open server and client with these settings; without a transport they lead over real sockets."""
    server = build_server(settings, transport=transport, now=now)
    ledger = ledger_of(settings)
    failed: AssertionError | None = None
    async with Client(server, mode=mode, elicitation_callback=person) as client:
        try:
            yield Session(
                client=client, server=server, settings=settings, sandbox=sandbox, person=person, ledger=ledger
            )
        except AssertionError as error:
            # Raised again outside, where no task group wraps it: a test's failure reads as what it is.
            failed = error
        finally:
            await ledger.close()
    if failed is not None:
        raise failed


@asynccontextmanager
async def connected(
    state_dir: Path,
    environ: Mapping[str, str] | None = None,
    *,
    mode: Era = "legacy",
    person: Person | None = None,
    sandbox: Sandbox | None = None,
    now: Callable[[], float] = time.time,
    **variables: str,
) -> AsyncGenerator[Session]:
    """Open a server over a sandbox (a fresh one where none is given) and a client to it.

    Without a `person` the client declares that it cannot ask anybody. `environ` and keywords in capitals
    are variables as `from_environ` reads them.
    """
    given = sandbox or Sandbox(SandboxSettings())
    settings = from_environ(
        {
            "EGOI_MCP_SANDBOX": "1",
            "EGOI_MCP_STATE_DIR": str(state_dir),
            # No test opens a window before whoever runs it.
            "EGOI_MCP_BROWSER": "off",
            **(environ or {}),
            **variables,
        }
    )
    async with opened(
        settings, sandbox=given, transport=given.transport(), mode=mode, person=person, now=now
    ) as session:
        yield session


def ledger_of(settings: Settings) -> SqliteStore:
    """What the terminal opens: another store on the same files, with the same key."""
    times = settings.action_times
    return SqliteStore(
        settings.state_dir,
        load_state_key(settings.state_dir),
        ActionTimes(
            proposal_seconds=times.proposal_seconds,
            approval_seconds=times.approval_seconds,
            decline_cooldown_seconds=times.decline_cooldown_seconds,
            duplicate_seconds=times.duplicate_seconds,
        ),
        time.time,
    )
