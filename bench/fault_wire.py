"""A small MCP client that speaks to a server process in raw lines, in both of the protocol's eras.

A real client hides what this bench is about: it never says the same line twice, posts an answer once, and
does not tell when its server is gone.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Era = Literal["legacy", "modern"]
Answerer = Callable[[str, bool], Awaitable[Sequence[Mapping[str, Any]]]]
"""From a question, and whether the form wants the number of recipients, to the answers that go back: none,
one, or the same several times."""

PATIENCE_SECONDS = 25.0
"""How long any one call may take; longer than the servers' own limit for a whole call."""
_MOST_LINE_BYTES = 16 * 1024 * 1024
_ACTION_ID = re.compile(r"act_[a-z0-9]+")
_CLIENT = {"name": "fault-bench", "version": "1"}
_CAPABILITIES: dict[str, Any] = {"elicitation": {"form": {}}}
_META = "io.modelcontextprotocol/"
_MODERN_META = {
    f"{_META}protocolVersion": "2026-07-28",
    f"{_META}clientInfo": _CLIENT,
    f"{_META}clientCapabilities": _CAPABILITIES,
}
_INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": _CAPABILITIES, "clientInfo": _CLIENT}


class Gone(Exception):
    """The server ended, or did not answer in time: what became of the call is not known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a call came to.

    `status`: a guarded tool's status; else "question" (the newer protocol asks so), "error" (the tool
    failed), "refused" (the protocol did) or "cancelled".
    """

    status: str
    action_id: str = ""
    text: str = ""
    ids: tuple[str, ...] = ()
    duplicate_of: str = ""
    request_state: str = ""
    wants_count: bool = False


@dataclass(slots=True)
class Pending:
    """A call under way."""

    id: int
    line: bytes
    reply: asyncio.Future[dict[str, Any]]


@dataclass(slots=True)
class Server:
    """One server process and the pipes to it."""

    slot: int
    era: Era
    process: asyncio.subprocess.Process
    answerer: Answerer
    patience_seconds: float = PATIENCE_SECONDS
    progress: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What the server told of its progress, oldest first."""
    stderr: list[str] = field(default_factory=list[str])
    _last_id: int = 0
    _pending: dict[int, asyncio.Future[dict[str, Any]]] = field(
        default_factory=dict[int, asyncio.Future[dict[str, Any]]]
    )
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once stdout has ended."""

    @classmethod
    async def start(
        cls,
        slot: int,
        era: Era,
        environ: Mapping[str, str],
        clock: Path,
        answerer: Answerer,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> Server:
        """Start a server as a host does, and greet it.

        Raises:
            Gone: it ended at once.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.fault_clock", str(clock)),
            env=environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_MOST_LINE_BYTES,
        )
        server = cls(slot, era, process, answerer, patience_seconds)
        server._spawn(server._read())
        server._spawn(server._read_errors())
        if era == "legacy":
            await server._reply_to(server._post("initialize", _INITIALIZE))
            server._write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        else:
            await server._reply_to(server._post("tools/list", {}))
        return server

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def begin(
        self,
        tool: str,
        arguments: Mapping[str, object],
        *,
        answer: Mapping[str, Any] | None = None,
        request_state: str = "",
    ) -> Pending:
        """Send a call, or the leg of it that brings the answer to a question."""
        params: dict[str, Any] = {"name": tool, "arguments": arguments}
        if answer is not None:
            params |= {"inputResponses": {"approve": answer}, "requestState": request_state}
        return self._post("tools/call", params)

    async def end_of(self, pending: Pending) -> Told:
        """Wait for a call's reply.

        Raises:
            Gone: there will be none.
        """
        return _told(await self._reply_to(pending))

    async def call(self, tool: str, arguments: Mapping[str, object]) -> Told:
        """Call a tool that asks nothing.

        Raises:
            Gone: no reply came.
        """
        return await self.end_of(self.begin(tool, arguments))

    def say_again(self, pending: Pending) -> None:
        """Write the very same line once more."""
        self._write_line(pending.line)

    def cancel(self, pending: Pending) -> None:
        """Cancel a call; no reply comes then, so it counts as answered."""
        params = {"requestId": pending.id, "reason": "the user stopped it"}
        self._write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
        if not pending.reply.done():
            pending.reply.set_result({"cancelled": True})

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal, if it still runs."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    def end_stdin(self) -> None:
        """Close its stdin, as a host does that ends."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    async def ended(self) -> int:
        """Wait for the end of the process; its exit code, negative for a signal."""
        code = await self.process.wait()
        await self.over.wait()
        return code

    def _post(self, method: str, params: Mapping[str, Any]) -> Pending:
        self._last_id += 1
        meta: dict[str, Any] = {"progressToken": self._last_id} if method == "tools/call" else {}
        if self.era == "modern":
            meta |= _MODERN_META
        message = {
            "jsonrpc": "2.0",
            "id": self._last_id,
            "method": method,
            "params": {**params, **({"_meta": meta} if meta else {})},
        }
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        pending = Pending(self._last_id, json.dumps(message).encode() + b"\n", reply)
        if self.over.is_set():
            reply.cancel()
        else:
            self._pending[pending.id] = reply
            self._write_line(pending.line)
        return pending

    async def _reply_to(self, pending: Pending) -> dict[str, Any]:
        done, _ = await asyncio.wait({pending.reply}, timeout=self.patience_seconds)
        self._pending.pop(pending.id, None)
        if not done or pending.reply.cancelled():
            raise Gone
        return pending.reply.result()

    def _write(self, message: Mapping[str, Any]) -> None:
        self._write_line(json.dumps(message).encode() + b"\n")

    def _write_line(self, line: bytes) -> None:
        stdin = self.process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(line)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - a pipe was asked for
        while line := await self.process.stdout.readline():
            message = json.loads(line)
            if "method" not in message:
                reply = self._pending.pop(message.get("id"), None)
                # The second reply to a line that was said twice finds nobody any more.
                if reply is not None and not reply.done():
                    reply.set_result(message)
            elif message["method"] == "notifications/progress":
                self.progress.append(message["params"])
            elif message["method"] == "elicitation/create":
                self._spawn(self._answer(message))
        self.over.set()
        for reply in self._pending.values():
            reply.cancel()

    async def _answer(self, message: dict[str, Any]) -> None:
        form = message["params"]
        wants_count = "recipients" in form["requestedSchema"]["properties"]
        for answer in await self.answerer(form["message"], wants_count):
            self._write({"jsonrpc": "2.0", "id": message["id"], "result": answer})

    async def _read_errors(self) -> None:
        assert self.process.stderr is not None  # noqa: S101 - a pipe was asked for
        while line := await self.process.stderr.readline():
            self.stderr.append(line.decode("utf-8", "replace").rstrip())


def action_of(question: str) -> str:
    """The action that a question is about: it is named last, after one that it may be a duplicate of."""
    found = _ACTION_ID.findall(question)
    return found[-1] if found else ""


def _warned_of(question: str) -> str:
    """The earlier action that a question names beside its own; empty where it names none."""
    found = _ACTION_ID.findall(question)
    return found[0] if len(set(found)) > 1 else ""


def owners_of(pid: int, state_dir: Path) -> set[str]:
    """The identities that a process holds in the state directory, from the files that it has open."""
    held: set[str] = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = Path(os.readlink(descriptor))
        except FileNotFoundError:
            # Closed since the folder was read.
            continue
        if target.parent == state_dir / "owners":
            held.add(target.stem)
    return held


def _told(message: dict[str, Any]) -> Told:
    if "cancelled" in message:
        return Told(status="cancelled")
    if "error" in message:
        return Told(status="refused", text=str(message["error"].get("message")))
    result = message["result"]
    if result.get("resultType") == "input_required":
        form = result["inputRequests"]["approve"]["params"]
        return Told(
            status="question",
            text=form["message"],
            action_id=action_of(form["message"]),
            duplicate_of=_warned_of(form["message"]),
            request_state=result["requestState"],
            wants_count="recipients" in form["requestedSchema"]["properties"],
        )
    data: dict[str, Any] = result.get("structuredContent") or {}
    return Told(
        status=str(data.get("status", "error")),
        action_id=str(data.get("action_id", "")),
        text="\n".join(item.get("text", "") for item in result.get("content", ())),
        ids=tuple(data.get("ids", ())),
        duplicate_of=str(data.get("duplicate_of", "")),
    )
