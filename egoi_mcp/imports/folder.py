"""Opening a file inside the folder that the owner allowed, and nothing outside it."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from egoi_mcp.errors import InvalidInput

_NOTHING = "Nothing was imported."
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FLAGS = os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BY_FOLDER = os.open in os.supports_dir_fd


@contextmanager
def opened(folder: Path, name: str, *, most_bytes: int) -> Generator[BinaryIO]:
    """The regular file of that name, or of that path below the folder, for reading.

    Links are resolved first. What they lead to is then opened from the folder downwards, and no link is
    followed any more, so that one that is put there meanwhile leads nowhere. At the end it is looked at once
    more: a file that was written to while it was read is refused.

    Raises:
        InvalidInput: there is no such regular file inside the folder, it is larger than `most_bytes`, or it
            changed while it was read.
    """
    handle = _open(folder, name)
    try:
        before = os.fstat(handle)
        _check(before, most_bytes)
    except InvalidInput:
        os.close(handle)
        raise
    with os.fdopen(handle, "rb") as file:
        yield file
        after = os.fstat(handle)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise InvalidInput(f"file: was written to while it was read. {_NOTHING} Call again.")


def _check(found: os.stat_result, most_bytes: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise InvalidInput(f"file: is no regular file. {_NOTHING}")
    if found.st_size > most_bytes:
        raise InvalidInput(
            f"file: has {found.st_size:,} bytes, and at most {most_bytes:,} are read "
            f"(EGOI_MCP_IMPORT_MAX_MB). {_NOTHING} Split it."
        )


def _open(folder: Path, name: str) -> int:
    refused = InvalidInput(
        f"file: is none that can be read inside the folder that the owner allowed. {_NOTHING} "
        "Name it by its path below that folder."
    )
    if not name or "\x00" in name:
        raise refused
    try:
        root = folder.resolve(strict=True)
        found = (root / name).resolve(strict=True)
        if not found.is_relative_to(root) or found == root:
            raise refused
        return _walk(root, found.relative_to(root).parts) if _BY_FOLDER else _reopened(root, found)
    except (OSError, RuntimeError):
        # Not `from error`: what lies outside the folder, or does not, is nobody's business here.
        raise refused from None


def _walk(root: Path, parts: tuple[str, ...]) -> int:
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK)
    for part in parts[:-1]:
        above = handle
        try:
            handle = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK, dir_fd=above)
        finally:
            os.close(above)
    try:
        return os.open(parts[-1], _FLAGS, dir_fd=handle)
    finally:
        os.close(handle)


def _reopened(root: Path, found: Path) -> int:
    """Where a system opens no file from a folder: open it, and see that the path still leads to it."""
    handle = os.open(found, _FLAGS)
    again = found.resolve(strict=True)
    if not again.is_relative_to(root) or not os.path.samestat(os.fstat(handle), again.stat()):
        os.close(handle)
        raise OSError("the path leads elsewhere now")
    return handle
