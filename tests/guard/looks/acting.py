"""Any operation carried out through the server with its reply lost, and looked for by `check_action`."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import httpx2
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, TextContent

from egoi_mcp.api.catalog import Api, Request, operation
from egoi_mcp.app import App
from egoi_mcp.guard.action import Action, Content, Plan
from egoi_mcp.guard.reconcile import Reconciler
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.sandbox import Fault, Sandbox, SandboxSettings
from egoi_mcp.sandbox.faults import FaultKind
from egoi_mcp.sandbox.state import TransactionalMessage
from egoi_mcp.settings import Provider, from_environ
from tests.support import Called, Person, Session, opened

ENOUGH = 200.0
"""Seconds after which absence means something."""
_UP_SECONDS = 30 * 86_400.0
"""How long the servers have been up, so that they believe the rows that `let_pass` makes older."""
LOOKING_POSTS = {"POST /contacts/search"}
"""What only looks although it is a POST."""
HAPPENED: FaultKind = "reset_after"
DID_NOT: FaultKind = "reset_before"


@dataclass(frozen=True, slots=True)
class Deed:
    """One request by its operation; `path`, `query` and `body` as in `Request`."""

    name: str
    body: Any = None
    path: Mapping[str, str | int] | None = None
    api: Api = "egoi"


@dataclass(frozen=True, slots=True)
class Acting:
    """A session that can carry out any deed."""

    session: Session

    @property
    def sandbox(self) -> Sandbox:
        """The vendors."""
        return self.session.sandbox

    async def do(self, *deeds: Deed, content: Content | None = None) -> Called:
        """Carry out an action of these requests, after a person's yes."""
        specs = [
            {"api": each.api, "name": each.name, "path": dict(each.path or {}), "body": each.body}
            for each in deeds
        ]
        channel = "" if content is None else content.channel
        return await self.session.call("carry_out_requests", requests=json.dumps(specs), channel=channel)

    async def lose(
        self, deed: Deed, kind: FaultKind, *, content: Content | None = None, passed: float = 0.0
    ) -> str:
        """Carry out a deed whose reply is lost, and let time pass; the action's id."""
        self.sandbox.faults.add(Fault(kind=kind, match=deed.name))
        told = await self.do(deed, content=content)
        assert told.status == "unknown", told
        self.session.rows.let_pass(passed)
        return told.action_id

    async def check(self, action_id: str) -> Called:
        """Ask `check_action`, and see that nothing but reading reached the vendor."""
        before, size = self.sandbox.requests.by_route(), self.sandbox.effects.size
        told = await self.session.call("check_action", action_id=action_id)
        after = self.sandbox.requests.by_route()
        asked = {route for route, count in after.items() if count > before.get(route, 0)}
        assert {route.partition(" ")[0] for route in asked - LOOKING_POSTS} <= {"GET"}
        assert self.sandbox.effects.size == size
        return told

    async def settled(self, deed: Deed, kind: FaultKind, *, passed: float = 0.0) -> Called:
        """Lose a deed's reply and look for it."""
        return await self.check(await self.lose(deed, kind, passed=passed))

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the rows and for the messages that the vendor has."""
        self.session.rows.let_pass(seconds)
        for message in self.sandbox.world.transactional.messages.values():
            message.created -= seconds

    def outside(self, to: str, words: str, *, apart: float = 0.0, **members: Any) -> str:
        """A message that somebody else sent through the vendor, so many seconds from now; its id."""
        number = self.sandbox.world.egoi.next_id("transactional_message")
        plain: dict[str, Any] = {"sender_id": "501", "group": "default", "status": "delivered", "parts": 1}
        self.sandbox.world.transactional.messages[number] = TransactionalMessage(
            id=number,
            to=to,
            text=words,
            created=self.sandbox.clock.now() + apart,
            **(plain | members),
        )
        return str(number)

    async def action(self, action_id: str) -> Action:
        """The action as its row has it."""
        found = await self.session.ledger.get(action_id)
        assert found is not None
        return found


@asynccontextmanager
async def acting(
    state_dir: Path,
    *,
    sandbox: Sandbox | None = None,
    zone: str | None = "UTC",
    toolsets: str = "tags",
    quirk: Callable[[Sandbox], httpx2.AsyncBaseTransport] = Sandbox.transport,
    **variables: str,
) -> AsyncGenerator[Acting]:
    """A server that can carry out any deed; `zone` is the account's as its owner said it.

    `quirk` makes the way to the sandbox, such as a `Quirk` that changes what goes through.
    """
    environ = {
        "EGOI_MCP_SANDBOX": "1",
        "EGOI_MCP_STATE_DIR": str(state_dir),
        "EGOI_MCP_TOOLSETS": toolsets,
        **({} if zone is None else {"EGOI_ACCOUNT_TIMEZONE": zone}),
        **variables,
    }
    given = sandbox or Sandbox(SandboxSettings())
    settings = from_environ(environ)
    async with AsyncExitStack() as stack:
        with patch("egoi_mcp.guard.guard.Reconciler", partial(Reconciler, up_for=_UP_SECONDS)):
            session = await stack.enter_async_context(
                opened(settings, sandbox=given, transport=quirk(given), person=Person())
            )
        session.server.add_tool(carry_out_requests, structured_output=False)
        yield Acting(session)


class Quirk(httpx2.AsyncBaseTransport):
    """The way to a vendor that reads or writes its lists in its own manner.

    `deaf_to` are query parameters that it does not heed, `row` changes each row of the list of messages.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        deaf_to: tuple[str, ...] = (),
        row: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    ) -> None:
        self._way = sandbox.transport()
        self._deaf_to = deaf_to
        self._row = row

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request on, and bring back its reply."""
        if request.method != "GET":
            return await self._way.handle_async_request(request)
        kept = [pair for pair in request.url.params.multi_items() if pair[0] not in self._deaf_to]
        asked = httpx2.Request(
            "GET",
            request.url.copy_with(params=kept),
            headers=request.headers,
            extensions=request.extensions,
        )
        reply = await self._way.handle_async_request(asked)
        data = json.loads(await reply.aread())
        if request.url.path.endswith("/sms/messages"):
            data = [self._row(each) for each in cast("list[dict[str, Any]]", data)]
        return httpx2.Response(reply.status_code, json=data)


async def carry_out_requests(ctx: Context[Any, Any], requests: str, channel: str = "") -> Any:
    """Carry out requests that no tool has: a list of api, name, path and body, as JSON."""
    app = cast("App", ctx.request_context.lifespan_context)
    specs = json.loads(requests)
    made = tuple(
        Request(operation=operation(each["api"], each["name"]), path=each["path"], body=each["body"])
        for each in specs
    )
    api: Api = specs[0]["api"]
    provider: Provider = "egoi" if api == "transactional" else api
    client = app.client(provider)
    content = Content(channel=channel, title="Sale", text="Sale today") if channel else None
    plan = Plan(
        connection=client.connection.name,
        requests=made,
        recipients=1,
        content=content,
        preview=Preview(title="Do it", account="test", recipients=1),
    )
    outcome = await app.guard.carry_out(ctx, plan)
    assert isinstance(outcome, Outcome)
    return CallToolResult(
        content=[TextContent(type="text", text=outcome.as_text())],
        structured_content=outcome.model_dump(mode="json", exclude_none=True),
        is_error=outcome.is_error,
    )
