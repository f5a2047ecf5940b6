"""A real server is killed between its claim and the vendor's reply: the next one tells the truth."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError

from egoi_mcp.sandbox import (
    SANDBOX_EGOI_API_KEY,
    Fault,
    Sandbox,
    SandboxSettings,
    running,
)
from egoi_mcp.sandbox.faults import FaultKind
from egoi_mcp.sandbox.traffic import Arrival, RequestLog
from egoi_mcp.settings import from_environ
from tests.guard.sessions import sent
from tests.support import ERAS, SMS, Era, Person, Rows, opened, read, until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="needs /bin/sh and SIGKILL"),
]

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 30.0


class Watched(RequestLog):
    """A log that tells when a request of one operation has come in."""

    def __init__(self, operation: str) -> None:
        super().__init__()
        self.seen = threading.Event()
        self._operation = operation

    def record(self, arrival: Arrival) -> None:
        """Count a request."""
        super().record(arrival)
        if arrival.operation == self._operation:
            self.seen.set()


@dataclass(frozen=True, slots=True)
class Vendor:
    """A sandbox on loopback, and the environment of a server that uses it."""

    sandbox: Sandbox
    log: Watched
    environ: dict[str, str]


@contextmanager
def vendor(state_dir: Path, operation: str, kind: FaultKind) -> Generator[Vendor]:
    """A vendor that fails the next call of an operation."""
    sandbox = Sandbox(SandboxSettings())
    sandbox.requests = log = Watched(operation)
    sandbox.faults.add(Fault(kind=kind, match=operation))
    with running(sandbox) as url:
        environ = {
            "EGOI_API_KEY": SANDBOX_EGOI_API_KEY,
            "EGOI_BASE_URL": url,
            "EGOI_TRANSACTIONAL_BASE_URL": url,
            "EGOI_MCP_STATE_DIR": str(state_dir),
        }
        yield Vendor(sandbox, log, environ)


def server_process(environ: dict[str, str], pid_file: Path) -> StdioServerParameters:
    """The server as a host starts it; its process id is written down before it begins."""
    script = 'echo $$ > "$0"; exec "$@"'
    return StdioServerParameters(
        command="/bin/sh",
        args=["-c", script, str(pid_file), sys.executable, "-m", "egoi_mcp"],
        # Nothing of this process's own: it might hold the credentials of a real account.
        env=environ,
        cwd=ROOT,
    )


async def killed_while(name: str, arguments: dict[str, Any], at: Vendor, mode: Era, folder: Path) -> None:
    """Call a tool of a server process and kill it as soon as the vendor has its request."""
    pid_file = folder / "pid"
    async with Client(
        server_process(at.environ, pid_file), mode=mode, elicitation_callback=Person("approve")
    ) as client:

        async def call() -> None:
            with pytest.raises(MCPError):
                await client.call_tool(name, arguments)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            assert await to_thread.run_sync(at.log.seen.wait, _PATIENCE_SECONDS)
            os.kill(int(pid_file.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("mode", ERAS)
async def test_a_send_whose_server_was_killed_is_found_at_the_vendor_and_not_sent_again(
    tmp_path: Path, mode: Era
) -> None:
    with vendor(tmp_path / "state", "sendSmsMessages", "timeout_after") as at:
        await killed_while("send_sms", SMS, at, mode, tmp_path)
        assert list(Rows(tmp_path / "state").states().values()) == ["executing"]
        (action_id,) = Rows(tmp_path / "state").states()
        settings = from_environ(at.environ)
        async with opened(settings, sandbox=at.sandbox, mode=mode, person=Person("cancel")) as following:
            looked = await following.call("check_action", action_id=action_id)
            again = await following.call("send_sms", **SMS)

            assert (looked.status, looked.is_error) == ("succeeded", False)
            assert "E-goi's list of messages shows 1 of 1" in looked.text
            assert (again.status, again.data["duplicate_of"]) == ("duplicate", action_id)
            assert at.sandbox.requests.count("sendSmsMessages") == 1
            assert sent(following) == 1


async def test_a_killed_servers_step_that_may_be_repeated_is_finished_by_the_next(tmp_path: Path) -> None:
    tag = {"do": "attach", "list_id": 1, "tag": "newsletter", "contact_ids": ["11605c0096"]}
    with vendor(tmp_path / "state", "actionAttachTag", "timeout_after") as at:
        await killed_while("tag_contacts", tag, at, "legacy", tmp_path)
        (action_id,) = Rows(tmp_path / "state").states()
        async with opened(from_environ(at.environ), sandbox=at.sandbox) as following:
            await until(lambda: following.ended(action_id))
            looked = await following.call("check_action", action_id=action_id)

            assert looked.status == "succeeded"
            assert at.sandbox.requests.count("actionAttachTag") == 2


async def test_an_approval_given_after_the_kill_is_carried_out_once_by_the_next(tmp_path: Path) -> None:
    with vendor(tmp_path / "state", "sendSmsMessages", "slow") as at:
        pid_file = tmp_path / "pid"
        async with Client(server_process(at.environ, pid_file), mode="legacy") as client:
            asked = read(await client.call_tool("send_sms", SMS))
            os.kill(int(pid_file.read_text()), signal.SIGKILL)
        async with opened(from_environ(at.environ), sandbox=at.sandbox) as following:
            await following.decide(asked.action_id)
            assert at.sandbox.requests.count("sendSmsMessages") == 0
            done = await following.call("check_action", action_id=asked.action_id)

            assert (done.status, sent(following)) == ("succeeded", 1)
