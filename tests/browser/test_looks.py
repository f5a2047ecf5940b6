"""How the page looks and reads: accessible in every state, and nothing lost when news comes in.

With `EGOI_MCP_SCREENSHOTS` set to a folder, pictures of every state are written there.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.page.messages import PAGE_POLICY
from egoi_mcp.page.render import STATIC, render, render_notice
from egoi_mcp.page.site import main_of
from egoi_mcp.page.view import PageView
from tests.browser.chromium import Profile, Tab
from tests.browser.visits import elsewhere
from tests.page.samples import BASE, DONE, EMAIL_CARD, HTML, RULE, SMS_CARD, VIEWS, card, page
from tests.page.test_face import hostile_view

pytestmark = pytest.mark.anyio

AXE = Path(__file__).resolve().parent / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = (1280, 900), (320, 640)
STATES = {
    **VIEWS,
    "rule": page(waiting=(replace(SMS_CARD, may_decide=True),), rules=(replace(RULE, error="Wrong."),)),
    "hostile": hostile_view(),
}


def files(view: PageView) -> dict[str, str]:
    """The page and what lies beside it."""
    static = {BASE + name: (STATIC / name).read_text(encoding="utf-8") for name in ("page.css", "page.js")}
    frames = {each.email_frame: HTML for each in (*view.waiting, *view.decided) if each.email_frame}
    return {**static, **frames, BASE: render(view), f"{BASE}live": news(view)}


def news(view: PageView, version: str = "1") -> str:
    """What the page's script is told."""
    return json.dumps({"changed": True, "version": version, "html": main_of(render(view))})


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker."""
    if AXE.exists():
        return AXE.read_text(encoding="utf-8")
    reason = "needs `npm ci` in tests/browser"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.parametrize("state", STATES)
async def test_every_state_is_accessible_and_fits_a_narrow_window(
    profile: Profile, state: str, axe: str
) -> None:
    async with elsewhere(files(STATES[state]), policy=PAGE_POLICY) as site:
        tab = await profile.tab(site.url + BASE, size=NARROW)
        assert await tab.tell("document.documentElement.scrollWidth") <= NARROW[0]
        await pictures(tab, state)
        await tab.tell("document.querySelectorAll('details').forEach(each => { each.open = true }) ?? 0")
        await tab.tell(f"{axe}; 0")
        for dark, size in ((False, WIDE), (True, NARROW)):
            await tab.appear(dark=dark, size=size)
            found: list[dict[str, Any]] = await tab.tell("axe.run(document).then(each => each.violations)")
            told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
            assert told == []
        assert tab.complaints == []


async def pictures(tab: Tab, state: str) -> None:
    """Write pictures of a state, where they are wanted."""
    if (folder := os.environ.get("EGOI_MCP_SCREENSHOTS")) is None:
        return
    for dark, size in ((False, WIDE), (True, WIDE), (False, NARROW), (True, NARROW)):
        await tab.appear(dark=dark, size=size)
        await tab.picture(Path(folder) / f"{state}-{'dark' if dark else 'light'}-{size[0]}.png")


async def test_a_notice_is_accessible_too(profile: Profile) -> None:
    async with elsewhere({"/": render_notice("This page has ended", "Nothing was decided.")}) as site:
        tab = await profile.tab(site.url)
        assert await tab.text("h1") == "This page has ended"


async def test_news_keeps_what_is_open_typed_and_wrong_until_it_is_gone(profile: Profile) -> None:
    wrong = replace(EMAIL_CARD, error="The PIN is not right.")
    view = page(waiting=(wrong, SMS_CARD), notice="Welcome back.")
    async with elsewhere(files(view), policy=PAGE_POLICY) as site:
        tab = await profile.tab(site.url + BASE)
        await tab.click("#offer-a1 > summary")
        await tab.type("#pin-a2", "4829")
        frame = f"{site.url}{BASE}email/a2"
        loads = tab.requests.count(frame)

        # As the server tells it: it knows nothing of the error that one form brought about.
        new = card("a9", SMS_CARD.preview)
        site.pages[f"{BASE}live"] = news(page(waiting=(EMAIL_CARD, new, SMS_CARD), decided=(DONE,)), "2")
        await tab.holds("document.querySelectorAll('#waiting > .card').length === 3")
        order = await tab.tell(
            "[...document.querySelectorAll('#waiting > .card')].map(each => each.id).join()"
        )
        assert order == "action-a2,action-a9,action-a1"
        await tab.focuses("input#pin-a2")
        assert await tab.tell("document.querySelector('#pin-a2').value") == "4829"
        assert await tab.tell("document.querySelector('#offer-a1').open") is True
        assert "not right" in await tab.text("#problem-a2") + await tab.text("#error-a2")
        assert tab.requests.count(frame) == loads

        assert (
            await tab.text("#overview li")
            == "Send the email campaign 'Autumn menu' later 18\N{NO-BREAK SPACE}240 people"
        )

        decided = replace(EMAIL_CARD, state="declined", outcome="Declined. Nothing was sent.")
        site.pages[f"{BASE}live"] = news(page(waiting=(new, SMS_CARD), decided=(decided, DONE)), "3")
        await tab.says("Declined", "#decided-a2")
        await tab.holds("document.querySelector('.problem') === null")
        await tab.holds("document.activeElement === document.querySelector('#decided-a2')")
        assert "Declined" in await tab.text("#announcer")
        assert tab.complaints == []


async def test_a_server_that_is_gone_is_said_to_be(profile: Profile) -> None:
    async with elsewhere(files(VIEWS["sms"]), policy=PAGE_POLICY) as site:
        tab = await profile.tab(site.url + BASE)
        await tab.holds("document.querySelector('.countdown').textContent !== ''")
    await tab.says("does not answer", "#stale")
