"""A vendor that is watched, two servers on one state directory, and the oracle over both.

`Watch` sees every request before the vendor does. What does more than read must be what a person approved:
the same bytes, at the same address, on the same account, pointing at the same words, and once. It goes by
the frozen bytes as they were before anything was changed, and by nothing that the servers say.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import anyio
import httpx2

from egoi_mcp.api.catalog import Api, FrozenRequest, Request, thaw
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.app import App, open_app
from egoi_mcp.errors import EgoiMcpError, InvalidInput
from egoi_mcp.guard.action import Action, Channel, Plan, State
from egoi_mcp.guard.asking import Ctx
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.guard.drafting import Drafter
from egoi_mcp.guard.judging import Judge
from egoi_mcp.guard.observing import Observer
from egoi_mcp.guard.owners import Owner
from egoi_mcp.guard.witnesses import Witness
from egoi_mcp.models.preview import Preview
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.settings import Settings
from egoi_mcp.store.protocol import Decision
from tests.support import Rows

if TYPE_CHECKING:
    from egoi_mcp.guard.action import Content, Draft

RATE = "200/0.01"
"""A call budget that holds nothing up; the file of a larger one takes long to read."""
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Deed:
    """A request with all that it means at the vendor: whose account, and the words that it points at."""

    account: str
    frozen: FrozenRequest
    words: str


class Watch(httpx2.AsyncBaseTransport):
    """The way to a sandbox that notes each request which does more than read.

    `meanwhile` is called once, at the next of them, before the vendor answers it.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.arrived: list[Deed] = []
        self.meanwhile: Callable[[], object] | None = None
        self._inner = sandbox.transport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Note a request and lead it on."""
        body = await request.aread()
        target = request.url.raw_path.decode("ascii")
        origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        frozen = FrozenRequest(_api(request.headers, target), request.method, origin, target, body)
        if _changes(frozen):
            self.arrived.append(self.deed(frozen))
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile is not None:
                meanwhile()
        return await self._inner.handle_async_request(request)

    def deed(self, frozen: FrozenRequest) -> Deed:
        """What a request would mean at this moment."""
        world = self.sandbox.world
        account = {"egoi": world.egoi.client_id, "transactional": world.egoi.client_id}.get(frozen.api, "")
        words = ""
        with suppress(InvalidInput):
            path = thaw(frozen).path
            campaign = world.egoi.campaigns.get(str(path.get("campaign_hash")))
            if campaign is not None and frozen.api == "egoi":
                shown = (campaign.title, campaign.sender_id, campaign.subject, campaign.content)
                words = json.dumps(shown, sort_keys=True, default=str)
        return Deed(account, frozen, words)


def _api(headers: Mapping[str, str], target: str) -> Api:
    if "apikey" in headers:
        return "transactional" if target.startswith("/api/v2/") else "egoi"
    return "txtsync" if headers.get("authorization", "").startswith("Basic") else "intercom"


def _changes(frozen: FrozenRequest) -> bool:
    try:
        return risk_of(thaw(frozen)) > Risk.READ
    except InvalidInput:
        # No request of the catalog: nobody can have approved it, whatever it does.
        return True


@dataclass(slots=True)
class Oracle:
    """What was approved and not sent yet, against what arrived."""

    watch: Watch
    allowed: Counter[Deed] = field(default_factory=Counter[Deed])
    judged: int = 0

    def approve(self, *requests: FrozenRequest) -> None:
        """A person approved these, as they are and mean now."""
        self.allowed.update(self.watch.deed(each) for each in requests)

    def withdraw(self) -> None:
        """Nothing is approved any more."""
        self.allowed.clear()

    def left(self) -> int:
        """How many approved requests have not arrived."""
        return self.allowed.total()

    def new(self) -> list[str]:
        """What arrived since the last time and nobody approved, described."""
        wrong: list[str] = []
        for deed in self.watch.arrived[self.judged :]:
            if self.allowed[deed] > 0:
                self.allowed[deed] -= 1
            else:
                wrong.append(f"{deed.frozen.method} {deed.frozen.origin}{deed.frozen.target} {deed.words}")
        self.judged = len(self.watch.arrived)
        return wrong


@dataclass(slots=True, kw_only=True)
class World:
    """Everything around one state directory; `first` is the server that proposes."""

    settings: Settings
    watch: Watch
    oracle: Oracle
    first: App
    second: App
    drafter: Drafter
    db: sqlite3.Connection
    senders: tuple[Witness, ...] = ()
    owners: tuple[str, ...] = ()

    @property
    def rows(self) -> Rows:
        """The state file."""
        return Rows(self.settings.state_dir)

    @property
    def servers(self) -> tuple[App, App]:
        """Both servers."""
        return self.first, self.second

    async def draft(
        self, *requests: Request, connection: str = "egoi", content: Content | None = None
    ) -> Draft:
        """A draft of the requests, as a tool's plan becomes one."""
        preview = Preview(title="Do it", account=f"{connection} account", recipients=1, message="Hello")
        plan = Plan(
            connection=connection,
            requests=requests,
            preview=preview,
            recipients=1,
            content=content,
            witnesses=self.senders,
        )
        return await self.drafter.draft(nobody(), plan)

    async def propose(self, draft: Draft) -> Action:
        """The row of a draft."""
        return (await self.first.store.propose(draft)).action

    async def approve(
        self, action: Action, *, by: str = "owner", channel: Channel = Channel.TERMINAL
    ) -> None:
        """A person approves what they were shown: `action` as it was then, whatever its row says by now."""
        decision = Decision(state=State.APPROVED, channel=channel, by=by, named=True)
        with suppress(EgoiMcpError):
            await self.first.store.decide(action.id, decision)
        self.oracle.approve(*(step.frozen for step in action.steps))

    async def drive(self, *server: App) -> None:
        """Let the servers do all that they would do with what is in the file."""
        with anyio.fail_after(_PATIENCE_SECONDS):
            for app in server or self.servers:
                approved = self._in_state("approved")
                for action_id in approved:
                    app.guard.executor.start(action_id)
                await _quiet(app, approved)
                if executing := self._in_state("executing"):
                    with suppress(EgoiMcpError):
                        await app.guard.recover()
                    await _quiet(app, executing)

    def _in_state(self, state: str) -> list[str]:
        found = self.db.execute("SELECT id FROM actions WHERE state = ?", (state,))
        return [row[0] for row in found if isinstance(row[0], str)]

    async def knock(self, requests: tuple[FrozenRequest, ...], ids: tuple[str, ...]) -> None:
        """Try the door itself with these bytes under these actions."""
        for app in self.servers:
            for client in app.clients.values():
                for frozen in requests:
                    for action_id in ids:
                        with suppress(EgoiMcpError):
                            await client.execute(frozen, action_id)


async def _quiet(app: App, ids: list[str]) -> None:
    for action_id in ids:
        ended = app.guard.executor.ended(action_id)
        if ended is not None:
            await ended.wait()


def nobody() -> Ctx:
    """A call of a client that cannot ask anybody."""
    session = SimpleNamespace(client_params=None)
    return cast("Ctx", SimpleNamespace(session=session, request_context=SimpleNamespace(request=None)))


@asynccontextmanager
async def world(settings: Settings) -> AsyncGenerator[World]:
    """Open the servers over a fresh vendor."""
    sandbox = Sandbox(SandboxSettings(rate_calls=1_000_000))
    watch = Watch(sandbox)
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_app(settings, transport=watch))
        second = await stack.enter_async_context(open_app(settings, transport=watch))
        key = load_state_key(settings.state_dir)
        owner = Owner(settings.state_dir)
        stack.callback(owner.release)
        observer = Observer(first.store, first.clients)
        db = sqlite3.connect(settings.state_dir / "actions.sqlite3", timeout=30, isolation_level=None)
        stack.callback(db.close)
        db.execute("PRAGMA synchronous = OFF")
        yield World(
            settings=settings,
            watch=watch,
            oracle=Oracle(watch),
            first=first,
            second=second,
            drafter=Drafter(first.clients, observer, Judge(settings, first.store, key), key=key, owner=owner),
            db=db,
        )


def loosen(db: sqlite3.Connection) -> None:
    """Take the types and the not-nulls out of the file's tables, as whoever can write the file can."""
    db.execute("PRAGMA writable_schema = ON")
    db.execute(
        """UPDATE sqlite_master SET sql =
           replace(replace(replace(sql, 'STRICT,', ''), 'STRICT', ''), 'NOT NULL', '') WHERE type = 'table'"""
    )
    (version,) = db.execute("PRAGMA schema_version").fetchone()
    db.execute(f"PRAGMA schema_version = {version + 1}")
    db.execute("PRAGMA writable_schema = OFF")
