"""The parts around the page: browsers and what they are given, whose connection it is, an email's HTML."""

from __future__ import annotations

import json
import os
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp import screen
from egoi_mcp.errors import SettingsError
from egoi_mcp.page.browser import command_of, open_browser
from egoi_mcp.page.email_frame import inert
from egoi_mcp.page.peers import is_other_user
from egoi_mcp.screen import PageSettings, page_settings
from egoi_mcp.settings import foreign_environ

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1:8787/page/open?ticket=t"
TELLS = """
import json, os, sys
told = {"arguments": sys.argv[2:], "environ": dict(os.environ), "stdin": sys.stdin.read()}
print("to stdout")
with open(sys.argv[1] + ".new", "w") as file:
    json.dump(told, file)
os.replace(sys.argv[1] + ".new", sys.argv[1])
"""


async def test_a_browser_of_the_owners_gets_the_address_and_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EGOI_API_KEY", "made-up-key")
    monkeypatch.setenv("TERM", "xterm")
    script, told = tmp_path / "browser.py", tmp_path / "told"
    script.write_text(TELLS)
    settings = PageSettings(browser=f"'{sys.executable}' '{script}' '{told}' --app=%s")

    assert await open_browser(settings, URL, foreign_environ())
    seen = json.loads(told.read_text())
    assert seen["arguments"] == [f"--app={URL}"]
    assert not {"EGOI_API_KEY", "TERM"} & seen["environ"].keys()
    assert "PATH" in seen["environ"]
    # The address alone comes by stdin, and what it prints goes nowhere.
    assert seen["stdin"].strip() == URL
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "browser", ["no-such-browser-anywhere", f"'{sys.executable}' -c 'raise SystemExit(1)'", "'unclosed"]
)
async def test_a_browser_that_does_not_start_is_none(browser: str) -> None:
    assert not await open_browser(PageSettings(browser=browser), URL, foreign_environ())


@pytest.mark.parametrize("settings", [PageSettings(browser="off"), PageSettings(no_browser="SSH")])
async def test_none_is_started_where_none_can_be(settings: PageSettings) -> None:
    assert settings.cannot_open
    assert not await open_browser(settings, URL, foreign_environ())


def test_the_address_goes_where_the_command_says() -> None:
    assert command_of("firefox --new-window", URL) == ["firefox", "--new-window", URL]
    assert command_of("chromium '--app=%s'", URL) == ["chromium", f"--app={URL}"]
    # Where the standard library looks for a browser, the address is in no list of processes of ours.
    assert URL not in command_of("auto", URL)


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="there is always a screen there")
@pytest.mark.parametrize(
    ("environ", "container", "why"),
    [
        ({"DISPLAY": ":0"}, False, ""),
        ({"WAYLAND_DISPLAY": "wayland-0"}, False, ""),
        ({}, False, "no graphical session"),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "a b c d"}, False, "SSH session"),
        ({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/0"}, False, "SSH session"),
        ({"DISPLAY": ":0"}, True, "container"),
    ],
)
def test_whether_a_browser_can_be_opened_here_is_seen(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], container: bool, why: str
) -> None:
    monkeypatch.setattr(screen, "in_a_container", lambda: container)
    settings = page_settings(environ.get)

    assert why in settings.cannot_open
    assert bool(settings.cannot_open) == bool(why)
    # The owner's own command is taken at its word.
    assert not page_settings((environ | {"EGOI_MCP_BROWSER": "firefox"}).get).cannot_open


@pytest.mark.parametrize(
    ("environ", "container", "right"),
    [
        ({"EGOI_MCP_PAGE_PORT": "8787"}, False, True),
        ({"EGOI_MCP_PAGE_PORT": "65536"}, False, False),
        ({"EGOI_MCP_PAGE_PORT": "-1"}, False, False),
        ({"EGOI_MCP_PAGE_PORT": "http"}, False, False),
        ({"EGOI_MCP_PAGE_HOST": "0.0.0.0", "EGOI_MCP_PAGE_PORT": "8787"}, True, True),  # noqa: S104 - what containers need
        ({"EGOI_MCP_PAGE_HOST": "0.0.0.0", "EGOI_MCP_PAGE_PORT": "8787"}, False, False),  # noqa: S104 - and nobody else
        ({"EGOI_MCP_PAGE_HOST": "0.0.0.0"}, True, False),  # noqa: S104 - nor without a port
        ({"EGOI_MCP_PAGE_HOST": "example.com", "EGOI_MCP_PAGE_PORT": "8787"}, True, False),
        ({"EGOI_MCP_PAGE_HOST": "127.0.0.1"}, False, True),
    ],
)
def test_the_page_is_for_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], container: bool, right: bool
) -> None:
    monkeypatch.setattr(screen, "in_a_container", lambda: container)
    if right:
        assert page_settings(environ.get).port == int(environ.get("EGOI_MCP_PAGE_PORT", "0"))
        return
    with pytest.raises(SettingsError, match=r"EGOI_MCP_PAGE_.* Nothing was started\."):
        page_settings(environ.get)


HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def _line(local: str, remote: str, uid: int) -> str:
    return f"   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000 {uid:5d}        0 1 1\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has that table")
@pytest.mark.parametrize(
    ("uid", "peer", "other"),
    [
        (os.geteuid() + 1, ("127.0.0.1", 40000), True),
        (os.geteuid(), ("127.0.0.1", 40000), False),
        (0, ("127.0.0.1", 40000), False),
        # Another connection says nothing of this one.
        (os.geteuid() + 1, ("127.0.0.1", 40001), False),
        (os.geteuid() + 1, ("172.17.0.1", 40000), False),
        (os.geteuid() + 1, ("::1", 40000), False),
    ],
)
def test_a_connection_of_another_user_of_the_machine_is_known(
    tmp_path: Path, uid: int, peer: tuple[str, int], other: bool
) -> None:
    table = tmp_path / "tcp"
    table.write_text(
        HEAD + _line("0100007F:2253", "0100007F:9C40", 0) + _line("0100007F:9C40", "0100007F:2253", uid)
    )
    assert is_other_user(peer, ("127.0.0.1", 8787), table) is other


def test_without_the_systems_table_nobody_is_judged(tmp_path: Path) -> None:
    assert not is_other_user(("127.0.0.1", 1), ("127.0.0.1", 2), tmp_path / "none")
    assert not is_other_user(None, ("127.0.0.1", 2))
    assert not is_other_user(("127.0.0.1", 1), None)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ('<p style="color:red">Hi &amp; <b>you</b></p>', '<p style="color:red">Hi &amp; <b>you</b></p>'),
        ('<a href="https://example.com" style="x">go</a>', '<a style="x">go</a>'),
        ("<map><area HREF=//example.com shape=rect></map>", '<map><area shape="rect"></map>'),
        ("<script>alert(1)</script>after", "after"),
        ("<style>p > a {color: red}</style>", "<style>p > a {color: red}</style>"),
        ('<link rel=preconnect href="//example.com"><base href="//example.com">x', "x"),
        ('<meta http-equiv=refresh content="0;url=//example.com">x', "x"),
        ('<iframe src="//example.com"></iframe>x', "x"),
        (
            '<form action="//example.com"><button formaction="/x">b</button></form>',
            "<form><button>b</button></form>",
        ),
        ('<img src="https://example.com/x.png" onerror="f()">', '<img src="https://example.com/x.png">'),
        ("a &#128512; &lt;b&gt;", "a &#128512; &lt;b&gt;"),
        ("<!-- nothing -->x", "x"),
        ("a < b, 1 <2, <3", "a &lt; b, 1 &lt;2, &lt;3"),
        ('x<a title="never ends', "x"),
        ("<!doctype html><P CLASS=a>x</P >", '<p class="a">x</p>'),
        ("<style>a{}</STYLE><b a=1 b='2'>", '<style>a{}</style><b a="1" b="2">'),
        ("<scr<script>ipt>x", "ipt>x"),
    ],
)
def test_an_email_is_shown_without_what_leads_anywhere(source: str, kept: str) -> None:
    assert inert(source) == f'<!doctype html><meta charset="utf-8">{kept}'


class _Tags(HTMLParser):
    """What a reader of the HTML finds in it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


_PIECES = [
    "<",
    ">",
    "/",
    "a",
    " href=x",
    "<a ",
    "<script>",
    "</script>",
    "<link ",
    "'",
    '"',
    "=",
    "<!--",
    "-->",
]
_MORE = [" ", "<style>", "onload=y", "<!", "<![CDATA[", "]]>", "&lt;"]


@pytest.mark.parametrize("piece", ["<a ", "<a b='", "<!--", "<style>", "<", "<a b=", "</", "<!", "=\"'"])
def test_no_text_takes_longer_than_in_proportion_to_its_length(piece: str) -> None:
    # At the pace of the standard library's parser this would take hours.
    assert inert(piece * 100_000).startswith("<!doctype html>")


@given(st.lists(st.sampled_from([*_PIECES, *_MORE])).map("".join))
def test_no_text_makes_a_link_or_a_script(source: str) -> None:
    found = _Tags(inert(source))
    assert not found.tags & {"script", "link"}
    assert not found.attributes & {"href", "onload"}
