"""A file in base64 is known for one, and no hash, token, cursor or long word is taken for it."""

from __future__ import annotations

import base64
import json
import string
import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.guard.people import addresses_in
from egoi_mcp.tools.encoded_files import file_in

CSV = b"contact_id,email\n" + b"".join(b"%d,ana%d@example.com\n" % (n, n) for n in range(40))
FILES = [
    (b"%PDF-1.7 " + b"x" * 500, "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n" + bytes(500), "image/png", "png"),
    (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(500), "image/webp", "webp"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "application/x-ole-storage", "ole"),
    (b"ID3\x03\x00" + bytes(500), "audio/mpeg", "mp3"),
    (b"\x1f\x8b\x08" + bytes(3_000), "application/gzip", "gz"),
    (CSV, "text/csv", "csv"),
    (CSV.decode().encode("utf-16"), "text/csv", "csv"),
    ("Olá! A campanha começa amanhã, às dez.\n".encode() * 10, "text/plain", "txt"),
    (json.dumps([{"id": n, "name": "x y"} for n in range(900)]).encode(), "text/plain", "txt"),
]


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(("content", "media_type", "ending"), FILES)
@pytest.mark.parametrize("form", ["plain", "lines", "url", "unpadded", "data"])
def test_a_file_is_found_however_it_is_written(
    content: bytes, media_type: str, ending: str, form: str
) -> None:
    text = encoded(content)
    written = {
        "plain": text,
        "lines": "\r\n".join(textwrap.wrap(text, 76)) + "\r\n",
        "url": base64.urlsafe_b64encode(content).decode(),
        "unpadded": text.rstrip("="),
        "data": f"data:{media_type};charset=utf-8;base64,{text}",
    }[form]
    found = file_in(written)
    assert found is not None
    assert (found.content, found.media_type, found.ending) == (content, media_type, ending)


def test_a_declared_type_counts_where_the_content_does_not_tell_it() -> None:
    found = file_in(f"data:image/svg+xml;base64,{encoded(b'<svg>' + b'x' * 200)}")
    assert found is not None
    assert (found.media_type, found.ending) == ("image/svg+xml", "svg")


def test_a_large_file_of_no_known_kind_is_a_file() -> None:
    content = bytes(n * n % 251 for n in range(9_000))
    found = file_in(encoded(content))
    assert found is not None
    assert (found.media_type, found.ending) == ("application/octet-stream", "bin")


WORDS = st.sampled_from(["contact", "Newsletter", "campaign", "Primavera", "unsubscribe", "id", "XYZ", "7"])
PLAIN: st.SearchStrategy[Any] = st.none() | st.integers() | st.text(max_size=30)


@given(st.text(alphabet="0123456789abcdef", min_size=1, max_size=4_000))
def test_no_hash_is_a_file(text: str) -> None:
    assert file_in(text) is None
    assert file_in(text.upper()) is None


@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=1, max_size=4_000))
def test_no_id_is_a_file(text: str) -> None:
    assert file_in(text) is None


@given(st.lists(WORDS, min_size=1, max_size=500), st.sampled_from(["", "-", "_", "+", "/", "\n"]))
def test_no_long_word_is_a_file(words: list[str], between: str) -> None:
    assert file_in(between.join(words)) is None


@given(st.sampled_from(string.ascii_letters + string.digits), st.integers(1, 100_000))
def test_no_run_of_one_character_is_a_file(character: str, times: int) -> None:
    assert file_in(character * times) is None


@given(st.binary(min_size=1, max_size=4_000))
def test_no_random_token_is_a_file(token: bytes) -> None:
    # One that begins like a file is not random.
    assert file_in(encoded(b"\x00" + token)) is None
    assert file_in(base64.urlsafe_b64encode(b"\xff" + token).decode()) is None


@given(st.dictionaries(st.text(max_size=20), PLAIN | st.lists(PLAIN, max_size=5), max_size=20))
def test_no_cursor_or_part_of_a_jwt_is_a_file(claims: dict[str, Any]) -> None:
    written = json.dumps(claims, separators=(", ", ": "))
    part = base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")
    for text in (part, f"{part}.{part}.{'x' * 43}", part[: len(part) * 2 // 3], encoded(written.encode())):
        assert file_in(text) is None


@pytest.mark.parametrize(
    "said",
    [
        "page=2&per_page=50&after=2026-01-01T10:00:00Z&order=desc&filter=" + "active" * 40,
        "gid://intercom/Contact/1234567890",
        json.dumps([1_700_000_000, "5ba682d23d7cf92bef87bfd4", 2]),
        "user:password",
        " " * 400,
        "U" * 400,
    ],
)
def test_no_cursor_of_another_form_is_a_file(said: str) -> None:
    assert file_in(encoded(said.encode())) is None


def test_a_packed_cursor_is_no_file() -> None:
    assert file_in(encoded(b"\x1f\x8b\x08" + bytes(800))) is None


def test_a_text_that_names_somebody_is_a_file_however_short_where_people_are_masked() -> None:
    def names(text: str) -> bool:
        return any(True for _ in addresses_in(text))

    said = encoded(b"Ana,ana@example.com")
    assert file_in(said) is None
    found = file_in(said, names)
    assert found is not None
    assert found.content == b"Ana,ana@example.com"
    assert file_in(encoded(b"Ana,example.com"), names) is None
