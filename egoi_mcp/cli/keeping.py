"""`egoi-mcp actions purge`, `erase` and `tombstones`: what the ledger keeps no longer, and of whom."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import anyio

from egoi_mcp.cli import DONE, FAILED
from egoi_mcp.cli.actions import local_time
from egoi_mcp.cli.ledger import open_ledger
from egoi_mcp.cli.records import iso
from egoi_mcp.cli.terminal import ask, require_terminal
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard import housekeeping
from egoi_mcp.guard.action import Channel
from egoi_mcp.guard.owners import os_user
from egoi_mcp.guard.people import spellings
from egoi_mcp.plain_text import clean
from egoi_mcp.settings import Settings, from_environ
from egoi_mcp.store.protocol import Erased, Purged, Tombstone

_WORD = "erase"
_LONGEST = 200
_LATER = "The file holds traces until the next purge: another program uses it, or the disk is full."


def purge() -> int:
    """Remove what is older than the settings keep, as a server does every day."""
    settings = from_environ()

    async def carry_out() -> Purged:
        async with open_ledger(settings) as ledger:
            return await housekeeping.purge(ledger.store, settings.retention, time.time())

    purged = anyio.run(carry_out)
    kept = settings.retention
    print(
        f"Actions emptied: {purged.emptied} (ended more than {kept.bodies_days} days ago, or with somebody "
        f"who was erased). Removed: {purged.removed} (proposed more than {kept.ledger_days} days ago)."
    )
    return _scrubbed(purged.scrubbed)


def erase(recipients: Sequence[str]) -> int:
    """Remove people from the ledger, after a word of confirmation."""
    require_terminal("erase people from", "the ledger")
    people = [_checked(each) for each in recipients]
    settings = from_environ()
    for each in people:
        print(f"{clean(each, _LONGEST)}: {_read_as(each)}")
    print(
        f"\nEvery action in {settings.state_dir} that names one of them loses its requests, its preview and "
        "what came back, for all people in it. What waits to be sent is voided. This cannot be undone. "
        "It changes nothing in the vendors' accounts."
    )
    if ask(f"To erase, type {_WORD}: ") != _WORD:
        print("Not erased. Nothing was changed.")
        return FAILED
    erased = anyio.run(_erase, settings, people)
    print(
        f"Actions emptied: {erased.emptied}" + (f", of them voided: {erased.voided}" if erased.voided else "")
    )
    if erased.contents:
        print(f"Kept texts of campaigns that went too, and cannot be shown before a send: {erased.contents}")
    if erased.waiting:
        print(
            f"Under way or of unknown outcome, and emptied as they end: {', '.join(erased.waiting)}. "
            "Settle those that are unknown: egoi-mcp actions settle ID --sent or --not-sent"
        )
    return _scrubbed(erased.scrubbed)


def tombstones(recipients: Sequence[str], *, as_json: bool) -> int:
    """Print when people were erased; whom, the ledger does not know, but it knows one who is named."""
    people = [_checked(each) for each in recipients]
    settings = from_environ()

    async def read() -> list[Tombstone]:
        async with open_ledger(settings) as ledger:
            return await ledger.store.tombstones(people)

    found = anyio.run(read)
    if as_json:
        shapes = [{"erased_at": iso(each.erased_at), "actions": each.actions} for each in found]
        print(json.dumps(shapes, indent=2))
    elif found:
        for each in found:
            print(f"{local_time(each.erased_at)}  actions: {each.actions}")
    else:
        print("Nobody was erased." if not people else "None of them was erased.")
    return DONE


async def _erase(settings: Settings, people: Sequence[str]) -> Erased:
    async with open_ledger(settings) as ledger:
        return await ledger.store.erase(people, channel=Channel.TERMINAL, by=os_user())


def _checked(recipient: str) -> str:
    """Who is meant.

    Raises:
        InvalidInput: nobody, or nothing that names one person.
    """
    said = recipient.strip()
    if not said or len(said) > _LONGEST:
        raise InvalidInput(
            "--recipient: takes a number, an e-mail address or a contact's id. Nothing was changed."
        )
    return said


def _read_as(recipient: str) -> str:
    main = spellings(recipient)[0]
    if "@" in main:
        return "an e-mail address"
    if main.startswith("+"):
        return f"the phone number {main}"
    if any(each.isdigit() for each in main) and not any(each.isalpha() for each in main):
        return "a contact's id. Where it is a phone number, write + and the country code"
    return "a contact's id"


def _scrubbed(done: bool) -> int:
    if not done:
        print(f"{_LATER} Run later: egoi-mcp actions purge")
    return DONE if done else FAILED
