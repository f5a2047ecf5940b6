"""Does a plain question find its operation, and how fast?

    python -m bench.finding               the half of the questions that the search was made with
    python -m bench.finding --held        the other half, which nobody looks at before the end

Printed are how often the right operation comes first and within the first three, what the first question
costs that reads the catalogs, and the time of the others. Exits with 1 where a figure is not what it must be.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from egoi_mcp.api.finding import find

QUESTIONS = Path(__file__).resolve().parent.parent / "tests" / "data" / "questions"
LEAST_FIRST, LEAST_WITHIN_THREE, MOST_MILLISECONDS = 0.85, 0.97, 20.0


def figures(file: Path) -> tuple[int, int, int]:
    """How many questions find a right operation first, how many within three, and how many there are."""
    first = within_three = 0
    questions: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    for each in questions:
        found = [f"{one.operation.api}:{one.operation.name}" for one in find(each["question"], most=3)]
        right = set(each["operations"])
        first += bool(found and found[0] in right)
        within_three += bool(right.intersection(found))
    return first, within_three, len(questions)


def main() -> int:
    """Measure, print and judge; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--held", action="store_true", help="the other half of the questions")
    file = QUESTIONS / ("held.json" if parser.parse_args().held else "work.json")
    begun = time.perf_counter()
    find("a first question")
    loaded = (time.perf_counter() - begun) * 1000
    first, within_three, count = figures(file)
    times: list[float] = []
    for each in json.loads(file.read_text(encoding="utf-8")):
        begun = time.perf_counter()
        find(each["question"])
        times.append((time.perf_counter() - begun) * 1000)
    slowest = max(times)
    print(f"{file.stem}: right first {first} of {count} ({first / count:.1%})")
    print(f"{file.stem}: within three {within_three} of {count} ({within_three / count:.1%})")
    print(f"first question, with loading: {loaded:.0f} ms")
    print(f"each of the others: median {statistics.median(times):.2f} ms, slowest {slowest:.2f} ms")
    kept = first / count >= LEAST_FIRST and within_three / count >= LEAST_WITHIN_THREE
    return 0 if kept and slowest < MOST_MILLISECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
