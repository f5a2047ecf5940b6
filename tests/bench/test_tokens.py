"""Lists of tools and answers cost what they may, by a tokenizer."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.tokens import (
    ERAS,
    MOST_ANSWER,
    MOST_INPUT,
    MOST_LIST,
    MOST_OF_RAW,
    PAGE,
    Answer,
    Measured,
    Size,
    judged,
    measure,
    tokens,
)
from egoi_mcp.server import tools_of
from egoi_mcp.settings import TOOLSETS, Settings

pytestmark = pytest.mark.anyio

FIT = Size(what="a list", tokens=9, most=9)
SMALL = Answer(what="an answer", text=25, data=20, raw=100, most_of_raw=MOST_OF_RAW)


async def test_every_list_and_every_answer_is_within_its_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = await measure(tmp_path)
    assert [size for size in measured.lists if not size.kept] == []
    assert [answer for answer in measured.answers if not answer.kept] == []
    assert judged(measured) == 0

    limited = [size for size in measured.lists if size.most is not None]
    assert [size.most for size in limited] == [MOST_LIST, MOST_INPUT] * len(ERAS)
    assert [era in size.what for size, era in zip(limited[::2], ERAS.values(), strict=True)] == [True, True]
    assert len(measured.lists) == 2 * len(ERAS) * len(("default", *TOOLSETS, "all toolsets"))
    assert {name for name in TOOLSETS if any(f", {name}," in size.what for size in measured.lists)} == set(
        TOOLSETS
    )
    answered = {answer.what: answer for answer in measured.answers}
    assert {tool.name for tool in tools_of(Settings(state_dir=tmp_path, toolsets=TOOLSETS))} <= set(answered)
    page = answered[f"page of {PAGE} contacts"]
    assert 4 * max(page.text, page.data) <= page.raw

    printed = capsys.readouterr().out
    assert "TOO MUCH" not in printed
    assert re.search(rf"^page of {PAGE} contacts +{page.text:,} +{page.data:,} +{page.raw:,} ", printed, re.M)


def test_what_is_at_its_limit_is_kept() -> None:
    assert judged(Measured(lists=(FIT,), answers=(SMALL,))) == 0
    assert Answer(what="x", text=MOST_ANSWER, data=1, raw=0).kept


@pytest.mark.parametrize(
    "measured",
    [
        Measured(lists=(replace(FIT, tokens=10),), answers=(SMALL,)),
        Measured(lists=(FIT,), answers=(replace(SMALL, text=26),)),
        Measured(lists=(FIT,), answers=(replace(SMALL, data=26),)),
        Measured(lists=(), answers=(replace(SMALL, data=MOST_ANSWER + 1, most_of_raw=None),)),
        Measured(lists=(), answers=(replace(SMALL, text=MOST_ANSWER + 1, raw=1_000_000),)),
    ],
)
def test_what_is_above_its_limit_fails_and_is_named(
    measured: Measured, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(measured) == 1
    assert capsys.readouterr().out.count("TOO MUCH") == 1


def test_tokens_are_those_of_the_vocabulary() -> None:
    assert tokens("hello world") == 2
    assert tokens("<|endoftext|>") > 1
    assert tokens({"a": [1, None]}) == tokens('{"a":[1,null]}')
