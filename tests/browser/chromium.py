"""A real Chromium without a window, driven over a pipe by its own protocol (DevTools).

The pipe needs no port, no driver and no package. Keys and clicks are the browser's own input events, so
what a page does with them is what it does for a person.

Source: the DevTools protocol's domains Target, Page, Runtime, Input, Emulation and Network.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias, cast

import anyio

from tests.support import until

EVIL = "evil.example"
"""A name that leads to this machine in this browser, as a rebound one does."""

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio", "--force-color-profile=srgb",
    "--remote-debugging-pipe", f"--host-resolver-rules=MAP {EVIL} 127.0.0.1",
)  # fmt: skip
_ON_3_AND_4 = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
_MOST_BYTES = 64 * 1024 * 1024
_REPLY_SECONDS = 20
_KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " "), "Escape": (27, "")}
_SHIFT = 8

Json: TypeAlias = dict[str, Any]


def found() -> str | None:
    """Where the browser is; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class BrowserError(Exception):
    """The browser refused a command."""


class Chromium:
    """The browser: commands, their replies, and the events of every tab."""

    def __init__(self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, out: int) -> None:
        self._process = process
        self._reader = reader
        self._out = out
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._listeners: dict[str, Callable[[str, Json], None]] = {}
        self._reading = asyncio.create_task(self._read())

    async def command(self, method: str, session: str | None = None, **parameters: Any) -> Json:
        """The result of one command.

        Raises:
            BrowserError: the browser refused it.
        """
        self._number += 1
        reply: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = reply
        message: Json = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        left = memoryview(json.dumps(message).encode() + b"\0")
        while left:
            left = left[os.write(self._out, left) :]
        with anyio.fail_after(_REPLY_SECONDS):
            await asyncio.wait([reply])
        return reply.result()

    async def _read(self) -> None:
        while True:
            try:
                message: Json = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            except asyncio.IncompleteReadError:
                return
            if (reply := self._waiting.pop(message.get("id", 0), None)) is not None:
                if reply.done():
                    continue
                if "error" in message:
                    reply.set_exception(BrowserError(message["error"]["message"]))
                else:
                    reply.set_result(message["result"])
            elif listener := self._listeners.get(message.get("sessionId", "")):
                listener(message["method"], message["params"])

    @asynccontextmanager
    async def profile(self) -> AsyncGenerator[Profile]:
        """A browser of its own: no cookie or window is shared with another profile."""
        made = await self.command("Target.createBrowserContext")
        context: str = made["browserContextId"]
        try:
            yield Profile(self, context)
        finally:
            await self.command("Target.disposeBrowserContext", browserContextId=context)

    def listen(self, session: str, listener: Callable[[str, Json], None]) -> None:
        """Have a tab's events."""
        self._listeners[session] = listener

    async def close(self) -> None:
        """End the browser, and wait until it has ended."""
        try:
            await self.command("Browser.close")
            await anyio.to_thread.run_sync(self._process.wait, _REPLY_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            self._reading.cancel()
            os.close(self._out)


class Profile:
    """A profile without history, in which tabs are opened."""

    def __init__(self, browser: Chromium, context: str) -> None:
        self._browser = browser
        self._context = context

    async def tab(
        self, url: str = "", *, scripts: bool = True, dark: bool = False, size: tuple[int, int] = (1280, 900)
    ) -> Tab:
        """Open a tab, and where an address is given wait until it is loaded."""
        browser = self._browser
        target = await browser.command(
            "Target.createTarget", url="about:blank", browserContextId=self._context, background=False
        )
        attached = await browser.command("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        tab = Tab(browser, attached["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log"):
            await tab.command(f"{domain}.enable")
        await tab.command("Emulation.setFocusEmulationEnabled", enabled=True)
        await tab.appear(dark=dark, size=size)
        if not scripts:
            await tab.command("Emulation.setScriptExecutionDisabled", value=True)
        if url:
            await tab.go(url)
        return tab


class Tab:
    """A tab: what a person does in it, and what it says, asks for and shows."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._loads = 0
        browser.listen(session, self._heard)

    def _heard(self, event: str, told: Json) -> None:
        match event:
            case "Page.loadEventFired":
                self._loads += 1
            case "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["exceptionDetails"]))
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self.complaints.append(told["entry"]["text"])
            case _:
                pass

    async def command(self, method: str, **parameters: Any) -> Json:
        """A command to this tab."""
        return await self._browser.command(method, self._session, **parameters)

    async def appear(self, *, dark: bool = False, size: tuple[int, int] = (1280, 900)) -> None:
        """Be dark or light, and so many CSS pixels wide and high."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.command("Emulation.setEmulatedMedia", features=[scheme])
        await self.command(
            "Emulation.setDeviceMetricsOverride",
            width=size[0],
            height=size[1],
            deviceScaleFactor=1,
            mobile=False,
        )

    @asynccontextmanager
    async def loading(self) -> AsyncGenerator[None]:
        """What is done inside leads to another page, for which it waits."""
        before = self._loads
        yield
        await until(lambda: self._loads > before)

    async def go(self, url: str) -> None:
        """Load an address, errors included."""
        async with self.loading():
            await self.command("Page.navigate", url=url)

    async def tell(self, script: str) -> Any:
        """The value of an expression, promises awaited; the page's own policy does not bind it."""
        result = await self.command(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def holds(self, condition: str) -> None:
        """Wait until an expression is true, over any change of page."""

        async def met() -> bool:
            try:
                return bool(await self.tell(condition))
            except BrowserError:
                return False  # between two pages

        await until(met)

    async def text(self, selector: str = "main") -> str:
        """What an element shows; empty where there is none."""
        return cast(
            "str", await self.tell(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")
        )

    async def says(self, words: str, selector: str = "main") -> None:
        """Wait until an element shows these words."""
        place = f"document.querySelector({json.dumps(selector)})?.innerText"
        await self.holds(f"({place} ?? '').includes({json.dumps(words)})")

    async def click(self, selector: str, *, at: tuple[float, float] = (0.5, 0.5)) -> None:
        """Press the mouse where the element is; `at` are shares of its width and height."""
        box = await self.tell(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center', behavior: 'instant'}); const b = e.getBoundingClientRect();"
            " return [b.x, b.y, b.width, b.height]; })()"
        )
        x, y = box[0] + box[2] * at[0], box[1] + box[3] * at[1]
        for kind in ("mousePressed", "mouseReleased"):
            await self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def type(self, selector: str, text: str) -> None:
        """Click a field and type into it."""
        await self.click(selector)
        await self.command("Input.insertText", text=text)

    async def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key: `Tab`, `Enter`, a space or `Escape`."""
        code, text = _KEYS[key]
        shared: Json = {
            "key": key,
            "code": "Space" if key == " " else key,
            "windowsVirtualKeyCode": code,
            "modifiers": _SHIFT if shift else 0,
        }
        await self.command(
            "Input.dispatchKeyEvent", type="keyDown", **({"text": text} if text else {}), **shared
        )
        await self.command("Input.dispatchKeyEvent", type="keyUp", **shared)

    async def focuses(self, described: str) -> None:
        """Wait until this has the focus: `button.approve`, `input#pin-a1`, `body`."""
        await self.holds(
            "(e => e.localName + (e.id ? '#' + e.id : '') + (e.className ? '.' + e.className : ''))"
            f"(document.activeElement) === {json.dumps(described)}"
        )

    async def frames(self) -> Sequence[str]:
        """The addresses of the frames in this page; a refused one has the browser's own."""
        tree = await self.command("Page.getFrameTree")
        return [each["frame"]["url"] for each in tree["frameTree"].get("childFrames", ())]

    async def picture(self, path: Path) -> None:
        """Write a picture of the whole page, as wide as the window is."""
        size = (await self.command("Page.getLayoutMetrics"))["cssContentSize"]
        # What lies outside the window is not drawn in frames.
        await self.command(
            "Emulation.setDeviceMetricsOverride",
            width=size["width"], height=size["height"], deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        shot = await self.command("Page.captureScreenshot")
        await anyio.Path(path).write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def started(program: str, folder: Path) -> AsyncGenerator[Chromium]:
    """Start the browser with an empty profile in `folder`, and end it."""
    import fcntl  # where there is none, there is no Debian's browser either

    to_read, to_write = os.pipe(), os.pipe()
    # Out of the way of 3 and 4, on which the browser expects its ends.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in (to_read[0], to_write[1])]
    process = subprocess.Popen(  # noqa: ASYNC220 - it starts before anything else runs on the loop
        [sys.executable, "-c", _ON_3_AND_4, *map(str, ends), program, *_FLAGS, f"--user-data-dir={folder}"],
        pass_fds=ends,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in (*ends, to_read[0], to_write[1]):
        os.close(end)
    reader = asyncio.StreamReader(limit=_MOST_BYTES)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(to_write[0], "rb")
    )
    browser = Chromium(process, reader, to_read[1])
    try:
        yield browser
    finally:
        await browser.close()
        transport.close()
