"""Where the approval page is served, and whether a browser can be opened for it on this machine."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from egoi_mcp.errors import SettingsError

LOOPBACK = "127.0.0.1"
_MOST_PORT = 65_535
_IN_A_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))


class PageSettings(BaseModel):
    """The address that the page listens at, and how a browser is opened.

    `port` 0 takes any free one. `browser` is `auto`, `off` or a command, to which the address is added or
    given in place of `%s`. `no_browser` says why none can be opened by itself here; empty where one can.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = LOOPBACK
    port: int = Field(default=0, ge=0, le=_MOST_PORT)
    browser: str = "auto"
    no_browser: str = ""

    @property
    def cannot_open(self) -> str:
        """Why this server opens no browser; empty where it does."""
        if self.browser == "off":
            return "EGOI_MCP_BROWSER is off"
        return self.no_browser if self.browser == "auto" else ""


def page_settings(text: Callable[[str], str | None]) -> PageSettings:
    """Read the settings of the page; `text` looks a variable up.

    Raises:
        SettingsError: a variable holds what it cannot take.
    """
    port = text("EGOI_MCP_PAGE_PORT") or "0"
    if not port.isascii() or not port.isdigit() or int(port[:9]) > _MOST_PORT:
        raise SettingsError(
            f"EGOI_MCP_PAGE_PORT takes a port, 0 to {_MOST_PORT}; 0 is any free one. Nothing was started."
        )
    browser = text("EGOI_MCP_BROWSER") or "auto"
    return PageSettings(
        host=_host(text("EGOI_MCP_PAGE_HOST") or LOOPBACK, int(port)),
        port=int(port),
        browser=browser.lower() if browser.lower() in {"auto", "off"} else browser,
        no_browser=_no_browser(text),
    )


def in_a_container() -> bool:
    """Whether this process runs in a container, as far as container engines say so."""
    return any(path.exists() for path in _IN_A_CONTAINER)


def _host(host: str, port: int) -> str:
    """The address to listen at: loopback, or in a container what the engine forwards a port to."""
    if host == LOOPBACK:
        return host
    try:
        ipaddress.IPv4Address(host)
    except ValueError as error:
        raise SettingsError(
            "EGOI_MCP_PAGE_HOST takes an IPv4 address, such as 0.0.0.0 in a container. Nothing was started."
        ) from error
    if not in_a_container() or not port:
        raise SettingsError(
            "EGOI_MCP_PAGE_HOST takes another address than 127.0.0.1 only in a container, and only with "
            "EGOI_MCP_PAGE_PORT set: the page is for this machine alone. Nothing was started."
        )
    return host


def _no_browser(text: Callable[[str], str | None]) -> str:
    if in_a_container():
        return "this is a container"
    if text("SSH_CONNECTION") or text("SSH_TTY"):
        return "this is an SSH session"
    graphical = sys.platform in {"win32", "darwin"} or text("DISPLAY") or text("WAYLAND_DISPLAY")
    return "" if graphical else "there is no graphical session (DISPLAY and WAYLAND_DISPLAY are not set)"
