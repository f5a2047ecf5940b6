"""Only regular files inside the folder are opened, whatever links and swaps there are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from egoi_mcp.errors import InvalidInput
from egoi_mcp.imports import folder as module
from egoi_mcp.imports.folder import opened

MOST = 1000


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    folder = tmp_path / "allowed"
    (folder / "below").mkdir(parents=True)
    (folder / "a.csv").write_text("inside")
    (folder / "below" / "b.csv").write_text("below")
    (tmp_path / "secret.csv").write_text("outside")
    return folder


def content(folder: Path, name: str, most_bytes: int = MOST) -> str:
    with opened(folder, name, most_bytes=most_bytes) as file:
        return file.read().decode()


@pytest.mark.parametrize("way", ["by folder", "by path"])
def test_files_inside_are_opened_by_name_path_and_link(
    inside: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BY_FOLDER", way == "by folder")
    (inside / "link.csv").symlink_to(inside / "below" / "b.csv")
    assert content(inside, "a.csv") == "inside"
    assert content(inside, "below/b.csv") == "below"
    assert content(inside, "link.csv") == "below"
    assert content(inside, str(inside / "a.csv")) == "inside"
    (inside.parent / "alias").symlink_to(inside)
    assert content(inside.parent / "alias", "a.csv") == "inside"


@pytest.mark.parametrize("way", ["by folder", "by path"])
@pytest.mark.parametrize(
    "name",
    ["../secret.csv", "out.csv", "up/secret.csv", "", ".", "a\x00.csv", "none.csv", "loop.csv", "/etc/hosts"],
)
def test_what_is_not_inside_is_refused_in_the_same_words(
    inside: Path, name: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BY_FOLDER", way == "by folder")
    (inside / "out.csv").symlink_to(inside.parent / "secret.csv")
    (inside / "up").symlink_to(inside.parent)
    (inside / "loop.csv").symlink_to(inside / "loop.csv")
    with pytest.raises(InvalidInput, match="none that can be read inside the folder") as refusal:
        content(inside, name)
    assert str(inside) not in str(refusal.value)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_regular_file_is_refused_without_waiting(inside: Path, kind: str) -> None:
    os.mkdir(inside / "x.csv") if kind == "folder" else os.mkfifo(inside / "x.csv")
    with pytest.raises(InvalidInput, match="is no regular file"):
        content(inside, "x.csv")


def test_a_file_that_is_too_large_is_refused(inside: Path) -> None:
    assert content(inside, "a.csv", most_bytes=6) == "inside"
    with pytest.raises(InvalidInput, match="has 6 bytes, and at most 5"):
        content(inside, "a.csv", most_bytes=5)


@pytest.mark.parametrize("swapped", ["file", "folder"])
@pytest.mark.parametrize("way", ["by folder", "by path"])
def test_a_link_that_is_put_in_its_place_after_the_look_leads_nowhere(
    inside: Path, swapped: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BY_FOLDER", way == "by folder")
    (inside.parent / "b.csv").write_text("outside")
    resolve = Path.resolve
    calls = 0

    def swap(path: Path, strict: bool = False) -> Path:
        nonlocal calls
        found = resolve(path, strict=strict)
        calls += 1
        if calls == 2:
            if swapped == "file":
                (inside / "below" / "b.csv").unlink()
                (inside / "below" / "b.csv").symlink_to(inside.parent / "b.csv")
            else:
                (inside / "below").rename(inside.parent / "moved")
                (inside / "below").symlink_to(inside.parent)
        return found

    monkeypatch.setattr(Path, "resolve", swap)
    with pytest.raises(InvalidInput, match="none that can be read"):
        content(inside, "below/b.csv")
    assert calls >= 2


def test_a_file_that_is_written_to_meanwhile_is_refused(inside: Path) -> None:
    with pytest.raises(InvalidInput, match="was written to while it was read"):
        _append_while_reading(inside)


def _append_while_reading(inside: Path) -> None:
    with opened(inside, "a.csv", most_bytes=MOST), (inside / "a.csv").open("a") as other:
        other.write("more")
