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
        (b"a,b\n1,2\n", ("text/plain", "txt")),
        (b"\xff\x00\xfe", ("application/octet-stream", "bin")),
    ],
)
def test_a_file_is_named_for_how_it_begins(content: bytes, found: tuple[str, str]) -> None:
    assert type_of(content) == found
