"""Files that an operation answers with, as a whole or in a member, are kept for their owner and named."""

from __future__ import annotations

import base64
import re
import stat
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bench.tokens import tokens
from tests.support import Called, Person, Session, connected
from tests.tools_live.live import altered, mutations

pytestmark = pytest.mark.anyio

API = {"EGOI_MCP_TOOLSETS": "api"}
PDF = b"%PDF-1.7 " + b"x" * 5_000
PNG = b"\x89PNG\r\n\x1a\n" + b"y" * 4_000
CSV = "contact_id,email\n" + "".join(f"{n},ana{n}@example.com\n" for n in range(30))
TAG: dict[str, Any] = {"operation": "egoi:createTag", "body": {"name": "spring"}}
WORDS = re.compile(r"\[file: (\S+), ([\d,]+) bytes, ([a-z0-9/+.-]+)\]")


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def content(path: str) -> bytes:
    """What is in a file that its owner alone can read."""
    file = Path(path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file.read_bytes()


def kept(named: str) -> tuple[str, bytes]:
    """The media type that words name, and what is in the file of theirs."""
    found = WORDS.fullmatch(named)
    assert found is not None, named
    held = content(found[1])
    assert found[2] == f"{len(held):,}"
    return found[3], held


def answering(path: str, raw: bytes, content_type: str) -> Any:
    """A vendor that answers what is asked at `path` with a file."""

    def change(asked: str, reply: Any) -> Any:
        if asked != path:
            return reply
        return httpx2.Response(200, content=raw, headers={"content-type": content_type})

    return change


def holding(path: str, answer: Any) -> Any:
    """A vendor that answers what is asked at `path` with this JSON."""

    def change(asked: str, reply: Any) -> Any:
        return answer if asked == path else reply

    return change


def made_a_tag(reply: Any) -> bool:
    return isinstance(reply, dict) and "tag_id" in reply


def files_of(session: Session) -> list[Path]:
    return list((session.state_dir / "answers").glob("*"))


async def read(session: Session, operation: str, **arguments: object) -> Called:
    called = await session.call("call_operation", operation=operation, **arguments)
    assert called.status == "succeeded", called.text
    return called


# -- an answer that is a file as a whole ---------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "content_type", "media_type", "ending"),
    [
        (CSV.encode(), "text/csv; charset=utf-8", "text/csv", "csv"),
        ("nome;cidade\nJoão;Évora\n".encode("latin-1"), "text/csv; charset=iso-8859-1", "text/csv", "csv"),
        (PDF, "application/pdf", "application/pdf", "pdf"),
        (PNG, "image/png", "image/png", "png"),
        (b"PK\x03\x04" + bytes(90), "application/zip", "application/zip", "zip"),
        (PDF, "application/octet-stream", "application/pdf", "pdf"),
        (bytes(range(256)), "application/octet-stream", "application/octet-stream", "bin"),
    ],
)
async def test_what_is_no_json_is_kept_as_it_came(
    tmp_path: Path, raw: bytes, content_type: str, media_type: str, ending: str
) -> None:
    async with altered(tmp_path, answering("/my-account", raw, content_type), API) as session:
        called = await read(session, "getMyAccount")
        assert content(called.data["file"]) == raw
        assert called.data["file"].endswith(f".{ending}")
        assert called.data["file_bytes"] == len(raw)
        assert called.data["file_type"] == media_type
        assert called.data["message"] == "It was read. The answer is a file."


async def test_a_text_says_how_it_begins_unless_people_are_masked(tmp_path: Path) -> None:
    change = answering("/my-account", CSV.encode(), "text/csv")
    async with altered(tmp_path / "full", change, API) as session:
        called = await read(session, "getMyAccount")
        assert called.data["excerpt"].startswith("contact_id,email")
        assert tokens(called.text) < 500
    for pii, line in (("masked", "7,a***@e***.com"), ("ids", "7,***")):
        async with altered(tmp_path / pii, change, API, EGOI_MCP_PII=pii) as session:
            called = await read(session, "getMyAccount")
            assert "excerpt" not in called.data
            assert "example.com" not in called.text
            assert line in content(called.data["file"]).decode().splitlines()


@pytest.mark.parametrize("content_type", ["text/csv", "application/pdf", "image/png"])
async def test_an_action_that_is_answered_with_a_file_has_succeeded(
    tmp_path: Path, content_type: str
) -> None:
    def change(_path: str, reply: Any) -> Any:
        if not made_a_tag(reply):
            return reply
        return httpx2.Response(200, content=b"\x89 done", headers={"content-type": content_type})

    async with altered(tmp_path, change, API, person=Person()) as session:
        called = await session.call("call_operation", **TAG)
        assert called.status == "succeeded", called.text
        assert mutations(session) == ["createTag"]
        assert content(called.data["file"]) == b"\x89 done"
        assert "The answer is a file." in called.text


async def test_an_action_has_succeeded_also_where_its_answer_cannot_be_kept(tmp_path: Path) -> None:
    def change(_path: str, reply: Any) -> Any:
        if not made_a_tag(reply):
            return reply
        return httpx2.Response(200, content=PDF, headers={"content-type": "application/pdf"})

    async with altered(tmp_path, change, API, person=Person()) as session:
        (session.state_dir / "answers").write_text("in the way")
        called = await session.call("call_operation", **TAG)
        assert called.status == "succeeded", called.text
        assert "No file could be written for the vendor's answer" in called.text


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"<html>Sign in to the network</html>", "text/html"),
        (b"<html>Sign in to the network</html>", "application/octet-stream"),
        (b"<?xml version='1.0'?><error/>", "application/xml"),
        (b'{"cut": "of', "application/json"),
        (b'{"cut": "of', "text/csv"),
        (b"<html>cut", "text/csv"),
        (b"", "application/pdf"),
        (b"\xff\xfe\xfd", "text/plain"),
        (b"\x00\x01", ""),
    ],
)
async def test_a_page_a_part_or_nothing_is_still_no_answer(
    tmp_path: Path, raw: bytes, content_type: str
) -> None:
    async with altered(tmp_path, answering("/my-account", raw, content_type), API) as session:
        called = await session.call("call_operation", operation="getMyAccount")
        assert called.is_error
        assert "sent a reply that cannot be read" in called.text
        assert files_of(session) == []


@pytest.mark.parametrize(
    ("path", "tool", "arguments"),
    [
        ("/lists", "list_audiences", {"kind": "lists"}),
        ("/tags", "list_audiences", {"kind": "tags"}),
        ("/lists/3/contacts", "search_contacts", {"list_id": 3}),
        ("/campaigns", "list_campaigns", {}),
    ],
)
async def test_a_tool_that_reads_members_takes_no_file_for_an_empty_answer(
    tmp_path: Path, path: str, tool: str, arguments: dict[str, Any]
) -> None:
    async with altered(tmp_path, answering(path, CSV.encode(), "text/csv")) as session:
        called = await session.call(tool, **arguments)
        assert called.is_error
        assert "E-goi sent a reply that cannot be read" in called.text
        assert files_of(session) == []


# -- files in members ----------------------------------------------------------------------------


async def test_every_file_of_an_object_is_kept_and_the_first_named_beside(tmp_path: Path) -> None:
    answer = {"a": {"pdf": encoded(PDF)}, "images": [encoded(PNG), "data:image/png;base64," + encoded(PNG)]}
    async with altered(tmp_path, holding("/my-account", answer), API) as session:
        called = await read(session, "getMyAccount")
        data = called.data["data"]
        assert kept(data["a"]["pdf"]) == ("application/pdf", PDF)
        assert [kept(each) for each in data["images"]] == [("image/png", PNG), ("image/png", PNG)]
        assert len(files_of(session)) == 3
        assert called.data["file"] in data["a"]["pdf"]
        assert called.data["file_bytes"] == len(PDF)
        assert called.data["file_type"] == "application/pdf"
        assert tokens(called.text) < 500


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (CSV.encode(), "text/csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900), "application/x-ole-storage"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(900), "image/webp"),
        (b"ID3\x03\x00" + bytes(900), "audio/mpeg"),
    ],
)
async def test_more_kinds_of_files_are_known(tmp_path: Path, raw: bytes, media_type: str) -> None:
    async with altered(tmp_path, holding("/my-account", {"f": encoded(raw)}), API) as session:
        called = await read(session, "getMyAccount")
        assert kept(called.data["data"]["f"]) == (media_type, raw)


async def test_long_texts_beside_a_file_are_whole_in_another(tmp_path: Path) -> None:
    answer = {"pdf": encoded(PDF), "text": "word " * 1_000}
    async with altered(tmp_path, holding("/my-account", answer), API) as session:
        called = await read(session, "getMyAccount")
        assert called.data["file_type"] == "application/pdf"
        named = re.search(r"whole in the file (\S+\.json)\.", called.data["message"])
        assert named is not None
        assert "word " * 1_000 in content(named[1]).decode()


async def test_rows_name_their_files_too_and_are_paged_as_ever(tmp_path: Path) -> None:
    rows = [{"list_id": n, "pdf": encoded(PDF + bytes([n]))} for n in range(5)]
    answer = {"items": rows, "total_items": 5}
    async with altered(tmp_path, holding("/lists", answer), API) as session:
        called = await read(session, "getAllLists", limit=2)
        assert [row["list_id"] for row in called.data["rows"]] == [0, 1]
        assert [kept(row["pdf"])[1] for row in called.data["rows"]] == [PDF + b"\x00", PDF + b"\x01"]
        assert called.data["file_type"] == "application/pdf"
        assert tokens(called.text) < 600
        after = await read(session, "getAllLists", limit=2, cursor=called.data["next_cursor"])
        assert [row["list_id"] for row in after.data["rows"]] == [2, 3]
        some = await read(session, "getAllLists", limit=2, fields=["list_id"])
        assert some.data["rows"] == [{"list_id": 0}, {"list_id": 1}]
        assert len(files_of(session)) == 4


async def test_a_page_keeps_so_many_files_and_says_how_to_get_the_rest(tmp_path: Path) -> None:
    rows = [{"list_id": n, "pdf": encoded(PDF)} for n in range(25)]
    answer = {"items": rows, "total_items": 25}
    async with altered(tmp_path, holding("/lists", answer), API) as session:
        called = await read(session, "getAllLists")
        texts = [row["pdf"] for row in called.data["rows"]]
        assert len(texts) == 25
        assert [kept(each)[1] for each in texts[:20]] == [PDF] * 20
        assert all("left out" in each and "ask for fewer rows" in each for each in texts[20:])
        assert len(files_of(session)) == 20


async def test_what_is_too_large_names_in_its_file_the_files_that_stood_in_it(tmp_path: Path) -> None:
    answer = {"pdf": encoded(PDF), **{f"m{n}": "x y" * 30 for n in range(900)}}
    async with altered(tmp_path, holding("/my-account", answer), API) as session:
        called = await read(session, "getMyAccount")
        assert called.data["file_type"] == "application/json"
        named = WORDS.search(content(called.data["file"]).decode())
        assert named is not None
        assert kept(named[0]) == ("application/pdf", PDF)


@pytest.mark.parametrize("pii", ["masked", "ids"])
@pytest.mark.parametrize("said", [CSV, "Ana,ana7@example.com"])
async def test_base64_hides_nobody_from_the_mask(tmp_path: Path, pii: str, said: str) -> None:
    answer = {"report": encoded(said.encode()), "total": 3, "pdf": encoded(PDF)}
    async with altered(tmp_path, holding("/my-account", answer), API, EGOI_MCP_PII=pii) as session:
        called = await read(session, "getMyAccount")
        assert encoded(said.encode())[:40] not in called.text
        _, report = kept(called.data["data"]["report"])
        assert b"example.com" not in report
        assert kept(called.data["data"]["pdf"]) == ("application/pdf", PDF)


async def test_ids_hashes_and_cursors_stay_as_they_are(tmp_path: Path) -> None:
    plain = {
        "hash": "5ba682d23d7cf92bef87bfd4" * 40,
        "word": "Donaudampfschifffahrtsgesellschaft" * 15,
        "payload": base64.urlsafe_b64encode(b'{"sub": "7", "scope": "a b c"}' * 9).decode().rstrip("="),
        "next_cursor": encoded(PDF)[:400],
    }
    async with altered(tmp_path, holding("/my-account", plain), API) as session:
        called = await read(session, "getMyAccount")
        assert called.data["data"] == plain
        assert files_of(session) == []


async def test_a_secret_is_no_file(tmp_path: Path) -> None:
    async with altered(tmp_path, holding("/my-account", {"certificate": encoded(PDF)}), API) as session:
        called = await read(session, "getMyAccount")
        assert called.data["data"] == {"certificate": "[redacted]"}
        assert files_of(session) == []


async def test_an_answer_without_files_writes_none(tmp_path: Path) -> None:
    async with connected(tmp_path, API) as session:
        await read(session, "getAllLists")
        assert files_of(session) == []
