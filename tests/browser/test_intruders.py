"""Whoever is not the owner at the page, tried in a real browser: other sites, other names, hostile texts."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.guard import Guard
from egoi_mcp.models.preview import EmailFace
from egoi_mcp.page import email_frame
from tests.browser.chromium import EVIL, Profile, Tab
from tests.browser.visits import WAITING, asked, elsewhere, entered
from tests.guard.sessions import sending, sent
from tests.page.test_face import HOSTILE, hostile_view
from tests.support import SMS, Session, until

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def entered_by_owner(
    state_dir: Path, profile: Profile, opened: list[str]
) -> AsyncGenerator[tuple[Session, Tab, str]]:
    """The owner's page with one action that waits, and its address."""
    async with sending(state_dir) as session, asked(session, opened, **SMS):
        tab = await entered(profile, opened)
        yield session, tab, await tab.tell("location.href")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", EVIL])
async def test_another_site_with_the_very_form_decides_nothing(
    tmp_path: Path, profile: Profile, opened: list[str], host: str
) -> None:
    async with entered_by_owner(tmp_path, profile, opened) as (session, tab, url):
        # More than any site could know: the page's address and the form's token.
        form: list[list[str]] = await tab.tell("[...new FormData(document.querySelector('form'))]")
        fields = "".join(f'<input name="{n}" value="{v}">' for n, v in [*form, ["decision", "approve"]])
        lure = f'<form method="post" action="{url}decide">{fields}<button>See more</button></form>'
        async with elsewhere({"/lure": lure}) as site:
            other = await profile.tab(site.url.replace("127.0.0.1", host) + "/lure")
            async with other.loading():
                await other.click("button")
            assert await session.proposed()
            assert sent(session) == 0
            assert await other.tell("location.href") == f"{url}decide"


async def test_a_rebound_name_finds_nothing(tmp_path: Path, profile: Profile, opened: list[str]) -> None:
    async with entered_by_owner(tmp_path, profile, opened) as (_, tab, url):
        rebound = await profile.tab(url.replace("127.0.0.1", EVIL))
        said = await rebound.text("body")
        ticket = await profile.tab(opened[-1].replace("127.0.0.1", EVIL))
        nothing = await profile.tab(f"http://{EVIL}:{urlsplit(url).port}/nothing")
        assert said == await ticket.text("body") == await nothing.text("body")
        assert await tab.tell(f"document.querySelectorAll('{WAITING}').length") == 1


async def test_nobody_can_frame_the_page(tmp_path: Path, profile: Profile, opened: list[str]) -> None:
    async with (
        entered_by_owner(tmp_path, profile, opened) as (_, _tab, url),
        elsewhere({"/plain": "<p>A page</p>"}) as site,
    ):
        for framed, shown in ((f"{site.url}/plain", True), (url, False), (f"{url}page.js", False)):
            around = await profile.tab(site.url)
            await around.tell(
                f"document.body.innerHTML = '<iframe src={framed}></iframe>';"
                " new Promise(done => document.querySelector('iframe').addEventListener('load', done))"
                ".then(() => true)"
            )
            assert await around.frames() == [framed if shown else "chrome-error://chromewebdata/"]


async def test_the_address_alone_opens_nothing(
    tmp_path: Path, profile: Profile, opened: list[str], browser: Any
) -> None:
    async with entered_by_owner(tmp_path, profile, opened) as (_, _tab, url), browser.profile() as stranger:
        used = await stranger.tab(opened[-1])
        plain = await stranger.tab(url)
        assert "Send" not in await used.text("body") + await plain.text("body")


@pytest.mark.parametrize("scripts", [True, False])
async def test_hostile_texts_stay_texts(
    tmp_path: Path, profile: Profile, opened: list[str], monkeypatch: pytest.MonkeyPatch, scripts: bool
) -> None:
    shown = hostile_view().waiting
    previews(monkeypatch, preview=shown[0].preview.model_copy(update={"sms": shown[1].preview.sms}))
    async with sending(tmp_path) as session, asked(session, opened, **SMS):
        tab = await entered(profile, opened, scripts=scripts)
        assert await tab.tell("'hit' in window") is False
        assert await tab.tell("document.querySelectorAll('main img, main script').length") == 0
        # What is not seen is written out; the rest reads as it was given.
        assert HOSTILE.replace("\u202e", "U+202E").replace("\u200b", "U+200B") in await tab.text("h2")
        assert await tab.tell("document.querySelectorAll('main').length") == 1
        assert not [each for each in tab.requests if not each.startswith(("http://127.0.0.1:", "data:"))]


@pytest.mark.parametrize("made_inert", [True, False], ids=["as-served", "by-the-frame-alone"])
async def test_an_email_runs_fetches_and_leads_nowhere(
    tmp_path: Path, profile: Profile, opened: list[str], monkeypatch: pytest.MonkeyPatch, made_inert: bool
) -> None:
    if not made_inert:
        monkeypatch.setattr(email_frame, "inert", str)
    async with elsewhere() as trap:
        html = (
            f"<script>fetch('{trap.url}/script')</script>"
            f"<img src='{trap.url}/image' onerror=\"fetch('{trap.url}/handler')\">"
            f"<style>body {{ background: url({trap.url}/style) }} a {{ display: block; height: 9em }}</style>"
            f"<link rel=stylesheet href='{trap.url}/sheet'><iframe src='{trap.url}/frame'></iframe>"
            f"<a href='{trap.url}/link' ping='{trap.url}/ping' target='_top'>Autumn menu</a>"
        )
        trap.pages["/letter"] = html
        # Alone in a tab it does all of that: the trap works.
        bare = await profile.tab(f"{trap.url}/letter")
        await bare.click("a")
        wanted = {"/script", "/image", "/handler", "/style", "/sheet", "/frame", "/link", "/ping"}
        await until(lambda: wanted <= set(trap.asked))
        trap.asked.clear()

        letter = EmailFace(sender="news@example.com", subject="Autumn", html=html)
        previews(monkeypatch, email=letter, sms=None)
        async with sending(tmp_path) as session, asked(session, opened, **SMS):
            tab = await entered(profile, opened)
            url = await tab.tell("location.href")
            frame = f"{url}email/{await session.proposal()}"
            await tab.holds("document.querySelector('iframe') !== null")
            await tab.click("iframe", at=(0.5, 0.4))
            await tab.focuses("iframe")
            async with tab.loading():
                await tab.command("Page.reload")
            assert frame in tab.requests
            assert trap.asked == []
            assert await tab.tell("location.href") == url


def previews(monkeypatch: pytest.MonkeyPatch, **parts: Any) -> None:
    """Have every action be shown with these parts, whatever it does."""
    real = Guard.carry_out
    whole = parts.pop("preview", None)

    async def carry_out(self: Guard, ctx: Any, plan: Plan, **named: Any) -> Any:
        preview = whole or plan.preview.model_copy(update=parts)
        return await real(self, ctx, replace(plan, preview=preview), **named)

    monkeypatch.setattr(Guard, "carry_out", carry_out)
