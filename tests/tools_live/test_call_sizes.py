"""No answer of `call_operation` is larger than 8,000 tokens in either form, whatever a vendor answers."""

from __future__ import annotations

import json
import random
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.from_thread
import anyio.to_thread
import httpx2
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bench.tokens import tokens
from tests.support import Called, Person, Session
from tests.tools_live.live import Change, altered

pytestmark = pytest.mark.anyio

API = {"EGOI_MCP_TOOLSETS": "api"}
MOST = 8_000
BASE62 = string.ascii_letters + string.digits
CHANCE = random.Random(1)


def of(alphabet: str, length: int, chance: random.Random = CHANCE) -> str:
    return "".join(chance.choices(alphabet, k=length))


def pronounced(letters: int) -> str:
    """A word like `bazuki`, which no language has."""
    return "".join(CHANCE.choice("bdfgkmpstvz" if at % 2 == 0 else "aeiou") for at in range(letters))


def instead(wanted: str, answer: Any) -> Change:
    def change(path: str, reply: Any) -> Any:
        return answer if path == wanted else reply

    return change


def listed(rows: list[Any], total: int = 180) -> Change:
    """What changes the sandbox's answer to a list of these."""
    return instead("/lists", {"items": rows, "total_items": total})


def account(value: Any) -> Change:
    return instead("/my-account", value)


def named(name: str) -> list[dict[str, Any]]:
    return [{"list_id": number, "name": name} for number in range(100)]


async def lists(session: Session, **arguments: object) -> Called:
    return await session.call("call_operation", operation="getAllLists", limit=100, **arguments)


def kept(called: Called) -> str:
    """What is in the file that an answer names."""
    return Path(called.data["file"]).read_text("utf-8")


def assert_small(called: Called) -> None:
    assert not called.is_error, called.text
    assert tokens(called.text) <= MOST
    assert tokens(called.data) <= MOST
    assert "" not in called.text.split("\n")


LONG_ROWS = {
    "line feeds": named("a\n" * 300),
    "bars": named("|" * 600),
    "quotes": named('"' * 600),
    "backslashes": named("\\" * 600),
    "punctuation": [{"list_id": n, "name": of(string.punctuation, 550)} for n in range(100)],
    "ids": [{"list_id": n, "ids": [of(BASE62, 20) for _ in range(10)]} for n in range(100)],
    "codes": [{"codes": [of(string.ascii_uppercase + string.digits, 12) for _ in range(30)]}] * 100,
    "words of nobody": [
        {"words": " ".join(of(string.ascii_lowercase, 6) for _ in range(80))} for _ in range(100)
    ],
    "N'Ko": [{"name": of("".join(map(chr, range(0x7C0, 0x800))), 300)} for _ in range(100)],
    "long names": [{of(BASE62, 300): 1, of("|a ", 300): 2} for _ in range(100)],
    "words that nobody has": [
        {"list_id": number, "name": " ".join(pronounced(size) for _ in range(60))}
        for number in range(100)
        for size in (4 + number % 3,)
    ],
}


@pytest.mark.parametrize("rows", LONG_ROWS.values(), ids=LONG_ROWS.keys())
async def test_rows_that_cost_much_make_shorter_answers_that_miss_none(
    tmp_path: Path, rows: list[Any]
) -> None:
    async with altered(tmp_path, listed(rows, 100), API) as session:
        seen: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            called = await lists(session, **cursor)
            assert_small(called)
            assert 0 < len(called.data["rows"]) < 100
            seen += called.data["rows"]
            if "next_cursor" not in called.data:
                break
            cursor = {"cursor": called.data["next_cursor"]}
        assert len(seen) == len(rows)


async def test_one_thing_with_hundreds_of_ids_is_a_file(tmp_path: Path) -> None:
    ids = {"ids": [of(BASE62, 20) for _ in range(500)]}
    async with altered(tmp_path, account(ids), API) as session:
        called = await session.call("call_operation", operation="getMyAccount")
        assert_small(called)
        assert json.loads(kept(called)) == ids


async def test_what_an_action_is_answered_counts_with_what_is_told_of_it(tmp_path: Path) -> None:
    def many(path: str, reply: Any) -> Any:
        return {**reply, "codes": [of(BASE62, 20) for _ in range(360)]} if path == "/tags" else reply

    async with altered(tmp_path, many, API, person=Person()) as session:
        called = await session.call("call_operation", operation="egoi:createTag", body={"name": "spring"})
        assert called.status == "succeeded"
        assert called.action_id
        assert_small(called)


ALPHABETS = [
    *(string.ascii_lowercase, string.ascii_uppercase, string.ascii_letters, BASE62, string.punctuation),
    *(string.printable, "0123456789abcdef", '\n\t|\\"<>&;:,. ', string.ascii_lowercase + "áéíóúãõçñ"),
    *("".join(map(chr, range(*each))) for each in ((0xA1, 0x250), (0x300, 0x370), (0x590, 0x860))),
    *("".join(map(chr, range(*each))) for each in ((0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x2000, 0x2E80))),
    *(
        "".join(map(chr, range(*each)))
        for each in ((0x1F300, 0x1FAFF), (0x10000, 0x3134A), (0xE0000, 0xE01F0))
    ),
]


@dataclass(frozen=True)
class Hostile:
    """Rows in letters of an alphabet, or of a few of them: long or short, many or few, in names or lists."""

    seed: int
    alphabet: int
    letters: int
    length: int
    shape: str
    count: int
    levels: int

    def rows(self) -> list[Any]:
        chance = random.Random(self.seed)
        alphabet = of(ALPHABETS[self.alphabet], self.letters, chance)
        return [self._row(number, alphabet, chance) for number in range(self.count)]

    def _row(self, number: int, alphabet: str, chance: random.Random) -> Any:
        texts = [of(alphabet, self.length, chance) for _ in range(1 + 150 // self.length)]
        if self.shape == "names":
            return {f"{of(alphabet, self.length % 50, chance)}{n}": each for n, each in enumerate(texts)}
        if self.shape == "sparse":
            return {f"m{number % 20}": texts[0]} if number % 3 else {"none": None}
        held: Any = texts
        for _ in range(self.levels if number in {0, 7} else 0):
            held = {"in": held} if number else [held]
        return {"held": held}


HOSTILE = st.builds(
    Hostile,
    seed=st.integers(0, 1_000),
    alphabet=st.integers(0, len(ALPHABETS) - 1),
    letters=st.sampled_from([3, 12, 60, 400]),
    length=st.sampled_from([1, 3, 6, 20, 600]),
    shape=st.sampled_from(["names", "list", "sparse"]),
    count=st.sampled_from([1, 20, 100]),
    levels=st.sampled_from([0, 50, 70, 400]),
)


async def test_nothing_that_a_vendor_can_answer_is_too_large(tmp_path: Path) -> None:
    rows: list[Any] = []
    async with altered(tmp_path, listed(rows), API) as session:
        # A minute's calls are limited, and a smaller example tells no more.
        @settings(max_examples=80, phases=[Phase.generate], derandomize=True)
        @given(HOSTILE)
        def each_is_small(hostile: Hostile) -> None:
            rows[:] = hostile.rows()
            called = anyio.from_thread.run(lists, session)
            assert_small(called)
            assert called.data.get("rows") or called.data["file"]

        await anyio.to_thread.run_sync(each_is_small)


@pytest.mark.parametrize("pii", ["full", "masked", "ids"])
@pytest.mark.parametrize("array", [False, True])
async def test_what_nests_deep_is_a_file_without_its_secrets(
    tmp_path: Path, pii: str, *, array: bool
) -> None:
    deep: Any = "at the bottom"
    for _ in range(400):
        deep = {"in": [deep], "password": "p-1"} if array else {"in": deep, "password": "p-1"}
    async with altered(tmp_path, account({"id": 7, "deep": deep}), API, EGOI_MCP_PII=pii) as session:
        called = await session.call("call_operation", operation="getMyAccount")
        assert_small(called)
        assert "It is nested too deep to be shown." in called.text
        content = kept(called)
        assert json.loads(content)["id"] == 7
        assert "p-1" not in content
        assert ("at the bottom" in content) is (pii == "full")
        some = await session.call("call_operation", operation="getMyAccount", fields=["id"])
        assert some.data["data"] == {"id": 7}


async def test_an_action_that_is_answered_with_what_nests_deep_is_told(tmp_path: Path) -> None:
    def deep(path: str, reply: Any) -> Any:
        held = reply
        for _ in range(400):
            held = {"in": held}
        return held if path == "/tags" else reply

    async with altered(tmp_path, deep, API, person=Person()) as session:
        called = await session.call("call_operation", operation="egoi:createTag", body={"name": "spring"})
        assert_small(called)
        assert called.status == "succeeded"
        assert called.data["file"]


async def test_a_row_that_nests_deep_comes_after_those_before_it(tmp_path: Path) -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    rows = [{"list_id": 1}, {"list_id": 2, "held": deep}, {"list_id": 3}]
    async with altered(tmp_path, listed(rows, 3), API) as session:
        first = await lists(session)
        assert first.data["rows"] == [{"list_id": 1}]
        second = await lists(session, cursor=first.data["next_cursor"])
        assert second.data["rows"] == []
        assert "There are 3 rows in all." in second.text
        third = await lists(session, cursor=second.data["next_cursor"])
        assert third.data["rows"] == [{"list_id": 3}]


async def test_both_forms_say_how_many_rows_there_are(tmp_path: Path) -> None:
    async with altered(tmp_path, listed(named("a")[:2]), API) as session:
        called = await lists(session)
        assert called.data["total"] == 180
        assert called.text.startswith("succeeded: 2 of 180 rows.")


async def test_a_mark_of_the_next_page_that_fills_an_answer_is_not_handed_on(tmp_path: Path) -> None:
    def marked(path: str, reply: Any) -> Any:
        if path != "/contacts":
            return reply
        return {**reply, "pages": {"next": {"starting_after": of(BASE62, 20_000)}}}

    async with altered(tmp_path, marked, API) as session:
        called = await session.call("call_operation", operation="ListContacts", limit=2, fields=["id"])
        assert_small(called)
        assert "next_cursor" not in called.data
        assert "too long to be handed on" in called.text


async def test_half_a_character_is_written_to_the_file_too(tmp_path: Path) -> None:
    value = {"m": ["\ud800" + of(BASE62, 20) for _ in range(900)]}
    # Escaped, as no UTF-8 can hold it.
    reply = httpx2.Response(200, content=json.dumps(value).encode())
    async with altered(tmp_path, account(reply), API) as session:
        called = await session.call("call_operation", operation="getMyAccount")
        assert_small(called)
        assert json.loads(kept(called)) == value
