"""`egoi-mcp sandbox`: the stand-in as a server, as test programs of any language use it."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import httpx2

from tests.cli.processes import DEADLINE_SECONDS, environment, read_until, run, started


def test_it_tells_how_to_use_it_answers_and_ends_at_a_signal(tmp_path: Path) -> None:
    with started("sandbox", "--port", "0", env=environment(tmp_path)) as process:
        assert process.stderr is not None
        said = read_until(process.stderr.fileno(), "/__sandbox__/reset\n", bytearray())
        exported = dict(re.findall(r"export (\w+)=(\S+)", said))
        base_url = exported["EGOI_BASE_URL"]
        headers = {"ApiKey": exported["EGOI_API_KEY"]}
        assert httpx2.get(f"{base_url}/my-account", headers=headers).status_code == 200
        assert httpx2.get(f"{base_url}/__sandbox__/effects").json()["total_requests"] == 1
        process.terminate()
        assert process.wait(DEADLINE_SECONDS) == 0


def test_a_server_runs_on_the_variables_that_it_tells(tmp_path: Path) -> None:
    with started("sandbox", "--port", "0", env=environment(tmp_path)) as process:
        assert process.stderr is not None
        said = read_until(process.stderr.fileno(), "/__sandbox__/reset\n", bytearray())
        exported = dict(re.findall(r"export (\w+)=(\S+)", said))
        ended = run("doctor", env=environment(tmp_path, **exported))
    assert ended.returncode == 0, ended.stdout


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("sandbox", "--port", port, env=environment(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"egoi-mcp: Port {port} cannot be listened at")
    assert ended.stderr.count("\n") == 1
