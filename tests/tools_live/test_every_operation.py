"""Every operation of the catalogs, called once by its name, and refused with a fault in it."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
import pytest

from egoi_mcp.api.catalog import APIS, FrozenRequest, Operation, Request, match, operations
from egoi_mcp.api.fitting import is_object
from egoi_mcp.api.members import is_array
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.settings import from_environ
from tests.contract.vendor_documents import documents_of_the_environment
from tests.support import Person, Session, opened
from tests.support.valid import Arguments, mutated_arguments, valid_arguments
from tests.tools_live.live import as_frozen

pytestmark = pytest.mark.anyio

SEED = 3
MOST_FAULTS = 3
OWNER = {
    "EGOI_MCP_SANDBOX": "1",
    "EGOI_MCP_BROWSER": "off",
    "EGOI_MCP_TOOLSETS": "api",
    "EGOI_MCP_RATE_LIMIT": "100000/60",
    "EGOI_MCP_POLICY_UNSEEN_CONTENT": "confirm",
    "EGOI_MCP_POLICY_ALLOWED_HOSTS": "example.com,shop.example.com",
}
BASIS = {"legal_basis": "consent", "source": "a form"}
ADDRESSES = ("url", "callback", "href", "link", "hook", "feed", "image")
# What is looked up beside them has to be there.
GIVEN: dict[str, Arguments] = {
    "actionStartAutomation": Arguments(
        path={"list_id": 1},
        query={},
        body={"automation_id": 1, "action_id": 11, "contacts": ["0123456789"]},
    ),
}


class _Arrivals(httpx2.AsyncBaseTransport):
    """Takes the one request that is waited for, and leaves the look-ups around it to the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._behind = sandbox.transport()
        self.awaited: Operation | None = None
        self.arrived: list[FrozenRequest] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        frozen = as_frozen(request)
        entry = self.awaited
        if entry is None or match(frozen.api, frozen.method, frozen.target) != entry:
            return await self._behind.handle_async_request(request)
        self.arrived.append(frozen)
        status = min(entry.success)
        return (
            httpx2.Response(status)
            if status == HTTPStatus.NO_CONTENT
            else httpx2.Response(status, json={"id": "1"})
        )


@asynccontextmanager
async def arriving(state_dir: Path) -> AsyncGenerator[tuple[Session, _Arrivals]]:
    sandbox = Sandbox(SandboxSettings(rate_calls=100_000))
    arrivals = _Arrivals(sandbox)
    settings = from_environ({**OWNER, "EGOI_MCP_STATE_DIR": str(state_dir)})
    async with opened(settings, sandbox=sandbox, transport=arrivals, person=Person()) as session:
        yield session, arrivals


def reachable(value: Any, name: str = "") -> Any:
    """The value with each address leading to a host that the owner allows."""
    if is_object(value):
        return {key: reachable(each, key.lower()) for key, each in value.items()}
    if is_array(value):
        return [reachable(each, name) for each in value]
    is_address = isinstance(value, str) and any(part in name for part in ADDRESSES)
    return "https://example.com/x" if is_address else value


def written(entry: Operation, given: Arguments) -> dict[str, Any]:
    """The arguments of the tool."""
    held: object = given.body
    member = "items" if isinstance(held, list) else "body"
    arguments: dict[str, Any] = {"operation": f"{entry.api}:{entry.name}", "path": given.path}
    arguments |= {"query": given.query} if given.query else {}
    body: dict[str, Any] = {member: held} if held is not None else {}
    return arguments | body


def acceptable(entry: Operation, given: Arguments) -> dict[str, Any]:
    """The arguments of the tool with what the owner's policy asks for beside."""
    given = GIVEN.get(entry.name, given)
    body = reachable(given.body) if entry.has_body else given.body
    request = Request(operation=entry, path=given.path, query=given.query, body=body)
    arguments = written(entry, Arguments(path=given.path, query=given.query, body=body))
    return arguments | ({} if risk_of(request) is Risk.READ else BASIS)


async def test_every_operation_arrives_once_as_its_vendor_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Without the vendors' documents they are held against the catalog alone.
    documents = documents_of_the_environment()
    every = [entry for api in APIS for entry in operations(api)]
    failed: dict[str, str] = {}
    async with arriving(tmp_path) as (session, arrivals):
        for entry in every:
            arrivals.awaited = entry
            arrivals.arrived.clear()
            called = await session.call("call_operation", **acceptable(entry, valid_arguments(entry, SEED)))
            if len(arrivals.arrived) != 1:
                failed[f"{entry.api}:{entry.name}"] = f"{len(arrivals.arrived)} {called.text[:300]}"
            elif documents is not None:
                (frozen,) = arrivals.arrived
                problems = documents.check(frozen.method, frozen.api, frozen.target, frozen.body)
                failed |= {entry.name: str(problems)} if problems else {}
    with capsys.disabled():
        sys.stdout.write(f"\n{len(every) - len(failed)} of {len(every)} operations arrived\n")
    assert failed == {}, "\n".join(f"{name}: {why}" for name, why in failed.items())


async def test_no_operation_leaves_with_a_fault_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left: list[str] = []
    tried = 0
    async with arriving(tmp_path) as (session, arrivals):
        for entry in (entry for api in APIS for entry in operations(api)):
            arrivals.awaited = entry
            mutated = mutated_arguments(entry, valid_arguments(entry, SEED))
            # Parameters stand in an address, where a number is text anyway.
            faults = [each for each in mutated if each.kind != "a number as text"]
            for fault in faults[:: max(1, len(faults) // MOST_FAULTS)]:
                tried += 1
                called = await session.call("call_operation", **written(entry, fault.arguments))
                if not called.is_error or "Nothing was" not in called.text:
                    left.append(f"{entry.name}: {fault.kind} at {fault.where}: {called.text[:200]}")
        assert arrivals.arrived == []
        assert session.sandbox.effects.mutations == []
    with capsys.disabled():
        sys.stdout.write(f"\n{tried - len(left)} of {tried} faults refused before anything left\n")
    assert left == []
