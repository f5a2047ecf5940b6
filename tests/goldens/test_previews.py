"""Golden previews: what a person and a model are shown of many messages and audiences, to the letter.

Each is made by the real tool, through a client, over the sandbox. `NAME.json` holds the call and the whole
preview as data, `NAME.txt` the preview as a terminal, a form and the model have it. A change of them is to be
read in review: `EGOI_MCP_UPDATE_SNAPSHOTS=1 python -m pytest tests/goldens` writes the files anew.
"""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Any, cast

import pytest

from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.guard import Guard
from egoi_mcp.models.preview import Preview
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.goldens.cases import AUDIENCES, DRAFTS, MESSAGES, Call
from tests.support import Session, connected
from tests.support.clock import NOW

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parent / "previews"
UPDATE = "EGOI_MCP_UPDATE_SNAPSHOTS"
ENVIRON = {
    "EGOI_MCP_TOOLSETS": "campaigns,sms",
    "EGOI_MCP_RATE_LIMIT": "10000/60",
    "EGOI_ACCOUNT_TIMEZONE": "Europe/Lisbon",
}
_LONGEST_TEXT = 2000
"""Longer texts stand in the files with their end left out: what matters in them is how long they are."""


async def test_every_preview_is_the_one_that_was_agreed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    previews = _recorded(monkeypatch)
    found: dict[str, str] = {}
    sandbox = Sandbox(SandboxSettings(clock=lambda: NOW, rate_calls=10_000))
    async with connected(tmp_path, ENVIRON, sandbox=sandbox, now=lambda: NOW) as session:
        hashes = {name: await _written(session, call) for name, call in DRAFTS.items()}
        before = session.sandbox.effects.size
        for name, (tool, arguments) in (MESSAGES | AUDIENCES).items():
            given = (
                arguments | {"campaign": hashes[arguments["campaign"]]}
                if "campaign" in arguments
                else arguments
            )
            called = await session.call(tool, **given, preview_only=True)
            assert called.status == "preview", f"{name}: {called.text}"
            told = called.text.partition("\n\n")[2]
            file = name.replace(" ", "-")
            found[f"{file}.json"] = _as_json(tool, given, previews[-1])
            found[f"{file}.txt"] = _as_texts(previews[-1], told)
        assert session.sandbox.effects.size == before
    assert len(found) >= 2 * 40
    if os.environ.get(UPDATE) == "1":
        _write(found)
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    changed = [name for name in sorted(kept | found) if kept.get(name) != found.get(name)]
    if changed:
        told = "\n".join(_difference(name, kept.get(name, ""), found.get(name, "")) for name in changed)
        pytest.fail(
            f"{len(changed)} files:\n{told}\nIf that is meant: {UPDATE}=1, then read them.", pytrace=False
        )


def _recorded(monkeypatch: pytest.MonkeyPatch) -> list[Preview]:
    """The previews of the plans that reach the guard, whole, as its row would keep them."""
    previews: list[Preview] = []
    carry_out = Guard.carry_out

    async def record(guard: Guard, ctx: Any, plan: Plan, **rest: Any) -> Any:
        previews.append(plan.preview)
        return await carry_out(guard, ctx, plan, **rest)

    monkeypatch.setattr(Guard, "carry_out", record)
    return previews


async def _written(session: Session, call: Call) -> str:
    """The hash of a campaign that this call makes."""
    tool, arguments = call
    made = await session.call(tool, **arguments)
    assert made.status == "succeeded", made.text
    return str(made.data["ids"][0])


def _as_json(tool: str, arguments: dict[str, Any], preview: Preview) -> str:
    data = {
        "tool": tool,
        "arguments": arguments,
        "preview": preview.model_dump(mode="json", exclude_defaults=True),
    }
    return json.dumps(_shortened(data), ensure_ascii=True, indent=1) + "\n"


def _as_texts(preview: Preview, told: str) -> str:
    shown = {"terminal": preview.as_text(), "form": preview.as_question(), "model": told}
    return "".join(f"=== {name}\n{_shortened(text)}\n" for name, text in shown.items())


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT + 100:
        return f"{value[: _LONGEST_TEXT // 2]}[{len(value)} characters]{value[-_LONGEST_TEXT // 2 :]}"
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_shortened(each) for each in cast("list[object]", value)]
    return value


def _write(found: dict[str, str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        if path.name not in found:
            path.unlink()
    for name, text in found.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _difference(name: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), name, f"{name} now", lineterm="", n=1
    )
    return "\n".join(lines)
