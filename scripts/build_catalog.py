"""Write the catalog's data from the vendors' documents.

    python scripts/build_catalog.py FOLDER            write the files
    python scripts/build_catalog.py FOLDER --check    only say whether they are what the documents give

FOLDER holds `operations/<api>.json` (every operation of a document, dereferenced: method, path, parameters,
body, success codes) and `egoi-transactional-v2.md` (tables of operations and shapes). Only facts are taken
from them. Three files an API come out of it, under egoi_mcp/api: `operations` (what every request needs),
`details` (what a search and an answer need) and `bodies` (what a body is checked against).

What the documents get wrong stands in `catalog_facts.py` and `catalog_transactional.py`, how much an
operation can do in `catalog_risk.py`, and what it is for, in our words, in `summaries/*.toml`. An operation
that has no risk or no summary stops the script.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from egoi_mcp.api.risk import Risk  # noqa: E402 - the path comes first
from scripts import catalog_transactional  # noqa: E402 - the path comes first
from scripts.catalog_bodies import bodies_file, body_schema  # noqa: E402 - the path comes first
from scripts.catalog_facts import (  # noqa: E402 - the path comes first
    ADDED_PARAMETERS,
    DATE,
    DATE_TIME,
    INTERCOM_TAGS,
    NUMBER,
    PARAMETER_FIXES,
    PATTERN_FIXES,
    SECRETS,
    SUCCESS_FIXES,
)
from scripts.catalog_risk import READ, WRITE, Uncovered, floor  # noqa: E402 - the path comes first

API_FOLDER = ROOT / "egoi_mcp" / "api"
OUTPUT = API_FOLDER / "operations"
SUMMARIES = ROOT / "scripts" / "summaries"
APIS = ("egoi", "transactional", "txtsync", "intercom")
FILES = ("operations", "details", "bodies")

# Beside reads and PUT or PATCH, what leaves the same state when it comes twice. Nothing above WRITE.
SAME_TWICE = {("egoi", "actionAttachTag"), ("egoi", "actionDetachTag"), ("egoi", "actionPauseOperation")}

# A date is text in one form, a number with a fraction too.
FORMS = {"date-time": DATE_TIME, "date": DATE, "number": NUMBER}
TYPES = frozenset({"string", "integer", "boolean"})


def documented(folder: Path, api: str) -> list[dict[str, Any]]:
    """The operations of one document: name, method, path, parameters, body, success, tags."""
    if api == "transactional":
        page = (folder / "egoi-transactional-v2.md").read_text(encoding="utf-8")
        return catalog_transactional.documented(page)
    entries = json.loads((folder / "operations" / f"{api}.json").read_text(encoding="utf-8"))
    return [
        {
            "name": entry["operationId"],
            "method": entry["method"],
            "path": entry["path"],
            "success": sorted(int(code) for code in entry["success"]),
            "body": entry["body"]["schema"] if "body" in entry else None,
            "parameters": [p for p in entry["params"] if p["in"] in {"path", "query"}],
            "tags": entry["tags"],
        }
        for entry in entries
    ]


def kept(folder: Path, api: str) -> list[dict[str, Any]]:
    """The operations that the catalog holds: all of each document, and of Intercom's some families."""
    entries = documented(folder, api)
    return entries if api != "intercom" else [e for e in entries if INTERCOM_TAGS.intersection(e["tags"])]


# -- operations ------------------------------------------------------------------------------------


def entry_of(api: str, operation: Mapping[str, Any], risk: Risk) -> dict[str, Any]:
    """One operation as the catalog keeps it."""
    name = operation["name"]
    return {
        "name": name,
        "method": operation["method"],
        "path": operation["path"],
        "risk": risk.name,
        "success": SUCCESS_FIXES.get((api, name), operation["success"]),
        "body": operation["body"] is not None,
        "idempotent": risk is READ
        or (risk is WRITE and (operation["method"] in {"PUT", "PATCH"} or (api, name) in SAME_TWICE)),
        "parameters": _parameters(operation),
    }


def _parameters(operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    name = operation["name"]
    every = (*operation["parameters"], *ADDED_PARAMETERS.get(name, ()))
    return [made for p in every if (made := _parameter(name, p)) is not None]


def _parameter(operation: str, parameter: Mapping[str, Any]) -> dict[str, Any] | None:
    fix = PARAMETER_FIXES.get((operation, parameter["name"]), {})
    if fix is None:
        return None
    merged = {**parameter, **fix}
    kept = {key: merged[key] for key in ("name", "in", "type", "required")}
    form = FORMS.get(merged["type"])
    if form is not None:
        kept["type"] = "string"
    elif merged["type"] == "string":
        form = FORMS.get(merged.get("format", ""))
    if kept["type"] not in TYPES:
        raise Uncovered(f"{operation}: no way to write the parameter {kept['name']} of type {kept['type']}")
    kept |= {key: merged[key] for key in ("enum", "minimum", "maximum", "numbered") if key in merged}
    pattern = form or merged.get("pattern")
    return kept | ({"pattern": PATTERN_FIXES.get(pattern, pattern)} if pattern else {})


def build(folder: Path, api: str) -> str:
    """One API's file of operations: a JSON array with one operation a line, by path."""
    entries = kept(folder, api)
    ordered = sorted(entries, key=lambda entry: (entry["path"], entry["method"]))
    return _lines(
        json.dumps(
            entry_of(api, entry, floor(api, entry["name"], entry["method"], entry["path"])[0]),
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for entry in ordered
    )


def _lines(lines: Iterable[str]) -> str:
    return "[\n" + ",\n".join(lines) + "\n]\n"


# -- details ---------------------------------------------------------------------------------------


@cache
def summaries(api: str) -> Mapping[str, tuple[str, str]]:
    """The family and the summary of each operation, as they are written by hand."""
    families = tomllib.loads((SUMMARIES / f"{api}.toml").read_text(encoding="utf-8"))
    return {name: (family, text) for family, told in families.items() for name, text in told.items()}


def build_details(folder: Path, api: str) -> str:
    """One API's file of details: family, summary, kind of paging and secret members, one operation a line.

    Raises:
        Uncovered: an operation has no summary, or a summary no operation.
    """
    told, entries = summaries(api), {entry["name"]: entry for entry in kept(folder, api)}
    if told.keys() != entries.keys():
        raise Uncovered(f"{api}: no summary, or no operation: {', '.join(told.keys() ^ entries.keys())}")
    return _lines(
        json.dumps(
            [name, *told[name], paging(entry), list(SECRETS.get((api, name), ()))],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for name, entry in sorted(entries.items())
    )


def paging(operation: Mapping[str, Any]) -> str:
    """How its answers go on: by `offset`, `cursor`, `page` or `scroll`, or not at all (`none`)."""
    names = {p["name"] for p in _parameters(operation)}
    body: Mapping[str, Any] = operation["body"] or {}
    names |= set(body.get("properties", ()))
    if names >= {"offset", "limit"}:
        return "offset"
    if names & {"starting_after", "cursor", "pagination"}:
        return "cursor"
    if names >= {"page", "per_page"}:
        return "page"
    return "scroll" if "scroll_param" in names else "none"


# -- bodies ----------------------------------------------------------------------------------------


def build_bodies(folder: Path, api: str) -> str:
    """One API's file of bodies: a schema for each operation that takes one."""
    return bodies_file(
        {
            entry["name"]: body_schema(entry["name"], entry["body"])
            for entry in kept(folder, api)
            if entry["body"]
        }
    )


BUILDERS = {"operations": build, "details": build_details, "bodies": build_bodies}


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` compare them."""
    parser = argparse.ArgumentParser(description="Write the catalog's data from the vendors' documents.")
    parser.add_argument("folder", type=Path, help="the folder with the vendors' documents")
    parser.add_argument("--check", action="store_true", help="only compare; 1 when a file is stale")
    options = parser.parse_args(arguments)
    stale = 0
    for kind in FILES:
        for api in APIS:
            path = API_FOLDER / kind / f"{api}.json"
            text = BUILDERS[kind](options.folder, api)
            same = path.exists() and path.read_text(encoding="utf-8") == text
            if not same and not options.check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{kind}/{path.name}: {len(text):,} characters{'' if same else ', changed'}")
            stale += not same
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
