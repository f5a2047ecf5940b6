"""The whole way, with real processes: a host on pipes, the owner's browser, loopback, the terminal."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx2
import pytest
from mcp import Client, StdioServerParameters

from tests.cli.processes import ROOT, at_terminal, command, environment, run
from tests.page.pages import form_in
from tests.support import ERAS, SMS, Called, Era, read, until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals of this kind"),
]
KEEPS = """
import os, sys
with open(sys.argv[1] + ".new", "w") as file:
    file.write(sys.argv[2])
os.replace(sys.argv[1] + ".new", sys.argv[1])
"""


@pytest.mark.parametrize("mode", ERAS)
async def test_a_click_finishes_the_call_and_no_byte_to_the_client_holds_the_address(
    tmp_path: Path, mode: Era
) -> None:
    opened, said, errors = (tmp_path / name for name in ("opened", "stdout", "stderr"))
    browser = shlex.join([sys.executable, "-c", KEEPS, str(opened)])
    env = environment(tmp_path / "state", EGOI_MCP_SANDBOX="1", EGOI_MCP_BROWSER=browser)
    host = f"{shlex.join(command())} 2>{shlex.quote(str(errors))} | tee {shlex.quote(str(said))}"
    server = StdioServerParameters(command="sh", args=["-c", host], env=env, cwd=ROOT)
    told: list[Called] = []
    heard: list[str | None] = []
    secrets: list[str] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    async with (
        Client(server, mode=mode) as client,
        httpx2.AsyncClient(trust_env=False, follow_redirects=True) as browser_of_the_owner,
        anyio.create_task_group() as tasks,
    ):

        async def call() -> None:
            told.append(read(await client.call_tool("send_sms", SMS, progress_callback=note)))

        tasks.start_soon(call)
        await until(lambda: opened.exists() and bool(heard))
        url = opened.read_text()
        # Another address, as a person at the terminal asks for it.
        printed = await anyio.to_thread.run_sync(_printed, env)
        for each in (url, printed):
            entered = await browser_of_the_owner.get(each)
            assert entered.status_code == 200
            parts = urlsplit(each)
            secrets += [f":{parts.port}", parts.path.split("/")[1], parts.query]
            secrets.append(entered.headers["set-cookie"].split("=")[1].split(";")[0])
        base = f"{url.partition('/open')[0]}/"
        page = await browser_of_the_owner.get(base)
        (action_id,) = set(re.findall(r"act_[a-z0-9]{8}", page.text))
        form = form_in(page.text, action_id)
        after = await browser_of_the_owner.post(
            f"{base}decide",
            data={"action": action_id, "form": form, "decision": "approve"},
            headers={"origin": f"http://{urlsplit(url).netloc}"},
        )
        assert after.status_code == 200
        secrets.append(form)

    assert [each.status for each in told] == ["succeeded"]
    assert set(heard) == {"waiting for a person's decision on the approval page"}
    for stream in (said, errors):
        assert not any(secret.encode() in stream.read_bytes() for secret in secrets), stream.name
    assert said.stat().st_size > 1000


def _printed(env: dict[str, str]) -> str:
    with at_terminal("page", "--print", env=env) as terminal:
        code, screen = terminal.end()
    assert code == 0, screen
    (url,) = re.findall(r"http://127\.0\.0\.1:[0-9]+/[\w-]+/open\?ticket=[\w.-]+", screen)
    return str(url)


def test_away_from_a_terminal_no_address_is_told(tmp_path: Path) -> None:
    ended = run("page", "--print", env=environment(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Only a person at a terminal may open the approval page" in ended.stderr


def test_without_a_running_server_there_is_nothing_to_open(tmp_path: Path) -> None:
    with at_terminal("page", env=environment(tmp_path)) as terminal:
        code, screen = terminal.end()
    assert code == 1
    assert f"No server of {tmp_path} has a page" in screen.replace("\r\n", "")


def test_a_policy_without_the_page_is_told(tmp_path: Path) -> None:
    env = environment(tmp_path, EGOI_MCP_POLICY_APPROVAL_CHANNELS="terminal")
    with at_terminal("page", env=env) as terminal:
        code, screen = terminal.end()
    assert code == 1
    assert "There is no approval page" in screen
