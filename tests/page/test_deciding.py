"""Decisions on the approval page: what a click does, what it takes, and what it does not do."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from tests.guard.sessions import sent
from tests.page.pages import paged
from tests.support import ERAS, SMS, Called, Era, until

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    ("decision", "status", "count"), [("approve", "succeeded", 1), ("decline", "declined", 0)]
)
async def test_a_call_waits_for_the_click_and_goes_on_by_itself(
    tmp_path: Path, mode: Era, decision: str, status: str, count: int
) -> None:
    async with paged(tmp_path, mode=mode) as (session, owner):
        told: list[Called] = []

        async def call() -> None:
            told.append(await session.call("send_sms", **SMS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await until(lambda: bool(owner.opened))
            await owner.enter()
            answer = await owner.decide(await session.proposal(), decision)
            assert (answer.status_code, answer.headers["location"]) == (303, owner.base)

        assert [(each.status, sent(session)) for each in told] == [(status, count)]
        assert session.rows.select("SELECT channel FROM decisions") == [("page",)]
