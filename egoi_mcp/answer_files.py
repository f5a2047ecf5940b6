"""Answers that are too large or no text for a model, kept for a day as files only their owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from egoi_mcp.errors import StateUnavailable

FOLDER = "answers"
KEPT_SECONDS = 86_400.0
_TYPES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF8", "image/gif", "gif"),
    (b"PK\x03\x04", "application/zip", "zip"),
    (b"\x1f\x8b", "application/gzip", "gz"),
)


def type_of(content: bytes) -> tuple[str, str]:
    """The media type and the ending of a file's name, by how the content begins."""
    for start, media_type, ending in _TYPES:
        if content.startswith(start):
            return media_type, ending
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream", "bin"
    return "text/plain", "txt"


def keep(state_dir: Path, content: bytes, ending: str, *, now: float) -> Path:
    """Write a file that nobody else can read, and remove those whose day is over.

    Raises:
        StateUnavailable: it cannot be written.
    """
    folder = state_dir / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        purge(state_dir, now=now)
        path = folder / f"{secrets.token_hex(8)}.{ending}"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        os.utime(path, (now, now))
    except OSError as error:
        raise StateUnavailable(
            f"The answer is too large to be shown, and no file could be written for it ({error.strerror}). "
            "Ask for less, with fields or a smaller limit."
        ) from error
    return path


def purge(state_dir: Path, *, now: float) -> int:
    """Remove the files whose day is over; how many they were."""
    removed = 0
    for path in (state_dir / FOLDER).glob("*"):
        try:
            if path.lstat().st_mtime < now - KEPT_SECONDS:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue
    return removed
