"""Answers that are too large or no text for a model, kept for a day as files only their owner can read."""

from __future__ import annotations

import codecs
import csv
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from egoi_mcp.errors import StateUnavailable

FOLDER = "answers"
KEPT_SECONDS = 86_400.0
UNKNOWN_TYPE = "application/octet-stream"
_TYPES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
    (b"II*\x00", "image/tiff", "tif"),
    (b"MM\x00*", "image/tiff", "tif"),
    (b"PK\x03\x04", "application/zip", "zip"),
    (b"\x1f\x8b\x08", "application/gzip", "gz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", "7z"),
    (b"Rar!\x1a\x07", "application/vnd.rar", "rar"),
    # Word, Excel and Outlook of before 2007 begin alike.
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", "ole"),
    (b"{\\rtf1", "application/rtf", "rtf"),
    (b"ID3\x02", "audio/mpeg", "mp3"),
    (b"ID3\x03", "audio/mpeg", "mp3"),
    (b"ID3\x04", "audio/mpeg", "mp3"),
    (b"OggS\x00", "audio/ogg", "ogg"),
    (b"fLaC\x00", "audio/flac", "flac"),
    (b"\x1aE\xdf\xa3", "video/webm", "webm"),
)
# Containers say what they hold a few bytes later.
_RIFF: Mapping[bytes, tuple[str, str]] = {
    b"WEBP": ("image/webp", "webp"),
    b"WAVE": ("audio/wav", "wav"),
    b"AVI ": ("video/x-msvideo", "avi"),
}
_BRANDS: Mapping[bytes, tuple[str, str]] = {
    b"heic": ("image/heic", "heic"),
    b"avif": ("image/avif", "avif"),
    b"M4A ": ("audio/mp4", "m4a"),
    b"qt  ": ("video/quicktime", "mov"),
}
_ENDINGS: Mapping[str, str] = {
    **{media_type: ending for _, media_type, ending in _TYPES},
    **dict([*_RIFF.values(), *_BRANDS.values()]),
    "video/mp4": "mp4",
    "text/csv": "csv",
    "application/csv": "csv",
    "text/tab-separated-values": "tsv",
    "text/calendar": "ics",
    "text/vcard": "vcf",
    "image/svg+xml": "svg",
    "application/json": "json",
    "application/vnd.ms-excel": "xls",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
_UNWRITTEN = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_SAMPLE = 4_000
_MOST_LINES = 5


def type_of(content: bytes) -> tuple[str, str]:
    """The media type and the ending of a file's name, by how the content begins."""
    for start, media_type, ending in _TYPES:
        if content.startswith(start):
            return media_type, ending
    if content.startswith(b"RIFF") and content[8:12] in _RIFF:
        return _RIFF[content[8:12]]
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], ("video/mp4", "mp4"))
    text = readable(content)
    if text is None:
        return UNKNOWN_TYPE, "bin"
    return ("text/csv", "csv") if _is_table(text) else ("text/plain", "txt")


def ending_of(media_type: str, content: bytes) -> str:
    """The ending of a file's name, by what it is said to be and else by how it begins."""
    return _ENDINGS.get(media_type) or type_of(content)[1]


def readable(content: bytes) -> str | None:
    """The text that a file holds, in UTF-8 or marked as UTF-16; None where it holds anything else."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if _UNWRITTEN.search(text) else text


def _is_table(text: str) -> bool:
    """Whether the first lines have as many cells, two or more, and no space before one as sentences have."""
    lines = [line for line in text[:_SAMPLE].splitlines() if line.strip()][:_MOST_LINES]
    if len(lines) > 2 and len(text) > _SAMPLE:
        lines = lines[:-1]
    for sign in ",;\t":
        if any(f"{sign} " in line for line in lines[:1]):
            continue
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=sign)}
        except csv.Error:
            continue
        if len(lines) > 1 and len(widths) == 1 and widths != {1}:
            return True
    return False


def new_path(state_dir: Path, ending: str) -> Path:
    """Where a file may be written; nobody guesses it."""
    return state_dir / FOLDER / f"{secrets.token_hex(8)}.{ending}"


def keep(state_dir: Path, content: bytes, ending: str, *, now: float, path: Path | None = None) -> Path:
    """Write a file that nobody else can read, and remove those whose day is over.

    `path` is what `new_path` gave, where the file has been named before it is written.

    Raises:
        StateUnavailable: it cannot be written.
    """
    path = new_path(state_dir, ending) if path is None else path
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        purge(state_dir, now=now)
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
