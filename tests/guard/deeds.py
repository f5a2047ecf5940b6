"""Plans carried out by the server that has no tool for them, and what an account looks like around a deed.

async with deeds(tmp_path) as session:
    done = await session.do(plan)                               as if a tool had made the plan
    undone = await session.call("undo_action", action_id=done.action_id)
changed(before, account(session.sandbox))                       what the two did to the account
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from mcp_types import InputRequiredResult

from egoi_mcp import server
from egoi_mcp.api.catalog import Api, JsonValue, Request, operation
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.reach import Reach
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.settings import Settings
from egoi_mcp.tools.tool import Tool, make_tool
from egoi_mcp.tools.vendor import Ctx, app_of
from tests.support import Called, Era, Person, Session, connected

Account = Mapping[tuple[str, ...], object]
"""Every member of an account by its path."""

# What records that something was done, and when: it stays, whatever is undone.
_RECORDS = frozenset(
    {"activities", "counters", "updated", "updated_at", "change_date", "created", "last_contact_id"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds(Session):
    """A session whose client can have any plan carried out."""

    plans: dict[str, Plan]

    async def do(self, plan: Plan) -> Called:
        """Have a plan carried out, as a tool does."""
        key = str(len(self.plans))
        self.plans[key] = plan
        return await self.call("do_plan", key=key)

    async def undo(self, done: Called, **arguments: object) -> Called:
        """Undo what a call has done."""
        return await self.call("undo_action", action_id=done.action_id, **arguments)


@asynccontextmanager
async def deeds(
    state_dir: Path,
    environ: Mapping[str, str] | None = None,
    *,
    mode: Era = "legacy",
    person: Person | None = None,
    sandbox: Sandbox | None = None,
) -> AsyncGenerator[Deeds]:
    """A session with `do`; the person approves everything where none is given."""
    plans: dict[str, Plan] = {}

    async def do_plan(ctx: Ctx, *, key: str) -> Outcome | InputRequiredResult:
        """Do a plan."""
        return await app_of(ctx).guard.carry_out(ctx, plans[key])

    tools_of = server.tools_of

    def with_do_plan(settings: Settings) -> list[Tool]:
        tool = make_tool(
            do_plan, title="Do", read_only=False, destructive=True, idempotent=False, open_world=True
        )
        return [*tools_of(settings), tool]

    variables = {"EGOI_MCP_TOOLSETS": "campaigns,sms,tags", "EGOI_ACCOUNT_TIMEZONE": "UTC", **(environ or {})}
    with patch.object(server, "tools_of", with_do_plan):
        async with connected(
            state_dir, variables, mode=mode, person=person or Person(), sandbox=sandbox
        ) as session:
            members = {name: getattr(session, name) for name in Session.__dataclass_fields__}
            yield Deeds(**members, plans=plans)


def detailed() -> Sandbox:
    """A sandbox that answers tag changes contact by contact."""
    return Sandbox(SandboxSettings(attach_tag_form="detailed"))


def request(api: Api, name: str, body: JsonValue = None, **path: str | int) -> Request:
    """A request of an operation."""
    return Request(operation=operation(api, name), path=path, body=body)


def plan_of(*requests: Request, recipients: int | None = 1, reach: Reach | None = None) -> Plan:
    """A plan that holds the requests, at the account that they are for."""
    api = requests[0].operation.api
    connection = "egoi" if api == "transactional" else api
    return Plan(
        connection=connection,
        requests=requests,
        recipients=recipients,
        reach=reach,
        preview=Preview(title="Do it", account=connection, recipients=recipients),
    )


def tag_plan(name: str, tag: int, *contacts: str, list_id: int = 1) -> Plan:
    """Attach a tag to contacts, or detach it."""
    body: JsonValue = {"tag_id": tag, "contacts": list(contacts)}
    return plan_of(request("egoi", name, body, list_id=list_id), recipients=len(contacts))


def in_an_hour() -> datetime:
    """A time to schedule something for."""
    return (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)


def scheduled(campaign: str, *, channel: str = "Sms", at: datetime | None = None) -> Plan:
    """Send a campaign of list 3 to the whole list, in an hour where no time is given."""
    at = at or in_an_hour()
    body: dict[str, JsonValue] = {"list_id": 3, "segments": {"type": "none"}}
    body |= {"destination_field": "email" if channel == "Email" else "cellphone"}
    body |= {"schedule_date": at.strftime("%Y-%m-%d %H:%M:%S")}
    send = request("egoi", f"actionSend{channel}", body, campaign_hash=campaign)
    return plan_of(send, recipients=12, reach=Reach(at=at.timestamp()))


def contacts(sandbox: Sandbox, status: str = "active", *, list_id: int = 1) -> list[str]:
    """Ids of a list's contacts in a status."""
    found = sandbox.world.egoi.lists[list_id].contacts.values()
    return [contact.contact_id for contact in found if contact.status == status]


def tagged(sandbox: Sandbox, tag: int, *, list_id: int = 1) -> set[str]:
    """Ids of a list's contacts that have a tag."""
    found = sandbox.world.egoi.lists[list_id].contacts.values()
    return {contact.contact_id for contact in found if tag in (contact.tags or [])}


def account(sandbox: Sandbox) -> Account:
    """Everything that the accounts hold and that people got, but for the records of what was done."""
    messages = [(each.recipient, each.text) for each in sandbox.effects.messages]
    held: dict[str, Any] = {
        "egoi": asdict(sandbox.world.egoi),
        "txtsync": asdict(sandbox.world.txtsync),
        "intercom": asdict(sandbox.world.intercom),
        "messages": messages,
    }
    return dict(_members((), held))


def _members(path: tuple[str, ...], value: object) -> list[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict) and value:
        found: list[tuple[tuple[str, ...], object]] = []
        for name, member in cast("dict[object, object]", value).items():
            if name not in _RECORDS:
                found += _members((*path, str(name)), member)
        return found
    if path[-1:] == ("tags",) and isinstance(value, list):
        # In which order somebody holds tags means nothing.
        return [(path, sorted(cast("list[int]", value)))]
    return [(path, value)]


def changed(before: Account, after: Account) -> dict[str, tuple[object, object]]:
    """What is not as it was: by its path, what it was and what it is."""
    return {
        ".".join(path): (before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    }
