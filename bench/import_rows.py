"""The rows of the import bench, the fewest requests that hold them, and the judge of what became of them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COLUMNS = ("email", "first_name", "last_name", "cellphone", "birth_date", "utm_source", "utm_content")
COMPARED = "email"


def email_of(number: int) -> str:
    """Whom the row of a number is about."""
    return f"contact{number}@example.com"


def write_rows(path: Path, rows: int, row_bytes: int) -> list[int]:
    """Write a CSV of so many contacts, each about so large as it is sent; their exact sizes, in order."""
    sizes: list[int] = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            contact = _contact(number, row_bytes)
            base, utm = contact["base"], contact["utm"]
            phone = "+" + base["cellphone"].replace("-", "")
            writer.writerow([base["email"], *_NAMES, phone, base["birth_date"], *utm.values()])
            sizes.append(len(json.dumps(contact, ensure_ascii=False, separators=(",", ":")).encode()))
    return sizes


_NAMES = ("Ana", "Conceição")


def _contact(number: int, row_bytes: int) -> dict[str, dict[str, str]]:
    base = {
        "email": email_of(number),
        "first_name": _NAMES[0],
        "last_name": _NAMES[1],
        # Numbers of one range that nobody has: 900 000 000 and the hundred thousand behind it.
        "cellphone": f"351-9{number:08d}",
        "birth_date": f"{1950 + number % 50}-0{1 + number % 9}-1{number % 10}",
    }
    utm = {"utm_source": "shop", "utm_content": ""}
    bare = len(json.dumps({"base": base, "utm": utm}, ensure_ascii=False, separators=(",", ":")).encode())
    utm["utm_content"] = "x" * max(1, row_bytes - bare)
    return {"base": base, "utm": utm}


def fewest_requests(sizes: Iterable[int], head: Mapping[str, Any], most_bytes: int) -> int:
    """How many requests of at most so many bytes the contacts need: one is filled after the other."""
    empty = len(json.dumps({**head, "contacts": []}, separators=(",", ":")).encode())
    requests, used = 0, most_bytes
    for size in sizes:
        if used + 1 + size > most_bytes:
            requests, used = requests + 1, empty - 1
        used += 1 + size
    return requests


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBatch:
    """One request of an import, as its row tells it: its state and whom it holds."""

    state: str
    emails: tuple[str, ...] = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What must be empty, a line for each case."""

    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    untrue: list[str] = field(default_factory=list[str])
    open: list[str] = field(default_factory=list[str])


def judge(
    mode: str,
    rows: int,
    batches: Sequence[SentBatch],
    in_flight: Iterable[int],
    *,
    received: Mapping[str, int],
    held: Mapping[str, int],
) -> Verdict:
    """Compare an import with what the vendor counted.

    `in_flight` are the places of the batches that were on their way when their server was killed, `received`
    how often each contact's row arrived, `held` how often the list holds each contact.
    """
    verdict = Verdict()
    wanted = [email_of(number) for number in range(rows)]
    if [email for batch in batches for email in batch.emails] != wanted:
        verdict.untrue.append("the batches do not hold the rows once, in their order")
    verdict.doubled += [f"{email} is in the list {count} times" for email, count in held.items() if count > 1]
    if mode == "add":
        verdict.doubled += [
            f"{email} was sent {count} times" for email, count in received.items() if count > 1
        ]
    killed = set(in_flight)
    for place, batch in enumerate(batches):
        arrived = sum(1 for email in batch.emails if received.get(email))
        unknown = mode == "add" and place in killed
        if batch.state in {"pending", "sending"}:
            verdict.open.append(f"batch {place + 1} is {batch.state}")
        elif batch.state != ("unknown" if unknown else "succeeded"):
            verdict.untrue.append(f"batch {place + 1} is {batch.state}")
        elif arrived not in {0, len(batch.emails)} or (batch.state == "succeeded" and not arrived):
            verdict.lost.append(f"batch {place + 1} is {batch.state}: {arrived} of its rows arrived")
    if mode == "update":
        verdict.lost += [f"{email} is not in the list" for email in wanted if not held.get(email)]
    return verdict


def received_of(effects: Mapping[str, Any]) -> Counter[str]:
    """How often the sandbox was handed each row."""
    return Counter(each["subject"] for each in effects["changes"] if each["kind"] == "row_imported")


def held_of(effects: Mapping[str, Any]) -> Counter[str]:
    """How many contacts of the list were made of each row: who is made is told right behind the row."""
    held: Counter[str] = Counter()
    row = ""
    for each in effects["changes"]:
        if each["kind"] == "row_imported":
            row = each["subject"]
        elif each["kind"] == "contact_created":
            held[row] += 1
    return held
