"""The owner decides on the page, in a real browser: what a click does, once, and what it takes."""

from __future__ import annotations

import time
from pathlib import Path

import anyio
import pytest

from egoi_mcp.guard.pins import Pins
from tests.browser.chromium import Profile, Tab
from tests.browser.visits import APPROVE, DECIDED, DECLINE, WAITING, asked, entered
from tests.guard.pins import CHEAP, PIN, WRONG
from tests.guard.sessions import TWO, sending, sent
from tests.support import ERAS, SMS, Era

pytestmark = pytest.mark.anyio

TYPED = {"EGOI_MCP_POLICY_TYPE_COUNT_ABOVE": "1"}
TYPED_COUNT, TYPED_PIN = "input[name=recipients]", "input[name=pin]"


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    ("button", "status", "count", "words"),
    [(APPROVE, "succeeded", 1, "Done"), (DECLINE, "declined", 0, "Declined")],
)
async def test_one_click_decides_and_the_call_goes_on_by_itself(
    tmp_path: Path,
    profile: Profile,
    opened: list[str],
    mode: Era,
    button: str,
    status: str,
    count: int,
    words: str,
) -> None:
    async with sending(tmp_path, mode=mode) as session, asked(session, opened, **SMS) as call:
        tab = await entered(profile, opened)
        assert await tab.text(APPROVE) == "Approve: send to 1 person"
        await tab.click(button)
        assert (await call.ended()).status == status
        await tab.says(words, DECIDED)
        assert sent(session) == count
        assert tab.complaints == []


async def test_without_scripts_it_works_the_same(tmp_path: Path, profile: Profile, opened: list[str]) -> None:
    async with sending(tmp_path) as session, asked(session, opened, **SMS) as call:
        tab = await entered(profile, opened, scripts=False)
        async with tab.loading():
            await tab.click(APPROVE)
        assert (await call.ended()).status == "succeeded"
        await tab.command("Page.reload")
        await tab.says("Done", DECIDED)
        assert not any("/live" in each for each in tab.requests)


async def test_the_outcome_shows_by_itself_and_so_does_what_comes_next(
    tmp_path: Path, profile: Profile, opened: list[str]
) -> None:
    async with sending(tmp_path) as session, asked(session, opened, **SMS) as call:
        tab = await entered(profile, opened)
        # The action is decided elsewhere; nothing is clicked here, and the page is not loaded again.
        documents = sum(each.endswith("/") for each in tab.requests)
        await session.decide(await session.proposal())
        await call.ended()
        await tab.says("Done", DECIDED)
        assert await tab.tell("document.title") == "Nothing waits for your decision · egoi-mcp"
        assert "Done" in await tab.tell("document.getElementById('announcer').textContent")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: session.call("send_sms", **TWO))
            await tab.says("2 people", WAITING)
            assert await tab.tell("document.title") == "(1) Waiting for your decision · egoi-mcp"
            tasks.cancel_scope.cancel()
        assert sum(each.endswith("/") for each in tab.requests) == documents


@pytest.mark.parametrize(("typed", "approved"), [("2", True), ("3", False), ("two", False), ("", False)])
async def test_the_number_of_people_has_to_be_typed(
    tmp_path: Path, profile: Profile, opened: list[str], typed: str, approved: bool
) -> None:
    async with sending(tmp_path, TYPED) as session, asked(session, opened, **TWO) as call:
        tab = await entered(profile, opened)
        await tab.type(TYPED_COUNT, typed)
        if typed == "":
            # The browser itself asks for it.
            await tab.click(APPROVE)
            await tab.focuses(f"input#recipients-{await session.proposal()}")
        else:
            async with tab.loading():
                await tab.click(APPROVE)
        if approved:
            assert (await call.ended()).status == "succeeded"
        elif typed:
            await tab.says("not the number of recipients", ".problem")
        assert sent(session) == (2 if approved else 0)
        assert await session.proposed() is not approved


@pytest.mark.parametrize(("given", "approved"), [(PIN, True), (WRONG, False)])
async def test_the_pin_has_to_be_right(
    tmp_path: Path, profile: Profile, opened: list[str], given: str, approved: bool
) -> None:
    async with sending(tmp_path) as session:
        Pins(session.state_dir, now=time.time, cost=CHEAP).set("Ana", PIN)
        async with asked(session, opened, **SMS) as call:
            tab = await entered(profile, opened)
            await tab.type(TYPED_PIN, given)
            async with tab.loading():
                await tab.click(APPROVE)
            if approved:
                assert (await call.ended()).status == "succeeded"
                await tab.says("approved by Ana", DECIDED)
            else:
                await tab.holds(f"document.activeElement === document.querySelector('{TYPED_PIN}')")
                assert await tab.tell(f"document.querySelector('{TYPED_PIN}').value") == ""
                assert "not right" in await tab.text(".problem")
            assert sent(session) == int(approved)


async def test_declining_takes_neither_number_nor_pin(
    tmp_path: Path, profile: Profile, opened: list[str]
) -> None:
    async with sending(tmp_path, TYPED) as session:
        Pins(session.state_dir, now=time.time, cost=CHEAP).set("Ana", PIN)
        async with asked(session, opened, **TWO) as call:
            tab = await entered(profile, opened)
            await tab.click(DECLINE)
            assert ((await call.ended()).status, sent(session)) == ("declined", 0)


async def test_enter_in_a_field_decides_nothing(tmp_path: Path, profile: Profile, opened: list[str]) -> None:
    async with sending(tmp_path, TYPED) as session, asked(session, opened, **TWO):
        tab = await entered(profile, opened)
        await tab.type(TYPED_COUNT, "2")
        posted = await tab.tell(
            "window.sent = 0; document.querySelector('form').addEventListener('submit', () => window.sent++)"
        )
        assert posted is None
        await tab.press("Enter")
        assert await tab.tell("window.sent") == 0
        assert await session.proposed()
        assert sent(session) == 0


@pytest.mark.parametrize(("tabs", "status"), [(1, "declined"), (2, "succeeded")])
async def test_the_keyboard_alone_is_enough(
    tmp_path: Path, profile: Profile, opened: list[str], tabs: int, status: str
) -> None:
    async with sending(tmp_path, TYPED) as session, asked(session, opened, **TWO) as call:
        tab = await entered(profile, opened)
        await tab.focuses("body")
        await tab.press("Tab")
        await tab.focuses("a.skip")
        await tab.press("Enter")
        await tab.focuses("main#main")
        await tab.press("Tab")
        await tab.focuses(f"input#recipients-{await session.proposal()}")
        await tab.command("Input.insertText", text="2")
        for _ in range(tabs):
            await tab.press("Tab")
        await tab.focuses(["button.decline", "button.approve"][tabs - 1])
        await tab.press(" " if tabs == 1 else "Enter")
        assert (await call.ended()).status == status


async def test_news_takes_nothing_from_whoever_is_typing(
    tmp_path: Path, profile: Profile, opened: list[str]
) -> None:
    async with sending(tmp_path, TYPED) as session, asked(session, opened, **TWO):
        tab = await entered(profile, opened)
        await tab.type(TYPED_COUNT, "12")
        field = await tab.tell(f"document.querySelector('{TYPED_COUNT}').id")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: session.call("send_sms", **SMS))
            await tab.holds(f"document.querySelectorAll('{WAITING}').length === 2")
            tasks.cancel_scope.cancel()
        await tab.focuses(f"input#{field}")
        assert await tab.tell(f"document.querySelector('{TYPED_COUNT}').value") == "12"


async def test_what_has_expired_can_no_longer_be_approved(
    tmp_path: Path, profile: Profile, opened: list[str]
) -> None:
    async with sending(tmp_path) as session, asked(session, opened, **SMS):
        old = await entered(profile, opened, scripts=False)
        live = await entered(profile, await again(old))
        session.rows.let_pass(700)
        await live.says("Expired", DECIDED)
        async with old.loading():
            await old.click(APPROVE)
        await old.says("its time has passed", ".problem")
        assert sent(session) == 0


async def test_a_form_that_was_sent_decides_nothing_again(
    tmp_path: Path, profile: Profile, opened: list[str]
) -> None:
    async with sending(tmp_path) as session, asked(session, opened, **SMS) as call:
        tab = await entered(profile, opened)
        form: list[list[str]] = await tab.tell("[...new FormData(document.querySelector('form'))]")
        await tab.click(APPROVE)
        assert (await call.ended()).status == "succeeded"
        await tab.says("Done", DECIDED)
        async with tab.loading():
            await submit(tab, [*form, ["decision", "approve"]])
        await tab.says("Nothing was decided now", ".problem")
        assert sent(session) == 1


async def test_two_tabs_at_once_send_once(tmp_path: Path, profile: Profile, opened: list[str]) -> None:
    async with sending(tmp_path) as session, asked(session, opened, **SMS) as call:
        first = await entered(profile, opened, scripts=False)
        second = await entered(profile, await again(first), scripts=False)

        async def approve(tab: Tab) -> None:
            async with tab.loading():
                await tab.click(APPROVE)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(approve, first)
            tasks.start_soon(approve, second)
        assert (await call.ended()).status == "succeeded"
        assert sent(session) == 1
        problems = [
            await each.tell("document.querySelectorAll('.problem').length") for each in (first, second)
        ]
        assert sorted(problems) == [0, 1]


async def test_two_servers_at_once_each_have_their_own_page(
    tmp_path: Path, profile: Profile, opened: list[str]
) -> None:
    async with (
        sending(tmp_path / "one") as one,
        sending(tmp_path / "two") as two,
        asked(one, opened, **SMS) as call,
    ):
        first = await entered(profile, opened)
        async with asked(two, opened, **TWO):
            second = await entered(profile, opened)
            assert "2 people" in await second.text(WAITING)
            assert await first.tell(f"document.querySelectorAll('{WAITING}').length") == 1
            await first.click(APPROVE)
            assert (await call.ended()).status == "succeeded"
            await first.says("Done", DECIDED)
            assert await two.proposed()
        assert (sent(one), sent(two)) == (1, 0)


async def again(tab: Tab) -> list[str]:
    """The page's own address, for another tab of the same browser."""
    return [await tab.tell("location.href")]


async def submit(tab: Tab, fields: list[list[str]]) -> None:
    """Send a form of these fields from the page itself."""
    await tab.tell(
        "(fields => { const form = document.createElement('form'); form.method = 'post';"
        " form.action = new URL('decide', location.href); for (const [name, value] of fields) {"
        " const field = document.createElement('input'); field.name = name; field.value = value;"
        " form.append(field); } document.body.append(form); form.submit(); })"
        f"({fields!r})"
    )
