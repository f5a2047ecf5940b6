"""Stdin cut into lines and stdout written by the event loop itself, over real pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.cli.stdio import Stdin, Stdout
from tests.cli.processes import DEADLINE_SECONDS, ROOT, environment

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="pipes cannot be waited for there"),
]
Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reading, writing = os.pipe()
    yield reading, writing
    for each in (reading, writing):
        with suppress(OSError):
            os.close(each)


async def _lines(stdin: Stdin) -> list[str]:
    return [line async for line in stdin]


@given(st.lists(st.binary(max_size=40)), st.integers(1, 7))
def test_lines_are_the_same_however_they_come(parts: list[bytes], size: int) -> None:
    sent = b"\n".join(parts)

    async def come() -> list[str]:
        reading, writing = os.pipe()
        stdin = Stdin(reading)
        found: list[str] = []

        async def read() -> None:
            found.extend(await _lines(stdin))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            for start in range(0, len(sent), size):
                os.write(writing, sent[start : start + size])
                await anyio.lowlevel.checkpoint()
            os.close(writing)
        return found

    whole = sent.split(b"\n")
    expected = [each.decode(errors="replace") for each in (whole if whole[-1] else whole[:-1])]
    assert anyio.run(come) == expected


async def test_ending_stdin_ends_it_where_it_waits_and_its_other_end_sees_it(pipe: Pipe) -> None:
    reading, writing = pipe
    stdin = Stdin(reading)
    os.write(writing, b"one\nhalf a li")
    assert await anext(stdin) == "one"
    found: list[list[str]] = []

    async def read() -> None:
        found.append(await _lines(stdin))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        stdin.end()
        stdin.end()
    assert found == [[]]
    with pytest.raises(BrokenPipeError):
        os.write(writing, b"more\n")
    stdin.end()


async def test_stdin_that_ended_before_anybody_read_has_no_line(pipe: Pipe) -> None:
    stdin = Stdin(pipe[0])
    os.write(pipe[1], b"one\n")
    stdin.end()
    assert await _lines(stdin) == []


async def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "requests"
    file.write_bytes(b"one\r\n\ntwo")
    assert await _lines(Stdin(os.open(file, os.O_RDONLY))) == ["one\r", "", "two"]


async def test_a_slow_reader_of_stdout_holds_nothing_up(pipe: Pipe) -> None:
    reading, writing = pipe
    text = "á" * 400_000
    stdout = Stdout(writing)
    got = bytearray()
    wrote = anyio.Event()

    async def write() -> None:
        await stdout.write(text)
        wrote.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        await anyio.wait_all_tasks_blocked()
        assert not wrote.is_set()
        while len(got) < len(text.encode()):
            await anyio.wait_readable(reading)
            got += os.read(reading, 1_000_000)
    assert wrote.is_set()
    assert got.decode() == text


async def test_a_reader_that_goes_is_noticed_without_writing(pipe: Pipe) -> None:
    reading, writing = pipe
    stdout = Stdout(writing)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stdout.unread)
        await anyio.wait_all_tasks_blocked()
        os.close(reading)
    with pytest.raises(BrokenPipeError):
        await stdout.write("x")


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
async def test_a_start_without_stdin_or_stdout_is_one_line(tmp_path: Path, closed: str) -> None:
    def start() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "-c", f'exec "$0" -m egoi_mcp {closed}', sys.executable],
            env=environment(tmp_path, EGOI_MCP_SANDBOX="1"),
            capture_output=True,
            encoding="utf-8",
            timeout=DEADLINE_SECONDS,
            cwd=ROOT,
            check=False,
        )

    ended = await anyio.to_thread.run_sync(start)
    assert ended.returncode == 1
    assert ended.stderr == "egoi-mcp: An MCP server needs stdin and stdout, and one is closed.\n"
