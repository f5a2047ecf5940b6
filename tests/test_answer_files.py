"""Files of answers: nobody else reads them, and after a day they are gone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from egoi_mcp.answer_files import KEPT_SECONDS, keep, purge, type_of
from egoi_mcp.errors import StateUnavailable


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_a_file_and_look_into_its_folder(tmp_path: Path) -> None:
    path = keep(tmp_path, b"{}", "json", now=1000.0)
    assert path.read_bytes() == b"{}"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_a_file_goes_after_its_day_and_not_before(tmp_path: Path) -> None:
    path = keep(tmp_path, b"{}", "json", now=1000.0)
    assert purge(tmp_path, now=1000.0 + KEPT_SECONDS) == 0
    assert path.exists()
    assert purge(tmp_path, now=1001.0 + KEPT_SECONDS) == 1
    assert not path.exists()


def test_a_new_file_takes_the_old_ones_away(tmp_path: Path) -> None:
    old = keep(tmp_path, b"{}", "json", now=1000.0)
    new = keep(tmp_path, b"{}", "json", now=1001.0 + KEPT_SECONDS)
    assert [path for path in (old, new) if path.exists()] == [new]


def test_where_no_file_can_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("in the way")
    with pytest.raises(StateUnavailable, match="no file could be written"):
        keep(tmp_path, b"{}", "json", now=1000.0)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7", ("application/pdf", "pdf")),
        (b"PK\x03\x04", ("application/zip", "zip")),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", ("image/webp", "webp")),
        (b"\x00\x00\x00\x18ftypheic", ("image/heic", "heic")),
        (b"\x00\x00\x00\x18ftypisom", ("video/mp4", "mp4")),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ("application/x-ole-storage", "ole")),
        (b"ID3\x03\x00", ("audio/mpeg", "mp3")),
        (b"a,b\n1,2\n", ("text/csv", "csv")),
        (b'a;b\n"1;2";3\n', ("text/csv", "csv")),
        ("a\tb\n1\t2\n".encode("utf-16"), ("text/csv", "csv")),
        (b"Good morning,\nthe spring sale begins", ("text/plain", "txt")),
        (b"one line, of words", ("text/plain", "txt")),
        (b"a\x00b", ("application/octet-stream", "bin")),
        (b"\xff\x00\xfe", ("application/octet-stream", "bin")),
    ],
)
def test_a_file_is_named_for_how_it_begins(content: bytes, found: tuple[str, str]) -> None:
    assert type_of(content) == found
