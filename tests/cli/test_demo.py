"""`egoi-mcp demo`: it runs green, says what it does, and fails where a step comes out otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp import demo as demo_module
from egoi_mcp.demo import DemoFailed, demo
from tests.cli.processes import ROOT, environment, run


def test_the_demo_runs_green_and_shows_each_step(tmp_path: Path) -> None:
    ended = run("demo", env=environment(tmp_path))
    # Where the disk keeps the server waiting for seconds, the client that started it says that it lives on.
    said_here = [line for line in ended.stderr.splitlines() if "after the kill escalation" not in line]
    assert (ended.returncode, said_here) == (0, [])
    headings = [line for line in ended.stdout.splitlines() if line[:1].isdigit()]
    assert len(headings) == 9
    for said in (
        "the demo plays both, and says so",
        "Only a preview; nothing was sent.",
        "ATTENTION: the same was sent just now, or may have been",
        "needs_approval: Nothing was sent.",
    ):
        assert said in ended.stdout
    assert ended.stdout.count("the person is asked ─") == 3
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_the_same_from_another_folder(tmp_path: Path) -> None:
    ended = run("demo", env=environment(tmp_path), cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_demo_fails_where_a_step_comes_out_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(demo_module, "_PHONE", "+351900000999")
    with pytest.RaisesGroup(DemoFailed, flatten_subgroups=True, allow_unwrapped=True):
        demo(pause=False)
    assert "1. Find a contact" in capsys.readouterr().out
