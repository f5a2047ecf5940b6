"""In a real process: stdout carries the protocol alone, and stderr holds no value of any call."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

ROOT = Path(__file__).resolve().parents[2]
SECRET = "ana@example.com"
SERVER = """
from mcp.server import MCPServer
from tests.tools.test_tool import reading, search_contacts

MCPServer("egoi-mcp", log_level="WARNING", tools=[reading(search_contacts)]).run("stdio")
"""
INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}


def test_failures_reach_the_model_over_stdio_and_leave_no_value_in_the_log() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        to, back, errors = (cast(IO[str], each) for each in (process.stdin, process.stdout, process.stderr))

        def ask(number: int, method: str, params: dict[str, Any]) -> dict[str, Any]:
            to.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
            to.flush()
            reply = json.loads(back.readline())
            assert reply["id"] == number
            return cast(dict[str, Any], reply["result"])

        def search(number: int, arguments: dict[str, Any]) -> str:
            result = ask(number, "tools/call", {"name": "search_contacts", "arguments": arguments})
            return cast(str, result["content"][0]["text"])

        ask(1, "initialize", INITIALIZE)
        to.write(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\n")
        assert search(2, {"query": SECRET, SECRET: SECRET}).startswith("unknown argument")
        assert search(3, {"query": [SECRET]}) == "query: must be text. Nothing was done."
        assert search(4, {"query": "nobody"}) == "No such contact."
        assert search(5, {"query": "broken"}).startswith("Internal error in search_contacts.")
        assert search(6, {"query": "hidden"}) == "1 found\n1 \\u202eanA\\ud83d\\u0000"
        to.close()
        assert back.read() == ""
        logged = errors.read()
    assert SECRET not in logged
    (line,) = logged.splitlines()
    assert "search_contacts: unexpected RuntimeError at egoi_mcp.tools.tool:" in line
