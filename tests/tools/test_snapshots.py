"""Each tool's definition, as a client gets it, is what the file in `snapshots` says.

A definition is a contract: hosts cache it, prompts and people rely on it. So a change has to be seen in
review: `EGOI_MCP_UPDATE_SNAPSHOTS=1 python -m pytest tests/tools/test_snapshots.py` writes the files anew.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.tools.definitions import definitions

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = "EGOI_MCP_UPDATE_SNAPSHOTS"
EVERYTHING = {"EGOI_MCP_TOOLSETS": "default,audiences_admin"}
MEMBERS = ("name", "title", "description", "inputSchema", "outputSchema", "annotations", "_meta")


def as_json(definition: Mapping[str, Any]) -> str:
    """A definition as its file holds it."""
    assert set(definition) | {"_meta"} == set(MEMBERS)
    shown = {name: definition[name] for name in MEMBERS if name in definition}
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


async def test_every_definition_is_the_one_that_was_agreed(tmp_path: Path) -> None:
    found = {each["name"]: as_json(each) for each in await definitions(tmp_path, EVERYTHING)}
    if os.environ.get(UPDATE) == "1":
        write(found)
    kept = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    told = [difference(name, kept.get(name), found.get(name)) for name in sorted(kept | found)]
    if changed := [each for each in told if each]:
        pytest.fail(
            "tools that clients know have changed:\n\n"
            + "\n".join(changed)
            + f"\nIf that is meant: {UPDATE}=1 python -m pytest tests/tools/test_snapshots.py, "
            "then review the files and note the change in CHANGELOG.md.",
            pytrace=False,
        )


def write(found: Mapping[str, str]) -> None:
    """Make the files say what the tools say now."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        if path.stem not in found:
            path.unlink()
    for name, text in found.items():
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


def difference(name: str, before: str | None, after: str | None) -> str:
    """What changed, in words and lines; nothing where nothing did."""
    if before == after:
        return ""
    if before is None:
        return f"{name}: is new and has no file.\n"
    if after is None:
        return f"{name}: is gone, and its file is still there.\n"
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{name}.json", f"{name} now", lineterm="", n=2
    )
    return "\n".join(lines) + "\n"


def test_a_change_is_told_in_words() -> None:
    assert difference("a", "x\n", "x\n") == ""
    assert difference("a", None, "x\n") == "a: is new and has no file.\n"
    assert difference("a", "x\n", None) == "a: is gone, and its file is still there.\n"
    assert difference("a", '"x"\n', '"y"\n') == '--- a.json\n+++ a now\n@@ -1 +1 @@\n-"x"\n+"y"\n'
