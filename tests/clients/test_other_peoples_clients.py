"""MCP clients that other people wrote, against the real server over stdio and the stand-in over sockets."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from egoi_mcp.server import tools_of
from egoi_mcp.settings import Settings
from tests.cli.processes import DEADLINE_SECONDS, at_terminal, command, environment, read_until, started

HERE = Path(__file__).resolve().parent
INSPECTOR = HERE / "node_modules" / ".bin" / "mcp-inspector"
SMS = {"text": "Your table is ready", "sender": "501", "purpose": "transactional", "to": ["+351900000002"]}

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not INSPECTOR.exists(),
    reason="needs Node and `npm ci` in tests/clients",
)


class Setting:
    """The stand-in's address, a state directory, and what a server needs to use both."""

    def __init__(self, base: str, state_dir: Path) -> None:
        self.base = base
        self.environment = environment(
            state_dir,
            EGOI_API_KEY="sandbox-egoi-key",
            EGOI_BASE_URL=base,
            EGOI_TRANSACTIONAL_BASE_URL=base,
        )

    def messages(self) -> list[dict[str, Any]]:
        """What the stand-in delivered."""
        with urllib.request.urlopen(f"{self.base}/__sandbox__/effects", timeout=DEADLINE_SECONDS) as reply:  # noqa: S310 - loopback
            return cast("list[dict[str, Any]]", json.load(reply)["messages"])

    def inspect(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the Inspector's command line once: it starts a server of its own for every call."""
        names = (
            "EGOI_API_KEY",
            "EGOI_BASE_URL",
            "EGOI_TRANSACTIONAL_BASE_URL",
            "EGOI_MCP_STATE_DIR",
            "PYTHONPATH",
        )
        variables = [part for name in names for part in ("-e", f"{name}={self.environment[name]}")]
        return subprocess.run(
            [str(INSPECTOR), "--cli", *variables, *command(), *arguments],
            env={
                **self.environment,
                "MCP_CATALOG_PATH": self.environment["EGOI_MCP_STATE_DIR"] + "/catalog.json",
            },
            cwd=HERE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=DEADLINE_SECONDS,
            check=False,
        )

    def send_sms(self) -> dict[str, Any]:
        """Call `send_sms` through the Inspector; its structured answer."""
        pairs = [
            f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in SMS.items()
        ]
        done = self.inspect("--method", "tools/call", "--tool-name", "send_sms", "--tool-arg", *pairs)
        return cast("dict[str, Any]", json.loads(done.stdout)["structuredContent"])

    def drive(self, era: str, person: object, calls: list[dict[str, Any]]) -> dict[str, Any]:
        """Call tools through the TypeScript client; `person` answers every question, None cannot be asked."""
        start, *rest = command()
        plan = {
            "command": start,
            "args": rest,
            "env": self.environment,
            "era": era,
            "person": person,
            "calls": calls,
        }
        done = subprocess.run(
            ["node", str(HERE / "drive.mjs")],
            input=json.dumps(plan),
            capture_output=True,
            encoding="utf-8",
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return cast("dict[str, Any]", json.loads(done.stdout))


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with started("sandbox", "--port", "0", env=environment(tmp_path / "stand-in")) as process:
        assert process.stderr is not None
        said = read_until(process.stderr.fileno(), "\n", bytearray())
        yield Setting("http://" + said.split("http://")[1].split(";")[0], tmp_path / "state")


def test_the_inspector_lists_every_tool_and_its_strict_check_finds_nothing(setting: Setting) -> None:
    done = setting.inspect("--method", "tools/list", "--strict")
    assert done.returncode == 0, done.stderr
    listed = {tool["name"] for tool in json.loads(done.stdout)["tools"]}
    assert listed == {tool.name for tool in tools_of(Settings(state_dir=HERE))}
    assert "error" not in done.stderr.lower()


def test_the_inspector_finds_contacts(setting: Setting) -> None:
    done = setting.inspect(
        "--method", "tools/call", "--tool-name", "search_contacts", "--tool-arg", "list_id=1", "limit=3"
    )
    assert len(json.loads(done.stdout)["structuredContent"]["contacts"]) == 3


def test_a_message_is_sent_once_and_only_after_a_person_at_a_terminal_approved(setting: Setting) -> None:
    first, second = setting.send_sms(), setting.send_sms()
    assert first["status"] == second["status"] == "needs_approval"
    assert first["action_id"] == second["action_id"]
    assert setting.messages() == []
    with at_terminal("actions", "approve", first["action_id"], env=setting.environment) as terminal:
        terminal.read_until("type approve")
        terminal.type("approve")
        assert terminal.end()[0] == 0
    assert setting.send_sms()["status"] == "succeeded"
    assert [message["text"] for message in setting.messages()] == [SMS["text"]]
    again = setting.send_sms()
    assert (again["status"], again["duplicate_of"]) == ("duplicate", first["action_id"])
    assert len(setting.messages()) == 1
    with at_terminal("actions", "approve", again["action_id"], env=setting.environment) as terminal:
        terminal.read_until("type approve")
        terminal.type("approve")
        assert terminal.end()[0] == 0
    assert setting.send_sms()["status"] == "succeeded"
    assert len(setting.messages()) == 2


@pytest.mark.parametrize(("era", "protocol"), [("legacy", "2025-11-25"), ("modern", "2026-07-28")])
def test_the_typescript_client_asks_its_person_and_the_message_goes_out_once(
    setting: Setting, era: str, protocol: str
) -> None:
    person = {"action": "accept", "content": {"decision": "approve"}}
    answer = setting.drive(era, person, [{"name": "send_sms", "arguments": SMS}])
    assert answer["protocol"] == protocol
    assert answer["results"][0]["structuredContent"]["status"] == "succeeded"
    assert [question["schema"]["required"] for question in answer["questions"]] == [["decision"]]
    assert SMS["text"] in answer["questions"][0]["message"]
    assert len(setting.messages()) == 1


@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.parametrize(
    ("person", "status"),
    [
        ({"action": "decline"}, "declined"),
        ({"action": "cancel"}, "needs_approval"),
        (None, "needs_approval"),
    ],
)
def test_whatever_is_no_approval_sends_nothing(
    setting: Setting, era: str, person: object, status: str
) -> None:
    answer = setting.drive(era, person, [{"name": "send_sms", "arguments": SMS}])
    assert answer["results"][0]["structuredContent"]["status"] == status
    assert not answer["results"][0].get("isError")
    assert setting.messages() == []
