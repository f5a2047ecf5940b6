"""`egoi-mcp` on stdin and stdout, as a host starts and ends it."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from starlette.types import Receive, Scope, Send

from egoi_mcp.guard.action import State
from egoi_mcp.sandbox import SANDBOX_EGOI_API_KEY, Sandbox, running
from tests.cli import rows
from tests.cli.processes import DEADLINE_SECONDS, ROOT, environment, read_until, run, started

INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
SEND = {
    "jsonrpc": "2.0",
    "id": 3,
    "method": "tools/call",
    "params": {
        "name": "send_sms",
        "arguments": {"to": [rows.PHONE], "text": rows.TEXT, "sender": "ACME", "purpose": "transactional"},
    },
}


def _lines(*messages: dict[str, Any]) -> str:
    return "".join(json.dumps(message) + "\n" for message in messages)


def test_the_end_of_stdin_ends_the_server(tmp_path: Path) -> None:
    ended = run(env=environment(tmp_path, EGOI_MCP_SANDBOX="1"))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_stdout_carries_nothing_but_the_protocol(tmp_path: Path) -> None:
    env = environment(tmp_path, EGOI_MCP_SANDBOX="1", EGOI_MCP_DEBUG="1")
    with started(env=env) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_lines(INITIALIZE, INITIALIZED, LIST).encode())
        process.stdin.flush()
        read_until(process.stdout.fileno(), '"id":2', said := bytearray())
        rest, _ = process.communicate(timeout=DEADLINE_SECONDS)
    replies = [json.loads(line) for line in (bytes(said) + rest).splitlines()]
    assert {reply["jsonrpc"] for reply in replies} == {"2.0"}
    assert process.returncode == 0


def test_a_long_message_arrives_whole(tmp_path: Path) -> None:
    long: dict[str, Any] = {**INITIALIZE, "params": {**INITIALIZE["params"], "padding": "x" * 1_000_000}}
    with started("run", env=environment(tmp_path, EGOI_MCP_SANDBOX="1")) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_lines(long).encode())
        process.stdin.flush()
        assert '"serverInfo"' in read_until(process.stdout.fileno(), '"id":1', bytearray())


def test_each_vendor_without_credentials_is_one_line_on_stderr(tmp_path: Path) -> None:
    ended = run(env=environment(tmp_path, TXTSYNC_CLIENT_KEY="k", TXTSYNC_CLIENT_SECRET="s"))
    assert ended.returncode == 0
    assert ended.stderr.splitlines() == [
        "egoi-mcp: E-goi: no credentials (EGOI_API_KEY); its tools will say so.",
        "egoi-mcp: Intercom: no credentials (INTERCOM_ACCESS_TOKEN); its tools will say so.",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("EGOI_MCP_READ_ONLY", "maybe"), ("EGOI_API_KEY", "a key"), ("TXTSYNC_CLIENT_KEY", "half-a-pair")],
)
def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path, name: str, value: str) -> None:
    ended = run(env=environment(tmp_path, **{name: value}))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("egoi-mcp: ")
    assert ended.stderr.count("\n") == 1
    assert name in ended.stderr
    assert value not in ended.stderr.replace(name, "")


def test_a_start_without_arguments_loads_no_other_command(tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv = ['egoi-mcp']; from egoi_mcp.__main__ import main; main(); "
        "print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(tmp_path, EGOI_MCP_SANDBOX="1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE_SECONDS,
        cwd=ROOT,
        check=True,
    )
    loaded = set(ended.stderr.split())
    ours = {name for name in loaded if name.startswith(("egoi_mcp.cli", "egoi_mcp.demo"))}
    assert ours == {"egoi_mcp.cli", *(f"egoi_mcp.cli.{name}" for name in ("run", "signals", "stdio"))}
    # What only a call that is made by hand needs: schemas of bodies, the check, the search.
    assert not loaded & {f"egoi_mcp.api.{name}" for name in ("details", "checking", "finding")}


@pytest.fixture
def heard() -> Iterator[None]:
    """The processes that a test starts hear SIGHUP, also where whoever started the tests ignores it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX")
class TestSignals:
    @pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_a_signal_ends_the_server_in_good_order_though_stdin_is_open(
        self, tmp_path: Path, sent: signal.Signals, heard: None
    ) -> None:
        with started(env=environment(tmp_path, EGOI_MCP_SANDBOX="1")) as process:
            _greet(process)
            process.send_signal(sent)
            assert process.wait(DEADLINE_SECONDS) == 0
            assert process.stderr is not None
            assert process.stderr.read() == b""
        assert list((tmp_path / "sandbox" / "owners").iterdir()) == []

    def test_a_host_that_stops_reading_ends_the_server_though_stdin_is_open(self, tmp_path: Path) -> None:
        with started(env=environment(tmp_path, EGOI_MCP_SANDBOX="1")) as process:
            _greet(process)
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.wait(DEADLINE_SECONDS) == 0
            assert process.stderr.read() == b""
            process.stdout = None

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has the device that is always full")
    def test_a_stdout_that_takes_nothing_ends_the_server_with_one_line(self, tmp_path: Path) -> None:
        with (
            Path("/dev/full").open("wb") as full,
            started(env=environment(tmp_path, EGOI_MCP_SANDBOX="1"), stdout=full) as process,
        ):
            assert process.stdin is not None
            assert process.stderr is not None
            process.stdin.write(_lines(INITIALIZE).encode())
            process.stdin.flush()
            assert process.wait(DEADLINE_SECONDS) == 1
            said = process.stderr.read()
        assert said == (b"egoi-mcp: stdin or stdout failed, so the server ended (No space left on device).\n")

    def test_a_state_that_cannot_be_used_ends_the_server_though_stdin_is_open(self, tmp_path: Path) -> None:
        state_dir = tmp_path / "sandbox"
        state_dir.mkdir(mode=0o700)
        (state_dir / "actions.sqlite3").write_bytes(b"no database, as anybody can see" * 100)
        (state_dir / "actions.sqlite3").chmod(0o600)
        with started(env=environment(tmp_path, EGOI_MCP_SANDBOX="1")) as process:
            assert process.stderr is not None
            assert process.wait(DEADLINE_SECONDS) == 1
            said = process.stderr.read().decode()
        assert said.startswith("egoi-mcp: The state directory could not be used")
        assert said.count("\n") == 1

    @pytest.mark.anyio
    async def test_a_send_under_way_is_finished_before_the_end(self, tmp_path: Path) -> None:
        sandbox = _SlowToAnswer()
        with running(sandbox) as base_url, started(env=_unasked(tmp_path, base_url)) as process:
            _greet(process)
            assert process.stdin is not None
            process.stdin.write(_lines(INITIALIZED, SEND).encode())
            process.stdin.flush()
            assert sandbox.sending.wait(DEADLINE_SECONDS)
            process.terminate()
            # The other end of its stdin closes when it has heard the signal.
            heard = select.poll()
            heard.register(process.stdin.fileno(), select.POLLERR)
            assert heard.poll(DEADLINE_SECONDS * 1000)
            assert process.poll() is None
            sandbox.may_answer.set()
            assert process.wait(DEADLINE_SECONDS) == 0
        assert sandbox.effects.count("sms") == 1
        async with rows.store_of(tmp_path) as store:
            (action,) = await store.newest()
        assert action.state is State.SUCCEEDED


class _SlowToAnswer(Sandbox):
    """A vendor that answers the sending of messages when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.sending = threading.Event()
        self.may_answer = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith("/sms/messages/action/send"):
            self.sending.set()
            await anyio.to_thread.run_sync(self.may_answer.wait, DEADLINE_SECONDS)
        await super().__call__(scope, receive, send)


def _unasked(state_dir: Path, base_url: str) -> dict[str, str]:
    """A server of which the owner wants no questions."""
    return environment(
        state_dir,
        EGOI_API_KEY=SANDBOX_EGOI_API_KEY,
        EGOI_BASE_URL=base_url,
        EGOI_TRANSACTIONAL_BASE_URL=base_url,
        EGOI_MCP_CONFIRM="off",
        EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION="1",
        EGOI_MCP_POLICY_MAX_SENDS_PER_DAY="1",
    )


def _greet(process: subprocess.Popen[bytes]) -> None:
    """Say hello and wait for the answer: from then on the server serves."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(_lines(INITIALIZE).encode())
    process.stdin.flush()
    read_until(process.stdout.fileno(), "\n", bytearray())
