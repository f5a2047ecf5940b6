"""What does the catalog cost: on disk, to load, in memory, to check a call against, to search?

    python -m bench.catalog

Each file is read in a process of its own, five times, of which the fastest counts; memory is what
`tracemalloc` counts of it. The checks are of one valid call of every operation, and of an import of 5,000
contacts. Only prints.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import egoi_mcp.api
from egoi_mcp.api.catalog import APIS, operation, operations
from egoi_mcp.api.checking import check
from egoi_mcp.api.details import all_details
from egoi_mcp.api.finding import find

FOLDER = Path(egoi_mcp.api.__file__).parent
ROUNDS = 5
CONTACTS = 5_000

LOAD = """
import json, sys, time, tracemalloc
import egoi_mcp.api.catalog, egoi_mcp.api.details
from importlib import resources
# What the first file of all costs is no file's own.
resources.files("egoi_mcp.api").joinpath("operations", "txtsync.json").read_text("utf-8")
kind, api = sys.argv[1:]
load = {
    "operations": lambda: egoi_mcp.api.catalog.operations(api),
    "details": lambda: egoi_mcp.api.details.all_details(api),
    "bodies": lambda: egoi_mcp.api.details.bodies(api),
}[kind]
start = time.perf_counter()
load()
took = time.perf_counter() - start
print(json.dumps(took))
"""
WEIGH = LOAD.replace("start = time.perf_counter()\n", "tracemalloc.start()\n").replace(
    "took = time.perf_counter() - start\n", "took = tracemalloc.get_traced_memory()[0]\n"
)

FIND = """
import json, time
from egoi_mcp.api.finding import find
start = time.perf_counter()
find("send a text message")
print(json.dumps(time.perf_counter() - start))
"""
WEIGH_FIND = """
import json, tracemalloc
from egoi_mcp.api.finding import find
tracemalloc.start()
find("send a text message")
print(json.dumps(tracemalloc.get_traced_memory()[0]))
"""


def measured(code: str, kind: str, api: str) -> float:
    """What a process of its own prints."""
    ran = subprocess.run([sys.executable, "-c", code, kind, api], check=True, capture_output=True, text=True)
    return float(json.loads(ran.stdout))


def fastest(run: Callable[[], object]) -> float:
    """The least seconds of some rounds."""
    times: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def an_import(contacts: int) -> Mapping[str, Any]:
    """An import of contacts with a few fields each."""
    rows = [
        {
            "base": {"email": f"c{n}@example.com", "first_name": "Ana", "status": "active"},
            "extra": [{"field_id": 1, "value": "x"}],
        }
        for n in range(contacts)
    ]
    return {"mode": "add", "compare_field": "email", "contacts": rows}


def main() -> int:
    """Measure and print; the exit code."""
    print(f"{'file':28} {'on disk':>10} {'to load':>9} {'in memory':>10}")
    for kind in ("operations", "details", "bodies"):
        for api in APIS:
            size = (FOLDER / kind / f"{api}.json").stat().st_size
            took = min(measured(LOAD, kind, api) for _ in range(ROUNDS))
            weight = measured(WEIGH, kind, api)
            name = f"{kind}/{api}"
            print(f"{name:28} {size / 1024:7.1f} KB {took * 1000:6.2f} ms {weight / 1024:7.0f} KB")
    questions = [each.summary for api in APIS for each in all_details(api).values()]
    first = min(measured(FIND, "", "") for _ in range(ROUNDS))
    size = sum((FOLDER / f"{name}.json").stat().st_size for name in ("synonyms", "phrases"))
    weight = measured(WEIGH_FIND, "", "")
    name = "the search, catalogs included"
    print(f"{name:28}{size / 1024:7.1f} KB {first * 1000:6.0f} ms {weight / 1024:7.0f} KB")
    took = fastest(lambda: [find(each) for each in questions]) / len(questions)
    print(f"an answer to a question: {took * 1000:.2f} ms at the mean")
    # The tests' own maker of arguments; a bench is run from a checkout.
    from tests.support.valid import valid_arguments

    calls = [(each, valid_arguments(each, 1)) for api in APIS for each in operations(api)]
    one = fastest(lambda: [check(each, made.path, made.query, made.body) for each, made in calls])
    print(f"a check of a call, over {len(calls)} operations: {one / len(calls) * 1e6:.0f} µs at the mean")
    entry, body = operation("egoi", "actionImportBulk"), an_import(CONTACTS)
    took = fastest(lambda: check(entry, {"list_id": 1}, {}, body))
    print(f"a check of an import of {CONTACTS:,} contacts: {took * 1000:.0f} ms")
    return 1 if check(entry, {"list_id": 1}, {}, body) else 0


if __name__ == "__main__":
    sys.exit(main())
