"""What does the guard add to a call, over its store's waiting for the disk?

    python -m bench.guard               five rounds of 100 guarded sends and 100 bare ones, twice
    python -m bench.guard --actions 40

A guarded send is proposed, judged, approved by policy (`confirm = off` within its caps), claimed, sent
and recorded, its account and its sender looked at again before the claim; a bare one is the same three
calls to the vendor, through the same call budget and HTTP client and nothing else. Both go to a vendor
in this process that answers at once, in turns, so that what else the machine does falls on both.

With `synchronous = OFF` SQLite does everything but wait for the disk, so the difference of the medians is
all that the guard adds, its store's work and thread included. Whatever else a machine does can only add to
that, so of the rounds the one with the least counts; more than 3 ms exits with 1. Printed beside it are the
other rounds, how much of it are the store's transactions, and the same as it runs, with every fsync.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import httpx2

from egoi_mcp.api.catalog import Request, freeze, operation
from egoi_mcp.api.wire import Wire
from egoi_mcp.app import App, open_app
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.asking import Ctx
from egoi_mcp.guard.digest import message_fingerprints
from egoi_mcp.guard.witnesses import sender_witness
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.settings import Settings, from_environ
from egoi_mcp.store import database

ROUNDS, ACTIONS = 5, 100
WARM_UP = 20
MOST_ADDED_MS = 3.0
SENDER = {"id": "501", "name": "ACME", "phoneNumber": "351-900000900", "senderStatus": "confirmed"}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and judge; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--actions", type=int, default=ACTIONS, help=f"sends of each kind a round (default {ACTIONS})"
    )
    actions = max(10, parser.parse_args(argv).actions)
    added: dict[str, float] = {}
    for mode, said in (("OFF", "without waiting for the disk"), ("FULL", "as it runs")):
        rounds = sorted((_round(actions, mode) for _ in range(ROUNDS)), key=lambda each: each.added)
        least = rounds[0]
        added[mode] = least.added
        others = ", ".join(f"{each.added:.2f}" for each in rounds[1:])
        print(
            f"{said} (synchronous = {mode}), {ROUNDS} rounds of {actions} each: guarded {least.guarded:.2f} "
            f"ms, bare {least.bare:.2f} ms, added {least.added:.2f} ms, of which the store's transactions "
            f"{least.stored:.2f} ms; the other rounds {others}"
        )
    print(f"over its store's own fsync the guard adds {added['OFF']:.2f} ms (at most {MOST_ADDED_MS})")
    return 0 if added["OFF"] <= MOST_ADDED_MS else 1


@dataclass(frozen=True, slots=True)
class Round:
    """Medians of one round, in milliseconds."""

    guarded: float
    bare: float
    stored: float

    @property
    def added(self) -> float:
        """What a guarded send takes more than a bare one."""
        return self.guarded - self.bare


def _round(actions: int, synchronous: str) -> Round:
    return Round(*(statistics.median(each) for each in measure(actions, synchronous)))


Times = tuple[list[float], list[float], list[float]]


def measure(actions: int, synchronous: str) -> Times:
    """Milliseconds of each guarded and each bare send, in turns, and of each guarded one's transactions."""
    with tempfile.TemporaryDirectory(prefix="egoi-mcp-bench-") as folder:
        return anyio.run(_measure, actions, synchronous, Path(folder))


async def _measure(actions: int, synchronous: str, folder: Path) -> Times:
    settings = _settings(folder)
    transport = httpx2.MockTransport(_answer)
    guarded: list[float] = []
    bare: list[float] = []
    stored: list[float] = []
    async with open_app(settings, transport=transport) as app:
        _set_synchronous(app, synchronous)
        spent = _watched(app)
        wire = Wire(timeouts=settings.timeouts, transport=transport)
        for number in range(-WARM_UP, actions):
            spent.clear()
            seconds = await _timed(_guarded(app, number + WARM_UP))
            bare_seconds = await _timed(_bare(app, wire, number + WARM_UP))
            if number >= 0:
                stored.append(sum(spent) * 1000)
                guarded.append(seconds * 1000)
                bare.append(bare_seconds * 1000)
        await wire.aclose()
    return guarded, bare, stored


async def _timed(call: Awaitable[object]) -> float:
    gc.disable()
    start = time.perf_counter()
    await call
    seconds = time.perf_counter() - start
    gc.enable()
    return seconds


async def _guarded(app: App, number: int) -> None:
    request = _request(number)
    plan = Plan(
        connection="egoi",
        requests=(request,),
        recipients=1,
        # As the tool does, which has read the senders to find this one.
        witnesses=(sender_witness("message sender", "501", [SENDER]),),
        fingerprints=message_fingerprints("sms", [_phone(number)], "Your order is ready"),
        preview=Preview(
            title="Send 1 SMS", account="egoi 700001", recipients=1, message="Your order is ready"
        ),
    )
    outcome = await app.guard.carry_out(_context(), plan)
    if not isinstance(outcome, Outcome) or outcome.status != "succeeded":
        raise RuntimeError(f"the guarded send did not go out: {outcome}")


async def _bare(app: App, wire: Wire, number: int) -> None:
    client = app.clients["egoi"]
    account = Request(operation=operation("egoi", "getMyAccount"))
    look = Request(operation=operation("transactional", "getSmsSenders"))
    for request, status in ((account, 200), (look, 200), (_request(number), 201)):
        frozen = freeze(request, client.connection.origins[request.operation.api])
        async with client.budget.slot("interactive"):
            answer = await wire.exchange(frozen, {"ApiKey": "key", "Content-Type": "application/json"})
        if answer.status != status:
            raise RuntimeError(f"the bare send did not go out: {answer}")


def _request(number: int) -> Request:
    message = {"to": f"351-{_phone(number)[4:]}", "from": "501", "textBody": "Your order is ready"}
    body = [{**message, "encoding": "gsm0338", "maxCount": 1}]
    return Request(operation=operation("transactional", "sendSmsMessages"), body=cast(Any, body))


def _phone(number: int) -> str:
    return f"+3519{number:08d}"


def _answer(request: httpx2.Request) -> httpx2.Response:
    if request.url.path == "/my-account":
        return httpx2.Response(200, json={"general_info": {"client_id": 700001}})
    if request.url.path == "/api/v2/sms/senders":
        return httpx2.Response(200, json=[SENDER])
    return httpx2.Response(201, json=[{"messageId": "1"}])


def _settings(folder: Path) -> Settings:
    return from_environ(
        {
            "EGOI_API_KEY": "bench",
            "EGOI_MCP_STATE_DIR": str(folder),
            "EGOI_MCP_RATE_LIMIT": "10000/1",
            "EGOI_MCP_CONFIRM": "off",
            "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "1",
            "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "999999",
        }
    )


def _context() -> Ctx:
    """A call from a client that cannot ask anybody; policy approves."""
    nobody = SimpleNamespace(client_params=None)
    there = SimpleNamespace(request=None)
    return cast(
        Ctx,
        SimpleNamespace(
            request_context=there,
            session=nobody,
            request_state=None,
            client_capabilities=None,
            protocol_version="2025-11-25",
        ),
    )


def _watched(app: App) -> list[float]:
    """The seconds of each transaction that a guarded send waits for, as they come."""
    spent: list[float] = []
    store = cast(Any, app.store)
    for name in ("propose", "decide", "claim", "claim_step", "finish_step", "finish"):
        setattr(store, name, _noting(getattr(store, name), spent))
    return spent


def _noting(call: Callable[..., Awaitable[object]], spent: list[float]) -> Callable[..., Awaitable[object]]:
    async def noted(*args: object, **kwargs: object) -> object:
        start = time.perf_counter()
        try:
            return await call(*args, **kwargs)
        finally:
            spent.append(time.perf_counter() - start)

    return noted


def _set_synchronous(app: App, mode: str) -> None:
    """Set how SQLite waits for the disk, on the store's own connection."""
    file = cast(Any, app.store)._file
    if not isinstance(file, database.Database):
        raise TypeError("the store keeps no SQLite file")
    file.connection().execute(f"PRAGMA synchronous = {mode}")


if __name__ == "__main__":
    sys.exit(main())
