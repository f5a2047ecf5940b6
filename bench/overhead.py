"""What does this server add to a call, over the call itself and over a bare MCP server that makes the same?

    python -m bench.overhead              five rounds of 200 calls in turn, and of 10 x 32 at once
    python -m bench.overhead --calls 50

One local vendor, a process of its own that answers every request with the same page of 25 campaigns, is
asked by three callers in turns, so that what else the machine does falls on all of them: a bare `httpx2`
client in this process; a bare `mcp` server on stdio, one tool of five lines that makes the same call with
`httpx2` and gives the page on; and `egoi-mcp` on stdio with `list_campaigns`, which validates, keeps the
call budget, weighs the risk, shapes the rows and says them as text. Both servers are driven over their pipes
by the same few lines, which read JSON and check nothing: what a host does with an answer is the host's time.

Whatever else a machine does can only add, so of the rounds the least counts. The exit code is 1 where the
median of calls one after the other is more than 2.0 ms above the bare call, or more than 1.15 times that of
the bare MCP server. The figures of 32 at once are printed beside it: there the time from one call's start to
its end holds the waiting for the 31 others.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import anyio
import httpx2
from anyio.abc import Process

from bench.startup import INITIALIZE, environment

ROUNDS, CALLS = 5, 200
AT_ONCE, BURSTS = 32, 10
WARM_UP = 20
MOST_ADDED_MS, MOST_RATIO = 2.0, 1.15
_ROWS = 25
_Call = Callable[[], Awaitable[object]]

CAMPAIGNS = json.dumps(
    {
        "total_items": _ROWS,
        "items": [
            {
                "campaign_hash": f"{number:032x}",
                "type": "sms",
                "internal_name": f"June {number}",
                "status": "draft",
                "list_id": 3,
                "created": "2026-06-01 10:00:00",
                "updated": "2026-06-01 10:00:00",
                "created_by": 7,
                "group": None,
                "archived": False,
            }
            for number in range(_ROWS)
        ],
    }
)

VENDOR = """
import asyncio, sys
body = sys.stdin.read().encode()
head = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body)
async def serve(reader, writer):
    try:
        while True:
            await reader.readuntil(b"\\r\\n\\r\\n")
            writer.write(head + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

BARE = """
import sys
import httpx2
from mcp.server.mcpserver import MCPServer
client = httpx2.AsyncClient(base_url=sys.argv[1], headers={"Apikey": "key"})
server = MCPServer("bare", log_level="ERROR")
@server.tool()
async def list_campaigns(limit: int = 25) -> dict[str, object]:
    '''List campaigns.'''
    answer = await client.get("/campaigns", params={"offset": 0, "limit": limit, "order": "desc"})
    return answer.raise_for_status().json()
server.run()
"""


@dataclass(frozen=True, slots=True)
class Round:
    """Medians of one round in milliseconds: of the bare call, the bare server's and this server's."""

    call: float
    bare: float
    ours: float

    @property
    def added(self) -> float:
        """What this server takes more than the bare call."""
        return self.ours - self.call

    @property
    def ratio(self) -> float:
        """This server's time over the bare server's."""
        return self.ours / self.bare

    def __str__(self) -> str:
        return (
            f"bare call {self.call:.2f} ms, bare MCP server {self.bare:.2f} ms, egoi-mcp {self.ours:.2f} ms: "
            f"{self.added:.2f} ms added, {self.ratio:.2f} times the bare server"
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and judge; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--calls", type=int, default=CALLS, help=f"calls one after the other in a round (default {CALLS})"
    )
    calls = max(10, parser.parse_args(argv).calls)
    in_turn, at_once = anyio.run(_measure, calls)
    for said, rounds in ((f"{calls} one after the other", in_turn), (f"{AT_ONCE} at once", at_once)):
        rounds.sort(key=lambda each: each.added)
        others = ", ".join(f"{each.added:.2f} ms ({each.ratio:.2f})" for each in rounds[1:])
        print(f"{said}: {rounds[0]}; the other rounds {others}")
    added = min(each.added for each in in_turn)
    ratio = min(each.ratio for each in in_turn)
    print(f"added {added:.2f} ms (at most {MOST_ADDED_MS}), ratio {ratio:.2f} (at most {MOST_RATIO})")
    return 0 if added <= MOST_ADDED_MS and ratio <= MOST_RATIO else 1


async def _measure(calls: int) -> tuple[list[Round], list[Round]]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="egoi-mcp-bench-"))
        origin = await stack.enter_async_context(_vendor())
        http = await stack.enter_async_context(httpx2.AsyncClient(base_url=origin, headers={"Apikey": "key"}))
        bare = await stack.enter_async_context(_server(["-c", BARE, origin], environment(folder)))
        ours = await stack.enter_async_context(
            _server(
                ["-m", "egoi_mcp"],
                {
                    **environment(folder),
                    "EGOI_BASE_URL": origin,
                    "EGOI_MCP_RATE_LIMIT": "2000/1",
                },
            )
        )

        async def the_call() -> object:
            answer = await http.get("/campaigns", params={"offset": 0, "limit": _ROWS, "order": "desc"})
            return answer.raise_for_status().json()

        callers: tuple[_Call, ...] = (the_call, _tool(bare), _tool(ours))
        for _ in range(WARM_UP):
            for call in callers:
                await call()
        in_turn = [await _in_turn(callers, calls) for _ in range(ROUNDS)]
        return in_turn, [await _at_once(callers) for _ in range(ROUNDS)]


async def _in_turn(callers: Sequence[_Call], calls: int) -> Round:
    times: list[list[float]] = [[] for _ in callers]
    for _ in range(calls):
        for call, spent in zip(callers, times, strict=True):
            spent.append(await _timed(call))
    return Round(*map(statistics.median, times))


async def _at_once(callers: Sequence[_Call]) -> Round:
    times: list[list[float]] = [[] for _ in callers]

    async def timed(call: _Call, spent: list[float]) -> None:
        spent.append(await _timed(call))

    for _ in range(BURSTS):
        for call, spent in zip(callers, times, strict=True):
            async with anyio.create_task_group() as tasks:
                for _ in range(AT_ONCE):
                    tasks.start_soon(timed, call, spent)
    return Round(*map(statistics.median, times))


async def _timed(call: _Call) -> float:
    start = time.perf_counter()
    await call()
    return (time.perf_counter() - start) * 1000


class _Server:
    """A server on stdio, and its answers by the id of what was asked."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._waiting: dict[int, tuple[anyio.Event, list[dict[str, Any]]]] = {}
        self._next = 0

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of one request."""
        self._next += 1
        number = self._next
        answered: list[dict[str, Any]] = []
        event = anyio.Event()
        self._waiting[number] = (event, answered)
        await self.tell({"id": number, "method": method, "params": params})
        await event.wait()
        return cast("dict[str, Any]", answered[0]["result"])

    async def tell(self, message: dict[str, Any]) -> None:
        """Write one message."""
        if self._process.stdin is None:
            raise RuntimeError("the server has no stdin")
        await self._process.stdin.send(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    async def read(self) -> None:
        """Hand out the answers until the server's stdout ends."""
        rest = b""
        if self._process.stdout is None:
            raise RuntimeError("the server has no stdout")
        async for chunk in self._process.stdout:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                message = cast("dict[str, Any]", json.loads(line))
                if (waiting := self._waiting.pop(message.get("id", 0), None)) is not None:
                    waiting[1].append(message)
                    waiting[0].set()


def _tool(server: _Server) -> _Call:
    async def call() -> object:
        result = await server.ask("tools/call", {"name": "list_campaigns", "arguments": {"limit": _ROWS}})
        if result.get("isError"):
            raise RuntimeError(f"the call failed: {result['content']}")
        return result

    return call


@asynccontextmanager
async def _vendor() -> AsyncGenerator[str]:
    """The vendor's origin, while its process runs."""
    async with await anyio.open_process([sys.executable, "-c", VENDOR], stderr=None) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the vendor has no pipes")
        await process.stdin.send(CAMPAIGNS.encode())
        await process.stdin.aclose()
        port = (await process.stdout.receive()).decode().strip()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@asynccontextmanager
async def _server(arguments: Sequence[str], environ: dict[str, str]) -> AsyncGenerator[_Server]:
    """A server on stdio, its first words with its client said."""
    async with await anyio.open_process([sys.executable, *arguments], env=environ, stderr=None) as process:
        server = _Server(process)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.read)
            await server.ask("initialize", INITIALIZE)
            await server.tell({"method": "notifications/initialized"})
            try:
                yield server
            finally:
                process.kill()


if __name__ == "__main__":
    raise SystemExit(main())
