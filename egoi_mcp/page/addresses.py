"""Where the pages of a state directory's running servers are, for the owner's other programs.

Each server leaves a private file under its owner's name. Without the state directory's key it opens
nothing; with it, it is where a fresh ticket is brought to.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.page.tickets import open_path

FOLDER = "pages"


class Address(BaseModel):
    """One server's page; `since` in seconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    owner: str = Field(pattern=r"^[0-9a-f]{16}$")
    page: str = Field(pattern=r"^[A-Za-z0-9_-]{10,60}$")
    port: int = Field(ge=1, le=65_535)
    since: float

    def url(self, key: StateKey, now: float) -> str:
        """A fresh one-time address."""
        return f"http://127.0.0.1:{self.port}{open_path(key, owner=self.owner, page=self.page, now=now)}"


def leave(state_dir: Path, address: Address) -> None:
    """Write this server's file.

    Raises:
        StateUnavailable: it cannot be written.
    """
    path = _file(state_dir, address.owner)
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(address.model_dump(), file)
        draft.replace(path)
    except OSError as error:
        raise StateUnavailable(
            f"The approval page's file cannot be written ({error.strerror or type(error).__name__}). "
            "'egoi-mcp page' does not find the page; the terminal approves as always."
        ) from error


def take_back(state_dir: Path, owner: str) -> None:
    """Remove a server's file, at its end."""
    _file(state_dir, owner).unlink(missing_ok=True)


def running(state_dir: Path, alive: Callable[[str], bool]) -> list[Address]:
    """The pages of the servers that live, the oldest first; what dead ones left is removed."""
    found: list[Address] = []
    for path in sorted((state_dir / FOLDER).glob("*.json")):
        try:
            address = Address.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            continue
        if address.owner != path.stem:
            continue
        if alive(address.owner):
            found.append(address)
        else:
            path.unlink(missing_ok=True)
    return sorted(found, key=lambda each: each.since)


def _file(state_dir: Path, owner: str) -> Path:
    return state_dir / FOLDER / f"{owner}.json"
